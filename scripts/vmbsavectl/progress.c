// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far it is: on stderr, if that is a terminal, five times a second, in place;
 * elsewhere, if it is asked for, a line a second. How much will come is known of
 * a file, and of a save, which is so many packets. Of a pipe it is not: a mark that
 * moves says that bytes come.
 */
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include "arguments.h"
#include "progress.h"

#define NS_PER_S	1000000000ULL
#define TERMINAL_NS	(NS_PER_S / 5)
#define ELSEWHERE_NS	NS_PER_S
#define BAR_COLUMNS	40
#define MARK		"<=>"

/**
 * clock_ns() - nanoseconds of the monotonic clock
 *
 * Return: the count.
 */
u64 clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NS_PER_S + now.tv_nsec;
}

/**
 * bytes_text() - a number of bytes for people
 * @bytes: the number
 * @text: filled
 * @size: bytes there
 */
void bytes_text(u64 bytes, char *text, size_t size)
{
	static const char * const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = bytes;
	int unit = -1;

	while (value >= 1024 && unit < (int)ARRAY_SIZE(units) - 1) {
		value /= 1024;
		unit++;
	}
	if (unit < 0)
		snprintf(text, size, "%llu B", (unsigned long long)bytes);
	else
		snprintf(text, size, "%.1f %s", value, units[unit]);
}

static u64 done_of(const struct progress *progress)
{
	u64 done = progress->done ? progress->done(progress->of) : progress->bytes;

	return min(done, progress->total);
}

/* Not the last column, where some terminals begin a new line. */
static unsigned int terminal_columns(void)
{
	struct winsize size;

	return !ioctl(STDERR_FILENO, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col - 1 : 79;
}

/* In the columns that the text leaves, or not at all. */
static void draw_bar(const struct progress *progress, u64 done, unsigned int text_columns)
{
	unsigned int columns = terminal_columns(), span, at;
	char bar[BAR_COLUMNS + 1];

	if (columns < text_columns + 10)
		return;
	columns = min(columns - text_columns - 3, (unsigned int)BAR_COLUMNS);
	bar[columns] = '\0';
	if (progress->total) {
		memset(bar, '-', columns);
		memset(bar, '#', (double)done / progress->total * columns);
	} else {
		span = columns - strlen(MARK);
		at = progress->drawn % (2 * span);
		memset(bar, ' ', columns);
		memcpy(bar + (at > span ? 2 * span - at : at), MARK, strlen(MARK));
	}
	fprintf(stderr, " [%s]", bar);
}

static void draw(struct progress *progress, u64 now)
{
	u64 ns = max(now - progress->begin_ns, (u64)1), s = ns / NS_PER_S;
	u64 done = progress->total ? done_of(progress) : 0;
	char bytes[24], rate[24], share[8] = "", text[96];
	unsigned int length;

	bytes_text(progress->bytes, bytes, sizeof(bytes));
	bytes_text((double)progress->bytes * NS_PER_S / ns, rate, sizeof(rate));
	if (progress->total)
		snprintf(share, sizeof(share), "%4u%%",
			 (unsigned int)((double)done / progress->total * 100));
	length = snprintf(text, sizeof(text), "%s  %s  %llu:%02u:%02u  %s/s", share, bytes,
			  (unsigned long long)s / 3600, (unsigned int)(s / 60 % 60),
			  (unsigned int)(s % 60), rate);

	fprintf(stderr, "%s%s", progress->terminal ? "\r" : "", progress->what);
	if (progress->terminal)
		draw_bar(progress, done, strlen(progress->what) + length);
	fprintf(stderr, "%s%s", text, progress->terminal ? "\033[K" : "\n");
	fflush(stderr);
	progress->drawn++;
	progress->shown_ns = now;
}

/**
 * progress_begin() - begin
 * @progress: filled
 * @what: a word
 * @total: bytes that will come, 0 = not known
 * @arguments: whether it is wanted
 */
void progress_begin(struct progress *progress, const char *what, u64 total,
		    const struct arguments *arguments)
{
	u64 now = clock_ns();

	*progress = (struct progress){
		.what = what, .total = total, .begin_ns = now, .shown_ns = now,
		.kept = arguments->progress, .terminal = isatty(STDERR_FILENO),
	};
	progress->hidden = !arguments->progress && (arguments->quiet || !progress->terminal);
}

/**
 * progress_add() - so much more is done
 * @progress: the line
 * @bytes: how much
 */
void progress_add(struct progress *progress, u64 bytes)
{
	u64 now = clock_ns();

	progress->bytes += bytes;
	if (progress->hidden)
		return;
	if (now - progress->shown_ns >= (progress->terminal ? TERMINAL_NS : ELSEWHERE_NS))
		draw(progress, now);
}

/**
 * progress_end() - take the line away, or leave it if it was asked for
 * @progress: the line
 */
void progress_end(struct progress *progress)
{
	if (progress->kept && !progress->hidden) {
		draw(progress, clock_ns());
		if (progress->terminal)
			fputc('\n', stderr);
	} else if (progress->drawn && progress->terminal) {
		fputs("\r\033[K", stderr);
	}
	progress->hidden = true;
}

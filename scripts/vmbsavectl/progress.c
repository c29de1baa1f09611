// SPDX-License-Identifier: GPL-2.0-only
/*
 * How far it is: on stderr, if that is a terminal, five times a second.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include "progress.h"

#define BAR_COLUMNS	30
#define INTERVAL_MS	200

/**
 * clock_ms() - milliseconds of the monotonic clock
 *
 * Return: the count.
 */
u64 clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
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

/* The bar; a bound is not a promise, so nothing is drawn for it. */
static void draw_bar(const struct progress *progress)
{
	unsigned int columns;
	char bar[BAR_COLUMNS + 1];

	if (!progress->total || progress->bound)
		return;

	columns = min(progress->done, progress->total) * BAR_COLUMNS / progress->total;
	memset(bar, '-', BAR_COLUMNS);
	memset(bar, '#', columns);
	bar[BAR_COLUMNS] = '\0';
	fprintf(stderr, " [%s] %3u%%", bar,
		(unsigned int)(min(progress->done, progress->total) * 100 / progress->total));
}

static void draw(struct progress *progress, u64 now)
{
	u64 ms = max(now - progress->begin_ms, (u64)1);
	char done[24], rate[24], most[24];

	bytes_text(progress->done, done, sizeof(done));
	bytes_text((double)progress->done * 1000 / ms, rate, sizeof(rate));
	bytes_text(progress->total, most, sizeof(most));
	fprintf(stderr, "\r%s", progress->what);
	draw_bar(progress);
	fprintf(stderr, "  %s  %s/s", done, rate);
	if (progress->bound)
		fprintf(stderr, "  at most %s", most);
	fputs("\033[K", stderr);
	fflush(stderr);
	progress->shown = true;
	progress->shown_ms = now;
}

/**
 * progress_begin() - begin
 * @progress: filled
 * @what: a word
 * @total: bytes that will come, 0 = not known
 * @bound: it is but an upper bound
 */
void progress_begin(struct progress *progress, const char *what, u64 total, bool bound)
{
	u64 now = clock_ms();

	*progress = (struct progress){
		.what = what, .total = total, .bound = bound && total, .begin_ms = now,
		.shown_ms = now,
	};
}

/**
 * progress_add() - so much more is done
 * @progress: the line
 * @bytes: how much
 */
void progress_add(struct progress *progress, u64 bytes)
{
	u64 now = clock_ms();

	progress->done += bytes;
	if (now - progress->shown_ms >= INTERVAL_MS && isatty(STDERR_FILENO))
		draw(progress, now);
}

/**
 * progress_end() - take the line away
 * @progress: the line
 */
void progress_end(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

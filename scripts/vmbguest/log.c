// SPDX-License-Identifier: GPL-2.0-only
/*
 * Progress lines on stderr, the summary file, and the one way out.
 */
#include <errno.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "log.h"

#define NOTES_MAX	64
#define NOTE_KEY	32
#define NOTE_VALUE	320

static struct {
	char key[NOTE_KEY];
	char value[NOTE_VALUE];
} notes[NOTES_MAX];
static unsigned int nr_notes;
/* Protects the notes; taken for good by whoever leaves. */
static pthread_mutex_t notes_lock = PTHREAD_MUTEX_INITIALIZER;
static const char *summary_path;
static u64 begin_ms;
static void (*leave_hook)(int code, const char *reason);

static u64 clock_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (u64)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/**
 * log_open() - start the clock
 * @path: where the summary goes at the end, or NULL
 */
void log_open(const char *path)
{
	summary_path = path;
	begin_ms = clock_ms();
}

/**
 * log_at_leave() - have something done at the end
 * @hook: called once, by whoever leaves
 */
void log_at_leave(void (*hook)(int code, const char *reason))
{
	leave_hook = hook;
}

/**
 * log_now_ms() - milliseconds since log_open()
 * Return: the count.
 */
u64 log_now_ms(void)
{
	return clock_ms() - begin_ms;
}

/* One write for a line, so that the lines of two machines do not mix. */
static void say_line(const char *format, va_list args)
{
	u64 now = log_now_ms();
	char line[512];
	int used;

	used = snprintf(line, sizeof(line), "vmbguest: [%4llu.%03llu] ",
			(unsigned long long)now / 1000, (unsigned long long)now % 1000);
	used += vsnprintf(line + used, sizeof(line) - used - 1, format, args);
	if (used > (int)sizeof(line) - 2)
		used = sizeof(line) - 2;
	line[used++] = '\n';
	if (write(STDERR_FILENO, line, used) < 0)
		return;
}

/**
 * say() - a progress line
 * @format: as for printf
 */
void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
}

static void note_locked(const char *key, const char *format, va_list args)
{
	unsigned int i;

	for (i = 0; i < nr_notes && strcmp(notes[i].key, key); i++)
		;
	if (i == NOTES_MAX)
		return;
	if (i == nr_notes)
		nr_notes++;
	snprintf(notes[i].key, sizeof(notes[i].key), "%s", key);
	vsnprintf(notes[i].value, sizeof(notes[i].value), format, args);
}

/**
 * note() - a line for the summary, in place of an earlier one of the same key
 * @key: before the equal sign
 * @format: what stands behind it, as for printf
 */
void note(const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	pthread_mutex_lock(&notes_lock);
	note_locked(key, format, args);
	pthread_mutex_unlock(&notes_lock);
	va_end(args);
}

/**
 * note_number() - as note(), for a count
 * @key: before the equal sign
 * @value: behind it
 */
void note_number(const char *key, u64 value)
{
	note(key, "%llu", (unsigned long long)value);
}

static void summary_write(const char *result, const char *reason)
{
	unsigned int i;
	FILE *file;

	if (!summary_path)
		return;

	file = fopen(summary_path, "w");
	if (!file) {
		say("cannot write %s: %s", summary_path, strerror(errno));
		return;
	}
	for (i = 0; i < nr_notes; i++)
		fprintf(file, "%s=%s\n", notes[i].key, notes[i].value);
	fprintf(file, "seconds=%llu.%03llu\nresult=%s\nreason=%s\n",
		(unsigned long long)log_now_ms() / 1000,
		(unsigned long long)log_now_ms() % 1000, result, reason);
	if (fclose(file))
		say("cannot write %s: %s", summary_path, strerror(errno));
}

/**
 * leave() - write the summary and exit
 * @code: LEAVE_*
 * @result: one word for the summary
 * @format: one sentence, as for printf
 *
 * Whoever comes first wins; another thread that comes later just waits for the
 * end.
 */
void __noreturn leave(int code, const char *result, const char *format, ...)
{
	char reason[NOTE_VALUE];
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);

	pthread_mutex_lock(&notes_lock);
	say("%s: %s", result, reason);
	summary_write(result, reason);
	if (leave_hook)
		leave_hook(code, reason);
	_exit(code);
}

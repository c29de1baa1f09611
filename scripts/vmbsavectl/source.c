// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream is read from the start to the end, once, from a file or a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "progress.h"
#include "source.h"

/**
 * source_open() - open a file
 * @source: filled
 * @name: the file, "-" = standard input
 *
 * Return: 0 or a negative errno.
 */
int source_open(struct source *source, const char *name)
{
	struct stat stat;

	memset(source, 0, offsetof(struct source, window));
	source->name = strcmp(name, "-") ? name : "standard input";
	source->fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (source->fd < 0)
		return -errno;

	if (!fstat(source->fd, &stat) && S_ISREG(stat.st_mode))
		source->bytes = stat.st_size;
	return 0;
}

/**
 * source_close() - close it
 * @source: an open one
 */
void source_close(struct source *source)
{
	if (source->fd != STDIN_FILENO)
		close(source->fd);
	source->fd = -1;
}

static void read_some(struct source *source)
{
	ssize_t n;

	if (source->from >= SOURCE_WINDOW) {
		memmove(source->window, source_data(source), source->have);
		source->from = 0;
	}
	n = read(source->fd, source->window + source->from + source->have,
		 sizeof(source->window) - source->from - source->have);
	if (n < 0 && errno == EINTR && !(source->interrupted && source->interrupted()))
		return;
	if (n < 0)
		source->error = -errno;
	if (n <= 0)
		source->ended = true;
	else
		source->have += n;
	if (n > 0 && source->progress)
		progress_add(source->progress, n);
}

/**
 * source_fill() - read until so many bytes are in the window
 * @source: the file
 * @want: at most %SOURCE_WINDOW
 *
 * Return: how many there are: less than @want only at the end, or if a read has
 * failed (@source->error).
 */
u32 source_fill(struct source *source, u32 want)
{
	while (source->have < want && !source->ended)
		read_some(source);
	return source->have;
}

/**
 * source_skip() - be done with the first bytes of the window
 * @source: the file
 * @bytes: at most what is there
 */
void source_skip(struct source *source, u32 bytes)
{
	source->at += bytes;
	source->from += bytes;
	source->have -= bytes;
}

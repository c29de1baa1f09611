// SPDX-License-Identifier: GPL-2.0-only
/*
 * A file that is there whole or not at all. What is no file gets the bytes as
 * they come; who reads them sees that the end record is missing.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sink.h"
#include "util.h"

/* Beside the file, so that it can take its place. */
static int open_temporary(struct sink *sink)
{
	const char *slash = strrchr(sink->path, '/');
	int folder = slash ? slash + 1 - sink->path : 0;

	if (asprintf(&sink->temporary, "%.*s.%s.XXXXXX", folder, sink->path,
		     sink->path + folder) < 0)
		die("no memory");
	/* What guests were sending is nobody else's business: mode 0600. */
	sink->fd = mkostemp(sink->temporary, O_CLOEXEC);
	return sink->fd < 0 ? -errno : 0;
}

/**
 * sink_open() - open a file, or what is named like one
 * @sink: filled
 * @name: the file, "-" = standard output
 *
 * Return: 0 or a negative errno.
 */
int sink_open(struct sink *sink, const char *name)
{
	struct stat stat_now;

	*sink = (struct sink){ .name = name, .fd = STDOUT_FILENO };
	if (!strcmp(name, "-")) {
		sink->name = "standard output";
		return 0;
	}
	if (!stat(name, &stat_now) && !S_ISREG(stat_now.st_mode)) {
		sink->fd = open(name, O_WRONLY | O_CLOEXEC);
		return sink->fd < 0 ? -errno : 0;
	}
	sink->path = name;
	return open_temporary(sink);
}

/**
 * sink_write() - write all of it
 * @sink: an open one
 * @data: the bytes
 * @bytes: how many
 *
 * Return: 0 or a negative errno; -EINTR only before any byte was written.
 */
int sink_write(struct sink *sink, const void *data, size_t bytes)
{
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		n = write(sink->fd, (const char *)data + done, bytes - done);
		if (n < 0 && errno == EINTR && done)
			continue;
		if (n < 0)
			return -errno;
		done += n;
	}
	return 0;
}

/**
 * sink_commit() - it is whole
 * @sink: an open one; closed
 *
 * Return: 0; or a negative errno, then no file has appeared or changed.
 */
int sink_commit(struct sink *sink)
{
	int err = 0;

	if (sink->path && fsync(sink->fd))
		err = -errno;
	if (sink->fd != STDOUT_FILENO && close(sink->fd) && !err)
		err = -errno;
	sink->fd = -1;
	if (sink->path && !err && rename(sink->temporary, sink->path))
		err = -errno;
	if (err)
		sink_abort(sink);
	free(sink->temporary);
	sink->temporary = NULL;
	return err;
}

/**
 * sink_abort() - it will not be whole
 * @sink: an open one; closed
 */
void sink_abort(struct sink *sink)
{
	if (sink->temporary)
		unlink(sink->temporary);
	if (sink->fd >= 0 && sink->fd != STDOUT_FILENO)
		close(sink->fd);
	sink->fd = -1;
	free(sink->temporary);
	sink->temporary = NULL;
}

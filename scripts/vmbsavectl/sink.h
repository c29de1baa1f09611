/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_SINK_H
#define _VMBSAVECTL_SINK_H

#include <stdbool.h>
#include <stddef.h>

/**
 * struct sink - where a stream is written to
 * @name: for messages
 * @fd: the file
 * @path: of the file, NULL = a pipe, a device or standard output
 * @temporary: what it is called until it is whole
 */
struct sink {
	const char *name;
	int fd;
	const char *path;
	char *temporary;
};

int sink_open(struct sink *sink, const char *name);
int sink_write(struct sink *sink, const void *data, size_t bytes);
int sink_commit(struct sink *sink);
void sink_abort(struct sink *sink);

#endif /* _VMBSAVECTL_SINK_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_MIGRATE_H
#define _VMBGUEST_MIGRATE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct bus;

/*
 * Part to copy: the state of the channels, out of a bus and into another one.
 * Where it goes is the caller's affair. Functions return 0 or a negative errno.
 */

/**
 * struct migrate_way - where the state goes, or comes from
 * @put: takes all of a piece; 0 or a negative errno
 * @get: gives some bytes, 0 at the end, or a negative errno
 * @context: what they are called with
 * @piece: bytes of one read() or write() of the data fd, not above
 *	%MIGRATE_PIECE_MAX; 0 = the library's choice
 */
struct migrate_way {
	int (*put)(void *context, void *buf, size_t bytes);
	ssize_t (*get)(void *context, void *buf, size_t bytes);
	void *context;
	size_t piece;
};

#define MIGRATE_PIECE_MAX	1048576

int migrate_save(struct bus *bus, const struct migrate_way *way, bool *way_failed);
int migrate_restore(struct bus *bus, const struct migrate_way *way, bool *way_failed);
int migrate_commit(struct bus *bus);
int migrate_write_fully(int fd, const void *buf, size_t bytes);

#endif /* _VMBGUEST_MIGRATE_H */

// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The state of the channels on its way
 *
 * Source, its virtual processors stopped and its bus in STOP:
 *
 *  1. migrate_save(): the state, to wherever it shall go.
 *  2. RAM, all of it after STOP, or again what has changed by then and what
 *     GET_GPADL_PAGES names.
 *
 * Destination, with the same channels on offer and nothing open:
 *
 *  3. migrate_restore(): nothing of it counts yet.
 *  4. RAM.
 *  5. migrate_commit(): all of it, or nothing and why, see bus_why().
 *
 * Then the two agree who runs, see link.h. If 1 or 2 fails, or the destination
 * refuses, the source's bus goes to RUNNING: saving has changed nothing. If 3 to
 * 5 fail, the destination's bus is as it was, after RESET.
 */
#include <errno.h>
#include <unistd.h>
#include <linux/minmax.h>
#include "attach.h"
#include "migrate.h"

#define PIECE	65536

/* One machine moves at a time. */
static char piece[MIGRATE_PIECE_MAX];

/**
 * migrate_write_fully() - write all, in as many calls as it takes
 * @fd: where to
 * @buf: what
 * @bytes: how many
 * Return: 0 or an errno.
 */
int migrate_write_fully(int fd, const void *buf, size_t bytes)
{
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		n = write(fd, (const char *)buf + done, bytes - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/* To the end of file: only there the state is whole. */
static int read_out(int data_fd, const struct migrate_way *way, bool *way_failed)
{
	ssize_t n;
	int err;

	for (;;) {
		n = read(data_fd, piece, way->piece ?: PIECE);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		err = way->put(way->context, piece, n);
		if (err) {
			*way_failed = true;
			return err;
		}
	}
}

/**
 * migrate_save() - read the state out of a bus
 * @bus: the bus, in STOP; then in STOP_COPY, from where RUNNING goes on and
 *	STOP stays
 * @way: where it goes
 * @way_failed: set if it was the way that failed, not the bus
 * Return: 0 or an errno.
 */
int migrate_save(struct bus *bus, const struct migrate_way *way, bool *way_failed)
{
	int data_fd, err;

	*way_failed = false;
	err = bus_set_state(bus, VMBSAVE_STATE_STOP_COPY, &data_fd);
	if (err)
		return err;

	err = read_out(data_fd, way, way_failed);
	close(data_fd);
	return err;
}

static int write_in(int data_fd, const struct migrate_way *way, bool *way_failed)
{
	ssize_t n, done, some;
	int err;

	for (;;) {
		n = way->get(way->context, piece, sizeof(piece));
		if (n <= 0) {
			*way_failed = n < 0;
			return n;
		}
		for (done = 0; done < n; done += some) {
			some = min_t(ssize_t, n - done, way->piece ?: sizeof(piece));
			err = migrate_write_fully(data_fd, piece + done, some);
			if (err)
				return err;
		}
	}
}

/**
 * migrate_restore() - write a state into a bus
 * @bus: the bus, in STOP; then in RESUMING
 * @way: where it comes from
 * @way_failed: set if it was the way that failed, not the bus
 *
 * Where the way ends the state ends; whether it is whole the commit says.
 *
 * Return: 0 or an errno.
 */
int migrate_restore(struct bus *bus, const struct migrate_way *way, bool *way_failed)
{
	int data_fd, err;

	*way_failed = false;
	err = bus_set_state(bus, VMBSAVE_STATE_RESUMING, &data_fd);
	if (err)
		return err;

	err = write_in(data_fd, way, way_failed);
	close(data_fd);
	return err;
}

/**
 * migrate_commit() - take up what was written: all of it, or nothing
 * @bus: the bus, in RESUMING, guest memory in place
 * Return: 0: it is in STOP and can run; or an errno: it is in ERROR, and
 * bus_why() says why.
 */
int migrate_commit(struct bus *bus)
{
	return bus_set_state(bus, VMBSAVE_STATE_STOP, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the channels to a file or to the other machine, and from there,
 * with what tests want to happen on the way. They return 0 or a negative errno.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link.h"
#include "log.h"
#include "migrate.h"
#include "move.h"
#include "options.h"
#include "state_stream.h"
#include "stream_scan.h"
#include "vm.h"

/* Some way into any stream worth breaking, for tests that do */
#define HALF_WAY	300000

/**
 * struct state_way - one end of the way
 * @vm: the machine
 * @links: to the other machine, or NULL
 * @fd: of the file, if there are no links
 * @flip: offset of the byte of which a bit is flipped; U64_MAX = none
 * @scan: what has passed
 */
struct state_way {
	struct vm *vm;
	struct links *links;
	int fd;
	u64 flip;
	struct stream_scan scan;
};

/* Once, when the piece that has just passed leaves some behind and more to come. */
static void half_way(struct state_way *way, u64 bytes, const char *point)
{
	if (way->scan.bytes >= HALF_WAY && way->scan.bytes - bytes < HALF_WAY)
		move_point(way->vm, way->links, point);
}

static void corrupt(const struct state_way *way, u8 *buf, u64 bytes)
{
	u64 at = way->scan.bytes - bytes;

	if (way->flip >= at && way->flip - at < bytes) {
		buf[way->flip - at] ^= 0x10;
		say("flipped a bit of byte %llu of the stream", (unsigned long long)way->flip);
	}
}

static int put(void *context, void *buf, size_t bytes)
{
	struct state_way *way = context;

	stream_scan(&way->scan, buf, bytes);
	if (!way->links)
		return migrate_write_fully(way->fd, buf, bytes);

	half_way(way, bytes, "source-in-save");
	corrupt(way, buf, bytes);
	return link_write(way->links, LINK_STATE, buf, bytes);
}

static ssize_t get(void *context, void *buf, size_t bytes)
{
	struct state_way *way = context;
	ssize_t n;

	if (way->links) {
		n = link_read(way->links, LINK_STATE, buf, bytes);
	} else {
		do {
			n = read(way->fd, buf, bytes);
		} while (n < 0 && errno == EINTR);
		n = n < 0 ? -errno : n;
	}
	if (n <= 0)
		return n;

	stream_scan(&way->scan, buf, n);
	if (way->links)
		half_way(way, n, "dest-in-restore");
	return n;
}

static void note_stream(const struct stream_scan *scan)
{
	if (scan->broken)
		say("the state is not a stream of chunks");
	note_number("stream_bytes", scan->bytes);
	note_number("stream_chunks", scan->chunks);
}

static struct migrate_way migrate_way(struct state_way *way)
{
	return (struct migrate_way) {
		.put = put, .get = get, .context = way, .piece = way->vm->options->split,
	};
}

static int save(struct state_way *state, bool *way_failed)
{
	struct migrate_way way = migrate_way(state);
	int err = migrate_save(&state->vm->bus, &way, way_failed);

	note_stream(&state->scan);
	return err;
}

static int restore(struct state_way *state, bool *way_failed)
{
	struct migrate_way way = migrate_way(state);
	int err = migrate_restore(&state->vm->bus, &way, way_failed);

	note_stream(&state->scan);
	return err;
}

/**
 * state_to_file() - save the state
 * @vm: a stopped machine
 * @fd: the file
 * @file_failed: set if it was the file that failed, not the bus
 * Return: 0 or an errno.
 */
int state_to_file(struct vm *vm, int fd, bool *file_failed)
{
	struct state_way way = { .vm = vm, .fd = fd, .flip = U64_MAX };

	return save(&way, file_failed);
}

/**
 * state_from_file() - restore the state
 * @vm: a machine with its channels on offer
 * @fd: the file
 * @file_failed: set if it was the file that failed, not the bus
 * Return: 0 or an errno.
 */
int state_from_file(struct vm *vm, int fd, bool *file_failed)
{
	struct state_way way = { .vm = vm, .fd = fd, .flip = U64_MAX };

	return restore(&way, file_failed);
}

/* The middle is known to a copy only. */
static int send_copy(struct state_way *way, bool *link_failed)
{
	int copy = memfd_create("vmbguest-state", MFD_CLOEXEC), err;
	static u8 buf[65536];
	struct stat stat;
	ssize_t n = 0;

	*link_failed = true;
	if (copy < 0)
		return -errno;

	err = state_to_file(way->vm, copy, link_failed);
	if (!err && (fstat(copy, &stat) || lseek(copy, 0, SEEK_SET)))
		err = -errno;
	if (!err) {
		way->flip = stat.st_size / 2;
		*link_failed = true;
	}
	while (!err && (n = read(copy, buf, sizeof(buf))) > 0)
		err = put(way, buf, n);
	close(copy);
	return err ?: n < 0 ? -errno : 0;
}

/**
 * state_to_link() - send the state
 * @vm: a stopped machine
 * @links: to the other machine; the connection is closed behind the state
 * @link_failed: set if it was the connection that failed, not the bus
 * Return: 0, -ECONNREFUSED (links->text), or an errno.
 */
int state_to_link(struct vm *vm, struct links *links, bool *link_failed)
{
	struct state_way way = { .vm = vm, .links = links, .flip = U64_MAX };
	int err;

	if (vm->options->corrupt)
		way.flip = vm->options->corrupt_at;
	if (way.flip == CORRUPT_MIDDLE && vm->options->corrupt)
		err = send_copy(&way, link_failed);
	else
		err = save(&way, link_failed);
	if (vm->options->corrupt)
		note_number("corrupted_at", way.flip);
	if (!err)
		link_close(links, LINK_STATE);
	return err;
}

/**
 * state_from_link() - take the state
 * @vm: a machine with its channels on offer
 * @links: to the other machine
 * @link_failed: set if it was the connection that failed, not the bus
 *
 * Where the connection ends the state ends; whether it is whole the bus knows.
 * Return: 0 or an errno.
 */
int state_from_link(struct vm *vm, struct links *links, bool *link_failed)
{
	struct state_way way = { .vm = vm, .links = links, .flip = U64_MAX };

	return restore(&way, link_failed);
}

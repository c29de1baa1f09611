// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state of the channels: from the data fd of the bus to a file or to the
 * other machine, and from there to the data fd of its bus. To these functions
 * it is bytes. They return 0 or a negative errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "link.h"
#include "log.h"
#include "migrate.h"
#include "options.h"
#include "state_stream.h"
#include "stream_scan.h"
#include "vm.h"

#define PIECE_MAX	1048576

/* Some way into any stream worth breaking, for tests that do */
#define HALF_WAY	300000

static u8 piece[PIECE_MAX];

static size_t piece_bytes(const struct vm *vm)
{
	return vm->options->split ?: 65536;
}

/* Once, when the piece that has just passed leaves some behind and more to come. */
static bool half_way(const struct stream_scan *scan, u64 bytes)
{
	return scan->bytes >= HALF_WAY && scan->bytes - bytes < HALF_WAY;
}

static int write_fully(int fd, const u8 *buf, size_t bytes)
{
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		n = write(fd, buf + done, bytes - done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/* Where in the stream a bit is to be flipped; the middle is known to a copy only. */
static int corrupt_offset(const struct vm *vm, int fd, u64 *offset)
{
	struct stat stat;

	*offset = U64_MAX;
	if (!vm->options->corrupt)
		return 0;

	*offset = vm->options->corrupt_at;
	if (*offset == CORRUPT_MIDDLE) {
		if (fstat(fd, &stat))
			return -errno;
		*offset = stat.st_size / 2;
	}
	note_number("corrupted_at", *offset);
	return 0;
}

static void corrupt(u8 *buf, u64 at, u64 bytes, u64 offset)
{
	if (offset >= at && offset - at < bytes) {
		buf[offset - at] ^= 0x10;
		say("flipped a bit of byte %llu of the stream", (unsigned long long)offset);
	}
}

static void note_stream(const struct stream_scan *scan)
{
	if (scan->broken)
		say("the state of the bus is not a stream of chunks");
	note_number("stream_bytes", scan->bytes);
	note_number("stream_chunks", scan->chunks);
}

static int copy_to_link(struct vm *vm, int fd, struct links *links)
{
	struct stream_scan scan = { };
	u64 offset;
	ssize_t n;
	int err;

	err = corrupt_offset(vm, fd, &offset);
	while (!err) {
		n = read(fd, piece, piece_bytes(vm));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)
			break;
		stream_scan(&scan, piece, n);
		if (half_way(&scan, n))
			migrate_point(vm, links, "source-in-save");
		corrupt(piece, scan.bytes - n, n, offset);
		err = link_write(links, LINK_STATE, piece, n);
	}
	note_stream(&scan);
	return err;
}

static int copy_to_fd(struct vm *vm, int data_fd, int fd)
{
	struct stream_scan scan = { };
	ssize_t n;
	int err;

	for (;;) {
		n = read(data_fd, piece, piece_bytes(vm));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		stream_scan(&scan, piece, n);
		err = write_fully(fd, piece, n);
		if (err)
			return err;
	}
	note_stream(&scan);
	return n < 0 ? -errno : 0;
}

/**
 * state_to_file() - save the state
 * @vm: the machine
 * @data_fd: of its bus, in STOP_COPY
 * @path: the file
 * Return: 0 or an errno.
 */
int state_to_file(struct vm *vm, int data_fd, const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	int err;

	if (fd < 0)
		return -errno;

	err = copy_to_fd(vm, data_fd, fd);
	if (close(fd) && !err)
		err = -errno;
	return err;
}

/**
 * state_to_link() - send the state
 * @vm: the machine
 * @data_fd: of its bus, in STOP_COPY
 * @links: to the other machine; the connection is closed behind the state
 * Return: 0, -ECONNREFUSED (links->text), or an errno.
 */
int state_to_link(struct vm *vm, int data_fd, struct links *links)
{
	int copy = -1, fd = data_fd, err = 0;

	if (vm->options->corrupt && vm->options->corrupt_at == CORRUPT_MIDDLE) {
		copy = memfd_create("vmbguest-state", MFD_CLOEXEC);
		if (copy < 0)
			return -errno;
		err = copy_to_fd(vm, data_fd, copy);
		if (!err && lseek(copy, 0, SEEK_SET) < 0)
			err = -errno;
		fd = copy;
	}
	if (!err)
		err = copy_to_link(vm, fd, links);
	if (copy >= 0)
		close(copy);
	if (!err)
		link_close(links, LINK_STATE);
	return err;
}

/**
 * state_from_link() - take the state
 * @vm: the machine
 * @data_fd: of its bus, in RESUMING
 * @links: to the other machine
 * @refused: on failure, whether it was the bus that refused
 *
 * Where the connection ends the state ends; whether it is whole the bus knows.
 * Return: 0 or an errno.
 */
int state_from_link(struct vm *vm, int data_fd, struct links *links, bool *refused)
{
	struct stream_scan scan = { };
	ssize_t n, done, some;
	int err;

	for (;;) {
		n = link_read(links, LINK_STATE, piece, sizeof(piece));
		if (n <= 0)
			break;
		stream_scan(&scan, piece, n);
		if (half_way(&scan, n))
			migrate_point(vm, links, "dest-in-restore");
		for (done = 0; done < n; done += some) {
			some = n - done;
			if (vm->options->split && some > (ssize_t)vm->options->split)
				some = vm->options->split;
			err = write_fully(data_fd, piece + done, some);
			if (err) {
				*refused = true;
				return err;
			}
		}
	}
	*refused = false;
	note_number("stream_bytes", scan.bytes);
	note_number("stream_chunks", scan.chunks);
	return n;
}

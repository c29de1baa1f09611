// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM: one memfd, mapped once. A page that was never touched has no page
 * in the memfd: SEEK_DATA and SEEK_HOLE find the others, and nothing has to be
 * read to skip it.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/minmax.h>
#include "memory.h"

/* So that a run is a message of a bearable size */
#define RUN_BYTES_MAX	1048576ULL

/**
 * memory_create() - make RAM that is all zero
 * @memory: filled
 * @bytes: a multiple of 4096
 * Return: 0 or an errno.
 */
int memory_create(struct memory *memory, u64 bytes)
{
	memory->bytes = bytes;
	memory->fd = memfd_create("guest-ram", MFD_CLOEXEC);
	if (memory->fd < 0 || ftruncate(memory->fd, bytes))
		return -errno;

	memory->at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, memory->fd, 0);
	return memory->at == MAP_FAILED ? -errno : 0;
}

static bool page_is_zero(const u8 *page)
{
	return !page[0] && !memcmp(page, page + 1, MEMORY_PAGE - 1);
}

/* Where the next page in use is, and where the pages in use end; false if there is none. */
static bool next_data(const struct memory *memory, u64 from, u64 *begin, u64 *end)
{
	off_t data = lseek(memory->fd, from, SEEK_DATA);
	off_t hole = data < 0 ? -1 : lseek(memory->fd, data, SEEK_HOLE);

	if (data < 0 && errno == ENXIO)
		return false;

	/* Where it cannot say, everything is in use. */
	*begin = data < 0 ? from : (u64)data & ~(MEMORY_PAGE - 1ULL);
	*end = hole < 0 ? memory->bytes : min_t(u64, hole, memory->bytes);
	return *begin < memory->bytes;
}

static bool run_in(const struct memory *memory, u64 begin, u64 end, struct memory_run *run)
{
	u64 at = begin;

	while (at < end && page_is_zero(memory->at + at))
		at += MEMORY_PAGE;
	run->address = at;
	while (at < end && at - run->address < RUN_BYTES_MAX && !page_is_zero(memory->at + at))
		at += MEMORY_PAGE;
	run->bytes = at - run->address;
	return run->bytes;
}

/**
 * memory_next_run() - the next pages that are not all zero
 * @memory: RAM of a stopped machine
 * @from: where to begin to look, a multiple of 4096
 * @run: filled
 * Return: false if there are none from there on.
 */
bool memory_next_run(const struct memory *memory, u64 from, struct memory_run *run)
{
	u64 begin, end;

	for (; from < memory->bytes; from = end) {
		if (!next_data(memory, from, &begin, &end))
			return false;
		if (run_in(memory, begin, end, run))
			return true;
	}
	return false;
}

static int write_at(int fd, const u8 *from, u64 bytes, u64 at)
{
	u64 done = 0;
	ssize_t n;

	while (done < bytes) {
		n = pwrite(fd, from + done, bytes - done, at + done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += n;
	}
	return 0;
}

/**
 * memory_to_file() - write RAM as it is, zero pages as holes
 * @memory: RAM of a stopped machine
 * @fd: an empty file, which becomes as long as RAM
 * @sum: set to the bytes that are not in holes
 * Return: 0 or an errno.
 */
int memory_to_file(const struct memory *memory, int fd, u64 *sum)
{
	struct memory_run run;
	u64 from = 0;
	int err;

	*sum = 0;
	if (ftruncate(fd, memory->bytes))
		return -errno;

	while (memory_next_run(memory, from, &run)) {
		err = write_at(fd, memory->at + run.address, run.bytes, run.address);
		if (err)
			return err;
		*sum += run.bytes;
		from = run.address + run.bytes;
	}
	return 0;
}

/**
 * memory_from_file() - fill RAM from what memory_to_file() wrote
 * @memory: RAM, all zero, as long as the file
 * @fd: the file
 * @sum: set to the bytes that were not in holes
 * Return: 0; -EPIPE if the file ends too soon; another errno.
 */
int memory_from_file(const struct memory *memory, int fd, u64 *sum)
{
	off_t data = 0, hole;
	ssize_t n;

	for (*sum = 0; (data = lseek(fd, data, SEEK_DATA)) >= 0; data = hole) {
		hole = lseek(fd, data, SEEK_HOLE);
		if (hole < 0)
			return -errno;
		if ((u64)hole > memory->bytes)
			return -EPROTO;
		while (data < hole) {
			n = pread(fd, memory->at + data, hole - data, data);
			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return n < 0 ? -errno : -EPIPE;
			data += n;
			*sum += n;
		}
	}
	return errno == ENXIO ? 0 : -errno;
}

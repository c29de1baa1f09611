// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: A machine in two files
 *
 * FILE has the state of the channels as it came from the data fd, FILE.ram the
 * RAM: the byte at offset N is that at guest physical address N, zero pages are
 * holes. Both belong to one moment; the bus refuses a pair that does not.
 *
 * Saving, of a stopped machine:
 *
 *  1. Writes FILE.new and FILE.ram.new, and waits until they are on the disk.
 *  2. Removes FILE, renames first FILE.ram.new, then FILE.new. Whenever the host
 *     dies there is FILE with its own FILE.ram, or no FILE.
 *
 * If it fails an older pair is left as it was. Functions return 0 or a negative
 * errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "log.h"
#include "memory.h"
#include "migrate.h"
#include "move.h"
#include "place.h"
#include "state_stream.h"

enum keep_file {
	KEEP_STATE,
	KEEP_RAM,
	NR_KEEP_FILES
};

struct names {
	char file[NR_KEEP_FILES][PLACE_PATH_MAX];
	char made[NR_KEEP_FILES][PLACE_PATH_MAX];
};

static int make_names(struct names *names, const char *path)
{
	if (strlen(path) >= PLACE_PATH_MAX - sizeof(".ram.new"))
		return -ENAMETOOLONG;
	snprintf(names->file[KEEP_STATE], PLACE_PATH_MAX, "%s", path);
	snprintf(names->file[KEEP_RAM], PLACE_PATH_MAX, "%s.ram", path);
	snprintf(names->made[KEEP_STATE], PLACE_PATH_MAX, "%s.new", path);
	snprintf(names->made[KEEP_RAM], PLACE_PATH_MAX, "%s.ram.new", path);
	return 0;
}

static int create(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : fd;
}

/* The first error counts, as close() may be where it shows. */
static int finish(int fd, int err)
{
	if (!err && fsync(fd))
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int write_state(struct vm *vm, const char *path, char *why, size_t size)
{
	bool file_failed = true;
	int fd = create(path), err = fd;

	if (fd >= 0)
		err = finish(fd, state_to_file(vm, fd, &file_failed));
	if (err && !file_failed)
		bus_why(&vm->bus, err, why, size);
	else if (err)
		snprintf(why, size, "%.100s: %s", path, strerror(-err));
	return err;
}

static int write_ram(struct vm *vm, const char *path, char *why, size_t size)
{
	int fd = create(path), err = fd;
	u64 sum;

	if (fd >= 0) {
		err = finish(fd, memory_to_file(&vm->ram, fd, &sum));
		note_number("ram_bytes", sum);
	}
	if (err)
		snprintf(why, size, "%.100s: %s", path, strerror(-err));
	return err;
}

static int sync_folder(const char *path)
{
	char copy[PLACE_PATH_MAX];
	int fd;

	snprintf(copy, sizeof(copy), "%s", path);
	fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : finish(fd, 0);
}

static int put_in_place(const struct names *names)
{
	if (unlink(names->file[KEEP_STATE]) && errno != ENOENT)
		return -errno;
	if (rename(names->made[KEEP_RAM], names->file[KEEP_RAM]) ||
	    rename(names->made[KEEP_STATE], names->file[KEEP_STATE]))
		return -errno;
	return sync_folder(names->file[KEEP_STATE]);
}

static int save(struct vm *vm, const struct names *names, char *why, size_t size)
{
	int err;

	err = write_state(vm, names->made[KEEP_STATE], why, size);
	if (!err)
		err = write_ram(vm, names->made[KEEP_RAM], why, size);
	if (err)
		return err;

	err = put_in_place(names);
	if (err)
		snprintf(why, size, "%.100s: %s", names->file[KEEP_STATE], strerror(-err));
	return err;
}

/**
 * keep_save() - save the machine to FILE and FILE.ram
 * @vm: a machine, running or stopped; then it is stopped, and may run on
 * @path: FILE
 * @why: on failure, says why; the machine is as it was then
 * @size: bytes there
 * Return: 0 or an errno.
 */
int keep_save(struct vm *vm, const char *path, char *why, size_t size)
{
	enum vm_state before = vm->state;
	static struct names names;
	int err;

	err = make_names(&names, path);
	if (err) {
		snprintf(why, size, "the name of the file is too long");
		return err;
	}

	move_settle(vm);
	err = move_stop(vm, why, size);
	if (err)
		return err;

	err = save(vm, &names, why, size);
	if (err) {
		unlink(names.made[KEEP_STATE]);
		unlink(names.made[KEEP_RAM]);
	}
	move_back(vm, err ? before : VM_STOPPED);
	return err;
}

/**
 * keep_snapshot() - save the state alone, and go on
 * @vm: a running machine
 * @path: the file
 * @why: on failure, says why
 * @size: bytes there
 * Return: 0 or an errno; the machine runs.
 */
int keep_snapshot(struct vm *vm, const char *path, char *why, size_t size)
{
	int err;

	move_settle(vm);
	err = move_stop(vm, why, size);
	if (err)
		return err;

	err = write_state(vm, path, why, size);
	move_back(vm, VM_RUNNING);
	return err;
}

/**
 * keep_open() - open what keep_save() has saved
 * @path: FILE
 * @ram_bytes: set to the size of the machine's RAM
 * @fds: filled, for keep_restore()
 * @why: on failure, says why
 * @size: bytes there
 * Return: 0 or an errno.
 */
int keep_open(const char *path, u64 *ram_bytes, int fds[2], char *why, size_t size)
{
	static struct names names;
	struct stat stat;
	int i, err;

	err = make_names(&names, path);
	for (i = 0; !err && i < NR_KEEP_FILES; i++) {
		fds[i] = open(names.file[i], O_RDONLY | O_CLOEXEC);
		if (fds[i] < 0 || fstat(fds[i], &stat))
			err = -errno;
	}
	if (err)
		snprintf(why, size, "%.100s: %s", i ? names.file[i - 1] : path, strerror(-err));
	*ram_bytes = err ? 0 : stat.st_size;
	return err;
}

/**
 * keep_restore() - put state and RAM where they belong
 * @vm: a machine with RAM of that size, its channels on offer
 * @fds: from keep_open(), closed
 * @why: on failure, says why
 * @size: bytes there
 * Return: 0: it is to be committed; or an errno.
 */
int keep_restore(struct vm *vm, const int fds[2], char *why, size_t size)
{
	bool file_failed;
	u64 sum = 0;
	int err;

	err = state_from_file(vm, fds[KEEP_STATE], &file_failed);
	if (err && !file_failed)
		bus_why(&vm->bus, err, why, size);
	else if (err)
		snprintf(why, size, "the file breaks off in the state: %s", strerror(-err));
	if (!err) {
		err = memory_from_file(&vm->ram, fds[KEEP_RAM], &sum);
		if (err)
			snprintf(why, size, "the file breaks off in RAM: %s", strerror(-err));
	}
	note_number("ram_bytes", sum);
	close(fds[KEEP_STATE]);
	close(fds[KEEP_RAM]);
	return err;
}

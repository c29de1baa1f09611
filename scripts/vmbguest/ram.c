// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM: one memfd, mapped once.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "log.h"
#include "ram.h"

/**
 * ram_create() - make RAM that is all zero
 * @bytes: a multiple of 4096
 *
 * Return: where it is mapped.
 */
void *ram_create(u64 bytes)
{
	int fd = memfd_create("vmbguest-ram", MFD_CLOEXEC);
	void *ram;

	if (fd < 0 || ftruncate(fd, bytes))
		die("no memory for guest RAM: %s", strerror(errno));

	ram = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ram == MAP_FAILED)
		die("cannot map guest RAM: %s", strerror(errno));

	close(fd);
	return ram;
}

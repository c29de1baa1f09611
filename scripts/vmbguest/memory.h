/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_MEMORY_H
#define _VMBGUEST_MEMORY_H

#include <stdbool.h>
#include <linux/types.h>

/*
 * Part to copy: guest RAM from address 0 on. Functions that can fail return 0
 * or a negative errno.
 */

#define MEMORY_PAGE	4096U

/**
 * struct memory - guest RAM
 * @fd: memfd with it
 * @at: where it is mapped
 * @bytes: its size
 */
struct memory {
	int fd;
	u8 *at;
	u64 bytes;
};

/**
 * struct memory_run - pages in a row that are not all zero
 * @address: guest physical, a multiple of 4096
 * @bytes: a multiple of 4096
 */
struct memory_run {
	u64 address;
	u64 bytes;
};

int memory_create(struct memory *memory, u64 bytes);
bool memory_next_run(const struct memory *memory, u64 from, struct memory_run *run);
int memory_to_file(const struct memory *memory, int fd, u64 *sum);
int memory_from_file(const struct memory *memory, int fd, u64 *sum);

#endif /* _VMBGUEST_MEMORY_H */

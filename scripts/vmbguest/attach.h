/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_ATTACH_H
#define _VMBGUEST_ATTACH_H

#include <stddef.h>
#include <linux/types.h>
#include <linux/vmbsave.h>

/*
 * Part to copy: a VMM and /dev/vmbsave. Needs nothing else of vmbguest. Every
 * function that can fail returns 0 or a negative errno.
 */

/**
 * struct bus - one open file of /dev/vmbsave: one machine
 * @fd: the file, -1 once it is closed
 * @timeout_ms: how long a stop waits for VSPs; 0 = the module's default
 */
struct bus {
	int fd;
	u32 timeout_ms;
};

int bus_open(struct bus *bus, const char *device);
void bus_close(struct bus *bus);

int bus_set_memory(struct bus *bus, u64 gpa, u64 bytes, void *where);
int bus_offer(struct bus *bus, const u8 type[16], const u8 instance[16], u32 *channel);
int bus_get_channel(struct bus *bus, u32 channel, struct vmbsave_channel_info *info);

int bus_create_gpadl(struct bus *bus, u32 channel, u32 gpadl, const u64 *pfns, u32 pages);
int bus_teardown_gpadl(struct bus *bus, u32 channel, u32 gpadl);
int bus_open_channel(struct bus *bus, const struct vmbsave_open_channel *how);
int bus_close_channel(struct bus *bus, u32 channel);

int bus_set_state(struct bus *bus, u32 state, int *data_fd);
int bus_reset(struct bus *bus);
int bus_info(struct bus *bus, struct vmbsave_info *info);
void bus_last_error(struct bus *bus, struct vmbsave_last_error *last);
void bus_why(struct bus *bus, int error, char *text, size_t size);

#endif /* _VMBGUEST_ATTACH_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_BUS_H
#define _VMBSAVECTL_BUS_H

#include <linux/types.h>
#include <linux/vmbsave.h>

/**
 * struct bus - a bus that this process controls
 * @name: "vmb" and a number
 * @fd: attached to it
 */
struct bus {
	const char *name;
	int fd;
};

void bus_attach(struct bus *bus, const char *name, u32 flags);
void bus_detach(struct bus *bus);
int bus_info(struct bus *bus, struct vmbsave_info *info);
int bus_stats(struct bus *bus, struct vmbsave_stats *stats);
int bus_set_state(struct bus *bus, u32 state, u32 timeout_ms, int *data_fd);
int bus_reset(struct bus *bus);
void bus_last_error(struct bus *bus, int error, struct vmbsave_last_error *last);
void bus_say_error(const struct bus *bus, const char *what, const struct vmbsave_last_error *last);
const char *bus_state_name(u32 state);

#endif /* _VMBSAVECTL_BUS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_LOOPBACK_H
#define _VMB_CORE_LOOPBACK_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "core/bus.h"
#include "core/guest_memory.h"

/**
 * struct vmb_loopback - a bus without a VMM and the memory of its guest
 * @bus: the bus
 * @memory: what the bus sees
 * @ram: struct page by guest page frame number
 * @mirror: the guest is on its way there: what is lent here is lent there too
 * @next_gpadl: handle of the next GPADL
 */
struct vmb_loopback {
	struct vmb_bus *bus;
	struct vmb_guest_memory memory;
	struct xarray ram;
	struct vmb_loopback *mirror;
	atomic_t next_gpadl;
};

struct vmb_loopback *vmb_loopback_make(void);
struct vmb_loopback *vmb_loopback_of(struct vmb_bus *bus);
u32 vmb_loopback_new_gpadl(struct vmb_bus *bus);
int vmb_loopback_copy_ram(struct vmb_loopback *from, struct vmb_loopback *to);
void vmb_loopback_drop_ram(struct vmb_loopback *from, struct vmb_loopback *to,
			   bool moved);

#endif /* _VMB_CORE_LOOPBACK_H */

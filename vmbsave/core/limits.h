/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_LIMITS_H
#define _VMB_CORE_LIMITS_H

#include <linux/types.h>

/**
 * enum vmb_limit - what is counted, and capped by a module parameter
 * @VMB_LIMIT_BUSES: buses, until they are destroyed (max_buses)
 * @VMB_LIMIT_CHANNELS: channels, until their last reference goes (max_channels)
 * @VMB_LIMIT_GPADLS: GPADLs (max_gpadls)
 * @VMB_LIMIT_PAGES: guest pages pinned (max_pages)
 * @VMB_LIMIT_PACKETS: packet objects, both directions (max_packets)
 * @VMB_LIMIT_STAGED: bytes held by restores in progress (max_staged_bytes)
 * @VMB_NR_LIMITS: how many there are
 */
enum vmb_limit {
	VMB_LIMIT_BUSES,
	VMB_LIMIT_CHANNELS,
	VMB_LIMIT_GPADLS,
	VMB_LIMIT_PAGES,
	VMB_LIMIT_PACKETS,
	VMB_LIMIT_STAGED,
	VMB_NR_LIMITS
};

int __must_check vmb_limit_charge(enum vmb_limit which, u64 n);
void vmb_limit_uncharge(enum vmb_limit which, u64 n);
u64 vmb_limit_used(enum vmb_limit which);
u64 vmb_limit_max(enum vmb_limit which);
const char *vmb_limit_name(enum vmb_limit which);
void vmb_limits_bus_begin(void);
void vmb_limits_bus_end(void);
void vmb_limits_wait_idle(void);

#endif /* _VMB_CORE_LIMITS_H */

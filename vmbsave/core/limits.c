// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/wait.h>

#include "core/limits.h"

static ulong max_buses = 64;
module_param(max_buses, ulong, 0644);
MODULE_PARM_DESC(max_buses, "buses, that is open files of /dev/vmbsave");

static ulong max_channels = 1024;
module_param(max_channels, ulong, 0644);
MODULE_PARM_DESC(max_channels, "channels of all buses");

static ulong max_gpadls = 16384;
module_param(max_gpadls, ulong, 0644);
MODULE_PARM_DESC(max_gpadls, "GPADLs of all channels");

static ulong max_pages = 1UL << 20;
module_param(max_pages, ulong, 0644);
MODULE_PARM_DESC(max_pages, "guest pages pinned, of 4096 bytes");

static ulong max_packets = 1UL << 21;
module_param(max_packets, ulong, 0644);
MODULE_PARM_DESC(max_packets, "packet objects of all channels, both directions");

static ulong max_staged_bytes = 256UL << 20;
module_param(max_staged_bytes, ulong, 0644);
MODULE_PARM_DESC(max_staged_bytes, "bytes held by restores in progress");

static struct limit {
	const char *name;
	ulong *max;
	atomic64_t used;
} limits[VMB_NR_LIMITS] = {
	[VMB_LIMIT_BUSES]	= { .name = "buses", .max = &max_buses },
	[VMB_LIMIT_CHANNELS]	= { .name = "channels", .max = &max_channels },
	[VMB_LIMIT_GPADLS]	= { .name = "gpadls", .max = &max_gpadls },
	[VMB_LIMIT_PAGES]	= { .name = "pages", .max = &max_pages },
	[VMB_LIMIT_PACKETS]	= { .name = "packets", .max = &max_packets },
	[VMB_LIMIT_STAGED]	= { .name = "staged_bytes", .max = &max_staged_bytes },
};

/* Buses whose release function has not been left yet; those that are over too. */
static atomic_t unreleased;

static DECLARE_WAIT_QUEUE_HEAD(idle);

/**
 * vmb_limit_charge() - count objects before they are made
 * @which: what they are
 * @n: how many
 *
 * Context: any.
 * Return: 0, or -EDQUOT: there would be more than the cap, nothing was counted.
 */
int vmb_limit_charge(enum vmb_limit which, u64 n)
{
	struct limit *limit = &limits[which];
	u64 max = READ_ONCE(*limit->max);
	s64 used = atomic64_read(&limit->used);

	do {
		if (n > max || used > max - n)
			return -EDQUOT;
	} while (!atomic64_try_cmpxchg(&limit->used, &used, used + n));
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_limit_charge);

/**
 * vmb_limit_uncharge() - undo vmb_limit_charge()
 * @which: what they were
 * @n: how many
 * Context: any.
 */
void vmb_limit_uncharge(enum vmb_limit which, u64 n)
{
	s64 left = atomic64_sub_return(n, &limits[which].used);

	WARN_ON_ONCE(left < 0);
	if (!left)
		wake_up_all(&idle);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_limit_uncharge);

/**
 * vmb_limit_used() - how many there are now
 * @which: what is asked for
 *
 * Context: any.
 * Return: the count.
 */
u64 vmb_limit_used(enum vmb_limit which)
{
	return atomic64_read(&limits[which].used);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_limit_used);

/**
 * vmb_limit_max() - how many there may be now
 * @which: what is asked for
 *
 * Context: any.
 * Return: the cap, which is the module's parameter max_ and vmb_limit_name().
 */
u64 vmb_limit_max(enum vmb_limit which)
{
	return READ_ONCE(*limits[which].max);
}

/**
 * vmb_limit_name() - what it is called
 * @which: what is asked for
 *
 * Context: any.
 * Return: a name for people and files.
 */
const char *vmb_limit_name(enum vmb_limit which)
{
	return limits[which].name;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_limit_name);

/**
 * vmb_limits_bus_begin() - a bus has a release function from now on
 * Context: any.
 */
void vmb_limits_bus_begin(void)
{
	atomic_inc(&unreleased);
}

/**
 * vmb_limits_bus_end() - undo vmb_limits_bus_begin(): it has run
 * Context: any.
 */
void vmb_limits_bus_end(void)
{
	if (atomic_dec_and_test(&unreleased))
		wake_up_all(&idle);
}

/**
 * vmb_limits_wait_idle() - wait until the last bus and channel are released
 *
 * Their release functions are code of this module, so it may not go before.
 * Context: process context, sleeps.
 */
void vmb_limits_wait_idle(void)
{
	wait_event(idle, !atomic_read(&unreleased) &&
		   !vmb_limit_used(VMB_LIMIT_CHANNELS));
}

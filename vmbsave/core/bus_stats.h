/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_BUS_STATS_H
#define _VMB_CORE_BUS_STATS_H

#include <linux/jiffies.h>
#include <linux/jump_label.h>
#include <linux/ktime.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave.h>

struct vmb_bus;

/**
 * enum vmb_bus_work - what is measured
 * @VMB_WORK_STOP: RUNNING -> STOP
 * @VMB_WORK_SAVE: a save of the whole bus
 * @VMB_WORK_RESTORE: a restore of the whole bus, up to its commit
 * @VMB_WORK_COMMIT: RESUMING -> STOP
 * @VMB_WORK_RUN: STOP -> RUNNING
 * @VMB_NR_WORKS: how many there are
 */
enum vmb_bus_work {
	VMB_WORK_STOP,
	VMB_WORK_SAVE,
	VMB_WORK_RESTORE,
	VMB_WORK_COMMIT,
	VMB_WORK_RUN,
	VMB_NR_WORKS
};

/**
 * struct vmb_bus_call - a callback of a VSP, and how long it took
 * @ns: time in it
 * @packet: transaction id of the packet that it was for, 0 = none
 * @call: VMBSAVE_CALL_*
 * @channel: id of its channel
 */
struct vmb_bus_call {
	u64 ns;
	u64 packet;
	u32 call;
	u32 channel;
};

/**
 * struct vmb_bus_stats - what saves and restores of a bus have cost
 * @lock: protects the rest
 * @values: all but the slowest callback
 * @slowest: the slowest callback of the last work of each kind
 */
struct vmb_bus_stats {
	spinlock_t lock; /* protects the rest */
	struct vmbsave_stats values;
	struct vmb_bus_call slowest[VMB_NR_WORKS];
};

/**
 * struct vmb_bus_progress - how far a save or a restore is
 * @bytes: of its stream that were read, or taken
 * @packets: saved, or staged
 * @chunks: made, or verified
 * @ns: since it began
 */
struct vmb_bus_progress {
	u64 bytes;
	u64 packets;
	u64 chunks;
	u64 ns;
};

/**
 * struct vmb_packet_timer - when a callback for one packet was called
 * @ns: on the clock, if packets are timed by it
 * @ticks: in jiffies
 *
 * A clock costs as much as saving a packet does. Unless somebody has asked for
 * it, the tick is looked at, and says nothing of what is shorter.
 */
struct vmb_packet_timer {
	u64 ns;
	unsigned long ticks;
};

DECLARE_STATIC_KEY_FALSE(vmb_stats_time_packets);

static inline void vmb_packet_timer_start(struct vmb_packet_timer *timer)
{
	timer->ns = static_branch_unlikely(&vmb_stats_time_packets) ?
		    ktime_get_ns() : 0;
	timer->ticks = READ_ONCE(jiffies);
}

/**
 * vmb_packet_timer_stop() - how long a callback for one packet took
 * @timer: started before
 *
 * Context: any.
 * Return: ns; without the clock as many whole ticks as it took at the least,
 * 0 if that is none.
 */
static inline u64 vmb_packet_timer_stop(const struct vmb_packet_timer *timer)
{
	unsigned long ticks = READ_ONCE(jiffies) - timer->ticks;

	if (static_branch_unlikely(&vmb_stats_time_packets) && timer->ns)
		return ktime_get_ns() - timer->ns;
	return likely(ticks < 2) ? 0 : jiffies_to_nsecs(ticks - 1);
}

void vmb_stats_use_clock(bool on);
void vmb_stats_init(struct vmb_bus *bus);
void vmb_stats_get(struct vmb_bus *bus, struct vmbsave_stats *stats);
u64 vmb_stats_begin(struct vmb_bus *bus, enum vmb_bus_work work);
void vmb_stats_end(struct vmb_bus *bus, enum vmb_bus_work work, u64 begun);
void vmb_stats_progress(struct vmb_bus *bus, enum vmb_bus_work work,
			const struct vmb_bus_progress *progress);
void vmb_stats_count(struct vmb_bus *bus, enum vmb_bus_work work, bool done);
void vmb_stats_call(struct vmb_bus *bus, enum vmb_bus_work work,
		    const struct vmb_bus_call *call);

#endif /* _VMB_CORE_BUS_STATS_H */

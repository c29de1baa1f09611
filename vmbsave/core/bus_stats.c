// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/kernel.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "core/bus.h"

/**
 * DOC: What saves and restores cost
 *
 * 1. A work begins: what was known of the last one of its kind is forgotten.
 * 2. It reports how far it is with each run of bytes, and each slow callback.
 * 3. It ends, or it fails; it is counted once.
 *
 * Callbacks that come once a channel are timed by the clock. Those that come
 * once a packet are timed by the tick unless time_packets is set, so that not
 * to look costs next to nothing.
 */

DEFINE_STATIC_KEY_FALSE(vmb_stats_time_packets);

/**
 * vmb_stats_use_clock() - choose how callbacks for packets are timed
 * @on: by the clock; else by the tick
 * Context: process context, may sleep.
 */
void vmb_stats_use_clock(bool on)
{
	if (on)
		static_branch_enable(&vmb_stats_time_packets);
	else
		static_branch_disable(&vmb_stats_time_packets);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_stats_use_clock);

static int set_time_packets(const char *text, const struct kernel_param *param)
{
	bool on;
	int ret = kstrtobool(text, &on);

	if (!ret)
		vmb_stats_use_clock(on);
	return ret;
}

static int get_time_packets(char *text, const struct kernel_param *param)
{
	return sprintf(text, "%c\n",
		       static_key_enabled(&vmb_stats_time_packets) ? 'Y' : 'N');
}

static const struct kernel_param_ops time_packets_ops = {
	.set = set_time_packets,
	.get = get_time_packets,
};

module_param_cb(time_packets, &time_packets_ops, NULL, 0644);
MODULE_PARM_DESC(time_packets, "time each callback for a packet by the clock, not by the tick");

/**
 * vmb_stats_init() - nothing was measured yet
 * @bus: zeroed
 * Context: any.
 */
void vmb_stats_init(struct vmb_bus *bus)
{
	spin_lock_init(&bus->stats.lock);
}

/**
 * vmb_stats_get() - what is known
 * @bus: the bus
 * @stats: filled in but for @stats->size
 * Context: process context.
 */
void vmb_stats_get(struct vmb_bus *bus, struct vmbsave_stats *stats)
{
	const struct vmb_bus_call *slowest = &bus->stats.slowest[0];
	u32 size = stats->size;
	int i;

	guard(spinlock)(&bus->stats.lock);

	for (i = 1; i < VMB_NR_WORKS; i++)
		if (bus->stats.slowest[i].ns > slowest->ns)
			slowest = &bus->stats.slowest[i];
	*stats = bus->stats.values;
	stats->size = size;
	stats->slowest_ns = slowest->ns;
	stats->slowest_packet = slowest->packet;
	stats->slowest_call = slowest->call;
	stats->slowest_channel = slowest->channel;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_stats_get);

static void set_progress(struct vmbsave_stats *values, enum vmb_bus_work work,
			 const struct vmb_bus_progress *progress)
{
	if (work == VMB_WORK_SAVE) {
		values->save_bytes = progress->bytes;
		values->save_packets = progress->packets;
		values->save_chunks = progress->chunks;
		values->save_ns = progress->ns;
	} else if (work == VMB_WORK_RESTORE) {
		values->restore_bytes = progress->bytes;
		values->restore_packets = progress->packets;
		values->restore_chunks = progress->chunks;
		values->restore_ns = progress->ns;
	}
}

/**
 * vmb_stats_begin() - a work begins
 * @bus: the bus
 * @work: which
 *
 * Context: process context.
 * Return: the time, ns, for vmb_stats_end() or &struct vmb_bus_progress.
 */
u64 vmb_stats_begin(struct vmb_bus *bus, enum vmb_bus_work work)
{
	static const struct vmb_bus_progress none;

	scoped_guard(spinlock, &bus->stats.lock) {
		memset(&bus->stats.slowest[work], 0,
		       sizeof(bus->stats.slowest[work]));
		set_progress(&bus->stats.values, work, &none);
	}
	return ktime_get_ns();
}

/**
 * vmb_stats_end() - a stop, commit or start is over, successful or not
 * @bus: the bus
 * @work: which
 * @begun: what vmb_stats_begin() returned
 * Context: process context.
 */
void vmb_stats_end(struct vmb_bus *bus, enum vmb_bus_work work, u64 begun)
{
	u64 ns = ktime_get_ns() - begun;

	guard(spinlock)(&bus->stats.lock);

	if (work == VMB_WORK_STOP)
		bus->stats.values.stop_ns = ns;
	else if (work == VMB_WORK_COMMIT)
		bus->stats.values.commit_ns = ns;
	else if (work == VMB_WORK_RUN)
		bus->stats.values.run_ns = ns;
}

/**
 * vmb_stats_progress() - a save or a restore has come further
 * @bus: the bus
 * @work: which
 * @progress: how far it is
 * Context: process context.
 */
void vmb_stats_progress(struct vmb_bus *bus, enum vmb_bus_work work,
			const struct vmb_bus_progress *progress)
{
	guard(spinlock)(&bus->stats.lock);

	set_progress(&bus->stats.values, work, progress);
}

/**
 * vmb_stats_count() - a save or a restore is over
 * @bus: the bus
 * @work: which
 * @done: it reached its end; else it failed or was given up
 * Context: process context.
 */
void vmb_stats_count(struct vmb_bus *bus, enum vmb_bus_work work, bool done)
{
	struct vmbsave_stats *values = &bus->stats.values;

	guard(spinlock)(&bus->stats.lock);

	if (work == VMB_WORK_SAVE)
		(*(done ? &values->nr_saves : &values->nr_saves_failed))++;
	else if (work == VMB_WORK_RESTORE)
		(*(done ? &values->nr_restores : &values->nr_restores_failed))++;
}

/**
 * vmb_stats_call() - a callback has returned
 * @bus: the bus
 * @work: what it was part of
 * @call: which, and how long it took
 * Context: process context.
 */
void vmb_stats_call(struct vmb_bus *bus, enum vmb_bus_work work,
		    const struct vmb_bus_call *call)
{
	guard(spinlock)(&bus->stats.lock);

	if (call->ns > bus->stats.slowest[work].ns)
		bus->stats.slowest[work] = *call;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>

#include "core/channel.h"
#include "migrate/account.h"
#include "migrate/restore_session.h"
#include "migrate/save_session.h"

/* To look at the clock for each chunk would cost as much as two packets. */
#define CLOCK_CHUNKS 16

/**
 * vmb_save_account() - bytes of a save were taken
 * @save: the session; the caller has its turn
 *
 * Looks at the clock when some more chunks were made, or all.
 * Context: process context.
 */
void vmb_save_account(struct vmb_save *save)
{
	struct vmb_bus_progress progress = {
		.bytes = save->writer.bytes - save->next_bytes,
		.packets = save->writer.nr_packets,
		.chunks = save->writer.sequence - 1,
	};

	if (save->in_kernel)
		return;
	if (save->accounted != save->writer.bytes &&
	    (progress.chunks % CLOCK_CHUNKS == 0 || save->phase == VMB_SAVE_DONE)) {
		save->accounted = save->writer.bytes;
		save->chunk_ns = ktime_get_ns() - save->begun;
	}
	progress.ns = save->chunk_ns;
	vmb_stats_progress(save->bus, VMB_WORK_SAVE, &progress);
}

/**
 * vmb_save_account_end() - a save has reached its end, or never will
 * @save: the session; the caller has its turn
 * @done: it has
 *
 * Nothing happens but the first time.
 * Context: process context.
 */
void vmb_save_account_end(struct vmb_save *save, bool done)
{
	if (save->in_kernel || save->counted)
		return;
	save->counted = true;
	vmb_stats_count(save->bus, VMB_WORK_SAVE, done);
}

/**
 * vmb_save_account_call() - a callback of a save has returned
 * @save: the session; the caller has its turn
 * @call: VMBSAVE_CALL_*
 * @channel: the channel
 * @packet: transaction id, 0 = none
 * @ns: time in it
 * Context: process context.
 */
void vmb_save_account_call(const struct vmb_save *save, u32 call,
			   const struct vmb_channel *channel, u64 packet, u64 ns)
{
	const struct vmb_bus_call report = {
		.ns = ns, .packet = packet, .call = call, .channel = channel->id,
	};

	if (!save->in_kernel)
		vmb_stats_call(save->bus, VMB_WORK_SAVE, &report);
}

/**
 * vmb_restore_account() - bytes of a restore were taken in
 * @restore: the session; the caller has its turn
 * Context: process context.
 */
void vmb_restore_account(struct vmb_restore *restore)
{
	struct vmb_bus_progress progress = {
		.bytes = restore->reader.bytes + restore->unit_bytes,
		.packets = restore->nr_packets,
		.chunks = restore->reader.chunk,
	};

	if (restore->in_kernel)
		return;
	if (restore->accounted != restore->reader.bytes &&
	    (progress.chunks % CLOCK_CHUNKS == 0 || restore->reader.ended)) {
		restore->accounted = restore->reader.bytes;
		restore->chunk_ns = ktime_get_ns() - restore->begun;
	}
	progress.ns = restore->chunk_ns;
	vmb_stats_progress(restore->bus, VMB_WORK_RESTORE, &progress);
}

/**
 * vmb_restore_account_end() - a restore is committed, or never will be
 * @restore: the session; the caller has its turn
 * @done: it is
 *
 * Nothing happens but the first time.
 * Context: process context.
 */
void vmb_restore_account_end(struct vmb_restore *restore, bool done)
{
	if (restore->in_kernel || restore->counted)
		return;
	restore->counted = true;
	vmb_stats_count(restore->bus, VMB_WORK_RESTORE, done);
}

/**
 * vmb_restore_account_call() - a callback of a restore has returned
 * @restore: the session; the caller has its turn
 * @call: VMBSAVE_CALL_*
 * @channel: the channel
 * @packet: transaction id, 0 = none
 * @ns: time in it
 * Context: process context.
 */
void vmb_restore_account_call(const struct vmb_restore *restore, u32 call,
			      const struct vmb_channel *channel, u64 packet,
			      u64 ns)
{
	const struct vmb_bus_call report = {
		.ns = ns, .packet = packet, .call = call, .channel = channel->id,
	};

	if (!restore->in_kernel)
		vmb_stats_call(restore->bus, call == VMBSAVE_CALL_OPENED ?
			       VMB_WORK_COMMIT : VMB_WORK_RESTORE, &report);
}

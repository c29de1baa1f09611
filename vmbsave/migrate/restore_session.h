/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_RESTORE_SESSION_H
#define _VMB_MIGRATE_RESTORE_SESSION_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/channel.h"
#include "migrate/hold.h"
#include "stream/order.h"
#include "stream/read.h"
#include "stream/record.h"

struct vmb_packet;

/**
 * struct vmb_staged - what a stream says of one channel, and how far it is
 *	committed
 * @channel: the channel, held by the session
 * @seen: its CHANNEL record was there
 * @force_new: it is to be offered anew; nothing of it is restored
 * @vsp_state: .restore_state has returned 0, and .discard_state is owed
 * @state: to be restored
 * @next_id: to be restored
 * @open: to be restored if it was open
 * @in_write: index that guest memory must have
 * @in_read: index that guest memory must have
 * @out_write: index that guest memory must have
 * @out_read: index that guest memory must have
 * @gpadls: struct vmb_gpadl by id, not pinned before the commit
 * @queue: packets and completions
 * @attached: its GPADLs and rings are the channel's
 * @opened: .opened has returned 0
 * @old_next_id: to go back to, if .opened has sent nothing
 * @first_id: of the first packet that .opened could send
 */
struct vmb_staged {
	struct vmb_channel *channel;
	bool seen;
	bool force_new;
	bool vsp_state;
	enum vmb_channel_state state;
	u64 next_id;
	struct vmb_channel_open open;
	u32 in_write;
	u32 in_read;
	u32 out_write;
	u32 out_read;
	struct xarray gpadls;
	struct vmb_channel_queue queue;

	bool attached;
	bool opened;
	u64 old_next_id;
	u64 first_id;
};

/**
 * struct vmb_restoring - the packet that .restore_packet is called for
 * @task: the one who calls it, NULL = nobody does
 * @channel: its channel
 * @view: what the stream says of it
 * @made: the packet, in a list of its own, once vmb_packet_restore() was called
 * @called: vmb_packet_restore() has succeeded
 */
struct vmb_restoring {
	struct task_struct *task;
	struct vmb_channel *channel;
	struct vmb_packet_view view;
	struct list_head made;
	bool called;
};

/**
 * struct vmb_restore - a restore of one channel or of all channels of a bus
 * @base: as the core knows it
 * @ref: references
 * @bus: referenced
 * @holds: the channels, sorted by identity
 * @in_kernel: made by vmb_channel_restore_from_buffer(); then the channel's
 *	session pointer holds the reference
 * @news: woken when it has failed or is over
 * @turn: who may use the session; protects the rest
 * @error: the first error, answered from then on
 * @dropped: over; the data fd is stale
 * @reader: position in the stream
 * @order: what records may come
 * @limits: caps for both
 * @unit: buffer of the stream header or one chunk
 * @unit_bytes: bytes in @unit
 * @record: buffer of a record that is longer than a piece
 * @record_room: bytes at @record
 * @manifest: copy of the manifest, which @order points to
 * @charged: bytes counted as staged
 * @staged: one for each channel in @holds
 * @current_channel: that the records are about, or NULL
 * @restoring: the packet in hand
 * @nr_packets: packets that were staged
 * @begun: when it began, ns
 * @chunk_ns: how long after that the last chunk was taken
 * @accounted: length of the stream when that was looked at
 * @counted: the bus's statistics know how it ended
 */
struct vmb_restore {
	struct vmb_session base;
	struct kref ref;
	struct vmb_bus *bus;
	struct vmb_holds holds;
	bool in_kernel;
	wait_queue_head_t news;

	struct vmb_turn turn;
	int error;
	bool dropped;
	struct vmb_stream_reader reader;
	struct vmb_stream_order order;
	struct vmb_stream_limits limits;
	u8 *unit;
	u32 unit_bytes;
	void *record;
	u32 record_room;
	void *manifest;
	u64 charged;
	struct vmb_staged *staged;
	struct vmb_staged *current_channel;
	struct vmb_restoring restoring;

	u64 nr_packets;
	u64 begun;
	u64 chunk_ns;
	u64 accounted;
	bool counted;
};

/* restore.c */
__printf(4, 5)
int vmb_restore_fail(struct vmb_restore *restore, int error,
		     const struct vmb_error_place *place, const char *fmt, ...);
int vmb_restore_charge(struct vmb_restore *restore, u64 bytes);
struct vmb_restore *vmb_restore_here(struct vmb_channel *channel);

int vmb_restore_refuse(const struct vmb_restore *restore);
int vmb_restore_commit_locked(struct vmb_restore *restore);
void vmb_restore_drop_staged(struct vmb_restore *restore);
void vmb_restore_finish(struct vmb_restore *restore);
int vmb_restore_find(struct vmb_channel *channel, struct vmb_restore **found);

/* restore_read.c: bytes to records */
int vmb_restore_fail_at_reader(struct vmb_restore *restore);
int vmb_restore_take_chunks(struct vmb_restore *restore, const void *buf,
			    u32 size);

/* restore_stage.c: records to objects */
int vmb_restore_record(struct vmb_restore *restore, u16 type, const void *data,
		       u32 bytes);
void vmb_restore_unstage(struct vmb_restore *restore);

/* restore_vsp_state.c: what the VSP knows of a channel */
int vmb_restore_check_versions(struct vmb_restore *restore,
			       const struct vmb_manifest_view *view);
int vmb_restore_vsp_state(struct vmb_restore *restore, const void *data,
			  u32 bytes);
void vmb_restore_discard_vsp_state(struct vmb_staged *staged);

/* restore_packet.c: one packet and its VSP */
int vmb_restore_packet(struct vmb_restore *restore, const void *data, u32 bytes);
void vmb_restore_place(const struct vmb_restore *restore,
		       struct vmb_error_place *place);

/* restore_commit.c: all or nothing */
int vmb_restore_apply(struct vmb_restore *restore);

#endif /* _VMB_MIGRATE_RESTORE_SESSION_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_SAVE_SESSION_H
#define _VMB_MIGRATE_SAVE_SESSION_H

#include <linux/compiler.h>
#include <linux/kref.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/bus_error.h"
#include "core/session.h"
#include "core/turn.h"
#include "migrate/hold.h"
#include "stream/write.h"

struct vmb_bus;
struct vmb_channel;
struct vmb_outgoing;
struct vmb_packet;

/**
 * enum vmb_save_phase - what is saved next
 * @VMB_SAVE_HEADER: the stream header
 * @VMB_SAVE_MANIFEST: the manifest
 * @VMB_SAVE_CHANNEL: the channel at @index
 * @VMB_SAVE_STATE: the VSP's own state of it, if there is one
 * @VMB_SAVE_GPADLS: its GPADLs above the id @gpadl
 * @VMB_SAVE_QUEUE: its outgoing entries from @cursor on
 * @VMB_SAVE_END: the end record
 * @VMB_SAVE_DONE: nothing
 */
enum vmb_save_phase {
	VMB_SAVE_HEADER,
	VMB_SAVE_MANIFEST,
	VMB_SAVE_CHANNEL,
	VMB_SAVE_STATE,
	VMB_SAVE_GPADLS,
	VMB_SAVE_QUEUE,
	VMB_SAVE_END,
	VMB_SAVE_DONE,
};

#define VMB_SAVE_SEGMENTS 2

/**
 * struct vmb_save_record - the record that is being written
 * @pending: there is one; it may be partly in earlier chunks
 * @type: VMBSAVE_RECORD_*
 * @nr: segments in use
 * @segments: its payload
 * @flat: the only segment lies in the session's scratch with room before it, so
 *	that it can be cut to chunks where it lies
 * @head: the fixed part, first segment
 */
struct vmb_save_record {
	bool pending;
	u16 type;
	u32 nr;
	struct vmb_stream_segment segments[VMB_SAVE_SEGMENTS];
	bool flat;
	union {
		struct vmbsave_manifest manifest;
		struct vmbsave_channel channel;
		struct vmbsave_vsp_state state;
		struct vmbsave_gpadl gpadl;
		struct vmbsave_completion completion;
		struct vmbsave_end end;
	} head;
};

/**
 * struct vmb_save - a save of one channel or of all channels of a bus
 * @base: as the core knows it
 * @ref: references
 * @bus: referenced
 * @holds: the channels, sorted by identity
 * @in_kernel: made by vmb_channel_save_begin(); then the channel's session
 *	pointer holds the reference
 * @news: woken when it has failed, was read to its end, or is over
 * @turn: who may use the session; protects the rest
 * @error: the first error, answered from then on
 * @dropped: over; the data fd is stale
 * @place: of the error, or of what is being saved
 * @writer: position in the stream
 * @chunk: buffer of one chunk
 * @open: where the chunk is made that comes next: @chunk, or the caller's buffer
 * @next: bytes that were made and not handed out yet, at @open or in @scratch
 * @next_bytes: how many
 * @taken: bytes before them that were handed out, of the same chunk
 * @ended: the last byte was handed out; read without the turn too
 * @phase: what comes next
 * @index: of the channel in @channels
 * @channel_start: bytes of the stream before that channel
 * @channel_begun: when its first record was made, ns
 * @gpadl: id of the last GPADL saved
 * @cursor: next outgoing entry
 * @record: being written
 * @scratch: buffer of a VSP's state, page numbers or the manifest's entries
 * @scratch_room: bytes at @scratch
 * @begun: when it began, ns
 * @chunk_ns: how long after that the last chunk was made
 * @accounted: length of the stream when that was looked at
 * @counted: the bus's statistics know how it ended
 */
struct vmb_save {
	struct vmb_session base;
	struct kref ref;
	struct vmb_bus *bus;
	struct vmb_holds holds;
	bool in_kernel;
	wait_queue_head_t news;

	struct vmb_turn turn;
	int error;
	bool dropped;
	struct vmb_error_place place;
	struct vmb_stream_writer writer;
	u8 *chunk;
	u8 *open;
	const u8 *next;
	u32 next_bytes;
	u32 taken;
	bool ended;
	enum vmb_save_phase phase;
	u32 index;
	u64 channel_start;
	u64 channel_begun;
	unsigned long gpadl;
	struct vmb_outgoing *cursor;
	struct vmb_save_record record;
	void *scratch;
	size_t scratch_room;

	u64 begun;
	u64 chunk_ns;
	u64 accounted;
	bool counted;
};

/**
 * struct vmb_save_room - where a VSP may put its state of a packet
 * @place: first choice; may be NULL if @bytes is 0
 * @bytes: room there
 * @front: bytes to keep free before the state if it goes to the scratch
 * @state: [out] where it is, @place or the scratch behind @front
 * @state_bytes: [out] its length, 0 = none
 */
struct vmb_save_room {
	u8 *place;
	u32 bytes;
	u32 front;
	u8 *state;
	u32 state_bytes;
};

/* Bytes of what is at hand were taken; the caller has the session's turn. */
static inline void vmb_save_advance(struct vmb_save *save, u32 consumed)
{
	save->next += consumed;
	save->next_bytes -= consumed;
	save->taken += consumed;
	if (save->phase == VMB_SAVE_DONE && !save->record.pending &&
	    !save->next_bytes)
		WRITE_ONCE(save->ended, true);
}

/* save_over.c: how it ends */
__printf(3, 4)
int vmb_save_fail(struct vmb_save *save, int error, const char *fmt, ...);
void vmb_save_trace_over(const struct vmb_save *save);

/* save_record.c: what comes next */
int vmb_save_next_record(struct vmb_save *save);

/* packet_save.c: the two passes */
void *vmb_save_scratch(struct vmb_save *save, u32 bytes);
int vmb_save_packet_state(struct vmb_save *save, struct vmb_channel *channel,
			  struct vmb_packet *packet, struct vmb_save_room *room);
int vmb_save_channel_state(struct vmb_save *save, struct vmb_channel *channel,
			   u32 *bytes);
u32 vmb_packet_state_max(void);
u32 vmb_channel_state_max(void);

#endif /* _VMB_MIGRATE_SAVE_SESSION_H */

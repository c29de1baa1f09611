/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_WRITE_H
#define _VMB_STREAM_WRITE_H

#include <linux/types.h>

struct vmbsave_end;

/* Before a record's payload that vmb_stream_put_long() cuts where it lies, bytes */
#define VMB_STREAM_HEADROOM	40

/* Length of a record's header */
#define VMB_STREAM_RECORD_HEAD	8

/* vmb_stream_writer.flags */
#define VMB_STREAM_WRITER_CONTINUED	0x1	/* the open chunk goes on with a record */
#define VMB_STREAM_WRITER_FULL		0x2	/* nothing may follow in the open chunk */
#define VMB_STREAM_WRITER_ENDED		0x4	/* END was put */

/**
 * struct vmb_stream_writer - position of a stream being written
 * @stream_id: of the stream header
 * @chain: the stream hash so far
 * @bytes: length of the stream so far, the open chunk not counted
 * @nr_records: records put completely
 * @nr_packets: PACKET records among them
 * @nr_completions: COMPLETION records among them
 * @nr_channels: CHANNEL records among them
 * @sequence: of the open chunk, or of the next one if none is open
 * @used: bytes in the open chunk with its header, 0 = none is open
 * @record_done: bytes of a long record that are in chunks already, 0 = none
 * @flags: VMB_STREAM_WRITER_*
 */
struct vmb_stream_writer {
	u64 stream_id;
	u64 chain;
	u64 bytes;
	u64 nr_records;
	u64 nr_packets;
	u64 nr_completions;
	u32 nr_channels;
	u32 sequence;
	u32 used;
	u32 record_done;
	u32 flags;
};

/**
 * struct vmb_stream_segment - a run of bytes of a record's payload
 * @data: the bytes; may be NULL if @bytes is 0
 * @bytes: how many
 *
 * Behind a segment that another one follows come zeros up to a multiple of 8,
 * and they count in the record's length, also if the other one is empty. So
 * the segments of each type are always these:
 *
 *   MANIFEST	struct vmbsave_manifest, entries
 *   CHANNEL	struct vmbsave_channel
 *   VSP_STATE	struct vmbsave_vsp_state, the VSP's state
 *   GPADL	struct vmbsave_gpadl, page frame numbers
 *   PACKET	struct vmbsave_packet, payload, the VSP's state (all three)
 *   COMPLETION	struct vmbsave_completion, payload
 *   END	struct vmbsave_end
 */
struct vmb_stream_segment {
	const void *data;
	u32 bytes;
};

void vmb_stream_writer_init(struct vmb_stream_writer *w, u64 stream_id);
void vmb_stream_put_header(struct vmb_stream_writer *w, void *buf);
int vmb_stream_put_record(struct vmb_stream_writer *w, void *chunk, u16 type,
			  const struct vmb_stream_segment *segs, u32 nr_segs);
bool vmb_stream_is_long(u32 bytes);
int vmb_stream_put_long(struct vmb_stream_writer *w, void *record, u16 type, u32 bytes,
			void **chunk);
u32 vmb_stream_seal(struct vmb_stream_writer *w, void *chunk);
void vmb_stream_fill_end(const struct vmb_stream_writer *w, struct vmbsave_end *end);

#endif /* _VMB_STREAM_WRITE_H */

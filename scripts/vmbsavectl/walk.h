/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_WALK_H
#define _VMBSAVECTL_WALK_H

#include <linux/types.h>
#include "stream/order.h"
#include "stream/read.h"

struct source;

/**
 * struct walk_record - one whole record
 * @type: VMBSAVE_RECORD_*
 * @checked: it was accepted, as a restore would
 * @data: its payload
 * @bytes: the length of that
 * @chunk: number of the chunk in which it begins
 * @offset: where in the stream it begins
 */
struct walk_record {
	u16 type;
	bool checked;
	const void *data;
	u32 bytes;
	u32 chunk;
	u64 offset;
};

/**
 * struct walk_damage - one place where the stream is not what it should be
 * @why: in the words of the kernel; @why.reason is not NULL
 * @resumed: reading goes on behind it
 * @chunk: of the chunk from which it goes on, its number
 * @offset: where that begins
 * @lost_bytes: bytes that were passed over, up to @offset or to the end
 * @lost_chunks: chunks that are not there, or are and cannot be used, as far as
 *	their numbers tell
 */
struct walk_damage {
	struct vmb_stream_error why;
	bool resumed;
	u32 chunk;
	u64 offset;
	u64 lost_bytes;
	u32 lost_chunks;
};

/**
 * struct walk_ops - what is told on the way; each may be NULL
 * @header: the stream header was accepted
 * @record: a record, in order
 * @damage: something is wrong here
 */
struct walk_ops {
	void (*header)(void *context, u64 stream_id);
	void (*record)(void *context, const struct walk_record *record);
	void (*damage)(void *context, const struct walk_damage *damage);
};

/**
 * struct walk - a way through a stream
 * @first: the first thing that is wrong; all zero if nothing is. Its reason
 *	lives for ever.
 * @nr_damages: how many things are
 * @bytes: length of what was there
 * @nr_chunks: chunks that were used
 * @nr_records: records that were told
 * @stream_id: 0 = not known
 * @ended: the end record was there
 */
struct walk {
	struct vmb_stream_error first;
	u32 nr_damages;
	u64 bytes;
	u32 nr_chunks;
	u64 nr_records;
	u64 stream_id;
	bool ended;
	/* private: */
	struct source *source;
	const struct walk_ops *ops;
	void *context;
	bool resume;		/* go on behind damage */
	bool blind;		/* something was lost: order and counts tell nothing now */
	u64 resumed_at;		/* where reading went on last */
	struct vmb_stream_reader reader;
	struct vmb_stream_order order;
	u8 *manifest;
	u8 *record;
	u32 record_room;
};

int walk(struct walk *walk, struct source *source, bool resume, const struct walk_ops *ops,
	 void *context);

/* For its own files. */
bool walk_find_chunk(struct walk *walk, struct walk_damage *damage);
void walk_unused(struct walk *walk, struct walk_damage *damage, u32 bytes);

#endif /* _VMBSAVECTL_WALK_H */

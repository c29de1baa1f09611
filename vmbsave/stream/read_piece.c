// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream's reader, its inner half: pieces of records out of a chunk. Only
 * one stream is accepted for a given content, the one that the writer writes.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "read.h"
#include "read_internal.h"

/**
 * struct record_row - what the reader knows of a type of record
 * @fixed: length of its structure, 0 = there is no such type
 * @varies: something follows the structure
 */
struct record_row {
	u16 fixed;
	bool varies;
};

static const struct record_row record_rows[] = {
	[VMBSAVE_RECORD_MANIFEST] = { sizeof(struct vmbsave_manifest), true },
	[VMBSAVE_RECORD_CHANNEL] = { sizeof(struct vmbsave_channel), false },
	[VMBSAVE_RECORD_GPADL] = { sizeof(struct vmbsave_gpadl), true },
	[VMBSAVE_RECORD_PACKET] = { sizeof(struct vmbsave_packet), true },
	[VMBSAVE_RECORD_COMPLETION] = { sizeof(struct vmbsave_completion), true },
	[VMBSAVE_RECORD_END] = { sizeof(struct vmbsave_end), false },
	[VMBSAVE_RECORD_VSP_STATE] = { sizeof(struct vmbsave_vsp_state), true },
};

static_assert(ARRAY_SIZE(record_rows) == ARRAY_SIZE(((struct vmb_stream_reader *)0)->longest));

static const struct record_row *record_find(u16 type)
{
	if (type >= ARRAY_SIZE(record_rows) || !record_rows[type].fixed)
		return NULL;
	return &record_rows[type];
}

/* How much may follow the structure. */
static u64 record_more(const struct vmb_stream_limits *limits, u16 type)
{
	switch (type) {
	case VMBSAVE_RECORD_MANIFEST:
		return (u64)limits->channels * sizeof(struct vmbsave_manifest_entry);
	case VMBSAVE_RECORD_GPADL:
		return (u64)limits->gpadl_pages * sizeof(__le64);
	case VMBSAVE_RECORD_PACKET:
		return ALIGN((u64)limits->packet_bytes, VMB_RECORD_ALIGN) + limits->vsp_bytes;
	case VMBSAVE_RECORD_COMPLETION:
		return limits->packet_bytes;
	case VMBSAVE_RECORD_VSP_STATE:
		return limits->state_bytes;
	default:
		return 0;
	}
}

/**
 * vmb_stream_longest() - the longest payload of a record that a reader takes
 * @limits: what it takes
 * @type: VMBSAVE_RECORD_*
 *
 * Context: Any.
 * Return: bytes.
 */
u32 vmb_stream_longest(const struct vmb_stream_limits *limits, u16 type)
{
	return min_t(u64, record_rows[type].fixed + record_more(limits, type), U32_MAX);
}

/* What is the matter with a record that is not as most of them are? */
static int judge_type(struct vmb_stream_reader *r, u16 type, u16 flags, u32 bytes)
{
	const struct record_row *row = record_find(type);

	if (flags & ~VMBSAVE_RECORD_OPTIONAL)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record has a flag that does not exist");
	if (!row && !flags) {
		vmb_refuse_record(r, -EOPNOTSUPP, r->position,
				  "a mandatory record is of a type that is not known");
		r->error.type = type;
		return r->error.error;
	}
	if (!row)
		return 0;
	if (flags)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record that is never optional says it is");
	if (bytes < row->fixed)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record is shorter than its structure");
	if (!row->varies)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record is longer than its structure");
	return vmb_refuse_record(r, -EMSGSIZE, r->position,
				 "a record is longer than this reader accepts");
}

static int check_type(struct vmb_stream_reader *r, u16 type, u16 flags, u32 bytes)
{
	const struct record_row *row = record_find(type);

	if (likely(row && !flags && bytes >= row->fixed && bytes <= r->longest[type]))
		return 0;
	return judge_type(r, type, flags, bytes);
}

/* Is the record where the writer would have put it? */
static int check_cut(struct vmb_stream_reader *r, u16 type, u64 total)
{
	bool first = r->position == VMB_CHUNK_HEAD;
	u32 room = r->unit_bytes - r->position;

	if (total > VMBSAVE_CHUNK_ROOM) {
		if (!first || r->unit_bytes != VMBSAVE_CHUNK_MAX)
			return vmb_refuse_record(r, -EUCLEAN, r->position,
						 "a long record does not fill chunks of its own");
		return 0;
	}
	if (total > room)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record runs past the end of its chunk");
	if (type == VMBSAVE_RECORD_END) {
		if (!first || total != room)
			return vmb_refuse_record(r, -EUCLEAN, r->position,
						 "the end record shares a chunk with another one");
		return 0;
	}
	if (first && r->before + total <= VMBSAVE_CHUNK_MAX)
		return vmb_refuse_record(r, -EUCLEAN, r->position,
					 "a record begins a chunk but fits in the one before");

	return 0;
}

static int begin_record(struct vmb_stream_reader *r)
{
	struct vmbsave_record_header header;
	u16 type;
	u32 bytes;
	int err;

	/* Chunks and records are multiples of 8 long: a header always fits. */
	memcpy(&header, r->unit + r->position, sizeof(header));
	type = le16_to_cpu(header.type);
	bytes = le32_to_cpu(header.bytes);
	err = check_type(r, type, le16_to_cpu(header.flags), bytes);
	if (!err)
		err = check_cut(r, type, vmb_record_total(bytes));
	if (err)
		return err;

	r->record_start = r->bytes - r->unit_bytes + r->position;
	r->record_chunk = r->chunk;
	r->record_type = type;
	r->record_skip = !!header.flags;
	r->record_bytes = bytes;
	r->record_done = 0;
	r->record_left = vmb_record_total(bytes) - VMB_RECORD_HEAD;
	r->position += VMB_RECORD_HEAD;
	return 0;
}

#define END_OFFSET(member) \
	(VMB_CHUNK_HEAD + VMB_RECORD_HEAD + offsetof(struct vmbsave_end, member))

/* What END says of chunks and records is for the reader alone to check. */
static int take_end(struct vmb_stream_reader *r, const void *data)
{
	struct vmbsave_end end;

	memcpy(&end, data, sizeof(end));
	if (le32_to_cpu(end.nr_chunks) != r->chunk - 1)
		return vmb_refuse_record(r, -EUCLEAN, END_OFFSET(nr_chunks),
					 "the end record counts other chunks than there were");
	if (le64_to_cpu(end.nr_records) != r->nr_records)
		return vmb_refuse_record(r, -EUCLEAN, END_OFFSET(nr_records),
					 "the end record counts other records than there were");
	if (le64_to_cpu(end.bytes) != r->bytes - r->unit_bytes)
		return vmb_refuse_record(r, -EUCLEAN, END_OFFSET(bytes),
					 "the end record counts other bytes than there were");
	if (le64_to_cpu(end.stream_hash) != r->chain)
		return vmb_refuse_record(r, -EBADMSG, END_OFFSET(stream_hash),
					 "the stream does not have the hash of its end record");

	r->ended = true;
	return 0;
}

/* The rest of the record, or of the unit if that is less. */
static int take_piece(struct vmb_stream_reader *r, struct vmb_stream_piece *piece)
{
	u32 part = min_t(u64, r->record_left, r->unit_bytes - r->position);
	u32 bytes = min(part, r->record_bytes - r->record_done);
	const u8 *data = r->unit + r->position;

	if (part != bytes && memchr_inv(data + bytes, 0, part - bytes))
		return vmb_refuse_record(r, -EUCLEAN, r->position + bytes,
					 "the padding of a record is not zero");
	if (r->record_type == VMBSAVE_RECORD_END && take_end(r, data))
		return r->error.error;

	*piece = (struct vmb_stream_piece){
		.type = r->record_type,
		.last = part == r->record_left,
		.record_bytes = r->record_bytes,
		.offset = r->record_done,
		.bytes = bytes,
		.data = data,
	};
	r->record_done += bytes;
	r->record_left -= part;
	r->position += part;
	if (piece->last)
		r->nr_records++;

	return 0;
}

/**
 * vmb_stream_next() - take out the next piece of a record
 * @r: the reader
 * @piece: filled if the answer is 1; what it points to lies in the unit
 *
 * Unknown optional records are skipped.
 *
 * Context: Any.
 * Return: 1: a piece. 0: the unit is used up, take the next. Negative: why the
 * stream is refused, see vmb_stream_take().
 */
int vmb_stream_next(struct vmb_stream_reader *r, struct vmb_stream_piece *piece)
{
	int err;

	if (r->error.error)
		return r->error.error;

	while (r->unit && r->position < r->unit_bytes) {
		if (!r->record_left) {
			err = begin_record(r);
			if (err)
				return err;
		}
		err = take_piece(r, piece);
		if (err)
			return err;
		if (!r->record_skip)
			return 1;
	}

	r->unit = NULL;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_next, VMBSAVE_NS);

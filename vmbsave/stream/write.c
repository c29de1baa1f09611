// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream's writer: records in, whole chunks out. Where a chunk ends is
 * decided by the records alone, so that the bytes do not depend on the caller.
 */
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_result.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "hash.h"
#include "write.h"
#include "write_made.h"

#define CHUNK_HEAD	((u32)sizeof(struct vmbsave_chunk_header))
#define RECORD_HEAD	((u32)VMB_STREAM_RECORD_HEAD)
#define RECORD_ALIGN	8U
#define PAYLOAD_MAX	ALIGN_DOWN(U32_MAX - RECORD_HEAD, RECORD_ALIGN)

static_assert(sizeof(struct vmbsave_stream_header) == 64);
static_assert(offsetof(struct vmbsave_stream_header, stream_id) == 16);
static_assert(offsetof(struct vmbsave_stream_header, hash) == 56);
static_assert(sizeof(struct vmbsave_chunk_header) == 32);
static_assert(offsetof(struct vmbsave_chunk_header, hash) == 24);
static_assert(sizeof(struct vmbsave_record_header) == 8);
static_assert(sizeof(struct vmbsave_chunk_header) + VMBSAVE_CHUNK_ROOM == VMBSAVE_CHUNK_MAX);
static_assert(VMBSAVE_CHUNK_ROOM % RECORD_ALIGN == 0);
static_assert(sizeof(struct vmbsave_chunk_header) + sizeof(struct vmbsave_record_header) ==
	      VMB_STREAM_HEADROOM);
/* END must always fit in a chunk of its own. */
static_assert(sizeof(struct vmbsave_record_header) + sizeof(struct vmbsave_end) <=
	      VMBSAVE_CHUNK_ROOM);

/**
 * vmb_stream_writer_init() - begin a stream
 * @w: the writer
 * @stream_id: random, not 0
 *
 * Context: Any.
 */
void vmb_stream_writer_init(struct vmb_stream_writer *w, u64 stream_id)
{
	*w = (struct vmb_stream_writer){ .stream_id = stream_id, .sequence = 1 };
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_writer_init, VMBSAVE_NS);

/**
 * vmb_stream_put_header() - write the stream header
 * @w: the writer, before its first record
 * @buf: where the 64 bytes go
 *
 * Context: Any.
 */
void vmb_stream_put_header(struct vmb_stream_writer *w, void *buf)
{
	struct vmbsave_stream_header header = {
		.header_bytes = cpu_to_le16(sizeof(header)),
		.major = cpu_to_le16(VMBSAVE_STREAM_MAJOR),
		.minor = cpu_to_le16(VMBSAVE_STREAM_MINOR),
		.stream_id = cpu_to_le64(w->stream_id),
		.chunk_bytes_max = cpu_to_le32(VMBSAVE_CHUNK_MAX),
		.hash_algorithm = cpu_to_le32(VMBSAVE_HASH_XXH64),
	};

	memcpy(header.magic, VMBSAVE_STREAM_MAGIC, sizeof(header.magic));
	header.hash = vmb_header_hash(&header);
	memcpy(buf, &header, sizeof(header));

	w->chain = vmb_chain_add(0, header.hash);
	w->bytes = sizeof(header);
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_put_header, VMBSAVE_NS);

/* Length of the payload; with header and padding it still fits in a u32. */
static int payload_bytes(const struct vmb_stream_segment *segs, u32 nr_segs, u32 *bytes)
{
	u32 sum = 0;
	u32 i;

	for (i = 0; i < nr_segs; i++)
		if (check_add_overflow(ALIGN(sum, RECORD_ALIGN), segs[i].bytes, &sum) ||
		    sum > PAYLOAD_MAX)
			return -EMSGSIZE;

	*bytes = sum;
	return 0;
}

/* A record that fits: the way of nearly all packets, nothing but copies. */
static void put_whole(u8 *to, const struct vmb_stream_segment *segs, u32 nr_segs)
{
	const struct vmb_stream_segment *seg;

	for (seg = segs; seg < segs + nr_segs; seg++) {
		u32 padded = ALIGN(seg->bytes, RECORD_ALIGN);

		if (!seg->bytes)
			continue;
		if (padded != seg->bytes)
			memset(to + padded - RECORD_ALIGN, 0, RECORD_ALIGN);
		memcpy(to, seg->data, seg->bytes);
		to += padded;
	}
}

/* The bytes @from .. @from + @bytes of a record, its header not among them. */
static void put_part(u8 *to, u32 from, u32 bytes,
		     const struct vmb_stream_segment *segs, u32 nr_segs)
{
	const struct vmb_stream_segment *seg;
	u32 start = RECORD_HEAD;

	for (seg = segs; seg < segs + nr_segs && start < from + bytes; seg++) {
		u32 padded = ALIGN(seg->bytes, RECORD_ALIGN);
		u32 first = max(start, from);
		u32 end = min(start + seg->bytes, from + bytes);

		/* Parts are cut at multiples of 8: the last word is in one of them. */
		if (padded != seg->bytes && start + padded > from && start + padded <= from + bytes)
			memset(to + (start + padded - from) - RECORD_ALIGN, 0, RECORD_ALIGN);
		if (first < end)
			memcpy(to + (first - from), (const u8 *)seg->data + (first - start),
			       end - first);
		start += padded;
	}
}

static void count_record(struct vmb_stream_writer *w, u16 type)
{
	w->nr_records++;
	if (type == VMBSAVE_RECORD_PACKET)
		w->nr_packets++;
	else if (type == VMBSAVE_RECORD_COMPLETION)
		w->nr_completions++;
	else if (type == VMBSAVE_RECORD_CHANNEL)
		w->nr_channels++;
}

/* The next part of a record that is longer than a chunk is in place. */
static int end_part(struct vmb_stream_writer *w, u16 type, u32 total, u32 part)
{
	if (w->record_done)
		w->flags |= VMB_STREAM_WRITER_CONTINUED;
	w->flags |= VMB_STREAM_WRITER_FULL;
	w->used = CHUNK_HEAD + part;
	w->record_done += part;
	if (w->record_done < total)
		return VMB_MORE;

	w->record_done = 0;
	count_record(w, type);
	return 0;
}

/* Fill a chunk with the next part of a record that is longer than a chunk. */
static int put_long(struct vmb_stream_writer *w, u8 *chunk, u16 type, u32 bytes,
		    const struct vmb_stream_segment *segs, u32 nr_segs)
{
	u32 total = RECORD_HEAD + ALIGN(bytes, RECORD_ALIGN);
	u32 part = min(total - w->record_done, (u32)VMBSAVE_CHUNK_ROOM);
	u32 head = 0;

	if (!w->record_done) {
		vmb_stream_put_record_header(chunk + CHUNK_HEAD, type, bytes);
		head = RECORD_HEAD;
	}
	put_part(chunk + CHUNK_HEAD + head, w->record_done + head, part - head, segs, nr_segs);
	return end_part(w, type, total, part);
}

/**
 * vmb_stream_put_record() - put a record into the open chunk
 * @w: the writer
 * @chunk: the open chunk's %VMBSAVE_CHUNK_MAX bytes
 * @type: VMBSAVE_RECORD_*
 * @segs: the payload, see struct vmb_stream_segment
 * @nr_segs: how many segments
 *
 * Opens a chunk if none is open. After %VMB_MORE the caller seals the chunk,
 * hands it out, and calls again with the same record; @chunk may then be the
 * same buffer or another one. Of a record longer than a chunk a part is in the
 * chunk by then: it has to be finished before another one is put.
 *
 * Context: Any.
 * Return: 0: the record is in the chunk with its last byte. %VMB_MORE: see
 * above. -EMSGSIZE: the record would be longer than a 32-bit length can say,
 * or the chunks' numbers are used up. -EBADFD: END was put before. -EINVAL:
 * another record is not finished. On an error nothing happened.
 */
int vmb_stream_put_record(struct vmb_stream_writer *w, void *chunk, u16 type,
			  const struct vmb_stream_segment *segs, u32 nr_segs)
{
	u32 bytes, total;
	int err;

	if (w->flags & VMB_STREAM_WRITER_ENDED)
		return -EBADFD;
	err = payload_bytes(segs, nr_segs, &bytes);
	if (err)
		return err;
	if (!w->sequence)
		return -EMSGSIZE;

	total = RECORD_HEAD + ALIGN(bytes, RECORD_ALIGN);
	if (w->used && (type == VMBSAVE_RECORD_END || w->flags & VMB_STREAM_WRITER_FULL ||
			total > VMBSAVE_CHUNK_MAX - w->used))
		return VMB_MORE;
	if (w->record_done >= total)
		return -EINVAL;
	if (total > VMBSAVE_CHUNK_ROOM)
		return put_long(w, chunk, type, bytes, segs, nr_segs);

	if (!w->used)
		w->used = CHUNK_HEAD;
	vmb_stream_put_record_header((u8 *)chunk + w->used, type, bytes);
	put_whole((u8 *)chunk + w->used + RECORD_HEAD, segs, nr_segs);
	w->used += total;
	count_record(w, type);
	if (type == VMBSAVE_RECORD_END)
		w->flags |= VMB_STREAM_WRITER_FULL | VMB_STREAM_WRITER_ENDED;

	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_put_record, VMBSAVE_NS);

/**
 * vmb_stream_is_long() - does a record take chunks of its own?
 * @bytes: length of its payload
 *
 * Context: Any.
 * Return: true if it is longer than a chunk.
 */
bool vmb_stream_is_long(u32 bytes)
{
	return RECORD_HEAD + ALIGN((u64)bytes, RECORD_ALIGN) > VMBSAVE_CHUNK_ROOM;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_is_long, VMBSAVE_NS);

/**
 * vmb_stream_put_long() - make the next chunk of a long record where it lies
 * @w: the writer, without an open chunk
 * @record: %VMB_STREAM_HEADROOM bytes that are overwritten, then the payload
 *	and zeros up to a multiple of 8
 * @type: VMBSAVE_RECORD_*, not END
 * @bytes: length of the payload, vmb_stream_is_long()
 * @chunk: set to where the chunk begins; to be sealed, handed out and not used
 *	any more before the next call with the same record
 *
 * A chunk's header lies on the end of the part that was handed out before.
 *
 * Context: Any.
 * Return: 0: that is the last one. %VMB_MORE: call again. -EMSGSIZE, -EBADFD: as
 * vmb_stream_put_record(), and nothing happened.
 */
int vmb_stream_put_long(struct vmb_stream_writer *w, void *record, u16 type, u32 bytes,
			void **chunk)
{
	u32 total, part;

	if (w->flags || w->used)
		return -EBADFD;
	if (!w->sequence || bytes > PAYLOAD_MAX)
		return -EMSGSIZE;
	total = RECORD_HEAD + ALIGN(bytes, RECORD_ALIGN);
	part = min(total - w->record_done, (u32)VMBSAVE_CHUNK_ROOM);
	if (!w->record_done)
		vmb_stream_put_record_header((u8 *)record + CHUNK_HEAD, type, bytes);
	*chunk = (u8 *)record + w->record_done;
	return end_part(w, type, total, part);
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_put_long, VMBSAVE_NS);

/**
 * vmb_stream_seal() - finish the open chunk
 * @w: the writer
 * @chunk: the chunk; its header is written here
 *
 * Context: Any.
 * Return: length of the chunk, a multiple of 8; 0 if none is open.
 */
u32 vmb_stream_seal(struct vmb_stream_writer *w, void *chunk)
{
	u16 flags = w->flags & VMB_STREAM_WRITER_CONTINUED ? VMBSAVE_CHUNK_CONTINUED : 0;
	u32 bytes = w->used;
	struct vmbsave_chunk_header header = {
		.magic = cpu_to_le32(VMBSAVE_CHUNK_MAGIC),
		.flags = cpu_to_le16(flags),
		.bytes = cpu_to_le16(bytes),
		.sequence = cpu_to_le32(w->sequence),
		.stream_id = cpu_to_le64(w->stream_id),
	};

	if (!bytes)
		return 0;

	memcpy(chunk, &header, sizeof(header));
	header.hash = vmb_chunk_hash(chunk, bytes);
	memcpy(chunk, &header, sizeof(header));

	w->chain = vmb_chain_add(w->chain, header.hash);
	w->bytes += bytes;
	w->sequence++;
	w->used = 0;
	w->flags &= VMB_STREAM_WRITER_ENDED;

	return bytes;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_seal, VMBSAVE_NS);

/**
 * vmb_stream_fill_end() - the totals of a stream
 * @w: the writer; all chunks before END are sealed
 * @end: filled
 *
 * Context: Any.
 */
void vmb_stream_fill_end(const struct vmb_stream_writer *w, struct vmbsave_end *end)
{
	*end = (struct vmbsave_end){
		.nr_channels = cpu_to_le32(w->nr_channels),
		.nr_chunks = cpu_to_le32(w->sequence - 1),
		.nr_records = cpu_to_le64(w->nr_records),
		.nr_packets = cpu_to_le64(w->nr_packets),
		.nr_completions = cpu_to_le64(w->nr_completions),
		.bytes = cpu_to_le64(w->bytes),
		.stream_hash = cpu_to_le64(w->chain),
	};
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_fill_end, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "helpers.h"
#include "parts.h"

#include <uapi/linux/vmbsave_stream.h>

/*
 * A second writer of streams, by the contract alone and with a free hand: it
 * puts together what the module's own would refuse to write.
 */

#define STREAM_HEAD	((u32)sizeof(struct vmbsave_stream_header))
#define CHUNK_HEAD	((u32)sizeof(struct vmbsave_chunk_header))
#define RECORD_HEAD	((u32)sizeof(struct vmbsave_record_header))

static u32 padded(u32 bytes)
{
	return ALIGN(bytes, 8);
}

/* All chunks' contents in a row: records with nothing in between. */
static u32 gather(const struct vmb_test_stream *stream, u8 *flat)
{
	u32 at = STREAM_HEAD, total = 0, bytes;

	while ((bytes = vmb_test_stream_unit(stream, at))) {
		memcpy(flat + total, stream->data + at + CHUNK_HEAD,
		       bytes - CHUNK_HEAD);
		total += bytes - CHUNK_HEAD;
		at += bytes;
	}
	return total;
}

/**
 * vmb_test_parts_split() - take a stream apart
 * @stream: the stream, not damaged
 * @parts: filled in; its payloads live as long as the case
 */
void vmb_test_parts_split(const struct vmb_test_stream *stream,
			  struct vmb_test_parts *parts)
{
	const struct vmbsave_stream_header *header = (void *)stream->data;
	u8 *flat = vmb_test_alloc(stream->test, stream->bytes);
	u32 total = gather(stream, flat);
	u32 at = 0;

	memset(parts, 0, sizeof(*parts));
	parts->stream_id = header->stream_id;
	while (at < total) {
		const struct vmbsave_record_header *head = (void *)flat + at;
		struct vmb_test_part *part = &parts->part[parts->nr++];

		KUNIT_ASSERT_LT(stream->test, parts->nr, VMB_TEST_PARTS_MAX);
		part->type = le16_to_cpu(head->type);
		part->flags = le16_to_cpu(head->flags);
		part->bytes = le32_to_cpu(head->bytes);
		part->data = flat + at + RECORD_HEAD;
		at += RECORD_HEAD + padded(part->bytes);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_parts_split);

/**
 * struct joiner - a stream being put together
 * @stream: the stream
 * @stream_id: of it
 * @chunk: where the open chunk begins, 0 = none is open
 * @sequence: of the last chunk
 * @end: totals
 */
struct joiner {
	struct vmb_test_stream *stream;
	__le64 stream_id;
	u32 chunk;
	u32 sequence;
	struct vmbsave_end end;
};

static void *append(struct joiner *j, u32 bytes)
{
	void *place = j->stream->data + j->stream->bytes;

	KUNIT_ASSERT_LE(j->stream->test, j->stream->bytes + bytes, j->stream->room);
	memset(place, 0, bytes);
	j->stream->bytes += bytes;
	return place;
}

static void close_chunk(struct joiner *j)
{
	struct vmbsave_chunk_header *head = (void *)j->stream->data + j->chunk;

	if (j->chunk)
		head->bytes = cpu_to_le16(j->stream->bytes - j->chunk);
	j->chunk = 0;
}

static void open_chunk(struct joiner *j, u16 flags)
{
	u32 start = j->stream->bytes;
	struct vmbsave_chunk_header *head = append(j, CHUNK_HEAD);

	j->chunk = start;
	head->magic = cpu_to_le32(VMBSAVE_CHUNK_MAGIC);
	head->flags = cpu_to_le16(flags);
	head->sequence = cpu_to_le32(++j->sequence);
	head->stream_id = j->stream_id;
}

/* Where the nth byte of a record comes from, its header counted */
static void copy_out(u8 *to, const struct vmb_test_part *part, u32 at, u32 bytes)
{
	const struct vmbsave_record_header head = {
		.type = cpu_to_le16(part->type),
		.flags = cpu_to_le16(part->flags),
		.bytes = cpu_to_le32(part->bytes),
	};
	u32 end = RECORD_HEAD + part->bytes;
	u32 i;

	for (i = 0; i < bytes && at + i < RECORD_HEAD; i++)
		to[i] = ((u8 *)&head)[at + i];
	if (at + i < end)
		memcpy(to + i, part->data + at + i - RECORD_HEAD,
		       min(bytes - i, end - at - i));
}

static void put_record(struct joiner *j, const struct vmb_test_part *part)
{
	u32 total = RECORD_HEAD + padded(part->bytes);
	bool alone = total > VMBSAVE_CHUNK_ROOM || part->type == VMBSAVE_RECORD_END;
	u32 at, bytes;

	if (alone || (j->chunk && j->stream->bytes - j->chunk + total >
				  VMBSAVE_CHUNK_MAX))
		close_chunk(j);
	for (at = 0; at < total; at += bytes) {
		bytes = min_t(u32, total - at, VMBSAVE_CHUNK_ROOM);
		if (at)
			close_chunk(j);
		if (!j->chunk)
			open_chunk(j, at ? VMBSAVE_CHUNK_CONTINUED : 0);
		copy_out(append(j, bytes), part, at, bytes);
	}
	if (alone)
		close_chunk(j);
}

static void count_record(struct joiner *j, u16 type)
{
	le64_add_cpu(&j->end.nr_records, 1);
	if (type == VMBSAVE_RECORD_CHANNEL)
		le32_add_cpu(&j->end.nr_channels, 1);
	if (type == VMBSAVE_RECORD_PACKET)
		le64_add_cpu(&j->end.nr_packets, 1);
	if (type == VMBSAVE_RECORD_COMPLETION)
		le64_add_cpu(&j->end.nr_completions, 1);
}

static void put_end(struct joiner *j, const struct vmb_test_part *part)
{
	struct vmb_test_part end = *part;

	close_chunk(j);
	j->end.nr_chunks = cpu_to_le32(j->sequence);
	j->end.bytes = cpu_to_le64(j->stream->bytes);
	end.data = (u8 *)&j->end;
	end.bytes = sizeof(j->end);
	put_record(j, &end);
}

/**
 * vmb_test_parts_join() - put a stream together
 * @parts: its records, in any order
 * @stream: has room; what it held is lost
 *
 * All hashes and the totals of the end record are right.
 */
void vmb_test_parts_join(const struct vmb_test_parts *parts,
			 struct vmb_test_stream *stream)
{
	struct joiner j = { .stream = stream, .stream_id = parts->stream_id };
	struct vmbsave_stream_header *header;
	u32 i;

	stream->bytes = 0;
	header = append(&j, STREAM_HEAD);
	memcpy(header->magic, VMBSAVE_STREAM_MAGIC, sizeof(header->magic));
	header->header_bytes = cpu_to_le16(STREAM_HEAD);
	header->major = cpu_to_le16(VMBSAVE_STREAM_MAJOR);
	header->minor = cpu_to_le16(VMBSAVE_STREAM_MINOR);
	header->stream_id = parts->stream_id;
	header->chunk_bytes_max = cpu_to_le32(VMBSAVE_CHUNK_MAX);
	header->hash_algorithm = cpu_to_le32(VMBSAVE_HASH_XXH64);
	for (i = 0; i < parts->nr; i++) {
		if (parts->part[i].type == VMBSAVE_RECORD_END)
			put_end(&j, &parts->part[i]);
		else
			put_record(&j, &parts->part[i]);
		count_record(&j, parts->part[i].type);
	}
	close_chunk(&j);
	vmb_test_stream_repair(stream, true);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_parts_join);

static void count_for(struct vmbsave_manifest *manifest,
		      struct vmbsave_manifest_entry *entry, u16 type)
{
	if (type == VMBSAVE_RECORD_GPADL)
		le32_add_cpu(&entry->nr_gpadls, 1);
	if (type == VMBSAVE_RECORD_PACKET) {
		le64_add_cpu(&entry->nr_packets, 1);
		le64_add_cpu(&manifest->nr_packets, 1);
	}
	if (type == VMBSAVE_RECORD_COMPLETION) {
		le64_add_cpu(&entry->nr_completions, 1);
		le64_add_cpu(&manifest->nr_completions, 1);
	}
}

/**
 * vmb_test_parts_recount() - make the counts of the manifest right
 * @parts: the first one is the manifest, whose payload is changed
 *
 * A record counts for the channel before it; one before any channel does not.
 */
void vmb_test_parts_recount(struct vmb_test_parts *parts)
{
	struct vmbsave_manifest *manifest = (void *)parts->part[0].data;
	struct vmbsave_manifest_entry *entries = (void *)(manifest + 1);
	u32 nr = le32_to_cpu(manifest->nr_channels);
	u32 i, n = 0;

	manifest->nr_packets = 0;
	manifest->nr_completions = 0;
	for (i = 0; i < nr; i++) {
		entries[i].nr_gpadls = 0;
		entries[i].nr_packets = 0;
		entries[i].nr_completions = 0;
	}
	for (i = 1; i < parts->nr; i++) {
		n += parts->part[i].type == VMBSAVE_RECORD_CHANNEL;
		if (n && n <= nr)
			count_for(manifest, &entries[n - 1], parts->part[i].type);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_parts_recount);

/**
 * vmb_test_parts_remove() - leave a record out
 * @parts: the records
 * @i: which
 */
void vmb_test_parts_remove(struct vmb_test_parts *parts, u32 i)
{
	memmove(&parts->part[i], &parts->part[i + 1],
		(--parts->nr - i) * sizeof(parts->part[0]));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_parts_remove);

/**
 * vmb_test_parts_duplicate() - have a record twice
 * @parts: the records
 * @i: which
 */
void vmb_test_parts_duplicate(struct vmb_test_parts *parts, u32 i)
{
	memmove(&parts->part[i + 1], &parts->part[i],
		(parts->nr++ - i) * sizeof(parts->part[0]));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_parts_duplicate);

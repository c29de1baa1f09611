// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the place in a damaged stream where chunks begin again. A chunk is
 * believed if it is all there, its hash is right, and it belongs to the stream.
 */
#include <errno.h>
#include <string.h>
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "source.h"
#include "stream/hash.h"
#include "stream/read_internal.h"
#include "walk.h"

/* The length of the chunk that the window begins with; 0 = there is none. */
static u32 good_chunk(struct walk *walk, struct vmbsave_chunk_header *header)
{
	struct source *source = walk->source;
	u32 bytes;

	if (source_fill(source, sizeof(*header)) < sizeof(*header))
		return 0;
	memcpy(header, source_data(source), sizeof(*header));
	bytes = le16_to_cpu(header->bytes);
	if (le32_to_cpu(header->magic) != VMBSAVE_CHUNK_MAGIC || bytes > VMBSAVE_CHUNK_MAX ||
	    bytes < VMB_CHUNK_HEAD + VMB_RECORD_HEAD || !IS_ALIGNED(bytes, VMB_RECORD_ALIGN))
		return 0;
	if (source_fill(source, bytes) < bytes ||
	    header->hash != vmb_chunk_hash(source_data(source), bytes))
		return 0;
	if (walk->stream_id && le64_to_cpu(header->stream_id) != walk->stream_id)
		return 0;

	return bytes;
}

/* Can records be read from here on, and were they not read before? */
static bool is_useful(const struct walk *walk, const struct vmbsave_chunk_header *header)
{
	return !(le16_to_cpu(header->flags) & VMBSAVE_CHUNK_CONTINUED) &&
	       le32_to_cpu(header->sequence) > walk->reader.chunk;
}

/* Up to the next byte that may begin a chunk, or to the end of what there is. */
static void skip_to_magic(struct walk *walk, struct walk_damage *damage)
{
	const u8 first = VMBSAVE_CHUNK_MAGIC & 0xff;
	struct source *source = walk->source;
	const u8 *found;

	walk_unused(walk, damage, 1);
	if (!source_fill(source, 1))
		return;
	found = memchr(source_data(source), first, source->have);
	walk_unused(walk, damage, found ? found - source_data(source) : source->have);
}

/**
 * walk_unused() - pass over bytes that cannot be used
 * @walk: the way
 * @damage: why; counts them
 * @bytes: how many of those in the window
 */
void walk_unused(struct walk *walk, struct walk_damage *damage, u32 bytes)
{
	damage->lost_bytes += bytes;
	source_skip(walk->source, bytes);
}

/**
 * walk_find_chunk() - find the next chunk to go on from
 * @walk: the way; its reader has refused something
 * @damage: what; its place to go on is filled, and what was lost on the way
 *
 * Return: is there one?
 */
bool walk_find_chunk(struct walk *walk, struct walk_damage *damage)
{
	struct vmb_stream_reader *r = &walk->reader;
	struct source *source = walk->source;
	struct vmbsave_chunk_header header;
	u32 bytes;

	/* Of the unit that was taken what lies behind the bad record is lost. */
	if (r->unit)
		damage->lost_bytes += r->bytes - damage->why.offset;
	else if (r->record_left)
		damage->lost_bytes += r->bytes - r->record_start;
	/* Only a chunk in the wrong place can be used as it is. */
	if (!r->unit && (damage->why.error != -EPROTO || source->at == walk->resumed_at))
		skip_to_magic(walk, damage);

	while (source_fill(source, 1)) {
		bytes = good_chunk(walk, &header);
		if (bytes && is_useful(walk, &header)) {
			damage->chunk = le32_to_cpu(header.sequence);
			damage->offset = source->at;
			damage->lost_chunks = damage->chunk - r->chunk - 1;
			walk->stream_id = le64_to_cpu(header.stream_id);
			return true;
		}
		if (bytes)
			walk_unused(walk, damage, bytes);
		else
			skip_to_magic(walk, damage);
	}
	return false;
}

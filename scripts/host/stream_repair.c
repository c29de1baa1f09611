// SPDX-License-Identifier: GPL-2.0-only
/*
 * Makes the hashes of a damaged save stream right again.
 */
#include <linux/align.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmbsave_stream.h>
#include <linux/xxhash.h>
#include <asm/byteorder.h>
#include "stream_repair.h"

#define STREAM_HEAD	sizeof(struct vmbsave_stream_header)
#define CHUNK_HEAD	sizeof(struct vmbsave_chunk_header)
#define RECORD_HEAD	sizeof(struct vmbsave_record_header)

/* Length of the chunk at @chunk if a chunk can be there, else 0. */
static size_t chunk_bytes(const u8 *stream, size_t bytes, size_t chunk)
{
	struct vmbsave_chunk_header header;
	size_t length;

	if (chunk > bytes || bytes - chunk < CHUNK_HEAD)
		return 0;

	memcpy(&header, stream + chunk, CHUNK_HEAD);
	length = le16_to_cpu(header.bytes);
	return length >= CHUNK_HEAD && length <= bytes - chunk ? length : 0;
}

size_t stream_next_chunk(const void *stream, size_t bytes, size_t chunk)
{
	size_t next = chunk ? chunk + chunk_bytes(stream, bytes, chunk) : STREAM_HEAD;

	return next != chunk && chunk_bytes(stream, bytes, next) ? next : 0;
}

static u64 hash_header(u8 *stream)
{
	struct vmbsave_stream_header header;

	memcpy(&header, stream, STREAM_HEAD);
	header.hash = cpu_to_le64(xxh64(stream, offsetof(struct vmbsave_stream_header, hash), 0));
	memcpy(stream, &header, STREAM_HEAD);

	return xxh64(&header.hash, sizeof(header.hash), 0);
}

static u64 hash_chunk(u8 *chunk, size_t length, u64 chain)
{
	struct vmbsave_chunk_header header;
	u64 seed = xxh64(chunk, offsetof(struct vmbsave_chunk_header, hash), 0);

	memcpy(&header, chunk, CHUNK_HEAD);
	header.hash = cpu_to_le64(xxh64(chunk + CHUNK_HEAD, length - CHUNK_HEAD, seed));
	memcpy(chunk, &header, CHUNK_HEAD);

	return xxh64(&header.hash, sizeof(header.hash), chain);
}

/* If the chunk holds the end record, make its stream hash right. */
static void set_chain(u8 *chunk, size_t length, u64 chain)
{
	struct vmbsave_record_header record;
	struct vmbsave_end end;
	u8 *payload = chunk + CHUNK_HEAD + RECORD_HEAD;

	if (length < CHUNK_HEAD + RECORD_HEAD + sizeof(end))
		return;
	memcpy(&record, chunk + CHUNK_HEAD, sizeof(record));
	if (le16_to_cpu(record.type) != VMBSAVE_RECORD_END)
		return;

	memcpy(&end, payload, sizeof(end));
	end.stream_hash = cpu_to_le64(chain);
	memcpy(payload, &end, sizeof(end));
}

static void repair(u8 *stream, size_t bytes, bool chain_too)
{
	size_t at = 0;
	u64 chain;

	if (bytes < STREAM_HEAD)
		return;

	chain = hash_header(stream);
	while ((at = stream_next_chunk(stream, bytes, at))) {
		size_t length = chunk_bytes(stream, bytes, at);

		if (chain_too && at + length == bytes)
			set_chain(stream + at, length, chain);
		chain = hash_chunk(stream + at, length, chain);
	}
}

void stream_repair_hashes(void *stream, size_t bytes)
{
	repair(stream, bytes, false);
}

void stream_repair(void *stream, size_t bytes)
{
	repair(stream, bytes, true);
}

/* The payload of the nth record in one chunk, or 0 and *@nth is lowered. */
static size_t find_in_chunk(const u8 *stream, size_t at, size_t end, u16 type, unsigned int *nth)
{
	struct vmbsave_record_header record;

	for (; end > at && end - at >= RECORD_HEAD;
	     at += RECORD_HEAD + ALIGN((size_t)le32_to_cpu(record.bytes), 8)) {
		memcpy(&record, stream + at, sizeof(record));
		if (type && le16_to_cpu(record.type) != type)
			continue;
		if (!(*nth)--)
			return at + RECORD_HEAD;
	}

	return 0;
}

size_t stream_find_record(const void *stream, size_t bytes, u16 type, unsigned int nth)
{
	struct vmbsave_chunk_header header;
	size_t at = 0, found = 0;

	while (!found && (at = stream_next_chunk(stream, bytes, at))) {
		memcpy(&header, (const u8 *)stream + at, sizeof(header));
		if (le16_to_cpu(header.flags) & VMBSAVE_CHUNK_CONTINUED)
			continue;
		found = find_in_chunk(stream, at + CHUNK_HEAD,
				      at + chunk_bytes(stream, bytes, at), type, &nth);
	}

	return found;
}

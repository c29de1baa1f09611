/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_HASH_H
#define _VMB_STREAM_HASH_H

#include <linux/stddef.h>
#include <linux/types.h>
#include <linux/vmbsave_stream.h>
#include <linux/xxhash.h>
#include <asm/byteorder.h>

/* The hash of the stream header, as its hash field holds it. */
static inline __le64 vmb_header_hash(const struct vmbsave_stream_header *header)
{
	return cpu_to_le64(xxh64(header, offsetof(struct vmbsave_stream_header, hash), 0));
}

/* The hash of a whole chunk of @bytes bytes, as its hash field holds it. */
static inline __le64 vmb_chunk_hash(const void *chunk, u32 bytes)
{
	const size_t head = sizeof(struct vmbsave_chunk_header);
	u64 seed = xxh64(chunk, offsetof(struct vmbsave_chunk_header, hash), 0);

	return cpu_to_le64(xxh64((const u8 *)chunk + head, bytes - head, seed));
}

/* One more hash field in the stream hash; the header's goes onto 0. */
static inline u64 vmb_chain_add(u64 chain, __le64 hash)
{
	return xxh64(&hash, sizeof(hash), chain);
}

#endif /* _VMB_STREAM_HASH_H */

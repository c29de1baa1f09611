// SPDX-License-Identifier: GPL-2.0-only
/*
 * Finds the chunks in a saved stream, of which any piece may come at a time.
 */
#include <string.h>
#include <asm/byteorder.h>
#include <linux/minmax.h>
#include <linux/vmbsave_stream.h>
#include "stream_scan.h"

/* Length of the header or chunk that begins with scan->head; 0 if it is none. */
static u32 unit_bytes(struct stream_scan *scan)
{
	struct vmbsave_chunk_header chunk;
	u32 bytes;

	if (scan->bytes == sizeof(scan->head)) {
		if (memcmp(scan->head, VMBSAVE_STREAM_MAGIC, VMBSAVE_STREAM_MAGIC_BYTES))
			return 0;
		return sizeof(struct vmbsave_stream_header);
	}

	memcpy(&chunk, scan->head, sizeof(scan->head));
	bytes = le16_to_cpu(chunk.bytes);
	if (le32_to_cpu(chunk.magic) != VMBSAVE_CHUNK_MAGIC || bytes < sizeof(chunk) ||
	    bytes > VMBSAVE_CHUNK_MAX)
		return 0;

	scan->chunks++;
	return bytes;
}

/* Takes some of what is there; returns how much. */
static size_t scan_some(struct stream_scan *scan, const u8 *from, size_t bytes)
{
	size_t n;

	if (scan->left) {
		n = min_t(size_t, bytes, scan->left);
		scan->left -= n;
		scan->bytes += n;
		return n;
	}

	n = min_t(size_t, bytes, sizeof(scan->head) - scan->have);
	memcpy(scan->head + scan->have, from, n);
	scan->have += n;
	scan->bytes += n;
	if (scan->have < sizeof(scan->head))
		return n;

	scan->have = 0;
	scan->left = unit_bytes(scan);
	if (scan->left)
		scan->left -= sizeof(scan->head);
	else
		scan->broken = true;
	return n;
}

/**
 * stream_scan() - let a piece of the stream pass by
 * @scan: begins as all zero
 * @buf: the piece
 * @bytes: its length
 */
void stream_scan(struct stream_scan *scan, const void *buf, size_t bytes)
{
	size_t done = 0;

	while (done < bytes && !scan->broken)
		done += scan_some(scan, (const u8 *)buf + done, bytes - done);
	scan->bytes += bytes - done;
}

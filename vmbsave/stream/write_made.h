/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_WRITE_MADE_H
#define _VMB_STREAM_WRITE_MADE_H

#include <linux/align.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>

#include "write.h"

/*
 * The writer's way for packets, whose payload is made where it is handed out
 * from. Here and not in write.c, because a save goes it for each packet.
 */

static inline void vmb_stream_put_record_header(u8 *to, u16 type, u32 bytes)
{
	struct vmbsave_record_header header = {
		.type = cpu_to_le16(type),
		.bytes = cpu_to_le32(bytes),
	};

	memcpy(to, &header, sizeof(header));
}

/**
 * vmb_stream_room() - where the payload of the next record can be made
 * @w: the writer
 * @chunk: the open chunk's %VMBSAVE_CHUNK_MAX bytes
 * @bytes: length of the payload
 *
 * For who has no other place for it than that: it spares the copy. Until
 * vmb_stream_put_made() is called nothing has happened.
 *
 * Context: Any.
 * Return: that many bytes, rounded up to 8, in @chunk; NULL: the record does not
 * fit there, or no record may be put now; vmb_stream_put_record() says why.
 */
static inline void *vmb_stream_room(const struct vmb_stream_writer *w, void *chunk, u32 bytes)
{
	u32 used = w->used ?: sizeof(struct vmbsave_chunk_header);
	u64 end = used + VMB_STREAM_RECORD_HEAD + ALIGN((u64)bytes, 8);

	if (w->flags || w->record_done || !w->sequence || end > VMBSAVE_CHUNK_MAX)
		return NULL;
	return (u8 *)chunk + used + VMB_STREAM_RECORD_HEAD;
}

/**
 * vmb_stream_put_made() - put a PACKET whose payload was made in its place
 * @w: the writer; vmb_stream_room() has given the place last
 * @chunk: the open chunk
 * @bytes: length of the payload, at most what was asked for
 *
 * Context: Any.
 */
static inline void vmb_stream_put_made(struct vmb_stream_writer *w, void *chunk, u32 bytes)
{
	u32 used = w->used ?: sizeof(struct vmbsave_chunk_header);
	u32 padded = ALIGN(bytes, 8);
	u8 *to = (u8 *)chunk + used;

	vmb_stream_put_record_header(to, VMBSAVE_RECORD_PACKET, bytes);
	if (padded != bytes)
		memset(to + VMB_STREAM_RECORD_HEAD + bytes, 0, padded - bytes);
	w->used = used + VMB_STREAM_RECORD_HEAD + padded;
	w->nr_records++;
	w->nr_packets++;
}

#endif /* _VMB_STREAM_WRITE_MADE_H */

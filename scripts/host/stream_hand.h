/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_STREAM_HAND_H
#define _HOST_STREAM_HAND_H

/*
 * Streams made by hand, chunk by chunk, that no writer would write; their
 * hashes are right. Their records mean nothing: only the reader sees them.
 */
#include "stream_image.h"

#define HEAD	32
#define RHEAD	8

/* A chunk by hand; its hash is made right by finish(). */
struct hand {
	struct image *image;
	u32 chunk;		/* where the open one begins */
	u32 sequence;
};

static inline void hand_begin(struct hand *hand)
{
	hand->image = image_begin(IMAGE_ID);
	hand->chunk = 0;
	hand->sequence = 1;
}

static inline void hand_close(struct hand *hand)
{
	__le16 bytes = cpu_to_le16(hand->image->bytes - hand->chunk);

	if (hand->chunk)
		memcpy(hand->image->data + hand->chunk + 6, &bytes, sizeof(bytes));
}

static inline void hand_chunk(struct hand *hand, u16 flags)
{
	struct vmbsave_chunk_header header = {
		.magic = cpu_to_le32(VMBSAVE_CHUNK_MAGIC),
		.flags = cpu_to_le16(flags),
		.sequence = cpu_to_le32(hand->sequence++),
		.stream_id = cpu_to_le64(IMAGE_ID),
	};

	hand_close(hand);
	hand->chunk = hand->image->bytes;
	memcpy(hand->image->data + hand->chunk, &header, sizeof(header));
	hand->image->bytes += sizeof(header);
}

static inline void hand_record(struct hand *hand, u16 type, u16 flags, u32 bytes)
{
	struct vmbsave_record_header record = {
		.type = cpu_to_le16(type),
		.flags = cpu_to_le16(flags),
		.bytes = cpu_to_le32(bytes),
	};

	memcpy(hand->image->data + hand->image->bytes, &record, sizeof(record));
	hand->image->bytes += sizeof(record);
}

/* Payload; zeros are as good as any for the reader. */
static inline void hand_bytes(struct hand *hand, u32 bytes)
{
	memset(hand->image->data + hand->image->bytes, 0, bytes);
	hand->image->bytes += bytes;
}

/* A whole record that fits its chunk. */
static inline void hand_put(struct hand *hand, u16 type, u32 bytes)
{
	hand_record(hand, type, 0, bytes);
	hand_bytes(hand, ALIGN(bytes, 8));
}

static inline void hand_end_record(struct hand *hand, u64 nr_records)
{
	struct vmbsave_end end = {
		.nr_chunks = cpu_to_le32(hand->sequence - 2),
		.nr_records = cpu_to_le64(nr_records),
		.bytes = cpu_to_le64(hand->chunk),
	};

	hand_record(hand, VMBSAVE_RECORD_END, 0, sizeof(end));
	memcpy(hand->image->data + hand->image->bytes, &end, sizeof(end));
	hand->image->bytes += sizeof(end);
}

static inline void hand_end(struct hand *hand, u64 nr_records)
{
	hand_chunk(hand, 0);
	hand_end_record(hand, nr_records);
}

/* The reader alone: no order among records. */
static inline struct vmb_stream_error
read_units(const u8 *data, u32 bytes, const struct vmb_stream_limits *limits, u32 *nr_pieces)
{
	struct vmb_stream_reader r;
	struct vmb_stream_piece piece;
	u32 at = 0, need = 0;
	int err = 0;

	vmb_stream_reader_init(&r, limits);
	while (!err && at < bytes) {
		u8 *unit;

		err = vmb_stream_need(&r, data + at, bytes - at, &need);
		if (err)
			break;
		need = min(need, bytes - at);
		unit = test_alloc(need);
		memcpy(unit, data + at, need);
		err = vmb_stream_take(&r, unit, need);
		while (!err && (err = vmb_stream_next(&r, &piece)) > 0) {
			*nr_pieces += 1;
			err = 0;
		}
		free(unit);
		at += need;
	}
	vmb_stream_finish(&r);
	return r.error;
}

/* Repair, read, and look for the sentence; NULL = the stream is accepted. */
static inline void hand_expect(struct hand *hand, int want, const char *reason,
			       const char *file, int line)
{
	struct vmb_stream_error why;
	u32 nr_pieces = 0;

	hand_close(hand);
	stream_repair(hand->image->data, hand->image->bytes);
	why = read_units(hand->image->data, hand->image->bytes, &image_limits,
			 &nr_pieces);
	if (why.error != want || strcmp(why.reason ? why.reason : "", reason ? reason : ""))
		test_fail(file, line, "%d \"%s\" at %llu, not %d \"%s\"", why.error,
			  why.reason ? why.reason : "", (unsigned long long)why.offset, want,
			  reason ? reason : "");
	free(hand->image);
}

#define EXPECT_HAND(want, reason) \
	hand_expect(&hand, want, reason, __FILE__, __LINE__)

#endif /* _HOST_STREAM_HAND_H */

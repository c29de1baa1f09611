/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_STREAM_IMAGE_H
#define _HOST_STREAM_IMAGE_H

/*
 * Fixtures for the stream's tests: whole streams in memory, made with the
 * writer, and a reader that takes a whole stream as a restore does.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/vmb_result.h>
#include <linux/vmbsave_stream.h>
#include "stream/order.h"
#include "stream/read.h"
#include "stream/record.h"
#include "stream/write.h"
#include "stream_repair.h"
#include "test.h"

#define IMAGE_BYTES	0x10000U
#define IMAGE_ID	0x1122334455667788ULL

/* A stream while it is written, and then. */
struct image {
	struct vmb_stream_writer writer;
	u8 chunk[VMBSAVE_CHUNK_MAX];
	u8 data[IMAGE_BYTES];
	u32 bytes;
};

static const struct vmb_stream_limits image_limits = {
	.channels = 16,
	.packet_bytes = 524256,
	.vsp_bytes = 0x100000,
	.gpadl_pages = 4096,
	.state_bytes = 0x10000,
};

static inline struct image *image_begin(u64 stream_id)
{
	struct image *image = test_alloc(sizeof(*image));

	/* What lay in the buffer before must not show. */
	memset(image->chunk, 0xa5, sizeof(image->chunk));
	vmb_stream_writer_init(&image->writer, stream_id);
	vmb_stream_put_header(&image->writer, image->data);
	image->bytes = sizeof(struct vmbsave_stream_header);
	return image;
}

static inline void image_seal(struct image *image)
{
	u32 bytes = vmb_stream_seal(&image->writer, image->chunk);

	if (bytes > IMAGE_BYTES - image->bytes) {
		fprintf(stderr, "the image is too small for the test\n");
		exit(2);
	}

	memcpy(image->data + image->bytes, image->chunk, bytes);
	image->bytes += bytes;
	memset(image->chunk, 0xa5, sizeof(image->chunk));
}

static inline void image_put(struct image *image, u16 type,
			     const struct vmb_stream_segment *segs, u32 nr_segs)
{
	int err;

	while ((err = vmb_stream_put_record(&image->writer, image->chunk, type, segs, nr_segs)) ==
	       VMB_MORE)
		image_seal(image);
	EXPECT_EQ(err, 0);
}

static inline void image_put_bytes(struct image *image, u16 type, const void *data, u32 bytes)
{
	struct vmb_stream_segment seg = { data, bytes };

	image_put(image, type, &seg, 1);
}

static inline void image_end(struct image *image)
{
	struct vmbsave_end end;

	image_seal(image);
	vmb_stream_fill_end(&image->writer, &end);
	image_put_bytes(image, VMBSAVE_RECORD_END, &end, sizeof(end));
	image_seal(image);
}

static inline struct image *image_copy(const struct image *from)
{
	struct image *image = test_alloc(sizeof(*image));

	*image = *from;
	return image;
}

/* What a reader and a checker think of a stream. */
struct verdict {
	int error;
	struct vmb_stream_error why;
	u32 nr_records;
};

/* The state of image_read(). */
struct image_reader {
	struct vmb_stream_reader reader;
	struct vmb_stream_order order;
	u8 *manifest;
	u8 *record;
	u32 nr_records;
	void (*on_record)(u16 type, const void *data, u32 bytes, void *context);
	void *context;
};

static inline int image_reader_piece(struct image_reader *ir, const struct vmb_stream_piece *piece)
{
	int err;

	/* Each record in exactly its own memory. */
	if (!piece->offset)
		ir->record = test_alloc(piece->record_bytes);
	memcpy(ir->record + piece->offset, piece->data, piece->bytes);
	if (!piece->last)
		return 0;

	err = vmb_stream_check_record(&ir->order, piece->type, ir->record, piece->record_bytes);
	if (err)
		err = vmb_stream_refuse(&ir->reader, &ir->order.error);
	else if (ir->on_record)
		ir->on_record(piece->type, ir->record, piece->record_bytes, ir->context);

	if (!err && piece->type == VMBSAVE_RECORD_MANIFEST)
		ir->manifest = ir->record;
	else
		free(ir->record);
	ir->record = NULL;
	ir->nr_records += !err;
	return err;
}

static inline int image_reader_unit(struct image_reader *ir, const void *unit, u32 bytes)
{
	struct vmb_stream_piece piece;
	int err;

	err = vmb_stream_take(&ir->reader, unit, bytes);
	while (!err && (err = vmb_stream_next(&ir->reader, &piece)) > 0)
		err = image_reader_piece(ir, &piece);

	return err;
}

static inline void image_reader_begin(struct image_reader *ir,
				      const struct vmb_stream_limits *limits)
{
	memset(ir, 0, sizeof(*ir));
	vmb_stream_reader_init(&ir->reader, limits);
	vmb_stream_order_init(&ir->order, limits);
}

static inline struct verdict image_reader_end(struct image_reader *ir)
{
	struct verdict verdict = { .error = vmb_stream_finish(&ir->reader) };

	verdict.why = ir->reader.error;
	verdict.nr_records = ir->nr_records;
	if (!verdict.error)
		EXPECT_EQ(ir->order.phase, VMB_STREAM_END);
	free(ir->manifest);
	free(ir->record);
	return verdict;
}

/* Take what is there unit by unit; each unit in exactly its own memory. */
static inline struct verdict image_read_with(struct image_reader *ir, const u8 *data, u32 bytes)
{
	u32 at = 0, need;
	u8 *unit;
	int err = 0;

	while (!err && at < bytes) {
		need = 0;
		do {
			u32 have = min(need, bytes - at);

			unit = test_alloc(have);
			memcpy(unit, data + at, have);
			err = vmb_stream_need(&ir->reader, unit, have, &need);
			free(unit);
			if (!err && (have == need || have == bytes - at))
				break;
		} while (!err);
		if (err)
			break;

		need = need ? min(need, bytes - at) : bytes - at;
		unit = test_alloc(need);
		memcpy(unit, data + at, need);
		err = image_reader_unit(ir, unit, need);
		free(unit);
		at += need;
	}

	return image_reader_end(ir);
}

static inline struct verdict image_read(const u8 *data, u32 bytes)
{
	struct image_reader ir;

	image_reader_begin(&ir, &image_limits);
	return image_read_with(&ir, data, bytes);
}

/* A refusal has an error and a sentence. */
static inline bool refused(const struct verdict *verdict)
{
	return verdict->error < 0 && verdict->why.error == verdict->error && verdict->why.reason &&
	       verdict->why.reason[0];
}

#define EXPECT_REFUSED(got, want) \
	({ \
		struct verdict _v = (got); \
		EXPECT(refused(&_v)); \
		EXPECT_EQ(_v.error, want); \
	})

#define EXPECT_ACCEPTED(got) \
	({ \
		struct verdict _v = (got); \
		if (_v.error) \
			printf("refused: %s (chunk %u, offset %llu, packet %llu)\n", \
			       _v.why.reason, _v.why.chunk, (unsigned long long)_v.why.offset, \
			       (unsigned long long)_v.why.packet); \
		EXPECT_EQ(_v.error, 0); \
	})

#endif /* _HOST_STREAM_IMAGE_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records that are made where they are handed out from: the same stream as of
 * those that are copied there.
 */
#include <stdlib.h>
#include "stream/write_made.h"
#include "stream_image.h"

#define RECORDS		400
#define PAYLOAD_MAX	(3 * 4096)
#define TYPE		VMBSAVE_RECORD_PACKET

/* Lengths around the end of a chunk, and any others */
static u32 pick_bytes(unsigned int *seed)
{
	u32 kind = rand_r(seed) % 4;

	if (!kind)
		return rand_r(seed) % PAYLOAD_MAX;
	return kind == 1 ? 4040 + rand_r(seed) % 40 : rand_r(seed) % 600;
}

static void copy_out(struct image *image, const void *chunk, u32 bytes)
{
	memcpy(image->data + image->bytes, chunk, bytes);
	image->bytes += bytes;
}

static void put_copied(struct image *image, const u8 *payload, u32 bytes)
{
	const struct vmb_stream_segment seg = { payload, bytes };

	while (vmb_stream_put_record(&image->writer, image->chunk, TYPE, &seg, 1) == VMB_MORE)
		copy_out(image, image->chunk, vmb_stream_seal(&image->writer, image->chunk));
}

static void put_cut_in_place(struct image *image, const u8 *payload, u32 bytes)
{
	u8 *record = calloc(1, VMB_STREAM_HEADROOM + bytes + 8);
	void *chunk;
	int ret;

	memcpy(record + VMB_STREAM_HEADROOM, payload, bytes);
	copy_out(image, image->chunk, vmb_stream_seal(&image->writer, image->chunk));
	do {
		ret = vmb_stream_put_long(&image->writer, record, TYPE, bytes, &chunk);
		EXPECT(ret == 0 || ret == VMB_MORE);
		copy_out(image, chunk, vmb_stream_seal(&image->writer, chunk));
	} while (ret == VMB_MORE);
	free(record);
}

/* How many were made in place is counted, or the test would show nothing. */
static void put_made(struct image *image, const u8 *payload, u32 bytes, u32 *in_place)
{
	void *room = vmb_stream_room(&image->writer, image->chunk, bytes);

	if (room) {
		memcpy(room, payload, bytes);
		vmb_stream_put_made(&image->writer, image->chunk, bytes);
		++*in_place;
	} else if (vmb_stream_is_long(bytes)) {
		put_cut_in_place(image, payload, bytes);
		++*in_place;
	} else {
		put_copied(image, payload, bytes);
	}
}

static void what_is_made_in_place_is_what_would_be_copied(void)
{
	u8 *payload = malloc(PAYLOAD_MAX + 64);
	unsigned int seed;
	u32 i, j, bytes;

	for (seed = 1; seed <= 20; seed++) {
		struct image *copied = image_begin(IMAGE_ID), *made = image_begin(IMAGE_ID);
		u32 in_place = 0;
		unsigned int random = seed;

		for (i = 0; i < RECORDS; i++) {
			if (copied->bytes > IMAGE_BYTES - 2 * (PAYLOAD_MAX + 512))
				break;
			bytes = pick_bytes(&random);
			for (j = 0; j < bytes; j++)
				payload[j] = rand_r(&random);
			/* What an earlier chunk has left must not be seen. */
			if (!made->writer.used)
				memset(made->chunk, 0xa5, VMBSAVE_CHUNK_MAX);
			put_copied(copied, payload, bytes);
			put_made(made, payload, bytes, &in_place);
		}
		copy_out(copied, copied->chunk, vmb_stream_seal(&copied->writer, copied->chunk));
		copy_out(made, made->chunk, vmb_stream_seal(&made->writer, made->chunk));
		EXPECT(in_place > i / 2);
		EXPECT_EQ(made->bytes, copied->bytes);
		EXPECT_MEM(made->data, copied->data, copied->bytes);
		EXPECT_EQ(made->writer.chain, copied->writer.chain);
		EXPECT_EQ(made->writer.nr_records, copied->writer.nr_records);
		free(copied);
		free(made);
	}
	free(payload);
}

static void there_is_room_for_what_fits_and_nothing_else(void)
{
	struct image *image = image_begin(IMAGE_ID);
	u8 *chunk = image->chunk;

	EXPECT(vmb_stream_room(&image->writer, chunk, 4056) == chunk + 40);
	EXPECT(!vmb_stream_room(&image->writer, chunk, 4057));
	EXPECT(!vmb_stream_room(&image->writer, chunk, U32_MAX));
	EXPECT_EQ(image->writer.used, 0);
	vmb_stream_put_made(&image->writer, chunk, 4032);
	EXPECT(vmb_stream_room(&image->writer, chunk, 16) == chunk + 40 + 4032 + 8);
	EXPECT(!vmb_stream_room(&image->writer, chunk, 17));
	free(image);
}

static void a_long_record_needs_the_chunk_before_sealed(void)
{
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_writer before;
	u8 record[VMB_STREAM_HEADROOM + 5000] = { 0 };
	void *chunk;

	vmb_stream_put_made(&image->writer, image->chunk, 8);
	before = image->writer;
	EXPECT_EQ(vmb_stream_put_long(&image->writer, record, TYPE, 5000, &chunk), -EBADFD);
	EXPECT_MEM(&image->writer, &before, sizeof(before));
	vmb_stream_seal(&image->writer, image->chunk);
	image->writer.sequence = 0;
	EXPECT_EQ(vmb_stream_put_long(&image->writer, record, TYPE, 5000, &chunk), -EMSGSIZE);
	free(image);
}

static const struct test_case cases[] = {
	TEST_CASE(what_is_made_in_place_is_what_would_be_copied),
	TEST_CASE(there_is_room_for_what_fits_and_nothing_else),
	TEST_CASE(a_long_record_needs_the_chunk_before_sealed),
};

TEST_MAIN(cases)

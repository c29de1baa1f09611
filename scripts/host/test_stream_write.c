// SPDX-License-Identifier: GPL-2.0-only
/*
 * The writer: where chunks are cut, how segments are padded, what is refused.
 */
#include <linux/limits.h>
#include "stream_image.h"

#define CHUNK_HEAD	32U
#define RECORD_HEAD	8U
#define ROOM		4064U
#define SIZE_LAST	(3 * ROOM + 16)

/* The lengths of chunks that the contract asks for, written down anew. */
struct cuts {
	u32 length[32];
	bool continued[32];
	u32 nr;
	bool open;		/* the last one may take more */
};

static void cuts_add(struct cuts *cuts, u32 payload, bool alone)
{
	u32 total = RECORD_HEAD + (payload + 7) / 8 * 8;
	bool first = true;

	if (!alone && cuts->open && cuts->length[cuts->nr - 1] + total <= 4096) {
		cuts->length[cuts->nr - 1] += total;
		return;
	}

	cuts->open = total <= ROOM && !alone;
	for (; total; first = false) {
		u32 part = total < ROOM ? total : ROOM;

		cuts->length[cuts->nr] = CHUNK_HEAD + part;
		cuts->continued[cuts->nr++] = !first;
		total -= part;
	}
}

static void expect_cuts(const struct image *image, const struct cuts *cuts, u32 size)
{
	struct vmbsave_chunk_header header;
	u32 at = 64, i;

	for (i = 0; i < cuts->nr && at < image->bytes; i++) {
		memcpy(&header, image->data + at, sizeof(header));
		if (!EXPECT_EQ(le16_to_cpu(header.bytes), cuts->length[i]) ||
		    !EXPECT_EQ(le16_to_cpu(header.flags), cuts->continued[i]) ||
		    !EXPECT_EQ(le32_to_cpu(header.sequence), i + 1))
			break;
		at += cuts->length[i];
	}
	if (!EXPECT_EQ(i, cuts->nr) || !EXPECT_EQ(at, image->bytes))
		printf("with records of %u bytes\n", size);
}

/* What a read gives back, as one run of bytes. */
struct collected {
	u8 *data;
	u32 bytes, nr;
};

static void collect(struct collected *c, const struct image *image)
{
	struct vmb_stream_limits limits = { 1, U32_MAX, U32_MAX, 1, 0 };
	struct vmb_stream_reader reader;
	struct vmb_stream_piece piece;
	u32 at = 0, need;
	int err = 0;

	c->bytes = 0;
	c->nr = 0;
	vmb_stream_reader_init(&reader, &limits);
	while (!err && at < image->bytes) {
		err = vmb_stream_need(&reader, image->data + at, image->bytes - at, &need);
		if (!err)
			err = vmb_stream_take(&reader, image->data + at, need);
		while (!err && (err = vmb_stream_next(&reader, &piece)) > 0) {
			memcpy(c->data + c->bytes, piece.data, piece.bytes);
			c->bytes += piece.bytes;
			c->nr += piece.last;
			err = 0;
		}
		at += need;
	}
	if (!EXPECT_EQ(vmb_stream_finish(&reader), 0))
		printf("%s\n", reader.error.reason);
}

static struct image *write_three(const u8 *a, const u8 *b, u32 size, u32 middle)
{
	struct image *image = image_begin(IMAGE_ID);

	image_put_bytes(image, VMBSAVE_RECORD_PACKET, a, size);
	image_put_bytes(image, VMBSAVE_RECORD_PACKET, b, middle);
	image_put_bytes(image, VMBSAVE_RECORD_PACKET, a, size);
	image_end(image);
	return image;
}

/* Every size around one, two and three chunks, with short and long neighbours. */
static void chunks_are_cut_by_content_at_every_record_size(void)
{
	static const u32 middles[] = { 24, 2000, ROOM - RECORD_HEAD, ROOM - RECORD_HEAD + 1 };
	static u8 a[SIZE_LAST], b[SIZE_LAST], all[IMAGE_BYTES];
	struct collected c = { .data = all };
	u32 size, middle, i;

	for (i = 0; i < SIZE_LAST; i++) {
		a[i] = 1 + i % 251;
		b[i] = 255 - i % 241;
	}

	/* A record of a known type is never shorter than its structure. */
	for (size = 0; size <= SIZE_LAST; size++) {
		struct cuts cuts = { 0 };
		struct image *image;

		middle = middles[size % ARRAY_SIZE(middles)];
		cuts_add(&cuts, size, false);
		cuts_add(&cuts, middle, false);
		cuts_add(&cuts, size, false);
		cuts_add(&cuts, sizeof(struct vmbsave_end), true);

		image = write_three(a, b, size, middle);
		expect_cuts(image, &cuts, size);

		if (size >= sizeof(struct vmbsave_packet)) {
			collect(&c, image);
			EXPECT_EQ(c.nr, 4);
			EXPECT_EQ(c.bytes, 2 * size + middle + sizeof(struct vmbsave_end));
			EXPECT_MEM(all, a, size);
			EXPECT_MEM(all + size, b, middle);
			EXPECT_MEM(all + size + middle, a, size);
		}
		free(image);
		if (test_failures)
			break;
	}
}

/* Segments of all lengths make the bytes that one padded run makes. */
static void segments_are_padded_to_8_except_behind_the_last(void)
{
	static u8 flat[3 * 8192];
	u64 seed = 1;
	u32 round, i;

	for (round = 0; round < 3000; round++) {
		u32 nr = 1 + test_random_below(&seed, 4), bytes = 0;
		struct image *a = image_begin(IMAGE_ID), *b = image_begin(IMAGE_ID);
		struct vmb_stream_segment segs[4];
		u8 *parts[4];

		memset(flat, 0, sizeof(flat));
		for (i = 0; i < nr; i++) {
			u32 size = test_random_below(&seed, round & 1 ? 40 : 6000);

			parts[i] = test_alloc(size);
			memset(parts[i], 1 + i, size);
			segs[i] = (struct vmb_stream_segment){ size ? parts[i] : NULL, size };
			bytes = (bytes + 7) / 8 * 8;
			memset(flat + bytes, 1 + i, size);
			bytes += size;
		}
		image_put(a, 77, segs, nr);
		image_end(a);
		image_put_bytes(b, 77, flat, bytes);
		image_end(b);

		EXPECT_EQ(a->bytes, b->bytes);
		EXPECT_MEM(a->data, b->data, a->bytes);

		for (i = 0; i < nr; i++)
			free(parts[i]);
		free(a);
		free(b);
		if (test_failures)
			break;
	}
}

/* Counts tell types apart, and a record counts once, when it is complete. */
static void counts_are_those_of_complete_records(void)
{
	static u8 data[10000];
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_writer *w = &image->writer;
	struct vmb_stream_segment seg = { data, sizeof(data) };
	struct vmbsave_end end;

	image_put_bytes(image, VMBSAVE_RECORD_MANIFEST, data, 96);
	image_put_bytes(image, VMBSAVE_RECORD_CHANNEL, data, 200);
	image_put_bytes(image, VMBSAVE_RECORD_COMPLETION, data, 16);
	image_seal(image);
	EXPECT_EQ(vmb_stream_put_record(w, image->chunk, VMBSAVE_RECORD_PACKET, &seg, 1), VMB_MORE);
	EXPECT_EQ(w->nr_records, 3);
	EXPECT_EQ(w->nr_packets, 0);
	image_put(image, VMBSAVE_RECORD_PACKET, &seg, 1);
	image_seal(image);

	vmb_stream_fill_end(w, &end);
	EXPECT_EQ(le32_to_cpu(end.nr_channels), 1);
	EXPECT_EQ(le32_to_cpu(end.nr_chunks), 4);
	EXPECT_EQ(le64_to_cpu(end.nr_records), 4);
	EXPECT_EQ(le64_to_cpu(end.nr_packets), 1);
	EXPECT_EQ(le64_to_cpu(end.nr_completions), 1);
	EXPECT_EQ(le64_to_cpu(end.bytes), image->bytes);
	free(image);
}

static void asking_again_without_sealing_changes_nothing(void)
{
	static u8 data[10000];
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_writer *w = &image->writer, before;
	struct vmb_stream_segment seg = { data, sizeof(data) };
	struct vmb_stream_segment small = { data, 64 };

	EXPECT_EQ(vmb_stream_put_record(w, image->chunk, 77, &seg, 1), VMB_MORE);
	before = *w;
	EXPECT_EQ(vmb_stream_put_record(w, image->chunk, 77, &seg, 1), VMB_MORE);
	EXPECT_MEM(w, &before, sizeof(before));

	/* Nor does another record in the middle of a long one. */
	image_seal(image);
	before = *w;
	EXPECT_EQ(vmb_stream_put_record(w, image->chunk, 77, &small, 1), -EINVAL);
	small.bytes = ROOM - RECORD_HEAD;
	EXPECT_EQ(vmb_stream_put_record(w, image->chunk, 77, &small, 1), -EINVAL);
	EXPECT_MEM(w, &before, sizeof(before));
	free(image);
}

static void lengths_beyond_32_bits_are_refused(void)
{
	static const struct {
		u32 a, b, c;
		int want;
	} rows[] = {
		{ U32_MAX, 0, 0, -EMSGSIZE },
		{ U32_MAX - 6, 0, 0, -EMSGSIZE },
		{ U32_MAX, 1, 0, -EMSGSIZE },
		{ U32_MAX - 7, 7, 1, -EMSGSIZE },
		{ 0x80000000, 0x80000000, 0, -EMSGSIZE },
		{ 0x80000000, 0x7fffffff, 8, -EMSGSIZE },
		{ 0, 0, U32_MAX - 14, -EMSGSIZE },	/* 0xfffffff1 */
		{ 1, U32_MAX - 22, 0, -EMSGSIZE },	/* 8 + 0xffffffe9 */
	};
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_writer before = image->writer;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		/* Never looked at: the lengths are refused first. */
		struct vmb_stream_segment segs[] = {
			{ image, rows[i].a }, { image, rows[i].b }, { image, rows[i].c },
		};

		if (!EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, 77, segs, 3),
			       rows[i].want))
			printf("row %u\n", i);
		EXPECT_MEM(&image->writer, &before, sizeof(before));
	}
	free(image);
}

/* The longest record that a length can say, as far as its first chunk. */
static void the_longest_record_is_begun(void)
{
	static u8 data[8192];
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_segment seg = { data, 0xfffffff0 };

	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, 77, &seg, 1), VMB_MORE);
	EXPECT_EQ(vmb_stream_seal(&image->writer, image->chunk), 4096);
	free(image);
}

static void nothing_is_put_after_the_end(void)
{
	static u8 data[48];
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_segment seg = { data, sizeof(data) };

	image_put_bytes(image, VMBSAVE_RECORD_MANIFEST, data, 32);
	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, VMBSAVE_RECORD_END, &seg, 1),
		  VMB_MORE);
	image_end(image);
	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, VMBSAVE_RECORD_PACKET,
					&seg, 1), -EBADFD);
	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, VMBSAVE_RECORD_END, &seg, 1),
		  -EBADFD);
	EXPECT_EQ(vmb_stream_seal(&image->writer, image->chunk), 0);
	free(image);
}

static void used_up_sequence_numbers_are_refused(void)
{
	static u8 data[48];
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_segment seg = { data, sizeof(data) };

	image->writer.sequence = U32_MAX;
	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, 77, &seg, 1), 0);
	EXPECT_EQ(vmb_stream_seal(&image->writer, image->chunk), 32 + 8 + 48);
	EXPECT_EQ(vmb_stream_put_record(&image->writer, image->chunk, 77, &seg, 1), -EMSGSIZE);
	EXPECT_EQ(image->writer.used, 0);
	free(image);
}

static void an_empty_chunk_is_not_sealed(void)
{
	struct image *image = image_begin(IMAGE_ID);
	struct vmb_stream_writer before = image->writer;

	EXPECT_EQ(vmb_stream_seal(&image->writer, image->chunk), 0);
	EXPECT_MEM(&image->writer, &before, sizeof(before));
	free(image);
}

static const struct test_case cases[] = {
	TEST_CASE(chunks_are_cut_by_content_at_every_record_size),
	TEST_CASE(segments_are_padded_to_8_except_behind_the_last),
	TEST_CASE(counts_are_those_of_complete_records),
	TEST_CASE(asking_again_without_sealing_changes_nothing),
	TEST_CASE(lengths_beyond_32_bits_are_refused),
	TEST_CASE(the_longest_record_is_begun),
	TEST_CASE(nothing_is_put_after_the_end),
	TEST_CASE(used_up_sequence_numbers_are_refused),
	TEST_CASE(an_empty_chunk_is_not_sealed),
};

TEST_MAIN(cases)

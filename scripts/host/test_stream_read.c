// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader against damage: splits, cuts, flipped bits, chunks out of place.
 */
#include "stream_sample.h"

static void a_whole_stream_is_accepted(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct verdict verdict = image_read(image->data, image->bytes);

	EXPECT_ACCEPTED(verdict);
	EXPECT_EQ(verdict.nr_records, 20);
	free(image);
}

/* The bytes do not depend on anything but the state. */
static void equal_state_gives_equal_bytes_but_for_id_and_hashes(void)
{
	struct image *a = sample_image(IMAGE_ID), *b = sample_image(IMAGE_ID + 1);
	struct vmbsave_stream_header header;
	struct vmbsave_chunk_header chunk;
	size_t at = 0;

	memcpy(&header, b->data, sizeof(header));
	header.stream_id = cpu_to_le64(IMAGE_ID);
	memcpy(b->data, &header, sizeof(header));
	while ((at = stream_next_chunk(b->data, b->bytes, at))) {
		memcpy(&chunk, b->data + at, sizeof(chunk));
		chunk.stream_id = cpu_to_le64(IMAGE_ID);
		memcpy(b->data + at, &chunk, sizeof(chunk));
	}
	stream_repair(b->data, b->bytes);

	EXPECT_EQ(a->bytes, b->bytes);
	EXPECT_MEM(a->data, b->data, a->bytes);
	free(a);
	free(b);
}

/* A receiver as the file descriptor is one: it stages what arrives. */
struct receiver {
	struct image_reader ir;
	u8 *staged;		/* exactly @have bytes */
	u32 have;
};

static int receive(struct receiver *receiver, const u8 *data, u32 bytes)
{
	u32 need = 0;
	int err;

	while (!(err = vmb_stream_need(&receiver->ir.reader, receiver->staged, receiver->have,
				       &need))) {
		u32 part = min(bytes, need > receiver->have ? need - receiver->have : 0);
		u8 *staged;

		if (need && need == receiver->have) {
			err = image_reader_unit(&receiver->ir, receiver->staged, need);
			receiver->have = 0;
			if (err)
				return err;
			continue;
		}
		if (!bytes)
			return 0;
		if (!need)	/* behind the end */
			return vmb_stream_need(&receiver->ir.reader, data, bytes, &need);

		staged = test_alloc(receiver->have + part);
		if (receiver->have)
			memcpy(staged, receiver->staged, receiver->have);
		memcpy(staged + receiver->have, data, part);
		free(receiver->staged);
		receiver->staged = staged;
		receiver->have += part;
		data += part;
		bytes -= part;
	}

	return err;
}

static struct verdict receive_split(const struct image *image, const u32 *ends, u32 nr)
{
	struct receiver receiver = { .have = 0 };
	u32 i, at = 0;

	image_reader_begin(&receiver.ir, &image_limits);
	for (i = 0; i < nr; i++) {
		if (receive(&receiver, image->data + at, ends[i] - at))
			break;
		at = ends[i];
	}
	free(receiver.staged);
	return image_reader_end(&receiver.ir);
}

static void every_split_in_two_is_accepted(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 at;

	for (at = 0; at <= image->bytes && !test_failures; at++) {
		u32 ends[] = { at, image->bytes };

		EXPECT_ACCEPTED(receive_split(image, ends, 2));
	}
	free(image);
}

static void single_bytes_and_random_splits_are_accepted(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 *ends = test_alloc((image->bytes + 1) * sizeof(*ends));
	u64 seed = 7;
	u32 i, round;

	for (i = 0; i < image->bytes; i++)
		ends[i] = i + 1;
	EXPECT_ACCEPTED(receive_split(image, ends, image->bytes));

	for (round = 0; round < 200; round++) {
		u32 nr = 0, at = 0;

		while (at < image->bytes) {
			at = min(at + test_random_below(&seed, 1 << (1 + round % 13)),
				 image->bytes);
			ends[nr++] = at;
			if (nr == image->bytes) {
				at = image->bytes;
				ends[nr++] = at;
			}
		}
		EXPECT_ACCEPTED(receive_split(image, ends, nr));
	}
	free(ends);
	free(image);
}

static void every_flipped_bit_is_refused(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 bit;

	for (bit = 0; bit < image->bytes * 8 && !test_failures; bit++) {
		struct verdict verdict;

		image->data[bit / 8] ^= 1 << bit % 8;
		verdict = image_read(image->data, image->bytes);
		if (!EXPECT(refused(&verdict)))
			printf("bit %u of byte %u\n", bit % 8, bit / 8);
		image->data[bit / 8] ^= 1 << bit % 8;
	}
	free(image);
}

/* The place named is the chunk that was damaged. */
static void a_flipped_bit_of_a_payload_is_a_hash_error_in_its_chunk(void)
{
	struct image *image = sample_image(IMAGE_ID);
	size_t at = 0;
	u32 chunk = 0;

	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		struct verdict verdict;

		chunk++;
		image->data[at + 45] ^= 0x10;
		verdict = image_read(image->data, image->bytes);
		EXPECT_REFUSED(verdict, -EBADMSG);
		EXPECT_EQ(verdict.why.chunk, chunk);
		EXPECT_EQ(verdict.why.offset, at + 24);
		image->data[at + 45] ^= 0x10;
	}
	EXPECT(chunk >= 6);
	free(image);
}

static void a_flipped_bit_of_the_stream_header_is_a_hash_error_in_it(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 at;

	/* What is before shows as no stream, or as another version. */
	for (at = 14; at < 64; at++) {
		struct verdict verdict;

		image->data[at] ^= 0x10;
		verdict = image_read(image->data, image->bytes);
		EXPECT_REFUSED(verdict, -EBADMSG);
		EXPECT_EQ(verdict.why.chunk, 0);
		EXPECT_EQ(verdict.why.offset, 56);
		image->data[at] ^= 0x10;
	}
	free(image);
}

static void the_stream_id_is_not_zero(void)
{
	struct image *image = sample_image(0);
	struct verdict verdict = image_read(image->data, image->bytes);

	EXPECT_REFUSED(verdict, -EUCLEAN);
	EXPECT_EQ(verdict.why.offset, 16);
	free(image);
}

static void every_truncation_is_refused(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 bytes;

	for (bytes = 0; bytes < image->bytes && !test_failures; bytes++) {
		EXPECT_REFUSED(image_read(image->data, bytes), -ENODATA);
		EXPECT_REFUSED(receive_split(image, &bytes, 1), -ENODATA);
	}
	free(image);
}

static void bytes_behind_the_end_are_refused(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 bytes = image->bytes + 1;
	struct verdict verdict;

	verdict = image_read(image->data, bytes);
	EXPECT_REFUSED(verdict, -EUCLEAN);
	EXPECT_EQ(verdict.why.offset, image->bytes);

	/* A whole stream again, or its last chunk, is no better. */
	memcpy(image->data + image->bytes, image->data, image->bytes);
	EXPECT_REFUSED(image_read(image->data, 2 * image->bytes), -EUCLEAN);
	EXPECT_REFUSED(receive_split(image, &bytes, 1), -EUCLEAN);
	free(image);
}

/* Where each chunk begins, and where the last one ends. */
static u32 chunk_starts(const struct image *image, u32 *starts)
{
	size_t at = 0;
	u32 nr = 0;

	while ((at = stream_next_chunk(image->data, image->bytes, at)))
		starts[nr++] = at;
	starts[nr] = image->bytes;
	return nr;
}

/* Build a stream of the header and the chunks named, hashes left alone. */
static struct image *pick_chunks(const struct image *from, const u32 *starts, const u32 *which,
				 u32 nr)
{
	struct image *image = image_copy(from);
	u32 i;

	image->bytes = starts[0];
	for (i = 0; i < nr; i++) {
		u32 bytes = starts[which[i] + 1] - starts[which[i]];

		memcpy(image->data + image->bytes, from->data + starts[which[i]], bytes);
		image->bytes += bytes;
	}
	return image;
}

static void a_chunk_twice_or_dropped_or_swapped_is_refused(void)
{
	struct image *image = sample_image(IMAGE_ID), *damaged;
	u32 starts[32], which[33], nr = chunk_starts(image, starts), i, j, n;

	ASSERT(nr >= 6);
	for (i = 0; i < nr; i++) {
		for (n = 0; n <= i; n++)
			which[n] = n;
		for (; n <= nr; n++)
			which[n] = n - 1;
		damaged = pick_chunks(image, starts, which, nr + 1);
		EXPECT_REFUSED(image_read(damaged->data, damaged->bytes),
			       i == nr - 1 ? -EUCLEAN : -EPROTO);
		free(damaged);

		for (n = 0; n < nr - 1; n++)
			which[n] = n < i ? n : n + 1;
		damaged = pick_chunks(image, starts, which, nr - 1);
		EXPECT_REFUSED(image_read(damaged->data, damaged->bytes),
			       i == nr - 1 ? -ENODATA : -EPROTO);
		free(damaged);

		for (j = i + 1; j < nr; j++) {
			for (n = 0; n < nr; n++)
				which[n] = n == i ? j : n == j ? i : n;
			damaged = pick_chunks(image, starts, which, nr);
			EXPECT_REFUSED(image_read(damaged->data, damaged->bytes), -EPROTO);
			free(damaged);
		}
	}
	free(image);
}

static void a_chunk_of_another_stream_is_refused(void)
{
	struct image *image = sample_image(IMAGE_ID), *other = sample_image(IMAGE_ID ^ 1);
	u32 starts[33], nr = chunk_starts(image, starts), i;

	EXPECT_EQ(image->bytes, other->bytes);
	for (i = 0; i < nr; i++) {
		struct image *damaged = image_copy(image);
		struct verdict verdict;

		memcpy(damaged->data + starts[i], other->data + starts[i],
		       starts[i + 1] - starts[i]);
		verdict = image_read(damaged->data, damaged->bytes);
		EXPECT_REFUSED(verdict, -EPROTO);
		EXPECT_EQ(verdict.why.chunk, i + 1);
		free(damaged);
	}
	free(image);
	free(other);
}

/* Another history with the same id shows in the stream hash at the latest. */
static void a_chunk_of_another_stream_with_the_same_id_is_refused(void)
{
	struct image *image = sample_image(IMAGE_ID), *other = sample_image(IMAGE_ID);
	size_t at = stream_find_record(other->data, other->bytes, VMBSAVE_RECORD_COMPLETION, 0);

	ASSERT(at);
	other->data[at] ^= 1;	/* a transaction id, any value will do */
	stream_repair(other->data, other->bytes);
	EXPECT_ACCEPTED(image_read(other->data, other->bytes));

	memcpy(other->data + image->bytes - 88, image->data + image->bytes - 88, 88);
	EXPECT_REFUSED(image_read(other->data, other->bytes), -EBADMSG);
	free(image);
	free(other);
}

/* After the first error each call answers the same, and the place stays. */
static void a_refused_stream_stays_refused(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct vmb_stream_error more = { .error = -EIO, .reason = "more" }, first;
	struct vmb_stream_piece piece;
	struct vmb_stream_reader r;
	u32 need;

	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_take(&r, image->data, 64), 0);
	image->data[100] ^= 1;
	EXPECT_EQ(vmb_stream_need(&r, image->data + 64, 4096, &need), 0);
	EXPECT_EQ(vmb_stream_take(&r, image->data + 64, need), -EBADMSG);
	first = r.error;
	image->data[100] ^= 1;

	EXPECT_EQ(vmb_stream_take(&r, image->data + 64, need), -EBADMSG);
	EXPECT_EQ(vmb_stream_need(&r, image->data + 64, 4096, &need), -EBADMSG);
	EXPECT_EQ(vmb_stream_next(&r, &piece), -EBADMSG);
	EXPECT_EQ(vmb_stream_finish(&r), -EBADMSG);
	EXPECT_EQ(vmb_stream_refuse(&r, &more), -EBADMSG);
	EXPECT_MEM(&r.error, &first, sizeof(first));
	free(image);
}

static void nothing_is_taken_after_the_end(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct image_reader ir;
	u32 need = 1;

	image_reader_begin(&ir, &image_limits);
	EXPECT_ACCEPTED(image_read_with(&ir, image->data, image->bytes));
	EXPECT_EQ(vmb_stream_need(&ir.reader, NULL, 0, &need), 0);
	EXPECT_EQ(need, 0);
	EXPECT_EQ(vmb_stream_take(&ir.reader, NULL, 0), -ENODATA);
	free(image);
}

static void a_unit_is_taken_exactly_and_only_when_the_one_before_is_used_up(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct vmb_stream_piece piece;
	struct vmb_stream_reader r;
	u32 need, second;

	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_take(&r, image->data, 65), -EUCLEAN);
	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_take(&r, image->data, 63), -ENODATA);
	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_take(&r, NULL, 0), -ENODATA);

	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_next(&r, &piece), 0);
	EXPECT_EQ(vmb_stream_take(&r, image->data, 64), 0);
	EXPECT_EQ(vmb_stream_next(&r, &piece), 0);
	EXPECT_EQ(vmb_stream_need(&r, image->data + 64, 4096, &need), 0);
	EXPECT_EQ(vmb_stream_take(&r, image->data + 64, need), 0);
	EXPECT_EQ(vmb_stream_next(&r, &piece), 1);
	EXPECT_EQ(vmb_stream_need(&r, image->data + 64 + need, 4096, &second), 0);
	EXPECT_EQ(vmb_stream_take(&r, image->data + 64 + need, second), -EINVAL);
	EXPECT_EQ(vmb_stream_next(&r, &piece), -EINVAL);
	free(image);
}

/*
 * Read the packet that lies in @image and say where byte @mark of its payload
 * came from; the reader has no error yet.
 */
static void find_mark(struct vmb_stream_reader *r, const struct image *image, u32 mark,
		      u32 *offset, u32 *chunk)
{
	struct vmb_stream_piece piece = { .last = false };
	u32 at = 0, need;

	vmb_stream_reader_init(r, &image_limits);
	while (!(piece.type == VMBSAVE_RECORD_PACKET && piece.last)) {
		ASSERT_EQ(vmb_stream_need(r, image->data + at, image->bytes - at, &need), 0);
		ASSERT_EQ(vmb_stream_take(r, image->data + at, need), 0);
		while (vmb_stream_next(r, &piece) > 0) {
			if (piece.type != VMBSAVE_RECORD_PACKET || mark < piece.offset ||
			    mark >= piece.offset + piece.bytes)
				continue;
			*offset = (const u8 *)piece.data - image->data + mark - piece.offset;
			*chunk = r->chunk;
		}
		at += need;
	}
}

/* Where a byte of a payload lies, also behind the cuts of a long record. */
static void the_callers_refusal_is_placed_in_the_stream(void)
{
	static const u32 marks[] = { 0, 1, 4055, 4056, 4057, 4056 + 4063, 4056 + 4064, 11999 };
	struct image *image = image_begin(IMAGE_ID);
	static u8 data[12000];
	u32 i;

	image_put_bytes(image, VMBSAVE_RECORD_COMPLETION, data, 32);
	image_put_bytes(image, VMBSAVE_RECORD_PACKET, data, sizeof(data));
	image_end(image);

	for (i = 0; i < ARRAY_SIZE(marks); i++) {
		struct vmb_stream_error why = {
			.error = -EIO, .packet = 5, .offset = marks[i], .reason = "no luck",
		};
		struct vmb_stream_reader r;
		u32 offset = 0, chunk = 0;

		find_mark(&r, image, marks[i], &offset, &chunk);
		EXPECT_EQ(vmb_stream_refuse(&r, &why), -EIO);
		EXPECT_EQ(r.error.offset, offset);
		EXPECT_EQ(r.error.chunk, chunk);
		EXPECT_EQ(r.error.packet, 5);
		EXPECT_STR(r.error.reason, "no luck");
	}
	free(image);
}

static void a_refusal_before_the_first_record_or_without_an_error_is_kept_too(void)
{
	struct vmb_stream_error why = { .error = -EIO, .reason = "no" };
	struct vmb_stream_reader r;

	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_refuse(&r, &why), -EIO);
	EXPECT_EQ(r.error.chunk, 0);
	EXPECT_EQ(r.error.offset, 0);
	EXPECT_EQ(vmb_stream_finish(&r), -EIO);

	why.error = 0;
	kshim_warnings = 0;
	vmb_stream_reader_init(&r, &image_limits);
	EXPECT_EQ(vmb_stream_refuse(&r, &why), -EINVAL);
	EXPECT_EQ(kshim_warnings, 1);
	EXPECT(r.error.reason);
}

static const struct test_case cases[] = {
	TEST_CASE(a_whole_stream_is_accepted),
	TEST_CASE(equal_state_gives_equal_bytes_but_for_id_and_hashes),
	TEST_CASE(every_split_in_two_is_accepted),
	TEST_CASE(single_bytes_and_random_splits_are_accepted),
	TEST_CASE(every_flipped_bit_is_refused),
	TEST_CASE(a_flipped_bit_of_a_payload_is_a_hash_error_in_its_chunk),
	TEST_CASE(a_flipped_bit_of_the_stream_header_is_a_hash_error_in_it),
	TEST_CASE(the_stream_id_is_not_zero),
	TEST_CASE(every_truncation_is_refused),
	TEST_CASE(bytes_behind_the_end_are_refused),
	TEST_CASE(a_chunk_twice_or_dropped_or_swapped_is_refused),
	TEST_CASE(a_chunk_of_another_stream_is_refused),
	TEST_CASE(a_chunk_of_another_stream_with_the_same_id_is_refused),
	TEST_CASE(a_refused_stream_stays_refused),
	TEST_CASE(nothing_is_taken_after_the_end),
	TEST_CASE(a_unit_is_taken_exactly_and_only_when_the_one_before_is_used_up),
	TEST_CASE(the_callers_refusal_is_placed_in_the_stream),
	TEST_CASE(a_refusal_before_the_first_record_or_without_an_error_is_kept_too),
};

TEST_MAIN(cases)

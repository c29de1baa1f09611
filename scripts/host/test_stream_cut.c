// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader against streams that are cut in other places than a writer would.
 */
#include "stream_hand.h"

static void hands_can_do_what_the_writer_does(void)
{
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_PACKET, 4056 - 8 - 24);
	hand_put(&hand, VMBSAVE_RECORD_PACKET, 24);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 4057);
	hand_bytes(&hand, 4056);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 8);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_PACKET, 24);
	hand_end(&hand, 4);
	EXPECT_HAND(0, NULL);
}

static void a_record_that_fits_does_not_begin_a_chunk(void)
{
	struct hand hand;
	u32 room;

	/* The second record takes exactly what is left, and 8 bytes more. */
	for (room = 0; room <= 8; room += 8) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_put(&hand, VMBSAVE_RECORD_PACKET, 1000);
		hand_chunk(&hand, 0);
		hand_put(&hand, VMBSAVE_RECORD_PACKET, 4096 - 32 - 1008 - 8 + room);
		hand_end(&hand, 2);
		if (room)
			EXPECT_HAND(0, NULL);
		else
			EXPECT_HAND(-EUCLEAN, "a record begins a chunk but fits in the one before");
	}

	/* It is the first one of its chunk that counts. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_PACKET, 1000);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_PACKET, 3500);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_end(&hand, 3);
	EXPECT_HAND(0, NULL);

	/* The first chunk has none before it. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_end(&hand, 1);
	EXPECT_HAND(0, NULL);
}

static void the_end_record_is_alone(void)
{
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_end_record(&hand, 1);
	EXPECT_HAND(-EUCLEAN, "the end record shares a chunk with another one");

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_end(&hand, 1);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	EXPECT_HAND(-EUCLEAN, "the end record shares a chunk with another one");
}

static void the_end_record_knows_what_was_before_it(void)
{
	static const struct {
		u32 offset;
		const char *reason;
	} rows[] = {
		{ offsetof(struct vmbsave_end, nr_chunks),
		  "the end record counts other chunks than there were" },
		{ offsetof(struct vmbsave_end, nr_records),
		  "the end record counts other records than there were" },
		{ offsetof(struct vmbsave_end, bytes),
		  "the end record counts other bytes than there were" },
	};
	struct hand hand;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
		hand_end(&hand, 1);
		hand.image->data[hand.chunk + HEAD + RHEAD + rows[i].offset] ^= 1;
		EXPECT_HAND(-EUCLEAN, rows[i].reason);
	}
}

static void a_record_stays_inside_its_chunk(void)
{
	struct hand hand;
	u32 bytes;

	/* One byte more than there is, and much more. */
	for (bytes = 17; bytes < 4000; bytes += 1000) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_record(&hand, VMBSAVE_RECORD_COMPLETION, 0, bytes);
		hand_bytes(&hand, 16);
		hand_end(&hand, 1);
		EXPECT_HAND(-EUCLEAN, "a record runs past the end of its chunk");
	}
}

static void a_long_record_fills_chunks_of_its_own(void)
{
	const char *reason = "a long record does not fill chunks of its own";
	struct hand hand;

	/* It begins behind another one. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 5000);
	hand_bytes(&hand, 4096 - 32 - 24 - 8);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 5000 - (4096 - 32 - 24 - 8));
	hand_end(&hand, 2);
	EXPECT_HAND(-EUCLEAN, reason);

	/* Its first chunk is not full. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 5000);
	hand_bytes(&hand, 4048);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 5000 - 4048);
	hand_end(&hand, 1);
	EXPECT_HAND(-EUCLEAN, reason);

	/* It would just have fitted. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 4056);
	hand_bytes(&hand, 4048);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 8);
	hand_end(&hand, 1);
	EXPECT_HAND(-EUCLEAN, "a record runs past the end of its chunk");
}

static void chunks_of_a_long_record_have_the_length_it_gives_them(void)
{
	const char *reason = "a chunk has not the length that its long record gives it";
	struct hand hand;
	u32 last;

	/* The last chunk is too short, right, or holds something behind the record. */
	for (last = 936; last <= 968; last += 8) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 5000);
		hand_bytes(&hand, 4056);
		hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
		if (last > 944) {
			hand_bytes(&hand, 944);
			hand_put(&hand, VMBSAVE_RECORD_COMPLETION, last - 944 - 8);
		} else {
			hand_bytes(&hand, last);
		}
		hand_end(&hand, 1);
		if (last == 944)
			EXPECT_HAND(0, NULL);
		else
			EXPECT_HAND(-EUCLEAN, reason);
	}

	/* One in the middle is not full. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 9000);
	hand_bytes(&hand, 4056);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 4056);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_bytes(&hand, 9000 - 2 * 4056);
	hand_end(&hand, 1);
	EXPECT_HAND(-EUCLEAN, reason);
}

static void a_chunk_continues_what_is_unfinished_and_nothing_else(void)
{
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_end(&hand, 1);
	EXPECT_HAND(-EPROTO, "a chunk continues a record although none is unfinished");

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 5000);
	hand_bytes(&hand, 4056);
	hand_chunk(&hand, 0);
	hand_bytes(&hand, 944);
	hand_end(&hand, 1);
	EXPECT_HAND(-EPROTO, "a chunk does not continue the record that is unfinished");

	/* Not even the end record may come in between. */
	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, VMBSAVE_RECORD_PACKET, 0, 5000);
	hand_bytes(&hand, 4056);
	hand_end(&hand, 0);
	EXPECT_HAND(-EPROTO, "a chunk does not continue the record that is unfinished");
}

static const struct test_case cases[] = {
	TEST_CASE(hands_can_do_what_the_writer_does),
	TEST_CASE(a_record_that_fits_does_not_begin_a_chunk),
	TEST_CASE(the_end_record_is_alone),
	TEST_CASE(the_end_record_knows_what_was_before_it),
	TEST_CASE(a_record_stays_inside_its_chunk),
	TEST_CASE(a_long_record_fills_chunks_of_its_own),
	TEST_CASE(chunks_of_a_long_record_have_the_length_it_gives_them),
	TEST_CASE(a_chunk_continues_what_is_unfinished_and_nothing_else),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of records, fed directly: packets and completions.
 */
#include "stream_scene.h"

static void a_channel_that_is_not_open_has_no_traffic_but_a_queue(void)
{
	struct scene s;

	scene_closed(&s);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, 0, 8, 8), 0);
	EXPECT_EQ(feed_end(&s), 0);

	scene_closed(&s);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_SENT, WAIT, 0, 0), -EUCLEAN);

	scene_closed(&s);
	scene_counts(&s, 0, 1);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_completion(&s, 0), -EUCLEAN);
}

static void packets_obey_their_channel(void)
{
	static const struct {
		u64 id;
		u32 state, flags, payload, vsp;
		int want;
		u64 named;
	} rows[] = {
		{ 1, VMBSAVE_PACKET_SENT, WAIT, 0, 7, 0, 0 },
		{ 49, VMBSAVE_PACKET_QUEUED, 0, 100, 0, 0, 0 },
		{ 49, VMBSAVE_PACKET_QUEUED, WAIT, 101, 0, -EUCLEAN, 49 },
		{ 50, VMBSAVE_PACKET_QUEUED, WAIT, 1, 0, -EUCLEAN, 50 },
		{ 0, VMBSAVE_PACKET_QUEUED, WAIT, 1, 0, -EUCLEAN, 0 },
		{ 1, VMBSAVE_PACKET_SENT, 0, 0, 0, -EUCLEAN, 1 },
		{ 1, VMBSAVE_PACKET_SENT, WAIT | 2, 0, 0, -EUCLEAN, 1 },
		{ 1, VMBSAVE_PACKET_SENT, WAIT, 1, 0, -EUCLEAN, 1 },
		{ 1, VMBSAVE_PACKET_QUEUED, 2, 1, 0, -EUCLEAN, 1 },
		{ 1, 0, WAIT, 0, 0, -EUCLEAN, 1 },
		{ 1, 3, WAIT, 0, 0, -EUCLEAN, 1 },
		{ 1, VMBSAVE_PACKET_SENT, WAIT, 0, 1U << 20, 0, 0 },
		{ 1, VMBSAVE_PACKET_SENT, WAIT, 0, (1U << 20) + 1, -EMSGSIZE, 1 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		scene_counts(&s, 1, 0);
		EXPECT_EQ(feed_head(&s), 0);
		if (!EXPECT_EQ(feed_packet(&s, rows[i].id, rows[i].state, rows[i].flags,
					   rows[i].payload, rows[i].vsp), rows[i].want))
			printf("row %u\n", i);
		EXPECT_EQ(s.order.error.packet, rows[i].named);
	}
}

/* A VSP echoes what it got, and that came padded. */
static void a_completion_is_at_most_the_largest_packet_with_its_padding(void)
{
	struct scene s;

	scene_open(&s);
	scene_counts(&s, 0, 2);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_completion(&s, 104), 0);
	EXPECT_EQ(feed_completion(&s, 105), -EUCLEAN);
}

static void transaction_ids_rise_through_both_states(void)
{
	static const struct {
		u64 sent, queued;
		int want;
	} rows[] = {
		{ 5, 6, 0 }, { 5, 5, -EUCLEAN }, { 5, 4, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		scene_counts(&s, 2, 0);
		EXPECT_EQ(feed_head(&s), 0);
		EXPECT_EQ(feed_packet(&s, rows[i].sent, VMBSAVE_PACKET_SENT, WAIT, 0, 0), 0);
		EXPECT_EQ(feed_packet(&s, rows[i].queued, VMBSAVE_PACKET_QUEUED, WAIT, 0, 0),
			  rows[i].want);
	}
}

static void nothing_sent_comes_after_the_queue_began(void)
{
	struct scene s;

	scene_open(&s);
	scene_counts(&s, 2, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, WAIT, 0, 0), 0);
	EXPECT_EQ(feed_packet(&s, 2, VMBSAVE_PACKET_SENT, WAIT, 0, 0), -EUCLEAN);

	scene_open(&s);
	scene_counts(&s, 1, 1);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_completion(&s, 1), 0);
	EXPECT_EQ(feed_packet(&s, 2, VMBSAVE_PACKET_SENT, WAIT, 0, 0), -EUCLEAN);

	scene_open(&s);
	s.manifest.entry[0].nr_gpadls = cpu_to_le32(2);
	EXPECT_EQ(feed_head(&s), 0);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_packet(&s, 2, VMBSAVE_PACKET_SENT, WAIT, 0, 0), -EUCLEAN);
}

static const struct test_case cases[] = {
	TEST_CASE(a_channel_that_is_not_open_has_no_traffic_but_a_queue),
	TEST_CASE(packets_obey_their_channel),
	TEST_CASE(a_completion_is_at_most_the_largest_packet_with_its_padding),
	TEST_CASE(transaction_ids_rise_through_both_states),
	TEST_CASE(nothing_sent_comes_after_the_queue_began),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end writes whatever it likes into the shared memory.
 */
#include <linux/limits.h>
#include "ring_pair.h"

static void attach_refuses_hostile_indices(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	struct vmb_ring ring = { .own = 77 };
	struct vmb_ring untouched = ring;
	u32 write_index = 5, read_index = 6;
	size_t i;
	int end;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		for (end = 0; end < 2; end++) {
			set_write(&pair, bad_indices[i]);
			set_read(&pair, 0);
			EXPECT_EQ(vmb_ring_attach(&ring, pair.control, pair.data, SIZE, end),
				  -EPROTO);
			set_write(&pair, 0);
			set_read(&pair, bad_indices[i]);
			EXPECT_EQ(vmb_ring_attach(&ring, pair.control, pair.data, SIZE, end),
				  -EPROTO);
		}
		EXPECT_EQ(vmb_ring_indices(&pair.producer, &write_index, &read_index), -EPROTO);
	}

	EXPECT_EQ(write_index, 5);
	EXPECT_EQ(read_index, 6);
	EXPECT_MEM(&ring, &untouched, sizeof(ring));
	pair_free(&pair);
}

static void write_refuses_a_hostile_read_index(void)
{
	struct ring_pair pair = pair_new(SIZE, 64);
	struct snapshot *before;
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		set_read(&pair, bad_indices[i]);
		before = snapshot_take(&pair);
		EXPECT_EQ(pair_put(&pair, 1, 64, &signal), -EPROTO);
		expect_unchanged(&pair, before);
	}

	set_read(&pair, 64);
	EXPECT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	pair_get(&pair, 1, 64);
	pair_free(&pair);
}

static void producer_never_reads_its_own_index_back(void)
{
	struct ring_pair pair = pair_new(SIZE, 64);
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		set_write(&pair, bad_indices[i]);
		ASSERT_EQ(pair_put(&pair, i, 64, &signal), 0);
		EXPECT_EQ(le32_to_cpu(pair.control->write_index), 64 + 64 * (i + 1));
	}
	for (i = 0; i < ARRAY_SIZE(bad_indices); i++)
		pair_get(&pair, i, 64);
	pair_free(&pair);
}

static void consumer_never_reads_its_own_index_back(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++)
		ASSERT_EQ(pair_put(&pair, i, 64, &signal), 0);
	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		set_read(&pair, bad_indices[i]);
		pair_get(&pair, i, 64);
		vmb_ring_commit(&pair.consumer);
		EXPECT_EQ(le32_to_cpu(pair.control->read_index), 64 * (i + 1));
	}
	pair_free(&pair);
}

static void read_refuses_a_hostile_write_index_and_recovers(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	u8 buf[256], untouched[256];
	struct snapshot *before;
	u32 bytes = 99;
	bool signal;
	size_t i;

	memset(buf, 0x11, sizeof(buf));
	memcpy(untouched, buf, sizeof(buf));
	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	ASSERT_EQ(pair_put(&pair, 2, 64, &signal), 0);
	pair_get(&pair, 1, 64);

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		set_write(&pair, bad_indices[i]);
		before = snapshot_take(&pair);
		EXPECT_EQ(vmb_ring_peek(&pair.consumer, &bytes), -EPROTO);
		EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), -EPROTO);
		EXPECT(!vmb_ring_empty(&pair.consumer));
		expect_unchanged(&pair, before);
	}

	EXPECT_EQ(bytes, 99);
	EXPECT_MEM(buf, untouched, sizeof(buf));
	set_write(&pair, 128);
	pair_get(&pair, 2, 64);
	pair_free(&pair);
}

/* Every used amount, against descriptors around each boundary. */
static void lengths_in_the_descriptor_are_checked_against_what_is_used(void)
{
	static const u32 starts[] = { 0, 2048, SIZE - 8, SIZE - 16, SIZE - 64 };
	struct ring_pair pair;
	u32 used, len8, offset8, bytes;
	struct vmb_descriptor *head;
	bool good;
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(starts); i++) {
		pair = pair_new(SIZE, starts[i]);
		head = (struct vmb_descriptor *)word_at(&pair, starts[i]);
		for (used = 8; used <= 96; used += 8) {
			set_write(&pair, (starts[i] + used) % SIZE);
			for (len8 = 0; len8 <= 14; len8++) {
				for (offset8 = 0; offset8 <= 15; offset8++) {
					head->len8 = cpu_to_le16(len8);
					head->offset8 = cpu_to_le16(offset8);
					good = offset8 >= 2 && len8 >= offset8 &&
					       len8 * 8 + 8 <= used;
					err = vmb_ring_peek(&pair.consumer, &bytes);
					EXPECT_EQ(err, good ? 0 : -EPROTO);
					if (!err)
						EXPECT_EQ(bytes, len8 * 8);
				}
			}
		}
		pair_free(&pair);
	}
}

static void largest_field_values_are_refused(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	struct vmb_descriptor *head = (void *)pair.data;
	u8 buf[64];
	u32 bytes;

	set_write(&pair, SIZE - 8);
	head->len8 = cpu_to_le16(U16_MAX);
	head->offset8 = cpu_to_le16(2);
	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), -EPROTO);
	head->len8 = cpu_to_le16(8);
	head->offset8 = cpu_to_le16(U16_MAX);
	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), -EPROTO);
	EXPECT_EQ(pair.consumer.own, 0);
	pair_free(&pair);
}

/* A peer that writes anything anywhere: no read outside, no packet too long. */
static void random_memory_is_survived(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	unsigned int packets = 0;
	u64 seed = 31337;
	u8 *buf = test_alloc(2048);
	u32 round, bytes, i;
	bool signal;
	int err;

	for (round = 0; round < 200000; round++) {
		i = 8 * test_random_below(&seed, SIZE / 8);
		*word_at(&pair, i) = cpu_to_le64(test_random(&seed) & 0x0001003f00030fULL);
		if (!test_random_below(&seed, 4))
			set_write(&pair, 8 * test_random_below(&seed, SIZE / 8 + 1));
		if (!test_random_below(&seed, 4))
			set_read(&pair, 8 * test_random_below(&seed, SIZE / 8 + 1));
		if (!test_random_below(&seed, 50))
			pair.control->pending_send_sz = cpu_to_le32(test_random(&seed));

		err = vmb_ring_read(&pair.consumer, buf, 2048, &bytes);
		EXPECT(!err || err == -EAGAIN || err == -EPROTO || err == -EMSGSIZE);
		EXPECT(pair.consumer.own < SIZE && pair.consumer.own % 8 == 0);
		if (!err) {
			EXPECT(bytes >= 16 && bytes <= 2048);
			EXPECT_EQ(le16_to_cpu(((struct vmb_descriptor *)buf)->len8) * 8, bytes);
			packets++;
		}
		vmb_ring_commit(&pair.consumer);
		pair_put(&pair, round, 24 + 8 * test_random_below(&seed, 20), &signal);
		EXPECT(pair.producer.own < SIZE && pair.producer.own % 8 == 0);
	}

	EXPECT(packets > 100);
	free(buf);
	pair_free(&pair);
}

static const struct test_case cases[] = {
	TEST_CASE(attach_refuses_hostile_indices),
	TEST_CASE(write_refuses_a_hostile_read_index),
	TEST_CASE(producer_never_reads_its_own_index_back),
	TEST_CASE(consumer_never_reads_its_own_index_back),
	TEST_CASE(read_refuses_a_hostile_write_index_and_recovers),
	TEST_CASE(lengths_in_the_descriptor_are_checked_against_what_is_used),
	TEST_CASE(largest_field_values_are_refused),
	TEST_CASE(random_memory_is_survived),
};

TEST_MAIN(cases)

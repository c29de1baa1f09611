// SPDX-License-Identifier: GPL-2.0-only
/*
 * Flow between the two ends: signals, the mask, waiting for room.
 */
#include <linux/limits.h>
#include "ring_pair.h"

static void signal_comes_only_when_the_ring_was_empty(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal = false;

	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(signal);
	ASSERT_EQ(pair_put(&pair, 2, 64, &signal), 0);
	EXPECT(!signal);
	pair_get(&pair, 1, 64);
	pair_get(&pair, 2, 64);
	/* Read and not committed: the producer cannot know. */
	ASSERT_EQ(pair_put(&pair, 3, 64, &signal), 0);
	EXPECT(!signal);
	pair_get(&pair, 3, 64);
	vmb_ring_commit(&pair.consumer);
	ASSERT_EQ(pair_put(&pair, 4, 64, &signal), 0);
	EXPECT(signal);
	pair_free(&pair);
}

static void masked_ring_gives_no_signal(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal = true;

	vmb_ring_mask(&pair.consumer);
	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(!signal);
	pair_get(&pair, 1, 64);
	vmb_ring_commit(&pair.consumer);
	/* Any value but 0 masks. */
	pair.control->interrupt_mask = cpu_to_le32(0x80000000);
	ASSERT_EQ(pair_put(&pair, 2, 64, &signal), 0);
	EXPECT(!signal);
	pair_free(&pair);
}

static void unmask_says_whether_data_is_there(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;

	vmb_ring_mask(&pair.consumer);
	EXPECT(!vmb_ring_unmask(&pair.consumer));
	EXPECT_EQ(pair.control->interrupt_mask, 0);

	vmb_ring_mask(&pair.consumer);
	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(vmb_ring_unmask(&pair.consumer));

	vmb_ring_mask(&pair.consumer);
	pair_get(&pair, 1, 64);
	vmb_ring_commit(&pair.consumer);
	EXPECT(!vmb_ring_unmask(&pair.consumer));
	ASSERT_EQ(pair_put(&pair, 2, 64, &signal), 0);
	EXPECT(signal);

	/* Nonsense counts as data, so that the reader meets it. */
	pair_get(&pair, 2, 64);
	vmb_ring_commit(&pair.consumer);
	set_write(&pair, U32_MAX);
	EXPECT(vmb_ring_unmask(&pair.consumer));
	pair_free(&pair);
}

static void wait_space_announces_the_bytes_until_cleared(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;

	ASSERT_EQ(pair_put(&pair, 1, 4000, &signal), 0);
	EXPECT(!vmb_ring_wait_space(&pair.producer, 96));
	EXPECT_EQ(le32_to_cpu(pair.control->pending_send_sz), 96);
	vmb_ring_clear_wait(&pair.producer);
	EXPECT_EQ(pair.control->pending_send_sz, 0);
	pair_free(&pair);
}

static void wait_space_agrees_with_write_at_every_amount(void)
{
	struct ring_pair pair;
	u32 need;
	bool signal, room;

	for (need = 24; need <= SIZE - 8; need += 8) {
		pair = pair_new(SIZE, 1000);
		ASSERT_EQ(pair_put(&pair, 1, 2000, &signal), 0);
		room = vmb_ring_wait_space(&pair.producer, need);
		EXPECT_EQ(le32_to_cpu(pair.control->pending_send_sz), room ? 0 : need);
		EXPECT_EQ(pair_put(&pair, 2, need, &signal), room ? 0 : -EAGAIN);
		pair_free(&pair);
	}
}

static void wait_space_never_waits_for_what_cannot_come(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;
	size_t i;

	EXPECT(vmb_ring_wait_space(&pair.producer, SIZE));
	EXPECT(vmb_ring_wait_space(&pair.producer, U32_MAX));
	ASSERT_EQ(pair_put(&pair, 1, 4000, &signal), 0);
	EXPECT(!vmb_ring_wait_space(&pair.producer, SIZE - 8));
	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		set_read(&pair, bad_indices[i]);
		EXPECT(vmb_ring_wait_space(&pair.producer, 1000));
		EXPECT_EQ(pair.control->pending_send_sz, 0);
	}
	pair_free(&pair);
}

/*
 * 40 packets of 96 bytes are in the ring. For every amount that a producer can
 * wait for, in batches of several sizes: the signal comes in exactly the commit
 * that makes enough room.
 */
static void commit_signals_exactly_when_there_is_room_again(void)
{
	u32 pending, batch, free_before, free_now, done;
	struct ring_pair pair;
	unsigned int signals;
	bool signal, want;
	u32 i;

	for (batch = 1; batch <= 40; batch += 13) {
		for (pending = 0; pending <= SIZE - 8; pending += 8) {
			pair = pair_new(SIZE, 3000);
			for (i = 0; i < 40; i++)
				ASSERT_EQ(pair_put(&pair, i, 96, &signal), 0);
			free_before = SIZE - 8 - 40 * 96;
			pair.control->pending_send_sz = cpu_to_le32(pending);
			for (signals = 0, done = 0; done < 40;) {
				for (i = 0; i < batch && done < 40; i++)
					pair_get(&pair, done++, 96);
				free_now = SIZE - 8 - (40 - done) * 96;
				want = pending && free_before < pending && free_now >= pending;
				signal = vmb_ring_commit(&pair.consumer);
				EXPECT_EQ(signal, want);
				signals += signal;
				free_before = free_now;
			}
			EXPECT_EQ(signals, pending > SIZE - 8 - 40 * 96 ? 1 : 0);
			pair_free(&pair);
		}
	}
}

static void commit_rounds_pending_down_to_8(void)
{
	static const u32 pendings[] = { SIZE - 1, SIZE - 2, SIZE - 7, SIZE - 8 };
	struct ring_pair pair;
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(pendings); i++) {
		pair = pair_new(SIZE, 0);
		ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
		ASSERT_EQ(pair_put(&pair, 2, 64, &signal), 0);
		pair.control->pending_send_sz = cpu_to_le32(pendings[i]);
		pair_get(&pair, 1, 64);
		EXPECT(!vmb_ring_commit(&pair.consumer));
		pair_get(&pair, 2, 64);
		EXPECT(vmb_ring_commit(&pair.consumer));
		pair_free(&pair);
	}
}

static void commit_without_news_gives_no_signal(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;
	u32 i;

	/* Nothing read, and the ring can take what is waited for. */
	pair.control->pending_send_sz = cpu_to_le32(64);
	EXPECT(!vmb_ring_commit(&pair.consumer));

	/* 1..7 is nothing. */
	ASSERT_EQ(pair_put(&pair, 1, SIZE - 8, &signal), 0);
	pair.control->pending_send_sz = cpu_to_le32(7);
	pair_get(&pair, 1, SIZE - 8);
	EXPECT(!vmb_ring_commit(&pair.consumer));

	/* More than any ring can give. */
	for (i = 0; i < 2; i++) {
		ASSERT_EQ(pair_put(&pair, 2, SIZE - 8, &signal), 0);
		pair.control->pending_send_sz = cpu_to_le32(i ? U32_MAX : SIZE);
		pair_get(&pair, 2, SIZE - 8);
		EXPECT(!vmb_ring_commit(&pair.consumer));
	}
	pair_free(&pair);
}

static void commit_needs_the_feature_bit(void)
{
	static const u32 features[] = { 0, 2, 0xfffffffe, 1, 3, U32_MAX };
	struct ring_pair pair;
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(features); i++) {
		pair = pair_new(SIZE, 0);
		pair.control->feature_bits = cpu_to_le32(features[i]);
		ASSERT_EQ(pair_put(&pair, 1, SIZE - 8, &signal), 0);
		EXPECT(!vmb_ring_wait_space(&pair.producer, 64));
		pair_get(&pair, 1, SIZE - 8);
		EXPECT_EQ(vmb_ring_commit(&pair.consumer), features[i] & 1);
		EXPECT_EQ(pair.consumer.own, le32_to_cpu(pair.control->read_index));
		pair_free(&pair);
	}
}

static void commit_with_a_hostile_write_index_still_moves(void)
{
	struct ring_pair pair;
	bool signal;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		pair = pair_new(SIZE, 0);
		ASSERT_EQ(pair_put(&pair, 1, SIZE - 8, &signal), 0);
		EXPECT(!vmb_ring_wait_space(&pair.producer, 64));
		pair_get(&pair, 1, SIZE - 8);
		set_write(&pair, bad_indices[i]);
		EXPECT(!vmb_ring_commit(&pair.consumer));
		EXPECT_EQ(le32_to_cpu(pair.control->read_index), SIZE - 8);
		pair_free(&pair);
	}
}

/* The producer is blocked, whatever it makes of the consumer's own index. */
static void commit_judges_by_its_own_index(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;

	ASSERT_EQ(pair_put(&pair, 1, SIZE - 8, &signal), 0);
	EXPECT(!vmb_ring_wait_space(&pair.producer, 64));
	pair_get(&pair, 1, SIZE - 8);
	set_read(&pair, SIZE - 8);
	EXPECT(vmb_ring_commit(&pair.consumer));
	pair_free(&pair);
}

/* The whole dialogue, once in each direction of a channel. */
static void blocked_producer_is_woken_once(void)
{
	struct ring_pair pair;
	int direction;
	bool signal;

	for (direction = 0; direction < 2; direction++) {
		pair = pair_new(SIZE, direction ? SIZE - 8 : 0);
		ASSERT_EQ(pair_put(&pair, 1, 2000, &signal), 0);
		ASSERT_EQ(pair_put(&pair, 2, 2000, &signal), 0);
		EXPECT_EQ(pair_put(&pair, 3, 3000, &signal), -EAGAIN);
		EXPECT(!vmb_ring_wait_space(&pair.producer, 3000));

		pair_get(&pair, 1, 2000);
		EXPECT(!vmb_ring_commit(&pair.consumer));
		EXPECT_EQ(pair_put(&pair, 3, 3000, &signal), -EAGAIN);
		pair_get(&pair, 2, 2000);
		EXPECT(vmb_ring_commit(&pair.consumer));
		EXPECT(!vmb_ring_commit(&pair.consumer));

		EXPECT_EQ(pair_put(&pair, 3, 3000, &signal), 0);
		EXPECT(signal);
		vmb_ring_clear_wait(&pair.producer);
		pair_get(&pair, 3, 3000);
		EXPECT(!vmb_ring_commit(&pair.consumer));
		pair_free(&pair);
	}
}

/* What an honest pair of ends must do, kept by simple means. */
struct model {
	u64 next_put, next_get;
	u32 lengths[1024];
	u32 uncommitted, used;
	u32 pending;
	bool masked;
};

static void model_write(struct ring_pair *pair, struct model *model, u64 *seed)
{
	u32 most = test_random_below(seed, 16) ? 300 : pair->size;
	u32 need = 24 + 8 * test_random_below(seed, most / 8);
	bool was_empty = !model->used && !model->uncommitted;
	bool signal = false;
	int err;

	err = pair_put(pair, model->next_put, need, &signal);
	if (need > pair->size - 8) {
		EXPECT_EQ(err, -EMSGSIZE);
	} else if (need > pair->size - 8 - model->used - model->uncommitted) {
		EXPECT_EQ(err, -EAGAIN);
		if (test_random_below(seed, 2)) {
			EXPECT(!vmb_ring_wait_space(&pair->producer, need));
			model->pending = need;
		}
	} else {
		EXPECT_EQ(err, 0);
		EXPECT_EQ(signal, was_empty && !model->masked);
		model->lengths[model->next_put++ % ARRAY_SIZE(model->lengths)] = need;
		model->used += need;
		vmb_ring_clear_wait(&pair->producer);
		model->pending = 0;
	}
}

static void model_read(struct ring_pair *pair, struct model *model)
{
	u32 need = model->lengths[model->next_get % ARRAY_SIZE(model->lengths)];
	u32 bytes;

	if (!model->used) {
		EXPECT(vmb_ring_empty(&pair->consumer));
		EXPECT_EQ(vmb_ring_peek(&pair->consumer, &bytes), -EAGAIN);
		return;
	}

	EXPECT_EQ(vmb_ring_peek(&pair->consumer, &bytes), 0);
	EXPECT_EQ(bytes, need - 8);
	pair_get(pair, model->next_get++, need);
	model->used -= need;
	model->uncommitted += need;
}

static void model_commit(struct ring_pair *pair, struct model *model)
{
	u32 now = pair->size - 8 - model->used;
	u32 before = now - model->uncommitted;

	EXPECT_EQ(vmb_ring_commit(&pair->consumer),
		  model->pending && before < model->pending && now >= model->pending);
	model->uncommitted = 0;
}

static void model_step(struct ring_pair *pair, struct model *model, u64 *seed)
{
	switch (test_random_below(seed, 10)) {
	case 0 ... 3:
		model_write(pair, model, seed);
		break;
	case 4 ... 6:
		model_read(pair, model);
		break;
	case 7:
		model_commit(pair, model);
		break;
	case 8:
		vmb_ring_mask(&pair->consumer);
		model->masked = true;
		break;
	default:
		EXPECT_EQ(vmb_ring_unmask(&pair->consumer), model->used > 0);
		model->masked = false;
	}
}

/* Both rings of a channel, sizes that are no power of two among them. */
static void random_exchange_arrives_byte_for_byte(void)
{
	static const u32 sizes[] = { 4096, 8192, 12288, 20480 };
	struct ring_pair pairs[2];
	struct model models[2];
	u64 seed = 20240607;
	u32 round;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		memset(models, 0, sizeof(models));
		pairs[0] = pair_new(sizes[i], 8 * test_random_below(&seed, sizes[i] / 8));
		pairs[1] = pair_new(sizes[3 - i], 8 * test_random_below(&seed, sizes[3 - i] / 8));
		for (round = 0; round < 100000 && !test_failures; round++)
			model_step(&pairs[round % 2], &models[round % 2], &seed);
		EXPECT(models[0].next_get > 5000 && models[1].next_get > 5000);
		pair_free(&pairs[0]);
		pair_free(&pairs[1]);
	}
}

static const struct test_case cases[] = {
	TEST_CASE(signal_comes_only_when_the_ring_was_empty),
	TEST_CASE(masked_ring_gives_no_signal),
	TEST_CASE(unmask_says_whether_data_is_there),
	TEST_CASE(wait_space_announces_the_bytes_until_cleared),
	TEST_CASE(wait_space_agrees_with_write_at_every_amount),
	TEST_CASE(wait_space_never_waits_for_what_cannot_come),
	TEST_CASE(commit_signals_exactly_when_there_is_room_again),
	TEST_CASE(commit_rounds_pending_down_to_8),
	TEST_CASE(commit_without_news_gives_no_signal),
	TEST_CASE(commit_needs_the_feature_bit),
	TEST_CASE(commit_with_a_hostile_write_index_still_moves),
	TEST_CASE(commit_judges_by_its_own_index),
	TEST_CASE(blocked_producer_is_woken_once),
	TEST_CASE(random_exchange_arrives_byte_for_byte),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the other end does between two steps of a call. The ring is built here
 * with hooks: the other end acts once, at a chosen barrier, index load, index
 * store or copy, and the call must come out right all the same.
 */
#include <linux/limits.h>
#include <linux/string.h>
#include <asm/barrier.h>
#include "ring_pair.h"

static struct ring_pair pair;

/* Each is called once, then forgotten. */
static void (*at_barrier)(void);
static void (*after_load)(void);
static void (*before_store)(void);
static void (*after_copy)(void);

static unsigned int descriptor_copies;
static unsigned int index_loads;

static void act_once(void (**hook)(void))
{
	void (*act)(void) = *hook;

	*hook = NULL;
	if (act)
		act();
}

static inline void hooked_barrier(void)
{
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	act_once(&at_barrier);
}

static inline __le32 hooked_load(const __le32 *shared)
{
	__le32 value = __atomic_load_n(shared, __ATOMIC_ACQUIRE);

	index_loads++;
	act_once(&after_load);
	return value;
}

static inline void hooked_store(__le32 *shared, __le32 value)
{
	act_once(&before_store);
	__atomic_store_n(shared, value, __ATOMIC_RELEASE);
}

static inline void *hooked_copy(void *to, const void *from, size_t bytes)
{
	memcpy(to, from, bytes);
	/* The packet of these tests lies at the start of the data. */
	if (bytes && from == pair.data)
		descriptor_copies++;
	act_once(&after_copy);
	return to;
}

#undef virt_mb
#undef virt_load_acquire
#undef virt_store_release
#define virt_mb()			hooked_barrier()
#define virt_load_acquire(shared)	hooked_load(shared)
#define virt_store_release(shared, v)	hooked_store(shared, v)
#define memcpy(to, from, bytes)		hooked_copy(to, from, bytes)
#include "wire/ring.c"
#undef memcpy

static void put(u64 id, u32 need)
{
	bool signal;

	EXPECT_EQ(pair_put(&pair, id, need, &signal), 0);
}

static void start(void)
{
	pair = pair_new(SIZE, 0);
	at_barrier = NULL;
	after_load = NULL;
	before_store = NULL;
	after_copy = NULL;
	descriptor_copies = 0;
	index_loads = 0;
}

static void finish(void)
{
	pair_free(&pair);
}

static void grow_the_descriptor(void)
{
	struct vmb_descriptor *head = (void *)pair.data;

	head->type = cpu_to_le16(0xdead);
	head->offset8 = cpu_to_le16(400);
	head->len8 = cpu_to_le16(500);
	head->flags = cpu_to_le16(0xbeef);
	head->transaction_id = cpu_to_le64(U64_MAX);
}

static void descriptor_that_changes_after_the_check_stays_out(void)
{
	struct vmb_descriptor want;
	u32 bytes = 0;
	u8 *buf;

	start();
	put(1, 64);
	memcpy(&want, pair.data, sizeof(want));
	buf = test_alloc(56);
	descriptor_copies = 0;
	after_copy = grow_the_descriptor;

	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, 56, &bytes), 0);
	EXPECT_EQ(bytes, 56);
	EXPECT_MEM(buf, &want, sizeof(want));
	EXPECT_EQ(descriptor_copies, 1);
	EXPECT_EQ(pair.consumer.own, 64);
	free(buf);
	finish();
}

static void spoil_write_index(void)
{
	pair.control->write_index = cpu_to_le32(U32_MAX);
}

static void write_index_is_loaded_once_by_a_read(void)
{
	u32 bytes;
	u8 buf[56];

	start();
	put(1, 64);
	index_loads = 0;
	after_load = spoil_write_index;
	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), 0);
	EXPECT_EQ(bytes, 56);
	EXPECT_EQ(index_loads, 1);
	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), -EPROTO);
	finish();
}

static void spoil_read_index(void)
{
	pair.control->read_index = cpu_to_le32(U32_MAX);
}

static void read_index_is_loaded_once_by_a_write(void)
{
	bool signal = true;

	start();
	index_loads = 0;
	after_load = spoil_read_index;
	EXPECT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(!signal);
	EXPECT_EQ(index_loads, 1);
	EXPECT_EQ(pair_put(&pair, 2, 64, &signal), -EPROTO);
	finish();
}

static void packet_is_complete(void)
{
	const struct vmb_descriptor *head = (void *)pair.data;
	const __le64 *trailer = (void *)(pair.data + 56);
	u8 want[40];

	pattern_fill(want, sizeof(want), 1);
	EXPECT_EQ(pair.control->write_index, 0);
	EXPECT_EQ(le16_to_cpu(head->len8), 7);
	EXPECT_EQ(le64_to_cpu(head->transaction_id), 1);
	EXPECT_MEM(pair.data + 16, want, sizeof(want));
	EXPECT_EQ(*trailer, 0);
	index_loads = 1000;
}

static void packet_is_complete_before_its_index_is_stored(void)
{
	start();
	before_store = packet_is_complete;
	put(1, 64);
	EXPECT(index_loads >= 1000);
	EXPECT_EQ(le32_to_cpu(pair.control->write_index), 64);
	finish();
}

static void drain_and_commit(void)
{
	pair_get(&pair, 1, 64);
	EXPECT(!vmb_ring_commit(&pair.consumer));
}

static void no_signal_if_the_consumer_took_the_packet_meanwhile(void)
{
	bool signal = true;

	start();
	at_barrier = drain_and_commit;
	EXPECT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(!signal);
	finish();
}

static void mask_now(void)
{
	pair.control->interrupt_mask = cpu_to_le32(1);
}

static void no_signal_if_the_consumer_masks_meanwhile(void)
{
	bool signal = true;

	start();
	at_barrier = mask_now;
	EXPECT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(!signal);
	finish();
}

static void unmask_now(void)
{
	EXPECT_EQ(le32_to_cpu(pair.control->write_index), 64);
	pair.control->interrupt_mask = 0;
}

static void signal_if_the_consumer_unmasks_meanwhile(void)
{
	bool signal = false;

	start();
	vmb_ring_mask(&pair.consumer);
	at_barrier = unmask_now;
	EXPECT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	EXPECT(signal);
	finish();
}

static void write_while_unmasking(void)
{
	EXPECT_EQ(pair.control->interrupt_mask, 0);
	put(1, 64);
}

static void unmask_sees_data_that_came_meanwhile(void)
{
	start();
	vmb_ring_mask(&pair.consumer);
	at_barrier = write_while_unmasking;
	EXPECT(vmb_ring_unmask(&pair.consumer));
	finish();
}

static void mask_is_set(void)
{
	EXPECT(pair.control->interrupt_mask);
	index_loads = 1000;
}

static void mask_is_set_before_its_barrier(void)
{
	start();
	at_barrier = mask_is_set;
	vmb_ring_mask(&pair.consumer);
	EXPECT_EQ(index_loads, 1000);
	finish();
}

static void make_room_while_announcing(void)
{
	EXPECT_EQ(le32_to_cpu(pair.control->pending_send_sz), 3000);
	pair_get(&pair, 1, 4000);
	vmb_ring_commit(&pair.consumer);
}

static void wait_space_sees_room_that_came_meanwhile(void)
{
	start();
	put(1, 4000);
	at_barrier = make_room_while_announcing;
	EXPECT(vmb_ring_wait_space(&pair.producer, 3000));
	EXPECT_EQ(pair.control->pending_send_sz, 0);
	finish();
}

static void announce_now(void)
{
	EXPECT_EQ(le32_to_cpu(pair.control->read_index), 4000);
	pair.control->pending_send_sz = cpu_to_le32(3000);
}

static void commit_sees_a_wish_that_came_meanwhile(void)
{
	start();
	put(1, 4000);
	pair_get(&pair, 1, 4000);
	at_barrier = announce_now;
	EXPECT(vmb_ring_commit(&pair.consumer));
	finish();
}

static void withdraw_now(void)
{
	vmb_ring_clear_wait(&pair.producer);
}

static void commit_respects_a_wish_withdrawn_meanwhile(void)
{
	start();
	put(1, 4000);
	EXPECT(!vmb_ring_wait_space(&pair.producer, 3000));
	pair_get(&pair, 1, 4000);
	at_barrier = withdraw_now;
	EXPECT(!vmb_ring_commit(&pair.consumer));
	finish();
}

/* A producer that fills the ring again meanwhile is not blocked by the old state. */
static void write_meanwhile(void)
{
	put(2, 2000);
	pair.control->pending_send_sz = cpu_to_le32(3000);
}

static void commit_counts_what_was_written_meanwhile(void)
{
	start();
	put(1, 4000);
	pair_get(&pair, 1, 4000);
	at_barrier = write_meanwhile;
	EXPECT(!vmb_ring_commit(&pair.consumer));
	finish();
}

static const struct test_case cases[] = {
	TEST_CASE(descriptor_that_changes_after_the_check_stays_out),
	TEST_CASE(write_index_is_loaded_once_by_a_read),
	TEST_CASE(read_index_is_loaded_once_by_a_write),
	TEST_CASE(packet_is_complete_before_its_index_is_stored),
	TEST_CASE(no_signal_if_the_consumer_took_the_packet_meanwhile),
	TEST_CASE(no_signal_if_the_consumer_masks_meanwhile),
	TEST_CASE(signal_if_the_consumer_unmasks_meanwhile),
	TEST_CASE(unmask_sees_data_that_came_meanwhile),
	TEST_CASE(mask_is_set_before_its_barrier),
	TEST_CASE(wait_space_sees_room_that_came_meanwhile),
	TEST_CASE(commit_sees_a_wish_that_came_meanwhile),
	TEST_CASE(commit_respects_a_wish_withdrawn_meanwhile),
	TEST_CASE(commit_counts_what_was_written_meanwhile),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/limits.h>
#include "ring_pair.h"

static void attach_takes_a_new_ring(void)
{
	struct vmb_ring_control *control = test_alloc(sizeof(*control));
	u8 *data = test_alloc(3 * SIZE);
	struct vmb_ring ring;
	u32 bytes;

	ASSERT_EQ(vmb_ring_attach(&ring, control, data, 3 * SIZE, false), 0);
	EXPECT_EQ(ring.size, 3 * SIZE);
	EXPECT_EQ(ring.own, 0);
	EXPECT(vmb_ring_empty(&ring));
	EXPECT_EQ(vmb_ring_peek(&ring, &bytes), -EAGAIN);
	free(data);
	free(control);
}

static void attach_refuses_what_cannot_be_a_ring(void)
{
	static const u32 sizes[] = { 0, 1, 8, 2048, 4088, 4095, 4097, 4104, 6144, U32_MAX };
	struct vmb_ring ring = { .own = 77 };
	struct vmb_ring untouched = ring;
	u8 *memory = test_alloc(3 * SIZE);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		EXPECT_EQ(vmb_ring_attach(&ring, memory, memory + SIZE, sizes[i], true), -EINVAL);
	EXPECT_EQ(vmb_ring_attach(&ring, NULL, memory, SIZE, true), -EINVAL);
	EXPECT_EQ(vmb_ring_attach(&ring, memory, NULL, SIZE, true), -EINVAL);
	EXPECT_EQ(vmb_ring_attach(&ring, memory, memory + SIZE + 4, SIZE, true), -EINVAL);
	EXPECT_EQ(vmb_ring_attach(&ring, memory + 4, memory + SIZE, SIZE, true), -EINVAL);
	EXPECT_MEM(&ring, &untouched, sizeof(ring));
	free(memory);
}

/* As after a restore: the ring is in use, the ends are new. */
static void attach_goes_on_where_the_indices_stand(void)
{
	struct ring_pair pair = pair_new(SIZE, SIZE - 8);
	u32 write_index, read_index;
	bool signal;

	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	ASSERT_EQ(pair_put(&pair, 2, 72, &signal), 0);
	pair_get(&pair, 1, 64);
	vmb_ring_commit(&pair.consumer);
	pair_attach(&pair);

	ASSERT_EQ(vmb_ring_indices(&pair.consumer, &write_index, &read_index), 0);
	EXPECT_EQ(write_index, 128);
	EXPECT_EQ(read_index, 56);
	ASSERT_EQ(pair_put(&pair, 3, 80, &signal), 0);
	pair_get(&pair, 2, 72);
	pair_get(&pair, 3, 80);
	EXPECT(vmb_ring_empty(&pair.consumer));
	pair_free(&pair);
}

/* What is read and not committed is read again by the next consumer. */
static void uncommitted_packets_are_still_there_after_attach(void)
{
	struct ring_pair pair = pair_new(SIZE, 0);
	bool signal;

	ASSERT_EQ(pair_put(&pair, 1, 64, &signal), 0);
	pair_get(&pair, 1, 64);
	pair_attach(&pair);
	pair_get(&pair, 1, 64);
	pair_free(&pair);
}

/* Written down by hand, from the layout that Linux guests use. */
static void bytes_in_memory_are_those_of_vmbus(void)
{
	static const u8 want[] = {
		/* type 9, offset8 3, len8 5, flags 1, id */
		0x09, 0x00, 0x03, 0x00, 0x05, 0x00, 0x01, 0x00,
		0xef, 0xcd, 0xab, 0x89, 0x67, 0x45, 0x23, 0x01,
		/* extra header */
		'e', 'x', 't', 'r', 'a', '-', '8', '!',
		/* payload of 9 bytes and its padding */
		'p', 'a', 'y', 'l', 'o', 'a', 'd', '-', '9', 0, 0, 0, 0, 0, 0, 0,
		/* trailer: reserved, offset of the packet */
		0, 0, 0, 0, 0x08, 0x01, 0, 0,
	};
	struct ring_pair pair = pair_new(SIZE, 0x108);
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_GPA_DIRECT,
		.flags = 1,
		.transaction_id = 0x0123456789abcdefULL,
		.extra = "extra-8!",
		.extra_len = 8,
		.payload = "payload-9",
		.payload_len = 9,
	};
	const u8 *page = (const u8 *)pair.control;
	bool signal = false;

	ASSERT_EQ(vmb_ring_write(&pair.producer, &packet, &signal), 0);

	EXPECT(signal);
	EXPECT_MEM(pair.data + 0x108, want, sizeof(want));
	EXPECT_EQ(pair.data[0x107], 0xee);
	EXPECT_EQ(pair.data[0x108 + sizeof(want)], 0xee);
	EXPECT_MEM(page, "\x38\x01\0\0\x08\x01\0\0\0\0\0\0\0\0\0\0", 16);
	EXPECT_EQ(page[64], 1);
	vmb_ring_mask(&pair.consumer);
	EXPECT(page[8]);
	vmb_ring_wait_space(&pair.producer, SIZE - 8);
	EXPECT_MEM(page + 12, "\xf8\x0f\0\0", 4);
	pair_free(&pair);
}

static void need_counts_descriptor_padding_and_trailer(void)
{
	EXPECT_EQ(vmb_ring_need(0, 0), 24);
	EXPECT_EQ(vmb_ring_need(0, 1), 32);
	EXPECT_EQ(vmb_ring_need(0, 8), 32);
	EXPECT_EQ(vmb_ring_need(0, 9), 40);
	EXPECT_EQ(vmb_ring_need(8, 0), 32);
	EXPECT_EQ(vmb_ring_need(24, 17), 72);
}

static void need_ends_where_the_descriptor_does(void)
{
	const u32 most = 65535 * 8 - 16;

	EXPECT_EQ(vmb_ring_need(0, most), most + 24);
	EXPECT_EQ(vmb_ring_need(0, most - 7), most + 24);
	EXPECT_EQ(vmb_ring_need(0, most + 1), U32_MAX);
	EXPECT_EQ(vmb_ring_need(8, most - 8), most + 24);
	EXPECT_EQ(vmb_ring_need(8, most - 7), U32_MAX);
	EXPECT_EQ(vmb_ring_need(most, 0), most + 24);
	EXPECT_EQ(vmb_ring_need(most + 8, 0), U32_MAX);
	EXPECT_EQ(vmb_ring_need(U32_MAX - 7, 8), U32_MAX);
	EXPECT_EQ(vmb_ring_need(8, U32_MAX), U32_MAX);
	EXPECT_EQ(vmb_ring_need(U32_MAX, U32_MAX), U32_MAX);
}

static void largest_packet_leaves_8_bytes_at_every_offset(void)
{
	u32 start, write_index, read_index;
	struct ring_pair pair;
	bool signal;

	for (start = 0; start < SIZE; start += 8) {
		pair = pair_new(SIZE, start);
		EXPECT(vmb_ring_fits(&pair.producer, 0, SIZE - 32));
		EXPECT(!vmb_ring_fits(&pair.producer, 0, SIZE - 31));
		EXPECT_EQ(pair_put(&pair, start, SIZE, &signal), -EMSGSIZE);
		ASSERT_EQ(pair_put(&pair, start, SIZE - 8, &signal), 0);
		EXPECT_EQ(pair_put(&pair, 1, 24, &signal), -EAGAIN);
		ASSERT_EQ(vmb_ring_indices(&pair.producer, &write_index, &read_index), 0);
		EXPECT_EQ(read_index, start);
		EXPECT_EQ(write_index, (start + SIZE - 8) % SIZE);
		pair_get(&pair, start, SIZE - 8);
		pair_free(&pair);
	}
}

static void room_is_exact_at_every_offset(void)
{
	struct ring_pair pair;
	u32 start, left;
	bool signal;

	for (start = 0; start < SIZE; start += 40) {
		for (left = 24; left <= 64; left += 8) {
			pair = pair_new(SIZE, start);
			ASSERT_EQ(pair_put(&pair, 1, SIZE - 8 - left, &signal), 0);
			EXPECT_EQ(pair_put(&pair, 2, left + 8, &signal), -EAGAIN);
			EXPECT_EQ(pair_put(&pair, 2, left, &signal), 0);
			EXPECT_EQ(pair_put(&pair, 3, 24, &signal), -EAGAIN);
			pair_get(&pair, 1, SIZE - 8 - left);
			/* Not yet committed: no room. */
			EXPECT_EQ(pair_put(&pair, 3, 24, &signal), -EAGAIN);
			vmb_ring_commit(&pair.consumer);
			EXPECT_EQ(pair_put(&pair, 3, SIZE - 8 - left, &signal), 0);
			pair_get(&pair, 2, left);
			pair_get(&pair, 3, SIZE - 8 - left);
			pair_free(&pair);
		}
	}
}

/* One packet at @start: where it lies, what is around it, what is read. */
static void expect_packet_passes(u32 start, u32 len, u32 extra_len)
{
	u8 payload[2048] = {}, extra[24], buf[4096];
	struct ring_pair pair = pair_new(SIZE, start);
	struct vmb_ring_packet packet = inband(start + len, payload, len);
	struct vmb_descriptor_view view;
	u32 bytes = 24 + extra_len + ALIGN(len, 8);
	bool signal;

	pattern_fill(payload, len, start + len);
	pattern_fill(extra, sizeof(extra), start ^ len);
	/* Type 7 may have any extra header that announces no ranges. */
	memset(extra + 4, 0, 4);
	packet.extra = extra;
	packet.extra_len = extra_len;
	if (extra_len)
		packet.type = VMB_PACKET_DATA_TRANSFER_PAGES;

	ASSERT_EQ(vmb_ring_write(&pair.producer, &packet, &signal), 0);
	EXPECT_EQ(le32_to_cpu(pair.control->write_index), (start + bytes) % SIZE);
	EXPECT_EQ(le64_to_cpu(*word_at(&pair, start + bytes - 8)), (u64)start << 32);
	EXPECT_EQ(*word_at(&pair, start + bytes), 0xeeeeeeeeeeeeeeeeULL);
	EXPECT_EQ(*word_at(&pair, start + SIZE - 8), 0xeeeeeeeeeeeeeeeeULL);

	ASSERT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), 0);
	ASSERT_EQ(vmb_descriptor_parse(buf, bytes, &view), 0);
	EXPECT_EQ(view.transaction_id, start + len);
	EXPECT_EQ(view.extra_len, extra_len);
	EXPECT_MEM(view.extra, extra, extra_len);
	EXPECT_EQ(view.payload_len, ALIGN(len, 8));
	EXPECT_MEM(view.payload, payload, view.payload_len);
	pair_free(&pair);
}

static void packet_wraps_at_every_offset(void)
{
	static const u32 lengths[] = { 0, 1, 7, 8, 9, 15, 16, 17, 63, 64, 500, 2047 };
	u32 start;
	size_t i;

	for (start = 0; start < SIZE; start += 8) {
		for (i = 0; i < ARRAY_SIZE(lengths); i++) {
			expect_packet_passes(start, lengths[i], 0);
			expect_packet_passes(start, lengths[i], 24);
		}
	}
}

static void longest_packet_of_the_descriptor_passes(void)
{
	const u32 most = 65535 * 8 + 8;
	struct ring_pair pair = pair_new(1 << 20, (1 << 20) - 4096);
	bool signal;

	EXPECT_EQ(pair_put(&pair, 1, most + 8, &signal), -EMSGSIZE);
	ASSERT_EQ(pair_put(&pair, 7, most, &signal), 0);
	pair_get(&pair, 7, most);
	pair_free(&pair);
}

static void refused_write_changes_nothing(void)
{
	struct ring_pair pair = pair_new(SIZE, 1024);
	struct vmb_ring_packet odd = inband(1, NULL, 0);
	struct snapshot *before;
	bool signal;

	odd.extra = "123456789012";
	odd.extra_len = 12;
	ASSERT_EQ(pair_put(&pair, 1, 4000, &signal), 0);

	before = snapshot_take(&pair);
	EXPECT_EQ(pair_put(&pair, 2, 96, &signal), -EAGAIN);
	EXPECT_EQ(pair_put(&pair, 2, SIZE, &signal), -EMSGSIZE);
	EXPECT_EQ(vmb_ring_write(&pair.producer, &odd, &signal), -EINVAL);
	expect_unchanged(&pair, before);
	pair_free(&pair);
}

static void too_small_a_buffer_leaves_the_packet(void)
{
	struct ring_pair pair = pair_new(SIZE, SIZE - 40);
	u32 capacity, bytes;
	bool signal;
	u8 *buf;

	ASSERT_EQ(pair_put(&pair, 1, 128, &signal), 0);
	for (capacity = 0; capacity < 120; capacity++) {
		buf = test_alloc(capacity);
		bytes = 0;
		EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, capacity, &bytes), -EMSGSIZE);
		EXPECT_EQ(bytes, 120);
		EXPECT_EQ(pair.consumer.own, SIZE - 40);
		free(buf);
	}
	/* In a buffer of exactly 120 bytes. */
	pair_get(&pair, 1, 128);
	pair_free(&pair);
}

static void peek_moves_nothing(void)
{
	struct ring_pair pair = pair_new(SIZE, SIZE - 8);
	struct snapshot *before;
	bool signal;
	u32 bytes;
	int i;

	ASSERT_EQ(pair_put(&pair, 1, 72, &signal), 0);
	before = snapshot_take(&pair);
	for (i = 0; i < 3; i++) {
		bytes = 0;
		EXPECT_EQ(vmb_ring_peek(&pair.consumer, &bytes), 0);
		EXPECT_EQ(bytes, 64);
	}
	expect_unchanged(&pair, before);
	pair_free(&pair);
}

static void empty_ring_gives_eagain_and_touches_nothing(void)
{
	struct ring_pair pair = pair_new(SIZE, 512);
	u32 bytes = 99;
	u8 buf[64];

	EXPECT(vmb_ring_empty(&pair.consumer));
	EXPECT_EQ(vmb_ring_peek(&pair.consumer, &bytes), -EAGAIN);
	EXPECT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), -EAGAIN);
	EXPECT_EQ(bytes, 99);
	pair_free(&pair);
}

/* As a pipe frames its messages: the other end sees one payload. */
static void framing_is_the_start_of_the_payload(void)
{
	const struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_INBAND,
		.extra = "framing!",
		.extra_len = 8,
		.framing_len = 8,
		.payload = "and the rest",
		.payload_len = 12,
	};
	struct ring_pair pair = pair_new(SIZE, SIZE - 24);
	struct vmb_descriptor_view view;
	__le64 buf[8];
	bool signal;
	u32 bytes;

	ASSERT_EQ(vmb_ring_write(&pair.producer, &packet, &signal), 0);
	ASSERT_EQ(vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes), 0);
	ASSERT_EQ(vmb_descriptor_parse(buf, bytes, &view), 0);
	EXPECT_EQ(view.extra_len, 0);
	EXPECT_EQ(view.payload_len, 24);
	EXPECT_MEM(view.payload, "framing!and the rest\0\0\0\0", 24);
	pair_free(&pair);
}

static const struct test_case cases[] = {
	TEST_CASE(attach_takes_a_new_ring),
	TEST_CASE(attach_refuses_what_cannot_be_a_ring),
	TEST_CASE(attach_goes_on_where_the_indices_stand),
	TEST_CASE(uncommitted_packets_are_still_there_after_attach),
	TEST_CASE(bytes_in_memory_are_those_of_vmbus),
	TEST_CASE(need_counts_descriptor_padding_and_trailer),
	TEST_CASE(need_ends_where_the_descriptor_does),
	TEST_CASE(largest_packet_leaves_8_bytes_at_every_offset),
	TEST_CASE(room_is_exact_at_every_offset),
	TEST_CASE(packet_wraps_at_every_offset),
	TEST_CASE(longest_packet_of_the_descriptor_passes),
	TEST_CASE(refused_write_changes_nothing),
	TEST_CASE(too_small_a_buffer_leaves_the_packet),
	TEST_CASE(peek_moves_nothing),
	TEST_CASE(empty_ring_gives_eagain_and_touches_nothing),
	TEST_CASE(framing_is_the_start_of_the_payload),
};

TEST_MAIN(cases)

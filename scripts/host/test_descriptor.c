// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/limits.h>
#include "wire/descriptor.h"
#include "wire/gpa.h"
#include "test.h"

#define ID	0xfedcba9876543210ULL

/* A packet of exactly @bytes, for the sanitizer. */
static struct vmb_descriptor *packet_of(u16 type, u32 offset, u32 bytes, u16 flags)
{
	struct vmb_descriptor *packet = test_alloc(bytes);

	packet->type = cpu_to_le16(type);
	packet->offset8 = cpu_to_le16(offset / 8);
	packet->len8 = cpu_to_le16(bytes / 8);
	packet->flags = cpu_to_le16(flags);
	packet->transaction_id = cpu_to_le64(ID);
	return packet;
}

/* Parses, checks that a refusal writes nothing, and frees the packet. */
static int parse_and_free(struct vmb_descriptor *packet, u32 bytes,
			  struct vmb_descriptor_view *view)
{
	struct vmb_descriptor_view untouched;
	int err;

	memset(&untouched, 0x5a, sizeof(untouched));
	memcpy(view, &untouched, sizeof(*view));
	err = vmb_descriptor_parse(packet, bytes, view);
	if (err)
		EXPECT_MEM(view, &untouched, sizeof(*view));
	free(packet);
	return err;
}

static int parse_packet(u16 type, u32 offset, u32 bytes, u16 flags)
{
	struct vmb_descriptor_view view;

	return parse_and_free(packet_of(type, offset, bytes, flags), bytes, &view);
}

static __le64 *words(struct vmb_descriptor *packet)
{
	return (__le64 *)(packet + 1);
}

/* A GPA-direct packet: 16 + 8 + @list bytes of ranges + 16 of payload. */
static struct vmb_descriptor *gpa_packet(u32 range_count, u32 list)
{
	struct vmb_descriptor *packet =
		packet_of(VMB_PACKET_DATA_GPA_DIRECT, 24 + list, 40 + list, 1);

	words(packet)[0] = cpu_to_le64((u64)range_count << 32);
	return packet;
}

static u64 range_head(u32 count, u32 offset)
{
	return (u64)offset << 32 | count;
}

static void inband_packet_is_taken_apart(void)
{
	struct vmb_descriptor *packet = packet_of(VMB_PACKET_DATA_INBAND, 16, 48, 1);
	struct vmb_descriptor_view view;

	ASSERT_EQ(vmb_descriptor_parse(packet, 48, &view), 0);

	EXPECT_EQ(view.type, VMB_PACKET_DATA_INBAND);
	EXPECT_EQ(view.flags, 1);
	EXPECT_EQ(view.transaction_id, ID);
	EXPECT_EQ(view.extra_len, 0);
	EXPECT(view.payload == (u8 *)packet + 16);
	EXPECT_EQ(view.payload_len, 32);
	EXPECT_EQ(view.range_count, 0);
	EXPECT(view.wants_completion);
	free(packet);
}

static void gpa_direct_packet_is_taken_apart(void)
{
	struct vmb_descriptor *packet = gpa_packet(2, 40);
	struct vmb_descriptor_view view;
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;

	words(packet)[1] = cpu_to_le64(range_head(4096, 8));
	words(packet)[2] = cpu_to_le64(0x77);
	words(packet)[3] = cpu_to_le64(0x78);
	words(packet)[4] = cpu_to_le64(range_head(1, 4095));
	words(packet)[5] = cpu_to_le64(0x99);
	ASSERT_EQ(vmb_descriptor_parse(packet, 80, &view), 0);

	EXPECT_EQ(view.range_count, 2);
	EXPECT(view.extra == packet + 1);
	EXPECT_EQ(view.extra_len, 48);
	EXPECT(view.payload == (u8 *)packet + 64);
	EXPECT_EQ(view.payload_len, 16);
	vmb_descriptor_ranges(&view, &cursor);
	ASSERT_EQ(vmb_gpa_range_next(&cursor, &range), 0);
	EXPECT_EQ(range.pfn_count, 2);
	EXPECT_EQ(vmb_gpa_pfn(&range, 1), 0x78);
	ASSERT_EQ(vmb_gpa_range_next(&cursor, &range), 0);
	EXPECT_EQ(range.byte_offset, 4095);
	EXPECT_EQ(vmb_gpa_pfn(&range, 0), 0x99);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &range), -ENODATA);
	free(packet);
}

static void packet_without_gpa_ranges_has_none_to_walk(void)
{
	struct vmb_descriptor *packet = packet_of(VMB_PACKET_COMPLETION, 16, 16, 0);
	struct vmb_descriptor_view view;
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;

	ASSERT_EQ(vmb_descriptor_parse(packet, 16, &view), 0);
	vmb_descriptor_ranges(&view, &cursor);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &range), -ENODATA);
	free(packet);
}

/* All 65536 values of the field; 7 and 9 fail without their extra header. */
static void only_the_four_types_are_accepted(void)
{
	struct vmb_descriptor *packet;
	struct vmb_descriptor_view view;
	unsigned int accepted = 0;
	u32 type;

	for (type = 0; type <= U16_MAX; type++) {
		packet = packet_of(type, 40, 48, 0);
		words(packet)[0] = cpu_to_le64(1ULL << 32);
		words(packet)[1] = cpu_to_le64(range_head(1, 0));
		if (type == VMB_PACKET_DATA_INBAND || type == VMB_PACKET_COMPLETION)
			packet->offset8 = cpu_to_le16(2);

		if (!parse_and_free(packet, 48, &view)) {
			accepted++;
			EXPECT(type == 0x6 || type == 0x7 || type == 0x9 || type == 0xb);
		}
	}

	EXPECT_EQ(accepted, 4);
}

static void only_flag_bit_0_is_accepted(void)
{
	u32 flags;

	for (flags = 0; flags <= U16_MAX; flags++)
		EXPECT_EQ(parse_packet(VMB_PACKET_DATA_INBAND, 16, 24, flags),
			  flags < 2 ? 0 : -EPROTO);
}

static void length_must_be_that_of_the_descriptor(void)
{
	struct vmb_descriptor *packet = packet_of(VMB_PACKET_DATA_INBAND, 16, 64, 0);
	struct vmb_descriptor_view view;
	u32 bytes, len8;

	for (bytes = 0; bytes <= 64; bytes++)
		EXPECT_EQ(vmb_descriptor_parse(packet, bytes, &view), bytes == 64 ? 0 : -EPROTO);

	for (len8 = 0; len8 <= U16_MAX; len8++) {
		packet->len8 = cpu_to_le16(len8);
		EXPECT_EQ(vmb_descriptor_parse(packet, 64, &view), len8 == 8 ? 0 : -EPROTO);
	}
	free(packet);
}

/* In memory of that length alone: nothing behind it may be looked at. */
static void less_than_a_descriptor_is_refused(void)
{
	struct vmb_descriptor_view view;
	u32 bytes;
	u8 *memory;

	for (bytes = 0; bytes < sizeof(struct vmb_descriptor); bytes++) {
		memory = test_alloc(bytes);
		if (bytes > 4)
			memory[4] = bytes / 8;
		EXPECT_EQ(vmb_descriptor_parse(memory, bytes, &view), -EPROTO);
		free(memory);
	}
}

static void payload_must_start_inside_the_packet(void)
{
	struct vmb_descriptor *packet = packet_of(VMB_PACKET_DATA_TRANSFER_PAGES, 16, 64, 0);
	struct vmb_descriptor_view view;
	u32 offset8;

	/* The transfer header of zeros is valid wherever the payload starts. */
	for (offset8 = 0; offset8 <= U16_MAX; offset8++) {
		packet->offset8 = cpu_to_le16(offset8);
		EXPECT_EQ(vmb_descriptor_parse(packet, 64, &view),
			  offset8 >= 3 && offset8 <= 8 ? 0 : -EPROTO);
		if (offset8 == 8)
			EXPECT_EQ(view.payload_len, 0);
	}
	free(packet);
}

static void descriptor_alone_is_a_packet(void)
{
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_INBAND, 16, 16, 0), 0);
	EXPECT_EQ(parse_packet(VMB_PACKET_COMPLETION, 16, 16, 0), 0);
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_GPA_DIRECT, 16, 16, 0), -EPROTO);
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_TRANSFER_PAGES, 16, 16, 0), -EPROTO);
}

static void longest_packet_is_accepted(void)
{
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_INBAND, 16, VMB_PACKET_MAX_BYTES, 0), 0);
}

static void inband_and_completion_have_no_extra_header(void)
{
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_INBAND, 24, 32, 0), -EPROTO);
	EXPECT_EQ(parse_packet(VMB_PACKET_DATA_INBAND, 32, 32, 0), -EPROTO);
	EXPECT_EQ(parse_packet(VMB_PACKET_COMPLETION, 24, 32, 0), -EPROTO);
}

static void completion_never_wants_a_completion(void)
{
	static const u16 types[] = { VMB_PACKET_DATA_INBAND, VMB_PACKET_COMPLETION };
	struct vmb_descriptor_view view;
	bool completion;
	u16 flags;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		completion = types[i] == VMB_PACKET_COMPLETION;
		for (flags = 0; flags < 2; flags++) {
			ASSERT_EQ(parse_and_free(packet_of(types[i], 16, 16, flags), 16, &view), 0);
			EXPECT_EQ(view.flags, flags);
			EXPECT_EQ(view.wants_completion, flags && !completion);
		}
	}
}

static void gpa_direct_needs_a_range(void)
{
	struct vmb_descriptor *packet = gpa_packet(0, 16);
	struct vmb_descriptor_view view;

	words(packet)[1] = cpu_to_le64(range_head(1, 0));
	EXPECT_EQ(parse_and_free(packet, 56, &view), -EPROTO);
}

static void gpa_direct_range_count_is_bounded_by_the_header(void)
{
	static const u32 counts[] = { 1, 2, 3, 4, 0x10000000, 0x20000000, U32_MAX };
	struct vmb_descriptor_view view;
	struct vmb_descriptor *packet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		packet = gpa_packet(counts[i], 32);
		words(packet)[1] = cpu_to_le64(range_head(1, 0));
		words(packet)[3] = cpu_to_le64(range_head(1, 0));
		/* The payload looks like a third one. */
		words(packet)[5] = cpu_to_le64(range_head(1, 0));
		EXPECT_EQ(parse_and_free(packet, 72, &view), counts[i] <= 2 ? 0 : -EPROTO);
	}
}

static void gpa_direct_with_a_bad_last_range_is_refused(void)
{
	static const struct {
		u32 count, offset;
		int want;
	} heads[] = {
		{ 4096, 0, 0 },	       { 0, 0, -EPROTO },	{ 4096, 1, -EPROTO },
		{ 1, 4096, -EPROTO },  { U32_MAX, 1, -EPROTO }, { 1, 4095, 0 },
	};
	struct vmb_descriptor_view view;
	struct vmb_descriptor *packet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(heads); i++) {
		packet = gpa_packet(2, 32);
		words(packet)[1] = cpu_to_le64(range_head(1, 0));
		words(packet)[3] = cpu_to_le64(range_head(heads[i].count, heads[i].offset));
		EXPECT_EQ(parse_and_free(packet, 72, &view), heads[i].want);
	}
}

/* storvsc guests send a header with room for 33 pages and use fewer. */
static void gpa_direct_room_behind_the_ranges_is_accepted(void)
{
	struct vmb_descriptor *packet = gpa_packet(1, 8 + 33 * 8);
	struct vmb_descriptor_view view;

	words(packet)[1] = cpu_to_le64(range_head(512, 0));
	EXPECT_EQ(parse_and_free(packet, 40 + 8 + 33 * 8, &view), 0);
	EXPECT_EQ(view.payload_len, 16);
}

static void transfer_range_count_is_bounded_by_the_header(void)
{
	static const struct {
		u32 count;
		int want;
	} counts[] = {
		{ 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, -EPROTO }, { 0x20000000, -EPROTO },
		{ 0x20000002, -EPROTO }, { U32_MAX, -EPROTO },
	};
	struct vmb_descriptor_view view;
	struct vmb_descriptor *packet;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		packet = packet_of(VMB_PACKET_DATA_TRANSFER_PAGES, 40, 64, 0);
		words(packet)[0] = cpu_to_le64((u64)counts[i].count << 32 | 0xcafe);
		EXPECT_EQ(parse_and_free(packet, 64, &view), counts[i].want);
		if (!counts[i].want)
			EXPECT_EQ(view.range_count, counts[i].count);
	}
}

static void random_packets_are_answered_from_inside(void)
{
	struct vmb_descriptor_view view;
	struct vmb_descriptor *packet;
	unsigned int good = 0;
	u64 seed = 99;
	u32 round, bytes, i;

	for (round = 0; round < 50000; round++) {
		bytes = 16 + 8 * test_random_below(&seed, 12);
		packet = packet_of(6 + test_random_below(&seed, 6),
				   8 + 8 * test_random_below(&seed, bytes / 8), bytes,
				   test_random_below(&seed, 2));
		for (i = 16; i < bytes; i++)
			((u8 *)packet)[i] = test_random_below(&seed, 6) ? 0 : test_random(&seed);

		if (!vmb_descriptor_parse(packet, bytes, &view)) {
			EXPECT((const u8 *)view.extra == (u8 *)packet + 16);
			EXPECT((const u8 *)view.extra + view.extra_len == view.payload);
			EXPECT((const u8 *)view.payload + view.payload_len == (u8 *)packet + bytes);
			good++;
		}
		free(packet);
	}

	EXPECT(good > 1000);
}

static const struct test_case cases[] = {
	TEST_CASE(inband_packet_is_taken_apart),
	TEST_CASE(gpa_direct_packet_is_taken_apart),
	TEST_CASE(packet_without_gpa_ranges_has_none_to_walk),
	TEST_CASE(only_the_four_types_are_accepted),
	TEST_CASE(only_flag_bit_0_is_accepted),
	TEST_CASE(length_must_be_that_of_the_descriptor),
	TEST_CASE(less_than_a_descriptor_is_refused),
	TEST_CASE(payload_must_start_inside_the_packet),
	TEST_CASE(descriptor_alone_is_a_packet),
	TEST_CASE(longest_packet_is_accepted),
	TEST_CASE(inband_and_completion_have_no_extra_header),
	TEST_CASE(completion_never_wants_a_completion),
	TEST_CASE(gpa_direct_needs_a_range),
	TEST_CASE(gpa_direct_range_count_is_bounded_by_the_header),
	TEST_CASE(gpa_direct_with_a_bad_last_range_is_refused),
	TEST_CASE(gpa_direct_room_behind_the_ranges_is_accepted),
	TEST_CASE(transfer_range_count_is_bounded_by_the_header),
	TEST_CASE(random_packets_are_answered_from_inside),
};

TEST_MAIN(cases)

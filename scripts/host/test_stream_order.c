// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of records, fed directly: manifest, channels and GPADLs.
 */
#include <linux/limits.h>
#include "stream_scene.h"

static void both_scenes_are_accepted(void)
{
	struct scene s;

	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_end(&s), 0);
	scene_closed(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_end(&s), 0);
}

static void the_manifest_is_sorted_by_type_then_instance_then_subchannel(void)
{
	/* { type's last byte, instance's first byte, subchannel } of two entries */
	static const struct {
		u8 type_a, instance_a;
		u16 sub_a;
		u8 type_b, instance_b;
		u16 sub_b;
		int want;
	} rows[] = {
		{ 1, 1, 1, 1, 1, 2, 0 },
		{ 1, 1, 0x00ff, 1, 1, 0x0100, 0 },
		{ 1, 1, 0x0100, 1, 1, 0x00ff, -EUCLEAN },
		{ 1, 1, 0, 1, 1, 0xffff, 0 },
		{ 1, 1, 0xffff, 1, 1, 0, -EUCLEAN },
		{ 1, 1, 1, 1, 1, 1, -EUCLEAN },
		{ 1, 1, 9, 1, 2, 1, 0 },
		{ 1, 2, 1, 1, 1, 9, -EUCLEAN },
		{ 1, 0x80, 1, 1, 0x7f, 9, -EUCLEAN },
		{ 1, 9, 9, 2, 1, 1, 0 },
		{ 2, 1, 1, 1, 9, 9, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		s.manifest.head.nr_channels = cpu_to_le32(2);
		s.manifest.entry[0].type[15] = rows[i].type_a;
		s.manifest.entry[1].type[15] = rows[i].type_b;
		s.manifest.entry[0].instance[0] = rows[i].instance_a;
		s.manifest.entry[1].instance[0] = rows[i].instance_b;
		s.manifest.entry[0].subchannel = cpu_to_le16(rows[i].sub_a);
		s.manifest.entry[1].subchannel = cpu_to_le16(rows[i].sub_b);
		if (!EXPECT_EQ(feed_manifest(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void sums_of_the_manifest_do_not_wrap(void)
{
	struct scene s;

	scene_open(&s);
	s.manifest.head.nr_channels = cpu_to_le32(2);
	s.manifest.entry[1].subchannel = cpu_to_le16(1);
	s.manifest.entry[0].nr_packets = cpu_to_le64(1ULL << 63);
	s.manifest.entry[1].nr_packets = cpu_to_le64(1ULL << 63);
	EXPECT_EQ(feed_manifest(&s), -EUCLEAN);

	scene_open(&s);
	s.manifest.head.nr_channels = cpu_to_le32(2);
	s.manifest.entry[1].subchannel = cpu_to_le16(1);
	s.manifest.entry[0].nr_completions = cpu_to_le64(U64_MAX);
	s.manifest.entry[1].nr_completions = cpu_to_le64(1);
	EXPECT_EQ(feed_manifest(&s), -EUCLEAN);
}

static void a_manifest_comes_first_and_once_and_names_a_channel(void)
{
	struct scene s;

	scene_open(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_EQ(feed_manifest(&s), -EUCLEAN);

	scene_open(&s);
	s.manifest.head.nr_channels = 0;
	EXPECT_EQ(feed_manifest(&s), -EUCLEAN);

	scene_open(&s);
	EXPECT_EQ(feed_channel(&s), -EUCLEAN);
	scene_open(&s);
	EXPECT_EQ(feed_gpadl(&s), -EUCLEAN);
	scene_open(&s);
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, 0, 0, 0), -EUCLEAN);
	scene_open(&s);
	EXPECT_EQ(feed_completion(&s, 0), -EUCLEAN);
	scene_open(&s);
	s.manifest.head.nr_channels = 0;
	EXPECT_EQ(feed_end(&s), -EUCLEAN);
}

static void nothing_comes_after_the_end(void)
{
	struct scene done, s;

	scene_open(&done);
	EXPECT_EQ(feed_head(&done), 0);
	EXPECT_EQ(feed_end(&done), 0);

	s = done;
	EXPECT_EQ(feed_manifest(&s), -EUCLEAN);
	s = done;
	EXPECT_EQ(feed_channel(&s), -EUCLEAN);
	EXPECT_STR(s.order.error.reason, "a record follows the end record");
	s = done;
	EXPECT_EQ(feed_gpadl(&s), -EUCLEAN);
	s = done;
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, 0, 0, 0), -EUCLEAN);
	s = done;
	EXPECT_EQ(feed_completion(&s, 0), -EUCLEAN);
	s = done;
	EXPECT_EQ(feed_end(&s), -EUCLEAN);
}

/* 2 pages of data for the guest's ring, 3 for the host's. */
static void ring_indices_lie_in_their_ring(void)
{
	static const struct {
		u32 in_write, in_read, out_write, out_read;
		int want;
	} rows[] = {
		{ 2 * 4096 - 8, 2 * 4096 - 8, 3 * 4096 - 8, 3 * 4096 - 8, 0 },
		{ 2 * 4096, 0, 0, 0, -EUCLEAN },
		{ 0, 2 * 4096, 0, 0, -EUCLEAN },
		{ 0, 0, 3 * 4096, 0, -EUCLEAN },
		{ 0, 0, 0, 3 * 4096, -EUCLEAN },
		{ 4, 0, 0, 0, -EUCLEAN },
		{ 0, 4, 0, 0, -EUCLEAN },
		{ 0, 0, 4, 0, -EUCLEAN },
		{ 0, 0, 0, 4, -EUCLEAN },
		{ 0xfffffff8, 0, 0, 0, -EUCLEAN },
		{ 0, 0, 0xfffffff8, 0, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		s.channel.in_write = cpu_to_le32(rows[i].in_write);
		s.channel.in_read = cpu_to_le32(rows[i].in_read);
		s.channel.out_write = cpu_to_le32(rows[i].out_write);
		s.channel.out_read = cpu_to_le32(rows[i].out_read);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void each_ring_has_a_page_of_data(void)
{
	static const struct {
		u32 downstream;
		int want;
	} rows[] = {
		{ 0, -EUCLEAN }, { 1, -EUCLEAN }, { 2, 0 }, { 5, 0 },
		{ 6, -EUCLEAN }, { 7, -EUCLEAN }, { 8, -EUCLEAN },
		{ U32_MAX, -EUCLEAN }, { 0x80000000, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		s.channel.ring_downstream_page = cpu_to_le32(rows[i].downstream);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void an_open_channel_has_its_rings_gpadl(void)
{
	struct scene s;

	/* None at all. */
	scene_open(&s);
	s.manifest.entry[0].nr_gpadls = 0;
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_end(&s), -EUCLEAN);

	/* Noticed when the GPADLs are over, not at the end. */
	scene_open(&s);
	s.gpadl.head.id = cpu_to_le32(2);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_packet(&s, 1, VMBSAVE_PACKET_SENT, WAIT, 0, 0), -EUCLEAN);

	scene_open(&s);
	s.manifest.entry[0].nr_gpadls = cpu_to_le32(2);
	scene_counts(&s, 0, 1);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_completion(&s, 0), -EUCLEAN);

	/* GPADL 0 does not exist. */
	scene_open(&s);
	s.channel.ring_gpadl = 0;
	EXPECT_EQ(feed_head(&s), -EUCLEAN);
}

static void configuration_has_its_bounds(void)
{
	static const struct {
		u32 state, max_packet;
		u64 next_id;
		int want;
	} rows[] = {
		{ 0, 1, 1, 0 },
		{ 5, 524256, 1ULL << 63, 0 },
		{ 6, 1, 1, -EUCLEAN },
		{ 0, 0, 1, -EUCLEAN },
		{ 0, 524257, 1, -EUCLEAN },
		{ 0, 1, 0, -EUCLEAN },
		{ 0, 1, (1ULL << 63) + 1, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_closed(&s);
		s.channel.state = cpu_to_le32(rows[i].state);
		s.channel.max_packet_bytes = cpu_to_le32(rows[i].max_packet);
		s.channel.next_transaction_id = cpu_to_le64(rows[i].next_id);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void a_gpadl_is_one_that_a_guest_can_make(void)
{
	static const struct {
		u32 id, flags, count, offset;
		int want;
	} rows[] = {
		{ 1, 0, 7 * 4096, 0, 0 },
		{ U32_MAX, 0, 1, 4095, 0 },
		{ 0, 0, 4096, 0, -EUCLEAN },
		{ 2, VMBSAVE_GPADL_FLAG_READ_ONLY, 7 * 4096, 0, 0 },
		{ 2, 0, 6 * 4096, 8, 0 },
		{ 2, 0, 7 * 4096 - 1, 0, 0 },
		/* Of the rings: whole pages that can be written. */
		{ 1, VMBSAVE_GPADL_FLAG_READ_ONLY, 7 * 4096, 0, -EUCLEAN },
		{ 1, 0, 6 * 4096, 8, -EUCLEAN },
		{ 1, 0, 7 * 4096 - 1, 0, -EUCLEAN },
		{ 1, 2, 7 * 4096, 0, -EUCLEAN },
		{ 1, 0x80000001, 7 * 4096, 0, -EUCLEAN },
		{ 2, 0, 0, 0, -EUCLEAN },
		{ 2, 0, 0, 5, -EUCLEAN },
		{ 2, 0, 1, 4096, -EUCLEAN },
		{ 2, 0, 1, 0xfffff000, -EUCLEAN },
		{ 2, 0, U32_MAX - 4095, 4095, -EUCLEAN },
		{ 2, 0, U32_MAX, 1, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		s.gpadl.head.id = cpu_to_le32(rows[i].id);
		s.gpadl.head.flags = cpu_to_le32(rows[i].flags);
		s.gpadl.head.byte_count = cpu_to_le32(rows[i].count);
		s.gpadl.head.byte_offset = cpu_to_le32(rows[i].offset);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

#define EXPECT_REASON(result, text) \
	do { \
		EXPECT_EQ(result, -EUCLEAN); \
		EXPECT_STR(s.order.error.reason ?: "", text); \
	} while (0)

static void the_manifests_sums_are_those_of_its_entries(void)
{
	struct scene s;

	scene_open(&s);
	s.manifest.head.nr_packets = cpu_to_le64(1);
	EXPECT_REASON(feed_manifest(&s), "the manifest counts other packets than its entries do");
	scene_open(&s);
	s.manifest.head.nr_completions = cpu_to_le64(1);
	EXPECT_REASON(feed_manifest(&s),
		      "the manifest counts other completions than its entries do");
}

static void a_channel_has_no_fewer_records_than_the_manifest_says(void)
{
	struct scene s;

	scene_open(&s);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_end(&s), "a channel has fewer packets than the manifest says");
	scene_open(&s);
	scene_counts(&s, 0, 1);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_end(&s), "a channel has fewer completions than the manifest says");
	scene_open(&s);
	s.manifest.entry[0].nr_gpadls = cpu_to_le32(2);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_end(&s), "a channel has fewer GPADLs than the manifest says");
	scene_open(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_REASON(feed_end(&s), "there are fewer channels than the manifest says");

	/* Noticed when the next channel comes, too. */
	scene_open(&s);
	scene_counts(&s, 1, 0);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_channel(&s), "a channel has fewer packets than the manifest says");
}

static void a_channel_has_no_more_records_than_the_manifest_says(void)
{
	struct scene s;

	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, WAIT, 0, 0),
		      "a channel has more packets than the manifest says");
	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_completion(&s, 0),
		      "a channel has more completions than the manifest says");
	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	s.gpadl.head.id = cpu_to_le32(2);
	EXPECT_REASON(feed_gpadl(&s), "a channel has more GPADLs than the manifest says");
	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_channel(&s), "there are more channels than the manifest says");
}

static void records_before_their_time_are_named_as_such(void)
{
	const char *reason = "a channel's record comes before any channel";
	struct scene s;

	scene_open(&s);
	EXPECT_REASON(feed_channel(&s), "a channel comes before the manifest");
	scene_open(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_REASON(feed_gpadl(&s), reason);
	scene_open(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_REASON(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, WAIT, 0, 0), reason);
	scene_open(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_REASON(feed_completion(&s, 0), reason);
}

/* A record of @type in its place, cut or prolonged to @bytes. */
static void expect_wrong_length(u16 type, u32 bytes, const char *reason)
{
	u8 *data = test_alloc(bytes);
	struct scene s;

	scene_open(&s);
	scene_counts(&s, 1, 1);
	if (type == VMBSAVE_RECORD_MANIFEST)
		memcpy(data, &s.manifest, min_t(u32, bytes, sizeof(s.manifest)));
	else if (type == VMBSAVE_RECORD_GPADL)
		memcpy(data, &s.gpadl, min_t(u32, bytes, sizeof(s.gpadl)));
	if (type > VMBSAVE_RECORD_MANIFEST)
		EXPECT_EQ(feed_manifest(&s), 0);
	if (type > VMBSAVE_RECORD_CHANNEL)
		EXPECT_EQ(feed_channel(&s), 0);
	if (type > VMBSAVE_RECORD_GPADL)
		EXPECT_EQ(feed_gpadl(&s), 0);

	EXPECT_REASON(vmb_stream_check_record(&s.order, type, data, bytes), reason);
	free(data);
}

/* The checker does not lean on the reader for lengths. */
static void every_record_has_its_exact_length(void)
{
	static const struct {
		u16 type;
		u32 bytes;
		const char *reason;
	} rows[] = {
		{ VMBSAVE_RECORD_MANIFEST, 96,
		  "the manifest's length is not that of its entries" },
		{ VMBSAVE_RECORD_CHANNEL, 232, "a channel's record has a wrong length" },
		{ VMBSAVE_RECORD_GPADL, 16 + 7 * 8, "a GPADL's pages are not those of its buffer" },
		{ VMBSAVE_RECORD_PACKET, 24, "a packet's length is not that of its parts" },
		{ VMBSAVE_RECORD_COMPLETION, 16,
		  "a completion's length is not that of its answer" },
		{ VMBSAVE_RECORD_END, 48, "the end record has a wrong length" },
	};
	static const int wrong[] = { -16, -8, -1, 1, 8 };
	u32 i, j;

	for (i = 0; i < ARRAY_SIZE(rows); i++)
		for (j = 0; j < ARRAY_SIZE(wrong); j++)
			expect_wrong_length(rows[i].type, rows[i].bytes + wrong[j], rows[i].reason);
}

static void limits_are_kept(void)
{
	struct vmb_stream_limits limits = { 1, 100, 100, 7, 0 };
	struct scene s;

	scene_open(&s);
	vmb_stream_order_init(&s.order, &limits);
	EXPECT_EQ(feed_head(&s), 0);

	scene_open(&s);
	limits.gpadl_pages = 6;
	vmb_stream_order_init(&s.order, &limits);
	EXPECT_EQ(feed_head(&s), -EMSGSIZE);

	scene_open(&s);
	limits.gpadl_pages = 7;
	limits.channels = 0;
	vmb_stream_order_init(&s.order, &limits);
	EXPECT_EQ(feed_head(&s), -EMSGSIZE);
}

static void a_type_that_does_not_exist_is_refused(void)
{
	static const u16 types[] = { 0, 8, 9, 0x7fff, 0xffff };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(types); i++) {
		struct scene s;

		scene_open(&s);
		EXPECT_EQ(vmb_stream_check_record(&s.order, types[i], &s, 8), -EOPNOTSUPP);
		EXPECT(s.order.error.reason);
	}
}

static void the_first_error_is_kept_by_every_check(void)
{
	struct vmb_stream_error first;
	struct scene s;

	scene_open(&s);
	EXPECT_EQ(vmb_stream_check_record(&s.order, 99, &s, 8), -EOPNOTSUPP);
	first = s.order.error;
	EXPECT_EQ(feed_manifest(&s), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_manifest(&s.order, &s.manifest, 96), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_channel(&s.order, &s.channel, 232), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_state(&s.order, &s, 8), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_gpadl(&s.order, &s.gpadl, 16), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_packet(&s.order, &s, 24), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_completion(&s.order, &s, 16), -EOPNOTSUPP);
	EXPECT_EQ(vmb_stream_check_end(&s.order, &s, 48), -EOPNOTSUPP);
	EXPECT_MEM(&s.order.error, &first, sizeof(first));
}

static const struct test_case cases[] = {
	TEST_CASE(both_scenes_are_accepted),
	TEST_CASE(the_manifest_is_sorted_by_type_then_instance_then_subchannel),
	TEST_CASE(sums_of_the_manifest_do_not_wrap),
	TEST_CASE(a_manifest_comes_first_and_once_and_names_a_channel),
	TEST_CASE(nothing_comes_after_the_end),
	TEST_CASE(ring_indices_lie_in_their_ring),
	TEST_CASE(each_ring_has_a_page_of_data),
	TEST_CASE(an_open_channel_has_its_rings_gpadl),
	TEST_CASE(configuration_has_its_bounds),
	TEST_CASE(a_gpadl_is_one_that_a_guest_can_make),
	TEST_CASE(the_manifests_sums_are_those_of_its_entries),
	TEST_CASE(a_channel_has_no_fewer_records_than_the_manifest_says),
	TEST_CASE(a_channel_has_no_more_records_than_the_manifest_says),
	TEST_CASE(records_before_their_time_are_named_as_such),
	TEST_CASE(every_record_has_its_exact_length),
	TEST_CASE(limits_are_kept),
	TEST_CASE(a_type_that_does_not_exist_is_refused),
	TEST_CASE(the_first_error_is_kept_by_every_check),
};

TEST_MAIN(cases)

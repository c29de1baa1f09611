// SPDX-License-Identifier: GPL-2.0-only
/*
 * The checker of records, fed directly: a channel's configuration, its VSP's
 * state, and channels that are to be offered anew.
 */
#include <linux/limits.h>
#include "stream_scene.h"

#define EXPECT_REASON(result, text) \
	do { \
		EXPECT_EQ(result, -EUCLEAN); \
		EXPECT_STR(s.order.error.reason ?: "", text); \
	} while (0)

static void set_versions(struct scene *s, u32 version, u32 min_version)
{
	s->manifest.entry[0].state_version = cpu_to_le32(version);
	s->manifest.entry[0].state_min_version = cpu_to_le32(min_version);
}

static int feed_state_of(struct scene *s, u32 version, u32 reserved, u32 bytes)
{
	struct vmbsave_vsp_state head = {
		.version = cpu_to_le32(version), .reserved = cpu_to_le32(reserved),
	};
	u8 *data = test_alloc(sizeof(head) + bytes);
	int err;

	memcpy(data, &head, sizeof(head));
	err = vmb_stream_check_record(&s->order, VMBSAVE_RECORD_VSP_STATE, data,
				      sizeof(head) + bytes);
	free(data);
	return err;
}

static int feed_state(struct scene *s, u32 bytes)
{
	return feed_state_of(s, le32_to_cpu(s->manifest.entry[0].state_version), 0, bytes);
}

static void versions_are_both_there_or_none_and_not_upside_down(void)
{
	static const struct {
		u32 version, min_version;
		int want;
	} rows[] = {
		{ 0, 0, 0 }, { 1, 1, 0 }, { 2, 1, 0 }, { U32_MAX, 1, 0 }, { U32_MAX, U32_MAX, 0 },
		{ 1, 0, -EUCLEAN }, { 0, 1, -EUCLEAN }, { 1, 2, -EUCLEAN },
		{ U32_MAX - 1, U32_MAX, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		set_versions(&s, rows[i].version, rows[i].min_version);
		if (!EXPECT_EQ(feed_manifest(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void a_state_comes_between_its_channel_and_the_gpadls(void)
{
	struct scene s;

	scene_open(&s);
	set_versions(&s, 3, 2);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_EQ(feed_channel(&s), 0);
	EXPECT_EQ(feed_state(&s, 100), 0);
	EXPECT_EQ(feed_gpadl(&s), 0);
	EXPECT_EQ(feed_end(&s), 0);

	scene_open(&s);
	set_versions(&s, 3, 2);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_REASON(feed_state(&s, 0), "a channel's record comes before any channel");

	scene_open(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_REASON(feed_state(&s, 0), "a channel's records are not in their order");
}

static void a_state_is_there_if_and_only_if_the_manifest_says_so(void)
{
	const char *missing = "a channel lacks the VSP state that the manifest names";
	const char *surplus = "a channel has a VSP state that is not in the manifest";
	struct scene s, told;

	/* Noticed at whatever comes instead. */
	scene_closed(&told);
	set_versions(&told, 1, 1);
	scene_counts(&told, 1, 0);
	told.manifest.entry[0].nr_gpadls = cpu_to_le32(1);
	EXPECT_EQ(feed_manifest(&told), 0);
	EXPECT_EQ(feed_channel(&told), 0);
	s = told;
	EXPECT_REASON(feed_gpadl(&s), missing);
	s = told;
	EXPECT_REASON(feed_packet(&s, 1, VMBSAVE_PACKET_QUEUED, WAIT, 0, 0), missing);

	scene_closed(&s);
	set_versions(&s, 1, 1);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_EQ(feed_channel(&s), 0);
	EXPECT_REASON(feed_end(&s), missing);

	scene_closed(&s);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_EQ(feed_channel(&s), 0);
	EXPECT_REASON(feed_state(&s, 0), surplus);

	scene_closed(&s);
	set_versions(&s, 1, 1);
	EXPECT_EQ(feed_manifest(&s), 0);
	EXPECT_EQ(feed_channel(&s), 0);
	EXPECT_EQ(feed_state(&s, 0), 0);
	EXPECT_REASON(feed_state(&s, 0), surplus);
}

static void a_state_is_of_the_manifests_version_and_below_the_cap(void)
{
	static const struct {
		u32 version, reserved, bytes;
		int want;
	} rows[] = {
		{ 3, 0, 0, 0 }, { 3, 0, 0x10000, 0 },
		{ 3, 0, 0x10001, -EMSGSIZE },
		{ 2, 0, 0, -EUCLEAN }, { 4, 0, 0, -EUCLEAN }, { 0, 0, 0, -EUCLEAN },
		{ 3, 1, 0, -EUCLEAN }, { 3, 0x80000000, 8, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		set_versions(&s, 3, 2);
		EXPECT_EQ(feed_manifest(&s), 0);
		EXPECT_EQ(feed_channel(&s), 0);
		if (!EXPECT_EQ(feed_state_of(&s, rows[i].version, rows[i].reserved, rows[i].bytes),
			       rows[i].want))
			printf("row %u\n", i);
	}
}

static void configuration_is_one_that_can_be_set(void)
{
	static const struct {
		u32 flags, bytes, ranges, reserved;
		int want;
	} rows[] = {
		{ 0, 0, 0, 0, 0 },
		{ VMBSAVE_CHANNEL_PIPE, 1, 1, 0, 0 },
		{ 0, U32_MAX, U32_MAX, 0, 0 },
		{ 4, 0, 0, 0, -EUCLEAN },
		{ 0x80000000, 0, 0, 0, -EUCLEAN },
		{ 0, 1, 0, 0, -EUCLEAN },
		{ 0, 0, 1, 0, -EUCLEAN },
		{ 0, 0, 0, 1, -EUCLEAN },
		{ 0, 0, 0, 0x80000000, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_closed(&s);
		s.channel.flags = cpu_to_le32(rows[i].flags);
		s.channel.max_external_bytes = cpu_to_le32(rows[i].bytes);
		s.channel.max_external_ranges = cpu_to_le32(rows[i].ranges);
		s.channel.reserved1 = cpu_to_le32(rows[i].reserved);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);
	}
}

static void mmio_space_has_a_place_and_ends_below_2_to_the_64(void)
{
	static const struct {
		u64 gpa, bytes;
		int want;
	} rows[] = {
		{ 0, 0, 0 }, { 4096, 1, 0 }, { 1, U64_MAX - 1, 0 }, { U64_MAX - 1, 1, 0 },
		{ 4096, 0, -EUCLEAN }, { 0, 4096, -EUCLEAN },
		{ 1, U64_MAX, -EUCLEAN }, { U64_MAX, 1, -EUCLEAN },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scene s;

		scene_open(&s);
		s.channel.mmio_gpa = cpu_to_le64(rows[i].gpa);
		s.channel.mmio_bytes = cpu_to_le64(rows[i].bytes);
		if (!EXPECT_EQ(feed_head(&s), rows[i].want))
			printf("row %u\n", i);

		/* Only an open channel has one. */
		scene_closed(&s);
		s.channel.mmio_gpa = cpu_to_le64(rows[i].gpa);
		s.channel.mmio_bytes = cpu_to_le64(rows[i].bytes);
		EXPECT_EQ(feed_head(&s), i ? -EUCLEAN : 0);
	}
}

/* Identity and configuration, as a writer writes it. */
static void scene_force_new(struct scene *s)
{
	scene_closed(s);
	s->channel.flags = cpu_to_le32(VMBSAVE_CHANNEL_FORCE_NEW);
	s->channel.state = cpu_to_le32(VMBSAVE_CHANNEL_DISABLED);
	s->channel.next_transaction_id = cpu_to_le64(1);
}

static void a_channel_to_be_offered_anew_has_nothing_but_its_identity(void)
{
	const char *records = "a channel to be offered anew has records of its own";
	struct scene s;
	u32 state;

	scene_force_new(&s);
	EXPECT_EQ(feed_head(&s), 0);
	EXPECT_EQ(feed_end(&s), 0);

	for (state = VMBSAVE_CHANNEL_ENABLED; state <= VMBSAVE_CHANNEL_STOPPED; state++) {
		scene_open(&s);
		s.channel.flags = cpu_to_le32(VMBSAVE_CHANNEL_FORCE_NEW);
		if (state != VMBSAVE_CHANNEL_PAUSED && state != VMBSAVE_CHANNEL_ACTIVE)
			scene_force_new(&s);
		s.channel.state = cpu_to_le32(state);
		EXPECT_EQ(feed_manifest(&s), 0);
		EXPECT_REASON(feed_channel(&s), "a channel to be offered anew is not disabled");
	}

	scene_force_new(&s);
	s.channel.next_transaction_id = cpu_to_le64(2);
	EXPECT_REASON(feed_head(&s), "a channel to be offered anew has used transaction ids");
	scene_force_new(&s);
	set_versions(&s, 1, 1);
	EXPECT_REASON(feed_head(&s), records);
	scene_force_new(&s);
	s.manifest.entry[0].nr_gpadls = cpu_to_le32(1);
	EXPECT_REASON(feed_head(&s), records);
	scene_force_new(&s);
	scene_counts(&s, 1, 0);
	EXPECT_REASON(feed_head(&s), records);
	scene_force_new(&s);
	scene_counts(&s, 0, 1);
	EXPECT_REASON(feed_head(&s), records);
}

static const struct test_case cases[] = {
	TEST_CASE(versions_are_both_there_or_none_and_not_upside_down),
	TEST_CASE(a_state_comes_between_its_channel_and_the_gpadls),
	TEST_CASE(a_state_is_there_if_and_only_if_the_manifest_says_so),
	TEST_CASE(a_state_is_of_the_manifests_version_and_below_the_cap),
	TEST_CASE(configuration_is_one_that_can_be_set),
	TEST_CASE(mmio_space_has_a_place_and_ends_below_2_to_the_64),
	TEST_CASE(a_channel_to_be_offered_anew_has_nothing_but_its_identity),
};

TEST_MAIN(cases)

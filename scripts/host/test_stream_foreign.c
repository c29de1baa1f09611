// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reader against what is not of its kind: lengths, versions, records.
 */
#include <linux/limits.h>
#include "stream_hand.h"

static void a_chunk_has_a_possible_length(void)
{
	static const u16 lengths[] = { 0, 8, 24, 31, 32, 33, 39, 41, 44, 4104, 8192, 0xffff };
	struct vmbsave_chunk_header header;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct image *image = image_begin(IMAGE_ID);
		struct vmb_stream_reader r;
		u32 need = 0;

		image_put_bytes(image, 77, image, 64);
		image_seal(image);
		memcpy(&header, image->data + 64, sizeof(header));
		header.bytes = cpu_to_le16(lengths[i]);
		memcpy(image->data + 64, &header, sizeof(header));

		vmb_stream_reader_init(&r, &image_limits);
		EXPECT_EQ(vmb_stream_take(&r, image->data, 64), 0);
		EXPECT_EQ(vmb_stream_need(&r, NULL, 0, &need), 0);
		EXPECT_EQ(need, 32);
		EXPECT_EQ(vmb_stream_need(&r, image->data + 64, 4096, &need), -EUCLEAN);
		EXPECT_EQ(r.error.offset, 64 + 6);
		EXPECT_EQ(r.error.chunk, 1);
		EXPECT_STR(r.error.reason, "the length of a chunk is impossible");
		free(image);
	}
}

/* Only what is there is looked at, and a wrong start shows with its first byte. */
static void the_start_of_a_unit_is_checked_as_soon_as_it_is_there(void)
{
	struct image *image = image_begin(IMAGE_ID);
	u32 have, wrong, need;

	image_put_bytes(image, 77, image, 64);
	image_seal(image);
	for (have = 0; have <= 20; have++) {
		for (wrong = 0; wrong < 16; wrong++) {
			u8 *data = test_alloc(have);
			struct vmb_stream_reader r;

			memcpy(data, image->data, have);
			if (wrong < have)
				data[wrong] ^= 0x40;
			vmb_stream_reader_init(&r, &image_limits);
			if (wrong < have && (wrong < 8 || (have >= 16 && wrong < 14)))
				EXPECT(vmb_stream_need(&r, data, have, &need) < 0);
			else if (EXPECT_EQ(vmb_stream_need(&r, data, have, &need), 0))
				EXPECT_EQ(need, 64);

			memcpy(data, image->data + 64, have);
			if (wrong < have)
				data[wrong] ^= 0x40;
			vmb_stream_reader_init(&r, &image_limits);
			EXPECT_EQ(vmb_stream_take(&r, image->data, 64), 0);
			if (wrong < have && wrong < 4)
				EXPECT_EQ(vmb_stream_need(&r, data, have, &need), -EUCLEAN);
			else if (EXPECT_EQ(vmb_stream_need(&r, data, have, &need), 0))
				EXPECT_EQ(need, 32);
			free(data);
		}
	}
	free(image);
}

static void another_version_is_refused_by_the_frozen_bytes_alone(void)
{
	static const struct {
		u16 header_bytes, major, minor;
		int want;
	} rows[] = {
		{ 64, 0, 0, -EPROTONOSUPPORT },
		{ 64, 0, 1, -EPROTONOSUPPORT },
		{ 64, 0, 3, -EPROTONOSUPPORT },
		{ 64, 1, 0, -EPROTONOSUPPORT },
		{ 64, 1, 2, -EPROTONOSUPPORT },
		{ 128, 2, 2, -EPROTONOSUPPORT },
		{ 56, 0, 2, -EUCLEAN },
		{ 72, 0, 2, -EUCLEAN },
	};
	u32 i, need;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct image *image = image_begin(IMAGE_ID);
		struct vmb_stream_reader r;

		memcpy(image->data + 8, &rows[i].header_bytes, 2);
		memcpy(image->data + 10, &rows[i].major, 2);
		memcpy(image->data + 12, &rows[i].minor, 2);
		vmb_stream_reader_init(&r, &image_limits);
		EXPECT_EQ(vmb_stream_need(&r, image->data, 16, &need), rows[i].want);
		EXPECT_EQ(r.error.chunk, 0);
		EXPECT(r.error.reason);
		free(image);
	}
}

static void unknown_optional_records_are_skipped_at_any_length(void)
{
	static const u32 lengths[] = { 0, 1, 8, 100, 4056, 4057, 9000, 30000 };
	struct hand hand;
	u32 i, left;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_record(&hand, 77, VMBSAVE_RECORD_OPTIONAL, lengths[i]);
		left = ALIGN(lengths[i], 8);
		hand_bytes(&hand, min(left, 4056U));
		left -= min(left, 4056U);
		while (left) {
			hand_chunk(&hand, VMBSAVE_CHUNK_CONTINUED);
			hand_bytes(&hand, min(left, 4064U));
			left -= min(left, 4064U);
		}
		if (lengths[i] >= 4056)
			hand_chunk(&hand, 0);
		hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
		hand_end(&hand, 2);
		EXPECT_HAND(0, NULL);
	}
}

static void an_optional_record_at_the_end_of_a_chunk_is_skipped(void)
{
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_put(&hand, VMBSAVE_RECORD_COMPLETION, 16);
	hand_record(&hand, 77, VMBSAVE_RECORD_OPTIONAL, 0);
	hand_end(&hand, 2);
	EXPECT_HAND(0, NULL);
}

static void padding_of_a_skipped_record_is_checked(void)
{
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, 77, VMBSAVE_RECORD_OPTIONAL, 1);
	hand_bytes(&hand, 8);
	hand.image->data[hand.image->bytes - 1] = 1;
	hand_end(&hand, 1);
	EXPECT_HAND(-EUCLEAN, "the padding of a record is not zero");
}

static void unknown_mandatory_records_and_flags_are_refused(void)
{
	static const struct {
		u16 type, flags;
		int want;
		const char *reason;
	} rows[] = {
		{ 0, 0, -EOPNOTSUPP, "a mandatory record is of a type that is not known" },
		{ 8, 0, -EOPNOTSUPP, "a mandatory record is of a type that is not known" },
		{ 0xffff, 0, -EOPNOTSUPP, "a mandatory record is of a type that is not known" },
		{ 77, 2, -EUCLEAN, "a record has a flag that does not exist" },
		{ 77, 3, -EUCLEAN, "a record has a flag that does not exist" },
		{ 77, 0x8001, -EUCLEAN, "a record has a flag that does not exist" },
		{ VMBSAVE_RECORD_COMPLETION, 1, -EUCLEAN,
		  "a record that is never optional says it is" },
	};
	struct hand hand;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		hand_begin(&hand);
		hand_chunk(&hand, 0);
		hand_record(&hand, rows[i].type, rows[i].flags, 16);
		hand_bytes(&hand, 16);
		hand_end(&hand, 1);
		EXPECT_HAND(rows[i].want, rows[i].reason);
	}
}

/* Refused at the record's header: no piece, hence no length, has come out. */
static void expect_length(u16 type, u32 bytes, int want)
{
	static const struct vmb_stream_limits limits = {
		.channels = 3, .packet_bytes = 101, .vsp_bytes = 1000, .gpadl_pages = 5,
		.state_bytes = 77,
	};
	struct vmb_stream_error why;
	u32 nr_pieces = 0;
	struct hand hand;

	hand_begin(&hand);
	hand_chunk(&hand, 0);
	hand_record(&hand, type, 0, bytes);
	hand_bytes(&hand, bytes < 4056 ? ALIGN(bytes, 8) : 4056);
	hand_close(&hand);
	stream_repair_hashes(hand.image->data, hand.image->bytes);
	why = read_units(hand.image->data, hand.image->bytes, &limits, &nr_pieces);
	if (want) {
		EXPECT_EQ(why.error, want);
		EXPECT_EQ(why.offset, 64 + HEAD);
		EXPECT_EQ(nr_pieces, 0);
	} else {
		EXPECT_EQ(why.error, -ENODATA);
		EXPECT_EQ(nr_pieces, 1);
	}
	free(hand.image);
}

static void lengths_are_capped_before_anybody_sees_them(void)
{
	static const struct {
		u16 type;
		u32 least, most;
		int beyond;
	} rows[] = {
		{ VMBSAVE_RECORD_MANIFEST, 32, 32 + 3 * 64, -EMSGSIZE },
		{ VMBSAVE_RECORD_CHANNEL, 232, 232, -EUCLEAN },
		{ VMBSAVE_RECORD_GPADL, 16, 16 + 5 * 8, -EMSGSIZE },
		{ VMBSAVE_RECORD_PACKET, 24, 24 + 104 + 1000, -EMSGSIZE },
		{ VMBSAVE_RECORD_COMPLETION, 16, 16 + 101, -EMSGSIZE },
		{ VMBSAVE_RECORD_END, 48, 48, -EUCLEAN },
		{ VMBSAVE_RECORD_VSP_STATE, 8, 8 + 77, -EMSGSIZE },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		expect_length(rows[i].type, 0, -EUCLEAN);
		expect_length(rows[i].type, rows[i].least - 1, -EUCLEAN);
		expect_length(rows[i].type, rows[i].most + 1, rows[i].beyond);
		expect_length(rows[i].type, U32_MAX - 7, rows[i].beyond);
		expect_length(rows[i].type, U32_MAX, rows[i].beyond);
		/* An END of zeros is refused for what it says. */
		if (rows[i].type == VMBSAVE_RECORD_END)
			continue;
		expect_length(rows[i].type, rows[i].least, 0);
		expect_length(rows[i].type, rows[i].most, 0);
	}
}

static const struct test_case cases[] = {
	TEST_CASE(a_chunk_has_a_possible_length),
	TEST_CASE(the_start_of_a_unit_is_checked_as_soon_as_it_is_there),
	TEST_CASE(another_version_is_refused_by_the_frozen_bytes_alone),
	TEST_CASE(unknown_optional_records_are_skipped_at_any_length),
	TEST_CASE(an_optional_record_at_the_end_of_a_chunk_is_skipped),
	TEST_CASE(padding_of_a_skipped_record_is_checked),
	TEST_CASE(unknown_mandatory_records_and_flags_are_refused),
	TEST_CASE(lengths_are_capped_before_anybody_sees_them),
};

TEST_MAIN(cases)

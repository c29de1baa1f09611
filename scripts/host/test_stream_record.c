// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views of records: they stay inside, whatever the record says.
 */
#include <linux/limits.h>
#include "stream_image.h"

/* Views of all types, so that one loop can go over them. */
union view {
	struct vmb_manifest_view manifest;
	struct vmb_channel_view channel;
	struct vmb_gpadl_view gpadl;
	struct vmb_packet_view packet;
	struct vmb_completion_view completion;
};

static int view(u16 type, const void *data, u32 bytes, union view *v)
{
	switch (type) {
	case VMBSAVE_RECORD_MANIFEST:
		return vmb_stream_view_manifest(data, bytes, &v->manifest);
	case VMBSAVE_RECORD_CHANNEL:
		return vmb_stream_view_channel(data, bytes, &v->channel);
	case VMBSAVE_RECORD_GPADL:
		return vmb_stream_view_gpadl(data, bytes, &v->gpadl);
	case VMBSAVE_RECORD_PACKET:
		return vmb_stream_view_packet(data, bytes, &v->packet);
	default:
		return vmb_stream_view_completion(data, bytes, &v->completion);
	}
}

/* A good record of each type, and its length. */
static u32 make_record(u16 type, u8 *to)
{
	struct vmbsave_manifest manifest = {
		.nr_channels = cpu_to_le32(2), .entry_bytes = cpu_to_le32(64),
	};
	struct vmbsave_gpadl gpadl = {
		.byte_count = cpu_to_le32(4097), .byte_offset = cpu_to_le32(4095),
	};
	struct vmbsave_packet packet = {
		.payload_bytes = cpu_to_le32(9), .vsp_bytes = cpu_to_le32(3),
	};
	struct vmbsave_completion completion = { .payload_bytes = cpu_to_le32(5) };

	switch (type) {
	case VMBSAVE_RECORD_MANIFEST:
		memcpy(to, &manifest, sizeof(manifest));
		return 32 + 2 * 64;
	case VMBSAVE_RECORD_GPADL:
		memcpy(to, &gpadl, sizeof(gpadl));
		return 16 + 2 * 8;
	case VMBSAVE_RECORD_PACKET:
		memcpy(to, &packet, sizeof(packet));
		return 24 + 16 + 3;
	case VMBSAVE_RECORD_COMPLETION:
		memcpy(to, &completion, sizeof(completion));
		return 16 + 5;
	default:
		return sizeof(struct vmbsave_channel);
	}
}

static void only_the_exact_length_has_a_view(void)
{
	u16 type;

	for (type = VMBSAVE_RECORD_MANIFEST; type <= VMBSAVE_RECORD_COMPLETION; type++) {
		u8 record[256] = { 0 };
		u32 exact = make_record(type, record), bytes;

		for (bytes = 0; bytes < sizeof(record); bytes++) {
			u8 *data = test_alloc(bytes);
			union view v, before;
			int want = bytes == exact ? 0 : -EUCLEAN;

			memcpy(data, record, bytes);
			memset(&v, 0x5a, sizeof(v));
			before = v;
			if (!EXPECT_EQ(view(type, data, bytes, &v), want))
				printf("%s of %u bytes\n", vmb_record_name(type), bytes);
			if (want)
				EXPECT_MEM(&v, &before, sizeof(v));
			free(data);
		}
	}
}

/* Lengths whose sums wrap in 32 bits. */
static void lengths_inside_do_not_wrap(void)
{
	struct vmbsave_manifest manifest = { .entry_bytes = cpu_to_le32(64) };
	struct vmbsave_packet packet = { 0 };
	struct vmbsave_gpadl gpadl = { 0 };
	struct vmbsave_completion completion = { 0 };
	union view v;

	manifest.nr_channels = cpu_to_le32(1U << 26);	/* times 64: 0 */
	EXPECT_EQ(view(VMBSAVE_RECORD_MANIFEST, &manifest, 32, &v), -EUCLEAN);

	packet.payload_bytes = cpu_to_le32(U32_MAX);	/* padded: 0 */
	EXPECT_EQ(view(VMBSAVE_RECORD_PACKET, &packet, 24, &v), -EUCLEAN);
	packet.payload_bytes = cpu_to_le32(0x80000000);
	packet.vsp_bytes = cpu_to_le32(0x80000000);
	EXPECT_EQ(view(VMBSAVE_RECORD_PACKET, &packet, 24, &v), -EUCLEAN);

	completion.payload_bytes = cpu_to_le32(U32_MAX - 15);
	EXPECT_EQ(view(VMBSAVE_RECORD_COMPLETION, &completion, 0, &v), -EUCLEAN);

	/* Nobody else computes with more than 32 bits of buffer. */
	gpadl.byte_count = cpu_to_le32(U32_MAX);
	gpadl.byte_offset = cpu_to_le32(0);
	EXPECT_EQ(view(VMBSAVE_RECORD_GPADL, &gpadl, 16 + (8 << 20), &v), 0);
	gpadl.byte_offset = cpu_to_le32(1);
	EXPECT_EQ(view(VMBSAVE_RECORD_GPADL, &gpadl, 16 + (8 << 20), &v), -EUCLEAN);
	gpadl.byte_count = 0;
	gpadl.byte_offset = 0;
	EXPECT_EQ(view(VMBSAVE_RECORD_GPADL, &gpadl, 16, &v), -EUCLEAN);
	gpadl.byte_count = cpu_to_le32(1);
	gpadl.byte_offset = cpu_to_le32(4096);
	EXPECT_EQ(view(VMBSAVE_RECORD_GPADL, &gpadl, 16 + 16, &v), -EUCLEAN);
}

static void the_parts_of_a_packet_are_where_they_are_and_unaligned_is_fine(void)
{
	static const struct {
		u32 payload, vsp;
	} rows[] = { { 0, 0 }, { 1, 0 }, { 0, 1 }, { 8, 8 }, { 9, 3 } };
	u32 i, shift;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		for (shift = 0; shift < 8; shift++) {
			u32 lib = 24 + ALIGN(rows[i].payload, 8);
			struct vmbsave_packet packet = {
				.transaction_id = cpu_to_le64(0x0102030405060708ULL),
				.state = cpu_to_le32(VMBSAVE_PACKET_QUEUED),
				.flags = cpu_to_le32(1),
				.payload_bytes = cpu_to_le32(rows[i].payload),
				.vsp_bytes = cpu_to_le32(rows[i].vsp),
			};
			u8 *data = test_alloc(shift + lib + rows[i].vsp);
			struct vmb_packet_view v;

			memcpy(data + shift, &packet, sizeof(packet));
			ASSERT_EQ(vmb_stream_view_packet(data + shift, lib + rows[i].vsp, &v), 0);
			EXPECT_EQ(v.transaction_id, 0x0102030405060708ULL);
			EXPECT_EQ(v.state, VMBSAVE_PACKET_QUEUED);
			EXPECT_EQ(v.flags, 1);
			EXPECT_EQ(v.payload_bytes, rows[i].payload);
			EXPECT(v.payload == data + shift + 24);
			EXPECT(v.lib == data + shift);
			EXPECT_EQ(v.lib_bytes, lib);
			EXPECT_EQ(v.vsp_bytes, rows[i].vsp);
			EXPECT(v.vsp == (rows[i].vsp ? data + shift + lib : NULL));
			free(data);
		}
	}
}

static void a_channel_is_seen_field_by_field(void)
{
	struct vmbsave_channel c = {
		.type = { 1 }, .instance = { 2 },
		.subchannel = cpu_to_le16(0x0304),
		.max_packet_bytes = cpu_to_le32(5),
		.target_vp = cpu_to_le32(6),
		.next_transaction_id = cpu_to_le64(7ULL << 32),
		.ring_gpadl = cpu_to_le32(8),
		.ring_downstream_page = cpu_to_le32(9),
		.in_write = cpu_to_le32(10),
		.in_read = cpu_to_le32(11),
		.out_write = cpu_to_le32(12),
		.out_read = cpu_to_le32(13),
	};
	struct vmb_channel_view v;
	u32 state;

	for (state = 0; state < 8; state++) {
		c.state = cpu_to_le32(state);
		ASSERT_EQ(vmb_stream_view_channel(&c, sizeof(c), &v), 0);
		EXPECT_EQ(v.state, state);
		EXPECT_EQ(v.open, state == 3 || state == 4);
	}
	EXPECT(v.type == c.type && v.instance == c.instance && v.user_data == c.user_data);
	EXPECT_EQ(v.subchannel, 0x0304);
	EXPECT_EQ(v.max_packet_bytes, 5);
	EXPECT_EQ(v.target_vp, 6);
	EXPECT_EQ(v.next_transaction_id, 7ULL << 32);
	EXPECT_EQ(v.ring_gpadl, 8);
	EXPECT_EQ(v.ring_downstream_page, 9);
	EXPECT_EQ(v.in_write, 10);
	EXPECT_EQ(v.in_read, 11);
	EXPECT_EQ(v.out_write, 12);
	EXPECT_EQ(v.out_read, 13);
}

static void the_configuration_of_a_channel_is_seen_too(void)
{
	struct vmbsave_channel c = {
		.mmio_gpa = cpu_to_le64(14ULL << 32),
		.mmio_bytes = cpu_to_le64(15ULL << 32),
		.flags = cpu_to_le32(16),
		.max_external_bytes = cpu_to_le32(17),
		.max_external_ranges = cpu_to_le32(18),
	};
	struct vmb_channel_view v;

	ASSERT_EQ(vmb_stream_view_channel(&c, sizeof(c), &v), 0);
	EXPECT_EQ(v.mmio_gpa, 14ULL << 32);
	EXPECT_EQ(v.mmio_bytes, 15ULL << 32);
	EXPECT_EQ(v.flags, 16);
	EXPECT_EQ(v.max_external_bytes, 17);
	EXPECT_EQ(v.max_external_ranges, 18);
}

static void manifest_entries_are_found_by_index(void)
{
	struct {
		struct vmbsave_manifest head;
		struct vmbsave_manifest_entry entry[3];
	} manifest = {
		.head.nr_channels = cpu_to_le32(3),
		.head.entry_bytes = cpu_to_le32(64),
		.head.nr_packets = cpu_to_le64(77),
		.head.nr_completions = cpu_to_le64(78),
	};
	struct vmbsave_manifest_entry entry;
	struct vmb_manifest_view v;
	u32 i;

	for (i = 0; i < 3; i++)
		manifest.entry[i].subchannel = cpu_to_le16(i + 1);

	ASSERT_EQ(vmb_stream_view_manifest(&manifest, sizeof(manifest), &v), 0);
	EXPECT_EQ(v.nr_channels, 3);
	EXPECT_EQ(v.nr_packets, 77);
	EXPECT_EQ(v.nr_completions, 78);
	for (i = 0; i < 3; i++) {
		vmb_manifest_view_entry(&v, i, &entry);
		EXPECT_EQ(le16_to_cpu(entry.subchannel), i + 1);
	}
}

static void page_numbers_are_found_by_index(void)
{
	struct {
		struct vmbsave_gpadl head;
		__le64 pfn[3];
	} gpadl = {
		.head.id = cpu_to_le32(5),
		.head.flags = cpu_to_le32(6),
		.head.byte_count = cpu_to_le32(2 * 4096),
		.head.byte_offset = cpu_to_le32(1),
	};
	struct vmb_gpadl_view v;
	u32 i;

	for (i = 0; i < 3; i++)
		gpadl.pfn[i] = cpu_to_le64(0x100000000ULL + i);

	ASSERT_EQ(vmb_stream_view_gpadl(&gpadl, sizeof(gpadl), &v), 0);
	EXPECT_EQ(v.id, 5);
	EXPECT_EQ(v.flags, 6);
	EXPECT_EQ(v.nr_pages, 3);
	EXPECT_EQ(v.byte_count, 2 * 4096);
	EXPECT_EQ(v.byte_offset, 1);
	for (i = 0; i < 3; i++)
		EXPECT_EQ(vmb_gpadl_view_pfn(&v, i), 0x100000000ULL + i);
}

/* Of any length from that of its structure on. */
static void a_state_is_seen_as_it_is(void)
{
	struct vmbsave_vsp_state head = { .version = cpu_to_le32(7), .reserved = cpu_to_le32(1) };
	u32 bytes;

	for (bytes = 0; bytes < 40; bytes++) {
		u8 *data = test_alloc(bytes);
		struct vmb_state_view v, before;

		memcpy(data, &head, min_t(u32, bytes, sizeof(head)));
		memset(&v, 0x5a, sizeof(v));
		before = v;
		EXPECT_EQ(vmb_stream_view_state(data, bytes, &v), bytes < 8 ? -EUCLEAN : 0);
		if (bytes < 8) {
			EXPECT_MEM(&v, &before, sizeof(v));
		} else {
			EXPECT_EQ(v.version, 7);
			EXPECT_EQ(v.bytes, bytes - 8);
			EXPECT(v.data == (bytes > 8 ? data + 8 : NULL));
		}
		free(data);
	}
}

/* Whether that may be is not for the view to say. */
static void an_empty_manifest_has_a_view(void)
{
	struct vmbsave_manifest manifest = { .entry_bytes = cpu_to_le32(64) };
	struct vmb_manifest_view v;

	EXPECT_EQ(vmb_stream_view_manifest(&manifest, sizeof(manifest), &v), 0);
	EXPECT_EQ(v.nr_channels, 0);
	manifest.entry_bytes = cpu_to_le32(56);
	EXPECT_EQ(vmb_stream_view_manifest(&manifest, sizeof(manifest), &v), -EUCLEAN);
}

static void an_answer_is_seen_as_it_is(void)
{
	struct {
		struct vmbsave_completion head;
		u8 payload[6];
	} answer = {
		.head.transaction_id = cpu_to_le64(U64_MAX),
		.head.payload_bytes = cpu_to_le32(6),
	};
	struct vmb_completion_view v;

	ASSERT_EQ(vmb_stream_view_completion(&answer, 22, &v), 0);
	EXPECT_EQ(v.transaction_id, U64_MAX);
	EXPECT_EQ(v.payload_bytes, 6);
	EXPECT(v.payload == answer.payload);
}

static void every_type_has_its_name_and_no_other_has_one(void)
{
	u32 type;

	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_MANIFEST), "MANIFEST");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_CHANNEL), "CHANNEL");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_GPADL), "GPADL");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_PACKET), "PACKET");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_COMPLETION), "COMPLETION");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_END), "END");
	EXPECT_STR(vmb_record_name(VMBSAVE_RECORD_VSP_STATE), "VSP_STATE");
	for (type = 0; type <= 0xffff; type++)
		if (type < VMBSAVE_RECORD_MANIFEST || type > VMBSAVE_RECORD_VSP_STATE)
			EXPECT_STR(vmb_record_name(type), "unknown");
}

static const struct test_case cases[] = {
	TEST_CASE(only_the_exact_length_has_a_view),
	TEST_CASE(lengths_inside_do_not_wrap),
	TEST_CASE(the_parts_of_a_packet_are_where_they_are_and_unaligned_is_fine),
	TEST_CASE(a_channel_is_seen_field_by_field),
	TEST_CASE(the_configuration_of_a_channel_is_seen_too),
	TEST_CASE(manifest_entries_are_found_by_index),
	TEST_CASE(page_numbers_are_found_by_index),
	TEST_CASE(a_state_is_seen_as_it_is),
	TEST_CASE(an_empty_manifest_has_a_view),
	TEST_CASE(an_answer_is_seen_as_it_is),
	TEST_CASE(every_type_has_its_name_and_no_other_has_one),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/string.h>

#include "hostile.h"

#include <uapi/linux/vmbsave_stream.h>

/*
 * Streams that nobody has written. Each is refused, with an error and a reason
 * and without a trace, or restored so that the next save is the same stream.
 * Damage of fields and records is in restore_forged_kunit.c.
 */

static bool thorough;
module_param(thorough, bool, 0444);
MODULE_PARM_DESC(thorough, "damage each bit of the long state too; takes minutes");

/* Every nth refusal is looked at thoroughly. */
static enum vmb_test_look look_at_each(u32 i, u32 nth)
{
	return i % nth ? VMB_TEST_LOOK_BRIEFLY : VMB_TEST_LOOK_AT_SAVE;
}

/* Where in the stream the longest run of a VSP's own bytes lies */
static void find_long_state(struct vmb_test_hostile *h, u32 *from, u32 *to)
{
	u32 i, at = 0;

	for (i = 0; i < VMB_TEST_SCENE_PACKETS; i++) {
		u8 *packet = vmb_test_stream_find(h->image, VMBSAVE_RECORD_PACKET, i);

		KUNIT_ASSERT_NOT_NULL(h->test, packet);
		at = packet - h->image->data;
		if (le32_to_cpu(((struct vmbsave_packet *)packet)->vsp_bytes) >
		    VMBSAVE_CHUNK_ROOM)
			break;
	}
	KUNIT_ASSERT_LT(h->test, i, VMB_TEST_SCENE_PACKETS);
	*from = at + sizeof(struct vmbsave_packet);
	*to = at + VMBSAVE_CHUNK_ROOM - sizeof(struct vmbsave_record_header);
}

/* The hash sees it, wherever it is. */
static void bit_flip_is_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i, from, to, tried = 0, refused = 0;

	find_long_state(h, &from, &to);
	for (i = 0; i < h->image->bytes * 8; i++) {
		u32 byte = i / 8, bit = i % 8;

		if (byte >= from && byte < to && i % 17 && !thorough)
			continue;
		vmb_test_hostile_begin(h);
		h->work->data[byte] ^= BIT(bit);
		refused += vmb_test_hostile_try(h, look_at_each(++tried, 61),
						"bit flip", byte, bit);
	}
	KUNIT_EXPECT_EQ(test, refused, tried);
	vmb_test_hostile_report(h);
}

/* In whole chunks, into the function that a VSP's test would call */
static void bit_flip_is_refused_by_a_channel(struct kunit *test)
{
	struct vmb_test_hostile *h =
		vmb_test_hostile_create(test, VMB_TEST_BY_CHANNEL);
	u32 i, tried = 0, refused = 0;

	for (i = 0; i < h->image->bytes; i += thorough ? 1 : 11) {
		vmb_test_hostile_begin(h);
		h->work->data[i] ^= BIT(i % 8);
		refused += vmb_test_hostile_try(h, look_at_each(++tried, 61),
						"bit flip", i, i % 8);
	}
	KUNIT_EXPECT_EQ(test, refused, tried);
	vmb_test_hostile_report(h);
}

static void truncation_is_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i, from, to, tried = 0, refused = 0;

	find_long_state(h, &from, &to);
	for (i = 0; i < h->image->bytes; i++) {
		if (i >= from && i < to && i % 5 && !thorough)
			continue;
		vmb_test_hostile_begin(h);
		h->work->bytes = i;
		refused += vmb_test_hostile_try(h, look_at_each(++tried, 31),
						"truncation", i, 0);
	}
	KUNIT_EXPECT_EQ(test, refused, tried);
	vmb_test_hostile_report(h);
}

static void bytes_behind_the_end_are_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i, refused = 0;

	for (i = 1; i <= 100; i += 33) {
		vmb_test_hostile_begin(h);
		memcpy(h->work->data + h->work->bytes, h->image->data, i);
		h->work->bytes += i;
		refused += vmb_test_hostile_try(h, VMB_TEST_LOOK_AT_ALL,
						"bytes behind the end", i, 0);
	}
	KUNIT_EXPECT_EQ(test, refused, 4);
}

/* Damage that the hash does not see, byte by byte; not in what is opaque. */
static void byte_with_right_hashes_is_refused_or_restored(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i, from, to;

	find_long_state(h, &from, &to);
	for (i = 0; i < h->image->bytes; i++) {
		if (i >= from && i < to ? i % 97 : i % 2 && !thorough)
			continue;
		vmb_test_hostile_begin(h);
		h->work->data[i] ^= BIT(i / 2 % 8);
		vmb_test_stream_repair(h->work, true);
		vmb_test_hostile_try(h, look_at_each(i, 3), "byte", i, i / 2 % 8);
	}
	KUNIT_EXPECT_GT(test, h->nr_refused, 300);
	KUNIT_EXPECT_GT(test, h->nr_restored, 10);
	vmb_test_hostile_report(h);
}

/* Any split of the bytes on the way is accepted, one byte at a time included. */
static void any_split_is_accepted(struct kunit *test)
{
	static const u32 pieces[] = { 1, 2, 3, 7, 8, 31, 32, 33, 63, 64, 65, 1000,
				      4095, 4096, 4097, 65536 };
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		h->piece = pieces[i];
		vmb_test_hostile_begin(h);
		KUNIT_EXPECT_FALSE(test, vmb_test_hostile_try(h, VMB_TEST_LOOK_AT_ALL,
							      "pieces", pieces[i], 0));
	}
	KUNIT_EXPECT_EQ(test, h->nr_restored, ARRAY_SIZE(pieces));
}

/* Damage is found wherever a write ends. */
static void damage_is_refused_in_any_split(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i;

	for (i = 0; i < h->image->bytes; i += 127) {
		h->piece = 1 + i % 41;
		vmb_test_hostile_begin(h);
		h->work->data[i] ^= 0x10;
		KUNIT_EXPECT_TRUE(test, vmb_test_hostile_try(h, VMB_TEST_LOOK_AT_ALL,
							     "byte", i, h->piece));
	}
}

/* As many chunks in a call as one likes */
static void any_number_of_chunks_is_accepted(struct kunit *test)
{
	struct vmb_test_hostile *h =
		vmb_test_hostile_create(test, VMB_TEST_BY_CHANNEL);
	u32 units = vmb_test_stream_units(h->image);
	u32 i;

	for (i = 1; i <= units; i++) {
		KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(h->mirror->channels[0],
							       h->image, i), 0);
		h->saved->bytes = 0;
		KUNIT_EXPECT_EQ(test, vmb_test_save_channel(h->mirror->channels[0],
							    4096, h->saved), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(h->saved, h->image));
		vmb_test_mirror_renew(h->mirror);
	}
}

/* Half a chunk is none, and the session is over. */
static void part_of_a_chunk_is_refused_by_a_channel(struct kunit *test)
{
	struct vmb_test_hostile *h =
		vmb_test_hostile_create(test, VMB_TEST_BY_CHANNEL);
	struct vmb_channel *channel = h->mirror->channels[0];
	u32 i;

	for (i = 1; i < sizeof(struct vmbsave_stream_header); i += 7) {
		KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(channel,
								      h->image->data, i),
				-EMSGSIZE);
		KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, h->image, 1),
				-EMSGSIZE);
		vmb_channel_restore_end(channel);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, h->image, 1), 0);
}

/* What is restored is not written: guest memory stays as it is. */
static void guest_memory_is_not_written(struct kunit *test)
{
	struct vmb_test_scene *scene = vmb_test_scene_create(test);
	struct vmb_test_stream *image = vmb_test_stream_create(test);
	struct vmb_test_mirror *mirror;

	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(scene->machine, 4096, image), 0);
	mirror = vmb_test_mirror_create(scene, VMB_TEST_SCENE_LINES);

	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(mirror->machine, image, 4096), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(mirror->machine,
							  scene->machine));
}

static struct kunit_case restore_hostile_cases[] = {
	KUNIT_CASE(bit_flip_is_refused),
	KUNIT_CASE(bit_flip_is_refused_by_a_channel),
	KUNIT_CASE(truncation_is_refused),
	KUNIT_CASE(bytes_behind_the_end_are_refused),
	KUNIT_CASE(byte_with_right_hashes_is_refused_or_restored),
	KUNIT_CASE(any_split_is_accepted),
	KUNIT_CASE(damage_is_refused_in_any_split),
	KUNIT_CASE(any_number_of_chunks_is_accepted),
	KUNIT_CASE(part_of_a_chunk_is_refused_by_a_channel),
	KUNIT_CASE(guest_memory_is_not_written),
	{}
};

static struct kunit_suite restore_hostile_suite = {
	.name = "vmbsave_restore_hostile",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_hostile_cases,
};

kunit_test_suite(restore_hostile_suite);

MODULE_DESCRIPTION("Damaged streams are refused without a trace");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_result.h>
#include <linux/vmb_status.h>

#include "core/channel.h"
#include "inflight.h"

/*
 * What the documents say of VmbChannelRestoreFromBuffer, sentence by sentence;
 * Documentation/driver-api/seeds.rst is the list.
 */

/* A saved channel, and where it is restored */
struct move {
	struct vmb_test_line *from;
	struct vmb_test_line *to;
	struct vmb_test_stream *stream;
};

static struct move *move_all(struct kunit *test)
{
	struct move *move = vmb_test_alloc(test, sizeof(*move));

	move->from = vmb_test_inflight_all(test);
	move->stream = vmb_test_stream_create(test);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(move->from->channel, 4096,
						    move->stream), 0);
	move->to = vmb_test_inflight_follow(move->from);
	return move;
}

static int restore(struct move *move, u32 at, u32 bytes)
{
	return vmb_channel_restore_from_buffer(move->to->channel,
					       move->stream->data + at, bytes);
}

static void restores_the_endpoint_from_what_was_saved(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_test_stream *again = vmb_test_stream_create(test);

	KUNIT_EXPECT_EQ(test, restore(move, 0, move->stream->bytes), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->to->channel),
			vmb_channel_get_state(move->from->channel));
	KUNIT_EXPECT_EQ(test, vmb_test_save_channel(move->to->channel, 4096, again), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(again, move->stream));
	vmb_test_inflight_resume(move->to);
	vmb_test_inflight_expect_once(test, move->to, 1, VMB_TEST_INFLIGHT_PACKETS);
}

/* Nothing but the result tells a channel that was refused from one that was not. */
static void result_tells_the_failure(struct kunit *test)
{
	struct move *move = move_all(test);

	move->stream->data[move->stream->bytes - 1] ^= 1;

	KUNIT_EXPECT_EQ(test, restore(move, 0, move->stream->bytes), -EBADMSG);
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_EQ(test, restore(move, 0, move->stream->bytes), -EBADMSG);
	vmb_channel_restore_end(move->to->channel);
}

static void channel_named_is_the_one_restored(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_test_line *other =
		vmb_test_line_offer(move->to->machine, move->from->server->vsp, 9);

	KUNIT_EXPECT_EQ(test, restore(move, 0, move->stream->bytes), 0);

	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(other->channel));
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(other->server, VMB_TEST_RESTORE), 0);
}

static void buffer_holds_what_was_saved_before(struct kunit *test)
{
	struct move *move = move_all(test);
	u8 *garbage = vmb_test_alloc(test, 4096);

	vmb_test_fill(garbage, 4096, 1);

	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel, garbage,
							      4096), -EUCLEAN);
	vmb_channel_restore_end(move->to->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel, NULL, 64),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, restore(move, 0, move->stream->bytes), 0);
}

/* At the last byte of a page that nobody may read behind: the sanitizer looks on. */
static void size_is_that_of_the_buffer(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 unit, at = 0;
	void *exact;
	int ret = 0;

	while ((unit = vmb_test_stream_unit(move->stream, at))) {
		exact = kmemdup(move->stream->data + at, unit, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, exact);
		ret = vmb_channel_restore_from_buffer(move->to->channel, exact, unit);
		kfree(exact);
		KUNIT_ASSERT_GE(test, ret, 0);
		at += unit;
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, restore(move, 0, 0), -EINVAL);
}

static void success_means_finished(struct kunit *test)
{
	struct move *move = move_all(test);
	int ret = restore(move, 0, move->stream->bytes);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_TRUE(test, vmb_errno_to_status(ret) == VMB_STATUS_SUCCESS);
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_EQ(test, restore(move, 0, 64), -EBADFD);
}

static void more_means_more_chunks_were_saved(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 at = 0, unit, nr = 0, chunks = vmb_test_stream_units(move->stream);
	int ret;

	do {
		unit = vmb_test_stream_unit(move->stream, at);
		ret = restore(move, at, unit);
		at += unit;
		nr++;
	} while (ret == VMB_MORE);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, nr, chunks);
	KUNIT_EXPECT_EQ(test, at, move->stream->bytes);
}

static void any_other_result_is_a_failure(struct kunit *test)
{
	struct move *move = move_all(test);
	int ret;

	move->to->server->knobs.restore = VMB_TEST_RESTORE_FAIL_BEFORE;
	move->to->server->knobs.restore_at = 2;
	ret = restore(move, 0, move->stream->bytes);

	KUNIT_EXPECT_EQ(test, ret, -EIO);
	KUNIT_EXPECT_FALSE(test, vmb_status_is_success(vmb_errno_to_status(ret)));
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_TRUE(test, list_empty(&move->to->server->packets));
	vmb_channel_restore_end(move->to->channel);
}

static void buffers_hold_whole_chunks(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_EXPECT_EQ(test, restore(move, 0, 63), -EMSGSIZE);
	vmb_channel_restore_end(move->to->channel);
	KUNIT_EXPECT_EQ(test, restore(move, 0, 64 + 40), -EMSGSIZE);
	vmb_channel_restore_end(move->to->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(move->to->channel, move->stream, 2), 0);
}

static struct kunit_case seeds_restore_cases[] = {
	KUNIT_CASE(restores_the_endpoint_from_what_was_saved),
	KUNIT_CASE(result_tells_the_failure),
	KUNIT_CASE(channel_named_is_the_one_restored),
	KUNIT_CASE(buffer_holds_what_was_saved_before),
	KUNIT_CASE(size_is_that_of_the_buffer),
	KUNIT_CASE(success_means_finished),
	KUNIT_CASE(more_means_more_chunks_were_saved),
	KUNIT_CASE(any_other_result_is_a_failure),
	KUNIT_CASE(buffers_hold_whole_chunks),
	{}
};

static struct kunit_suite seeds_restore_suite = {
	.name = "vmbsave_seeds_restore",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = seeds_restore_cases,
};

kunit_test_suite(seeds_restore_suite);

MODULE_DESCRIPTION("What the documents say of RestoreFromBuffer");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

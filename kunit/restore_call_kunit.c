// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "inflight.h"
#include "job.h"

/* How restore_from_buffer and restore_end are called. */

#define HEADER sizeof(struct vmbsave_stream_header)

/**
 * struct move - a saved channel, and where it is restored
 * @from: the source, in STOP
 * @to: the destination, in STOP
 * @stream: what was saved
 */
struct move {
	struct vmb_test_line *from;
	struct vmb_test_line *to;
	struct vmb_test_stream *stream;
};

static struct move *move_line(struct kunit *test, struct vmb_test_line *line)
{
	struct move *move = vmb_test_alloc(test, sizeof(*move));

	move->from = line;
	move->stream = vmb_test_stream_create(test);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, move->stream), 0);
	move->to = vmb_test_inflight_follow(line);
	return move;
}

static struct move *move_all(struct kunit *test)
{
	return move_line(test, vmb_test_inflight_all(test));
}

static int feed(struct move *move, u32 at, u32 bytes)
{
	return vmb_channel_restore_from_buffer(move->to->channel,
					       move->stream->data + at, bytes);
}

/* So many chunks, one a call; the place of the next one in @at */
static int feed_chunks(struct move *move, u32 nr, u32 *at)
{
	int ret = VMB_MORE;

	*at = 0;
	while (nr-- && ret == VMB_MORE) {
		u32 unit = vmb_test_stream_unit(move->stream, *at);

		ret = feed(move, *at, unit);
		*at += unit;
	}
	return ret;
}

static void expect_restored(struct kunit *test, struct move *move)
{
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->to->channel), VMB_CHANNEL_ACTIVE);
	vmb_test_inflight_resume(move->to);
	vmb_test_inflight_expect_once(test, move->to, 1, VMB_TEST_INFLIGHT_PACKETS);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&move->to->guest.answered,
						   VMB_TEST_INFLIGHT_REQUEST), 1);
}

/* As if nobody had begun to restore it; and so it can be restored. */
static void expect_as_before(struct kunit *test, struct move *move)
{
	struct vmb_test_server *server = move->to->server;
	u32 at;

	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->to->channel), VMB_CHANNEL_STARTED);
	KUNIT_EXPECT_EQ(test, move->to->channel->queue.nr_packets, 0);
	KUNIT_EXPECT_EQ(test, move->to->channel->queue.next_id, 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&move->to->channel->gpadls));
	KUNIT_EXPECT_TRUE(test, list_empty(&server->packets));
	memset(&server->knobs, 0, sizeof(server->knobs));
	KUNIT_EXPECT_EQ(test, feed_chunks(move, U32_MAX, &at), 0);
	expect_restored(test, move);
}

static void more_until_the_last_chunk(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 i, at, chunks = vmb_test_stream_units(move->stream);

	/* Act */
	KUNIT_EXPECT_EQ(test, feed_chunks(move, chunks - 1, &at), VMB_MORE);

	/* Assert: nothing shows yet. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->to->server, VMB_TEST_OPENED), 0);
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
	KUNIT_EXPECT_EQ(test, feed(move, at, vmb_test_stream_unit(move->stream, at)), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
	expect_restored(test, move);
}

static void several_chunks_a_call(struct kunit *test)
{
	u32 units;

	for (units = 1; units <= 8; units++) {
		struct move *move = move_all(test);

		KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(move->to->channel,
							       move->stream, units), 0);
		expect_restored(test, move);
	}
}

static void all_chunks_in_one_call(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_EXPECT_EQ(test, feed(move, 0, move->stream->bytes), 0);
	expect_restored(test, move);
}

/* Whatever follows the last whole chunk of a call, and however long it is. */
static void part_of_a_chunk_is_refused(struct kunit *test)
{
	struct move *move = move_all(test);
	static const u32 parts[] = { 1, 8, 31, 32, 40 };
	u32 i, at, unit, whole, chunks = vmb_test_stream_units(move->stream);

	for (whole = 0; whole < chunks; whole++) {
		for (i = 0; i <= ARRAY_SIZE(parts); i++) {
			KUNIT_ASSERT_EQ(test, feed_chunks(move, whole, &at), VMB_MORE);
			unit = vmb_test_stream_unit(move->stream, at);
			unit = i < ARRAY_SIZE(parts) ? parts[i] : unit - 1;
			KUNIT_EXPECT_EQ(test, feed(move, at, unit), -EMSGSIZE);
			vmb_channel_restore_end(move->to->channel);

			KUNIT_EXPECT_EQ(test, feed(move, 0, at + unit), -EMSGSIZE);
			vmb_channel_restore_end(move->to->channel);
		}
	}
	expect_as_before(test, move);
}

static void bytes_after_the_last_chunk_are_refused(struct kunit *test)
{
	struct move *move = move_all(test);
	u8 *more = vmb_test_alloc(test, move->stream->bytes + 8);

	memcpy(more, move->stream->data, move->stream->bytes);

	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel, more,
							      move->stream->bytes + 8), -EUCLEAN);

	vmb_channel_restore_end(move->to->channel);
	expect_as_before(test, move);
}

static void null_and_nothing_are_refused_and_do_no_harm(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 at, chunks = vmb_test_stream_units(move->stream);

	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel, NULL, 0), -EINVAL);
	KUNIT_ASSERT_EQ(test, feed_chunks(move, chunks - 1, &at), VMB_MORE);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel, NULL, 64),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, feed(move, at, 0), -EINVAL);

	KUNIT_EXPECT_EQ(test, feed(move, at, vmb_test_stream_unit(move->stream, at)), 0);
	expect_restored(test, move);
}

static void legal_in_each_state_that_was_never_open(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	enum vmb_channel_state state;

	for (state = VMB_CHANNEL_DISABLED; state <= VMB_CHANNEL_STARTED; state++) {
		struct move *move;

		line->server->vsp->knobs.stay_disabled = state == VMB_CHANNEL_DISABLED;
		line->server->vsp->knobs.stay_paused = state == VMB_CHANNEL_ENABLED;
		move = move_line(test, line);
		KUNIT_ASSERT_EQ(test, vmb_channel_get_state(move->to->channel), state);

		KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(move->to->channel,
							       move->stream, 1), 0);
		expect_restored(test, move);
	}
}

static void refused_on_a_channel_that_is_or_was_open(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_test_line *line =
		vmb_test_line_open(vmb_test_machine_create(test), move->from->server->vsp, 3);
	struct vmb_channel *channel = line->channel;

	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, move->stream, 1), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, move->stream, 1), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	/* Nothing else is left that could be the reason. */
	KUNIT_ASSERT_EQ(test, vmb_gpadl_teardown(channel, line->guest.gpadl), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_STOPPED);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, move->stream, 1), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, move->stream, 1), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, move->stream, 1), -EBADFD);
}

static void refused_with_a_packet_in_use(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_ASSERT_EQ(test, vmb_test_server_send(move->to->server, 8, 0), 0);

	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
}

static void refused_with_a_gpadl(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(move->to->channel, 7, 0, 1, 0), 0);

	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
}

static void refused_after_a_restore(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_ASSERT_EQ(test, feed(move, 0, move->stream->bytes), 0);

	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
	vmb_channel_restore_end(move->to->channel);
	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(move->to->channel), 0);
	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADFD);
}

/* Nothing but the restore itself tells it from a fresh channel. */
static void refused_after_a_restore_that_opened_nothing(struct kunit *test)
{
	struct vmb_test_line *line =
		vmb_test_line_offer(vmb_test_machine_create(test), vmb_test_vsp_register(test), 1);
	struct move *move = move_line(test, line);

	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
	KUNIT_ASSERT_EQ(test, feed(move, 0, move->stream->bytes), 0);

	KUNIT_EXPECT_EQ(test, feed(move, 0, move->stream->bytes), -EBADFD);
}

static void nobody_controls_a_channel_that_is_restored(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_channel *channel = move->to->channel;
	u32 filled, required, at;

	KUNIT_ASSERT_EQ(test, feed_chunks(move, 2, &at), VMB_MORE);

	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 8), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(channel, NULL, 0, &filled,
							&required), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(move->to->server, 8, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(channel, 99, 0, 1, 0), -EBUSY);
	vmb_channel_save_end(channel);

	vmb_channel_restore_end(channel);
	expect_as_before(test, move);
}

static void end_at_any_chunk_discards_in_reverse(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 nr, at, chunks = vmb_test_stream_units(move->stream);

	for (nr = 0; nr < chunks; nr++) {
		KUNIT_ASSERT_EQ(test, feed_chunks(move, nr, &at), VMB_MORE);
		vmb_test_server_forget_calls(move->to->server);
		vmb_channel_restore_end(move->to->channel);
	}

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(move->to->server, VMB_TEST_ALL_CALLS),
			   "discard#4 discard#3 discard#2 discard#1 discard_state");
	expect_as_before(test, move);
}

static void end_without_a_session_is_a_no_op(struct kunit *test)
{
	struct move *move = move_all(test);

	vmb_channel_restore_end(move->to->channel);
	vmb_channel_restore_end(move->to->channel);

	expect_as_before(test, move);
}

static void error_stays_until_the_end(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 at, unit, i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, feed_chunks(move, 2, &at), VMB_MORE);
	unit = vmb_test_stream_unit(move->stream, at);
	move->stream->data[at + unit - 1] ^= 1;

	/* Act */
	KUNIT_EXPECT_EQ(test, feed(move, at, unit), -EBADMSG);
	move->stream->data[at + unit - 1] ^= 1;

	/* Assert */
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, feed(move, at, unit), -EBADMSG);
	KUNIT_EXPECT_EQ(test, feed(move, 0, HEADER), -EBADMSG);
	KUNIT_EXPECT_TRUE(test, list_empty(&move->to->server->packets));
	vmb_channel_restore_end(move->to->channel);
	expect_as_before(test, move);
}

static void disable_aborts_the_restore(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 at;

	KUNIT_ASSERT_EQ(test, feed_chunks(move, 2, &at), VMB_MORE);

	KUNIT_EXPECT_EQ(test, vmb_channel_disable(move->to->channel), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->to->channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->to->server, VMB_TEST_DISCARD), 2);
	KUNIT_EXPECT_EQ(test, feed(move, at, vmb_test_stream_unit(move->stream, at)), -ECANCELED);
	vmb_channel_restore_end(move->to->channel);
	KUNIT_EXPECT_EQ(test, feed(move, 0, move->stream->bytes), 0);
	expect_restored(test, move);
}

static void unbind_aborts_the_restore(struct kunit *test)
{
	struct move *move = move_all(test);
	u32 at;

	KUNIT_ASSERT_EQ(test, feed_chunks(move, 2, &at), VMB_MORE);

	vmb_test_vsp_unregister(move->to->server->vsp);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->to->server, VMB_TEST_DISCARD), 2);
	KUNIT_EXPECT_EQ(test, feed(move, at, vmb_test_stream_unit(move->stream, at)), -ENODEV);
	vmb_channel_restore_end(move->to->channel);
}

static int restore_job(void *channel)
{
	return vmb_channel_restore_from_buffer(channel, "?", 1);
}

/**
 * struct at_once - what a second caller is answered
 * @other: from another thread, while a callback runs
 * @same: from inside .restore_packet
 * @opened: from inside .opened
 */
struct at_once {
	int other;
	int same;
	int opened;
};

static void restore_in_callback(struct vmb_test_server *server,
				enum vmb_test_call call, void *arg)
{
	struct kunit *test = server->vsp->test;
	struct at_once *seen = server->data;

	if (call == VMB_TEST_RESTORE) {
		seen->other = vmb_test_job_wait(test, vmb_test_job_start(test, 0, restore_job,
									 server->channel));
		seen->same = restore_job(server->channel);
	}
	if (call == VMB_TEST_OPENED)
		seen->opened = restore_job(server->channel);
}

static void second_call_at_once_is_refused(struct kunit *test)
{
	struct move *move = move_all(test);
	struct at_once seen = {};

	move->to->server->data = &seen;
	move->to->server->knobs.hook = restore_in_callback;

	KUNIT_EXPECT_EQ(test, feed(move, 0, move->stream->bytes), 0);

	KUNIT_EXPECT_EQ(test, seen.other, -EBUSY);
	KUNIT_EXPECT_EQ(test, seen.same, -EBUSY);
	KUNIT_EXPECT_EQ(test, seen.opened, -EDEADLK);
	expect_restored(test, move);
}

/*
 * Some allocations have a second way: then the restore succeeds. All others
 * are answered, and the next try finds the channel as it was.
 */
static void each_failed_allocation_is_answered_and_changes_nothing(struct kunit *test)
{
	u32 nth, left, answered = 0;
	struct vmb_test_line *line;
	struct move *move;
	int ret;

	if (!vmb_test_faults_available())
		kunit_skip(test, "the kernel cannot let allocations fail");
	line = vmb_test_inflight_many(test, 3, 200);
	/* Objects of less than a page: there is no second way to allocate them. */
	line->server->vsp->knobs.max_packet = 1024;
	line->channel->max_packet = 1024;
	move = move_line(test, line);
	for (nth = 1; ; nth++) {
		vmb_test_fault_set(nth);
		ret = feed(move, 0, move->stream->bytes);
		left = vmb_test_fault_left();
		vmb_test_fault_set(0);
		if (left)
			break;
		if (!ret) {
			move->to = vmb_test_inflight_follow(line);
			continue;
		}
		answered++;
		KUNIT_EXPECT_EQ_MSG(test, ret, -ENOMEM, "allocation %u", nth);
		KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
		KUNIT_EXPECT_TRUE(test, list_empty(&move->to->server->packets));
		vmb_channel_restore_end(move->to->channel);
	}
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, answered, 15);
	vmb_test_inflight_resume(move->to);
	vmb_test_inflight_expect_once(test, move->to, 1, 3);
}

static struct kunit_case restore_call_cases[] = {
	KUNIT_CASE(more_until_the_last_chunk),
	KUNIT_CASE(several_chunks_a_call),
	KUNIT_CASE(all_chunks_in_one_call),
	KUNIT_CASE(part_of_a_chunk_is_refused),
	KUNIT_CASE(bytes_after_the_last_chunk_are_refused),
	KUNIT_CASE(null_and_nothing_are_refused_and_do_no_harm),
	KUNIT_CASE(legal_in_each_state_that_was_never_open),
	KUNIT_CASE(refused_on_a_channel_that_is_or_was_open),
	KUNIT_CASE(refused_with_a_packet_in_use),
	KUNIT_CASE(refused_with_a_gpadl),
	KUNIT_CASE(refused_after_a_restore),
	KUNIT_CASE(refused_after_a_restore_that_opened_nothing),
	KUNIT_CASE(nobody_controls_a_channel_that_is_restored),
	KUNIT_CASE(end_at_any_chunk_discards_in_reverse),
	KUNIT_CASE(end_without_a_session_is_a_no_op),
	KUNIT_CASE(error_stays_until_the_end),
	KUNIT_CASE(disable_aborts_the_restore),
	KUNIT_CASE(unbind_aborts_the_restore),
	KUNIT_CASE(second_call_at_once_is_refused),
	KUNIT_CASE(each_failed_allocation_is_answered_and_changes_nothing),
	{}
};

static struct kunit_suite restore_call_suite = {
	.name = "vmbsave_restore_call",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_call_cases,
};

kunit_test_suite(restore_call_suite);

MODULE_DESCRIPTION("How a restore is called");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

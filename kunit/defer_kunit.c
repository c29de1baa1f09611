// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "line.h"
#include "move.h"

/* Incoming packets that the VSP defers, or gives up as beyond repair. */

/* Packets that are deferred yet, and the one that a hook has kept. */
static atomic_t to_defer;
static struct vmb_packet_completion *kept;

static void defer_or_process(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			     const void *buf, u32 len)
{
	if (atomic_dec_if_positive(&to_defer) < 0) {
		vmb_test_process_packet(channel, packet, buf, len);
		return;
	}
	vmb_test_server_log(vmb_test_server_of(channel), VMB_TEST_PROCESS,
			    vmb_packet_completion_transaction_id(packet), NULL);
	vmb_packet_defer(packet);
}

static struct vmb_test_line *deferring_line(struct kunit *test, int nr)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	atomic_set(&to_defer, nr);
	vsp->vsp.process_packet = defer_or_process;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	return vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
}

static const char *process_calls(struct vmb_test_line *line)
{
	return vmb_test_server_calls(line->server, BIT(VMB_TEST_PROCESS));
}

static void expect_answered_once(struct vmb_test_line *line, u64 first, u64 last)
{
	struct kunit *test = line->machine->test;
	u64 id;

	vmb_test_guest_serve(&line->guest);
	for (id = first; id <= last; id++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.answered, id), 1,
				    "request %llu", id);
}

static void deferred_packet_comes_again_before_what_is_behind_it(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, 2);
	u64 id;

	/* Act */
	for (id = 1; id <= 3; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8 * id), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS) == 5));

	/* Assert */
	KUNIT_EXPECT_STREQ(test, process_calls(line),
			   "process#1 process#1 process#1 process#2 process#3");
	expect_answered_once(line, 1, 3);
}

static void deferred_packet_in_a_batch_leaves_the_earlier_ones_done(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, 0);

	/* Arrange: both are in the ring before the worker looks. */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, 8), 0);
	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_channel_set_transaction_quota(line->channel, 1), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_STREQ(test, process_calls(line), "process#1");

	/* Act */
	atomic_set(&to_defer, 3);
	vmb_test_server_complete(line->server, 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 1));

	/* Assert */
	KUNIT_EXPECT_STREQ(test, process_calls(line),
			   "process#1 process#2 process#2 process#2 process#2");
	vmb_test_server_complete(line->server, 1);
	expect_answered_once(line, 1, 2);
}

static void vsp_holds_nothing_of_a_deferred_packet(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, INT_MAX);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS) > 2));

	/* Assert: .processing_complete was told of none. */
	KUNIT_EXPECT_EQ(test, READ_ONCE(line->channel->nr_incoming), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_BATCH), 0);
	KUNIT_EXPECT_FALSE(test, vmb_ring_empty(&line->channel->in));
}

static void deferring_for_ever_keeps_no_cpu_busy(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, INT_MAX);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	msleep(500);

	/* Assert: about every 10 ms */
	KUNIT_EXPECT_LT(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 100);
}

static void stop_does_not_wait_for_a_deferred_packet(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, INT_MAX);
	u32 before;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, 8), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS) > 2));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(line->channel, 5000), 0);
	before = vmb_test_server_count(line->server, VMB_TEST_PROCESS);
	msleep(100);

	/* Assert: none after .suspend, and the first one after .started */
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), before);
	vmb_test_server_forget_calls(line->server);
	atomic_set(&to_defer, 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_STREQ(test, process_calls(line), "process#1 process#2");
	expect_answered_once(line, 1, 2);
}

static void deferred_packet_moves_with_the_guest(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	u64 id;

	/* Arrange: 1 was answered, 2 is deferred, 3 is behind it. */
	atomic_set(&to_defer, 0);
	move->vsp->vsp.process_packet = defer_or_process;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&move->lines[0]->guest, 1, 8), 0);
	vmb_test_line_settle(move->lines[0]);
	atomic_set(&to_defer, INT_MAX);
	for (id = 2; id <= 3; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&move->lines[0]->guest, id, 8), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_count(move->lines[0]->server,
								    VMB_TEST_PROCESS) > 3));

	/* Act */
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	atomic_set(&to_defer, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_line_settle(move->moved[0]);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, process_calls(move->moved[0]), "process#2 process#3");
	expect_answered_once(move->moved[0], 1, 3);
}

static void deferred_packet_goes_with_the_ring_when_the_guest_closes(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, INT_MAX);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS) > 2));
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	atomic_set(&to_defer, 0);
	vmb_test_server_forget_calls(line->server);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, 8), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, process_calls(line), "process#2");
	expect_answered_once(line, 2, 2);
}

static void defer_kept(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call != VMB_TEST_PROCESS)
		return;
	if (!kept)
		kept = arg;
	else
		vmb_packet_defer(kept);
}

/* Neither from another task, nor another packet than the one at hand. */
static void only_the_packet_at_hand_can_be_deferred(struct kunit *test)
{
	struct vmb_test_line *line = deferring_line(test, 0);

	/* Arrange */
	kept = NULL;
	line->server->knobs.hold = true;
	line->server->knobs.hook = defer_kept;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_NOT_NULL(test, kept);

	/* Act */
	kunit_info(test, "expect splat: deferred that is not being processed\n");
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, 8), 0);
	vmb_test_line_settle(line);
	vmb_packet_defer(kept);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, process_calls(line), "process#1 process#2");
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, U32_MAX), 2);
	expect_answered_once(line, 1, 2);
}

static struct kunit_case defer_cases[] = {
	KUNIT_CASE(deferred_packet_comes_again_before_what_is_behind_it),
	KUNIT_CASE(deferred_packet_in_a_batch_leaves_the_earlier_ones_done),
	KUNIT_CASE(vsp_holds_nothing_of_a_deferred_packet),
	KUNIT_CASE(deferring_for_ever_keeps_no_cpu_busy),
	KUNIT_CASE(stop_does_not_wait_for_a_deferred_packet),
	KUNIT_CASE(deferred_packet_moves_with_the_guest),
	KUNIT_CASE(deferred_packet_goes_with_the_ring_when_the_guest_closes),
	KUNIT_CASE(only_the_packet_at_hand_can_be_deferred),
	{}
};

static struct kunit_suite defer_suite = {
	.name = "vmbsave_defer",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = defer_cases,
};

kunit_test_suite(defer_suite);

MODULE_DESCRIPTION("Incoming packets that are deferred or given up, and their context");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

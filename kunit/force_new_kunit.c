// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "migrate/restore.h"
#include "move.h"

#include <uapi/linux/vmbsave_stream.h>

/* FORCE_NEW_CHANNEL: not restored but offered anew. */

static const u32 instances[] = { 1, 2 };

/*
 * Two channels with traffic; the VSP has state of both. The first one is to be
 * offered anew.
 */
static struct vmb_test_move *begin(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_move *move;
	u32 i;

	vsp->knobs.state_bytes = 9;
	vmb_test_vsp_add_state(vsp, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	move = vmb_test_move_begin_as(vsp, instances, 2, 1);
	move->lines[0]->channel->config.server_flags = VMB_SERVER_INIT_FORCE_NEW_CHANNEL;
	for (i = 0; i < 2; i++) {
		vmb_test_move_fill(move->lines[i], 4, 2);
		vmb_test_server_forget_calls(move->lines[i]->server);
	}
	return move;
}

static struct vmb_test_move *prepare(struct kunit *test)
{
	struct vmb_test_move *move = begin(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	return move;
}

static u32 reoffered(struct vmb_test_move *move, u32 i)
{
	return vmb_test_machine_events(move->to, VMBSAVE_EVENT_REOFFERED,
				       move->moved[i]->id);
}

/* As its VSP left it: no callback but .probe, and never open */
static void expect_untouched(struct vmb_test_move *move)
{
	struct vmb_channel *channel = move->moved[0]->channel;
	struct kunit *test = move->test;

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(move->moved[0]->server,
						       VMB_TEST_ALL_CALLS), "probe");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_STARTED);
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(channel));
	KUNIT_EXPECT_TRUE(test, xa_empty(&channel->gpadls));
	KUNIT_EXPECT_EQ(test, channel->queue.next_id, 1);
	KUNIT_EXPECT_EQ(test, channel->queue.nr_packets, 0);
}

/* Packets are in use, and the VSP is not asked for one. */
static void its_identity_alone_is_saved(struct kunit *test)
{
	struct vmb_test_move *move = begin(test);
	struct vmbsave_manifest_entry *entry;
	struct vmbsave_manifest *manifest;
	struct vmbsave_channel *saved;

	vmb_test_move_save(move);

	manifest = vmb_test_stream_find(move->stream, VMBSAVE_RECORD_MANIFEST, 0);
	KUNIT_ASSERT_NOT_NULL(test, manifest);
	entry = (void *)(manifest + 1);
	saved = vmb_test_stream_find(move->stream, VMBSAVE_RECORD_CHANNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(manifest->nr_packets), 6);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(entry->nr_packets), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(entry->nr_gpadls), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(entry->state_version), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->flags), VMBSAVE_CHANNEL_FORCE_NEW);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->state), VMBSAVE_CHANNEL_DISABLED);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(saved->next_transaction_id), 1);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->ring_gpadl), 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(move->lines[0]->server,
						       VMB_TEST_ALL_CALLS), "suspend");
}

static void nothing_of_it_is_restored_and_the_vmm_is_told(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	KUNIT_ASSERT_EQ(test, vmb_test_write_bus(move->to, move->stream, 4096), 0);
	KUNIT_EXPECT_EQ(test, reoffered(move, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), 0);

	expect_untouched(move);
	KUNIT_EXPECT_EQ(test, reoffered(move, 0), 1);
	KUNIT_EXPECT_EQ(test, reoffered(move, 1), 0);
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(move->moved[1]->channel));
}

/* The guest takes the new offer; the other channel goes on. */
static void it_can_be_opened_anew(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	struct vmb_test_line *line;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	line = vmb_test_line_open(move->to, move->vsp, 3);
	vmb_test_line_send(line, 1, 8);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 1);
	memset(move->moved[0]->guest.map, 0, move->moved[0]->guest.nr_pages * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&move->moved[0]->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&move->moved[0]->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server,
						    VMB_TEST_OPENED), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(move->moved[0]->server, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, move->moved[0]->channel->queue.next_id, 2);
	vmb_test_guest_serve(&move->moved[1]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[1]->server, 6)->done, 1);
}

/* A failed migration: each packet is completed there, once. */
static void its_source_may_run_on(struct kunit *test)
{
	struct vmb_test_move *move = begin(test);
	u32 i;

	vmb_test_move_save(move);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);

	for (i = 0; i < 2; i++) {
		vmb_test_guest_serve(&move->lines[i]->guest);
		vmb_test_line_expect_once(move->lines[i], 6);
	}
}

static void failed_commit_tells_nobody(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	move->moved[1]->server->knobs.opened_error = -EPERM;
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), -EPERM);

	expect_untouched(move);
	KUNIT_EXPECT_EQ(test, reoffered(move, 0), 0);
	move->moved[1]->server->knobs.opened_error = 0;
	vmb_test_move_expect_clean(move);
}

/* Neither does it need a way to signal a guest that has not opened it. */
static void it_needs_no_signal(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	vmb_channel_set_host(move->moved[0]->channel, NULL);
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);
	vmb_channel_set_host(move->moved[0]->channel, &move->moved[0]->guest.host);
}

/* What the VSP here has set does not matter: there is no state to fit it. */
static void its_configuration_is_not_compared(struct kunit *test)
{
	struct vmb_test_move *move = begin(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	move->moved[0]->channel->max_packet = 64;
	move->moved[0]->channel->config.flags = VMB_CHANNEL_INIT_IS_PIPE;

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);

	expect_untouched(move);
}

static void calls_in_the_kernel_do_the_same(struct kunit *test)
{
	struct vmb_test_move *move = begin(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(move->lines[0]->channel, 0, stream), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->lines[0]->server, VMB_TEST_SAVE), 0);
	vmb_test_move_follow(move);

	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(move->moved[0]->channel, stream, 1), 0);

	expect_untouched(move);
	KUNIT_EXPECT_EQ(test, reoffered(move, 0), 1);
}

static struct kunit_case force_new_cases[] = {
	KUNIT_CASE(its_identity_alone_is_saved),
	KUNIT_CASE(nothing_of_it_is_restored_and_the_vmm_is_told),
	KUNIT_CASE(it_can_be_opened_anew),
	KUNIT_CASE(its_source_may_run_on),
	KUNIT_CASE(failed_commit_tells_nobody),
	KUNIT_CASE(it_needs_no_signal),
	KUNIT_CASE(its_configuration_is_not_compared),
	KUNIT_CASE(calls_in_the_kernel_do_the_same),
	{}
};

static struct kunit_suite force_new_suite = {
	.name = "vmbsave_force_new",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = force_new_cases,
};

kunit_test_suite(force_new_suite);

MODULE_DESCRIPTION("A channel that is to be offered anew is not restored");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "migrate/restore.h"
#include "move.h"

#include <uapi/linux/vmbsave_stream.h>

/* The state that a VSP has of a channel, beside that of its packets. */

#define STATE_MAX	SZ_1M	/* default of the parameter max_channel_state */
#define STATE_BYTES	21

static const u32 instances[VMB_TEST_MOVE_LINES] = { 1, 2, 3 };

static struct vmb_test_vsp *create_vsp(struct kunit *test, u32 state_bytes)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	vsp->knobs.state_bytes = state_bytes;
	vmb_test_vsp_add_state(vsp, 5, 3);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	return vsp;
}

/* Channels whose VSP has state, not saved yet, with two packets each */
static struct vmb_test_move *begin(struct kunit *test, u32 nr, u32 state_bytes)
{
	struct vmb_test_move *move =
		vmb_test_move_begin_as(create_vsp(test, state_bytes), instances, nr, 1);
	u32 i;

	for (i = 0; i < nr; i++)
		vmb_test_move_fill(move->lines[i], 2, 0);
	return move;
}

/* Saved, and followed by a destination that writes a journal */
static struct vmb_test_move *prepare(struct kunit *test, u32 nr, u32 state_bytes)
{
	struct vmb_test_move *move = begin(test, nr, state_bytes);
	u32 i;

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	for (i = 0; i < nr; i++)
		move->moved[i]->server->knobs.hook = vmb_test_move_hook;
	return move;
}

static void expect_refused(struct vmb_test_move *move, int error, const char *why)
{
	struct kunit *test = move->test;
	u32 i;

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), error);
	KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_ERROR);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(vmb_test_error_text(test, move->to), why),
				  "\"%s\"", vmb_test_error_text(test, move->to));
	vmb_test_move_expect_clean(move);
	for (i = 0; i < move->nr; i++)
		KUNIT_EXPECT_NULL(test, move->moved[i]->server->state);
}

/* Of any length, longer than a chunk and empty as well */
static void state_comes_back_as_it_was(struct kunit *test)
{
	static const u32 lengths[] = { 0, 1, 8, 4000, 4064, 20000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct vmb_test_move *move = prepare(test, 2, lengths[i]);
		struct vmb_test_server *server = move->moved[1]->server;

		KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
		KUNIT_EXPECT_TRUE_MSG(test, vmb_test_server_has_state(server, lengths[i]),
				      "%u bytes", lengths[i]);
		KUNIT_EXPECT_EQ(test, server->state_version, 5);
	}
}

static void next_save_has_what_was_restored(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2, STATE_BYTES);
	struct vmb_test_stream *again = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(move->to, 4096, again), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(again, move->stream));
}

static void state_is_saved_once_and_before_packets(struct kunit *test)
{
	struct vmb_test_move *move = begin(test, 1, STATE_BYTES);
	struct vmb_test_server *server = move->lines[0]->server;

	vmb_test_server_forget_calls(server);
	vmb_test_move_save(move);

	/* Two passes of the one, one of packet 1, two of packet 2. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(server, BIT(VMB_TEST_SAVE_STATE) |
						       BIT(VMB_TEST_SAVE)),
			   "save_state save_state save#1 save#2 save#2");
}

static void state_is_restored_before_packets(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2, STATE_BYTES);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:restore_state 1:restore 1:restore 2:restore_state 2:restore 2:restore 1:opened 2:opened");
}

/* Also one that was never open, or disabled */
static void state_of_a_closed_channel_is_restored(struct kunit *test)
{
	struct vmb_test_vsp *vsp = create_vsp(test, STATE_BYTES);
	struct vmb_test_move *move = vmb_test_move_begin_as(vsp, instances, 2, 1);
	u32 i;

	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&move->lines[0]->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(move->lines[1]->channel), 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	for (i = 0; i < 2; i++) {
		struct vmb_test_server *server = move->moved[i]->server;

		KUNIT_EXPECT_TRUE(test, vmb_test_server_has_state(server, STATE_BYTES));
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_OPENED), 0);
	}
}

/**
 * struct script_case - what .save_state answers, and what comes of it
 * @name: the property
 * @script: its answers
 * @result: of the save
 * @calls: of .save_state
 * @bytes: of state in the stream if the save succeeds
 */
struct script_case {
	const char *name;
	struct vmb_test_script script;
	int result;
	u32 calls;
	u32 bytes;
};

#define PASSES(n, ...) { .nr = n, .pass = { __VA_ARGS__ } }

static const struct script_case script_cases[] = {
	{ "success in pass one is an empty state", PASSES(1, { 0, 24 }), 0, 1, 0 },
	{ "failure without a size is the save's", PASSES(1, { -EIO, 0 }), -EIO, 1 },
	{ "any failure with a size leads to pass two",
	  PASSES(2, { -EIO, 24 }, { 0, 24 }), 0, 2, 24 },
	{ "pass two may need less", PASSES(2, { -ENOBUFS, 24 }, { 0, 8 }), 0, 2, 8 },
	{ "failure in pass two is the save's",
	  PASSES(2, { -ENOBUFS, 24 }, { -EIO, 24 }), -EIO, 2 },
	{ "it may grow once",
	  PASSES(3, { -ENOBUFS, 8 }, { -ENOBUFS, 24 }, { 0, 24 }), 0, 3, 24 },
	{ "it may not grow twice",
	  PASSES(3, { -ENOBUFS, 8 }, { -ENOBUFS, 16 }, { -ENOBUFS, 24 }), -EBADFD, 3 },
	{ "success with more than the buffer is refused",
	  PASSES(2, { -ENOBUFS, 8 }, { 0, 9 }), -EOVERFLOW, 2 },
	{ "the cap may be reached",
	  PASSES(2, { -ENOBUFS, STATE_MAX }, { 0, STATE_MAX }), 0, 2, STATE_MAX },
	{ "more than the cap is refused",
	  PASSES(1, { -ENOBUFS, STATE_MAX + 1 }), -EMSGSIZE, 1 },
};

static void describe(const struct script_case *script, char *desc)
{
	strscpy(desc, script->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(script, script_cases, describe);

static void state_goes_by_the_two_pass_rule(struct kunit *test)
{
	const struct script_case *script = test->param_value;
	struct vmb_test_move *move = begin(test, 1, 0);
	struct vmb_test_server *server = move->lines[0]->server;
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmbsave_record_header *head;
	void *state;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	server->knobs.save_state = script->script;

	KUNIT_EXPECT_EQ(test, vmb_test_save_channel(move->lines[0]->channel, 4096, stream),
			script->result);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_SAVE_STATE),
			script->calls);
	state = vmb_test_stream_find(stream, VMBSAVE_RECORD_VSP_STATE, 0);
	if (script->result)
		return;
	KUNIT_ASSERT_NOT_NULL(test, state);
	head = state - sizeof(*head);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(head->bytes),
			sizeof(struct vmbsave_vsp_state) + script->bytes);
}

/* The save of a state that fails changes nothing, and another one goes well. */
static void failed_save_leaves_the_channel_as_it_was(struct kunit *test)
{
	struct vmb_test_move *move = begin(test, 2, STATE_BYTES);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_server *server = move->lines[1]->server;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	server->knobs.save_state = (struct vmb_test_script)PASSES(1, { -EIO, 0 });
	KUNIT_EXPECT_EQ(test, vmb_test_save_bus(move->from, 4096, stream), -EIO);
	KUNIT_EXPECT_NOT_NULL(test, strstr(vmb_test_error_text(test, move->from), "a channel"));
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);

	server->knobs.save_state.nr = 0;
	vmb_test_move_save(move);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->lines[1]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(server, 2)->done, 1);
}

/* All goes back, last one first: packets, then the state that they belong to. */
static void later_failure_discards_states_in_reverse(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2, STATE_BYTES);

	move->moved[0]->server->knobs.opened_error = -EPERM;
	expect_refused(move, -EPERM, "refused to open");
	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:restore_state 1:restore 1:restore 2:restore_state 2:restore 2:restore 1:opened 2:discard#2 2:discard#1 2:discard_state 1:discard#2 1:discard#1 1:discard_state");
	move->moved[0]->server->knobs.opened_error = 0;
	vmb_test_move_good(move);
}

static void refused_packet_discards_the_state_before_it(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);
	struct vmb_test_knobs *knobs = &move->moved[0]->server->knobs;

	knobs->restore = VMB_TEST_RESTORE_FAIL_BEFORE;
	knobs->restore_at = 1;
	expect_refused(move, -EIO, "refused to restore a packet");
	KUNIT_EXPECT_STREQ(test, move->journal, "1:restore_state 1:restore 1:discard_state");
}

/* Who has failed has left nothing; the channel before it is undone. */
static void refused_state_is_not_discarded(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2, STATE_BYTES);

	move->moved[1]->server->knobs.restore_state_error = -EILSEQ;
	expect_refused(move, -EILSEQ, "refused to restore the state");
	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:restore_state 1:restore 1:restore 2:restore_state 1:discard#2 1:discard#1 1:discard_state");
	move->moved[1]->server->knobs.restore_state_error = 0;
	vmb_test_move_good(move);
}

static void write_all(struct vmb_test_move *move)
{
	KUNIT_ASSERT_EQ(move->test, vmb_test_write_bus(move->to, move->stream, 4096), 0);
}

static void dropped_restore_discards_the_state(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);

	write_all(move);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);

	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:restore_state 1:restore 1:restore 1:discard#2 1:discard#1 1:discard_state");
	vmb_test_move_good(move);
}

/* .remove comes when all that was restored has gone. */
static void rescinded_channel_discards_the_state(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);
	struct vmb_test_server *server = move->moved[0]->server;

	write_all(move);
	vmb_test_server_forget_calls(server);
	vmb_test_vsp_unregister(move->vsp);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(server, VMB_TEST_ALL_CALLS),
			   "discard#2 discard#1 discard_state remove");
	KUNIT_EXPECT_NULL(test, server->state);
}

/* Then it is the VSP's, whatever becomes of the channel. */
static void committed_state_is_never_discarded(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);
	struct vmb_test_server *server = move->moved[0]->server;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_vsp_unregister(move->vsp);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_DISCARD_STATE), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_server_has_state(server, STATE_BYTES));
}

/* At the manifest: nothing was restored before, and both versions are named. */
static void too_old_vsp_refuses_at_the_manifest(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2, STATE_BYTES);
	const char *text;

	move->vsp->vsp.state_version = 2;
	move->vsp->vsp.state_min_version = 1;
	expect_refused(move, -EPROTONOSUPPORT, "version 5 for 3 and later");
	text = vmb_test_error_text(test, move->to);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, "here is 2"), "\"%s\"", text);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, dev_name(&move->moved[0]->channel->dev)),
				  "\"%s\"", text);
	KUNIT_EXPECT_STREQ(test, move->journal, "");
}

/* The oldest one that the source allows, and one that is newer than it */
static void vsp_of_another_version_restores(struct kunit *test)
{
	static const u32 versions[] = { 3, 4, 6 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);

		move->vsp->vsp.state_version = versions[i];
		KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);
		KUNIT_EXPECT_EQ(test, move->moved[0]->server->state_version, 5);
	}
}

static void vsp_without_state_refuses_one(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1, STATE_BYTES);

	move->vsp->vsp.restore_state = NULL;
	expect_refused(move, -EOPNOTSUPP, "cannot restore a state");
	KUNIT_EXPECT_STREQ(test, move->journal, "");
}

static void stream_without_state_is_restored(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_move *move;

	/* Arrange: it has learnt of it meanwhile. */
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	move = vmb_test_move_begin_as(vsp, instances, 1, 1);
	vmb_test_move_save(move);
	KUNIT_EXPECT_NULL(test, vmb_test_stream_find(move->stream,
						     VMBSAVE_RECORD_VSP_STATE, 0));
	vmb_test_vsp_add_state(vsp, 1, 1);
	vmb_test_move_follow(move);

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server,
						    VMB_TEST_RESTORE_STATE), 0);
}

/* save_begin to save_end, restore_from_buffer and restore_end */
static void calls_in_the_kernel_do_the_same(struct kunit *test)
{
	struct vmb_test_move *move = begin(test, 1, 5000);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_server *server;
	struct vmb_channel *channel;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(move->lines[0]->channel, 0, stream), 0);
	vmb_test_move_follow(move);
	channel = move->moved[0]->channel;
	server = move->moved[0]->server;

	/* All but the end, then given up */
	stream->bytes -= 88;
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, stream, 1), VMB_MORE);
	KUNIT_EXPECT_TRUE(test, vmb_test_server_has_state(server, 5000));
	vmb_channel_restore_end(channel);
	KUNIT_EXPECT_NULL(test, server->state);

	stream->bytes += 88;
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(channel, stream, 2), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_server_has_state(server, 5000));
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_DISCARD_STATE), 1);
}

/* Offered in any order: what is restored of the primary comes first. */
static void primary_comes_before_its_subchannels(struct kunit *test)
{
	static const u32 mixed[] = { 1 | 2 << 16, 1 | 1 << 16, 1 };
	struct vmb_test_move *move =
		vmb_test_move_begin_as(create_vsp(test, STATE_BYTES), mixed, 3, 1);
	u32 i;

	for (i = 0; i < 3; i++)
		vmb_test_move_fill(move->lines[i], 1, 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	for (i = 0; i < 3; i++)
		move->moved[i]->server->knobs.hook = vmb_test_move_hook;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_subchannel(move->moved[2]->channel), 0);
	KUNIT_EXPECT_STREQ(test, move->journal,
			   "3:restore_state 3:restore 2:restore_state 2:restore 1:restore_state 1:restore 3:opened 2:opened 1:opened");
}

static struct kunit_case vsp_state_cases[] = {
	KUNIT_CASE(state_comes_back_as_it_was),
	KUNIT_CASE(next_save_has_what_was_restored),
	KUNIT_CASE(state_is_saved_once_and_before_packets),
	KUNIT_CASE(state_is_restored_before_packets),
	KUNIT_CASE(state_of_a_closed_channel_is_restored),
	KUNIT_CASE_PARAM(state_goes_by_the_two_pass_rule, script_gen_params),
	KUNIT_CASE(failed_save_leaves_the_channel_as_it_was),
	KUNIT_CASE(later_failure_discards_states_in_reverse),
	KUNIT_CASE(refused_packet_discards_the_state_before_it),
	KUNIT_CASE(refused_state_is_not_discarded),
	KUNIT_CASE(dropped_restore_discards_the_state),
	KUNIT_CASE(rescinded_channel_discards_the_state),
	KUNIT_CASE(committed_state_is_never_discarded),
	KUNIT_CASE(too_old_vsp_refuses_at_the_manifest),
	KUNIT_CASE(vsp_of_another_version_restores),
	KUNIT_CASE(vsp_without_state_refuses_one),
	KUNIT_CASE(stream_without_state_is_restored),
	KUNIT_CASE(calls_in_the_kernel_do_the_same),
	KUNIT_CASE(primary_comes_before_its_subchannels),
	{}
};

static struct kunit_suite vsp_state_suite = {
	.name = "vmbsave_vsp_state",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = vsp_state_cases,
};

kunit_test_suite(vsp_state_suite);

MODULE_DESCRIPTION("A VSP's own state of a channel goes with the guest");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

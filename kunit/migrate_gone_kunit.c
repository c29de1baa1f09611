// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/string.h>

#include "core/channel.h"
#include "job.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "move.h"

/*
 * A VSP is unbound, or the whole machine dies, in each state of the bus and
 * half-way through a save and a restore: all is released, nobody waits.
 */

/* Two channels with packets in the ring and behind it */
static struct vmb_test_move *prepare(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);
	u32 i;

	for (i = 0; i < 2; i++)
		vmb_test_move_fill(move->lines[i], 4, 2);
	return move;
}

static void unbind(struct vmb_test_line *line)
{
	device_release_driver(&line->channel->dev);
}

/* What was in use is given back once; the other channel goes on. */
static void expect_unbound(struct vmb_test_move *move)
{
	struct kunit *test = move->test;
	struct vmb_test_line *line = move->lines[0];
	u64 id;

	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(move->from, VMBSAVE_EVENT_RESCINDED,
						      line->id), 1);
	for (id = 1; id <= 6; id++) {
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, id)->discarded, 1);
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, id)->done, 0);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->lines[1]->guest);
	for (id = 1; id <= 6; id++)
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->lines[1]->server, id)->done, 1);
}

static void unbind_while_running(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	unbind(move->lines[0]);
	expect_unbound(move);
}

static void unbind_while_stopped(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	unbind(move->lines[0]);
	expect_unbound(move);
}

/* Reads @units chunks of a save. Return: the first error */
static int read_units(struct vmb_save *save, u32 units)
{
	const void *data;
	u32 bytes;
	int ret = 0;

	while (units-- && !ret) {
		ret = vmb_save_read_begin(save, &data, &bytes);
		if (!ret)
			vmb_save_read_end(save, bytes);
	}
	return ret;
}

/* After each chunk of a save: it fails, and says that it is no more. */
static void unbind_during_a_save(struct kunit *test)
{
	u32 units, all;

	for (units = 0, all = 1; units < all; units++) {
		struct vmb_test_move *move = prepare(test);
		struct vmb_bus_data data;

		vmb_test_move_save(move);
		all = vmb_test_stream_units(move->stream);
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->from->bus, VMB_BUS_STOP_COPY, 0,
							&data), 0);
		KUNIT_ASSERT_EQ(test, read_units(data.save, units), 0);
		unbind(move->lines[0]);
		KUNIT_EXPECT_EQ(test, read_units(data.save, 1), -ENODEV);
		KUNIT_EXPECT_NOT_NULL(test, strstr(vmb_test_error_text(test, move->from),
						   dev_name(&move->lines[0]->channel->dev)));
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
		KUNIT_EXPECT_EQ(test, read_units(data.save, 1), -ESTALE);
		vmb_save_put(data.save);
		expect_unbound(move);
		vmb_test_machine_destroy(move->from);
	}
}

/* After each chunk of a restore: it fails; the other channel can be used. */
static void unbind_during_a_restore(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	u32 at = 0, bytes;

	vmb_test_move_save(move);
	do {
		struct vmb_bus_data data;

		bytes = vmb_test_stream_unit(move->stream, at);
		vmb_test_move_follow(move);
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0,
							&data), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data,
							   at + bytes / 2), 0);
		unbind(move->moved[1]);
		KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
		KUNIT_EXPECT_TRUE(test, list_empty(&move->moved[0]->server->packets));
		KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 1),
				-ENODEV);
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), -ENODEV);
		KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_ERROR);
		KUNIT_EXPECT_NOT_NULL(test, strstr(vmb_test_error_text(test, move->to),
						   dev_name(&move->moved[1]->channel->dev)));
		vmb_restore_put(data.restore);
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
		vmb_test_machine_destroy(move->to);
		at += bytes;
	} while (bytes);
}

/* The restore was committed and the guest does not run yet. */
static void unbind_after_a_restore(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	u64 id;

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	unbind(move->moved[0]);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server, VMB_TEST_CLOSED), 1);
	for (id = 1; id <= 6; id++)
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[0]->server,
							     id)->discarded, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->moved[1]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[1]->server, 6)->done, 1);
}

static void unbind_in_error(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	move->moved[1]->server->knobs.opened_error = -EPERM;
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), -EPERM);
	unbind(move->moved[0]);
	unbind(move->moved[1]);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), -EPERM);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
}

/**
 * struct removal - an unbind by another thread, from inside a callback
 * @in: of this callback
 * @at: when it is called for the nth time over all channels
 * @line: whose VSP is unbound
 * @job: the other thread
 * @waited: the unbind had not returned while the callback went on
 */
static struct removal {
	enum vmb_test_call in;
	u32 at;
	struct vmb_test_line *line;
	struct vmb_test_job *job;
	bool waited;
} removal;

static int unbind_line(void *arg)
{
	unbind(arg);
	return 0;
}

static void unbind_hook(struct vmb_test_server *server, enum vmb_test_call call,
			void *arg)
{
	if (call != removal.in || --removal.at)
		return;
	removal.job = vmb_test_job_start(server->vsp->test, 0, unbind_line, removal.line);
	removal.waited = !vmb_test_job_ended(removal.job, 100);
}

/* Restores while the VSP of the second channel is unbound. */
static int restore_and_unbind(struct vmb_test_move *move, enum vmb_test_call in,
			      u32 at)
{
	int ret;
	u32 i;

	removal = (struct removal) { .in = in, .at = at, .line = move->moved[1] };
	for (i = 0; i < 2; i++)
		move->moved[i]->server->knobs.hook = unbind_hook;
	ret = vmb_test_move_restore(move);
	KUNIT_ASSERT_NOT_NULL(move->test, removal.job);
	vmb_test_job_wait(move->test, removal.job);
	return ret;
}

/* It waits for the packet in hand; the restore says why it fails. */
static void unbind_waits_for_restore_packet(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	u32 at;

	vmb_test_move_save(move);
	for (at = 1; at <= 12; at++) {
		vmb_test_move_follow(move);
		KUNIT_EXPECT_EQ(test, restore_and_unbind(move, VMB_TEST_RESTORE, at), -ENODEV);
		KUNIT_EXPECT_TRUE(test, removal.waited);
		KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
		KUNIT_EXPECT_TRUE(test, list_empty(&move->moved[0]->server->packets));
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
		vmb_test_machine_destroy(move->to);
	}
}

/* Before its own .opened: the commit is undone. After it: it is committed. */
static void unbind_waits_for_the_commit(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_EXPECT_EQ(test, restore_and_unbind(move, VMB_TEST_OPENED, 1), -ENODEV);
	KUNIT_EXPECT_TRUE(test, removal.waited);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server, VMB_TEST_CLOSED), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[1]->server, VMB_TEST_OPENED), 0);
	KUNIT_EXPECT_TRUE(test, list_empty(&move->moved[0]->server->packets));
	vmb_test_machine_destroy(move->to);

	vmb_test_move_follow(move);
	KUNIT_EXPECT_EQ(test, restore_and_unbind(move, VMB_TEST_OPENED, 2), 0);
	KUNIT_EXPECT_TRUE(test, removal.waited);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[1]->server, VMB_TEST_CLOSED), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[1]->server, VMB_TEST_DISCARD), 6);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->moved[0]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[0]->server, 6)->done, 1);
}

/* Killed in each state: .exit of the suite sees that nothing is left. */
static void machine_dies_running_and_stopped(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	vmb_test_machine_destroy(move->from);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_machine_destroy(move->to);
	KUNIT_EXPECT_TRUE(test, vmb_test_expect_released(test));
}

static void machine_dies_during_a_save(struct kunit *test)
{
	u32 units;

	for (units = 0; units < 4; units++) {
		struct vmb_test_move *move = prepare(test);
		struct vmb_bus_data data;

		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->from->bus, VMB_BUS_STOP_COPY, 0,
							&data), 0);
		KUNIT_ASSERT_EQ(test, read_units(data.save, units), 0);
		vmb_test_machine_destroy(move->from);
		KUNIT_EXPECT_LE(test, read_units(data.save, 1), 0);
		vmb_save_put(data.save);
		KUNIT_EXPECT_TRUE(test, vmb_test_expect_released(test));
	}
}

static void machine_dies_during_a_restore(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	u32 at = 0, bytes;

	vmb_test_move_save(move);
	do {
		struct vmb_bus_data data;

		bytes = vmb_test_stream_unit(move->stream, at);
		vmb_test_move_follow(move);
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0,
							&data), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data,
							   at + bytes / 2), 0);
		vmb_test_machine_destroy(move->to);
		KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 1),
				-ENODEV);
		vmb_restore_put(data.restore);
		at += bytes;
	} while (bytes);
}

static void machine_dies_in_error(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	move->moved[1]->server->knobs.opened_error = -EPERM;
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), -EPERM);
	vmb_test_machine_destroy(move->to);
	vmb_test_machine_destroy(move->from);
	KUNIT_EXPECT_TRUE(test, vmb_test_expect_released(test));
}

/* The VSP completes what it held when nobody is there any more. */
static void late_completions_are_no_ops(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test);
	struct vmb_test_server *server = move->lines[0]->server;
	u32 i;

	server->knobs.hold = true;
	server->knobs.keep_on_suspend = true;
	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&move->lines[0]->guest, 1 + i, 8), 0);
	vmb_test_line_settle(move->lines[0]);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(server), 10);
	vmb_test_machine_destroy(move->from);
	/* .remove of the fixture completes them. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(server), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_expect_released(test));
}

static struct kunit_case migrate_gone_cases[] = {
	KUNIT_CASE(unbind_while_running),
	KUNIT_CASE(unbind_while_stopped),
	KUNIT_CASE(unbind_during_a_save),
	KUNIT_CASE(unbind_during_a_restore),
	KUNIT_CASE(unbind_after_a_restore),
	KUNIT_CASE(unbind_in_error),
	KUNIT_CASE(unbind_waits_for_restore_packet),
	KUNIT_CASE(unbind_waits_for_the_commit),
	KUNIT_CASE(machine_dies_running_and_stopped),
	KUNIT_CASE(machine_dies_during_a_save),
	KUNIT_CASE(machine_dies_during_a_restore),
	KUNIT_CASE(machine_dies_in_error),
	KUNIT_CASE(late_completions_are_no_ops),
	{}
};

static struct kunit_suite migrate_gone_suite = {
	.name = "vmbsave_migrate_gone",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = migrate_gone_cases,
};

kunit_test_suite(migrate_gone_suite);

MODULE_DESCRIPTION("VSPs and machines that go away in the midst of it");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

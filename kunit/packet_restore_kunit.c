// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/bus_error.h"
#include "core/channel.h"
#include "inflight.h"

/* .restore_packet, and vmb_packet_restore() inside and outside of it. */

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

static int restore(struct move *move)
{
	return vmb_test_restore_channel(move->to->channel, move->stream, 1);
}

static void expect_restored(struct kunit *test, struct move *move)
{
	vmb_test_inflight_resume(move->to);
	vmb_test_inflight_expect_once(test, move->to, 1, VMB_TEST_INFLIGHT_PACKETS);
}

/* After a failure: nothing is left, and the same stream restores. */
static void expect_undone(struct kunit *test, struct move *move)
{
	struct vmb_test_server *server = move->to->server;

	KUNIT_EXPECT_TRUE(test, list_empty(&server->packets));
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(move->to->channel));
	vmb_channel_restore_end(move->to->channel);
	memset(&server->knobs, 0, sizeof(server->knobs));
	KUNIT_EXPECT_EQ(test, restore(move), 0);
	expect_restored(test, move);
}

static void outside_the_callback_is_refused(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_packet *packet = vmb_packet_allocate(move->to->channel);
	struct vmbsave_packet part = {};

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_restore(packet, &part, sizeof(part)), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_restore_from_buffer(move->to->channel,
							      move->stream->data,
							      sizeof(struct vmbsave_stream_header)),
			VMB_MORE);
	KUNIT_EXPECT_EQ(test, vmb_packet_restore(packet, &part, sizeof(part)), -EBADFD);
	vmb_packet_free(packet);
	vmb_channel_restore_end(move->to->channel);
}

/**
 * struct wrong_case - a wrong call beside the right one
 * @name: the property
 * @how: the call
 * @result: what it answers; the restore succeeds all the same
 */
struct wrong_case {
	const char *name;
	enum vmb_test_restore how;
	int result;
};

static const struct wrong_case wrong_cases[] = {
	{ "a second call is refused", VMB_TEST_RESTORE_TWICE, -EBADFD },
	{ "fewer bytes are refused", VMB_TEST_RESTORE_SHORT, -EINVAL },
	{ "other bytes are refused", VMB_TEST_RESTORE_OTHER, -EINVAL },
};

static void describe_wrong(const struct wrong_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(wrong, wrong_cases, describe_wrong);

static void wrong_call_leaves_the_packet_as_it_was(struct kunit *test)
{
	const struct wrong_case *c = test->param_value;
	u32 nth;

	for (nth = 1; nth <= VMB_TEST_INFLIGHT_PACKETS; nth++) {
		struct move *move = move_all(test);
		struct vmb_test_server *server = move->to->server;

		server->knobs.restore = c->how;
		server->knobs.restore_at = nth;

		KUNIT_EXPECT_EQ(test, restore(move), 0);

		KUNIT_EXPECT_EQ(test, server->restore_result, c->result);
		expect_restored(test, move);
	}
}

/**
 * struct result_case - how .restore_packet ends, and what comes of it
 * @name: the property
 * @how: it
 * @result: of the restore
 * @discards: packets given to .discard_packet besides those before it
 */
struct result_case {
	const char *name;
	enum vmb_test_restore how;
	int result;
	u32 discards;
};

static const struct result_case result_cases[] = {
	{ "failure before the packet is restored", VMB_TEST_RESTORE_FAIL_BEFORE, -EIO, 0 },
	{ "failure with the packet left restored", VMB_TEST_RESTORE_FAIL_AFTER, -EIO, 1 },
	{ "failure with the packet freed", VMB_TEST_RESTORE_FAIL_FREED, -EIO, 0 },
	{ "success without a packet", VMB_TEST_RESTORE_FORGET, -ENOTRECOVERABLE, 0 },
	{ "success with the packet freed", VMB_TEST_RESTORE_FREED, -ENOTRECOVERABLE, 0 },
};

static void describe_result(const struct result_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(result, result_cases, describe_result);

static void failure_at_any_packet_undoes_all(struct kunit *test)
{
	const struct result_case *c = test->param_value;
	struct vmb_error_place place;
	u32 nth;

	for (nth = 1; nth <= VMB_TEST_INFLIGHT_PACKETS; nth++) {
		struct move *move = move_all(test);
		struct vmb_test_server *server = move->to->server;

		server->knobs.restore = c->how;
		server->knobs.restore_at = nth;

		KUNIT_EXPECT_EQ(test, restore(move), c->result);

		KUNIT_EXPECT_EQ(test, vmb_bus_error_get(move->to->machine->bus, &place, NULL),
				c->result);
		KUNIT_EXPECT_EQ(test, place.packet, nth);
		KUNIT_EXPECT_EQ(test, place.channel, move->to->id);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_RESTORE), nth);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_DISCARD),
				nth - 1 + c->discards);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_DONE), 0);
		expect_undone(test, move);
	}
}

/* What the hook below tried, and what it was answered */
struct tried {
	struct vmb_channel *elsewhere;
	int other_channel;
	int in_use;
	int null;
	int sent;
};

static int try_packet(struct vmb_channel *channel,
		      const struct vmb_restore_packet *args)
{
	struct vmb_packet *packet = vmb_packet_allocate(channel);
	int ret;

	if (IS_ERR(packet))
		return PTR_ERR(packet);
	ret = vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	vmb_packet_free(packet);
	return ret;
}

static void try_in_callback(struct vmb_test_server *server,
			    enum vmb_test_call call, void *arg)
{
	const struct vmb_restore_packet *args = arg;
	struct tried *tried = server->data;
	struct vmb_test_packet *before;
	struct vmb_packet *packet;

	if (call != VMB_TEST_RESTORE)
		return;
	tried->other_channel = try_packet(tried->elsewhere, args);
	packet = vmb_packet_allocate(server->channel);
	if (!IS_ERR(packet)) {
		tried->null = vmb_packet_restore(packet, NULL, args->lib_size);
		tried->sent = vmb_packet_send(packet, NULL, 0, 0);
		vmb_packet_free(packet);
	}
	before = list_first_entry_or_null(&server->packets, struct vmb_test_packet, node);
	if (before)
		tried->in_use = vmb_packet_restore(before->packet, args->lib_buf,
						   args->lib_size);
}

static struct tried *try_all(struct kunit *test, struct move *move,
			     struct vmb_channel *elsewhere)
{
	struct tried *tried = vmb_test_alloc(test, sizeof(*tried));

	tried->elsewhere = elsewhere;
	move->to->server->data = tried;
	move->to->server->knobs.hook = try_in_callback;
	return tried;
}

static void wrong_packet_is_refused_and_does_no_harm(struct kunit *test)
{
	struct move *move = move_all(test);
	struct tried *tried = try_all(test, move, move->from->channel);

	KUNIT_EXPECT_EQ(test, restore(move), 0);

	KUNIT_EXPECT_EQ(test, tried->other_channel, -EBADFD);
	KUNIT_EXPECT_EQ(test, tried->in_use, -EINVAL);
	KUNIT_EXPECT_EQ(test, tried->null, -EINVAL);
	KUNIT_EXPECT_EQ(test, tried->sent, -EBUSY);
	expect_restored(test, move);
}

/* Of the same restore, but not the one whose packet it is. */
static void packet_of_another_channel_is_refused(struct kunit *test)
{
	struct move *move = vmb_test_alloc(test, sizeof(*move));
	struct vmb_test_line *other, *other_to;
	struct tried *tried;

	/* Arrange */
	move->from = vmb_test_inflight_many(test, 2, 8);
	other = vmb_test_line_open(move->from->machine, move->from->server->vsp, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(other->machine, VMB_BUS_STOP), 0);
	move->stream = vmb_test_stream_create(test);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(other->machine, 4096, move->stream), 0);
	move->to = vmb_test_inflight_follow(move->from);
	other_to = vmb_test_line_follow(move->to->machine, other);
	tried = try_all(test, move, other_to->channel);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(move->to->machine, move->stream, 4096), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, tried->other_channel, -EINVAL);
	vmb_test_inflight_resume(move->to);
	vmb_test_inflight_expect_once(test, move->to, 1, 2);
}

static void copy_in_callback(struct vmb_test_server *server,
			     enum vmb_test_call call, void *arg)
{
	const struct vmb_restore_packet *args = arg;
	int *ret = server->data;
	struct vmb_packet *packet;
	void *copy;

	if (call != VMB_TEST_RESTORE)
		return;
	copy = kmemdup(args->lib_buf, args->lib_size, GFP_KERNEL | __GFP_NOFAIL);
	packet = vmb_packet_allocate(server->channel);
	if (!IS_ERR(packet)) {
		*ret = vmb_packet_restore(packet, copy, args->lib_size);
		vmb_packet_free(packet);
	}
	kfree(copy);
}

/* The bytes count, not where they are; the right call that follows is a second one. */
static void copy_of_the_bytes_is_as_good(struct kunit *test)
{
	struct move *move = move_all(test);
	int ret = 1;

	move->to->server->data = &ret;
	move->to->server->knobs.hook = copy_in_callback;

	KUNIT_EXPECT_EQ(test, restore(move), -EBADFD);

	KUNIT_EXPECT_EQ(test, ret, 0);
	expect_undone(test, move);
}

static void vsp_that_cannot_restore_packets_is_refused(struct kunit *test)
{
	struct move *move = move_all(test);
	struct vmb_vsp *vsp = &move->to->server->vsp->vsp;
	int (*restore_packet)(const struct vmb_restore_packet *args) = vsp->restore_packet;

	vsp->restore_packet = NULL;
	KUNIT_EXPECT_EQ(test, restore(move), -EOPNOTSUPP);
	vsp->restore_packet = restore_packet;

	expect_undone(test, move);
}

static void restored_in_the_order_of_saving(struct kunit *test)
{
	struct move *move = move_all(test);

	KUNIT_EXPECT_EQ(test, restore(move), 0);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(move->to->server,
						       VMB_TEST_STATE_CALLS |
						       VMB_TEST_PACKET_CALLS),
			   "probe restore#1 restore#2 restore#3 restore#4 opened");
	expect_restored(test, move);
}

static struct kunit_case packet_restore_cases[] = {
	KUNIT_CASE(outside_the_callback_is_refused),
	KUNIT_CASE_PARAM(wrong_call_leaves_the_packet_as_it_was, wrong_gen_params),
	KUNIT_CASE_PARAM(failure_at_any_packet_undoes_all, result_gen_params),
	KUNIT_CASE(wrong_packet_is_refused_and_does_no_harm),
	KUNIT_CASE(packet_of_another_channel_is_refused),
	KUNIT_CASE(copy_of_the_bytes_is_as_good),
	KUNIT_CASE(vsp_that_cannot_restore_packets_is_refused),
	KUNIT_CASE(restored_in_the_order_of_saving),
	{}
};

static struct kunit_suite packet_restore_suite = {
	.name = "vmbsave_packet_restore",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = packet_restore_cases,
};

kunit_test_suite(packet_restore_suite);

MODULE_DESCRIPTION("Restoring one packet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "migrate/restore.h"
#include "move.h"

#include <uapi/linux/vmbsave_stream.h>

/* A restore of a whole bus, from its first byte up to its commit. */

/* On each of @nr channels four packets in the ring and two behind it, saved */
static struct vmb_test_move *prepare(struct kunit *test, u32 nr)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, nr, 1);
	u32 i;

	for (i = 0; i < nr; i++)
		vmb_test_move_fill(move->lines[i], 4, 2);
	vmb_test_move_save(move);
	return move;
}

static void expect_refused(struct vmb_test_move *move, int error, const char *why)
{
	struct kunit *test = move->test;

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), error);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(move->to->bus, NULL, NULL), error);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(vmb_test_error_text(test, move->to), why),
				  "\"%s\"", vmb_test_error_text(test, move->to));
	vmb_test_move_expect_clean(move);
}

/* Names the channels: those that are not here, and those not in the stream. */
static void missing_and_extra_channels_are_named(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	struct vmb_channel *extra;
	char instance[UUID_STRING_LEN + 1];

	vmb_test_move_follow(move);
	extra = vmb_test_offer(move->to, move->vsp, 7);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(extra), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(move->to->bus, move->moved[1]->id), 0);
	snprintf(instance, sizeof(instance), "%pUl",
		 vmb_channel_interface_instance(move->lines[1]->channel));
	move->nr = 1;

	expect_refused(move, -ENOENT, instance);
	KUNIT_EXPECT_NOT_NULL(test, strstr(vmb_test_error_text(test, move->to),
					   dev_name(&extra->dev)));

	/* The missing one alone, then the extra one alone */
	KUNIT_ASSERT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(move->to->bus, extra->id), 0);
	vmb_channel_put(extra);
	expect_refused(move, -ENOENT, instance);
}

static void extra_channel_alone_is_named(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);
	struct vmb_channel *extra;

	vmb_test_move_follow(move);
	extra = vmb_test_offer(move->to, move->vsp, 7);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(extra), 0);

	expect_refused(move, -ENOENT, dev_name(&extra->dev));

	KUNIT_ASSERT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(move->to->bus, extra->id), 0);
	vmb_channel_put(extra);
	vmb_test_move_good(move);
}

/* A larger one the VSP here has no room for, by a smaller one its answers would be cut. */
static void another_largest_packet_is_refused(struct kunit *test)
{
	static const u32 sizes[] = { 4088, 4104 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct vmb_test_move *move = prepare(test, 2);

		move->vsp->knobs.max_packet = sizes[i];
		vmb_test_move_follow(move);

		expect_refused(move, -EMSGSIZE, "is not that of its VSP here");
		KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(move->moved[0]->channel),
				sizes[i]);
		vmb_test_machine_destroy(move->to);
	}
}

/* A writer that takes no notice gets the same error again, and so does STOP. */
static void ignored_error_is_answered_again(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	struct vmb_bus_data data;
	u32 at = move->stream->bytes - 100;

	vmb_test_move_follow(move);
	move->stream->data[at] ^= 1;
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data,
						   move->stream->bytes), -EBADMSG);
	vmb_test_move_expect_clean(move);
	KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 8), -EBADMSG);
	KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_RESUMING);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), -EBADMSG);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), -EBADMSG);
	KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 8), -EBADMSG);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 8), -ESTALE);
	vmb_restore_put(data.restore);
	move->stream->data[at] ^= 1;
	vmb_test_move_good(move);
}

/* Nothing but the end record is missing. */
static void stream_without_its_end_is_refused(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);
	u8 *end = vmb_test_stream_find(move->stream, VMBSAVE_RECORD_END, 0);
	u32 bytes = move->stream->bytes;

	vmb_test_move_follow(move);
	move->stream->bytes = end - move->stream->data -
			      sizeof(struct vmbsave_record_header) -
			      sizeof(struct vmbsave_chunk_header);
	expect_refused(move, -ENODATA, "before its end record");
	move->stream->bytes = 0;
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	expect_refused(move, -ENODATA, "before its end record");
	move->stream->bytes = bytes;
	vmb_test_move_good(move);
}

/* The last error says where: chunk, offset, channel, packet. */
static void error_says_where(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	struct vmb_error_place place;

	vmb_test_move_follow(move);
	move->moved[1]->server->knobs.restore = VMB_TEST_RESTORE_FAIL_BEFORE;
	move->moved[1]->server->knobs.restore_at = 3;
	expect_refused(move, -EIO, "refused to restore a packet");
	vmb_bus_error_get(move->to->bus, &place, NULL);
	KUNIT_EXPECT_EQ(test, place.channel, move->moved[1]->id);
	KUNIT_EXPECT_EQ(test, place.packet, 3);
	KUNIT_EXPECT_GT(test, place.chunk, 0);
	KUNIT_EXPECT_GT(test, place.offset, 100);
}

/* .restore_packet fails at each packet of either channel, in each way. */
static void failed_packet_undoes_all(struct kunit *test)
{
	static const enum vmb_test_restore how[] = {
		VMB_TEST_RESTORE_FAIL_BEFORE, VMB_TEST_RESTORE_FAIL_AFTER,
		VMB_TEST_RESTORE_FAIL_FREED, VMB_TEST_RESTORE_FORGET,
		VMB_TEST_RESTORE_FREED,
	};
	struct vmb_test_move *move = prepare(test, 2);
	u32 nth, i;

	vmb_test_move_follow(move);
	for (nth = 0; nth < 12 * ARRAY_SIZE(how); nth++) {
		struct vmb_test_server *server = move->moved[nth / 6 % 2]->server;
		bool forgot = nth / 12 >= 3;

		for (i = 0; i < 2; i++)
			move->moved[i]->server->nr_restored = 0;
		server->knobs.restore = how[nth / 12];
		server->knobs.restore_at = 1 + nth % 6;
		expect_refused(move, forgot ? -ENOTRECOVERABLE : -EIO,
			       forgot ? "did not restore" : "refused to restore");
		server->knobs.restore_at = 0;
		KUNIT_ASSERT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	}
	vmb_test_move_good(move);
}

/* Over all channels the last one comes first. */
static void discards_come_in_reverse(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);
	u32 i;

	for (i = 0; i < 2; i++)
		vmb_test_move_fill(move->lines[i], 4, 1);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	for (i = 0; i < 2; i++)
		move->moved[i]->server->knobs.hook = vmb_test_move_hook;
	move->moved[1]->server->knobs.restore = VMB_TEST_RESTORE_FAIL_AFTER;
	move->moved[1]->server->knobs.restore_at = 5;
	expect_refused(move, -EIO, "refused");
	KUNIT_EXPECT_STREQ(test, strstr(move->journal, " 2:discard"),
			   " 2:discard#5 2:discard#4 2:discard#3 2:discard#2 2:discard#1 1:discard#5 1:discard#4 1:discard#3 1:discard#2 1:discard#1");
}

/* Caps hold before anything is allocated, and a refusal gives all back. */
static void caps_are_kept(struct kunit *test)
{
	static const enum vmb_limit limits[] = {
		VMB_LIMIT_STAGED, VMB_LIMIT_PACKETS, VMB_LIMIT_GPADLS, VMB_LIMIT_PAGES,
	};
	struct vmb_test_move *move = prepare(test, 2);
	u32 i, left;

	vmb_test_move_follow(move);
	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		for (left = 0; left < 12; left += 1 + 6 * !i) {
			u64 taken = vmb_test_limit_leave(limits[i], i ? left : left * 200);
			int ret = vmb_test_move_restore(move);

			vmb_limit_uncharge(limits[i], taken);
			if (!ret)
				break;
			KUNIT_EXPECT_EQ(test, ret, -EDQUOT);
			KUNIT_EXPECT_NE(test, *vmb_test_error_text(test, move->to), '\0');
			KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
			vmb_test_move_expect_clean(move);
		}
		if (move->to->bus->state == VMB_BUS_STOP &&
		    vmb_channel_was_restored(move->moved[0]->channel)) {
			KUNIT_EXPECT_GT(test, left, 0);
			vmb_test_machine_destroy(move->to);
			vmb_test_move_follow(move);
		}
	}
	vmb_test_move_good(move);
}

/* Reset after any part of the stream: nothing stays, and it can begin again. */
static void reset_is_possible_at_any_step(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	struct vmb_bus_data data;
	u32 at = 0, bytes;

	vmb_test_move_follow(move);
	do {
		bytes = vmb_test_stream_unit(move->stream, at);
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0,
							&data), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data,
							   at), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data + at,
							   bytes / 2), 0);
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
		vmb_test_move_expect_clean(move);
		KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_STOP);
		KUNIT_EXPECT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data, 8),
				-ESTALE);
		vmb_restore_put(data.restore);
		at += bytes;
	} while (bytes);
	vmb_test_move_good(move);
}

/* A committed restore is not undone by reset, and no second one begins. */
static void reset_keeps_what_was_committed(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);

	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->moved[0]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[0]->server, 6)->done, 1);
}

/* While it goes on nobody sends, opens or lends. */
static void channels_are_held(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);
	struct vmb_test_line *line;
	struct vmb_bus_data data;

	vmb_test_move_follow(move);
	line = move->moved[0];
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend(&line->guest), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBUSY);
	vmb_restore_put(data.restore);
	vmb_test_move_good(move);
}

/* The VSP takes its channel back: the restore is over, and says so. */
static void disable_aborts_the_restore(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	struct vmb_bus_data data;

	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0, &data), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_write_bytes(data.restore, move->stream->data,
						   move->stream->bytes), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(move->moved[1]->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_STOP), -ECANCELED);
	vmb_restore_put(data.restore);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(move->moved[1]->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(move->moved[1]->channel), 0);
	vmb_test_move_good(move);
}

static struct kunit_case restore_cases[] = {
	KUNIT_CASE(missing_and_extra_channels_are_named),
	KUNIT_CASE(extra_channel_alone_is_named),
	KUNIT_CASE(another_largest_packet_is_refused),
	KUNIT_CASE(ignored_error_is_answered_again),
	KUNIT_CASE(stream_without_its_end_is_refused),
	KUNIT_CASE(error_says_where),
	KUNIT_CASE(failed_packet_undoes_all),
	KUNIT_CASE(discards_come_in_reverse),
	KUNIT_CASE(caps_are_kept),
	KUNIT_CASE(reset_is_possible_at_any_step),
	KUNIT_CASE(reset_keeps_what_was_committed),
	KUNIT_CASE(channels_are_held),
	KUNIT_CASE(disable_aborts_the_restore),
	{}
};

static struct kunit_suite restore_suite = {
	.name = "vmbsave_restore",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_cases,
};

kunit_test_suite(restore_suite);

MODULE_DESCRIPTION("A restore of a bus up to its commit: all of it or nothing");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

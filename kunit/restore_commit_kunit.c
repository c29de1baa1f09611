// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "migrate/restore.h"
#include "move.h"

#include <uapi/linux/vmbsave_stream.h>

/* The commit: in its order, all of it or nothing. */

/* Two packets on each of @nr channels, saved; the destination has them too. */
static struct vmb_test_move *prepare(struct kunit *test, u32 nr)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, nr, 1);
	u32 i;

	for (i = 0; i < nr; i++)
		vmb_test_move_fill(move->lines[i], 2, 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	for (i = 0; i < nr; i++)
		move->moved[i]->server->knobs.hook = vmb_test_move_hook;
	return move;
}

static void expect_refused(struct vmb_test_move *move, int error, const char *why)
{
	struct kunit *test = move->test;

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), error);
	KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_ERROR);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(move->to->bus, NULL, NULL), error);
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(vmb_test_error_text(test, move->to), why),
				  "\"%s\"", vmb_test_error_text(test, move->to));
	vmb_test_move_expect_clean(move);
}

/* All packets, then all .opened; RUNNING adds what cannot fail. */
static void callbacks_come_in_order(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:restore 1:restore 2:restore 2:restore 1:opened 2:opened");

	vmb_test_move_forget(move);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_STREQ(test, move->journal,
			   "1:started 1:post_started 2:started 2:post_started");
}

/* A channel that the guest had closed is not opened. */
static void opened_is_called_for_channels_saved_open(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 3, 1);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&move->lines[1]->guest), 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server, VMB_TEST_OPENED), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[1]->server, VMB_TEST_OPENED), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[2]->server, VMB_TEST_OPENED), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->moved[0]->channel), VMB_CHANNEL_ACTIVE);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(move->moved[1]->channel), VMB_CHANNEL_STOPPED);
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(move->moved[0]->channel));
}

/* .opened fails at each channel in turn: the others are closed in reverse. */
static void opened_failure_is_undone(struct kunit *test)
{
	static const char * const journal[] = {
		"1:restore 1:restore 2:restore 2:restore 3:restore 3:restore 1:opened 3:discard#2 3:discard#1 2:discard#2 2:discard#1 1:discard#2 1:discard#1",
		"1:restore 1:restore 2:restore 2:restore 3:restore 3:restore 1:opened 2:opened 1:closed 3:discard#2 3:discard#1 2:discard#2 2:discard#1 1:discard#2 1:discard#1",
		"1:restore 1:restore 2:restore 2:restore 3:restore 3:restore 1:opened 2:opened 3:opened 2:closed 1:closed 3:discard#2 3:discard#1 2:discard#2 2:discard#1 1:discard#2 1:discard#1",
	};
	struct vmb_test_move *move = prepare(test, 3);
	u32 i;

	for (i = 0; i < 3; i++) {
		vmb_test_move_forget(move);
		move->moved[i]->server->knobs.opened_error = -EPERM;
		expect_refused(move, -EPERM, "refused to open");
		KUNIT_EXPECT_STREQ(test, move->journal, journal[i]);
		move->moved[i]->server->knobs.opened_error = 0;
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	}
	vmb_test_move_good(move);
}

static void send_when_opened(struct vmb_test_server *server,
			     enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_OPENED || call == VMB_TEST_STARTED)
		KUNIT_EXPECT_EQ(server->vsp->test,
				vmb_test_server_send(server, 100 + call, 0), 0);
}

/* What the destination had sent before it was restored, and was cancelled */
static void use_transaction_id(struct kunit *test, struct vmb_test_line *line)
{
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_ASSERT_EQ(test, line->channel->queue.next_id, 2);
}

/* What .opened has sent is cancelled, and its id is not used again. */
static void opened_failure_uses_up_what_was_sent(struct kunit *test)
{
	struct vmb_test_move *move;
	struct vmb_test_server *server;
	struct vmb_test_record *record;

	/* Arrange: the destination is at another id. */
	move = vmb_test_move_begin(test, 2, 1);
	vmb_test_move_fill(move->lines[0], 4, 2);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	use_transaction_id(test, move->moved[0]);
	server = move->moved[0]->server;
	server->knobs.hook = send_when_opened;
	move->moved[1]->server->knobs.opened_error = -EPERM;

	/* Act */
	expect_refused(move, -EPERM, "refused to open");

	/* Assert: id 7 is the first one that the stream did not have. */
	record = vmb_test_server_record(server, 7);
	KUNIT_EXPECT_EQ(test, record->done, 1);
	KUNIT_EXPECT_EQ(test, record->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, move->moved[0]->channel->queue.next_id, 8);
	KUNIT_EXPECT_EQ(test, move->moved[1]->channel->queue.next_id, 1);
	move->moved[1]->server->knobs.opened_error = 0;
	server->knobs.hook = NULL;
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_EQ(test, move->moved[0]->channel->queue.next_id, 8);
}

/* The guest reads what was queued, then what .opened sent, then .started. */
static void saved_queue_goes_first(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line;
	u64 id;

	vmb_test_move_fill(move->lines[0], 4, 3);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	line = move->moved[0];
	line->server->knobs.hook = send_when_opened;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&line->guest);

	KUNIT_EXPECT_EQ(test, line->guest.nr_seen, 9);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
	for (id = 1; id <= 9; id++)
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, id)->done, 1);
}

static struct vmb_ring_control_page {
	__le32 write;
	__le32 read;
} *control_page(struct vmb_test_line *line, bool downstream)
{
	return line->guest.map + (downstream ? line->guest.downstream_page : 0) *
				 PAGE_SIZE;
}

/* Each of the four indices: RAM and stream are not of one moment. */
static void other_ring_index_is_stale(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	u32 i;

	for (i = 0; i < 8; i++) {
		struct vmb_ring_control_page *page =
			control_page(move->moved[i / 4], i & 2);
		__le32 *index = i & 1 ? &page->read : &page->write;
		__le32 good = *index;

		le32_add_cpu(index, 8);
		expect_refused(move, -ESTALE, "not of one moment");
		*index = good;
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(move->to->bus), 0);
	}
	vmb_test_move_good(move);
}

/* An index that is nonsense in RAM is not one of the stream either. */
static void impossible_ring_index_is_stale(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);
	struct vmb_ring_control_page *page = control_page(move->moved[0], true);
	__le32 good = page->read;

	page->read = cpu_to_le32(0xfffffff1);
	expect_refused(move, -ESTALE, "not of one moment");
	page->read = good;
	vmb_test_move_good(move);
}

static void gpadl_outside_guest_memory_is_refused(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);
	u8 *gpadl = vmb_test_stream_find(move->stream, VMBSAVE_RECORD_GPADL, 1);
	__le64 *pfn = (void *)gpadl + sizeof(struct vmbsave_gpadl);
	__le64 good = *pfn;

	*pfn = cpu_to_le64(VMB_TEST_FIRST_PFN + move->to->nr_pages);
	vmb_test_stream_repair(move->stream, true);
	expect_refused(move, -EFAULT, "not in guest memory");
	*pfn = good;
	vmb_test_stream_repair(move->stream, true);
	vmb_test_move_good(move);
}

/* Nobody could tell the guest. */
static void missing_signal_is_refused(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 2);

	vmb_channel_set_host(move->moved[1]->channel, NULL);
	expect_refused(move, -EINVAL, "eventfd");
	vmb_channel_set_host(move->moved[1]->channel, &move->moved[1]->guest.host);
	vmb_test_move_good(move);
}

/* One look is enough to see all that has to be put right. */
static void all_mismatches_are_named(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 3);
	const char *text;

	vmb_channel_set_host(move->moved[0]->channel, NULL);
	le32_add_cpu(&control_page(move->moved[2], false)->write, 8);
	expect_refused(move, -EINVAL, "eventfd");
	text = vmb_test_error_text(test, move->to);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, dev_name(&move->moved[0]->channel->dev)));
	KUNIT_EXPECT_NULL(test, strstr(text, dev_name(&move->moved[1]->channel->dev)));
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(text, dev_name(&move->moved[2]->channel->dev)),
				  "\"%s\"", text);
}

/* It is left by reset alone, and answers the same until then. */
static void error_stays_until_reset(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);
	struct vmb_bus_data data;
	enum vmb_bus_state state;

	move->moved[0]->server->knobs.opened_error = -EPERM;
	expect_refused(move, -EPERM, "refused to open");
	move->moved[0]->server->knobs.opened_error = 0;
	for (state = VMB_BUS_STOP; state < VMB_BUS_NR_STATES; state++) {
		KUNIT_EXPECT_EQ(test, vmb_bus_set_state(move->to->bus, state, 0, &data), -EPERM);
		KUNIT_EXPECT_EQ(test, move->to->bus->state, VMB_BUS_ERROR);
		KUNIT_EXPECT_EQ(test, vmb_bus_error_get(move->to->bus, NULL, NULL), -EPERM);
	}
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_test_offer(move->to, move->vsp, 9)), -EBADFD);
	vmb_test_move_good(move);
}

/* A VSP's own -EINTR is no reason to think that nothing was done. */
static void interrupted_callback_fails_the_commit(struct kunit *test)
{
	struct vmb_test_move *move = prepare(test, 1);

	move->moved[0]->server->knobs.opened_error = -EINTR;
	expect_refused(move, -EINTR, "refused to open");
	move->moved[0]->server->knobs.opened_error = 0;
	vmb_test_move_good(move);
}

/* Started or only enabled: the stream carries what the VSP wanted. */
static void pause_of_the_vsp_is_restored(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line;

	vmb_test_move_fill(move->lines[0], 2, 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(move->lines[0]->channel), 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	line = move->moved[0];

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_PAUSED);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_STARTED), 0);
	KUNIT_EXPECT_GE_MSG(test, atomic_read(&line->guest.signals), 1,
			    "a signal on the way here may have been lost");
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->done, 1);
}

/* Nobody kicks: what lies in the ring is seen, and the guest told. */
static void running_polls_rings_and_signals_guests(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);
	u32 i;

	vmb_test_move_fill(move->lines[0], 2, 0);
	vmb_test_move_save(move);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&move->lines[i]->guest, 5, 16), 0);
	move->stream->bytes = 0;
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(move->from, 4096, move->stream), 0);
	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&move->moved[i]->guest.signals), 0);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);

	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_GE(test, atomic_read(&move->moved[i]->guest.signals), 1);
		KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(move->moved[i]->server,
									    VMB_TEST_PROCESS)));
	}
}

static struct kunit_case restore_commit_cases[] = {
	KUNIT_CASE(callbacks_come_in_order),
	KUNIT_CASE(opened_is_called_for_channels_saved_open),
	KUNIT_CASE(opened_failure_is_undone),
	KUNIT_CASE(opened_failure_uses_up_what_was_sent),
	KUNIT_CASE(saved_queue_goes_first),
	KUNIT_CASE(other_ring_index_is_stale),
	KUNIT_CASE(impossible_ring_index_is_stale),
	KUNIT_CASE(gpadl_outside_guest_memory_is_refused),
	KUNIT_CASE(missing_signal_is_refused),
	KUNIT_CASE(all_mismatches_are_named),
	KUNIT_CASE(error_stays_until_reset),
	KUNIT_CASE(interrupted_callback_fails_the_commit),
	KUNIT_CASE(pause_of_the_vsp_is_restored),
	KUNIT_CASE(running_polls_rings_and_signals_guests),
	{}
};

static struct kunit_suite restore_commit_suite = {
	.name = "vmbsave_restore_commit",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_commit_cases,
};

kunit_test_suite(restore_commit_suite);

MODULE_DESCRIPTION("The commit of a restore: in order, all of it or nothing");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

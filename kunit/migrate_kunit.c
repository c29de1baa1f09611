// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "move.h"

/*
 * Exactly once: whatever the way, each packet and each completion arrives once
 * over all machines together, and queued ones in order.
 */

/* Completion routines of a packet, over two machines */
static u32 done_on(struct vmb_test_line *a, struct vmb_test_line *b, u64 id)
{
	return vmb_test_server_record(a->server, id)->done +
	       (b ? vmb_test_server_record(b->server, id)->done : 0);
}

/* Ids 1 to @last: read once by the guest, in order, and completed once. */
static void expect_once(struct vmb_test_line *from, struct vmb_test_line *to,
			u64 last)
{
	struct kunit *test = from->machine->test;
	struct vmb_test_guest *guest = &(to ?: from)->guest;
	u64 id;

	for (id = 1; id <= last; id++) {
		KUNIT_EXPECT_EQ_MSG(test, done_on(from, to, id), 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&guest->seen, id), 1,
				    "packet %llu", id);
	}
	KUNIT_EXPECT_EQ(test, guest->nr_seen, last);
	KUNIT_EXPECT_EQ(test, guest->out_of_order, 0);
}

static void expect_answers(struct vmb_test_guest *guest, u64 first, u64 last)
{
	struct kunit *test = guest->machine->test;
	u64 id;

	for (id = first; id <= last; id++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&guest->answered, id), 1,
				    "answer %llu", id);
	KUNIT_EXPECT_EQ(test, guest->nr_answered, last - first + 1);
}

/* Save, restore, run on the destination until nothing is left to do. */
static void go(struct vmb_test_move *move)
{
	u32 i;

	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(move->test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(move->test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	for (i = 0; i < move->nr; i++)
		if (move->moved[i]->channel->ring_map)
			vmb_test_guest_serve(&move->moved[i]->guest);
}

static void request(struct vmb_test_line *line, u64 first, u64 last)
{
	u64 id;

	for (id = first; id <= last; id++)
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);
}

/* The ring is full; 100 requests are with the VSP when the machine stops. */
static void hundred_answers_behind_a_full_ring_arrive_once(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];

	vmb_test_move_fill(line, 4, 1);
	line->server->knobs.hold = true;
	request(line, 1001, 1100);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(line->server), 100);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, line->channel->queue.nr_completions, 100);

	go(move);

	expect_answers(&move->moved[0]->guest, 1001, 1100);
	expect_once(line, move->moved[0], 5);
	KUNIT_EXPECT_EQ(test, line->server->nr_done, 0);
}

static void read_packets(struct vmb_test_line *line, u32 nr)
{
	struct vmb_test_message message;

	while (nr--)
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_guest_receive(&line->guest, &message), 0);
	vmb_test_line_settle(line);
}

static void answer(struct vmb_test_line *line, u64 id)
{
	KUNIT_ASSERT_EQ(line->machine->test,
			vmb_test_guest_complete(&line->guest, id, "ok", 2), 0);
	vmb_test_line_settle(line);
}

/*
 * 1 is completed; 2 is read, its completion in the ring at STOP; 3 is read and
 * not completed; the rest is in the ring unread, and queued.
 */
static void packets_in_all_conditions_arrive_once(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];
	struct vmb_test_server *server;

	vmb_test_move_fill(line, 4, 8);
	read_packets(line, 3);
	answer(line, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	answer(line, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_server_record(line->server, 2)->done, 0);
	KUNIT_ASSERT_FALSE(test, list_empty(&line->channel->queue.waiting));

	go(move);
	server = move->moved[0]->server;
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(server, 3)->done, 0);
	answer(move->moved[0], 3);

	expect_once(line, move->moved[0], 12);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_record(server, 2)->answer, "ok");
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(server, 1)->done, 0);
}

/* Packets that nobody waits for are over when they are in the ring. */
static void one_way_packets_arrive_once(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];
	u32 i;

	for (i = 0; i < 10; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 900, 20, 0), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, line->server->nr_done, 4);

	go(move);

	expect_once(line, move->moved[0], 10);
	KUNIT_EXPECT_EQ(test, move->moved[0]->server->nr_done, 6);
}

/* What the guest wrote before it stopped is served where it goes on. */
static void unread_requests_are_served_on_the_destination(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];

	request(line, 1, 10);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	request(line, 11, 30);

	go(move);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 10);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[0]->server,
						    VMB_TEST_PROCESS), 20);
	expect_answers(&move->moved[0]->guest, 1, 30);
}

/* The guest takes a little, moves, takes a little, moves... */
static void three_hops_lose_nothing(struct kunit *test)
{
	struct vmb_test_move *hop = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *lines[4];
	u32 i, n, done;
	u64 id;

	lines[0] = hop->lines[0];
	vmb_test_move_fill(lines[0], 4, 16);
	vmb_test_move_save(hop);
	vmb_test_move_follow(hop);
	for (n = 1; n < 4; n++) {
		lines[n] = hop->moved[0];
		KUNIT_ASSERT_EQ(test, vmb_test_move_restore(hop), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(hop->to, VMB_BUS_RUNNING), 0);
		vmb_test_line_settle(lines[n]);
		for (i = 0; i < 3; i++) {
			read_packets(lines[n], 1);
			answer(lines[n], lines[n]->guest.last_seen);
		}
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(lines[n]->server, 900, 50), 0);
		if (n < 3)
			hop = vmb_test_move_on(hop);
	}
	vmb_test_guest_serve(&lines[3]->guest);

	KUNIT_EXPECT_EQ(test, lines[3]->guest.nr_seen, 23);
	KUNIT_EXPECT_EQ(test, lines[3]->guest.out_of_order, 0);
	for (id = 1; id <= 23; id++) {
		for (done = 0, i = 0; i < 4; i++)
			done += vmb_test_server_record(lines[i]->server, id)->done;
		KUNIT_EXPECT_EQ_MSG(test, done, 1, "packet %llu", id);
		KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&lines[3]->guest.seen, id), 1);
	}
	KUNIT_EXPECT_EQ(test, lines[3]->channel->queue.next_id, 24);
}

/* After a snapshot the source goes on as if it had not been asked. */
static void snapshot_changes_nothing(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];
	int signals;

	vmb_test_move_fill(line, 4, 4);
	vmb_test_move_save(move);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 77, 8), 0);
	signals = atomic_read(&line->guest.signals);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_GT(test, atomic_read(&line->guest.signals), signals);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_test_guest_serve(&line->guest);

	expect_once(line, NULL, 9);
	expect_answers(&line->guest, 77, 77);
}

/* What keeps a channel from sending ends with RUNNING, paused by its VSP or not. */
static void paused_channel_may_send_after_a_snapshot(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];

	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	vmb_test_move_save(move);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_guest_serve(&line->guest);
	expect_once(line, NULL, 1);
}

/* The destination refuses: all of it arrives once on the source. */
static void failed_migration_loses_nothing(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);
	u32 i;

	for (i = 0; i < 2; i++)
		vmb_test_move_fill(move->lines[i], 4, 4);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	move->moved[1]->server->knobs.opened_error = -EPERM;
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), -EPERM);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	for (i = 0; i < 2; i++) {
		vmb_test_guest_serve(&move->lines[i]->guest);
		expect_once(move->lines[i], NULL, 8);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[i]->server,
							    VMB_TEST_DONE), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(move->moved[i]->server,
							    VMB_TEST_DISCARD), 8);
	}
}

/* Three channels; the guest had closed one, which it opens anew. */
static void several_channels_move_together(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 3, 1);

	vmb_test_move_fill(move->lines[0], 4, 2);
	vmb_test_move_fill(move->lines[2], 3, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&move->lines[1]->guest), 0);

	go(move);

	expect_once(move->lines[0], move->moved[0], 6);
	expect_once(move->lines[2], move->moved[2], 3);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(move->moved[1]->channel),
			VMB_CHANNEL_STOPPED);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&move->moved[1]->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(move->moved[1]->server, 8, 0), 0);
	vmb_test_guest_serve(&move->moved[1]->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(move->moved[1]->server, 1)->done, 1);
}

/* Ids go on where they were: none means two packets. */
static void transaction_ids_are_not_used_again(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];

	vmb_test_move_fill(line, 4, 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_ASSERT_EQ(test, line->channel->queue.nr_packets, 0);

	go(move);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(move->moved[0]->server, 8, 0), 0);
	vmb_test_guest_serve(&move->moved[0]->guest);

	expect_once(line, move->moved[0], 5);
}

/* From the return of STOP on, guest memory is as it is, whoever sends. */
static void no_guest_byte_is_written_from_stop_to_running(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_machine *before = vmb_test_machine_create_sized(test, 64);
	struct vmb_test_line *line = move->lines[0];
	int signals;

	vmb_test_move_fill(line, 2, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	vmb_test_machine_copy_ram(before, move->from);
	signals = atomic_read(&line->guest.signals);

	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 100, 0), 0);
	vmb_channel_kick(line->channel);
	vmb_test_line_settle(line);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(move->moved[0]->server, 100, 0), 0);
	vmb_channel_kick(move->moved[0]->channel);
	vmb_test_line_settle(move->moved[0]);

	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(before, move->from));
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(before, move->to));
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), signals);
	KUNIT_EXPECT_EQ(test, atomic_read(&move->moved[0]->guest.signals), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->moved[0]->guest);
	expect_once(line, move->moved[0], 4);
}

static struct kunit_case migrate_cases[] = {
	KUNIT_CASE(hundred_answers_behind_a_full_ring_arrive_once),
	KUNIT_CASE(packets_in_all_conditions_arrive_once),
	KUNIT_CASE(one_way_packets_arrive_once),
	KUNIT_CASE(unread_requests_are_served_on_the_destination),
	KUNIT_CASE(three_hops_lose_nothing),
	KUNIT_CASE(snapshot_changes_nothing),
	KUNIT_CASE(paused_channel_may_send_after_a_snapshot),
	KUNIT_CASE(failed_migration_loses_nothing),
	KUNIT_CASE(several_channels_move_together),
	KUNIT_CASE(transaction_ids_are_not_used_again),
	KUNIT_CASE(no_guest_byte_is_written_from_stop_to_running),
	{}
};

static struct kunit_suite migrate_suite = {
	.name = "vmbsave_migrate",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = migrate_cases,
};

kunit_test_suite(migrate_suite);

MODULE_DESCRIPTION("Each packet and each completion arrives exactly once");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

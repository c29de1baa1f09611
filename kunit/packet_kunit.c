// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "line.h"
#include "stream.h"

/* Outgoing packets: the ring, the queue behind it, completion, errors. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

static void guest_completes_by_id_in_any_order(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message;
	u64 id;

	/* Arrange */
	vmb_test_line_send(line, 3, 16);
	for (id = 1; id <= 3; id++) {
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
		KUNIT_EXPECT_EQ(test, message.id, id);
		KUNIT_EXPECT_TRUE(test, message.wants_completion);
	}

	/* Act */
	vmb_test_guest_complete(&line->guest, 2, "two", 4);
	vmb_test_guest_complete(&line->guest, 3, NULL, 0);
	vmb_test_guest_complete(&line->guest, 1, "one", 4);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_PACKET_CALLS),
			   "done#2 done#3 done#1");
	KUNIT_EXPECT_STREQ(test, vmb_test_server_record(line->server, 2)->answer, "two");
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 3)->len, 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_record(line->server, 1)->answer, "one");
}

/* Lengths around the padding, nothing included. */
static void payload_of_each_length_arrives_padded_with_zeros(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message;
	u32 len;

	for (len = 0; len <= 24; len++) {
		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, len, 0), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);

		/* Assert */
		KUNIT_EXPECT_EQ(test, message.len, round_up(len, 8));
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, len, len + 1));
		KUNIT_EXPECT_NULL(test, memchr_inv(message.payload + len, 0, message.len - len));
	}
}

static void packet_that_waits_for_nothing_is_over_once_in_the_ring(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 8, 0, 0), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_FALSE(test, message.wants_completion);

	/* Assert: the guest has no say in it. */
	vmb_test_guest_complete(&line->guest, 1, NULL, 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, line->channel->stray, 1);
}

static void expect_worker(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_DONE && !(current->flags & PF_WQ_WORKER))
		server->data = NULL;
}

static void completion_routine_runs_in_the_worker_alone(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int i;

	/* Arrange */
	line->server->data = test;
	line->server->knobs.hook = expect_worker;

	/* Act: sent at once, queued, cancelled. */
	for (i = 0; i < 100; i++)
		vmb_test_server_send_flags(line->server, 512, 0, i & 1);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_send(line, 100, 512);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_DONE), 200);
	KUNIT_EXPECT_NOT_NULL(test, line->server->data);
}

static void packets_behind_a_full_ring_keep_their_order(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_ring_control *control = line->guest.rx.control;

	/* Arrange: about 30 of 200 fit. */
	vmb_test_line_send(line, 200, 512);
	KUNIT_EXPECT_GT(test, line->channel->queue.nr_packets, 150);
	KUNIT_EXPECT_NE(test, le32_to_cpu(control->pending_send_sz), 0);

	/* Act */
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	vmb_test_line_expect_once(line, 200);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(control->pending_send_sz), 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
}

/* Reads like a guest that only wakes up for signals, and writes nothing. */
static void read_by_signals(struct vmb_test_line *line, u32 nr)
{
	struct vmb_test_guest *guest = &line->guest;
	struct vmb_test_message message;
	u32 quiet = 0, seen = 0;

	while (guest->nr_seen < nr && quiet < 50) {
		u32 signals = atomic_read(&guest->signals);

		if (signals == seen) {
			msleep(20);
			quiet++;
			continue;
		}
		seen = signals;
		quiet = 0;
		while (!vmb_test_guest_receive(guest, &message))
			;
	}
}

/* No kick but those that the rings ask for: none is forgotten. */
static void queue_moves_on_by_the_signals_of_the_rings(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int i;

	/* Arrange */
	for (i = 0; i < 200; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 512, 0, 0), 0);

	/* Act */
	read_by_signals(line, 200);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_DONE) == 200));
	vmb_test_line_expect_once(line, 200);
}

/* A packet for which there were room does not overtake. */
static void small_packet_does_not_pass_a_large_one(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange: 16376 bytes to write to; 3 x 4024 and 2072 leave 2232. */
	vmb_test_line_send(line, 3, 4000);
	vmb_test_line_send(line, 1, 2048);

	/* Act */
	vmb_test_line_send(line, 1, 4000);
	vmb_test_line_send(line, 1, 8);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 6);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	vmb_test_line_expect_once(line, 6);
}

static void packets_sent_before_open_go_first(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	vmb_test_line_send(line, 3, 16);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_line_send(line, 3, 16);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	vmb_test_line_expect_once(line, 6);
}

static void send_once(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_OPENED || call == VMB_TEST_STARTED)
		vmb_test_server_send(server, 16, 0);
}

static void callbacks_send_behind_what_was_queued(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	vmb_test_line_send(line, 2, 16);
	line->server->knobs.hook = send_once;
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	vmb_test_line_expect_once(line, 4);
}

static void close_cancels_what_is_in_use_in_order(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 id;

	/* Arrange: some in the ring, the others queued. */
	vmb_test_line_send(line, 100, 512);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	for (id = 1; id <= 100; id++) {
		struct vmb_test_record *record = vmb_test_server_record(line->server, id);

		KUNIT_EXPECT_EQ_MSG(test, record->done, 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->status, -ECANCELED, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->order, id - 1, "packet %llu", id);
	}
}

/* Ids that name no packet in use, for every reason there is. */
static void completion_that_names_no_packet_is_dropped_and_counted(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	static const u64 ids[] = { 0, 1, 99, 1ULL << 63, U64_MAX };
	struct vmb_test_message message;
	int i;

	/* Arrange: 1 is over, 2 awaits its completion. */
	vmb_test_line_send(line, 2, 8);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, 1, "first", 6), 0);

	/* Act */
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, ids[i], "no", 3), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->stray, ARRAY_SIZE(ids));
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_record(line->server, 1)->answer, "first");
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->done, 0);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

static void packet_that_is_still_queued_cannot_be_completed(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	vmb_test_line_send(line, 100, 512);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, 100, NULL, 0), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->stray, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 100)->done, 0);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 100);
}

static void packet_in_use_is_neither_sent_nor_freed(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_packet *first, *last;

	/* Arrange: the first one is in the ring, the last one queued. */
	vmb_test_line_send(line, 100, 512);
	first = list_first_entry(&line->server->packets, struct vmb_test_packet, node);
	last = list_last_entry(&line->server->packets, struct vmb_test_packet, node);

	/* Act, Assert */
	kunit_info(test, "expect splat: a packet in use was freed\n");
	vmb_packet_free(first->packet);
	vmb_packet_free(last->packet);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(first->packet, NULL, 0, 0), -EALREADY);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(last->packet, NULL, 0, 0), -EALREADY);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 100);
}

/**
 * struct again - a packet that its completion routine sends again
 * @flags: of each send
 * @left: how often
 */
struct again {
	u32 flags;
	u32 left;
};

static void send_again(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	struct again *again = vmb_packet_get_pointer(packet);

	if (again->left--)
		vmb_packet_send(packet, "again", 6, again->flags);
	else
		vmb_packet_free(packet);
}

static void packet_that_is_over_can_be_sent_anew(struct kunit *test)
{
	static const u32 flags[] = { VMB_PACKET_WAIT_FOR_COMPLETION, 0 };
	struct vmb_test_line *line = open_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(flags); i++) {
		struct vmb_packet *packet = vmb_packet_allocate(line->channel);
		struct again again = { .flags = flags[i], .left = 3 };

		/* Arrange */
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
		vmb_packet_set_pointer(packet, &again);
		vmb_packet_set_completion_routine(packet, send_again);

		/* Act */
		KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "first", 6, flags[i]), 0);
		vmb_test_guest_serve(&line->guest);

		/* Assert: four sends, an id of its own for each. */
		KUNIT_EXPECT_EQ(test, again.left, U32_MAX);
		KUNIT_EXPECT_EQ(test, line->guest.nr_seen, 4 * (i + 1));
		KUNIT_EXPECT_EQ(test, line->guest.last_seen, 4 * (i + 1));
	}
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
}

static void packet_without_a_routine_frees_itself(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 before = vmb_limit_used(VMB_LIMIT_PACKETS);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	vmb_packet_set_completion_routine(packet, NULL);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 0, 0), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before);
}

static void guest_is_signalled_when_its_ring_was_empty_alone(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int before = atomic_read(&line->guest.signals);

	/* Act, Assert */
	vmb_test_line_send(line, 3, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), before + 1);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_send(line, 2, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), before + 2);
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(guest_completes_by_id_in_any_order),
	KUNIT_CASE(payload_of_each_length_arrives_padded_with_zeros),
	KUNIT_CASE(packet_that_waits_for_nothing_is_over_once_in_the_ring),
	KUNIT_CASE(completion_routine_runs_in_the_worker_alone),
	KUNIT_CASE(packets_behind_a_full_ring_keep_their_order),
	KUNIT_CASE(queue_moves_on_by_the_signals_of_the_rings),
	KUNIT_CASE(small_packet_does_not_pass_a_large_one),
	KUNIT_CASE(packets_sent_before_open_go_first),
	KUNIT_CASE(callbacks_send_behind_what_was_queued),
	KUNIT_CASE(close_cancels_what_is_in_use_in_order),
	KUNIT_CASE(completion_that_names_no_packet_is_dropped_and_counted),
	KUNIT_CASE(packet_that_is_still_queued_cannot_be_completed),
	KUNIT_CASE(packet_in_use_is_neither_sent_nor_freed),
	KUNIT_CASE(packet_that_is_over_can_be_sent_anew),
	KUNIT_CASE(packet_without_a_routine_frees_itself),
	KUNIT_CASE(guest_is_signalled_when_its_ring_was_empty_alone),
	{}
};

static struct kunit_suite packet_suite = {
	.name = "vmbsave_packet",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = packet_cases,
};

kunit_test_suite(packet_suite);

MODULE_DESCRIPTION("Outgoing packets");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

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

static void send_many(struct vmb_test_line *line, u32 nr, u32 payload_bytes)
{
	while (nr--)
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_server_send(line->server, payload_bytes, 0), 0);
}

/* Packets 1..@nr were read once, in order, and completed once, all well. */
static void expect_exactly_once(struct vmb_test_line *line, u64 nr)
{
	struct kunit *test = line->machine->test;
	u64 id;

	KUNIT_EXPECT_EQ(test, line->guest.nr_seen, nr);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
	for (id = 1; id <= nr; id++) {
		struct vmb_test_record *record = vmb_test_server_record(line->server, id);

		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.seen, id), 1,
				    "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->done, 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->status, 0, "packet %llu", id);
	}
}

static void guest_completes_by_id_in_any_order(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message;
	u64 id;

	/* Arrange */
	send_many(line, 3, 16);
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
	send_many(line, 100, 512);
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
	send_many(line, 200, 512);
	KUNIT_EXPECT_GT(test, line->channel->queue.nr_packets, 150);
	KUNIT_EXPECT_NE(test, le32_to_cpu(control->pending_send_sz), 0);

	/* Act */
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	expect_exactly_once(line, 200);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(control->pending_send_sz), 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
}

/* A packet for which there were room does not overtake. */
static void small_packet_does_not_pass_a_large_one(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange: 16376 bytes to write to; 3 x 4024 and 2072 leave 2232. */
	send_many(line, 3, 4000);
	send_many(line, 1, 2048);

	/* Act */
	send_many(line, 1, 4000);
	send_many(line, 1, 8);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 6);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	expect_exactly_once(line, 6);
}

static void packets_sent_before_open_go_first(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	send_many(line, 3, 16);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	send_many(line, 3, 16);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	expect_exactly_once(line, 6);
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
	send_many(line, 2, 16);
	line->server->knobs.hook = send_once;
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	expect_exactly_once(line, 4);
}

static void close_cancels_what_is_in_use_in_order(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 id;

	/* Arrange: some in the ring, the others queued. */
	send_many(line, 100, 512);

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
	send_many(line, 2, 8);
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
	send_many(line, 100, 512);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, 100, NULL, 0), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->stray, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 100)->done, 0);
	vmb_test_guest_serve(&line->guest);
	expect_exactly_once(line, 100);
}

static void send_refuses_what_it_cannot_send_and_spends_no_id(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_transaction_id(packet), 0);
	KUNIT_EXPECT_PTR_EQ(test, vmb_packet_get_channel(packet), line->channel);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "12345678", 8, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "12345678", 8, ~0U), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, test, 4097, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, test, U32_MAX, 0), -EMSGSIZE);
	vmb_packet_free(packet);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4096, 0), 0);
	vmb_test_guest_serve(&line->guest);
	expect_exactly_once(line, 1);
}

static void packet_in_use_is_neither_sent_nor_freed(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_packet *first, *last;

	/* Arrange: the first one is in the ring, the last one queued. */
	send_many(line, 100, 512);
	first = list_first_entry(&line->server->packets, struct vmb_test_packet, node);
	last = list_last_entry(&line->server->packets, struct vmb_test_packet, node);

	/* Act, Assert */
	kunit_info(test, "expect splat: a packet in use was freed\n");
	vmb_packet_free(first->packet);
	vmb_packet_free(last->packet);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(first->packet, NULL, 0, 0), -EALREADY);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(last->packet, NULL, 0, 0), -EALREADY);
	vmb_test_guest_serve(&line->guest);
	expect_exactly_once(line, 100);
}

/* A max packet size beyond the ring that the guest made */
static struct vmb_test_line *small_ring_line(struct kunit *test, bool open)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.max_packet = 8192;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	if (open)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}

static void packet_that_never_fits_is_refused_at_once(struct kunit *test)
{
	struct vmb_test_line *line = small_ring_line(test, true);

	/* Act, Assert: 4096 - 8 bytes of ring, 24 of them not for payload. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4065, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4064, 0), 0);
	vmb_test_guest_serve(&line->guest);
	expect_exactly_once(line, 1);
}

/* Nobody knew the ring when it was queued; those behind it are not lost. */
static void queued_packet_that_never_fits_is_finished_with_emsgsize(struct kunit *test)
{
	struct vmb_test_line *line = small_ring_line(test, false);

	/* Arrange */
	send_many(line, 1, 100);
	send_many(line, 1, 5000);
	send_many(line, 1, 100);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->status, -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 2), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 3)->status, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 3)->done, 1);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

static void send_again(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	u32 *left = vmb_packet_get_pointer(packet);

	if ((*left)--)
		vmb_packet_send(packet, "again", 6, VMB_PACKET_WAIT_FOR_COMPLETION);
	else
		vmb_packet_free(packet);
}

static void packet_that_is_over_can_be_sent_anew(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	u32 left = 3;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	vmb_packet_set_pointer(packet, &left);
	vmb_packet_set_completion_routine(packet, send_again);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "first", 6,
					      VMB_PACKET_WAIT_FOR_COMPLETION), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert: four sends, an id of its own for each. */
	KUNIT_EXPECT_EQ(test, left, U32_MAX);
	KUNIT_EXPECT_EQ(test, line->guest.nr_seen, 4);
	KUNIT_EXPECT_EQ(test, line->guest.last_seen, 4);
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

static void packets_are_capped(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_PACKETS, 1);
	int first = vmb_test_server_send(line->server, 8, 0);
	int second = vmb_test_server_send(line->server, 8, 0);

	vmb_limit_uncharge(VMB_LIMIT_PACKETS, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, -EDQUOT);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
}

static void ids_end_before_they_could_be_reused(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	line->channel->queue.next_id = VMB_TRANSACTION_ID_MAX - 1;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EOVERFLOW);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, line->guest.last_seen, VMB_TRANSACTION_ID_MAX - 1);
}

static void send_and_complete_work_with_interrupts_off(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	int ret;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);

	/* Act */
	local_irq_disable();
	ret = vmb_packet_send(packet, "quick", 6, 0);
	local_irq_enable();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
}

static void guest_is_signalled_when_its_ring_was_empty_alone(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int before = atomic_read(&line->guest.signals);

	/* Act, Assert */
	send_many(line, 3, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), before + 1);
	vmb_test_guest_serve(&line->guest);
	send_many(line, 2, 8);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), before + 2);
}

static void largest_packet_passes_in_both_directions(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create_sized(test, 400);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	void *big;

	/* Arrange */
	vsp->knobs.max_packet = VMB_PACKET_BYTES_MAX;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 129, 129);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	big = vmb_test_alloc(test, VMB_PACKET_BYTES_MAX + 64);
	line->guest.buf = big;
	line->guest.buf_bytes = VMB_PACKET_BYTES_MAX + 64;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, VMB_PACKET_BYTES_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, VMB_PACKET_BYTES_MAX), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	expect_exactly_once(line, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 1), 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(big + 16, VMB_PACKET_BYTES_MAX, 1));
}

static struct kunit_case packet_cases[] = {
	KUNIT_CASE(guest_completes_by_id_in_any_order),
	KUNIT_CASE(payload_of_each_length_arrives_padded_with_zeros),
	KUNIT_CASE(packet_that_waits_for_nothing_is_over_once_in_the_ring),
	KUNIT_CASE(completion_routine_runs_in_the_worker_alone),
	KUNIT_CASE(packets_behind_a_full_ring_keep_their_order),
	KUNIT_CASE(small_packet_does_not_pass_a_large_one),
	KUNIT_CASE(packets_sent_before_open_go_first),
	KUNIT_CASE(callbacks_send_behind_what_was_queued),
	KUNIT_CASE(close_cancels_what_is_in_use_in_order),
	KUNIT_CASE(completion_that_names_no_packet_is_dropped_and_counted),
	KUNIT_CASE(packet_that_is_still_queued_cannot_be_completed),
	KUNIT_CASE(send_refuses_what_it_cannot_send_and_spends_no_id),
	KUNIT_CASE(packet_in_use_is_neither_sent_nor_freed),
	KUNIT_CASE(packet_that_never_fits_is_refused_at_once),
	KUNIT_CASE(queued_packet_that_never_fits_is_finished_with_emsgsize),
	KUNIT_CASE(packet_that_is_over_can_be_sent_anew),
	KUNIT_CASE(packet_without_a_routine_frees_itself),
	KUNIT_CASE(packets_are_capped),
	KUNIT_CASE(ids_end_before_they_could_be_reused),
	KUNIT_CASE(send_and_complete_work_with_interrupts_off),
	KUNIT_CASE(guest_is_signalled_when_its_ring_was_empty_alone),
	KUNIT_CASE(largest_packet_passes_in_both_directions),
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

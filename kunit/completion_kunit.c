// SPDX-License-Identifier: GPL-2.0-only
#include "core/incoming.h"
#include "helpers.h"
#include "line.h"

/* Requests of the guest and their answers, behind a full ring above all. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

/* The VSP holds the requests 1..@nr of 64 bytes. */
static struct vmb_test_line *holding_line(struct kunit *test, u32 nr)
{
	struct vmb_test_line *line = open_line(test);
	u64 id;

	line->server->knobs.hold = true;
	for (id = 1; id <= nr; id++) {
		int ret = vmb_test_guest_request(&line->guest, id, 64);

		if (ret == -EAGAIN) {
			vmb_test_line_settle(line);
			ret = vmb_test_guest_request(&line->guest, id, 64);
		}
		KUNIT_ASSERT_EQ(test, ret, 0);
	}
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(line->server), nr);
	return line;
}

/* Nothing more goes into the host-to-guest ring, not even an empty packet. */
static u32 fill_ring(struct vmb_test_line *line)
{
	u32 nr = 0;

	while (!line->channel->queue.nr_packets) {
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_server_send_flags(line->server, 1000, 0, 0), 0);
		nr++;
	}
	while (line->channel->queue.nr_packets < 2) {
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_server_send_flags(line->server, 0, 0, 0), 0);
		nr++;
	}
	return nr;
}

static void expect_answer(struct vmb_test_line *line, u64 id, u32 len)
{
	struct kunit *test = line->machine->test;
	struct vmb_test_message message = {};

	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, VMB_PACKET_COMPLETION);
	KUNIT_EXPECT_EQ(test, message.id, id);
	KUNIT_EXPECT_EQ(test, message.len, round_up(len, 8));
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, len, id));
}

static void request_that_wants_no_answer_gets_none(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_write(&line->guest, VMB_PACKET_DATA_INBAND, 0, 3,
						   "12345678", 8), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_PROCESS)),
			   "process#3");
	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), -EAGAIN);
	KUNIT_EXPECT_EQ(test, line->channel->nr_incoming, 0);
}

static void request_of_each_length_is_echoed(struct kunit *test)
{
	static const u32 lens[] = { 0, 8, 16, 1000, 4088, 4096 };
	struct vmb_test_line *line = open_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, i, lens[i]), 0);
		vmb_test_line_settle(line);

		/* Assert */
		expect_answer(line, i, lens[i]);
	}
}

/* Transaction ids are the guest's: any value, several times the same. */
static void guest_chooses_its_ids_as_it_likes(struct kunit *test)
{
	static const u64 ids[] = { 0, 0, U64_MAX, 5, 5, 1ULL << 63 };
	struct vmb_test_line *line = open_line(test);
	int i;

	/* Act */
	line->server->knobs.hold = true;
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, ids[i], 8), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, U32_MAX), ARRAY_SIZE(ids));

	/* Assert */
	for (i = 0; i < ARRAY_SIZE(ids); i++)
		expect_answer(line, ids[i], 8);
}

static void answers_behind_a_full_ring_keep_order_and_payload(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 100);
	struct vmb_test_message message;
	u32 nr = fill_ring(line);
	u64 id;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, U32_MAX), 100);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, 100);

	/* Assert: no answer passes a packet that was sent before it. */
	while (nr) {
		vmb_test_line_settle(line);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
		KUNIT_ASSERT_EQ(test, message.type, VMB_PACKET_DATA_INBAND);
		nr--;
	}
	for (id = 1; id <= 100; id++) {
		vmb_test_line_settle(line);
		expect_answer(line, id, 64);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), -EAGAIN);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, 0);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
}

/* Answers and packets share one queue: the guest sees them as they were given. */
static void answers_and_packets_keep_their_common_order(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 20);
	struct vmb_test_message message = {};
	u32 nr = fill_ring(line);
	u64 id;

	/* Act */
	for (id = 1; id <= 20; id++) {
		KUNIT_ASSERT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 16, 0), 0);
	}

	/* Assert */
	for (id = 1; id <= nr; id++) {
		vmb_test_line_settle(line);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	}
	for (id = 1; id <= 20; id++) {
		vmb_test_line_settle(line);
		expect_answer(line, id, 64);
		vmb_test_line_settle(line);
		KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
		KUNIT_EXPECT_EQ(test, message.type, VMB_PACKET_DATA_INBAND);
		KUNIT_EXPECT_EQ(test, message.id, nr + id);
	}
}

static void answer_during_the_drain_still_goes_into_the_ring(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 3);

	/* Act: .suspend completes what is held. */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Assert */
	expect_answer(line, 1, 64);
	expect_answer(line, 2, 64);
	expect_answer(line, 3, 64);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, 0);
}

static void answer_may_differ_in_length_from_the_request(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 3);
	u8 *answer = vmb_test_alloc(test, 4096);
	struct vmb_test_message message = {};

	/* Act */
	vmb_test_fill(answer, 4096, 2);
	KUNIT_EXPECT_TRUE(test, vmb_test_server_answer(line->server, NULL, 0));
	KUNIT_EXPECT_TRUE(test, vmb_test_server_answer(line->server, answer, 4096));
	kunit_info(test, "expect splat: an answer was cut off\n");
	KUNIT_EXPECT_TRUE(test, vmb_test_server_answer(line->server, answer, 4097));

	/* Assert */
	expect_answer(line, 1, 0);
	expect_answer(line, 2, 4096);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_EQ(test, message.len, 4096);
}

/* The request's own buffer is where an answer waits: both may overlap. */
static void echo_of_a_part_of_the_request_waits_unchanged(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message = {};
	struct vmb_test_request *request;
	u8 expected[64];
	u32 nr;

	/* Arrange */
	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 64), 0);
	vmb_test_line_settle(line);
	nr = fill_ring(line);
	request = list_first_entry(&line->server->held, struct vmb_test_request, node);
	vmb_test_fill(expected, 64, 1);

	/* Act */
	KUNIT_EXPECT_TRUE(test, vmb_test_server_answer(line->server, request->buf + 16, 40));

	/* Assert */
	while (nr--) {
		vmb_test_line_settle(line);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	}
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_EQ(test, message.len, 40);
	KUNIT_EXPECT_EQ(test, memcmp(message.payload, expected + 16, 40), 0);
}

/* max_packet is 8 KiB, and so long an answer is in no ring of one page. */
static void answer_that_never_fits_stops_the_channel(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange */
	vsp->knobs.max_packet = 8192;
	vsp->knobs.hold = true;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);

	/* Act */
	KUNIT_EXPECT_TRUE(test, vmb_test_server_answer(line->server,
						       vmb_test_alloc(test, 8192), 8192));
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(machine, VMBSAVE_EVENT_FAILED, line->id), 1);
	KUNIT_EXPECT_EQ(test, machine->events[0].error, -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

/* A line with a guest-to-host ring that holds all requests of the quota. */
static struct vmb_test_line *long_ring_line(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.hold = true;
	vsp->knobs.max_packet = 64;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 32, 32);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}

static void no_more_than_the_quota_is_delivered(struct kunit *test)
{
	struct vmb_test_line *line = long_ring_line(test);
	u64 id;

	/* Arrange */
	for (id = 1; id <= VMB_TRANSACTION_QUOTA_DEFAULT + 100; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8), 0);

	/* Act, Assert */
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), VMB_TRANSACTION_QUOTA_DEFAULT);
	msleep(1000);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), VMB_TRANSACTION_QUOTA_DEFAULT);

	/* Act, Assert: each completion lets one more in, without a signal. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS) ==
					      VMB_TRANSACTION_QUOTA_DEFAULT + 1));
	line->server->knobs.hold = false;
	vmb_test_server_complete(line->server, U32_MAX);
	vmb_test_guest_serve(&line->guest);
	for (id = 1; id <= VMB_TRANSACTION_QUOTA_DEFAULT + 100; id++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.answered, id), 1,
				    "request %llu", id);
}

/* Else a guest that never reads would have as many as it likes kept. */
static void answers_that_wait_count_for_the_quota(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	u64 id;

	/* Arrange: 127 answers of 32 bytes fit, and 2000 are asked for. */
	vsp->knobs.max_packet = 64;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 32, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Act */
	for (id = 1; id <= 2000; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, VMB_TRANSACTION_QUOTA_DEFAULT);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS),
			VMB_TRANSACTION_QUOTA_DEFAULT + 127);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, line->guest.nr_answered, 2000);
}

static void requests_wait_in_the_ring_for_want_of_objects(struct kunit *test)
{
	struct vmb_test_line *line = long_ring_line(test);
	u64 taken;
	u64 id;

	/* Arrange */
	vmb_test_line_settle(line);
	taken = vmb_test_limit_leave(VMB_LIMIT_PACKETS, 2);

	/* Act */
	for (id = 1; id <= 5; id++)
		vmb_test_guest_request(&line->guest, id, 8);
	vmb_test_line_settle(line);
	msleep(1000);

	/* Assert */
	vmb_limit_uncharge(VMB_LIMIT_PACKETS, taken);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 2);

	/* Assert: the worker comes back by itself. */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 5));
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

/* They would give objects back: if they waited too, nothing would go on. */
static void completions_do_not_wait_for_want_of_objects(struct kunit *test)
{
	struct vmb_test_line *line = long_ring_line(test);
	struct vmb_test_message message;
	u64 taken;

	/* Arrange: request 1 gets the last object, request 2 none. */
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	taken = vmb_test_limit_leave(VMB_LIMIT_PACKETS, 1);

	/* Act */
	vmb_test_guest_request(&line->guest, 1, 8);
	vmb_test_guest_complete(&line->guest, message.id, NULL, 0);
	vmb_test_guest_request(&line->guest, 2, 8);
	vmb_test_line_settle(line);

	/* Assert */
	vmb_limit_uncharge(VMB_LIMIT_PACKETS, taken);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 2));
}

static void count_batches(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_BATCH)
		*(u32 *)server->data += *(u32 *)arg;
}

static void batches_add_up_to_the_requests(struct kunit *test)
{
	struct vmb_test_line *line = long_ring_line(test);
	u32 sum = 0;
	u64 id;

	/* Arrange */
	line->server->data = &sum;
	line->server->knobs.hook = count_batches;
	line->server->knobs.hold = false;

	/* Act */
	for (id = 1; id <= 500; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, sum, 500);
	KUNIT_EXPECT_GT(test, vmb_test_server_count(line->server, VMB_TEST_BATCH), 0);
	line->server->knobs.hook = NULL;
}

static void requests_read_from_a_full_ring_make_the_guest_signalled(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int before;
	u64 id = 1;

	/* Arrange: the guest waits for room in its ring. */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	while (!vmb_test_guest_request(&line->guest, id, 100))
		id++;
	KUNIT_ASSERT_FALSE(test, vmb_ring_wait_space(&line->guest.tx, 1024));
	before = atomic_read(&line->guest.signals);

	/* Act */
	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_GT(test, atomic_read(&line->guest.signals), before);
}

static struct kunit_case completion_cases[] = {
	KUNIT_CASE(request_that_wants_no_answer_gets_none),
	KUNIT_CASE(request_of_each_length_is_echoed),
	KUNIT_CASE(guest_chooses_its_ids_as_it_likes),
	KUNIT_CASE(answers_behind_a_full_ring_keep_order_and_payload),
	KUNIT_CASE(answers_and_packets_keep_their_common_order),
	KUNIT_CASE(answer_during_the_drain_still_goes_into_the_ring),
	KUNIT_CASE(answer_may_differ_in_length_from_the_request),
	KUNIT_CASE(echo_of_a_part_of_the_request_waits_unchanged),
	KUNIT_CASE(answer_that_never_fits_stops_the_channel),
	KUNIT_CASE(no_more_than_the_quota_is_delivered),
	KUNIT_CASE(answers_that_wait_count_for_the_quota),
	KUNIT_CASE(requests_wait_in_the_ring_for_want_of_objects),
	KUNIT_CASE(completions_do_not_wait_for_want_of_objects),
	KUNIT_CASE(batches_add_up_to_the_requests),
	KUNIT_CASE(requests_read_from_a_full_ring_make_the_guest_signalled),
	{}
};

static struct kunit_suite completion_suite = {
	.name = "vmbsave_completion",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = completion_cases,
};

kunit_test_suite(completion_suite);

MODULE_DESCRIPTION("Requests of the guest and their answers");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

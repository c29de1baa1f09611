// SPDX-License-Identifier: GPL-2.0-only
#include "core/incoming.h"
#include "helpers.h"
#include "line.h"

/* The quota of requests, and the other things that a VSP may set at any time. */

static struct vmb_test_line *holding_line(struct kunit *test, u32 quota)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_channel_set_transaction_quota(line->channel, quota), 0);
	return line;
}

static void request(struct vmb_test_line *line, u64 first, u64 last)
{
	u64 id;

	for (id = first; id <= last; id++)
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);
}

static void no_more_than_the_quota_is_held(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 3);

	/* Act */
	request(line, 1, 5);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 3);
	vmb_test_server_complete(line->server, 1);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 3);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_PROCESS)),
			   "process#1 process#2 process#3 process#4");
}

static void quota_below_what_is_held_waits_for_enough_completions(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 5);

	/* Arrange */
	request(line, 1, 5);
	KUNIT_ASSERT_EQ(test, vmb_channel_set_transaction_quota(line->channel, 2), 0);
	request(line, 6, 7);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 3), 3);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 2);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 5);

	/* Act */
	vmb_test_server_complete(line->server, 1);

	/* Assert: it comes without a kick. */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 2));
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 6);
}

static void raised_quota_counts_from_the_next_completion(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 2);

	/* Arrange */
	request(line, 1, 8);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(line->server), 2);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_set_transaction_quota(line->channel, 5), 0);
	msleep(100);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 2);

	/* Act */
	vmb_test_server_complete(line->server, 1);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 5));
	msleep(100);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 5);
}

static void answers_that_wait_for_room_count(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 2);

	/* Arrange: not even an empty answer has room. */
	while (line->channel->queue.nr_packets < 2)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 1000, 0, 0), 0);
	while (line->channel->queue.nr_packets < 3)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 0, 0, 0), 0);
	request(line, 1, 4);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 2), 2);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 2);

	/* Act: there is room again. */
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 2));
}

static void quota_of_zero_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_set_transaction_quota(line->channel, 0), -EINVAL);
	request(line, 1, 2);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 1);
}

static void demand_for_process_context_is_remembered(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);

	/* Act, Assert */
	KUNIT_EXPECT_FALSE(test, vmb_channel_incoming_in_process_context(line->channel));
	vmb_channel_set_incoming_in_process_context(line->channel, true);
	KUNIT_EXPECT_TRUE(test, vmb_channel_incoming_in_process_context(line->channel));
	vmb_channel_set_incoming_in_process_context(line->channel, false);
	KUNIT_EXPECT_FALSE(test, vmb_channel_incoming_in_process_context(line->channel));
}

static void latency_is_the_open_clients_alone(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);
	u16 original = 77;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_set_interrupt_latency(line->channel, 5, &original),
			-EINVAL);
	line->channel->server = false;
	KUNIT_EXPECT_EQ(test, vmb_channel_set_interrupt_latency(line->channel, 5, NULL), -EINVAL);
	KUNIT_EXPECT_EQ(test, original, 77);
	KUNIT_EXPECT_EQ(test, vmb_channel_set_interrupt_latency(line->channel, 5, &original), 0);
	KUNIT_EXPECT_EQ(test, original, 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_set_interrupt_latency(line->channel, 9, &original), 0);
	KUNIT_EXPECT_EQ(test, original, 5);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_set_interrupt_latency(line->channel, 5, &original),
			-EBADFD);
	line->channel->server = true;
}

/**
 * struct mmio - what each callback was told
 * @ret: by vmb_channel_get_mmio_space()
 * @address: likewise
 * @bytes: likewise
 */
struct mmio {
	int ret;
	u64 address;
	u64 bytes;
};

static void ask_for_mmio(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct mmio *seen = server->data;

	if (seen && (call == VMB_TEST_OPENED || call == VMB_TEST_CLOSED))
		seen[call].ret = vmb_channel_get_mmio_space(server->channel, &seen[call].address,
							    &seen[call].bytes);
}

static void mmio_space_is_known_from_opened_to_closed(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	struct mmio *seen = vmb_test_alloc(test, VMB_TEST_NR_CALLS * sizeof(*seen));
	struct vmb_channel_open open = {
		.gpadl = line->guest.gpadl,
		.downstream_page = line->guest.downstream_page,
		.mmio_gpa = 0x1234567000,
		.mmio_bytes = 0x200000,
	};
	u64 address = 1, bytes = 1;

	/* Arrange */
	line->server->data = seen;
	line->server->knobs.hook = ask_for_mmio;
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_mmio_space(line->channel, &address, &bytes),
			-EBADFD);
	KUNIT_EXPECT_EQ(test, address | bytes, 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_open(line->channel, &open), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_mmio_space(line->channel, &address, &bytes), 0);
	KUNIT_EXPECT_EQ(test, address, open.mmio_gpa);
	KUNIT_EXPECT_EQ(test, bytes, open.mmio_bytes);
	KUNIT_ASSERT_EQ(test, vmb_channel_close(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_mmio_space(line->channel, &address, &bytes),
			-EBADFD);
	KUNIT_EXPECT_EQ(test, seen[VMB_TEST_OPENED].ret, 0);
	KUNIT_EXPECT_EQ(test, seen[VMB_TEST_OPENED].address, open.mmio_gpa);
	KUNIT_EXPECT_EQ(test, seen[VMB_TEST_CLOSED].ret, 0);
	KUNIT_EXPECT_EQ(test, seen[VMB_TEST_CLOSED].bytes, open.mmio_bytes);
}

static struct kunit_case quota_cases[] = {
	KUNIT_CASE(no_more_than_the_quota_is_held),
	KUNIT_CASE(quota_below_what_is_held_waits_for_enough_completions),
	KUNIT_CASE(raised_quota_counts_from_the_next_completion),
	KUNIT_CASE(answers_that_wait_for_room_count),
	KUNIT_CASE(quota_of_zero_is_refused),
	KUNIT_CASE(demand_for_process_context_is_remembered),
	KUNIT_CASE(latency_is_the_open_clients_alone),
	KUNIT_CASE(mmio_space_is_known_from_opened_to_closed),
	{}
};

static struct kunit_suite quota_suite = {
	.name = "vmbsave_quota",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = quota_cases,
};

kunit_test_suite(quota_suite);

MODULE_DESCRIPTION("How many requests a VSP may hold, and what else it may set at any time");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "line.h"
#include "stream.h"

/* One packet on its way: what all other suites build on. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

/* The guest reads a packet, and its completion reaches the VSP. */
static void packet_is_completed_by_the_guest(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message = {};

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 100, 16), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, message.id,
						      "answer", 6), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, message.type, VMB_PACKET_DATA_INBAND);
	KUNIT_EXPECT_EQ(test, message.id, 1);
	KUNIT_EXPECT_EQ(test, message.len, 104);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, 100, 1));
	KUNIT_EXPECT_STREQ(test, (char *)vmb_test_server_record(line->server, 1)->answer,
			   "answer");
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "probe opened started post_started done#1");
}

/* A request of the guest reaches the VSP, and its completion the guest. */
static void request_is_completed_by_the_vsp(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_message message = {};

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 77, 40), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, message.type, VMB_PACKET_COMPLETION);
	KUNIT_EXPECT_EQ(test, message.id, 77);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, 40, 77));
}

/* Moves the guest of a line; the source is in STOP afterwards. */
static struct vmb_test_line *move(struct kunit *test, struct vmb_test_line *line,
				  bool whole_bus)
{
	struct vmb_test_machine *to = vmb_test_machine_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *moved = vmb_test_line_follow(to, line);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	vmb_test_machine_copy_ram(to, line->machine);
	if (whole_bus) {
		KUNIT_ASSERT_EQ(test, vmb_test_save_bus(line->machine, 100, stream), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(to, stream, 33), 0);
	} else {
		KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);
	}
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(to, VMB_BUS_RUNNING), 0);
	return moved;
}

static void expect_completed_there(struct kunit *test, bool whole_bus)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_line *moved;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 100, 16), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 100, 0), 0);

	/* Act */
	moved = move(test, line, whole_bus);
	vmb_test_guest_serve(&moved->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(moved->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(moved->server, 2)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(moved->server, VMB_TEST_ALL_CALLS),
			   "probe restore#1 restore#2 opened started post_started done#1 done#2");
}

static void packet_of_a_channel_is_completed_on_another_machine(struct kunit *test)
{
	expect_completed_there(test, false);
}

static void packet_of_a_bus_is_completed_on_another_machine(struct kunit *test)
{
	expect_completed_there(test, true);
}

static struct kunit_case fixture_cases[] = {
	KUNIT_CASE(packet_is_completed_by_the_guest),
	KUNIT_CASE(request_is_completed_by_the_vsp),
	KUNIT_CASE(packet_of_a_channel_is_completed_on_another_machine),
	KUNIT_CASE(packet_of_a_bus_is_completed_on_another_machine),
	{}
};

static struct kunit_suite fixture_suite = {
	.name = "vmbsave_fixture",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = fixture_cases,
};

kunit_test_suite(fixture_suite);

MODULE_DESCRIPTION("The fixture itself, and the shortest way of a packet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

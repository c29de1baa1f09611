// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "line.h"
#include "move.h"
#include "wire/pipe.h"

/* Channels whose payloads are framed as the messages of a pipe. */

#define MAX_PACKET 20000

static void make_pipe(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_PROBE)
		WARN_ON(vmb_channel_init_set_flags(server->channel, VMB_CHANNEL_INIT_IS_PIPE));
}

static struct vmb_test_line *pipe_line(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line;

	vsp->knobs.hook = make_pipe;
	vsp->knobs.max_packet = MAX_PACKET;
	vsp->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_offer_sized(machine, vsp, 1, 8, 8);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}

/* The next packet is a message of @len bytes with the contents of packet @id. */
static void expect_message(struct vmb_test_line *line, u64 id, u32 len)
{
	struct kunit *test = line->machine->test;
	struct vmb_test_message message = {};
	const void *data;
	u32 bytes;

	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_EQ(test, message.id, id);
	KUNIT_EXPECT_EQ(test, message.len, 8 + round_up(len, 8));
	KUNIT_ASSERT_EQ(test, vmb_pipe_parse(message.payload, message.len, &data, &bytes), 0);
	KUNIT_EXPECT_EQ(test, bytes, len);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(data, len, id));
}

/* A message that claims to be @len bytes of @bytes; with header @type. */
static void write_message(struct vmb_test_line *line, u32 type, u32 len, u32 bytes)
{
	struct kunit *test = line->machine->test;
	u8 *payload = vmb_test_alloc(test, 8 + bytes);

	((__le32 *)payload)[0] = cpu_to_le32(type);
	((__le32 *)payload)[1] = cpu_to_le32(len);
	vmb_test_fill(payload + 8, bytes, 7);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_write(&line->guest, VMB_PACKET_DATA_INBAND,
						   VMB_PACKET_COMPLETION_REQUESTED, 7, payload,
						   8 + bytes), 0);
	vmb_test_line_settle(line);
}

static struct vmb_test_request *held(struct vmb_test_line *line)
{
	return list_first_entry_or_null(&line->server->held, struct vmb_test_request, node);
}

static void message_of_each_length_is_framed(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 7, 8, 13, 4096, VMB_PIPE_BYTES_MAX };
	struct vmb_test_line *line = pipe_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, lens[i], 0), 0);

		/* Assert */
		expect_message(line, i + 1, lens[i]);
	}
}

static void message_that_waited_for_room_is_framed(struct kunit *test)
{
	struct vmb_test_line *line = pipe_line(test);
	u64 id;

	/* Act */
	for (id = 1; id <= 5; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 10001, 0), 0);
	KUNIT_ASSERT_FALSE(test, list_empty(&line->channel->queue.waiting));

	/* Assert */
	for (id = 1; id <= 5; id++)
		expect_message(line, id, 10001);
}

static void longest_message_is_the_pipes_not_the_packets(struct kunit *test)
{
	struct vmb_test_line *line = pipe_line(test);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, VMB_PIPE_BYTES_MAX + 1, 0),
			-EMSGSIZE);
	KUNIT_EXPECT_EQ(test, line->channel->queue.next_id, 1);
}

static void vsp_gets_the_exact_length_without_the_header(struct kunit *test)
{
	static const u32 lens[] = { 0, 1, 13, 4095, VMB_PIPE_BYTES_MAX };
	struct vmb_test_line *line = pipe_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		/* Act */
		write_message(line, 1, lens[i], round_up(lens[i], 8));

		/* Assert */
		KUNIT_ASSERT_NOT_NULL(test, held(line));
		KUNIT_EXPECT_EQ(test, held(line)->len, lens[i]);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(held(line)->buf, lens[i], 7));
		KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
		vmb_test_guest_serve(&line->guest);
	}
}

static void answer_carries_no_header(struct kunit *test)
{
	struct vmb_test_line *line = pipe_line(test);
	struct vmb_test_message message = {};

	/* Act */
	write_message(line, 1, 16, 16);
	KUNIT_ASSERT_TRUE(test, vmb_test_server_answer(line->server, "the answer is 42", 16));

	/* Assert */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_EXPECT_EQ(test, message.type, VMB_PACKET_COMPLETION);
	KUNIT_EXPECT_EQ(test, message.len, 16);
	KUNIT_EXPECT_EQ(test, memcmp(message.payload, "the answer is 42", 16), 0);

	/* Act: and neither does the guest's. */
	vmb_test_line_send(line, 1, 8);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, 1, "the answer is 43", 16), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->len, 16);
	KUNIT_EXPECT_EQ(test, memcmp(vmb_test_server_record(line->server, 1)->answer,
				     "the answer is 43", 16), 0);
}

static void expect_nonsense(struct kunit *test, u32 type, u32 len, u32 bytes)
{
	struct vmb_test_line *line = pipe_line(test);

	/* Act */
	write_message(line, type, len, bytes);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->error, -EPROTO);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(line->machine, VMBSAVE_EVENT_FAILED,
						      line->id), 1);
}

static void message_of_another_type_stops_the_channel(struct kunit *test)
{
	expect_nonsense(test, 2, 8, 8);
}

static void message_longer_than_its_packet_stops_the_channel(struct kunit *test)
{
	expect_nonsense(test, 1, 17, 16);
}

static void message_longer_than_a_pipe_allows_stops_the_channel(struct kunit *test)
{
	expect_nonsense(test, 1, VMB_PIPE_BYTES_MAX + 1, VMB_PIPE_BYTES_MAX + 8);
}

static void packet_without_a_message_stops_the_channel(struct kunit *test)
{
	struct vmb_test_line *line = pipe_line(test);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_write(&line->guest, VMB_PACKET_DATA_INBAND, 0, 7,
						   NULL, 0), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->error, -EPROTO);
}

/* A message as long as the channel's largest packet fits with its header. */
static void largest_packet_may_fill_a_message(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	/* Arrange */
	vsp->knobs.hook = make_pipe;
	vsp->knobs.max_packet = 64;
	vsp->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);

	/* Act, Assert */
	write_message(line, 1, 64, 64);
	KUNIT_ASSERT_NOT_NULL(test, held(line));
	KUNIT_EXPECT_EQ(test, held(line)->len, 64);
	write_message(line, 1, 64, 72);
	KUNIT_EXPECT_EQ(test, line->channel->error, -EMSGSIZE);
}

/* What is saved is the payload: the header is made when it is written. */
static void queued_messages_move_and_are_framed_once(struct kunit *test)
{
	struct vmb_test_line *line = pipe_line(test);
	struct vmb_test_machine *to = vmb_test_machine_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *moved;
	u64 id;

	/* Arrange */
	for (id = 1; id <= 5; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 10001, 16), 0);
	KUNIT_ASSERT_FALSE(test, list_empty(&line->channel->queue.waiting));

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(line->machine, 4096, stream), 0);
	vmb_test_machine_copy_ram(to, line->machine);
	moved = vmb_test_line_follow(to, line);
	KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(to, stream, 4096), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(to, VMB_BUS_RUNNING), 0);

	/* Assert */
	for (id = 1; id <= 5; id++)
		expect_message(moved, id, 10001);
}

static struct kunit_case pipe_cases[] = {
	KUNIT_CASE(message_of_each_length_is_framed),
	KUNIT_CASE(message_that_waited_for_room_is_framed),
	KUNIT_CASE(longest_message_is_the_pipes_not_the_packets),
	KUNIT_CASE(vsp_gets_the_exact_length_without_the_header),
	KUNIT_CASE(answer_carries_no_header),
	KUNIT_CASE(message_of_another_type_stops_the_channel),
	KUNIT_CASE(message_longer_than_its_packet_stops_the_channel),
	KUNIT_CASE(message_longer_than_a_pipe_allows_stops_the_channel),
	KUNIT_CASE(packet_without_a_message_stops_the_channel),
	KUNIT_CASE(largest_packet_may_fill_a_message),
	KUNIT_CASE(queued_messages_move_and_are_framed_once),
	{}
};

static struct kunit_suite pipe_suite = {
	.name = "vmbsave_pipe",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = pipe_cases,
};

kunit_test_suite(pipe_suite);

MODULE_DESCRIPTION("Channels whose payloads are messages of a pipe");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

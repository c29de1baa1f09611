// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/irqflags.h>
#include <linux/minmax.h>
#include <linux/preempt.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "inflight.h"

/*
 * What the documents say of EvtVmbChannelSavePacket, sentence by sentence;
 * Documentation/driver-api/seeds.rst is the list.
 */

/**
 * struct seen - the first calls of .save_packet
 * @nr: how many there were
 * @args: copies of their arguments
 * @id: transaction id of the packet
 * @atomic: one of them came where nobody may sleep
 */
struct seen {
	u32 nr;
	struct vmb_save_packet args[16];
	u64 id[16];
	bool atomic;
};

static void look(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct seen *seen = server->data;

	if (call != VMB_TEST_SAVE || seen->nr >= ARRAY_SIZE(seen->args))
		return;
	seen->args[seen->nr] = *(struct vmb_save_packet *)arg;
	seen->id[seen->nr] = vmb_packet_transaction_id(seen->args[seen->nr].packet);
	seen->nr++;
	seen->atomic |= preempt_count() || irqs_disabled();
	msleep(20);
}

static struct seen *watch(struct kunit *test, struct vmb_test_line *line)
{
	struct seen *seen = vmb_test_alloc(test, sizeof(*seen));

	line->server->data = seen;
	line->server->knobs.hook = look;
	return seen;
}

static struct vmb_test_stream *save(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	KUNIT_EXPECT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	return stream;
}

static struct vmbsave_packet *record(struct kunit *test, struct vmb_test_stream *stream,
				     u32 nth)
{
	struct vmbsave_packet *packet =
		vmb_test_stream_find(stream, VMBSAVE_RECORD_PACKET, nth);

	KUNIT_ASSERT_NOT_NULL(test, packet);
	return packet;
}

static const u8 *state_of(const struct vmbsave_packet *packet)
{
	return (u8 *)(packet + 1) + round_up(le32_to_cpu(packet->payload_bytes), 8);
}

static void called_when_the_state_of_a_packet_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 8);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), 0);
	save(test, line);
	KUNIT_EXPECT_GT(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), 0);
}

static void gets_the_channel_of_the_packet(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 3, 8);
	struct seen *seen = watch(test, line);
	u32 i;

	save(test, line);

	KUNIT_ASSERT_EQ(test, seen->nr, 6);
	for (i = 0; i < seen->nr; i++) {
		KUNIT_EXPECT_PTR_EQ(test, seen->args[i].channel, line->channel);
		KUNIT_EXPECT_PTR_EQ(test, vmb_packet_get_channel(seen->args[i].packet),
				    line->channel);
	}
}

static void gets_the_packet_whose_state_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 3, 8);
	struct seen *seen = watch(test, line);
	struct vmb_test_stream *stream = save(test, line);
	u32 i;

	KUNIT_ASSERT_EQ(test, seen->nr, 6);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, seen->id[2 * i], i + 1);
		KUNIT_EXPECT_EQ(test, seen->id[2 * i + 1], i + 1);
		KUNIT_EXPECT_EQ(test, le64_to_cpu(record(test, stream, i)->transaction_id), i + 1);
	}
}

static void buffer_is_where_the_state_goes(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 24);
	struct seen *seen = watch(test, line);
	struct vmb_test_stream *stream = save(test, line);

	KUNIT_ASSERT_EQ(test, seen->nr, 2);
	KUNIT_EXPECT_NOT_NULL(test, seen->args[1].buf);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(state_of(record(test, stream, 0)), 24, 1));
}

/* Every byte of it may be written: the sanitizer looks on. */
static void size_is_that_of_the_buffer(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 1234);
	struct seen *seen = watch(test, line);

	save(test, line);

	KUNIT_ASSERT_EQ(test, seen->nr, 2);
	KUNIT_EXPECT_EQ(test, seen->args[0].size, 0);
	KUNIT_EXPECT_NULL(test, seen->args[0].buf);
	KUNIT_EXPECT_EQ(test, seen->args[1].size, 1234);
}

static void needed_is_the_size_of_the_state(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream = save(test, line);

	KUNIT_EXPECT_EQ(test, le32_to_cpu(record(test, stream, 0)->vsp_bytes), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(record(test, stream, 1)->vsp_bytes), 16);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(record(test, stream, 2)->vsp_bytes), 4100);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(record(test, stream, 3)->vsp_bytes), 9);
}

static void its_status_decides(struct kunit *test)
{
	static const int errors[] = { -EIO, -ENOMEM, -EPIPE };
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 8);
	struct vmb_test_script *script = &line->server->knobs.save;
	struct vmb_test_stream *stream;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(errors); i++) {
		stream = vmb_test_stream_create(test);
		script->nr = 1;
		script->pass[0].ret = errors[i];
		KUNIT_EXPECT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream),
				errors[i]);
	}
	script->nr = 0;
	save(test, line);
}

/* The callbacks are the VSP's: it has them for each channel that it serves. */
static void callback_is_set_for_every_channel(struct kunit *test)
{
	struct vmb_test_line *one = vmb_test_inflight_many(test, 1, 8);
	struct vmb_test_machine *machine = one->machine;
	struct vmb_test_line *two = vmb_test_line_open(machine, one->server->vsp, 2);
	struct seen *of_one = watch(test, one);
	struct seen *of_two = watch(test, two);

	KUNIT_ASSERT_EQ(test, vmb_test_server_send(two->server, 8, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	save(test, one);
	save(test, two);

	KUNIT_EXPECT_EQ(test, of_one->nr, 2);
	KUNIT_EXPECT_PTR_EQ(test, of_one->args[0].channel, one->channel);
	KUNIT_EXPECT_EQ(test, of_two->nr, 2);
	KUNIT_EXPECT_PTR_EQ(test, of_two->args[0].channel, two->channel);
}

/* The stream's part of it is what the VSP wrote, and it comes back unchanged. */
static void vsp_saves_what_only_it_knows(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream = save(test, line);
	struct vmb_test_line *moved = vmb_test_inflight_follow(line);

	KUNIT_EXPECT_TRUE(test, vmb_test_filled(state_of(record(test, stream, 1)), 16, 2));
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(state_of(record(test, stream, 3)), 9, 4));
	/* The server there refuses any other bytes. */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);
}

/* A VSP that saves nothing loses nothing that the library knows. */
static void own_state_is_saved_by_the_library(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream;
	struct vmb_test_line *moved;
	struct vmbsave_packet *packet;

	line->server->knobs.save.nr = 1;
	stream = save(test, line);
	packet = record(test, stream, 3);
	KUNIT_EXPECT_EQ(test, le64_to_cpu(packet->transaction_id), VMB_TEST_INFLIGHT_ONE_WAY);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->state), VMBSAVE_PACKET_QUEUED);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->flags), 0);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->payload_bytes), 52);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(packet + 1, 52, VMB_TEST_INFLIGHT_ONE_WAY));

	moved = vmb_test_inflight_follow(line);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);
	vmb_test_inflight_resume(moved);
	vmb_test_inflight_expect_once(test, moved, 1, VMB_TEST_INFLIGHT_PACKETS);
}

/* In use: waits for room, or for its completion; not: never sent, or over. */
static void called_for_every_packet_in_use(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);
	struct vmb_packet *unsent = vmb_packet_allocate(line->channel);
	u32 i;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(unsent), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 8, 0, 0), 0);
	vmb_test_line_settle(line);
	for (i = 0; i < 6; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 4000, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_FALSE(test, list_empty(&line->channel->queue.waiting));

	save(test, line);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_SAVE)),
			   "save#3 save#4 save#5 save#6 save#7 save#8");
	vmb_packet_free(unsent);
}

static void first_call_passes_a_size_of_zero(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 3, 8);
	struct seen *seen = watch(test, line);
	u32 i;

	save(test, line);

	KUNIT_ASSERT_EQ(test, seen->nr, 6);
	for (i = 0; i < seen->nr; i++)
		KUNIT_EXPECT_EQ(test, !seen->args[i].size, !(i % 2));
}

static void first_call_fails_with_the_size_if_there_is_state(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct seen *seen = watch(test, line);

	save(test, line);

	/* Packet 1 has none: its first call succeeds and is its only one. */
	KUNIT_ASSERT_EQ(test, seen->nr, 7);
	KUNIT_EXPECT_EQ(test, seen->id[0], 1);
	KUNIT_EXPECT_EQ(test, seen->id[1], 2);
	KUNIT_EXPECT_EQ(test, seen->args[2].size, 16);
	KUNIT_EXPECT_EQ(test, seen->args[4].size, 4100);
	KUNIT_EXPECT_EQ(test, seen->args[6].size, 9);
}

static void failure_leads_to_a_second_call_with_that_much(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct seen *seen = watch(test, line);

	line->server->knobs.save = (struct vmb_test_script) {
		.nr = 2, .pass = { { -EPERM, 100 }, { 0, 100 } },
	};
	save(test, line);

	KUNIT_ASSERT_EQ(test, seen->nr, 2);
	KUNIT_EXPECT_GE(test, seen->args[1].size, 100);
	KUNIT_EXPECT_NOT_NULL(test, seen->args[1].buf);
}

static void called_where_it_may_sleep(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct seen *seen = watch(test, line);

	/* It does sleep, and the kernel complains if it may not. */
	save(test, line);

	KUNIT_EXPECT_GT(test, seen->nr, 0);
	KUNIT_EXPECT_FALSE(test, seen->atomic);
}

static struct kunit_case seeds_packet_cases[] = {
	KUNIT_CASE(called_when_the_state_of_a_packet_is_saved),
	KUNIT_CASE(gets_the_channel_of_the_packet),
	KUNIT_CASE(gets_the_packet_whose_state_is_saved),
	KUNIT_CASE(buffer_is_where_the_state_goes),
	KUNIT_CASE(size_is_that_of_the_buffer),
	KUNIT_CASE(needed_is_the_size_of_the_state),
	KUNIT_CASE(its_status_decides),
	KUNIT_CASE(callback_is_set_for_every_channel),
	KUNIT_CASE(vsp_saves_what_only_it_knows),
	KUNIT_CASE(own_state_is_saved_by_the_library),
	KUNIT_CASE(called_for_every_packet_in_use),
	KUNIT_CASE(first_call_passes_a_size_of_zero),
	KUNIT_CASE(first_call_fails_with_the_size_if_there_is_state),
	KUNIT_CASE(failure_leads_to_a_second_call_with_that_much),
	KUNIT_CASE(called_where_it_may_sleep),
	{}
};

static struct kunit_suite seeds_packet_suite = {
	.name = "vmbsave_seeds_packet",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = seeds_packet_cases,
};

kunit_test_suite(seeds_packet_suite);

MODULE_DESCRIPTION("What the documents say of the callback that saves a packet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

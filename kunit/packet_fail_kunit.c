// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "core/channel.h"
#include "helpers.h"
#include "line.h"

/* Packets beyond repair; the VSP's private room in a packet; who is blamed. */

static void fail_packet(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			const void *buf, u32 len)
{
	vmb_test_server_log(vmb_test_server_of(channel), VMB_TEST_PROCESS,
			    vmb_packet_completion_transaction_id(packet), packet);
	vmb_packet_fail(packet);
}

static struct vmb_test_line *failing_line(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	line->server->vsp->vsp.process_packet = fail_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, 8), 0);
	vmb_test_line_settle(line);
	return line;
}

static void failed_packet_stops_traffic_and_the_vmm_is_told(struct kunit *test)
{
	/* Act */
	struct vmb_test_line *line = failing_line(test);
	struct vmb_test_message message;

	/* Assert: no second one, no answer */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_PROCESS)),
			   "process#1");
	KUNIT_EXPECT_EQ(test, line->channel->error, -EPROTO);
	KUNIT_EXPECT_EQ(test, line->channel->nr_incoming, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(line->machine, VMBSAVE_EVENT_FAILED,
						      line->id), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), -EAGAIN);
}

static void failed_channel_is_not_saved_until_it_was_closed(struct kunit *test)
{
	struct vmb_test_line *line = failing_line(test);

	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause_timeout(line->channel, 5000), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBADFD);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	vmb_channel_save_end(line->channel);
	line->server->vsp->vsp.process_packet = vmb_test_process_packet;
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 3, 8), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 3), 1);
}

static void keep_packet(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			const void *buf, u32 len)
{
	vmb_test_server_of(channel)->data = packet;
}

static void packet_that_is_failed_later_ends_the_wait_for_it(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	/* Arrange */
	line->server->vsp->vsp.process_packet = keep_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_NOT_NULL(test, line->server->data);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause_timeout(line->channel, 100), -ETIMEDOUT);

	/* Act */
	vmb_packet_fail(line->server->data);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(line->channel, 5000), 0);
	KUNIT_EXPECT_EQ(test, line->channel->error, -EPROTO);
}

static void packet_may_be_failed_after_its_channel_has_gone(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);
	struct vmb_test_machine *machine = line->machine;

	/* Arrange */
	line->server->vsp->vsp.process_packet = keep_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	kunit_info(test, "expect splat: was removed and still holds packets\n");
	vmb_test_machine_destroy(machine);

	/* Act */
	vmb_packet_fail(line->server->data);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(completion_done(&machine->released)));
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(machine, VMBSAVE_EVENT_FAILED, line->id), 0);
}

#define CONTEXT_BYTES 100

static void set_context(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_PROBE)
		WARN_ON(vmb_channel_init_set_client_context_size(server->channel, CONTEXT_BYTES));
}

/* The context is zeroed and aligned, and the echo comes from in front of it. */
static void use_context(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			const void *buf, u32 len)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);
	void *context = vmb_packet_completion_context(packet);
	u64 *good = server->data;

	if (context && IS_ALIGNED((unsigned long)context, 8) &&
	    !memchr_inv(context, 0, CONTEXT_BYTES))
		++*good;
	if (context)
		memset(context, 0xa5, CONTEXT_BYTES);
	vmb_test_process_packet(channel, packet, buf, len);
}

/* Memory that packets will be made of is not zero by chance. */
static void dirty_memory(void)
{
	int i;

	for (i = 0; i < 4000; i++) {
		void *dirt = kmalloc(5000, GFP_KERNEL | __GFP_NOFAIL);

		memset(dirt, 0xa5, 5000);
		kfree(dirt);
	}
}

static void context_is_zeroed_room_of_its_own_in_each_packet(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_message message = {};
	struct vmb_test_line *line;
	u64 good = 0, id;

	/* Arrange */
	vsp->vsp.process_packet = use_context;
	dirty_memory();
	vsp->knobs.hook = set_context;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
	line->server->data = &good;

	/* Act */
	for (id = 1; id <= 50; id++) {
		u32 len = id % 2 ? 4096 : 8;

		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, len), 0);
		vmb_test_line_settle(line);

		/* Assert */
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, len, id));
	}
	KUNIT_EXPECT_EQ(test, good, 50);
}

static void note_context(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call != VMB_TEST_PROCESS)
		return;
	server->data = vmb_packet_completion_context(arg);
	server->nr_restored = vmb_packet_completion_flags(arg);
}

static void without_a_size_there_is_no_context(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	/* Act */
	line->server->data = line;
	line->server->nr_restored = U32_MAX;
	line->server->knobs.hook = note_context;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_NULL(test, line->server->data);
	KUNIT_EXPECT_EQ(test, line->server->nr_restored, 0);
}

static void expect_blame(struct kunit *test, u32 nr, u64 step, const char *ids)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);
	u32 i;

	/* Arrange */
	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, U64_MAX - i * step, 8),
				0);
	vmb_test_line_settle(line);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(line->channel, 50), -ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_machine_error(line->machine),
			   vmb_test_text(test, "%s of %s holds %u incoming packets: %s",
					 line->server->vsp->name,
					 dev_name(&line->channel->dev), nr, ids));
}

/* U64_MAX and what is below it in steps of 1000: as long as ids can be */
#define FOUR_IDS "18446744073709551615, 18446744073709550615, 18446744073709549615, 18446744073709548615"

static void four_packets_are_all_named(struct kunit *test)
{
	expect_blame(test, 4, 1000, FOUR_IDS);
}

static void of_more_packets_the_oldest_four_are_named(struct kunit *test)
{
	expect_blame(test, 6, 1000, FOUR_IDS ", ...");
}

static struct kunit_case packet_fail_cases[] = {
	KUNIT_CASE(failed_packet_stops_traffic_and_the_vmm_is_told),
	KUNIT_CASE(failed_channel_is_not_saved_until_it_was_closed),
	KUNIT_CASE(packet_that_is_failed_later_ends_the_wait_for_it),
	KUNIT_CASE(packet_may_be_failed_after_its_channel_has_gone),
	KUNIT_CASE(context_is_zeroed_room_of_its_own_in_each_packet),
	KUNIT_CASE(without_a_size_there_is_no_context),
	KUNIT_CASE(four_packets_are_all_named),
	KUNIT_CASE(of_more_packets_the_oldest_four_are_named),
	{}
};

static struct kunit_suite packet_fail_suite = {
	.name = "vmbsave_packet_fail",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = packet_fail_cases,
};

kunit_test_suite(packet_fail_suite);

MODULE_DESCRIPTION("Incoming packets that are given up, the context of packets, and blame");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

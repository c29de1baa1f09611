// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "job.h"
#include "line.h"

/* Life, opening, pausing and the end of one channel. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

/* A line whose VSP holds the requests 1..@nr, come what may. */
static struct vmb_test_line *holding_line(struct kunit *test, u32 nr)
{
	struct vmb_test_line *line = open_line(test);
	u64 id;

	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	line->server->knobs.keep_on_remove = true;
	for (id = 1; id <= nr; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(line->server), nr);
	vmb_test_server_forget_calls(line->server);
	return line;
}

static void channel_lives_until_its_last_reference(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 before = vmb_limit_used(VMB_LIMIT_CHANNELS);
	struct vmb_channel *channel = vmb_channel_get(line->channel);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);
	vmb_test_line_put_channel(line);
	msleep(1000);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_CHANNELS), before);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);

	/* Act */
	vmb_channel_put(channel);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_limit_used(VMB_LIMIT_CHANNELS) ==
					      before - 1));
}

/* What a VSP holds keeps channel and bus, and nothing of the guest. */
static void packet_held_keeps_channel_and_bus_but_no_guest_memory(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);
	struct vmb_test_machine *machine = line->machine;

	/* Act */
	kunit_info(test, "expect splat: was removed and still holds packets\n");
	vmb_test_machine_destroy(machine);
	msleep(1000);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, completion_done(&machine->released));
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.released), 1);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(completion_done(&machine->released)));
}

static void pointer_and_names_are_kept(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_channel *channel = line->channel;
	void *server = vmb_channel_get_pointer(channel);

	/* Act */
	vmb_channel_set_pointer(channel, test);

	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, vmb_channel_get_pointer(channel), (void *)test);
	KUNIT_EXPECT_EQ(test, vmb_channel_subchannel(channel), 0);
	KUNIT_EXPECT_STREQ(test, dev_name(vmb_channel_device(channel)),
			   vmb_test_text(test, "%s-%u", dev_name(&line->machine->bus->dev),
					  line->id));
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(channel));
	vmb_channel_set_pointer(channel, server);
}

static void max_packet_size_is_within_what_a_packet_can_hold(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_channel *channel;

	/* Arrange */
	vsp->knobs.stay_disabled = true;
	channel = vmb_test_line_offer(machine, vsp, 1)->channel;
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 4096);

	/* Act, Assert: what is refused changes nothing. */
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel,
								   VMB_PACKET_BYTES_MAX + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 4096);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 1), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel,
								   VMB_PACKET_BYTES_MAX), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), VMB_PACKET_BYTES_MAX);
}

static void open_needs_a_way_to_signal_the_guest(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	vmb_channel_set_host(line->channel, NULL);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_OPENED), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
}

/* Rings of 4 data pages each need 10 pages: 0 and 5 are control pages. */
static const struct {
	const char *name;
	u32 gpadl;
	u32 downstream;
	int ret;
} bad_opens[] = {
	{ "no such GPADL", 0x999, 5, -ENOENT },
	{ "GPADL 0", 0, 5, -ENOENT },
	{ "no guest-to-host ring", 0x101, 0, -EINVAL },
	{ "no data in the guest-to-host ring", 0x101, 1, -EINVAL },
	{ "no data in the host-to-guest ring", 0x101, 9, -EINVAL },
	{ "no host-to-guest ring", 0x101, 10, -EINVAL },
	{ "beyond the GPADL", 0x101, 11, -EINVAL },
	{ "far beyond", 0x101, U32_MAX, -EINVAL },
	{ "a GPADL that does not begin at a page", 0x200, 5, -EINVAL },
	{ "a GPADL that does not end at a page", 0x201, 5, -EINVAL },
};

static void open_refuses_rings_that_do_not_fit(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 0x200, 0, 10, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_bytes(line->channel, 0x201, 0,
							10 * 4096 - 8, 0), 0);

	for (i = 0; i < ARRAY_SIZE(bad_opens); i++) {
		const struct vmb_channel_open open = {
			.gpadl = bad_opens[i].gpadl,
			.downstream_page = bad_opens[i].downstream,
		};

		/* Act, Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_channel_open(line->channel, &open),
				    bad_opens[i].ret, "%s", bad_opens[i].name);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_OPENED), 0);

	/* Assert: nothing of it is in the way. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void smallest_rings_can_be_opened(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer_sized(machine, vmb_test_vsp_register(test), 1, 1, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 1024), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
}

static void open_that_the_vsp_refuses_is_undone(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	line->server->knobs.opened_error = -EACCES;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EACCES);

	/* Assert: neither .closed nor traffic, and the guest may try again. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "probe opened");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
	line->server->knobs.opened_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void no_packet_is_delivered_while_the_channel_is_paused(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 9, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS), "");
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	vmb_test_line_settle(line);

	/* Assert: it comes after started, without another signal. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS |
						       BIT(VMB_TEST_PROCESS)),
			   "started post_started process#9");
}

static int complete_all_held(void *arg)
{
	return vmb_test_server_complete(arg, U32_MAX);
}

static void pause_waits_until_the_vsp_has_completed_what_it_holds(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 2);
	struct vmb_test_job *job;

	/* Act */
	job = vmb_test_job_start(test, 5000, complete_all_held, line->server);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(line->channel), 0);

	/* Assert: the answers are in the ring. */
	KUNIT_EXPECT_TRUE(test, vmb_test_job_ended(job, 1000));
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 2);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_PAUSED);
}

static void expect_traffic_goes_on(struct vmb_test_line *line)
{
	struct kunit *test = line->machine->test;

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS),
			   "suspend started post_started");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_ACTIVE);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 50, 8), 0);
	vmb_test_line_settle(line);
	vmb_test_server_complete(line->server, U32_MAX);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 50), 1);
}

static void pause_that_times_out_names_who_holds_what(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 3);
	char text[VMBSAVE_ERROR_TEXT];
	struct vmb_error_place place;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(line->channel, 200), -ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(line->machine->bus, &place, text), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, place.channel, line->id);
	KUNIT_EXPECT_EQ(test, place.packet, 1);
	KUNIT_EXPECT_STREQ(test, text,
			   vmb_test_text(test,
					  "%s of %s holds 3 incoming packets, the oldest is 1",
					  line->server->vsp->name,
					  dev_name(&line->channel->dev)));
	expect_traffic_goes_on(line);
}

static void pause_with_a_deadline_can_be_killed(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);
	int ret;

	/* Act */
	vmb_test_kill_me();
	ret = vmb_channel_pause_timeout(line->channel, 100000);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	expect_traffic_goes_on(line);
}

static void close_that_is_killed_leaves_the_channel_open(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);
	int ret;

	/* Act */
	vmb_test_kill_me();
	ret = vmb_channel_close(line->channel);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	expect_traffic_goes_on(line);
}

static int pause_job(void *arg)
{
	return vmb_channel_pause(arg);
}

static int disable_job(void *arg)
{
	return vmb_channel_disable(arg);
}

static int close_job(void *arg)
{
	return vmb_channel_close(arg);
}

/* Nobody waits for a packet of a channel that has gone. */
static void rescind_ends_every_wait_for_packets(struct kunit *test)
{
	static int (* const waits[])(void *arg) = { pause_job, disable_job, close_job };
	int i;

	for (i = 0; i < ARRAY_SIZE(waits); i++) {
		struct vmb_test_line *line = holding_line(test, 1);
		struct vmb_test_job *job;

		/* Arrange */
		job = vmb_test_job_start(test, 0, waits[i], line->channel);
		KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 5000));

		/* Act */
		kunit_info(test, "expect splat: was removed and still holds packets\n");
		KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);

		/* Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_job_wait(test, job), -ENODEV, "wait %d", i);
		KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server,
							       VMB_TEST_STATE_CALLS),
				   "suspend closed remove");
	}
}

static void rescind_while_open_gives_everything_back(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_machine *machine = line->machine;
	struct vmb_test_machine *before = vmb_test_machine_create(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_send(line->server, 8, 8);
	vmb_test_server_forget_calls(line->server);
	vmb_test_machine_copy_ram(before, machine);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);

	/* Assert: the bus asked for it, so it is not told. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed discard#2 discard#1 remove");
	KUNIT_EXPECT_EQ(test, machine->nr_events, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(machine, before));
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), -ENOENT);
}

/* Disable waits, unlike rescind, and the channel can be enabled again. */
static void disable_finishes_packets_and_the_channel_lives_on(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed done#1 done#2");
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void guest_that_opens_again_finds_a_fresh_channel(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert: transaction ids go on. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 1), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 2), 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "opened started post_started done#2");
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(channel_lives_until_its_last_reference),
	KUNIT_CASE(packet_held_keeps_channel_and_bus_but_no_guest_memory),
	KUNIT_CASE(pointer_and_names_are_kept),
	KUNIT_CASE(max_packet_size_is_within_what_a_packet_can_hold),
	KUNIT_CASE(open_needs_a_way_to_signal_the_guest),
	KUNIT_CASE(open_refuses_rings_that_do_not_fit),
	KUNIT_CASE(smallest_rings_can_be_opened),
	KUNIT_CASE(open_that_the_vsp_refuses_is_undone),
	KUNIT_CASE(no_packet_is_delivered_while_the_channel_is_paused),
	KUNIT_CASE(pause_waits_until_the_vsp_has_completed_what_it_holds),
	KUNIT_CASE(pause_that_times_out_names_who_holds_what),
	KUNIT_CASE(pause_with_a_deadline_can_be_killed),
	KUNIT_CASE(close_that_is_killed_leaves_the_channel_open),
	KUNIT_CASE(rescind_ends_every_wait_for_packets),
	KUNIT_CASE(rescind_while_open_gives_everything_back),
	KUNIT_CASE(disable_finishes_packets_and_the_channel_lives_on),
	KUNIT_CASE(guest_that_opens_again_finds_a_fresh_channel),
	{}
};

static struct kunit_suite channel_suite = {
	.name = "vmbsave_channel",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = channel_cases,
};

kunit_test_suite(channel_suite);

MODULE_DESCRIPTION("Life, opening, pausing and the end of a channel");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "job.h"
#include "line.h"

/* Waiting for packets that a VSP holds: deadlines, signals, and who is blamed. */

/* A line whose VSP holds the requests 1..@nr, come what may. */
static struct vmb_test_line *holding_line(struct kunit *test, u32 nr)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);
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
					 "%s of %s holds 3 incoming packets: 1, 2, 3",
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

static void disable_that_times_out_leaves_the_channel_enabled(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 3);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable_timeout(line->channel, 200), -ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(line->machine->bus, NULL, NULL), -ETIMEDOUT);
	expect_traffic_goes_on(line);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable_timeout(line->channel, 200), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_DISABLED);
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

static int killed_open(struct vmb_test_line *line)
{
	return vmb_test_guest_open(&line->guest);
}

static int killed_close(struct vmb_test_line *line)
{
	return vmb_channel_close(line->channel);
}

static int killed_lend(struct vmb_test_line *line)
{
	return vmb_test_guest_lend_pages(line->channel, 9, 0, 1, 0);
}

static int killed_teardown(struct vmb_test_line *line)
{
	return vmb_gpadl_teardown(line->channel, 9);
}

/* A VMM can be killed whatever a VSP waits for. */
static void calls_of_the_guest_can_be_killed_while_the_vsp_waits(struct kunit *test)
{
	static int (* const calls[])(struct vmb_test_line *line) = {
		killed_open, killed_close, killed_lend, killed_teardown,
	};
	struct vmb_test_line *line = holding_line(test, 1);
	struct vmb_test_job *job;
	int ret[ARRAY_SIZE(calls)];
	int i;

	/* Arrange: it has the channel's turn. */
	job = vmb_test_job_start(test, 0, pause_job, line->channel);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act */
	vmb_test_kill_me();
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		ret[i] = calls[i](line);
	vmb_test_revive_me();

	/* Assert */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ_MSG(test, ret[i], -EINTR, "call %d", i);
	vmb_test_server_complete(line->server, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

static void pause_keeps_its_deadline_while_another_one_waits(struct kunit *test)
{
	struct vmb_test_line *line = holding_line(test, 1);
	struct vmb_test_job *job;

	/* Arrange */
	job = vmb_test_job_start(test, 0, pause_job, line->channel);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(line->channel, 500), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable_timeout(line->channel, 500), -ETIMEDOUT);
	vmb_test_server_complete(line->server, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
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

static struct kunit_case channel_pause_cases[] = {
	KUNIT_CASE(packet_held_keeps_channel_and_bus_but_no_guest_memory),
	KUNIT_CASE(pause_waits_until_the_vsp_has_completed_what_it_holds),
	KUNIT_CASE(pause_that_times_out_names_who_holds_what),
	KUNIT_CASE(pause_with_a_deadline_can_be_killed),
	KUNIT_CASE(disable_that_times_out_leaves_the_channel_enabled),
	KUNIT_CASE(close_that_is_killed_leaves_the_channel_open),
	KUNIT_CASE(calls_of_the_guest_can_be_killed_while_the_vsp_waits),
	KUNIT_CASE(pause_keeps_its_deadline_while_another_one_waits),
	KUNIT_CASE(rescind_ends_every_wait_for_packets),
	{}
};

static struct kunit_suite channel_pause_suite = {
	.name = "vmbsave_channel_pause",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = channel_pause_cases,
};

kunit_test_suite(channel_pause_suite);

MODULE_DESCRIPTION("Waiting for packets that a VSP holds");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

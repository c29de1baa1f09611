// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "job.h"
#include "line.h"

/* From RUNNING to STOP and back while VSPs hold packets or are busy. */

/* Two open channels; the VSP of the second one holds a request. */
static struct vmb_test_line *one_of_two_holds(struct kunit *test, struct vmb_test_line **idle)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	*idle = vmb_test_line_open(machine, vsp, 1);
	line = vmb_test_line_open(machine, vsp, 2);
	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 77, 8), 0);
	vmb_test_line_settle(line);
	vmb_test_server_forget_calls((*idle)->server);
	vmb_test_server_forget_calls(line->server);
	return line;
}

static void expect_both_go_on(struct vmb_test_line *line, struct vmb_test_line *idle)
{
	struct kunit *test = line->machine->test;

	KUNIT_EXPECT_EQ(test, line->machine->bus->state, VMB_BUS_RUNNING);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend started post_started");
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(idle->server, VMB_TEST_ALL_CALLS),
			   "suspend started post_started");
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&idle->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&idle->guest), 1);
}

static void stop_that_times_out_leaves_all_running_and_names_the_holder(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_test_machine *machine = line->machine;
	struct vmb_error_place place;
	struct vmb_bus_data data;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP, 300, &data),
			-ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, &place, NULL), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, place.channel, line->id);
	KUNIT_EXPECT_EQ(test, place.packet, 77);
	KUNIT_EXPECT_STREQ(test, vmb_test_machine_error(machine),
			   vmb_test_text(test,
					 "%s of %s holds 1 incoming packets: 77; the bus is in running",
					 line->server->vsp->name,
					 dev_name(&line->channel->dev)));
	expect_both_go_on(line, idle);
}

/* The deadline is one for all channels, not one for each. */
static void stop_keeps_its_deadline_over_all_channels(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	unsigned long start = jiffies;
	struct vmb_bus_data data;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP, 3000, &data),
			-ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), 3000);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 5000);
}

static void stop_that_is_killed_leaves_all_running(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_test_machine *machine = line->machine;
	struct vmb_bus_data data;
	int ret;

	/* Act */
	vmb_test_kill_me();
	ret = vmb_bus_set_state(machine->bus, VMB_BUS_STOP, 0, &data);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	expect_both_go_on(line, idle);
}

static int complete_one(void *arg)
{
	return vmb_test_server_complete(arg, 1);
}

static void stop_waits_for_what_is_held(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);

	/* Act */
	vmb_test_job_start(test, 2000, complete_one, line->server);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 0);
	KUNIT_EXPECT_EQ(test, line->machine->bus->state, VMB_BUS_STOP);
}

static void stop_does_not_wait_for_a_channel_that_goes_away(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_test_vsp *vsp = line->server->vsp;
	struct vmb_test_job *job;

	/* Act: unbinding needs no turn of the bus, as stopping does. */
	line->server->knobs.keep_on_suspend = true;
	job = vmb_test_job_start(test, 1000, vmb_test_vsp_unregister_job, vsp);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, line->machine->bus->state, VMB_BUS_STOP);
}

static int pause_job(void *arg)
{
	return vmb_channel_pause(arg);
}

/* The VSP pauses the channel and would wait for ever. */
static void stop_keeps_its_deadline_while_a_vsp_waits(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_error_place place;
	struct vmb_test_job *job;
	struct vmb_bus_data data;

	/* Arrange */
	job = vmb_test_job_start(test, 0, pause_job, line->channel);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP, 500, &data),
			-ETIMEDOUT);

	/* Assert: the others run on, it is blamed, and it may go on too. */
	KUNIT_EXPECT_EQ(test, line->machine->bus->state, VMB_BUS_RUNNING);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(line->machine->bus, &place, NULL), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, place.channel, line->id);
	KUNIT_EXPECT_EQ(test, place.packet, 77);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(idle->server, VMB_TEST_ALL_CALLS),
			   "suspend started post_started");
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
}

/**
 * struct turn_holder - somebody who changes a channel
 * @channel: the channel
 * @let_go: when it may go on
 */
struct turn_holder {
	struct vmb_channel *channel;
	struct completion let_go;
};

static int hold_turn(void *arg)
{
	struct turn_holder *holder = arg;
	int ret = vmb_turn_take(&holder->channel->turn);

	if (ret)
		return ret;
	wait_for_completion(&holder->let_go);
	vmb_turn_release(&holder->channel->turn);
	return 0;
}

/* Running cannot fail and waits for nobody; traffic starts when it can. */
static void running_does_not_wait_for_a_channel_that_is_busy(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct turn_holder *holder = vmb_test_alloc(test, sizeof(*holder));
	struct vmb_test_job *job;

	/* Arrange */
	vmb_test_server_complete(line->server, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	vmb_test_server_forget_calls(line->server);
	holder->channel = line->channel;
	init_completion(&holder->let_go);
	job = vmb_test_job_start(test, 0, hold_turn, holder);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS), "");
	complete(&holder->let_go);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_POST_STARTED)));
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "started post_started");
}

static int stop_patiently(void *arg)
{
	struct vmb_bus_data data;

	return vmb_bus_set_state(arg, VMB_BUS_STOP, 600000, &data);
}

/* The VMM is killed while an operator waits for packets that a VSP holds. */
static void bus_that_goes_away_does_not_wait_for_a_stop(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_bus *bus = vmb_bus_get(line->machine->bus);
	unsigned long start = jiffies;
	struct vmb_bus_data data;
	struct vmb_test_job *job;

	/* Arrange */
	job = vmb_test_job_start(test, 0, stop_patiently, bus);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act */
	vmb_test_machine_destroy(line->machine);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ENODEV);
	KUNIT_EXPECT_LT(test, jiffies_to_msecs(jiffies - start), 10000);
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(bus, VMB_BUS_RUNNING, 0, &data), -ENODEV);
	vmb_bus_put(bus);
}

static void reset_of_a_running_bus_fails_as_stop_does(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	unsigned long start = jiffies;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(line->machine->bus), -ETIMEDOUT);

	/* Assert: the module's deadline of 10 s is in force. */
	KUNIT_EXPECT_GE(test, jiffies_to_msecs(jiffies - start), 10000);
	expect_both_go_on(line, idle);
}

static struct kunit_case bus_stop_cases[] = {
	KUNIT_CASE(stop_that_times_out_leaves_all_running_and_names_the_holder),
	KUNIT_CASE(stop_keeps_its_deadline_over_all_channels),
	KUNIT_CASE(stop_that_is_killed_leaves_all_running),
	KUNIT_CASE(stop_waits_for_what_is_held),
	KUNIT_CASE(stop_does_not_wait_for_a_channel_that_goes_away),
	KUNIT_CASE(stop_keeps_its_deadline_while_a_vsp_waits),
	KUNIT_CASE(running_does_not_wait_for_a_channel_that_is_busy),
	KUNIT_CASE(bus_that_goes_away_does_not_wait_for_a_stop),
	KUNIT_CASE(reset_of_a_running_bus_fails_as_stop_does),
	{}
};

static struct kunit_suite bus_stop_suite = {
	.name = "vmbsave_bus_stop",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bus_stop_cases,
};

kunit_test_suite(bus_stop_suite);

MODULE_DESCRIPTION("Stopping a bus while VSPs are busy");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

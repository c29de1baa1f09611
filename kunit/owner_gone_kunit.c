// SPDX-License-Identifier: GPL-2.0-only
#include <linux/completion.h>
#include <linux/string.h>
#include <linux/vmb_client.h>
#include <linux/vmb_gpadl.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "helpers.h"
#include "job.h"
#include "owned.h"
#include "stream.h"

/* Channels that have an owner: cleaned up too early, or their bus goes first. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_owned_open(vmb_test_machine_create(test), vmb_test_vsp_create(test), 1);
}

static struct vmb_test_line *allocated_line(struct kunit *test)
{
	return vmb_test_owned_allocate(vmb_test_machine_create(test),
				       vmb_test_vsp_create(test), 1);
}

static void cleanup_needs_a_disabled_channel(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);
	struct vmb_channel *channel = line->channel;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_STOPPED);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
}

static void a_channel_that_a_bus_offered_is_not_cleaned_up(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.stay_disabled = true;
	line = vmb_test_line_offer(vmb_test_machine_create(test), vsp, 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(line->channel), -EINVAL);
}

static void clean_up_in_callback(struct vmb_test_server *server, enum vmb_test_call call,
				 void *arg)
{
	KUNIT_EXPECT_EQ_MSG(server->vsp->test, vmb_channel_cleanup(server->channel), -EDEADLK,
			    "call %d", call);
}

static void a_callback_does_not_clean_up(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	line->server->knobs.hook = clean_up_in_callback;
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "opened started post_started process#1 batch suspend closed");
}

static void cleanup_waits_for_no_session(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), -EBUSY);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
}

static void the_vmm_does_not_rescind_it(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_ACTIVE);
	vmb_test_line_send(line, 1, 8);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), -ENOENT);
}

static int teardown_job(void *arg)
{
	return vmb_gpadl_teardown(arg, 7);
}

/* Its pages went with the offer. */
static void a_waiting_teardown_ends_with_the_offer(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_job *job;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 7, 0, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_channel_map_gpadl(line->channel, 0, 7)), 0);
	job = vmb_test_job_start(test, 0, teardown_job, line->channel);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 500));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ENOENT);
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
}

static void expect_gone(struct kunit *test, struct vmb_channel *channel)
{
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(channel), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(channel), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(channel), -ENODEV);
}

/* Two packets with the guest, and a request with the owner. */
static void a_bus_goes_with_packets_in_flight(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_server *server = line->server;

	/* Arrange */
	server->knobs.hold = true;
	server->knobs.keep_on_suspend = true;
	vmb_test_line_send(line, 2, 40);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 77, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(server), 1);
	vmb_test_server_forget_calls(server);

	/* Act */
	vmb_test_machine_destroy(line->machine);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(server, VMB_TEST_ALL_CALLS),
			   "suspend closed discard#2 discard#1");
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
	expect_gone(test, server->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(server, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
}

/* It is the owner's to clean up, before or after. */
static void a_bus_goes_with_channels_in_each_state(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *lines[4];
	int i;

	/* Arrange */
	for (i = 0; i < 4; i++)
		lines[i] = vmb_test_owned_allocate(machine, vsp, i + 1);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_cleanup(lines[0]), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(lines[2]->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(lines[3]), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(lines[3]->channel), 0);

	/* Act */
	vmb_test_machine_destroy(machine);

	/* Assert */
	for (i = 1; i < 4; i++) {
		expect_gone(test, lines[i]->server->channel);
		KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(lines[i]), 0);
	}
}

static void a_bus_goes_with_a_clients_end(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, false);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	vmb_test_machine_destroy(machine);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_flags(channel, 0), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

static void nothing_is_allocated_on_a_bus_that_is_gone(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_bus *bus = vmb_bus_get(machine->bus);

	vmb_test_machine_destroy(machine);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_channel_allocate(bus, &vsp->vsp, true)), -ENODEV);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_channel_allocate(bus, &vsp->vsp, false)), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_CHANNELS), 0);
	vmb_bus_put(bus);
}

/**
 * struct stall - a callback that takes its time
 * @entered: it has been called
 * @leave: it may return
 */
struct stall {
	struct completion entered;
	struct completion leave;
};

static void stall_in_closed(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct stall *stall = server->data;

	if (call != VMB_TEST_CLOSED)
		return;
	complete(&stall->entered);
	KUNIT_EXPECT_TRUE(server->vsp->test,
			  wait_for_completion_timeout(&stall->leave, 30 * HZ));
}

static int destroy_job(void *arg)
{
	vmb_test_machine_destroy(arg);
	return 0;
}

static int cleanup_job(void *arg)
{
	return vmb_test_owned_cleanup(arg);
}

/* When it returns the owner may go, so no callback may be on its way. */
static void cleanup_waits_for_the_bus_to_be_done(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct stall *stall = vmb_test_alloc(test, sizeof(*stall));
	struct vmb_test_job *destroy, *cleanup;

	/* Arrange */
	init_completion(&stall->entered);
	init_completion(&stall->leave);
	line->server->data = stall;
	line->server->knobs.hook = stall_in_closed;
	destroy = vmb_test_job_start(test, 0, destroy_job, line->machine);
	KUNIT_ASSERT_TRUE(test, wait_for_completion_timeout(&stall->entered, 30 * HZ));

	/* Act */
	cleanup = vmb_test_job_start(test, 0, cleanup_job, line);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(cleanup, 500));
	complete(&stall->leave);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, cleanup), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, destroy), 0);
}

/* Taken off the bus by one, cleaned up by another before it is detached */
static void cleanup_waits_for_a_detach_that_has_not_begun(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);
	struct vmb_channel *channel = line->channel;
	struct vmb_test_job *cleanup;

	/* Arrange: the first step of vmb_channel_disown() */
	KUNIT_ASSERT_TRUE(test, vmb_bus_disown(channel));

	/* Act */
	cleanup = vmb_test_job_start(test, 0, cleanup_job, line);

	/* Assert: then the others */
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(cleanup, 500));
	vmb_channel_detach(channel);
	device_unregister(&channel->dev);
	vmb_bus_forgotten(channel);
	vmb_channel_put(channel);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, cleanup), 0);
}

/* A device may not be removed before its child. */
static void a_bus_waits_for_who_adds_or_removes_a_channel(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_bus *bus = machine->bus;
	struct vmb_test_job *destroy;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_bus_enter(bus), 0);

	/* Act */
	destroy = vmb_test_job_start(test, 0, destroy_job, machine);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(destroy, 500));
	KUNIT_EXPECT_TRUE(test, device_is_registered(&bus->dev));
	KUNIT_EXPECT_EQ(test, vmb_bus_enter(bus), -ENODEV);
	vmb_bus_leave(bus);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, destroy), 0);
}

static struct kunit_case owner_gone_cases[] = {
	KUNIT_CASE(cleanup_needs_a_disabled_channel),
	KUNIT_CASE(a_channel_that_a_bus_offered_is_not_cleaned_up),
	KUNIT_CASE(a_callback_does_not_clean_up),
	KUNIT_CASE(cleanup_waits_for_no_session),
	KUNIT_CASE(the_vmm_does_not_rescind_it),
	KUNIT_CASE(a_waiting_teardown_ends_with_the_offer),
	KUNIT_CASE(a_bus_goes_with_packets_in_flight),
	KUNIT_CASE(a_bus_goes_with_channels_in_each_state),
	KUNIT_CASE(a_bus_goes_with_a_clients_end),
	KUNIT_CASE(nothing_is_allocated_on_a_bus_that_is_gone),
	KUNIT_CASE(cleanup_waits_for_the_bus_to_be_done),
	KUNIT_CASE(cleanup_waits_for_a_detach_that_has_not_begun),
	KUNIT_CASE(a_bus_waits_for_who_adds_or_removes_a_channel),
	{}
};

static struct kunit_suite owner_gone_suite = {
	.name = "vmbsave_owner_gone",
	.init = vmb_test_init,
	.exit = vmb_test_owned_exit,
	.test_cases = owner_gone_cases,
};

kunit_test_suite(owner_gone_suite);

MODULE_DESCRIPTION("Channels whose owner or bus goes away");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a guest that only asks, a VSP that changes its mind and a monitor that
 * walks away cannot bring about.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/vmb_ns.h>

#include "core/incoming.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "job.h"
#include "line.h"
#include "machine.h"
#include "migrate/bus_state.h"
#include "migrate/save.h"
#include "server.h"

#define REQUESTS 1100

static void ask(struct kunit *test, struct vmb_test_line *line, u64 from, u64 nr)
{
	u64 id;

	for (id = from; id < from + nr; id++)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, 8), 0);
	vmb_test_line_settle(line);
}

/* The answers fill the ring, then the queue; the rest of the requests stay where they are. */
static void guest_that_never_reads_cannot_make_answers_pile_up(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer_sized(machine, vsp, 1, 24, 1);
	u64 id;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Act */
	ask(test, line, 1, REQUESTS);
	ask(test, line, 1 + REQUESTS, REQUESTS);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, VMB_TRANSACTION_QUOTA_DEFAULT);
	vmb_test_guest_serve(&line->guest);
	for (id = 1; id <= 2 * REQUESTS; id++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.answered, id), 1,
				    "request %llu", id);
}

static int pause_in_vain(void *arg)
{
	return vmb_channel_pause_timeout(arg, 2000);
}

/* The pause that gives up cannot start traffic again: the bus is about to stop. */
static void stop_behind_a_pause_in_vain_still_drains(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
	struct vmb_bus_data data;
	struct vmb_test_job *job;

	/* Arrange */
	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	job = vmb_test_job_start(test, 0, pause_in_vain, line->channel);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 200));

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP, 10000, &data),
			-ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, machine->bus->state, VMB_BUS_RUNNING);
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, U32_MAX), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
}

static void send_when_opened(struct vmb_test_server *server,
			     enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_OPENED)
		KUNIT_EXPECT_EQ(server->vsp->test, vmb_test_server_send(server, 8, 0), 0);
}

static void open_that_fails_takes_back_what_it_sent(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);

	/* Arrange: packet 1 was queued before, packet 2 is .opened's. */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	line->server->knobs.hook = send_when_opened;
	line->server->knobs.opened_error = -EACCES;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EACCES);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 1);
	line->server->knobs.hook = NULL;
}

/* STOP_COPY ends by a change of state, not by the reader's going. */
static void reader_that_goes_away_leaves_the_session_to_the_bus(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
	struct vmb_bus_data data;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0, &data), 0);

	/* Act */
	vmb_save_abandon(data.save);
	vmb_save_put(data.save);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend(&line->guest), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	vmb_channel_save_end(line->channel);
}

static struct kunit_case bounds_cases[] = {
	KUNIT_CASE(guest_that_never_reads_cannot_make_answers_pile_up),
	KUNIT_CASE(stop_behind_a_pause_in_vain_still_drains),
	KUNIT_CASE(open_that_fails_takes_back_what_it_sent),
	KUNIT_CASE(reader_that_goes_away_leaves_the_session_to_the_bus),
	{}
};

static struct kunit_suite bounds_suite = {
	.name = "vmbsave_bounds",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bounds_cases,
};

kunit_test_suite(bounds_suite);

MODULE_DESCRIPTION("What a guest, a VSP or a monitor cannot bring about");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

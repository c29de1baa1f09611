// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_gpadl.h>

#include "core/gpadl.h"
#include "ends.h"
#include "helpers.h"
#include "job.h"
#include "line.h"

/* The guest wants back what the VSP has mapped. */

#define LENT	7
#define OTHER	8

/* An open channel, and two GPADLs besides that of its rings. */
static struct vmb_test_line *lent_line(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	u32 page = vmb_test_machine_take_pages(machine, 4);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, LENT, page, 3, 100), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, OTHER, page + 3, 1, 0), 0);
	return line;
}

static int map(struct vmb_channel *channel, u32 gpadl)
{
	return PTR_ERR_OR_ZERO(vmb_channel_map_gpadl(channel, 0, gpadl));
}

static int teardown_job(void *arg)
{
	struct vmb_test_line *line = arg;

	return vmb_gpadl_teardown(line->channel, LENT);
}

/* A teardown that waits because the VSP has it mapped */
static struct vmb_test_job *waiting_teardown(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_test_job *job;

	KUNIT_ASSERT_EQ(test, map(line->channel, LENT), 0);
	job = vmb_test_job_start(test, 0, teardown_job, line);
	KUNIT_ASSERT_FALSE(test, vmb_test_job_ended(job, 500));
	return job;
}

static u32 nr_pinned(struct vmb_test_line *line)
{
	return atomic64_read(&line->machine->pinned);
}

static void unmap_in_closed(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_CLOSED)
		vmb_channel_unmap_gpadl(server->channel, LENT);
}

static void end_name(const struct vmb_test_end *end, char *name)
{
	strscpy(name, end->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(end, vmb_test_ends, end_name);

static void a_teardown_waits_until_it_is_unmapped(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	u32 pinned = nr_pinned(line);
	struct vmb_test_job *job = waiting_teardown(test, line);

	/* Act, Assert: traffic runs meanwhile. */
	KUNIT_EXPECT_EQ(test, nr_pinned(line), pinned);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, nr_pinned(line), pinned - 3);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), -ENOENT);
}

static void what_is_taken_back_is_not_mapped_again(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_test_job *job = waiting_teardown(test, line);

	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), -ENOENT);
	KUNIT_EXPECT_EQ(test, map(line->channel, OTHER), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), -EBUSY);
	vmb_channel_unmap_gpadl(line->channel, OTHER);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

static void a_killed_teardown_leaves_it_there(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	u32 pinned = nr_pinned(line);
	int ret;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, map(line->channel, LENT), 0);

	/* Act */
	vmb_test_kill_me();
	ret = vmb_gpadl_teardown(line->channel, LENT);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	KUNIT_EXPECT_EQ(test, nr_pinned(line), pinned);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), 0);
}

static void a_waiting_teardown_ends_with_the_channel(struct kunit *test)
{
	const struct vmb_test_end *end = test->param_value;
	struct vmb_test_line *line = lent_line(test);
	struct vmb_test_job *job = waiting_teardown(test, line);

	/* Arrange: a VSP that does as it should. */
	line->server->knobs.hook = unmap_in_closed;

	/* Act */
	KUNIT_EXPECT_EQ(test, end->end(line), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), end->gone ? -ENODEV : 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT),
			end->gone ? -ENODEV : -ENOENT);
}

static void a_waiting_teardown_ends_with_the_bus(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_channel *channel = vmb_channel_get(line->channel);
	struct vmb_test_job *job = waiting_teardown(test, line);

	vmb_test_machine_destroy(line->machine);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ENODEV);
	KUNIT_EXPECT_EQ(test, nr_pinned(line), 0);
	vmb_channel_put(channel);
}

/* The channel is opened anew with its rings where the teardown waits for. */
static void a_waiting_teardown_does_not_take_rings(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_gpadl *gpadl = xa_load(&line->channel->gpadls, LENT);
	struct vmb_test_job *job = waiting_teardown(test, line);

	/* Arrange: as if the two had met between the end of the wait and the turn. */
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&line->channel->turn), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 100));
	swap(line->channel->ring_gpadl, gpadl);
	vmb_turn_release(&line->channel->turn);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&line->channel->turn), 0);
	swap(line->channel->ring_gpadl, gpadl);
	vmb_turn_release(&line->channel->turn);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), 0);
}

static void a_session_begins_while_a_teardown_waits_and_keeps_it(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_test_job *job = waiting_teardown(test, line);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP_COPY), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, xa_load(&line->channel->gpadls, LENT));
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), 0);
}

static void a_teardown_outlasts_a_session(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_test_job *job = waiting_teardown(test, line);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP_COPY), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 100));
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

static struct kunit_case gpadl_teardown_cases[] = {
	KUNIT_CASE(a_teardown_waits_until_it_is_unmapped),
	KUNIT_CASE(what_is_taken_back_is_not_mapped_again),
	KUNIT_CASE(a_killed_teardown_leaves_it_there),
	KUNIT_CASE_PARAM(a_waiting_teardown_ends_with_the_channel, end_gen_params),
	KUNIT_CASE(a_waiting_teardown_ends_with_the_bus),
	KUNIT_CASE(a_waiting_teardown_does_not_take_rings),
	KUNIT_CASE(a_session_begins_while_a_teardown_waits_and_keeps_it),
	KUNIT_CASE(a_teardown_outlasts_a_session),
	{}
};

static struct kunit_suite gpadl_teardown_suite = {
	.name = "vmbsave_gpadl_teardown",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = gpadl_teardown_cases,
};

kunit_test_suite(gpadl_teardown_suite);

MODULE_DESCRIPTION("What a guest has lent, wanted back while the VSP has it mapped");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

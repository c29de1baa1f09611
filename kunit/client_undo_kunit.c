// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/mm.h>

#include "core/gpadl.h"
#include "core/loopback.h"
#include "couple.h"
#include "fixture.h"
#include "job.h"
#include "machine.h"
#include "migrate/bus_state.h"
#include "migrate/save.h"

/* What a connection leaves behind: nothing, also if much happens at once. */

static struct vmb_gpadl *lent(struct vmb_test_couple *couple, u32 id)
{
	return xa_load(&couple->server->channel->gpadls, id);
}

static bool all_is_undone(struct vmb_test_couple *couple)
{
	const struct vmb_channel *channel = couple->client->channel;

	return !channel->client->link && xa_empty(&channel->client->lent) &&
	       xa_empty(&couple->server->channel->gpadls) &&
	       xa_empty(&vmb_loopback_of(channel->bus)->ram);
}

static int opened_late(struct vmb_channel *channel)
{
	struct vmb_kunit_client *client = vmb_channel_get_pointer(channel);

	if (atomic_inc_return(&client->opened) > 1)
		return 0;
	vmb_test_wait(!vmb_bus_is_running(channel->bus));
	return -EIO;
}

static int stop_when_opened(void *arg)
{
	struct vmb_test_couple *couple = arg;

	vmb_test_wait(atomic_read(&couple->client->opened));
	return vmb_loopback_stop(vmb_kunit_bus(couple->fixture), 0);
}

static void a_client_that_fails_to_open_as_the_bus_stops_begins_anew(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_test_job *job;

	/* Arrange */
	couple->client->callbacks.opened = opened_late;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Act */
	job = vmb_test_job_start(test, 0, stop_when_opened, couple);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_job_wait(test, job), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_ENABLED);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_loopback_run(channel->bus), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(couple->server, VMB_TEST_CLOSED), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_TRUE(test, all_is_undone(couple));
}

static void a_client_that_failed_to_open_moves_and_begins_anew(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_test_job *job;

	/* Arrange */
	couple->client->callbacks.opened = opened_late;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	job = vmb_test_job_start(test, 0, stop_when_opened, couple);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_job_wait(test, job), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_kunit_move(couple->fixture), 0);

	/* Assert */
	couple->server = vmb_test_vsp_last(couple->vsp);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_TRUE(test, all_is_undone(couple));
}

static void a_server_that_is_disabled_in_a_save_lets_go(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);
	struct vmb_bus_data data;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(bus, VMB_BUS_STOP_COPY, 0, &data), 0);
	vmb_save_put(data.save);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(couple->server->channel), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	flush_delayed_work(&couple->client->channel->client->work);
	KUNIT_EXPECT_TRUE(test, all_is_undone(couple));
}

static void a_session_keeps_what_a_closed_channel_was_lent(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_channel *server = couple->server->channel;
	u32 rings = channel->client->ring_gpadl;

	/* Arrange: the session is faster than the client's work. */
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&channel->turn), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(server), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(server), 0);

	/* Act */
	vmb_turn_release(&channel->turn);
	flush_delayed_work(&channel->client->work);

	/* Assert */
	KUNIT_EXPECT_NOT_NULL(test, lent(couple, rings));
	KUNIT_EXPECT_NOT_NULL(test, xa_load(&channel->client->lent, rings));
	vmb_channel_save_end(server);
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	flush_delayed_work(&channel->client->work);
	KUNIT_EXPECT_TRUE(test, all_is_undone(couple));
}

static int unmap_first(void *arg)
{
	vmb_channel_unmap_gpadl(arg, 2);
	return 0;
}

static void deleting_waits_for_the_server_though_it_is_killed(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *server = couple->server->channel;
	struct vmb_page_range range = {
		.pages = vmb_test_machine_create_sized(test, 2)->pages,
		.nr_pages = 2, .byte_count = 2 * PAGE_SIZE,
	};
	struct vmb_test_job *job;
	u32 id = 0;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_create_gpadl(couple->client->channel, 0, &range, &id),
			0);
	KUNIT_ASSERT_EQ(test, id, 2);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_channel_map_gpadl(server, 0, id)), 0);
	job = vmb_test_job_start(test, 200, unmap_first, server);

	/* Act */
	vmb_test_kill_me();
	vmb_channel_delete_gpadl(couple->client->channel, id);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_TRUE(test, completion_done(&job->done));
	KUNIT_EXPECT_NULL(test, lent(couple, id));
	KUNIT_EXPECT_EQ(test, page_ref_count(range.pages[0]), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

/* Of the server over there, whose .opened is the last thing that can fail. */
struct last_step {
	struct vmb_test_server *here;
	struct vmb_test_job *job;
	struct completion busy;
};

static struct last_step last_step;

/* Return: true if it is that one's .opened, once */
static bool is_last_step(struct vmb_test_server *server, enum vmb_test_call call,
			 struct vmb_test_server **here)
{
	*here = last_step.here;
	if (call != VMB_TEST_OPENED || !*here || server == *here)
		return false;
	last_step.here = NULL;
	return true;
}

static int disable(void *arg)
{
	return vmb_channel_disable(arg);
}

static void disable_the_other(struct vmb_test_server *server,
			      enum vmb_test_call call, void *arg)
{
	struct vmb_test_server *here;

	if (!is_last_step(server, call, &here))
		return;
	last_step.job = vmb_test_job_start(here->vsp->test, 0, disable, here->channel);
	KUNIT_EXPECT_TRUE(here->vsp->test, vmb_test_job_ended(last_step.job, 5000));
}

static void a_channel_that_is_closed_in_a_move_is_closed_there(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;

	/* Arrange */
	last_step.here = couple->server;
	couple->vsp->knobs.hook = disable_the_other;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_kunit_move(couple->fixture), 0);

	/* Assert */
	couple->server = vmb_test_vsp_last(couple->vsp);
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	flush_delayed_work(&channel->client->work);
	KUNIT_EXPECT_TRUE(test, all_is_undone(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(couple->server, VMB_TEST_CLOSED), 1);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
}

static int keep_bus_busy(void *arg)
{
	struct vmb_bus *bus = arg;
	int ret = vmb_turn_take(&bus->turn);

	complete(&last_step.busy);
	if (ret)
		return ret;
	msleep(200);
	vmb_turn_release(&bus->turn);
	return 0;
}

static void kill_the_mover(struct vmb_test_server *server, enum vmb_test_call call,
			   void *arg)
{
	struct vmb_test_server *here;

	if (!is_last_step(server, call, &here))
		return;
	last_step.job = vmb_test_job_start(here->vsp->test, 0, keep_bus_busy,
					   here->channel->bus);
	wait_for_completion(&last_step.busy);
	vmb_test_kill_me();
}

/* Moves to @to, and is killed while the source's bus is busy. */
static int move_killed(struct vmb_test_couple *couple, struct vmb_bus *to)
{
	struct vmb_channel *server = couple->server->channel;
	struct vmb_channel *there;
	int ret;

	last_step.here = couple->server;
	init_completion(&last_step.busy);
	couple->vsp->knobs.hook = kill_the_mover;
	ret = vmb_loopback_stop(to, 0) ?: vmb_loopback_stop(server->bus, 0);
	if (ret)
		return ret;
	there = vmb_loopback_offer(to, vmb_channel_interface_type(server),
				   vmb_channel_interface_instance(server), 0);
	if (IS_ERR(there))
		return PTR_ERR(there);
	ret = vmb_loopback_move(server->bus, to);
	vmb_test_revive_me();
	vmb_channel_put(there);
	return ret ?: vmb_test_job_wait(couple->test, last_step.job);
}

static void a_move_that_is_killed_at_its_end_leaves_both_stopped(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_bus *from = vmb_kunit_bus(couple->fixture);
	struct vmb_bus *to = vmb_loopback_create();

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(to), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, move_killed(couple, to), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, from->state, VMB_BUS_STOP);
	KUNIT_EXPECT_EQ(test, to->state, VMB_BUS_STOP);
	KUNIT_EXPECT_FALSE(test, couple->server->channel->held);
	couple->fixture->bus = to;
	couple->server = vmb_test_vsp_last(couple->vsp);
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(to), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
	vmb_loopback_destroy(from);
}

static struct kunit_case client_undo_cases[] = {
	KUNIT_CASE(a_client_that_fails_to_open_as_the_bus_stops_begins_anew),
	KUNIT_CASE(a_client_that_failed_to_open_moves_and_begins_anew),
	KUNIT_CASE(a_server_that_is_disabled_in_a_save_lets_go),
	KUNIT_CASE(a_session_keeps_what_a_closed_channel_was_lent),
	KUNIT_CASE(deleting_waits_for_the_server_though_it_is_killed),
	KUNIT_CASE(a_channel_that_is_closed_in_a_move_is_closed_there),
	KUNIT_CASE(a_move_that_is_killed_at_its_end_leaves_both_stopped),
	{}
};

static struct kunit_suite client_undo_suite = {
	.name = "vmbsave_client_undo",
	.init = vmb_test_init,
	.exit = vmb_test_couple_exit,
	.test_cases = client_undo_cases,
};

kunit_test_suite(client_undo_suite);

MODULE_DESCRIPTION("What a connection leaves behind");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

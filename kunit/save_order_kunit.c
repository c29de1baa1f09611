// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/bus_error.h"
#include "core/gpadl.h"
#include "inflight.h"
#include "job.h"
#include "migrate/restore.h"
#include "migrate/save.h"

/* Saving called in the wrong order, in the wrong place, or by two at once. */

static int begin_line(struct vmb_test_line *line)
{
	return vmb_channel_save_begin(line->channel);
}

static int one_chunk(struct vmb_channel *channel)
{
	u8 buf[256];
	u32 filled, required;

	return vmb_channel_save_continue(channel, buf, sizeof(buf), &filled,
					 &required);
}

static void continue_without_begin_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	u32 filled = 1, required = 1;

	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(line->channel, NULL, 0,
							&filled, &required), -EBADFD);
	KUNIT_EXPECT_EQ(test, filled, 0);
	KUNIT_EXPECT_EQ(test, required, 0);
}

static void continue_after_end_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, one_chunk(line->channel), VMB_MORE);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), -EBADFD);
}

static void second_begin_is_refused_and_does_no_harm(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, one_chunk(line->channel), VMB_MORE);

	KUNIT_EXPECT_EQ(test, begin_line(line), -EBUSY);

	/* The second chunk is too long for the buffer: it is there. */
	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), -ENOBUFS);
	vmb_channel_save_end(line->channel);
}

static void end_without_a_session_is_a_no_op(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);

	vmb_channel_save_end(line->channel);
	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	vmb_channel_save_end(line->channel);
	vmb_channel_save_end(line->channel);

	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void begin_while_traffic_runs_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);

	KUNIT_EXPECT_EQ(test, begin_line(line), -EBADFD);

	vmb_test_guest_serve(&line->guest);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void begin_after_traffic_failed_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_write(&line->guest, 0x7, 0, 1, NULL, 0), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	KUNIT_EXPECT_EQ(test, begin_line(line), -EBADFD);
}

/* Cannot be brought about from outside: a stop waits for such packets. */
static void begin_while_a_packet_is_held_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);

	line->channel->nr_incoming++;
	KUNIT_EXPECT_EQ(test, begin_line(line), -EBUSY);
	line->channel->nr_incoming--;

	KUNIT_EXPECT_EQ(test, begin_line(line), 0);
	vmb_channel_save_end(line->channel);
}

/* What calls from inside callbacks answered, by callback; 1 = was not called */
static int begun_in[VMB_TEST_NR_CALLS];

static void begin_in_callback(struct vmb_test_server *server,
			      enum vmb_test_call call, void *arg)
{
	begun_in[call] = vmb_channel_save_begin(server->channel);
	/* A session that began by mistake ends, so that the case can. */
	if (!begun_in[call])
		vmb_channel_save_end(server->channel);
}

static void begin_inside_a_callback_is_refused(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *line, *moved;
	int i;

	/* Arrange */
	vmb_test_vsp_add_state(vsp, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	for (i = 0; i < VMB_TEST_NR_CALLS; i++)
		begun_in[i] = 1;
	vsp->knobs.hook = begin_in_callback;

	/* Act */
	line = vmb_test_line_open(machine, vsp, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 5, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	moved = vmb_test_inflight_follow(line);
	KUNIT_ASSERT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);
	vmb_test_inflight_resume(moved);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&moved->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_SAVE], -EBUSY);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_RESTORE], -EBUSY);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_SAVE_STATE], -EBUSY);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_RESTORE_STATE], -EBUSY);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_OPENED], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_STARTED], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_POST_STARTED], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_SUSPEND], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_CLOSED], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_PROCESS], -EDEADLK);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_DONE], -EDEADLK);
}

static int pause_job(void *channel)
{
	return vmb_channel_pause(channel);
}

static void begin_while_pausing(struct vmb_test_server *server,
				enum vmb_test_call call, void *arg)
{
	struct vmb_test_job **job = server->data;

	if (call != VMB_TEST_PROCESS || *job)
		return;
	*job = vmb_test_job_start(server->vsp->test, 0, pause_job, server->channel);
	msleep(100);
	begun_in[call] = vmb_channel_save_begin(server->channel);
}

/* The one who pauses waits for the callback, so the callback must not wait for him. */
static void begin_inside_a_callback_waits_for_nobody(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);
	struct vmb_test_job *job = NULL;

	/* Arrange */
	line->server->data = &job;
	line->server->knobs.hook = begin_while_pausing;
	begun_in[VMB_TEST_PROCESS] = 1;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 5, 8), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(job));

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, begun_in[VMB_TEST_PROCESS], -EDEADLK);
	line->server->knobs.hook = NULL;
}

static void nothing_is_sent_between_begin_and_end(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	KUNIT_ASSERT_EQ(test, one_chunk(line->channel), VMB_MORE);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);

	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 2);
}

static void nothing_is_sent_after_a_complete_save_until_traffic_runs(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);

	vmb_test_guest_serve(&line->guest);
	vmb_test_inflight_expect_once(test, line, 1, 2);
}

/* Started by the VSP while the bus does not run: no traffic, so it stays refused. */
static void start_on_a_stopped_bus_does_not_allow_to_send(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
}

static void nobody_controls_a_channel_that_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_channel *channel = line->channel;

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_timeout(channel, 10), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 100), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(channel, "?", 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(channel, 99, 0, 1, 0), -EBUSY);

	vmb_channel_restore_end(channel);
	KUNIT_EXPECT_EQ(test, one_chunk(channel), VMB_MORE);
	vmb_channel_save_end(channel);
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void disable_aborts_the_save(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	int i;

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, one_chunk(line->channel), VMB_MORE);

	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_DISABLED);
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_EQ(test, one_chunk(line->channel), -ECANCELED);
	KUNIT_EXPECT_EQ(test, begin_line(line), -EBUSY);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, begin_line(line), 0);
	vmb_channel_save_end(line->channel);
}

/* All was read; there is nothing left that could be aborted. */
static void disable_after_the_last_chunk_leaves_the_save_complete(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	u8 *buf = vmb_test_alloc(test, 4096);
	u32 filled, required;

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_continue(line->channel, buf, 4096,
							&filled, &required), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), 0);
	vmb_channel_save_end(line->channel);
}

static void unbind_aborts_the_save(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_channel *channel = line->channel;

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, one_chunk(channel), VMB_MORE);

	vmb_test_vsp_unregister(line->server->vsp);

	KUNIT_EXPECT_EQ(test, one_chunk(channel), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(channel), -ENODEV);
	vmb_channel_save_end(channel);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->discarded, 1);
}

static void end_of_the_bus_aborts_the_save(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_channel *channel = vmb_channel_get(line->channel);

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_ASSERT_EQ(test, one_chunk(channel), VMB_MORE);

	vmb_test_machine_destroy(line->machine);

	KUNIT_EXPECT_EQ(test, one_chunk(channel), -ENODEV);
	vmb_channel_save_end(channel);
	vmb_channel_put(channel);
}

static int continue_job(void *channel)
{
	return one_chunk(channel);
}

/**
 * struct at_once - what a second caller is answered
 * @other: from another thread, while .save_packet runs
 * @same: from inside .save_packet
 */
struct at_once {
	int other;
	int same;
};

static void continue_in_callback(struct vmb_test_server *server,
				 enum vmb_test_call call, void *arg)
{
	struct kunit *test = server->vsp->test;
	struct at_once *seen = server->data;

	if (call != VMB_TEST_SAVE)
		return;
	seen->other = vmb_test_job_wait(test, vmb_test_job_start(test, 0, continue_job,
								 server->channel));
	seen->same = one_chunk(server->channel);
}

static void second_continue_at_once_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct at_once seen = {};

	line->server->data = &seen;
	line->server->knobs.hook = continue_in_callback;

	KUNIT_EXPECT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);

	KUNIT_EXPECT_EQ(test, seen.other, -EBUSY);
	KUNIT_EXPECT_EQ(test, seen.same, -EBUSY);
	line->server->knobs.hook = NULL;
}

static int end_job(void *channel)
{
	vmb_channel_save_end(channel);
	return 0;
}

static void end_elsewhere(struct vmb_test_server *server, enum vmb_test_call call,
			  void *arg)
{
	struct vmb_test_job **job = server->data;

	if (call != VMB_TEST_SAVE || *job)
		return;
	*job = vmb_test_job_start(server->vsp->test, 0, end_job, server->channel);
	msleep(100);
}

/* It waits for the callback; the read that the callback belongs to is the last one. */
static void end_during_continue_waits_for_the_callback(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	u8 *buf = vmb_test_alloc(test, 4096);
	struct vmb_test_job *job = NULL;
	u32 filled, required;

	line->server->data = &job;
	line->server->knobs.hook = end_elsewhere;
	KUNIT_ASSERT_EQ(test, begin_line(line), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(line->channel, buf, 4096,
							&filled, &required), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), -EBADFD);
	line->server->knobs.hook = NULL;
}

static void session_pins_the_module_of_the_vsp(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct module *owner = line->server->vsp->vsp.owner;
	int before = module_refcount(owner);

	KUNIT_ASSERT_EQ(test, begin_line(line), 0);
	KUNIT_EXPECT_EQ(test, module_refcount(owner), before + 1);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, module_refcount(owner), before);
}

static struct kunit_case save_order_cases[] = {
	KUNIT_CASE(continue_without_begin_is_refused),
	KUNIT_CASE(continue_after_end_is_refused),
	KUNIT_CASE(second_begin_is_refused_and_does_no_harm),
	KUNIT_CASE(end_without_a_session_is_a_no_op),
	KUNIT_CASE(begin_while_traffic_runs_is_refused),
	KUNIT_CASE(begin_after_traffic_failed_is_refused),
	KUNIT_CASE(begin_while_a_packet_is_held_is_refused),
	KUNIT_CASE(begin_inside_a_callback_is_refused),
	KUNIT_CASE(begin_inside_a_callback_waits_for_nobody),
	KUNIT_CASE(nothing_is_sent_between_begin_and_end),
	KUNIT_CASE(nothing_is_sent_after_a_complete_save_until_traffic_runs),
	KUNIT_CASE(start_on_a_stopped_bus_does_not_allow_to_send),
	KUNIT_CASE(nobody_controls_a_channel_that_is_saved),
	KUNIT_CASE(disable_aborts_the_save),
	KUNIT_CASE(disable_after_the_last_chunk_leaves_the_save_complete),
	KUNIT_CASE(unbind_aborts_the_save),
	KUNIT_CASE(end_of_the_bus_aborts_the_save),
	KUNIT_CASE(second_continue_at_once_is_refused),
	KUNIT_CASE(end_during_continue_waits_for_the_callback),
	KUNIT_CASE(session_pins_the_module_of_the_vsp),
	{}
};

static struct kunit_suite save_order_suite = {
	.name = "vmbsave_save_order",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_order_cases,
};

kunit_test_suite(save_order_suite);

MODULE_DESCRIPTION("Calls of a save in the wrong order and in the wrong place");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

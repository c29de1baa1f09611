// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/bus_error.h"
#include "core/channel.h"
#include "inflight.h"
#include "job.h"
#include "migrate/restore.h"
#include "migrate/save.h"

/* The calls for one channel, and the states of the channel and of its bus. */

static int one_chunk(struct vmb_channel *channel)
{
	u8 buf[256];
	u32 filled, required;

	return vmb_channel_save_continue(channel, buf, sizeof(buf), &filled,
					 &required);
}

/* The state in a channel's save, or why it cannot be saved */
static int saved_state(struct kunit *test, struct vmb_channel *channel,
		       struct vmb_test_stream **stream)
{
	struct vmbsave_channel *record;
	int ret;

	*stream = vmb_test_stream_create(test);
	ret = vmb_test_save_channel(channel, 4096, *stream);
	if (ret)
		return ret;
	record = vmb_test_stream_find(*stream, VMBSAVE_RECORD_CHANNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, record);
	return le32_to_cpu(record->state);
}

static struct vmb_test_line *line_in_state(struct kunit *test,
					   enum vmb_channel_state state)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.stay_disabled = state == VMB_CHANNEL_DISABLED;
	vsp->knobs.stay_paused = state == VMB_CHANNEL_ENABLED ||
				 state == VMB_CHANNEL_PAUSED;
	if (state < VMB_CHANNEL_PAUSED)
		line = vmb_test_line_offer(machine, vsp, 1);
	else
		line = vmb_test_line_open(machine, vsp, 1);
	if (state == VMB_CHANNEL_STOPPED)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(line->channel), state);
	return line;
}

static void each_state_is_saved_and_restored_on_a_stopped_bus(struct kunit *test)
{
	enum vmb_channel_state state;
	struct vmb_test_stream *stream;
	struct vmb_test_line *line, *moved;

	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++) {
		/* Arrange */
		line = line_in_state(test, state);
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine,
								 VMB_BUS_STOP), 0);

		/* Act */
		KUNIT_EXPECT_EQ(test, saved_state(test, line->channel, &stream), (int)state);
		moved = vmb_test_inflight_follow(line);
		KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);

		/* Assert */
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), state);
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(moved->channel), state);
	}
}

static void each_state_without_traffic_is_saved_on_a_running_bus(struct kunit *test)
{
	enum vmb_channel_state state;
	struct vmb_test_stream *stream;
	struct vmb_test_line *line;

	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++) {
		line = line_in_state(test, state);
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine,
								 VMB_BUS_RUNNING), 0);

		KUNIT_EXPECT_EQ(test, saved_state(test, line->channel, &stream),
				state == VMB_CHANNEL_ACTIVE ? -EBADFD : (int)state);
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), state);
	}
}

/* Whoever has the whole bus answers for its channels; the calls are refused. */
static void expect_calls_refused(struct kunit *test, struct vmb_channel *channel)
{
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, one_chunk(channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(channel, "?", 1), -EBUSY);
	vmb_channel_save_end(channel);
	vmb_channel_restore_end(channel);
}

static void calls_are_refused_in_stop_copy(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_bus_data data;
	const void *bytes;
	u32 nr;

	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP_COPY,
						0, &data), 0);
	expect_calls_refused(test, line->channel);

	KUNIT_EXPECT_EQ(test, vmb_save_read_begin(data.save, &bytes, &nr), 0);
	KUNIT_EXPECT_EQ(test, nr, sizeof(struct vmbsave_stream_header));
	vmb_save_read_end(data.save, nr);
	vmb_save_put(data.save);
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

/* Between what was copied and what is said of it the source can give the save up. */
static void nothing_is_taken_from_a_save_given_up(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_bus_data data;
	const void *bytes;
	u32 nr;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP_COPY,
						0, &data), 0);
	KUNIT_ASSERT_EQ(test, vmb_save_read_begin(data.save, &bytes, &nr), 0);
	vmb_save_read_end(data.save, 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(line->machine->bus), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_save_take(data.save, nr), -ESTALE);
	vmb_save_put(data.save);
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void calls_are_refused_in_resuming(struct kunit *test)
{
	struct vmb_test_line *line = line_in_state(test, VMB_CHANNEL_STARTED);
	struct vmb_bus_data data;

	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_RESUMING,
						0, &data), 0);
	expect_calls_refused(test, line->channel);

	vmb_restore_put(data.restore);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(line->machine->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	vmb_channel_save_end(line->channel);
}

static void expect_arc_refused(struct kunit *test, struct vmb_test_line *line,
			       enum vmb_bus_state to, enum vmb_bus_state stays)
{
	struct vmb_bus *bus = line->machine->bus;
	char text[VMBSAVE_ERROR_TEXT];
	struct vmb_error_place place;
	struct vmb_bus_data data;

	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(bus, to, 0, &data), -EBUSY);
	KUNIT_EXPECT_EQ(test, bus->state, stays);
	KUNIT_EXPECT_NULL(test, data.save);
	KUNIT_EXPECT_NULL(test, data.restore);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(bus, &place, text), -EBUSY);
	KUNIT_EXPECT_EQ(test, place.channel, line->id);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, dev_name(&line->channel->dev)));
}

static void arcs_are_refused_while_a_channel_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = line_in_state(test, VMB_CHANNEL_STARTED);

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	expect_arc_refused(test, line, VMB_BUS_STOP_COPY, VMB_BUS_STOP);
	expect_arc_refused(test, line, VMB_BUS_RESUMING, VMB_BUS_STOP);

	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), VMB_MORE);
	vmb_channel_save_end(line->channel);
}

static void arcs_are_refused_while_a_channel_is_restored(struct kunit *test)
{
	struct vmb_test_line *line = line_in_state(test, VMB_CHANNEL_STARTED);
	struct vmb_test_stream *stream;
	struct vmb_test_line *moved;

	KUNIT_ASSERT_EQ(test, saved_state(test, line->channel, &stream),
			VMB_CHANNEL_STARTED);
	moved = vmb_test_inflight_follow(line);
	KUNIT_ASSERT_EQ(test, vmb_channel_restore_from_buffer(moved->channel, stream->data,
							      sizeof(struct vmbsave_stream_header)),
			VMB_MORE);

	expect_arc_refused(test, moved, VMB_BUS_STOP_COPY, VMB_BUS_STOP);
	expect_arc_refused(test, moved, VMB_BUS_RESUMING, VMB_BUS_STOP);

	vmb_channel_restore_end(moved->channel);
}

/* Else packets would be completed while they are being saved. */
static void traffic_waits_for_the_end_of_a_save(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	u32 filled;
	int ret;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_chunk(line->channel, buf, &filled), VMB_MORE);
	KUNIT_ASSERT_EQ(test, vmb_test_save_chunk(line->channel, buf, &filled), VMB_MORE);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_STARTED), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_DONE), 0);
	do {
		ret = vmb_test_save_chunk(line->channel, buf, &filled);
	} while (ret == VMB_MORE);
	vmb_channel_save_end(line->channel);

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_STARTED), 1);
	vmb_test_guest_serve(&line->guest);
	vmb_test_inflight_expect_once(test, line, 1, VMB_TEST_INFLIGHT_PACKETS);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
}

/* Stopped again before the save ended: nothing starts. */
static void traffic_stays_stopped_if_the_bus_did_not_go_on(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS), "");
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, VMB_TEST_INFLIGHT_PACKETS);
}

/* The same for a channel that is restored on a bus that runs already. */
static void traffic_starts_after_a_restore_on_a_running_bus(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream;
	struct vmb_test_line *moved;

	KUNIT_ASSERT_EQ(test, saved_state(test, line->channel, &stream), VMB_CHANNEL_ACTIVE);
	moved = vmb_test_inflight_follow(line);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(moved->machine, VMB_BUS_RUNNING), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_server_count(moved->server, VMB_TEST_STARTED), 1);
	vmb_test_guest_serve(&moved->guest);
	vmb_test_inflight_expect_once(test, moved, 1, VMB_TEST_INFLIGHT_PACKETS);
}

/* One that has no traffic to start does not keep the others waiting. */
static void bus_runs_while_a_paused_channel_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = line_in_state(test, VMB_CHANNEL_PAUSED);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	KUNIT_EXPECT_EQ(test, one_chunk(line->channel), VMB_MORE);
	vmb_channel_save_end(line->channel);
}

static void sleep_in_closed(struct vmb_test_server *server,
			    enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_CLOSED)
		msleep(1000);
}

static int disable_job(void *channel)
{
	return vmb_channel_disable(channel);
}

/* The session has the first channel and waits for the second one. */
static void channel_is_disabled_while_a_session_begins(struct kunit *test)
{
	struct vmb_test_line *first = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_machine *machine = first->machine;
	struct vmb_test_job *slow, *quick;
	struct vmb_test_line *second;
	struct vmb_bus_data data;
	const void *bytes;
	u32 nr;

	/* Arrange */
	second = vmb_test_line_open(machine, first->server->vsp, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	second->server->knobs.hook = sleep_in_closed;
	slow = vmb_test_job_start(test, 0, disable_job, second->channel);
	quick = vmb_test_job_start(test, 200, disable_job, first->channel);
	msleep(100);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0,
						&data), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, slow), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, quick), 0);
	KUNIT_ASSERT_NOT_NULL(test, data.save);
	KUNIT_EXPECT_EQ(test, vmb_save_read_begin(data.save, &bytes, &nr), -ECANCELED);
	vmb_save_put(data.save);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(first->channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(second->channel), VMB_CHANNEL_DISABLED);
}

static struct kunit_case save_bus_cases[] = {
	KUNIT_CASE(each_state_is_saved_and_restored_on_a_stopped_bus),
	KUNIT_CASE(each_state_without_traffic_is_saved_on_a_running_bus),
	KUNIT_CASE(calls_are_refused_in_stop_copy),
	KUNIT_CASE(nothing_is_taken_from_a_save_given_up),
	KUNIT_CASE(calls_are_refused_in_resuming),
	KUNIT_CASE(arcs_are_refused_while_a_channel_is_saved),
	KUNIT_CASE(arcs_are_refused_while_a_channel_is_restored),
	KUNIT_CASE(traffic_waits_for_the_end_of_a_save),
	KUNIT_CASE(traffic_stays_stopped_if_the_bus_did_not_go_on),
	KUNIT_CASE(traffic_starts_after_a_restore_on_a_running_bus),
	KUNIT_CASE(bus_runs_while_a_paused_channel_is_saved),
	KUNIT_CASE(channel_is_disabled_while_a_session_begins),
	{}
};

static struct kunit_suite save_bus_suite = {
	.name = "vmbsave_save_bus",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_bus_cases,
};

kunit_test_suite(save_bus_suite);

MODULE_DESCRIPTION("A channel's save, and the states of the channel and of its bus");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

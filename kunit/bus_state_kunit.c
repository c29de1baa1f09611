// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "job.h"
#include "line.h"
#include "migrate/restore.h"
#include "migrate/restore_session.h"
#include "migrate/save.h"
#include "stream.h"

/* The arcs of the bus state machine, those that fail above all, and reset. */

#define ERR	VMB_BUS_ERROR
#define STO	VMB_BUS_STOP
#define RUN	VMB_BUS_RUNNING
#define CPY	VMB_BUS_STOP_COPY
#define RES	VMB_BUS_RESUMING
#define BAD	(-EINVAL)

static void every_way_leads_over_stop_and_none_out_of_error(struct kunit *test)
{
	static const int next[VMB_BUS_NR_STATES][VMB_BUS_NR_STATES] = {
		/* to	     ERR  STO  RUN  CPY  RES */
		[ERR] = { BAD, BAD, BAD, BAD, BAD },
		[STO] = { BAD, STO, RUN, CPY, RES },
		[RUN] = { BAD, STO, RUN, STO, STO },
		[CPY] = { BAD, STO, STO, CPY, STO },
		[RES] = { BAD, STO, STO, STO, RES },
	};
	enum vmb_bus_state from, to;

	for (from = 0; from < VMB_BUS_NR_STATES; from++) {
		for (to = 0; to < VMB_BUS_NR_STATES; to++)
			KUNIT_EXPECT_EQ_MSG(test, vmb_bus_state_next(from, to), next[from][to],
					    "from %d to %d", from, to);
		KUNIT_EXPECT_EQ(test, vmb_bus_state_next(from, VMB_BUS_NR_STATES), BAD);
		KUNIT_EXPECT_EQ(test, vmb_bus_state_next(from, U32_MAX), BAD);
		KUNIT_EXPECT_EQ(test, vmb_bus_state_next(VMB_BUS_NR_STATES, from), BAD);
	}
}

static void put_data(struct vmb_bus_data *data)
{
	if (data->save)
		vmb_save_put(data->save);
	if (data->restore)
		vmb_restore_put(data->restore);
	memset(data, 0, sizeof(*data));
}

/* A bus with one channel that was not opened, in @state */
static struct vmb_test_line *bus_in(struct kunit *test, enum vmb_bus_state state,
				    struct vmb_bus_data *data)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, state == ERR ? RES : state, 0,
						data), 0);
	if (state == ERR)
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, STO), -ENODATA);
	KUNIT_ASSERT_EQ(test, machine->bus->state, state);
	return line;
}

static const struct arc {
	enum vmb_bus_state from;
	enum vmb_bus_state to;
	int ret;
	enum vmb_bus_state end;
} arcs[] = {
	{ STO, STO, 0, STO }, { STO, RUN, 0, RUN }, { STO, CPY, 0, CPY }, { STO, RES, 0, RES },
	{ RUN, STO, 0, STO }, { RUN, RUN, 0, RUN }, { RUN, CPY, 0, CPY }, { RUN, RES, 0, RES },
	{ CPY, STO, 0, STO }, { CPY, RUN, 0, RUN }, { CPY, CPY, 0, CPY }, { CPY, RES, 0, RES },
	/* Nothing was written, so the commit on the way fails. */
	{ RES, STO, -ENODATA, ERR }, { RES, RUN, -ENODATA, ERR },
	{ RES, CPY, -ENODATA, ERR }, { RES, RES, 0, RES },
	{ ERR, STO, -ENODATA, ERR }, { ERR, RUN, -ENODATA, ERR },
	{ ERR, CPY, -ENODATA, ERR }, { ERR, RES, -ENODATA, ERR },
	/* ERROR and what is no state are asked for in vain. */
	{ STO, ERR, BAD, STO }, { RUN, ERR, BAD, RUN }, { CPY, ERR, BAD, CPY },
	{ RES, ERR, BAD, RES }, { ERR, ERR, BAD, ERR },
	{ STO, 5, BAD, STO }, { RUN, 5, BAD, RUN }, { CPY, 7, BAD, CPY },
	{ RES, U32_MAX, BAD, RES }, { ERR, 5, BAD, ERR },
};

static void arc_ends_where_the_table_says(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(arcs); i++) {
		const struct arc *arc = &arcs[i];
		struct vmb_bus_data before, data;
		struct vmb_test_line *line = bus_in(test, arc->from, &before);

		/* Act, Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_bus_set_state(line->machine->bus, arc->to, 0, &data),
				    arc->ret, "from %d to %d", arc->from, arc->to);
		KUNIT_EXPECT_EQ_MSG(test, line->machine->bus->state, arc->end,
				    "from %d to %d", arc->from, arc->to);
		/* Data is for the one who entered the state, and for nobody else. */
		KUNIT_EXPECT_EQ_MSG(test, !!data.save,
				    arc->to == CPY && arc->end == CPY && arc->from != CPY,
				    "from %d to %d", arc->from, arc->to);
		KUNIT_EXPECT_EQ_MSG(test, !!data.restore,
				    arc->to == RES && arc->end == RES && arc->from != RES,
				    "from %d to %d", arc->from, arc->to);
		put_data(&data);
		put_data(&before);
	}
}

static void bus_without_channels_is_not_saved_or_restored(struct kunit *test)
{
	static const enum vmb_bus_state states[] = { CPY, RES };
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(states); i++) {
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, states[i]), -ENOENT);
		KUNIT_EXPECT_EQ(test, machine->bus->state, STO);
		KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, NULL, NULL), -ENOENT);
	}
}

/* From RUNNING the first step is taken, and the second fails. */
static void session_of_a_channel_keeps_the_bus_out_and_is_named(struct kunit *test)
{
	static const enum vmb_bus_state states[] = { CPY, RES };
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *first, *line;
	struct vmb_error_place place;
	int i;

	/* Arrange */
	first = vmb_test_line_offer(machine, vsp, 1);
	line = vmb_test_line_offer(machine, vsp, 2);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, RUN), 0);

		/* Act */
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, states[i]), -EBUSY);

		/* Assert: none of the channels is held. */
		KUNIT_EXPECT_EQ(test, machine->bus->state, STO);
		KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, &place, NULL), -EBUSY);
		KUNIT_EXPECT_EQ(test, place.channel, line->id);
		KUNIT_EXPECT_NOT_NULL(test, strstr(vmb_test_machine_error(machine),
						   dev_name(&line->channel->dev)));
		KUNIT_EXPECT_EQ(test, vmb_channel_pause(first->channel), 0);
	}
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, CPY), 0);
}

static void channel_that_was_open_is_not_restored_over(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, RES), -EBADFD);
	KUNIT_EXPECT_EQ(test, machine->bus->state, STO);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, RUN), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
}

/* Closed, and the pages given back: it looks fresh and is not. */
static void channel_that_was_open_once_is_not_restored_over(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange */
	vsp->knobs.stay_paused = true;
	line = vmb_test_line_open(machine, vsp, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_ENABLED);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, RES), -EBADFD);
	KUNIT_EXPECT_EQ(test, machine->bus->state, STO);
}

static void session_of_the_bus_keeps_channel_sessions_out(struct kunit *test)
{
	struct vmb_bus_data data;
	struct vmb_test_line *line = bus_in(test, CPY, &data);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(line->channel, "x", 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), -EBUSY);
	put_data(&data);
	line = bus_in(test, RES, &data);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(line->channel, "x", 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), -EBUSY);
	put_data(&data);
}

static void failed_commit_answers_the_same_until_reset(struct kunit *test)
{
	static const enum vmb_bus_state states[] = { STO, RUN, CPY, RES };
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);
	struct vmb_bus_data data;
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(machine, 4096, stream), 0);
	stream->data[stream->bytes - 1] ^= 1;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(machine, stream, 4096), -EBADMSG);

	/* Assert */
	KUNIT_EXPECT_EQ(test, machine->bus->state, ERR);
	for (i = 0; i < ARRAY_SIZE(states); i++)
		KUNIT_EXPECT_EQ(test, vmb_bus_set_state(machine->bus, states[i], 0, &data),
				-EBADMSG);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, NULL, NULL), -EBADMSG);
	KUNIT_EXPECT_STRNEQ(test, vmb_test_machine_error(machine), "");

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(machine->bus), 0);

	/* Assert: the channel is as before and can be restored now. */
	KUNIT_EXPECT_EQ(test, machine->bus->state, STO);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, NULL, NULL), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
	stream->data[stream->bytes - 1] ^= 1;
	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(machine, stream, 4096), 0);
}

/* -EINTR of a VSP is a failure, and no call that was interrupted. */
static void vsp_that_answers_eintr_when_opened_fails_the_commit(struct kunit *test)
{
	struct vmb_test_machine *from = vmb_test_machine_create(test);
	struct vmb_test_machine *to = vmb_test_machine_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *line, *moved;

	/* Arrange */
	line = vmb_test_line_open(from, vmb_test_vsp_register(test), 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(from, STO), 0);
	moved = vmb_test_line_follow(to, line);
	vmb_test_machine_copy_ram(to, from);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(from, 4096, stream), 0);
	moved->server->knobs.opened_error = -EINTR;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(to, stream, 4096), -EINTR);
	KUNIT_EXPECT_EQ(test, to->bus->state, ERR);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(to, RUN), -EINTR);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(to->bus), 0);
	moved->server->knobs.opened_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(to, stream, 4096), 0);
}

/**
 * struct holder - somebody who writes
 * @restore: has its turn
 * @let_go: when it may go on
 */
struct holder {
	struct vmb_restore *restore;
	struct completion let_go;
};

static int hold_session(void *arg)
{
	struct holder *holder = arg;
	int ret = vmb_turn_take_killable(&holder->restore->turn);

	if (ret)
		return ret;
	wait_for_completion(&holder->let_go);
	vmb_turn_release(&holder->restore->turn);
	return 0;
}

/* Interrupted before it began, the commit can be asked for again. */
static void commit_that_is_killed_before_it_began_can_be_repeated(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct holder *holder = vmb_test_alloc(test, sizeof(*holder));
	struct vmb_test_job *job;
	struct vmb_bus_data data;
	int ret;

	/* Arrange: all is there, and another thread has the session. */
	vmb_test_line_offer(machine, vsp, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(machine, 4096, stream), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, RES, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_write_data(data.restore, stream, 4096), 0);
	holder->restore = data.restore;
	init_completion(&holder->let_go);
	job = vmb_test_job_start(test, 0, hold_session, holder);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 1000));

	/* Act */
	vmb_test_kill_me();
	ret = vmb_test_machine_set_state(machine, STO);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	KUNIT_EXPECT_EQ(test, machine->bus->state, RES);
	complete(&holder->let_go);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, STO), 0);
	put_data(&data);
}

static void way_through_stop_commits_on_the_way(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_machine *to = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *line;

	/* Arrange */
	vmb_test_line_offer(machine, vsp, 1);
	line = vmb_test_line_offer(to, vsp, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(machine, 4096, stream), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_write_bus(to, stream, 4096), 0);

	/* Act: straight from RESUMING. */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(to, RUN), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, to->bus->state, RUN);
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(line->channel));
}

static int use_data(const struct vmb_bus_data *data)
{
	const void *from;
	u32 bytes;
	int ret;

	if (data->save) {
		ret = vmb_save_read_begin(data->save, &from, &bytes);
		if (!ret)
			vmb_save_read_end(data->save, 0);
		return ret;
	}
	return vmb_restore_write(data->restore, NULL, 0);
}

static void reset_leads_to_stop_from_everywhere(struct kunit *test)
{
	enum vmb_bus_state from;

	for (from = 0; from < VMB_BUS_NR_STATES; from++) {
		struct vmb_bus_data data;
		struct vmb_test_line *line = bus_in(test, from, &data);

		/* Act */
		KUNIT_EXPECT_EQ_MSG(test, vmb_bus_reset(line->machine->bus), 0, "from %d", from);

		/* Assert: the session's data is stale, the channel is free. */
		KUNIT_EXPECT_EQ(test, line->machine->bus->state, STO);
		if (data.save || data.restore)
			KUNIT_EXPECT_EQ_MSG(test, use_data(&data), -ESTALE, "from %d", from);
		put_data(&data);
		KUNIT_EXPECT_EQ(test, vmb_channel_pause(line->channel), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, RES), 0);
	}
}

static void leaving_stop_copy_makes_its_data_stale(struct kunit *test)
{
	struct vmb_bus_data data;
	struct vmb_test_line *line = bus_in(test, CPY, &data);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, use_data(&data), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, STO), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, use_data(&data), -ESTALE);
	put_data(&data);
}

static void new_attempt_forgets_the_last_error(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, CPY), -ENOENT);
	KUNIT_ASSERT_EQ(test, vmb_bus_error_get(machine->bus, NULL, NULL), -ENOENT);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, RUN), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, NULL, NULL), 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_machine_error(machine), "");
}

static int stop_late(void *arg)
{
	struct vmb_bus_data data;

	return vmb_bus_set_state(arg, STO, 0, &data);
}

static int reset_late(void *arg)
{
	return vmb_bus_reset(arg);
}

static int destroy(void *arg)
{
	vmb_test_machine_destroy(arg);
	return 0;
}

/* Also where nothing is left to do, as for a bus in STOP that shall stop. */
static void bus_that_died_while_a_call_waited_answers_enodev(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_bus *bus = vmb_bus_get(machine->bus);
	struct vmb_test_job *stop, *reset, *end;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&bus->turn), 0);
	stop = vmb_test_job_start(test, 0, stop_late, bus);
	reset = vmb_test_job_start(test, 0, reset_late, bus);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(stop, 100));
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(reset, 0));

	/* Act */
	end = vmb_test_job_start(test, 0, destroy, machine);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_bus_is_dying(bus)));
	vmb_turn_release(&bus->turn);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, stop), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, reset), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, end), 0);
	vmb_bus_put(bus);
}

static struct kunit_case bus_state_cases[] = {
	KUNIT_CASE(every_way_leads_over_stop_and_none_out_of_error),
	KUNIT_CASE(arc_ends_where_the_table_says),
	KUNIT_CASE(bus_without_channels_is_not_saved_or_restored),
	KUNIT_CASE(session_of_a_channel_keeps_the_bus_out_and_is_named),
	KUNIT_CASE(channel_that_was_open_is_not_restored_over),
	KUNIT_CASE(channel_that_was_open_once_is_not_restored_over),
	KUNIT_CASE(session_of_the_bus_keeps_channel_sessions_out),
	KUNIT_CASE(failed_commit_answers_the_same_until_reset),
	KUNIT_CASE(vsp_that_answers_eintr_when_opened_fails_the_commit),
	KUNIT_CASE(commit_that_is_killed_before_it_began_can_be_repeated),
	KUNIT_CASE(way_through_stop_commits_on_the_way),
	KUNIT_CASE(reset_leads_to_stop_from_everywhere),
	KUNIT_CASE(leaving_stop_copy_makes_its_data_stale),
	KUNIT_CASE(new_attempt_forgets_the_last_error),
	KUNIT_CASE(bus_that_died_while_a_call_waited_answers_enodev),
	{}
};

static struct kunit_suite bus_state_suite = {
	.name = "vmbsave_bus_state",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bus_state_cases,
};

kunit_test_suite(bus_state_suite);

MODULE_DESCRIPTION("The state machine of a bus");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

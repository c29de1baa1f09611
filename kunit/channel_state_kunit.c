// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "line.h"
#include "stream.h"

/* Every call in every state, on a bus that runs and on one that does not. */

#define D VMB_CHANNEL_DISABLED
#define E VMB_CHANNEL_ENABLED
#define S VMB_CHANNEL_STARTED
#define P VMB_CHANNEL_PAUSED
#define A VMB_CHANNEL_ACTIVE
#define T VMB_CHANNEL_STOPPED

/* A line whose channel is in @state; the bus runs. */
static struct vmb_test_line *line_in(struct vmb_test_machine *machine,
				     struct vmb_test_vsp *vsp,
				     enum vmb_channel_state state)
{
	struct kunit *test = machine->test;
	struct vmb_test_line *line;

	vsp->knobs.stay_disabled = state == D;
	vsp->knobs.stay_paused = state == E || state == P;
	line = vmb_test_line_offer(machine, vsp, 1 + state);
	if (state != D)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	if (state == P || state == A || state == T)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	if (state == T)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(line->channel), state);
	vmb_test_server_forget_calls(line->server);
	return line;
}

static int do_set_max(struct vmb_test_line *line)
{
	return vmb_channel_init_set_max_packet_size(line->channel, 512);
}

static int do_enable(struct vmb_test_line *line)
{
	return vmb_channel_enable(line->channel);
}

static int do_disable(struct vmb_test_line *line)
{
	return vmb_channel_disable(line->channel);
}

static int do_start(struct vmb_test_line *line)
{
	return vmb_channel_start(line->channel);
}

static int do_pause(struct vmb_test_line *line)
{
	return vmb_channel_pause(line->channel);
}

static int do_pause_timeout(struct vmb_test_line *line)
{
	return vmb_channel_pause_timeout(line->channel, 100);
}

static int do_open(struct vmb_test_line *line)
{
	return vmb_test_guest_open(&line->guest);
}

static int do_close(struct vmb_test_line *line)
{
	return vmb_channel_close(line->channel);
}

static int do_allocate(struct vmb_test_line *line)
{
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	vmb_packet_free(IS_ERR(packet) ? NULL : packet);
	return PTR_ERR_OR_ZERO(packet);
}

static int do_send(struct vmb_test_line *line)
{
	return vmb_test_server_send(line->server, 8, 0);
}

static int do_lend(struct vmb_test_line *line)
{
	return vmb_test_guest_lend_pages(line->channel, 0x999, 0, 1, 0);
}

static int do_teardown_unknown(struct vmb_test_line *line)
{
	return vmb_gpadl_teardown(line->channel, 0x999);
}

static int do_teardown_rings(struct vmb_test_line *line)
{
	return vmb_gpadl_teardown(line->channel, line->guest.gpadl);
}

static int do_save_begin(struct vmb_test_line *line)
{
	int ret = vmb_channel_save_begin(line->channel);

	if (!ret)
		vmb_channel_save_end(line->channel);
	return ret;
}

static int do_save_continue(struct vmb_test_line *line)
{
	u32 filled = 1, required = 1;
	int ret = vmb_channel_save_continue(line->channel, NULL, 0, &filled,
					    &required);

	return filled || required ? -EUCLEAN : ret;
}

/* The stream header is enough to see whether a restore may begin. */
static int do_restore(struct vmb_test_line *line)
{
	struct vmb_test_line *other;
	struct vmb_test_stream *stream = vmb_test_stream_create(line->machine->test);
	int ret;

	other = line_in(vmb_test_machine_create(line->machine->test),
			line->server->vsp, D);
	ret = vmb_test_save_channel(other->channel, 0, stream) ?:
	      vmb_channel_restore_from_buffer(line->channel, stream->data, 64);
	vmb_channel_restore_end(line->channel);
	return ret;
}

static int do_ends(struct vmb_test_line *line)
{
	vmb_channel_save_end(line->channel);
	vmb_channel_restore_end(line->channel);
	return 0;
}

#define NO (-EBADFD)

/**
 * struct row - a call and what it does in each state
 * @name: for people
 * @call: the call
 * @stopped: the bus is in STOP
 * @in: for each state the result, the state afterwards, and the callbacks of
 *	the VSP
 */
struct row {
	const char *name;
	int (*call)(struct vmb_test_line *line);
	bool stopped;
	struct {
		int ret;
		enum vmb_channel_state next;
		const char *calls;
	} in[VMB_CHANNEL_NR_STATES];
};

#define SAME(ret) {							\
	{ ret, D, "" }, { ret, E, "" }, { ret, S, "" },			\
	{ ret, P, "" }, { ret, A, "" }, { ret, T, "" } }

#define ON_OPEN "opened started post_started"

static const struct row rows[] = {
	{ "set_max_packet_size", do_set_max, false, {
		{ 0, D, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } },
	{ "enable", do_enable, false, {
		{ 0, E, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } },
	{ "enable, bus stopped", do_enable, true, {
		{ 0, E, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } },
	{ "disable", do_disable, false, {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "suspend closed" }, { 0, D, "" } } },
	{ "disable, bus stopped", do_disable, true, {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "closed" }, { 0, D, "" } } },
	{ "start", do_start, false, {
		{ NO, D, "" }, { 0, S, "" }, { 0, S, "" },
		{ 0, A, "started post_started" }, { 0, A, "" }, { 0, T, "" } } },
	{ "start, bus stopped", do_start, true, {
		{ NO, D, "" }, { 0, S, "" }, { 0, S, "" },
		{ 0, A, "" }, { 0, A, "" }, { 0, T, "" } } },
	{ "pause", do_pause, false, {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "suspend" }, { 0, E, "" } } },
	{ "pause, bus stopped", do_pause, true, {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "" }, { 0, E, "" } } },
	{ "pause_timeout", do_pause_timeout, false, {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "suspend" }, { 0, E, "" } } },
	{ "open", do_open, false, {
		{ NO, D, "" }, { 0, P, "opened" }, { 0, A, ON_OPEN },
		{ NO, P, "" }, { NO, A, "" }, { 0, A, ON_OPEN } } },
	{ "open, bus stopped", do_open, true, SAME(NO) },
	{ "close", do_close, false, {
		{ NO, D, "" }, { NO, E, "" }, { NO, S, "" },
		{ 0, E, "closed" }, { 0, T, "suspend closed" }, { NO, T, "" } } },
	{ "close, bus stopped", do_close, true, SAME(NO) },
	{ "packet_allocate", do_allocate, false, SAME(0) },
	{ "packet_send", do_send, false, {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } },
	{ "packet_send, bus stopped", do_send, true, {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } },
	{ "gpadl_create", do_lend, false, {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } },
	{ "gpadl_create, bus stopped", do_lend, true, {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } },
	{ "gpadl_teardown of none", do_teardown_unknown, false, SAME(-ENOENT) },
	{ "gpadl_teardown of the rings", do_teardown_rings, false, {
		{ -ENOENT, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ -EBUSY, P, "" }, { -EBUSY, A, "" }, { 0, T, "" } } },
	{ "save_begin", do_save_begin, false, {
		{ 0, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { NO, A, "" }, { 0, T, "" } } },
	{ "save_begin, bus stopped", do_save_begin, true, SAME(0) },
	{ "save_continue without begin", do_save_continue, false, SAME(NO) },
	{ "restore_from_buffer", do_restore, false, {
		{ VMB_MORE, D, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } },
	{ "save_end and restore_end", do_ends, false, SAME(0) },
};

static void row_name(const struct row *row, char *name)
{
	strscpy(name, row->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(row, rows, row_name);

static void call_does_in_each_state_what_the_table_says(struct kunit *test)
{
	const struct row *row = test->param_value;
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *lines[VMB_CHANNEL_NR_STATES];
	enum vmb_channel_state state;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++)
		lines[state] = line_in(machine, vsp, state);
	if (row->stopped)
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);

	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++) {
		struct vmb_test_line *line = lines[state];
		const char *calls;
		int ret;

		/* Act */
		vmb_test_server_forget_calls(line->server);
		ret = row->call(line);

		/* Assert */
		calls = vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS);
		KUNIT_EXPECT_EQ_MSG(test, ret, row->in[state].ret, "in %s",
				    vmb_channel_state_name(state));
		KUNIT_EXPECT_EQ_MSG(test, vmb_channel_get_state(line->channel),
				    row->in[state].next, "in %s",
				    vmb_channel_state_name(state));
		KUNIT_EXPECT_STREQ_MSG(test, calls, row->in[state].calls, "in %s",
				       vmb_channel_state_name(state));
	}
}

/* Restore refuses a channel that was lent pages; without them it is legal. */
static void restore_begins_on_a_channel_that_was_never_used(struct kunit *test)
{
	static const enum vmb_channel_state legal[] = { D, E, S };
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	int i;

	for (i = 0; i < ARRAY_SIZE(legal); i++) {
		/* Arrange */
		vsp->knobs.stay_disabled = legal[i] == D;
		vsp->knobs.stay_paused = legal[i] == E;
		line = vmb_test_line_offer(machine, vsp, 1 + i);

		/* Act, Assert */
		KUNIT_EXPECT_EQ(test, do_restore(line), VMB_MORE);
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), legal[i]);
	}
}

static void restore_does_not_begin_with_a_packet_in_use(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, do_restore(line), -EBADFD);
}

/* Both say when traffic runs, for every state. */
static void pause_reasons_are_those_of_vsp_and_bus(struct kunit *test)
{
	static const u32 by_vsp[VMB_CHANNEL_NR_STATES] = {
		[D] = VMB_PAUSED_BY_VSP, [E] = VMB_PAUSED_BY_VSP, [S] = 0,
		[P] = VMB_PAUSED_BY_VSP, [A] = 0, [T] = 0,
	};
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line[VMB_CHANNEL_NR_STATES];
	enum vmb_channel_state state;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++)
		line[state] = line_in(machine, vsp, state);

	/* Assert */
	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_channel_pause_reasons(line[state]->channel),
				    by_vsp[state], "in %s", vmb_channel_state_name(state));

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);

	/* Assert */
	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_channel_pause_reasons(line[state]->channel),
				    by_vsp[state] | VMB_PAUSED_BY_BUS, "in %s",
				    vmb_channel_state_name(state));
}

/* What the VSP did while the bus was stopped takes effect when it runs. */
static void start_during_stop_takes_effect_when_the_bus_runs(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	line = line_in(machine, vsp, P);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_ASSERT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS), "");

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "started post_started");
}

static void pause_during_stop_keeps_traffic_from_running(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	line = line_in(machine, vsp, A);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), P);
}

/* What answers while a session has the channel; disable ends the session. */
static const struct {
	const char *name;
	int (*call)(struct vmb_test_line *line);
	int ret;
} during_save[] = {
	{ "set_max_packet_size", do_set_max, -EBUSY },
	{ "enable", do_enable, -EBUSY },
	{ "start", do_start, -EBUSY },
	{ "pause", do_pause, -EBUSY },
	{ "pause_timeout", do_pause_timeout, -EBUSY },
	{ "open", do_open, -EBUSY },
	{ "close", do_close, -EBUSY },
	{ "packet_allocate", do_allocate, 0 },
	{ "packet_send", do_send, -EBUSY },
	{ "gpadl_create", do_lend, -EBUSY },
	{ "gpadl_teardown", do_teardown_rings, -EBUSY },
	{ "save_begin", do_save_begin, -EBUSY },
	{ "restore_from_buffer", do_restore, -EBUSY },
	{ "disable", do_disable, 0 },
};

static void calls_answer_busy_while_the_channel_is_saved(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	line = line_in(machine, vsp, P);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	/* Act, Assert */
	for (i = 0; i < ARRAY_SIZE(during_save); i++)
		KUNIT_EXPECT_EQ_MSG(test, during_save[i].call(line), during_save[i].ret,
				    "%s", during_save[i].name);

	/* Assert: the disable at the end has ended the session. */
	KUNIT_EXPECT_EQ(test, do_save_continue(line), -ECANCELED);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), D);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
}

static void calls_answer_gone_after_the_offer_was_taken_back(struct kunit *test)
{
	static int (* const calls[])(struct vmb_test_line *line) = {
		do_set_max, do_enable, do_disable, do_start, do_pause,
		do_pause_timeout, do_open, do_close, do_allocate, do_lend,
		do_teardown_rings, do_save_begin,
	};
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	line = line_in(machine, vsp, A);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);

	/* Act, Assert */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ_MSG(test, calls[i](line), -ENODEV, "call %d", i);
}

static void table_names_nothing_but_states(struct kunit *test)
{
	enum vmb_channel_state state;
	enum vmb_channel_event event;

	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++) {
		for (event = 0; event < VMB_CHANNEL_NR_EVENTS; event++) {
			int next = vmb_channel_state_next(state, event);

			KUNIT_EXPECT_TRUE(test, next == -EBADFD ||
					  (next >= 0 && next < VMB_CHANNEL_NR_STATES));
		}
	}
}

static struct kunit_case channel_state_cases[] = {
	KUNIT_CASE_PARAM(call_does_in_each_state_what_the_table_says, row_gen_params),
	KUNIT_CASE(restore_begins_on_a_channel_that_was_never_used),
	KUNIT_CASE(restore_does_not_begin_with_a_packet_in_use),
	KUNIT_CASE(pause_reasons_are_those_of_vsp_and_bus),
	KUNIT_CASE(start_during_stop_takes_effect_when_the_bus_runs),
	KUNIT_CASE(pause_during_stop_keeps_traffic_from_running),
	KUNIT_CASE(calls_answer_busy_while_the_channel_is_saved),
	KUNIT_CASE(calls_answer_gone_after_the_offer_was_taken_back),
	KUNIT_CASE(table_names_nothing_but_states),
	{}
};

static struct kunit_suite channel_state_suite = {
	.name = "vmbsave_channel_state",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = channel_state_cases,
};

kunit_test_suite(channel_state_suite);

MODULE_DESCRIPTION("Every call in every state of a channel");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

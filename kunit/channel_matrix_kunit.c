// SPDX-License-Identifier: GPL-2.0-only
#include "calls.h"
#include "helpers.h"
#include "line.h"

/*
 * Every call in every state: on a bus that runs and on one that does not, for a
 * channel of a driver and for one that has an owner. One cell is one case.
 */

#define D VMB_CHANNEL_DISABLED
#define E VMB_CHANNEL_ENABLED
#define S VMB_CHANNEL_STARTED
#define P VMB_CHANNEL_PAUSED
#define A VMB_CHANNEL_ACTIVE
#define T VMB_CHANNEL_STOPPED

/**
 * struct outcome - what a call does in one state
 * @ret: its result
 * @next: the state afterwards
 * @calls: callbacks of the VSP
 */
struct outcome {
	int ret;
	enum vmb_channel_state next;
	const char *calls;
};

/**
 * struct row - a call and what it does in each state
 * @name: for people
 * @call: the call
 * @of_driver: what it answers in each state for a channel of a driver, if that
 *	is refused always; 0 = it is not
 * @alike: whether the bus runs makes no difference
 * @in: for each state; then, if it makes one, for a bus in STOP
 */
struct row {
	const char *name;
	int (*call)(struct vmb_test_line *line);
	int of_driver;
	bool alike;
	struct outcome in[2][VMB_CHANNEL_NR_STATES];
};

#define NO (-EBADFD)

#define SAME(ret) {							\
	{ ret, D, "" }, { ret, E, "" }, { ret, S, "" },			\
	{ ret, P, "" }, { ret, A, "" }, { ret, T, "" } }

#define IN_DISABLED {							\
	{ 0, D, "" }, { NO, E, "" }, { NO, S, "" },			\
	{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } }

#define IN_OPEN {							\
	{ NO, D, "" }, { NO, E, "" }, { NO, S, "" },			\
	{ 0, P, "" }, { 0, A, "" }, { NO, T, "" } }

#define ON_OPEN "opened started post_started"

static const struct row rows[] = {
	{ "init_set_max_packet_size", vmb_test_do_set_max, 0, true, { IN_DISABLED } },
	{ "init_set_max_external_data", vmb_test_do_set_external, 0, true, { IN_DISABLED } },
	{ "init_set_client_context_size", vmb_test_do_set_context, 0, true, { IN_DISABLED } },
	{ "init_set_friendly_name", vmb_test_do_set_name, 0, true, { IN_DISABLED } },
	{ "init_set_flags", vmb_test_do_set_flags, 0, true, { IN_DISABLED } },
	{ "server_init_set_flags", vmb_test_do_set_server_flags, 0, true, { IN_DISABLED } },
	{ "server_init_set_mmio_megabytes", vmb_test_do_set_mmio, 0, true, { IN_DISABLED } },
	{ "server_init_set_target_interface_id", vmb_test_do_set_identity, -EINVAL, true,
		{ IN_DISABLED } },
	{ "server_init_set_target_vtl", vmb_test_do_set_vtl, 0, true, { IN_DISABLED } },
	{ "enable", vmb_test_do_enable, 0, true, { {
		{ 0, E, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } } },
	{ "disable", vmb_test_do_disable, 0, false, { {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "suspend closed" }, { 0, D, "" } }, {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "closed" }, { 0, D, "" } } } },
	{ "disable_timeout", vmb_test_do_disable_timeout, 0, false, { {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "suspend closed" }, { 0, D, "" } }, {
		{ 0, D, "" }, { 0, D, "" }, { 0, D, "" },
		{ 0, D, "closed" }, { 0, D, "closed" }, { 0, D, "" } } } },
	{ "start", vmb_test_do_start, 0, false, { {
		{ NO, D, "" }, { 0, S, "" }, { 0, S, "" },
		{ 0, A, "started post_started" }, { 0, A, "" }, { 0, T, "" } }, {
		{ NO, D, "" }, { 0, S, "" }, { 0, S, "" },
		{ 0, A, "" }, { 0, A, "" }, { 0, T, "" } } } },
	{ "pause", vmb_test_do_pause, 0, false, { {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "suspend" }, { 0, E, "" } }, {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "" }, { 0, E, "" } } } },
	{ "pause_timeout", vmb_test_do_pause_timeout, 0, false, { {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "suspend" }, { 0, E, "" } }, {
		{ 0, D, "" }, { 0, E, "" }, { 0, E, "" },
		{ 0, P, "" }, { 0, P, "" }, { 0, E, "" } } } },
	{ "cleanup", vmb_test_do_cleanup, -EINVAL, true, { IN_DISABLED } },
	{ "open", vmb_test_do_open, 0, false, { {
		{ NO, D, "" }, { 0, P, "opened" }, { 0, A, ON_OPEN },
		{ NO, P, "" }, { NO, A, "" }, { 0, A, ON_OPEN } }, SAME(NO) } },
	{ "close", vmb_test_do_close, 0, false, { {
		{ NO, D, "" }, { NO, E, "" }, { NO, S, "" },
		{ 0, E, "closed" }, { 0, T, "suspend closed" }, { NO, T, "" } }, SAME(NO) } },
	{ "packet_allocate and _free", vmb_test_do_allocate, 0, true, { SAME(0) } },
	{ "packet_send", vmb_test_do_send, 0, true, { {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } } },
	{ "packet_complete", vmb_test_do_complete, 0, false, { {
		{ -ENOENT, D, "" }, { -ENOENT, E, "" }, { -ENOENT, S, "" }, { -ENOENT, P, "" },
		{ 0, A, "process#5 batch" }, { -ENOENT, T, "" } }, SAME(-ENOENT) } },
	{ "gpadl_create", vmb_test_do_lend, 0, true, { {
		{ NO, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { 0, A, "" }, { 0, T, "" } } } },
	{ "gpadl_teardown of none", vmb_test_do_teardown_unknown, 0, true, { SAME(-ENOENT) } },
	{ "gpadl_teardown of the rings", vmb_test_do_teardown_rings, 0, true, { {
		{ -ENOENT, D, "" }, { -ENOENT, E, "" }, { -ENOENT, S, "" },
		{ -EBUSY, P, "" }, { -EBUSY, A, "" }, { 0, T, "" } } } },
	{ "save_begin", vmb_test_do_save_begin, 0, false, { {
		{ 0, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { NO, A, "" }, { 0, T, "" } }, SAME(0) } },
	{ "save_begin to save_end", vmb_test_do_save_all, 0, false, { {
		{ 0, D, "" }, { 0, E, "" }, { 0, S, "" },
		{ 0, P, "" }, { NO, A, "" }, { 0, T, "" } }, SAME(0) } },
	{ "save_continue without begin", vmb_test_do_save_continue, 0, true, { SAME(NO) } },
	{ "save_end without begin", vmb_test_do_save_end, 0, true, { SAME(0) } },
	{ "restore_from_buffer", vmb_test_do_restore, 0, true, { {
		{ VMB_MORE, D, "" }, { VMB_MORE, E, "" }, { VMB_MORE, S, "" },
		{ NO, P, "" }, { NO, A, "" }, { NO, T, "" } } } },
	{ "restore_end without begin", vmb_test_do_restore_end, 0, true, { SAME(0) } },
	{ "map_gpadl and unmap_gpadl", vmb_test_do_map, 0, true, { IN_OPEN } },
	{ "get_mmio_space", vmb_test_do_get_mmio, 0, true, { IN_OPEN } },
	{ "set_interrupt_latency", vmb_test_do_set_latency, 0, true, { SAME(-EINVAL) } },
	{ "set_transaction_quota", vmb_test_do_set_quota, 0, true, { SAME(0) } },
	{ "set_incoming_in_process_context", vmb_test_do_set_context_of_calls, 0, true,
		{ SAME(0) } },
	{ "packet_initialize and _free", vmb_test_do_initialize, 0, true, { SAME(0) } },
	{ "send_synchronous_request that tries", vmb_test_do_try_send, 0, false, { {
		{ NO, D, "" }, { NO, E, "" }, { NO, S, "" },
		{ NO, P, "" }, { 0, A, "" }, { NO, T, "" } }, SAME(NO) } },
};

/**
 * struct cell - one call in one state
 * @row: the call and what is to happen
 * @state: where it is made
 * @stopped: the bus is in STOP
 * @owned: the channel has an owner
 */
static struct cell {
	const struct row *row;
	enum vmb_channel_state state;
	bool stopped;
	bool owned;
} cells[ARRAY_SIZE(rows) * VMB_CHANNEL_NR_STATES * 4];

/* Cells that were looked at */
static u32 nr_seen;

static int make_cells(struct kunit_suite *suite)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(cells); i++)
		cells[i] = (struct cell) {
			.row = &rows[i / 4 / VMB_CHANNEL_NR_STATES],
			.state = i / 4 % VMB_CHANNEL_NR_STATES,
			.stopped = i & 1,
			.owned = i & 2,
		};
	nr_seen = 0;
	return 0;
}

static void cell_name(struct cell *cell, char *name)
{
	snprintf(name, KUNIT_PARAM_DESC_SIZE, "%s, %s%s%s", cell->row->name,
		 vmb_channel_state_name(cell->state),
		 cell->stopped ? ", bus stopped" : "", cell->owned ? ", owned" : "");
}

KUNIT_ARRAY_PARAM(cell, cells, cell_name);

static struct vmb_test_line *line_of(struct kunit *test, const struct cell *cell)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_machine *machine;
	struct vmb_test_line *line;

	machine = vmb_test_machine_create_sized(test, VMB_TEST_CALLS_RAM_PAGES);
	if (!cell->owned)
		KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	line = vmb_test_line_in(machine, vsp, cell->state);
	if (cell->stopped)
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	vmb_test_server_forget_calls(line->server);
	return line;
}

static void call_does_in_each_state_what_the_table_says(struct kunit *test)
{
	const struct cell *cell = test->param_value;
	const struct row *row = cell->row;
	const struct outcome *want = &row->in[cell->stopped && !row->alike][cell->state];
	const struct outcome refused = { row->of_driver, cell->state, "" };
	struct vmb_test_line *line;
	const char *calls;
	int ret;

	/* Arrange */
	line = line_of(test, cell);
	if (row->of_driver && !cell->owned)
		want = &refused;

	/* Act */
	ret = row->call(line);

	/* Assert */
	calls = vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS);
	KUNIT_EXPECT_EQ(test, ret, want->ret);
	KUNIT_EXPECT_STREQ(test, calls, want->calls);
	/* After cleanup there is none. */
	if (line->channel)
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), want->next);
	nr_seen++;
}

static void matrix_is_complete(struct kunit *test)
{
	kunit_info(test, "%u cells\n", nr_seen);
	KUNIT_EXPECT_EQ(test, nr_seen, ARRAY_SIZE(rows) * VMB_CHANNEL_NR_STATES * 4);
}

/* What answers while a session has the channel; disable ends the session. */
static const struct {
	const char *name;
	int (*call)(struct vmb_test_line *line);
	int ret;
} during_save[] = {
	{ "init_set_max_packet_size", vmb_test_do_set_max, -EBUSY },
	{ "init_set_friendly_name", vmb_test_do_set_name, -EBUSY },
	{ "enable", vmb_test_do_enable, -EBUSY },
	{ "start", vmb_test_do_start, -EBUSY },
	{ "pause", vmb_test_do_pause, -EBUSY },
	{ "pause_timeout", vmb_test_do_pause_timeout, -EBUSY },
	{ "open", vmb_test_do_open, -EBUSY },
	{ "close", vmb_test_do_close, -EBUSY },
	{ "packet_allocate", vmb_test_do_allocate, 0 },
	{ "packet_send", vmb_test_do_send, -EBUSY },
	{ "gpadl_create", vmb_test_do_lend, -EBUSY },
	{ "gpadl_teardown", vmb_test_do_teardown_rings, -EBUSY },
	{ "save_begin", vmb_test_do_save_begin, -EBUSY },
	{ "restore_from_buffer", vmb_test_do_restore, -EBUSY },
	{ "disable", vmb_test_do_disable, 0 },
};

static void calls_answer_busy_while_the_channel_is_saved(struct kunit *test)
{
	const struct cell cell = { .state = P };
	struct vmb_test_line *line = line_of(test, &cell);
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	/* Act, Assert */
	for (i = 0; i < ARRAY_SIZE(during_save); i++)
		KUNIT_EXPECT_EQ_MSG(test, during_save[i].call(line), during_save[i].ret,
				    "%s", during_save[i].name);

	/* Assert: the disable at the end has ended the session. */
	KUNIT_EXPECT_EQ(test, vmb_test_do_save_continue(line), -ECANCELED);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), D);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
}

static void calls_answer_gone_after_the_offer_was_taken_back(struct kunit *test)
{
	static int (* const calls[])(struct vmb_test_line *line) = {
		vmb_test_do_set_max, vmb_test_do_enable, vmb_test_do_disable,
		vmb_test_do_start, vmb_test_do_pause, vmb_test_do_pause_timeout,
		vmb_test_do_open, vmb_test_do_close, vmb_test_do_allocate,
		vmb_test_do_lend, vmb_test_do_teardown_rings, vmb_test_do_save_begin,
	};
	const struct cell cell = { .state = A };
	struct vmb_test_line *line = line_of(test, &cell);
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);

	/* Act, Assert */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ_MSG(test, calls[i](line), -ENODEV, "call %d", i);
}

/* Its owner can only clean it up. */
static void calls_answer_gone_after_the_bus_of_an_owned_channel(struct kunit *test)
{
	static int (* const calls[])(struct vmb_test_line *line) = {
		vmb_test_do_set_max, vmb_test_do_set_identity, vmb_test_do_enable,
		vmb_test_do_disable, vmb_test_do_start, vmb_test_do_pause,
		vmb_test_do_pause_timeout, vmb_test_do_open, vmb_test_do_close,
		vmb_test_do_allocate, vmb_test_do_send, vmb_test_do_lend,
		vmb_test_do_teardown_rings, vmb_test_do_save_begin,
	};
	const struct cell cell = { .state = A, .owned = true };
	struct vmb_test_line *line = line_of(test, &cell);
	struct vmb_bus *bus = line->machine->bus;
	int i;

	/* Arrange */
	line->machine->bus = NULL;
	vmb_bus_destroy(bus);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed");

	/* Act, Assert */
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		KUNIT_EXPECT_EQ_MSG(test, calls[i](line), -ENODEV, "call %d", i);
	KUNIT_EXPECT_EQ(test, vmb_test_do_cleanup(line), 0);
}

static struct kunit_case channel_matrix_cases[] = {
	KUNIT_CASE_PARAM(call_does_in_each_state_what_the_table_says, cell_gen_params),
	KUNIT_CASE(matrix_is_complete),
	KUNIT_CASE(calls_answer_busy_while_the_channel_is_saved),
	KUNIT_CASE(calls_answer_gone_after_the_offer_was_taken_back),
	KUNIT_CASE(calls_answer_gone_after_the_bus_of_an_owned_channel),
	{}
};

static struct kunit_suite channel_matrix_suite = {
	.name = "vmbsave_channel_matrix",
	.suite_init = make_cells,
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = channel_matrix_cases,
};

kunit_test_suite(channel_matrix_suite);

MODULE_DESCRIPTION("Every call in every state of a channel");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "line.h"
#include "stream.h"

/* What the two state machines have to do with each other; channel_matrix_kunit.c has the calls. */

#define D VMB_CHANNEL_DISABLED
#define E VMB_CHANNEL_ENABLED
#define S VMB_CHANNEL_STARTED
#define P VMB_CHANNEL_PAUSED
#define A VMB_CHANNEL_ACTIVE
#define T VMB_CHANNEL_STOPPED

/* The stream header is enough to see whether a restore may begin. */
static int try_restore(struct vmb_test_line *line)
{
	struct vmb_test_stream *stream = vmb_test_stream_create(line->machine->test);
	struct vmb_test_line *other;
	int ret;

	other = vmb_test_line_in(vmb_test_machine_create(line->machine->test),
				 line->server->vsp, D);
	ret = vmb_test_save_channel(other->channel, 0, stream) ?:
	      vmb_channel_restore_from_buffer(line->channel, stream->data, 64);
	vmb_channel_restore_end(line->channel);
	return ret;
}

static void restore_does_not_begin_on_a_channel_that_was_lent_pages(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, try_restore(line), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), 0);
	KUNIT_EXPECT_EQ(test, try_restore(line), VMB_MORE);
}

static void restore_does_not_begin_with_a_packet_in_use(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, try_restore(line), -EBADFD);
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
		line[state] = vmb_test_line_in(machine, vsp, state);

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
	line = vmb_test_line_in(machine, vsp, P);
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
	line = vmb_test_line_in(machine, vsp, A);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), P);
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
	KUNIT_CASE(restore_does_not_begin_on_a_channel_that_was_lent_pages),
	KUNIT_CASE(restore_does_not_begin_with_a_packet_in_use),
	KUNIT_CASE(pause_reasons_are_those_of_vsp_and_bus),
	KUNIT_CASE(start_during_stop_takes_effect_when_the_bus_runs),
	KUNIT_CASE(pause_during_stop_keeps_traffic_from_running),
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

MODULE_DESCRIPTION("The state of a channel and that of its bus");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

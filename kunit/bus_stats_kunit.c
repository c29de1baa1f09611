// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "migrate/save.h"
#include "move.h"
#include "scene.h"

/* What a bus says of itself: what saves and restores cost, how long a stream can be. */

#define SLOW_MS 200

static struct vmbsave_stats stats_of(struct vmb_test_machine *machine)
{
	struct vmbsave_stats stats = { .size = sizeof(stats) };

	vmb_stats_get(machine->bus, &stats);
	return stats;
}

static void a_new_bus_has_done_nothing(struct kunit *test)
{
	struct vmbsave_stats none = { .size = sizeof(none) }, stats;

	stats = stats_of(vmb_test_machine_create(test));

	KUNIT_EXPECT_EQ(test, memcmp(&stats, &none, sizeof(none)), 0);
}

static void a_save_and_a_restore_are_counted(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);
	struct vmbsave_stats from, to;
	u32 chunks;

	/* Arrange */
	vmb_test_move_fill(move->lines[0], 4, 3);
	vmb_test_move_fill(move->lines[1], 2, 0);

	/* Act */
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);

	/* Assert */
	from = stats_of(move->from);
	to = stats_of(move->to);
	chunks = vmb_test_stream_units(move->stream) - 1;
	KUNIT_EXPECT_EQ(test, from.save_bytes, move->stream->bytes);
	KUNIT_EXPECT_EQ(test, from.save_packets, 9);
	KUNIT_EXPECT_EQ(test, from.save_chunks, chunks);
	KUNIT_EXPECT_GT(test, from.save_ns, 0);
	KUNIT_EXPECT_GT(test, from.stop_ns, 0);
	KUNIT_EXPECT_EQ(test, from.nr_saves, 1);
	KUNIT_EXPECT_EQ(test, from.nr_saves_failed, 0);
	KUNIT_EXPECT_EQ(test, from.restore_bytes, 0);
	KUNIT_EXPECT_EQ(test, to.restore_bytes, move->stream->bytes);
	KUNIT_EXPECT_EQ(test, to.restore_packets, 9);
	KUNIT_EXPECT_EQ(test, to.restore_chunks, chunks);
	KUNIT_EXPECT_GT(test, to.restore_ns, 0);
	KUNIT_EXPECT_GT(test, to.commit_ns, 0);
	KUNIT_EXPECT_GT(test, to.run_ns, 0);
	KUNIT_EXPECT_EQ(test, to.nr_restores, 1);
	KUNIT_EXPECT_EQ(test, to.nr_restores_failed, 0);
	KUNIT_EXPECT_EQ(test, to.nr_saves, 0);
}

/* Nobody has read it, or nothing was written: both are over once, as failures. */
static void what_is_given_up_is_counted_once(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmbsave_stats stats;
	struct vmb_bus_data data;

	/* Arrange */
	vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0, &data), 0);
	vmb_save_abandon(data.save);
	vmb_save_put(data.save);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RESUMING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), -ENODATA);
	KUNIT_ASSERT_EQ(test, vmb_bus_reset(machine->bus), 0);

	/* Assert */
	stats = stats_of(machine);
	KUNIT_EXPECT_EQ(test, stats.nr_saves, 0);
	KUNIT_EXPECT_EQ(test, stats.nr_saves_failed, 1);
	KUNIT_EXPECT_EQ(test, stats.nr_restores, 0);
	KUNIT_EXPECT_EQ(test, stats.nr_restores_failed, 1);
}

/* What the hook of a slow server does, in server->data: enum vmb_test_call and one */
static void be_slow(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call + 1 != (unsigned long)server->data)
		return;
	/* Slow once, and not for the first packet. */
	if (call == VMB_TEST_SAVE &&
	    vmb_packet_transaction_id(((struct vmb_save_packet *)arg)->packet) != 3)
		return;
	if (call == VMB_TEST_RESTORE &&
	    vmb_test_server_count(server, VMB_TEST_RESTORE) != 3)
		return;
	msleep(SLOW_MS);
}

static void make_slow(struct vmb_test_line *line, enum vmb_test_call call)
{
	line->server->data = (void *)(unsigned long)(call + 1);
	line->server->knobs.hook = be_slow;
}

static void expect_slowest(struct kunit *test, struct vmb_test_line *line, u32 call, u64 packet)
{
	struct vmbsave_stats stats = stats_of(line->machine);

	KUNIT_EXPECT_EQ(test, stats.slowest_call, call);
	KUNIT_EXPECT_EQ(test, stats.slowest_packet, packet);
	KUNIT_EXPECT_EQ(test, stats.slowest_channel, line->id);
	/* At HZ=100 two ticks can be missing. */
	KUNIT_EXPECT_GE(test, stats.slowest_ns, (SLOW_MS - 30) * NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, stats.slowest_ns, 10 * SLOW_MS * NSEC_PER_MSEC);
}

static void the_slowest_callback_of_a_save_is_named(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);

	/* Arrange */
	vmb_test_move_fill(move->lines[0], 4, 0);
	vmb_test_move_fill(move->lines[1], 4, 0);

	/* Act, Assert */
	make_slow(move->lines[1], VMB_TEST_SUSPEND);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	expect_slowest(test, move->lines[1], VMBSAVE_CALL_SUSPEND, 0);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	make_slow(move->lines[1], VMB_TEST_SAVE);
	vmb_test_move_save(move);
	expect_slowest(test, move->lines[1], VMBSAVE_CALL_SAVE_PACKET, 3);
}

static void be_slower_than_others(struct vmb_test_server *server, enum vmb_test_call call,
				  void *arg)
{
	if (call == VMB_TEST_SAVE)
		usleep_range(3000, 3100);
}

/* It takes less than a tick, so that without the clock nobody sees it. */
static void packets_are_timed_by_the_clock_on_request(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmbsave_stats by_tick, by_clock;

	/* Arrange */
	vmb_test_move_fill(move->lines[0], 1, 0);
	move->lines[0]->server->knobs.hook = be_slower_than_others;

	/* Act */
	vmb_test_move_save(move);
	by_tick = stats_of(move->from);
	vmb_stats_use_clock(true);
	vmb_test_move_save(move);
	vmb_stats_use_clock(false);
	by_clock = stats_of(move->from);

	/* Assert */
	KUNIT_EXPECT_NE(test, by_tick.slowest_call, VMBSAVE_CALL_SAVE_PACKET);
	KUNIT_EXPECT_EQ(test, by_clock.slowest_call, VMBSAVE_CALL_SAVE_PACKET);
	KUNIT_EXPECT_EQ(test, by_clock.slowest_packet, 1);
	KUNIT_EXPECT_GE(test, by_clock.slowest_ns, 3 * NSEC_PER_MSEC);
	KUNIT_EXPECT_EQ(test, by_clock.nr_saves, 2);
}

static void the_slowest_callback_of_a_restore_is_named(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);

	/* Arrange */
	vmb_test_move_fill(move->lines[1], 4, 0);
	vmb_test_move_save(move);
	vmb_test_move_follow(move);

	/* Act, Assert */
	make_slow(move->moved[1], VMB_TEST_RESTORE);
	KUNIT_ASSERT_EQ(test, vmb_test_write_bus(move->to, move->stream, 1000), 0);
	expect_slowest(test, move->moved[1], VMBSAVE_CALL_RESTORE_PACKET, 3);
	KUNIT_ASSERT_EQ(test, vmb_bus_reset(move->to->bus), 0);

	make_slow(move->moved[1], VMB_TEST_OPENED);
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	expect_slowest(test, move->moved[1], VMBSAVE_CALL_OPENED, 0);
	make_slow(move->moved[1], VMB_TEST_STARTED);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
}

static void the_slowest_callback_of_a_start_is_named(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 2, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	make_slow(move->lines[0], VMB_TEST_STARTED);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);

	/* Assert */
	expect_slowest(test, move->lines[0], VMBSAVE_CALL_STARTED, 0);
	KUNIT_EXPECT_GE(test, stats_of(move->from).run_ns, SLOW_MS * NSEC_PER_MSEC);
}

/* The slowest of the last ones: what was slow before is forgotten. */
static void what_was_slow_before_is_forgotten(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);

	/* Arrange */
	make_slow(move->lines[0], VMB_TEST_SUSPEND);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	move->lines[0]->server->knobs.hook = NULL;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);

	/* Assert */
	KUNIT_EXPECT_LT(test, stats_of(move->from).slowest_ns, SLOW_MS * NSEC_PER_MSEC);
	KUNIT_EXPECT_LT(test, stats_of(move->from).stop_ns, SLOW_MS * NSEC_PER_MSEC);
}

/* Of the guest with something of everything, and of one without anything */
static void a_stream_is_not_longer_than_was_said(struct kunit *test)
{
	struct vmb_test_scene *scene = vmb_test_scene_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	u64 bound = vmb_save_bound(scene->machine->bus);

	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(scene->machine, 4096, stream), 0);

	KUNIT_EXPECT_GE(test, bound, stream->bytes);
}

static void the_bound_is_close_if_no_state_is_possible(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create_sized(test, 2048);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);
	u32 pages, i;
	u64 bound;

	/* Arrange: GPADLs that need a chunk and a bit more each */
	for (pages = 480, i = 0; i < 3; i++, pages += 20)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 10 + i,
								vmb_test_machine_take_pages(machine,
											    pages),
								pages, 0), 0);
	bound = vmb_save_bound(machine->bus);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(machine, 4096, stream), 0);

	/* Assert */
	KUNIT_EXPECT_GE(test, bound, stream->bytes);
	KUNIT_EXPECT_LT(test, bound, 2 * (u64)stream->bytes);
}

static struct kunit_case bus_stats_cases[] = {
	KUNIT_CASE(a_new_bus_has_done_nothing),
	KUNIT_CASE(a_save_and_a_restore_are_counted),
	KUNIT_CASE(what_is_given_up_is_counted_once),
	KUNIT_CASE(the_slowest_callback_of_a_save_is_named),
	KUNIT_CASE(packets_are_timed_by_the_clock_on_request),
	KUNIT_CASE(the_slowest_callback_of_a_restore_is_named),
	KUNIT_CASE(the_slowest_callback_of_a_start_is_named),
	KUNIT_CASE(what_was_slow_before_is_forgotten),
	KUNIT_CASE(a_stream_is_not_longer_than_was_said),
	KUNIT_CASE(the_bound_is_close_if_no_state_is_possible),
	{}
};

static struct kunit_suite bus_stats_suite = {
	.name = "vmbsave_bus_stats",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bus_stats_cases,
};

kunit_test_suite(bus_stats_suite);

MODULE_DESCRIPTION("What a bus says of its saves and restores");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/bus_error.h"
#include "core/channel.h"
#include "inflight.h"
#include "migrate/save.h"

/* A save that is abandoned, wherever, has changed nothing. */

/* Reads so many chunks, or what there is; returns what the last call did. */
static int read_chunks(struct vmb_channel *channel, u8 *buf, u32 nr)
{
	int ret = VMB_MORE;
	u32 filled;

	while (nr-- && ret == VMB_MORE)
		ret = vmb_test_save_chunk(channel, buf, &filled);
	return ret;
}

/* The same for the session of a bus; 0 = all was read. */
static int read_bus(struct vmb_save *save, u32 nr)
{
	const void *data;
	u32 bytes;
	int ret;

	while (nr--) {
		ret = vmb_save_read_begin(save, &data, &bytes);
		if (ret)
			return ret;
		vmb_save_read_end(save, bytes);
		if (!bytes)
			return 0;
	}
	return VMB_MORE;
}

static void expect_runs_on(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_test_guest *guest = &line->guest;

	memset(&line->server->knobs, 0, sizeof(line->server->knobs));
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, VMB_TEST_INFLIGHT_PACKETS);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&guest->answered,
						   VMB_TEST_INFLIGHT_REQUEST), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 8), 0);
	vmb_test_guest_serve(guest);
	vmb_test_inflight_expect_once(test, line, VMB_TEST_INFLIGHT_PACKETS + 1,
				      VMB_TEST_INFLIGHT_PACKETS + 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS),
			   "started post_started");
}

/* Chunks of the scene, the stream header counted */
static u32 count_chunks(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	return vmb_test_stream_units(stream);
}

static void abandoned_after_any_chunk_the_channel_runs_on(struct kunit *test)
{
	u32 nr, chunks = count_chunks(test);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);

	KUNIT_ASSERT_GE(test, chunks, 5);
	for (nr = 0; nr <= chunks; nr++) {
		struct vmb_test_line *line = vmb_test_inflight_all(test);

		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
		KUNIT_ASSERT_EQ(test, read_chunks(line->channel, buf, nr),
				nr < chunks ? VMB_MORE : 0);
		vmb_channel_save_end(line->channel);

		/* Assert */
		expect_runs_on(test, line);
	}
}

static void abandoned_after_any_chunk_the_bus_runs_on(struct kunit *test)
{
	u32 nr, chunks = count_chunks(test);

	for (nr = 0; nr <= chunks + 1; nr++) {
		struct vmb_test_line *line = vmb_test_inflight_all(test);
		struct vmb_bus_data data;

		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(line->machine->bus,
							VMB_BUS_STOP_COPY, 0, &data), 0);
		KUNIT_ASSERT_EQ(test, read_bus(data.save, nr),
				nr <= chunks ? VMB_MORE : 0);
		vmb_save_put(data.save);

		/* Assert */
		expect_runs_on(test, line);
	}
}

static void reset_in_stop_copy_abandons_the_save(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_bus_data data;

	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP_COPY,
						0, &data), 0);
	KUNIT_ASSERT_EQ(test, read_bus(data.save, 2), VMB_MORE);

	KUNIT_EXPECT_EQ(test, vmb_bus_reset(line->machine->bus), 0);

	KUNIT_EXPECT_EQ(test, read_bus(data.save, 1), -ESTALE);
	vmb_save_put(data.save);
	expect_runs_on(test, line);
}

/* All that a save shows of a channel is the same before and after. */
static void abandoned_save_leaves_the_image_as_it_was(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_machine *ram = vmb_test_machine_create(test);
	struct vmb_test_stream *before = vmb_test_stream_create(test);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	struct vmb_test_stream *after;
	u32 nr, chunks;

	vmb_test_machine_copy_ram(ram, line->machine);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, before), 0);
	chunks = vmb_test_stream_units(before);

	for (nr = 0; nr <= chunks; nr++) {
		KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
		read_chunks(line->channel, buf, nr);
		vmb_channel_save_end(line->channel);

		after = vmb_test_stream_create(test);
		KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, after), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(before, after));
	}
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(ram, line->machine));
}

static void fail_at(struct vmb_test_line *line, u64 id)
{
	line->server->knobs.save = (struct vmb_test_script) {
		.nr = 1, .id = id, .pass = { { -EIO, 0 } },
	};
}

static void vsp_failing_at_any_packet_the_channel_runs_on(struct kunit *test)
{
	u64 id;

	for (id = 1; id <= VMB_TEST_INFLIGHT_PACKETS; id++) {
		struct vmb_test_line *line = vmb_test_inflight_all(test);
		struct vmb_test_stream *stream = vmb_test_stream_create(test);

		fail_at(line, id);
		KUNIT_EXPECT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream),
				-EIO);

		expect_runs_on(test, line);
	}
}

static void vsp_failing_at_any_packet_the_bus_runs_on(struct kunit *test)
{
	u64 id;

	for (id = 1; id <= VMB_TEST_INFLIGHT_PACKETS; id++) {
		struct vmb_test_line *line = vmb_test_inflight_all(test);
		struct vmb_test_stream *stream = vmb_test_stream_create(test);

		fail_at(line, id);
		KUNIT_EXPECT_EQ(test, vmb_test_save_bus(line->machine, 4096, stream), -EIO);
		KUNIT_EXPECT_EQ(test, line->machine->bus->state, VMB_BUS_STOP_COPY);

		expect_runs_on(test, line);
	}
}

/* After a failure in the middle the next save is whole. */
static void save_after_a_failed_save_is_complete(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *failed = vmb_test_stream_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *moved = vmb_test_inflight_follow(line);

	/* Arrange */
	fail_at(line, VMB_TEST_INFLIGHT_LONG);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, failed), -EIO);
	line->server->knobs.save.nr = 0;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_save_channel(line->channel, 4096, stream), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);

	/* Assert */
	vmb_test_inflight_resume(moved);
	vmb_test_inflight_expect_once(test, moved, 1, VMB_TEST_INFLIGHT_PACKETS);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&moved->guest.answered,
						   VMB_TEST_INFLIGHT_REQUEST), 1);
}

/* save_begin, all of save_continue; @nth allocation fails; true if it did. */
static bool save_with_fault(struct vmb_channel *channel, u8 *buf, u32 nth,
			    int *begun, int *read)
{
	u32 left;

	*read = 0;
	vmb_test_fault_set(nth);
	*begun = vmb_channel_save_begin(channel);
	if (!*begun)
		*read = read_chunks(channel, buf, U32_MAX);
	left = vmb_test_fault_left();
	vmb_test_fault_set(0);
	return !left;
}

static void each_failed_allocation_is_answered_and_changes_nothing(struct kunit *test)
{
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	struct vmb_test_line *line;
	u32 filled, required, nth;
	int begun, read;

	if (!vmb_test_faults_available())
		kunit_skip(test, "the kernel cannot let allocations fail");
	for (nth = 1; ; nth++) {
		/* No state of more than a page: there allocations have a second way. */
		line = vmb_test_inflight_many(test, 40, 200);
		if (!save_with_fault(line->channel, buf, nth, &begun, &read))
			break;
		KUNIT_EXPECT_EQ_MSG(test, begun ?: read, -ENOMEM, "allocation %u", nth);
		if (!begun)
			KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(line->channel, buf, 64,
									&filled, &required),
					-ENOMEM);
		vmb_channel_save_end(line->channel);
		vmb_test_inflight_resume(line);
		vmb_test_inflight_expect_once(test, line, 1, 40);
	}
	KUNIT_EXPECT_EQ(test, begun, 0);
	KUNIT_EXPECT_EQ(test, read, 0);
	KUNIT_EXPECT_GT(test, nth, 4);
	vmb_channel_save_end(line->channel);
}

static void each_failed_allocation_of_a_bus_changes_nothing(struct kunit *test)
{
	struct vmb_test_line *line;
	struct vmb_bus_data data;
	u32 nth, left;
	int begun, read;

	if (!vmb_test_faults_available())
		kunit_skip(test, "the kernel cannot let allocations fail");
	for (nth = 1; ; nth++) {
		line = vmb_test_inflight_many(test, 40, 200);
		read = 0;
		vmb_test_fault_set(nth);
		begun = vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP_COPY, 0, &data);
		if (!begun)
			read = read_bus(data.save, U32_MAX);
		left = vmb_test_fault_left();
		vmb_test_fault_set(0);
		if (data.save)
			vmb_save_put(data.save);
		if (left)
			break;
		KUNIT_EXPECT_EQ_MSG(test, begun ?: read, -ENOMEM, "allocation %u", nth);
		KUNIT_EXPECT_EQ(test, line->machine->bus->state,
				begun ? VMB_BUS_STOP : VMB_BUS_STOP_COPY);
		vmb_test_inflight_resume(line);
		vmb_test_inflight_expect_once(test, line, 1, 40);
	}
	KUNIT_EXPECT_EQ(test, begun, 0);
	KUNIT_EXPECT_EQ(test, read, 0);
	KUNIT_EXPECT_GT(test, nth, 4);
}

static struct kunit_case save_cases[] = {
	KUNIT_CASE(abandoned_after_any_chunk_the_channel_runs_on),
	KUNIT_CASE(abandoned_after_any_chunk_the_bus_runs_on),
	KUNIT_CASE(reset_in_stop_copy_abandons_the_save),
	KUNIT_CASE(abandoned_save_leaves_the_image_as_it_was),
	KUNIT_CASE(vsp_failing_at_any_packet_the_channel_runs_on),
	KUNIT_CASE(vsp_failing_at_any_packet_the_bus_runs_on),
	KUNIT_CASE(save_after_a_failed_save_is_complete),
	KUNIT_CASE(each_failed_allocation_is_answered_and_changes_nothing),
	KUNIT_CASE(each_failed_allocation_of_a_bus_changes_nothing),
	{}
};

static struct kunit_suite save_suite = {
	.name = "vmbsave_save",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_cases,
};

kunit_test_suite(save_suite);

MODULE_DESCRIPTION("Saves that are abandoned or fail");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_result.h>
#include <linux/vmb_status.h>

#include "core/channel.h"
#include "inflight.h"

/*
 * What the documents say of VmbChannelSaveBegin and VmbChannelSaveContinue,
 * sentence by sentence; Documentation/driver-api/seeds.rst is the list.
 */

#define POISON	0x5a
#define ROOM	8192

/**
 * struct call - one call of save_continue, and its results
 * @buf: ROOM bytes, poisoned before
 * @filled: likewise
 * @required: likewise
 * @ret: what it returned
 */
struct call {
	u8 *buf;
	u32 filled;
	u32 required;
	int ret;
};

static struct call save_continue(struct kunit *test, struct vmb_test_line *line,
				 u32 size)
{
	struct call call = {
		.buf = vmb_test_alloc(test, ROOM),
		.filled = U32_MAX,
		.required = U32_MAX,
	};

	memset(call.buf, POISON, ROOM);
	call.ret = vmb_channel_save_continue(line->channel, call.buf, size,
					     &call.filled, &call.required);
	return call;
}

static struct vmb_test_line *begun(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	return line;
}

/* A second channel on the same bus, with one packet of its own */
static struct vmb_test_line *second_line(struct kunit *test, struct vmb_test_line *first)
{
	struct vmb_test_machine *machine = first->machine;
	struct vmb_test_line *line;

	line = vmb_test_line_open(machine, first->server->vsp, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	vmb_test_server_forget_calls(line->server);
	return line;
}

static void continue_saves_the_channel_state(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct vmb_test_line *moved = vmb_test_inflight_follow(line);
	struct call call = save_continue(test, line, ROOM);

	KUNIT_ASSERT_EQ(test, call.ret, 0);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, vmb_channel_restore_from_buffer(moved->channel, call.buf,
							      call.filled), 0);
	vmb_test_inflight_resume(moved);
	vmb_test_inflight_expect_once(test, moved, 1, VMB_TEST_INFLIGHT_PACKETS);
}

static void begin_comes_before_continue(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);

	KUNIT_EXPECT_EQ(test, save_continue(test, line, ROOM).ret, -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	KUNIT_EXPECT_EQ(test, save_continue(test, line, ROOM).ret, 0);
	vmb_channel_save_end(line->channel);
}

/* Bytes were handed out before; only the result says that they are no save. */
static void result_of_continue_tells_the_failure(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct call call;

	line->server->knobs.save = (struct vmb_test_script) {
		.nr = 1, .id = VMB_TEST_INFLIGHT_ONE_WAY, .pass = { { -EIO, 0 } },
	};

	call = save_continue(test, line, ROOM);
	KUNIT_EXPECT_EQ(test, call.ret, VMB_MORE);
	KUNIT_EXPECT_GT(test, call.filled, 0);
	call = save_continue(test, line, ROOM);
	KUNIT_EXPECT_EQ(test, call.ret, -EIO);
	KUNIT_EXPECT_EQ(test, call.filled, 0);
	vmb_channel_save_end(line->channel);
}

static void channel_named_is_the_one_saved(struct kunit *test)
{
	struct vmb_test_line *first = vmb_test_inflight_all(test);
	struct vmb_test_line *second = second_line(test, first);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmbsave_channel *record;

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(second->channel, ROOM, stream), 0);

	record = vmb_test_stream_find(stream, VMBSAVE_RECORD_CHANNEL, 0);
	KUNIT_ASSERT_NOT_NULL(test, record);
	KUNIT_EXPECT_EQ(test, memcmp(record->instance, &second->channel->identity.instance,
				     sizeof(record->instance)), 0);
	KUNIT_EXPECT_NULL(test, vmb_test_stream_find(stream, VMBSAVE_RECORD_CHANNEL, 1));
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(first->server, VMB_TEST_SAVE), 0);
	KUNIT_EXPECT_GT(test, vmb_test_server_count(second->server, VMB_TEST_SAVE), 0);
}

static void state_goes_into_the_buffer(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct call call = save_continue(test, line, ROOM);

	KUNIT_ASSERT_EQ(test, call.ret, 0);
	KUNIT_EXPECT_EQ(test, memcmp(call.buf, VMBSAVE_STREAM_MAGIC,
				     VMBSAVE_STREAM_MAGIC_BYTES), 0);
	vmb_channel_save_end(line->channel);
}

static void size_bounds_what_is_written(struct kunit *test)
{
	static const u32 sizes[] = { 0, 63, 64, 65, 1000, 4096, 5000 };
	u32 i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct vmb_test_line *line = begun(test);
		struct call call = save_continue(test, line, sizes[i]);

		KUNIT_EXPECT_LE(test, call.filled, sizes[i]);
		KUNIT_EXPECT_NULL(test, memchr_inv(call.buf + sizes[i], POISON,
						   ROOM - sizes[i]));
		vmb_channel_save_end(line->channel);
	}
}

/* No less: they add up to the stream. No more: what is behind is untouched. */
static void filled_counts_the_bytes_copied(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	u32 sum = 0;
	struct call call;

	do {
		call = save_continue(test, line, VMBSAVE_CHUNK_MAX);
		KUNIT_ASSERT_GE(test, call.ret, 0);
		KUNIT_EXPECT_NULL(test, memchr_inv(call.buf + call.filled, POISON,
						   ROOM - call.filled));
		sum += call.filled;
	} while (call.ret);
	vmb_channel_save_end(line->channel);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, ROOM, stream), 0);
	KUNIT_EXPECT_EQ(test, sum, stream->bytes);
}

static void required_is_what_the_next_call_needs(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct call call = save_continue(test, line, 0);
	u32 required;

	while (call.ret) {
		required = call.required;
		KUNIT_ASSERT_EQ(test, save_continue(test, line, required - 1).ret, -ENOBUFS);
		call = save_continue(test, line, required);
		KUNIT_ASSERT_GE(test, call.ret, 0);
		KUNIT_EXPECT_EQ(test, call.filled, required);
	}
	KUNIT_EXPECT_EQ(test, call.required, 0);
	vmb_channel_save_end(line->channel);
}

static void success_means_all_is_saved(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct vmb_test_stream stream = { .test = test };
	struct call call = save_continue(test, line, ROOM);

	KUNIT_EXPECT_EQ(test, call.ret, 0);
	KUNIT_EXPECT_TRUE(test, vmb_errno_to_status(call.ret) == VMB_STATUS_SUCCESS);
	stream.data = call.buf;
	stream.bytes = call.filled;
	KUNIT_EXPECT_NOT_NULL(test, vmb_test_stream_find(&stream, VMBSAVE_RECORD_END, 0));
	call = save_continue(test, line, ROOM);
	KUNIT_EXPECT_EQ(test, call.ret, 0);
	KUNIT_EXPECT_EQ(test, call.filled, 0);
	vmb_channel_save_end(line->channel);
}

static void too_small_says_what_any_progress_needs(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct call call = save_continue(test, line, 8);

	KUNIT_EXPECT_EQ(test, call.ret, -ENOBUFS);
	KUNIT_EXPECT_TRUE(test, vmb_errno_to_status(call.ret) == VMB_STATUS_BUFFER_TOO_SMALL);
	KUNIT_EXPECT_EQ(test, call.filled, 0);
	KUNIT_EXPECT_GT(test, call.required, 8);
	KUNIT_EXPECT_NULL(test, memchr_inv(call.buf, POISON, ROOM));
	KUNIT_EXPECT_EQ(test, save_continue(test, line, call.required).ret, VMB_MORE);
	vmb_channel_save_end(line->channel);
}

static void more_means_some_was_written_and_there_is_more(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct call call = save_continue(test, line, VMBSAVE_CHUNK_MAX);

	KUNIT_EXPECT_EQ(test, call.ret, VMB_MORE);
	KUNIT_EXPECT_GT(test, call.filled, 0);
	KUNIT_EXPECT_GT(test, call.required, 0);
	call = save_continue(test, line, ROOM);
	KUNIT_EXPECT_EQ(test, call.ret, 0);
	KUNIT_EXPECT_GT(test, call.filled, 0);
	vmb_channel_save_end(line->channel);
}

/* What each call gives ends with a chunk, and the next one goes on behind it. */
static void state_is_saved_in_chunks_from_where_it_stopped(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	struct vmb_test_stream *whole = vmb_test_stream_create(test);
	struct vmb_test_stream pieces = { .test = test };
	struct call call;

	pieces.data = vmb_test_alloc(test, ROOM);
	do {
		call = save_continue(test, line, VMBSAVE_CHUNK_MAX);
		KUNIT_ASSERT_GE(test, call.ret, 0);
		memcpy(pieces.data + pieces.bytes, call.buf, call.filled);
		pieces.bytes += call.filled;
		KUNIT_EXPECT_GT(test, vmb_test_stream_units(&pieces), 0);
	} while (call.ret);
	vmb_channel_save_end(line->channel);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, ROOM, whole), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(whole, &pieces));
}

static void small_buffers_take_several_calls(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	u32 large = 1, small = 0;
	struct call call;

	KUNIT_EXPECT_EQ(test, save_continue(test, line, ROOM).ret, 0);
	vmb_channel_save_end(line->channel);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	do {
		call = save_continue(test, line, VMBSAVE_CHUNK_MAX);
		small++;
	} while (call.ret == VMB_MORE);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, call.ret, 0);
	KUNIT_EXPECT_GT(test, small, large);
}

static void begin_prepares_to_save_a_channel(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);

	KUNIT_EXPECT_EQ(test, save_continue(test, line, 0).ret, -ENOBUFS);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EBUSY);
	vmb_channel_save_end(line->channel);
}

static void result_of_begin_tells_the_failure(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), -EBADFD);

	/* Who does not look at it gets nothing. */
	KUNIT_EXPECT_EQ(test, save_continue(test, line, ROOM).ret, -EBADFD);
	vmb_channel_save_end(line->channel);
}

static void begin_is_for_the_channel_named(struct kunit *test)
{
	struct vmb_test_line *first = vmb_test_inflight_all(test);
	struct vmb_test_line *second = second_line(test, first);

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(first->channel), 0);

	KUNIT_EXPECT_EQ(test, save_continue(test, second, ROOM).ret, -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(second->server, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, save_continue(test, first, 0).ret, -ENOBUFS);
	vmb_channel_save_end(first->channel);
}

static void begin_returns_success_or_an_error(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	KUNIT_EXPECT_LT(test, vmb_channel_save_begin(line->channel), 0);
	vmb_channel_save_end(line->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	vmb_channel_save_end(line->channel);
}

static void begin_then_continue_until_saved_then_end(struct kunit *test)
{
	struct vmb_test_line *line = begun(test);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	u32 filled, calls = 0;
	int ret;

	do {
		ret = vmb_test_save_chunk(line->channel, buf, &filled);
		calls++;
	} while (ret == VMB_MORE);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_GT(test, calls, 1);
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, VMB_TEST_INFLIGHT_PACKETS);
}

#define EXPECT_EXPORTED(test, function)					\
do {									\
	typeof(function) *__found = symbol_get(function);		\
									\
	KUNIT_EXPECT_TRUE(test, __found == function);			\
	if (__found)							\
		symbol_put(function);					\
} while (0)

static void calls_are_there_for_other_modules(struct kunit *test)
{
	EXPECT_EXPORTED(test, vmb_channel_save_begin);
	EXPECT_EXPORTED(test, vmb_channel_save_continue);
	EXPECT_EXPORTED(test, vmb_channel_save_end);
	EXPECT_EXPORTED(test, vmb_channel_restore_from_buffer);
}

static struct kunit_case seeds_save_cases[] = {
	KUNIT_CASE(continue_saves_the_channel_state),
	KUNIT_CASE(begin_comes_before_continue),
	KUNIT_CASE(result_of_continue_tells_the_failure),
	KUNIT_CASE(channel_named_is_the_one_saved),
	KUNIT_CASE(state_goes_into_the_buffer),
	KUNIT_CASE(size_bounds_what_is_written),
	KUNIT_CASE(filled_counts_the_bytes_copied),
	KUNIT_CASE(required_is_what_the_next_call_needs),
	KUNIT_CASE(success_means_all_is_saved),
	KUNIT_CASE(too_small_says_what_any_progress_needs),
	KUNIT_CASE(more_means_some_was_written_and_there_is_more),
	KUNIT_CASE(state_is_saved_in_chunks_from_where_it_stopped),
	KUNIT_CASE(small_buffers_take_several_calls),
	KUNIT_CASE(begin_prepares_to_save_a_channel),
	KUNIT_CASE(result_of_begin_tells_the_failure),
	KUNIT_CASE(begin_is_for_the_channel_named),
	KUNIT_CASE(begin_returns_success_or_an_error),
	KUNIT_CASE(begin_then_continue_until_saved_then_end),
	KUNIT_CASE(calls_are_there_for_other_modules),
	{}
};

static struct kunit_suite seeds_save_suite = {
	.name = "vmbsave_seeds_save",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = seeds_save_cases,
};

kunit_test_suite(seeds_save_suite);

MODULE_DESCRIPTION("What the documents say of SaveBegin and SaveContinue");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

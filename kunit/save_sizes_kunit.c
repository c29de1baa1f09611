// SPDX-License-Identifier: GPL-2.0-only
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "inflight.h"

/* What save_continue does with buffers of each size. */

#define STREAM_ID	0x0123456789abcdefULL
#define POISON		0x5a
#define TAIL		64

/**
 * struct reader - a save, and what was read so far
 * @test: the case
 * @channel: the channel
 * @buf: the buffer of a call, poisoned before each
 * @room: bytes at @buf
 * @got: all that was read
 * @got_room: bytes at @got
 * @bytes: length of it
 * @ret: of the last call
 * @filled: of the last call
 * @required: of the last call
 */
struct reader {
	struct kunit *test;
	struct vmb_channel *channel;
	u8 *buf;
	u32 room;
	u8 *got;
	u32 got_room;
	u32 bytes;
	int ret;
	u32 filled;
	u32 required;
};

static struct reader *reader_create(struct kunit *test,
				    struct vmb_test_line *line, u32 room)
{
	struct reader *r = vmb_test_alloc(test, sizeof(*r));

	r->test = test;
	r->channel = line->channel;
	r->room = max_t(u32, room, VMBSAVE_CHUNK_MAX) + TAIL;
	r->buf = vmb_test_alloc(test, r->room);
	r->got_room = room;
	r->got = vmb_test_alloc(test, room);
	return r;
}

static void reader_begin(struct reader *r)
{
	KUNIT_ASSERT_EQ(r->test, vmb_test_save_begin_as(r->channel, STREAM_ID), 0);
	r->bytes = 0;
}

/* One call. Nothing but what it says it filled is touched, whatever it answers. */
static int reader_step(struct reader *r, u32 size)
{
	u32 touched;

	KUNIT_ASSERT_LE(r->test, size + TAIL, r->room);
	memset(r->buf, POISON, size + TAIL);
	r->filled = U32_MAX;
	r->required = U32_MAX;
	r->ret = vmb_channel_save_continue(r->channel, r->buf, size, &r->filled,
					   &r->required);
	KUNIT_ASSERT_LE(r->test, r->filled, size);
	touched = r->ret < 0 ? 0 : r->filled;
	KUNIT_ASSERT_PTR_EQ(r->test, (void *)NULL,
			    memchr_inv(r->buf + touched, POISON, size + TAIL - touched));
	KUNIT_ASSERT_LE(r->test, r->filled, r->got_room - r->bytes);
	memcpy(r->got + r->bytes, r->buf, r->filled);
	r->bytes += r->filled;
	return r->ret;
}

/* After -ENOBUFS for @size: it stays so up to one byte below what is required. */
static void expect_stuck_below(struct reader *r, u32 size)
{
	u32 required = r->required, bytes = r->bytes;

	KUNIT_ASSERT_EQ(r->test, r->filled, 0);
	KUNIT_ASSERT_GT(r->test, required, size);
	KUNIT_ASSERT_LE(r->test, required, VMBSAVE_CHUNK_MAX);
	KUNIT_ASSERT_EQ(r->test, reader_step(r, required - 1), -ENOBUFS);
	KUNIT_ASSERT_EQ(r->test, r->required, required);
	KUNIT_ASSERT_EQ(r->test, reader_step(r, size), -ENOBUFS);
	KUNIT_ASSERT_EQ(r->test, r->required, required);
	KUNIT_ASSERT_EQ(r->test, r->bytes, bytes);
}

/* All of it with buffers of one size, or of what is required where that is more. */
static void reader_save(struct reader *r, u32 size)
{
	u32 required;

	reader_begin(r);
	while (reader_step(r, size)) {
		if (r->ret == VMB_MORE) {
			KUNIT_ASSERT_GT(r->test, r->filled, 0);
			KUNIT_ASSERT_GT(r->test, r->required, size - r->filled);
			KUNIT_ASSERT_LE(r->test, r->required, VMBSAVE_CHUNK_MAX);
			continue;
		}
		KUNIT_ASSERT_EQ(r->test, r->ret, -ENOBUFS);
		expect_stuck_below(r, size);
		required = r->required;
		if (!reader_step(r, required))
			break;
		KUNIT_ASSERT_EQ(r->test, r->ret, VMB_MORE);
		KUNIT_ASSERT_EQ(r->test, r->filled, required);
	}
	KUNIT_ASSERT_EQ(r->test, r->required, 0);
	KUNIT_ASSERT_GT(r->test, r->filled, 0);
	vmb_channel_save_end(r->channel);
}

static void expect_same(struct reader *r, const u8 *bytes, u32 nr, u32 size)
{
	KUNIT_ASSERT_EQ_MSG(r->test, r->bytes, nr, "buffers of %u", size);
	KUNIT_ASSERT_EQ_MSG(r->test, memcmp(r->got, bytes, nr), 0,
			    "buffers of %u", size);
}

static const u8 *keep(struct reader *r)
{
	void *bytes = vmb_test_alloc(r->test, r->bytes);

	return memcpy(bytes, r->got, r->bytes);
}

/* The scene is what the cases below rely on. */
static void scene_has_every_record_in_8_kib(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	u32 at = 0, continued = 0, unit;
	u16 type;

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, SZ_8K, stream), 0);

	KUNIT_EXPECT_LE(test, stream->bytes, SZ_8K);
	for (type = VMBSAVE_RECORD_MANIFEST; type <= VMBSAVE_RECORD_VSP_STATE; type++)
		KUNIT_EXPECT_NOT_NULL(test, vmb_test_stream_find(stream, type, 0));
	while ((unit = vmb_test_stream_unit(stream, at))) {
		struct vmbsave_chunk_header *chunk = (void *)stream->data + at;

		if (at && le16_to_cpu(chunk->flags) & VMBSAVE_CHUNK_CONTINUED)
			continued++;
		at += unit;
	}
	KUNIT_EXPECT_EQ(test, continued, 1);
	KUNIT_EXPECT_EQ(test, at, stream->bytes);
}

static void every_size_gives_the_same_bytes(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct reader *r = reader_create(test, line, SZ_8K);
	const u8 *bytes;
	u32 nr, size;

	/* Arrange */
	reader_save(r, SZ_8K);
	bytes = keep(r);
	nr = r->bytes;

	for (size = 0; size <= nr; size++) {
		/* Act */
		reader_save(r, size);

		/* Assert */
		expect_same(r, bytes, nr, size);
	}
}

/* With each smaller buffer, for each chunk: refused, and nothing has moved. */
static void below_required_nothing_is_written_or_moved(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct reader *r = reader_create(test, line, SZ_8K);
	const u8 *bytes;
	u32 nr, size, required;

	reader_save(r, SZ_8K);
	bytes = keep(r);
	nr = r->bytes;

	reader_begin(r);
	do {
		KUNIT_ASSERT_EQ(test, reader_step(r, 0), -ENOBUFS);
		required = r->required;
		for (size = 0; size < required; size++) {
			KUNIT_ASSERT_EQ(test, reader_step(r, size), -ENOBUFS);
			KUNIT_ASSERT_EQ(test, r->required, required);
		}
	} while (reader_step(r, required) == VMB_MORE);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, r->ret, 0);
	expect_same(r, bytes, nr, 0);
}

static void exactly_required_is_one_chunk(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct reader *r = reader_create(test, line, SZ_8K);
	struct vmb_test_stream stream = { .test = test };
	u32 required, at;

	reader_begin(r);
	KUNIT_ASSERT_EQ(test, reader_step(r, 0), -ENOBUFS);
	do {
		at = r->bytes;
		required = r->required;
		reader_step(r, required);
		KUNIT_ASSERT_GE(test, r->ret, 0);
		KUNIT_ASSERT_EQ(test, r->filled, required);
		stream.data = r->got;
		stream.bytes = r->bytes;
		KUNIT_ASSERT_EQ(test, vmb_test_stream_unit(&stream, at), required);
	} while (r->ret);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, r->required, 0);
}

static void large_stream_is_the_same_at_powers_of_two(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 300, 200);
	struct reader *r = reader_create(test, line, SZ_1M);
	const u8 *bytes;
	u32 nr, power;
	int off;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, SZ_64K), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 4096, SZ_64K + 1), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	reader_save(r, SZ_256K);
	bytes = keep(r);
	nr = r->bytes;
	KUNIT_ASSERT_GT(test, nr, SZ_128K);

	for (power = 8; power <= SZ_512K; power *= 2) {
		for (off = -8; off <= 8; off++) {
			/* Act */
			reader_save(r, power + off);

			/* Assert */
			expect_same(r, bytes, nr, power + off);
		}
	}
}

/* The same bytes come out of the file descriptor's end, but for the id. */
static void whole_bus_gives_the_same_bytes(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *one = vmb_test_stream_create(test);
	struct vmb_test_stream *all = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 100, one), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(line->machine, 1, all), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(one, all));
}

static void two_saves_differ_in_their_id_alone(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *one = vmb_test_stream_create(test);
	struct vmb_test_stream *two = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, one), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, 4096, two), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(one, two));
	KUNIT_EXPECT_NE(test, memcmp(one->data, two->data, one->bytes), 0);
}

static void no_size_without_buffer_asks_for_the_size(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	u32 filled = 1, required = 0;

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(line->channel, NULL, 0,
							&filled, &required), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, filled, 0);
	KUNIT_EXPECT_EQ(test, required, sizeof(struct vmbsave_stream_header));
	vmb_channel_save_end(line->channel);
}

/* Each is refused, and the session goes on as if it had not been asked. */
static void null_is_refused_and_does_no_harm(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct reader *r = reader_create(test, line, SZ_8K);
	u32 filled, required;
	const u8 *bytes;
	u32 nr;

	reader_save(r, SZ_8K);
	bytes = keep(r);
	nr = r->bytes;
	reader_begin(r);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(r->channel, NULL, 1,
							&filled, &required), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(r->channel, NULL, SZ_8K,
							&filled, &required), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(r->channel, r->buf, 64,
							NULL, &required), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(r->channel, r->buf, 64,
							&filled, NULL), -EINVAL);

	KUNIT_EXPECT_EQ(test, reader_step(r, SZ_8K), 0);
	expect_same(r, bytes, nr, SZ_8K);
	vmb_channel_save_end(r->channel);
}

static void after_the_end_each_call_succeeds_with_nothing(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct reader *r = reader_create(test, line, SZ_8K);
	static const u32 sizes[] = { 0, 1, 64, 4096, SZ_8K };
	u32 i;

	reader_begin(r);
	KUNIT_ASSERT_EQ(test, reader_step(r, SZ_8K), 0);

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		KUNIT_EXPECT_EQ(test, reader_step(r, sizes[i]), 0);
		KUNIT_EXPECT_EQ(test, r->filled, 0);
		KUNIT_EXPECT_EQ(test, r->required, 0);
	}
	vmb_channel_save_end(line->channel);
}

static struct kunit_case save_sizes_cases[] = {
	KUNIT_CASE(scene_has_every_record_in_8_kib),
	KUNIT_CASE(every_size_gives_the_same_bytes),
	KUNIT_CASE(below_required_nothing_is_written_or_moved),
	KUNIT_CASE(exactly_required_is_one_chunk),
	KUNIT_CASE(large_stream_is_the_same_at_powers_of_two),
	KUNIT_CASE(whole_bus_gives_the_same_bytes),
	KUNIT_CASE(two_saves_differ_in_their_id_alone),
	KUNIT_CASE(no_size_without_buffer_asks_for_the_size),
	KUNIT_CASE(null_is_refused_and_does_no_harm),
	KUNIT_CASE(after_the_end_each_call_succeeds_with_nothing),
	{}
};

static struct kunit_suite save_sizes_suite = {
	.name = "vmbsave_save_sizes",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_sizes_cases,
};

kunit_test_suite(save_sizes_suite);

MODULE_DESCRIPTION("Chunks and buffers of save_continue");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

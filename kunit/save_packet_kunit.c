// SPDX-License-Identifier: GPL-2.0-only
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/bus_error.h"
#include "core/channel.h"
#include "inflight.h"

/* The two passes of .save_packet, to the letter. */

#define STATE_MAX	SZ_1M	/* default of the parameter max_packet_state */

/**
 * struct pass - what .save_packet was given in one call
 * @buf: there was a buffer
 * @size: its length
 * @needed: what this was preset to
 * @zeroed: the buffer was all zero
 */
struct pass {
	bool buf;
	u32 size;
	u32 needed;
	bool zeroed;
};

/**
 * struct passes - what .save_packet was given
 * @nr: calls
 * @call: the first of them
 */
struct passes {
	u32 nr;
	struct pass call[16];
};

static void note_pass(struct vmb_test_server *server, enum vmb_test_call call,
		      void *arg)
{
	const struct vmb_save_packet *args = arg;
	struct passes *passes = server->data;
	u32 i = passes->nr++;

	if (call != VMB_TEST_SAVE || i >= ARRAY_SIZE(passes->call))
		return;
	passes->call[i].buf = args->buf;
	passes->call[i].size = args->size;
	passes->call[i].needed = args->needed;
	passes->call[i].zeroed = !args->size || !memchr_inv(args->buf, 0, args->size);
}

/* One packet in use with so many bytes of state, and a look at each call */
static struct vmb_test_line *one_packet(struct kunit *test, u32 state_bytes,
					struct passes **passes)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, state_bytes);

	*passes = vmb_test_alloc(test, sizeof(**passes));
	line->server->data = *passes;
	line->server->knobs.hook = note_pass;
	return line;
}

static int save(struct vmb_test_line *line, struct vmb_test_stream **stream)
{
	struct kunit *test = line->machine->test;

	*stream = vmb_test_stream_create(test);
	return vmb_test_save_channel(line->channel, VMBSAVE_CHUNK_MAX, *stream);
}

/* The state of a packet in a stream, which is short enough to be one piece */
static const u8 *saved_state(struct kunit *test, struct vmb_test_stream *stream,
			     u32 nth, u32 *bytes)
{
	struct vmbsave_packet *packet =
		vmb_test_stream_find(stream, VMBSAVE_RECORD_PACKET, nth);

	KUNIT_ASSERT_NOT_NULL(test, packet);
	*bytes = le32_to_cpu(packet->vsp_bytes);
	return (u8 *)(packet + 1) + round_up(le32_to_cpu(packet->payload_bytes), 8);
}

/**
 * struct script_case - what .save_packet answers, and what comes of it
 * @name: the property
 * @script: its answers
 * @result: of the save
 * @calls: of .save_packet
 * @bytes: of state in the stream if the save succeeds
 */
struct script_case {
	const char *name;
	struct vmb_test_script script;
	int result;
	u32 calls;
	u32 bytes;
};

#define PASSES(n, ...) { .nr = n, .pass = { __VA_ARGS__ } }

static const struct script_case script_cases[] = {
	{ "success in pass one is no state", PASSES(1, { 0, 0 }), 0, 1, 0 },
	{ "success in pass one is no state whatever it needs",
	  PASSES(1, { 0, 24 }), 0, 1, 0 },
	{ "failure without a size is the save's",
	  PASSES(1, { -EIO, 0 }), -EIO, 1 },
	{ "-ENOBUFS without a size is the save's",
	  PASSES(1, { -ENOBUFS, 0 }), -ENOBUFS, 1 },
	{ "failure with a size leads to pass two",
	  PASSES(2, { -ENOBUFS, 24 }, { 0, 24 }), 0, 2, 24 },
	{ "any failure with a size leads to pass two",
	  PASSES(2, { -EIO, 24 }, { 0, 24 }), 0, 2, 24 },
	{ "one byte is state", PASSES(2, { -ENOBUFS, 1 }, { 0, 1 }), 0, 2, 1 },
	{ "pass two may need less", PASSES(2, { -ENOBUFS, 24 }, { 0, 8 }), 0, 2, 8 },
	{ "pass two may need less than a word less",
	  PASSES(2, { -ENOBUFS, 24 }, { 0, 17 }), 0, 2, 17 },
	{ "pass two of a long state may need less",
	  PASSES(2, { -ENOBUFS, 6000 }, { 0, 4999 }), 0, 2, 4999 },
	{ "pass two may need nothing", PASSES(2, { -ENOBUFS, 24 }, { 0, 0 }), 0, 2, 0 },
	{ "failure in pass two is the save's",
	  PASSES(2, { -ENOBUFS, 24 }, { -EIO, 24 }), -EIO, 2 },
	{ "failure in pass two that needs nothing is the save's",
	  PASSES(2, { -ENOBUFS, 24 }, { -EPIPE, 0 }), -EPIPE, 2 },
	{ "-ENOBUFS in pass two that needs no more is the save's",
	  PASSES(2, { -ENOBUFS, 24 }, { -ENOBUFS, 24 }), -ENOBUFS, 2 },
	{ "growing gets one more pass",
	  PASSES(3, { -ENOBUFS, 24 }, { -ENOBUFS, 25 }, { 0, 25 }), 0, 3, 25 },
	{ "growing with any failure gets one more pass",
	  PASSES(3, { -ENOBUFS, 24 }, { -EIO, 48 }, { 0, 40 }), 0, 3, 40 },
	{ "growing again is refused",
	  PASSES(3, { -ENOBUFS, 24 }, { -ENOBUFS, 32 }, { -ENOBUFS, 33 }), -EBADFD, 3 },
	{ "failure in the last pass is the save's",
	  PASSES(3, { -ENOBUFS, 24 }, { -ENOBUFS, 32 }, { -EIO, 32 }), -EIO, 3 },
	{ "a claim of more than the buffer is refused",
	  PASSES(2, { -ENOBUFS, 24 }, { 0, 25 }), -EOVERFLOW, 2 },
	{ "such a claim in the last pass is refused",
	  PASSES(3, { -ENOBUFS, 24 }, { -ENOBUFS, 32 }, { 0, U32_MAX }), -EOVERFLOW, 3 },
	{ "more than the cap is refused",
	  PASSES(1, { -ENOBUFS, STATE_MAX + 1 }), -EMSGSIZE, 1 },
	{ "the largest number is refused",
	  PASSES(1, { -ENOBUFS, U32_MAX }), -EMSGSIZE, 1 },
	{ "growing beyond the cap is refused",
	  PASSES(2, { -ENOBUFS, 24 }, { -ENOBUFS, STATE_MAX + 1 }), -EMSGSIZE, 2 },
	{ "as much as the cap is saved",
	  PASSES(2, { -ENOBUFS, STATE_MAX }, { 0, STATE_MAX }), 0, 2, STATE_MAX },
};

static void describe_script(const struct script_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(script, script_cases, describe_script);

static void passes_follow_the_rule(struct kunit *test)
{
	const struct script_case *c = test->param_value;
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_stream *stream;
	const u8 *state;
	u32 bytes;

	/* Arrange */
	line->server->knobs.save = c->script;

	/* Act */
	KUNIT_EXPECT_EQ(test, save(line, &stream), c->result);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), c->calls);
	if (!c->result) {
		vmb_test_stream_expect_readable(test, stream);
		state = saved_state(test, stream, 0, &bytes);
		KUNIT_EXPECT_EQ(test, bytes, c->bytes);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(state, min(bytes, 4000U), 1));
	}
	line->server->knobs.save.nr = 0;
	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void first_pass_has_no_buffer(struct kunit *test)
{
	struct vmb_test_stream *stream;
	struct passes *passes;
	struct vmb_test_line *line = one_packet(test, 24, &passes);

	KUNIT_ASSERT_EQ(test, save(line, &stream), 0);

	KUNIT_ASSERT_EQ(test, passes->nr, 2);
	KUNIT_EXPECT_FALSE(test, passes->call[0].buf);
	KUNIT_EXPECT_EQ(test, passes->call[0].size, 0);
	KUNIT_EXPECT_EQ(test, passes->call[0].needed, 0);
}

static void second_pass_has_what_was_asked_for(struct kunit *test)
{
	struct vmb_test_stream *stream;
	struct passes *passes;
	struct vmb_test_line *line = one_packet(test, 24, &passes);

	KUNIT_ASSERT_EQ(test, save(line, &stream), 0);

	KUNIT_ASSERT_EQ(test, passes->nr, 2);
	KUNIT_EXPECT_TRUE(test, passes->call[1].buf);
	KUNIT_EXPECT_EQ(test, passes->call[1].size, 24);
	KUNIT_EXPECT_EQ(test, passes->call[1].needed, 24);
}

/* Whatever a packet before, or a pass before, has left in it. */
static void buffer_is_zeroed_for_every_pass(struct kunit *test)
{
	static const struct vmb_test_script grows = {
		.nr = 3,
		.pass = { { -ENOBUFS, 64 }, { -ENOBUFS, 128 }, { 0, 128 } },
	};
	struct passes *passes;
	struct vmb_test_line *line = one_packet(test, 300, &passes);
	struct vmb_test_stream *stream;
	u32 i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 128), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	line->server->knobs.save = grows;
	line->server->knobs.save.id = 2;
	passes->nr = 0;

	/* Act */
	KUNIT_ASSERT_EQ(test, save(line, &stream), 0);

	/* Assert */
	KUNIT_ASSERT_EQ(test, passes->nr, 5);
	for (i = 0; i < passes->nr; i++)
		KUNIT_EXPECT_TRUE_MSG(test, passes->call[i].zeroed, "call %u", i);
}

/* What a VSP wrote and did not need is not there for the packet after it. */
static void buffer_is_zeroed_after_a_vsp_that_needed_less(struct kunit *test)
{
	static const struct vmb_test_script less = {
		.nr = 2,
		.pass = { { -ENOBUFS, 256 }, { 0, 16 } },
	};
	struct passes *passes;
	struct vmb_test_line *line = one_packet(test, 300, &passes);
	struct vmb_test_stream *stream;
	u32 i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 128), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	line->server->knobs.save = less;
	line->server->knobs.save.id = 2;
	passes->nr = 0;

	/* Act */
	KUNIT_ASSERT_EQ(test, save(line, &stream), 0);

	/* Assert */
	KUNIT_ASSERT_EQ(test, passes->nr, 8);
	for (i = 0; i < passes->nr; i++)
		KUNIT_EXPECT_TRUE_MSG(test, passes->call[i].zeroed, "call %u", i);
}

/* Also where chunks do not fit into the caller's buffers, again and again. */
static void called_once_for_every_packet_and_session(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	u32 filled, required, size;
	int ret;

	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);
	do {
		for (size = 0; size < 40; size += 8)
			KUNIT_ASSERT_EQ(test,
					vmb_channel_save_continue(line->channel, buf, size,
								  &filled, &required),
					-ENOBUFS);
		ret = vmb_channel_save_continue(line->channel, buf, required,
						&filled, &required);
	} while (ret == VMB_MORE);
	vmb_channel_save_end(line->channel);

	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_SAVE)),
			   "save#1 save#2 save#2 save#3 save#3 save#4 save#4");
}

/* A later session asks anew, in the same order. */
static void called_again_for_a_later_session(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *one, *two;

	KUNIT_ASSERT_EQ(test, save(line, &one), 0);
	vmb_test_server_forget_calls(line->server);
	KUNIT_ASSERT_EQ(test, save(line, &two), 0);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_SAVE)),
			   "save#1 save#2 save#2 save#3 save#3 save#4 save#4");
	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(one, two));
}

static void called_in_the_order_of_sending(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 12, 0);
	struct vmb_test_stream *stream;

	KUNIT_ASSERT_EQ(test, save(line, &stream), 0);

	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, BIT(VMB_TEST_SAVE)),
			   "save#1 save#2 save#3 save#4 save#5 save#6 save#7 save#8 save#9 save#10 save#11 save#12");
}

static void failure_is_answered_again_and_says_where(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 5, 16);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	struct vmb_error_place place;
	char text[VMBSAVE_ERROR_TEXT];
	u32 filled, required, calls;
	int ret, i;

	/* Arrange */
	line->server->knobs.save = (struct vmb_test_script)PASSES(1, { -EIO, 0 });
	line->server->knobs.save.id = 4;
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(line->channel), 0);

	/* Act */
	do {
		ret = vmb_test_save_chunk(line->channel, buf, &filled);
	} while (ret == VMB_MORE);
	calls = vmb_test_server_count(line->server, VMB_TEST_SAVE);

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EIO);
	for (i = 0; i < 3; i++) {
		filled = 1;
		required = 1;
		KUNIT_EXPECT_EQ(test, vmb_channel_save_continue(line->channel, buf,
								VMBSAVE_CHUNK_MAX,
								&filled, &required), -EIO);
		KUNIT_EXPECT_EQ(test, filled, 0);
		KUNIT_EXPECT_EQ(test, required, 0);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), calls);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(line->machine->bus, &place, text), -EIO);
	KUNIT_EXPECT_EQ(test, place.channel, line->id);
	KUNIT_EXPECT_EQ(test, place.packet, 4);
	KUNIT_EXPECT_NOT_NULL(test, strstr(text, line->server->vsp->name));
	vmb_channel_save_end(line->channel);
}

static struct vmb_test_line *line_without_save(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	vsp->vsp.save_packet = NULL;
	vsp->vsp.restore_packet = NULL;
	vsp->vsp.discard_packet = NULL;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	return vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
}

static void packets_of_a_vsp_that_cannot_save_are_refused(struct kunit *test)
{
	struct vmb_test_line *line = line_without_save(test);
	struct vmb_test_stream *stream;

	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	KUNIT_EXPECT_EQ(test, save(line, &stream), -EOPNOTSUPP);

	vmb_test_inflight_resume(line);
	vmb_test_inflight_expect_once(test, line, 1, 1);
}

static void vsp_that_cannot_save_is_saved_without_packets(struct kunit *test)
{
	struct vmb_test_line *line = line_without_save(test);
	struct vmb_test_stream *stream;
	struct vmb_test_line *moved;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, save(line, &stream), 0);
	moved = vmb_test_inflight_follow(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(moved->channel, stream, 1), 0);
}

static void positive_answer_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, 0);
	struct vmb_test_stream *stream;

	kunit_info(test, "expect splat: vmb: .save_packet returned 1\n");
	line->server->knobs.save = (struct vmb_test_script)PASSES(1, { 1, 0 });

	KUNIT_EXPECT_EQ(test, save(line, &stream), -EINVAL);
}

static u32 allocations_of_a_save(struct kunit *test, u32 nr_packets)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, nr_packets, 200);
	u8 *buf = vmb_test_alloc(test, VMBSAVE_CHUNK_MAX);
	const u32 many = 1000000;
	u32 filled, used;
	int ret;

	vmb_test_fault_set(many);
	ret = vmb_channel_save_begin(line->channel);
	while (!ret || ret == VMB_MORE) {
		ret = vmb_test_save_chunk(line->channel, buf, &filled);
		if (!ret)
			break;
	}
	used = many - vmb_test_fault_left();
	vmb_test_fault_set(0);
	KUNIT_ASSERT_EQ(test, ret, 0);
	vmb_channel_save_end(line->channel);
	return used;
}

/* The session, its chunk, its buffer, and the lists of its one channel */
#define ALLOCATIONS_MAX 8

static void memory_does_not_grow_with_packets(struct kunit *test)
{
	u32 few, many;

	if (!vmb_test_faults_available())
		kunit_skip(test, "the kernel cannot count allocations");

	few = allocations_of_a_save(test, 2);
	many = allocations_of_a_save(test, 500);

	KUNIT_EXPECT_GT(test, few, 0);
	KUNIT_EXPECT_LE(test, few, ALLOCATIONS_MAX);
	KUNIT_EXPECT_EQ(test, many, few);
}

static struct kunit_case save_packet_cases[] = {
	KUNIT_CASE_PARAM(passes_follow_the_rule, script_gen_params),
	KUNIT_CASE(first_pass_has_no_buffer),
	KUNIT_CASE(second_pass_has_what_was_asked_for),
	KUNIT_CASE(buffer_is_zeroed_for_every_pass),
	KUNIT_CASE(buffer_is_zeroed_after_a_vsp_that_needed_less),
	KUNIT_CASE(called_once_for_every_packet_and_session),
	KUNIT_CASE(called_again_for_a_later_session),
	KUNIT_CASE(called_in_the_order_of_sending),
	KUNIT_CASE(failure_is_answered_again_and_says_where),
	KUNIT_CASE(packets_of_a_vsp_that_cannot_save_are_refused),
	KUNIT_CASE(vsp_that_cannot_save_is_saved_without_packets),
	KUNIT_CASE(positive_answer_is_refused),
	KUNIT_CASE(memory_does_not_grow_with_packets),
	{}
};

static struct kunit_suite save_packet_suite = {
	.name = "vmbsave_save_packet",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_packet_cases,
};

kunit_test_suite(save_packet_suite);

MODULE_DESCRIPTION("The two passes of .save_packet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "inflight.h"

/* A VSP that has said how long the state of its packets is as a rule. */

#define HINT 24

/* Nothing asks for it but a save, and none is in progress. */
static void set_hint(struct vmb_test_line *line, u32 bytes)
{
	line->server->vsp->vsp.packet_state_bytes = bytes;
}

/* A packet of each length, in the order of @bytes; the bus is in STOP. */
static struct vmb_test_line *packets_of(struct kunit *test, const u32 *bytes, u32 nr)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 0, 0);
	u32 i;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, bytes[i]), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	return line;
}

static struct vmb_test_stream *save(struct vmb_test_line *line, int result)
{
	struct kunit *test = line->machine->test;
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	vmb_test_server_forget_calls(line->server);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(line->channel, VMBSAVE_CHUNK_MAX, stream),
			result);
	return stream;
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
	{ "success is the state", PASSES(1, { 0, HINT }), 0, 1, HINT },
	{ "it may need less", PASSES(1, { 0, 8 }), 0, 1, 8 },
	{ "it may need less than a word less", PASSES(1, { 0, 17 }), 0, 1, 17 },
	{ "success that needs nothing is no state", PASSES(1, { 0, 0 }), 0, 1, 0 },
	{ "failure that needs more leads to pass two",
	  PASSES(2, { -ENOBUFS, 40 }, { 0, 40 }), 0, 2, 40 },
	{ "a long state leads to pass two",
	  PASSES(2, { -ENOBUFS, 6000 }, { 0, 6000 }), 0, 2, 6000 },
	{ "growing gets one more pass",
	  PASSES(3, { -ENOBUFS, 40 }, { -ENOBUFS, 48 }, { 0, 48 }), 0, 3, 48 },
	{ "growing again is refused",
	  PASSES(3, { -ENOBUFS, 40 }, { -ENOBUFS, 48 }, { -ENOBUFS, 56 }), -EBADFD, 3 },
	{ "failure that needs no more is the save's",
	  PASSES(1, { -EIO, HINT }), -EIO, 1 },
	{ "failure that needs nothing is the save's", PASSES(1, { -EIO, 0 }), -EIO, 1 },
	{ "a claim of more than the buffer is refused",
	  PASSES(1, { 0, HINT + 1 }), -EOVERFLOW, 1 },
	{ "more than the cap is refused", PASSES(1, { -ENOBUFS, U32_MAX }), -EMSGSIZE, 1 },
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
	struct vmbsave_packet *packet;

	/* Arrange */
	set_hint(line, HINT);
	line->server->knobs.save = c->script;

	/* Act */
	stream = save(line, c->result);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), c->calls);
	if (c->result)
		return;
	vmb_test_stream_expect_readable(test, stream);
	packet = vmb_test_stream_find(stream, VMBSAVE_RECORD_PACKET, 0);
	KUNIT_ASSERT_NOT_NULL(test, packet);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(packet->vsp_bytes), c->bytes);
}

static void stream_is_the_same_with_and_without_it(struct kunit *test)
{
	static const u32 bytes[] = { 24, 0, 24, 7, 25, 300, 24, 4100, 23, 24, 3000, 900, 24, 24 };
	struct vmb_test_line *line = packets_of(test, bytes, ARRAY_SIZE(bytes));
	struct vmb_test_stream *with, *without;

	without = save(line, 0);
	set_hint(line, HINT);
	with = save(line, 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(with, without));
}

static void packet_costs_one_call(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_many(test, 300, HINT);
	struct vmb_test_stream *stream;
	u32 calls;

	set_hint(line, HINT);

	stream = save(line, 0);

	/* But for those that the end of a chunk has no room for */
	calls = vmb_test_server_count(line->server, VMB_TEST_SAVE);
	KUNIT_EXPECT_GE(test, calls, 300);
	KUNIT_EXPECT_LE(test, calls, 300 + vmb_test_stream_units(stream));
}

static void note_dirty(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	const struct vmb_save_packet *args = arg;

	if (call == VMB_TEST_SAVE && args->size && memchr_inv(args->buf, 0, args->size))
		*(u32 *)server->data += 1;
}

/* Also after a VSP that wrote to all it was given and needed less of it. */
static void buffer_is_zeroed(struct kunit *test)
{
	static const struct vmb_test_script less = PASSES(1, { 0, 8 });
	struct vmb_test_line *line = vmb_test_inflight_many(test, 20, 0);
	u32 dirty = 0;

	line->server->data = &dirty;
	line->server->knobs.hook = note_dirty;
	line->server->knobs.save = less;
	/* What it wrote and did not need lies where the states of the next packets go. */
	set_hint(line, 200);

	save(line, 0);

	KUNIT_EXPECT_EQ(test, dirty, 0);
	line->server->knobs.hook = NULL;
}

static void hint_beyond_a_chunk_or_the_cap_is_not_followed(struct kunit *test)
{
	static const u32 hints[] = { VMBSAVE_CHUNK_MAX, U32_MAX };
	struct vmb_test_line *line = vmb_test_inflight_many(test, 1, HINT);
	u32 i;

	for (i = 0; i < ARRAY_SIZE(hints); i++) {
		set_hint(line, hints[i]);
		save(line, 0);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_SAVE), 2);
	}
}

static struct kunit_case save_hint_cases[] = {
	KUNIT_CASE_PARAM(passes_follow_the_rule, script_gen_params),
	KUNIT_CASE(stream_is_the_same_with_and_without_it),
	KUNIT_CASE(packet_costs_one_call),
	KUNIT_CASE(buffer_is_zeroed),
	KUNIT_CASE(hint_beyond_a_chunk_or_the_cap_is_not_followed),
	{}
};

static struct kunit_suite save_hint_suite = {
	.name = "vmbsave_save_hint",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = save_hint_cases,
};

kunit_test_suite(save_hint_suite);

MODULE_DESCRIPTION("A VSP that has said how long the state of its packets is");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

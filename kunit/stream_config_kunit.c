// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "move.h"

#include <uapi/linux/vmbsave_stream.h>

/* What was set before a channel was enabled, and what the guest lent how. */

#define GPADL 0x77

static const u32 instances[] = { 1 };

/* One channel with knobs, saved; the destination may have others. */
static struct vmb_test_move *prepare(struct kunit *test,
				     const struct vmb_test_knobs *from,
				     const struct vmb_test_knobs *to)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_move *move;
	u32 page;

	vsp->knobs = *from;
	move = vmb_test_move_begin_as(vsp, instances, 1, 1);
	page = vmb_test_machine_take_pages(move->from, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_read_only(move->lines[0]->channel, GPADL,
							    page, 2, 8), 0);
	vmb_test_move_save(move);
	vsp->knobs = *to;
	vmb_test_move_follow(move);
	return move;
}

static void configuration_is_in_the_stream(struct kunit *test)
{
	static const struct vmb_test_knobs knobs = {
		.flags = VMB_CHANNEL_INIT_IS_PIPE,
		.max_external_bytes = 0x12345,
		.max_external_ranges = 19,
	};
	struct vmb_test_move *move = prepare(test, &knobs, &knobs);
	struct vmbsave_channel *saved =
		vmb_test_stream_find(move->stream, VMBSAVE_RECORD_CHANNEL, 0);

	KUNIT_ASSERT_NOT_NULL(test, saved);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->flags), VMBSAVE_CHANNEL_PIPE);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->max_external_bytes), 0x12345);
	KUNIT_EXPECT_EQ(test, le32_to_cpu(saved->max_external_ranges), 19);
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), 0);
}

static void mmio_space_goes_with_the_guest(struct kunit *test)
{
	static const struct vmb_test_knobs knobs = {};
	struct vmb_test_move *move = prepare(test, &knobs, &knobs);
	const struct vmb_channel_open *open = &move->moved[0]->channel->open;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	KUNIT_EXPECT_EQ(test, open->mmio_gpa, VMB_TEST_MMIO_GPA(move->lines[0]->guest.gpadl));
	KUNIT_EXPECT_EQ(test, open->mmio_bytes, VMB_TEST_MMIO_BYTES);
}

/* And the rings, which were not, can be written. */
static void read_only_gpadl_stays_read_only(struct kunit *test)
{
	static const struct vmb_test_knobs knobs = {};
	struct vmb_test_move *move = prepare(test, &knobs, &knobs);
	struct vmb_channel *channel = move->moved[0]->channel;
	struct vmb_gpadl *gpadl;

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	gpadl = xa_load(&channel->gpadls, GPADL);
	KUNIT_ASSERT_NOT_NULL(test, gpadl);
	KUNIT_EXPECT_EQ(test, gpadl->flags, VMB_GPADL_READ_ONLY);
	KUNIT_EXPECT_EQ(test, channel->ring_gpadl->flags, 0);
}

static void next_save_is_the_same(struct kunit *test)
{
	static const struct vmb_test_knobs knobs = {
		.flags = VMB_CHANNEL_INIT_IS_PIPE,
		.max_external_bytes = 1,
		.max_external_ranges = 1,
	};
	struct vmb_test_move *move = prepare(test, &knobs, &knobs);
	struct vmb_test_stream *again = vmb_test_stream_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(move->to, 4096, again), 0);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(again, move->stream));
}

/**
 * struct mismatch_case - two VSPs that have set different things
 * @name: the property
 * @from: of the saved channel
 * @to: of the one here
 * @result: of the restore
 * @why: in its reason
 */
struct mismatch_case {
	const char *name;
	struct vmb_test_knobs from;
	struct vmb_test_knobs to;
	int result;
	const char *why;
};

#define EXTERNAL(bytes, ranges) \
	{ .max_external_bytes = bytes, .max_external_ranges = ranges }

static const struct mismatch_case mismatch_cases[] = {
	{ "a pipe does not become a channel",
	  { .flags = VMB_CHANNEL_INIT_IS_PIPE }, {}, -EPROTONOSUPPORT, "pipe" },
	{ "a channel does not become a pipe",
	  {}, { .flags = VMB_CHANNEL_INIT_IS_PIPE }, -EPROTONOSUPPORT, "pipe" },
	{ "external data needs as many bytes",
	  EXTERNAL(4097, 4), EXTERNAL(4096, 5), -EMSGSIZE, "external data" },
	{ "external data needs as many ranges",
	  EXTERNAL(4096, 5), EXTERNAL(4097, 4), -EMSGSIZE, "external data" },
	{ "external data needs to be taken at all",
	  EXTERNAL(1, 1), {}, -EMSGSIZE, "external data" },
	{ "external data may have more room", EXTERNAL(4096, 4), EXTERNAL(4097, 5), 0 },
	{ "external data may be new", {}, EXTERNAL(1, 1), 0 },
	{ "the largest packet may not grow", { .max_packet = 2048 }, { .max_packet = 2049 },
	  -EMSGSIZE, "largest packet" },
	{ "the largest packet may not shrink", { .max_packet = 2048 }, { .max_packet = 2047 },
	  -EMSGSIZE, "largest packet" },
};

static void describe(const struct mismatch_case *mismatch, char *desc)
{
	strscpy(desc, mismatch->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(mismatch, mismatch_cases, describe);

static void mismatch_is_refused_if_it_matters(struct kunit *test)
{
	const struct mismatch_case *mismatch = test->param_value;
	struct vmb_test_move *move = prepare(test, &mismatch->from, &mismatch->to);

	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), mismatch->result);

	if (!mismatch->result)
		return;
	KUNIT_EXPECT_NOT_NULL_MSG(test, strstr(vmb_test_error_text(test, move->to),
					       mismatch->why),
				  "\"%s\"", vmb_test_error_text(test, move->to));
	vmb_test_move_expect_clean(move);
}

static struct kunit_case stream_config_cases[] = {
	KUNIT_CASE(configuration_is_in_the_stream),
	KUNIT_CASE(mmio_space_goes_with_the_guest),
	KUNIT_CASE(read_only_gpadl_stays_read_only),
	KUNIT_CASE(next_save_is_the_same),
	KUNIT_CASE_PARAM(mismatch_is_refused_if_it_matters, mismatch_gen_params),
	{}
};

static struct kunit_suite stream_config_suite = {
	.name = "vmbsave_stream_config",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = stream_config_cases,
};

kunit_test_suite(stream_config_suite);

MODULE_DESCRIPTION("A channel's configuration goes with the guest, or is compared");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "hostile.h"

#include <uapi/linux/vmbsave_stream.h>

/*
 * Streams that nobody has written. Each is refused, with an error and a reason
 * and without a trace, or restored so that the next save is the same stream.
 */

/* Every nth refusal is looked at thoroughly. */
static enum vmb_test_look look_at_each(u32 i, u32 nth)
{
	return i % nth ? VMB_TEST_LOOK_BRIEFLY : VMB_TEST_LOOK_AT_SAVE;
}

static void flip_each_bit(struct vmb_test_hostile *h)
{
	u32 i, refused = 0;

	ktime_t t0 = ktime_get();
	for (i = 0; i < h->image->bytes * 8; i++) {
		if (i % 4096 == 0) { kunit_info(h->test, "%u: %lld us", i / 8, ktime_us_delta(ktime_get(), t0)); t0 = ktime_get(); }
		vmb_test_hostile_begin(h);
		h->work->data[i / 8] ^= BIT(i % 8);
		refused += vmb_test_hostile_try(h, look_at_each(i, 61),
						"bit flip", i / 8, i % 8);
	}
	KUNIT_EXPECT_EQ(h->test, refused, h->image->bytes * 8);
	vmb_test_hostile_report(h);
}

/* The hash sees it, wherever it is. */
static void bit_flip_is_refused(struct kunit *test)
{
	flip_each_bit(vmb_test_hostile_create(test, VMB_TEST_BY_BUS));
}

static void truncation_is_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 i, refused = 0;

	for (i = 0; i < h->image->bytes; i++) {
		vmb_test_hostile_begin(h);
		h->work->bytes = i;
		refused += vmb_test_hostile_try(h, look_at_each(i, 3),
						"truncation", i, 0);
	}
	KUNIT_EXPECT_EQ(h->test, refused, h->image->bytes);
	vmb_test_hostile_report(h);
}

static struct kunit_case restore_hostile_cases[] = {
	KUNIT_CASE(bit_flip_is_refused),
	KUNIT_CASE(truncation_is_refused),
	{}
};

static struct kunit_suite restore_hostile_suite = {
	.name = "vmbsave_restore_hostile",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_hostile_cases,
};

kunit_test_suite(restore_hostile_suite);

MODULE_DESCRIPTION("Damaged streams are refused without a trace");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

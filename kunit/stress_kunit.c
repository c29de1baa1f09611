// SPDX-License-Identifier: GPL-2.0-only
#include "stress.h"

/* The rules of the state machine while everything happens at once. */

/* A test in which something never happens proves nothing about it. */
static void expect_that_it_happened(struct vmb_test_stress *stress)
{
	static const enum vmb_test_call calls[] = {
		VMB_TEST_REMOVE, VMB_TEST_OPENED, VMB_TEST_CLOSED, VMB_TEST_SUSPEND,
		VMB_TEST_STARTED, VMB_TEST_POST_STARTED, VMB_TEST_PROCESS,
		VMB_TEST_BATCH, VMB_TEST_SAVE, VMB_TEST_DONE, VMB_TEST_DISCARD,
	};
	/* With several processors the last one needs luck: time is the host's. */
	u32 nr = ARRAY_SIZE(calls) - (num_online_cpus() > 1);
	u32 i;

	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_GT_MSG(stress->test, atomic_read(&stress->calls[calls[i]]), 0,
				    "call %u never came", calls[i]);
	kunit_info(stress->test, "%d opened, %d started, %d delivered, %d done, %d saved, %d restored, %d discarded\n",
		   atomic_read(&stress->calls[VMB_TEST_OPENED]),
		   atomic_read(&stress->calls[VMB_TEST_STARTED]),
		   atomic_read(&stress->calls[VMB_TEST_PROCESS]),
		   atomic_read(&stress->calls[VMB_TEST_DONE]),
		   atomic_read(&stress->calls[VMB_TEST_SAVE]),
		   atomic_read(&stress->calls[VMB_TEST_RESTORE]),
		   atomic_read(&stress->calls[VMB_TEST_DISCARD]));
}

static void rules_hold_while_everything_happens_at_once(struct kunit *test)
{
	u64 seed = vmb_test_seed();
	u32 steps = vmb_test_steps();
	struct vmb_test_stress *stress;

	/* Arrange */
	kunit_info(test, "seed=%llu steps=%u\n", seed, steps);
	stress = vmb_test_stress_create(test, seed, steps);

	/* Act */
	vmb_test_stress_run(stress);

	/* Assert */
	vmb_test_stress_settle(stress);
	vmb_test_stress_end(stress);
	vmb_test_expect_machine_empty(stress->machine);
	KUNIT_EXPECT_EQ(test, atomic64_read(&stress->machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&stress->wrong), 0);
	expect_that_it_happened(stress);
}

static struct kunit_case stress_cases[] = {
	KUNIT_CASE(rules_hold_while_everything_happens_at_once),
	{}
};

static struct kunit_suite stress_suite = {
	.name = "vmbsave_stress",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = stress_cases,
};

kunit_test_suite(stress_suite);

MODULE_DESCRIPTION("The rules of the state machine under stress");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "hostile.h"
#include "inflight.h"
#include "migrate/restore.h"

#include <uapi/linux/vmbsave_stream.h>

/*
 * Each allocation of a restore fails in turn. Either it could be done without,
 * and all is restored; or the restore is refused with -ENOMEM, nothing is left
 * of it, and the good image is restored after it.
 */

/* More allocations than a restore has */
#define TRIES_MAX 1000

/* The write that the failing one is part of, and what comes after it */
enum step { STEP_RESUME, STEP_WRITE, STEP_COMMIT };

/**
 * struct attempt - a restore in which an allocation fails
 * @nth: which, from 1
 * @step: in what
 * @failed: it did; else there was no such one
 */
struct attempt {
	int nth;
	enum step step;
	bool failed;
};

static void arm(struct attempt *a, enum step step)
{
	if (a->step == step)
		vmb_test_fault_set(a->nth);
}

static void disarm(struct attempt *a, enum step step)
{
	if (a->step != step)
		return;
	a->failed = !vmb_test_fault_left();
	vmb_test_fault_set(0);
}

static int restore(struct vmb_test_hostile *h, struct attempt *a)
{
	struct vmb_test_machine *machine = h->mirror->machine;
	struct vmb_bus_data data;
	int ret;

	arm(a, STEP_RESUME);
	ret = vmb_bus_set_state(machine->bus, VMB_BUS_RESUMING, 0, &data);
	disarm(a, STEP_RESUME);
	if (ret)
		return ret;
	arm(a, STEP_WRITE);
	ret = vmb_test_write_bytes(data.restore, h->image->data, h->image->bytes);
	disarm(a, STEP_WRITE);
	vmb_restore_put(data.restore);
	if (!ret) {
		arm(a, STEP_COMMIT);
		ret = vmb_test_machine_set_state(machine, VMB_BUS_STOP);
		disarm(a, STEP_COMMIT);
	} else {
		KUNIT_EXPECT_EQ(h->test, ret,
				vmb_test_machine_set_state(machine, VMB_BUS_STOP));
	}
	return ret;
}

static void expect_released(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 0);
}

static void fail_each_allocation(struct kunit *test, enum step step)
{
	struct vmb_test_hostile *h;
	struct attempt a = { .step = step, .failed = true };
	int ret;

	if (!vmb_test_faults_available())
		kunit_skip(test, "the kernel has no fault injection");
	h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	for (a.nth = 1; a.failed && a.nth < TRIES_MAX; a.nth++) {
		ret = restore(h, &a);
		if (!ret) {
			h->nr_restored++;
			vmb_test_mirror_renew(h->mirror);
			continue;
		}
		h->nr_refused++;
		KUNIT_EXPECT_EQ(test, ret, -ENOMEM);
		KUNIT_EXPECT_EQ(test, vmb_bus_error_get(h->mirror->machine->bus, NULL, NULL),
				-ENOMEM);
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(h->mirror->machine->bus), 0);
		expect_released(test);
		KUNIT_EXPECT_EQ(test, atomic64_read(&h->mirror->machine->pinned), 0);
		/* The undamaged image, and what it is saved as */
		vmb_test_hostile_begin(h);
		KUNIT_EXPECT_FALSE(test, vmb_test_hostile_try(h, VMB_TEST_LOOK_AT_ALL,
							      "allocation", a.nth, step));
	}
	KUNIT_EXPECT_FALSE_MSG(test, a.failed, "more than %d allocations", a.nth);
	KUNIT_EXPECT_GT(test, h->nr_refused, 0);
	kunit_info(test, "%d allocations", a.nth - 2);
}

static void each_allocation_of_resuming_may_fail(struct kunit *test)
{
	fail_each_allocation(test, STEP_RESUME);
}

static void each_allocation_of_the_writes_may_fail(struct kunit *test)
{
	fail_each_allocation(test, STEP_WRITE);
}

static void each_allocation_of_the_commit_may_fail(struct kunit *test)
{
	fail_each_allocation(test, STEP_COMMIT);
}

static struct kunit_case restore_fail_cases[] = {
	KUNIT_CASE(each_allocation_of_resuming_may_fail),
	KUNIT_CASE(each_allocation_of_the_writes_may_fail),
	KUNIT_CASE(each_allocation_of_the_commit_may_fail),
	{}
};

static struct kunit_suite restore_fail_suite = {
	.name = "vmbsave_restore_fail",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_fail_cases,
};

kunit_test_suite(restore_fail_suite);

MODULE_DESCRIPTION("A restore without memory is refused and undone");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_HELPERS_H
#define _VMB_KUNIT_HELPERS_H

#include <kunit/test.h>
#include <kunit/visibility.h>
#include <linux/delay.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/vmbsave.h>

#include "core/limits.h"

/**
 * struct vmb_test - what the fixture of one case has, at test->priv
 * @test: the case
 * @machines: struct vmb_test_machine
 * @vsps: struct vmb_test_vsp
 * @jobs: struct vmb_test_job
 * @buffers: from vmb_test_alloc()
 * @nr_vsps: VSPs made, for their types
 * @used: the counters before the case
 * @priv: the suite's own
 */
struct vmb_test {
	struct kunit *test;
	struct list_head machines;
	struct list_head vsps;
	struct list_head jobs;
	struct list_head buffers;
	u32 nr_vsps;
	u64 used[VMB_NR_LIMITS];
	void *priv;
};

static inline struct vmb_test *vmb_test_of(struct kunit *test)
{
	return test->priv;
}

int vmb_test_init(struct kunit *test);
void vmb_test_exit(struct kunit *test);
bool vmb_test_expect_released(struct kunit *test);
u64 vmb_test_seed(void);
u32 vmb_test_steps(void);

void *vmb_test_alloc(struct kunit *test, size_t bytes);
__printf(2, 3)
const char *vmb_test_text(struct kunit *test, const char *fmt, ...);
void vmb_test_fill(void *buf, u32 bytes, u64 seed);
bool vmb_test_filled(const void *buf, u32 bytes, u64 seed);
u64 vmb_test_limit_leave(enum vmb_limit which, u64 left);

/**
 * vmb_test_wait() - give work in other threads ten seconds
 * @condition: what is waited for; looked at every 20 ms
 * Return: true if it came true.
 */
#define vmb_test_wait(condition)					\
({									\
	int __tries = 500;						\
	bool __true;							\
									\
	while (!(__true = (condition)) && --__tries)			\
		msleep(20);						\
	__true;								\
})

#endif /* _VMB_KUNIT_HELPERS_H */

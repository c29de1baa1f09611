/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_INFLIGHT_H
#define _VMB_KUNIT_INFLIGHT_H

#include <linux/sched.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave_stream.h>

#include "helpers.h"
#include "line.h"
#include "stream.h"

/* Packets of vmb_test_inflight_all() by transaction id, and the request */
#define VMB_TEST_INFLIGHT_SENT		1	/* without state */
#define VMB_TEST_INFLIGHT_SENT_STATE	2	/* 16 bytes of state */
#define VMB_TEST_INFLIGHT_LONG		3	/* queued, 4100 bytes of state */
#define VMB_TEST_INFLIGHT_ONE_WAY	4	/* queued, 9 bytes of state */
#define VMB_TEST_INFLIGHT_PACKETS	4
#define VMB_TEST_INFLIGHT_REQUEST	77

/* Bytes of its VSP's own state */
#define VMB_TEST_INFLIGHT_STATE		24

struct vmb_test_line *vmb_test_inflight_all(struct kunit *test);
struct vmb_test_line *vmb_test_inflight_many(struct kunit *test, u32 nr,
					     u32 state_bytes);
struct vmb_test_line *vmb_test_inflight_follow(struct vmb_test_line *line);
void vmb_test_inflight_resume(struct vmb_test_line *line);
void vmb_test_inflight_expect_once(struct kunit *test,
				   struct vmb_test_line *line, u64 first,
				   u64 last);

int vmb_test_save_begin_as(struct vmb_channel *channel, u64 stream_id);
int vmb_test_save_chunk(struct vmb_channel *channel, void *buf, u32 *filled);

/**
 * vmb_test_faults_available() - can allocations be made to fail?
 * Return: true if the kernel can do that.
 */
static inline bool vmb_test_faults_available(void)
{
	return IS_ENABLED(CONFIG_FAULT_INJECTION) && IS_ENABLED(CONFIG_FAILSLAB);
}

/**
 * vmb_test_fault_set() - let an allocation fail
 * @nth: of those that the calling thread makes from now on, from 1; 0 = none
 */
static inline void vmb_test_fault_set(u32 nth)
{
#ifdef CONFIG_FAULT_INJECTION
	WRITE_ONCE(current->fail_nth, nth);
#endif
}

/**
 * vmb_test_fault_left() - how many allocations are left until one fails
 * Return: the number, 0 = it has failed or none was to.
 */
static inline u32 vmb_test_fault_left(void)
{
#ifdef CONFIG_FAULT_INJECTION
	return READ_ONCE(current->fail_nth);
#else
	return 0;
#endif
}

#endif /* _VMB_KUNIT_INFLIGHT_H */

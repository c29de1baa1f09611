/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_JOB_H
#define _VMB_KUNIT_JOB_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/workqueue.h>

struct kunit;
struct vmb_test;

/**
 * struct vmb_test_job - a call in another thread
 * @node: in vmb_test.jobs
 * @work: does it
 * @call: the call
 * @arg: for it
 * @ret: what it returned
 * @done: it has
 */
struct vmb_test_job {
	struct list_head node;
	struct delayed_work work;
	int (*call)(void *arg);
	void *arg;
	int ret;
	struct completion done;
};

struct vmb_test_job *vmb_test_job_start(struct kunit *test, u32 delay_ms,
					int (*call)(void *arg), void *arg);
bool vmb_test_job_ended(struct vmb_test_job *job, u32 timeout_ms);
int vmb_test_job_wait(struct kunit *test, struct vmb_test_job *job);
void vmb_test_jobs_wait(struct vmb_test *t);

void vmb_test_kill_me(void);
void vmb_test_revive_me(void);

#endif /* _VMB_KUNIT_JOB_H */

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/jiffies.h>
#include <linux/sched/signal.h>

#include "helpers.h"
#include "job.h"

/* Longer than anything waits here by design, in virtual time */
#define PATIENCE_MS 60000

static void job_work(struct work_struct *work)
{
	struct vmb_test_job *job =
		container_of(to_delayed_work(work), struct vmb_test_job, work);

	job->ret = job->call(job->arg);
	complete_all(&job->done);
}

/**
 * vmb_test_job_start() - make a call in another thread
 * @test: the case
 * @delay_ms: and not before
 * @call: the call
 * @arg: for it
 * Return: the job; it is waited for at the end of the case.
 */
struct vmb_test_job *vmb_test_job_start(struct kunit *test, u32 delay_ms,
					int (*call)(void *arg), void *arg)
{
	struct vmb_test_job *job = vmb_test_alloc(test, sizeof(*job));

	job->call = call;
	job->arg = arg;
	init_completion(&job->done);
	INIT_DELAYED_WORK(&job->work, job_work);
	list_add(&job->node, &vmb_test_of(test)->jobs);
	queue_delayed_work(system_unbound_wq, &job->work,
			   msecs_to_jiffies(delay_ms));
	return job;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_job_start);

/**
 * vmb_test_job_ended() - has a job ended, or does it soon?
 * @job: the job
 * @timeout_ms: how long to wait for it
 * Return: true if it has.
 */
bool vmb_test_job_ended(struct vmb_test_job *job, u32 timeout_ms)
{
	return wait_for_completion_timeout(&job->done,
					   msecs_to_jiffies(timeout_ms));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_job_ended);

/**
 * vmb_test_job_wait() - wait for a job
 * @test: the case
 * @job: the job
 * Return: what its call returned; if it does not end the case does.
 */
int vmb_test_job_wait(struct kunit *test, struct vmb_test_job *job)
{
	KUNIT_ASSERT_TRUE_MSG(test, vmb_test_job_ended(job, PATIENCE_MS),
			      "a call does not return");
	return job->ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_job_wait);

/**
 * vmb_test_jobs_wait() - wait for all jobs
 * @t: of the case
 *
 * Nothing of the fixture can be released before.
 */
void vmb_test_jobs_wait(struct vmb_test *t)
{
	struct vmb_test_job *job;

	list_for_each_entry(job, &t->jobs, node) {
		KUNIT_EXPECT_TRUE_MSG(t->test, vmb_test_job_ended(job, PATIENCE_MS),
				      "a call does not return");
		flush_delayed_work(&job->work);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_jobs_wait);

/**
 * vmb_test_kill_me() - let the calling thread have a fatal signal
 *
 * Killable waits of the thread end at once, until vmb_test_revive_me(). Of
 * KUnit's thread alone, and with no assertion in between.
 */
void vmb_test_kill_me(void)
{
	allow_signal(SIGKILL);
	send_sig(SIGKILL, current, 1);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kill_me);

/**
 * vmb_test_revive_me() - undo vmb_test_kill_me()
 */
void vmb_test_revive_me(void)
{
	flush_signals(current);
	disallow_signal(SIGKILL);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_revive_me);

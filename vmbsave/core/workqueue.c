// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/workqueue.h>

#include "core/workqueue.h"

/* One for all, so that module exit knows when the last piece of work is done */
static struct workqueue_struct *queue;

/**
 * vmb_workqueue_create() - make the workqueue of the module
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int vmb_workqueue_create(void)
{
	queue = alloc_workqueue("vmbsave", WQ_UNBOUND, 0);
	return queue ? 0 : -ENOMEM;
}

/**
 * vmb_workqueue_destroy() - wait for the last work and free the workqueue
 * Context: process context, sleeps.
 */
void vmb_workqueue_destroy(void)
{
	destroy_workqueue(queue);
}

/**
 * vmb_workqueue_queue() - do some work soon
 * @work: the work
 * Context: any.
 * Return: false if it was queued already.
 */
bool vmb_workqueue_queue(struct work_struct *work)
{
	return queue_work(queue, work);
}

/**
 * vmb_workqueue_queue_delayed() - do some work after a while
 * @work: the work
 * @delay: in jiffies; 0 also if it was queued for later
 *
 * Such work cannot be flushed: with a delay of 0 it is taken out of its queue
 * and who waits for it is woken, although it may be running. It can be
 * cancelled.
 * Context: any.
 */
void vmb_workqueue_queue_delayed(struct delayed_work *work, unsigned long delay)
{
	if (delay)
		queue_delayed_work(queue, work, delay);
	else
		mod_delayed_work(queue, work, 0);
}

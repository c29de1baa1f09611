// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vsp_echo, the smallest VSP
 *
 * Answers each request of the guest with the request's own bytes: at once, or
 * after delay_ms, in which case it holds the request meanwhile. It sends no
 * packets of its own, so it has nothing to save: what it holds when traffic
 * stops it completes there and then, and the library carries the answers that
 * do not fit into the ring to the other host.
 */
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/workqueue.h>
#include <linux/vmbsave.h>
#include "vsp_echo.h"

static unsigned int delay_ms;
module_param(delay_ms, uint, 0644);
MODULE_PARM_DESC(delay_ms, "milliseconds before a request is answered, 0 = at once");

/**
 * struct echo - one channel
 * @lock: protects @held
 * @held: requests not answered yet, oldest first
 * @answer: answers those whose time has come
 */
struct echo {
	struct mutex lock;	/* protects held */
	struct list_head held;
	struct delayed_work answer;
};

/* Lives until its packet is completed, as the library's @buf does. */
struct echo_request {
	struct list_head node;
	struct vmb_packet_completion *packet;
	const void *buf;
	u32 len;
	unsigned long due;
};

static void request_answer(struct echo_request *request)
{
	list_del(&request->node);
	vmb_packet_complete(request->packet, request->buf, request->len);
	kfree(request);
}

static void echo_answer_due(struct work_struct *work)
{
	struct echo *echo = container_of(to_delayed_work(work), struct echo, answer);
	struct echo_request *request, *next;
	unsigned long now = jiffies;

	guard(mutex)(&echo->lock);
	list_for_each_entry_safe(request, next, &echo->held, node) {
		if (time_after(request->due, now)) {
			schedule_delayed_work(&echo->answer, request->due - now);
			return;
		}
		request_answer(request);
	}
}

static void echo_answer_all(struct echo *echo)
{
	struct echo_request *request, *next;

	cancel_delayed_work_sync(&echo->answer);

	guard(mutex)(&echo->lock);
	list_for_each_entry_safe(request, next, &echo->held, node)
		request_answer(request);
}

static void echo_process_packet(struct vmb_channel *channel,
				struct vmb_packet_completion *packet,
				const void *buf, u32 len)
{
	struct echo *echo = vmb_channel_get_pointer(channel);
	unsigned long delay = msecs_to_jiffies(READ_ONCE(delay_ms));
	struct echo_request *request;

	request = delay ? kmalloc(sizeof(*request), GFP_KERNEL) : NULL;
	if (!request) {
		/* Without memory to remember it by, now is the only time. */
		vmb_packet_complete(packet, buf, len);
		return;
	}

	request->packet = packet;
	request->buf = buf;
	request->len = len;
	request->due = jiffies + delay;

	guard(mutex)(&echo->lock);
	list_add_tail(&request->node, &echo->held);
	schedule_delayed_work(&echo->answer, delay);
}

static void echo_suspend(struct vmb_channel *channel)
{
	echo_answer_all(vmb_channel_get_pointer(channel));
}

static int echo_probe(struct vmb_channel *channel)
{
	struct echo *echo;
	int err;

	echo = kzalloc(sizeof(*echo), GFP_KERNEL);
	if (!echo)
		return -ENOMEM;

	mutex_init(&echo->lock);
	INIT_LIST_HEAD(&echo->held);
	INIT_DELAYED_WORK(&echo->answer, echo_answer_due);
	vmb_channel_set_pointer(channel, echo);

	err = vmb_channel_enable(channel);
	if (err)
		goto err_free;

	err = vmb_channel_start(channel);
	if (err)
		goto err_disable;

	return 0;

err_disable:
	vmb_channel_disable(channel);
err_free:
	vmb_channel_set_pointer(channel, NULL);
	kfree(echo);
	return err;
}

static void echo_remove(struct vmb_channel *channel)
{
	struct echo *echo = vmb_channel_get_pointer(channel);

	echo_answer_all(echo);
	mutex_destroy(&echo->lock);
	kfree(echo);
}

static const struct vmb_vsp_id echo_ids[] = {
	{ .type = VSP_ECHO_TYPE },
	{ }
};

static struct vmb_vsp echo_vsp = {
	.name = "vsp_echo",
	.id_table = echo_ids,
	.probe = echo_probe,
	.remove = echo_remove,
	.suspend = echo_suspend,
	.process_packet = echo_process_packet,
};
module_vmb_vsp(echo_vsp);

MODULE_DESCRIPTION("Sample VSP: answers each request with its own bytes");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
VMB_MODULE_ALIAS(VSP_ECHO_TYPE_STRING);

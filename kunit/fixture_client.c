// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_kunit.h>
#include <linux/wait.h>

#include "fixture.h"

/* The client that records. */

static struct vmb_kunit_client *client_of(struct vmb_channel *channel)
{
	return vmb_channel_get_pointer(channel);
}

static int client_opened(struct vmb_channel *channel)
{
	struct vmb_kunit_client *client = client_of(channel);

	atomic_inc(&client->opened);
	return READ_ONCE(client->opened_error);
}

static void client_closed(struct vmb_channel *channel)
{
	atomic_inc(&client_of(channel)->closed);
}

static void client_started(struct vmb_channel *channel)
{
	atomic_inc(&client_of(channel)->started);
}

/* Return: the packet of a message, which is the caller's to complete, or NULL */
static struct vmb_packet_completion *detach(struct vmb_kunit_message *message)
{
	struct vmb_packet_completion *packet;

	guard(spinlock_irqsave)(&message->client->lock);

	packet = message->packet;
	message->packet = NULL;
	return packet;
}

void vmb_kunit_answer(struct vmb_kunit_message *message, const void *buf, u32 len)
{
	struct vmb_packet_completion *packet = detach(message);

	if (packet)
		vmb_packet_complete(packet, buf, len);
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_answer, VMBSAVE_NS);

/* Messages are added at the end and freed with the client. */
static struct vmb_kunit_message *next_message(struct vmb_kunit_client *client,
					      struct vmb_kunit_message *message)
{
	struct list_head *at = message ? &message->node : &client->messages;

	guard(spinlock_irqsave)(&client->lock);

	return list_is_last(at, &client->messages) ? NULL :
	       list_entry(at->next, struct vmb_kunit_message, node);
}

static void answer_all(struct vmb_kunit_client *client)
{
	struct vmb_kunit_message *message;

	for (message = next_message(client, NULL); message;
	     message = next_message(client, message))
		vmb_kunit_answer(message, NULL, 0);
}

static void client_suspend(struct vmb_channel *channel)
{
	struct vmb_kunit_client *client = client_of(channel);

	atomic_inc(&client->suspended);
	if (!READ_ONCE(client->keep_on_suspend))
		answer_all(client);
}

static void client_process(struct vmb_channel *channel,
			   struct vmb_packet_completion *packet, const void *buf,
			   u32 len)
{
	struct vmb_kunit_client *client = client_of(channel);
	struct vmb_kunit_message *message;

	message = kzalloc(struct_size(message, data, len), GFP_KERNEL);
	if (!message) {
		vmb_packet_complete(packet, NULL, 0);
		return;
	}
	message->client = client;
	message->packet = packet;
	message->id = vmb_packet_completion_transaction_id(packet);
	message->len = len;
	memcpy(message->data, buf, len);
	scoped_guard(spinlock_irqsave, &client->lock)
		list_add_tail(&message->node, &client->messages);
	wake_up_all(&client->changed);
}

static void client_failed(struct vmb_channel *channel, int error)
{
	struct vmb_kunit_client *client = client_of(channel);

	WRITE_ONCE(client->failure, error);
	atomic_inc(&client->failed);
	wake_up_all(&client->changed);
}

static const struct vmb_vsp callbacks = {
	.name = "vmb_kunit_client",
	.opened = client_opened,
	.closed = client_closed,
	.suspend = client_suspend,
	.started = client_started,
	.process_packet = client_process,
};

static struct vmb_kunit_client *make_client(struct vmb_kunit *fixture)
{
	struct vmb_kunit_client *client = kzalloc(sizeof(*client), GFP_KERNEL);

	if (!client)
		return NULL;
	client->fixture = fixture;
	client->callbacks = callbacks;
	spin_lock_init(&client->lock);
	INIT_LIST_HEAD(&client->messages);
	INIT_LIST_HEAD(&client->requests);
	init_waitqueue_head(&client->changed);
	client->channel = vmb_channel_allocate(fixture->bus, &client->callbacks,
					       false);
	if (IS_ERR(client->channel)) {
		kfree(client);
		return NULL;
	}
	vmb_channel_set_pointer(client->channel, client);
	list_add_tail(&client->node, &fixture->clients);
	return client;
}

struct vmb_kunit_client *vmb_kunit_client_create(struct vmb_kunit *fixture,
						 const guid_t *type)
{
	struct vmb_kunit_client *client = make_client(fixture);
	struct kunit *test = fixture->test;

	KUNIT_ASSERT_NOT_NULL(test, client);
	KUNIT_ASSERT_EQ(test, vmb_client_channel_init_set_target(client->channel, type,
								 NULL, client_failed), 0);
	return client;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_client_create, VMBSAVE_NS);

/* Once its bus was destroyed. */
void vmb_kunit_client_free(struct vmb_kunit_client *client)
{
	struct vmb_kunit_request *request, *next_request;
	struct vmb_kunit_message *message, *next;

	answer_all(client);
	if (WARN_ON_ONCE(vmb_channel_cleanup(client->channel)))
		return;
	list_for_each_entry_safe(message, next, &client->messages, node)
		kfree(message);
	list_for_each_entry_safe(request, next_request, &client->requests, node)
		kfree(request);
	list_del(&client->node);
	kfree(client);
}

bool vmb_kunit_await_state(struct vmb_kunit_client *client,
			   enum vmb_channel_state state)
{
	unsigned long end = jiffies + msecs_to_jiffies(VMB_KUNIT_DEADLINE_MS);

	while (vmb_channel_get_state(client->channel) != state) {
		if (time_after(jiffies, end))
			return false;
		schedule_timeout_uninterruptible(msecs_to_jiffies(10));
	}
	return true;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_await_state, VMBSAVE_NS);

static void request_done(struct vmb_packet *packet, int status, const void *buf,
			 u32 len)
{
	struct vmb_kunit_request *request = vmb_packet_get_pointer(packet);
	struct vmb_kunit_client *client = request->client;

	scoped_guard(spinlock_irqsave, &client->lock) {
		request->nr_done++;
		request->status = status;
		request->len = len;
		if (len)
			memcpy(request->answer, buf, len);
	}
	vmb_packet_free(packet);
	wake_up_all(&client->changed);
}

struct vmb_kunit_request *vmb_kunit_request(struct vmb_kunit_client *client,
					    const void *buf, u32 len)
{
	u32 room = round_up(vmb_channel_max_packet_size(client->channel), 8);
	struct vmb_kunit_request *request;
	struct vmb_packet *packet = vmb_packet_allocate(client->channel);
	int ret = -ENOMEM;

	if (IS_ERR(packet))
		return ERR_CAST(packet);
	request = kzalloc(struct_size(request, answer, room), GFP_KERNEL);
	if (!request)
		goto err_packet;
	request->client = client;
	vmb_packet_set_pointer(packet, request);
	vmb_packet_set_completion_routine(packet, request_done);
	scoped_guard(spinlock_irqsave, &client->lock)
		list_add_tail(&request->node, &client->requests);
	ret = vmb_packet_send(packet, buf, len, VMB_PACKET_WAIT_FOR_COMPLETION);
	if (!ret)
		return request;
	scoped_guard(spinlock_irqsave, &client->lock)
		list_del(&request->node);
	kfree(request);
err_packet:
	vmb_packet_free(packet);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_request, VMBSAVE_NS);

int vmb_kunit_await(struct vmb_kunit_request *request)
{
	if (!wait_event_timeout(request->client->changed,
				READ_ONCE(request->nr_done),
				msecs_to_jiffies(VMB_KUNIT_DEADLINE_MS)))
		return -ETIMEDOUT;
	guard(spinlock_irqsave)(&request->client->lock);
	return request->status;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_await, VMBSAVE_NS);

static struct vmb_kunit_message *take_message(struct vmb_kunit_client *client)
{
	struct vmb_kunit_message *message;

	guard(spinlock_irqsave)(&client->lock);

	list_for_each_entry(message, &client->messages, node) {
		if (message->taken)
			continue;
		message->taken = true;
		return message;
	}
	return NULL;
}

struct vmb_kunit_message *vmb_kunit_receive(struct vmb_kunit_client *client)
{
	struct vmb_kunit_message *message = NULL;

	wait_event_timeout(client->changed, (message = take_message(client)),
			   msecs_to_jiffies(VMB_KUNIT_DEADLINE_MS));
	return message;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_receive, VMBSAVE_NS);

u32 vmb_kunit_received(struct vmb_kunit_client *client)
{
	struct vmb_kunit_message *message;
	u32 nr = 0;

	guard(spinlock_irqsave)(&client->lock);

	list_for_each_entry(message, &client->messages, node)
		nr++;
	return nr;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_received, VMBSAVE_NS);

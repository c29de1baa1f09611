// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/vmb_config.h>
#include <linux/vmb_ns.h>

#include "core/client.h"
#include "core/guest_memory.h"
#include "core/outgoing.h"
#include "core/workqueue.h"

/**
 * DOC: A client's end
 *
 * The client is the guest, so its end asks for what a guest asks for: it lends
 * the rings, opens, closes. The server's end does not know that its guest is in
 * this kernel. The client's end is the same object as the server's: what it
 * sends and receives goes through the same code, with the rings swapped.
 *
 * All that happens to it without its owner's asking is done by one piece of
 * work. It takes the client's turn, looks, and does the first that is due:
 *
 * 1. The server's end was closed or failed: the client is closed, as far as it
 *    goes without asking the server, and Disabled.
 * 2. It is Enabled and the bus runs: look for the offer, and connect.
 * 3. It is open and the bus runs: let traffic run.
 *
 * Whoever causes one of these wakes it: the server's end that is enabled,
 * closed or goes away, the bus that begins to run.
 *
 * Order: the client's turn comes before the server's, so that the client can
 * open and close; the server's end therefore never waits for the client's turn
 * but leaves it to this work.
 *
 * Unhappy paths. The offer is in a session: the work comes back. The connection
 * fails although the offer is still there: all is undone, the channel is
 * Disabled, the owner is told. The bus stops while it is connecting: it waits
 * until the bus runs.
 */

/* When to try again that which a session keeps from being done, ms */
#define RETRY_MS 20

/* Pages of data of a ring unless the owner sets another number */
#define RING_PAGES_DEFAULT	4
#define RING_PAGES_MAX		4096

static void close_lost(struct vmb_channel *channel)
{
	int ret = vmb_client_hang_up(channel, vmb_deadline_none());

	if (ret) {
		/* When the bus runs again the work is done again, too. */
		if (vmb_bus_is_running(channel->bus))
			vmb_workqueue_queue_delayed(&channel->client->work,
						    msecs_to_jiffies(RETRY_MS));
		return;
	}
	vmb_channel_flow_cut(channel);
	vmb_channel_shut(channel);
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_CLOSE);
	vmb_outgoing_cancel(channel, 0);
	vmb_channel_flush(channel);
	vmb_client_disconnect(channel);
}

/* Return: the errno of a connection that failed for good, else 0 */
static int connect(struct vmb_channel *channel)
{
	int ret = vmb_client_connect(channel);

	if (ret == -EAGAIN) {
		vmb_workqueue_queue_delayed(&channel->client->work,
					    msecs_to_jiffies(RETRY_MS));
		return 0;
	}
	if (!ret || ret == -ENOENT)
		return 0;
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_DISABLE);
	vmb_outgoing_cancel(channel, 0);
	vmb_channel_flush(channel);
	return ret;
}

/* Return: as connect() */
static int settle(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;

	if (READ_ONCE(channel->gone))
		return 0;
	if (vmb_channel_state_is_open(channel->state)) {
		if (READ_ONCE(client->link->lost))
			close_lost(channel);
		else
			vmb_channel_flow_thaw(channel);
		return 0;
	}
	if (channel->state == VMB_CHANNEL_ENABLED &&
	    vmb_bus_is_running(channel->bus))
		return connect(channel);
	return 0;
}

static void client_work(struct work_struct *work)
{
	struct vmb_client *client =
		container_of(to_delayed_work(work), struct vmb_client, work);
	struct vmb_channel *channel = client->channel;
	int error;

	if (WARN_ON_ONCE(vmb_turn_take(&channel->turn)))
		return;
	error = settle(channel);
	vmb_turn_release(&channel->turn);
	if (error && client->failure)
		client->failure(channel, error);
}

/**
 * vmb_client_init() - give a channel what makes it a client's end
 * @channel: new
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int vmb_client_init(struct vmb_channel *channel)
{
	struct vmb_client *client = kzalloc(sizeof(*client), GFP_KERNEL_ACCOUNT);

	if (!client)
		return -ENOMEM;
	client->channel = channel;
	client->in_pages = RING_PAGES_DEFAULT;
	client->out_pages = RING_PAGES_DEFAULT;
	INIT_DELAYED_WORK(&client->work, client_work);
	mutex_init(&client->lock);
	xa_init(&client->lent);
	/* Another class than the server's, because both are taken. */
	vmb_turn_init(&channel->turn);
	channel->client = client;
	return 0;
}

/**
 * vmb_client_cancel() - wait for the work, and let it not begin
 * @client: of a channel that is gone, or NULL
 *
 * The owner is called by it no more.
 * Context: process context, without the channel's turn; not the work.
 */
void vmb_client_cancel(struct vmb_client *client)
{
	if (client)
		cancel_delayed_work_sync(&client->work);
}

/**
 * vmb_client_free() - undo vmb_client_init()
 * @client: without a connection and without work; or NULL
 * Context: process context.
 */
void vmb_client_free(struct vmb_client *client)
{
	if (!client)
		return;
	WARN_ON_ONCE(client->link || client->server || !xa_empty(&client->lent));
	xa_destroy(&client->lent);
	kfree(client);
}

/**
 * vmb_client_is_working() - does the client's work make this call?
 * @client: the client, or NULL
 *
 * Context: any.
 * Return: true if it does.
 */
bool vmb_client_is_working(struct vmb_client *client)
{
	return client && current_work() == &client->work.work;
}

/**
 * vmb_client_check() - can a client be enabled?
 * @channel: a client's end; the caller has its turn
 *
 * Context: process context.
 * Return: 0, or -EINVAL (no target was set), -EOPNOTSUPP (the guest of its bus
 * is not in this kernel).
 */
int vmb_client_check(const struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	if (guid_is_null(&channel->client->type))
		return -EINVAL;
	return channel->bus->memory->ops->lend ? 0 : -EOPNOTSUPP;
}

/**
 * vmb_client_wake() - have a client look what is to be done
 * @channel: a client's end
 * Context: any.
 */
void vmb_client_wake(struct vmb_channel *channel)
{
	vmb_workqueue_queue_delayed(&channel->client->work, 0);
}

/**
 * vmb_clients_wake() - have all clients of a bus look what is to be done
 * @bus: the bus
 * Context: process context.
 */
void vmb_clients_wake(struct vmb_bus *bus)
{
	struct vmb_channel *channel;

	guard(mutex)(&bus->lock);
	list_for_each_entry(channel, &bus->owned, owned_node)
		if (channel->client)
			vmb_client_wake(channel);
}

int vmb_client_channel_init_set_ring_page_count(struct vmb_channel *channel,
						u32 incoming, u32 outgoing)
{
	int ret;

	if (!channel->client || !incoming || incoming > RING_PAGES_MAX ||
	    !outgoing || outgoing > RING_PAGES_MAX)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->client->in_pages = incoming;
	channel->client->out_pages = outgoing;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_client_channel_init_set_ring_page_count, VMBSAVE_NS);

int vmb_client_channel_init_set_target(struct vmb_channel *channel,
				       const guid_t *type, const guid_t *instance,
				       void (*failure)(struct vmb_channel *channel,
						       int error))
{
	struct vmb_client *client = channel->client;
	int ret;

	if (!client || !type || guid_is_null(type))
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	client->type = *type;
	client->any_instance = !instance;
	client->instance = instance ? *instance : guid_null;
	client->failure = failure;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_client_channel_init_set_target, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/vmb_pages.h>

#include "core/client.h"
#include "core/gpadl.h"
#include "core/incoming.h"
#include "core/outgoing.h"

/**
 * DOC: How a client's end connects
 *
 * 1. An offer is found that nobody has, and claimed.
 * 2. The rings are made and lent to the server's end.
 * 3. The server's end is opened: its .opened, then its traffic starts.
 * 4. The client's end is opened: .opened, then .started and .post_started.
 *
 * Disconnecting goes the other way: the server's end is closed and lets go of
 * what it was lent, then the client's is closed, then the pages are taken back,
 * in .closed at the latest by the owner's knowledge.
 *
 * Unhappy paths. Each step undoes the ones before it. A failure that the
 * offer's going away explains is none: the client waits for another one. Step 4
 * fails and the server's end cannot be closed, because the bus has stopped or a
 * session has it: the client is Enabled and keeps the connection until that can
 * be undone, then begins anew.
 */

/* Can the guest open it? Others may change that at any time. */
static bool is_on_offer(const struct vmb_channel *server)
{
	enum vmb_channel_state state = vmb_channel_get_state(server);

	return state != VMB_CHANNEL_DISABLED &&
	       !vmb_channel_state_is_open(state) && !READ_ONCE(server->gone);
}

static bool is_target(const struct vmb_client *client,
		      const struct vmb_channel *server)
{
	const struct vmb_channel_identity *identity = &server->identity;

	return guid_equal(&identity->type, &client->type) &&
	       (client->any_instance ||
		guid_equal(&identity->instance, &client->instance));
}

/* Return: the offer with the lowest id that nobody has, referenced, or NULL */
static struct vmb_channel *find_offer(const struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;
	struct vmb_channel *server;
	unsigned long id;

	guard(mutex)(&bus->lock);
	xa_for_each(&bus->channels, id, server)
		if (is_target(channel->client, server) && is_on_offer(server) &&
		    !READ_ONCE(server->host))
			return vmb_channel_get(server);
	return NULL;
}

static void free_rings(struct vmb_client *client)
{
	while (client->nr_pages)
		__free_page(client->pages[--client->nr_pages]);
	kvfree(client->pages);
	client->pages = NULL;
}

static int alloc_rings(struct vmb_client *client)
{
	u32 nr = client->in_pages + client->out_pages + 2;

	client->pages = kvcalloc(nr, sizeof(*client->pages), GFP_KERNEL_ACCOUNT);
	if (!client->pages)
		return -ENOMEM;
	while (client->nr_pages < nr) {
		struct page *page = alloc_page(GFP_KERNEL_ACCOUNT | __GFP_ZERO);

		if (!page) {
			free_rings(client);
			return -ENOMEM;
		}
		client->pages[client->nr_pages++] = page;
	}
	return 0;
}

static int attach_both(struct vmb_channel *channel)
{
	const struct vmb_client *client = channel->client;
	u8 *out = channel->ring_map;
	u8 *in = out + (client->out_pages + 1) * VMBSAVE_PAGE_SIZE;
	int ret;

	ret = vmb_ring_attach(&channel->out, out, out + VMBSAVE_PAGE_SIZE,
			      client->out_pages * VMBSAVE_PAGE_SIZE, true);
	if (ret)
		return ret;
	return vmb_ring_attach(&channel->in, in, in + VMBSAVE_PAGE_SIZE,
			       client->in_pages * VMBSAVE_PAGE_SIZE, false);
}

/* Undone by vmb_channel_rings_detach(). */
static int attach_rings(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	int ret = vmb_incoming_prepare(channel);

	if (ret)
		return ret;
	ret = -ENOMEM;
	channel->ring_map = vmap(client->pages, client->nr_pages, VM_MAP,
				 PAGE_KERNEL);
	if (channel->ring_map)
		ret = attach_both(channel);
	if (ret) {
		vunmap(channel->ring_map);
		channel->ring_map = NULL;
		vmb_incoming_cleanup(channel);
		return ret;
	}
	vmb_ring_set_features(&channel->out);
	return 0;
}

static int lend_rings(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	struct vmb_page_range range = {
		.pages = client->pages,
		.nr_pages = client->nr_pages,
		.byte_count = client->nr_pages * VMBSAVE_PAGE_SIZE,
	};

	return vmb_client_lend(channel, client->link->server, 0, &range,
			       &client->ring_gpadl);
}

static int open_server(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	struct vmb_channel_open open = {
		.gpadl = client->ring_gpadl,
		.downstream_page = client->out_pages + 1,
	};

	return vmb_channel_open(client->link->server, &open);
}

static int open_client(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	int ret;

	scoped_guard(mutex, &client->lock)
		client->server = vmb_channel_get(client->link->server);
	ret = vmb_channel_call_opened(channel);
	if (ret)
		return ret;
	channel->opened_before = true;
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_OPEN);
	vmb_channel_flow_start(channel);
	return 0;
}

static int open_both(struct vmb_channel *channel)
{
	int ret = alloc_rings(channel->client);

	if (ret)
		return ret;
	ret = lend_rings(channel);
	if (!ret)
		ret = attach_rings(channel);
	if (ret)
		return ret;
	vmb_client_link_join(channel->client->link);
	ret = open_server(channel);
	if (!ret)
		ret = open_client(channel);
	if (ret)
		vmb_channel_rings_detach(channel);
	return ret;
}

/* Return: 0, or -EAGAIN: the server's end is still open, or has the pages */
static int give_up(struct vmb_channel *channel)
{
	if (vmb_client_hang_up(channel, vmb_deadline_none()))
		return -EAGAIN;
	vmb_client_disconnect(channel);
	return 0;
}

/* Return: what the client is to make of a failure: -EAGAIN, -ENOENT, or it */
static int judge(const struct vmb_channel *server, int error)
{
	if (READ_ONCE(server->held))
		return -EAGAIN;
	if (!is_on_offer(server) || !vmb_bus_is_running(server->bus))
		return -ENOENT;
	return error;
}

static int connect_to(struct vmb_channel *channel, struct vmb_channel *server)
{
	struct vmb_client *client = channel->client;
	struct vmb_client_link *link = vmb_client_link_create(channel, server);
	int ret;

	if (IS_ERR(link))
		return PTR_ERR(link);
	ret = vmb_client_link_claim(link);
	if (ret) {
		vmb_client_link_put(link);
		return -EAGAIN;
	}
	client->link = link;
	ret = open_both(channel);
	if (!ret)
		return 0;
	return give_up(channel) ?: judge(server, ret);
}

/**
 * vmb_client_connect() - find the offer and open the channel
 * @channel: a client's end, Enabled; the caller has its turn
 *
 * Context: process context, may sleep; calls .opened, .started and
 * .post_started of both ends.
 * Return: 0: it is open; or it is not: -ENOENT (there is no such offer now),
 * -EAGAIN (there is one, but a session has it, or an earlier connection could
 * not be undone yet), or why the connection failed.
 */
int vmb_client_connect(struct vmb_channel *channel)
{
	struct vmb_channel *server;
	int ret;

	vmb_turn_assert(&channel->turn);
	if (channel->client->link && give_up(channel))
		return -EAGAIN;
	server = find_offer(channel);
	if (!server)
		return -ENOENT;
	ret = READ_ONCE(server->held) ? -EAGAIN : connect_to(channel, server);
	vmb_channel_put(server);
	return ret;
}

/**
 * vmb_client_may_hang_up() - can the channel be closed now?
 * @channel: a client's end; the caller has its turn
 *
 * Context: process context.
 * Return: 0, or -EBUSY: it is open and its guest does not run, or a session has
 * the server's end.
 */
int vmb_client_may_hang_up(struct vmb_channel *channel)
{
	struct vmb_client_link *link = channel->client->link;

	vmb_turn_assert(&channel->turn);
	if (!link || !vmb_channel_state_is_open(vmb_channel_get_state(link->server)))
		return 0;
	if (!vmb_bus_is_running(channel->bus) || READ_ONCE(link->server->held))
		return -EBUSY;
	return 0;
}

/**
 * vmb_client_hang_up() - close the server's end and have it let go
 * @channel: a client's end; the caller has its turn
 * @deadline: in jiffies; 0 = wait as long as it takes, and not killably
 *
 * Context: process context, sleeps until the VSP has completed what it holds;
 * calls the server's .suspend and .closed.
 * Return: 0: it is closed and has nothing of the client, also if it is gone. Else it is
 * open or still has what it was lent: -EBUSY (the bus does not run, or a session
 * has it), -ETIMEDOUT, -EINTR, -EDEADLK (inside a callback of it).
 */
int vmb_client_hang_up(struct vmb_channel *channel, unsigned long deadline)
{
	struct vmb_client_link *link = channel->client->link;
	int ret;

	vmb_turn_assert(&channel->turn);
	if (!link)
		return 0;
	ret = vmb_channel_close_until(link->server, deadline);
	if (ret && ret != -ENODEV && ret != -EBADFD)
		return ret;
	if (ret == -EBADFD &&
	    vmb_channel_state_is_open(vmb_channel_get_state(link->server)))
		return -EBUSY;
	return vmb_client_let_go(channel, link->server, deadline);
}

/**
 * vmb_client_disconnect() - take back what the server's end was lent
 * @channel: any channel; nothing happens unless it is a connected client's end.
 *	Both ends are closed, and the server's has let go; the caller has its turn
 *
 * Context: process context, may sleep.
 */
void vmb_client_disconnect(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	struct vmb_client_link *link = client ? client->link : NULL;

	vmb_turn_assert(&channel->turn);
	if (!link)
		return;
	vmb_client_reclaim_all(channel);
	free_rings(client);
	vmb_channel_set_host(channel, NULL);
	client->link = NULL;
	vmb_client_link_unclaim(link);
	vmb_client_link_put(link);
	vmb_clients_wake(channel->bus);
}

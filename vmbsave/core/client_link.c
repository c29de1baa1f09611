// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/slab.h>

#include "core/client.h"

static void free_link(struct kref *ref)
{
	struct vmb_client_link *link =
		container_of(ref, struct vmb_client_link, ref);

	vmb_channel_put(link->client);
	vmb_channel_put(link->server);
	kfree(link);
}

/**
 * vmb_client_link_put() - drop a reference on a link
 * @link: the link
 * Context: any.
 */
void vmb_client_link_put(struct vmb_client_link *link)
{
	kref_put(&link->ref, free_link);
}

/**
 * vmb_client_link_lose() - one of its ends was closed or failed
 * @link: the link
 *
 * The client's work closes the other one.
 * Context: any.
 */
void vmb_client_link_lose(struct vmb_client_link *link)
{
	WRITE_ONCE(link->lost, true);
	vmb_client_wake(link->client);
}

static struct vmb_client_link *of_client(struct vmb_channel_host *host)
{
	return container_of(host, struct vmb_client_link, to_client);
}

static struct vmb_client_link *of_server(struct vmb_channel_host *host)
{
	return container_of(host, struct vmb_client_link, to_server);
}

static void signal_client(struct vmb_channel_host *host)
{
	vmb_channel_kick(of_client(host)->client);
}

static void server_closed(struct vmb_channel_host *host)
{
	vmb_client_link_lose(of_client(host));
}

/* The server's end goes away. */
static void release_to_client(struct vmb_channel_host *host)
{
	vmb_client_link_lose(of_client(host));
	vmb_client_link_put(of_client(host));
}

static void signal_server(struct vmb_channel_host *host)
{
	vmb_channel_kick(of_server(host)->server);
}

static void client_closed(struct vmb_channel_host *host)
{
	vmb_client_link_lose(of_server(host));
}

static void release_to_server(struct vmb_channel_host *host)
{
	vmb_client_link_put(of_server(host));
}

/**
 * vmb_client_link_create() - make what will join two ends
 * @client: a client's end
 * @server: a server's end
 *
 * Context: process context.
 * Return: the link, for vmb_client_link_put(), or ERR_PTR(-ENOMEM).
 */
struct vmb_client_link *vmb_client_link_create(struct vmb_channel *client,
					       struct vmb_channel *server)
{
	struct vmb_client_link *link = kzalloc(sizeof(*link), GFP_KERNEL_ACCOUNT);

	if (!link)
		return ERR_PTR(-ENOMEM);
	kref_init(&link->ref);
	link->to_client.signal = signal_client;
	link->to_client.closed = server_closed;
	link->to_client.release = release_to_client;
	link->to_server.signal = signal_server;
	link->to_server.closed = client_closed;
	link->to_server.release = release_to_server;
	link->client = vmb_channel_get(client);
	link->server = vmb_channel_get(server);
	return link;
}

/**
 * vmb_client_link_claim() - have the server's end, and keep others off
 * @link: the link
 *
 * Context: process context.
 * Return: 0, -EBUSY (another client has it), -ENODEV (it is gone).
 */
int vmb_client_link_claim(struct vmb_client_link *link)
{
	int ret = vmb_channel_claim_host(link->server, &link->to_client);

	if (!ret)
		kref_get(&link->ref);
	return ret;
}

/**
 * vmb_client_link_unclaim() - undo vmb_client_link_claim()
 * @link: the link
 * Context: process context.
 */
void vmb_client_link_unclaim(struct vmb_client_link *link)
{
	vmb_channel_drop_host(link->server, &link->to_client);
}

/**
 * vmb_client_link_join() - have the client interrupt the server's end
 * @link: the link; that of an earlier server's end is let go
 * Context: process context.
 */
void vmb_client_link_join(struct vmb_client_link *link)
{
	kref_get(&link->ref);
	vmb_channel_set_host(link->client, &link->to_server);
}

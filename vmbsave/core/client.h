/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_CLIENT_H
#define _VMB_CORE_CLIENT_H

#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/channel.h"

struct page;
struct vmb_page_range;

/**
 * struct vmb_client_link - what joins the two ends of a channel
 * @ref: the client's, and one for each of the next two that is in use
 * @to_client: how the server's end interrupts the client
 * @to_server: how the client interrupts the server's end
 * @client: referenced
 * @server: referenced
 * @lost: one of the ends was closed or failed; never taken back
 *
 * One for each connection, so that what comes late from an earlier one does
 * nothing to the present one.
 */
struct vmb_client_link {
	struct kref ref;
	struct vmb_channel_host to_client;
	struct vmb_channel_host to_server;
	struct vmb_channel *client;
	struct vmb_channel *server;
	bool lost;
};

/**
 * struct vmb_client_lent - pages that a client has lent to the server's end
 * @nr_pages: how many
 * @pfns: their guest page frame numbers
 */
struct vmb_client_lent {
	u32 nr_pages;
	u64 *pfns;
};

/**
 * struct vmb_client - what a client's end has besides
 * @channel: whose
 * @type: interface type to look for; null = none was set
 * @instance: its instance
 * @any_instance: or any of the type
 * @failure: Optional. Told why the connection to an offer failed.
 * @in_pages: pages of data of the host-to-guest ring
 * @out_pages: pages of data of the guest-to-host ring
 * @work: makes the channel what it should be, see client.c
 *
 * Protected by the channel's turn:
 *
 * @link: to the server's end, NULL = not connected
 * @pages: of both rings
 * @nr_pages: length of @pages
 * @ring_gpadl: handle of the GPADL of the rings
 *
 * @lock: protects the rest; comes behind the client's turn, before the server's
 * @server: referenced; set while pages can be lent
 * @lent: struct vmb_client_lent by handle
 */
struct vmb_client {
	struct vmb_channel *channel;
	guid_t type;
	guid_t instance;
	bool any_instance;
	void (*failure)(struct vmb_channel *channel, int error);
	u32 in_pages;
	u32 out_pages;
	struct delayed_work work;

	struct vmb_client_link *link;
	struct page **pages;
	u32 nr_pages;
	u32 ring_gpadl;

	struct mutex lock; /* protects the rest */
	struct vmb_channel *server;
	struct xarray lent;
};

/* client.c: its life and its work */
int vmb_client_init(struct vmb_channel *channel);
void vmb_client_cancel(struct vmb_client *client);
void vmb_client_free(struct vmb_client *client);
bool vmb_client_is_working(struct vmb_client *client);
int vmb_client_check(const struct vmb_channel *channel);
void vmb_client_wake(struct vmb_channel *channel);
void vmb_clients_wake(struct vmb_bus *bus);

/* client_connect.c: the connection */
int vmb_client_connect(struct vmb_channel *channel);
int vmb_client_may_hang_up(struct vmb_channel *channel);
int vmb_client_hang_up(struct vmb_channel *channel, unsigned long deadline);
void vmb_client_disconnect(struct vmb_channel *channel);

/* client_link.c: what joins the ends */
struct vmb_client_link *vmb_client_link_create(struct vmb_channel *client,
					       struct vmb_channel *server);
void vmb_client_link_put(struct vmb_client_link *link);
void vmb_client_link_lose(struct vmb_client_link *link);
int vmb_client_link_claim(struct vmb_client_link *link);
void vmb_client_link_unclaim(struct vmb_client_link *link);
void vmb_client_link_join(struct vmb_client_link *link);

/* client_gpadl.c: pages lent to the server's end */
int vmb_client_lend(struct vmb_channel *channel, struct vmb_channel *server,
		    u32 flags, const struct vmb_page_range *range, u32 *gpadl);
int vmb_client_let_go(struct vmb_channel *channel, struct vmb_channel *server,
		      unsigned long deadline);
void vmb_client_reclaim_all(struct vmb_channel *channel);

#endif /* _VMB_CORE_CLIENT_H */

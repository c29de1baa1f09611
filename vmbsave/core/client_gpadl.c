// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_gpadl.h>
#include <linux/vmb_ns.h>

#include "core/client.h"
#include "core/gpadl.h"
#include "core/guest_memory.h"
#include "core/loopback.h"

/**
 * DOC: What a client lends
 *
 * 1. The pages become part of guest memory, under page frame numbers that it
 *    chooses.
 * 2. The server's end gets a GPADL of these numbers, and pins the pages.
 * 3. The client deletes it, or is closed: first the server's end lets go, then
 *    the numbers go, then the pages are the owner's again.
 *
 * Unhappy paths. The server's end has it mapped, or a session has the server's
 * end: deleting waits, whatever signals come, without the client's lock, so that
 * other pages can be lent meanwhile. The channel is closed, or moves, meanwhile:
 * who closes it takes the pages back; what has moved is deleted where it is now.
 * A session has the server's end of a channel that is closed: the client stays
 * as it is until the session is over, for what was saved names the pages.
 */

/* How often to ask again while the server's end cannot let go, ms */
#define RETRY_MS 20

static void free_lent(struct vmb_channel *channel, struct vmb_client_lent *lent)
{
	struct vmb_guest_memory *memory = channel->bus->memory;

	if (lent->nr_pages)
		memory->ops->reclaim(memory, lent->pfns, lent->nr_pages);
	kvfree(lent->pfns);
	kfree(lent);
}

static struct vmb_client_lent *lend(struct vmb_channel *channel,
				    const struct vmb_page_range *range)
{
	struct vmb_guest_memory *memory = channel->bus->memory;
	struct vmb_client_lent *lent = kzalloc(sizeof(*lent), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!lent)
		return ERR_PTR(-ENOMEM);
	lent->pfns = kvcalloc(range->nr_pages, sizeof(*lent->pfns),
			      GFP_KERNEL_ACCOUNT);
	if (lent->pfns)
		ret = memory->ops->lend(memory, range->pages, range->nr_pages,
					lent->pfns);
	if (!ret)
		lent->nr_pages = range->nr_pages;
	if (!ret)
		return lent;
	free_lent(channel, lent);
	return ERR_PTR(ret);
}

static int create(struct vmb_channel *server, u32 id, u32 flags,
		  const struct vmb_page_range *range,
		  const struct vmb_client_lent *lent)
{
	struct vmb_gpadl *gpadl = vmb_gpadl_alloc(server, id, range->byte_count,
						  range->byte_offset,
						  range->nr_pages);
	int ret;

	if (IS_ERR(gpadl))
		return PTR_ERR(gpadl);
	gpadl->flags = flags;
	memcpy(gpadl->pfns, lent->pfns, array_size(lent->nr_pages, sizeof(u64)));
	ret = vmb_gpadl_create(server, gpadl);
	if (ret)
		vmb_gpadl_free(server, gpadl);
	return ret;
}

static int lend_locked(struct vmb_channel *channel, struct vmb_channel *server,
		       u32 flags, const struct vmb_page_range *range, u32 *gpadl)
{
	struct vmb_client *client = channel->client;
	struct vmb_client_lent *lent;
	u32 id;
	int ret;

	lockdep_assert_held(&client->lock);
	lent = lend(channel, range);
	if (IS_ERR(lent))
		return PTR_ERR(lent);
	id = vmb_loopback_new_gpadl(channel->bus);
	ret = xa_insert(&client->lent, id, lent, GFP_KERNEL_ACCOUNT);
	if (!ret) {
		ret = create(server, id, flags, range, lent);
		if (ret)
			xa_erase(&client->lent, id);
	}
	if (ret) {
		free_lent(channel, lent);
		return ret;
	}
	*gpadl = id;
	return 0;
}

/**
 * vmb_client_lend() - lend pages to a server's end
 * @channel: a client's end
 * @server: that it is connected or about to be connected with
 * @flags: VMB_GPADL_*
 * @range: the bytes; @range->nr_pages fits them
 * @gpadl: set to the handle
 *
 * Context: process context, may sleep.
 * Return: as vmb_channel_create_gpadl().
 */
int vmb_client_lend(struct vmb_channel *channel, struct vmb_channel *server,
		    u32 flags, const struct vmb_page_range *range, u32 *gpadl)
{
	guard(mutex)(&channel->client->lock);
	return lend_locked(channel, server, flags, range, gpadl);
}

/* Nothing can be lent any more. */
static void stop_lending(struct vmb_client *client)
{
	lockdep_assert_held(&client->lock);

	if (client->server)
		vmb_channel_put(client->server);
	client->server = NULL;
}

/**
 * vmb_client_let_go() - have the server's end let go of all that it was lent
 * @channel: a client's end; the caller has its turn
 * @server: that it is connected with, closed
 * @deadline: in jiffies; 0 = wait as long as it takes, and not killably
 *
 * Nothing can be lent from then on. The state of the bus does not matter: a
 * session that does not have the server's end looks at it no more.
 * Context: process context, sleeps until the server's turn can be had.
 * Return: 0, also if it is gone; or nothing happened: -EBUSY (a session has
 * it), -ETIMEDOUT, -EINTR, -EDEADLK (inside a callback of it).
 */
int vmb_client_let_go(struct vmb_channel *channel, struct vmb_channel *server,
		      unsigned long deadline)
{
	struct vmb_client *client = channel->client;
	int ret;

	guard(mutex)(&client->lock);
	ret = vmb_channel_control_begin(server, deadline);
	if (ret && ret != -ENODEV)
		return ret;
	stop_lending(client);
	/* When it went away its pages were let go with it. */
	if (ret)
		return 0;
	vmb_gpadl_release_all(server);
	vmb_channel_control_end(server);
	return 0;
}

/**
 * vmb_client_reclaim_all() - take everything back
 * @channel: a client's end, closed; its server's end has let go; the caller has
 *	its turn
 *
 * Context: process context, may sleep.
 */
void vmb_client_reclaim_all(struct vmb_channel *channel)
{
	struct vmb_client *client = channel->client;
	struct vmb_client_lent *lent;
	unsigned long id;

	guard(mutex)(&client->lock);
	stop_lending(client);
	xa_for_each(&client->lent, id, lent) {
		xa_erase(&client->lent, id);
		free_lent(channel, lent);
	}
}

static int check_range(u32 flags, const struct vmb_page_range *range)
{
	u32 end;

	if (flags & ~VMB_GPADL_READ_ONLY || !range || !range->pages ||
	    !range->byte_count || range->byte_offset >= VMBSAVE_PAGE_SIZE ||
	    check_add_overflow(range->byte_count, range->byte_offset, &end) ||
	    range->nr_pages != vmb_gpadl_pages_touched(range->byte_count,
						       range->byte_offset))
		return -EINVAL;
	return 0;
}

int vmb_channel_create_gpadl(struct vmb_channel *channel, u32 flags,
			     const struct vmb_page_range *range, u32 *gpadl)
{
	struct vmb_client *client = channel->client;
	int ret = check_range(flags, range);

	if (ret || !client || !gpadl)
		return -EINVAL;
	if (READ_ONCE(channel->gone))
		return -ENODEV;

	guard(mutex)(&client->lock);
	if (!client->server)
		return -EBADFD;
	ret = lend_locked(channel, client->server, flags, range, gpadl);
	/* It was closed by its server, and its owner is about to be told. */
	return ret == -ENODEV && !READ_ONCE(channel->gone) ? -EBADFD : ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_create_gpadl, VMBSAVE_NS);

static struct page *page_at(void *at)
{
	return is_vmalloc_addr(at) ? vmalloc_to_page(at) : virt_to_page(at);
}

int vmb_channel_create_gpadl_from_buffer(struct vmb_channel *channel, u32 flags,
					 void *buf, u32 bytes, u32 *gpadl)
{
	struct vmb_page_range range = {
		.byte_offset = offset_in_page(buf),
		.byte_count = bytes,
	};
	u8 *start = buf - offset_in_page(buf);
	u64 nr = vmb_gpadl_pages_touched(bytes, range.byte_offset);
	int ret;
	u32 i;

	if (!buf || !bytes || nr > VMB_GPADL_PAGES_MAX)
		return -EINVAL;
	range.nr_pages = nr;
	range.pages = kvcalloc(nr, sizeof(*range.pages), GFP_KERNEL_ACCOUNT);
	if (!range.pages)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		range.pages[i] = page_at(start + (size_t)i * PAGE_SIZE);
	ret = vmb_channel_create_gpadl(channel, flags, &range, gpadl);
	kvfree(range.pages);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_create_gpadl_from_buffer, VMBSAVE_NS);

/* Return: the server's end that has it, referenced, or NULL: it is not lent */
static struct vmb_channel *find_holder(struct vmb_client *client, u32 gpadl)
{
	guard(mutex)(&client->lock);
	if (!client->server || !xa_load(&client->lent, gpadl))
		return NULL;
	return vmb_channel_get(client->server);
}

/* Return: false if the channel has moved meanwhile */
static bool take_back(struct vmb_channel *channel, struct vmb_channel *server,
		      u32 gpadl)
{
	struct vmb_client *client = channel->client;
	struct vmb_client_lent *lent;

	guard(mutex)(&client->lock);
	if (client->server && client->server != server)
		return false;
	lent = client->server ? xa_erase(&client->lent, gpadl) : NULL;
	if (lent)
		free_lent(channel, lent);
	return true;
}

/* Return: false if it has to be tried again */
static bool try_delete(struct vmb_channel *channel, struct vmb_channel *server,
		       u32 gpadl)
{
	int ret = vmb_gpadl_teardown(server, gpadl);

	/* The pages are the owner's after this, so he cannot give up either. */
	if (ret == -EBUSY || ret == -EBADFD || ret == -EINTR) {
		msleep(RETRY_MS);
		return false;
	}
	return WARN_ON_ONCE(ret == -EDEADLK) ||
	       take_back(channel, server, gpadl);
}

void vmb_channel_delete_gpadl(struct vmb_channel *channel, u32 gpadl)
{
	struct vmb_client *client = channel->client;
	struct vmb_channel *server;
	bool done;

	if (WARN_ON_ONCE(!client || gpadl == client->ring_gpadl))
		return;
	do {
		server = find_holder(client, gpadl);
		if (!server)
			return;
		done = try_delete(channel, server, gpadl);
		vmb_channel_put(server);
	} while (!done);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_delete_gpadl, VMBSAVE_NS);

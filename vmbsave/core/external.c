// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/vmb_pages.h>

#include "core/channel.h"
#include "core/external.h"
#include "core/guest_memory.h"
#include "core/limits.h"
#include "core/outgoing.h"
#include "core/written.h"
#include "wire/descriptor.h"
#include "wire/gpa.h"

/**
 * DOC: External data
 *
 * A request of the guest may name pages instead of carrying bytes.
 *
 * 1. The worker has copied the packet out of the ring, and every range of it
 *    was checked. It is held against the limits that the VSP has set; the list
 *    goes into the packet object, which is made as large as that takes.
 * 2. The VSP asks for the pages: they are counted, found in guest memory and
 *    pinned. It asks again: it gets the same. If it may write, they are noted
 *    (written.c).
 * 3. It completes the packet. Unpinning may sleep and completing may not, so
 *    the pages go to the worker; a stop waits for it.
 *
 * Unhappy paths. The VSP set no limits: the channel fails with -EOPNOTSUPP. The
 * packet is over one: -EMSGSIZE. Its list is nonsense: -EPROTO. Pinning fails:
 * nothing is pinned or counted, and the VSP may ask again. Two tasks ask at
 * once: the second one undoes what it did. The channel goes away: the pages
 * stay until the VSP completes the packet, for it may be using them, and the
 * last reference on the channel waits for that.
 */

/* Guests send lists of a fixed size, with room for more pages than they use. */
#define LIST_SLACK	4096U

/* A range of n bytes touches at most n / 4096 pages and these. */
#define PAGES_SLACK	2

/**
 * struct vmb_external_pages - pages of guest memory that a packet has pinned
 * @node: in channel->unpin
 * @data: what the VSP sees
 * @nr_pages: length of @pages
 * @pages: of all ranges, one after the other
 * @ranges: what @data points to
 */
struct vmb_external_pages {
	struct list_head node;
	struct vmb_external_data data;
	u32 nr_pages;
	struct page **pages;
	struct vmb_page_range ranges[];
};

/**
 * vmb_external_rx_bytes() - room that the list of a packet can take
 * @channel: the channel; its configuration does not change
 *
 * Context: any.
 * Return: bytes, 0 if packets with external data are refused.
 */
u32 vmb_external_rx_bytes(const struct vmb_channel *channel)
{
	const struct vmb_channel_config *config = &channel->config;
	u64 pages;

	if (!channel->server || !config->max_external_bytes)
		return 0;
	pages = config->max_external_bytes / VMB_GPA_PAGE_SIZE +
		(u64)config->max_external_ranges * PAGES_SLACK;
	return min_t(u64, VMB_PACKET_MAX_BYTES,
		     sizeof(struct vmb_gpa_direct_header) + LIST_SLACK +
		     config->max_external_ranges * (u64)sizeof(struct vmb_gpa_range) +
		     pages * sizeof(u64));
}

/**
 * vmb_external_check() - is what a packet describes within the limits?
 * @channel: the channel
 * @view: a GPA-direct packet, checked
 * @bytes: set to what &struct vmb_external takes for it
 *
 * Context: any.
 * Return: 0, -EOPNOTSUPP (none is taken), -EMSGSIZE (over a limit).
 */
int vmb_external_check(const struct vmb_channel *channel,
		       const struct vmb_descriptor_view *view, u32 *bytes)
{
	const struct vmb_channel_config *config = &channel->config;
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;
	u64 described = 0;

	if (!channel->server || !config->max_external_bytes)
		return -EOPNOTSUPP;
	if (view->range_count > config->max_external_ranges)
		return -EMSGSIZE;
	*bytes = sizeof(struct vmb_external);
	vmb_descriptor_ranges(view, &cursor);
	while (!vmb_gpa_range_next(&cursor, &range)) {
		described += range.byte_count;
		*bytes += sizeof(struct vmb_gpa_range) +
			  range.pfn_count * sizeof(u64);
	}
	return described > config->max_external_bytes ? -EMSGSIZE : 0;
}

/**
 * vmb_external_fill() - keep the list of a packet
 * @external: as large as vmb_external_check() said
 * @view: the packet
 * Context: any.
 */
void vmb_external_fill(struct vmb_external *external,
		       const struct vmb_descriptor_view *view)
{
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;

	external->pages = NULL;
	external->nr_ranges = view->range_count;
	external->nr_pages = 0;
	vmb_descriptor_ranges(view, &cursor);
	while (!vmb_gpa_range_next(&cursor, &range))
		external->nr_pages += range.pfn_count;
	external->list_bytes = external->nr_ranges * sizeof(struct vmb_gpa_range) +
			       external->nr_pages * sizeof(u64);
	memcpy(external->list, view->extra + sizeof(struct vmb_gpa_direct_header),
	       external->list_bytes);
}

/* Lays the ranges out over the pages, and lists the numbers of these. */
static void lay_out(const struct vmb_external *external,
		    struct vmb_external_pages *pages, u64 *pfns)
{
	struct vmb_page_range *to = pages->ranges;
	struct page **next = pages->pages;
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;
	u32 i;

	vmb_gpa_begin(&cursor, external->list, external->list_bytes,
		      external->nr_ranges);
	for (; !vmb_gpa_range_next(&cursor, &range); to++) {
		to->pages = next;
		to->nr_pages = range.pfn_count;
		to->byte_offset = range.byte_offset;
		to->byte_count = range.byte_count;
		for (i = 0; i < range.pfn_count; i++)
			*pfns++ = vmb_gpa_pfn(&range, i);
		next += range.pfn_count;
	}
}

static void free_pages_of(struct vmb_external_pages *pages)
{
	kvfree(pages->pages);
	kvfree(pages);
}

static struct vmb_external_pages *alloc_pages_of(const struct vmb_external *external)
{
	struct vmb_external_pages *pages;

	pages = kvzalloc(struct_size(pages, ranges, external->nr_ranges),
			 GFP_KERNEL_ACCOUNT);
	if (!pages)
		return NULL;
	pages->nr_pages = external->nr_pages;
	pages->data.nr_ranges = external->nr_ranges;
	pages->data.ranges = pages->ranges;
	pages->pages = kvcalloc(pages->nr_pages, sizeof(*pages->pages),
				GFP_KERNEL_ACCOUNT);
	if (pages->pages)
		return pages;
	kvfree(pages);
	return NULL;
}

static struct vmb_external_pages *pin(struct vmb_channel *channel,
				      const struct vmb_external *external,
				      bool read_only)
{
	struct vmb_guest_memory *memory = channel->bus->memory;
	struct vmb_external_pages *pages;
	u64 *pfns;
	int ret;

	ret = vmb_limit_charge(VMB_LIMIT_PAGES, external->nr_pages);
	if (ret)
		return ERR_PTR(ret);
	ret = -ENOMEM;
	pages = alloc_pages_of(external);
	if (!pages)
		goto err_charge;
	pfns = kvmalloc_array(pages->nr_pages, sizeof(*pfns), GFP_KERNEL_ACCOUNT);
	if (!pfns)
		goto err_pages;
	pages->data.read_only = read_only;
	lay_out(external, pages, pfns);
	ret = memory->ops->pin(memory, pfns, pages->nr_pages, pages->pages);
	/* Only now it is known that there are such pages. */
	if (!ret && !read_only) {
		ret = vmb_written_note(channel->bus, pfns, pages->nr_pages);
		if (ret)
			memory->ops->unpin(memory, pages->pages, pages->nr_pages);
	}
	kvfree(pfns);
	if (!ret)
		return pages;

err_pages:
	free_pages_of(pages);
err_charge:
	vmb_limit_uncharge(VMB_LIMIT_PAGES, external->nr_pages);
	return ERR_PTR(ret);
}

static void unpin(struct vmb_channel *channel, struct vmb_external_pages *pages)
{
	struct vmb_guest_memory *memory = channel->bus->memory;

	memory->ops->unpin(memory, pages->pages, pages->nr_pages);
	vmb_limit_uncharge(VMB_LIMIT_PAGES, pages->nr_pages);
	free_pages_of(pages);
}

/* Return: 0 and the packet's pages, or none yet; or why it gets none */
static int look_locked(struct vmb_packet_completion *packet, bool read_only,
		       const struct vmb_external_data **data)
{
	const struct vmb_channel *channel = packet->channel;
	const struct vmb_external_pages *pages = packet->external->pages;

	lockdep_assert_held(&channel->lock);
	*data = NULL;
	if (channel->gone || packet->generation != channel->generation)
		return -ENODEV;
	if (!pages)
		return 0;
	if (pages->data.read_only && !read_only)
		return -EACCES;
	*data = &pages->data;
	return 0;
}

int vmb_packet_get_external_data(struct vmb_packet_completion *packet, u32 flags,
				 const struct vmb_external_data **data)
{
	bool read_only = flags & VMB_EXTERNAL_DATA_READ_ONLY;
	struct vmb_channel *channel = packet->channel;
	struct vmb_external_pages *pages;
	int ret;

	if (flags & ~VMB_EXTERNAL_DATA_READ_ONLY || !data)
		return -EINVAL;
	if (!packet->external)
		return -ENODATA;
	scoped_guard(spinlock_irqsave, &channel->lock)
		ret = look_locked(packet, read_only, data);
	if (ret || *data)
		return ret;
	pages = pin(channel, packet->external, read_only);
	if (IS_ERR(pages))
		return PTR_ERR(pages);
	scoped_guard(spinlock_irqsave, &channel->lock) {
		ret = look_locked(packet, read_only, data);
		if (!ret && !*data) {
			packet->external->pages = pages;
			*data = &pages->data;
			return 0;
		}
	}
	unpin(channel, pages);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_get_external_data, VMBSAVE_NS);

/**
 * vmb_external_release_locked() - nobody uses the pages of a packet any more
 * @packet: the packet; the caller holds its channel's lock
 *
 * The worker unpins them.
 * Context: any.
 */
void vmb_external_release_locked(struct vmb_packet_completion *packet)
{
	struct vmb_channel *channel = packet->channel;

	lockdep_assert_held(&channel->lock);
	if (!packet->external || !packet->external->pages)
		return;
	list_add_tail(&packet->external->pages->node, &channel->unpin);
	packet->external->pages = NULL;
	vmb_channel_kick(channel);
}

/**
 * vmb_external_unpin() - unpin the pages that nobody uses any more
 * @channel: the channel
 * Context: process context, may sleep.
 */
void vmb_external_unpin(struct vmb_channel *channel)
{
	struct vmb_external_pages *pages, *next;
	LIST_HEAD(due);

	if (list_empty_careful(&channel->unpin))
		return;
	scoped_guard(spinlock_irqsave, &channel->lock)
		list_splice_init(&channel->unpin, &due);
	list_for_each_entry_safe(pages, next, &due, node)
		unpin(channel, pages);
}

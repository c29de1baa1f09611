// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/vmb_pages.h>

#include "core/channel.h"
#include "core/guest_memory.h"
#include "core/lent.h"
#include "core/outgoing.h"
#include "wire/descriptor.h"
#include "wire/gpa.h"
#include "wire/pipe.h"
#include "wire/ring.h"

/**
 * DOC: Pages that a client lends with a packet
 *
 * 1. The pages are made part of guest memory, under numbers of that memory.
 * 2. What goes before the payload is made of them, once: the ranges, and the
 *    header of a message if the channel is a pipe. It stays as it is while the
 *    packet waits for room in the ring.
 * 3. The packet is over, however it ended: the pages are taken back, and then
 *    its owner is told.
 *
 * Unhappy paths. They cannot be lent, or the packet cannot be sent: they are
 * taken back at once. The server has pinned some of them: it keeps those.
 */

/* What a descriptor can express; a cap before memory is asked for. */
#define LENT_PAGES_MAX	(VMB_PACKET_MAX_BYTES / sizeof(u64))

/* Return: 0, and the run of pages that the caller means */
static int cut(const struct vmb_page_range *range, u32 offset, u32 bytes,
	       struct vmb_page_range *part)
{
	u32 start, end;

	if (!range || !range->pages || range->byte_offset >= VMB_GPA_PAGE_SIZE)
		return -EINVAL;
	if (offset >= range->byte_count)
		return -EINVAL;
	if (!bytes)
		bytes = range->byte_count - offset;
	if (bytes > range->byte_count - offset ||
	    check_add_overflow(range->byte_offset, offset, &start) ||
	    check_add_overflow(start, bytes, &end) ||
	    DIV_ROUND_UP_ULL(end, VMB_GPA_PAGE_SIZE) > range->nr_pages)
		return -EINVAL;
	part->pages = range->pages + start / VMB_GPA_PAGE_SIZE;
	part->nr_pages = DIV_ROUND_UP_ULL(end, VMB_GPA_PAGE_SIZE) -
			 start / VMB_GPA_PAGE_SIZE;
	part->byte_offset = start % VMB_GPA_PAGE_SIZE;
	part->byte_count = bytes;
	return 0;
}

static void write_head(const struct vmb_channel *channel, struct vmb_lent *lent,
		       const struct vmb_page_range *part, u32 payload_len)
{
	struct vmb_gpa_direct_header *direct = (void *)lent->head;
	struct vmb_gpa_range *range = (void *)(direct + 1);
	u32 i;

	direct->reserved = 0;
	direct->range_count = cpu_to_le32(1);
	range->byte_count = cpu_to_le32(part->byte_count);
	range->byte_offset = cpu_to_le32(part->byte_offset);
	for (i = 0; i < lent->nr_pages; i++)
		range->pfn[i] = cpu_to_le64(lent->pfns[i]);
	if (lent->framing_bytes)
		vmb_pipe_frame((void *)&range->pfn[lent->nr_pages], payload_len);
}

/* A client changes its bus with its lock, in which case it takes this along. */
static int lend_pages(struct vmb_channel *channel,
		      const struct vmb_page_range *part, u64 *pfns)
{
	struct vmb_guest_memory *memory;

	guard(spinlock_irqsave)(&channel->lock);

	memory = channel->bus->memory;
	if (!memory->ops->lend)
		return -EINVAL;
	return memory->ops->lend(memory, part->pages, part->nr_pages, pfns);
}

static struct vmb_lent *lend(struct vmb_channel *channel,
			     const struct vmb_page_range *part, u32 payload_len)
{
	u32 framing = vmb_channel_framing_bytes(channel);
	u32 numbers = part->nr_pages * sizeof(u64);
	u32 head = sizeof(struct vmb_gpa_direct_header) +
		   sizeof(struct vmb_gpa_range) + numbers + framing;
	struct vmb_lent *lent;
	int ret;

	lent = kmalloc(struct_size(lent, head, head + numbers),
		       GFP_ATOMIC | __GFP_ACCOUNT | __GFP_NOWARN);
	if (!lent)
		return ERR_PTR(-ENOMEM);
	lent->nr_pages = part->nr_pages;
	lent->framing_bytes = framing;
	lent->head_bytes = head;
	lent->pfns = (u64 *)(lent->head + head);
	ret = lend_pages(channel, part, lent->pfns);
	if (ret) {
		kfree(lent);
		return ERR_PTR(ret);
	}
	write_head(channel, lent, part, payload_len);
	return lent;
}

static void take_back(struct vmb_channel *channel, struct vmb_lent *lent)
{
	struct vmb_guest_memory *memory;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		memory = channel->bus->memory;
		memory->ops->reclaim(memory, lent->pfns, lent->nr_pages);
	}
	kfree(lent);
}

/**
 * vmb_lent_fill_head() - say what goes before the payload of a packet
 * @lent: what it describes
 * @packet: to be written into the ring
 * Context: any.
 */
void vmb_lent_fill_head(const struct vmb_lent *lent,
			struct vmb_ring_packet *packet)
{
	packet->type = VMB_PACKET_DATA_GPA_DIRECT;
	packet->extra = lent->head;
	packet->extra_len = lent->head_bytes;
	packet->framing_len = lent->framing_bytes;
}

/**
 * vmb_lent_reclaim() - take back what a packet described
 * @packet: in no queue; nothing happens if it describes nothing
 * Context: any.
 */
void vmb_lent_reclaim(struct vmb_packet *packet)
{
	struct vmb_lent *lent = packet->lent;

	if (likely(!lent))
		return;
	packet->lent = NULL;
	take_back(packet->channel, lent);
}

int vmb_packet_send_external(struct vmb_packet *packet, const void *buf, u32 len,
			     const struct vmb_page_range *range, u32 offset,
			     u32 bytes, u32 flags)
{
	struct vmb_channel *channel = packet->channel;
	struct vmb_page_range part;
	struct vmb_lent *lent;
	int ret;

	if (channel->server || !(flags & VMB_PACKET_WAIT_FOR_COMPLETION))
		return -EINVAL;
	ret = cut(range, offset, bytes, &part);
	if (ret)
		return ret;
	if (part.byte_count > READ_ONCE(channel->config.max_external_bytes) ||
	    part.nr_pages > LENT_PAGES_MAX)
		return -EMSGSIZE;
	lent = lend(channel, &part, len);
	if (IS_ERR(lent))
		return PTR_ERR(lent);
	ret = vmb_packet_submit(packet, buf, len, flags, lent);
	if (ret)
		take_back(channel, lent);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_send_external, VMBSAVE_NS);

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_OUTGOING_WALK_H
#define _VMB_CORE_OUTGOING_WALK_H

#include <linux/cache.h>
#include <linux/list.h>
#include <linux/prefetch.h>

#include "core/channel.h"
#include "core/outgoing.h"

/* A walk over all that is on its way to the guest; a save makes a step for each packet. */

/**
 * vmb_outgoing_is_sent() - does an entry await its completion?
 * @out: an entry of a queue
 *
 * Context: any.
 * Return: true if it does; false if it waits for room.
 */
static inline bool vmb_outgoing_is_sent(const struct vmb_outgoing *out)
{
	return out->kind == VMB_OUTGOING_PACKET &&
	       container_of(out, struct vmb_packet, out)->state == VMB_PACKET_SENT;
}

/**
 * vmb_outgoing_first() - the entry that is saved first
 * @channel: the channel; a session keeps its queue as it is
 *
 * Context: process context.
 * Return: the entry, or NULL.
 */
static inline struct vmb_outgoing *vmb_outgoing_first(struct vmb_channel *channel)
{
	struct vmb_channel_queue *queue = &channel->queue;

	if (!list_empty(&queue->sent_list))
		return list_first_entry(&queue->sent_list, struct vmb_outgoing, node);
	return list_first_entry_or_null(&queue->waiting, struct vmb_outgoing, node);
}

/**
 * vmb_outgoing_next() - the entry that is saved after another one
 * @channel: the channel; a session keeps its queue as it is
 * @out: the other one
 *
 * Context: process context.
 * Return: the entry, or NULL.
 */
static inline struct vmb_outgoing *vmb_outgoing_next(struct vmb_channel *channel,
						     struct vmb_outgoing *out)
{
	struct vmb_channel_queue *queue = &channel->queue;

	if (list_is_last(&out->node, &queue->waiting))
		return NULL;
	if (!list_is_last(&out->node, &queue->sent_list))
		return list_next_entry(out, node);
	return list_first_entry_or_null(&queue->waiting, struct vmb_outgoing, node);
}

/**
 * vmb_outgoing_prefetch() - have what comes after an entry in the cache
 * @out: the entry, or NULL: nothing happens; a session keeps its queue as it is
 *
 * A walk over more packets than the cache holds would wait for each.
 * Context: process context.
 */
static inline void vmb_outgoing_prefetch(const struct vmb_outgoing *out)
{
	const void *next;
	u32 i;

	if (!out)
		return;
	/* A list's head is no entry, and does no harm here. */
	next = list_next_entry(out, node);
	for (i = 0; i < sizeof(struct vmb_packet); i += L1_CACHE_BYTES)
		prefetch(next + i);
	if (out->kind == VMB_OUTGOING_PACKET)
		prefetch(container_of(out, struct vmb_packet, out)->pointer);
}

#endif /* _VMB_CORE_OUTGOING_WALK_H */

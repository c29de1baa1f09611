// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/list.h>
#include <linux/rbtree.h>

#include "core/channel.h"
#include "core/lent.h"
#include "core/outgoing.h"

static bool id_before(struct rb_node *a, const struct rb_node *b)
{
	return rb_entry(a, struct vmb_outgoing, by_id)->id <
	       rb_entry(b, struct vmb_outgoing, by_id)->id;
}

/**
 * vmb_queue_init() - make an empty queue
 * @queue: the queue
 * Context: any.
 */
void vmb_queue_init(struct vmb_channel_queue *queue)
{
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->finished);
	queue->sent = RB_ROOT;
	queue->next_id = 1;
	queue->nr_packets = 0;
	queue->nr_sent = 0;
	queue->nr_completions = 0;
}

/**
 * vmb_queue_add() - put an entry where it belongs
 * @queue: the queue
 * @out: the entry, in no queue
 * @sent: it is a packet that awaits its completion; else it goes to the end of
 *	what waits
 * Context: the lock of the queue's channel, or before the queue is its.
 */
void vmb_queue_add(struct vmb_channel_queue *queue, struct vmb_outgoing *out,
		   bool sent)
{
	if (out->kind == VMB_OUTGOING_COMPLETION) {
		queue->nr_completions++;
		list_add_tail(&out->node, &queue->waiting);
		return;
	}
	queue->nr_packets++;
	queue->nr_sent += sent;
	if (sent)
		rb_add(&out->by_id, &queue->sent, id_before);
	else
		list_add_tail(&out->node, &queue->waiting);
	vmb_outgoing_packet(out)->state =
		sent ? VMB_PACKET_SENT : VMB_PACKET_QUEUED;
}

/**
 * vmb_queue_remove() - take an entry out of a queue
 * @queue: the queue
 * @out: an entry of it
 * Context: as vmb_queue_add().
 */
void vmb_queue_remove(struct vmb_channel_queue *queue, struct vmb_outgoing *out)
{
	if (out->kind == VMB_OUTGOING_COMPLETION) {
		queue->nr_completions--;
		list_del(&out->node);
		return;
	}
	queue->nr_packets--;
	if (vmb_outgoing_packet(out)->state == VMB_PACKET_SENT) {
		queue->nr_sent--;
		rb_erase(&out->by_id, &queue->sent);
	} else {
		list_del(&out->node);
	}
	vmb_outgoing_packet(out)->state = VMB_PACKET_IDLE;
}

static struct vmb_outgoing *last_of(struct vmb_channel_queue *queue)
{
	struct rb_node *node;

	if (!list_empty(&queue->waiting))
		return list_last_entry(&queue->waiting, struct vmb_outgoing, node);
	node = rb_last(&queue->sent);
	return node ? rb_entry(node, struct vmb_outgoing, by_id) : NULL;
}

static void discard(struct vmb_channel *channel, struct vmb_packet *packet)
{
	vmb_lent_reclaim(packet);
	channel->vsp->discard_packet(channel, packet);
}

static void give_back(struct vmb_channel *channel, struct vmb_packet *packet)
{
	if (packet->internal)
		vmb_packet_call_done(packet, -ENODEV, NULL, 0);
	else if (!channel->vsp->discard_packet)
		vmb_packet_call_done(packet, -ECANCELED, NULL, 0);
	else
		discard(channel, packet);
}

/* Who gives up to wait for room takes his packet out at any time. */
static struct vmb_outgoing *take_last(struct vmb_channel *channel,
				      struct vmb_channel_queue *queue)
{
	struct vmb_outgoing *out;

	guard(spinlock_irqsave)(&channel->lock);

	out = last_of(queue);
	if (out)
		vmb_queue_remove(queue, out);
	return out;
}

/**
 * vmb_queue_discard() - give everything back to the VSP, last one first
 * @channel: the channel that it was made for
 * @queue: a queue that was staged; or the channel's own, to which nothing can
 *	be added any more
 * Context: process context, may sleep; calls .discard_packet.
 */
void vmb_queue_discard(struct vmb_channel *channel,
		       struct vmb_channel_queue *queue)
{
	struct vmb_outgoing *out;

	while ((out = take_last(channel, queue))) {
		if (out->kind == VMB_OUTGOING_PACKET)
			give_back(channel, vmb_outgoing_packet(out));
		else
			vmb_packet_completion_free(vmb_outgoing_completion(out));
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_discard);

/**
 * vmb_queue_splice() - put a staged queue before what a channel has queued
 * @channel: without a packet awaiting completion
 * @staged: empty afterwards
 * Context: any; takes the channel's lock.
 */
void vmb_queue_splice(struct vmb_channel *channel,
		      struct vmb_channel_queue *staged)
{
	struct vmb_channel_queue *queue = &channel->queue;

	guard(spinlock_irqsave)(&channel->lock);

	WARN_ON_ONCE(!RB_EMPTY_ROOT(&queue->sent));
	queue->sent = staged->sent;
	staged->sent = RB_ROOT;
	list_splice_init(&staged->waiting, &queue->waiting);
	queue->nr_packets += staged->nr_packets;
	queue->nr_sent += staged->nr_sent;
	queue->nr_completions += staged->nr_completions;
	staged->nr_packets = 0;
	staged->nr_sent = 0;
	staged->nr_completions = 0;
}

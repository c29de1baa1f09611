// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/list.h>
#include <linux/rbtree.h>

#include "core/channel.h"
#include "core/lent.h"
#include "core/outgoing.h"

/**
 * DOC: How a packet that was sent is found
 *
 * All are in a list in order of their ids, which is the order in which they
 * were sent. A tree of all of them would cost more than all else that is done
 * for a packet. So only some, the posts, are in the tree: a packet belongs to
 * the last post before it, and is found by a walk from there. The first one in
 * the list is a post; no post has more than %RUN_MAX packets, itself included.
 *
 * When a post leaves, the next packet takes its place in the tree unless that
 * is a post itself. When one leaves from the end of the list, the next packet
 * to be sent becomes one, or the run before would grow.
 */
#define RUN_MAX 8

static struct vmb_outgoing *post_of(const struct rb_node *node)
{
	return rb_entry(node, struct vmb_outgoing, by_id);
}

static bool id_before(struct rb_node *a, const struct rb_node *b)
{
	return post_of(a)->id < post_of(b)->id;
}

static void append_sent(struct vmb_channel_queue *queue, struct vmb_outgoing *out)
{
	out->post = list_empty(&queue->sent_list) || queue->last_run >= RUN_MAX;
	if (out->post && queue->last_post) {
		rb_link_node(&out->by_id, &queue->last_post->by_id,
			     &queue->last_post->by_id.rb_right);
		rb_insert_color(&out->by_id, &queue->sent);
	} else if (out->post) {
		rb_add(&out->by_id, &queue->sent, id_before);
	}
	if (out->post) {
		queue->last_post = out;
		queue->last_run = 0;
	}
	queue->last_run++;
	list_add_tail(&out->node, &queue->sent_list);
}

static void add_sent(struct vmb_channel_queue *queue, struct vmb_outgoing *out)
{
	struct vmb_outgoing *before =
		list_last_entry(&queue->sent_list, struct vmb_outgoing, node);

	if (list_empty(&queue->sent_list) || before->id < out->id) {
		append_sent(queue, out);
		return;
	}
	/* Not in order: it is a post of its own, and what follows belongs to it. */
	list_for_each_entry_continue_reverse(before, &queue->sent_list, node) {
		if (before->id < out->id)
			break;
	}
	out->post = true;
	rb_add(&out->by_id, &queue->sent, id_before);
	list_add(&out->node, &before->node);
	queue->last_post = NULL;
}

static void remove_sent(struct vmb_channel_queue *queue, struct vmb_outgoing *out)
{
	struct vmb_outgoing *next = list_next_entry(out, node);
	bool last = list_is_last(&out->node, &queue->sent_list);

	list_del(&out->node);
	if (!out->post)
		return;
	if (queue->last_post == out)
		queue->last_post = last || next->post ? NULL : next;
	if (last) {
		rb_erase(&out->by_id, &queue->sent);
		queue->last_run = RUN_MAX;
	} else if (next->post) {
		rb_erase(&out->by_id, &queue->sent);
	} else {
		rb_replace_node(&out->by_id, &next->by_id, &queue->sent);
		next->post = true;
	}
}

/**
 * vmb_queue_find() - find a packet that was sent
 * @queue: the queue
 * @id: its transaction id
 *
 * Context: the lock of the queue's channel.
 * Return: its entry, or NULL.
 */
struct vmb_outgoing *vmb_queue_find(struct vmb_channel_queue *queue, u64 id)
{
	struct rb_node *node = queue->sent.rb_node;
	struct vmb_outgoing *out = NULL;

	while (node) {
		if (id < post_of(node)->id) {
			node = node->rb_left;
		} else {
			out = post_of(node);
			node = node->rb_right;
		}
	}
	if (!out)
		return NULL;
	list_for_each_entry_from(out, &queue->sent_list, node) {
		if (out->id >= id)
			return out->id == id ? out : NULL;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_find);

/**
 * vmb_queue_init() - make an empty queue
 * @queue: the queue
 * Context: any.
 */
void vmb_queue_init(struct vmb_channel_queue *queue)
{
	INIT_LIST_HEAD(&queue->waiting);
	INIT_LIST_HEAD(&queue->finished);
	INIT_LIST_HEAD(&queue->sent_list);
	queue->sent = RB_ROOT;
	queue->last_post = NULL;
	queue->last_run = 0;
	queue->next_id = 1;
	queue->nr_packets = 0;
	queue->nr_sent = 0;
	queue->nr_completions = 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_init);

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
		add_sent(queue, out);
	else
		list_add_tail(&out->node, &queue->waiting);
	vmb_outgoing_packet(out)->state =
		sent ? VMB_PACKET_SENT : VMB_PACKET_QUEUED;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_add);

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
		remove_sent(queue, out);
	} else {
		list_del(&out->node);
	}
	vmb_outgoing_packet(out)->state = VMB_PACKET_IDLE;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_remove);

static struct vmb_outgoing *last_of(struct vmb_channel_queue *queue)
{
	struct list_head *list = list_empty(&queue->waiting) ? &queue->sent_list :
							       &queue->waiting;

	return list_empty(list) ? NULL : list_last_entry(list, struct vmb_outgoing, node);
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
	queue->last_post = staged->last_post;
	queue->last_run = staged->last_run;
	list_splice_init(&staged->sent_list, &queue->sent_list);
	list_splice_init(&staged->waiting, &queue->waiting);
	queue->nr_packets += staged->nr_packets;
	queue->nr_sent += staged->nr_sent;
	queue->nr_completions += staged->nr_completions;
	staged->nr_packets = 0;
	staged->nr_sent = 0;
	staged->nr_completions = 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_queue_splice);

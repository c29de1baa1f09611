// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/incoming.h"
#include "core/outgoing.h"
#include "core/workqueue.h"
#include "wire/descriptor.h"

/**
 * DOC: What comes from the guest
 *
 * 1. The worker copies one packet out of the ring and from then on looks at
 *    the copy alone.
 * 2. A completion retires the packet that it names. One that names none in use
 *    (a second one for the same packet, for example) is dropped and counted.
 * 3. A request becomes an object of its own with a copy of the payload, and
 *    goes to the VSP. The object has room for the answer, so that it cannot be
 *    lost for lack of memory.
 * 4. After a batch the guest is told what was read.
 *
 * Unhappy paths. No memory for the object: the request stays in the ring, with
 * all that is behind it, and the worker comes back; completions before it were
 * taken, for they give objects back. As many requests as the quota allows are
 * held by the VSP or have answers that wait for room: the same, until there is
 * one less. The ring holds nonsense: the channel fails, and nothing else does.
 */

/* Packets taken before the guest is told how far the ring was read */
#define BATCH 64

/* How long to wait for memory, ms */
#define RETRY_MS 10

/**
 * vmb_incoming_prepare() - allocate what delivery needs
 * @channel: about to be opened; the caller has its turn
 *
 * Context: process context.
 * Return: 0 or -ENOMEM.
 */
int vmb_incoming_prepare(struct vmb_channel *channel)
{
	channel->rx_size = sizeof(struct vmb_descriptor) +
			   round_up(channel->max_packet, VMB_RING_ALIGN);
	channel->rx = kvmalloc(channel->rx_size, GFP_KERNEL_ACCOUNT);
	return channel->rx ? 0 : -ENOMEM;
}

/**
 * vmb_incoming_cleanup() - free what vmb_incoming_prepare() allocated
 * @channel: closed; its worker does not deliver
 * Context: process context.
 */
void vmb_incoming_cleanup(struct vmb_channel *channel)
{
	kvfree(channel->rx);
	channel->rx = NULL;
}

/* Return: where a request goes that is taken off the ring, NULL if it waits */
static struct vmb_packet_completion *make_room(struct vmb_channel *channel)
{
	struct vmb_packet_completion *packet;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (vmb_incoming_load(channel) >= VMB_INCOMING_QUOTA)
			return NULL;
	}
	packet = vmb_packet_completion_create(channel,
					      round_up(channel->max_packet,
						       VMB_RING_ALIGN));
	if (!IS_ERR(packet))
		return packet;
	vmb_workqueue_queue_delayed(&channel->work, msecs_to_jiffies(RETRY_MS));
	return NULL;
}

static void deliver_request(struct vmb_channel *channel,
			    struct vmb_packet_completion *packet,
			    const struct vmb_descriptor_view *view)
{
	memcpy(packet->payload, view->payload, view->payload_len);
	packet->out.id = view->transaction_id;
	packet->wants_completion = view->wants_completion;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		packet->generation = channel->generation;
		list_add_tail(&packet->node, &channel->incoming);
		channel->nr_incoming++;
	}
	channel->vsp->process_packet(channel, packet, packet->payload,
				     view->payload_len);
}

static void deliver_completion(struct vmb_channel *channel,
			       const struct vmb_descriptor_view *view)
{
	if (vmb_outgoing_retire(channel, view->transaction_id, view->payload,
				view->payload_len))
		return;
	WRITE_ONCE(channel->stray, channel->stray + 1);
	dev_warn_ratelimited(&channel->dev,
			     "dropped a completion of packet %llu, which is not in use\n",
			     view->transaction_id);
}

static void fail(struct vmb_channel *channel, int error, const char *why)
{
	guard(spinlock_irqsave)(&channel->lock);
	vmb_channel_fail_locked(channel, error, why);
}

/* Return: 1 a request was delivered, 0 a completion, -errno nothing */
static int deliver_view(struct vmb_channel *channel, const struct vmb_ring *before,
			const struct vmb_descriptor_view *view)
{
	struct vmb_packet_completion *packet;

	switch (view->type) {
	case VMB_PACKET_COMPLETION:
		deliver_completion(channel, view);
		return 0;
	case VMB_PACKET_DATA_INBAND:
		packet = make_room(channel);
		if (packet) {
			deliver_request(channel, packet, view);
			return 1;
		}
		channel->in = *before;
		return -EAGAIN;
	default:
		fail(channel, -EOPNOTSUPP,
		     "a packet refers to guest pages, which is not supported");
		return -EOPNOTSUPP;
	}
}

/* Return: as deliver_view() */
static int deliver_one(struct vmb_channel *channel)
{
	struct vmb_ring before = channel->in;
	struct vmb_descriptor_view view;
	u32 bytes;
	int ret;

	ret = vmb_ring_read(&channel->in, channel->rx, channel->rx_size, &bytes);
	if (ret == -EAGAIN)
		return ret;
	if (!ret)
		ret = vmb_descriptor_parse(channel->rx, bytes, &view);
	if (!ret)
		return deliver_view(channel, &before, &view);
	fail(channel, ret, ret == -EMSGSIZE ?
	     "a packet is longer than the channel allows" :
	     "the guest wrote nonsense into its ring");
	return ret;
}

static u32 deliver_batch(struct vmb_channel *channel, u32 *nr_requests)
{
	u32 nr = 0;
	int ret;

	while (nr < BATCH && READ_ONCE(channel->run)) {
		ret = deliver_one(channel);
		if (ret < 0)
			break;
		nr++;
		*nr_requests += ret;
	}
	return nr;
}

/**
 * vmb_incoming_deliver() - take packets off the ring and hand them out
 * @channel: the channel
 *
 * Context: the channel's worker.
 * Return: true if there were any, that is: call again.
 */
bool vmb_incoming_deliver(struct vmb_channel *channel)
{
	u32 nr_requests = 0;
	u32 nr;

	if (!READ_ONCE(channel->run))
		return false;
	nr = deliver_batch(channel, &nr_requests);
	if (nr && vmb_ring_commit(&channel->in))
		vmb_channel_kick_guest(channel);
	if (nr_requests && channel->vsp->processing_complete)
		channel->vsp->processing_complete(channel, nr_requests);
	return nr;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/external.h"
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
 * A request that the VSP defers is given up at once and stays in the ring, as
 * if it had not been read, with all that is behind it; the next round of the
 * worker reads it anew. So a stop does not wait for it, and a save finds it
 * where the guest has put it.
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
			   vmb_external_rx_bytes(channel) +
			   vmb_channel_framing_bytes(channel) +
			   round_up(channel->max_packet, VMB_RING_ALIGN);
	channel->nr_deferred = 0;
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
static struct vmb_packet_completion *make_room(struct vmb_channel *channel,
					       u32 external_bytes)
{
	struct vmb_packet_completion *packet;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		channel->blocked = vmb_incoming_load(channel) >= channel->quota;
		if (channel->blocked)
			return NULL;
	}
	packet = vmb_packet_completion_receive(channel, external_bytes);
	if (!IS_ERR(packet))
		return packet;
	vmb_workqueue_queue_delayed(&channel->later, msecs_to_jiffies(RETRY_MS));
	return NULL;
}

/* Return: false if the VSP has deferred it */
static bool deliver_request(struct vmb_channel *channel,
			    struct vmb_packet_completion *packet,
			    const struct vmb_descriptor_view *view,
			    const void *data, u32 len)
{
	memcpy(packet->payload, data, len);
	if (packet->external)
		vmb_external_fill(packet->external, view);
	packet->out.id = view->transaction_id;
	packet->wants_completion = view->wants_completion;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		packet->generation = channel->generation;
		list_add_tail(&packet->node, &channel->incoming);
		channel->nr_incoming++;
		channel->delivering = packet;
	}
	channel->deferred = false;
	channel->vsp->process_packet(channel, packet, packet->payload, len);
	WRITE_ONCE(channel->delivering, NULL);
	channel->nr_deferred = channel->deferred ? channel->nr_deferred + 1 : 0;
	return !channel->deferred;
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

/* A VSP that goes on deferring does not keep a CPU busy. */
static void come_back(struct vmb_channel *channel)
{
	vmb_workqueue_queue_delayed(&channel->later, channel->nr_deferred > 1 ?
				    msecs_to_jiffies(RETRY_MS) : 0);
}

static const char *why_not(int error)
{
	switch (error) {
	case -EOPNOTSUPP:
		return "the channel takes no packets of this type, or none with guest pages";
	case -EMSGSIZE:
		return "a packet carries or describes more than the channel allows";
	default:
		return "a packet is no message of a pipe";
	}
}

/* Return: 0, data and length of the payload, and bytes for what it describes */
static int check_request(const struct vmb_channel *channel,
			 const struct vmb_descriptor_view *view,
			 const void **data, u32 *len, u32 *external_bytes)
{
	int ret = 0;

	*data = view->payload;
	*len = view->payload_len;
	*external_bytes = 0;
	if (view->type != VMB_PACKET_DATA_INBAND)
		ret = view->type == VMB_PACKET_DATA_GPA_DIRECT ?
		      vmb_external_check(channel, view, external_bytes) :
		      -EOPNOTSUPP;
	if (!ret && vmb_channel_is_pipe(channel))
		ret = vmb_pipe_parse(view->payload, view->payload_len, data, len);
	if (!ret && *len > round_up(channel->max_packet, VMB_RING_ALIGN))
		ret = -EMSGSIZE;
	return ret;
}

/* Return: 1 a request was delivered, -errno nothing */
static int take_request(struct vmb_channel *channel, const struct vmb_ring *before,
			const struct vmb_descriptor_view *view)
{
	struct vmb_packet_completion *packet;
	u32 len, external_bytes;
	const void *data;
	int ret;

	ret = check_request(channel, view, &data, &len, &external_bytes);
	if (ret) {
		fail(channel, ret, why_not(ret));
		return ret;
	}
	packet = make_room(channel, external_bytes);
	if (packet) {
		if (deliver_request(channel, packet, view, data, len))
			return 1;
		come_back(channel);
	}
	channel->in = *before;
	return -EAGAIN;
}

/* Return: 1 a request was delivered, 0 a completion, -errno nothing */
static int deliver_view(struct vmb_channel *channel, const struct vmb_ring *before,
			const struct vmb_descriptor_view *view)
{
	if (view->type != VMB_PACKET_COMPLETION)
		return take_request(channel, before, view);
	deliver_completion(channel, view);
	return 0;
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

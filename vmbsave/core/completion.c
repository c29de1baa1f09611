// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "core/external.h"
#include "core/incoming.h"
#include "core/limits.h"
#include "core/outgoing.h"

static struct vmb_packet_completion *create(struct vmb_channel *channel,
					    u32 room, u32 behind)
{
	struct vmb_packet_completion *packet;
	int ret = vmb_limit_charge(VMB_LIMIT_PACKETS, 1);

	if (ret)
		return ERR_PTR(ret);
	packet = kvmalloc(struct_size(packet, payload, room + behind),
			  GFP_KERNEL_ACCOUNT);
	if (!packet) {
		vmb_limit_uncharge(VMB_LIMIT_PACKETS, 1);
		return ERR_PTR(-ENOMEM);
	}
	memset(packet, 0, sizeof(*packet));
	INIT_LIST_HEAD(&packet->node);
	packet->channel = vmb_channel_get(channel);
	packet->out.kind = VMB_OUTGOING_COMPLETION;
	packet->out.data = packet->payload;
	packet->room = room;
	return packet;
}

/**
 * vmb_packet_completion_create() - make room for an answer
 * @channel: the channel
 * @room: bytes of it
 *
 * Context: process context.
 * Return: the object, for vmb_packet_completion_free(), or ERR_PTR: -EDQUOT,
 * -ENOMEM.
 */
struct vmb_packet_completion *
vmb_packet_completion_create(struct vmb_channel *channel, u32 room)
{
	return create(channel, room, 0);
}

/**
 * vmb_packet_completion_receive() - make room for one incoming packet
 * @channel: the channel
 * @external_bytes: from vmb_external_check(), 0 = it describes nothing
 *
 * All it takes is one piece of memory: the payload or the answer, whichever is
 * longer, the VSP's room, and the list of what it describes.
 *
 * Context: process context.
 * Return: as vmb_packet_completion_create().
 */
struct vmb_packet_completion *
vmb_packet_completion_receive(struct vmb_channel *channel, u32 external_bytes)
{
	u32 room = round_up(channel->max_packet, VMB_RING_ALIGN);
	u32 context = round_up(channel->config.context_bytes, VMB_RING_ALIGN);
	struct vmb_packet_completion *packet;

	packet = create(channel, room, context + external_bytes);
	if (IS_ERR(packet))
		return packet;
	if (context)
		packet->context = memset(packet->payload + room, 0, context);
	if (external_bytes)
		packet->external = (void *)(packet->payload + room + context);
	return packet;
}

/**
 * vmb_packet_completion_free() - it is over
 * @packet: in no list
 * Context: any.
 */
void vmb_packet_completion_free(struct vmb_packet_completion *packet)
{
	struct vmb_channel *channel = packet->channel;

	vmb_outgoing_free(packet);
	vmb_limit_uncharge(VMB_LIMIT_PACKETS, 1);
	vmb_channel_put(channel);
}

/* The guest still waits for an answer on the ring that it asked on. */
static bool answer_wanted(const struct vmb_packet_completion *packet)
{
	const struct vmb_channel *channel = packet->channel;

	return packet->wants_completion && !channel->gone &&
	       packet->generation == channel->generation;
}

/* The VSP has one less. */
static void retire_locked(struct vmb_packet_completion *packet)
{
	struct vmb_channel *channel = packet->channel;

	list_del_init(&packet->node);
	if (channel->delivering == packet)
		WRITE_ONCE(channel->delivering, NULL);
	vmb_external_release_locked(packet);
	channel->nr_incoming--;
	/* The worker stops reading at the quota; one less restarts it. */
	if (channel->blocked && vmb_incoming_load(channel) < channel->quota)
		vmb_channel_kick(channel);
	if (!channel->nr_incoming)
		wake_up_all(&channel->drained);
}

/* Return: the packet if it is over, NULL if its answer waits */
static struct vmb_packet_completion *
complete_locked(struct vmb_packet_completion *packet, const void *buf, u32 len)
{
	struct vmb_channel *channel = packet->channel;
	int ret = 0;

	if (answer_wanted(packet)) {
		packet->out.bytes = len;
		ret = vmb_outgoing_submit(channel, &packet->out, buf);
		if (ret == -EMSGSIZE)
			vmb_channel_fail_locked(channel, ret,
						"an answer is longer than the ring");
	}
	retire_locked(packet);
	return ret == VMB_MORE ? NULL : packet;
}

void vmb_packet_complete(struct vmb_packet_completion *packet, const void *buf,
			 u32 len)
{
	struct vmb_channel *channel = packet->channel;

	if (WARN_ONCE(len > packet->room, "vmb: an answer was cut off\n"))
		len = packet->room;
	if (WARN_ON_ONCE(len && !buf))
		len = 0;
	scoped_guard(spinlock_irqsave, &channel->lock)
		packet = complete_locked(packet, buf, len);
	if (packet)
		vmb_packet_completion_free(packet);
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_complete, VMBSAVE_NS);

void vmb_packet_defer(struct vmb_packet_completion *packet)
{
	struct vmb_channel *channel = packet->channel;

	if (WARN_ONCE(current_work() != &channel->work ||
		      READ_ONCE(channel->delivering) != packet,
		      "vmb: a packet was deferred that is not being processed\n"))
		return;
	channel->deferred = true;
	scoped_guard(spinlock_irqsave, &channel->lock)
		retire_locked(packet);
	vmb_packet_completion_free(packet);
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_defer, VMBSAVE_NS);

void vmb_packet_fail(struct vmb_packet_completion *packet)
{
	struct vmb_channel *channel = packet->channel;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (!channel->gone && packet->generation == channel->generation)
			vmb_channel_fail_locked(channel, -EPROTO,
						"the VSP cannot deal with a packet");
		retire_locked(packet);
	}
	vmb_packet_completion_free(packet);
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_fail, VMBSAVE_NS);

/**
 * vmb_packet_completion_flags() - what a packet has besides its payload
 * @packet: from .process_packet
 *
 * The Flags of EvtVmbChannelProcessPacket.
 * Context: any.
 * Return: a set of VMB_PROCESS_PACKET_*.
 */
u32 vmb_packet_completion_flags(const struct vmb_packet_completion *packet)
{
	return packet->external ? VMB_PROCESS_PACKET_EXTERNAL_DATA : 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_completion_flags, VMBSAVE_NS);

/**
 * vmb_packet_completion_context() - the VSP's private room in a packet
 * @packet: from .process_packet
 *
 * As many bytes as vmb_channel_init_set_client_context_size() has set, zeroed
 * for each delivery, aligned to 8 bytes. (VmbChannelPacketGetClientContext)
 * Context: any.
 * Return: the room, until the packet is completed; NULL if none was set.
 */
void *vmb_packet_completion_context(struct vmb_packet_completion *packet)
{
	return packet->context;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_completion_context, VMBSAVE_NS);

/**
 * vmb_packet_completion_transaction_id() - the guest's id of a request
 * @packet: from .process_packet
 *
 * Context: any.
 * Return: the id; it means something to the guest only.
 */
u64 vmb_packet_completion_transaction_id(const struct vmb_packet_completion *packet)
{
	return packet->out.id;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_completion_transaction_id, VMBSAVE_NS);

/**
 * vmb_packet_completion_get_channel() - the channel that it came on
 * @packet: from .process_packet
 *
 * Context: any.
 * Return: the channel; the packet holds a reference on it.
 */
struct vmb_channel *
vmb_packet_completion_get_channel(const struct vmb_packet_completion *packet)
{
	return packet->channel;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_completion_get_channel, VMBSAVE_NS);

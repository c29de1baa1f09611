// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "core/incoming.h"
#include "core/limits.h"
#include "core/outgoing.h"

/**
 * vmb_packet_completion_create() - make room for one incoming packet
 * @channel: the channel
 * @room: bytes of its payload or its answer, whichever is longer
 *
 * Context: process context.
 * Return: the object, for vmb_packet_completion_free(), or ERR_PTR: -EDQUOT,
 * -ENOMEM.
 */
struct vmb_packet_completion *
vmb_packet_completion_create(struct vmb_channel *channel, u32 room)
{
	struct vmb_packet_completion *packet;
	int ret = vmb_limit_charge(VMB_LIMIT_PACKETS, 1);

	if (ret)
		return ERR_PTR(ret);
	packet = kvmalloc(struct_size(packet, payload, room), GFP_KERNEL_ACCOUNT);
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

/* Return: the packet if it is over, NULL if its answer waits */
static struct vmb_packet_completion *
complete_locked(struct vmb_packet_completion *packet, const void *buf, u32 len)
{
	struct vmb_channel *channel = packet->channel;
	int ret = 0;

	list_del_init(&packet->node);
	if (answer_wanted(packet)) {
		packet->out.bytes = len;
		ret = vmb_outgoing_submit(channel, &packet->out, buf);
		if (ret == -EMSGSIZE)
			vmb_channel_fail_locked(channel, ret,
						"an answer is longer than the ring");
	}
	/* The worker stops reading at the quota; one less restarts it. */
	if (vmb_incoming_load(channel) >= VMB_INCOMING_QUOTA)
		vmb_channel_kick(channel);
	channel->nr_incoming--;
	if (!channel->nr_incoming)
		wake_up_all(&channel->drained);
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

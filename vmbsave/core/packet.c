// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>

#include "core/channel.h"
#include "core/lent.h"
#include "core/limits.h"
#include "core/outgoing.h"

static void free_when_done(struct vmb_packet *packet, int status,
			   const void *buf, u32 len)
{
	vmb_packet_free(packet);
}

/* Fresh memory becomes a packet, which then has its share of the limit. */
static void init_packet(struct vmb_packet *packet, struct vmb_channel *channel,
			u32 room)
{
	memset(packet, 0, sizeof(*packet));
	packet->channel = vmb_channel_get(channel);
	packet->out.kind = VMB_OUTGOING_PACKET;
	packet->out.data = packet->payload;
	packet->room = room;
}

struct vmb_packet *vmb_packet_allocate(struct vmb_channel *channel)
{
	u32 room = READ_ONCE(channel->max_packet);
	struct vmb_packet *packet;
	int ret;

	if (READ_ONCE(channel->gone))
		return ERR_PTR(-ENODEV);
	ret = vmb_limit_charge(VMB_LIMIT_PACKETS, 1);
	if (ret)
		return ERR_PTR(ret);
	packet = kvmalloc(struct_size(packet, payload, room), GFP_KERNEL_ACCOUNT);
	if (!packet) {
		vmb_limit_uncharge(VMB_LIMIT_PACKETS, 1);
		return ERR_PTR(-ENOMEM);
	}
	init_packet(packet, channel, room);
	packet->done = free_when_done;
	return packet;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_allocate, VMBSAVE_NS);

static u32 packet_bytes(u32 room)
{
	return struct_size_t(struct vmb_packet, payload, room);
}

u32 vmb_channel_sizeof_packet(const struct vmb_channel *channel)
{
	return packet_bytes(READ_ONCE(channel->max_packet));
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_sizeof_packet, VMBSAVE_NS);

struct vmb_packet *vmb_packet_initialize(struct vmb_channel *channel, void *buf,
					 u32 bytes)
{
	u32 room = READ_ONCE(channel->max_packet);
	struct vmb_packet *packet = buf;
	int ret;

	if (!buf || !IS_ALIGNED((unsigned long)buf, __alignof__(u64)))
		return ERR_PTR(-EINVAL);
	if (bytes < packet_bytes(room))
		return ERR_PTR(-ENOBUFS);
	if (READ_ONCE(channel->gone))
		return ERR_PTR(-ENODEV);
	ret = vmb_limit_charge(VMB_LIMIT_PACKETS, 1);
	if (ret)
		return ERR_PTR(ret);
	init_packet(packet, channel, room);
	packet->callers = true;
	return packet;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_initialize, VMBSAVE_NS);

void vmb_packet_free(struct vmb_packet *packet)
{
	struct vmb_channel *channel;

	if (!packet)
		return;
	channel = packet->channel;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (WARN_ONCE(packet->state != VMB_PACKET_IDLE &&
			      packet->state != VMB_PACKET_STAGED,
			      "vmb: a packet in use was freed\n"))
			return;
		if (packet->state == VMB_PACKET_STAGED)
			list_del(&packet->out.node);
	}
	if (!packet->callers)
		vmb_outgoing_free(packet);
	vmb_limit_uncharge(VMB_LIMIT_PACKETS, 1);
	vmb_channel_put(channel);
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_free, VMBSAVE_NS);

static int may_send_locked(const struct vmb_packet *packet, u32 len)
{
	const struct vmb_channel *channel = packet->channel;

	if (channel->gone)
		return -ENODEV;
	if (READ_ONCE(channel->state) == VMB_CHANNEL_DISABLED)
		return -EBADFD;
	if (channel->held || channel->saved)
		return -EBUSY;
	if (packet->state != VMB_PACKET_IDLE)
		return -EALREADY;
	if (!packet->done)
		return -EBADFD;
	if (len > packet->room || len > vmb_channel_payload_max(channel))
		return -EMSGSIZE;
	if (channel->queue.next_id >= VMB_TRANSACTION_ID_MAX)
		return -EOVERFLOW;
	return 0;
}

/**
 * vmb_packet_prepare_locked() - make a packet ready to be sent, if it may be
 * @packet: the packet; the caller holds its channel's lock, and counts
 *	queue.next_id on if the packet goes out
 * @len: bytes of payload
 * @flags: VMB_PACKET_*
 *
 * Context: any.
 * Return: 0, or as vmb_packet_send() and nothing happened.
 */
int vmb_packet_prepare_locked(struct vmb_packet *packet, u32 len, u32 flags)
{
	int ret;

	lockdep_assert_held(&packet->channel->lock);
	ret = may_send_locked(packet, len);
	if (ret)
		return ret;
	packet->flags = flags;
	packet->out.bytes = len;
	packet->out.id = packet->channel->queue.next_id;
	return 0;
}

/**
 * vmb_packet_submit() - send a packet, or let it wait
 * @packet: the packet
 * @buf: payload
 * @len: bytes at @buf
 * @flags: VMB_PACKET_*
 * @lent: what it describes, NULL = nothing; the packet's on success
 *
 * Context: any.
 * Return: as vmb_packet_send().
 */
int vmb_packet_submit(struct vmb_packet *packet, const void *buf, u32 len,
		      u32 flags, struct vmb_lent *lent)
{
	struct vmb_channel *channel = packet->channel;
	u64 last_id;
	int ret;

	if (flags & ~VMB_PACKET_WAIT_FOR_COMPLETION || (len && !buf))
		return -EINVAL;

	guard(spinlock_irqsave)(&channel->lock);
	last_id = packet->out.id;
	ret = vmb_packet_prepare_locked(packet, len, flags);
	if (ret)
		return ret;
	packet->lent = lent;
	ret = vmb_outgoing_submit(channel, &packet->out, buf);
	if (ret < 0) {
		packet->lent = NULL;
		/* The id is not spent: the next packet has it. */
		packet->out.id = last_id;
		return ret;
	}
	channel->queue.next_id++;
	return 0;
}

int vmb_packet_send(struct vmb_packet *packet, const void *buf, u32 len,
		    u32 flags)
{
	return vmb_packet_submit(packet, buf, len, flags, NULL);
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_send, VMBSAVE_NS);

/**
 * vmb_packet_call_done() - give a packet back to the one who sent it
 * @packet: in no queue; not touched once its routine was called
 * @status: as its routine is told
 * @buf: the answer, or NULL
 * @len: bytes at @buf
 * Context: process context, without a lock.
 */
void vmb_packet_call_done(struct vmb_packet *packet, int status,
			  const void *buf, u32 len)
{
	vmb_lent_reclaim(packet);
	packet->done(packet, status, buf, len);
}

/**
 * vmb_packet_set_completion_routine() - whom to tell that it is over
 * @packet: a packet that is not in use
 * @done: the routine; NULL = free the packet; of one from
 *	vmb_packet_initialize(): it has none again
 *
 * VmbPacketSetCompletionRoutine. A restored packet keeps what was set before
 * .restore_packet returned.
 * Context: any.
 */
void vmb_packet_set_completion_routine(struct vmb_packet *packet,
				       vmb_packet_done_t done)
{
	packet->done = done || packet->callers ? done : free_when_done;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_set_completion_routine, VMBSAVE_NS);

/**
 * vmb_packet_set_pointer() - keep something of the VSP's (VmbPacketSetPointer)
 * @packet: the packet
 * @pointer: anything; never saved
 * Context: any.
 */
void vmb_packet_set_pointer(struct vmb_packet *packet, void *pointer)
{
	packet->pointer = pointer;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_set_pointer, VMBSAVE_NS);

/**
 * vmb_packet_get_pointer() - what was kept (VmbPacketGetPointer)
 * @packet: the packet
 *
 * Context: any.
 * Return: the pointer, NULL if none was set.
 */
void *vmb_packet_get_pointer(const struct vmb_packet *packet)
{
	return packet->pointer;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_get_pointer, VMBSAVE_NS);

/**
 * vmb_packet_get_channel() - the channel of a packet (VmbPacketGetChannel)
 * @packet: the packet
 *
 * Context: any.
 * Return: the channel; the packet holds a reference on it.
 */
struct vmb_channel *vmb_packet_get_channel(const struct vmb_packet *packet)
{
	return packet->channel;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_get_channel, VMBSAVE_NS);

/**
 * vmb_packet_transaction_id() - by what the guest knows a packet
 * @packet: the packet
 *
 * Context: any.
 * Return: the id of its last send, 0 if it was never sent.
 */
u64 vmb_packet_transaction_id(const struct vmb_packet *packet)
{
	return packet->out.id;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_transaction_id, VMBSAVE_NS);

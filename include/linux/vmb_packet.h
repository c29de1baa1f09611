/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_PACKET_H
#define _LINUX_VMB_PACKET_H

#include <linux/bits.h>
#include <linux/types.h>

struct vmb_channel;
struct vmb_packet;
struct vmb_packet_completion;

/* The peer is to answer; the packet is in use until it does. */
#define VMB_PACKET_WAIT_FOR_COMPLETION	BIT(0)

/**
 * typedef vmb_packet_done_t - the transaction of a packet is over
 * @packet: the packet; the VSP owns it again and frees it or sends it anew
 * @status: 0: the guest completed it or, without WAIT_FOR_COMPLETION, it went
 *	into the ring; -ECANCELED: the channel was closed or went away;
 *	-EMSGSIZE: the guest's ring is too small for it
 * @buf: the guest's answer, valid during the call; NULL if there is none
 * @len: bytes at @buf
 *
 * Context: process context, from the channel's worker, never from inside
 * vmb_packet_send(). (EvtVmbPacketCompletionRoutine)
 */
typedef void (*vmb_packet_done_t)(struct vmb_packet *packet, int status,
				  const void *buf, u32 len);

/**
 * vmb_packet_allocate() - get an outgoing packet object (VmbPacketAllocate)
 * @channel: the channel it will be sent on
 *
 * Takes all the memory that a transaction needs, so that a send cannot fail
 * for lack of it. The completion routine is one that frees the packet.
 *
 * Context: process context, may sleep.
 * Return: the packet, or ERR_PTR: -ENOMEM, -EDQUOT (too many packets),
 * -ENODEV (the channel is gone).
 */
struct vmb_packet *vmb_packet_allocate(struct vmb_channel *channel);

/**
 * vmb_packet_free() - free a packet that is not in use (VmbPacketFree)
 * @packet: the packet, or NULL
 *
 * A packet in use is not freed: that is a bug of the caller and warned of.
 * Context: any.
 */
void vmb_packet_free(struct vmb_packet *packet);

/**
 * vmb_packet_send() - send a packet (VmbPacketSend)
 * @packet: a packet that is not in use
 * @buf: payload; copied before the call returns
 * @len: bytes at @buf, at most the channel's maximum packet size
 * @flags: VMB_PACKET_*
 *
 * Writes the packet into the ring or, if the ring is full or no traffic runs,
 * queues it in order.
 *
 * Context: any.
 * Return: 0: the completion routine will be called exactly once, or the packet
 * is given to .discard_packet. Otherwise the packet is still the caller's and
 * nothing happened: -EINVAL (@flags, or NULL with @len), -EMSGSIZE (@len),
 * -EALREADY (in use), -EBADFD (the channel is disabled), -EBUSY (it is being
 * saved or restored, or was saved to the end and does not run yet), -ENODEV
 * (it is gone), -EOVERFLOW (transaction ids are used up).
 */
int vmb_packet_send(struct vmb_packet *packet, const void *buf, u32 len,
		    u32 flags);

/**
 * vmb_packet_restore() - make a fresh packet what it was (VmbPacketRestore)
 * @packet: from vmb_packet_allocate(), on the channel being restored
 * @buf: args->lib_buf of .restore_packet
 * @len: args->lib_size
 *
 * Legal only inside .restore_packet and once in it.
 *
 * Context: process context.
 * Return: 0: the packet is staged; it is in use once the restore is committed
 * and discarded if not. -EBADFD (not inside .restore_packet of the packet's
 * channel, or a second time), -EINVAL (another channel's packet, a packet in use, or not the bytes
 * that were given). On failure the packet is as before.
 */
int vmb_packet_restore(struct vmb_packet *packet, const void *buf, u32 len);

void vmb_packet_set_completion_routine(struct vmb_packet *packet,
				       vmb_packet_done_t done);
void vmb_packet_set_pointer(struct vmb_packet *packet, void *pointer);
void *vmb_packet_get_pointer(const struct vmb_packet *packet);
struct vmb_channel *vmb_packet_get_channel(const struct vmb_packet *packet);
u64 vmb_packet_transaction_id(const struct vmb_packet *packet);

/**
 * vmb_packet_complete() - retire an incoming packet (VmbChannelPacketComplete)
 * @packet: from .process_packet; gone after the call
 * @buf: the answer, or NULL
 * @len: bytes at @buf, at most the channel's maximum packet size rounded up to
 *	a multiple of 8 (more is cut off and warned of)
 *
 * To be called exactly once for each packet delivered. Sends the answer if the
 * guest asked for one; if the ring is full the answer waits in the queue, and
 * is saved with it. If the channel has gone meanwhile nothing is sent.
 * Context: any.
 */
void vmb_packet_complete(struct vmb_packet_completion *packet, const void *buf,
			 u32 len);
u64 vmb_packet_completion_transaction_id(const struct vmb_packet_completion *packet);
struct vmb_channel *
vmb_packet_completion_get_channel(const struct vmb_packet_completion *packet);

#endif /* _LINUX_VMB_PACKET_H */

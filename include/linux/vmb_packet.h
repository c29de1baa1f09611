/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_PACKET_H
#define _LINUX_VMB_PACKET_H

#include <linux/bits.h>
#include <linux/types.h>

struct vmb_channel;
struct vmb_external_data;
struct vmb_page_range;
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
 * vmb_channel_sizeof_packet() - memory that vmb_packet_initialize() wants
 * @channel: the channel
 *
 * VmbChannelSizeofPacket.
 * Context: any.
 * Return: bytes; grows with the channel's maximum packet size.
 */
u32 vmb_channel_sizeof_packet(const struct vmb_channel *channel);

/**
 * vmb_packet_initialize() - make a packet object of the caller's memory
 * @channel: the channel it will be sent on
 * @buf: the memory, aligned to 8 bytes; stays until vmb_packet_free()
 * @bytes: at least vmb_channel_sizeof_packet()
 *
 * VmbPacketInitialize. It has no completion routine: one must be set before it
 * is sent. vmb_packet_free() gives up what the library holds for it and leaves
 * the memory alone. A restore makes its packets with either function.
 *
 * Context: process context, may sleep.
 * Return: the packet, at @buf, or ERR_PTR and @buf is unchanged: -ENOBUFS
 * (@bytes), -EINVAL (NULL or alignment), -EDQUOT, -ENODEV.
 */
struct vmb_packet *vmb_packet_initialize(struct vmb_channel *channel, void *buf,
					 u32 bytes);

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
 * nothing happened: -EINVAL (@flags, or NULL with @len), -EMSGSIZE (@len is more
 * than the channel allows, or than its open ring can ever take), -EALREADY (in
 * use), -EBADFD (the channel is disabled, or an initialized packet has no
 * completion routine), -EBUSY (it is being saved or restored, or was saved to
 * the end and does not run yet), -ENODEV (it is gone), -EOVERFLOW (transaction
 * ids are used up).
 */
int vmb_packet_send(struct vmb_packet *packet, const void *buf, u32 len,
		    u32 flags);

/**
 * vmb_packet_send_external() - send a packet that describes pages
 * @packet: a packet that is not in use, of a client's end
 * @buf: payload; copied before the call returns
 * @len: bytes at @buf
 * @range: pages that the server may use until it completes the packet
 * @offset: where in @range the data begins, bytes
 * @bytes: how many; 0 = to the end of @range
 * @flags: must have %VMB_PACKET_WAIT_FOR_COMPLETION
 *
 * VmbPacketSend with an MDL, VmbPacketSendWithExternalMdl and, with pages
 * instead of an MDL, VmbPacketSendWithExternalPfns. External data goes from the
 * guest to the host alone.
 *
 * Context: any; the pages must be in the client's memory or not in highmem.
 * Return: as vmb_packet_send(), and -EINVAL (a server's end, a bus with a VMM, no
 * WAIT_FOR_COMPLETION, nothing described, or not within @range), -EMSGSIZE
 * (more than vmb_channel_init_set_max_external_data() allows here), -ENOMEM.
 */
int vmb_packet_send_external(struct vmb_packet *packet, const void *buf, u32 len,
			     const struct vmb_page_range *range, u32 offset,
			     u32 bytes, u32 flags);

/**
 * vmb_packet_restore() - make a fresh packet what it was (VmbPacketRestore)
 * @packet: fresh, from vmb_packet_allocate() or vmb_packet_initialize(), on the
 *	channel being restored
 * @buf: args->lib_buf of .restore_packet
 * @len: args->lib_size
 *
 * Legal only inside .restore_packet and once in it. The packet must have its
 * completion routine by the time that .restore_packet returns.
 *
 * Context: process context.
 * Return: 0: the packet is staged; it is in use once the restore is committed
 * and discarded if not. -EBADFD (not inside .restore_packet of the packet's
 * channel, or a second time), -EINVAL (another channel's packet, a packet in use
 * or too small, or not the bytes that were given). On failure the packet is as
 * before.
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
 * is saved with it. If the channel was closed or has gone meanwhile nothing is
 * sent.
 * Context: any.
 */
void vmb_packet_complete(struct vmb_packet_completion *packet, const void *buf,
			 u32 len);

/**
 * vmb_packet_defer() - have an incoming packet delivered again
 * @packet: from .process_packet; not the VSP's any more after the call
 *
 * VmbChannelPacketDeferToPassive. Legal only inside .process_packet and for the
 * packet that it was called with; else it is warned of and nothing happens. The
 * worker delivers it again, before what is behind it, and once other work of
 * the channel was done; from the second time in a row on after 10 ms.
 *
 * It goes back to where it was in the ring and is read from there anew, with a
 * zeroed context; what was got with vmb_packet_get_external_data() is given up.
 * So the VSP holds nothing meanwhile: a stop does not wait for it, and it is the
 * first packet that is delivered after .started, on whichever host that is. If
 * the channel is closed it goes with the ring, as what was not read.
 * Context: inside .process_packet.
 */
void vmb_packet_defer(struct vmb_packet_completion *packet);

/**
 * vmb_packet_fail() - an incoming packet cannot be dealt with
 * @packet: from .process_packet; gone after the call
 *
 * VmbChannelPacketFail. For what is malformed beyond repair: traffic of the
 * channel stops for good (-EPROTO), the VMM is told, and the channel cannot be
 * saved until it was closed. No completion is sent. Of a packet from before the
 * channel was closed, or that has gone, it is given up alone.
 * Context: any.
 */
void vmb_packet_fail(struct vmb_packet_completion *packet);

/* vmb_packet_completion_flags(): it has external data */
#define VMB_PROCESS_PACKET_EXTERNAL_DATA	BIT(0)

/* vmb_packet_get_external_data(): the pages will not be written */
#define VMB_EXTERNAL_DATA_READ_ONLY		BIT(0)

/**
 * vmb_packet_get_external_data() - get at the guest memory that a packet names
 * @packet: from .process_packet
 * @flags: %VMB_EXTERNAL_DATA_READ_ONLY or 0
 * @data: set to the pages, pinned; valid until vmb_packet_complete(), also if
 *	the channel goes away meanwhile
 *
 * VmbChannelPacketGetExternalData. A second call gives the same pages, and
 * -EACCES if the first asked to read only and this one does not. Never pending:
 * it may sleep instead.
 *
 * Context: process context, may sleep.
 * Return: 0, or nothing was pinned: -EINVAL (@flags), -ENODATA (the packet has
 * none), -EACCES, -EFAULT (not in guest memory), -EDQUOT (too many pages are
 * pinned), -ENOMEM, -ENODEV (the channel was closed or is gone).
 */
int vmb_packet_get_external_data(struct vmb_packet_completion *packet, u32 flags,
				 const struct vmb_external_data **data);

u32 vmb_packet_completion_flags(const struct vmb_packet_completion *packet);
void *vmb_packet_completion_context(struct vmb_packet_completion *packet);
u64 vmb_packet_completion_transaction_id(const struct vmb_packet_completion *packet);
struct vmb_channel *
vmb_packet_completion_get_channel(const struct vmb_packet_completion *packet);

#endif /* _LINUX_VMB_PACKET_H */

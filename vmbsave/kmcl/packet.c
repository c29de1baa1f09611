// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: VMBPACKET
 *
 * A wrapper with the driver's completion routine and pointer, and the native
 * packet, whose pointer leads back to the wrapper.
 *
 * 1. It is allocated, or made in the driver's memory: the wrapper first, the
 *    native packet behind it.
 * 2. It is sent, or restored: in use.
 * 3. It is retired: the native packet was completed, or discarded. The driver's
 *    routine has it again.
 *
 * Unhappy paths. A send that fails leaves it with the driver. VmbPacketFree of a
 * packet in use is a bug of the driver: warned of, and nothing happens. A packet
 * of ours without a routine frees itself when it is retired.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "kmcl.h"

/* Where the native packet is in memory of the driver. */
#define NATIVE_OFFSET	((u32)ALIGN(sizeof(struct vmb_kmcl_packet), 8))

/**
 * vmb_kmcl_packet_of() - the VMBPACKET of a native packet
 * @native: the packet
 * Context: any.
 * Return: the VMBPACKET.
 */
struct vmb_kmcl_packet *vmb_kmcl_packet_of(struct vmb_packet *native)
{
	return vmb_packet_get_pointer(native);
}

static void packet_destroy(struct vmb_kmcl_packet *packet)
{
	bool ours = packet->ours;

	vmb_packet_free(packet->native);
	if (ours)
		kfree(packet);
}

/**
 * vmb_kmcl_packet_retire() - a transaction is over
 * @packet: the packet, the driver's again; may be gone after the call
 * @status: how it ended
 * @buf: the answer, or NULL
 * @len: its length
 *
 * Context: process context; calls the driver's completion routine.
 */
void vmb_kmcl_packet_retire(struct vmb_kmcl_packet *packet, NTSTATUS status, void *buf, u32 len)
{
	WRITE_ONCE(packet->in_use, false);
	if (packet->routine)
		packet->routine(packet, status, buf, len);
	else
		packet_destroy(packet);
}

static void packet_done(struct vmb_packet *native, int status, const void *buf, u32 len)
{
	vmb_kmcl_packet_retire(vmb_kmcl_packet_of(native), vmb_kmcl_status(status), (void *)buf,
			       len);
}

/**
 * VmbPacketAllocate() - get an outgoing packet object
 * @Channel: on which it will be sent; it has a bus
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: the packet, for VmbPacketFree(), or NULL.
 */
VMBPACKET VmbPacketAllocate(VMBCHANNEL Channel)
{
	struct vmb_kmcl_packet *packet;

	if (!Channel->native)
		return NULL;
	packet = kzalloc(sizeof(*packet), GFP_KERNEL_ACCOUNT);
	if (!packet)
		return NULL;
	packet->native = vmb_packet_allocate(Channel->native);
	if (IS_ERR(packet->native)) {
		kfree(packet);
		return NULL;
	}
	packet->channel = Channel;
	packet->ours = true;
	vmb_packet_set_pointer(packet->native, packet);
	vmb_packet_set_completion_routine(packet->native, packet_done);
	return packet;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketAllocate, VMBSAVE_NS);

/**
 * VmbPacketFree() - free a packet that is not in use
 * @Packet: the packet, or NULL. In use it is a bug of the driver, warned of, and
 *	nothing happens.
 * Context: any.
 */
void VmbPacketFree(VMBPACKET Packet)
{
	if (!Packet || WARN_ONCE(READ_ONCE(Packet->in_use), "VmbPacketFree: the packet is in use\n"))
		return;
	if (Packet->staged)
		Packet->channel->restoring = NULL;
	packet_destroy(Packet);
}
EXPORT_SYMBOL_NS_GPL(VmbPacketFree, VMBSAVE_NS);

/**
 * VmbChannelSizeofPacket() - memory that VmbPacketInitialize() wants
 * @Channel: the channel
 * Context: any.
 * Return: bytes; 0 if the channel has no bus yet.
 */
UINT32 VmbChannelSizeofPacket(VMBCHANNEL Channel)
{
	return Channel->native ? NATIVE_OFFSET + vmb_channel_sizeof_packet(Channel->native) : 0;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSizeofPacket, VMBSAVE_NS);

/**
 * VmbPacketInitialize() - make a packet object of the driver's memory
 * @Channel: on which it will be sent; it has a bus
 * @Packet: the memory, aligned to 8 bytes; the packet afterwards
 * @ByteCount: at least VmbChannelSizeofPacket()
 *
 * It needs a completion routine before it is sent.
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (NULL), _2 (NULL or
 * alignment), _3 (@ByteCount), STATUS_INVALID_DEVICE_STATE (no bus),
 * STATUS_QUOTA_EXCEEDED, STATUS_DEVICE_REMOVED.
 */
NTSTATUS VmbPacketInitialize(VMBCHANNEL Channel, VMBPACKET Packet, UINT32 ByteCount)
{
	struct vmb_packet *native;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!Packet || !IS_ALIGNED((unsigned long)Packet, 8))
		return STATUS_INVALID_PARAMETER_2;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;
	if (ByteCount < NATIVE_OFFSET)
		return STATUS_INVALID_PARAMETER_3;

	native = vmb_packet_initialize(Channel->native, (void *)Packet + NATIVE_OFFSET,
				       ByteCount - NATIVE_OFFSET);
	if (native == ERR_PTR(-ENOBUFS))
		return STATUS_INVALID_PARAMETER_3;
	if (IS_ERR(native))
		return vmb_kmcl_status(PTR_ERR(native));
	*Packet = (struct vmb_kmcl_packet) { .channel = Channel, .native = native };
	vmb_packet_set_pointer(native, Packet);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketInitialize, VMBSAVE_NS);

/**
 * VmbPacketSetPointer() - the driver's own pointer
 * @Packet: the packet
 * @Pointer: anything
 * Context: any.
 */
void VmbPacketSetPointer(VMBPACKET Packet, PVOID Pointer)
{
	Packet->pointer = Pointer;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketSetPointer, VMBSAVE_NS);

/**
 * VmbPacketGetPointer() - what VmbPacketSetPointer() has set
 * @Packet: the packet
 * Context: any.
 * Return: the pointer, NULL if it was not set.
 */
PVOID VmbPacketGetPointer(VMBPACKET Packet)
{
	return Packet->pointer;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketGetPointer, VMBSAVE_NS);

/**
 * VmbPacketGetChannel() - the channel of a packet
 * @Packet: the packet
 * Context: any.
 * Return: the channel.
 */
VMBCHANNEL VmbPacketGetChannel(VMBPACKET Packet)
{
	return Packet->channel;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketGetChannel, VMBSAVE_NS);

/**
 * VmbPacketSetCompletionRoutine() - what is called when the transaction is over
 * @Packet: not in use, or just restored
 * @CompletionRoutine: called once, also with STATUS_CANCELLED when the channel
 *	is disabled, goes away, or a restore is undone
 *
 * Context: any.
 */
void VmbPacketSetCompletionRoutine(VMBPACKET Packet,
				   PFN_VMB_PACKET_COMPLETION_ROUTINE CompletionRoutine)
{
	Packet->routine = CompletionRoutine;
	vmb_packet_set_completion_routine(Packet->native, packet_done);
}
EXPORT_SYMBOL_NS_GPL(VmbPacketSetCompletionRoutine, VMBSAVE_NS);

static NTSTATUS packet_send(struct vmb_kmcl_packet *packet, const void *buf, u32 len,
			    const struct vmb_page_range *range, u32 offset, u32 bytes, u32 flags)
{
	u32 native_flags = flags & VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION ?
			   VMB_PACKET_WAIT_FOR_COMPLETION : 0;
	bool was_in_use = READ_ONCE(packet->in_use);
	int ret;

	/* Before the send: it may be retired before the send returns. */
	WRITE_ONCE(packet->in_use, true);
	if (range)
		ret = vmb_packet_send_external(packet->native, buf, len, range, offset, bytes,
					       native_flags);
	else
		ret = vmb_packet_send(packet->native, buf, len, native_flags);
	if (ret)
		WRITE_ONCE(packet->in_use, was_in_use);
	return vmb_kmcl_status(ret);
}

/**
 * VmbPacketSend() - send a packet
 * @Packet: not in use
 * @Buffer: payload; copied before the call returns
 * @BufferLength: bytes at @Buffer
 * @ExternalDataMdl: all of it is described to the server; NULL from a server.
 *	Its pieces follow one another page by page.
 * @Flags: VMBUS_CHANNEL_FORMAT_FLAG_*
 *
 * Context: any.
 * Return: STATUS_SUCCESS: the completion routine will be called. Else the packet
 * is still the caller's: STATUS_INVALID_PARAMETER_1 (NULL), _4 (@ExternalDataMdl),
 * _5 (@Flags), STATUS_INVALID_PARAMETER, STATUS_INVALID_BUFFER_SIZE (too long),
 * STATUS_ALREADY_COMMITTED (in use), STATUS_INVALID_DEVICE_STATE (disabled, or no
 * completion routine), STATUS_DEVICE_BUSY (being saved),
 * STATUS_DEVICE_REMOVED, STATUS_NO_MEMORY.
 */
NTSTATUS VmbPacketSend(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength, PMDL ExternalDataMdl,
		       UINT32 Flags)
{
	NTSTATUS status;

	if (!Packet)
		return STATUS_INVALID_PARAMETER_1;
	if (Flags & ~VMBUS_CHANNEL_FORMAT_FLAGS)
		return STATUS_INVALID_PARAMETER_5;
	if (!ExternalDataMdl)
		return packet_send(Packet, Buffer, BufferLength, NULL, 0, 0, Flags);
	status = VmbPacketSendWithExternalMdl(Packet, Buffer, BufferLength, ExternalDataMdl, 0, 0,
					      Flags);
	return status == STATUS_INVALID_PARAMETER_7 ? STATUS_INVALID_PARAMETER_5 : status;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketSend, VMBSAVE_NS);

/* External data is lent until the server completes the packet. */
static bool external_flags_good(u32 flags)
{
	return !(flags & ~VMBUS_CHANNEL_FORMAT_FLAGS) &&
	       flags & VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION;
}

/**
 * VmbPacketSendWithExternalMdl() - send a packet that describes pages
 * @Packet: not in use, of a client's end
 * @Buffer: payload; copied before the call returns
 * @BufferLength: bytes at @Buffer
 * @ExternalDataMdl: a chain whose pieces follow one another page by page
 * @MdlOffset: bytes from its start
 * @MdlLength: bytes; 0 = to the end
 * @Flags: VMBUS_CHANNEL_FORMAT_FLAG_*, with WAIT_FOR_COMPLETION
 *
 * Context: any.
 * Return: as VmbPacketSend(), STATUS_INVALID_PARAMETER_4 also for a server's end,
 * _7 for @Flags.
 */
NTSTATUS VmbPacketSendWithExternalMdl(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength,
				      PMDL ExternalDataMdl, UINT32 MdlOffset, UINT32 MdlLength,
				      UINT32 Flags)
{
	struct vmb_page_range range;
	NTSTATUS status;
	int ret;

	if (!Packet)
		return STATUS_INVALID_PARAMETER_1;
	if (Packet->channel->server)
		return STATUS_INVALID_PARAMETER_4;
	if (!external_flags_good(Flags))
		return STATUS_INVALID_PARAMETER_7;
	ret = vmb_kmcl_mdl_join(ExternalDataMdl, &range, GFP_ATOMIC);
	if (ret)
		return ret == -EINVAL ? STATUS_INVALID_PARAMETER_4 : vmb_kmcl_status(ret);
	status = packet_send(Packet, Buffer, BufferLength, &range, MdlOffset, MdlLength, Flags);
	vmb_kmcl_mdl_unjoin(ExternalDataMdl, &range);
	return status;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketSendWithExternalMdl, VMBSAVE_NS);

/* -EINVAL if a number is that of no page, -ENOMEM. */
static int pages_of_pfns(const PFN_NUMBER *pfns, u32 nr, struct vmb_page_range *range)
{
	u32 i;

	if (!pfns || !nr || check_mul_overflow(nr, (u32)PAGE_SIZE, &range->byte_count))
		return -EINVAL;
	for (i = 0; i < nr; i++)
		if (!pfn_valid(pfns[i]))
			return -EINVAL;
	/* What is too long for memory without sleep fails quietly. */
	range->pages = kvcalloc(nr, sizeof(*range->pages), GFP_ATOMIC);
	if (!range->pages)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		range->pages[i] = pfn_to_page(pfns[i]);
	range->nr_pages = nr;
	range->byte_offset = 0;
	return 0;
}

/**
 * VmbPacketSendWithExternalPfns() - send a packet that describes whole pages
 * @Packet: not in use, of a client's end
 * @Buffer: payload; copied before the call returns
 * @BufferLength: bytes at @Buffer
 * @ExternalDataPfns: page frame numbers
 * @PfnLength: how many
 * @Flags: VMBUS_CHANNEL_FORMAT_FLAG_*, with WAIT_FOR_COMPLETION
 *
 * Context: any.
 * Return: as VmbPacketSend(), STATUS_INVALID_PARAMETER_4 for a server's end and
 * for numbers of no page, _6 for @Flags.
 */
NTSTATUS VmbPacketSendWithExternalPfns(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength,
				       PPFN_NUMBER ExternalDataPfns, UINT32 PfnLength,
				       UINT32 Flags)
{
	struct vmb_page_range range;
	NTSTATUS status;
	int ret;

	if (!Packet)
		return STATUS_INVALID_PARAMETER_1;
	if (Packet->channel->server)
		return STATUS_INVALID_PARAMETER_4;
	if (!external_flags_good(Flags))
		return STATUS_INVALID_PARAMETER_6;
	ret = pages_of_pfns(ExternalDataPfns, PfnLength, &range);
	if (ret)
		return ret == -EINVAL ? STATUS_INVALID_PARAMETER_4 : vmb_kmcl_status(ret);
	status = packet_send(Packet, Buffer, BufferLength, &range, 0, 0, Flags);
	kvfree(range.pages);
	return status;
}
EXPORT_SYMBOL_NS_GPL(VmbPacketSendWithExternalPfns, VMBSAVE_NS);

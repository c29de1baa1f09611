// SPDX-License-Identifier: GPL-2.0-only
/*
 * Incoming packets. A VMBPACKETCOMPLETION is the native object; what there is
 * besides, the MDL of its external data, hangs in its private room.
 */
#include <linux/export.h>

#include "kmcl.h"

static void forget_external_data(struct vmb_packet_completion *packet)
{
	struct vmb_kmcl_context *context = vmb_packet_completion_context(packet);

	vmb_kmcl_mdl_free(context->mdl);
	context->mdl = NULL;
}

/**
 * VmbChannelPacketComplete() - retire an incoming packet
 * @Packet: from EvtVmbChannelProcessPacket; gone after the call, and with it
 *	the MDL of its external data
 * @PacketCompletionBuffer: the answer, or NULL
 * @BufSize: its length
 *
 * Context: any; with external data PASSIVE_LEVEL.
 */
void VmbChannelPacketComplete(VMBPACKETCOMPLETION Packet, PVOID PacketCompletionBuffer,
			      UINT32 BufSize)
{
	forget_external_data(Packet);
	vmb_packet_complete(Packet, PacketCompletionBuffer, BufSize);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelPacketComplete, VMBSAVE_NS);

/**
 * VmbChannelPacketDeferToPassive() - have an incoming packet delivered again
 * @Packet: that EvtVmbChannelProcessPacket is being called with; not the
 *	driver's after the call
 *
 * Packets come at PASSIVE_LEVEL anyway; it is delivered again once other work of
 * the channel was done.
 * Context: inside EvtVmbChannelProcessPacket.
 */
void VmbChannelPacketDeferToPassive(VMBPACKETCOMPLETION Packet)
{
	forget_external_data(Packet);
	vmb_packet_defer(Packet);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelPacketDeferToPassive, VMBSAVE_NS);

/**
 * VmbChannelPacketFail() - an incoming packet cannot be dealt with
 * @Packet: from EvtVmbChannelProcessPacket; gone after the call
 *
 * Traffic of the channel stops until it was closed.
 * Context: any; with external data PASSIVE_LEVEL.
 */
void VmbChannelPacketFail(VMBPACKETCOMPLETION Packet)
{
	forget_external_data(Packet);
	vmb_packet_fail(Packet);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelPacketFail, VMBSAVE_NS);

/**
 * VmbChannelPacketGetExternalData() - get at the memory that a packet names
 * @Packet: from EvtVmbChannelProcessPacket
 * @Flags: %VMBUS_CHANNEL_PACKET_EXTERNAL_DATA_FLAG_READ_ONLY or 0
 * @Mdl: set to a chain, valid until VmbChannelPacketComplete(); a second call
 *	gives the same one
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, never STATUS_PENDING; or nothing was pinned:
 * STATUS_INVALID_PARAMETER_1 (NULL), _2 (@Flags), _3 (NULL), STATUS_END_OF_FILE
 * (it has none), STATUS_ACCESS_DENIED (first read-only, then not),
 * STATUS_ACCESS_VIOLATION (not in guest memory), STATUS_QUOTA_EXCEEDED,
 * STATUS_NO_MEMORY, STATUS_DEVICE_REMOVED.
 */
NTSTATUS VmbChannelPacketGetExternalData(VMBPACKETCOMPLETION Packet, UINT32 Flags, PMDL *Mdl)
{
	const struct vmb_external_data *data;
	struct vmb_kmcl_context *context;
	int ret;

	BUILD_BUG_ON(VMBUS_CHANNEL_PACKET_EXTERNAL_DATA_FLAG_READ_ONLY !=
		     VMB_EXTERNAL_DATA_READ_ONLY);
	if (!Packet)
		return STATUS_INVALID_PARAMETER_1;
	if (Flags & ~VMBUS_CHANNEL_PACKET_EXTERNAL_DATA_FLAG_READ_ONLY)
		return STATUS_INVALID_PARAMETER_2;
	if (!Mdl)
		return STATUS_INVALID_PARAMETER_3;

	ret = vmb_packet_get_external_data(Packet, Flags, &data);
	if (ret)
		return vmb_kmcl_status(ret);
	context = vmb_packet_completion_context(Packet);
	if (!context->mdl)
		context->mdl = vmb_kmcl_mdl_create(data->ranges, data->nr_ranges);
	if (!context->mdl)
		return STATUS_NO_MEMORY;
	*Mdl = context->mdl;
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelPacketGetExternalData, VMBSAVE_NS);

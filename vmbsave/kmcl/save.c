// SPDX-License-Identifier: GPL-2.0-only
/*
 * Save and restore by the Windows names. VMB_MORE has two meanings there, and
 * they are different statuses; each function knows its own.
 */
#include <linux/errno.h>
#include <linux/export.h>

#include "kmcl.h"

/**
 * VmbChannelSaveBegin() - prepare to save a channel
 * @Channel: the server's end; no traffic runs on it
 *
 * Context: PASSIVE_LEVEL: process context, may sleep; not from a callback.
 * Return: STATUS_SUCCESS, or nothing happened: STATUS_INVALID_PARAMETER_1 (NULL),
 * STATUS_INVALID_DEVICE_STATE (traffic runs, or there is no bus),
 * STATUS_DEVICE_BUSY (a session has the channel, or the driver an incoming
 * packet), STATUS_NO_MEMORY, STATUS_DEVICE_REMOVED.
 */
NTSTATUS VmbChannelSaveBegin(VMBCHANNEL Channel)
{
	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;
	return vmb_kmcl_status(vmb_channel_save_begin(Channel->native));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSaveBegin, VMBSAVE_NS);

/**
 * VmbChannelSaveContinue() - save what comes next
 * @Channel: the channel
 * @SaveBuffer: where whole chunks go; may be NULL if @SaveBufferSize is 0
 * @SaveBufferSize: bytes at @SaveBuffer
 * @BytesFilled: set to the bytes written
 * @BytesRequired: set to the bytes that the next call needs
 *
 * Context: PASSIVE_LEVEL: process context, may sleep; calls
 * EvtVmbChannelSavePacket.
 * Return: STATUS_SUCCESS: all is saved. STATUS_BUFFER_OVERFLOW: something was
 * written and there is more. STATUS_BUFFER_TOO_SMALL: nothing was written, the
 * next call needs @BytesRequired. STATUS_INVALID_PARAMETER_1 to _5: NULL. Any
 * other: as vmb_channel_save_continue(); a status of EvtVmbChannelSavePacket
 * that would mean one of the former comes as STATUS_UNSUCCESSFUL.
 */
NTSTATUS VmbChannelSaveContinue(VMBCHANNEL Channel, PVOID SaveBuffer, ULONG SaveBufferSize,
				PULONG BytesFilled, PULONG BytesRequired)
{
	int ret;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!SaveBuffer && SaveBufferSize)
		return STATUS_INVALID_PARAMETER_2;
	if (!BytesFilled)
		return STATUS_INVALID_PARAMETER_4;
	if (!BytesRequired)
		return STATUS_INVALID_PARAMETER_5;

	*BytesFilled = 0;
	*BytesRequired = 0;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;
	ret = vmb_channel_save_continue(Channel->native, SaveBuffer, SaveBufferSize, BytesFilled,
					BytesRequired);
	/* The driver's own failure, not ours to ask for more room. */
	if (ret == -ENOBUFS && !*BytesRequired)
		return STATUS_UNSUCCESSFUL;
	return vmb_kmcl_step_status(ret, STATUS_BUFFER_OVERFLOW);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSaveContinue, VMBSAVE_NS);

/**
 * VmbChannelSaveEnd() - end a save, complete or not
 * @Channel: the channel; without a save nothing happens
 * Context: PASSIVE_LEVEL: process context, may sleep; not from a callback.
 */
void VmbChannelSaveEnd(VMBCHANNEL Channel)
{
	if (Channel->native)
		vmb_channel_save_end(Channel->native);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSaveEnd, VMBSAVE_NS);

/**
 * VmbChannelRestoreFromBuffer() - restore from what was saved
 * @Channel: the server's end, with a bus and a process packet callback, never
 *	open so far
 * @Buffer: one or more whole chunks, in order; hostile
 * @BufferSize: bytes at @Buffer
 *
 * A restore that failed answers the same until VmbChannelDisable() or
 * VmbChannelCleanup().
 *
 * Context: PASSIVE_LEVEL: process context, may sleep; not from a callback; calls
 * EvtVmbChannelRestorePacket, EvtChannelOpened.
 * Return: STATUS_SUCCESS: done. STATUS_MORE_PROCESSING_REQUIRED: so far so good.
 * STATUS_INVALID_PARAMETER_1, _2, _3: NULL or 0. STATUS_INVALID_DEVICE_STATE:
 * not legal now, or restored already. Any other: the stream is refused, see
 * vmb_channel_restore_from_buffer().
 */
NTSTATUS VmbChannelRestoreFromBuffer(VMBCHANNEL Channel, PVOID Buffer, ULONG BufferSize)
{
	int ret;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!Buffer)
		return STATUS_INVALID_PARAMETER_2;
	if (!BufferSize)
		return STATUS_INVALID_PARAMETER_3;
	/* As for VmbChannelEnable(): it may be open afterwards, and packets come. */
	if (!Channel->native || !Channel->process)
		return STATUS_INVALID_DEVICE_STATE;
	ret = vmb_channel_restore_from_buffer(Channel->native, Buffer, BufferSize);
	/* Only a save has a buffer that can be too small. */
	if (ret == -ENOBUFS)
		return STATUS_UNSUCCESSFUL;
	return vmb_kmcl_step_status(ret, STATUS_MORE_PROCESSING_REQUIRED);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelRestoreFromBuffer, VMBSAVE_NS);

/**
 * VmbPacketRestore() - make a fresh packet what it was
 * @Packet: from VmbPacketAllocate() or VmbPacketInitialize()
 * @Buffer: LibBuf of EvtVmbChannelRestorePacket
 * @BufferSize: its length
 *
 * Context: PASSIVE_LEVEL: inside EvtVmbChannelRestorePacket, once.
 * Return: STATUS_SUCCESS, or the packet is as before:
 * STATUS_INVALID_PARAMETER_1, _2, _3 (NULL or 0), STATUS_INVALID_DEVICE_STATE
 * (elsewhere, or a second time), STATUS_INVALID_PARAMETER (not the bytes, not a
 * packet of this channel).
 */
NTSTATUS VmbPacketRestore(VMBPACKET Packet, PVOID Buffer, ULONG BufferSize)
{
	int ret;

	if (!Packet)
		return STATUS_INVALID_PARAMETER_1;
	if (!Buffer)
		return STATUS_INVALID_PARAMETER_2;
	if (!BufferSize)
		return STATUS_INVALID_PARAMETER_3;

	ret = vmb_packet_restore(Packet->native, Buffer, BufferSize);
	if (!ret) {
		Packet->staged = true;
		Packet->channel->restoring = Packet;
	}
	return vmb_kmcl_status(ret);
}
EXPORT_SYMBOL_NS_GPL(VmbPacketRestore, VMBSAVE_NS);

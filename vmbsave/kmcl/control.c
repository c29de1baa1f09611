// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a channel between its setters and its cleanup.
 *
 * Functions that return nothing on Windows return nothing here. If the call
 * behind them fails it was misused (inside a callback, in the wrong state) and
 * there is one warning, or it has no effect because a session has the channel,
 * which is said in the log.
 */
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/printk.h>

#include "kmcl.h"

/**
 * VmbChannelEnable() - offer the channel, or look for its offer
 * @Channel: a disabled channel that has a bus and a process packet callback
 *
 * Context: PASSIVE_LEVEL: process context; not from a callback.
 * Return: STATUS_SUCCESS: Enabled. STATUS_INVALID_DEVICE_STATE (not Disabled,
 * no bus or no callback), STATUS_DEVICE_BUSY (being restored),
 * STATUS_DEVICE_REMOVED (gone), STATUS_INVALID_PARAMETER (it has no type),
 * STATUS_OBJECT_NAME_COLLISION (the bus has such a channel), STATUS_NO_MEMORY.
 */
NTSTATUS VmbChannelEnable(VMBCHANNEL Channel)
{
	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!Channel->native || !Channel->process)
		return STATUS_INVALID_DEVICE_STATE;
	return vmb_kmcl_status(vmb_channel_enable(Channel->native));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelEnable, VMBSAVE_NS);

/**
 * VmbChannelDisable() - take the offer back, or close
 * @Channel: the channel
 *
 * A restore that failed or was not finished is dropped too, whatever state the
 * channel is in. A save in progress is aborted, and still wants its
 * VmbChannelSaveEnd().
 *
 * Context: PASSIVE_LEVEL: process context, waits until the driver has completed
 * every incoming packet; from a callback it is a bug of the driver, warned of,
 * and nothing happens.
 */
void VmbChannelDisable(VMBCHANNEL Channel)
{
	if (!Channel->native)
		return;
	vmb_kmcl_check_void("VmbChannelDisable", vmb_channel_disable(Channel->native));
	vmb_channel_restore_end(Channel->native);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelDisable, VMBSAVE_NS);

/**
 * VmbChannelStart() - let traffic run
 * @Channel: an enabled channel
 *
 * Between VmbChannelSaveBegin() and VmbChannelSaveEnd(), and while a VMM saves
 * or restores, it has no effect: call it afterwards.
 *
 * Context: PASSIVE_LEVEL: process context; from a callback, or in Disabled, it
 * is a bug of the driver, warned of, and nothing happens.
 */
void VmbChannelStart(VMBCHANNEL Channel)
{
	vmb_kmcl_check_void("VmbChannelStart",
			    Channel->native ? vmb_channel_start(Channel->native) : -EBADFD);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelStart, VMBSAVE_NS);

/**
 * VmbChannelPause() - stop traffic
 * @Channel: the channel; in Disabled it has no effect, as a channel is always
 *	enabled paused
 *
 * Context: PASSIVE_LEVEL: process context, waits until the driver has completed
 * every incoming packet; from a callback it is a bug of the driver, warned of,
 * and nothing happens.
 */
void VmbChannelPause(VMBCHANNEL Channel)
{
	if (Channel->native)
		vmb_kmcl_check_void("VmbChannelPause", vmb_channel_pause(Channel->native));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelPause, VMBSAVE_NS);

/**
 * VmbChannelSetPointer() - the driver's own pointer
 * @Channel: the channel
 * @Pointer: anything
 * Context: any.
 */
void VmbChannelSetPointer(VMBCHANNEL Channel, PVOID Pointer)
{
	WRITE_ONCE(Channel->pointer, Pointer);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSetPointer, VMBSAVE_NS);

/**
 * VmbChannelGetPointer() - what VmbChannelSetPointer() has set
 * @Channel: the channel
 * Context: any.
 * Return: the pointer, NULL if it was not set.
 */
PVOID VmbChannelGetPointer(VMBCHANNEL Channel)
{
	return READ_ONCE(Channel->pointer);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelGetPointer, VMBSAVE_NS);

/**
 * VmbChannelGetInterfaceInstance() - which one of its type the channel is
 * @Channel: the channel
 * @InterfaceInstance: set to it
 * Context: any.
 */
void VmbChannelGetInterfaceInstance(VMBCHANNEL Channel, LPGUID InterfaceInstance)
{
	*InterfaceInstance = Channel->native ? *vmb_channel_interface_instance(Channel->native) :
			     Channel->config.instance;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelGetInterfaceInstance, VMBSAVE_NS);

/**
 * VmbChannelSetIncomingProcessingAtPassive() - demand where packets come
 * @Channel: the channel
 * @RequirePassive: kept; packets always come at PASSIVE_LEVEL here
 * Context: any.
 */
void VmbChannelSetIncomingProcessingAtPassive(VMBCHANNEL Channel, BOOLEAN RequirePassive)
{
	if (Channel->native) {
		vmb_channel_set_incoming_in_process_context(Channel->native, RequirePassive);
		return;
	}
	Channel->config.passive = RequirePassive;
	Channel->config.set |= BIT(VMB_KMCL_PASSIVE);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSetIncomingProcessingAtPassive, VMBSAVE_NS);

/**
 * VmbChannelSetTransactionQuota() - most incoming packets at once
 * @Channel: the channel
 * @Quota: packets; 0 is a bug of the driver, warned of, and nothing happens
 * Context: any.
 */
void VmbChannelSetTransactionQuota(VMBCHANNEL Channel, UINT32 Quota)
{
	if (WARN_ONCE(!Quota, "VmbChannelSetTransactionQuota: 0\n"))
		return;
	if (Channel->native) {
		vmb_channel_set_transaction_quota(Channel->native, Quota);
		return;
	}
	Channel->config.quota = Quota;
	Channel->config.set |= BIT(VMB_KMCL_QUOTA);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSetTransactionQuota, VMBSAVE_NS);

/**
 * VmbChannelSetInterruptLatency() - how long a signal may be held back
 * @Channel: the client's end, open
 * @Latency: units of 100 ns
 * @OriginalLatency: set to what it was
 *
 * Context: any.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (NULL, or a server's end),
 * _3 (NULL), STATUS_INVALID_DEVICE_STATE (not open).
 */
NTSTATUS VmbChannelSetInterruptLatency(VMBCHANNEL Channel, UINT16 Latency,
				       PUINT16 OriginalLatency)
{
	if (!Channel || Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (!OriginalLatency)
		return STATUS_INVALID_PARAMETER_3;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;
	return vmb_kmcl_status(vmb_channel_set_interrupt_latency(Channel->native, Latency,
								 OriginalLatency));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSetInterruptLatency, VMBSAVE_NS);

/**
 * VmbChannelGetMmioSpace() - MMIO space that was reserved for the channel
 * @Channel: the channel
 * @MmioAddress: set to the guest physical address; 0 = none, or not open
 * @MmioSize: set to its length, bytes
 * Context: any.
 */
void VmbChannelGetMmioSpace(VMBCHANNEL Channel, UINT64 *MmioAddress, UINT64 *MmioSize)
{
	*MmioAddress = 0;
	*MmioSize = 0;
	if (Channel->native)
		vmb_channel_get_mmio_space(Channel->native, MmioAddress, MmioSize);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelGetMmioSpace, VMBSAVE_NS);

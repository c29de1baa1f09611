// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: VMBCHANNEL
 *
 * 1. VmbChannelAllocate makes an object that knows nothing yet.
 * 2. The setters are remembered.
 * 3. VmbServerChannelInitSetVmbusHandle says on which bus it is: the native
 *    channel is made and told what was remembered. From then on each setter
 *    goes to it at once.
 * 4. VmbChannelEnable and the rest of its life.
 * 5. VmbChannelCleanup.
 *
 * Unhappy paths. A value that the native channel refuses in step 3: it is
 * disposed of, and the object is as before. VmbChannelCleanup of a channel that
 * is not Disabled is a mistake of the driver: warned of, and nothing happens.
 * The bus goes away: the native channel is closed and answers -ENODEV; the
 * driver still has to clean up.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "kmcl.h"

/**
 * VmbChannelAllocate() - make a channel
 * @ParentDeviceObject: not used here, may be NULL
 * @IsServer: TRUE: the server's end, FALSE: the client's
 * @Channel: set to the channel, for VmbChannelCleanup()
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_3 (NULL), STATUS_NO_MEMORY.
 */
NTSTATUS VmbChannelAllocate(PDEVICE_OBJECT ParentDeviceObject, BOOLEAN IsServer,
			    VMBCHANNEL *Channel)
{
	struct vmb_kmcl_channel *channel;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_3;
	channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	if (!channel)
		return STATUS_NO_MEMORY;

	channel->server = IsServer;
	spin_lock_init(&channel->lock);
	INIT_LIST_HEAD(&channel->mappings);
	VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT(&channel->state);
	*Channel = channel;
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelAllocate, VMBSAVE_NS);

static int native_create(struct vmb_kmcl_channel *channel, struct vmb_bus *bus)
{
	struct vmb_channel *native;
	int ret;

	vmb_kmcl_callbacks_choose(channel);
	native = vmb_channel_allocate(bus, &channel->vsp, channel->server);
	if (IS_ERR(native))
		return PTR_ERR(native);

	vmb_channel_set_pointer(native, channel);
	ret = vmb_kmcl_config_replay(native, &channel->config);
	if (ret) {
		vmb_channel_cleanup(native);
		return ret;
	}
	channel->native = native;
	return 0;
}

/**
 * VmbServerChannelInitSetVmbusHandle() - say on which bus the channel is
 * @Channel: a channel that has no bus yet. Also a client's end, which has no
 *	other way to name the bus whose offers it looks at.
 * @VmbusHandle: from VmbConvertVmbusHandleToKernelHandle(), which stays the
 *	caller's and may be closed afterwards; or a struct vmb_bus
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, or nothing changed: STATUS_INVALID_PARAMETER_1 (NULL,
 * or it has a bus), _2 (NULL), STATUS_DEVICE_REMOVED (the bus is gone),
 * STATUS_QUOTA_EXCEEDED, STATUS_NO_MEMORY.
 */
NTSTATUS VmbServerChannelInitSetVmbusHandle(VMBCHANNEL Channel, HANDLE VmbusHandle)
{
	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!VmbusHandle)
		return STATUS_INVALID_PARAMETER_2;

	if (Channel->native)
		return STATUS_INVALID_PARAMETER_1;
	return vmb_kmcl_status(native_create(Channel, VmbusHandle));
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetVmbusHandle, VMBSAVE_NS);

/**
 * VmbConvertVmbusHandleToKernelHandle() - the bus of a process
 * @UserHandle: number of a descriptor of the calling process, from
 *	open("/dev/vmbsave")
 * @KernelHandle: set to the bus, for ZwClose()
 *
 * Context: PASSIVE_LEVEL: process context of the process that has the
 * descriptor.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE (no such descriptor),
 * STATUS_INVALID_PARAMETER_1 (no descriptor of a bus), _2 (NULL).
 */
NTSTATUS VmbConvertVmbusHandleToKernelHandle(HANDLE UserHandle, PHANDLE KernelHandle)
{
	unsigned long number = (unsigned long)UserHandle;
	struct vmb_bus *bus;

	if (!KernelHandle)
		return STATUS_INVALID_PARAMETER_2;
	if (number > INT_MAX)
		return STATUS_INVALID_HANDLE;

	bus = vmb_bus_get_by_fd(number);
	if (bus == ERR_PTR(-EINVAL))
		return STATUS_INVALID_PARAMETER_1;
	if (IS_ERR(bus))
		return vmb_kmcl_status(PTR_ERR(bus));
	*KernelHandle = bus;
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbConvertVmbusHandleToKernelHandle, VMBSAVE_NS);

/**
 * vmb_kmcl_close_handle() - ZwClose() of a bus
 * @handle: from VmbConvertVmbusHandleToKernelHandle()
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, STATUS_INVALID_HANDLE (NULL).
 */
NTSTATUS vmb_kmcl_close_handle(HANDLE handle)
{
	if (!handle)
		return STATUS_INVALID_HANDLE;
	vmb_bus_put(handle);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(vmb_kmcl_close_handle, VMBSAVE_NS);

/**
 * VmbChannelCleanup() - dispose of a channel
 * @Channel: Disabled, or gone with its bus; not the caller's after the call
 *
 * Drops a restore that was not finished and a save that was not ended. A
 * channel in another state is a bug of the driver: it is warned of, and the
 * channel stays.
 *
 * Context: PASSIVE_LEVEL: process context, may sleep, not from a callback.
 */
void VmbChannelCleanup(VMBCHANNEL Channel)
{
	int ret;

	if (Channel->native) {
		vmb_channel_save_end(Channel->native);
		vmb_channel_restore_end(Channel->native);
		ret = vmb_channel_cleanup(Channel->native);
		if (ret) {
			vmb_kmcl_check_void("VmbChannelCleanup", ret);
			return;
		}
	}
	vmb_kmcl_mappings_drop(Channel);
	kfree(Channel);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelCleanup, VMBSAVE_NS);

MODULE_DESCRIPTION("VMBus channels by the names that they have on Windows");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);

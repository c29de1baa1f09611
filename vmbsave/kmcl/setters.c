// SPDX-License-Identifier: GPL-2.0-only
/*
 * The init setters. Each looks at its values first, so that a failure of the
 * native setter behind it is one of the channel's state. All but the last two
 * groups are for both ends.
 *
 * All are for a channel that is Disabled. In any other state, and while it is
 * saved or restored, they answer STATUS_INVALID_PARAMETER_1 and change nothing.
 * A driver configures a channel from one thread: there is no lock, so that a
 * setter in a callback, where it has no business, can be told so.
 */
#include <linux/ctype.h>
#include <linux/export.h>
#include <linux/string.h>

#include "kmcl.h"

/**
 * VmbChannelInitSetMaximumPacketSize() - largest payload in either direction
 * @Channel: a disabled channel
 * @PacketSize: bytes
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (0, or more
 * than %VMB_PACKET_BYTES_MAX).
 */
NTSTATUS VmbChannelInitSetMaximumPacketSize(VMBCHANNEL Channel, UINT32 PacketSize)
{
	struct vmb_kmcl_config config;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!PacketSize || PacketSize > VMB_PACKET_BYTES_MAX)
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.max_packet = PacketSize;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_MAX_PACKET, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetMaximumPacketSize, VMBSAVE_NS);

/**
 * VmbChannelInitSetMaximumExternalData() - most that a packet may describe
 * @Channel: a disabled channel
 * @DataSize: bytes of all MDLs together
 * @ChainLength: how many MDLs
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2, _3 (0).
 */
NTSTATUS VmbChannelInitSetMaximumExternalData(VMBCHANNEL Channel, UINT32 DataSize,
					      UINT32 ChainLength)
{
	struct vmb_kmcl_config config;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!DataSize)
		return STATUS_INVALID_PARAMETER_2;
	if (!ChainLength)
		return STATUS_INVALID_PARAMETER_3;

	config = Channel->config;
	config.external_bytes = DataSize;
	config.external_ranges = ChainLength;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_EXTERNAL, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetMaximumExternalData, VMBSAVE_NS);

/**
 * VmbChannelInitSetClientContextSize() - private room in each incoming packet
 * @Channel: a disabled channel
 * @ContextSize: bytes, at most 4088. What would give it to the driver is no part
 *	of the first version of the interface.
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (too much).
 */
NTSTATUS VmbChannelInitSetClientContextSize(VMBCHANNEL Channel, UINT32 ContextSize)
{
	struct vmb_kmcl_config config;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (ContextSize > VMB_KMCL_CONTEXT_MAX)
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.context = ContextSize;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_CONTEXT, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetClientContextSize, VMBSAVE_NS);

/**
 * VmbChannelInitSetProcessPacketCallbacks() - who gets incoming packets
 * @Channel: a disabled channel
 * @ProcessPacketCallback: one packet; without one VmbChannelEnable() fails
 * @ProcessingCompleteCallback: after a batch, or NULL
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (NULL).
 */
NTSTATUS
VmbChannelInitSetProcessPacketCallbacks(VMBCHANNEL Channel,
					PFN_VMB_CHANNEL_PROCESS_PACKET ProcessPacketCallback,
					PFN_VMB_CHANNEL_PROCESSING_COMPLETE
					ProcessingCompleteCallback)
{
	NTSTATUS status;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!ProcessPacketCallback)
		return STATUS_INVALID_PARAMETER_2;

	status = vmb_kmcl_configurable(Channel);
	if (!NT_SUCCESS(status))
		return status;
	Channel->process = ProcessPacketCallback;
	Channel->processing_complete = ProcessingCompleteCallback;
	vmb_kmcl_callbacks_choose(Channel);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetProcessPacketCallbacks, VMBSAVE_NS);

/**
 * VmbChannelInitSetStateChangeCallbacks() - who is told of the channel's state
 * @Channel: a disabled channel
 * @StateChangeCallbacks: copied; begun with
 *	VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT()
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (NULL, or
 * another version or size).
 */
NTSTATUS
VmbChannelInitSetStateChangeCallbacks(VMBCHANNEL Channel,
				      PVMB_CHANNEL_STATE_CHANGE_CALLBACKS StateChangeCallbacks)
{
	NTSTATUS status;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!StateChangeCallbacks ||
	    StateChangeCallbacks->Version != VMB_CHANNEL_STATE_CHANGE_CALLBACKS_VERSION ||
	    StateChangeCallbacks->Size != sizeof(*StateChangeCallbacks))
		return STATUS_INVALID_PARAMETER_2;

	status = vmb_kmcl_configurable(Channel);
	if (NT_SUCCESS(status))
		Channel->state = *StateChangeCallbacks;
	return status;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetStateChangeCallbacks, VMBSAVE_NS);

/* What is not printable ASCII becomes a question mark; what is too long is cut. */
static void name_copy(char *to, size_t size, PCUNICODE_STRING from)
{
	size_t i, len = min(from->Length / sizeof(WCHAR), size - 1);

	for (i = 0; i < len; i++) {
		WCHAR c = from->Buffer[i];

		to[i] = c < 0x80 && isprint(c) ? c : '?';
	}
	to[i] = '\0';
}

/**
 * VmbChannelInitSetFriendlyName() - a name for people
 * @Channel: a disabled channel
 * @Name: copied; cut to %VMB_FRIENDLY_NAME_BYTES - 1 characters of ASCII
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (NULL, or a
 * length without a buffer).
 */
NTSTATUS VmbChannelInitSetFriendlyName(VMBCHANNEL Channel, PCUNICODE_STRING Name)
{
	struct vmb_kmcl_config config;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (!Name || (Name->Length && !Name->Buffer))
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	name_copy(config.name, sizeof(config.name), Name);
	return vmb_kmcl_config_set(Channel, VMB_KMCL_NAME, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetFriendlyName, VMBSAVE_NS);

/**
 * VmbChannelInitSetFlags() - flags that both ends have
 * @Channel: a disabled channel
 * @Flags: %VMBUS_CHANNEL_INIT_FLAG_IS_PIPE or 0
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (@Flags).
 */
NTSTATUS VmbChannelInitSetFlags(VMBCHANNEL Channel, UINT32 Flags)
{
	struct vmb_kmcl_config config;

	BUILD_BUG_ON(VMBUS_CHANNEL_INIT_FLAG_IS_PIPE != VMB_CHANNEL_INIT_IS_PIPE);
	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (Flags & ~VMBUS_CHANNEL_INIT_FLAG_IS_PIPE)
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.flags = Flags;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_FLAGS, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelInitSetFlags, VMBSAVE_NS);

#define OFFER_FLAGS (VMB_SERVER_INIT_LOOPBACK_OFFER | \
		     VMB_SERVER_INIT_ENUMERATE_DEVICE_INTERFACE | \
		     VMB_SERVER_INIT_OFFER_AS_PIPE | VMB_SERVER_INIT_FORCE_NEW_CHANNEL | \
		     VMB_SERVER_INIT_TLNPI_PROVIDER_OFFER)

/**
 * VmbServerChannelInitSetFlags() - flags of an offer
 * @Channel: a disabled channel, the server's end
 * @Flags: a set of VMBUS_SERVER_CHANNEL_INIT_FLAG_*
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (@Flags).
 */
NTSTATUS VmbServerChannelInitSetFlags(VMBCHANNEL Channel, UINT32 Flags)
{
	struct vmb_kmcl_config config;

	BUILD_BUG_ON(OFFER_FLAGS != 0x1f);
	BUILD_BUG_ON(VMBUS_SERVER_CHANNEL_INIT_FLAG_FORCE_NEW_CHANNEL !=
		     VMB_SERVER_INIT_FORCE_NEW_CHANNEL);
	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (Flags & ~OFFER_FLAGS)
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.offer_flags = Flags;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_OFFER_FLAGS, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetFlags, VMBSAVE_NS);

/**
 * VmbServerChannelInitSetMmioMegabytes() - guest MMIO space to reserve
 * @Channel: a disabled channel, the server's end
 * @MmioMegabytes: what it needs
 * @MmioMegabytesOptional: what it could use besides
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel),
 * STATUS_INVALID_PARAMETER (both are 0).
 */
NTSTATUS VmbServerChannelInitSetMmioMegabytes(VMBCHANNEL Channel, UINT16 MmioMegabytes,
					      UINT16 MmioMegabytesOptional)
{
	struct vmb_kmcl_config config;

	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (!MmioMegabytes && !MmioMegabytesOptional)
		return STATUS_INVALID_PARAMETER;

	config = Channel->config;
	config.mmio = MmioMegabytes;
	config.mmio_optional = MmioMegabytesOptional;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_MMIO, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetMmioMegabytes, VMBSAVE_NS);

/**
 * VmbServerChannelInitSetTargetInterfaceId() - what is offered
 * @Channel: a disabled channel, the server's end
 * @InterfaceType: not the null GUID
 * @InterfaceInstance: which one of that type
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (null).
 */
NTSTATUS VmbServerChannelInitSetTargetInterfaceId(VMBCHANNEL Channel, GUID InterfaceType,
						  GUID InterfaceInstance)
{
	struct vmb_kmcl_config config;

	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (guid_is_null(&InterfaceType))
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.type = InterfaceType;
	config.instance = InterfaceInstance;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_IDENTITY, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetTargetInterfaceId, VMBSAVE_NS);

/**
 * VmbServerChannelInitSetTargetVtl() - to whom in the guest it is offered
 * @Channel: a disabled channel, the server's end
 * @TargetVtl: virtual trust level, 0..%VMB_VTL_MAX
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (no such
 * level).
 */
NTSTATUS VmbServerChannelInitSetTargetVtl(VMBCHANNEL Channel, UINT8 TargetVtl)
{
	struct vmb_kmcl_config config;

	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (TargetVtl > VMB_VTL_MAX)
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.vtl = TargetVtl;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_VTL, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetTargetVtl, VMBSAVE_NS);

/**
 * VmbServerChannelInitSetSaveRestorePacketCallbacks() - who saves packets
 * @Channel: a disabled channel, the server's end
 * @SavePacketCallback: for each outgoing packet in use
 * @RestorePacketCallback: for each one that was saved
 *
 * Without them a channel with packets in use cannot be saved. Both NULL takes
 * them away.
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2, _3 (one is
 * NULL and the other is not).
 */
NTSTATUS
VmbServerChannelInitSetSaveRestorePacketCallbacks(VMBCHANNEL Channel,
						  PFN_VMB_CHANNEL_SAVE_PACKET
						  SavePacketCallback,
						  PFN_VMB_CHANNEL_RESTORE_PACKET
						  RestorePacketCallback)
{
	NTSTATUS status;

	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (!SavePacketCallback && RestorePacketCallback)
		return STATUS_INVALID_PARAMETER_2;
	if (SavePacketCallback && !RestorePacketCallback)
		return STATUS_INVALID_PARAMETER_3;

	status = vmb_kmcl_configurable(Channel);
	if (!NT_SUCCESS(status))
		return status;
	Channel->save = SavePacketCallback;
	Channel->restore = RestorePacketCallback;
	vmb_kmcl_callbacks_choose(Channel);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbServerChannelInitSetSaveRestorePacketCallbacks, VMBSAVE_NS);

#define RING_PAGES_MAX	4096

/**
 * VmbClientChannelInitSetRingBufferPageCount() - how large the rings are
 * @Channel: a disabled channel, the client's end
 * @IncomingPageCount: pages of data, 1..4096
 * @OutgoingPageCount: pages of data, 1..4096
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2, _3.
 */
NTSTATUS VmbClientChannelInitSetRingBufferPageCount(VMBCHANNEL Channel, UINT32 IncomingPageCount,
						    UINT32 OutgoingPageCount)
{
	struct vmb_kmcl_config config;

	if (!Channel || Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (!IncomingPageCount || IncomingPageCount > RING_PAGES_MAX)
		return STATUS_INVALID_PARAMETER_2;
	if (!OutgoingPageCount || OutgoingPageCount > RING_PAGES_MAX)
		return STATUS_INVALID_PARAMETER_3;

	config = Channel->config;
	config.rings_in = IncomingPageCount;
	config.rings_out = OutgoingPageCount;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_RINGS, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbClientChannelInitSetRingBufferPageCount, VMBSAVE_NS);

/**
 * VmbClientChannelInitSetTargetPnp() - which offer to accept
 * @Channel: a disabled channel, the client's end
 * @InterfaceType: not the null GUID
 * @InterfaceInstance: which one of that type; NULL = any
 * @PnpFailureCallback: the connection failed after the offer was found, or NULL
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, STATUS_INVALID_PARAMETER_1 (@Channel), _2 (NULL, or
 * null).
 */
NTSTATUS VmbClientChannelInitSetTargetPnp(VMBCHANNEL Channel, LPCGUID InterfaceType,
					  LPCGUID InterfaceInstance,
					  PFN_VMB_CHANNEL_PNP_FAILURE PnpFailureCallback)
{
	struct vmb_kmcl_config config;

	if (!Channel || Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (!InterfaceType || guid_is_null(InterfaceType))
		return STATUS_INVALID_PARAMETER_2;

	config = Channel->config;
	config.type = *InterfaceType;
	config.any_instance = !InterfaceInstance;
	if (InterfaceInstance)
		config.instance = *InterfaceInstance;
	config.failure = PnpFailureCallback;
	return vmb_kmcl_config_set(Channel, VMB_KMCL_TARGET, &config);
}
EXPORT_SYMBOL_NS_GPL(VmbClientChannelInitSetTargetPnp, VMBSAVE_NS);

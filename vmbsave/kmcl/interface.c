// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tables of functions that a driver asks for on Windows instead of linking
 * to a library.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/string.h>

#include "kmcl.h"

/* A driver that has a table holds the module until it lets go of it. */
static void reference(PVOID context)
{
	__module_get(THIS_MODULE);
}

static void dereference(PVOID context)
{
	module_put(THIS_MODULE);
}

#define INTERFACE_HEAD(table, version) \
	.Size = sizeof(table), \
	.Version = (version), \
	.InterfaceReference = reference, \
	.InterfaceDereference = dereference

#define CLIENT_FUNCTIONS \
	.VmbChannelAllocate = VmbChannelAllocate, \
	.VmbChannelCleanup = VmbChannelCleanup, \
	.VmbChannelCreateGpadlFromBuffer = VmbChannelCreateGpadlFromBuffer, \
	.VmbChannelCreateGpadlFromMdl = VmbChannelCreateGpadlFromMdl, \
	.VmbChannelDeleteGpadl = VmbChannelDeleteGpadl, \
	.VmbChannelDisable = VmbChannelDisable, \
	.VmbChannelEnable = VmbChannelEnable, \
	.VmbChannelGetInterfaceInstance = VmbChannelGetInterfaceInstance, \
	.VmbChannelGetMmioSpace = VmbChannelGetMmioSpace, \
	.VmbChannelGetPointer = VmbChannelGetPointer, \
	.VmbChannelInitSetClientContextSize = VmbChannelInitSetClientContextSize, \
	.VmbChannelInitSetFlags = VmbChannelInitSetFlags, \
	.VmbChannelInitSetFriendlyName = VmbChannelInitSetFriendlyName, \
	.VmbChannelInitSetMaximumExternalData = VmbChannelInitSetMaximumExternalData, \
	.VmbChannelInitSetMaximumPacketSize = VmbChannelInitSetMaximumPacketSize, \
	.VmbChannelInitSetProcessPacketCallbacks = VmbChannelInitSetProcessPacketCallbacks, \
	.VmbChannelInitSetStateChangeCallbacks = VmbChannelInitSetStateChangeCallbacks, \
	.VmbChannelPacketComplete = VmbChannelPacketComplete, \
	.VmbChannelPacketDeferToPassive = VmbChannelPacketDeferToPassive, \
	.VmbChannelPacketFail = VmbChannelPacketFail, \
	.VmbChannelPacketGetExternalData = VmbChannelPacketGetExternalData, \
	.VmbChannelPause = VmbChannelPause, \
	.VmbChannelSendSynchronousRequest = VmbChannelSendSynchronousRequest, \
	.VmbChannelSetIncomingProcessingAtPassive = VmbChannelSetIncomingProcessingAtPassive, \
	.VmbChannelSetInterruptLatency = VmbChannelSetInterruptLatency, \
	.VmbChannelSetPointer = VmbChannelSetPointer, \
	.VmbChannelSetTransactionQuota = VmbChannelSetTransactionQuota, \
	.VmbChannelSizeofPacket = VmbChannelSizeofPacket, \
	.VmbChannelStart = VmbChannelStart, \
	.VmbClientChannelInitSetRingBufferPageCount = VmbClientChannelInitSetRingBufferPageCount, \
	.VmbClientChannelInitSetTargetPnp = VmbClientChannelInitSetTargetPnp, \
	.VmbPacketAllocate = VmbPacketAllocate, \
	.VmbPacketFree = VmbPacketFree, \
	.VmbPacketGetChannel = VmbPacketGetChannel, \
	.VmbPacketGetPointer = VmbPacketGetPointer, \
	.VmbPacketInitialize = VmbPacketInitialize, \
	.VmbPacketSend = VmbPacketSend, \
	.VmbPacketSendWithExternalMdl = VmbPacketSendWithExternalMdl, \
	.VmbPacketSendWithExternalPfns = VmbPacketSendWithExternalPfns, \
	.VmbPacketSetCompletionRoutine = VmbPacketSetCompletionRoutine, \
	.VmbPacketSetPointer = VmbPacketSetPointer,

static const KMCL_CLIENT_INTERFACE_V1 client_interface = {
	INTERFACE_HEAD(KMCL_CLIENT_INTERFACE_V1, KMCL_CLIENT_INTERFACE_VERSION_V1),
	CLIENT_FUNCTIONS
};

static const KMCL_SERVER_INTERFACE_V1 server_interface = {
	INTERFACE_HEAD(KMCL_SERVER_INTERFACE_V1, KMCL_SERVER_INTERFACE_VERSION_V1),
	CLIENT_FUNCTIONS
	.VmbChannelMapGpadl = VmbChannelMapGpadl,
	.VmbChannelRestoreFromBuffer = VmbChannelRestoreFromBuffer,
	.VmbChannelSaveBegin = VmbChannelSaveBegin,
	.VmbChannelSaveContinue = VmbChannelSaveContinue,
	.VmbChannelSaveEnd = VmbChannelSaveEnd,
	.VmbChannelUnmapGpadl = VmbChannelUnmapGpadl,
	.VmbConvertVmbusHandleToKernelHandle = VmbConvertVmbusHandleToKernelHandle,
	.VmbPacketRestore = VmbPacketRestore,
	.VmbServerChannelInitSetFlags = VmbServerChannelInitSetFlags,
	.VmbServerChannelInitSetMmioMegabytes = VmbServerChannelInitSetMmioMegabytes,
	.VmbServerChannelInitSetSaveRestorePacketCallbacks = VmbServerChannelInitSetSaveRestorePacketCallbacks,
	.VmbServerChannelInitSetTargetInterfaceId = VmbServerChannelInitSetTargetInterfaceId,
	.VmbServerChannelInitSetTargetVtl = VmbServerChannelInitSetTargetVtl,
	.VmbServerChannelInitSetVmbusHandle = VmbServerChannelInitSetVmbusHandle,
};

static NTSTATUS query(PINTERFACE to, const void *table, u16 table_size, u16 size, u16 version)
{
	if (!to)
		return STATUS_INVALID_PARAMETER_1;
	if (version != 1)
		return STATUS_NOT_SUPPORTED;
	if (size < table_size)
		return STATUS_BUFFER_TOO_SMALL;
	memcpy(to, table, table_size);
	to->InterfaceReference(to->Context);
	return STATUS_SUCCESS;
}

/**
 * vmb_kmcl_query_client_interface() - the functions of both ends
 * @interface: a KMCL_CLIENT_INTERFACE_V1, filled; to be let go of with its
 *	InterfaceDereference
 * @size: bytes at @interface
 * @version: %KMCL_CLIENT_INTERFACE_VERSION_V1
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: STATUS_SUCCESS, or nothing was filled: STATUS_INVALID_PARAMETER_1
 * (NULL), STATUS_NOT_SUPPORTED (@version), STATUS_BUFFER_TOO_SMALL (@size).
 */
NTSTATUS vmb_kmcl_query_client_interface(PINTERFACE interface, USHORT size, USHORT version)
{
	return query(interface, &client_interface, sizeof(client_interface), size, version);
}
EXPORT_SYMBOL_NS_GPL(vmb_kmcl_query_client_interface, VMBSAVE_NS);

/**
 * vmb_kmcl_query_server_interface() - these and the functions of the server's end
 * @interface: a KMCL_SERVER_INTERFACE_V1, filled; to be let go of with its
 *	InterfaceDereference
 * @size: bytes at @interface
 * @version: %KMCL_SERVER_INTERFACE_VERSION_V1
 *
 * Context: PASSIVE_LEVEL: process context.
 * Return: as vmb_kmcl_query_client_interface().
 */
NTSTATUS vmb_kmcl_query_server_interface(PINTERFACE interface, USHORT size, USHORT version)
{
	return query(interface, &server_interface, sizeof(server_interface), size, version);
}
EXPORT_SYMBOL_NS_GPL(vmb_kmcl_query_server_interface, VMBSAVE_NS);

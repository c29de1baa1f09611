/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_KMCL_H
#define _LINUX_VMB_KMCL_H

/*
 * The names of VmbusKernelModeClientLibApi.h, for Windows drivers that move over.
 * Behind them is vmbsave_kmcl.ko; see Documentation/driver-api/kmcl.rst for what
 * is different. A module that includes this writes MODULE_IMPORT_NS(VMBSAVE_NS).
 */
#include <linux/compiler.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_pages.h>
#include <linux/vmb_status.h>

struct device;
struct vmb_kmcl_channel;
struct vmb_kmcl_packet;
struct vmb_packet_completion;

/*
 * Base types. Who has them from elsewhere defines VMB_KMCL_OWN_TYPES before.
 * HANDLE is for buses alone, and what ZwClose() closes.
 */
#ifndef VMB_KMCL_OWN_TYPES
#define VOID void
#ifndef TRUE
#define TRUE 1
#define FALSE 0
#endif
typedef void *PVOID;
typedef u8 BOOLEAN;
typedef u8 UINT8;
typedef u16 UINT16, *PUINT16;
typedef u32 UINT32, *PUINT32;
typedef u64 UINT64;
typedef u16 USHORT;
typedef u32 ULONG, *PULONG;
typedef u16 WCHAR;
typedef guid_t GUID, *LPGUID;
typedef const guid_t *LPCGUID;
typedef void *HANDLE, **PHANDLE;
typedef unsigned long PFN_NUMBER, *PPFN_NUMBER;
typedef struct device *PDEVICE_OBJECT;

typedef union _LARGE_INTEGER {
	struct {
		u32 LowPart;
		s32 HighPart;
	};
	s64 QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	WCHAR *Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _INTERFACE {
	USHORT Size;
	USHORT Version;
	PVOID Context;
	void (*InterfaceReference)(PVOID Context);
	void (*InterfaceDereference)(PVOID Context);
} INTERFACE, *PINTERFACE;
#endif

/* Sparse tells it from an errno and from other numbers. */
typedef vmb_status_t NTSTATUS;

#define NT_SUCCESS(Status) vmb_status_is_success(Status)

#define STATUS_SUCCESS				VMB_STATUS_SUCCESS
#define STATUS_USER_APC				VMB_STATUS_USER_APC
#define STATUS_ALERTED				VMB_STATUS_ALERTED
#define STATUS_TIMEOUT				VMB_STATUS_TIMEOUT
#define STATUS_PENDING				VMB_STATUS_PENDING
#define STATUS_MORE_ENTRIES			VMB_STATUS_MORE_ENTRIES
#define STATUS_DATATYPE_MISALIGNMENT		VMB_STATUS_DATATYPE_MISALIGNMENT
#define STATUS_BUFFER_OVERFLOW			VMB_STATUS_BUFFER_OVERFLOW
#define STATUS_PARTIAL_COPY			VMB_STATUS_PARTIAL_COPY
#define STATUS_DEVICE_BUSY			VMB_STATUS_DEVICE_BUSY
#define STATUS_NO_MORE_ENTRIES			VMB_STATUS_NO_MORE_ENTRIES
#define STATUS_UNSUCCESSFUL			VMB_STATUS_UNSUCCESSFUL
#define STATUS_NOT_IMPLEMENTED			VMB_STATUS_NOT_IMPLEMENTED
#define STATUS_INVALID_INFO_CLASS		VMB_STATUS_INVALID_INFO_CLASS
#define STATUS_INFO_LENGTH_MISMATCH		VMB_STATUS_INFO_LENGTH_MISMATCH
#define STATUS_ACCESS_VIOLATION			VMB_STATUS_ACCESS_VIOLATION
#define STATUS_IN_PAGE_ERROR			VMB_STATUS_IN_PAGE_ERROR
#define STATUS_INVALID_HANDLE			VMB_STATUS_INVALID_HANDLE
#define STATUS_INVALID_PARAMETER		VMB_STATUS_INVALID_PARAMETER
#define STATUS_NO_SUCH_DEVICE			VMB_STATUS_NO_SUCH_DEVICE
#define STATUS_INVALID_DEVICE_REQUEST		VMB_STATUS_INVALID_DEVICE_REQUEST
#define STATUS_END_OF_FILE			VMB_STATUS_END_OF_FILE
#define STATUS_MORE_PROCESSING_REQUIRED		VMB_STATUS_MORE_PROCESSING_REQUIRED
#define STATUS_NO_MEMORY			VMB_STATUS_NO_MEMORY
#define STATUS_CONFLICTING_ADDRESSES		VMB_STATUS_CONFLICTING_ADDRESSES
#define STATUS_ALREADY_COMMITTED		VMB_STATUS_ALREADY_COMMITTED
#define STATUS_ACCESS_DENIED			VMB_STATUS_ACCESS_DENIED
#define STATUS_BUFFER_TOO_SMALL			VMB_STATUS_BUFFER_TOO_SMALL
#define STATUS_OBJECT_TYPE_MISMATCH		VMB_STATUS_OBJECT_TYPE_MISMATCH
#define STATUS_PORT_MESSAGE_TOO_LONG		VMB_STATUS_PORT_MESSAGE_TOO_LONG
#define STATUS_INVALID_PARAMETER_MIX		VMB_STATUS_INVALID_PARAMETER_MIX
#define STATUS_OBJECT_NAME_NOT_FOUND		VMB_STATUS_OBJECT_NAME_NOT_FOUND
#define STATUS_OBJECT_NAME_COLLISION		VMB_STATUS_OBJECT_NAME_COLLISION
#define STATUS_DATA_OVERRUN			VMB_STATUS_DATA_OVERRUN
#define STATUS_DATA_ERROR			VMB_STATUS_DATA_ERROR
#define STATUS_CRC_ERROR			VMB_STATUS_CRC_ERROR
#define STATUS_QUOTA_EXCEEDED			VMB_STATUS_QUOTA_EXCEEDED
#define STATUS_DELETE_PENDING			VMB_STATUS_DELETE_PENDING
#define STATUS_UNKNOWN_REVISION			VMB_STATUS_UNKNOWN_REVISION
#define STATUS_REVISION_MISMATCH		VMB_STATUS_REVISION_MISMATCH
#define STATUS_DISK_FULL			VMB_STATUS_DISK_FULL
#define STATUS_ARRAY_BOUNDS_EXCEEDED		VMB_STATUS_ARRAY_BOUNDS_EXCEEDED
#define STATUS_INTEGER_OVERFLOW			VMB_STATUS_INTEGER_OVERFLOW
#define STATUS_INSUFFICIENT_RESOURCES		VMB_STATUS_INSUFFICIENT_RESOURCES
#define STATUS_DEVICE_NOT_CONNECTED		VMB_STATUS_DEVICE_NOT_CONNECTED
#define STATUS_DEVICE_NOT_READY			VMB_STATUS_DEVICE_NOT_READY
#define STATUS_INVALID_PIPE_STATE		VMB_STATUS_INVALID_PIPE_STATE
#define STATUS_PIPE_DISCONNECTED		VMB_STATUS_PIPE_DISCONNECTED
#define STATUS_IO_TIMEOUT			VMB_STATUS_IO_TIMEOUT
#define STATUS_NOT_SUPPORTED			VMB_STATUS_NOT_SUPPORTED
#define STATUS_DUPLICATE_NAME			VMB_STATUS_DUPLICATE_NAME
#define STATUS_DEVICE_DOES_NOT_EXIST		VMB_STATUS_DEVICE_DOES_NOT_EXIST
#define STATUS_INVALID_SERVER_STATE		VMB_STATUS_INVALID_SERVER_STATE
#define STATUS_INTERNAL_ERROR			VMB_STATUS_INTERNAL_ERROR
#define STATUS_INVALID_USER_BUFFER		VMB_STATUS_INVALID_USER_BUFFER
#define STATUS_INVALID_PARAMETER_1		VMB_STATUS_INVALID_PARAMETER_1
#define STATUS_INVALID_PARAMETER_2		VMB_STATUS_INVALID_PARAMETER_2
#define STATUS_INVALID_PARAMETER_3		VMB_STATUS_INVALID_PARAMETER_3
#define STATUS_INVALID_PARAMETER_4		VMB_STATUS_INVALID_PARAMETER_4
#define STATUS_INVALID_PARAMETER_5		VMB_STATUS_INVALID_PARAMETER_5
#define STATUS_INVALID_PARAMETER_6		VMB_STATUS_INVALID_PARAMETER_6
#define STATUS_INVALID_PARAMETER_7		VMB_STATUS_INVALID_PARAMETER_7
#define STATUS_INVALID_PARAMETER_8		VMB_STATUS_INVALID_PARAMETER_8
#define STATUS_INVALID_PARAMETER_9		VMB_STATUS_INVALID_PARAMETER_9
#define STATUS_INVALID_PARAMETER_10		VMB_STATUS_INVALID_PARAMETER_10
#define STATUS_INVALID_PARAMETER_11		VMB_STATUS_INVALID_PARAMETER_11
#define STATUS_INVALID_PARAMETER_12		VMB_STATUS_INVALID_PARAMETER_12
#define STATUS_FILE_CORRUPT_ERROR		VMB_STATUS_FILE_CORRUPT_ERROR
#define STATUS_PROCESS_IS_TERMINATING		VMB_STATUS_PROCESS_IS_TERMINATING
#define STATUS_TOO_MANY_OPENED_FILES		VMB_STATUS_TOO_MANY_OPENED_FILES
#define STATUS_CANCELLED			VMB_STATUS_CANCELLED
#define STATUS_FILE_CLOSED			VMB_STATUS_FILE_CLOSED
#define STATUS_COMMITMENT_LIMIT			VMB_STATUS_COMMITMENT_LIMIT
#define STATUS_INVALID_CONNECTION		VMB_STATUS_INVALID_CONNECTION
#define STATUS_PIPE_BROKEN			VMB_STATUS_PIPE_BROKEN
#define STATUS_DRIVER_INTERNAL_ERROR		VMB_STATUS_DRIVER_INTERNAL_ERROR
#define STATUS_INVALID_DEVICE_STATE		VMB_STATUS_INVALID_DEVICE_STATE
#define STATUS_IO_DEVICE_ERROR			VMB_STATUS_IO_DEVICE_ERROR
#define STATUS_DEVICE_PROTOCOL_ERROR		VMB_STATUS_DEVICE_PROTOCOL_ERROR
#define STATUS_INVALID_BUFFER_SIZE		VMB_STATUS_INVALID_BUFFER_SIZE
#define STATUS_CONNECTION_DISCONNECTED		VMB_STATUS_CONNECTION_DISCONNECTED
#define STATUS_CONNECTION_RESET			VMB_STATUS_CONNECTION_RESET
#define STATUS_TRANSACTION_INVALID_ID		VMB_STATUS_TRANSACTION_INVALID_ID
#define STATUS_NOT_FOUND			VMB_STATUS_NOT_FOUND
#define STATUS_RETRY				VMB_STATUS_RETRY
#define STATUS_CONNECTION_REFUSED		VMB_STATUS_CONNECTION_REFUSED
#define STATUS_REQUEST_ABORTED			VMB_STATUS_REQUEST_ABORTED
#define STATUS_CONNECTION_ABORTED		VMB_STATUS_CONNECTION_ABORTED
#define STATUS_DEVICE_REMOVED			VMB_STATUS_DEVICE_REMOVED
#define STATUS_NOINTERFACE			VMB_STATUS_NOINTERFACE
#define STATUS_DATATYPE_MISALIGNMENT_ERROR	VMB_STATUS_DATATYPE_MISALIGNMENT_ERROR
#define STATUS_SYSTEM_SHUTDOWN			VMB_STATUS_SYSTEM_SHUTDOWN
#define STATUS_HOST_DOWN			VMB_STATUS_HOST_DOWN
#define STATUS_REQUEST_OUT_OF_SEQUENCE		VMB_STATUS_REQUEST_OUT_OF_SEQUENCE

/**
 * struct _MDL - a run of bytes in pages, and the next one
 * @Next: the next of the chain, or NULL
 * @Range: the pages and where the bytes are in them
 */
typedef struct _MDL {
	struct _MDL *Next;
	struct vmb_page_range Range;
} MDL, *PMDL;

typedef struct vmb_kmcl_channel *VMBCHANNEL;
typedef struct vmb_kmcl_packet *VMBPACKET;
typedef struct vmb_packet_completion *VMBPACKETCOMPLETION;

/* Flags of the sends. Two change nothing here: payload is copied at once, lengths are exact. */
#define VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION		0x1
#define VMBUS_CHANNEL_FORMAT_FLAG_FORCE_MDL_LENGTH		0x2
#define VMBUS_CHANNEL_FORMAT_FLAG_PAGED_BUFFER			0x4
#define VMBUS_CHANNEL_FORMAT_FLAGS				0x7

#define VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY			0x1
#define VMBUS_CHANNEL_PACKET_EXTERNAL_DATA_FLAG_READ_ONLY	0x1
#define VMBUS_CHANNEL_PROCESS_PACKET_FLAG_EXTERNAL_DATA		0x1
#define VMBUS_CHANNEL_INIT_FLAG_IS_PIPE				0x1

#define VMBUS_SERVER_CHANNEL_INIT_FLAG_LOOPBACK_OFFER		0x1
#define VMBUS_SERVER_CHANNEL_INIT_FLAG_ENUMERATE_DEVICE_INTERFACE 0x2
#define VMBUS_SERVER_CHANNEL_INIT_FLAG_OFFER_AS_PIPE		0x4
#define VMBUS_SERVER_CHANNEL_INIT_FLAG_FORCE_NEW_CHANNEL	0x8
#define VMBUS_SERVER_CHANNEL_INIT_FLAG_TLNPI_PROVIDER_OFFER	0x10
#define VMBUS_SERVER_CHANNEL_INIT_MAXIMUM_OFFER_DATA		120

/* Callbacks; all come in process context, which is PASSIVE_LEVEL. */
typedef NTSTATUS EVT_VMB_CHANNEL_OPENED(VMBCHANNEL Channel);
typedef void EVT_VMB_CHANNEL_CLOSED(VMBCHANNEL Channel);
typedef void EVT_VMB_CHANNEL_SUSPEND(VMBCHANNEL Channel);
typedef void EVT_VMB_CHANNEL_STARTED(VMBCHANNEL Channel);
typedef void EVT_VMB_CHANNEL_POST_STARTED(VMBCHANNEL Channel);
typedef void EVT_VMB_CHANNEL_PROCESS_PACKET(VMBCHANNEL Channel, VMBPACKETCOMPLETION Packet,
					    PVOID Buffer, UINT32 BufferLength, UINT32 Flags);
typedef void EVT_VMB_CHANNEL_PROCESSING_COMPLETE(VMBCHANNEL Channel, UINT32 PacketsProcessed);
typedef NTSTATUS EVT_VMB_CHANNEL_SAVE_PACKET(VMBCHANNEL Channel, VMBPACKET Packet, PVOID SaveBuf,
					     UINT32 SaveBufSize, PUINT32 BytesNeeded);
typedef NTSTATUS EVT_VMB_CHANNEL_RESTORE_PACKET(VMBCHANNEL Channel, PVOID LibBuf,
						UINT32 LibBufSize, PVOID SaveBuf,
						UINT32 SaveBufSize);
typedef void EVT_VMB_PACKET_COMPLETION_ROUTINE(VMBPACKET Packet, NTSTATUS Status, PVOID Buffer,
					       UINT32 BufferLength);
typedef void EVT_VMB_CHANNEL_PNP_FAILURE(VMBCHANNEL Channel, NTSTATUS FailureStatus);

typedef EVT_VMB_CHANNEL_OPENED *PFN_VMB_CHANNEL_OPENED;
typedef EVT_VMB_CHANNEL_CLOSED *PFN_VMB_CHANNEL_CLOSED;
typedef EVT_VMB_CHANNEL_SUSPEND *PFN_VMB_CHANNEL_SUSPEND;
typedef EVT_VMB_CHANNEL_STARTED *PFN_VMB_CHANNEL_STARTED;
typedef EVT_VMB_CHANNEL_POST_STARTED *PFN_VMB_CHANNEL_POST_STARTED;
typedef EVT_VMB_CHANNEL_PROCESS_PACKET *PFN_VMB_CHANNEL_PROCESS_PACKET;
typedef EVT_VMB_CHANNEL_PROCESSING_COMPLETE *PFN_VMB_CHANNEL_PROCESSING_COMPLETE;
typedef EVT_VMB_CHANNEL_SAVE_PACKET *PFN_VMB_CHANNEL_SAVE_PACKET;
typedef EVT_VMB_CHANNEL_RESTORE_PACKET *PFN_VMB_CHANNEL_RESTORE_PACKET;
typedef EVT_VMB_PACKET_COMPLETION_ROUTINE *PFN_VMB_PACKET_COMPLETION_ROUTINE;
typedef EVT_VMB_CHANNEL_PNP_FAILURE *PFN_VMB_CHANNEL_PNP_FAILURE;

#define VMB_CHANNEL_STATE_CHANGE_CALLBACKS_VERSION 1

/**
 * struct _VMB_CHANNEL_STATE_CHANGE_CALLBACKS - what a driver learns of its channel
 * @Version: %VMB_CHANNEL_STATE_CHANGE_CALLBACKS_VERSION
 * @Size: of the structure
 * @EvtChannelOpened: the peer opened it; a failure undoes that; may be NULL
 * @EvtChannelClosed: it was closed; may be NULL
 * @EvtChannelSuspend: traffic stops; may be NULL
 * @EvtChannelStarted: traffic is about to begin; may be NULL
 * @EvtChannelPostStarted: traffic has begun; may be NULL
 */
typedef struct _VMB_CHANNEL_STATE_CHANGE_CALLBACKS {
	ULONG Version;
	ULONG Size;
	PFN_VMB_CHANNEL_OPENED EvtChannelOpened;
	PFN_VMB_CHANNEL_CLOSED EvtChannelClosed;
	PFN_VMB_CHANNEL_SUSPEND EvtChannelSuspend;
	PFN_VMB_CHANNEL_STARTED EvtChannelStarted;
	PFN_VMB_CHANNEL_POST_STARTED EvtChannelPostStarted;
} VMB_CHANNEL_STATE_CHANGE_CALLBACKS, *PVMB_CHANNEL_STATE_CHANGE_CALLBACKS;

/**
 * VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT() - callbacks, all NULL
 * @Callbacks: filled
 * Context: any.
 */
static inline void
VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT(PVMB_CHANNEL_STATE_CHANGE_CALLBACKS Callbacks)
{
	memset(Callbacks, 0, sizeof(*Callbacks));
	Callbacks->Version = VMB_CHANNEL_STATE_CHANGE_CALLBACKS_VERSION;
	Callbacks->Size = sizeof(*Callbacks);
}

/* For both ends, unless the name or its kernel-doc says otherwise. */
NTSTATUS VmbChannelAllocate(PDEVICE_OBJECT ParentDeviceObject, BOOLEAN IsServer,
			    VMBCHANNEL *Channel);
void VmbChannelCleanup(VMBCHANNEL Channel);
NTSTATUS VmbChannelCreateGpadlFromBuffer(VMBCHANNEL Channel, UINT32 Flags, PVOID Buffer,
					 UINT32 ByteCount, PUINT32 GpadlHandle);
NTSTATUS VmbChannelCreateGpadlFromMdl(VMBCHANNEL Channel, UINT32 Flags, PMDL Mdl,
				      UINT32 StartOffsetWithinMdl, UINT32 DataLengthWithinMdl,
				      PUINT32 GpadlHandle);
void VmbChannelDeleteGpadl(VMBCHANNEL Channel, UINT32 GpadlHandle);
void VmbChannelDisable(VMBCHANNEL Channel);
NTSTATUS __must_check VmbChannelEnable(VMBCHANNEL Channel);
void VmbChannelGetInterfaceInstance(VMBCHANNEL Channel, LPGUID InterfaceInstance);
void VmbChannelGetMmioSpace(VMBCHANNEL Channel, UINT64 *MmioAddress, UINT64 *MmioSize);
PVOID VmbChannelGetPointer(VMBCHANNEL Channel);
NTSTATUS VmbChannelInitSetClientContextSize(VMBCHANNEL Channel, UINT32 ContextSize);
NTSTATUS VmbChannelInitSetFlags(VMBCHANNEL Channel, UINT32 Flags);
NTSTATUS VmbChannelInitSetFriendlyName(VMBCHANNEL Channel, PCUNICODE_STRING Name);
NTSTATUS VmbChannelInitSetMaximumExternalData(VMBCHANNEL Channel, UINT32 DataSize,
					      UINT32 ChainLength);
NTSTATUS VmbChannelInitSetMaximumPacketSize(VMBCHANNEL Channel, UINT32 PacketSize);
NTSTATUS VmbChannelInitSetProcessPacketCallbacks(VMBCHANNEL Channel,
						 PFN_VMB_CHANNEL_PROCESS_PACKET ProcessPacketCallback,
						 PFN_VMB_CHANNEL_PROCESSING_COMPLETE ProcessingCompleteCallback);
NTSTATUS VmbChannelInitSetStateChangeCallbacks(VMBCHANNEL Channel,
					       PVMB_CHANNEL_STATE_CHANGE_CALLBACKS StateChangeCallbacks);
void VmbChannelPacketComplete(VMBPACKETCOMPLETION Packet, PVOID PacketCompletionBuffer,
			      UINT32 BufSize);
void VmbChannelPacketDeferToPassive(VMBPACKETCOMPLETION Packet);
void VmbChannelPacketFail(VMBPACKETCOMPLETION Packet);
NTSTATUS VmbChannelPacketGetExternalData(VMBPACKETCOMPLETION Packet, UINT32 Flags, PMDL *Mdl);
void VmbChannelPause(VMBCHANNEL Channel);
NTSTATUS VmbChannelSendSynchronousRequest(VMBCHANNEL Channel, PVOID Buffer, UINT32 BufferSize,
					  PMDL ExternalDataMdl, UINT32 Flags,
					  PVOID CompletionBuffer, PUINT32 CompletionBufferSize,
					  PLARGE_INTEGER Timeout);
void VmbChannelSetIncomingProcessingAtPassive(VMBCHANNEL Channel, BOOLEAN RequirePassive);
NTSTATUS __must_check VmbChannelSetInterruptLatency(VMBCHANNEL Channel, UINT16 Latency,
						    PUINT16 OriginalLatency);
void VmbChannelSetPointer(VMBCHANNEL Channel, PVOID Pointer);
void VmbChannelSetTransactionQuota(VMBCHANNEL Channel, UINT32 Quota);
UINT32 VmbChannelSizeofPacket(VMBCHANNEL Channel);
void VmbChannelStart(VMBCHANNEL Channel);
NTSTATUS VmbClientChannelInitSetRingBufferPageCount(VMBCHANNEL Channel,
						    UINT32 IncomingPageCount,
						    UINT32 OutgoingPageCount);
NTSTATUS VmbClientChannelInitSetTargetPnp(VMBCHANNEL Channel, LPCGUID InterfaceType,
					  LPCGUID InterfaceInstance,
					  PFN_VMB_CHANNEL_PNP_FAILURE PnpFailureCallback);
VMBPACKET VmbPacketAllocate(VMBCHANNEL Channel);
void VmbPacketFree(VMBPACKET Packet);
VMBCHANNEL VmbPacketGetChannel(VMBPACKET Packet);
PVOID VmbPacketGetPointer(VMBPACKET Packet);
NTSTATUS VmbPacketInitialize(VMBCHANNEL Channel, VMBPACKET Packet, UINT32 ByteCount);
NTSTATUS VmbPacketSend(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength,
		       PMDL ExternalDataMdl, UINT32 Flags);
NTSTATUS VmbPacketSendWithExternalMdl(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength,
				      PMDL ExternalDataMdl, UINT32 MdlOffset, UINT32 MdlLength,
				      UINT32 Flags);
NTSTATUS VmbPacketSendWithExternalPfns(VMBPACKET Packet, PVOID Buffer, UINT32 BufferLength,
				       PPFN_NUMBER ExternalDataPfns, UINT32 PfnLength,
				       UINT32 Flags);
void VmbPacketSetCompletionRoutine(VMBPACKET Packet,
				   PFN_VMB_PACKET_COMPLETION_ROUTINE CompletionRoutine);
void VmbPacketSetPointer(VMBPACKET Packet, PVOID Pointer);

/* For the server's end. */
NTSTATUS VmbChannelMapGpadl(VMBCHANNEL Channel, UINT32 Flags, UINT32 GpadlHandle, PMDL *Mdl);
NTSTATUS __must_check VmbChannelRestoreFromBuffer(VMBCHANNEL Channel, PVOID Buffer,
						  ULONG BufferSize);
NTSTATUS __must_check VmbChannelSaveBegin(VMBCHANNEL Channel);
NTSTATUS __must_check VmbChannelSaveContinue(VMBCHANNEL Channel, PVOID SaveBuffer,
					     ULONG SaveBufferSize, PULONG BytesFilled,
					     PULONG BytesRequired);
void VmbChannelSaveEnd(VMBCHANNEL Channel);
void VmbChannelUnmapGpadl(VMBCHANNEL Channel, UINT32 GpadlHandle);
NTSTATUS VmbConvertVmbusHandleToKernelHandle(HANDLE UserHandle, PHANDLE KernelHandle);
NTSTATUS VmbPacketRestore(VMBPACKET Packet, PVOID Buffer, ULONG BufferSize);
NTSTATUS VmbServerChannelInitSetFlags(VMBCHANNEL Channel, UINT32 Flags);
NTSTATUS VmbServerChannelInitSetMmioMegabytes(VMBCHANNEL Channel, UINT16 MmioMegabytes,
					      UINT16 MmioMegabytesOptional);
NTSTATUS VmbServerChannelInitSetSaveRestorePacketCallbacks(VMBCHANNEL Channel,
							   PFN_VMB_CHANNEL_SAVE_PACKET SavePacketCallback,
							   PFN_VMB_CHANNEL_RESTORE_PACKET RestorePacketCallback);
NTSTATUS VmbServerChannelInitSetTargetInterfaceId(VMBCHANNEL Channel, GUID InterfaceType,
						  GUID InterfaceInstance);
NTSTATUS VmbServerChannelInitSetTargetVtl(VMBCHANNEL Channel, UINT8 TargetVtl);
NTSTATUS VmbServerChannelInitSetVmbusHandle(VMBCHANNEL Channel, HANDLE VmbusHandle);

/* Gives a bus back that VmbConvertVmbusHandleToKernelHandle() returned. */
#define ZwClose(Handle) vmb_kmcl_close_handle(Handle)
NTSTATUS vmb_kmcl_close_handle(HANDLE handle);

typedef typeof(&VmbChannelAllocate) PFN_VMB_CHANNEL_ALLOCATE;
typedef typeof(&VmbChannelCleanup) PFN_VMB_CHANNEL_CLEANUP;
typedef typeof(&VmbChannelCreateGpadlFromBuffer) PFN_VMB_CHANNEL_CREATE_GPADL_FROM_BUFFER;
typedef typeof(&VmbChannelCreateGpadlFromMdl) PFN_VMB_CHANNEL_CREATE_GPADL_FROM_MDL;
typedef typeof(&VmbChannelDeleteGpadl) PFN_VMB_CHANNEL_DELETE_GPADL;
typedef typeof(&VmbChannelDisable) PFN_VMB_CHANNEL_DISABLE;
typedef typeof(&VmbChannelEnable) PFN_VMB_CHANNEL_ENABLE;
typedef typeof(&VmbChannelGetInterfaceInstance) PFN_VMB_CHANNEL_GET_INTERFACE_INSTANCE;
typedef typeof(&VmbChannelGetMmioSpace) PFN_VMB_CHANNEL_GET_MMIO_SPACE;
typedef typeof(&VmbChannelGetPointer) PFN_VMB_CHANNEL_GET_POINTER;
typedef typeof(&VmbChannelInitSetClientContextSize) PFN_VMB_CHANNEL_INIT_SET_CLIENT_CONTEXT_SIZE;
typedef typeof(&VmbChannelInitSetFlags) PFN_VMB_CHANNEL_INIT_SET_FLAGS;
typedef typeof(&VmbChannelInitSetFriendlyName) PFN_VMB_CHANNEL_INIT_SET_FRIENDLY_NAME;
typedef typeof(&VmbChannelInitSetMaximumExternalData) PFN_VMB_CHANNEL_INIT_SET_MAXIMUM_EXTERNAL_DATA;
typedef typeof(&VmbChannelInitSetMaximumPacketSize) PFN_VMB_CHANNEL_INIT_SET_MAXIMUM_PACKET_SIZE;
typedef typeof(&VmbChannelInitSetProcessPacketCallbacks) PFN_VMB_CHANNEL_INIT_SET_PROCESS_PACKET_CALLBACKS;
typedef typeof(&VmbChannelInitSetStateChangeCallbacks) PFN_VMB_CHANNEL_INIT_SET_STATE_CHANGE_CALLBACKS;
typedef typeof(&VmbChannelPacketComplete) PFN_VMB_CHANNEL_PACKET_COMPLETE;
typedef typeof(&VmbChannelPacketDeferToPassive) PFN_VMB_CHANNEL_PACKET_DEFER_TO_PASSIVE;
typedef typeof(&VmbChannelPacketFail) PFN_VMB_CHANNEL_PACKET_FAIL;
typedef typeof(&VmbChannelPacketGetExternalData) PFN_VMB_CHANNEL_PACKET_GET_EXTERNAL_DATA;
typedef typeof(&VmbChannelPause) PFN_VMB_CHANNEL_PAUSE;
typedef typeof(&VmbChannelSendSynchronousRequest) PFN_VMB_CHANNEL_SEND_SYNCHRONOUS_REQUEST;
typedef typeof(&VmbChannelSetIncomingProcessingAtPassive) PFN_VMB_CHANNEL_SET_INCOMING_PROCESSING_AT_PASSIVE;
typedef typeof(&VmbChannelSetInterruptLatency) PFN_VMB_CHANNEL_SET_INTERRUPT_LATENCY;
typedef typeof(&VmbChannelSetPointer) PFN_VMB_CHANNEL_SET_POINTER;
typedef typeof(&VmbChannelSetTransactionQuota) PFN_VMB_CHANNEL_SET_TRANSACTION_QUOTA;
typedef typeof(&VmbChannelSizeofPacket) PFN_VMB_CHANNEL_SIZEOF_PACKET;
typedef typeof(&VmbChannelStart) PFN_VMB_CHANNEL_START;
typedef typeof(&VmbClientChannelInitSetRingBufferPageCount) PFN_VMB_CLIENT_CHANNEL_INIT_SET_RING_BUFFER_PAGE_COUNT;
typedef typeof(&VmbClientChannelInitSetTargetPnp) PFN_VMB_CLIENT_CHANNEL_INIT_SET_TARGET_PNP;
typedef typeof(&VmbPacketAllocate) PFN_VMB_PACKET_ALLOCATE;
typedef typeof(&VmbPacketFree) PFN_VMB_PACKET_FREE;
typedef typeof(&VmbPacketGetChannel) PFN_VMB_PACKET_GET_CHANNEL;
typedef typeof(&VmbPacketGetPointer) PFN_VMB_PACKET_GET_POINTER;
typedef typeof(&VmbPacketInitialize) PFN_VMB_PACKET_INITIALIZE;
typedef typeof(&VmbPacketSend) PFN_VMB_PACKET_SEND;
typedef typeof(&VmbPacketSendWithExternalMdl) PFN_VMB_PACKET_SEND_WITH_EXTERNAL_MDL;
typedef typeof(&VmbPacketSendWithExternalPfns) PFN_VMB_PACKET_SEND_WITH_EXTERNAL_PFNS;
typedef typeof(&VmbPacketSetCompletionRoutine) PFN_VMB_PACKET_SET_COMPLETION_ROUTINE;
typedef typeof(&VmbPacketSetPointer) PFN_VMB_PACKET_SET_POINTER;
typedef typeof(&VmbChannelMapGpadl) PFN_VMB_CHANNEL_MAP_GPADL;
typedef typeof(&VmbChannelRestoreFromBuffer) PFN_VMB_CHANNEL_RESTORE_FROM_BUFFER;
typedef typeof(&VmbChannelSaveBegin) PFN_VMB_CHANNEL_SAVE_BEGIN;
typedef typeof(&VmbChannelSaveContinue) PFN_VMB_CHANNEL_SAVE_CONTINUE;
typedef typeof(&VmbChannelSaveEnd) PFN_VMB_CHANNEL_SAVE_END;
typedef typeof(&VmbChannelUnmapGpadl) PFN_VMB_CHANNEL_UNMAP_GPADL;
typedef typeof(&VmbConvertVmbusHandleToKernelHandle) PFN_VMB_CONVERT_VMBUS_HANDLE_TO_KERNEL_HANDLE;
typedef typeof(&VmbPacketRestore) PFN_VMB_PACKET_RESTORE;
typedef typeof(&VmbServerChannelInitSetFlags) PFN_VMB_SERVER_CHANNEL_INIT_SET_FLAGS;
typedef typeof(&VmbServerChannelInitSetMmioMegabytes) PFN_VMB_SERVER_CHANNEL_INIT_SET_MMIO_MEGABYTES;
typedef typeof(&VmbServerChannelInitSetSaveRestorePacketCallbacks) PFN_VMB_SERVER_CHANNEL_INIT_SET_SAVE_RESTORE_PACKET_CALLBACKS;
typedef typeof(&VmbServerChannelInitSetTargetInterfaceId) PFN_VMB_SERVER_CHANNEL_INIT_SET_TARGET_INTERFACE_ID;
typedef typeof(&VmbServerChannelInitSetTargetVtl) PFN_VMB_SERVER_CHANNEL_INIT_SET_TARGET_VTL;
typedef typeof(&VmbServerChannelInitSetVmbusHandle) PFN_VMB_SERVER_CHANNEL_INIT_SET_VMBUS_HANDLE;

/* The members of the tables, in the order that they have on Windows */
#define VMB_KMCL_INTERFACE_MEMBERS \
	USHORT Size; \
	USHORT Version; \
	PVOID Context; \
	void (*InterfaceReference)(PVOID Context); \
	void (*InterfaceDereference)(PVOID Context);
#define VMB_KMCL_CLIENT_MEMBERS \
	PFN_VMB_CHANNEL_ALLOCATE VmbChannelAllocate; \
	PFN_VMB_CHANNEL_CLEANUP VmbChannelCleanup; \
	PFN_VMB_CHANNEL_CREATE_GPADL_FROM_BUFFER VmbChannelCreateGpadlFromBuffer; \
	PFN_VMB_CHANNEL_CREATE_GPADL_FROM_MDL VmbChannelCreateGpadlFromMdl; \
	PFN_VMB_CHANNEL_DELETE_GPADL VmbChannelDeleteGpadl; \
	PFN_VMB_CHANNEL_DISABLE VmbChannelDisable; \
	PFN_VMB_CHANNEL_ENABLE VmbChannelEnable; \
	PFN_VMB_CHANNEL_GET_INTERFACE_INSTANCE VmbChannelGetInterfaceInstance; \
	PFN_VMB_CHANNEL_GET_MMIO_SPACE VmbChannelGetMmioSpace; \
	PFN_VMB_CHANNEL_GET_POINTER VmbChannelGetPointer; \
	PFN_VMB_CHANNEL_INIT_SET_CLIENT_CONTEXT_SIZE VmbChannelInitSetClientContextSize; \
	PFN_VMB_CHANNEL_INIT_SET_FLAGS VmbChannelInitSetFlags; \
	PFN_VMB_CHANNEL_INIT_SET_FRIENDLY_NAME VmbChannelInitSetFriendlyName; \
	PFN_VMB_CHANNEL_INIT_SET_MAXIMUM_EXTERNAL_DATA VmbChannelInitSetMaximumExternalData; \
	PFN_VMB_CHANNEL_INIT_SET_MAXIMUM_PACKET_SIZE VmbChannelInitSetMaximumPacketSize; \
	PFN_VMB_CHANNEL_INIT_SET_PROCESS_PACKET_CALLBACKS VmbChannelInitSetProcessPacketCallbacks; \
	PFN_VMB_CHANNEL_INIT_SET_STATE_CHANGE_CALLBACKS VmbChannelInitSetStateChangeCallbacks; \
	PFN_VMB_CHANNEL_PACKET_COMPLETE VmbChannelPacketComplete; \
	PFN_VMB_CHANNEL_PACKET_DEFER_TO_PASSIVE VmbChannelPacketDeferToPassive; \
	PFN_VMB_CHANNEL_PACKET_FAIL VmbChannelPacketFail; \
	PFN_VMB_CHANNEL_PACKET_GET_EXTERNAL_DATA VmbChannelPacketGetExternalData; \
	PFN_VMB_CHANNEL_PAUSE VmbChannelPause; \
	PFN_VMB_CHANNEL_SEND_SYNCHRONOUS_REQUEST VmbChannelSendSynchronousRequest; \
	PFN_VMB_CHANNEL_SET_INCOMING_PROCESSING_AT_PASSIVE VmbChannelSetIncomingProcessingAtPassive; \
	PFN_VMB_CHANNEL_SET_INTERRUPT_LATENCY VmbChannelSetInterruptLatency; \
	PFN_VMB_CHANNEL_SET_POINTER VmbChannelSetPointer; \
	PFN_VMB_CHANNEL_SET_TRANSACTION_QUOTA VmbChannelSetTransactionQuota; \
	PFN_VMB_CHANNEL_SIZEOF_PACKET VmbChannelSizeofPacket; \
	PFN_VMB_CHANNEL_START VmbChannelStart; \
	PFN_VMB_CLIENT_CHANNEL_INIT_SET_RING_BUFFER_PAGE_COUNT VmbClientChannelInitSetRingBufferPageCount; \
	PFN_VMB_CLIENT_CHANNEL_INIT_SET_TARGET_PNP VmbClientChannelInitSetTargetPnp; \
	PFN_VMB_PACKET_ALLOCATE VmbPacketAllocate; \
	PFN_VMB_PACKET_FREE VmbPacketFree; \
	PFN_VMB_PACKET_GET_CHANNEL VmbPacketGetChannel; \
	PFN_VMB_PACKET_GET_POINTER VmbPacketGetPointer; \
	PFN_VMB_PACKET_INITIALIZE VmbPacketInitialize; \
	PFN_VMB_PACKET_SEND VmbPacketSend; \
	PFN_VMB_PACKET_SEND_WITH_EXTERNAL_MDL VmbPacketSendWithExternalMdl; \
	PFN_VMB_PACKET_SEND_WITH_EXTERNAL_PFNS VmbPacketSendWithExternalPfns; \
	PFN_VMB_PACKET_SET_COMPLETION_ROUTINE VmbPacketSetCompletionRoutine; \
	PFN_VMB_PACKET_SET_POINTER VmbPacketSetPointer;
#define VMB_KMCL_SERVER_MEMBERS \
	PFN_VMB_CHANNEL_MAP_GPADL VmbChannelMapGpadl; \
	PFN_VMB_CHANNEL_RESTORE_FROM_BUFFER VmbChannelRestoreFromBuffer; \
	PFN_VMB_CHANNEL_SAVE_BEGIN VmbChannelSaveBegin; \
	PFN_VMB_CHANNEL_SAVE_CONTINUE VmbChannelSaveContinue; \
	PFN_VMB_CHANNEL_SAVE_END VmbChannelSaveEnd; \
	PFN_VMB_CHANNEL_UNMAP_GPADL VmbChannelUnmapGpadl; \
	PFN_VMB_CONVERT_VMBUS_HANDLE_TO_KERNEL_HANDLE VmbConvertVmbusHandleToKernelHandle; \
	PFN_VMB_PACKET_RESTORE VmbPacketRestore; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_FLAGS VmbServerChannelInitSetFlags; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_MMIO_MEGABYTES VmbServerChannelInitSetMmioMegabytes; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_SAVE_RESTORE_PACKET_CALLBACKS VmbServerChannelInitSetSaveRestorePacketCallbacks; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_TARGET_INTERFACE_ID VmbServerChannelInitSetTargetInterfaceId; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_TARGET_VTL VmbServerChannelInitSetTargetVtl; \
	PFN_VMB_SERVER_CHANNEL_INIT_SET_VMBUS_HANDLE VmbServerChannelInitSetVmbusHandle;

typedef struct _KMCL_CLIENT_INTERFACE_V1 {
	VMB_KMCL_INTERFACE_MEMBERS
	VMB_KMCL_CLIENT_MEMBERS
} KMCL_CLIENT_INTERFACE_V1, *PKMCL_CLIENT_INTERFACE_V1;

typedef struct _KMCL_SERVER_ONLY_METHODS {
	VMB_KMCL_SERVER_MEMBERS
} KMCL_SERVER_ONLY_METHODS;

typedef struct _KMCL_SERVER_INTERFACE_V1 {
	VMB_KMCL_INTERFACE_MEMBERS
	VMB_KMCL_CLIENT_MEMBERS
	VMB_KMCL_SERVER_MEMBERS
} KMCL_SERVER_INTERFACE_V1, *PKMCL_SERVER_INTERFACE_V1;

#define KMCL_CLIENT_INTERFACE_VERSION_V1	1
#define KMCL_SERVER_INTERFACE_VERSION_V1	1

/* What WdfFdoQueryForInterface() does with KMCL_CLIENT_INTERFACE_TYPE and KMCL_SERVER_... */
NTSTATUS vmb_kmcl_query_client_interface(PINTERFACE interface, USHORT size, USHORT version);
NTSTATUS vmb_kmcl_query_server_interface(PINTERFACE interface, USHORT size, USHORT version);

#endif /* _LINUX_VMB_KMCL_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send, and wait for the answer. Timeouts on Windows count units of 100 ns:
 * below 0 from now, above 0 since the year 1601, 0 not at all.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/ktime.h>

#include "kmcl.h"

#define UNITS_PER_MS		10000
/* From the first day of 1601 to that of 1970 */
#define UNITS_TO_1970		116444736000000000LL

/* Milliseconds, rounded up; 0 only for no wait at all. */
static u32 timeout_to_ms(const LARGE_INTEGER *timeout)
{
	s64 units, now;

	if (!timeout)
		return VMB_WAIT_FOREVER;
	if (timeout->QuadPart < 0) {
		units = timeout->QuadPart == S64_MIN ? S64_MAX : -timeout->QuadPart;
	} else {
		now = ktime_to_ns(ktime_get_real()) / 100 + UNITS_TO_1970;
		units = timeout->QuadPart > now ? timeout->QuadPart - now : 0;
	}
	return min_t(u64, DIV_ROUND_UP_ULL((u64)units, UNITS_PER_MS), VMB_WAIT_FOREVER - 1);
}

/**
 * VmbChannelSendSynchronousRequest() - send, and wait for the answer
 * @Channel: the channel
 * @Buffer: payload; copied
 * @BufferSize: bytes at @Buffer
 * @ExternalDataMdl: must be NULL here: send such a packet with VmbPacketSend()
 * @Flags: VMBUS_CHANNEL_FORMAT_FLAG_*; a server: without WAIT_FOR_COMPLETION
 * @CompletionBuffer: where the answer goes, or NULL
 * @CompletionBufferSize: bytes at @CompletionBuffer, a multiple of 8; set to the
 *	length of the answer
 * @Timeout: units of 100 ns, negative: from now; NULL = for ever. A server: 0.
 *
 * Context: PASSIVE_LEVEL: process context, sleeps; any if @Timeout counts 0 and
 * @Flags has no WAIT_FOR_COMPLETION.
 * Return: STATUS_SUCCESS: it is in the ring or, with WAIT_FOR_COMPLETION, was
 * answered. STATUS_BUFFER_OVERFLOW: no room in the ring, not queued; or the
 * answer is longer than the buffer. STATUS_IO_TIMEOUT, STATUS_CANCELLED,
 * STATUS_DEVICE_REMOVED. Nothing was sent: STATUS_INVALID_PARAMETER_1 (NULL), _4
 * (a server's), _5, _7, _8, STATUS_NOT_SUPPORTED (@ExternalDataMdl of a
 * client), or as vmb_channel_send_synchronous_request().
 */
NTSTATUS VmbChannelSendSynchronousRequest(VMBCHANNEL Channel, PVOID Buffer, UINT32 BufferSize,
					  PMDL ExternalDataMdl, UINT32 Flags,
					  PVOID CompletionBuffer, PUINT32 CompletionBufferSize,
					  PLARGE_INTEGER Timeout)
{
	bool wait = Flags & VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION;

	if (!Channel)
		return STATUS_INVALID_PARAMETER_1;
	if (ExternalDataMdl)
		return Channel->server ? STATUS_INVALID_PARAMETER_4 : STATUS_NOT_SUPPORTED;
	if (Flags & ~VMBUS_CHANNEL_FORMAT_FLAGS || (Channel->server && wait))
		return STATUS_INVALID_PARAMETER_5;
	if (CompletionBuffer ? !CompletionBufferSize || *CompletionBufferSize % 8 :
			       CompletionBufferSize && *CompletionBufferSize)
		return STATUS_INVALID_PARAMETER_7;
	if (Channel->server && (!Timeout || Timeout->QuadPart))
		return STATUS_INVALID_PARAMETER_8;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;

	return vmb_kmcl_status(vmb_channel_send_synchronous_request(Channel->native, Buffer,
			BufferSize, wait ? VMB_PACKET_WAIT_FOR_COMPLETION : 0, CompletionBuffer,
			CompletionBuffer ? CompletionBufferSize : NULL,
			Timeout && !Timeout->QuadPart ? 0 : timeout_to_ms(Timeout)));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelSendSynchronousRequest, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The channel of vsp_kmcl: the same packets as those of vsp_queue. Nothing here
 * names anything but <linux/vmb_kmcl.h>.
 *
 * A packet leaves in one of two ways: its completion routine is called, with
 * STATUS_CANCELLED if it will never be answered here; or it could not be sent,
 * and is destroyed where that is noticed.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_kmcl.h>
#include "vsp_kmcl.h"
#include "vsp_queue.h"
#include "vsp_queue_record.h"

static unsigned int packets = 10000;
module_param(packets, uint, 0644);
MODULE_PARM_DESC(packets, "packets that a channel sends when traffic begins");

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "after a restore: lose = forget one packet's completion routine, twice = send one packet again");

static unsigned int fail_opened;
module_param(fail_opened, uint, 0644);
MODULE_PARM_DESC(fail_opened, "the opened callback fails when it is called so many times more, 0 = off");

static unsigned int fail_save_at;
module_param(fail_save_at, uint, 0644);
MODULE_PARM_DESC(fail_save_at, "sequence number of a packet whose save fails, 0 = off");

static unsigned int fail_restore_at;
module_param(fail_restore_at, uint, 0644);
MODULE_PARM_DESC(fail_restore_at, "sequence number of a packet whose restore fails, 0 = off");

static unsigned int grow_at;
module_param(grow_at, uint, 0644);
MODULE_PARM_DESC(grow_at, "sequence number of a packet whose state grows between the passes of a save, 0 = off");

/* Its own, so that both samples can be offered on one bus. */
static const GUID kmcl_instance =
	GUID_INIT(0x6b6d636c, 0x0001, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
static const GUID kmcl_type = VSP_QUEUE_TYPE;

static bool fault_is(const char *name)
{
	return !strcmp(fault, name);
}

static VOID packet_done(VMBPACKET packet, NTSTATUS status, PVOID buf, UINT32 len)
{
	struct kmcl_packet *mine = VmbPacketGetPointer(packet);
	struct vsp_queue_record *record = mine->queue->record;

	if (status == STATUS_CANCELLED)
		vsp_queue_record_discarded(record, mine->sequence);
	else
		vsp_queue_record_completed(record, mine->sequence, (__force int)status);
	if (NT_SUCCESS(status) && !vsp_queue_answered(buf, len, mine->sequence))
		vsp_queue_record_add(record, VSP_QUEUE_WRONG_ANSWERS, 1);

	kmcl_packet_destroy(mine);
}

static NTSTATUS queue_send(struct kmcl_queue *queue, u64 sequence, u64 total)
{
	u8 buf[VSP_QUEUE_PAYLOAD_MAX] __aligned(8);
	struct kmcl_packet *packet;
	NTSTATUS status;
	u32 bytes;

	if (vsp_queue_record_prepare(queue->record, sequence))
		return STATUS_INSUFFICIENT_RESOURCES;
	status = kmcl_packet_create(queue, sequence, &packet);
	if (!NT_SUCCESS(status))
		return status;

	VmbPacketSetCompletionRoutine(packet->packet, packet_done);
	bytes = vsp_queue_payload_write(buf, sequence, total);
	status = VmbPacketSend(packet->packet, buf, bytes, NULL,
			       VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION);
	if (!NT_SUCCESS(status)) {
		kmcl_packet_destroy(packet);
		return status;
	}

	/* The packet may be gone by now. */
	vsp_queue_record_sent(queue->record, sequence);
	return STATUS_SUCCESS;
}

static void queue_send_from_to(struct kmcl_queue *queue, u64 first, u64 last, u64 total)
{
	NTSTATUS status;
	u64 sequence;

	for (sequence = first; sequence <= last; sequence++) {
		status = queue_send(queue, sequence, total);
		if (!NT_SUCCESS(status)) {
			pr_err_ratelimited("vsp_kmcl: packet %llu of %llu cannot be sent: status %#x\n",
					   sequence, total, (__force u32)status);
			return;
		}
		cond_resched();
	}
}

static VOID queue_started(VMBCHANNEL channel)
{
	struct kmcl_queue *queue = VmbChannelGetPointer(channel);
	u64 total = READ_ONCE(packets);

	if (queue->sent)
		return;
	queue->sent = true;

	if (!queue->incoming)
		queue_send_from_to(queue, 1, total, total);
	else if (fault_is("twice") && queue->first_restored)
		queue_send_from_to(queue, queue->first_restored, queue->first_restored, total);
}

static NTSTATUS queue_opened(VMBCHANNEL channel)
{
	return fail_opened && !--fail_opened ? STATUS_IO_DEVICE_ERROR : STATUS_SUCCESS;
}

static VOID queue_process_packet(VMBCHANNEL channel, VMBPACKETCOMPLETION packet, PVOID buf,
				 UINT32 len, UINT32 flags)
{
	struct kmcl_queue *queue = VmbChannelGetPointer(channel);

	VmbChannelPacketComplete(packet, buf, len);
	vsp_queue_record_add(queue->record, VSP_QUEUE_REQUESTS, 1);
}

/* With grow_at the first pass claims less than the second one finds. */
static NTSTATUS queue_save_packet(VMBCHANNEL channel, VMBPACKET packet, PVOID buf, UINT32 size,
				  PUINT32 needed)
{
	struct kmcl_packet *mine = VmbPacketGetPointer(packet);

	if (fail_save_at && mine->sequence == fail_save_at)
		return STATUS_IO_DEVICE_ERROR;

	*needed = mine->state_bytes;
	if (!size && grow_at && mine->sequence == grow_at)
		--*needed;
	if (size < *needed) {
		if (size)
			vsp_queue_record_add(mine->queue->record, VSP_QUEUE_STATES_GROWN, 1);
		return STATUS_BUFFER_TOO_SMALL;
	}

	memcpy(buf, mine->state, *needed);
	return STATUS_SUCCESS;
}

/*
 * Makes a restored packet ours again. On failure it is left as it is: it comes
 * back in its completion routine, with STATUS_CANCELLED.
 */
static NTSTATUS packet_adopt(struct kmcl_queue *queue, struct kmcl_packet *packet)
{
	if (!fault_is("lose") || queue->first_restored)
		VmbPacketSetCompletionRoutine(packet->packet, packet_done);
	if (fail_restore_at && packet->sequence == fail_restore_at)
		return STATUS_IO_DEVICE_ERROR;

	if (!queue->first_restored)
		queue->first_restored = packet->sequence;
	vsp_queue_record_restored(queue->record, packet->sequence);
	vsp_queue_record_add(queue->record, VSP_QUEUE_STATES_UNCHANGED, 1);
	vsp_queue_record_add(queue->record, VSP_QUEUE_STATE_BYTES, packet->state_bytes);
	return STATUS_SUCCESS;
}

static NTSTATUS queue_restore_packet(VMBCHANNEL channel, PVOID lib_buf, UINT32 lib_size,
				     PVOID save_buf, UINT32 save_size)
{
	struct kmcl_queue *queue = VmbChannelGetPointer(channel);
	struct kmcl_packet *packet;
	NTSTATUS status;
	u64 sequence;

	if (!save_size || vsp_queue_state_check(save_buf, save_size, VSP_QUEUE_STATE_HEAD,
						&sequence)) {
		vsp_queue_record_add(queue->record, VSP_QUEUE_STATES_CHANGED, 1);
		return STATUS_FILE_CORRUPT_ERROR;
	}
	if (vsp_queue_record_prepare(queue->record, sequence))
		return STATUS_INSUFFICIENT_RESOURCES;
	status = kmcl_packet_create(queue, sequence, &packet);
	if (!NT_SUCCESS(status))
		return status;

	status = VmbPacketRestore(packet->packet, lib_buf, lib_size);
	if (!NT_SUCCESS(status)) {
		kmcl_packet_destroy(packet);
		return status;
	}
	return packet_adopt(queue, packet);
}

/* Any failure is that of the first call that failed. */
static NTSTATUS queue_configure(struct kmcl_queue *queue)
{
	VMB_CHANNEL_STATE_CHANGE_CALLBACKS callbacks;
	VMBCHANNEL channel = queue->channel;
	NTSTATUS status;

	VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT(&callbacks);
	callbacks.EvtChannelOpened = queue_opened;
	callbacks.EvtChannelStarted = queue_started;
	status = VmbChannelInitSetStateChangeCallbacks(channel, &callbacks);
	if (NT_SUCCESS(status))
		status = VmbChannelInitSetProcessPacketCallbacks(channel, queue_process_packet,
								 NULL);
	if (NT_SUCCESS(status))
		status = VmbServerChannelInitSetSaveRestorePacketCallbacks(channel,
									   queue_save_packet,
									   queue_restore_packet);
	if (NT_SUCCESS(status))
		status = VmbChannelInitSetMaximumPacketSize(channel, VSP_QUEUE_PACKET_MAX);
	if (NT_SUCCESS(status))
		status = VmbServerChannelInitSetTargetInterfaceId(channel, kmcl_type,
								  kmcl_instance);
	return status;
}

static NTSTATUS queue_offer(struct kmcl_queue *queue, HANDLE bus)
{
	NTSTATUS status;

	status = VmbChannelAllocate(NULL, TRUE, &queue->channel);
	if (!NT_SUCCESS(status))
		return status;
	VmbChannelSetPointer(queue->channel, queue);
	status = queue_configure(queue);
	if (NT_SUCCESS(status))
		status = VmbServerChannelInitSetVmbusHandle(queue->channel, bus);
	if (NT_SUCCESS(status))
		status = VmbChannelEnable(queue->channel);
	if (NT_SUCCESS(status))
		VmbChannelStart(queue->channel);
	else
		VmbChannelCleanup(queue->channel);
	return status;
}

/**
 * kmcl_queue_create() - offer a channel
 * @bus: on which; stays the caller's
 * @name: of its record
 * @incoming: it waits for a guest that comes from elsewhere
 * @queue: set to the channel, for kmcl_queue_destroy()
 *
 * Context: process context.
 * Return: STATUS_SUCCESS, or there is none.
 */
NTSTATUS kmcl_queue_create(HANDLE bus, const char *name, bool incoming,
			   struct kmcl_queue **queue)
{
	struct kmcl_queue *mine = kzalloc(sizeof(*mine), GFP_KERNEL_ACCOUNT);
	NTSTATUS status;

	if (!mine)
		return STATUS_INSUFFICIENT_RESOURCES;
	mine->incoming = incoming;
	mutex_init(&mine->lock);
	INIT_LIST_HEAD(&mine->packets);
	mine->record = vsp_queue_record_create(name);
	status = mine->record ? queue_offer(mine, bus) : STATUS_INSUFFICIENT_RESOURCES;
	if (NT_SUCCESS(status)) {
		*queue = mine;
	} else {
		mutex_destroy(&mine->lock);
		kfree(mine);
	}
	return status;
}

/**
 * kmcl_queue_destroy() - take the offer back
 * @queue: from kmcl_queue_create()
 *
 * Context: process context.
 */
void kmcl_queue_destroy(struct kmcl_queue *queue)
{
	struct kmcl_packet *packet, *next;

	VmbChannelDisable(queue->channel);
	VmbChannelCleanup(queue->channel);

	/* A packet without our routine: the default one has freed its half. */
	list_for_each_entry_safe(packet, next, &queue->packets, node) {
		packet->packet = NULL;
		kmcl_packet_destroy(packet);
	}
	mutex_destroy(&queue->lock);
	kfree(queue);
}

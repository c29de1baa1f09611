// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet of vsp_kmcl, both halves of it, and its state.
 */
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmb_kmcl.h>
#include "vsp_kmcl.h"

/**
 * kmcl_packet_create() - make both halves of a packet
 * @queue: the channel's
 * @sequence: the packet's number
 * @packet: set to the packet, listed in @queue
 *
 * Context: process context.
 * Return: STATUS_SUCCESS, STATUS_INSUFFICIENT_RESOURCES.
 */
NTSTATUS kmcl_packet_create(struct kmcl_queue *queue, u64 sequence, struct kmcl_packet **packet)
{
	u32 bytes = vsp_queue_state_bytes(sequence, VSP_QUEUE_STATE_HEAD);
	struct kmcl_packet *mine;

	mine = kvzalloc(struct_size(mine, state, bytes), GFP_KERNEL_ACCOUNT);
	if (!mine)
		return STATUS_INSUFFICIENT_RESOURCES;

	mine->packet = VmbPacketAllocate(queue->channel);
	if (!mine->packet) {
		kvfree(mine);
		return STATUS_INSUFFICIENT_RESOURCES;
	}

	mine->queue = queue;
	mine->sequence = sequence;
	mine->state_bytes = bytes;
	vsp_queue_state_write(mine->state, bytes, sequence);
	VmbPacketSetPointer(mine->packet, mine);

	guard(mutex)(&queue->lock);
	list_add_tail(&mine->node, &queue->packets);
	*packet = mine;
	return STATUS_SUCCESS;
}

/**
 * kmcl_packet_destroy() - free both halves of a packet
 * @packet: not in use; its packet is NULL if the library has freed that half
 *
 * Context: process context.
 */
void kmcl_packet_destroy(struct kmcl_packet *packet)
{
	scoped_guard(mutex, &packet->queue->lock)
		list_del(&packet->node);

	VmbPacketFree(packet->packet);
	kvfree(packet);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet of vsp_queue, both halves of it, and its state.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/vmbsave.h>
#include "vsp_queue_packet.h"

/**
 * vsp_queue_packet_create() - make both halves of a packet
 * @queue: the channel's
 * @sequence: the packet's number, 0 if it is not known yet and has no state
 *
 * Context: process context.
 * Return: the packet, listed in @queue; or ERR_PTR: -ENOMEM, or what
 * vmb_packet_allocate() returned.
 */
struct vsp_queue_packet *vsp_queue_packet_create(struct vsp_queue *queue, u64 sequence)
{
	struct vsp_queue_packet *packet;
	struct vmb_packet *half;
	u32 bytes = sequence ? vsp_queue_state_bytes(sequence, 0) : 0;

	packet = kvzalloc(struct_size(packet, state, bytes), GFP_KERNEL_ACCOUNT);
	if (!packet)
		return ERR_PTR(-ENOMEM);

	half = vmb_packet_allocate(queue->channel);
	if (IS_ERR(half)) {
		kvfree(packet);
		return ERR_CAST(half);
	}

	packet->queue = queue;
	packet->packet = half;
	packet->sequence = sequence;
	packet->state_bytes = bytes;
	vsp_queue_state_write(packet->state, bytes, sequence);
	vmb_packet_set_pointer(half, packet);

	guard(mutex)(&queue->lock);
	list_add_tail(&packet->node, &queue->packets);
	return packet;
}

/**
 * vsp_queue_packet_destroy() - free both halves of a packet
 * @packet: not in use; its packet is NULL if the library has freed that half
 *
 * Context: process context.
 */
void vsp_queue_packet_destroy(struct vsp_queue_packet *packet)
{
	scoped_guard(mutex, &packet->queue->lock)
		list_del(&packet->node);

	vmb_packet_free(packet->packet);
	kvfree(packet);
}

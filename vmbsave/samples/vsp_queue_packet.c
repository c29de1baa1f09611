// SPDX-License-Identifier: GPL-2.0-only
/*
 * A packet of vsp_queue and the private state that is saved with it. Length
 * and bytes of the state follow from the sequence number, so that a restore
 * can tell whether it came back unchanged.
 */
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/mm.h>
#include <linux/vmbsave.h>
#include "vsp_queue.h"
#include "vsp_queue_packet.h"

#define STATE_HEAD	((u32)sizeof(struct vsp_queue_state))
#define STATE_SALT	0x5a5a5a5a00000000ULL

/* 5 % have none; of the others 90 % take up to 256 bytes, 9 % up to 4 KiB. */
static u32 state_length(u64 sequence)
{
	u32 size = vsp_queue_pick(sequence, 3, 100);

	if (vsp_queue_pick(sequence, 2, 100) < 5)
		return 0;
	if (size < 90)
		return STATE_HEAD + vsp_queue_pick(sequence, 4, 256 - STATE_HEAD + 1);
	if (size < 99)
		return 257 + vsp_queue_pick(sequence, 4, 4096 - 256);
	return VSP_QUEUE_STATE_MAX;
}

static void state_write(struct vsp_queue_packet *packet)
{
	struct vsp_queue_state *state = (void *)packet->state;

	if (!packet->state_bytes)
		return;

	state->magic = cpu_to_le32(VSP_QUEUE_STATE_MAGIC);
	state->bytes = cpu_to_le32(packet->state_bytes);
	state->sequence = cpu_to_le64(packet->sequence);
	vsp_queue_fill(state->filler, packet->state_bytes - STATE_HEAD,
		       packet->sequence ^ STATE_SALT);
}

/**
 * vsp_queue_state_check() - is this what was saved?
 * @state: bytes from another host
 * @bytes: how many
 * @sequence: set to the packet's number on success
 *
 * Context: any.
 * Return: 0, or -EUCLEAN if one byte is not what it was.
 */
int vsp_queue_state_check(const void *state, u32 bytes, u64 *sequence)
{
	struct vsp_queue_state head;
	u64 number;

	if (bytes < STATE_HEAD)
		return -EUCLEAN;

	memcpy(&head, state, STATE_HEAD);
	number = le64_to_cpu(head.sequence);
	if (le32_to_cpu(head.magic) != VSP_QUEUE_STATE_MAGIC ||
	    le32_to_cpu(head.bytes) != bytes ||
	    !number || number > VSP_QUEUE_PACKETS_MAX || state_length(number) != bytes ||
	    !vsp_queue_filled(state + STATE_HEAD, bytes - STATE_HEAD, number ^ STATE_SALT))
		return -EUCLEAN;

	*sequence = number;
	return 0;
}

/**
 * vsp_queue_stateless_check() - may this packet come without a state?
 * @sequence: the packet's number
 *
 * Context: any.
 * Return: 0, or -EUCLEAN.
 */
int vsp_queue_stateless_check(u64 sequence)
{
	if (!sequence || sequence > VSP_QUEUE_PACKETS_MAX || state_length(sequence))
		return -EUCLEAN;

	return 0;
}

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
	u32 bytes = sequence ? state_length(sequence) : 0;

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
	state_write(packet);
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

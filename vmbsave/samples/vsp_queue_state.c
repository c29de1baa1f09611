// SPDX-License-Identifier: GPL-2.0-only
/*
 * The private state that is saved with a packet of vsp_queue. Its length and
 * bytes follow from the sequence number, so that a restore can tell whether it
 * came back unchanged.
 */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "vsp_queue.h"
#include "vsp_queue_state.h"

#define STATE_HEAD	VSP_QUEUE_STATE_HEAD
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

/**
 * vsp_queue_state_bytes() - length of a packet's state
 * @sequence: the packet's number
 * @least: length if it would be shorter, for a VSP that cannot tell a packet
 *	without a state by its transaction id; 0 = there may be none
 *
 * Context: any.
 * Return: bytes.
 */
u32 vsp_queue_state_bytes(u64 sequence, u32 least)
{
	return max(state_length(sequence), least);
}

/**
 * vsp_queue_state_write() - make a packet's state
 * @to: where it goes
 * @bytes: vsp_queue_state_bytes()
 * @sequence: the packet's number
 *
 * Context: any.
 */
void vsp_queue_state_write(void *to, u32 bytes, u64 sequence)
{
	struct vsp_queue_state *state = to;

	if (!bytes)
		return;

	state->magic = cpu_to_le32(VSP_QUEUE_STATE_MAGIC);
	state->bytes = cpu_to_le32(bytes);
	state->sequence = cpu_to_le64(sequence);
	vsp_queue_fill(state->filler, bytes - STATE_HEAD, sequence ^ STATE_SALT);
}

/**
 * vsp_queue_state_check() - is this what was saved?
 * @state: bytes from another host
 * @bytes: how many
 * @least: as in vsp_queue_state_bytes()
 * @sequence: set to the packet's number on success
 *
 * Context: any.
 * Return: 0, or -EUCLEAN if one byte is not what it was.
 */
int vsp_queue_state_check(const void *state, u32 bytes, u32 least, u64 *sequence)
{
	struct vsp_queue_state head;
	u64 number;

	if (bytes < STATE_HEAD)
		return -EUCLEAN;

	memcpy(&head, state, STATE_HEAD);
	number = le64_to_cpu(head.sequence);
	if (le32_to_cpu(head.magic) != VSP_QUEUE_STATE_MAGIC ||
	    le32_to_cpu(head.bytes) != bytes ||
	    !number || number > VSP_QUEUE_PACKETS_MAX ||
	    vsp_queue_state_bytes(number, least) != bytes ||
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

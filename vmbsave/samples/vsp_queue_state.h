/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_QUEUE_STATE_H
#define _VSP_QUEUE_STATE_H

#include <linux/types.h>

#define VSP_QUEUE_STATE_MAGIC	0x53515356	/* "VSQS" */
#define VSP_QUEUE_STATE_MAX	65536

/**
 * struct vsp_queue_state - the private state of a packet, as it is saved
 * @magic: %VSP_QUEUE_STATE_MAGIC
 * @bytes: length of the state, with this structure
 * @sequence: the packet's number
 * @filler: follows from the sequence number
 *
 * Goes to another host: a layout of its own, little-endian.
 */
struct vsp_queue_state {
	__le32 magic;
	__le32 bytes;
	__le64 sequence;
	u8 filler[];
};

/* Length of a state that says which packet it is of and nothing else */
#define VSP_QUEUE_STATE_HEAD	((u32)sizeof(struct vsp_queue_state))

u32 vsp_queue_state_bytes(u64 sequence, u32 least);
void vsp_queue_state_write(void *to, u32 bytes, u64 sequence);
int vsp_queue_state_check(const void *state, u32 bytes, u32 least, u64 *sequence);
int vsp_queue_stateless_check(u64 sequence);

#endif /* _VSP_QUEUE_STATE_H */

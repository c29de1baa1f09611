/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_QUEUE_PACKET_H
#define _VSP_QUEUE_PACKET_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include "vsp_queue_progress.h"
#include "vsp_queue_state.h"

struct vmb_channel;
struct vmb_packet;
struct vsp_queue_record;

/**
 * struct vsp_queue - one channel
 * @channel: the channel
 * @record: what becomes of its packets
 * @lock: protects @packets
 * @packets: all of struct vsp_queue_packet
 * @progress: what is saved of the channel itself
 * @began: traffic has begun here
 * @first_restored: sequence number of the first packet that came back, 0 = none
 */
struct vsp_queue {
	struct vmb_channel *channel;
	struct vsp_queue_record *record;
	struct mutex lock;	/* protects packets */
	struct list_head packets;
	struct vsp_queue_progress_pair progress;
	bool began;
	u64 first_restored;
};

/**
 * struct vsp_queue_packet - what the VSP knows of an outgoing packet in use
 * @node: in vsp_queue.packets
 * @queue: the channel's
 * @packet: the library's half; its pointer leads back here
 * @sequence: the packet's number
 * @state_bytes: length of @state, 0 for some packets
 * @state: what is saved with it: struct vsp_queue_state
 */
struct vsp_queue_packet {
	struct list_head node;
	struct vsp_queue *queue;
	struct vmb_packet *packet;
	u64 sequence;
	u32 state_bytes;
	u8 state[] __aligned(8);
};

struct vsp_queue_packet *vsp_queue_packet_create(struct vsp_queue *queue, u64 sequence);
void vsp_queue_packet_destroy(struct vsp_queue_packet *packet);

#endif /* _VSP_QUEUE_PACKET_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_KMCL_H
#define _VSP_KMCL_H

#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/types.h>
#include <linux/vmb_kmcl.h>
#include "vsp_queue_state.h"

struct vsp_queue_record;

/**
 * struct kmcl_queue - one channel
 * @channel: the channel
 * @record: what becomes of its packets
 * @incoming: it waits for a guest that comes from elsewhere
 * @sent: its packets were sent, here or where it comes from
 * @first_restored: sequence number of the first packet that came back, 0 = none
 * @lock: protects @packets
 * @packets: all of struct kmcl_packet
 */
struct kmcl_queue {
	VMBCHANNEL channel;
	struct vsp_queue_record *record;
	bool incoming;
	bool sent;
	u64 first_restored;
	struct mutex lock;	/* protects packets */
	struct list_head packets;
};

/**
 * struct kmcl_packet - what the VSP knows of an outgoing packet in use
 * @node: in kmcl_queue.packets
 * @queue: the channel's
 * @packet: the library's half; its pointer leads back here
 * @sequence: the packet's number
 * @state_bytes: length of @state
 * @state: what is saved with it: struct vsp_queue_state. Each packet has one: it
 *	is what tells its number when it comes back.
 */
struct kmcl_packet {
	struct list_head node;
	struct kmcl_queue *queue;
	VMBPACKET packet;
	u64 sequence;
	u32 state_bytes;
	u8 state[] __aligned(8);
};

NTSTATUS kmcl_packet_create(struct kmcl_queue *queue, u64 sequence, struct kmcl_packet **packet);
void kmcl_packet_destroy(struct kmcl_packet *packet);

NTSTATUS kmcl_queue_create(HANDLE bus, const char *name, bool incoming,
			   struct kmcl_queue **queue);
void kmcl_queue_destroy(struct kmcl_queue *queue);

#endif /* _VSP_KMCL_H */

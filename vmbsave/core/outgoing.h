/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_OUTGOING_H
#define _VMB_CORE_OUTGOING_H

#include <linux/list.h>
#include <linux/mm.h>
#include <linux/rbtree.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <linux/vmb_packet.h>

struct vmb_channel;
struct vmb_channel_queue;
struct vmb_external;
struct vmb_lent;

/**
 * enum vmb_outgoing_kind - what goes to the guest
 * @VMB_OUTGOING_PACKET: a packet of the VSP, &struct vmb_packet
 * @VMB_OUTGOING_COMPLETION: the answer to a request of the guest,
 *	&struct vmb_packet_completion
 */
enum vmb_outgoing_kind {
	VMB_OUTGOING_PACKET,
	VMB_OUTGOING_COMPLETION,
};

/**
 * struct vmb_outgoing - one entry of the queue, part of what is sent
 * @node: in queue.waiting, queue.sent_list or queue.finished
 * @by_id: in queue.sent, if @post
 * @rcu: to free it
 * @kind: what it is part of
 * @post: the packets behind it in queue.sent_list are found by it
 * @id: transaction id
 * @data: the payload, kept while it waits
 * @bytes: of the payload
 */
struct vmb_outgoing {
	struct list_head node;
	union {
		struct rb_node by_id;
		struct rcu_head rcu;
	};
	enum vmb_outgoing_kind kind;
	bool post;
	u64 id;
	void *data;
	u32 bytes;
};

/**
 * enum vmb_packet_state - where an outgoing packet object is
 * @VMB_PACKET_IDLE: the VSP has it
 * @VMB_PACKET_STAGED: a restore made it; not in use until it is committed
 * @VMB_PACKET_QUEUED: waits for room in the ring
 * @VMB_PACKET_SENT: awaits its completion
 * @VMB_PACKET_FINISHED: its completion routine is about to be called
 */
enum vmb_packet_state {
	VMB_PACKET_IDLE,
	VMB_PACKET_STAGED,
	VMB_PACKET_QUEUED,
	VMB_PACKET_SENT,
	VMB_PACKET_FINISHED,
};

/**
 * struct vmb_packet - an outgoing packet object
 * @out: its place in the channel
 * @channel: referenced
 * @lent: what it describes, of a client's end; NULL = nothing
 * @state: protected by the channel's lock
 * @restore_sent: staged: it was SENT when it was saved, else QUEUED
 * @flags: VMB_PACKET_* of the send
 * @status: what its completion routine is told
 * @callers: its memory is the caller's; the library does not free it
 * @internal: the VSP knows nothing of it, and @done is told all
 * @done: completion routine; NULL only if @callers: none was set yet
 * @pointer: the VSP's
 * @room: bytes that @payload can take
 * @payload: kept while it waits for room in the ring; without a pipe's header
 */
struct vmb_packet {
	struct vmb_outgoing out;
	struct vmb_channel *channel;
	struct vmb_lent *lent;
	enum vmb_packet_state state;
	bool restore_sent;
	bool callers;
	bool internal;
	u32 flags;
	int status;
	vmb_packet_done_t done;
	void *pointer;
	u32 room;
	u8 payload[];
};

/**
 * struct vmb_packet_completion - an incoming packet, then its answer
 * @out: its place in the channel once the answer waits
 * @node: in channel->incoming
 * @channel: referenced
 * @generation: of the open that it came with
 * @wants_completion: the guest waits for an answer
 * @context: the VSP's private room, NULL if it wants none
 * @external: what it describes, NULL = nothing
 * @room: bytes that @payload can take
 * @payload: what came, then the answer; @context and @external behind it
 */
struct vmb_packet_completion {
	struct vmb_outgoing out;
	struct list_head node;
	struct vmb_channel *channel;
	u32 generation;
	bool wants_completion;
	void *context;
	struct vmb_external *external;
	u32 room;
	u8 payload[] __aligned(8);
};

/* Frees a packet object in any context, which kvfree() does not allow. */
#define vmb_outgoing_free(object)					\
do {									\
	if (is_vmalloc_addr(object))					\
		kvfree_rcu(object, out.rcu);				\
	else								\
		kfree(object);						\
} while (0)

static inline struct vmb_packet *vmb_outgoing_packet(struct vmb_outgoing *out)
{
	return container_of(out, struct vmb_packet, out);
}

static inline struct vmb_packet_completion *
vmb_outgoing_completion(struct vmb_outgoing *out)
{
	return container_of(out, struct vmb_packet_completion, out);
}

/* outgoing.c: the queue and the ring */
int vmb_outgoing_submit(struct vmb_channel *channel, struct vmb_outgoing *out,
			const void *buf);
int vmb_outgoing_try(struct vmb_channel *channel, struct vmb_outgoing *out,
		     const void *buf);
void vmb_outgoing_withdraw(struct vmb_channel *channel, struct vmb_outgoing *out);
bool vmb_outgoing_pump(struct vmb_channel *channel);
bool vmb_outgoing_finish(struct vmb_channel *channel);
bool vmb_outgoing_retire(struct vmb_channel *channel, u64 id, const void *buf,
			 u32 len);
void vmb_outgoing_cancel(struct vmb_channel *channel, u64 from);

/* The same for a queue that is not the channel's yet: what a restore stages */
void vmb_queue_init(struct vmb_channel_queue *queue);
void vmb_queue_add(struct vmb_channel_queue *queue, struct vmb_outgoing *out,
		   bool sent);
struct vmb_outgoing *vmb_queue_find(struct vmb_channel_queue *queue, u64 id);
void vmb_queue_remove(struct vmb_channel_queue *queue, struct vmb_outgoing *out);
void vmb_queue_discard(struct vmb_channel *channel,
		       struct vmb_channel_queue *queue);
void vmb_queue_splice(struct vmb_channel *channel,
		      struct vmb_channel_queue *staged);

/* packet.c */
int vmb_packet_prepare_locked(struct vmb_packet *packet, u32 len, u32 flags);
int vmb_packet_submit(struct vmb_packet *packet, const void *buf, u32 len,
		      u32 flags, struct vmb_lent *lent);
void vmb_packet_call_done(struct vmb_packet *packet, int status,
			  const void *buf, u32 len);

/* completion.c: an incoming packet's life */
struct vmb_packet_completion *
vmb_packet_completion_create(struct vmb_channel *channel, u32 room);
struct vmb_packet_completion *
vmb_packet_completion_receive(struct vmb_channel *channel, u32 external_bytes);
void vmb_packet_completion_free(struct vmb_packet_completion *packet);

#endif /* _VMB_CORE_OUTGOING_H */

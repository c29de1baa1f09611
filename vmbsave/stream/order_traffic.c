// SPDX-License-Identifier: GPL-2.0-only
/*
 * What packets and completions may say, and where they may stand.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include "order.h"
#include "order_internal.h"
#include "record.h"

#define PACKET(member)		offsetof(struct vmbsave_packet, member)
#define COMPLETION(member)	offsetof(struct vmbsave_completion, member)

static int refuse(struct vmb_stream_order *order, size_t offset, const char *reason)
{
	return vmb_order_refuse(order, -EUCLEAN, 0, offset, reason);
}

static int refuse_packet(struct vmb_stream_order *order, const struct vmb_packet_view *p,
			 size_t offset, const char *reason)
{
	return vmb_order_refuse(order, -EUCLEAN, p->transaction_id, offset, reason);
}

static int check_sent(struct vmb_stream_order *order, const struct vmb_packet_view *p)
{
	if (!order->open)
		return refuse_packet(order, p, PACKET(state),
				     "a packet was sent on a channel that is not open");
	if (p->flags != VMBSAVE_PACKET_WAIT_FOR_COMPLETION)
		return refuse_packet(order, p, PACKET(flags),
				     "a packet was sent but does not wait for its completion");
	if (p->payload_bytes)
		return refuse_packet(order, p, PACKET(payload_bytes),
				     "a packet was sent but still has a payload to be sent");

	return 0;
}

static int check_queued(struct vmb_stream_order *order, const struct vmb_packet_view *p)
{
	const u8 *padding = (const u8 *)p->payload + p->payload_bytes;

	if (p->flags & ~VMBSAVE_PACKET_WAIT_FOR_COMPLETION)
		return refuse_packet(order, p, PACKET(flags),
				     "a packet has a flag that does not exist");
	if (p->payload_bytes > order->max_packet_bytes)
		return refuse_packet(order, p, PACKET(payload_bytes),
				     "a packet is larger than its channel allows");
	if (memchr_inv(padding, 0, (const u8 *)p->lib + p->lib_bytes - padding))
		return refuse_packet(order, p, sizeof(struct vmbsave_packet),
				     "the padding behind a packet's payload is not zero");

	return 0;
}

/* The ids of a channel rise through both states, so none is there twice. */
static int check_transaction(struct vmb_stream_order *order, const struct vmb_packet_view *p)
{
	u64 id = p->transaction_id;

	if (!order->packets_left)
		return refuse_packet(order, p, 0,
				     "a channel has more packets than the manifest says");
	if (id <= order->transaction_id)
		return refuse_packet(order, p, PACKET(transaction_id),
				     "the transaction ids of a channel's packets do not rise");
	if (id >= order->next_transaction_id)
		return refuse_packet(order, p, PACKET(transaction_id),
				     "a transaction id is not below the channel's next one");
	if (p->vsp_bytes > order->limits.vsp_bytes)
		return vmb_order_refuse(order, -EMSGSIZE, id, PACKET(vsp_bytes),
					"a VSP's state is larger than this reader accepts");

	return 0;
}

/**
 * vmb_stream_check_packet() - check a PACKET
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_packet(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_packet_view *p = &order->packet;
	enum vmb_stream_phase phase;
	int err;

	if (order->error.error)
		return order->error.error;
	if (vmb_stream_view_packet(data, bytes, p))
		return refuse(order, 0, "a packet's length is not that of its parts");
	if (p->state != VMBSAVE_PACKET_SENT && p->state != VMBSAVE_PACKET_QUEUED)
		return refuse_packet(order, p, PACKET(state),
				     "a packet is in a state that does not exist");

	phase = p->state == VMBSAVE_PACKET_SENT ? VMB_STREAM_SENT : VMB_STREAM_QUEUE;
	err = vmb_order_enter(order, phase);
	if (!err)
		err = check_transaction(order, p);
	if (!err)
		err = phase == VMB_STREAM_SENT ? check_sent(order, p) : check_queued(order, p);
	if (err)
		return err;

	order->phase = phase;
	order->transaction_id = p->transaction_id;
	order->packets_left--;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_packet, VMBSAVE_NS);

/**
 * vmb_stream_check_completion() - check a COMPLETION
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_completion(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_completion_view c;
	int err;

	if (order->error.error)
		return order->error.error;
	err = vmb_order_enter(order, VMB_STREAM_QUEUE);
	if (err)
		return err;
	if (!order->completions_left)
		return refuse(order, 0, "a channel has more completions than the manifest says");
	if (!order->open)
		return refuse(order, 0, "a completion waits on a channel that is not open");
	if (vmb_stream_view_completion(data, bytes, &c))
		return refuse(order, 0, "a completion's length is not that of its answer");
	if (memchr_inv((const u8 *)data + COMPLETION(reserved), 0, sizeof(__le32)))
		return refuse(order, COMPLETION(reserved),
			      "a completion's reserved field is not zero");
	/* A VSP echoes what it got, and that came padded. */
	if (c.payload_bytes > ALIGN((u64)order->max_packet_bytes, 8))
		return refuse(order, COMPLETION(payload_bytes),
			      "a completion is larger than its channel allows");

	order->phase = VMB_STREAM_QUEUE;
	order->completions_left--;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_completion, VMBSAVE_NS);

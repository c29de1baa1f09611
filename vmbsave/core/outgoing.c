// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "core/lent.h"
#include "core/outgoing.h"
#include "core/outgoing_walk.h"
#include "core/trace.h"
#include "wire/descriptor.h"
#include "wire/pipe.h"

/**
 * DOC: What goes to the guest
 *
 * Packets of the VSP and completions of guest requests share one queue, so
 * that the guest sees them in the order in which they were given to us.
 *
 * 1. An entry is submitted. If nothing waits and there is room it goes into
 *    the ring at once; else its payload is kept and it waits.
 * 2. A packet that asked for a completion is SENT: it is kept by its
 *    transaction id until the guest's completion comes, whichever order these
 *    have. One that did not is FINISHED, and the worker calls its routine.
 *    The header of a pipe's message is made when it is written, so that what
 *    waits, and what is saved of it, is the payload alone.
 * 3. A completion is over when it is in the ring.
 * 4. When the ring is full we say how much room we wait for; the guest signals
 *    when there is, and the worker pumps the queue.
 *
 * Unhappy paths. The guest's index is nonsense: the channel fails, what waits
 * stays until the channel is closed. The channel is closed: packets get
 * -ECANCELED, completions are dropped, for their requests went with the ring.
 * The channel goes away: packets are discarded. A packet that can never fit
 * into the ring that the guest made is finished with -EMSGSIZE.
 */

/* Moves about this many entries and bytes with interrupts off. */
#define PUMP_BATCH 64
#define PUMP_BYTES 65536

/* What goes before the payload of a packet; @pipe is room for a header. */
static void fill_head(const struct vmb_channel *channel,
		      const struct vmb_packet *p, struct vmb_ring_packet *packet,
		      struct vmb_pipe_header *pipe)
{
	packet->type = VMB_PACKET_DATA_INBAND;
	if (p->flags & VMB_PACKET_WAIT_FOR_COMPLETION)
		packet->flags = VMB_PACKET_COMPLETION_REQUESTED;
	if (p->lent) {
		vmb_lent_fill_head(p->lent, packet);
		return;
	}
	if (!vmb_channel_is_pipe(channel))
		return;
	vmb_pipe_frame(pipe, packet->payload_len);
	packet->extra = pipe;
	packet->extra_len = sizeof(*pipe);
	packet->framing_len = sizeof(*pipe);
}

static u32 head_len(const struct vmb_channel *channel,
		    const struct vmb_outgoing *out)
{
	const struct vmb_packet *p = container_of(out, struct vmb_packet, out);

	if (out->kind == VMB_OUTGOING_COMPLETION)
		return 0;
	if (p->lent)
		return p->lent->head_bytes;
	return vmb_channel_framing_bytes(channel);
}

static int write_ring(struct vmb_channel *channel,
		      const struct vmb_outgoing *out, const void *buf)
{
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_COMPLETION,
		.transaction_id = out->id,
		.payload = buf,
		.payload_len = out->bytes,
	};
	struct vmb_pipe_header pipe;
	bool signal = false;
	int ret;

	if (out->kind == VMB_OUTGOING_PACKET)
		fill_head(channel, container_of(out, struct vmb_packet, out),
			  &packet, &pipe);
	ret = vmb_ring_write(&channel->out, &packet, &signal);
	if (signal && channel->host) {
		trace_vmb_kick_guest(channel);
		channel->host->signal(channel->host);
	}
	return ret;
}

static void finish_locked(struct vmb_channel *channel,
			  struct vmb_packet *packet, int status)
{
	packet->state = VMB_PACKET_FINISHED;
	packet->status = status;
	list_add_tail(&packet->out.node, &channel->queue.finished);
	vmb_channel_kick(channel);
}

static void sent_locked(struct vmb_channel *channel, struct vmb_outgoing *out)
{
	struct vmb_packet *packet;

	if (out->kind == VMB_OUTGOING_COMPLETION)
		return;
	packet = vmb_outgoing_packet(out);
	if (packet->flags & VMB_PACKET_WAIT_FOR_COMPLETION)
		vmb_queue_add(&channel->queue, out, true);
	else
		finish_locked(channel, packet, 0);
}

/* There may be room again before the guest could see that we wait. */
static void wait_for_room(struct vmb_channel *channel,
			  const struct vmb_outgoing *out)
{
	if (vmb_ring_wait_space(&channel->out,
				vmb_ring_need(head_len(channel, out), out->bytes)))
		vmb_channel_kick(channel);
}

/**
 * vmb_outgoing_submit() - send an entry, or let it wait
 * @channel: the channel; the caller holds its lock
 * @out: the entry, in no queue, id, kind and length set
 * @buf: its payload
 *
 * Context: any.
 * Return: 0: it is in the ring; a packet belongs to the channel now, a
 * completion to the caller. %VMB_MORE: it waits and belongs to the channel.
 * -EMSGSIZE: it can never fit into the ring; nothing happened.
 */
int vmb_outgoing_submit(struct vmb_channel *channel, struct vmb_outgoing *out,
			const void *buf)
{
	bool full = false;
	int ret;

	lockdep_assert_held(&channel->lock);

	if (channel->live && list_empty(&channel->queue.waiting)) {
		ret = write_ring(channel, out, buf);
		if (!ret)
			sent_locked(channel, out);
		if (!ret || ret == -EMSGSIZE)
			return ret;
		full = ret == -EAGAIN;
		if (!full)
			vmb_channel_fail_locked(channel, ret,
						"the guest's read index is nonsense");
	}
	if (out->bytes)
		memmove(out->data, buf, out->bytes);
	vmb_queue_add(&channel->queue, out, false);
	if (full)
		wait_for_room(channel, out);
	return VMB_MORE;
}

/**
 * vmb_outgoing_try() - write an entry into the ring now, or not at all
 * @channel: the channel; the caller holds its lock
 * @out: the entry, in no queue, id, kind and length set
 * @buf: its payload
 *
 * Context: any.
 * Return: 0: it is in the ring; or nothing happened: -E2BIG (there is no room,
 * or something waits), -EMSGSIZE (it can never fit), -EBADFD (no traffic runs).
 * It is the caller's in each case.
 */
int vmb_outgoing_try(struct vmb_channel *channel, struct vmb_outgoing *out,
		     const void *buf)
{
	int ret;

	lockdep_assert_held(&channel->lock);
	if (!channel->live)
		return -EBADFD;
	if (!list_empty(&channel->queue.waiting))
		return -E2BIG;
	ret = write_ring(channel, out, buf);
	if (!ret || ret == -EMSGSIZE)
		return ret;
	if (ret == -EAGAIN)
		return -E2BIG;
	vmb_channel_fail_locked(channel, ret, "the guest's read index is nonsense");
	return -EBADFD;
}

/**
 * vmb_outgoing_withdraw() - take back an entry that waits
 * @channel: the channel; the caller holds its lock
 * @out: the entry; the caller's afterwards
 * Context: any.
 */
void vmb_outgoing_withdraw(struct vmb_channel *channel, struct vmb_outgoing *out)
{
	lockdep_assert_held(&channel->lock);
	vmb_queue_remove(&channel->queue, out);
	if (!channel->live)
		return;
	/* What is first now may wait for less room. */
	if (list_empty(&channel->queue.waiting))
		vmb_ring_clear_wait(&channel->out);
	else
		vmb_channel_kick(channel);
}

/* Return: true if the entry at the head left the queue */
static bool pump_one(struct vmb_channel *channel, struct vmb_outgoing *out,
		     struct list_head *over)
{
	int ret = write_ring(channel, out, out->data);

	if (ret == -EAGAIN) {
		wait_for_room(channel, out);
		return false;
	}
	if (ret && (ret != -EMSGSIZE || out->kind == VMB_OUTGOING_COMPLETION)) {
		vmb_channel_fail_locked(channel, ret, ret == -EMSGSIZE ?
					"an answer is longer than the ring" :
					"the guest's read index is nonsense");
		return false;
	}
	vmb_queue_remove(&channel->queue, out);
	if (ret)
		finish_locked(channel, vmb_outgoing_packet(out), ret);
	else
		sent_locked(channel, out);
	if (out->kind == VMB_OUTGOING_COMPLETION)
		list_add_tail(&out->node, over);
	return true;
}

static void free_completions(struct list_head *over)
{
	struct vmb_outgoing *out, *next;

	list_for_each_entry_safe(out, next, over, node)
		vmb_packet_completion_free(vmb_outgoing_completion(out));
}

/**
 * vmb_outgoing_pump() - write what waits, as far as there is room
 * @channel: the channel
 *
 * Context: the channel's worker.
 * Return: true if something was written, that is: call again.
 */
bool vmb_outgoing_pump(struct vmb_channel *channel)
{
	struct vmb_outgoing *out;
	LIST_HEAD(over);
	u32 bytes = 0;
	int nr = 0;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		while (channel->live && nr < PUMP_BATCH && bytes < PUMP_BYTES) {
			out = list_first_entry_or_null(&channel->queue.waiting,
						       struct vmb_outgoing, node);
			if (!out || !pump_one(channel, out, &over))
				break;
			bytes += out->bytes;
			nr++;
		}
		if (nr && list_empty(&channel->queue.waiting))
			vmb_ring_clear_wait(&channel->out);
	}
	free_completions(&over);
	return nr;
}

/**
 * vmb_outgoing_finish() - call the completion routines that are due now
 * @channel: the channel
 *
 * A packet that its routine sends again is due next time.
 * Context: the channel's worker.
 * Return: true if there were any.
 */
bool vmb_outgoing_finish(struct vmb_channel *channel)
{
	struct vmb_packet *packet, *next;
	LIST_HEAD(due);

	scoped_guard(spinlock_irqsave, &channel->lock)
		list_splice_init(&channel->queue.finished, &due);
	if (list_empty(&due))
		return false;
	list_for_each_entry_safe(packet, next, &due, out.node) {
		scoped_guard(spinlock_irqsave, &channel->lock)
			packet->state = VMB_PACKET_IDLE;
		vmb_packet_call_done(packet, packet->status, NULL, 0);
		cond_resched();
	}
	return true;
}

/**
 * vmb_outgoing_retire() - the guest completed a packet
 * @channel: the channel
 * @id: the transaction id that it named
 * @buf: its answer
 * @len: bytes at @buf
 *
 * Context: the channel's worker.
 * Return: false if there is no such packet in use.
 */
bool vmb_outgoing_retire(struct vmb_channel *channel, u64 id, const void *buf,
			 u32 len)
{
	struct vmb_outgoing *out;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		out = vmb_queue_find(&channel->queue, id);
		if (out)
			vmb_queue_remove(&channel->queue, out);
	}
	if (out)
		vmb_packet_call_done(vmb_outgoing_packet(out), 0, len ? buf : NULL, len);
	return out;
}

/**
 * vmb_outgoing_cancel() - the guest will not see or answer any of it
 * @channel: the channel, closed or not opened after all
 * @from: spare the packets with lower transaction ids; 0 = none
 *
 * Packets are finished with -ECANCELED, in order; completions are dropped.
 * Context: process context; the routines are called by the worker.
 */
void vmb_outgoing_cancel(struct vmb_channel *channel, u64 from)
{
	struct vmb_outgoing *out, *next;
	LIST_HEAD(over);

	scoped_guard(spinlock_irqsave, &channel->lock) {
		for (out = vmb_outgoing_first(channel); out; out = next) {
			next = vmb_outgoing_next(channel, out);
			if (out->kind == VMB_OUTGOING_PACKET && out->id < from)
				continue;
			vmb_queue_remove(&channel->queue, out);
			if (out->kind == VMB_OUTGOING_PACKET)
				finish_locked(channel, vmb_outgoing_packet(out),
					      -ECANCELED);
			else
				list_add_tail(&out->node, &over);
		}
	}
	free_completions(&over);
}

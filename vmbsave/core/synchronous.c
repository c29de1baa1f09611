// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/wait.h>

#include "core/channel.h"
#include "core/outgoing.h"

/**
 * DOC: Requests that wait
 *
 * 1. With a timeout of 0 and no wish for an answer the packet goes into the
 *    ring at once or not at all. Nothing is allocated, and nothing sleeps.
 * 2. Else a packet object is made and sent as any other. The caller sleeps.
 * 3. The worker calls the completion routine. It claims the request, copies the
 *    answer into the caller's buffer, and wakes him.
 *
 * Unhappy paths. The caller's time is over, he is killed, or the channel goes
 * away while he sleeps (whoever removes it may be waiting for the callback that
 * he is in): a packet that still waits for room is withdrawn. One that is in
 * the ring he abandons: who comes second, he or the routine, frees it, and a
 * late answer is dropped. If the routine has claimed it already he waits for
 * the end of the copy. The channel is closed: the routine is told.
 */

/**
 * enum phase - who has a request
 * @WAITING: the caller waits, the channel has the packet
 * @CLAIMED: the routine writes the answer
 * @OVER: it has; the request is the caller's
 * @ABANDONED: the caller has gone; the request is the routine's
 */
enum phase {
	WAITING,
	CLAIMED,
	OVER,
	ABANDONED,
};

/**
 * struct request - a call of vmb_channel_send_synchronous_request()
 * @packet: its packet
 * @phase: enum phase
 * @status: what the routine was told
 * @len: bytes of the answer
 * @answer: the caller's buffer, or NULL; not touched once it is abandoned
 * @room: bytes at @answer
 */
struct request {
	struct vmb_packet *packet;
	atomic_t phase;
	int status;
	u32 len;
	void *answer;
	u32 room;
};

static void free_request(struct request *request)
{
	vmb_packet_free(request->packet);
	kfree(request);
}

static void request_done(struct vmb_packet *packet, int status, const void *buf,
			 u32 len)
{
	struct request *request = vmb_packet_get_pointer(packet);
	struct vmb_channel *channel = packet->channel;

	if (atomic_cmpxchg(&request->phase, WAITING, CLAIMED) != WAITING) {
		free_request(request);
		return;
	}
	request->status = status;
	request->len = len;
	if (len && request->room)
		memcpy(request->answer, buf, min(len, request->room));
	/* The answer before the phase; then the request may be gone. */
	atomic_set_release(&request->phase, OVER);
	wake_up_all(&channel->drained);
}

static struct request *create_request(struct vmb_channel *channel, void *answer,
				      u32 room)
{
	struct request *request = kzalloc(sizeof(*request), GFP_KERNEL_ACCOUNT);
	struct vmb_packet *packet;

	if (!request)
		return ERR_PTR(-ENOMEM);
	packet = vmb_packet_allocate(channel);
	if (IS_ERR(packet)) {
		kfree(request);
		return ERR_CAST(packet);
	}
	packet->internal = true;
	vmb_packet_set_completion_routine(packet, request_done);
	vmb_packet_set_pointer(packet, request);
	request->packet = packet;
	request->answer = answer;
	request->room = room;
	return request;
}

static bool is_over(const struct request *request)
{
	return atomic_read_acquire(&request->phase) == OVER;
}

/* Return: true if the packet was taken back before it got into the ring */
static bool withdraw(struct vmb_channel *channel, struct vmb_packet *packet)
{
	guard(spinlock_irqsave)(&channel->lock);

	if (packet->state != VMB_PACKET_QUEUED)
		return false;
	vmb_outgoing_withdraw(channel, &packet->out);
	return true;
}

/*
 * Return: 0: it was over after all. Else why the caller stops to wait, and the
 * request is not his any more.
 */
static int give_up(struct vmb_channel *channel, struct request *request,
		   int error)
{
	if (withdraw(channel, request->packet)) {
		free_request(request);
		return error == -ETIMEDOUT ? -E2BIG : error;
	}
	if (atomic_cmpxchg(&request->phase, WAITING, ABANDONED) == WAITING)
		return error;
	wait_event(channel->drained, is_over(request));
	return 0;
}

static int wait_for(struct vmb_channel *channel, struct request *request,
		    u32 timeout_ms)
{
	/* 0 says how long to wait for room, not for the answer. */
	long left = !timeout_ms || timeout_ms == VMB_WAIT_FOREVER ?
		    MAX_SCHEDULE_TIMEOUT : msecs_to_jiffies(timeout_ms);
	long ret;

	ret = wait_event_killable_timeout(channel->drained,
					  is_over(request) ||
					  READ_ONCE(channel->gone), left);
	if (is_over(request))
		return 0;
	if (READ_ONCE(channel->gone))
		return give_up(channel, request, -ENODEV);
	return give_up(channel, request, ret ? -EINTR : -ETIMEDOUT);
}

/* As vmb_packet_submit(), but the channel has to be open. */
static int submit(struct vmb_packet *packet, const void *buf, u32 len, u32 flags,
		  bool now)
{
	struct vmb_channel *channel = packet->channel;
	int ret;

	guard(spinlock_irqsave)(&channel->lock);
	ret = vmb_packet_prepare_locked(packet, len, flags);
	if (!ret && !vmb_channel_state_is_open(vmb_channel_get_state(channel)))
		ret = -EBADFD;
	if (ret)
		return ret;
	if (now)
		ret = vmb_outgoing_try(channel, &packet->out, buf);
	else
		ret = vmb_outgoing_submit(channel, &packet->out, buf);
	if (ret < 0)
		return ret;
	channel->queue.next_id++;
	if (now && flags & VMB_PACKET_WAIT_FOR_COMPLETION)
		vmb_queue_add(&channel->queue, &packet->out, true);
	return 0;
}

/* The packet is gone from here once it is in the ring, so it can be on the stack. */
static int send_now(struct vmb_channel *channel, const void *buf, u32 len)
{
	struct vmb_packet packet = {
		.out.kind = VMB_OUTGOING_PACKET,
		.channel = channel,
		.done = request_done,
		.room = U32_MAX,
	};

	return submit(&packet, buf, len, 0, true);
}

/* Only .post_started may wait: traffic runs, and nobody waits for it. */
static bool may_wait(struct vmb_channel *channel)
{
	if (vmb_turn_is_mine(&channel->turn))
		return channel->post_starting;
	return !vmb_channel_in_callback(channel);
}

static int send_and_wait(struct vmb_channel *channel, const void *buf, u32 len,
			 u32 flags, void *answer, u32 *answer_len, u32 timeout_ms)
{
	u32 room = answer_len ? *answer_len : 0;
	struct request *request;
	int ret;

	request = create_request(channel, answer, room);
	if (IS_ERR(request))
		return PTR_ERR(request);
	ret = submit(request->packet, buf, len, flags, !timeout_ms);
	if (ret) {
		free_request(request);
		return ret;
	}
	ret = wait_for(channel, request, timeout_ms);
	if (ret)
		return ret;
	ret = request->status;
	if (!ret && answer_len) {
		*answer_len = request->len;
		ret = request->len > room ? -E2BIG : 0;
	}
	free_request(request);
	return ret;
}

/* An answer is asked for with the flag, and its buffer is whole words. */
static bool are_valid(const struct vmb_channel *channel, u32 flags,
		      const void *answer, const u32 *answer_len, u32 timeout_ms)
{
	if (flags & ~VMB_PACKET_WAIT_FOR_COMPLETION || !answer != !answer_len)
		return false;
	if (answer && (!flags || !IS_ALIGNED(*answer_len, VMB_RING_ALIGN)))
		return false;
	return !channel->server || (!flags && !timeout_ms);
}

int vmb_channel_send_synchronous_request(struct vmb_channel *channel,
					 const void *buf, u32 len, u32 flags,
					 void *answer, u32 *answer_len,
					 u32 timeout_ms)
{
	if ((len && !buf) ||
	    !are_valid(channel, flags, answer, answer_len, timeout_ms))
		return -EINVAL;
	if (!flags && !timeout_ms)
		return send_now(channel, buf, len);
	might_sleep();
	if (!may_wait(channel))
		return -EDEADLK;
	return send_and_wait(channel, buf, len, flags, answer, answer_len,
			     timeout_ms);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_send_synchronous_request, VMBSAVE_NS);

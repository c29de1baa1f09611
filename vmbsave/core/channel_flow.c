// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include "core/channel.h"
#include "core/external.h"
#include "core/incoming.h"
#include "core/outgoing.h"
#include "core/trace.h"
#include "core/workqueue.h"

/**
 * DOC: Traffic of a channel
 *
 * Traffic runs while the channel is ACTIVE, its bus RUNNING, no session keeps
 * it as it is, and nothing went wrong. Starting it:
 *
 * 1. The outgoing ring may be written; what was queued is still first.
 * 2. .started
 * 3. The worker delivers; it polls the ring once, for what came meanwhile.
 * 4. .post_started
 *
 * Stopping it:
 *
 * 1. The worker delivers no more; a callback in progress is waited for. Kicks
 *    from now on do nothing: starting polls the ring.
 * 2. .suspend
 * 3. Wait until the VSP has completed every packet it was given. Answers still
 *    go into the ring, or wait in the queue if it is full.
 * 4. The rings are left alone; due completion routines are called.
 *
 * Unhappy paths. The wait of step 3 ends by its deadline or a fatal signal:
 * traffic is started again as above, and the caller told. The channel goes
 * away during it: whoever removes it cuts traffic without waiting for packets.
 * The bus runs again while somebody else has the channel's turn: traffic is
 * started by work that waits for it, so that the bus does not.
 * The guest writes nonsense: steps 1 and 4 at once, the rest when the channel
 * is closed or the bus stopped.
 */

static void report_failure(struct vmb_channel *channel)
{
	const char *text;
	int error;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (!channel->unreported)
			return;
		text = channel->error_text;
		error = channel->error;
		channel->unreported = false;
	}
	dev_err_ratelimited(&channel->dev, "traffic stopped, %s: %pe\n", text,
			    ERR_PTR(error));
	vmb_bus_event(channel->bus, VMBSAVE_EVENT_FAILED, channel->id, error);
	vmb_channel_tell_closed(channel);
}

static void channel_work(struct work_struct *work)
{
	struct vmb_channel *channel =
		container_of(work, struct vmb_channel, work);
	bool more;

	more = vmb_outgoing_finish(channel);
	more |= vmb_incoming_deliver(channel);
	more |= vmb_outgoing_pump(channel);
	vmb_external_unpin(channel);
	/* One round at a time: who waits for the worker waits for no more. */
	if (more)
		vmb_channel_kick(channel);
	report_failure(channel);
}

static void resume_work(struct work_struct *work)
{
	struct vmb_channel *channel =
		container_of(work, struct vmb_channel, resume);

	if (!WARN_ON_ONCE(vmb_turn_take(&channel->turn))) {
		vmb_channel_flow_start(channel);
		vmb_channel_kick_guest(channel);
		vmb_turn_release(&channel->turn);
	}
	vmb_channel_put(channel);
}

/**
 * vmb_channel_flow_resume() - start traffic as soon as it can be
 * @channel: the channel, whose turn somebody else has
 *
 * Looks anew whether it should run when the turn can be had.
 * Context: any.
 */
void vmb_channel_flow_resume(struct vmb_channel *channel)
{
	vmb_channel_get(channel);
	if (!vmb_workqueue_queue(&channel->resume))
		vmb_channel_put(channel);
}

/*
 * Not the worker itself with a delay: to bring that forward takes it out of its
 * queue, and who waits for it to end by then waits no longer, while it still
 * runs for the time before.
 */
static void later_work(struct work_struct *work)
{
	vmb_channel_kick(container_of(to_delayed_work(work), struct vmb_channel, later));
}

/**
 * vmb_channel_flow_init() - prepare a new channel for traffic
 * @channel: the channel
 * Context: process context.
 */
void vmb_channel_flow_init(struct vmb_channel *channel)
{
	INIT_WORK(&channel->work, channel_work);
	INIT_DELAYED_WORK(&channel->later, later_work);
	INIT_WORK(&channel->resume, resume_work);
	init_waitqueue_head(&channel->drained);
	INIT_LIST_HEAD(&channel->incoming);
	INIT_LIST_HEAD(&channel->unpin);
	channel->quota = VMB_TRANSACTION_QUOTA_DEFAULT;
	vmb_queue_init(&channel->queue);
}

/**
 * vmb_channel_flow_cancel() - the worker has nothing to do any more
 * @channel: the channel; only completing a packet late can kick it again
 * Context: process context, not the worker; waits for it.
 */
void vmb_channel_flow_cancel(struct vmb_channel *channel)
{
	cancel_work_sync(&channel->work);
	/* It can have asked to be called later, and that kicks it. */
	cancel_delayed_work_sync(&channel->later);
	cancel_work_sync(&channel->work);
}

/**
 * vmb_channel_kick() - let the worker look what there is to do
 * @channel: the channel
 * Context: any.
 */
void vmb_channel_kick(struct vmb_channel *channel)
{
	vmb_workqueue_queue(&channel->work);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_kick);

/**
 * vmb_channel_kick_guest() - interrupt the guest
 * @channel: the channel; the caller is its worker or has its turn, so that it
 *	happens before a stop returns
 *
 * Nothing happens unless it is open and its bus runs.
 * Context: any.
 */
void vmb_channel_kick_guest(struct vmb_channel *channel)
{
	bool open = vmb_channel_state_is_open(vmb_channel_get_state(channel));

	guard(spinlock_irqsave)(&channel->lock);

	if (!channel->live && !(open && vmb_bus_is_running(channel->bus)))
		return;
	if (channel->host) {
		trace_vmb_kick_guest(channel);
		channel->host->signal(channel->host);
	}
}

/**
 * vmb_channel_flush() - wait until the worker has done what there was to do
 * @channel: the channel
 * Context: process context, not the worker; sleeps.
 */
void vmb_channel_flush(struct vmb_channel *channel)
{
	vmb_channel_kick(channel);
	flush_work(&channel->work);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_flush);

/**
 * vmb_channel_fail_locked() - stop traffic for good
 * @channel: the channel; the caller holds its lock
 * @error: negative errno
 * @why: for people, constant
 *
 * The worker reports it, once. The first error stays until the channel is
 * closed.
 * Context: any.
 */
void vmb_channel_fail_locked(struct vmb_channel *channel, int error,
			     const char *why)
{
	lockdep_assert_held(&channel->lock);

	WRITE_ONCE(channel->run, false);
	channel->live = false;
	if (channel->error)
		return;
	channel->error = error;
	channel->error_text = why;
	channel->unreported = true;
	vmb_channel_kick(channel);
}

/**
 * vmb_channel_flow_wanted() - should traffic run?
 * @channel: the channel; the caller has its turn
 *
 * Context: any.
 * Return: true if it should.
 */
bool vmb_channel_flow_wanted(const struct vmb_channel *channel)
{
	return channel->state == VMB_CHANNEL_ACTIVE && !channel->error &&
	       !channel->gone && !READ_ONCE(channel->held) &&
	       vmb_bus_is_running(channel->bus);
}

/**
 * vmb_channel_flow_start() - start traffic if it should run and does not
 * @channel: the channel; the caller has its turn
 * Context: process context, may sleep; calls .started and .post_started.
 */
void vmb_channel_flow_start(struct vmb_channel *channel)
{
	const struct vmb_vsp *vsp = channel->vsp;

	vmb_turn_assert(&channel->turn);
	if (channel->flowing || !vmb_channel_flow_wanted(channel))
		return;
	channel->flowing = true;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		channel->live = true;
		channel->saved = false;
	}
	if (vsp->started)
		vsp->started(channel);
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (!channel->error)
			WRITE_ONCE(channel->run, true);
	}
	vmb_channel_kick(channel);
	if (!vsp->post_started)
		return;
	channel->post_starting = true;
	vsp->post_started(channel);
	channel->post_starting = false;
}

static bool is_drained(struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);

	return !channel->nr_incoming || channel->gone ||
	       vmb_bus_is_dying(channel->bus);
}

/* Transaction ids that are named, and room for them: a guest's can be long. */
#define BLAMED		4
#define BLAMED_BYTES	(sizeof(": ") + BLAMED * sizeof("18446744073709551615, ") + \
			 sizeof("..."))

/* Return: how many are held; the oldest of them, such as ": 1, 2, 3, 4, ..." */
static u32 list_held(struct vmb_channel *channel, char ids[BLAMED_BYTES],
		     u64 *oldest)
{
	struct vmb_packet_completion *packet;
	int used = 0, nr = 0;

	ids[0] = '\0';
	guard(spinlock_irqsave)(&channel->lock);
	list_for_each_entry(packet, &channel->incoming, node) {
		if (!nr)
			*oldest = packet->out.id;
		if (nr == BLAMED) {
			scnprintf(ids + used, BLAMED_BYTES - used, ", ...");
			break;
		}
		used += scnprintf(ids + used, BLAMED_BYTES - used, "%s%llu",
				  nr++ ? ", " : ": ", packet->out.id);
	}
	return channel->nr_incoming;
}

/**
 * vmb_channel_blame() - say in the bus's last error who still holds what
 * @channel: the channel
 * @error: negative errno of the wait that was in vain
 *
 * Names the four oldest packets.
 * Of a channel whose turn somebody else has, the VSP may be gone by now.
 * Context: process context.
 */
void vmb_channel_blame(struct vmb_channel *channel, int error)
{
	struct vmb_error_place place = { .channel = channel->id };
	char ids[BLAMED_BYTES];
	u32 nr;

	nr = list_held(channel, ids, &place.packet);
	if (vmb_turn_is_mine(&channel->turn))
		vmb_bus_error_set(channel->bus, error, &place,
				  "%s of %s holds %u incoming packets%s",
				  channel->vsp->name, dev_name(&channel->dev),
				  nr, ids);
	else
		vmb_bus_error_set(channel->bus, error, &place,
				  "%s is busy and %u incoming packets are held%s",
				  dev_name(&channel->dev), nr, ids);
}

static int drain(struct vmb_channel *channel, unsigned long deadline)
{
	long ret;

	if (!deadline) {
		wait_event(channel->drained, is_drained(channel));
		ret = 1;
	} else {
		long left = max_t(long, deadline - jiffies, 0);

		ret = wait_event_killable_timeout(channel->drained,
						  is_drained(channel), left);
	}
	if (READ_ONCE(channel->gone) || vmb_bus_is_dying(channel->bus))
		return -ENODEV;
	if (ret > 0)
		return 0;
	ret = ret ? -EINTR : -ETIMEDOUT;
	vmb_channel_blame(channel, ret);
	return ret;
}

static void stop_delivery(struct vmb_channel *channel)
{
	WRITE_ONCE(channel->run, false);
	vmb_channel_flush(channel);
}

static void leave_rings(struct vmb_channel *channel)
{
	scoped_guard(spinlock_irqsave, &channel->lock)
		channel->live = false;
	vmb_channel_flush(channel);
}

static void call_suspend(struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;
	struct vmb_bus_call call = {
		.call = VMBSAVE_CALL_SUSPEND,
		.channel = channel->id,
	};
	u64 begun = ktime_get_ns();

	channel->vsp->suspend(channel);
	call.ns = ktime_get_ns() - begun;
	/* It can be the channel alone that stops. */
	if (!vmb_bus_is_running(bus))
		vmb_stats_call(bus, VMB_WORK_STOP, &call);
}

/**
 * vmb_channel_flow_stop() - stop traffic if it runs, and drain it
 * @channel: the channel; the caller has its turn
 * @deadline: in jiffies; 0 = wait as long as it takes, and not killably
 *
 * Context: process context, sleeps; calls .suspend, and on failure .started
 * and .post_started.
 * Return: 0: no incoming packet is held and no guest byte is written.
 * -ETIMEDOUT, -EINTR: traffic runs again, the bus's last error says who holds
 * what. -ENODEV: the channel goes away meanwhile.
 */
int vmb_channel_flow_stop(struct vmb_channel *channel, unsigned long deadline)
{
	int ret;

	vmb_turn_assert(&channel->turn);
	if (channel->flowing) {
		stop_delivery(channel);
		channel->flowing = false;
		if (channel->vsp->suspend)
			call_suspend(channel);
	}
	/* Also if an earlier stop was in vain and could not start it again. */
	ret = drain(channel, deadline);
	leave_rings(channel);
	if (ret && ret != -ENODEV)
		vmb_channel_flow_start(channel);
	return ret;
}

/**
 * vmb_channel_flow_cut() - stop traffic without waiting for packets
 * @channel: the channel, gone; the caller has its turn
 *
 * Completing a packet later is a no-op.
 * Context: process context, sleeps; calls .suspend.
 */
void vmb_channel_flow_cut(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	stop_delivery(channel);
	if (channel->flowing && channel->vsp->suspend)
		channel->vsp->suspend(channel);
	channel->flowing = false;
	leave_rings(channel);
}

/**
 * vmb_channel_flow_freeze() - stop traffic of a client as its guest's CPUs stop
 * @channel: a client's end; the caller has its turn
 *
 * Its owner is not told, and may keep incoming packets: what he completes or
 * sends from now on waits in the queue.
 * Context: process context, waits for a callback in progress.
 */
void vmb_channel_flow_freeze(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	stop_delivery(channel);
	leave_rings(channel);
}

/**
 * vmb_channel_flow_thaw() - undo vmb_channel_flow_freeze(), or start traffic
 * @channel: a client's end; the caller has its turn
 *
 * Nothing happens if no traffic should run.
 * Context: process context, may sleep; calls .started and .post_started if the
 * owner has not been told yet that traffic runs.
 */
void vmb_channel_flow_thaw(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	if (!channel->flowing) {
		vmb_channel_flow_start(channel);
	} else if (vmb_channel_flow_wanted(channel)) {
		scoped_guard(spinlock_irqsave, &channel->lock) {
			if (channel->error)
				return;
			channel->live = true;
			WRITE_ONCE(channel->run, true);
		}
		vmb_channel_kick(channel);
	}
	vmb_channel_kick_guest(channel);
}

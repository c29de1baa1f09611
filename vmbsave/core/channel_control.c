// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/jiffies.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/client.h"
#include "core/outgoing.h"

/**
 * DOC: What a VSP does to its channel
 *
 * Each call takes the channel's turn, checks the table of channel_state.c,
 * moves the state and makes traffic follow. The callbacks that this entails
 * are called with the turn and without any lock; one that comes back to
 * control its own channel is refused with -EDEADLK, from the worker too.
 */

/**
 * vmb_channel_in_callback() - does a callback of the channel make this call?
 * @channel: the channel
 *
 * Who changes the channel waits for its callbacks, so they may not wait for
 * him.
 * Context: any.
 * Return: true if the calling task has the channel's turn or is its worker, or
 * a client's work.
 */
bool vmb_channel_in_callback(struct vmb_channel *channel)
{
	return vmb_turn_is_mine(&channel->turn) ||
	       current_work() == &channel->work ||
	       vmb_client_is_working(channel->client);
}

static int take_turn(struct vmb_channel *channel, unsigned long deadline)
{
	int ret;

	if (!deadline)
		return vmb_turn_take(&channel->turn);
	ret = vmb_turn_take_until(&channel->turn, deadline);
	if (ret == -ETIMEDOUT || ret == -EINTR)
		vmb_channel_blame(channel, ret);
	return ret;
}

/**
 * vmb_channel_control_begin() - become the one who may change a channel
 * @channel: the channel
 * @deadline: in jiffies; 0 = wait as long as it takes, and not killably
 *
 * Context: process context, may sleep.
 * Return: 0, then vmb_channel_control_end() must follow; or -EDEADLK (inside a
 * callback), -ENODEV (gone), -EBUSY (a session has it), -ETIMEDOUT or -EINTR
 * (somebody else changes it; the bus's last error says what is held).
 */
int vmb_channel_control_begin(struct vmb_channel *channel,
			      unsigned long deadline)
{
	int ret;

	if (vmb_channel_in_callback(channel))
		return -EDEADLK;
	ret = take_turn(channel, deadline);
	if (ret)
		return ret;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (channel->gone)
			ret = -ENODEV;
		else if (channel->held)
			ret = -EBUSY;
	}
	if (ret)
		vmb_turn_release(&channel->turn);
	return ret;
}

/**
 * vmb_channel_control_end() - undo vmb_channel_control_begin()
 * @channel: the channel
 * Context: process context.
 */
void vmb_channel_control_end(struct vmb_channel *channel)
{
	vmb_turn_release(&channel->turn);
}

static void forget_saved(struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);

	channel->saved = false;
}

int vmb_channel_enable(struct vmb_channel *channel)
{
	int ret = vmb_channel_control_begin(channel, 0);

	if (ret)
		return ret;
	ret = vmb_channel_state_check(channel, VMB_CHANNEL_EVENT_ENABLE);
	if (!ret && channel->client)
		ret = vmb_client_check(channel);
	else if (!ret && channel->owned)
		ret = vmb_channel_offer_own(channel);
	if (!ret)
		vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_ENABLE);
	if (!ret && channel->server && channel->owned)
		vmb_channel_announce_own(channel);
	if (!ret && channel->client)
		vmb_client_wake(channel);
	else if (!ret)
		vmb_clients_wake(channel->bus);
	vmb_channel_control_end(channel);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_enable, VMBSAVE_NS);

int vmb_channel_start(struct vmb_channel *channel)
{
	int ret = vmb_channel_control_begin(channel, 0);

	if (ret)
		return ret;
	ret = vmb_channel_state_check(channel, VMB_CHANNEL_EVENT_START);
	if (!ret) {
		vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_START);
		if (vmb_bus_is_running(channel->bus))
			forget_saved(channel);
		vmb_channel_flow_start(channel);
	}
	vmb_channel_control_end(channel);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_start, VMBSAVE_NS);

static int pause_until(struct vmb_channel *channel, unsigned long deadline)
{
	int ret = vmb_channel_control_begin(channel, deadline);

	if (ret)
		return ret;
	ret = vmb_channel_state_check(channel, VMB_CHANNEL_EVENT_PAUSE);
	if (!ret)
		ret = vmb_channel_flow_stop(channel, deadline);
	if (!ret)
		vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_PAUSE);
	vmb_channel_control_end(channel);
	return ret;
}

int vmb_channel_pause(struct vmb_channel *channel)
{
	return pause_until(channel, 0);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_pause, VMBSAVE_NS);

/* Reports a wait that was in vain; the bus's last error says who holds what. */
static void report_wait(struct vmb_channel *channel, int error, const char *verb)
{
	char text[VMBSAVE_ERROR_TEXT];

	if (error != -ETIMEDOUT && error != -EINTR)
		return;
	vmb_bus_error_get(channel->bus, NULL, text);
	dev_warn_ratelimited(&channel->dev, "cannot %s, %s: %pe\n", verb, text,
			     ERR_PTR(error));
}

int vmb_channel_pause_timeout(struct vmb_channel *channel, u32 timeout_ms)
{
	int ret = pause_until(channel, vmb_deadline(timeout_ms));

	report_wait(channel, ret, "pause");
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_pause_timeout, VMBSAVE_NS);

/**
 * vmb_channel_abort_session() - end the save or restore that has a channel
 * @channel: the channel
 * @error: what the session answers from now on
 *
 * Context: process context, waits for a callback of the session in progress.
 * Return: 0: no session has it (another one may begin, unless it is gone);
 * -EDEADLK: called from such a callback.
 */
int vmb_channel_abort_session(struct vmb_channel *channel, int error)
{
	struct vmb_session *session;
	int ret;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		session = channel->session;
		if (session)
			session->ops->get(session);
	}
	if (!session)
		return 0;
	ret = session->ops->abort(session, channel, error);
	session->ops->put(session);
	return ret;
}

/* Return: 0: no traffic runs, and the server has closed a client's channel */
static int disable_begin(struct vmb_channel *channel, unsigned long deadline)
{
	int ret = channel->client ? vmb_client_may_hang_up(channel) : 0;

	if (!ret)
		ret = vmb_channel_flow_stop(channel, deadline);
	if (ret || !channel->client)
		return ret;
	ret = vmb_client_hang_up(channel, deadline);
	if (ret)
		vmb_channel_flow_start(channel);
	return ret;
}

static int disable_locked(struct vmb_channel *channel, unsigned long deadline)
{
	int ret = disable_begin(channel, deadline);

	if (ret)
		return ret;
	if (vmb_channel_state_is_open(channel->state))
		vmb_channel_shut(channel);
	/* First, so that no completion routine can send the packet again. */
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_DISABLE);
	vmb_outgoing_cancel(channel, 0);
	vmb_channel_flush(channel);
	forget_saved(channel);
	vmb_client_disconnect(channel);
	if (channel->owned)
		vmb_channel_withdraw_own(channel);
	return 0;
}

static int disable_until(struct vmb_channel *channel, unsigned long deadline)
{
	int ret;

	if (vmb_channel_in_callback(channel))
		return -EDEADLK;
	do {
		ret = vmb_channel_abort_session(channel, -ECANCELED);
		if (!ret)
			ret = vmb_channel_control_begin(channel, deadline);
	} while (ret == -EBUSY);
	if (ret)
		return ret;
	ret = disable_locked(channel, deadline);
	vmb_channel_control_end(channel);
	return ret;
}

int vmb_channel_disable(struct vmb_channel *channel)
{
	return disable_until(channel, 0);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_disable, VMBSAVE_NS);

int vmb_channel_disable_timeout(struct vmb_channel *channel, u32 timeout_ms)
{
	int ret = disable_until(channel, vmb_deadline(timeout_ms));

	report_wait(channel, ret, "disable");
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_disable_timeout, VMBSAVE_NS);

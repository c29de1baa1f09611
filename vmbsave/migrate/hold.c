// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include "core/channel.h"
#include "migrate/hold.h"

/**
 * DOC: How a session holds channels
 *
 * 1. All channels are taken, or none: each must be in a state that suits the
 *    session, and in no other session. From then on sends and control of a
 *    channel answer -EBUSY. Its VSP's module is pinned.
 * 2. They are let go: sends and control work again. The session still has
 *    them, so that it is the one that answers for its error.
 * 3. They are forgotten: another session may take them.
 * 4. The bus of a single channel may have begun to run meanwhile; traffic of
 *    the channel starts now.
 */

static int compare(const void *a, const void *b)
{
	const struct vmb_channel *x = *(const struct vmb_channel **)a;
	const struct vmb_channel *y = *(const struct vmb_channel **)b;

	return vmb_channel_identity_compare(&x->identity, &y->identity);
}

static int take_locked(struct vmb_holds *holds, struct vmb_channel *channel,
		       int (*check)(const struct vmb_channel *channel))
{
	int ret;

	guard(spinlock_irqsave)(&channel->lock);
	if (channel->gone)
		return -ENODEV;
	if (channel->session)
		return -EBUSY;
	/* A client moves with its guest's memory. */
	if (!channel->server)
		return -EBADFD;
	ret = check(channel);
	if (ret)
		return ret;
	if (!try_module_get(channel->vsp->owner))
		return -ENODEV;
	channel->session = holds->session;
	channel->held = true;
	return 0;
}

static int take_one(struct vmb_holds *holds, u32 i,
		    int (*check)(const struct vmb_channel *channel))
{
	struct vmb_channel *channel = holds->channels[i];
	int ret = vmb_turn_take(&channel->turn);

	if (ret)
		return ret;
	ret = take_locked(holds, channel, check);
	if (!ret)
		holds->owners[i] = channel->vsp->owner;
	vmb_turn_release(&channel->turn);
	return ret;
}

/**
 * vmb_holds_take() - take all channels of a session, or none
 * @holds: to be filled in
 * @session: whose they will be
 * @bus: theirs; its last error will name the channel that refused
 * @list: references on them; of @holds on success
 * @nr: length of @list
 * @check: says whether a channel suits; called with its turn and its lock
 *
 * Context: process context, may sleep.
 * Return: 0, or nothing was taken: what @check answered, -EBUSY (another
 * session has one), -ENODEV (one is gone), -EDEADLK (inside a callback of
 * one), -ENOMEM.
 */
int vmb_holds_take(struct vmb_holds *holds, struct vmb_session *session,
		   struct vmb_bus *bus, struct vmb_channel **list, u32 nr,
		   int (*check)(const struct vmb_channel *channel))
{
	int ret = 0;
	u32 i;

	holds->owners = kvcalloc(nr + 1, sizeof(*holds->owners),
				 GFP_KERNEL_ACCOUNT);
	if (!holds->owners)
		return -ENOMEM;
	sort(list, nr, sizeof(*list), compare, NULL);
	holds->session = session;
	holds->channels = list;
	holds->held = true;
	for (i = 0; i < nr && !ret; i++) {
		ret = take_one(holds, i, check);
		if (!ret)
			holds->nr++;
	}
	if (ret) {
		struct vmb_error_place place = { .channel = list[i - 1]->id };

		vmb_bus_error_set(bus, ret, &place, "%s cannot be held for a session",
				  dev_name(&list[i - 1]->dev));
		vmb_holds_release(holds, false);
		vmb_holds_forget(holds);
		kvfree(holds->owners);
		memset(holds, 0, sizeof(*holds));
	}
	return ret;
}

static void release_one(struct vmb_holds *holds, struct vmb_channel *channel,
			bool saved)
{
	guard(spinlock_irqsave)(&channel->lock);
	if (channel->session != holds->session)
		return;
	channel->held = false;
	channel->saved |= saved;
}

/**
 * vmb_holds_release() - let the channels go
 * @holds: the channels; nothing happens if they were let go before
 * @saved: a save of them reached its end
 * Context: process context.
 */
void vmb_holds_release(struct vmb_holds *holds, bool saved)
{
	u32 i;

	if (!holds->held)
		return;
	holds->held = false;
	for (i = 0; i < holds->nr; i++)
		release_one(holds, holds->channels[i], saved);
}

/**
 * vmb_hold_forget() - a session gives one channel up
 * @session: the session
 * @channel: the channel
 *
 * Context: process context.
 * Return: true if it had it.
 */
bool vmb_hold_forget(struct vmb_session *session, struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);
	if (channel->session != session)
		return false;
	channel->session = NULL;
	return true;
}

/**
 * vmb_hold_resume() - start the traffic that a session has kept back
 * @channel: let go; nothing happens if no traffic should run
 *
 * Inside a callback of the channel it is left to work.
 * Context: process context, may sleep; calls .started and .post_started.
 */
void vmb_hold_resume(struct vmb_channel *channel)
{
	if (vmb_channel_in_callback(channel)) {
		vmb_channel_flow_resume(channel);
		return;
	}
	if (WARN_ON_ONCE(vmb_turn_take(&channel->turn)))
		return;
	if (!channel->flowing && vmb_channel_flow_wanted(channel)) {
		vmb_channel_flow_start(channel);
		vmb_channel_kick_guest(channel);
	}
	vmb_turn_release(&channel->turn);
}

/**
 * vmb_holds_forget() - another session may take the channels
 * @holds: the channels, let go
 * Context: process context.
 */
void vmb_holds_forget(struct vmb_holds *holds)
{
	u32 i;

	for (i = 0; i < holds->nr; i++) {
		vmb_hold_forget(holds->session, holds->channels[i]);
		module_put(holds->owners[i]);
		holds->owners[i] = NULL;
	}
}

/**
 * vmb_holds_free() - drop the references
 * @holds: the channels, let go and forgotten
 * Context: process context.
 */
void vmb_holds_free(struct vmb_holds *holds)
{
	vmb_holds_forget(holds);
	kvfree(holds->owners);
	vmb_bus_put_list(holds->channels, holds->nr);
}

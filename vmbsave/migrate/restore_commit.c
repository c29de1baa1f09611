// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/outgoing.h"
#include "migrate/account.h"
#include "migrate/restore_session.h"

/**
 * DOC: Committing a restore
 *
 * 1. Attach: the GPADLs' pages are found in guest memory and pinned, the rings
 *    mapped, and their four indices compared with those in the stream. Every
 *    channel is looked at, so that all mismatches are named at once.
 * 2. Open: .opened is called for each channel that was saved open. This is the
 *    last step that can fail.
 * 3. Splice: each channel takes its saved state, packets and completions.
 *    Cannot fail. What .opened sent is queued behind what was saved.
 * 4. A channel that was to be offered anew was left out of all that. The one
 *    who made the bus is told of it.
 *
 * All steps go by identity, so a primary channel comes before its subchannels.
 *
 * Unhappy paths. Attach fails: what was attached is detached. Open fails:
 * .closed for those that were opened, in reverse; what they have sent is
 * finished with -ECANCELED; all is detached. In both cases what was staged is
 * discarded by the caller, and the channels are as they were.
 */

static int move_gpadls(struct xarray *from, struct xarray *to)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;
	int ret;

	xa_for_each(from, id, gpadl) {
		ret = xa_insert(to, id, gpadl, GFP_KERNEL_ACCOUNT);
		if (ret)
			return ret;
		xa_erase(from, id);
	}
	return 0;
}

/* Cannot fail: nothing is allocated to erase, and unstaging frees either. */
static void take_gpadls_back(struct vmb_staged *staged)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;

	xa_for_each(&staged->channel->gpadls, id, gpadl) {
		xa_erase(&staged->channel->gpadls, id);
		vmb_gpadl_free(staged->channel, gpadl);
	}
}

static int pin_gpadls(struct vmb_staged *staged)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;
	int ret;

	xa_for_each(&staged->gpadls, id, gpadl) {
		ret = vmb_gpadl_pin(staged->channel, gpadl);
		if (ret)
			return ret;
	}
	return move_gpadls(&staged->gpadls, &staged->channel->gpadls);
}

static int compare_indices(const struct vmb_staged *staged)
{
	const struct vmb_channel *channel = staged->channel;
	u32 in_write, in_read, out_write, out_read;

	if (vmb_ring_indices(&channel->in, &in_write, &in_read) ||
	    vmb_ring_indices(&channel->out, &out_write, &out_read))
		return -ESTALE;
	if (in_write != staged->in_write || in_read != staged->in_read ||
	    out_write != staged->out_write || out_read != staged->out_read)
		return -ESTALE;
	return 0;
}

static int attach_rings(struct vmb_staged *staged)
{
	struct vmb_channel *channel = staged->channel;
	int ret;

	if (!channel->host)
		return -EINVAL;
	ret = vmb_channel_rings_attach(channel, &staged->open);
	if (ret)
		return ret == -EPROTO ? -ESTALE : ret;
	ret = compare_indices(staged);
	if (ret)
		vmb_channel_rings_detach(channel);
	return ret;
}

/* No guest knows of it, so nothing that a guest has made can be its own. */
static bool is_withdrawn(const struct vmb_channel *channel)
{
	return channel->owned && channel->state == VMB_CHANNEL_DISABLED;
}

static int attach(struct vmb_staged *staged)
{
	bool open = vmb_channel_state_is_open(staged->state);
	int ret;

	if (staged->force_new)
		return 0;
	if (is_withdrawn(staged->channel) && (open || !xa_empty(&staged->gpadls)))
		return -EBADFD;
	ret = pin_gpadls(staged);
	if (!ret && open)
		ret = attach_rings(staged);
	if (ret) {
		take_gpadls_back(staged);
		return ret;
	}
	staged->attached = true;
	return 0;
}

static void detach(struct vmb_staged *staged)
{
	struct vmb_channel *channel = staged->channel;

	if (!staged->attached)
		return;
	staged->attached = false;
	if (channel->ring_map)
		vmb_channel_rings_detach(channel);
	take_gpadls_back(staged);
}

static int open(struct vmb_staged *staged)
{
	struct vmb_channel *channel = staged->channel;
	int ret;

	if (staged->force_new || !vmb_channel_state_is_open(staged->state))
		return 0;
	/* It may send; control is kept out by the turn. */
	scoped_guard(spinlock_irqsave, &channel->lock) {
		channel->held = false;
		staged->old_next_id = channel->queue.next_id;
		staged->first_id = max(staged->next_id, staged->old_next_id);
		channel->queue.next_id = staged->first_id;
	}
	WRITE_ONCE(channel->restored, true);
	ret = vmb_channel_call_opened(channel);
	scoped_guard(spinlock_irqsave, &channel->lock)
		channel->held = true;
	staged->opened = true;
	return ret;
}

static void unopen(struct vmb_staged *staged, bool was_opened)
{
	struct vmb_channel *channel = staged->channel;

	if (!staged->opened)
		return;
	staged->opened = false;
	if (was_opened)
		vmb_channel_call_closed(channel);
	WRITE_ONCE(channel->restored, false);
	vmb_outgoing_cancel(channel, 0);
	vmb_channel_flush(channel);
	/* What it has sent had ids, and those are not used again. */
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (channel->queue.next_id == staged->first_id)
			channel->queue.next_id = staged->old_next_id;
	}
}

/* To make an offer or take it back is the owner's, and he does it by enabling. */
static bool keeps_state(const struct vmb_staged *staged)
{
	return is_withdrawn(staged->channel) ||
	       (staged->channel->owned && staged->state == VMB_CHANNEL_DISABLED);
}

static void splice(struct vmb_staged *staged)
{
	struct vmb_channel *channel = staged->channel;

	if (staged->force_new)
		return;
	staged->vsp_state = false;
	if (!staged->opened) {
		guard(spinlock_irqsave)(&channel->lock);
		channel->queue.next_id = max(staged->next_id,
					     channel->queue.next_id);
	}
	WRITE_ONCE(channel->restored, true);
	channel->opened_before = staged->state == VMB_CHANNEL_STOPPED ||
				 vmb_channel_state_is_open(staged->state);
	vmb_queue_splice(channel, &staged->queue);
	if (!keeps_state(staged))
		vmb_channel_state_restore(channel, staged->state);
}

/* One step of one channel, with its turn */
static int with_turn(struct vmb_staged *staged, int (*step)(struct vmb_staged *))
{
	int ret = vmb_turn_take(&staged->channel->turn);

	if (ret)
		return ret;
	ret = READ_ONCE(staged->channel->gone) ? -ENODEV : step(staged);
	vmb_turn_release(&staged->channel->turn);
	return ret;
}

static const char *why_not(int error)
{
	switch (error) {
	case -ESTALE:
		return "guest memory and stream are not of one moment";
	case -EBADFD:
		return "its owner does not offer it, so no guest can have it open";
	case -EFAULT:
		return "a GPADL is not in guest memory";
	case -EINVAL:
		return "no eventfd to interrupt the guest, or no room for two rings";
	default:
		return "cannot be attached";
	}
}

static int attach_all(struct vmb_restore *restore)
{
	struct vmb_error_place place = { 0 };
	char text[VMBSAVE_ERROR_TEXT];
	int first = 0, used = 0, ret;
	u32 i;

	for (i = 0; i < restore->holds.nr; i++) {
		struct vmb_channel *channel = restore->holds.channels[i];

		ret = with_turn(&restore->staged[i], attach);
		if (!ret)
			continue;
		used += scnprintf(text + used, sizeof(text) - used, "%s%s: %s",
				  used ? "; " : "", dev_name(&channel->dev),
				  why_not(ret));
		if (!first)
			place.channel = channel->id;
		first = first ?: ret;
	}
	if (first)
		vmb_restore_fail(restore, first, &place, "%s", text);
	return first;
}

static int open_all(struct vmb_restore *restore, u32 *nr)
{
	int ret;

	for (*nr = 0; *nr < restore->holds.nr; (*nr)++) {
		struct vmb_channel *channel = restore->holds.channels[*nr];
		struct vmb_error_place place = { .channel = channel->id };
		u64 begun = ktime_get_ns();

		ret = with_turn(&restore->staged[*nr], open);
		if (restore->staged[*nr].opened)
			vmb_restore_account_call(restore, VMBSAVE_CALL_OPENED,
						 channel, 0,
						 ktime_get_ns() - begun);
		if (ret)
			return vmb_restore_fail(restore, ret, &place,
						"%s refused to open %s",
						channel->vsp->name,
						dev_name(&channel->dev));
	}
	return 0;
}

/* @nr: channels whose .opened succeeded */
static void undo_all(struct vmb_restore *restore, u32 nr)
{
	u32 i = restore->holds.nr;

	while (i--) {
		struct vmb_staged *staged = &restore->staged[i];

		if (WARN_ON_ONCE(vmb_turn_take(&staged->channel->turn)))
			continue;
		unopen(staged, i < nr);
		detach(staged);
		vmb_turn_release(&staged->channel->turn);
	}
}

static void splice_all(struct vmb_restore *restore)
{
	u32 i;

	for (i = 0; i < restore->holds.nr; i++) {
		struct vmb_channel *channel = restore->holds.channels[i];

		if (WARN_ON_ONCE(vmb_turn_take(&channel->turn)))
			continue;
		splice(&restore->staged[i]);
		vmb_turn_release(&channel->turn);
	}
}

static void tell_force_new(struct vmb_restore *restore)
{
	u32 i;

	for (i = 0; i < restore->holds.nr; i++)
		if (restore->staged[i].force_new)
			vmb_bus_event(restore->bus, VMBSAVE_EVENT_REOFFERED,
				      restore->holds.channels[i]->id, 0);
}

/**
 * vmb_restore_apply() - make the channels what the stream says, all or none
 * @restore: a session that has its end record; the caller has its turn
 *
 * Context: process context, may sleep; calls .opened, on failure .closed.
 * Return: 0, or an errno: the session has failed with it, the channels are as
 * they were and all is still staged.
 */
int vmb_restore_apply(struct vmb_restore *restore)
{
	u32 nr_opened = 0;
	int ret;

	ret = attach_all(restore);
	if (!ret)
		ret = open_all(restore, &nr_opened);
	if (ret) {
		undo_all(restore, nr_opened);
		return ret;
	}
	splice_all(restore);
	tell_force_new(restore);
	return 0;
}

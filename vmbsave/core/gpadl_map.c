// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/vmb_gpadl.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/gpadl.h"

/**
 * DOC: Mappings of GPADLs
 *
 * 1. The guest opens the channel: from just before .opened mappings can be
 *    made, in callbacks too. A restore calls .opened the same way.
 * 2. The VSP maps a GPADL and has its pages, which are pinned anyway.
 * 3. It unmaps it, at the latest in .closed.
 *
 * A callback may have the channel's turn or not, so a mapping asks for none.
 * What it needs is protected by the xa_lock of @gpadls: the table itself, what
 * is mapped, and whether mappings can be made. Who takes a GPADL out of the
 * table looks at it with the same lock. The lock is held for a look-up, never
 * across a callback.
 *
 * Unhappy paths. The VSP leaves something mapped: it is unmapped behind .closed,
 * or behind an .opened that failed. The guest wants a GPADL back that is mapped:
 * vmb_gpadl_teardown() waits without the channel's turn, so that .closed and
 * everything else can run meanwhile; no new mapping is made for as long. The
 * channel goes away: detaching it calls .closed, which ends that wait.
 */

/* The range lives in the GPADL, which stays while it is mapped. */
static const struct vmb_page_range *map(struct vmb_gpadl *gpadl)
{
	gpadl->mapped = true;
	gpadl->range = (struct vmb_page_range) {
		.pages = gpadl->pages,
		.nr_pages = gpadl->nr_pages,
		.byte_offset = gpadl->byte_offset,
		.byte_count = gpadl->byte_count,
	};
	return &gpadl->range;
}

static int check_map_locked(const struct vmb_channel *channel,
			    const struct vmb_gpadl *gpadl, u32 flags)
{
	lockdep_assert_held(&channel->gpadls.xa_lock);

	if (!channel->mappable)
		return -EBADFD;
	if (!gpadl || gpadl->taker)
		return -ENOENT;
	/* Is set before mappings can be made, and cleared after. */
	if (gpadl->mapped || gpadl == channel->ring_gpadl)
		return -EBUSY;
	if (gpadl->flags & ~flags & VMB_GPADL_READ_ONLY)
		return -EACCES;
	return 0;
}

const struct vmb_page_range *vmb_channel_map_gpadl(struct vmb_channel *channel,
						   u32 flags, u32 gpadl)
{
	struct vmb_gpadl *found;
	int ret;

	if (!channel->server || flags & ~VMB_GPADL_READ_ONLY)
		return ERR_PTR(-EINVAL);
	if (READ_ONCE(channel->gone))
		return ERR_PTR(-ENODEV);
	guard(spinlock)(&channel->gpadls.xa_lock);
	found = xa_load(&channel->gpadls, gpadl);
	ret = check_map_locked(channel, found, flags);
	if (ret)
		return ERR_PTR(ret);
	channel->nr_mapped++;
	return map(found);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_map_gpadl, VMBSAVE_NS);

void vmb_channel_unmap_gpadl(struct vmb_channel *channel, u32 gpadl)
{
	struct vmb_gpadl *found;

	scoped_guard(spinlock, &channel->gpadls.xa_lock) {
		found = xa_load(&channel->gpadls, gpadl);
		if (WARN_ONCE(!found || !found->mapped,
			      "vmb: GPADL %u was unmapped and is not mapped\n", gpadl))
			return;
		found->mapped = false;
		channel->nr_mapped--;
	}
	wake_up_all(&channel->unmapped);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_unmap_gpadl, VMBSAVE_NS);

/**
 * vmb_gpadl_maps_begin() - let the VSP map GPADLs
 * @channel: .opened is about to be called; the caller has its turn
 * Context: process context.
 */
void vmb_gpadl_maps_begin(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	guard(spinlock)(&channel->gpadls.xa_lock);
	channel->mappable = true;
}

/* Return: how many there were; *@first is the id of one */
static u32 unmap_all_locked(struct vmb_channel *channel, u32 *first)
{
	u32 nr = channel->nr_mapped;
	struct vmb_gpadl *gpadl;
	unsigned long id;

	lockdep_assert_held(&channel->gpadls.xa_lock);

	if (!nr)
		return 0;
	*first = 0;
	xa_for_each(&channel->gpadls, id, gpadl) {
		if (gpadl->mapped && !*first)
			*first = gpadl->id;
		gpadl->mapped = false;
	}
	channel->nr_mapped = 0;
	return nr;
}

/**
 * vmb_gpadl_maps_end() - undo vmb_gpadl_maps_begin(), and what is mapped still
 * @channel: .closed has returned, or .opened has failed; the caller has its turn
 * Context: process context.
 */
void vmb_gpadl_maps_end(struct vmb_channel *channel)
{
	u32 first, nr;

	vmb_turn_assert(&channel->turn);
	scoped_guard(spinlock, &channel->gpadls.xa_lock) {
		channel->mappable = false;
		nr = unmap_all_locked(channel, &first);
	}
	if (!nr)
		return;
	wake_up_all(&channel->unmapped);
	dev_warn_ratelimited(&channel->dev,
			     "%s has left %u GPADLs mapped, the first is %u\n",
			     channel->vsp->name, nr, first);
}

static bool is_unmapped(struct vmb_channel *channel, u32 id)
{
	const struct vmb_gpadl *gpadl;

	guard(spinlock)(&channel->gpadls.xa_lock);
	gpadl = xa_load(&channel->gpadls, id);
	return !gpadl || !gpadl->mapped;
}

/**
 * vmb_gpadl_wait_unmapped() - wait until the VSP does not have it mapped
 * @channel: the channel; the caller does not have its turn
 * @id: of the GPADL
 *
 * Context: process context, sleeps; can be interrupted by a fatal signal.
 * Return: 0: it is not mapped, or has gone; -EINTR.
 */
int vmb_gpadl_wait_unmapped(struct vmb_channel *channel, u32 id)
{
	return wait_event_killable(channel->unmapped, is_unmapped(channel, id)) ?
	       -EINTR : 0;
}

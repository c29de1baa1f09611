// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/guest_memory.h"
#include "core/limits.h"
#include "core/written.h"

static_assert(PAGE_SIZE == VMBSAVE_PAGE_SIZE,
	      "a kernel page has to be a hypervisor page");

/**
 * vmb_gpadl_pages_touched() - pages that a buffer touches
 * @byte_count: its length
 * @byte_offset: where it starts in its first page
 *
 * Context: any.
 * Return: how many.
 */
u64 vmb_gpadl_pages_touched(u32 byte_count, u32 byte_offset)
{
	return DIV_ROUND_UP_ULL((u64)byte_count + byte_offset,
				VMBSAVE_PAGE_SIZE);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_pages_touched);

/**
 * vmb_gpadl_alloc() - make a GPADL object; the caller fills in pfns and flags
 * @channel: the channel
 * @id: chosen by the guest
 * @byte_count: length of the buffer
 * @byte_offset: where it starts in its first page
 * @nr_pages: pages that it touches
 *
 * Context: process context.
 * Return: the object, for vmb_gpadl_free(), or ERR_PTR: -EINVAL (a value is
 * out of range or they do not fit each other), -EDQUOT, -ENOMEM.
 */
struct vmb_gpadl *vmb_gpadl_alloc(struct vmb_channel *channel, u32 id,
				  u32 byte_count, u32 byte_offset, u32 nr_pages)
{
	struct vmb_gpadl *gpadl;
	u32 end;
	int ret;

	if (check_add_overflow(byte_count, byte_offset, &end))
		return ERR_PTR(-EINVAL);
	if (!id || !byte_count || byte_offset >= VMBSAVE_PAGE_SIZE ||
	    nr_pages != vmb_gpadl_pages_touched(byte_count, byte_offset))
		return ERR_PTR(-EINVAL);
	ret = vmb_limit_charge(VMB_LIMIT_GPADLS, 1);
	if (ret)
		return ERR_PTR(ret);
	ret = vmb_limit_charge(VMB_LIMIT_PAGES, nr_pages);
	if (ret)
		goto err_gpadls;

	ret = -ENOMEM;
	gpadl = kzalloc(sizeof(*gpadl), GFP_KERNEL_ACCOUNT);
	if (!gpadl)
		goto err_pages;
	gpadl->pfns = kvcalloc(nr_pages, sizeof(*gpadl->pfns), GFP_KERNEL_ACCOUNT);
	if (!gpadl->pfns)
		goto err_object;
	gpadl->id = id;
	gpadl->byte_count = byte_count;
	gpadl->byte_offset = byte_offset;
	gpadl->nr_pages = nr_pages;
	return gpadl;

err_object:
	kfree(gpadl);
err_pages:
	vmb_limit_uncharge(VMB_LIMIT_PAGES, nr_pages);
err_gpadls:
	vmb_limit_uncharge(VMB_LIMIT_GPADLS, 1);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_alloc);

/**
 * vmb_gpadl_pin() - find and pin the guest pages of a GPADL
 * @channel: the channel
 * @gpadl: with its pfns and flags filled in
 *
 * Those that the VSP may write count as written from now on.
 *
 * Context: process context, may sleep.
 * Return: 0, or -EFAULT (a page is not in guest memory), -ENOMEM, ...
 */
int vmb_gpadl_pin(struct vmb_channel *channel, struct vmb_gpadl *gpadl)
{
	struct vmb_guest_memory *memory = channel->bus->memory;
	struct page **pages;
	int ret;

	pages = kvcalloc(gpadl->nr_pages, sizeof(*pages), GFP_KERNEL_ACCOUNT);
	if (!pages)
		return -ENOMEM;
	ret = memory->ops->pin(memory, gpadl->pfns, gpadl->nr_pages, pages);
	if (ret)
		goto err_array;
	/* Only now it is known that there are such pages. */
	if (!(gpadl->flags & VMB_GPADL_READ_ONLY))
		ret = vmb_written_note(channel->bus, gpadl->pfns, gpadl->nr_pages);
	if (ret)
		goto err_pinned;
	gpadl->pages = pages;
	return 0;

err_pinned:
	memory->ops->unpin(memory, pages, gpadl->nr_pages);
err_array:
	kvfree(pages);
	return ret;
}

/**
 * vmb_gpadl_free() - unpin and free a GPADL that is in no channel's table
 * @channel: the channel that it was made for
 * @gpadl: the GPADL
 * Context: process context, may sleep.
 */
void vmb_gpadl_free(struct vmb_channel *channel, struct vmb_gpadl *gpadl)
{
	struct vmb_guest_memory *memory = channel->bus->memory;

	if (gpadl->pages)
		memory->ops->unpin(memory, gpadl->pages, gpadl->nr_pages);
	kvfree(gpadl->pages);
	kvfree(gpadl->pfns);
	vmb_limit_uncharge(VMB_LIMIT_PAGES, gpadl->nr_pages);
	vmb_limit_uncharge(VMB_LIMIT_GPADLS, 1);
	kfree(gpadl);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_free);

/**
 * vmb_gpadl_create() - the guest lends pages to a channel
 * @channel: the channel
 * @gpadl: from vmb_gpadl_alloc(), pfns filled in; the channel's on success
 *
 * Context: process context, may sleep.
 * Return: 0, or -EEXIST (the id is taken), -EBADFD (the channel is disabled or
 * the bus not in STOP or RUNNING), -EBUSY (being saved or restored), -EINTR,
 * -ENODEV, -EFAULT, -ENOMEM; then the GPADL is still the caller's.
 */
int vmb_gpadl_create(struct vmb_channel *channel, struct vmb_gpadl *gpadl)
{
	int ret = vmb_channel_control_begin(channel, vmb_deadline_none());

	if (ret)
		return ret;
	ret = -EBADFD;
	if (channel->state == VMB_CHANNEL_DISABLED ||
	    !vmb_bus_is_changeable(channel->bus))
		goto out;
	/* It can be mapped once it is in the table, so its pages come first. */
	ret = xa_load(&channel->gpadls, gpadl->id) ? -EEXIST :
						     vmb_gpadl_pin(channel, gpadl);
	if (!ret)
		ret = xa_insert(&channel->gpadls, gpadl->id, gpadl,
				GFP_KERNEL_ACCOUNT);
out:
	vmb_channel_control_end(channel);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_create);

/* Return: 0, as of vmb_gpadl_teardown(), or -EAGAIN: mapped, and it is marked */
static int take_out_locked(struct vmb_channel *channel, u32 id, bool waited,
			   struct vmb_gpadl **gpadl)
{
	lockdep_assert_held(&channel->gpadls.xa_lock);

	*gpadl = xa_load(&channel->gpadls, id);
	if (!*gpadl || (waited && (*gpadl)->taker != current))
		return -ENOENT;
	if (*gpadl == channel->ring_gpadl || (!waited && (*gpadl)->taker))
		return -EBUSY;
	if ((*gpadl)->mapped) {
		(*gpadl)->taker = current;
		return -EAGAIN;
	}
	__xa_erase(&channel->gpadls, id);
	return 0;
}

static int try_teardown(struct vmb_channel *channel, u32 id, bool waited)
{
	struct vmb_gpadl *gpadl;
	int ret = vmb_channel_control_begin(channel, vmb_deadline_none());

	if (ret)
		return ret;
	ret = -EBADFD;
	if (vmb_bus_is_changeable(channel->bus)) {
		scoped_guard(spinlock, &channel->gpadls.xa_lock)
			ret = take_out_locked(channel, id, waited, &gpadl);
		if (!ret)
			vmb_gpadl_free(channel, gpadl);
	}
	vmb_channel_control_end(channel);
	return ret;
}

/* Nothing happens if it has gone, and another one has its id. */
static void give_up(struct vmb_channel *channel, u32 id)
{
	struct vmb_gpadl *gpadl;

	guard(spinlock)(&channel->gpadls.xa_lock);
	gpadl = xa_load(&channel->gpadls, id);
	if (gpadl && gpadl->taker == current)
		gpadl->taker = NULL;
}

/**
 * vmb_gpadl_teardown() - the guest takes its pages back
 * @channel: the channel
 * @id: of the GPADL
 *
 * Waits while the VSP has it mapped, without the channel's turn: the channel can
 * be closed, its bus stopped and saved meanwhile. A session that has the channel
 * when the wait is over keeps the GPADL, which was saved (-EBUSY).
 *
 * Context: process context, sleeps until it is unmapped; can be interrupted by a
 * fatal signal.
 * Return: 0, or it is still there: -EBADFD (the bus is not in STOP or RUNNING),
 * -EBUSY (the rings of the open channel are in it, the channel is being saved or
 * restored, or another call waits for it already), -EINTR. Or it is not:
 * -ENOENT, -ENODEV.
 */
int vmb_gpadl_teardown(struct vmb_channel *channel, u32 id)
{
	int ret = try_teardown(channel, id, false);

	if (ret != -EAGAIN)
		return ret;
	ret = vmb_gpadl_wait_unmapped(channel, id) ?:
	      try_teardown(channel, id, true);
	if (ret)
		give_up(channel, id);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_teardown);

/**
 * vmb_gpadl_release_all() - give all guest pages back
 * @channel: the channel, not open; the caller has its turn
 * Context: process context, may sleep.
 */
void vmb_gpadl_release_all(struct vmb_channel *channel)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;

	xa_for_each(&channel->gpadls, id, gpadl) {
		xa_erase(&channel->gpadls, id);
		vmb_gpadl_free(channel, gpadl);
	}
}

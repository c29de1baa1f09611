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
 * vmb_gpadl_alloc() - make a GPADL object; the caller fills in its pfns
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
 * @gpadl: with its pfns filled in
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
	if (ret) {
		kvfree(pages);
		return ret;
	}
	gpadl->pages = pages;
	return 0;
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
	ret = xa_insert(&channel->gpadls, gpadl->id, gpadl, GFP_KERNEL_ACCOUNT);
	if (ret)
		ret = ret == -EBUSY ? -EEXIST : ret;
	else
		ret = vmb_gpadl_pin(channel, gpadl);
	if (ret && ret != -EEXIST)
		xa_erase(&channel->gpadls, gpadl->id);
out:
	vmb_channel_control_end(channel);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_gpadl_create);

/**
 * vmb_gpadl_teardown() - the guest takes its pages back
 * @channel: the channel
 * @id: of the GPADL
 *
 * Context: process context, may sleep.
 * Return: 0, or -ENOENT, -EBADFD (the bus is not in STOP or RUNNING), -EBUSY
 * (the rings of the open channel are in it, or the channel is being saved or
 * restored), -EINTR, -ENODEV.
 */
int vmb_gpadl_teardown(struct vmb_channel *channel, u32 id)
{
	struct vmb_gpadl *gpadl;
	int ret = vmb_channel_control_begin(channel, vmb_deadline_none());

	if (ret)
		return ret;
	gpadl = xa_load(&channel->gpadls, id);
	if (!vmb_bus_is_changeable(channel->bus)) {
		ret = -EBADFD;
	} else if (!gpadl) {
		ret = -ENOENT;
	} else if (gpadl == channel->ring_gpadl) {
		ret = -EBUSY;
	} else {
		xa_erase(&channel->gpadls, id);
		vmb_gpadl_free(channel, gpadl);
	}
	vmb_channel_control_end(channel);
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

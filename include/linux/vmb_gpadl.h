/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_GPADL_H
#define _LINUX_VMB_GPADL_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/vmb_pages.h>

struct vmb_channel;

/*
 * The server does not write: the pages stay clean for whoever copies the
 * guest's memory. A hint, no protection. (VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY)
 */
#define VMB_GPADL_READ_ONLY	BIT(0)

/**
 * vmb_channel_map_gpadl() - get at a buffer that the client has lent
 * @channel: the server's end, from .opened to .closed
 * @flags: %VMB_GPADL_READ_ONLY or 0
 * @gpadl: handle, from the client
 *
 * VmbChannelMapGpadl. One mapping at a time. The pages are not mapped into the
 * kernel's address space beyond what they are anyway: kmap_local_page() or
 * vmap() is the caller's. All mappings are to be undone in .closed; those that
 * are not are undone behind it, with a warning. A restored channel has the
 * GPADL and no mapping: map it in .opened. An .opened that fails undoes what it
 * has mapped.
 *
 * Context: process context, may sleep; callbacks of the channel included.
 * Return: the pages, valid until vmb_channel_unmap_gpadl(), or ERR_PTR:
 * -EINVAL (@flags, or a client's end), -EBADFD (not open), -ENOENT (no such
 * GPADL, or the client is taking it back), -EBUSY (mapped already, or the rings
 * are in it), -EACCES (the client lent it read-only and @flags lacks that),
 * -ENODEV.
 */
const struct vmb_page_range *vmb_channel_map_gpadl(struct vmb_channel *channel,
						   u32 flags, u32 gpadl);

/**
 * vmb_channel_unmap_gpadl() - undo vmb_channel_map_gpadl()
 * @channel: the server's end
 * @gpadl: handle of a mapped GPADL; else it is a bug of the caller, warned of
 *
 * VmbChannelUnmapGpadl. A teardown by the client that waits for it goes on.
 * Context: process context.
 */
void vmb_channel_unmap_gpadl(struct vmb_channel *channel, u32 gpadl);

/**
 * vmb_channel_create_gpadl() - lend pages to the server
 * @channel: the client's end, from .opened to .closed
 * @flags: %VMB_GPADL_READ_ONLY or 0
 * @range: the bytes; the pages stay the caller's and stay there until
 *	vmb_channel_delete_gpadl() or .closed
 * @gpadl: set to the handle, not 0
 *
 * VmbChannelCreateGpadlFromMdl.
 * Context: process context, may sleep.
 * Return: 0, or -EINVAL (a value, or a server's end), -EBADFD (not open),
 * -EBUSY (the server's end is being saved or restored), -EDQUOT, -ENOMEM,
 * -ENODEV.
 */
int vmb_channel_create_gpadl(struct vmb_channel *channel, u32 flags,
			     const struct vmb_page_range *range, u32 *gpadl);

/**
 * vmb_channel_create_gpadl_from_buffer() - lend a buffer to the server
 * @channel: as in vmb_channel_create_gpadl()
 * @flags: as there
 * @buf: memory from kmalloc(), vmalloc() or the page allocator
 * @bytes: bytes at @buf, not 0
 * @gpadl: set to the handle
 *
 * VmbChannelCreateGpadlFromBuffer.
 * Context: process context, may sleep.
 * Return: as vmb_channel_create_gpadl().
 */
int vmb_channel_create_gpadl_from_buffer(struct vmb_channel *channel, u32 flags,
					 void *buf, u32 bytes, u32 *gpadl);

/**
 * vmb_channel_delete_gpadl() - take back what was lent (VmbChannelDeleteGpadl)
 * @channel: the client's end
 * @gpadl: the handle
 *
 * Context: process context, sleeps until the server has unmapped it and no session
 * has the server's end, also if a fatal signal comes; not from a callback of the
 * server's end.
 */
void vmb_channel_delete_gpadl(struct vmb_channel *channel, u32 gpadl);

#endif /* _LINUX_VMB_GPADL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_GPADL_H
#define _VMB_CORE_GPADL_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/vmb_gpadl.h>

struct page;
struct task_struct;
struct vmb_channel;

/* What offset and length, together in 32 bits, can touch */
#define VMB_GPADL_PAGES_MAX	BIT(20)

/**
 * struct vmb_gpadl - guest pages that the guest lent to a channel
 * @id: chosen by the guest
 * @flags: VMB_GPADL_*; the caller of vmb_gpadl_alloc() fills them in
 * @byte_count: length of the buffer
 * @byte_offset: where it starts in its first page
 * @nr_pages: pages that it touches
 * @pfns: their guest page frame numbers
 * @pages: the pages, pinned
 * @mapped: the VSP has it mapped; this and the next one are protected by the
 *	xa_lock of the channel's table
 * @taker: who waits to take it back; it is not mapped any more meanwhile
 * @range: what the VSP sees while it is mapped
 */
struct vmb_gpadl {
	u32 id;
	u32 flags;
	u32 byte_count;
	u32 byte_offset;
	u32 nr_pages;
	u64 *pfns;
	struct page **pages;
	bool mapped;
	struct task_struct *taker;
	struct vmb_page_range range;
};

struct vmb_gpadl *vmb_gpadl_alloc(struct vmb_channel *channel, u32 id,
				  u32 byte_count, u32 byte_offset, u32 nr_pages);
int vmb_gpadl_pin(struct vmb_channel *channel, struct vmb_gpadl *gpadl);
void vmb_gpadl_free(struct vmb_channel *channel, struct vmb_gpadl *gpadl);
u64 vmb_gpadl_pages_touched(u32 byte_count, u32 byte_offset);
int vmb_gpadl_create(struct vmb_channel *channel, struct vmb_gpadl *gpadl);
int vmb_gpadl_teardown(struct vmb_channel *channel, u32 id);
void vmb_gpadl_release_all(struct vmb_channel *channel);

/* gpadl_map.c */
void vmb_gpadl_maps_begin(struct vmb_channel *channel);
void vmb_gpadl_maps_end(struct vmb_channel *channel);
int vmb_gpadl_wait_unmapped(struct vmb_channel *channel, u32 id);

#endif /* _VMB_CORE_GPADL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_GUEST_MEMORY_H
#define _VMB_CORE_GUEST_MEMORY_H

#include <linux/types.h>

struct page;
struct vmb_guest_memory;

/**
 * struct vmb_guest_memory_ops - where guest pages come from
 * @pin: Required. Finds the pages of @nr guest page frame numbers (of 4096
 *	bytes) and keeps them in place. Return: 0, or -EFAULT (a page is not in
 *	guest memory), -ENOMEM, ...; then none is pinned. May sleep.
 * @unpin: Required. Undoes @pin; the pages may have been written. May sleep.
 * @lend: Optional; of memory whose guest is in this kernel. Makes @nr pages of
 *	his part of guest memory, under the guest page frame numbers @pfns that
 *	it chooses. A page can be lent more than once. Context: any, with the
 *	lock of a client's end or without. Return: 0, or -ENOMEM; then none is.
 * @reclaim: Required with @lend. Undoes it for these numbers. Who has pinned a
 *	page keeps it. Context: as @lend.
 */
struct vmb_guest_memory_ops {
	int (*pin)(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr,
		   struct page **pages);
	void (*unpin)(struct vmb_guest_memory *memory, struct page **pages,
		      u32 nr);
	int (*lend)(struct vmb_guest_memory *memory, struct page **pages, u32 nr,
		    u64 *pfns);
	void (*reclaim)(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr);
};

/**
 * struct vmb_guest_memory - guest RAM as one bus sees it
 * @ops: who provides it
 *
 * Embedded in the provider's own structure, which outlives the bus.
 */
struct vmb_guest_memory {
	const struct vmb_guest_memory_ops *ops;
};

#endif /* _VMB_CORE_GUEST_MEMORY_H */

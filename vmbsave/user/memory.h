/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_MEMORY_H
#define _VMB_USER_MEMORY_H

#include <linux/maple_tree.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave.h>

#include "core/guest_memory.h"

struct mm_struct;
struct vmb_refusal;

/* A VMM has a handful; this bounds what one open file can make us keep. */
#define VMB_USER_REGIONS_MAX	512

/**
 * struct vmb_user_memory - guest RAM that lies in a process
 * @memory: what the core sees
 * @lock: protects the rest
 * @mm: the process, by its first region; held, but free to exit. Does not
 *	change once it is set
 * @regions: struct region by guest page frame number
 * @nr_regions: regions in @regions
 */
struct vmb_user_memory {
	struct vmb_guest_memory memory;
	struct mutex lock; /* protects the rest */
	struct mm_struct *mm;
	struct maple_tree regions;
	u32 nr_regions;
};

void vmb_user_memory_init(struct vmb_user_memory *memory);
void vmb_user_memory_destroy(struct vmb_user_memory *memory);
int vmb_user_memory_add(struct vmb_user_memory *memory,
			const struct vmbsave_memory_region *arg,
			struct vmb_refusal *why);
int vmb_user_memory_remove(struct vmb_user_memory *memory, u64 gpa,
			   struct vmb_refusal *why);
int vmb_user_memory_explain(struct vmb_user_memory *memory, const u64 *pfns,
			    u32 nr, struct vmb_refusal *why, int error);

#endif /* _VMB_USER_MEMORY_H */

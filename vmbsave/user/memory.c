// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <uapi/linux/vmbsave.h>

#include "user/memory.h"
#include "user/refusal.h"

/* Pages pinned in one go, so that the process is not locked out for long */
#define PIN_BATCH	512

/**
 * struct region - a stretch of guest RAM
 * @pfn: its first guest page frame number
 * @nr: its length in pages
 * @uaddr: where it is in the process
 */
struct region {
	u64 pfn;
	u64 nr;
	unsigned long uaddr;
};

static struct vmb_user_memory *to_user_memory(struct vmb_guest_memory *memory)
{
	return container_of(memory, struct vmb_user_memory, memory);
}

/* One file is one virtual machine, and that is in one process. */
static int claim_mm(struct vmb_user_memory *memory, struct vmb_refusal *why)
{
	lockdep_assert_held(&memory->lock);

	if (!memory->mm) {
		mmgrab(current->mm);
		memory->mm = current->mm;
	}
	if (memory->mm == current->mm)
		return 0;
	return vmb_refuse(why, -EINVAL, "the regions of this file are of another process");
}

static int check_region(const struct vmbsave_memory_region *arg, struct vmb_refusal *why)
{
	u64 end;

	if (!IS_ALIGNED(arg->gpa, VMBSAVE_PAGE_SIZE))
		return vmb_refuse(why, -EINVAL, "gpa 0x%llx is no multiple of 4096", arg->gpa);
	if (!IS_ALIGNED(arg->bytes, VMBSAVE_PAGE_SIZE))
		return vmb_refuse(why, -EINVAL, "bytes 0x%llx is no multiple of 4096", arg->bytes);
	if (!IS_ALIGNED(arg->uaddr, VMBSAVE_PAGE_SIZE))
		return vmb_refuse(why, -EINVAL, "uaddr 0x%llx is no multiple of 4096", arg->uaddr);
	if (check_add_overflow(arg->gpa, arg->bytes, &end))
		return vmb_refuse(why, -EINVAL, "gpa 0x%llx with bytes 0x%llx ends beyond 2^64",
				  arg->gpa, arg->bytes);
	if (check_add_overflow(arg->uaddr, arg->bytes, &end))
		return vmb_refuse(why, -EINVAL, "uaddr 0x%llx with bytes 0x%llx ends beyond 2^64",
				  arg->uaddr, arg->bytes);
	if (!access_ok(u64_to_user_ptr(arg->uaddr), arg->bytes))
		return vmb_refuse(why, -EFAULT,
				  "uaddr 0x%llx with bytes 0x%llx is no memory of a process",
				  arg->uaddr, arg->bytes);
	return 0;
}

static int insert(struct vmb_user_memory *memory, struct region *region,
		  struct vmb_refusal *why)
{
	u64 last = region->pfn + region->nr - 1;
	unsigned long at = region->pfn;
	const struct region *other;
	int ret;

	ret = mtree_insert_range(&memory->regions, region->pfn, last, region,
				 GFP_KERNEL_ACCOUNT);
	if (ret != -EEXIST)
		return ret;
	other = mt_find(&memory->regions, &at, last);
	return vmb_refuse(why, ret, "gpa 0x%llx with bytes 0x%llx overlaps the region at 0x%llx",
			  region->pfn * VMBSAVE_PAGE_SIZE, region->nr * VMBSAVE_PAGE_SIZE,
			  other ? other->pfn * VMBSAVE_PAGE_SIZE : 0);
}

static int insert_region(struct vmb_user_memory *memory,
			 const struct vmbsave_memory_region *arg,
			 struct vmb_refusal *why)
{
	struct region *region;
	int ret;

	if (memory->nr_regions >= VMB_USER_REGIONS_MAX)
		return vmb_refuse(why, -EDQUOT,
				  "the file has %u regions, the most that it may have",
				  memory->nr_regions);
	region = kmalloc(sizeof(*region), GFP_KERNEL_ACCOUNT);
	if (!region)
		return -ENOMEM;
	region->pfn = arg->gpa / VMBSAVE_PAGE_SIZE;
	region->nr = arg->bytes / VMBSAVE_PAGE_SIZE;
	region->uaddr = arg->uaddr;
	ret = insert(memory, region, why);
	if (ret)
		kfree(region);
	else
		memory->nr_regions++;
	return ret;
}

/**
 * vmb_user_memory_add() - a stretch of guest RAM is in the calling process
 * @memory: guest RAM
 * @arg: where, @bytes of it is not 0
 * @why: what is wrong with it
 *
 * Context: process context with an mm, may sleep.
 * Return: 0, or nothing happened: -EINVAL (a value is out of range, or another
 * process than the first), -EFAULT (no user address), -EEXIST (overlaps
 * another region), -EDQUOT, -ENOMEM.
 */
int vmb_user_memory_add(struct vmb_user_memory *memory,
			const struct vmbsave_memory_region *arg,
			struct vmb_refusal *why)
{
	int ret = check_region(arg, why);

	if (ret)
		return ret;
	guard(mutex)(&memory->lock);
	return claim_mm(memory, why) ?: insert_region(memory, arg, why);
}

/**
 * vmb_user_memory_remove() - forget a stretch of guest RAM
 * @memory: guest RAM
 * @gpa: where it starts
 * @why: what is wrong with that
 *
 * Pages that are pinned stay so.
 * Context: process context, may sleep.
 * Return: 0, or -EINVAL (unaligned), -ENOENT (no region starts there).
 */
int vmb_user_memory_remove(struct vmb_user_memory *memory, u64 gpa,
			   struct vmb_refusal *why)
{
	u64 pfn = gpa / VMBSAVE_PAGE_SIZE;
	struct region *region;

	if (!IS_ALIGNED(gpa, VMBSAVE_PAGE_SIZE))
		return vmb_refuse(why, -EINVAL, "gpa 0x%llx is no multiple of 4096", gpa);
	guard(mutex)(&memory->lock);
	region = mtree_load(&memory->regions, pfn);
	if (!region || region->pfn != pfn)
		return vmb_refuse(why, -ENOENT, "gpa 0x%llx: no region starts there", gpa);
	mtree_erase(&memory->regions, pfn);
	memory->nr_regions--;
	kfree(region);
	return 0;
}

/**
 * struct run - pages that follow one another in guest RAM and in the process
 * @uaddr: of the first
 * @nr: how many
 */
struct run {
	unsigned long uaddr;
	u32 nr;
};

static int find_run(struct vmb_user_memory *memory, const u64 *pfns, u32 nr,
		    struct run *run)
{
	struct region *region;
	u64 skip;

	guard(mutex)(&memory->lock);
	region = mtree_load(&memory->regions, pfns[0]);
	if (!region)
		return -EFAULT;
	skip = pfns[0] - region->pfn;
	nr = min3((u64)nr, region->nr - skip, (u64)PIN_BATCH);
	run->uaddr = region->uaddr + skip * VMBSAVE_PAGE_SIZE;
	run->nr = 1;
	while (run->nr < nr && pfns[run->nr] == pfns[0] + run->nr)
		run->nr++;
	return 0;
}

/* Return: how many pages were pinned, at least one, or a negative errno */
static long pin_run(struct mm_struct *mm, const struct run *run,
		    struct page **pages)
{
	long pinned;

	if (mmap_read_lock_killable(mm))
		return -EINTR;
	pinned = pin_user_pages_remote(mm, run->uaddr, run->nr,
				       FOLL_WRITE | FOLL_LONGTERM, pages, NULL);
	mmap_read_unlock(mm);
	return pinned ?: -EFAULT;
}

static int pin_all(struct vmb_user_memory *memory, const u64 *pfns, u32 nr,
		   struct page **pages)
{
	struct run run;
	u32 done = 0;
	long ret = 0;

	while (done < nr) {
		ret = find_run(memory, pfns + done, nr - done, &run);
		if (!ret)
			ret = pin_run(memory->mm, &run, pages + done);
		if (ret < 0)
			break;
		done += ret;
		ret = fatal_signal_pending(current) ? -EINTR : 0;
		if (ret)
			break;
		cond_resched();
	}
	if (ret < 0)
		unpin_user_pages(pages, done);
	return ret;
}

static int pin(struct vmb_guest_memory *base, const u64 *pfns, u32 nr,
	       struct page **pages)
{
	struct vmb_user_memory *memory = to_user_memory(base);
	struct mm_struct *mm;
	int ret;

	scoped_guard(mutex, &memory->lock)
		mm = memory->mm;
	if (!mm || !mmget_not_zero(mm))
		return -EFAULT;
	ret = account_locked_vm(mm, nr, true);
	if (ret)
		goto out;
	ret = pin_all(memory, pfns, nr, pages);
	if (ret)
		account_locked_vm(mm, nr, false);
out:
	mmput(mm);
	return ret;
}

static void unpin(struct vmb_guest_memory *base, struct page **pages, u32 nr)
{
	struct vmb_user_memory *memory = to_user_memory(base);

	unpin_user_pages_dirty_lock(pages, nr, true);
	/* Legal on an mm whose process has exited: it is held, and its lock */
	account_locked_vm(memory->mm, nr, false);
}

static const struct vmb_guest_memory_ops memory_ops = {
	.pin = pin,
	.unpin = unpin,
};

/* Return: index of the first page that no region has, @nr if there is none */
static u32 find_hole(struct vmb_user_memory *memory, const u64 *pfns, u32 nr)
{
	u32 i = 0;

	guard(mutex)(&memory->lock);
	while (i < nr && mtree_load(&memory->regions, pfns[i])) {
		i++;
		cond_resched();
	}
	return i;
}

static int explain_no_memory(struct vmb_user_memory *memory, u32 nr,
			     struct vmb_refusal *why)
{
	unsigned long limit = rlimit(RLIMIT_MEMLOCK) / PAGE_SIZE;
	struct mm_struct *mm;

	scoped_guard(mutex, &memory->lock)
		mm = memory->mm;
	/* The structure is held, also if the process has exited. */
	if (!mm || capable(CAP_IPC_LOCK) || READ_ONCE(mm->locked_vm) + nr <= limit)
		return -ENOMEM;
	return vmb_refuse(why, -ENOMEM,
			  "RLIMIT_MEMLOCK is %lu pages: %lu are locked, and it takes %u more",
			  limit, READ_ONCE(mm->locked_vm), nr);
}

/**
 * vmb_user_memory_explain() - why pages were not pinned
 * @memory: guest RAM
 * @pfns: guest page frame numbers
 * @nr: how many
 * @why: says so, but for an @error that says all itself
 * @error: negative errno
 *
 * Context: process context, may sleep.
 * Return: @error.
 */
int vmb_user_memory_explain(struct vmb_user_memory *memory, const u64 *pfns,
			    u32 nr, struct vmb_refusal *why, int error)
{
	u32 hole;

	if (error == -ENOMEM)
		return explain_no_memory(memory, nr, why);
	if (error != -EFAULT)
		return error;
	hole = find_hole(memory, pfns, nr);
	if (hole < nr)
		return vmb_refuse(why, error,
				  "page frame 0x%llx (number %u of pfns) is in no memory region",
				  pfns[hole], hole);
	return vmb_refuse(why, error,
			  "a page of pfns is where the process has no memory to write");
}

/**
 * vmb_user_memory_init() - guest RAM without a region
 * @memory: zeroed
 * Context: process context.
 */
void vmb_user_memory_init(struct vmb_user_memory *memory)
{
	memory->memory.ops = &memory_ops;
	mutex_init(&memory->lock);
	mt_init(&memory->regions);
}

/**
 * vmb_user_memory_destroy() - let go of the process
 * @memory: no page of it is pinned
 * Context: process context.
 */
void vmb_user_memory_destroy(struct vmb_user_memory *memory)
{
	struct region *region;
	unsigned long pfn = 0;

	mt_for_each(&memory->regions, region, pfn, ULONG_MAX)
		kfree(region);
	mtree_destroy(&memory->regions);
	if (memory->mm)
		mmdrop(memory->mm);
}

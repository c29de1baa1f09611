// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/written.h"

/**
 * DOC: Guest pages that the host may have written
 *
 * A VMM that copies guest memory while the guest runs does not see what we and
 * our VSPs write there.
 *
 * 1. A GPADL that is not read-only can be written as long as it is there: its
 *    pages are listed when they are asked for.
 * 2. External data is written for a moment and given back. Its pages are noted
 *    when a VSP gets them to write, and are listed from then on, for nobody
 *    knows when the VMM has copied them last.
 *
 * Unhappy paths. No memory to note a page: the VSP does not get it. What comes
 * and goes while the list is made may be in it or not; after STOP nothing does.
 */

#define PAGES_IN_MASK	BITS_PER_XA_VALUE

/* Copied in one go with a table of GPADLs locked */
#define SLICE		4096U

/* What kvmalloc() gives without a complaint */
#define ROOM_MAX	(INT_MAX / sizeof(u64))

/**
 * vmb_written_init() - no page was written yet
 * @bus: the bus
 * Context: process context.
 */
void vmb_written_init(struct vmb_bus *bus)
{
	xa_init_flags(&bus->written, XA_FLAGS_ACCOUNT);
}

/**
 * vmb_written_destroy() - forget all pages
 * @bus: the bus
 * Context: process context.
 */
void vmb_written_destroy(struct vmb_bus *bus)
{
	xa_destroy(&bus->written);
}

/**
 * vmb_written_note() - a VSP is about to get a page to write
 * @bus: the bus
 * @pfn: its guest page frame number
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmb_written_note(struct vmb_bus *bus, u64 pfn)
{
	unsigned long index = pfn / PAGES_IN_MASK;
	unsigned long bit = BIT(pfn % PAGES_IN_MASK);
	void *old = xa_load(&bus->written, index), *seen;
	unsigned long mask;

	for (;; old = seen) {
		mask = old ? xa_to_value(old) : 0;
		if (mask & bit)
			return 0;
		seen = xa_cmpxchg(&bus->written, index, old,
				  xa_mk_value(mask | bit), GFP_KERNEL);
		if (xa_is_err(seen))
			return xa_err(seen);
		if (seen == old)
			return 0;
	}
}

/* Makes room for @more numbers. */
static int reserve(struct vmb_written *written, u32 more)
{
	u64 room = max(2ULL * written->room, (u64)written->nr + more);
	u64 *pfns;

	if (written->room - written->nr >= more)
		return 0;
	pfns = room > ROOM_MAX ? NULL :
	       kvmalloc_array(room, sizeof(*pfns), GFP_KERNEL_ACCOUNT);
	if (!pfns)
		return -ENOMEM;
	if (written->nr)
		memcpy(pfns, written->pfns, written->nr * sizeof(*pfns));
	kvfree(written->pfns);
	written->pfns = pfns;
	written->room = room;
	return 0;
}

/*
 * Return: 1: the next slice of a GPADL was taken; 0: there is none
 * @id: of the GPADL, moved on when it is through; @from: its next page
 */
static int take_slice(struct vmb_written *written, struct vmb_channel *channel,
		      unsigned long *id, u32 *from)
{
	struct vmb_gpadl *gpadl;
	u32 nr;

	guard(spinlock)(&channel->gpadls.xa_lock);
	gpadl = xa_find(&channel->gpadls, id, ULONG_MAX, XA_PRESENT);
	if (!gpadl)
		return 0;
	nr = min(SLICE, gpadl->nr_pages - min(*from, gpadl->nr_pages));
	if (!nr || gpadl->flags & VMB_GPADL_READ_ONLY) {
		*from = 0;
		return !check_add_overflow(*id, 1UL, id);
	}
	memcpy(written->pfns + written->nr, gpadl->pfns + *from,
	       nr * sizeof(*gpadl->pfns));
	written->nr += nr;
	*from += nr;
	return 1;
}

static int list_gpadls(struct vmb_written *written, struct vmb_channel *channel)
{
	unsigned long id = 0;
	u32 from = 0;
	int ret;

	do {
		ret = reserve(written, SLICE);
		if (!ret)
			ret = take_slice(written, channel, &id, &from);
		cond_resched();
	} while (ret > 0);
	return ret;
}

static int list_external(struct vmb_written *written, struct vmb_bus *bus)
{
	unsigned long index, bit, mask;
	void *entry;
	int ret;

	xa_for_each(&bus->written, index, entry) {
		ret = reserve(written, PAGES_IN_MASK);
		if (ret)
			return ret;
		mask = xa_to_value(entry);
		for_each_set_bit(bit, &mask, PAGES_IN_MASK)
			written->pfns[written->nr++] =
				(u64)index * PAGES_IN_MASK + bit;
		cond_resched();
	}
	return 0;
}

static int compare(const void *a, const void *b)
{
	u64 x = *(const u64 *)a, y = *(const u64 *)b;

	return x < y ? -1 : x > y;
}

static void sort_unique(struct vmb_written *written)
{
	u64 *pfns = written->pfns;
	u32 i, nr = 0;

	for (i = 1; i < written->nr && pfns[i - 1] < pfns[i]; i++)
		;
	if (i >= written->nr)
		return;
	sort(pfns, written->nr, sizeof(*pfns), compare, NULL);
	for (i = 0; i < written->nr; i++)
		if (!nr || pfns[nr - 1] != pfns[i])
			pfns[nr++] = pfns[i];
	written->nr = nr;
}

/**
 * vmb_written_list() - list the pages that the host may have written
 * @bus: the bus
 * @written: filled in, for vmb_written_free() whatever is returned
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmb_written_list(struct vmb_bus *bus, struct vmb_written *written)
{
	struct vmb_channel **list;
	u32 i, nr;
	int ret;

	memset(written, 0, sizeof(*written));
	list = vmb_bus_list(bus, &nr);
	if (IS_ERR(list))
		return PTR_ERR(list);
	ret = list_external(written, bus);
	for (i = 0; i < nr && !ret; i++)
		ret = list_gpadls(written, list[i]);
	vmb_bus_put_list(list, nr);
	if (!ret)
		sort_unique(written);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_written_list);

/**
 * vmb_written_free() - free what vmb_written_list() gave
 * @written: the list
 * Context: process context.
 */
void vmb_written_free(struct vmb_written *written)
{
	kvfree(written->pfns);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_written_free);

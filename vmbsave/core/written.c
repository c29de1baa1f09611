// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/bitops.h>
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/bus.h"
#include "core/guest_memory.h"
#include "core/written.h"

/**
 * DOC: Guest pages that the host may have written
 *
 * A VMM that copies guest memory while the guest runs does not see what we and
 * our VSPs write there.
 *
 * 1. A GPADL that is not read-only can be written as long as it is there, and
 *    its pages are noted when they are pinned. External data is written for a
 *    moment: its pages are noted when a VSP gets them to write.
 * 2. What was noted is listed from then on, after it was given back too, for
 *    nobody knows when the VMM has copied it last.
 *
 * It is noted early because nothing can fail when guest pages are given back.
 * A mask for each group of pages keeps the list in order and without doubles.
 *
 * Memory of a guest in this kernel is not copied, and nothing of it is noted.
 *
 * Unhappy paths. No memory to note a page: the guest does not lend it, or the
 * VSP does not get it; those that were noted before it stay listed. What comes
 * while the list is made may be in it or not; after STOP nothing does.
 */

#define PAGES_IN_MASK	BITS_PER_XA_VALUE

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

static int note(struct vmb_bus *bus, unsigned long index, unsigned long bits)
{
	void *old = xa_load(&bus->written, index), *seen;
	unsigned long mask;

	for (;; old = seen) {
		mask = old ? xa_to_value(old) : 0;
		if (!(bits & ~mask))
			return 0;
		seen = xa_cmpxchg(&bus->written, index, old,
				  xa_mk_value(mask | bits), GFP_KERNEL);
		if (xa_is_err(seen))
			return xa_err(seen);
		if (seen == old)
			return 0;
	}
}

/**
 * vmb_written_note() - the host can write pages from now on
 * @bus: the bus
 * @pfns: their guest page frame numbers, of pages that there are
 * @nr: how many
 *
 * Context: process context, may sleep.
 * Return: 0, or -ENOMEM and some of them are noted.
 */
int vmb_written_note(struct vmb_bus *bus, const u64 *pfns, u32 nr)
{
	unsigned long index, bits;
	int ret = 0;
	u32 i = 0;

	/* No VMM copies it, and it has new numbers each time: they would pile up. */
	if (bus->memory->ops->lend)
		return 0;
	while (i < nr && !ret) {
		index = pfns[i] / PAGES_IN_MASK;
		bits = 0;
		do {
			bits |= BIT(pfns[i] % PAGES_IN_MASK);
		} while (++i < nr && pfns[i] / PAGES_IN_MASK == index);
		ret = note(bus, index, bits);
		cond_resched();
	}
	return ret;
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
	unsigned long index, bit, mask;
	void *entry;
	int ret;

	memset(written, 0, sizeof(*written));
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

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Chains of MDLs. Those that the library gives out are one array; those of a
 * driver are joined into one range of pages, which is all that goes on from
 * here: each but the first must begin at a page, each but the last end at one.
 */
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "kmcl.h"

/**
 * vmb_kmcl_mdl_create() - a chain for ranges of pages
 * @ranges: the ranges; their arrays of pages must outlive the chain
 * @nr: how many, at least 1
 *
 * Context: process context, may sleep.
 * Return: the chain, for vmb_kmcl_mdl_free(), or NULL.
 */
PMDL vmb_kmcl_mdl_create(const struct vmb_page_range *ranges, u32 nr)
{
	PMDL chain = kvcalloc(nr, sizeof(*chain), GFP_KERNEL_ACCOUNT);
	u32 i;

	for (i = 0; chain && i < nr; i++) {
		chain[i].Next = i + 1 < nr ? &chain[i + 1] : NULL;
		chain[i].Range = ranges[i];
	}
	return chain;
}

/**
 * vmb_kmcl_mdl_free() - free what vmb_kmcl_mdl_create() made
 * @chain: the chain, or NULL
 * Context: any, if it was short; else process context.
 */
void vmb_kmcl_mdl_free(PMDL chain)
{
	kvfree(chain);
}

/* Sums up a chain; -EINVAL if its pieces do not follow one another page by page. */
static int chain_measure(const MDL *chain, struct vmb_page_range *sum)
{
	const MDL *mdl;

	*sum = (struct vmb_page_range) { .byte_offset = chain->Range.byte_offset };
	for (mdl = chain; mdl; mdl = mdl->Next) {
		const struct vmb_page_range *range = &mdl->Range;
		u64 end = (u64)range->byte_offset + range->byte_count;

		if (!range->pages || !range->byte_count || range->byte_offset >= PAGE_SIZE ||
		    DIV_ROUND_UP_ULL(end, PAGE_SIZE) != range->nr_pages ||
		    (mdl != chain && range->byte_offset) ||
		    (mdl->Next && !IS_ALIGNED(end, PAGE_SIZE)) ||
		    check_add_overflow(sum->nr_pages, range->nr_pages, &sum->nr_pages) ||
		    check_add_overflow(sum->byte_count, range->byte_count, &sum->byte_count))
			return -EINVAL;
	}
	return 0;
}

/**
 * vmb_kmcl_mdl_join() - a chain as one range
 * @chain: the driver's
 * @joined: the range, for vmb_kmcl_mdl_unjoin()
 * @gfp: how to allocate; a long chain needs one that may sleep
 *
 * Context: as @gfp.
 * Return: 0, -EINVAL (NULL, or its pieces do not follow one another), -ENOMEM.
 */
int vmb_kmcl_mdl_join(const MDL *chain, struct vmb_page_range *joined, gfp_t gfp)
{
	const MDL *mdl;
	u32 at = 0;
	int ret;

	if (!chain)
		return -EINVAL;
	ret = chain_measure(chain, joined);
	if (ret)
		return ret;
	if (!chain->Next) {
		joined->pages = chain->Range.pages;
		return 0;
	}
	joined->pages = kvcalloc(joined->nr_pages, sizeof(*joined->pages), gfp);
	if (!joined->pages)
		return -ENOMEM;
	for (mdl = chain; mdl; mdl = mdl->Next) {
		memcpy(&joined->pages[at], mdl->Range.pages,
		       array_size(mdl->Range.nr_pages, sizeof(*joined->pages)));
		at += mdl->Range.nr_pages;
	}
	return 0;
}

/**
 * vmb_kmcl_mdl_unjoin() - free what joining took
 * @chain: the same chain
 * @joined: from vmb_kmcl_mdl_join()
 * Context: any.
 */
void vmb_kmcl_mdl_unjoin(const MDL *chain, struct vmb_page_range *joined)
{
	if (joined->pages != chain->Range.pages)
		kvfree(joined->pages);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_PAGES_H
#define _LINUX_VMB_PAGES_H

#include <linux/types.h>

struct page;

/**
 * struct vmb_page_range - a run of bytes in pages, what an MDL is on Windows
 * @pages: the pages, @nr_pages of them
 * @nr_pages: pages that the bytes touch
 * @byte_offset: where they start in the first page, 0..4095
 * @byte_count: how many bytes, not 0
 */
struct vmb_page_range {
	struct page **pages;
	u32 nr_pages;
	u32 byte_offset;
	u32 byte_count;
};

/**
 * struct vmb_external_data - what a packet describes instead of carrying it
 * @nr_ranges: ranges, at least 1; the chain of MDLs on Windows
 * @read_only: it was asked for with %VMB_EXTERNAL_DATA_READ_ONLY
 * @ranges: in the order in which the peer named them
 */
struct vmb_external_data {
	u32 nr_ranges;
	bool read_only;
	const struct vmb_page_range *ranges;
};

#endif /* _LINUX_VMB_PAGES_H */

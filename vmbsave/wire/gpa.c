// SPDX-License-Identifier: GPL-2.0-only
/*
 * Lists of guest page ranges, as GPA-direct packets and GPADL messages carry
 * them. Written by the guest: nothing in them is believed before it is checked.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/math.h>
#include <linux/overflow.h>
#include <linux/vmb_ns.h>
#include "gpa.h"

/**
 * vmb_gpa_begin() - start to walk a list of ranges
 * @cursor: the position, filled here
 * @ranges: the list, 8-byte aligned, private to the caller (never memory that
 *	the guest can still change)
 * @bytes: its length
 * @range_count: how many ranges it is said to hold
 *
 * Context: Any.
 */
void vmb_gpa_begin(struct vmb_gpa_cursor *cursor, const void *ranges, u32 bytes, u32 range_count)
{
	cursor->next = ranges;
	cursor->bytes_left = bytes;
	cursor->ranges_left = range_count;
}
EXPORT_SYMBOL_NS_GPL(vmb_gpa_begin, VMBSAVE_NS);

/**
 * vmb_gpa_range_next() - check and take the next range
 * @cursor: the position; moves only on success
 * @view: the range, written only on success; lives as long as the list
 *
 * Bytes behind the last range are no error: guests send headers of a fixed
 * size with room for more pages than they use.
 *
 * Context: Any.
 * Return: 0; -ENODATA after the last range; -EPROTO if the range is empty,
 * starts beyond its first page, wraps, or names fewer pages than it touches.
 */
int vmb_gpa_range_next(struct vmb_gpa_cursor *cursor, struct vmb_gpa_view *view)
{
	const struct vmb_gpa_range *range = (const void *)cursor->next;
	u32 count, offset, end, pfn_count;

	if (!cursor->ranges_left)
		return -ENODATA;
	if (cursor->bytes_left < sizeof(*range))
		return -EPROTO;

	count = le32_to_cpu(range->byte_count);
	offset = le32_to_cpu(range->byte_offset);
	if (!count || offset >= VMB_GPA_PAGE_SIZE || check_add_overflow(offset, count, &end))
		return -EPROTO;

	pfn_count = DIV_ROUND_UP_ULL(end, VMB_GPA_PAGE_SIZE);
	if (pfn_count > (cursor->bytes_left - sizeof(*range)) / sizeof(range->pfn[0]))
		return -EPROTO;

	view->byte_count = count;
	view->byte_offset = offset;
	view->pfn = range->pfn;
	view->pfn_count = pfn_count;
	cursor->next = (const u8 *)&range->pfn[pfn_count];
	cursor->bytes_left -= sizeof(*range) + pfn_count * sizeof(range->pfn[0]);
	cursor->ranges_left--;

	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_gpa_range_next, VMBSAVE_NS);

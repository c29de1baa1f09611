/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_WIRE_GPA_H
#define _VMB_WIRE_GPA_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* Guest page numbers count hypervisor pages, whatever the kernel's size is. */
#define VMB_GPA_PAGE_SHIFT	12
#define VMB_GPA_PAGE_SIZE	4096U

/**
 * struct vmb_gpa_range - a run of bytes in guest pages, as sent
 * @byte_count: length in bytes
 * @byte_offset: start within the first page
 * @pfn: guest page numbers, as many as the bytes touch
 *
 * The same in a GPA-direct packet and in GPADL messages.
 */
struct vmb_gpa_range {
	__le32 byte_count;
	__le32 byte_offset;
	__le64 pfn[];
};

static_assert(sizeof(struct vmb_gpa_range) == 8);
static_assert(VMB_GPA_PAGE_SIZE >> VMB_GPA_PAGE_SHIFT == 1);

/**
 * struct vmb_gpa_cursor - position in a list of ranges
 *
 * Private to gpa.c; made by vmb_gpa_begin().
 */
struct vmb_gpa_cursor {
	/* private: */
	const u8 *next;
	u32 bytes_left;
	u32 ranges_left;
};

/**
 * struct vmb_gpa_view - one range, checked
 * @byte_count: length in bytes, not 0
 * @byte_offset: start within the first page, below 4096
 * @pfn: guest page numbers, little-endian, inside the list's buffer
 * @pfn_count: how many of them
 *
 * Whether a page number lies in guest memory is not checked here.
 */
struct vmb_gpa_view {
	u32 byte_count;
	u32 byte_offset;
	const __le64 *pfn;
	u32 pfn_count;
};

/**
 * vmb_gpa_pfn() - one guest page number of a range
 * @view: the range
 * @index: which, below @view->pfn_count
 *
 * Context: Any.
 * Return: the page number, as the guest gave it.
 */
static inline u64 vmb_gpa_pfn(const struct vmb_gpa_view *view, u32 index)
{
	return le64_to_cpu(view->pfn[index]);
}

void vmb_gpa_begin(struct vmb_gpa_cursor *cursor, const void *ranges, u32 bytes, u32 range_count);
int vmb_gpa_range_next(struct vmb_gpa_cursor *cursor, struct vmb_gpa_view *view);

#endif /* _VMB_WIRE_GPA_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_STREAM_SCAN_H
#define _VMBGUEST_STREAM_SCAN_H

#include <stddef.h>
#include <linux/types.h>

/**
 * struct stream_scan - counts the chunks of a stream that passes by
 * @bytes: that have passed
 * @chunks: that have begun
 * @broken: what passes is no such stream
 * @head: the first bytes of the header or chunk in progress
 * @have: how many
 * @left: bytes left of it once its head is known
 */
struct stream_scan {
	u64 bytes;
	u64 chunks;
	bool broken;
	u8 head[16];
	u32 have;
	u32 left;
};

void stream_scan(struct stream_scan *scan, const void *buf, size_t bytes);

#endif /* _VMBGUEST_STREAM_SCAN_H */

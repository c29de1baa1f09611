/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_LENT_H
#define _VMB_CORE_LENT_H

#include <linux/types.h>

struct vmb_packet;
struct vmb_ring_packet;

/**
 * struct vmb_lent - pages that a client's packet describes
 * @pfns: their guest page frame numbers, of @nr_pages; behind @head
 * @nr_pages: how many
 * @framing_bytes: at the end of @head: the header of a pipe's message
 * @head_bytes: bytes at @head
 * @head: what goes before the payload
 */
struct vmb_lent {
	u64 *pfns;
	u32 nr_pages;
	u32 framing_bytes;
	u32 head_bytes;
	u8 head[] __aligned(8);
};

void vmb_lent_fill_head(const struct vmb_lent *lent,
			struct vmb_ring_packet *packet);
void vmb_lent_reclaim(struct vmb_packet *packet);

#endif /* _VMB_CORE_LENT_H */

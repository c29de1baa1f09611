/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_EXTERNAL_H
#define _VMB_CORE_EXTERNAL_H

#include <linux/types.h>

struct vmb_channel;
struct vmb_descriptor_view;
struct vmb_external_pages;
struct vmb_packet_completion;

/**
 * struct vmb_external - what an incoming packet describes
 * @pages: once they were asked for; set with the channel's lock, freed by the
 *	worker
 * @nr_ranges: in how many ranges, not 0
 * @nr_pages: pages that they touch, one counted for each range that does
 * @list_bytes: bytes at @list
 * @list: the ranges as sent, copied and checked
 */
struct vmb_external {
	struct vmb_external_pages *pages;
	u32 nr_ranges;
	u32 nr_pages;
	u32 list_bytes;
	u8 list[] __aligned(8);
};

u32 vmb_external_rx_bytes(const struct vmb_channel *channel);
int vmb_external_check(const struct vmb_channel *channel,
		       const struct vmb_descriptor_view *view, u32 *bytes);
void vmb_external_fill(struct vmb_external *external,
		       const struct vmb_descriptor_view *view);
void vmb_external_release_locked(struct vmb_packet_completion *packet);
void vmb_external_unpin(struct vmb_channel *channel);

#endif /* _VMB_CORE_EXTERNAL_H */

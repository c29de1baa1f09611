/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_WRITTEN_H
#define _VMB_CORE_WRITTEN_H

#include <linux/types.h>

struct vmb_bus;

/**
 * struct vmb_written - guest pages that the host may have written
 * @pfns: their guest page frame numbers, in rising order, each once
 * @nr: how many
 * @room: how many @pfns can take
 */
struct vmb_written {
	u64 *pfns;
	u32 nr;
	u32 room;
};

void vmb_written_init(struct vmb_bus *bus);
void vmb_written_destroy(struct vmb_bus *bus);
int vmb_written_note(struct vmb_bus *bus, const u64 *pfns, u32 nr);
int vmb_written_list(struct vmb_bus *bus, struct vmb_written *written);
void vmb_written_free(struct vmb_written *written);

#endif /* _VMB_CORE_WRITTEN_H */

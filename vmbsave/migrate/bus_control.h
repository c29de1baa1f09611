/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_BUS_CONTROL_H
#define _VMB_MIGRATE_BUS_CONTROL_H

#include <linux/types.h>

struct vmb_bus;

/**
 * struct vmb_bus_mark - what a bus was doing when somebody took it over
 * @changes: of its state until then
 * @running: it was RUNNING
 */
struct vmb_bus_mark {
	u64 changes;
	bool running;
};

void vmb_bus_mark(const struct vmb_bus *bus, struct vmb_bus_mark *mark);
void vmb_bus_undo(struct vmb_bus *bus, const struct vmb_bus_mark *mark,
		  bool keep);

#endif /* _VMB_MIGRATE_BUS_CONTROL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_BUS_STATE_H
#define _VMB_MIGRATE_BUS_STATE_H

#include <linux/types.h>

#include "core/bus.h"

struct vmb_restore;
struct vmb_save;

/**
 * struct vmb_bus_data - what entering a state gives to read from or write to
 * @save: entering STOP_COPY: referenced, for vmb_save_put(); else NULL
 * @restore: entering RESUMING: referenced, for vmb_restore_put(); else NULL
 * @reached: where the bus is, also on failure
 */
struct vmb_bus_data {
	struct vmb_save *save;
	struct vmb_restore *restore;
	enum vmb_bus_state reached;
};

int vmb_bus_set_state(struct vmb_bus *bus, enum vmb_bus_state to,
		      u32 timeout_ms, struct vmb_bus_data *data);
int vmb_bus_reset(struct vmb_bus *bus);
void vmb_bus_end_session(struct vmb_bus *bus);
void vmb_bus_run(struct vmb_bus *bus);
void vmb_bus_go_to_stop(struct vmb_bus *bus);
int vmb_bus_state_next(enum vmb_bus_state from, enum vmb_bus_state to);
const char *vmb_bus_state_name(enum vmb_bus_state state);

#endif /* _VMB_MIGRATE_BUS_STATE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_CONTROL_H
#define _VMB_USER_CONTROL_H

#include <linux/types.h>

#include "migrate/bus_control.h"

struct vmb_refusals;
struct vmb_user_bus;
struct vmb_user_cmd;

/**
 * struct vmb_user_file - an open file of /dev/vmbsave
 * @own: the bus that it has made; of an attached file it is gone and referenced,
 *	for who looked at it then and for who waits in poll()
 * @attached: NULL: nothing was done on the file yet; %VMB_USER_FILE_USED: the
 *	bus is its own; else that of another file, referenced. Never changes
 *	again once it is not NULL
 * @mark: what the other bus was doing when it was attached
 * @keep: leave it as it is
 * @refusals: why the last call was refused; referenced
 */
struct vmb_user_file {
	struct vmb_user_bus *own;
	struct vmb_user_bus *attached;
	struct vmb_bus_mark mark;
	bool keep;
	struct vmb_refusals *refusals;
};

#define VMB_USER_FILE_USED	((struct vmb_user_bus *)ERR_PTR(-EBUSY))

struct vmb_user_bus *vmb_user_file_attached(struct vmb_user_file *file);
bool vmb_user_file_use(struct vmb_user_file *file);
void vmb_user_file_detach(struct vmb_user_file *file);
void vmb_user_wake_controller(struct vmb_user_bus *user);

int vmb_user_attach(struct vmb_user_cmd *cmd);
int vmb_user_set_state(struct vmb_user_cmd *cmd);
int vmb_user_reset(struct vmb_user_cmd *cmd);

#endif /* _VMB_USER_CONTROL_H */

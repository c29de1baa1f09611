/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_RESTORE_H
#define _VMB_MIGRATE_RESTORE_H

#include <linux/types.h>
#include <linux/wait.h>

struct vmb_bus;
struct vmb_channel;
struct vmb_restore;
struct vmb_session;

struct vmb_restore *vmb_restore_create(struct vmb_bus *bus,
				       struct vmb_channel **list, u32 nr,
				       bool in_kernel);
struct vmb_restore *vmb_restore_get(struct vmb_restore *restore);
void vmb_restore_put(struct vmb_restore *restore);
struct vmb_session *vmb_restore_session(struct vmb_restore *restore);
void vmb_restore_drop(struct vmb_restore *restore);
int vmb_restore_commit(struct vmb_session *session);
int vmb_restore_error(struct vmb_session *session);
int vmb_restore_status(const struct vmb_restore *restore);
wait_queue_head_t *vmb_restore_news(struct vmb_restore *restore);

ssize_t vmb_restore_write(struct vmb_restore *restore, const void *data, u32 bytes);

#endif /* _VMB_MIGRATE_RESTORE_H */

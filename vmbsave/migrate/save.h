/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_SAVE_H
#define _VMB_MIGRATE_SAVE_H

#include <linux/types.h>
#include <linux/wait.h>

struct vmb_bus;
struct vmb_channel;
struct vmb_save;
struct vmb_session;

struct vmb_save *vmb_save_create(struct vmb_bus *bus, struct vmb_channel **list,
				 u32 nr, bool in_kernel);
struct vmb_save *vmb_save_get(struct vmb_save *save);
void vmb_save_put(struct vmb_save *save);
struct vmb_session *vmb_save_session(struct vmb_save *save);
void vmb_save_abandon(struct vmb_save *save);
void vmb_save_drop(struct vmb_save *save);
bool vmb_save_at_end(const struct vmb_save *save);
bool vmb_save_session_at_end(struct vmb_session *session);
int vmb_save_status(const struct vmb_save *save);
wait_queue_head_t *vmb_save_news(struct vmb_save *save);
u64 vmb_save_bound(struct vmb_bus *bus);

int vmb_save_read_begin(struct vmb_save *save, const void **data, u32 *bytes);
void vmb_save_read_end(struct vmb_save *save, u32 consumed);
int vmb_save_take(struct vmb_save *save, u32 consumed);
int vmb_save_untake(struct vmb_save *save, u32 bytes);

#endif /* _VMB_MIGRATE_SAVE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_HOLD_H
#define _VMB_MIGRATE_HOLD_H

#include <linux/types.h>

struct module;
struct vmb_bus;
struct vmb_channel;
struct vmb_session;

/**
 * struct vmb_holds - the channels that a session keeps as they are
 * @session: whose they are
 * @channels: referenced, sorted by identity
 * @owners: the modules of their VSPs, pinned
 * @nr: length of both
 * @held: false once they were let go
 */
struct vmb_holds {
	struct vmb_session *session;
	struct vmb_channel **channels;
	struct module **owners;
	u32 nr;
	bool held;
};

int vmb_holds_take(struct vmb_holds *holds, struct vmb_session *session,
		   struct vmb_bus *bus, struct vmb_channel **list, u32 nr,
		   int (*check)(const struct vmb_channel *channel));
void vmb_holds_release(struct vmb_holds *holds, bool saved);
void vmb_holds_forget(struct vmb_holds *holds);
void vmb_holds_free(struct vmb_holds *holds);
bool vmb_hold_forget(struct vmb_session *session, struct vmb_channel *channel);
void vmb_hold_resume(struct vmb_channel *channel);

#endif /* _VMB_MIGRATE_HOLD_H */

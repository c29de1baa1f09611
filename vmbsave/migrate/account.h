/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_MIGRATE_ACCOUNT_H
#define _VMB_MIGRATE_ACCOUNT_H

#include <linux/types.h>

struct vmb_channel;
struct vmb_restore;
struct vmb_save;

/*
 * What a session tells the statistics of its bus. One of a single channel, made
 * in the kernel, tells nothing.
 */

void vmb_save_account(struct vmb_save *save);
void vmb_save_account_end(struct vmb_save *save, bool done);
void vmb_save_account_call(const struct vmb_save *save, u32 call,
			   const struct vmb_channel *channel, u64 packet, u64 ns);

void vmb_restore_account(struct vmb_restore *restore);
void vmb_restore_account_end(struct vmb_restore *restore, bool done);
void vmb_restore_account_call(const struct vmb_restore *restore, u32 call,
			      const struct vmb_channel *channel, u64 packet,
			      u64 ns);

#endif /* _VMB_MIGRATE_ACCOUNT_H */

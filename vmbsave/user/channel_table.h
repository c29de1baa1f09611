/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_CHANNEL_TABLE_H
#define _VMB_USER_CHANNEL_TABLE_H

#include <linux/list.h>
#include <linux/poll.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

struct vmb_channel;
struct vmb_user_kick;

/**
 * struct vmb_channel_table - what an open file keeps about its channels
 * @entries: struct entry by id of the channel; its lock protects the entries
 *	and @pending
 * @pending: entries with events that were not read
 * @wait: woken when there is one
 */
struct vmb_channel_table {
	struct xarray entries;
	struct list_head pending;
	wait_queue_head_t wait;
};

void vmb_channel_table_init(struct vmb_channel_table *table);
void vmb_channel_table_clear(struct vmb_channel_table *table);
int vmb_channel_table_add(struct vmb_channel_table *table,
			  struct vmb_channel *channel);
void vmb_channel_table_remove(struct vmb_channel_table *table, u32 id);
int vmb_channel_table_set_kick(struct vmb_channel_table *table, u32 id,
			       struct vmb_user_kick *kick);
void vmb_channel_table_post(struct vmb_channel_table *table, u32 type, u32 id,
			    int error);
ssize_t vmb_channel_table_read(struct vmb_channel_table *table,
			       char __user *buf, size_t size, bool nonblock);
__poll_t vmb_channel_table_poll(struct vmb_channel_table *table,
				struct file *file, poll_table *wait);

#endif /* _VMB_USER_CHANNEL_TABLE_H */

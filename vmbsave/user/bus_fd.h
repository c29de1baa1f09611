/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_BUS_FD_H
#define _VMB_USER_BUS_FD_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include "core/turn.h"
#include "user/channel_table.h"
#include "user/memory.h"
#include "user/refusal.h"

struct vmb_bus;
struct vmb_channel;
struct vmb_user_file;

/**
 * struct vmb_user_bus - a bus that belongs to an open file
 * @bus: the bus, for vmb_bus_destroy() when the file is closed
 * @memory: guest RAM
 * @channels: what the file keeps about its channels
 * @eventfds: two SET_EVENTFDS of one channel do not mix
 * @control: who may change the state of the bus, or who does so; taken before
 *	the bus's turn
 * @controller: the attached file that does, NULL = the one that has made the
 *	bus; changes with @control and @lock
 * @lock: keeps @controller there while it is woken
 *
 * Goes with the last reference on @bus, which can be a data fd's.
 */
struct vmb_user_bus {
	struct vmb_bus *bus;
	struct vmb_user_memory memory;
	struct vmb_channel_table channels;
	struct mutex eventfds; /* one SET_EVENTFDS at a time */
	struct vmb_turn control;
	const struct vmb_user_file *controller;
	spinlock_t lock; /* keeps @controller there */
};

/**
 * struct vmb_user_cmd - an ioctl in progress
 * @file: the file
 * @user: the bus, the file's own or the other one
 * @uarg: the caller's structure
 * @user_size: its size as the caller knows it
 * @arg: the kernel's copy
 * @size: its size as the kernel knows it
 * @why: it is refused
 */
struct vmb_user_cmd {
	struct vmb_user_file *file;
	struct vmb_user_bus *user;
	void __user *uarg;
	u32 user_size;
	void *arg;
	u32 size;
	struct vmb_refusal why;
};

int vmb_user_cmd_respond(struct vmb_user_cmd *cmd);
int vmb_user_cmd_fail(struct vmb_user_cmd *cmd, int error);
int vmb_user_cmd_zero(struct vmb_user_cmd *cmd, const char *field, u64 value);
struct vmb_channel *vmb_user_cmd_channel(struct vmb_user_cmd *cmd, u32 id);

struct vmb_user_bus *vmb_user_bus_create(void);
void vmb_user_bus_destroy(struct vmb_user_bus *user);

/* bus_name.c */
int vmb_user_bus_publish(struct vmb_user_bus *user);
void vmb_user_bus_unpublish(struct vmb_user_bus *user);
struct vmb_user_bus *vmb_user_bus_find(const char *name);

/* bus_fd.c */
int vmb_user_get_info(struct vmb_user_cmd *cmd);
int vmb_user_get_channel(struct vmb_user_cmd *cmd);
int vmb_user_get_stats(struct vmb_user_cmd *cmd);
int vmb_user_get_gpadl_pages(struct vmb_user_cmd *cmd);
int vmb_user_set_memory_region(struct vmb_user_cmd *cmd);
int vmb_user_last_error(struct vmb_user_cmd *cmd);

/* channel_cmd.c */
int vmb_user_offer_channel(struct vmb_user_cmd *cmd);
int vmb_user_rescind_channel(struct vmb_user_cmd *cmd);
int vmb_user_set_eventfds(struct vmb_user_cmd *cmd);
int vmb_user_create_gpadl(struct vmb_user_cmd *cmd);
int vmb_user_teardown_gpadl(struct vmb_user_cmd *cmd);
int vmb_user_open_channel(struct vmb_user_cmd *cmd);
int vmb_user_close_channel(struct vmb_user_cmd *cmd);

#endif /* _VMB_USER_BUS_FD_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_EVENTFD_H
#define _VMB_USER_EVENTFD_H

struct vmb_channel;
struct vmb_channel_host;
struct vmb_user_kick;

struct vmb_user_kick *vmb_user_kick_create(int fd, struct vmb_channel *channel);
void vmb_user_kick_destroy(struct vmb_user_kick *kick);

struct vmb_channel_host *vmb_user_call_create(int fd);

#endif /* _VMB_USER_EVENTFD_H */

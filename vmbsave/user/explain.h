/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_EXPLAIN_H
#define _VMB_USER_EXPLAIN_H

struct vmb_channel;
struct vmb_channel_identity;
struct vmb_gpadl;
struct vmb_user_cmd;

/* All return the errno that they explain. */

int vmb_explain_offer(struct vmb_user_cmd *cmd,
		      const struct vmb_channel_identity *identity, int error);
int vmb_explain_rescind(struct vmb_user_cmd *cmd, int error);
int vmb_explain_gpadl_alloc(struct vmb_user_cmd *cmd, int error);
int vmb_explain_gpadl_create(struct vmb_user_cmd *cmd, struct vmb_channel *channel,
			     const struct vmb_gpadl *gpadl, int error);
int vmb_explain_gpadl_teardown(struct vmb_user_cmd *cmd, struct vmb_channel *channel,
			       int error);
int vmb_explain_open(struct vmb_user_cmd *cmd, struct vmb_channel *channel, int error);
int vmb_explain_close(struct vmb_user_cmd *cmd, struct vmb_channel *channel, int error);

#endif /* _VMB_USER_EXPLAIN_H */

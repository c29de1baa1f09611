/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_INCOMING_H
#define _VMB_CORE_INCOMING_H

#include <linux/types.h>

#include "core/channel.h"

/*
 * Requests that a VSP holds or whose answers wait for room. At the quota no
 * more is taken from the ring: a guest that asks and never reads cannot make us
 * keep more.
 */
static inline u64 vmb_incoming_load(const struct vmb_channel *channel)
{
	return channel->nr_incoming + channel->queue.nr_completions;
}

int vmb_incoming_prepare(struct vmb_channel *channel);
void vmb_incoming_cleanup(struct vmb_channel *channel);
bool vmb_incoming_deliver(struct vmb_channel *channel);

#endif /* _VMB_CORE_INCOMING_H */

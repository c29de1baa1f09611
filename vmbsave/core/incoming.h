/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_INCOMING_H
#define _VMB_CORE_INCOMING_H

#include <linux/types.h>

struct vmb_channel;

/* Incoming packets that a VSP may hold before no more is taken from the ring */
#define VMB_INCOMING_QUOTA 1024

int vmb_incoming_prepare(struct vmb_channel *channel);
void vmb_incoming_cleanup(struct vmb_channel *channel);
bool vmb_incoming_deliver(struct vmb_channel *channel);

#endif /* _VMB_CORE_INCOMING_H */

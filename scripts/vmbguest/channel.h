/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_CHANNEL_H
#define _VMBGUEST_CHANNEL_H

#include <stdbool.h>
#include <linux/types.h>
#include "vm.h"

void channel_attach(struct channel *channel, const struct rings_user *user);
bool channel_send(struct channel *channel, const struct vmb_ring_packet *packet);
void channel_receive(struct channel *channel);
void channel_room(struct channel *channel);

/**
 * struct channel_unread - what lies in the rings of a stopped machine
 * @packets: from the host, to be answered
 * @answers: from the host, to requests
 * @requests: from the guest, to be answered
 * @completions: from the guest
 */
struct channel_unread {
	u64 packets;
	u64 answers;
	u64 requests;
	u64 completions;
};

void channel_count_unread(const struct channel *channel, struct channel_unread *unread);
bool channel_host_waits(const struct channel *channel);

#endif /* _VMBGUEST_CHANNEL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_RINGS_H
#define _VMBGUEST_RINGS_H

#include <linux/types.h>
#include "wire/descriptor.h"
#include "wire/ring.h"

/*
 * Part to copy: the guest's ends of the two rings of a channel, on top of
 * vmbsave/wire/. A VMM whose guest has a driver of its own needs none of it.
 */

/**
 * enum rings_want - what the reader wants next
 * @RINGS_READ: one packet more
 * @RINGS_LEAVE: no more now; it knows that there may be more
 * @RINGS_BLOCK: no more before there is room in the other ring, whose interrupt
 *	makes it read again
 */
enum rings_want {
	RINGS_READ,
	RINGS_LEAVE,
	RINGS_BLOCK
};

/**
 * struct rings_user - what a user of the rings does
 * @kick: signals the host
 * @want: asked before each packet
 * @packet: called for each packet; the view lives during the call
 */
struct rings_user {
	void (*kick)(void *context);
	enum rings_want (*want)(void *context);
	void (*packet)(void *context, const struct vmb_descriptor_view *view);
};

/**
 * struct rings - both rings of a channel
 * @in: guest to host, producer's end
 * @out: host to guest, consumer's end
 * @user: whose they are
 * @context: what @user is called with
 */
struct rings {
	struct vmb_ring in;
	struct vmb_ring out;
	const struct rings_user *user;
	void *context;
};

int rings_attach(struct rings *rings, u8 *at, u32 in_pages, u32 out_pages);
int rings_send(struct rings *rings, const struct vmb_ring_packet *packet);
int rings_receive(struct rings *rings, bool *more);

#endif /* _VMBGUEST_RINGS_H */

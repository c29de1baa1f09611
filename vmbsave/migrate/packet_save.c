// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "migrate/save_session.h"

/**
 * DOC: The state that only the VSP knows
 *
 * 1. .save_packet is called with a size of 0. Success: there is no state.
 *    Failure with a size: that much is to be saved. Failure without: the save
 *    fails with it.
 * 2. It is called with a zeroed buffer of that size. Success: what it says it
 *    needed is the state.
 *
 * Unhappy paths. It needs more than it said: one more pass with what it asks
 * for now; if that is not enough either, its state moves although nothing
 * does, and the save fails with -EBADFD. It succeeds and claims more than the
 * buffer holds: -EOVERFLOW. More than the cap: -EMSGSIZE. Any other failure is
 * the save's. Nothing has to be undone: saving changes nothing.
 */

static uint max_packet_state = 1U << 20;
module_param(max_packet_state, uint, 0644);
MODULE_PARM_DESC(max_packet_state, "bytes of state that a VSP may save for one packet");

/* The pass that the first one announced, and one more if it grew */
#define PASSES 2

/**
 * vmb_packet_state_max() - the cap on the state of one packet
 *
 * Context: any.
 * Return: bytes.
 */
u32 vmb_packet_state_max(void)
{
	return READ_ONCE(max_packet_state);
}

static int call_back(struct vmb_channel *channel, struct vmb_save_packet *args)
{
	int ret = channel->vsp->save_packet(args);

	return WARN_ONCE(ret > 0, "vmb: .save_packet returned %d\n", ret) ?
	       -EINVAL : ret;
}

static int fill(struct vmb_save *save, struct vmb_channel *channel,
		struct vmb_save_packet *args)
{
	u32 size = args->needed;

	if (size > vmb_packet_state_max())
		return vmb_save_fail(save, -EMSGSIZE,
				     "%s wants to save %u bytes for a packet, the cap is %u",
				     channel->vsp->name, size,
				     vmb_packet_state_max());
	args->buf = vmb_save_scratch(save, size);
	if (!args->buf)
		return vmb_save_fail(save, -ENOMEM, "no memory for the state of a packet");
	memset(args->buf, 0, size);
	args->size = size;
	return call_back(channel, args);
}

/**
 * vmb_save_packet_state() - let the VSP save its state of a packet
 * @save: the session; the caller has its turn; the state goes to its scratch
 * @channel: the channel
 * @packet: a packet in use
 * @bytes: set to the length of the state, 0 = none
 *
 * Context: process context, may sleep; calls .save_packet.
 * Return: 0 or an errno as above, and the session has failed with it.
 */
int vmb_save_packet_state(struct vmb_save *save, struct vmb_channel *channel,
			  struct vmb_packet *packet, u32 *bytes)
{
	struct vmb_save_packet args = { .channel = channel, .packet = packet };
	int pass, ret;

	*bytes = 0;
	if (!channel->vsp->save_packet)
		return vmb_save_fail(save, -EOPNOTSUPP,
				     "%s cannot save packets and has some in use",
				     channel->vsp->name);
	ret = call_back(channel, &args);
	if (!ret)
		return 0;
	for (pass = 0; pass < PASSES && args.needed > args.size; pass++) {
		ret = fill(save, channel, &args);
		if (!ret && args.needed > args.size)
			return vmb_save_fail(save, -EOVERFLOW,
					     "%s claims %u bytes of state in a buffer of %u",
					     channel->vsp->name, args.needed,
					     args.size);
		if (!ret)
			*bytes = args.needed;
		if (!ret || save->error)
			return ret;
	}
	if (pass == PASSES && args.needed > args.size)
		return vmb_save_fail(save, -EBADFD,
				     "the state of a packet of %s keeps growing",
				     channel->vsp->name);
	return vmb_save_fail(save, ret, "%s failed to save a packet",
			     channel->vsp->name);
}

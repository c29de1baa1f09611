// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/moduleparam.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "migrate/account.h"
#include "migrate/save_session.h"

/**
 * DOC: The state that only the VSP knows
 *
 * That of one packet, and that of the channel beside its packets:
 *
 * 1. .save_packet or .save_state is called with a size of 0. Success: there is
 *    no state. Failure with a size: that much is to be saved. Failure without:
 *    the save fails with it.
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

static uint max_channel_state = 1U << 20;
module_param(max_channel_state, uint, 0644);
MODULE_PARM_DESC(max_channel_state, "bytes of state that a VSP may save for one channel");

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

/**
 * vmb_channel_state_max() - the cap on the VSP's state of one channel
 *
 * Context: any.
 * Return: bytes.
 */
u32 vmb_channel_state_max(void)
{
	return READ_ONCE(max_channel_state);
}

/**
 * struct passes - what is asked of a VSP, and what it has answered
 * @save: the session
 * @channel: the channel
 * @packet: the packet, for a @call that is about one
 * @what: it is the state of this
 * @max: cap on @needed
 * @call: one pass; like the callback, but never a positive value
 * @buf: as in struct vmb_save_packet
 * @size: likewise
 * @needed: likewise
 */
struct passes {
	const struct vmb_save *save;
	struct vmb_channel *channel;
	struct vmb_packet *packet;
	const char *what;
	u32 max;
	int (*call)(struct passes *passes);
	void *buf;
	u32 size;
	u32 needed;
};

static int call_save_packet(struct passes *passes)
{
	struct vmb_save_packet args = {
		.channel = passes->channel,
		.packet = passes->packet,
		.buf = passes->buf,
		.size = passes->size,
		.needed = passes->size,
	};
	struct vmb_packet_timer timer;
	u64 ns;
	int ret;

	vmb_packet_timer_start(&timer);
	ret = passes->channel->vsp->save_packet(&args);
	ns = vmb_packet_timer_stop(&timer);
	if (unlikely(ns))
		vmb_save_account_call(passes->save, VMBSAVE_CALL_SAVE_PACKET,
				      passes->channel, passes->packet->out.id, ns);
	passes->needed = args.needed;
	return WARN_ONCE(ret > 0, "vmb: .save_packet returned %d\n", ret) ?
	       -EINVAL : ret;
}

static int call_save_state(struct passes *passes)
{
	struct vmb_save_state args = {
		.channel = passes->channel,
		.buf = passes->buf,
		.size = passes->size,
		.needed = passes->size,
	};
	u64 begun = ktime_get_ns();
	int ret = passes->channel->vsp->save_state(&args);

	vmb_save_account_call(passes->save, VMBSAVE_CALL_SAVE_STATE,
			      passes->channel, 0, ktime_get_ns() - begun);
	passes->needed = args.needed;
	return WARN_ONCE(ret > 0, "vmb: .save_state returned %d\n", ret) ?
	       -EINVAL : ret;
}

static int fill(struct vmb_save *save, struct passes *passes)
{
	u32 size = passes->needed;

	if (size > passes->max)
		return vmb_save_fail(save, -EMSGSIZE,
				     "%s wants to save %u bytes for %s, the cap is %u",
				     passes->channel->vsp->name, size,
				     passes->what, passes->max);
	passes->buf = vmb_save_scratch(save, size);
	if (!passes->buf)
		return vmb_save_fail(save, -ENOMEM, "no memory for the state of %s",
				     passes->what);
	memset(passes->buf, 0, size);
	passes->size = size;
	return passes->call(passes);
}

static int run(struct vmb_save *save, struct passes *passes, u32 *bytes)
{
	const char *vsp = passes->channel->vsp->name;
	int pass, ret;

	*bytes = 0;
	ret = passes->call(passes);
	if (!ret)
		return 0;
	for (pass = 0; pass < PASSES && passes->needed > passes->size; pass++) {
		ret = fill(save, passes);
		if (!ret && passes->needed > passes->size)
			return vmb_save_fail(save, -EOVERFLOW,
					     "%s claims %u bytes of state in a buffer of %u",
					     vsp, passes->needed, passes->size);
		if (!ret)
			*bytes = passes->needed;
		if (!ret || save->error)
			return ret;
	}
	if (pass == PASSES && passes->needed > passes->size)
		return vmb_save_fail(save, -EBADFD,
				     "the state of %s of %s keeps growing",
				     passes->what, vsp);
	return vmb_save_fail(save, ret, "%s failed to save %s", vsp,
			     passes->what);
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
	struct passes passes = {
		.save = save,
		.channel = channel,
		.packet = packet,
		.what = "a packet",
		.max = vmb_packet_state_max(),
		.call = call_save_packet,
	};

	*bytes = 0;
	if (!channel->vsp->save_packet)
		return vmb_save_fail(save, -EOPNOTSUPP,
				     "%s cannot save packets and has some in use",
				     channel->vsp->name);
	return run(save, &passes, bytes);
}

/**
 * vmb_save_channel_state() - let the VSP save its state of a channel
 * @save: as for vmb_save_packet_state()
 * @channel: the channel; its VSP has .save_state
 * @bytes: set to the length of the state, which may be 0
 *
 * Context: process context, may sleep; calls .save_state.
 * Return: as vmb_save_packet_state().
 */
int vmb_save_channel_state(struct vmb_save *save, struct vmb_channel *channel,
			   u32 *bytes)
{
	struct passes passes = {
		.save = save,
		.channel = channel,
		.what = "a channel",
		.max = vmb_channel_state_max(),
		.call = call_save_state,
	};

	return run(save, &passes, bytes);
}

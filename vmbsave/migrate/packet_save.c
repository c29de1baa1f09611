// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/overflow.h>
#include <linux/sizes.h>
#include <linux/slab.h>
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
 * A VSP may have said how long the state of a packet is as a rule. If that fits
 * into the space at hand, step 1 has a buffer of that size and success there is
 * success in step 2.
 *
 * Unhappy paths. It needs more than it said: one more pass with what it asks
 * for now; if that is not enough either, its state moves although nothing
 * does, and the save fails with -EBADFD. It succeeds and claims more than the
 * buffer holds: -EOVERFLOW. More than the cap: -EMSGSIZE. Any other failure is
 * the save's. Nothing has to be undone: saving changes nothing.
 */

/* Whatever the parameters say; with what goes before it, it is doubled and fits. */
#define STATE_BYTES_MAX SZ_1G

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
	return min_t(uint, READ_ONCE(max_packet_state), STATE_BYTES_MAX);
}

/**
 * vmb_channel_state_max() - the cap on the VSP's state of one channel
 *
 * Context: any.
 * Return: bytes.
 */
u32 vmb_channel_state_max(void)
{
	return min_t(uint, READ_ONCE(max_channel_state), STATE_BYTES_MAX);
}

/**
 * struct passes - what is asked of a VSP, and what it has answered
 * @save: the session
 * @args: what .save_packet gets; of a channel's state without a packet
 * @what: it is the state of this
 * @max: cap on @args.needed
 * @room: where @args.buf may be
 */
struct passes {
	const struct vmb_save *save;
	struct vmb_save_packet args;
	const char *what;
	u32 max;
	const struct vmb_save_room *room;
};

static int call_save_state(struct passes *passes)
{
	struct vmb_channel *channel = passes->args.channel;
	struct vmb_save_state args = {
		.channel = channel,
		.buf = passes->args.buf,
		.size = passes->args.size,
		.needed = passes->args.size,
	};
	u64 begun = ktime_get_ns();
	int ret = channel->vsp->save_state(&args);

	vmb_save_account_call(passes->save, VMBSAVE_CALL_SAVE_STATE,
			      channel, 0, ktime_get_ns() - begun);
	passes->args.needed = args.needed;
	return WARN_ONCE(ret > 0, "vmb: .save_state returned %d\n", ret) ?
	       -EINVAL : ret;
}

/* One pass, like the callback, but never a positive value */
static int call(struct passes *passes, void *buf, u32 size)
{
	struct vmb_save_packet *args = &passes->args;
	struct vmb_packet_timer timer;
	u64 ns;
	int ret;

	args->buf = buf;
	args->size = size;
	args->needed = size;
	if (!args->packet)
		return call_save_state(passes);
	vmb_packet_timer_start(&timer);
	ret = args->channel->vsp->save_packet(args);
	ns = vmb_packet_timer_stop(&timer);
	if (unlikely(ns))
		vmb_save_account_call(passes->save, VMBSAVE_CALL_SAVE_PACKET,
				      args->channel, args->packet->out.id, ns);
	return WARN_ONCE(ret > 0, "vmb: .save_packet returned %d\n", ret) ?
	       -EINVAL : ret;
}

/**
 * vmb_save_scratch() - the session's buffer, made large enough
 * @save: the session; the caller has its turn
 * @bytes: how large; what was in it is lost if it grows
 *
 * Context: process context.
 * Return: the buffer, or NULL: no memory.
 */
void *vmb_save_scratch(struct vmb_save *save, u32 bytes)
{
	size_t room = VMBSAVE_CHUNK_MAX;

	if (save->scratch && bytes <= save->scratch_room)
		return save->scratch;
	/* States that grow from packet to packet do not move it for each. */
	while (room < bytes)
		room *= 2;
	kvfree_sensitive(save->scratch, save->scratch_room);
	save->scratch = kvmalloc(room, GFP_KERNEL_ACCOUNT);
	save->scratch_room = save->scratch ? room : 0;
	return save->scratch;
}

static void *find_room(struct vmb_save *save, const struct vmb_save_room *room, u32 size)
{
	u32 padded = ALIGN(size, 8), bytes;
	u8 *buf;

	if (size <= room->bytes) {
		memset(room->place, 0, size);
		return room->place;
	}
	if (padded < size || check_add_overflow(room->front, padded, &bytes))
		return NULL;
	buf = vmb_save_scratch(save, bytes);
	if (!buf)
		return NULL;
	memset(buf + room->front, 0, size);
	return buf + room->front;
}

static int fill(struct vmb_save *save, struct passes *passes)
{
	u32 size = passes->args.needed;
	void *buf;

	if (size > passes->max)
		return vmb_save_fail(save, -EMSGSIZE,
				     "%s wants to save %u bytes for %s, the cap is %u",
				     passes->args.channel->vsp->name, size,
				     passes->what, passes->max);
	buf = find_room(save, passes->room, size);
	if (!buf)
		return vmb_save_fail(save, -ENOMEM, "no memory for the state of %s",
				     passes->what);
	return call(passes, buf, size);
}

/* The first pass, with a buffer if the VSP has asked for it and it costs nothing */
static int begin(struct passes *passes)
{
	u32 hint = passes->args.packet ? passes->args.channel->vsp->packet_state_bytes : 0;

	if (!hint || hint > passes->room->bytes || hint > passes->max)
		return call(passes, NULL, 0);
	memset(passes->room->place, 0, hint);
	return call(passes, passes->room->place, hint);
}

static int fail_too_long(struct vmb_save *save, const struct passes *passes)
{
	return vmb_save_fail(save, -EOVERFLOW,
			     "%s claims %u bytes of state in a buffer of %u",
			     passes->args.channel->vsp->name, passes->args.needed,
			     passes->args.size);
}

static int run(struct vmb_save *save, struct passes *passes, u32 *bytes)
{
	const char *vsp = passes->args.channel->vsp->name;
	const struct vmb_save_packet *args = &passes->args;
	int pass, ret;

	*bytes = 0;
	ret = begin(passes);
	if (!ret && !args->size)
		return 0;
	for (pass = 0; ret && pass < PASSES && args->needed > args->size; pass++) {
		ret = fill(save, passes);
		if (save->error)
			return ret;
	}
	if (!ret && args->needed > args->size)
		return fail_too_long(save, passes);
	if (!ret) {
		*bytes = args->needed;
		return 0;
	}
	if (pass == PASSES && args->needed > args->size)
		return vmb_save_fail(save, -EBADFD,
				     "the state of %s of %s keeps growing",
				     passes->what, vsp);
	return vmb_save_fail(save, ret, "%s failed to save %s", vsp,
			     passes->what);
}

/**
 * vmb_save_packet_state() - let the VSP save its state of a packet
 * @save: the session; the caller has its turn
 * @channel: the channel
 * @packet: a packet in use
 * @room: where the state may go; set to where it is
 *
 * Context: process context, may sleep; calls .save_packet.
 * Return: 0 or an errno as above, and the session has failed with it.
 */
int vmb_save_packet_state(struct vmb_save *save, struct vmb_channel *channel,
			  struct vmb_packet *packet, struct vmb_save_room *room)
{
	struct passes passes = {
		.save = save,
		.args.channel = channel,
		.args.packet = packet,
		.what = "a packet",
		.max = vmb_packet_state_max(),
		.room = room,
	};
	int ret;

	if (!channel->vsp->save_packet)
		return vmb_save_fail(save, -EOPNOTSUPP,
				     "%s cannot save packets and has some in use",
				     channel->vsp->name);
	ret = run(save, &passes, &room->state_bytes);
	room->state = passes.args.buf;
	return ret;
}

/**
 * vmb_save_channel_state() - let the VSP save its state of a channel
 * @save: the session; the caller has its turn; the state goes to its scratch
 * @channel: the channel; its VSP has .save_state
 * @bytes: set to the length of the state, which may be 0
 *
 * Context: process context, may sleep; calls .save_state.
 * Return: as vmb_save_packet_state().
 */
int vmb_save_channel_state(struct vmb_save *save, struct vmb_channel *channel,
			   u32 *bytes)
{
	const struct vmb_save_room scratch = { .bytes = 0 };
	struct passes passes = {
		.save = save,
		.args.channel = channel,
		.what = "a channel",
		.max = vmb_channel_state_max(),
		.room = &scratch,
	};

	return run(save, &passes, bytes);
}

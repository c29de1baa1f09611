// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>

#include "core/channel.h"
#include "stress.h"

/*
 * The guest of the stress test, and its VMM as far as it is about one channel:
 * it alone opens, closes, rescinds and offers it.
 */

static bool is_open(const struct vmb_test_stress_line *line)
{
	enum vmb_channel_state state = vmb_channel_get_state(line->line->channel);

	return state == VMB_CHANNEL_PAUSED || state == VMB_CHANNEL_ACTIVE;
}

/**
 * vmb_test_stress_offer() - offer the channel of a line anew
 * @line: the line, without a channel; nothing happens if its bus does not allow it
 */
void vmb_test_stress_offer(struct vmb_test_stress_line *line)
{
	struct vmb_test_line *half = line->line;
	struct vmb_channel *channel;

	channel = vmb_test_offer(line->stress->machine, line->vsp, 1 + line->index);
	if (IS_ERR(channel)) {
		usleep_range(1000, 2000);
		return;
	}
	scoped_guard(mutex, &line->lock) {
		half->channel = channel;
		half->id = channel->id;
		half->server = vmb_test_server_of(channel);
		line->watch = vmb_test_watch_create(line);
		vmb_test_guest_renew(&half->guest, channel);
	}
	line->opened_from = U64_MAX;
}

/**
 * vmb_test_stress_forget() - the channel of a line has gone
 * @line: the line
 *
 * Its watch tells what became of it.
 */
void vmb_test_stress_forget(struct vmb_test_stress_line *line)
{
	struct vmb_test_watch *watch = line->watch;

	scoped_guard(mutex, &line->lock)
		line->watch = NULL;
	vmb_test_watch_over(watch);
	vmb_test_line_put_channel(line->line);
}

static void rescind(struct vmb_test_actor *actor)
{
	struct vmb_test_stress_line *line = actor->line;

	if (line->line->channel->owned)
		return;
	if (vmb_test_actor_pick(actor, 3)) {
		if (vmb_bus_rescind(actor->stress->machine->bus, line->line->id))
			return;
	} else {
		vmb_test_vsp_unregister(line->vsp);
		if (vmb_test_vsp_add(line->vsp))
			vmb_test_stress_wrong(actor->stress, "cannot register a VSP again");
	}
	vmb_test_stress_forget(line);
}

/**
 * vmb_test_stress_open() - try to open the channel of a line
 * @line: the line
 */
void vmb_test_stress_open(struct vmb_test_stress_line *line)
{
	struct vmb_test_guest *guest = &line->line->guest;

	/* Whatever closed it, the next one begins with empty rings. */
	if (!is_open(line))
		vmb_test_guest_renew(guest, guest->channel);
	vmb_test_guest_lend(guest);
	vmb_test_guest_open(guest);
}

/**
 * vmb_test_stress_look() - see whether the channel of a line is open
 * @line: the line
 *
 * The VSP closes its channel by disabling it, and a restore can open it.
 */
void vmb_test_stress_look(struct vmb_test_stress_line *line)
{
	if (!is_open(line))
		line->opened_from = U64_MAX;
	else if (line->opened_from == U64_MAX)
		line->opened_from = line->next_request;
}

static void receive(struct vmb_test_stress_line *line)
{
	struct vmb_test_guest *guest = &line->line->guest;
	struct vmb_test_message message;
	u64 quiet_from;

	while (!vmb_test_guest_receive(guest, &message)) {
		if (message.type == VMB_PACKET_COMPLETION)
			continue;
		quiet_from = READ_ONCE(line->watch->quiet_from);
		if (quiet_from && message.id >= quiet_from)
			vmb_test_stress_wrong(line->stress,
					      "channel %u: packet %llu was sent while paused",
					      line->index, message.id);
		if (message.wants_completion)
			vmb_test_guest_complete(guest, message.id, message.payload, 8);
	}
}

/**
 * vmb_test_stress_request() - the guest sends a request
 * @line: the line
 * @len: bytes of payload
 *
 * On an open channel only, so that each is either answered or lost by a close.
 */
void vmb_test_stress_request(struct vmb_test_stress_line *line, u32 len)
{
	if (line->opened_from == U64_MAX)
		return;
	if (!vmb_test_guest_request(&line->line->guest, line->next_request, len))
		line->next_request++;
}

/**
 * vmb_test_stress_guest_step() - what a guest does
 * @actor: the guest of a line
 */
void vmb_test_stress_guest_step(struct vmb_test_actor *actor)
{
	struct vmb_test_stress_line *line = actor->line;
	u32 what = vmb_test_actor_pick(actor, 32);

	if (!line->watch) {
		vmb_test_stress_offer(line);
		return;
	}
	vmb_test_stress_look(line);
	if (!what)
		rescind(actor);
	else if (what < 3)
		vmb_test_guest_close(&line->line->guest);
	else if (what < 8 || line->opened_from == U64_MAX)
		vmb_test_stress_open(line);
	else if (what < 20)
		vmb_test_stress_request(line, vmb_test_actor_pick(actor, 300));
	else
		receive(line);
	if (!vmb_test_actor_pick(actor, 4))
		usleep_range(100, 1000);
}

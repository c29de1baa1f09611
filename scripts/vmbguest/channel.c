// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's driver of a channel: its rings, and what it remembers of them in
 * guest RAM.
 */
#include <errno.h>
#include <string.h>
#include "channel.h"
#include "log.h"

/**
 * channel_attach() - take the guest's ends, of new rings or where they stand
 * @channel: the channel; no packet has been read that was not committed
 * @user: what its packets are for
 */
void channel_attach(struct channel *channel, const struct rings_user *user)
{
	const struct guest_channel *state = channel->state;
	u8 *at = guest_at(channel->vm->guest, state->first_page * (u64)GUEST_PAGE);
	int err;

	channel->rings.user = user;
	channel->rings.context = channel;
	err = rings_attach(&channel->rings, at, state->in_pages, state->out_pages);
	if (err)
		die("rings of channel %s: %s", guest_channel_name(channel->index), strerror(-err));
}

static void __noreturn reject(const struct channel *channel, int err)
{
	die("the host wrote nonsense into channel %s: %s", guest_channel_name(channel->index),
	    strerror(-err));
}

/**
 * channel_send() - write one packet
 * @channel: the channel
 * @packet: what to write
 *
 * Return: false if there is no room: the channel is blocked until the host's
 * interrupt, see channel_room().
 */
bool channel_send(struct channel *channel, const struct vmb_ring_packet *packet)
{
	int err = rings_send(&channel->rings, packet);

	if (err == -EAGAIN)
		channel->state->blocked = 1;
	else if (err)
		reject(channel, err);
	return !err;
}

/**
 * channel_room() - an interrupt came: perhaps there is room
 * @channel: the channel
 */
void channel_room(struct channel *channel)
{
	if (!channel->state->blocked)
		return;

	vmb_ring_clear_wait(&channel->rings.in);
	channel->state->blocked = 0;
}

/**
 * channel_receive() - read until the ring is empty, or until it is enough
 * @channel: the channel
 *
 * If unread data was left behind the guest knows of it.
 */
void channel_receive(struct channel *channel)
{
	bool more;
	int err;

	channel->state->more = 0;
	err = rings_receive(&channel->rings, &more);
	if (err)
		reject(channel, err);
	channel->state->more = more;
}

static void count_ring(const struct channel *channel, const struct vmb_ring *ring, u64 *packets,
		       u64 *completions)
{
	static u64 buf[VMB_PACKET_MAX_BYTES / sizeof(u64)];
	struct vmb_descriptor_view view;
	struct vmb_ring reader;
	u32 bytes;
	int err;

	err = vmb_ring_attach(&reader, ring->control, ring->data, ring->size, false);
	while (!err) {
		err = vmb_ring_read(&reader, buf, sizeof(buf), &bytes);
		if (!err)
			err = vmb_descriptor_parse(buf, bytes, &view);
		if (!err)
			++*(view.type == VMB_PACKET_COMPLETION ? completions : packets);
	}
	if (err != -EAGAIN)
		reject(channel, err);
}

/**
 * channel_count_unread() - what lies in the rings
 * @channel: a channel of a stopped machine; nothing is changed
 * @unread: filled
 */
void channel_count_unread(const struct channel *channel, struct channel_unread *unread)
{
	*unread = (struct channel_unread) { };
	if (!channel->state->open)
		return;

	count_ring(channel, &channel->rings.out, &unread->packets, &unread->answers);
	count_ring(channel, &channel->rings.in, &unread->requests, &unread->completions);
}

/**
 * channel_host_waits() - does the host have more than fits into the ring?
 * @channel: an open channel
 *
 * Nothing that a guest would look at: it tells the VMM when there is most to
 * migrate.
 *
 * Return: true if the host has announced that it waits for room.
 */
bool channel_host_waits(const struct channel *channel)
{
	return __atomic_load_n(&channel->rings.out.control->pending_send_sz, __ATOMIC_ACQUIRE);
}

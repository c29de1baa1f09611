// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the two rings of a channel, strictly by the rules: it
 * reads when it was interrupted, sleeps only after it has unmasked and found
 * the ring empty, waits for room only after it has announced that it does, and
 * signals exactly when the ring code says so. It never looks into a ring again
 * just because time has passed: a signal that the host loses shows as a guest
 * that hangs.
 */
#include <errno.h>
#include <string.h>
#include <linux/bug.h>
#include "channel.h"
#include "log.h"
#include "vmm.h"

/* The ring code counts what cannot happen. */
unsigned int kshim_warnings;

static u8 *page_at(const struct channel *channel, u32 page)
{
	return guest_at(channel->vm->guest, (channel->state->first_page + page) * (u64)GUEST_PAGE);
}

static void attach(const struct channel *channel, struct vmb_ring *ring, u32 page, u32 pages,
		   bool producer)
{
	int err = vmb_ring_attach(ring, page_at(channel, page), page_at(channel, page + 1),
				  pages * GUEST_PAGE, producer);

	if (err)
		die("rings of channel %s: %s", guest_channel_name(channel->index), strerror(-err));
}

/**
 * channel_attach() - take the guest's ends, of new rings or where they stand
 * @channel: the channel; no packet has been read that was not committed
 */
void channel_attach(struct channel *channel)
{
	const struct guest_channel *state = channel->state;

	attach(channel, &channel->in, 0, state->in_pages, true);
	attach(channel, &channel->out, 1 + state->in_pages, state->out_pages, false);
	vmb_ring_set_features(&channel->in);
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
	u32 need = vmb_ring_need(packet->extra_len, packet->payload_len);
	bool signal = false;
	int err;

	do {
		err = vmb_ring_write(&channel->in, packet, &signal);
	} while (err == -EAGAIN && vmb_ring_wait_space(&channel->in, need));

	if (err == -EAGAIN) {
		channel->state->blocked = 1;
		return false;
	}
	if (err)
		reject(channel, err);
	if (signal)
		vmm_kick(channel);
	return true;
}

/**
 * channel_room() - an interrupt came: perhaps there is room
 * @channel: the channel
 */
void channel_room(struct channel *channel)
{
	if (!channel->state->blocked)
		return;

	vmb_ring_clear_wait(&channel->in);
	channel->state->blocked = 0;
}

static bool must_wait(const struct channel *channel)
{
	return channel->state->completes && channel->state->blocked;
}

/* One packet out of the ring; false if it is empty. */
static bool receive_one(struct channel *channel, channel_packet_t packet)
{
	static u64 buf[VMB_PACKET_MAX_BYTES / sizeof(u64)];
	struct vmb_descriptor_view view;
	u32 bytes;
	int err;

	err = vmb_ring_read(&channel->out, buf, sizeof(buf), &bytes);
	if (err == -EAGAIN)
		return false;
	if (!err)
		err = vmb_descriptor_parse(buf, bytes, &view);
	if (err)
		reject(channel, err);

	packet(channel, &view);
	return true;
}

/**
 * channel_receive() - read until the ring is empty, or until it is enough
 * @channel: the channel
 * @packet: called for each packet
 * @enough: whether unread data may be left behind; the guest then knows of it
 *
 * Stops, and stays masked, when an answer finds no room: the interrupt that
 * brings room goes on here. The host is signalled after the unmasking, so that
 * what it then writes finds the guest asleep.
 */
void channel_receive(struct channel *channel, channel_packet_t packet, channel_enough_t enough)
{
	struct guest_channel *state = channel->state;
	bool signal, more;

	state->more = 0;
	do {
		if (must_wait(channel))
			return;

		vmb_ring_mask(&channel->out);
		/* A host that writes as fast as this reads never lets the ring be empty. */
		while (!must_wait(channel) && !enough(channel) && receive_one(channel, packet))
			;
		signal = vmb_ring_commit(&channel->out);
		more = !must_wait(channel) && vmb_ring_unmask(&channel->out);
		if (signal)
			vmm_kick(channel);
	} while (more && !enough(channel));

	state->more = more;
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
 * @channel: an open channel of a stopped machine; nothing is changed
 * @unread: filled
 */
void channel_count_unread(const struct channel *channel, struct channel_unread *unread)
{
	*unread = (struct channel_unread) { };
	count_ring(channel, &channel->out, &unread->packets, &unread->answers);
	count_ring(channel, &channel->in, &unread->requests, &unread->completions);
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
	return __atomic_load_n(&channel->out.control->pending_send_sz, __ATOMIC_ACQUIRE);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's end of the two rings of a channel, strictly by the rules: it
 * reads when it was interrupted, sleeps only after it has unmasked and found
 * the ring empty, waits for room only after it has announced that it does, and
 * signals exactly when the ring code says so. It never looks into a ring again
 * just because time has passed: a signal that the host loses shows as a guest
 * that hangs. Functions return 0 or a negative errno.
 */
#include <errno.h>
#include <linux/bug.h>
#include "rings.h"

/* The ring code counts what cannot happen. */
unsigned int kshim_warnings;

/**
 * rings_attach() - take the guest's ends, of new rings or where they stand
 * @rings: filled, but for the user and its context
 * @at: the control page of the ring to the host; its data, the control page of
 *	the other ring and its data follow
 * @in_pages: data of the ring to the host
 * @out_pages: data of the ring from the host
 *
 * No packet has been read that was not committed.
 *
 * Return: 0 or an errno: these are no rings.
 */
int rings_attach(struct rings *rings, u8 *at, u32 in_pages, u32 out_pages)
{
	const u32 in_bytes = in_pages * VMB_RING_PAGE_SIZE;
	const u32 out_bytes = out_pages * VMB_RING_PAGE_SIZE;
	u8 *in_data = at + VMB_RING_PAGE_SIZE;
	u8 *out = in_data + in_bytes;
	int err;

	err = vmb_ring_attach(&rings->in, at, in_data, in_bytes, true);
	if (!err)
		err = vmb_ring_attach(&rings->out, out, out + VMB_RING_PAGE_SIZE, out_bytes, false);
	if (err)
		return err;

	vmb_ring_set_features(&rings->in);
	return 0;
}

/**
 * rings_send() - write one packet
 * @rings: the rings
 * @packet: what to write
 *
 * Return: 0; -EAGAIN if there is no room: the host has been told, and
 * interrupts when there is, then vmb_ring_clear_wait() and try again; another
 * errno: the host wrote nonsense.
 */
int rings_send(struct rings *rings, const struct vmb_ring_packet *packet)
{
	u32 need = vmb_ring_need(packet->extra_len, packet->payload_len);
	bool signal = false;
	int err;

	do {
		err = vmb_ring_write(&rings->in, packet, &signal);
	} while (err == -EAGAIN && vmb_ring_wait_space(&rings->in, need));

	if (!err && signal)
		rings->user->kick(rings->context);
	return err;
}

/* Until the ring is empty or the user says so; what he wants last. */
static int receive_batch(struct rings *rings, enum rings_want *want)
{
	static __thread u64 buf[VMB_PACKET_MAX_BYTES / sizeof(u64)];
	struct vmb_descriptor_view view;
	u32 bytes;
	int err;

	while ((*want = rings->user->want(rings->context)) == RINGS_READ) {
		err = vmb_ring_read(&rings->out, buf, sizeof(buf), &bytes);
		if (err == -EAGAIN)
			return 0;
		if (!err)
			err = vmb_descriptor_parse(buf, bytes, &view);
		if (err)
			return err;
		rings->user->packet(rings->context, &view);
	}
	return 0;
}

/**
 * rings_receive() - read until the ring is empty, or the user has enough
 * @rings: the rings
 * @more: set if there is data left for which no interrupt needs to come
 *
 * Stays masked on %RINGS_BLOCK: the interrupt that brings room goes on here.
 * The host is signalled after the unmasking, so that what it then writes finds
 * the guest asleep. A host that writes as fast as this reads never lets the
 * ring be empty: it is for the user to have enough.
 *
 * Return: 0, or an errno: the host wrote nonsense.
 */
int rings_receive(struct rings *rings, bool *more)
{
	enum rings_want want;
	bool signal;
	int err;

	do {
		*more = false;
		if (rings->user->want(rings->context) == RINGS_BLOCK)
			return 0;

		vmb_ring_mask(&rings->out);
		err = receive_batch(rings, &want);
		signal = vmb_ring_commit(&rings->out);
		*more = want != RINGS_BLOCK && vmb_ring_unmask(&rings->out);
		if (signal)
			rings->user->kick(rings->context);
	} while (!err && *more && rings->user->want(rings->context) != RINGS_LEAVE);

	return err;
}

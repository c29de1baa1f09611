// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/ktime.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/vmb_packet.h>

#include "bench.h"
#include "wire/descriptor.h"
#include "wire/ring.h"

/*
 * Both ends of a channel in one thread, as on a machine whose guest and host
 * take turns. Half a ring is written, and read, and then comes the next half,
 * so that nobody waits for room.
 */

/* Descriptor and trailer */
#define FRAMING	24

/**
 * bench_guest_create() - a guest that reads and writes the rings of a channel
 * @guest: set
 * @site: the host; its first channel is open and nothing was sent yet
 * @payload: bytes of payload of each packet
 * Return: 0, for bench_guest_destroy(), or an errno.
 */
int bench_guest_create(struct bench_guest *guest, struct bench_site *site, u32 payload)
{
	const u32 half = site->ram->ring_pages + 1;
	u32 data = site->ram->ring_pages * PAGE_SIZE;
	int ret = -ENOMEM;
	u8 *map;

	*guest = (struct bench_guest) { .channel = site->channels[0], .payload = payload };
	guest->batch = max(data / 2 / (ALIGN(payload, 8) + FRAMING), 1U);
	guest->buf_bytes = ALIGN(payload, 8) + FRAMING;
	guest->buf = kvzalloc(guest->buf_bytes, GFP_KERNEL);
	map = vmap(site->ram->pages, 2 * half, VM_MAP, PAGE_KERNEL);
	guest->map = map;
	if (guest->buf && map)
		ret = vmb_ring_attach(&guest->tx, map, map + PAGE_SIZE, data, true);
	map += half * PAGE_SIZE;
	ret = ret ?: vmb_ring_attach(&guest->rx, map, map + PAGE_SIZE, data, false);
	if (ret)
		bench_guest_destroy(guest);
	else
		vmb_ring_set_features(&guest->tx);
	return ret;
}

/**
 * bench_guest_destroy() - undo bench_guest_create()
 * @guest: the guest
 */
void bench_guest_destroy(struct bench_guest *guest)
{
	vunmap(guest->map);
	kvfree(guest->buf);
}

static int guest_write(struct bench_guest *guest, u16 type, u16 flags, u64 id)
{
	const struct vmb_ring_packet packet = {
		.type = type,
		.flags = flags,
		.transaction_id = id,
		.payload = guest->buf,
		.payload_len = guest->payload,
	};
	bool signal = false;
	int ret = vmb_ring_write(&guest->tx, &packet, &signal);

	if (signal)
		vmb_channel_kick(guest->channel);
	return ret;
}

/* Reads @nr packets or completions, which are there or will be; the last id goes to @id. */
static int guest_read(struct bench_guest *guest, u32 nr, u64 *id)
{
	struct vmb_descriptor_view view;
	u32 bytes;
	int ret;

	while (nr) {
		ret = vmb_ring_read(&guest->rx, guest->buf, guest->buf_bytes, &bytes);
		if (ret == -EAGAIN) {
			vmb_channel_flush(guest->channel);
			cond_resched();
			continue;
		}
		ret = ret ?: vmb_descriptor_parse(guest->buf, bytes, &view);
		if (ret)
			return ret;
		*id = view.transaction_id;
		nr--;
	}
	if (vmb_ring_commit(&guest->rx))
		vmb_channel_kick(guest->channel);
	return 0;
}

/* Waits until the host has read what the guest wrote. */
static int guest_drain(struct bench_guest *guest)
{
	u32 written, read;
	int ret;

	do {
		vmb_channel_flush(guest->channel);
		cond_resched();
		ret = vmb_ring_indices(&guest->tx, &written, &read);
	} while (!ret && written != read);
	return ret;
}

/* The host sends @nr packets, and the guest completes them if @flags say so. */
static int out_batch(struct bench_guest *guest, u32 nr, u32 flags)
{
	u64 last;
	u32 i;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++)
		ret = PTR_ERR_OR_ZERO(bench_vsp_send(guest->channel, flags));
	ret = ret ?: guest_read(guest, nr, &last);
	if (!(flags & VMB_PACKET_WAIT_FOR_COMPLETION)) {
		vmb_channel_flush(guest->channel);
		return ret;
	}
	for (i = 0; !ret && i < nr; i++)
		ret = guest_write(guest, VMB_PACKET_COMPLETION, 0, last - nr + 1 + i);
	return ret ?: guest_drain(guest);
}

/* The guest sends @nr packets, and the host completes them if @flags say so. */
static int in_batch(struct bench_guest *guest, u32 nr, u16 flags)
{
	u64 last;
	u32 i;
	int ret = 0;

	for (i = 0; !ret && i < nr; i++)
		ret = guest_write(guest, VMB_PACKET_DATA_INBAND, flags, 1 + i);
	ret = ret ?: guest_drain(guest);
	if (flags & VMB_PACKET_COMPLETION_REQUESTED)
		ret = ret ?: guest_read(guest, nr, &last);
	return ret;
}

static int run(struct bench_guest *guest, u32 nr, bool out, bool complete, u64 *took)
{
	u64 then = ktime_get_ns();
	int ret = 0;

	while (!ret && nr) {
		u32 batch = min(nr, guest->batch);

		if (out)
			ret = out_batch(guest, batch,
					complete ? VMB_PACKET_WAIT_FOR_COMPLETION : 0);
		else
			ret = in_batch(guest, batch,
				       complete ? VMB_PACKET_COMPLETION_REQUESTED : 0);
		nr -= batch;
	}
	*took = ktime_get_ns() - then;
	return ret;
}

/**
 * bench_traffic() - one round of traffic, each way
 * @guest: the guest
 * @nr: packets each way
 * @traffic: set
 * Return: 0 or an errno.
 */
int bench_traffic(struct bench_guest *guest, u32 nr, struct bench_traffic *traffic)
{
	int ret = run(guest, nr, true, false, &traffic->out);

	ret = ret ?: run(guest, nr, true, true, &traffic->out_completed);
	ret = ret ?: run(guest, nr, false, false, &traffic->in);
	return ret ?: run(guest, nr, false, true, &traffic->in_completed);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_BENCH_H
#define _VMB_BENCH_H

#include <linux/completion.h>
#include <linux/types.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/guest_memory.h"
#include "migrate/bus_state.h"
#include "wire/ring.h"

/* What a VMM reads and writes at once; the floors too go through this much */
#define BENCH_WINDOW		(64U << 10)

/* Longest payload of a packet, bytes */
#define BENCH_PAYLOAD_MAX	4096U

/**
 * struct bench_ram - guest RAM, of both hosts: a guest that moves takes it along
 * @pages: of each channel a control page and those of data, for both rings
 * @nr_pages: how many
 * @ring_pages: pages of data of each ring
 */
struct bench_ram {
	struct page **pages;
	u32 nr_pages;
	u32 ring_pages;
};

/* Pages of both rings of a channel */
static inline u32 bench_ram_each(const struct bench_ram *ram)
{
	return 2 * (1 + ram->ring_pages);
}

/**
 * struct bench_site - one host
 * @memory: guest RAM as the bus sees it
 * @ram: the pages
 * @bus: the bus
 * @channels: all of one type, instances 0..@nr_channels - 1
 * @nr_channels: how many
 * @released: the bus has been released
 */
struct bench_site {
	struct vmb_guest_memory memory;
	struct bench_ram *ram;
	struct vmb_bus *bus;
	struct vmb_channel **channels;
	u32 nr_channels;
	struct completion released;
};

/**
 * struct bench_round - what one round took, ns
 * @stop: RUNNING to STOP
 * @save: STOP_COPY, and all bytes read
 * @write: RESUMING, and all bytes written
 * @commit: RESUMING to STOP
 * @run: STOP to RUNNING
 * @copy: memcpy() of as many bytes
 * @hash: memcpy() and xxh64() of as many bytes
 * @gather: the same, but of what is in the packets' own memory, packet by packet
 */
struct bench_round {
	u64 stop;
	u64 save;
	u64 write;
	u64 commit;
	u64 run;
	u64 copy;
	u64 hash;
	u64 gather;
};

/**
 * struct bench_guest - the guest's end of a channel
 * @channel: the channel
 * @map: both rings in one mapping
 * @tx: guest to host
 * @rx: host to guest
 * @buf: what was read last
 * @buf_bytes: room there
 * @payload: of each packet, bytes
 * @batch: packets that fill half a ring
 */
struct bench_guest {
	struct vmb_channel *channel;
	void *map;
	struct vmb_ring tx;
	struct vmb_ring rx;
	u8 *buf;
	u32 buf_bytes;
	u32 payload;
	u32 batch;
};

/**
 * struct bench_traffic - what one round of traffic took, ns
 * @out: host to guest
 * @out_completed: the same, and each packet is completed by the guest
 * @in: guest to host
 * @in_completed: the same, and each packet is completed by the VSP
 */
struct bench_traffic {
	u64 out;
	u64 out_completed;
	u64 in;
	u64 in_completed;
};

/**
 * struct bench_memory - what the running task allocates
 * @bytes: of slab memory, all allocations
 * @peak: of slab memory, most at once
 * @pages: of the page allocator, those that the slab takes included
 */
struct bench_memory {
	u64 bytes;
	u64 peak;
	u64 pages;
};

/**
 * struct bench_image - a saved state
 * @data: the stream
 * @bytes: its length
 * @window: at least BENCH_WINDOW bytes, where reads and copies go
 * @room: how many
 * @packets: what is in flight
 * @nr_packets: how many
 * @state: private state of each, bytes
 */
struct bench_image {
	u8 *data;
	size_t bytes;
	u8 *window;
	u32 room;
	struct vmb_packet **packets;
	u32 nr_packets;
	u32 state;
};

int bench_ram_create(struct bench_ram *ram, u32 nr_channels, u32 ring_pages);
void bench_ram_destroy(struct bench_ram *ram);
int bench_site_create(struct bench_site *site, struct bench_ram *ram, u32 nr_channels);
void bench_site_destroy(struct bench_site *site);
int bench_site_open(struct bench_site *site);
void bench_site_eat(struct bench_site *site, u32 channel);
int bench_site_set_state(struct bench_site *site, enum vmb_bus_state state);

int bench_vsp_register(u32 state, bool hint, u32 bytes, u32 packets);
void bench_vsp_unregister(void);
struct vmb_packet *bench_vsp_send(struct vmb_channel *channel, u32 flags);
const void *bench_vsp_state(struct vmb_packet *packet);
void bench_vsp_identity(struct vmb_channel_identity *identity, u32 instance);

int bench_image_create(struct bench_image *image, struct bench_site *site);
void bench_image_destroy(struct bench_image *image);
int bench_move(struct bench_site *from, struct bench_image *image, struct bench_round *round);
int bench_move_memory(struct bench_site *from, struct bench_image *image,
		      struct bench_memory *save, struct bench_memory *restore);

int bench_guest_create(struct bench_guest *guest, struct bench_site *site, u32 payload);
void bench_guest_destroy(struct bench_guest *guest);
int bench_traffic(struct bench_guest *guest, u32 nr, struct bench_traffic *traffic);

int bench_memory_begin(void);
void bench_memory_end(struct bench_memory *memory);

#endif /* _VMB_BENCH_H */

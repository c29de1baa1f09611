/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_BENCH_H
#define _VMB_BENCH_H

#include <linux/completion.h>
#include <linux/types.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/guest_memory.h"
#include "migrate/bus_state.h"

/* What a VMM reads and writes at once; the floors too go through this much */
#define BENCH_WINDOW		(64U << 10)

/* A control page and one of data for each of the two rings */
#define BENCH_RING_PAGES	4
#define BENCH_DOWNSTREAM	2

/**
 * struct bench_ram - guest RAM, of both hosts: a guest that moves takes it along
 * @pages: four for each channel
 * @nr_pages: how many
 */
struct bench_ram {
	struct page **pages;
	u32 nr_pages;
};

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
 */
struct bench_round {
	u64 stop;
	u64 save;
	u64 write;
	u64 commit;
	u64 run;
	u64 copy;
	u64 hash;
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
 * @window: BENCH_WINDOW bytes, where reads and copies go
 */
struct bench_image {
	u8 *data;
	size_t bytes;
	u8 *window;
};

int bench_ram_create(struct bench_ram *ram, u32 nr_channels);
void bench_ram_destroy(struct bench_ram *ram);
int bench_site_create(struct bench_site *site, struct bench_ram *ram, u32 nr_channels);
void bench_site_destroy(struct bench_site *site);
int bench_site_open(struct bench_site *site);
void bench_site_eat(struct bench_site *site, u32 channel);
int bench_site_set_state(struct bench_site *site, enum vmb_bus_state state);

int bench_vsp_register(u32 state_bytes);
void bench_vsp_unregister(void);
int bench_vsp_prepare(struct vmb_channel *channel);
int bench_vsp_send(struct vmb_channel *channel);
void bench_vsp_identity(struct vmb_channel_identity *identity, u32 instance);

int bench_image_create(struct bench_image *image, struct bench_site *site);
void bench_image_destroy(struct bench_image *image);
int bench_move(struct bench_site *from, struct bench_image *image, struct bench_round *round);
int bench_move_memory(struct bench_site *from, struct bench_image *image,
		      struct bench_memory *save, struct bench_memory *restore);

int bench_memory_begin(void);
void bench_memory_end(struct bench_memory *memory);

#endif /* _VMB_BENCH_H */

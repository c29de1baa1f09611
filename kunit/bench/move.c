// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ktime.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/xxhash.h>

#include "bench.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "user/stream_file.h"

/* A chunk is what both the library and the floors copy and hash at once. */
#define PIECE	4096U

/* What is saved of a packet besides its state; as much is read of it here */
#define HEAD_BYTES	32U

static u64 since(u64 *then)
{
	u64 now = ktime_get_ns(), took = now - *then;

	*then = now;
	return took;
}

/* As read() of BENCH_WINDOW bytes again and again, or into @to if that is not NULL */
static int read_all(struct vmb_save *save, struct bench_image *image, u8 *to, size_t *total)
{
	u32 at = 0, bytes;
	const void *data;
	int ret;

	*total = 0;
	for (;;) {
		ret = vmb_save_read_begin(save, &data, &bytes);
		if (ret)
			return ret;
		if (!bytes)
			break;
		if (to)
			bytes = min_t(size_t, bytes, image->bytes - *total);
		else
			bytes = min(bytes, BENCH_WINDOW - at);
		memcpy(to ? to + *total : image->window + at, data, bytes);
		at = (at + bytes) % BENCH_WINDOW;
		*total += bytes;
		vmb_save_read_end(save, bytes);
	}
	vmb_save_read_end(save, 0);
	return 0;
}

/* Leaves the bus in STOP_COPY. */
static int save(struct bench_site *site, struct bench_image *image, u8 *to, size_t *total)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(site->bus, VMB_BUS_STOP_COPY, 0, &data);

	if (ret)
		return ret;
	ret = read_all(data.save, image, to, total);
	vmb_save_put(data.save);
	return ret;
}

/* As write() of all of it: what the data fd copies at once goes through the window. */
static int write_all(struct vmb_restore *restore, const struct bench_image *image)
{
	size_t at, bytes;
	ssize_t ret;

	for (at = 0; at < image->bytes; at += bytes) {
		bytes = min_t(size_t, VMB_STREAM_WRITE_BYTES, image->bytes - at);
		memcpy(image->window, image->data + at, bytes);
		ret = vmb_restore_write(restore, image->window, bytes);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* Leaves the bus in RESUMING. */
static int write(struct bench_site *site, const struct bench_image *image)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(site->bus, VMB_BUS_RESUMING, 0, &data);

	if (ret)
		return ret;
	ret = write_all(data.restore, image);
	vmb_restore_put(data.restore);
	return ret;
}

/**
 * bench_image_create() - save a bus and keep what was saved
 * @image: all zero but for the packets
 * @site: its bus is in RUNNING, and is again afterwards
 * Return: 0, for bench_image_destroy(), or an errno.
 */
int bench_image_create(struct bench_image *image, struct bench_site *site)
{
	int ret = bench_site_set_state(site, VMB_BUS_STOP);
	size_t total = 0;

	image->room = max(BENCH_WINDOW, HEAD_BYTES + image->state);
	image->window = kvmalloc(image->room, GFP_KERNEL);
	if (!image->window)
		return -ENOMEM;
	ret = ret ?: save(site, image, NULL, &image->bytes);
	ret = ret ?: bench_site_set_state(site, VMB_BUS_STOP);
	if (!ret) {
		image->data = vmalloc(image->bytes);
		ret = image->data ? 0 : -ENOMEM;
	}
	ret = ret ?: save(site, image, image->data, &total);
	ret = ret ?: bench_site_set_state(site, VMB_BUS_RUNNING);
	if (!ret && total != image->bytes)
		ret = -EBADFD;
	if (ret)
		bench_image_destroy(image);
	return ret;
}

/**
 * bench_image_destroy() - undo bench_image_create()
 * @image: the image
 */
void bench_image_destroy(struct bench_image *image)
{
	vfree(image->data);
	kvfree(image->window);
}

static void copy_floor(const struct bench_image *image)
{
	size_t at;

	for (at = 0; at < image->bytes; at += PIECE)
		memcpy(image->window + at % BENCH_WINDOW, image->data + at,
		       min_t(size_t, PIECE, image->bytes - at));
}

static u64 hash_floor(const struct bench_image *image)
{
	u64 hash = 0;
	size_t at;

	for (at = 0; at < image->bytes; at += PIECE) {
		size_t bytes = min_t(size_t, PIECE, image->bytes - at);
		u8 *to = image->window + at % BENCH_WINDOW;

		memcpy(to, image->data + at, bytes);
		hash = xxh64(to, bytes, hash);
	}
	return hash;
}

/*
 * What a save does if all else were free: each packet is visited where it is,
 * which costs a cache miss or two once there are many.
 */
static u64 gather_floor(const struct bench_image *image)
{
	u32 at = 0, hashed = 0, i;
	u64 hash = 0;

	for (i = 0; i < image->nr_packets; i++) {
		if (at + HEAD_BYTES + image->state > image->room) {
			hash = xxh64(image->window + hashed, at - hashed, hash);
			at = 0;
			hashed = 0;
		}
		memcpy(image->window + at, image->packets[i], HEAD_BYTES);
		memcpy(image->window + at + HEAD_BYTES, bench_vsp_state(image->packets[i]),
		       image->state);
		at += HEAD_BYTES + image->state;
		for (; at - hashed >= PIECE; hashed += PIECE)
			hash = xxh64(image->window + hashed, PIECE, hash);
	}
	return xxh64(image->window + hashed, at - hashed, hash);
}

static int save_round(struct bench_site *from, struct bench_image *image,
		      struct bench_round *round)
{
	u64 then = ktime_get_ns();
	size_t total;
	int ret;

	ret = bench_site_set_state(from, VMB_BUS_STOP);
	round->stop = since(&then);
	ret = ret ?: save(from, image, NULL, &total);
	round->save = since(&then);
	return ret ?: bench_site_set_state(from, VMB_BUS_STOP);
}

static void floor_round(struct bench_image *image, struct bench_round *round)
{
	u64 then = ktime_get_ns();

	copy_floor(image);
	round->copy = since(&then);
	/* It is looked at, or the compiler could leave it out. */
	WRITE_ONCE(image->window[0], hash_floor(image));
	round->hash = since(&then);
	WRITE_ONCE(image->window[0], gather_floor(image));
	round->gather = since(&then);
}

static int restore_round(struct bench_site *to, struct bench_image *image,
			 struct bench_round *round)
{
	u64 then = ktime_get_ns();
	int ret;

	ret = write(to, image);
	round->write = since(&then);
	ret = ret ?: bench_site_set_state(to, VMB_BUS_STOP);
	round->commit = since(&then);
	ret = ret ?: bench_site_set_state(to, VMB_BUS_RUNNING);
	round->run = since(&then);
	return ret;
}

/**
 * bench_move() - one round: save, floors, restore
 * @from: its bus is in RUNNING, and is again afterwards
 * @image: of @from
 * @round: set
 *
 * The destination is made for it and destroyed again, outside the measured time.
 * Return: 0 or an errno.
 */
int bench_move(struct bench_site *from, struct bench_image *image, struct bench_round *round)
{
	struct bench_site to;
	int ret = save_round(from, image, round);

	if (ret)
		return ret;
	floor_round(image, round);
	ret = bench_site_create(&to, from->ram, from->nr_channels);
	if (ret)
		return ret;
	ret = restore_round(&to, image, round);
	bench_site_destroy(&to);
	return ret ?: bench_site_set_state(from, VMB_BUS_RUNNING);
}

/**
 * bench_move_memory() - a save and a restore whose allocations are counted
 * @from: as for bench_move()
 * @image: likewise
 * @memory: set to what the save allocates
 * @restore: set to what the restore allocates
 * Return: 0 or an errno.
 */
int bench_move_memory(struct bench_site *from, struct bench_image *image,
		      struct bench_memory *memory, struct bench_memory *restore)
{
	struct bench_round round;
	struct bench_site to;
	int ret;

	ret = bench_memory_begin();
	if (ret)
		return ret;
	ret = save_round(from, image, &round);
	bench_memory_end(memory);
	if (!ret)
		ret = bench_site_create(&to, from->ram, from->nr_channels);
	if (ret)
		return ret;
	ret = bench_memory_begin();
	if (!ret) {
		ret = restore_round(&to, image, &round);
		bench_memory_end(restore);
	}
	bench_site_destroy(&to);
	return ret ?: bench_site_set_state(from, VMB_BUS_RUNNING);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include "bench.h"
#include "core/gpadl.h"
#include "migrate/restore.h"
#include "migrate/save.h"

#define FIRST_PFN	0x1000
#define GPADL		1

static int memory_pin(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr,
		      struct page **pages)
{
	struct bench_ram *ram = container_of(memory, struct bench_site, memory)->ram;
	u32 i;

	for (i = 0; i < nr; i++) {
		if (pfns[i] - FIRST_PFN >= ram->nr_pages)
			return -EFAULT;
		pages[i] = ram->pages[pfns[i] - FIRST_PFN];
	}
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
	return 0;
}

static void memory_unpin(struct vmb_guest_memory *memory, struct page **pages, u32 nr)
{
	while (nr--)
		put_page(pages[nr]);
}

static const struct vmb_guest_memory_ops memory_ops = {
	.pin = memory_pin,
	.unpin = memory_unpin,
};

static void bus_release(struct vmb_bus *bus)
{
	struct bench_site *site = bus->owner;

	complete(&site->released);
}

static const struct vmb_bus_ops bus_ops = {
	.release = bus_release,
};

static void host_signal(struct vmb_channel_host *host)
{
}

static void host_release(struct vmb_channel_host *host)
{
}

/* The guest looks at its rings when it is told to. */
static struct vmb_channel_host deaf_host = {
	.signal = host_signal,
	.release = host_release,
};

/**
 * bench_ram_create() - RAM for the rings of some channels
 * @ram: all zero
 * @nr_channels: how many
 * @ring_pages: pages of data of each ring
 * Return: 0, for bench_ram_destroy(), or -ENOMEM.
 */
int bench_ram_create(struct bench_ram *ram, u32 nr_channels, u32 ring_pages)
{
	u32 nr;

	ram->ring_pages = ring_pages;
	nr = nr_channels * bench_ram_each(ram);
	ram->pages = kvcalloc(nr, sizeof(*ram->pages), GFP_KERNEL);
	if (!ram->pages)
		return -ENOMEM;
	while (ram->nr_pages < nr) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		if (!page) {
			bench_ram_destroy(ram);
			return -ENOMEM;
		}
		ram->pages[ram->nr_pages++] = page;
	}
	return 0;
}

/**
 * bench_ram_destroy() - undo bench_ram_create()
 * @ram: no bus uses it
 */
void bench_ram_destroy(struct bench_ram *ram)
{
	while (ram->nr_pages)
		put_page(ram->pages[--ram->nr_pages]);
	kvfree(ram->pages);
}

static int offer(struct bench_site *site, u32 i)
{
	struct vmb_channel_identity identity;
	struct vmb_channel *channel;

	bench_vsp_identity(&identity, i);
	channel = vmb_bus_offer(site->bus, &identity);
	if (IS_ERR(channel))
		return PTR_ERR(channel);
	vmb_channel_set_host(channel, &deaf_host);
	site->channels[site->nr_channels++] = channel;
	return 0;
}

/**
 * bench_site_create() - a bus in STOP, with channels on offer
 * @site: where
 * @ram: of the guest
 * @nr_channels: how many
 * Return: 0, for bench_site_destroy(), or an errno.
 */
int bench_site_create(struct bench_site *site, struct bench_ram *ram, u32 nr_channels)
{
	int ret = 0;

	*site = (struct bench_site) { .memory.ops = &memory_ops, .ram = ram };
	init_completion(&site->released);
	site->channels = kvcalloc(nr_channels, sizeof(*site->channels), GFP_KERNEL);
	if (!site->channels)
		return -ENOMEM;
	site->bus = vmb_bus_create(&bus_ops, &site->memory, site);
	if (IS_ERR(site->bus)) {
		kvfree(site->channels);
		return PTR_ERR(site->bus);
	}
	while (!ret && site->nr_channels < nr_channels)
		ret = offer(site, site->nr_channels);
	if (ret)
		bench_site_destroy(site);
	return ret;
}

/**
 * bench_site_destroy() - undo bench_site_create()
 * @site: the host; what is in flight there is discarded
 */
void bench_site_destroy(struct bench_site *site)
{
	vmb_bus_destroy(site->bus);
	while (site->nr_channels)
		vmb_channel_put(site->channels[--site->nr_channels]);
	wait_for_completion(&site->released);
	kvfree(site->channels);
}

static int open_channel(struct bench_site *site, u32 i)
{
	const struct vmb_channel_open open = {
		.gpadl = GPADL, .downstream_page = 1 + site->ram->ring_pages,
	};
	const u32 each = bench_ram_each(site->ram);
	struct vmb_channel *channel = site->channels[i];
	struct vmb_gpadl *gpadl;
	u32 page;
	int ret;

	gpadl = vmb_gpadl_alloc(channel, GPADL, each * PAGE_SIZE, 0, each);
	if (IS_ERR(gpadl))
		return PTR_ERR(gpadl);
	for (page = 0; page < each; page++)
		gpadl->pfns[page] = FIRST_PFN + i * each + page;
	ret = vmb_gpadl_create(channel, gpadl);
	if (ret) {
		vmb_gpadl_free(channel, gpadl);
		return ret;
	}
	return vmb_channel_open(channel, &open);
}

/**
 * bench_site_open() - the guest lends rings and opens all channels
 * @site: its bus is in RUNNING
 * Return: 0 or an errno.
 */
int bench_site_open(struct bench_site *site)
{
	int ret = 0;
	u32 i;

	for (i = 0; !ret && i < site->nr_channels; i++)
		ret = open_channel(site, i);
	return ret;
}

/**
 * bench_site_eat() - the guest takes all there is out of a ring, and answers nothing
 * @site: the host
 * @channel: index of the channel
 */
void bench_site_eat(struct bench_site *site, u32 channel)
{
	struct bench_ram *ram = site->ram;
	u32 page = channel * bench_ram_each(ram) + 1 + ram->ring_pages;
	struct vmb_ring_control *control = page_address(ram->pages[page]);

	WRITE_ONCE(control->read_index, READ_ONCE(control->write_index));
}

/**
 * bench_site_set_state() - vmb_bus_set_state() without its data
 * @site: the host
 * @state: STOP or RUNNING
 * Return: as vmb_bus_set_state().
 */
int bench_site_set_state(struct bench_site *site, enum vmb_bus_state state)
{
	struct vmb_bus_data data;

	return vmb_bus_set_state(site->bus, state, 0, &data);
}

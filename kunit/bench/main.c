// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>

#include "bench.h"

/*
 * Measures once while it is loaded; what it found is in the debugfs file
 * vmbsave_bench until it is unloaded. One line says what was measured and what
 * was counted, then each round is one.
 */

static uint packets = 1000;
module_param(packets, uint, 0444);
MODULE_PARM_DESC(packets, "packets in flight, on all channels together");

static uint channels = 1;
module_param(channels, uint, 0444);
MODULE_PARM_DESC(channels, "channels");

static uint state = 64;
module_param(state, uint, 0444);
MODULE_PARM_DESC(state, "private state of each packet, bytes");

static uint payload = 16;
module_param(payload, uint, 0444);
MODULE_PARM_DESC(payload, "payload of each packet, bytes");

static bool hint = true;
module_param(hint, bool, 0444);
MODULE_PARM_DESC(hint, "the VSP has said how long the state of a packet is");

static bool traffic;
module_param(traffic, bool, 0444);
MODULE_PARM_DESC(traffic, "measure traffic over one channel instead of a move");

static bool serve;
module_param(serve, bool, 0444);
MODULE_PARM_DESC(serve, "measure nothing: be the VSP of a VMM, and send the packets");

static uint rounds = 15;
module_param(rounds, uint, 0444);
MODULE_PARM_DESC(rounds, "how often");

#define TEXT_BYTES	(64U << 10)

/* Pages of data of a ring that is only filled, and of one that is worked with */
#define MOVE_PAGES	1
#define TRAFFIC_PAGES	16

static char *text;
static struct debugfs_blob_wrapper blob;
static struct dentry *file;

static __printf(1, 2) void report(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	blob.size += vscnprintf(text + blob.size, TEXT_BYTES - blob.size, fmt, args);
	va_end(args);
}

static int send_all(struct bench_site *site, struct bench_image *image)
{
	u32 i;

	for (i = 0; i < packets; i++) {
		struct vmb_packet *packet = bench_vsp_send(site->channels[i % channels],
							   VMB_PACKET_WAIT_FOR_COMPLETION);

		if (IS_ERR(packet))
			return PTR_ERR(packet);
		image->packets[image->nr_packets++] = packet;
		bench_site_eat(site, i % channels);
	}
	return 0;
}

static int measure_rounds(struct bench_site *site, struct bench_image *image)
{
	struct bench_round round;
	u32 i;

	/* The first one finds all caches cold. */
	for (i = 0; i <= rounds; i++) {
		int ret = bench_move(site, image, &round);

		if (ret)
			return ret;
		if (!i)
			continue;
		report("round stop=%llu save=%llu write=%llu commit=%llu run=%llu ",
		       round.stop, round.save, round.write, round.commit, round.run);
		report("copy=%llu hash=%llu gather=%llu\n", round.copy, round.hash,
		       round.gather);
	}
	return 0;
}

static int measure_moves(struct bench_site *site)
{
	struct bench_memory save, restore;
	struct bench_image image = { .state = state };
	int ret;

	image.packets = kvmalloc_array(packets, sizeof(*image.packets), GFP_KERNEL);
	if (!image.packets)
		return -ENOMEM;
	ret = send_all(site, &image) ?: bench_image_create(&image, site);
	if (ret) {
		kvfree(image.packets);
		return ret;
	}
	ret = bench_move_memory(site, &image, &save, &restore);
	if (!ret) {
		report("run packets=%u channels=%u state=%u hint=%u bytes=%zu ", packets, channels,
		       state, hint, image.bytes);
		report("save_bytes=%llu save_peak=%llu save_pages=%llu ", save.bytes,
		       save.peak, save.pages);
		report("restore_bytes=%llu restore_peak=%llu restore_pages=%llu\n",
		       restore.bytes, restore.peak, restore.pages);
		ret = measure_rounds(site, &image);
	}
	bench_image_destroy(&image);
	kvfree(image.packets);
	return ret;
}

static int measure_traffic(struct bench_site *site)
{
	struct bench_traffic took;
	struct bench_guest guest;
	u32 i;
	int ret = bench_guest_create(&guest, site, payload);

	if (ret)
		return ret;
	report("run traffic=1 packets=%u payload=%u\n", packets, payload);
	for (i = 0; !ret && i <= rounds; i++) {
		ret = bench_traffic(&guest, packets, &took);
		if (i && !ret)
			report("round out=%llu out_completed=%llu in=%llu in_completed=%llu\n",
			       took.out, took.out_completed, took.in, took.in_completed);
	}
	bench_guest_destroy(&guest);
	return ret;
}

static int measure_site(struct bench_site *site)
{
	int ret = bench_site_set_state(site, VMB_BUS_RUNNING) ?: bench_site_open(site);

	if (ret)
		return ret;
	return traffic ? measure_traffic(site) : measure_moves(site);
}

static int measure(void)
{
	struct bench_ram ram = {};
	struct bench_site site;
	int ret = bench_ram_create(&ram, channels, traffic ? TRAFFIC_PAGES : MOVE_PAGES);

	if (ret)
		return ret;
	ret = bench_site_create(&site, &ram, channels);
	if (!ret) {
		ret = measure_site(&site);
		bench_site_destroy(&site);
	}
	bench_ram_destroy(&ram);
	return ret;
}

static int __init bench_init(void)
{
	int ret;

	if (!packets || !channels || !rounds)
		return -EINVAL;
	text = kvmalloc(TEXT_BYTES, GFP_KERNEL);
	if (!text)
		return -ENOMEM;
	ret = bench_vsp_register(state, hint, payload, serve ? packets : 0);
	if (!ret && !serve) {
		ret = measure();
		bench_vsp_unregister();
	}
	if (ret) {
		kvfree(text);
		return ret;
	}
	blob.data = text;
	file = debugfs_create_blob("vmbsave_bench", 0444, NULL, &blob);
	return 0;
}

static void __exit bench_exit(void)
{
	debugfs_remove(file);
	if (serve)
		bench_vsp_unregister();
	kvfree(text);
}

module_init(bench_init);
module_exit(bench_exit);

MODULE_DESCRIPTION("What a move costs");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

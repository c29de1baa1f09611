// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packets that were sent are found by their ids, whichever of them have left.
 */
#include <kunit/test.h>
#include <linux/module.h>
#include <linux/prandom.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"

#define PACKETS	500

static struct vmb_packet *make_packets(struct kunit *test, u64 first_id)
{
	struct vmb_packet *packets = vmb_test_alloc(test, PACKETS * sizeof(*packets));
	u32 i;

	for (i = 0; i < PACKETS; i++) {
		packets[i].out.kind = VMB_OUTGOING_PACKET;
		packets[i].out.id = first_id + 3 * i;
	}
	return packets;
}

static void send_all(struct vmb_channel_queue *queue, struct vmb_packet *packets, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		vmb_queue_add(queue, &packets[i].out, true);
}

static bool is_there(const struct vmb_packet *packet)
{
	return packet->state == VMB_PACKET_SENT;
}

/* No post has more packets than RUN_MAX of queue.c. */
static void expect_short_runs(struct kunit *test, struct vmb_channel_queue *queue)
{
	struct vmb_outgoing *out;
	u32 run = 0, longest = 0;

	list_for_each_entry(out, &queue->sent_list, node) {
		run = out->post ? 1 : run + 1;
		longest = max(longest, run);
	}
	KUNIT_EXPECT_LE(test, longest, 8);
}

static void expect_all_found(struct kunit *test, struct vmb_channel_queue *queue,
			     struct vmb_packet *packets)
{
	struct vmb_outgoing *out, *want;
	u32 i;

	for (i = 0; i < PACKETS; i++) {
		want = is_there(&packets[i]) ? &packets[i].out : NULL;
		out = vmb_queue_find(queue, packets[i].out.id);
		KUNIT_EXPECT_PTR_EQ_MSG(test, out, want, "packet %u", i);
		KUNIT_EXPECT_NULL(test, vmb_queue_find(queue, packets[i].out.id + 1));
	}
	KUNIT_EXPECT_NULL(test, vmb_queue_find(queue, 0));
	KUNIT_EXPECT_NULL(test, vmb_queue_find(queue, U64_MAX));
	expect_short_runs(test, queue);
}

static void each_is_found_whichever_have_left(struct kunit *test)
{
	struct vmb_packet *packets = make_packets(test, 10);
	struct vmb_channel_queue queue;
	struct rnd_state random;
	u32 round, i;

	prandom_seed_state(&random, vmb_test_seed());
	vmb_queue_init(&queue);
	send_all(&queue, packets, PACKETS);
	expect_all_found(test, &queue, packets);
	for (round = 0; round < 20; round++) {
		for (i = 0; i < 40; i++) {
			struct vmb_packet *packet =
				&packets[prandom_u32_state(&random) % PACKETS];

			if (is_there(packet))
				vmb_queue_remove(&queue, &packet->out);
		}
		expect_all_found(test, &queue, packets);
	}
}

/* A guest that completes each packet at once but the first ones. */
static void runs_do_not_grow_while_the_last_ones_leave(struct kunit *test)
{
	struct vmb_packet *packets = make_packets(test, 10);
	struct vmb_channel_queue queue;
	u32 i;

	vmb_queue_init(&queue);
	for (i = 0; i < PACKETS; i++) {
		vmb_queue_add(&queue, &packets[i].out, true);
		if (i >= 8 && packets[i].out.post)
			vmb_queue_remove(&queue, &packets[i].out);
	}
	expect_all_found(test, &queue, packets);
}

static void the_order_of_adding_does_not_matter(struct kunit *test)
{
	struct vmb_packet *packets = make_packets(test, 10);
	struct vmb_channel_queue queue;
	struct vmb_outgoing *out;
	u64 last = 0;
	u32 i;

	vmb_queue_init(&queue);
	for (i = 0; i < PACKETS; i++)
		vmb_queue_add(&queue, &packets[(i * 77) % PACKETS].out, true);
	for (i = 0; i < PACKETS; i++)
		KUNIT_EXPECT_PTR_EQ(test, vmb_queue_find(&queue, packets[i].out.id),
				    &packets[i].out);
	list_for_each_entry(out, &queue.sent_list, node) {
		KUNIT_EXPECT_GT(test, out->id, last);
		last = out->id;
	}
}

static void a_staged_queue_is_searched_as_before_once_it_is_the_channels(struct kunit *test)
{
	struct vmb_packet *packets = make_packets(test, 10);
	struct vmb_channel *channel = vmb_test_alloc(test, sizeof(*channel));
	struct vmb_channel_queue staged;

	spin_lock_init(&channel->lock);
	vmb_queue_init(&channel->queue);
	vmb_queue_init(&staged);
	send_all(&staged, packets, PACKETS / 2);
	vmb_queue_splice(channel, &staged);
	send_all(&channel->queue, packets + PACKETS / 2, PACKETS / 2);
	expect_all_found(test, &channel->queue, packets);
	KUNIT_EXPECT_TRUE(test, list_empty(&staged.sent_list));
}

static struct kunit_case queue_cases[] = {
	KUNIT_CASE(each_is_found_whichever_have_left),
	KUNIT_CASE(runs_do_not_grow_while_the_last_ones_leave),
	KUNIT_CASE(the_order_of_adding_does_not_matter),
	KUNIT_CASE(a_staged_queue_is_searched_as_before_once_it_is_the_channels),
	{}
};

static struct kunit_suite queue_suite = {
	.name = "vmbsave_queue",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = queue_cases,
};

kunit_test_suite(queue_suite);

MODULE_DESCRIPTION("Packets that were sent are found");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

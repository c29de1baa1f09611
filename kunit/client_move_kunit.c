// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>

#include "core/gpadl.h"
#include "core/loopback.h"
#include "couple.h"
#include "fixture.h"
#include "machine.h"

/* A guest in this kernel moves from one bus to another. */

/* Packets of each kind in flight, each way */
#define NR 12

/**
 * struct scene - what is in flight
 * @couple: the couple, with rings of one page
 * @old: the server on the first bus
 * @requests: of the client
 * @messages: of the server, which the client holds
 * @nr_held: length of @messages
 */
struct scene {
	struct vmb_test_couple *couple;
	struct vmb_test_server *old;
	struct vmb_kunit_request *requests[NR];
	struct vmb_kunit_message *messages[NR];
	u32 nr_held;
};

static struct scene *begin(struct kunit *test)
{
	struct scene *scene = vmb_test_alloc(test, sizeof(*scene));
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	KUNIT_ASSERT_EQ(test, vmb_client_channel_init_set_ring_page_count(couple->client->channel,
									  1, 1), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_init_set_max_external_data(couple->client->channel,
								     PAGE_SIZE, 1), 0);
	couple->vsp->knobs.max_external_bytes = PAGE_SIZE;
	couple->vsp->knobs.max_external_ranges = 1;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	scene->couple = couple;
	scene->old = couple->server;
	return scene;
}

/* The client holds some, more wait in the ring and behind it, in both directions. */
static void fill(struct scene *scene)
{
	struct vmb_test_couple *couple = scene->couple;
	struct kunit *test = couple->test;
	u8 *bytes = vmb_test_alloc(test, 900);
	u32 i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 900, 50), 0);
		scene->messages[i] = vmb_kunit_receive(couple->client);
		KUNIT_ASSERT_NOT_NULL(test, scene->messages[i]);
	}
	scene->nr_held = 3;
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(vmb_kunit_bus(couple->fixture), 0), 0);
	for (i = 3; i < NR; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 900, i), 0);
	for (i = 0; i < NR; i++) {
		vmb_test_fill(bytes, 900, i);
		scene->requests[i] = vmb_kunit_request(couple->client, bytes, 900);
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(scene->requests[i]), 0);
	}
}

/* Each packet was seen once by the other end, and its answer by its own. */
static void expect_all(struct scene *scene, struct vmb_test_server *server)
{
	struct vmb_test_couple *couple = scene->couple;
	struct kunit *test = couple->test;
	struct vmb_kunit_message *message;
	u32 i;

	for (i = 0; i < scene->nr_held; i++)
		vmb_kunit_answer(scene->messages[i], "a", 1);
	for (i = scene->nr_held; i < NR; i++) {
		message = vmb_kunit_receive(couple->client);
		KUNIT_ASSERT_NOT_NULL(test, message);
		KUNIT_EXPECT_EQ(test, message->id, i + 1);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(message->data, 900, i + 1));
		vmb_kunit_answer(message, "b", 1);
	}
	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_EQ(test, vmb_kunit_await(scene->requests[i]), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(scene->requests[i]->answer, 900, i));
	}
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(server, VMB_TEST_DONE) == NR));
	vmb_test_couple_settle(couple);
	KUNIT_EXPECT_EQ(test, vmb_kunit_received(couple->client), NR);
	for (i = 0; i < NR; i++) {
		KUNIT_EXPECT_EQ(test, scene->requests[i]->nr_done, 1);
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(server, i + 1)->done, 1);
	}
}

static int move(struct scene *scene)
{
	int ret = vmb_kunit_move(scene->couple->fixture);

	if (!ret)
		scene->couple->server = vmb_test_vsp_last(scene->couple->vsp);
	return ret;
}

static void packets_in_flight_both_ways_arrive_once(struct kunit *test)
{
	struct scene *scene = begin(test);
	u32 i;

	/* Arrange */
	fill(scene);

	/* Act */
	KUNIT_ASSERT_EQ(test, move(scene), 0);

	/* Assert */
	KUNIT_EXPECT_PTR_NE(test, scene->couple->server, scene->old);
	expect_all(scene, scene->couple->server);
	for (i = 0; i < NR; i++)
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(scene->old, i + 1)->discarded, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(scene->old, VMB_TEST_DONE), 0);
}

static void the_client_does_not_know_that_it_moved(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_kunit_client *client = scene->couple->client;

	KUNIT_ASSERT_EQ(test, move(scene), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_couple_meet(scene->couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(scene->couple, 500), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->opened), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->started), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->suspended), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&client->closed), 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(scene->old, VMB_TEST_STATE_CALLS),
			   "probe opened started post_started suspend closed remove");
}

static void the_source_forgets_its_guest(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_test_couple *couple = scene->couple;
	struct vmb_channel *source = scene->old->channel;
	struct vmb_bus *from = vmb_kunit_bus(couple->fixture);
	struct vmb_bus *to = vmb_loopback_create();
	struct vmb_channel *there;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(to), 0);
	fill(scene);
	KUNIT_EXPECT_EQ(test, vmb_loopback_stop(to, 0), 0);
	there = vmb_loopback_offer(to, vmb_channel_interface_type(source),
				   vmb_channel_interface_instance(source), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(there), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_loopback_move(from, to), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(source), VMB_CHANNEL_STOPPED);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(scene->old, VMB_TEST_CLOSED), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(scene->old, VMB_TEST_DISCARD), NR);
	KUNIT_EXPECT_TRUE(test, xa_empty(&source->gpadls));
	KUNIT_EXPECT_NULL(test, source->host);
	KUNIT_EXPECT_TRUE(test, xa_empty(&vmb_loopback_of(from)->ram));
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(from), 0);
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(to), 0);
	couple->server = vmb_test_server_of(there);
	expect_all(scene, couple->server);
	vmb_channel_put(there);
	couple->fixture->bus = to;
	vmb_loopback_destroy(from);
}

static void a_guest_that_moved_can_move_on(struct kunit *test)
{
	struct scene *scene = begin(test);

	fill(scene);
	KUNIT_ASSERT_EQ(test, move(scene), 0);
	KUNIT_ASSERT_EQ(test, move(scene), 0);
	KUNIT_ASSERT_EQ(test, move(scene), 0);
	expect_all(scene, scene->couple->server);
}

static void what_was_lent_is_lent_on_the_other_bus(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_channel *channel = scene->couple->client->channel;
	struct vmb_page_range range = {
		.pages = vmb_test_machine_create_sized(test, 2)->pages,
		.nr_pages = 2, .byte_count = 2 * PAGE_SIZE,
	};
	struct vmb_gpadl *gpadl;
	u32 id = 0, next = 0;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_create_gpadl(channel, VMB_GPADL_READ_ONLY, &range, &id),
			0);

	/* Act */
	KUNIT_ASSERT_EQ(test, move(scene), 0);

	/* Assert */
	gpadl = xa_load(&scene->couple->server->channel->gpadls, id);
	KUNIT_ASSERT_NOT_NULL(test, gpadl);
	KUNIT_EXPECT_PTR_EQ(test, gpadl->pages[1], range.pages[1]);
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &next), 0);
	KUNIT_EXPECT_GT(test, next, id);
	vmb_channel_delete_gpadl(channel, id);
	KUNIT_EXPECT_NULL(test, xa_load(&scene->couple->server->channel->gpadls, id));
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_EQ(test, page_ref_count(range.pages[0]), 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&vmb_loopback_of(channel->bus)->ram));
}

static void take_page(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	const struct vmb_external_data *data;

	if (call == VMB_TEST_PROCESS && !vmb_packet_get_external_data(arg, 0, &data))
		server->data = data->ranges[0].pages[0];
}

/* Whose bus changes meanwhile may not be asked where to lend, without its lock. */
static void pages_sent_in_any_context_move_with_the_guest(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_channel *channel = scene->couple->client->channel;
	struct vmb_bus *from = vmb_kunit_bus(scene->couple->fixture);
	struct vmb_packet *packet = vmb_packet_allocate(channel);
	struct vmb_page_range range = {
		.pages = vmb_test_machine_create_sized(test, 1)->pages,
		.nr_pages = 1, .byte_count = PAGE_SIZE,
	};
	unsigned long flags;
	int ret;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(from, 0), 0);
	scene->couple->vsp->knobs.hook = take_page;

	/* Act */
	local_irq_save(flags);
	ret = vmb_packet_send_external(packet, "page", 4, &range, 0, 0,
				       VMB_PACKET_WAIT_FOR_COMPLETION);
	local_irq_restore(flags);
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, move(scene), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(!channel->queue.nr_packets));
	KUNIT_EXPECT_PTR_EQ(test, scene->couple->server->data, (void *)range.pages[0]);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_TRUE(test, xa_empty(&vmb_loopback_of(channel->bus)->ram));
	KUNIT_EXPECT_EQ(test, page_ref_count(range.pages[0]), 1);
}

static void a_client_that_waits_moves_and_connects_there(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_test_couple *couple = scene->couple;
	struct vmb_kunit_client *second =
		vmb_kunit_client_create(couple->fixture, &couple->vsp->ids[0].type);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(second->channel), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, move(scene), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(second, VMB_CHANNEL_ACTIVE));
	KUNIT_EXPECT_PTR_EQ(test, second->channel->bus, vmb_kunit_bus(couple->fixture));
}

static void expect_failed_move_goes_on(struct scene *scene, int error)
{
	struct kunit *test = scene->couple->test;
	struct vmb_test_couple *couple = scene->couple;
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);

	KUNIT_EXPECT_EQ(test, move(scene), error);
	KUNIT_EXPECT_PTR_EQ(test, vmb_kunit_bus(couple->fixture), bus);
	KUNIT_EXPECT_PTR_EQ(test, couple->client->channel->bus, bus);
	expect_all(scene, scene->old);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 0);
}

static void a_restore_that_fails_leaves_all_at_the_source(struct kunit *test)
{
	struct scene *scene = begin(test);

	fill(scene);
	scene->couple->vsp->knobs.restore = VMB_TEST_RESTORE_FAIL_BEFORE;
	scene->couple->vsp->knobs.restore_at = 5;
	scene->couple->vsp->knobs.restore_error = -ENOSPC;

	expect_failed_move_goes_on(scene, -ENOSPC);
}

static void a_commit_that_fails_leaves_all_at_the_source(struct kunit *test)
{
	struct scene *scene = begin(test);

	fill(scene);
	scene->couple->vsp->knobs.opened_error = -EACCES;

	expect_failed_move_goes_on(scene, -EACCES);
}

static void a_save_that_fails_leaves_all_at_the_source(struct kunit *test)
{
	struct scene *scene = begin(test);

	fill(scene);
	scene->old->knobs.save.nr = 1;
	scene->old->knobs.save.pass[0].ret = -EILSEQ;

	expect_failed_move_goes_on(scene, -EILSEQ);
}

static void a_move_after_a_failed_one_succeeds(struct kunit *test)
{
	struct scene *scene = begin(test);

	/* Arrange */
	fill(scene);
	scene->couple->vsp->knobs.opened_error = -EACCES;
	KUNIT_ASSERT_EQ(test, move(scene), -EACCES);
	scene->couple->vsp->knobs.opened_error = 0;

	/* Act */
	KUNIT_ASSERT_EQ(test, move(scene), 0);

	/* Assert */
	expect_all(scene, scene->couple->server);
}

static void a_bus_with_nothing_to_receive_the_guest_is_refused(struct kunit *test)
{
	struct scene *scene = begin(test);
	struct vmb_bus *from = vmb_kunit_bus(scene->couple->fixture);
	struct vmb_bus *to = vmb_loopback_create();

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(to), 0);
	KUNIT_EXPECT_EQ(test, vmb_loopback_move(from, to), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_loopback_stop(from, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_loopback_move(from, to), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_loopback_stop(to, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_loopback_move(from, to), -ENOENT);
	KUNIT_EXPECT_EQ(test, vmb_loopback_move(from, from), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(from), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(scene->couple, 30), 0);
	vmb_loopback_destroy(to);
}

static struct kunit_case client_move_cases[] = {
	KUNIT_CASE(packets_in_flight_both_ways_arrive_once),
	KUNIT_CASE(the_client_does_not_know_that_it_moved),
	KUNIT_CASE(the_source_forgets_its_guest),
	KUNIT_CASE(a_guest_that_moved_can_move_on),
	KUNIT_CASE(what_was_lent_is_lent_on_the_other_bus),
	KUNIT_CASE(pages_sent_in_any_context_move_with_the_guest),
	KUNIT_CASE(a_client_that_waits_moves_and_connects_there),
	KUNIT_CASE(a_restore_that_fails_leaves_all_at_the_source),
	KUNIT_CASE(a_commit_that_fails_leaves_all_at_the_source),
	KUNIT_CASE(a_save_that_fails_leaves_all_at_the_source),
	KUNIT_CASE(a_move_after_a_failed_one_succeeds),
	KUNIT_CASE(a_bus_with_nothing_to_receive_the_guest_is_refused),
	{}
};

static struct kunit_suite client_move_suite = {
	.name = "vmbsave_client_move",
	.init = vmb_test_init,
	.exit = vmb_test_couple_exit,
	.test_cases = client_move_cases,
};

kunit_test_suite(client_move_suite);

MODULE_DESCRIPTION("A guest in this kernel moves from one bus to another");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

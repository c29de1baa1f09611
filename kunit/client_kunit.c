// SPDX-License-Identifier: GPL-2.0-only
#include "couple.h"
#include "fixture.h"
#include "job.h"

/* A client's end: how it connects, what it sends, how it is closed. */

static void a_client_meets_an_offer_that_is_there(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);

	/* Assert */
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_ACTIVE);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->opened), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->started), 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(couple->server, VMB_TEST_STATE_CALLS),
			   "probe opened started post_started");
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
}

static void a_client_waits_for_an_offer_that_comes_later(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
	flush_delayed_work(&couple->client->channel->client->work);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_ENABLED);

	/* Act */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Assert */
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 100), 0);
}

static void a_client_of_another_instance_waits_on(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;
	static const guid_t other = GUID_INIT(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
	struct vmb_channel *offer;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_client_channel_init_set_target(channel, &couple->vsp->ids[0].type,
								 &other, NULL), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	flush_delayed_work(&channel->client->work);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_ENABLED);
	offer = vmb_loopback_offer(vmb_kunit_bus(couple->fixture),
				   &couple->vsp->ids[0].type, &other, 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(offer), 0);
	vmb_channel_put(offer);
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_ACTIVE));
}

static void an_offer_is_for_one_client_and_then_for_the_next(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_client *second =
		vmb_kunit_client_create(couple->fixture, &couple->vsp->ids[0].type);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(second->channel), 0);
	flush_delayed_work(&second->channel->client->work);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(second->channel), VMB_CHANNEL_ENABLED);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(couple->client->channel), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(second, VMB_CHANNEL_ACTIVE));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_DISABLED);
}

static void a_packet_of_the_server_is_answered_by_the_client(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_message *message;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 100, 0), 0);
	message = vmb_kunit_receive(couple->client);
	KUNIT_ASSERT_NOT_NULL(test, message);
	vmb_kunit_answer(message, "answer", 7);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(message->data, 100, 1));
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_record(couple->server, 1)->done));
	KUNIT_EXPECT_STREQ(test, (char *)vmb_test_server_record(couple->server, 1)->answer,
			   "answer");
}

#define MANY 200

static void more_than_a_ring_holds_arrives_once_and_in_order(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_kunit_request **requests =
		vmb_test_alloc(test, MANY * sizeof(*requests));
	u8 *bytes = vmb_test_alloc(test, 1000);
	bool queued;
	u32 i;

	/* Arrange: rings of one page, which take four of them. */
	KUNIT_ASSERT_EQ(test, vmb_client_channel_init_set_ring_page_count(couple->client->channel,
									  1, 1), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));

	/* Act */
	for (i = 0; i < MANY; i++) {
		vmb_test_fill(bytes, 900, i);
		requests[i] = vmb_kunit_request(couple->client, bytes, 900);
		KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(requests[i]), 0);
	}
	queued = !list_empty(&couple->client->channel->queue.waiting);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, queued);
	for (i = 0; i < MANY; i++) {
		KUNIT_ASSERT_EQ(test, vmb_kunit_await(requests[i]), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_filled(requests[i]->answer, 900, i));
	}
	vmb_test_couple_settle(couple);
	for (i = 0; i < MANY; i++)
		KUNIT_EXPECT_EQ(test, requests[i]->nr_done, 1);
}

/* Each of these closes a couple, whose server holds a request of the client. */
static struct vmb_kunit_request *hold_one(struct vmb_test_couple *couple)
{
	struct vmb_kunit_request *request;

	couple->server->knobs.hold = true;
	couple->server->knobs.keep_on_suspend = true;
	request = vmb_kunit_request(couple->client, "x", 1);
	KUNIT_ASSERT_EQ(couple->test, PTR_ERR_OR_ZERO(request), 0);
	KUNIT_ASSERT_TRUE(couple->test, vmb_test_wait(vmb_test_server_held(couple->server) == 1));
	return request;
}

static void expect_closed(struct vmb_test_couple *couple,
			  struct vmb_kunit_request *request)
{
	struct kunit *test = couple->test;

	KUNIT_ASSERT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	KUNIT_EXPECT_EQ(test, vmb_kunit_await(request), -ECANCELED);
	flush_delayed_work(&couple->client->channel->client->work);
	KUNIT_EXPECT_EQ(test, request->nr_done, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->suspended), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 1);
	KUNIT_EXPECT_NULL(test, couple->client->channel->client->link);
	KUNIT_EXPECT_TRUE(test, xa_empty(&couple->client->channel->client->lent));
}

static int complete_held(void *arg)
{
	return vmb_test_server_complete(arg, U32_MAX);
}

static void a_client_that_is_disabled_closes_its_server(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);

	/* Arrange */
	couple->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_kunit_request(couple->client, "x", 1)), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_held(couple->server) == 1));
	couple->server->knobs.keep_on_suspend = true;
	vmb_test_job_start(test, 200, complete_held, couple->server);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(couple->client->channel), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(couple->server, VMB_TEST_STATE_CALLS),
			   "probe opened started post_started suspend closed");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->server->channel),
			VMB_CHANNEL_STOPPED);
	KUNIT_EXPECT_TRUE(test, xa_empty(&couple->server->channel->gpadls));
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 1);
}

static void disabling_gives_up_at_the_deadline_and_runs_on(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request = hold_one(couple);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable_timeout(couple->client->channel, 50),
			-ETIMEDOUT);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_ACTIVE);
	vmb_test_server_complete(couple->server, U32_MAX);
	KUNIT_EXPECT_EQ(test, vmb_kunit_await(request), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 0);
}

static void a_server_that_is_disabled_closes_the_client(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request = hold_one(couple);

	/* Act: what it holds is answered meanwhile. */
	vmb_test_job_start(test, 100, complete_held, couple->server);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(couple->server->channel), 0);

	/* Assert */
	KUNIT_ASSERT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	flush_delayed_work(&couple->client->channel->client->work);
	KUNIT_EXPECT_EQ(test, vmb_kunit_await(request), 0);
	KUNIT_EXPECT_EQ(test, request->nr_done, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&couple->server->channel->gpadls));
}

static void a_rescinded_channel_closes_the_client(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request = hold_one(couple);

	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(vmb_kunit_bus(couple->fixture),
					      couple->server->channel->id), 0);

	expect_closed(couple, request);
}

static void a_vsp_that_is_unbound_closes_the_client(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request = hold_one(couple);

	vmb_test_vsp_unregister(couple->vsp);

	expect_closed(couple, request);
}

static void a_bus_that_is_destroyed_closes_the_client(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_kunit_request *request = hold_one(couple);

	vmb_loopback_destroy(couple->fixture->bus);
	couple->fixture->bus = NULL;

	expect_closed(couple, request);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -ENODEV);
}

static void traffic_that_failed_closes_both_ends(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;

	/* Act: what the server reads first is no descriptor. */
	scoped_guard(spinlock_irqsave, &channel->lock) {
		memset(channel->out.data + channel->out.own, 0xff, 64);
		WRITE_ONCE(channel->out.control->write_index, cpu_to_le32(64));
	}
	vmb_channel_kick(couple->server->channel);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->server->channel),
			VMB_CHANNEL_STOPPED);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(couple->server, VMB_TEST_CLOSED), 1);
}

static void a_closed_client_is_revived_by_enabling_it(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	int i;

	for (i = 0; i < 3; i++) {
		KUNIT_ASSERT_EQ(test, vmb_channel_disable(couple->client->channel), 0);
		KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
		KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
		KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 50 + i), 0);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->opened), 4);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 3);
}

static void a_server_that_refuses_to_open_is_a_failure(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	/* Arrange */
	couple->vsp->knobs.opened_error = -EACCES;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);

	/* Assert */
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(atomic_read(&couple->client->failed) == 1));
	KUNIT_EXPECT_EQ(test, couple->client->failure, -EACCES);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_TRUE(test, xa_empty(&couple->server->channel->gpadls));
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->opened), 0);
}

static int send_and_refuse(struct vmb_channel *channel)
{
	struct vmb_kunit_client *client = vmb_channel_get_pointer(channel);
	struct vmb_packet *packet = vmb_packet_allocate(channel);

	WARN_ON(IS_ERR(packet) || vmb_packet_send(packet, "12345678", 8, 0));
	WARN_ON(vmb_channel_disable(channel->client->link->server));
	atomic_inc(&client->opened);
	return -EPERM;
}

static void what_a_client_that_refuses_to_open_has_sent_is_taken_back(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_vsp *mine = vmb_test_alloc(test, sizeof(*mine));

	/* Arrange: the offer goes away, so that it is no failure. */
	*mine = *channel->vsp;
	mine->opened = send_and_refuse;
	channel->vsp = mine;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(atomic_read(&couple->client->opened) == 1));
	flush_delayed_work(&channel->client->work);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_ENABLED);
	KUNIT_EXPECT_EQ(test, channel->queue.nr_packets, 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
}

static void a_client_that_refuses_to_open_closes_its_server(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	/* Arrange */
	couple->client->opened_error = -EPERM;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);

	/* Assert */
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(atomic_read(&couple->client->failed) == 1));
	KUNIT_EXPECT_EQ(test, couple->client->failure, -EPERM);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(couple->server, VMB_TEST_CLOSED), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->server->channel),
			VMB_CHANNEL_STOPPED);
}

static void answer_at_once(struct vmb_channel *channel,
			   struct vmb_packet_completion *packet, const void *buf,
			   u32 len)
{
	vmb_packet_complete(packet, buf, len);
}

static void a_client_meets_a_channel_that_has_an_owner(struct kunit *test)
{
	static struct vmb_vsp callbacks = {
		.name = "vmb_test_owner",
		.process_packet = answer_at_once,
	};
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	const guid_t *type = &couple->vsp->ids[0].type;
	struct vmb_channel *server = vmb_channel_allocate(vmb_kunit_bus(couple->fixture),
							  &callbacks, true);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(server), 0);
	KUNIT_EXPECT_EQ(test, vmb_server_channel_init_set_target_interface_id(server, type,
									      type, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(couple->client->channel), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(server), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(server), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_ACTIVE));
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 40), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(server), 0);
	KUNIT_EXPECT_TRUE(test, vmb_kunit_await_state(couple->client, VMB_CHANNEL_DISABLED));
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(server), 0);
}

static int disable_channel(void *channel)
{
	return vmb_channel_disable(channel);
}

static void both_ends_can_be_disabled_at_once(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_test_job *job;
	int i;

	for (i = 0; i < 20; i++) {
		job = vmb_test_job_start(test, i % 3, disable_channel, couple->server->channel);
		vmb_kunit_request(couple->client, "x", 1);
		KUNIT_EXPECT_EQ(test, vmb_channel_disable(couple->client->channel), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
		KUNIT_ASSERT_TRUE(test, vmb_kunit_await_state(couple->client,
							      VMB_CHANNEL_DISABLED));
		KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
		KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->server->channel), 0);
		KUNIT_ASSERT_EQ(test, vmb_channel_start(couple->server->channel), 0);
		KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->opened), 21);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->closed), 20);
}

static void a_paused_client_delivers_when_it_is_started(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(couple->client->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 8, 0), 0);
	vmb_test_couple_settle(couple);
	KUNIT_ASSERT_EQ(test, vmb_kunit_received(couple->client), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_start(couple->client->channel), 0);

	/* Assert */
	KUNIT_EXPECT_NOT_NULL(test, vmb_kunit_receive(couple->client));
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->suspended), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->started), 2);
}

static struct kunit_case client_cases[] = {
	KUNIT_CASE(a_client_meets_an_offer_that_is_there),
	KUNIT_CASE(a_client_waits_for_an_offer_that_comes_later),
	KUNIT_CASE(a_client_of_another_instance_waits_on),
	KUNIT_CASE(an_offer_is_for_one_client_and_then_for_the_next),
	KUNIT_CASE(a_packet_of_the_server_is_answered_by_the_client),
	KUNIT_CASE(more_than_a_ring_holds_arrives_once_and_in_order),
	KUNIT_CASE(a_client_that_is_disabled_closes_its_server),
	KUNIT_CASE(disabling_gives_up_at_the_deadline_and_runs_on),
	KUNIT_CASE(a_server_that_is_disabled_closes_the_client),
	KUNIT_CASE(a_rescinded_channel_closes_the_client),
	KUNIT_CASE(a_vsp_that_is_unbound_closes_the_client),
	KUNIT_CASE(a_bus_that_is_destroyed_closes_the_client),
	KUNIT_CASE(traffic_that_failed_closes_both_ends),
	KUNIT_CASE(a_closed_client_is_revived_by_enabling_it),
	KUNIT_CASE(a_server_that_refuses_to_open_is_a_failure),
	KUNIT_CASE(a_client_that_refuses_to_open_closes_its_server),
	KUNIT_CASE(what_a_client_that_refuses_to_open_has_sent_is_taken_back),
	KUNIT_CASE(a_client_meets_a_channel_that_has_an_owner),
	KUNIT_CASE(both_ends_can_be_disabled_at_once),
	KUNIT_CASE(a_paused_client_delivers_when_it_is_started),
	{}
};

static struct kunit_suite client_suite = {
	.name = "vmbsave_client",
	.init = vmb_test_init,
	.exit = vmb_test_couple_exit,
	.test_cases = client_cases,
};

kunit_test_suite(client_suite);

MODULE_DESCRIPTION("A client's end: connecting, traffic, closing");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

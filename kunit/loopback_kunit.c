// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "core/gpadl.h"
#include "core/loopback.h"
#include "core/written.h"
#include "couple.h"
#include "fixture.h"
#include "job.h"
#include "machine.h"

/* A bus without a VMM: its guest memory, what clients lend, stop and run. */

#define PAGES 3

/* Pages of their own, freed with the case. */
static struct page **make_pages(struct kunit *test)
{
	return vmb_test_machine_create_sized(test, PAGES)->pages;
}

static void lent_pages_are_found_until_they_are_reclaimed(struct kunit *test)
{
	struct vmb_kunit *fixture = vmb_kunit_create(test);
	struct vmb_guest_memory *memory = vmb_kunit_bus(fixture)->memory;
	struct page **pages = make_pages(test);
	struct page *found[PAGES];
	u64 pfns[PAGES], again[PAGES];

	vmb_test_of(test)->priv = fixture;

	/* Act */
	KUNIT_ASSERT_EQ(test, memory->ops->lend(memory, pages, PAGES, pfns), 0);
	KUNIT_ASSERT_EQ(test, memory->ops->lend(memory, pages, PAGES, again), 0);
	KUNIT_ASSERT_EQ(test, memory->ops->pin(memory, pfns, PAGES, found), 0);
	memory->ops->reclaim(memory, pfns, PAGES);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, memcmp(found, pages, sizeof(found)));
	KUNIT_EXPECT_NE(test, pfns[0], again[0]);
	memory->ops->unpin(memory, found, PAGES);
	KUNIT_EXPECT_EQ(test, memory->ops->pin(memory, pfns, 1, found), -EFAULT);
	pfns[0] = again[0];
	KUNIT_EXPECT_EQ(test, memory->ops->pin(memory, pfns, 2, found), -EFAULT);
	KUNIT_EXPECT_EQ(test, memory->ops->pin(memory, again, PAGES, found), 0);
	memory->ops->unpin(memory, found, PAGES);
	memory->ops->reclaim(memory, again, PAGES);
}

static void the_memory_of_one_bus_is_not_that_of_another(struct kunit *test)
{
	struct vmb_kunit *fixture = vmb_kunit_create(test);
	struct vmb_guest_memory *memory = vmb_kunit_bus(fixture)->memory;
	struct vmb_bus *other = vmb_loopback_create();
	struct page **pages = make_pages(test);
	struct page *found[PAGES];
	u64 pfns[PAGES];

	vmb_test_of(test)->priv = fixture;
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(other), 0);
	KUNIT_EXPECT_EQ(test, memory->ops->lend(memory, pages, PAGES, pfns), 0);
	KUNIT_EXPECT_EQ(test, memory->ops->pin(other->memory, pfns, PAGES, found), -EFAULT);
	memory->ops->reclaim(memory, pfns, PAGES);
	vmb_loopback_destroy(other);
}

static struct vmb_gpadl *gpadl_of(struct vmb_test_couple *couple, u32 id)
{
	return xa_load(&couple->server->channel->gpadls, id);
}

static void a_buffer_that_is_lent_reaches_the_server(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	u8 *buf = vmalloc(3 * PAGE_SIZE);
	struct vmb_gpadl *gpadl;
	u32 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_create_gpadl_from_buffer(couple->client->channel,
								   VMB_GPADL_READ_ONLY, buf + 100,
								   2 * PAGE_SIZE, &id), 0);

	/* Assert */
	gpadl = gpadl_of(couple, id);
	KUNIT_ASSERT_NOT_NULL(test, gpadl);
	KUNIT_EXPECT_EQ(test, gpadl->flags, VMB_GPADL_READ_ONLY);
	KUNIT_EXPECT_EQ(test, gpadl->byte_offset, 100);
	KUNIT_EXPECT_EQ(test, gpadl->byte_count, 2 * PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, gpadl->nr_pages, 3);
	KUNIT_EXPECT_PTR_EQ(test, gpadl->pages[2], vmalloc_to_page(buf + 2 * PAGE_SIZE));
	vmb_channel_delete_gpadl(couple->client->channel, id);
	KUNIT_EXPECT_NULL(test, gpadl_of(couple, id));
	KUNIT_EXPECT_EQ(test, page_ref_count(vmalloc_to_page(buf)), 1);
	vfree(buf);
}

static void slab_memory_can_be_lent(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	u8 *buf = kmalloc(300, GFP_KERNEL);
	u32 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl_from_buffer(couple->client->channel, 0, buf,
								   300, &id), 0);
	KUNIT_EXPECT_PTR_EQ(test, gpadl_of(couple, id)->pages[0], virt_to_page(buf));
	vmb_channel_delete_gpadl(couple->client->channel, id);
	kfree(buf);
}

/* No VMM is there to copy them; each lending has numbers of its own, which would pile up. */
static void pages_of_a_guest_in_this_kernel_are_not_kept_in_mind(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	u8 *buf = kmalloc(300, GFP_KERNEL);
	struct vmb_written written;
	u32 id = 0;

	KUNIT_ASSERT_NOT_NULL(test, buf);
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl_from_buffer(couple->client->channel, 0, buf,
								   300, &id), 0);

	KUNIT_EXPECT_EQ(test, vmb_written_list(couple->server->channel->bus, &written), 0);

	KUNIT_EXPECT_EQ(test, written.nr, 0);
	vmb_written_free(&written);
	vmb_channel_delete_gpadl(couple->client->channel, id);
	kfree(buf);
}

static void a_range_that_does_not_fit_its_pages_is_refused(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_page_range range = { .pages = make_pages(test), .nr_pages = PAGES };
	struct vmb_channel *channel = couple->client->channel;
	u32 id = 0;

	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), -EINVAL);
	range.byte_count = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), -EINVAL);
	range.byte_offset = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), -EINVAL);
	range.byte_offset = 1;
	range.byte_count = U32_MAX;
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), -EINVAL);
	range.byte_count = 2 * PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 2, &range, &id), -EINVAL);
	KUNIT_EXPECT_EQ(test, id, 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), 0);
	KUNIT_EXPECT_NE(test, id, 0);
}

static void what_was_lent_goes_when_the_client_is_closed(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_page_range range = {
		.pages = make_pages(test), .nr_pages = PAGES, .byte_count = PAGES * PAGE_SIZE,
	};
	u32 id = 0;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), 0);
	KUNIT_ASSERT_EQ(test, page_ref_count(range.pages[0]), 2);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(channel), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, page_ref_count(range.pages[0]), 1);
	KUNIT_EXPECT_TRUE(test, xa_empty(&vmb_loopback_of(channel->bus)->ram));
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), -EBADFD);
	vmb_channel_delete_gpadl(channel, id);
}

static int delete_first(void *arg)
{
	vmb_channel_delete_gpadl(arg, 2);
	return 0;
}

static void deleting_waits_for_a_session_of_the_server(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_channel *channel = couple->client->channel;
	struct vmb_page_range range = {
		.pages = make_pages(test), .nr_pages = PAGES, .byte_count = PAGES * PAGE_SIZE,
	};
	struct vmb_test_job *job;
	u32 id = 0;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_create_gpadl(channel, 0, &range, &id), 0);
	KUNIT_ASSERT_EQ(test, id, 2);
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(channel->bus, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(couple->server->channel), 0);

	/* Act */
	job = vmb_test_job_start(test, 0, delete_first, channel);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 100));
	KUNIT_EXPECT_NOT_NULL(test, gpadl_of(couple, id));
	vmb_channel_save_end(couple->server->channel);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_NULL(test, gpadl_of(couple, id));
}

static void nothing_moves_between_stop_and_run(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);
	struct vmb_kunit_request *request;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(bus, 0), 0);

	/* Act */
	request = vmb_kunit_request(couple->client, "x", 1);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(request), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 8, 0), 0);
	vmb_test_couple_settle(couple);

	/* Assert */
	KUNIT_EXPECT_EQ(test, request->nr_done, 0);
	KUNIT_EXPECT_EQ(test, vmb_kunit_received(couple->client), 0);
	KUNIT_EXPECT_EQ(test, couple->client->channel->queue.nr_packets, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->suspended), 0);
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_kunit_await(request), 0);
	KUNIT_EXPECT_NOT_NULL(test, vmb_kunit_receive(couple->client));
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->started), 1);
}

static void a_client_may_hold_packets_across_a_stop(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);
	struct vmb_kunit_message *message;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(couple->server, 8, 0), 0);
	message = vmb_kunit_receive(couple->client);
	KUNIT_ASSERT_NOT_NULL(test, message);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(bus, 100), 0);
	vmb_kunit_answer(message, "late", 5);
	vmb_test_couple_settle(couple);

	/* Assert */
	KUNIT_EXPECT_EQ(test, couple->client->channel->queue.nr_completions, 1);
	KUNIT_EXPECT_EQ(test, vmb_loopback_run(bus), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(couple->server,
								    VMB_TEST_DONE) == 1));
}

static void a_stop_that_fails_lets_the_client_run_on(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request;

	/* Arrange */
	couple->server->knobs.hold = true;
	couple->server->knobs.keep_on_suspend = true;
	request = vmb_kunit_request(couple->client, "x", 1);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(request), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_held(couple->server) == 1));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_loopback_stop(vmb_kunit_bus(couple->fixture), 50), -ETIMEDOUT);

	/* Assert */
	couple->server->knobs.hold = false;
	vmb_test_server_complete(couple->server, U32_MAX);
	KUNIT_EXPECT_EQ(test, vmb_kunit_await(request), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 20), 0);
}

static void a_client_of_a_stopped_bus_connects_when_it_runs(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(bus, 0), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
	flush_delayed_work(&couple->client->channel->client->work);
	KUNIT_ASSERT_EQ(test, vmb_test_server_count(couple->server, VMB_TEST_OPENED), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_loopback_run(bus), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_couple_meet(couple));
}

static void a_client_of_a_stopped_bus_cannot_hang_up(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_bus *bus = vmb_kunit_bus(couple->fixture);

	KUNIT_ASSERT_EQ(test, vmb_loopback_stop(bus, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(couple->client->channel), -EBUSY);
	KUNIT_EXPECT_EQ(test, atomic_read(&couple->client->suspended), 0);
	KUNIT_ASSERT_EQ(test, vmb_loopback_run(bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 20), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(couple->client->channel), 0);
}

static int send_for_ever(void *arg)
{
	struct vmb_test_couple *couple = arg;
	u32 nr = 0;

	while (nr < 2000 && !IS_ERR(vmb_kunit_request(couple->client, "x", 1))) {
		vmb_test_server_send(couple->server, 8, 0);
		if (!(++nr % 16))
			usleep_range(500, 1000);
	}
	return nr;
}

static void a_bus_is_destroyed_under_traffic(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);
	struct vmb_kunit_request *request;
	struct vmb_test_job *job;
	u32 wrong = 0;

	/* Arrange */
	job = vmb_test_job_start(test, 0, send_for_ever, couple);
	msleep(20);

	/* Act */
	vmb_loopback_destroy(couple->fixture->bus);
	couple->fixture->bus = NULL;
	KUNIT_EXPECT_LT(test, vmb_test_job_wait(test, job), 2000);

	/* Assert */
	list_for_each_entry(request, &couple->client->requests, node)
		wrong += request->nr_done != 1;
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(couple->client->channel),
			VMB_CHANNEL_DISABLED);
}

static struct kunit_case loopback_cases[] = {
	KUNIT_CASE(lent_pages_are_found_until_they_are_reclaimed),
	KUNIT_CASE(the_memory_of_one_bus_is_not_that_of_another),
	KUNIT_CASE(a_buffer_that_is_lent_reaches_the_server),
	KUNIT_CASE(slab_memory_can_be_lent),
	KUNIT_CASE(pages_of_a_guest_in_this_kernel_are_not_kept_in_mind),
	KUNIT_CASE(a_range_that_does_not_fit_its_pages_is_refused),
	KUNIT_CASE(what_was_lent_goes_when_the_client_is_closed),
	KUNIT_CASE(deleting_waits_for_a_session_of_the_server),
	KUNIT_CASE(nothing_moves_between_stop_and_run),
	KUNIT_CASE(a_client_may_hold_packets_across_a_stop),
	KUNIT_CASE(a_stop_that_fails_lets_the_client_run_on),
	KUNIT_CASE(a_client_of_a_stopped_bus_connects_when_it_runs),
	KUNIT_CASE(a_client_of_a_stopped_bus_cannot_hang_up),
	KUNIT_CASE(a_bus_is_destroyed_under_traffic),
	{}
};

static struct kunit_suite loopback_suite = {
	.name = "vmbsave_loopback",
	.init = vmb_test_init,
	.exit = vmb_test_couple_exit,
	.test_cases = loopback_cases,
};

kunit_test_suite(loopback_suite);

MODULE_DESCRIPTION("A bus without a VMM: memory, stop and run, end");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

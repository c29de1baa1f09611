// SPDX-License-Identifier: GPL-2.0-only
#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "kmcl.h"

/* Both ends by the Windows names, on a bus without a VMM: MDLs, GPADLs, requests. */

#define IS(expression, name) \
	VMB_TEST_EXPECT_STATUS(test, expression, STATUS_##name)

#define PAGES		4
#define BYTES		(PAGES * PAGE_SIZE)

static const GUID type = GUID_INIT(0x6b6d636c, 3, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);

/**
 * struct pair - a server and its client
 * @test: the case
 * @bus: theirs
 * @server: the server's end
 * @client: the client's end
 * @memory: the client's, @BYTES that vmb_test_fill() wrote
 * @pages: of @memory
 * @got: what external data the server has read, copied
 * @got_bytes: bytes at @got
 * @chain: MDLs that it was in
 * @again: a second look gave the same MDL
 * @done: packets of the client that were retired
 * @status: of the last one
 */
struct pair {
	struct kunit *test;
	struct vmb_bus *bus;
	VMBCHANNEL server;
	VMBCHANNEL client;
	u8 *memory;
	struct page *pages[PAGES];
	u8 got[BYTES];
	u32 got_bytes;
	u32 chain;
	bool again;
	u32 done;
	NTSTATUS status;
};

static void take_range(struct pair *pair, const struct vmb_page_range *range)
{
	u32 left = range->byte_count, offset = range->byte_offset, i;

	for (i = 0; i < range->nr_pages; i++) {
		u32 bytes = min_t(u32, left, PAGE_SIZE - offset);

		memcpy_from_page(pair->got + pair->got_bytes, range->pages[i], offset, bytes);
		pair->got_bytes += bytes;
		left -= bytes;
		offset = 0;
	}
}

static void take(struct pair *pair, PMDL mdl)
{
	pair->got_bytes = 0;
	for (pair->chain = 0; mdl; mdl = mdl->Next, pair->chain++)
		take_range(pair, &mdl->Range);
}

static void serve(VMBCHANNEL channel, VMBPACKETCOMPLETION packet, PVOID buf, UINT32 len,
		  UINT32 flags)
{
	struct pair *pair = VmbChannelGetPointer(channel);
	PMDL mdl, again;

	if (flags & VMBUS_CHANNEL_PROCESS_PACKET_FLAG_EXTERNAL_DATA &&
	    NT_SUCCESS(VmbChannelPacketGetExternalData(packet, 0, &mdl))) {
		take(pair, mdl);
		pair->again = NT_SUCCESS(VmbChannelPacketGetExternalData(packet, 0, &again)) &&
			      again == mdl;
	}
	VmbChannelPacketComplete(packet, buf, len);
}

static void ignore(VMBCHANNEL channel, VMBPACKETCOMPLETION packet, PVOID buf, UINT32 len,
		   UINT32 flags)
{
	VmbChannelPacketComplete(packet, NULL, 0);
}

static void done(VMBPACKET packet, NTSTATUS status, PVOID buf, UINT32 len)
{
	struct pair *pair = VmbPacketGetPointer(packet);

	pair->status = status;
	WRITE_ONCE(pair->done, pair->done + 1);
	VmbPacketFree(packet);
}

static VMBCHANNEL make_end(struct pair *pair, BOOLEAN server)
{
	struct kunit *test = pair->test;
	VMBCHANNEL channel;

	VMB_TEST_ASSERT_STATUS(test, VmbChannelAllocate(NULL, server, &channel), STATUS_SUCCESS);
	VmbChannelSetPointer(channel, pair);
	IS(VmbChannelInitSetProcessPacketCallbacks(channel, server ? serve : ignore, NULL),
	   SUCCESS);
	IS(VmbChannelInitSetMaximumExternalData(channel, BYTES, PAGES), SUCCESS);
	if (server)
		IS(VmbServerChannelInitSetTargetInterfaceId(channel, type, type), SUCCESS);
	else
		IS(VmbClientChannelInitSetTargetPnp(channel, &type, NULL, NULL), SUCCESS);
	IS(VmbServerChannelInitSetVmbusHandle(channel, pair->bus), SUCCESS);
	return channel;
}

static VMBPACKET make_packet(struct pair *pair)
{
	VMBPACKET packet = VmbPacketAllocate(pair->client);

	KUNIT_ASSERT_NOT_NULL(pair->test, packet);
	VmbPacketSetPointer(packet, pair);
	VmbPacketSetCompletionRoutine(packet, done);
	return packet;
}

static bool retired(struct pair *pair, u32 nr)
{
	return vmb_test_wait(READ_ONCE(pair->done) == nr);
}

static int pair_init(struct kunit *test)
{
	struct pair *pair;
	int i, ret = vmb_test_init(test);

	if (ret)
		return ret;
	pair = vmb_test_alloc(test, sizeof(*pair));
	pair->test = test;
	vmb_test_of(test)->priv = pair;
	pair->memory = alloc_pages_exact(BYTES, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, pair->memory);
	vmb_test_fill(pair->memory, BYTES, 7);
	for (i = 0; i < PAGES; i++)
		pair->pages[i] = virt_to_page(pair->memory + i * PAGE_SIZE);
	pair->bus = vmb_loopback_create();
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(pair->bus), 0);
	pair->server = make_end(pair, TRUE);
	pair->client = make_end(pair, FALSE);
	VMB_TEST_ASSERT_STATUS(test, VmbChannelEnable(pair->client), STATUS_SUCCESS);
	VMB_TEST_ASSERT_STATUS(test, VmbChannelEnable(pair->server), STATUS_SUCCESS);
	VmbChannelStart(pair->server);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_channel_get_state(pair->client->native) ==
					      VMB_CHANNEL_ACTIVE));
	return 0;
}

static void pair_exit(struct kunit *test)
{
	struct pair *pair = vmb_test_of(test)->priv;

	VmbChannelDisable(pair->client);
	VmbChannelDisable(pair->server);
	VmbChannelCleanup(pair->client);
	VmbChannelCleanup(pair->server);
	vmb_loopback_destroy(pair->bus);
	free_pages_exact(pair->memory, BYTES);
	vmb_test_exit(test);
}

static struct pair *pair_of(struct kunit *test)
{
	return vmb_test_of(test)->priv;
}

static MDL mdl_of(struct pair *pair, u32 first, u32 nr, u32 offset, u32 bytes, PMDL next)
{
	return (MDL) {
		.Next = next,
		.Range = {
			.pages = pair->pages + first, .nr_pages = nr, .byte_offset = offset,
			.byte_count = bytes,
		},
	};
}

static void a_chain_of_mdls_arrives_as_it_was_sent(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	MDL last = mdl_of(pair, 2, 1, 0, 100, NULL);
	MDL first = mdl_of(pair, 0, 2, 96, 2 * PAGE_SIZE - 96, &last);
	u8 buf[8] = { };

	/* All of it */
	IS(VmbPacketSend(make_packet(pair), buf, 8, &first, 1), SUCCESS);
	KUNIT_ASSERT_TRUE(test, retired(pair, 1));
	IS(pair->status, SUCCESS);
	KUNIT_EXPECT_EQ(test, pair->got_bytes, 2 * PAGE_SIZE + 4);
	KUNIT_EXPECT_FALSE(test, memcmp(pair->got, pair->memory + 96, pair->got_bytes));
	KUNIT_EXPECT_GE(test, pair->chain, 1);
	KUNIT_EXPECT_TRUE(test, pair->again);

	/* A part that crosses from one MDL to the next */
	IS(VmbPacketSendWithExternalMdl(make_packet(pair), buf, 8, &first, PAGE_SIZE, PAGE_SIZE,
					1), SUCCESS);
	KUNIT_ASSERT_TRUE(test, retired(pair, 2));
	KUNIT_EXPECT_EQ(test, pair->got_bytes, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, memcmp(pair->got, pair->memory + 96 + PAGE_SIZE, PAGE_SIZE));
}

static void pages_by_number_arrive(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	PFN_NUMBER pfns[2] = { page_to_pfn(pair->pages[3]), page_to_pfn(pair->pages[1]) };
	u8 buf[8] = { };

	IS(VmbPacketSendWithExternalPfns(make_packet(pair), buf, 8, pfns, 2, 1), SUCCESS);
	KUNIT_ASSERT_TRUE(test, retired(pair, 1));
	KUNIT_EXPECT_EQ(test, pair->got_bytes, 2 * PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, memcmp(pair->got, pair->memory + 3 * PAGE_SIZE, PAGE_SIZE));
	KUNIT_EXPECT_FALSE(test, memcmp(pair->got + PAGE_SIZE, pair->memory + PAGE_SIZE,
					PAGE_SIZE));
}

static void external_data_that_cannot_be_is_refused(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	MDL next = mdl_of(pair, 1, 1, 0, 100, NULL);
	MDL gap = mdl_of(pair, 0, 1, 0, 100, &next);
	MDL good = mdl_of(pair, 0, 1, 0, 100, NULL);
	VMBPACKET packet = make_packet(pair);
	PFN_NUMBER none = ULONG_MAX;
	VMBPACKET servers;
	u8 buf[8] = { };

	IS(VmbPacketSend(packet, buf, 8, &gap, 1), INVALID_PARAMETER_4);
	IS(VmbPacketSend(packet, buf, 8, &good, 0), INVALID_PARAMETER_5);
	IS(VmbPacketSend(packet, buf, 8, NULL, 8), INVALID_PARAMETER_5);
	IS(VmbPacketSendWithExternalMdl(packet, buf, 8, NULL, 0, 0, 1), INVALID_PARAMETER_4);
	IS(VmbPacketSendWithExternalMdl(packet, buf, 8, &good, 0, 0, 0), INVALID_PARAMETER_7);
	IS(VmbPacketSendWithExternalMdl(packet, buf, 8, &good, 100, 1, 1), INVALID_PARAMETER);
	IS(VmbPacketSendWithExternalPfns(packet, buf, 8, &none, 1, 1), INVALID_PARAMETER_4);
	IS(VmbPacketSendWithExternalPfns(packet, buf, 8, &none, 0, 1), INVALID_PARAMETER_4);
	IS(VmbPacketSendWithExternalPfns(packet, buf, 8, &none, 1, 0), INVALID_PARAMETER_6);
	VmbPacketFree(packet);
	servers = VmbPacketAllocate(pair->server);
	KUNIT_ASSERT_NOT_NULL(test, servers);
	IS(VmbPacketSend(servers, buf, 8, &good, 1), INVALID_PARAMETER_4);
	VmbPacketFree(servers);
}

static void a_gpadl_is_lent_mapped_and_taken_back(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	MDL last = mdl_of(pair, 2, 2, 0, 2 * PAGE_SIZE, NULL);
	MDL first = mdl_of(pair, 0, 2, 16, 2 * PAGE_SIZE - 16, &last);
	UINT32 gpadl, whole;
	PMDL mdl;

	IS(VmbChannelCreateGpadlFromMdl(pair->client, 0, &first, PAGE_SIZE, PAGE_SIZE, &gpadl),
	   SUCCESS);
	IS(VmbChannelCreateGpadlFromBuffer(pair->client, 1, pair->memory, BYTES, &whole),
	   SUCCESS);

	/* A part of the chain, across its pieces */
	IS(VmbChannelMapGpadl(pair->server, 0, gpadl, &mdl), SUCCESS);
	take(pair, mdl);
	KUNIT_EXPECT_EQ(test, pair->got_bytes, PAGE_SIZE);
	KUNIT_EXPECT_FALSE(test, memcmp(pair->got, pair->memory + 16 + PAGE_SIZE, PAGE_SIZE));
	IS(VmbChannelMapGpadl(pair->server, 0, gpadl, &mdl), DEVICE_BUSY);
	VmbChannelUnmapGpadl(pair->server, gpadl);

	/* Lent to be read */
	IS(VmbChannelMapGpadl(pair->server, 0, whole, &mdl), ACCESS_DENIED);
	IS(VmbChannelMapGpadl(pair->server, 1, whole, &mdl), SUCCESS);
	take(pair, mdl);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(pair->got, BYTES, 7));
	VmbChannelUnmapGpadl(pair->server, whole);

	VmbChannelDeleteGpadl(pair->client, gpadl);
	VmbChannelDeleteGpadl(pair->client, whole);
	IS(VmbChannelMapGpadl(pair->server, 0, gpadl, &mdl), NOT_FOUND);
}

static void gpadls_that_cannot_be_are_refused(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	MDL good = mdl_of(pair, 0, 1, 0, 100, NULL);
	VMBCHANNEL c = pair->client;
	UINT32 gpadl;
	PMDL mdl;

	IS(VmbChannelCreateGpadlFromBuffer(pair->server, 0, pair->memory, 8, &gpadl),
	   INVALID_PARAMETER_1);
	IS(VmbChannelCreateGpadlFromBuffer(c, 2, pair->memory, 8, &gpadl), INVALID_PARAMETER_2);
	IS(VmbChannelCreateGpadlFromBuffer(c, 0, NULL, 8, &gpadl), INVALID_PARAMETER_3);
	IS(VmbChannelCreateGpadlFromBuffer(c, 0, pair->memory, 0, &gpadl), INVALID_PARAMETER_4);
	IS(VmbChannelCreateGpadlFromBuffer(c, 0, pair->memory, 8, NULL), INVALID_PARAMETER_5);
	IS(VmbChannelCreateGpadlFromMdl(c, 0, NULL, 0, 0, &gpadl), INVALID_PARAMETER_3);
	IS(VmbChannelCreateGpadlFromMdl(c, 0, &good, 100, 0, &gpadl), INVALID_PARAMETER_5);
	IS(VmbChannelCreateGpadlFromMdl(c, 0, &good, 1, 100, &gpadl), INVALID_PARAMETER_5);
	IS(VmbChannelCreateGpadlFromMdl(c, 0, &good, 0, 0, NULL), INVALID_PARAMETER_6);
	IS(VmbChannelMapGpadl(c, 0, 1, &mdl), INVALID_PARAMETER_1);
	IS(VmbChannelMapGpadl(pair->server, 2, 1, &mdl), INVALID_PARAMETER_2);
	IS(VmbChannelMapGpadl(pair->server, 0, 1, NULL), INVALID_PARAMETER_4);
}

/* Pages of a piece of GIANT_BYTES, the same one over and over; two of them need 5 MB of numbers. */
#define GIANT_PAGES	320000
#define GIANT_BYTES	(GIANT_PAGES * (u32)PAGE_SIZE)

static void a_chain_longer_than_kmalloc_can_join_is_refused_quietly(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	struct page **pages = kvmalloc_array(GIANT_PAGES, sizeof(*pages), GFP_KERNEL);
	MDL last = { .Range = { pages, GIANT_PAGES, 0, GIANT_BYTES } }, first = last;
	PFN_NUMBER *pfns = kvmalloc_array(2 * GIANT_PAGES, sizeof(*pfns), GFP_KERNEL);
	VMBPACKET packet = make_packet(pair);
	u8 buf[8] = { };
	UINT32 gpadl;
	PMDL mdl;
	int i;

	first.Next = &last;
	KUNIT_ASSERT_TRUE(test, pages && pfns);
	for (i = 0; i < 2 * GIANT_PAGES; i++)
		pfns[i] = page_to_pfn(pair->pages[0]);
	for (i = 0; i < GIANT_PAGES; i++)
		pages[i] = pair->pages[0];

	/* From where it cannot sleep. Whoever may, joins it, and lends a part. */
	IS(VmbPacketSend(packet, buf, 8, &first, 1), NO_MEMORY);
	IS(VmbPacketSendWithExternalPfns(packet, buf, 8, pfns, 2 * GIANT_PAGES, 1), NO_MEMORY);
	IS(VmbChannelCreateGpadlFromMdl(pair->client, 0, &first, GIANT_BYTES - 8, 16, &gpadl),
	   SUCCESS);
	IS(VmbChannelMapGpadl(pair->server, 0, gpadl, &mdl), SUCCESS);
	VmbChannelUnmapGpadl(pair->server, gpadl);
	VmbChannelDeleteGpadl(pair->client, gpadl);
	VmbPacketFree(packet);
	kvfree(pfns);
	kvfree(pages);
}

static void a_request_is_answered_in_its_time(struct kunit *test)
{
	struct pair *pair = pair_of(test);
	LARGE_INTEGER second = { .QuadPart = -10000000 };
	u8 buf[16], answer[32] = { };
	UINT32 room = sizeof(answer);
	UINT16 original;
	MDL mdl;

	vmb_test_fill(buf, sizeof(buf), 3);
	IS(VmbChannelSendSynchronousRequest(pair->client, buf, sizeof(buf), NULL, 1, answer,
					    &room, &second), SUCCESS);
	KUNIT_EXPECT_EQ(test, room, sizeof(buf));
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(answer, sizeof(buf), 3));
	room = 8;
	IS(VmbChannelSendSynchronousRequest(pair->client, buf, sizeof(buf), NULL, 1, answer,
					    &room, NULL), BUFFER_OVERFLOW);
	KUNIT_EXPECT_EQ(test, room, sizeof(buf));
	IS(VmbChannelSendSynchronousRequest(pair->client, buf, 8, &mdl, 1, NULL, NULL, NULL),
	   NOT_SUPPORTED);
	IS(VmbChannelSetInterruptLatency(pair->server, 5, &original), INVALID_PARAMETER_1);
	IS(VmbChannelSetInterruptLatency(pair->client, 5, NULL), INVALID_PARAMETER_3);
	IS(VmbChannelSetInterruptLatency(pair->client, 5, &original), SUCCESS);
}

static struct kunit_case kmcl_client_cases[] = {
	KUNIT_CASE(a_chain_of_mdls_arrives_as_it_was_sent),
	KUNIT_CASE(pages_by_number_arrive),
	KUNIT_CASE(external_data_that_cannot_be_is_refused),
	KUNIT_CASE(a_gpadl_is_lent_mapped_and_taken_back),
	KUNIT_CASE(gpadls_that_cannot_be_are_refused),
	KUNIT_CASE(a_chain_longer_than_kmalloc_can_join_is_refused_quietly),
	KUNIT_CASE(a_request_is_answered_in_its_time),
	{}
};

static struct kunit_suite kmcl_client_suite = {
	.name = "vmbsave_kmcl_client",
	.init = pair_init,
	.exit = pair_exit,
	.test_cases = kmcl_client_cases,
};

kunit_test_suite(kmcl_client_suite);

MODULE_DESCRIPTION("Both ends by the Windows names");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

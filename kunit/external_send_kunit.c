// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/guest_memory.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "line.h"
#include "wire/gpa.h"
#include "wire/pipe.h"
#include <linux/vmb_pages.h>

/*
 * vmb_packet_send_external(), on a channel that is told to be a client's end:
 * the guest of the fixture then plays the server.
 */

#define MAX_BYTES	(64 * PAGE_SIZE)
#define LENT_PAGES	4
#define FIRST_PFN	0x7000

/* Pages lent now, what they are, and what is answered instead */
static int nr_lent;
static struct page *lent_pages[LENT_PAGES];
static int lend_error;
static const struct vmb_guest_memory_ops *real_ops;

static int pin(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr, struct page **pages)
{
	return real_ops->pin(memory, pfns, nr, pages);
}

static void unpin(struct vmb_guest_memory *memory, struct page **pages, u32 nr)
{
	real_ops->unpin(memory, pages, nr);
}

static int lend(struct vmb_guest_memory *memory, struct page **pages, u32 nr, u64 *pfns)
{
	u32 i;

	if (lend_error)
		return lend_error;
	for (i = 0; i < nr; i++) {
		lent_pages[i % LENT_PAGES] = pages[i];
		pfns[i] = FIRST_PFN + i;
	}
	nr_lent += nr;
	return 0;
}

static void reclaim(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr)
{
	WARN_ON(pfns[0] != FIRST_PFN || pfns[nr - 1] != FIRST_PFN + nr - 1);
	nr_lent -= nr;
}

static const struct vmb_guest_memory_ops lending_ops = {
	.pin = pin,
	.unpin = unpin,
	.lend = lend,
	.reclaim = reclaim,
};

static u32 channel_flags;

static void configure(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call != VMB_TEST_PROBE)
		return;
	WARN_ON(vmb_channel_init_set_max_external_data(server->channel, MAX_BYTES, 1));
	WARN_ON(vmb_channel_init_set_flags(server->channel, channel_flags));
}

/* Completion routines that were called; how much was lent then; the status */
static int nr_done, lent_when_done, last_status;

static void packet_done(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	nr_done++;
	lent_when_done = nr_lent;
	last_status = status;
	vmb_packet_free(packet);
}

/* Those that fill the ring are the fixture's. */
static void discard_packet(struct vmb_channel *channel, struct vmb_packet *packet)
{
	if (vmb_packet_get_pointer(packet))
		vmb_test_discard_packet(channel, packet);
	else
		packet_done(packet, -ENODEV, NULL, 0);
}

static struct vmb_test_line *client_line(struct kunit *test, u32 flags)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	nr_lent = 0;
	lend_error = 0;
	real_ops = machine->memory.ops;
	machine->memory.ops = &lending_ops;
	channel_flags = flags;
	vsp->knobs.hook = configure;
	vsp->vsp.discard_packet = discard_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(machine, vsp, 1);
	line->channel->server = false;
	return line;
}

/* Pages of the client: any pages will do. */
static struct vmb_page_range range_of(struct vmb_test_line *line)
{
	return (struct vmb_page_range) {
		.pages = line->machine->pages + 100,
		.nr_pages = LENT_PAGES,
		.byte_offset = 100,
		.byte_count = LENT_PAGES * PAGE_SIZE - 200,
	};
}

static struct vmb_packet *new_packet(struct vmb_test_line *line)
{
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	KUNIT_ASSERT_EQ(line->machine->test, PTR_ERR_OR_ZERO(packet), 0);
	vmb_packet_set_completion_routine(packet, packet_done);
	nr_done = 0;
	lent_when_done = -1;
	last_status = 1;
	return packet;
}

static int send(struct vmb_packet *packet, const struct vmb_page_range *range, u32 offset,
		u32 bytes)
{
	return vmb_packet_send_external(packet, "payload!", 8, range, offset, bytes,
					VMB_PACKET_WAIT_FOR_COMPLETION);
}

/* Reads the next packet, which names one range. */
static void receive(struct vmb_test_line *line, struct vmb_descriptor_view *view,
		    struct vmb_gpa_view *range)
{
	struct kunit *test = line->machine->test;
	struct vmb_descriptor *descriptor = (void *)line->guest.buf;
	struct vmb_test_message message = {};
	struct vmb_gpa_cursor cursor;

	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
	KUNIT_ASSERT_EQ(test, message.type, VMB_PACKET_DATA_GPA_DIRECT);
	KUNIT_ASSERT_EQ(test, vmb_descriptor_parse(descriptor, le16_to_cpu(descriptor->len8) * 8,
						   view), 0);
	KUNIT_EXPECT_TRUE(test, view->wants_completion);
	vmb_descriptor_ranges(view, &cursor);
	KUNIT_ASSERT_EQ(test, vmb_gpa_range_next(&cursor, range), 0);
	KUNIT_EXPECT_EQ(test, view->range_count, 1);
}

static void server_is_told_where_the_pages_are(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);
	struct vmb_descriptor_view view;
	struct vmb_gpa_view named;

	/* Act */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, 0, 0), 0);

	/* Assert */
	receive(line, &view, &named);
	KUNIT_EXPECT_EQ(test, named.byte_offset, 100);
	KUNIT_EXPECT_EQ(test, named.byte_count, range.byte_count);
	KUNIT_ASSERT_EQ(test, named.pfn_count, LENT_PAGES);
	KUNIT_EXPECT_EQ(test, vmb_gpa_pfn(&named, 3), FIRST_PFN + 3);
	KUNIT_EXPECT_EQ(test, view.payload_len, 8);
	KUNIT_EXPECT_EQ(test, memcmp(view.payload, "payload!", 8), 0);
	KUNIT_EXPECT_EQ(test, nr_lent, LENT_PAGES);
	KUNIT_EXPECT_PTR_EQ(test, lent_pages[0], range.pages[0]);
}

static void part_of_the_range_takes_only_its_pages(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);
	struct vmb_descriptor_view view;
	struct vmb_gpa_view named;

	/* Act: from the last byte of the first page to the second of the third */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, PAGE_SIZE - 101, PAGE_SIZE + 3), 0);

	/* Assert */
	receive(line, &view, &named);
	KUNIT_EXPECT_EQ(test, named.byte_offset, PAGE_SIZE - 1);
	KUNIT_EXPECT_EQ(test, named.byte_count, PAGE_SIZE + 3);
	KUNIT_EXPECT_EQ(test, nr_lent, 3);
	vmb_test_guest_complete(&line->guest, view.transaction_id, NULL, 0);
	vmb_test_line_settle(line);

	/* Act: from the second page on */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, PAGE_SIZE - 100, 0), 0);

	/* Assert */
	receive(line, &view, &named);
	KUNIT_EXPECT_EQ(test, named.byte_offset, 0);
	KUNIT_EXPECT_EQ(test, nr_lent, 3);
	KUNIT_EXPECT_PTR_EQ(test, lent_pages[0], range.pages[1]);
}

static void pages_are_taken_back_before_the_owner_is_told(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);

	/* Act */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, 0, 0), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, nr_done, 1);
	KUNIT_EXPECT_EQ(test, last_status, 0);
	KUNIT_EXPECT_EQ(test, lent_when_done, 0);
}

static void packet_that_waits_for_room_keeps_its_pages(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);
	struct vmb_test_message message;
	struct vmb_descriptor_view view;
	struct vmb_gpa_view named;
	u32 nr = 0;

	/* Act */
	while (!line->channel->queue.nr_packets)
		nr += !vmb_test_server_send_flags(line->server, 1000, 0, 0);
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 2);
	KUNIT_EXPECT_EQ(test, nr_lent, LENT_PAGES);
	while (nr--) {
		KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&line->guest, &message), 0);
		vmb_test_line_settle(line);
	}

	/* Assert */
	receive(line, &view, &named);
	KUNIT_EXPECT_EQ(test, named.pfn_count, LENT_PAGES);
	KUNIT_EXPECT_EQ(test, memcmp(view.payload, "payload!", 8), 0);
	vmb_test_guest_complete(&line->guest, view.transaction_id, NULL, 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, nr_lent, 0);
}

static void close_takes_the_pages_back(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);

	/* Act */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, last_status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, lent_when_done, 0);
}

static void channel_that_goes_away_takes_the_pages_back(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);

	/* Act */
	KUNIT_ASSERT_EQ(test, send(new_packet(line), &range, 0, 0), 0);
	vmb_test_machine_destroy(line->machine);

	/* Assert */
	KUNIT_EXPECT_EQ(test, last_status, -ENODEV);
	KUNIT_EXPECT_EQ(test, lent_when_done, 0);
}

static void packet_that_cannot_be_sent_lends_nothing(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_page_range range = range_of(line);
	struct vmb_packet *packet = new_packet(line);

	/* Act, Assert */
	lend_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, send(packet, &range, 0, 0), -ENOMEM);
	lend_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_packet_send_external(packet, line->guest.buf,
						       VMB_PACKET_BYTES_DEFAULT + 1, &range, 0, 0,
						       VMB_PACKET_WAIT_FOR_COMPLETION), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, nr_lent, 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, send(packet, &range, 0, 0), -EBADFD);
	KUNIT_EXPECT_EQ(test, nr_lent, 0);
	vmb_packet_free(packet);
}

static void what_is_not_within_the_range_is_refused(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, 0);
	struct vmb_packet *packet = new_packet(line);
	struct vmb_page_range range = range_of(line);
	struct vmb_page_range bad = range;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, send(packet, NULL, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, send(packet, &range, range.byte_count, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, send(packet, &range, 1, range.byte_count), -EINVAL);
	KUNIT_EXPECT_EQ(test, send(packet, &range, 1, U32_MAX), -EINVAL);
	bad.nr_pages--;
	KUNIT_EXPECT_EQ(test, send(packet, &bad, 0, 0), -EINVAL);
	bad = range;
	bad.byte_offset = PAGE_SIZE;
	KUNIT_EXPECT_EQ(test, send(packet, &bad, 0, 0), -EINVAL);
	bad = range;
	bad.byte_count = 0;
	KUNIT_EXPECT_EQ(test, send(packet, &bad, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send_external(packet, NULL, 0, &range, 0, 0, 0), -EINVAL);
	line->channel->config.max_external_bytes = 99;
	KUNIT_EXPECT_EQ(test, send(packet, &range, 0, 100), -EMSGSIZE);
	line->channel->server = true;
	KUNIT_EXPECT_EQ(test, send(packet, &range, 0, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, nr_lent, 0);
	vmb_packet_free(packet);
}

static void message_of_a_pipe_is_framed_behind_the_ranges(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test, VMB_CHANNEL_INIT_IS_PIPE);
	struct vmb_page_range range = range_of(line);
	struct vmb_descriptor_view view;
	struct vmb_gpa_view named;
	const void *data;
	u32 len = 0;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_packet_send_external(new_packet(line), "odd", 3, &range, 0, 0,
						       VMB_PACKET_WAIT_FOR_COMPLETION), 0);

	/* Assert */
	receive(line, &view, &named);
	KUNIT_EXPECT_EQ(test, named.pfn_count, LENT_PAGES);
	KUNIT_ASSERT_EQ(test, vmb_pipe_parse(view.payload, view.payload_len, &data, &len), 0);
	KUNIT_EXPECT_EQ(test, len, 3);
	KUNIT_EXPECT_EQ(test, memcmp(data, "odd", 3), 0);
}

static struct kunit_case external_send_cases[] = {
	KUNIT_CASE(server_is_told_where_the_pages_are),
	KUNIT_CASE(part_of_the_range_takes_only_its_pages),
	KUNIT_CASE(pages_are_taken_back_before_the_owner_is_told),
	KUNIT_CASE(packet_that_waits_for_room_keeps_its_pages),
	KUNIT_CASE(close_takes_the_pages_back),
	KUNIT_CASE(channel_that_goes_away_takes_the_pages_back),
	KUNIT_CASE(packet_that_cannot_be_sent_lends_nothing),
	KUNIT_CASE(what_is_not_within_the_range_is_refused),
	KUNIT_CASE(message_of_a_pipe_is_framed_behind_the_ranges),
	{}
};

static struct kunit_suite external_send_suite = {
	.name = "vmbsave_external_send",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = external_send_cases,
};

kunit_test_suite(external_send_suite);

MODULE_DESCRIPTION("Pages that a client lends with a packet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "line.h"
#include "wire/gpa.h"
#include <linux/sched.h>
#include <linux/vmb_pages.h>

/* Requests of the guest that name pages instead of carrying bytes. */

#define MAX_BYTES	16384
#define MAX_RANGES	3

/* Pages of RAM that requests name; they are not next to each other. */
#define DATA_PAGES	8

/**
 * struct part - what a request names
 * @bytes: length
 * @offset: in the first page
 * @page: index of the first page of the data; every second one follows
 */
struct part {
	u32 bytes;
	u32 offset;
	u32 page;
};

static void set_limits(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_PROBE)
		WARN_ON(vmb_channel_init_set_max_external_data(server->channel, MAX_BYTES,
							       MAX_RANGES));
}

/* The VSP holds what comes; server->data is the packet that came last. */
static void keep_packet(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			const void *buf, u32 len)
{
	vmb_test_server_of(channel)->data = packet;
	vmb_test_process_packet(channel, packet, buf, len);
}

/* Like vmb_test_line_open(), with room for data behind the rings. */
static struct vmb_test_line *line_with(struct kunit *test, vmb_test_hook_t hook)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	vsp->knobs.hook = hook;
	vsp->knobs.hold = true;
	vsp->vsp.process_packet = keep_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
	vmb_test_machine_take_pages(line->machine, 2 * DATA_PAGES);
	return line;
}

static struct page *data_page(struct vmb_test_line *line, u32 page)
{
	return line->machine->pages[line->guest.nr_pages + 2 * page];
}

/* Return: bytes of the header that names @nr ranges */
static u32 name(struct vmb_test_line *line, __le64 *header, const struct part *ranges, u32 nr)
{
	struct vmb_gpa_direct_header *direct = (void *)header;
	u8 *at = (u8 *)(direct + 1);
	u32 i, j, pages;

	direct->range_count = cpu_to_le32(nr);
	for (i = 0; i < nr; i++) {
		struct vmb_gpa_range *range = (void *)at;

		range->byte_count = cpu_to_le32(ranges[i].bytes);
		range->byte_offset = cpu_to_le32(ranges[i].offset);
		pages = DIV_ROUND_UP(ranges[i].bytes + ranges[i].offset, PAGE_SIZE);
		for (j = 0; j < pages; j++)
			range->pfn[j] = cpu_to_le64(VMB_TEST_FIRST_PFN + line->guest.nr_pages +
						    2 * (ranges[i].page + j));
		at = (u8 *)&range->pfn[pages];
	}
	return at - (u8 *)header;
}

static void write_raw(struct vmb_test_line *line, const void *header, u32 bytes, u64 id)
{
	const struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_GPA_DIRECT,
		.flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = id,
		.extra = header,
		.extra_len = bytes,
		.payload = "payload!",
		.payload_len = 8,
	};
	bool signal;

	KUNIT_ASSERT_EQ(line->machine->test,
			vmb_ring_write(&line->guest.tx, &packet, &signal), 0);
	vmb_test_line_settle(line);
}

static void request(struct vmb_test_line *line, const struct part *ranges, u32 nr)
{
	__le64 header[64] = {};

	write_raw(line, header, name(line, header, ranges, nr), 1);
}

/* One page and a bit over two; the packet that names them is held. */
static const struct part two[] = { { 100, 8, 0 }, { 5000, 4090, 1 } };
#define TWO_PAGES 4

static struct vmb_packet_completion *held_packet(struct vmb_test_line *line)
{
	request(line, two, ARRAY_SIZE(two));
	KUNIT_ASSERT_NOT_NULL(line->machine->test, line->server->data);
	return line->server->data;
}

static s64 pinned(struct vmb_test_line *line)
{
	return atomic64_read(&line->machine->pinned) - line->guest.nr_pages;
}

static void expect_fails(struct vmb_test_line *line, int error)
{
	struct kunit *test = line->machine->test;

	KUNIT_EXPECT_EQ(test, line->channel->error, error);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_PROCESS), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(line->machine, VMBSAVE_EVENT_FAILED,
						      line->id), 1);
}

static void packet_is_refused_where_no_limits_are_set(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, NULL);

	/* Act */
	request(line, two, 1);

	/* Assert */
	expect_fails(line, -EOPNOTSUPP);
}

static void clients_end_takes_no_external_data(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);

	/* Act */
	line->channel->server = false;
	request(line, two, 1);
	line->channel->server = true;

	/* Assert */
	expect_fails(line, -EOPNOTSUPP);
}

static void pages_are_those_that_the_guest_named(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *data;
	u64 before = vmb_limit_used(VMB_LIMIT_PAGES);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_packet_completion_flags(packet),
			VMB_PROCESS_PACKET_EXTERNAL_DATA);
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, pinned(line), TWO_PAGES);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), before + TWO_PAGES);
	KUNIT_ASSERT_EQ(test, data->nr_ranges, 2);
	KUNIT_EXPECT_EQ(test, data->ranges[0].byte_count, 100);
	KUNIT_EXPECT_EQ(test, data->ranges[0].byte_offset, 8);
	KUNIT_ASSERT_EQ(test, data->ranges[0].nr_pages, 1);
	KUNIT_EXPECT_PTR_EQ(test, data->ranges[0].pages[0], data_page(line, 0));
	KUNIT_EXPECT_EQ(test, data->ranges[1].byte_count, 5000);
	KUNIT_EXPECT_EQ(test, data->ranges[1].byte_offset, 4090);
	KUNIT_ASSERT_EQ(test, data->ranges[1].nr_pages, 3);
	KUNIT_EXPECT_PTR_EQ(test, data->ranges[1].pages[0], data_page(line, 1));
	KUNIT_EXPECT_PTR_EQ(test, data->ranges[1].pages[1], data_page(line, 2));
	KUNIT_EXPECT_PTR_EQ(test, data->ranges[1].pages[2], data_page(line, 3));

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), before);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 1), 1);
}

static void list_is_not_read_from_the_ring_again(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *data;

	/* Act */
	memset(line->guest.tx.data, 0xff, line->guest.tx.size);
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, data->nr_ranges, 2);
	KUNIT_EXPECT_PTR_EQ(test, data->ranges[1].pages[2], data_page(line, 3));
}

static void second_call_gives_the_same_pages(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *first, *second = NULL;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &first), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, VMB_EXTERNAL_DATA_READ_ONLY,
							   &second), 0);

	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, first, second);
	KUNIT_EXPECT_FALSE(test, first->read_only);
	KUNIT_EXPECT_EQ(test, pinned(line), TWO_PAGES);
}

static void pages_asked_for_to_read_are_not_given_to_write(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *data, *other;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, VMB_EXTERNAL_DATA_READ_ONLY,
							   &data), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, data->read_only);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, 0, &other), -EACCES);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, VMB_EXTERNAL_DATA_READ_ONLY,
							   &other), 0);
	KUNIT_EXPECT_PTR_EQ(test, data, other);
}

static void what_is_within_both_limits_is_taken(struct kunit *test)
{
	static const struct part three[] = { { 4096, 0, 0 }, { 4096, 0, 1 }, { 8192, 0, 2 } };
	struct vmb_test_line *line = line_with(test, set_limits);

	/* Act */
	request(line, three, 3);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->error, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 1);
}

static void more_bytes_than_the_limit_stop_the_channel(struct kunit *test)
{
	static const struct part over[] = { { 4096, 0, 0 }, { 12289, 0, 1 } };
	struct vmb_test_line *line = line_with(test, set_limits);

	/* Act */
	request(line, over, 2);

	/* Assert */
	expect_fails(line, -EMSGSIZE);
}

static void more_ranges_than_the_limit_stop_the_channel(struct kunit *test)
{
	static const struct part four[] = { { 1, 0, 0 }, { 1, 0, 1 }, { 1, 0, 2 }, { 1, 0, 3 } };
	struct vmb_test_line *line = line_with(test, set_limits);

	/* Act */
	request(line, four, 4);

	/* Assert */
	expect_fails(line, -EMSGSIZE);
}

static void nonsense_in_the_list_stops_the_channel(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	__le64 header[64] = {};
	u32 bytes = name(line, header, two, 2);

	/* Act: it announces one range more than there is. */
	((struct vmb_gpa_direct_header *)header)->range_count = cpu_to_le32(3);
	write_raw(line, header, bytes, 1);

	/* Assert */
	expect_fails(line, -EPROTO);
}

static void what_cannot_be_pinned_leaves_nothing_and_may_be_asked_again(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	u64 before = vmb_limit_used(VMB_LIMIT_PAGES);
	const struct vmb_external_data *data;
	u64 old;

	/* Act, Assert */
	line->machine->pin_error = -EFAULT;
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), -EFAULT);
	line->machine->pin_error = 0;
	old = vmb_test_limit_leave(VMB_LIMIT_PAGES, TWO_PAGES - 1);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), -EDQUOT);
	vmb_limit_uncharge(VMB_LIMIT_PAGES, old);
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), before);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);
}

static void flags_and_packets_that_make_no_sense_are_refused(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	const struct vmb_external_data *data;

	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 9, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(line->server->data, 0, &data),
			-ENODATA);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(held_packet(line), 2, &data), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(line->server->data, 0, NULL), -EINVAL);
}

/* Unpinning may sleep. */
static void packet_with_pages_is_completed_in_any_context(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *data;
	unsigned long flags;
	s64 before;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);
	local_irq_save(flags);
	vmb_test_server_complete(line->server, 1);
	before = pinned(line);
	local_irq_restore(flags);

	/* Assert */
	KUNIT_EXPECT_EQ(test, before, TWO_PAGES);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
}

static void nothing_is_pinned_once_a_stop_has_returned(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *packet = held_packet(line);
	const struct vmb_external_data *data;

	/* Act: .suspend completes it. */
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
}

static void pages_stay_until_the_vsp_of_a_gone_channel_is_done(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);
	struct vmb_packet_completion *first = held_packet(line);
	struct vmb_packet_completion *second = held_packet(line);
	struct vmb_test_machine *machine = line->machine;
	const struct vmb_external_data *data, *none;

	/* Arrange */
	line->server->knobs.keep_on_suspend = true;
	line->server->knobs.keep_on_remove = true;
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(first, 0, &data), 0);
	kunit_info(test, "expect splat: was removed and still holds packets\n");

	/* Act */
	vmb_test_machine_destroy(machine);

	/* Assert: the rings' pages are not. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), TWO_PAGES);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(second, 0, &none), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_packet_get_external_data(first, 0, &none), -ENODEV);
	memset(page_address(data->ranges[0].pages[0]), 1, 16);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 2), 2);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(completion_done(&machine->released)));
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
}

/* The VSP is done at the last moment, and the worker does not come in between. */
static void complete_when_closed(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	set_limits(server, call, arg);
	if (call != VMB_TEST_CLOSED)
		return;
	sched_set_fifo(current);
	WARN_ON(vmb_test_server_complete(server, 1) != 1);
}

static void pages_of_a_gone_channel_go_before_its_last_user(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, complete_when_closed);
	struct vmb_test_machine *machine = line->machine;
	struct vmb_packet_completion *packet = held_packet(line);
	struct vmb_channel *channel = vmb_channel_get(line->channel);
	const struct vmb_external_data *data;

	/* Arrange */
	line->server->knobs.keep_on_suspend = true;
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(packet, 0, &data), 0);

	/* Act */
	vmb_test_machine_destroy(machine);
	sched_set_normal(current, 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_held(line->server), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	vmb_channel_put(channel);
}

static void defer_with_pages(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			     const void *buf, u32 len)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);
	const struct vmb_external_data *data;

	if (vmb_test_server_count(server, VMB_TEST_PROCESS)) {
		vmb_test_process_packet(channel, packet, buf, len);
		return;
	}
	server->restore_result = vmb_packet_get_external_data(packet, 0, &data);
	vmb_test_server_log(server, VMB_TEST_PROCESS, 0, NULL);
	vmb_packet_defer(packet);
}

static void deferred_packet_gives_its_pages_up(struct kunit *test)
{
	struct vmb_test_line *line = line_with(test, set_limits);

	/* Act */
	line->server->restore_result = -1;
	line->server->vsp->vsp.process_packet = defer_with_pages;
	request(line, two, 2);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 1));
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->server->restore_result, 0);
	KUNIT_EXPECT_EQ(test, pinned(line), 0);
}

static struct kunit_case external_cases[] = {
	KUNIT_CASE(packet_is_refused_where_no_limits_are_set),
	KUNIT_CASE(clients_end_takes_no_external_data),
	KUNIT_CASE(pages_are_those_that_the_guest_named),
	KUNIT_CASE(list_is_not_read_from_the_ring_again),
	KUNIT_CASE(second_call_gives_the_same_pages),
	KUNIT_CASE(pages_asked_for_to_read_are_not_given_to_write),
	KUNIT_CASE(what_is_within_both_limits_is_taken),
	KUNIT_CASE(more_bytes_than_the_limit_stop_the_channel),
	KUNIT_CASE(more_ranges_than_the_limit_stop_the_channel),
	KUNIT_CASE(nonsense_in_the_list_stops_the_channel),
	KUNIT_CASE(what_cannot_be_pinned_leaves_nothing_and_may_be_asked_again),
	KUNIT_CASE(flags_and_packets_that_make_no_sense_are_refused),
	KUNIT_CASE(packet_with_pages_is_completed_in_any_context),
	KUNIT_CASE(nothing_is_pinned_once_a_stop_has_returned),
	KUNIT_CASE(pages_stay_until_the_vsp_of_a_gone_channel_is_done),
	KUNIT_CASE(pages_of_a_gone_channel_go_before_its_last_user),
	KUNIT_CASE(deferred_packet_gives_its_pages_up),
	{}
};

static struct kunit_suite external_suite = {
	.name = "vmbsave_external",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = external_cases,
};

kunit_test_suite(external_suite);

MODULE_DESCRIPTION("Packets that name guest memory");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

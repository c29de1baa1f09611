// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/gpadl.h"
#include "core/written.h"
#include "helpers.h"
#include "line.h"
#include "wire/gpa.h"
#include <linux/vmb_pages.h>

/* Guest pages that a VMM has to copy because the host may have written them. */

static void pages_of_all_gpadls_are_listed_in_order_and_once(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *a = vmb_test_line_offer(machine, vsp, 1);
	struct vmb_test_line *b = vmb_test_line_offer(machine, vsp, 2);
	struct vmb_written written;
	u32 i;

	/* Arrange: 20..29 and 5..9, of which 8 and 9 twice; 40 and 41 are lent to be read. */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(a->channel, 11, 20, 10, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(b->channel, 11, 5, 5, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(b->channel, U32_MAX, 8, 2, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_read_only(a->channel, 12, 40, 2, 0), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_written_list(machine->bus, &written), 0);

	/* Assert */
	KUNIT_ASSERT_EQ(test, written.nr, 15);
	for (i = 0; i < 15; i++)
		KUNIT_EXPECT_EQ(test, written.pfns[i],
				VMB_TEST_FIRST_PFN + (i < 5 ? 5 + i : 15 + i));
	vmb_written_free(&written);
}

static void a_long_gpadl_is_listed_whole(struct kunit *test)
{
	const u32 pages = 4096 + 5;
	struct vmb_test_machine *machine = vmb_test_machine_create_sized(test, pages);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	struct vmb_written written;

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 11, 0, pages, 0), 0);

	KUNIT_ASSERT_EQ(test, vmb_written_list(machine->bus, &written), 0);

	KUNIT_ASSERT_EQ(test, written.nr, pages);
	KUNIT_EXPECT_EQ(test, written.pfns[pages - 1], VMB_TEST_FIRST_PFN + pages - 1);
	vmb_written_free(&written);
}

/* The VSP holds what comes; server->data is the packet that came last. */
static void keep_packet(struct vmb_channel *channel, struct vmb_packet_completion *packet,
			const void *buf, u32 len)
{
	vmb_test_server_of(channel)->data = packet;
	vmb_test_process_packet(channel, packet, buf, len);
}

static void set_limits(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_PROBE)
		WARN_ON(vmb_channel_init_set_max_external_data(server->channel, PAGE_SIZE, 1));
}

/* An open channel whose VSP holds a request that names the page behind the rings */
static struct vmb_test_line *line_with_page(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_GPA_DIRECT,
		.flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = 1,
	};
	__le64 header[3] = { cpu_to_le64(1ULL << 32), cpu_to_le64(8) };
	struct vmb_test_line *line;
	bool signal;

	vsp->knobs.hook = set_limits;
	vsp->knobs.hold = true;
	vsp->vsp.process_packet = keep_packet;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
	header[2] = cpu_to_le64(VMB_TEST_FIRST_PFN +
				vmb_test_machine_take_pages(line->machine, 1));
	packet.extra = header;
	packet.extra_len = sizeof(header);
	KUNIT_ASSERT_EQ(test, vmb_ring_write(&line->guest.tx, &packet, &signal), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_NOT_NULL(test, line->server->data);
	return line;
}

static u32 nr_written(struct vmb_test_line *line)
{
	struct vmb_written written;
	u32 nr;

	KUNIT_ASSERT_EQ(line->machine->test, vmb_written_list(line->machine->bus, &written), 0);
	nr = written.nr;
	vmb_written_free(&written);
	return nr;
}

/* The VMM has not seen it being written, and may have copied it before. */
static void a_page_given_to_write_is_listed_after_it_was_given_back(struct kunit *test)
{
	struct vmb_test_line *line = line_with_page(test);
	const struct vmb_external_data *data;

	/* Act */
	KUNIT_EXPECT_EQ(test, nr_written(line), line->guest.nr_pages);
	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(line->server->data, 0, &data), 0);
	KUNIT_EXPECT_EQ(test, nr_written(line), line->guest.nr_pages + 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, nr_written(line), line->guest.nr_pages + 1);
}

static void a_page_given_to_read_is_not_listed(struct kunit *test)
{
	struct vmb_test_line *line = line_with_page(test);
	const struct vmb_external_data *data;

	KUNIT_ASSERT_EQ(test, vmb_packet_get_external_data(line->server->data,
							   VMB_EXTERNAL_DATA_READ_ONLY, &data), 0);

	KUNIT_EXPECT_EQ(test, nr_written(line), line->guest.nr_pages);
}

/* Lends and takes back 20..24 to be written, and 40 and 41 to be read. */
static void lend_and_tear_down(struct vmb_test_line *line)
{
	struct kunit *test = line->machine->test;

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 11, 20, 5, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_read_only(line->channel, 12, 40, 2, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_gpadl_teardown(line->channel, 11), 0);
	KUNIT_ASSERT_EQ(test, vmb_gpadl_teardown(line->channel, 12), 0);
}

static void lend_and_rescind(struct vmb_test_line *line)
{
	struct kunit *test = line->machine->test;

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 11, 20, 5, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_read_only(line->channel, 12, 40, 2, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);
}

/* Its VSP may have written it, and the VMM may have copied it before that. */
static void a_page_lent_to_write_is_listed_after_it_was_taken_back(struct kunit *test)
{
	static void (* const take_back[])(struct vmb_test_line *line) = {
		lend_and_tear_down, lend_and_rescind,
	};
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_written written;
	u32 i, page;

	for (i = 0; i < ARRAY_SIZE(take_back); i++) {
		struct vmb_test_machine *machine = vmb_test_machine_create(test);

		/* Act */
		take_back[i](vmb_test_line_offer(machine, vsp, 1));
		KUNIT_ASSERT_EQ(test, vmb_written_list(machine->bus, &written), 0);

		/* Assert */
		KUNIT_EXPECT_EQ(test, written.nr, 5);
		for (page = 0; page < written.nr; page++)
			KUNIT_EXPECT_EQ(test, written.pfns[page], VMB_TEST_FIRST_PFN + 20 + page);
		vmb_written_free(&written);
	}
}

static void a_page_that_there_is_not_is_not_listed(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 11, VMB_TEST_RAM_PAGES - 1,
							2, 0), -EFAULT);

	KUNIT_EXPECT_EQ(test, nr_written(line), 0);
}

static struct kunit_case written_cases[] = {
	KUNIT_CASE(pages_of_all_gpadls_are_listed_in_order_and_once),
	KUNIT_CASE(a_long_gpadl_is_listed_whole),
	KUNIT_CASE(a_page_given_to_write_is_listed_after_it_was_given_back),
	KUNIT_CASE(a_page_given_to_read_is_not_listed),
	KUNIT_CASE(a_page_lent_to_write_is_listed_after_it_was_taken_back),
	KUNIT_CASE(a_page_that_there_is_not_is_not_listed),
	{}
};

static struct kunit_suite written_suite = {
	.name = "vmbsave_written",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = written_cases,
};

kunit_test_suite(written_suite);

MODULE_DESCRIPTION("Guest pages that the host may have written");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

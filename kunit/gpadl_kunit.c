// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "line.h"

/* Pages that the guest lends: values, pins, caps, and when they come back. */

static struct vmb_test_line *offered_line(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	return line;
}

static const struct {
	u32 byte_count;
	u32 byte_offset;
	u64 pages;
} touched[] = {
	{ 0, 0, 0 }, { 1, 0, 1 }, { 4096, 0, 1 }, { 4097, 0, 2 }, { 1, 4095, 1 },
	{ 2, 4095, 2 }, { 4096, 1, 2 }, { 8192, 0, 2 }, { U32_MAX, 0, 1ULL << 20 },
	{ U32_MAX, 4095, (1ULL << 20) + 1 }, { U32_MAX, U32_MAX, 1ULL << 21 },
};

static void pages_touched_are_counted_without_overflow(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(touched); i++)
		KUNIT_EXPECT_EQ_MSG(test, vmb_gpadl_pages_touched(touched[i].byte_count,
								  touched[i].byte_offset),
				    touched[i].pages, "%u bytes at %u", touched[i].byte_count,
				    touched[i].byte_offset);
}

static const struct {
	const char *name;
	u32 id, byte_count, byte_offset, nr_pages;
} bad_gpadls[] = {
	{ "id 0", 0, 4096, 0, 1 },
	{ "no bytes", 1, 0, 0, 0 },
	{ "no bytes, one page", 1, 0, 0, 1 },
	{ "no bytes at an offset", 1, 0, 8, 1 },
	{ "an offset of a page", 1, 4096, 4096, 2 },
	{ "a huge offset", 1, 4096, U32_MAX, 2 },
	{ "a page less", 1, 8192, 0, 1 },
	{ "a page more", 1, 8192, 0, 3 },
	{ "no pages", 1, 8192, 0, 0 },
	{ "2^32 - 1 pages", 1, 8192, 0, U32_MAX },
};

static void values_that_do_not_fit_each_other_are_refused(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_gpadls); i++) {
		struct vmb_gpadl *gpadl =
			vmb_gpadl_alloc(line->channel, bad_gpadls[i].id, bad_gpadls[i].byte_count,
					bad_gpadls[i].byte_offset, bad_gpadls[i].nr_pages);

		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(gpadl), -EINVAL, "%s",
				    bad_gpadls[i].name);
	}
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 0);
}

static void pages_are_pinned_while_they_are_lent(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);
	atomic64_t *pinned = &line->machine->pinned;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(line->channel, 7, 0, 3, 0), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), 3);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 3);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 1);
	/* The same pages once more: that is the guest's affair. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(line->channel, 8, 1, 2, 100), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), 5);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, 7), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), 2);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, 7), -ENOENT);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, 8), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(pinned), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 0);
}

static void id_in_use_is_refused_and_what_it_names_stays(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(line->channel, line->guest.gpadl, 0, 1, 0),
			-EEXIST);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), line->guest.nr_pages);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

/* Ids are those of one channel, not of the bus. */
static void channels_do_not_share_ids(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);
	struct vmb_test_line *other = vmb_test_line_offer(line->machine, line->server->vsp, 2);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(line->channel, 7, 0, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(other->channel, 7, 0, 1, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, 7), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(other->channel, 7), 0);
}

static void page_outside_guest_memory_is_refused_and_nothing_is_pinned(struct kunit *test)
{
	static const u64 pfns[] = {
		0, VMB_TEST_FIRST_PFN - 1, VMB_TEST_FIRST_PFN + VMB_TEST_RAM_PAGES,
		1ULL << 52, U64_MAX,
	};
	struct vmb_test_line *line = offered_line(test);
	int i, page;

	for (i = 0; i < ARRAY_SIZE(pfns); i++) {
		for (page = 0; page < 3; page++) {
			struct vmb_gpadl *gpadl = vmb_gpadl_alloc(line->channel, 9, 3 * 4096, 0, 3);

			/* Arrange */
			KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(gpadl), 0);
			gpadl->pfns[0] = VMB_TEST_FIRST_PFN;
			gpadl->pfns[1] = VMB_TEST_FIRST_PFN + 1;
			gpadl->pfns[2] = VMB_TEST_FIRST_PFN + 2;
			gpadl->pfns[page] = pfns[i];

			/* Act, Assert */
			KUNIT_EXPECT_EQ_MSG(test, vmb_gpadl_create(line->channel, gpadl), -EFAULT,
					    "page %d: %#llx", page, pfns[i]);
			KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
			vmb_gpadl_free(line->channel, gpadl);
		}
	}
	/* The id is free. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend_pages(line->channel, 9, 0, 3, 0), 0);
}

static void failed_pin_leaves_nothing_behind(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);

	/* Arrange */
	line->machine->pin_error = -ENOMEM;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend(&line->guest), -ENOMEM);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), -ENOENT);
	line->machine->pin_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
}

static void gpadls_and_pages_are_capped(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);
	u64 taken;
	int ret[4];

	/* Act */
	taken = vmb_test_limit_leave(VMB_LIMIT_GPADLS, 1);
	ret[0] = vmb_test_guest_lend_pages(line->channel, 1, 0, 1, 0);
	ret[1] = vmb_test_guest_lend_pages(line->channel, 2, 0, 1, 0);
	vmb_limit_uncharge(VMB_LIMIT_GPADLS, taken);
	taken = vmb_test_limit_leave(VMB_LIMIT_PAGES, 2);
	ret[2] = vmb_test_guest_lend_pages(line->channel, 3, 0, 3, 0);
	ret[3] = vmb_test_guest_lend_pages(line->channel, 4, 0, 2, 0);
	vmb_limit_uncharge(VMB_LIMIT_PAGES, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret[0], 0);
	KUNIT_EXPECT_EQ(test, ret[1], -EDQUOT);
	KUNIT_EXPECT_EQ(test, ret[2], -EDQUOT);
	KUNIT_EXPECT_EQ(test, ret[3], 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 3);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 2);
}

static void rings_of_an_open_channel_are_not_torn_down(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 2, 0, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, 2), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);

	/* Act, Assert: neither while the VSP has paused it, nor after the end. */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), -EBUSY);
	KUNIT_ASSERT_EQ(test, vmb_channel_close(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
}

/* The rings need not lie in a row in guest memory. */
static void rings_may_be_scattered_over_guest_memory(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);
	struct vmb_test_guest *guest = &line->guest;
	u32 nr = guest->nr_pages;
	struct vmb_gpadl *gpadl;
	u32 i;

	/* Arrange: the pages in reverse, as the host sees them. */
	gpadl = vmb_gpadl_alloc(line->channel, guest->gpadl, nr * 4096, 0, nr);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(gpadl), 0);
	for (i = 0; i < nr; i++)
		gpadl->pfns[i] = VMB_TEST_FIRST_PFN + guest->first_page + nr - 1 - i;
	KUNIT_ASSERT_EQ(test, vmb_gpadl_create(line->channel, gpadl), 0);
	vmb_test_guest_map_reversed(guest);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(guest), 0);
	for (i = 1; i <= 20; i++) {
		KUNIT_EXPECT_EQ(test, vmb_test_guest_request(guest, i, 2000), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(guest), 1);
	}

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

static void pages_come_back_when_the_channel_goes(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 2, 0, 5, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PAGES), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_GPADLS), 0);
}

/* Disabling takes back the offer alone: the guest's pages stay with the channel. */
static void gpadls_stay_over_close_and_disable(struct kunit *test)
{
	struct vmb_test_line *line = offered_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, line->guest.gpadl), 0);
}

static struct kunit_case gpadl_cases[] = {
	KUNIT_CASE(pages_touched_are_counted_without_overflow),
	KUNIT_CASE(values_that_do_not_fit_each_other_are_refused),
	KUNIT_CASE(pages_are_pinned_while_they_are_lent),
	KUNIT_CASE(id_in_use_is_refused_and_what_it_names_stays),
	KUNIT_CASE(channels_do_not_share_ids),
	KUNIT_CASE(page_outside_guest_memory_is_refused_and_nothing_is_pinned),
	KUNIT_CASE(failed_pin_leaves_nothing_behind),
	KUNIT_CASE(gpadls_and_pages_are_capped),
	KUNIT_CASE(rings_of_an_open_channel_are_not_torn_down),
	KUNIT_CASE(rings_may_be_scattered_over_guest_memory),
	KUNIT_CASE(pages_come_back_when_the_channel_goes),
	KUNIT_CASE(gpadls_stay_over_close_and_disable),
	{}
};

static struct kunit_suite gpadl_suite = {
	.name = "vmbsave_gpadl",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = gpadl_cases,
};

kunit_test_suite(gpadl_suite);

MODULE_DESCRIPTION("Pages that a guest lends to a channel");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

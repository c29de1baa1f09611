// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_client.h>
#include <linux/vmb_gpadl.h>

#include "core/gpadl.h"
#include "ends.h"
#include "helpers.h"
#include "line.h"
#include "move.h"

/* What the guest has lent, in the hands of the VSP. */

#define LENT	7
#define OTHER	8

/* An open channel, and two GPADLs besides that of its rings. */
static struct vmb_test_line *lent_line(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	u32 page = vmb_test_machine_take_pages(machine, 4);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, LENT, page, 3, 100), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, OTHER, page + 3, 1, 0), 0);
	return line;
}

static int lend_read_only(struct vmb_channel *channel, u32 id, u32 first_page, u32 nr)
{
	struct vmb_gpadl *gpadl = vmb_gpadl_alloc(channel, id, nr * PAGE_SIZE, 0, nr);
	int ret;
	u32 i;

	if (IS_ERR(gpadl))
		return PTR_ERR(gpadl);
	gpadl->flags = VMB_GPADL_READ_ONLY;
	for (i = 0; i < nr; i++)
		gpadl->pfns[i] = VMB_TEST_FIRST_PFN + first_page + i;
	ret = vmb_gpadl_create(channel, gpadl);
	if (ret)
		vmb_gpadl_free(channel, gpadl);
	return ret;
}

static int map(struct vmb_channel *channel, u32 gpadl)
{
	return PTR_ERR_OR_ZERO(vmb_channel_map_gpadl(channel, 0, gpadl));
}

static void the_pages_mapped_are_the_pages_lent(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	const struct vmb_page_range *range;
	u32 first = line->machine->next_page - 4;
	u32 i;

	/* Act */
	range = vmb_channel_map_gpadl(line->channel, 0, LENT);

	/* Assert */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(range), 0);
	KUNIT_EXPECT_EQ(test, range->byte_offset, 100);
	KUNIT_EXPECT_EQ(test, range->byte_count, 3 * PAGE_SIZE - 100);
	KUNIT_ASSERT_EQ(test, range->nr_pages, 3);
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_PTR_EQ(test, range->pages[i], line->machine->pages[first + i]);
	vmb_channel_unmap_gpadl(line->channel, LENT);
}

static void a_gpadl_has_one_mapping_at_a_time(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);

	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), 0);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), -EBUSY);
	KUNIT_EXPECT_EQ(test, map(line->channel, OTHER), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	KUNIT_EXPECT_EQ(test, map(line->channel, OTHER), -EBUSY);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), 0);
	vmb_channel_unmap_gpadl(line->channel, OTHER);
	vmb_channel_unmap_gpadl(line->channel, LENT);
}

static void read_only_is_mapped_read_only(struct kunit *test)
{
	static const struct {
		bool lent_read_only;
		u32 flags;
		int ret;
	} cases[] = {
		{ false, 0, 0 },
		{ false, VMB_GPADL_READ_ONLY, 0 },
		{ true, 0, -EACCES },
		{ true, VMB_GPADL_READ_ONLY, 0 },
		{ false, 2, -EINVAL },
		{ true, 3, -EINVAL },
		{ true, BIT(31) | VMB_GPADL_READ_ONLY, -EINVAL },
	};
	struct vmb_test_line *line = lent_line(test);
	int i;

	KUNIT_ASSERT_EQ(test, lend_read_only(line->channel, 9, 0, 2), 0);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const struct vmb_page_range *range;
		u32 id = LENT;

		if (cases[i].lent_read_only)
			id = 9;
		range = vmb_channel_map_gpadl(line->channel, cases[i].flags, id);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(range), cases[i].ret, "case %d", i);
		if (!IS_ERR(range))
			vmb_channel_unmap_gpadl(line->channel, id);
	}
}

static void only_what_was_lent_to_the_channel_is_mapped(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	struct vmb_test_line *other = vmb_test_line_open(line->machine, line->server->vsp, 2);

	KUNIT_EXPECT_EQ(test, map(line->channel, 0), -ENOENT);
	KUNIT_EXPECT_EQ(test, map(line->channel, 1234), -ENOENT);
	KUNIT_EXPECT_EQ(test, map(other->channel, LENT), -ENOENT);
	KUNIT_EXPECT_EQ(test, map(line->channel, line->guest.gpadl), -EBUSY);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), 0);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), -ENOENT);
}

static void a_clients_end_maps_nothing(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, false);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

static void mappings_are_made_while_the_channel_is_open(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	struct vmb_channel *channel = line->channel;

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(channel, LENT, 0, 1, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	KUNIT_EXPECT_EQ(test, map(channel, LENT), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), 0);
	vmb_channel_unmap_gpadl(channel, LENT);
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(channel), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), 0);
	vmb_channel_unmap_gpadl(channel, LENT);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), 0);
	vmb_channel_unmap_gpadl(channel, LENT);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_close(channel), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), -EBADFD);
}

#define MAPPING_CALLS							\
	(BIT(VMB_TEST_OPENED) | BIT(VMB_TEST_STARTED) | BIT(VMB_TEST_POST_STARTED) | \
	 BIT(VMB_TEST_PROCESS) | BIT(VMB_TEST_BATCH) | BIT(VMB_TEST_SUSPEND) | \
	 BIT(VMB_TEST_CLOSED))

static void map_and_unmap(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (!(MAPPING_CALLS & BIT(call)))
		return;
	KUNIT_EXPECT_EQ_MSG(server->vsp->test, map(server->channel, LENT), 0, "call %d", call);
	vmb_channel_unmap_gpadl(server->channel, LENT);
}

static void callbacks_from_opened_to_closed_may_map(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);
	int call;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	vmb_test_server_forget_calls(line->server);
	line->server->knobs.hook = map_and_unmap;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	for (call = 0; call < VMB_TEST_NR_CALLS; call++)
		if (MAPPING_CALLS & BIT(call))
			KUNIT_EXPECT_EQ_MSG(test, vmb_test_server_count(line->server, call), 1,
					    "call %d", call);
	KUNIT_EXPECT_EQ(test, line->channel->nr_mapped, 0);
}

static void map_in_opened(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_OPENED)
		KUNIT_EXPECT_EQ(server->vsp->test, map(server->channel, LENT), 0);
}

static void a_failed_opened_leaves_nothing_mapped(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	line->server->knobs.hook = map_in_opened;
	line->server->knobs.opened_error = -EIO;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EIO);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, map(line->channel, OTHER), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), 0);
}

static void end_name(const struct vmb_test_end *end, char *name)
{
	strscpy(name, end->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(end, vmb_test_ends, end_name);

static void what_is_left_mapped_is_unmapped_behind_closed(struct kunit *test)
{
	const struct vmb_test_end *end = test->param_value;
	struct vmb_test_line *line = lent_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, map(line->channel, LENT), 0);
	KUNIT_ASSERT_EQ(test, map(line->channel, OTHER), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, end->end(line), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, line->channel->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, LENT), end->gone ? -ENODEV : 0);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, OTHER), end->gone ? -ENODEV : 0);
}

static void unmapping_what_is_not_mapped_is_warned_of(struct kunit *test)
{
	struct vmb_test_line *line = lent_line(test);

	kunit_info(test, "expect splat: was unmapped and is not mapped\n");
	vmb_channel_unmap_gpadl(line->channel, LENT);
	vmb_channel_unmap_gpadl(line->channel, 1234);
	KUNIT_EXPECT_EQ(test, line->channel->nr_mapped, 0);
	KUNIT_EXPECT_EQ(test, map(line->channel, LENT), 0);
	vmb_channel_unmap_gpadl(line->channel, LENT);
}

static void lends_read_only_and_opens(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_test_guest *guest = &line->guest;

	KUNIT_ASSERT_EQ(test, lend_read_only(line->channel, guest->gpadl, guest->first_page,
					     guest->nr_pages), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(guest), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_gpadl_teardown(line->channel, guest->gpadl), 0);
}

/* Rings are written; a VMM does not copy pages that are lent read-only. */
static void rings_are_not_in_a_read_only_gpadl(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	lends_read_only_and_opens(test, line);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

/* A channel with a mapped GPADL, saved; the destination maps it when opened. */
static struct vmb_test_move *moved_with_mapping(struct kunit *test)
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);
	struct vmb_test_line *line = move->lines[0];
	u32 page = vmb_test_machine_take_pages(move->from, 2);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, LENT, page, 2, 8), 0);
	KUNIT_ASSERT_EQ(test, map(line->channel, LENT), 0);
	vmb_test_move_save(move);
	vmb_channel_unmap_gpadl(line->channel, LENT);
	vmb_test_move_follow(move);
	move->moved[0]->server->knobs.hook = map_in_opened;
	return move;
}

static void a_restored_gpadl_is_there_and_not_mapped(struct kunit *test)
{
	struct vmb_test_move *move = moved_with_mapping(test);
	struct vmb_channel *channel = move->moved[0]->channel;
	struct vmb_gpadl *gpadl;

	/* Act: with its own .opened it is mapped exactly once. */
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);

	/* Assert */
	gpadl = xa_load(&channel->gpadls, LENT);
	KUNIT_ASSERT_NOT_NULL(test, gpadl);
	KUNIT_EXPECT_EQ(test, channel->nr_mapped, 1);
	KUNIT_EXPECT_EQ(test, gpadl->range.nr_pages, 2);
	KUNIT_EXPECT_PTR_EQ(test, gpadl->range.pages[0],
			    move->to->pages[move->from->next_page - 2]);
	vmb_channel_unmap_gpadl(channel, LENT);
	KUNIT_EXPECT_EQ(test, map(channel, LENT), 0);
	vmb_channel_unmap_gpadl(channel, LENT);
}

static void a_failed_restore_leaves_nothing_mapped(struct kunit *test)
{
	struct vmb_test_move *move = moved_with_mapping(test);
	struct vmb_channel *channel = move->moved[0]->channel;

	/* Act */
	move->moved[0]->server->knobs.opened_error = -EPERM;
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), -EPERM);

	/* Assert */
	KUNIT_EXPECT_EQ(test, channel->nr_mapped, 0);
	KUNIT_EXPECT_FALSE(test, channel->mappable);
	vmb_test_move_expect_clean(move);
	move->moved[0]->server->knobs.opened_error = 0;
	vmb_test_move_good(move);
	vmb_channel_unmap_gpadl(channel, LENT);
}

static struct kunit_case gpadl_map_cases[] = {
	KUNIT_CASE(the_pages_mapped_are_the_pages_lent),
	KUNIT_CASE(a_gpadl_has_one_mapping_at_a_time),
	KUNIT_CASE(read_only_is_mapped_read_only),
	KUNIT_CASE(only_what_was_lent_to_the_channel_is_mapped),
	KUNIT_CASE(a_clients_end_maps_nothing),
	KUNIT_CASE(mappings_are_made_while_the_channel_is_open),
	KUNIT_CASE(callbacks_from_opened_to_closed_may_map),
	KUNIT_CASE(a_failed_opened_leaves_nothing_mapped),
	KUNIT_CASE_PARAM(what_is_left_mapped_is_unmapped_behind_closed, end_gen_params),
	KUNIT_CASE(unmapping_what_is_not_mapped_is_warned_of),
	KUNIT_CASE(rings_are_not_in_a_read_only_gpadl),
	KUNIT_CASE(a_restored_gpadl_is_there_and_not_mapped),
	KUNIT_CASE(a_failed_restore_leaves_nothing_mapped),
	{}
};

static struct kunit_suite gpadl_map_suite = {
	.name = "vmbsave_gpadl_map",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = gpadl_map_cases,
};

kunit_test_suite(gpadl_map_suite);

MODULE_DESCRIPTION("What a guest has lent, mapped by the VSP");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

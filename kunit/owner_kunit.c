// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_client.h>

#include "core/channel.h"
#include "helpers.h"
#include "owned.h"
#include "stream.h"

/* Channels that have an owner: made, offered, used, moved, withdrawn. */

static struct vmb_test_line *allocated_line(struct kunit *test)
{
	return vmb_test_owned_allocate(vmb_test_machine_create(test),
				       vmb_test_vsp_create(test), 1);
}

static u32 events(struct vmb_test_line *line, u32 type, u32 id)
{
	return vmb_test_machine_events(line->machine, type, id);
}

static bool on_offer(struct vmb_test_machine *machine, u32 id)
{
	struct vmb_channel *channel = vmb_bus_find(machine->bus, id);

	if (channel)
		vmb_channel_put(channel);
	return channel;
}

static void an_allocated_channel_is_disabled_and_not_on_offer(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);
	struct vmb_channel *channel = line->channel;

	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_TRUE(test, vmb_channel_is_server(channel));
	KUNIT_EXPECT_TRUE(test, device_is_registered(&channel->dev));
	KUNIT_EXPECT_FALSE(test, on_offer(line->machine, channel->id));
	vmb_test_expect_machine_empty(line->machine);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

static void a_clients_end_is_no_device_and_not_on_offer(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, false);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	KUNIT_EXPECT_FALSE(test, vmb_channel_is_server(channel));
	KUNIT_EXPECT_FALSE(test, device_is_registered(&channel->dev));
	vmb_test_expect_machine_empty(machine);
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

static const struct {
	const char *name;
	size_t offset;
} required[] = {
	{ "name", offsetof(struct vmb_vsp, name) },
	{ "process_packet", offsetof(struct vmb_vsp, process_packet) },
	{ "save_packet", offsetof(struct vmb_vsp, save_packet) },
	{ "restore_packet", offsetof(struct vmb_vsp, restore_packet) },
	{ "discard_packet", offsetof(struct vmb_vsp, discard_packet) },
};

static void incomplete_callbacks_are_refused(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(required); i++) {
		struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
		struct vmb_channel *channel;

		memset((u8 *)&vsp->vsp + required[i].offset, 0, sizeof(void *));
		channel = vmb_channel_allocate(machine->bus, &vsp->vsp, i % 2);
		KUNIT_EXPECT_EQ_MSG(test, PTR_ERR_OR_ZERO(channel), -EINVAL, "without %s",
				    required[i].name);
	}
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_CHANNELS), 0);
}

/* An owner needs no id table, no probe, no remove. */
static void what_a_driver_needs_an_owner_does_not(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	vsp->vsp.id_table = NULL;
	vsp->vsp.probe = NULL;
	vsp->vsp.remove = NULL;
	line = vmb_test_owned_open(machine, vsp, 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
}

static void channels_are_capped(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_CHANNELS, 0);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, true);

	vmb_limit_uncharge(VMB_LIMIT_CHANNELS, taken);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(channel), -EDQUOT);
}

static void nothing_is_offered_without_a_type(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, true);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);
	vmb_test_expect_machine_empty(machine);
	KUNIT_EXPECT_EQ(test, machine->nr_events, 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

static void each_offer_has_an_id_of_its_own(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);
	u32 first, second;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->channel), 0);
	first = line->channel->id;
	KUNIT_EXPECT_TRUE(test, on_offer(line->machine, first));
	KUNIT_EXPECT_EQ(test, events(line, VMBSAVE_EVENT_OFFERED, first), 1);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_FALSE(test, on_offer(line->machine, first));
	KUNIT_EXPECT_EQ(test, events(line, VMBSAVE_EVENT_RESCINDED, first), 1);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->channel), 0);
	second = line->channel->id;

	/* Assert */
	KUNIT_EXPECT_GT(test, second, first);
	KUNIT_EXPECT_TRUE(test, on_offer(line->machine, second));
	KUNIT_EXPECT_EQ(test, events(line, VMBSAVE_EVENT_OFFERED, second), 1);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 3);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 4);
}

static void an_offer_that_the_vmm_refuses_is_none(struct kunit *test)
{
	struct vmb_test_line *line = allocated_line(test);

	/* Act */
	line->machine->offer_error = -ENOMEM;
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), -ENOMEM);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_DISABLED);
	vmb_test_expect_machine_empty(line->machine);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
	line->machine->offer_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
}

static void an_identity_is_on_offer_once(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *owned = vmb_test_owned_allocate(machine, vsp, 1);
	struct vmb_channel *offered = vmb_test_offer(machine, vsp, 1);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(offered), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(owned->channel), -EEXIST);
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, offered->id), 0);
	vmb_channel_put(offered);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(owned->channel), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_test_offer(machine, vsp, 1)), -EEXIST);
}

/* The type is one that a driver serves; the driver is not asked. */
static void no_driver_is_bound_to_it(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *driver = vmb_test_vsp_register(test);
	struct vmb_test_vsp *callbacks = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	callbacks->ids[0] = driver->ids[0];
	line = vmb_test_owned_open(machine, callbacks, 1);
	KUNIT_EXPECT_EQ(test, device_attach(&line->channel->dev), 0);
	KUNIT_EXPECT_NULL(test, line->channel->dev.driver);
	KUNIT_EXPECT_NULL(test, vmb_test_vsp_last(driver));
	vmb_test_vsp_unregister(driver);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_ACTIVE);
}

/* Two that were offered, two that have owners, and the first of these anew. */
static void mix(struct vmb_test_machine *machine, struct vmb_test_line *lines[4])
{
	struct kunit *test = machine->test;
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	lines[1] = vmb_test_owned_allocate(machine, vsp, 11);
	lines[3] = vmb_test_owned_allocate(machine, vsp, 13);
	lines[0] = vmb_test_line_offer(machine, vsp, 10);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(lines[3]), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(lines[1]), 0);
	lines[2] = vmb_test_line_offer(machine, vsp, 12);
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(lines[3]->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(lines[3]), 0);
}

static void the_list_is_by_id(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *lines[4];
	struct vmb_channel **list;
	u32 i, nr = 0;

	mix(machine, lines);
	list = vmb_bus_list(machine->bus, &nr);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(list), 0);
	KUNIT_EXPECT_EQ(test, nr, 4);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_PTR_EQ(test, list[i], lines[i]->channel);
	vmb_bus_put_list(list, nr);
}

/* One that has got its id may come in behind one with a higher id. */
static void the_list_is_by_id_whichever_came_first(struct kunit *test)
{
	static const u32 ids[] = { 20, 10, 30, 15 };
	static const u32 order[] = { 1, 3, 0, 2 };
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *lines[4];
	struct vmb_channel **list;
	u32 i, nr = 0;

	for (i = 0; i < 4; i++)
		lines[i] = vmb_test_owned_allocate(machine, vsp, i + 1);
	for (i = 0; i < 4; i++) {
		machine->bus->next_id = ids[i];
		KUNIT_ASSERT_EQ(test, vmb_channel_enable(lines[i]->channel), 0);
	}
	list = vmb_bus_list(machine->bus, &nr);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(list), 0);
	KUNIT_EXPECT_EQ(test, nr, 4);
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_PTR_EQ(test, list[i], lines[order[i]]->channel);
	vmb_bus_put_list(list, nr);
}

static void a_walk_visits_all_by_id(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *lines[4];
	struct vmb_channel *channel;
	u32 i = 0;

	mix(machine, lines);
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&machine->bus->turn), 0);
	for (channel = vmb_bus_next(machine->bus, NULL); channel && i < 4;
	     channel = vmb_bus_next(machine->bus, channel), i++)
		KUNIT_EXPECT_PTR_EQ(test, channel, lines[i]->channel);
	vmb_turn_release(&machine->bus->turn);
	KUNIT_EXPECT_EQ(test, i, 4);
	KUNIT_EXPECT_NULL(test, channel);
}

/* The channel at which the walk stands gets the highest id. */
static void an_offer_renewed_does_not_lead_a_walk_astray(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_channel *channel;
	struct vmb_test_line *lines[4];

	/* Arrange */
	mix(machine, lines);
	KUNIT_ASSERT_EQ(test, vmb_turn_take(&machine->bus->turn), 0);
	channel = vmb_bus_next(machine->bus, NULL);
	channel = vmb_bus_next(machine->bus, channel);
	KUNIT_EXPECT_PTR_EQ(test, channel, lines[1]->channel);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), 0);

	/* Assert */
	channel = vmb_bus_next(machine->bus, channel);
	KUNIT_EXPECT_PTR_EQ(test, channel, lines[2]->channel);
	channel = vmb_bus_next(machine->bus, channel);
	KUNIT_EXPECT_PTR_EQ(test, channel, lines[3]->channel);
	channel = vmb_bus_next(machine->bus, channel);
	KUNIT_EXPECT_PTR_EQ(test, channel, lines[1]->channel);
	KUNIT_EXPECT_NULL(test, vmb_bus_next(machine->bus, channel));
	vmb_turn_release(&machine->bus->turn);
}

static void traffic_runs_as_on_any_channel(struct kunit *test)
{
	struct vmb_test_line *line =
		vmb_test_owned_open(vmb_test_machine_create(test), vmb_test_vsp_create(test), 1);

	/* Act */
	vmb_test_line_send(line, 3, 40);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 3);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 77, 16), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	vmb_test_line_expect_once(line, 3);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 77), 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS),
			   "opened started post_started suspend closed");
}

/* Its guest has to begin from the beginning. */
static void a_new_offer_has_nothing_of_the_old(struct kunit *test)
{
	struct vmb_test_line *line =
		vmb_test_owned_open(vmb_test_machine_create(test), vmb_test_vsp_create(test), 1);
	struct vmb_test_guest *guest = &line->guest;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic64_read(&line->machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&guest->released), 1);
	KUNIT_EXPECT_FALSE(test, line->channel->opened_before);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(line), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(guest), -EINVAL);
	vmb_channel_set_host(line->channel, &guest->host);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(guest), -ENOENT);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_lend(guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(guest), 0);
}

static void it_moves_with_its_bus(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line =
		vmb_test_owned_open(vmb_test_machine_create(test), vsp, 1);
	struct vmb_test_machine *to = vmb_test_machine_create(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *moved;

	/* Arrange: two with the guest, one that he has not read. */
	vmb_test_line_send(line, 2, 40);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 2);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 64, 300), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(line->machine, 1000, stream), 0);
	vmb_test_machine_copy_ram(to, line->machine);
	moved = vmb_test_owned_follow(to, line);
	KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(to, stream, 1000), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(to, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&moved->guest), 1);
	vmb_test_line_settle(moved);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_channel_was_restored(moved->channel));
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(moved->server, 3)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&moved->guest.seen, 3), 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(moved->server, VMB_TEST_STATE_CALLS),
			   "opened started post_started");
}

/* Saved on one machine while (not) on offer, restored on another where it is (not). */
static void a_restore_neither_makes_an_offer_nor_takes_it_back(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_stream *stream;
	struct vmb_test_line *from, *to;
	struct vmb_channel *found;
	int offered;

	for (offered = 0; offered < 2; offered++) {
		/* Arrange */
		stream = vmb_test_stream_create(test);
		from = vmb_test_owned_allocate(vmb_test_machine_create(test), vsp, 1);
		to = vmb_test_owned_allocate(vmb_test_machine_create(test), vsp, 1);
		KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(offered ? to : from), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_save_channel(from->channel, 4096, stream), 0);

		/* Act */
		KUNIT_ASSERT_EQ(test, vmb_test_restore_channel(to->channel, stream, 1), 0);

		/* Assert */
		found = vmb_bus_find_identity(to->machine->bus, &to->channel->identity);
		KUNIT_EXPECT_EQ(test, !!found, offered);
		KUNIT_EXPECT_EQ(test, vmb_channel_get_state(to->channel) != VMB_CHANNEL_DISABLED,
				offered);
		KUNIT_EXPECT_EQ(test, vmb_channel_enable(to->channel), offered ? -EBADFD : 0);
		KUNIT_EXPECT_EQ(test, vmb_channel_disable(to->channel), 0);
		KUNIT_EXPECT_EQ(test, vmb_channel_enable(to->channel), 0);
		if (found)
			vmb_channel_put(found);
	}
}

/* The VMM may still signal it, if that came as the offer was taken back. */
static void what_a_guest_has_open_is_not_restored_without_an_offer(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *from =
		vmb_test_owned_open(vmb_test_machine_create(test), vsp, 1);
	struct vmb_test_line *to =
		vmb_test_owned_allocate(vmb_test_machine_create(test), vsp, 1);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(from->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_channel(from->channel, 4096, stream), 0);
	vmb_test_machine_copy_ram(to->machine, from->machine);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_restore_channel(to->channel, stream, 1), -EBADFD);
	vmb_channel_restore_end(to->channel);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(to->server, VMB_TEST_STATE_CALLS), "");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(to->channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_TRUE(test, xa_empty(&to->channel->gpadls));
	KUNIT_EXPECT_EQ(test, vmb_test_owned_offer(to), 0);
}

static void nothing_is_offered_while_the_bus_is_in_a_session(struct kunit *test)
{
	static const enum vmb_bus_state sessions[] = { VMB_BUS_STOP_COPY, VMB_BUS_RESUMING };
	struct vmb_test_line *line = allocated_line(test);
	int i;

	/* Arrange: a session needs a channel. */
	vmb_test_line_offer(line->machine, vmb_test_vsp_register(test), 1);
	for (i = 0; i < ARRAY_SIZE(sessions); i++) {
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, sessions[i]), 0);

		/* Act, Assert */
		KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), -EBUSY);
		KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
		KUNIT_ASSERT_EQ(test, vmb_bus_reset(line->machine->bus), 0);
	}
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
}

static struct kunit_case owner_cases[] = {
	KUNIT_CASE(an_allocated_channel_is_disabled_and_not_on_offer),
	KUNIT_CASE(a_clients_end_is_no_device_and_not_on_offer),
	KUNIT_CASE(incomplete_callbacks_are_refused),
	KUNIT_CASE(what_a_driver_needs_an_owner_does_not),
	KUNIT_CASE(channels_are_capped),
	KUNIT_CASE(nothing_is_offered_without_a_type),
	KUNIT_CASE(each_offer_has_an_id_of_its_own),
	KUNIT_CASE(an_offer_that_the_vmm_refuses_is_none),
	KUNIT_CASE(an_identity_is_on_offer_once),
	KUNIT_CASE(no_driver_is_bound_to_it),
	KUNIT_CASE(the_list_is_by_id),
	KUNIT_CASE(the_list_is_by_id_whichever_came_first),
	KUNIT_CASE(a_walk_visits_all_by_id),
	KUNIT_CASE(an_offer_renewed_does_not_lead_a_walk_astray),
	KUNIT_CASE(traffic_runs_as_on_any_channel),
	KUNIT_CASE(a_new_offer_has_nothing_of_the_old),
	KUNIT_CASE(it_moves_with_its_bus),
	KUNIT_CASE(a_restore_neither_makes_an_offer_nor_takes_it_back),
	KUNIT_CASE(what_a_guest_has_open_is_not_restored_without_an_offer),
	KUNIT_CASE(nothing_is_offered_while_the_bus_is_in_a_session),
	{}
};

static struct kunit_suite owner_suite = {
	.name = "vmbsave_owner",
	.init = vmb_test_init,
	.exit = vmb_test_owned_exit,
	.test_cases = owner_cases,
};

kunit_test_suite(owner_suite);

MODULE_DESCRIPTION("Channels that have an owner");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

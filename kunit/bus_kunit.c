// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "job.h"
#include "line.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "stream.h"

/* Offers, caps, events and the end of a bus. */

static struct vmb_channel *offer_subchannel(struct vmb_test_machine *machine,
					    struct vmb_test_vsp *vsp, u16 subchannel)
{
	const struct vmb_channel_identity identity = {
		.type = vsp->ids[0].type,
		.subchannel = subchannel,
	};

	return vmb_bus_offer(machine->bus, &identity);
}

static int offer_error(struct vmb_test_machine *machine, struct vmb_test_vsp *vsp,
		       u32 instance)
{
	struct vmb_channel *channel = vmb_test_offer(machine, vsp, instance);

	if (IS_ERR(channel))
		return PTR_ERR(channel);
	vmb_channel_put(channel);
	return 0;
}

static void channel_is_not_offered_twice(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_machine *other = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, offer_error(other, vsp, 1), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), 0);
}

static void channels_differ_by_type_instance_or_subchannel(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_vsp *other = vmb_test_vsp_register(test);
	struct vmb_channel *channel;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), 0);
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 2), 0);
	KUNIT_EXPECT_EQ(test, offer_error(machine, other, 1), 0);
	channel = offer_subchannel(machine, vsp, 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	vmb_channel_put(channel);
	channel = offer_subchannel(machine, vsp, U16_MAX);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_subchannel(channel), U16_MAX);
	vmb_channel_put(channel);
	channel = offer_subchannel(machine, vsp, U16_MAX);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(channel), -EEXIST);
}

static void ids_rise_and_are_not_used_again(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_channel **list;
	struct vmb_channel *found;
	u32 nr = 0;

	/* Arrange: an offer that fails has used an id, too. */
	KUNIT_ASSERT_EQ(test, vmb_test_line_offer(machine, vsp, 1)->id, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_line_offer(machine, vsp, 2)->id, 2);
	KUNIT_ASSERT_EQ(test, offer_error(machine, vsp, 2), -EEXIST);
	KUNIT_ASSERT_EQ(test, vmb_bus_rescind(machine->bus, 2), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_line_offer(machine, vsp, 2)->id, 4);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, 4), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_line_offer(machine, vsp, 3)->id, 5);
	found = vmb_bus_find(machine->bus, 5);
	KUNIT_EXPECT_NOT_NULL(test, found);
	if (found)
		vmb_channel_put(found);
	KUNIT_EXPECT_NULL(test, vmb_bus_find(machine->bus, 2));
	KUNIT_EXPECT_NULL(test, vmb_bus_find(machine->bus, 0));
	list = vmb_bus_list(machine->bus, &nr);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(list), 0);
	KUNIT_EXPECT_EQ(test, nr, 2);
	KUNIT_EXPECT_EQ(test, list[0]->id, 1);
	KUNIT_EXPECT_EQ(test, list[1]->id, 5);
	vmb_bus_put_list(list, nr);
}

static void channels_are_capped(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_CHANNELS, 1);
	int first = offer_error(machine, vsp, 1);
	int second = offer_error(machine, vsp, 2);

	vmb_limit_uncharge(VMB_LIMIT_CHANNELS, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, -EDQUOT);
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 2), 0);
}

static void buses_are_capped(struct kunit *test)
{
	static const struct vmb_bus_ops no_ops;
	struct vmb_guest_memory memory = {};
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_BUSES, 1);
	struct vmb_bus *first = vmb_bus_create(&no_ops, &memory, NULL);
	struct vmb_bus *second = vmb_bus_create(&no_ops, &memory, NULL);

	if (!IS_ERR(first))
		vmb_bus_destroy(first);
	vmb_limit_uncharge(VMB_LIMIT_BUSES, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(first), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), -EDQUOT);
}

/* Who still looks at one that is over keeps nobody from making another. */
static void bus_that_is_over_takes_no_slot(struct kunit *test)
{
	static const struct vmb_bus_ops no_ops;
	struct vmb_guest_memory memory = {};
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_BUSES, 1);
	struct vmb_bus *first = vmb_bus_create(&no_ops, &memory, NULL);
	struct vmb_bus *second = ERR_PTR(-ENOENT);

	if (!IS_ERR(first)) {
		vmb_bus_get(first);
		vmb_bus_destroy(first);
		second = vmb_bus_create(&no_ops, &memory, NULL);
		vmb_bus_put(first);
	}
	if (!IS_ERR(second))
		vmb_bus_destroy(second);
	vmb_limit_uncharge(VMB_LIMIT_BUSES, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(first), 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(second), 0);
}

/* What a reader or writer of the session's data is told */
static int use_data(const struct vmb_bus_data *data)
{
	const u8 first = 0x89;
	const void *from;
	u32 bytes;
	int ret;

	if (data->save) {
		ret = vmb_save_read_begin(data->save, &from, &bytes);
		if (!ret)
			vmb_save_read_end(data->save, min(bytes, 1U));
		return ret;
	}
	return vmb_test_write_bytes(data->restore, &first, 1);
}

static void put_data(const struct vmb_bus_data *data)
{
	if (data->save)
		vmb_save_put(data->save);
	if (data->restore)
		vmb_restore_put(data->restore);
}

/* A machine in a state, with a channel that has packets where that can be */
static struct vmb_test_line *line_on_bus_in(struct kunit *test, enum vmb_bus_state state,
					    struct vmb_bus_data *data)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	memset(data, 0, sizeof(*data));
	if (state == VMB_BUS_RESUMING || state == VMB_BUS_ERROR) {
		line = vmb_test_line_offer(machine, vsp, 1);
		KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_RESUMING, 0,
							data), 0);
		if (state == VMB_BUS_ERROR)
			KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP),
					-ENODATA);
		return line;
	}
	line = vmb_test_line_open(machine, vsp, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8, 100), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, state, 0, data), 0);
	return line;
}

static const struct {
	enum vmb_bus_state state;
	bool offer;
	int rescind;
} by_state[] = {
	{ VMB_BUS_ERROR, false, -EBADFD },
	{ VMB_BUS_STOP, true, 0 },
	{ VMB_BUS_RUNNING, true, 0 },
	{ VMB_BUS_STOP_COPY, false, -EBADFD },
	{ VMB_BUS_RESUMING, false, -EBADFD },
};

static void channels_come_and_go_in_stop_and_running_alone(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(by_state); i++) {
		/* Arrange */
		struct vmb_bus_data data;
		struct vmb_test_line *line = line_on_bus_in(test, by_state[i].state, &data);

		/* Act, Assert */
		KUNIT_EXPECT_EQ_MSG(test, offer_error(line->machine, line->server->vsp, 2),
				    by_state[i].offer ? 0 : -EBADFD, "offer in %s",
				    vmb_bus_state_name(by_state[i].state));
		KUNIT_EXPECT_EQ_MSG(test, vmb_bus_rescind(line->machine->bus, line->id),
				    by_state[i].rescind, "rescind in %s",
				    vmb_bus_state_name(by_state[i].state));
		put_data(&data);
	}
}

/* As when the VMM is killed, half-way through a save or restore included. */
static void destroyed_in_each_state_a_bus_releases_all(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(by_state); i++) {
		struct vmb_bus_data data;
		struct vmb_test_line *line = line_on_bus_in(test, by_state[i].state, &data);
		struct vmb_test_machine *machine = line->machine;

		/* Arrange */
		if (by_state[i].state >= VMB_BUS_STOP_COPY)
			KUNIT_ASSERT_EQ(test, use_data(&data), 0);

		/* Act */
		vmb_test_machine_destroy(machine);

		/* Assert */
		KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_REMOVE), 1);
		if (by_state[i].state >= VMB_BUS_STOP_COPY)
			KUNIT_EXPECT_EQ(test, use_data(&data), -ENODEV);
		put_data(&data);
		KUNIT_EXPECT_TRUE_MSG(test, vmb_test_wait(completion_done(&machine->released)),
				      "in %s", vmb_bus_state_name(by_state[i].state));
	}
}

static void unregistering_in_each_state_ends_the_session(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(by_state); i++) {
		struct vmb_bus_data data;
		struct vmb_test_line *line = line_on_bus_in(test, by_state[i].state, &data);
		struct vmb_test_machine *machine = line->machine;

		/* Arrange */
		if (by_state[i].state >= VMB_BUS_STOP_COPY)
			KUNIT_ASSERT_EQ(test, use_data(&data), 0);

		/* Act */
		vmb_test_vsp_unregister(line->server->vsp);

		/* Assert */
		if (by_state[i].state >= VMB_BUS_STOP_COPY)
			KUNIT_EXPECT_EQ(test, use_data(&data), -ENODEV);
		KUNIT_EXPECT_EQ(test, vmb_test_machine_events(machine,
							      VMBSAVE_EVENT_RESCINDED,
							      line->id), 1);
		KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
		put_data(&data);
		KUNIT_EXPECT_EQ(test, vmb_bus_reset(machine->bus), 0);
	}
}

static void no_event_comes_from_a_bus_that_is_destroyed(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
	int i;

	/* Arrange: a channel that fails the next time that it looks. */
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 512, 0), 0);
	vmb_test_line_settle(line);
	WRITE_ONCE(line->guest.rx.control->read_index, cpu_to_le32(1));

	/* Act */
	vmb_test_machine_destroy(machine);
	vmb_test_vsp_unregister(vsp);
	msleep(1000);

	/* Assert */
	KUNIT_EXPECT_EQ(test, machine->nr_events, 0);
}

static void dawdle(void *unused)
{
	msleep(3000);
}

/* Has the driver core take its time behind .remove. */
static void remove_slowly(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_REMOVE &&
	    devm_add_action(vmb_channel_device(server->channel), dawdle, NULL))
		dawdle(NULL);
}

/* A device may not be removed before its children. */
static void destroy_waits_for_a_channel_whose_vsp_just_went(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
	struct vmb_channel *channel = vmb_channel_get(line->channel);
	struct vmb_test_job *job;

	/* Arrange: off the bus's list, but still a device. */
	line->server->knobs.hook = remove_slowly;
	job = vmb_test_job_start(test, 0, vmb_test_vsp_unregister_job, vsp);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_machine_events(machine,
								      VMBSAVE_EVENT_RESCINDED,
								      line->id)));
	KUNIT_EXPECT_TRUE(test, device_is_registered(&channel->dev));

	/* Act */
	vmb_test_machine_destroy(machine);

	/* Assert */
	KUNIT_EXPECT_FALSE(test, device_is_registered(&channel->dev));
	vmb_channel_put(channel);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

/* C7: what the VSPs do meanwhile is remembered. */
static void no_guest_byte_is_written_between_stop_and_running(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_machine *before = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	struct vmb_bus_data data;
	int signals;

	/* Arrange: a request is in the ring, unread and without a signal. */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 4, 8), 0);
	vmb_test_machine_copy_ram(before, machine);
	signals = atomic_read(&line->guest.signals);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_channel_kick(line->channel);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0, &data), 0);
	put_data(&data);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_reset(machine->bus), 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(machine, before));
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), signals);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	/* Assert: both rings are looked into, without a signal of the guest. */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS)));
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 4), 1);
}

static void running_kicks_the_guest_even_with_nothing_to_say(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	int signals;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	signals = atomic_read(&line->guest.signals);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), signals + 1);
}

/* Its ring may hold what the guest was never told of. */
static void running_kicks_the_guest_of_a_paused_channel_too(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	int signals;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	signals = atomic_read(&line->guest.signals);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.signals), signals + 1);
}

static void one_bus_stops_and_another_runs_on(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *one = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);
	struct vmb_test_line *other = vmb_test_line_open(vmb_test_machine_create(test), vsp, 1);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(one->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&one->guest, 1, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&other->guest, 1, 8), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&one->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&other->guest), 1);
}

static struct kunit_case bus_cases[] = {
	KUNIT_CASE(channel_is_not_offered_twice),
	KUNIT_CASE(channels_differ_by_type_instance_or_subchannel),
	KUNIT_CASE(ids_rise_and_are_not_used_again),
	KUNIT_CASE(channels_are_capped),
	KUNIT_CASE(buses_are_capped),
	KUNIT_CASE(bus_that_is_over_takes_no_slot),
	KUNIT_CASE(channels_come_and_go_in_stop_and_running_alone),
	KUNIT_CASE(destroyed_in_each_state_a_bus_releases_all),
	KUNIT_CASE(unregistering_in_each_state_ends_the_session),
	KUNIT_CASE(no_event_comes_from_a_bus_that_is_destroyed),
	KUNIT_CASE(destroy_waits_for_a_channel_whose_vsp_just_went),
	KUNIT_CASE(no_guest_byte_is_written_between_stop_and_running),
	KUNIT_CASE(running_kicks_the_guest_even_with_nothing_to_say),
	KUNIT_CASE(running_kicks_the_guest_of_a_paused_channel_too),
	KUNIT_CASE(one_bus_stops_and_another_runs_on),
	{}
};

static struct kunit_suite bus_suite = {
	.name = "vmbsave_bus",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = bus_cases,
};

kunit_test_suite(bus_suite);

MODULE_DESCRIPTION("Offers, caps, events and the end of a bus");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "line.h"

/* Registration, probing, what callbacks may do, and parting. */

static void without_name(struct vmb_vsp *vsp)
{
	vsp->name = NULL;
}

static void without_id_table(struct vmb_vsp *vsp)
{
	vsp->id_table = NULL;
}

static void with_empty_id_table(struct vmb_vsp *vsp)
{
	static const struct vmb_vsp_id none;

	vsp->id_table = &none;
}

static void without_probe(struct vmb_vsp *vsp)
{
	vsp->probe = NULL;
}

static void without_process_packet(struct vmb_vsp *vsp)
{
	vsp->process_packet = NULL;
}

static void without_save(struct vmb_vsp *vsp)
{
	vsp->save_packet = NULL;
}

static void without_restore(struct vmb_vsp *vsp)
{
	vsp->restore_packet = NULL;
}

static void without_discard(struct vmb_vsp *vsp)
{
	vsp->discard_packet = NULL;
}

static void with_save_alone(struct vmb_vsp *vsp)
{
	vsp->restore_packet = NULL;
	vsp->discard_packet = NULL;
}

static void with_restore_alone(struct vmb_vsp *vsp)
{
	vsp->save_packet = NULL;
	vsp->discard_packet = NULL;
}

static void with_discard_alone(struct vmb_vsp *vsp)
{
	vsp->save_packet = NULL;
	vsp->restore_packet = NULL;
}

static void incomplete_vsp_is_not_registered(struct kunit *test)
{
	static void (* const damage[])(struct vmb_vsp *vsp) = {
		without_name, without_id_table, with_empty_id_table,
		without_probe, without_process_packet, without_save,
		without_restore, without_discard, with_save_alone,
		with_restore_alone, with_discard_alone,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(damage); i++) {
		/* Arrange */
		struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

		damage[i](&vsp->vsp);

		/* Act, Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_vsp_add(vsp), -EINVAL,
				    "damage %d", i);
	}
}

static void vsp_is_not_registered_twice(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	/* Act */
	kunit_info(test, "expect splat: is already registered\n");
	KUNIT_EXPECT_EQ(test, vmb_test_vsp_add(vsp), -EBUSY);

	/* Assert: it still serves. */
	vmb_test_line_open(machine, vsp, 1);
}

static void strip(struct vmb_vsp *vsp)
{
	vsp->remove = NULL;
	vsp->opened = NULL;
	vsp->closed = NULL;
	vsp->suspend = NULL;
	vsp->started = NULL;
	vsp->post_started = NULL;
	vsp->processing_complete = NULL;
	vsp->save_packet = NULL;
	vsp->restore_packet = NULL;
	vsp->discard_packet = NULL;
}

/* Each optional callback is really optional, on every way. */
static void vsp_of_two_callbacks_lives_a_whole_life(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	/* Arrange */
	strip(&vsp->vsp);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(machine, vsp, 1);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 5, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 5), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "probe process#5 done#1");
}

static void vsp_is_probed_for_its_own_type_alone(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *one = vmb_test_vsp_register(test);
	struct vmb_test_vsp *other = vmb_test_vsp_register(test);

	/* Act */
	struct vmb_test_line *line = vmb_test_line_offer(machine, other, 1);

	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, line->server->vsp, other);
	KUNIT_EXPECT_NULL(test, vmb_test_vsp_last(one));
	KUNIT_EXPECT_TRUE(test, guid_equal(vmb_channel_interface_type(line->channel),
					   &other->ids[0].type));
}

static void channel_that_nobody_serves_is_refused(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_offer(machine, vsp, 1)), -ENODEV);
	vmb_test_expect_machine_empty(machine);
}

static void failed_probe_refuses_the_channel_with_its_errno(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	/* Arrange */
	vsp->knobs.probe_error = -EPERM;

	/* Act */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_offer(machine, vsp, 1)), -EPERM);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(vmb_test_vsp_last(vsp),
						       VMB_TEST_ALL_CALLS), "probe");
	vmb_test_expect_machine_empty(machine);

	/* Assert: it can be offered anew. */
	vsp->knobs.probe_error = 0;
	vmb_test_line_open(machine, vsp, 1);
}

static void failed_probe_that_leaves_the_channel_enabled_is_warned_of(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	/* Arrange */
	vsp->knobs.probe_error = -EPERM;
	vsp->knobs.probe_leaves_enabled = true;
	kunit_info(test, "expect splat: failed to probe and left the channel enabled\n");

	/* Act */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_offer(machine, vsp, 1)), -EPERM);

	/* Assert */
	vmb_test_expect_machine_empty(machine);
}

static void send_while_probed(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_PROBE && !vmb_channel_enable(server->channel))
		vmb_test_server_send(server, 8, 0);
}

/* It has enabled the channel, so that the second time fails. */
static void failed_probe_gets_back_what_it_has_sent(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	/* Arrange */
	vsp->knobs.hook = send_while_probed;
	vsp->knobs.probe_leaves_enabled = true;
	kunit_info(test, "expect splat: failed to probe and left the channel enabled\n");

	/* Act */
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_offer(machine, vsp, 1)), -EBADFD);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(vmb_test_vsp_last(vsp),
						       VMB_TEST_ALL_CALLS), "probe discard#1");
}

static int enable(struct vmb_channel *channel)
{
	return vmb_channel_enable(channel);
}

static int disable(struct vmb_channel *channel)
{
	return vmb_channel_disable(channel);
}

static int start(struct vmb_channel *channel)
{
	return vmb_channel_start(channel);
}

static int pause(struct vmb_channel *channel)
{
	return vmb_channel_pause(channel);
}

static int pause_timeout(struct vmb_channel *channel)
{
	return vmb_channel_pause_timeout(channel, 10);
}

static int (* const controls[])(struct vmb_channel *channel) = {
	enable, disable, start, pause, pause_timeout,
};

/* What each control answered in each callback; 1 = not called */
struct answers {
	int ret[VMB_TEST_NR_CALLS][ARRAY_SIZE(controls)];
};

static void try_all(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct answers *answers = server->data;
	int i;

	for (i = 0; i < ARRAY_SIZE(controls); i++)
		answers->ret[call][i] = controls[i](server->channel);
}

/* They would wait for themselves; in the worker as well as in a control call. */
static void callbacks_cannot_control_their_channel(struct kunit *test)
{
	static const enum vmb_test_call calls[] = {
		VMB_TEST_OPENED, VMB_TEST_CLOSED, VMB_TEST_SUSPEND,
		VMB_TEST_STARTED, VMB_TEST_POST_STARTED, VMB_TEST_PROCESS,
		VMB_TEST_BATCH, VMB_TEST_DONE, VMB_TEST_DISCARD,
	};
	struct answers *answers = vmb_test_alloc(test, sizeof(*answers));
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	int call, i;

	/* Arrange */
	for (call = 0; call < VMB_TEST_NR_CALLS; call++)
		for (i = 0; i < ARRAY_SIZE(controls); i++)
			answers->ret[call][i] = 1;
	line = vmb_test_line_open(machine, vsp, 1);
	line->server->data = answers;
	line->server->knobs.hook = try_all;

	/* Act */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_guest_request(&line->guest, 1, 8);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_server_send(line->server, 8, 0);
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);

	/* Assert */
	for (call = 0; call < ARRAY_SIZE(calls); call++)
		for (i = 0; i < ARRAY_SIZE(controls); i++)
			KUNIT_EXPECT_EQ_MSG(test, answers->ret[calls[call]][i], -EDEADLK,
					    "call %d, control %d", calls[call], i);
}

static void unregistering_parts_vsp_and_guest(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_send(line->server, 8, 100);
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	vmb_test_vsp_unregister(vsp);

	/* Assert: the packets are given back, last one first. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed discard#3 discard#2 discard#1 remove");
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&line->guest.released), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(machine, VMBSAVE_EVENT_RESCINDED,
						      line->id), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_DISABLED);
	vmb_test_expect_machine_empty(machine);
}

static void unregistering_in_each_state_releases_all(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange */
	vsp->knobs.stay_disabled = true;
	vmb_test_line_offer(machine, vsp, 1);
	vsp->knobs.stay_disabled = false;
	vsp->knobs.stay_paused = true;
	vmb_test_line_offer(machine, vsp, 2);
	line = vmb_test_line_open(machine, vsp, 3);
	vmb_test_server_send(line->server, 8, 0);
	vsp->knobs.stay_paused = false;
	vmb_test_line_offer(machine, vsp, 4);
	line = vmb_test_line_open(machine, vsp, 5);
	vmb_test_server_send(line->server, 8, 0);
	line = vmb_test_line_open(machine, vsp, 6);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	vmb_test_server_send(line->server, 8, 0);

	/* Act */
	vmb_test_vsp_unregister(vsp);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	vmb_test_expect_machine_empty(machine);
}

/* Without .discard_packet the completion routine tells. */
static void vsp_without_discard_gets_its_packets_cancelled(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_line *line;

	/* Arrange */
	strip(&vsp->vsp);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_open(machine, vsp, 1);
	vmb_test_server_send(line->server, 8, 0);

	/* Act */
	vmb_test_vsp_unregister(vsp);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
}

static void packet_that_outlives_its_vsp_is_warned_of_and_harmless(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_machine *before = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);

	/* Arrange */
	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	line->server->knobs.keep_on_remove = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_held(line->server), 1);

	/* Act */
	kunit_info(test, "expect splat: was removed and still holds packets\n");
	vmb_test_vsp_unregister(vsp);
	vmb_test_machine_copy_ram(before, machine);

	/* Assert: the guest has its pages back and they stay as they are. */
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(machine, before));
}

/* A VSP that comes back serves a new offer of the same channel. */
static void channel_is_offered_anew_after_its_vsp_came_back(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
	u32 id = line->id;

	/* Arrange */
	vmb_test_vsp_unregister(vsp);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);

	/* Act */
	line = vmb_test_line_open(machine, vsp, 1);

	/* Assert */
	KUNIT_EXPECT_GT(test, line->id, id);
}

static struct kunit_case vsp_cases[] = {
	KUNIT_CASE(incomplete_vsp_is_not_registered),
	KUNIT_CASE(vsp_is_not_registered_twice),
	KUNIT_CASE(vsp_of_two_callbacks_lives_a_whole_life),
	KUNIT_CASE(vsp_is_probed_for_its_own_type_alone),
	KUNIT_CASE(channel_that_nobody_serves_is_refused),
	KUNIT_CASE(failed_probe_refuses_the_channel_with_its_errno),
	KUNIT_CASE(failed_probe_that_leaves_the_channel_enabled_is_warned_of),
	KUNIT_CASE(failed_probe_gets_back_what_it_has_sent),
	KUNIT_CASE(callbacks_cannot_control_their_channel),
	KUNIT_CASE(unregistering_parts_vsp_and_guest),
	KUNIT_CASE(unregistering_in_each_state_releases_all),
	KUNIT_CASE(vsp_without_discard_gets_its_packets_cancelled),
	KUNIT_CASE(packet_that_outlives_its_vsp_is_warned_of_and_harmless),
	KUNIT_CASE(channel_is_offered_anew_after_its_vsp_came_back),
	{}
};

static struct kunit_suite vsp_suite = {
	.name = "vmbsave_vsp",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = vsp_cases,
};

kunit_test_suite(vsp_suite);

MODULE_DESCRIPTION("VSPs: registration, probing, callbacks, parting");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bugs that others had where they save, move and restore: each one is a case that carries the name
 * of the project and the number of the report. Documentation/bugs-prevented.rst is the list.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vmbsave_stream.h>
#include "cases.h"
#include "life.h"
#include "stream_repair.h"

#define SKIP_KICK	"/sys/module/vmbsave/parameters/skip_kick"
#define DELAY_MS	"/sys/module/vsp_echo/parameters/delay_ms"
#define MAX_STAGED	"/sys/module/vmbsave/parameters/max_staged_bytes"

static struct life life;
static bool is_made;

void cases_begin(void)
{
	if (!is_made)
		life_init(&life);
	is_made = true;
}

void cases_end(void)
{
	life_close(&life);
}

static int set_state(struct vm *vm, u32 state)
{
	int error;

	vm_set_state(vm, state, &error);
	return error;
}

static struct vmbsave_last_error last_error(struct vm *vm)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };

	EXPECT_EQ(vm_call(vm, VMBSAVE_LAST_ERROR, &last), 0);
	return last;
}

/* A request that the host is not told of. */
static void request_silently(struct vm *vm, u64 id)
{
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_INBAND, .flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = id, .payload = "unheard", .payload_len = 8,
	};
	bool signal;

	EXPECT_EQ(vmb_ring_write(&vm->channels[VM_ECHO].in, &packet, &signal), 0);
}

/* Is the guest of a restored machine signalled for what lies in its ring? */
static bool wakes_up(void)
{
	struct vm *vm = &life.destination;
	struct pollfd poller = { .fd = vm->channels[VM_QUEUE].call, .events = POLLIN };
	eventfd_t count;
	int data;

	EXPECT_EQ(life_begin(&life), 0);
	EXPECT_EQ(life_save(&life), 0);
	EXPECT_EQ(vm_attach(vm), 0);
	EXPECT_EQ(life_restore(&life), 0);
	eventfd_read(poller.fd, &count);
	EXPECT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
	data = poll(&poller, 1, 500);
	cases_end();
	return data == 1;
}

/* With what the test is about taken out it must fail. */
static void openvmm_376_no_wakeup_is_lost_after_a_restore(void)
{
	EXPECT(wakes_up());
	EXPECT_EQ(vm_write_text(SKIP_KICK, "1"), 0);
	EXPECT(!wakes_up());
	EXPECT_EQ(vm_write_text(SKIP_KICK, "0"), 0);
}

/* The request was in the ring, and the signal for it came when nobody listened. */
static void openvmm_376_a_request_without_its_signal_is_served_after_a_restore(void)
{
	struct vmb_descriptor_view view;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_STOP), 0);
	request_silently(&life.source, 77);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	ASSERT_EQ(life_restore(&life), 0);
	ASSERT_EQ(vm_find_rings(&life.destination, VM_ECHO), 0);
	ASSERT_EQ(set_state(&life.destination, VMBSAVE_STATE_RUNNING), 0);
	ASSERT_EQ(vm_receive(&life.destination, VM_ECHO, &view), 0);
	EXPECT_EQ(view.transaction_id, 77);
}

/* The VSP holds requests when the machine is moved; the answers come once, from one side. */
static void openvmm_210_a_request_in_progress_is_not_done_twice(void)
{
	struct vmb_descriptor_view view;
	u64 id;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(vm_write_text(DELAY_MS, "300"), 0);
	for (id = 101; id < 104; id++)
		ASSERT_EQ(vm_send(&life.source, VM_ECHO, VMB_PACKET_DATA_INBAND,
				  VMB_PACKET_COMPLETION_REQUESTED, id, "held", 8), 0);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	ASSERT_EQ(life_restore(&life), 0);
	vm_write_text(DELAY_MS, "0");
	ASSERT_EQ(vm_find_rings(&life.destination, VM_ECHO), 0);
	ASSERT_EQ(set_state(&life.destination, VMBSAVE_STATE_RUNNING), 0);
	/* The time at which the source would have answered goes by. */
	usleep(400000);
	for (id = 101; id < 104; id++) {
		ASSERT_EQ(vm_receive(&life.destination, VM_ECHO, &view), 0);
		EXPECT_EQ(view.transaction_id, id);
	}
	EXPECT_EQ(life_echo(&life, &life.destination), 0);
}

/* How far a channel has come: nothing, one GPADL, both, open, closed again */
static int go_as_far_as(struct vm *vm, u32 stage)
{
	struct vmbsave_channel_id id = { .size = sizeof(id), .channel = vm->channels[VM_ECHO].id };
	int ret = vm_attach(vm) ?: set_state(vm, VMBSAVE_STATE_RUNNING);

	id.channel = vm->channels[VM_ECHO].id;
	memset(vm->ram, 0, VM_RAM_BYTES);
	if (!ret && stage > 0)
		ret = vm_find_rings(vm, VM_ECHO) ?:
		      vm_lend(vm, VM_ECHO, VM_RINGS(VM_ECHO), 0, VM_RING_PAGE(VM_ECHO), 4);
	if (!ret && stage > 1)
		ret = vm_lend(vm, VM_ECHO, 5, VMBSAVE_GPADL_READ_ONLY, VM_FREE_PAGE, 2);
	if (!ret && stage > 2)
		ret = vm_open_channel(vm, VM_ECHO);
	if (!ret && stage > 3)
		ret = vm_call(vm, VMBSAVE_CLOSE_CHANNEL, &id);
	return ret;
}

static void openvmm_882_1681_saved_between_any_two_steps_it_goes_on(void)
{
	struct vm *vm = &life.destination;
	u32 stage;

	for (stage = 0; stage < 5; stage++) {
		ASSERT_EQ(go_as_far_as(&life.source, stage), 0);
		ASSERT_EQ(life_save(&life), 0);
		ASSERT_EQ(vm_attach(vm), 0);
		ASSERT_EQ(life_restore(&life), 0);
		ASSERT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
		ASSERT_EQ(vm_find_rings(vm, VM_ECHO), 0);
		if (stage < 1)
			ASSERT_EQ(vm_lend(vm, VM_ECHO, VM_RINGS(VM_ECHO), 0,
					  VM_RING_PAGE(VM_ECHO), 4), 0);
		if (stage != 3)
			ASSERT_EQ(vm_open_channel(vm, VM_ECHO), 0);
		EXPECT_EQ(life_echo(&life, vm), 0);
		cases_end();
	}
}

static void openvmm_1128_a_request_to_a_stopped_bus_waits_in_order(void)
{
	struct vmb_descriptor_view view;
	u64 id;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_STOP), 0);
	for (id = 201; id < 206; id++)
		ASSERT_EQ(vm_send(&life.source, VM_ECHO, VMB_PACKET_DATA_INBAND,
				  VMB_PACKET_COMPLETION_REQUESTED, id, "parked", 8), 0);
	usleep(50000);
	EXPECT(vmb_ring_empty(&life.source.channels[VM_ECHO].out));
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_RUNNING), 0);
	for (id = 201; id < 206; id++) {
		ASSERT_EQ(vm_receive(&life.source, VM_ECHO, &view), 0);
		EXPECT_EQ(view.transaction_id, id);
	}
}

/* The channel was closed when it was saved; on the destination the offer is taken back. */
static void openvmm_3649_3955_a_closed_channel_can_be_revoked_after_a_restore(void)
{
	struct vm *vm = &life.destination;
	struct vmbsave_channel_id id = { .size = sizeof(id) };

	ASSERT_EQ(go_as_far_as(&life.source, 4), 0);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(vm), 0);
	ASSERT_EQ(life_restore(&life), 0);
	id.channel = vm->channels[VM_ECHO].id;
	EXPECT_EQ(vm_call(vm, VMBSAVE_RESCIND_CHANNEL, &id), 0);
	EXPECT_EQ(vm_call(vm, VMBSAVE_RESCIND_CHANNEL, &id), -ENOENT);
	EXPECT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
	ASSERT_EQ(vm_offer(vm, VM_ECHO), 0);
	EXPECT(vm->channels[VM_ECHO].id != id.channel);
}

/* Writes all of it, whatever write() says. */
static int commit_carelessly(struct vm *vm)
{
	int error, data = vm_set_state(vm, VMBSAVE_STATE_RESUMING, &error);
	size_t at;

	EXPECT_EQ(error, 0);
	for (at = 0; at < (size_t)life.bytes; at += 64)
		if (write(data, (u8 *)life.stream + at,
			  life.bytes - at < 64 ? life.bytes - at : 64) < 0)
			continue;
	close(data);
	return set_state(vm, VMBSAVE_STATE_STOP);
}

static void mtty_a_bad_header_is_not_forgotten_by_the_commit(void)
{
	struct vmbsave_info info = { .size = sizeof(info) };

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(life_save(&life), 0);
	((u8 *)life.stream)[0] ^= 1;
	ASSERT_EQ(vm_attach(&life.destination), 0);
	memcpy(life.destination.ram, life.source.ram, VM_RAM_BYTES);
	EXPECT(commit_carelessly(&life.destination) < 0);
	EXPECT_EQ(vm_get_state(&life.destination), VMBSAVE_STATE_ERROR);
	ASSERT_EQ(vm_call(&life.destination, VMBSAVE_GET_INFO, &info), 0);
	EXPECT_EQ(info.nr_gpadls, 0);
	EXPECT(last_error(&life.destination).text[0]);
}

static void rust_vmm_140_a_data_fd_kept_after_a_transition_is_stale(void)
{
	char byte = 0;
	int error, data, copy;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_STOP), 0);
	data = vm_set_state(&life.source, VMBSAVE_STATE_STOP_COPY, &error);
	ASSERT_EQ(error, 0);
	copy = dup(data);
	EXPECT_EQ(read(data, &byte, 1), 1);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_RUNNING), 0);
	EXPECT(read(data, &byte, 1) < 0 && errno == ESTALE);
	EXPECT(read(copy, &byte, 1) < 0 && errno == ESTALE);
	close(data);
	close(copy);
	/* A restore that fails, and one that is dropped */
	ASSERT_EQ(vm_attach(&life.destination), 0);
	data = vm_set_state(&life.destination, VMBSAVE_STATE_RESUMING, &error);
	EXPECT(write(data, life.stream, 64) < 0 ||
	       set_state(&life.destination, VMBSAVE_STATE_STOP));
	ASSERT_EQ(vm_call(&life.destination, VMBSAVE_RESET,
			  &(struct vmbsave_reset){ .size = sizeof(struct vmbsave_reset) }), 0);
	EXPECT(write(data, &byte, 1) < 0 && errno == ESTALE);
	close(data);
	cases_end();
	/* Both still do what they should. */
	EXPECT_EQ(life_run(&life), 0);
}

static u32 steps, reset_at;

static void reset_both(void)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	if (++steps != reset_at)
		return;
	if (life.source.bus >= 0)
		EXPECT_EQ(ioctl(life.source.bus, VMBSAVE_RESET, &arg), 0);
	if (life.destination.bus >= 0)
		EXPECT_EQ(ioctl(life.destination.bus, VMBSAVE_RESET, &arg), 0);
}

/* Whatever the machine was doing: it is stopped then, and does the rest or is told why not. */
static void libvfio_user_853_a_reset_at_any_step_leaves_both_sides_in_order(void)
{
	bool done = false;
	int ret;

	for (reset_at = 1; !done; reset_at++) {
		steps = 0;
		vm_step = reset_both;
		ret = life_run(&life);
		vm_step = NULL;
		done = steps < reset_at;
		EXPECT(!done || !ret);
		if (life.source.bus >= 0)
			EXPECT(vm_get_state(&life.source) > VMBSAVE_STATE_ERROR);
		cases_end();
		EXPECT_EQ(vm_objects_left(), 0);
	}
	EXPECT(reset_at > 30);
}

/* Neither end waits for the other one, which is the same thread. */
static void cloud_hypervisor_8313_one_thread_can_read_and_write(void)
{
	int error, from, to;
	u8 bytes[100];
	ssize_t n;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_STOP), 0);
	from = vm_set_state(&life.source, VMBSAVE_STATE_STOP_COPY, &error);
	ASSERT_EQ(error, 0);
	to = vm_set_state(&life.destination, VMBSAVE_STATE_RESUMING, &error);
	ASSERT_EQ(error, 0);
	fcntl(from, F_SETFL, O_NONBLOCK);
	fcntl(to, F_SETFL, O_NONBLOCK);
	memcpy(life.destination.ram, life.source.ram, VM_RAM_BYTES);
	while ((n = read(from, bytes, sizeof(bytes))) > 0)
		ASSERT_EQ(write(to, bytes, n), n);
	EXPECT_EQ(n, 0);
	EXPECT_EQ(set_state(&life.destination, VMBSAVE_STATE_STOP), 0);
	close(from);
	close(to);
	vm_close(&life.source);
	EXPECT_EQ(life_end(&life), 0);
}

/* A device that is plugged in again begins anew, though one of its name was restored. */
static void cloud_hypervisor_8251_a_channel_offered_again_starts_fresh(void)
{
	struct vm *vm = &life.destination;
	struct vmbsave_channel_info info = { .size = sizeof(info) };
	struct vmbsave_channel_id id = { .size = sizeof(id) };
	struct vmbsave_info bus = { .size = sizeof(bus) };
	struct vmb_descriptor_view view;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(vm), 0);
	ASSERT_EQ(life_restore(&life), 0);
	ASSERT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
	id.channel = vm->channels[VM_QUEUE].id;
	ASSERT_EQ(vm_call(vm, VMBSAVE_RESCIND_CHANNEL, &id), 0);
	ASSERT_EQ(vm_offer(vm, VM_QUEUE), 0);
	info.channel = vm->channels[VM_QUEUE].id;
	ASSERT_EQ(vm_call(vm, VMBSAVE_GET_CHANNEL, &info), 0);
	EXPECT_EQ(info.state, VMBSAVE_CHANNEL_STATE_STARTED);
	ASSERT_EQ(vm_call(vm, VMBSAVE_GET_INFO, &bus), 0);
	EXPECT_EQ(bus.nr_gpadls, 1);
	EXPECT_EQ(bus.nr_packets, 0);
	/* What was sent before the move is sent from the beginning. */
	memset(vm->ram + VM_RING_PAGE(VM_QUEUE) * VM_PAGE, 0, 4 * VM_PAGE);
	ASSERT_EQ(vm_find_rings(vm, VM_QUEUE), 0);
	ASSERT_EQ(vm_lend(vm, VM_QUEUE, VM_RINGS(VM_QUEUE), 0, VM_RING_PAGE(VM_QUEUE), 4), 0);
	ASSERT_EQ(vm_open_channel(vm, VM_QUEUE), 0);
	ASSERT_EQ(vm_receive(vm, VM_QUEUE, &view), 0);
	EXPECT_EQ(view.transaction_id, 1);
}

/* A stream that wants more than a restore may hold is refused, and holds nothing then. */
static void qemu_vfio_a_stream_cannot_fill_the_destinations_memory(void)
{
	long long staged;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	ASSERT_EQ(vm_write_text(MAX_STAGED, "1000"), 0);
	EXPECT_EQ(commit_carelessly(&life.destination), -EDQUOT);
	vm_write_text(MAX_STAGED, "268435456");
	staged = vm_read_number("/sys/kernel/debug/vmbsave/objects", "staged_bytes ");
	EXPECT_EQ(staged, 0);
	EXPECT(last_error(&life.destination).text[0]);
}

static void firecracker_a_newer_version_is_named_and_not_called_damage(void)
{
	struct vmbsave_stream_header *header = (void *)life.stream;

	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(life_save(&life), 0);
	header->major = cpu_to_le16(VMBSAVE_STREAM_MAJOR + 1);
	header->minor = cpu_to_le16(37);
	stream_repair(life.stream, life.bytes);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	EXPECT_EQ(commit_carelessly(&life.destination), -EPROTONOSUPPORT);
	EXPECT(strstr(last_error(&life.destination).text, "version"));
}

const struct test_case bug_cases[] = {
	TEST_CASE(openvmm_376_no_wakeup_is_lost_after_a_restore),
	TEST_CASE(openvmm_376_a_request_without_its_signal_is_served_after_a_restore),
	TEST_CASE(openvmm_210_a_request_in_progress_is_not_done_twice),
	TEST_CASE(openvmm_882_1681_saved_between_any_two_steps_it_goes_on),
	TEST_CASE(openvmm_1128_a_request_to_a_stopped_bus_waits_in_order),
	TEST_CASE(openvmm_3649_3955_a_closed_channel_can_be_revoked_after_a_restore),
	TEST_CASE(mtty_a_bad_header_is_not_forgotten_by_the_commit),
	TEST_CASE(rust_vmm_140_a_data_fd_kept_after_a_transition_is_stale),
	TEST_CASE(libvfio_user_853_a_reset_at_any_step_leaves_both_sides_in_order),
	TEST_CASE(cloud_hypervisor_8313_one_thread_can_read_and_write),
	TEST_CASE(cloud_hypervisor_8251_a_channel_offered_again_starts_fresh),
	TEST_CASE(qemu_vfio_a_stream_cannot_fill_the_destinations_memory),
	TEST_CASE(firecracker_a_newer_version_is_named_and_not_called_damage),
};

const size_t nr_bug_cases = ARRAY_SIZE(bug_cases);

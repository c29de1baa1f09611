// SPDX-License-Identifier: GPL-2.0-only
/*
 * Caps: each one is reached, which changes nothing, and what was used is given back.
 */
#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cases.h"
#include "life.h"
#include "refuse.h"

#define PARAMETERS	"/sys/module/vmbsave/parameters/"
#define OBJECTS		"/sys/kernel/debug/vmbsave/objects"
#define REGIONS_MAX	512

static struct life life;
static bool is_made;

static bool prepare(void)
{
	if (!is_made)
		life_init(&life);
	is_made = true;
	return EXPECT_EQ(vm_objects_left(), 0);
}

/* Sets a cap. Return: what it was. */
static long long set_cap(const char *name, long long value)
{
	char path[128], text[32];
	long long old;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	snprintf(text, sizeof(text), "%lld", value);
	old = vm_read_number(path, NULL);
	EXPECT(old >= 0);
	EXPECT_EQ(vm_write_text(path, text), 0);
	return old;
}

static void open_files_are_capped(void)
{
	long long old = set_cap("max_buses", 1);

	ASSERT(prepare());
	EXPECT_EQ(vm_open_bus(&life.source), 0);
	EXPECT_EQ(vm_open_bus(&life.destination), -EDQUOT);
	EXPECT_EQ(vm_read_number(OBJECTS, "buses "), 1);
	EXPECT_EQ(vm_get_state(&life.source), VMBSAVE_STATE_STOP);
	vm_close(&life.source);
	EXPECT_EQ(vm_open_bus(&life.destination), 0);
	life_close(&life);
	set_cap("max_buses", old);
}

static void channels_are_capped(void)
{
	long long old = set_cap("max_channels", 1);
	struct vmbsave_channel_id id = { .size = sizeof(id) };

	ASSERT(prepare());
	EXPECT_EQ(vm_attach(&life.source), -EDQUOT);
	refuse_expect(&life.source, "a second one", "OFFER_CHANNEL", "max_channels is 1", EDQUOT);
	EXPECT_EQ(vm_read_number(OBJECTS, "channels "), 1);
	id.channel = life.source.channels[VM_ECHO].id;
	EXPECT_EQ(vm_call(&life.source, VMBSAVE_RESCIND_CHANNEL, &id), 0);
	/* It goes a little later than the call. */
	usleep(10000);
	EXPECT_EQ(vm_offer(&life.source, VM_QUEUE), 0);
	life_close(&life);
	set_cap("max_channels", old);
}

static void gpadls_are_capped(const char *cap, long long most)
{
	struct vmbsave_gpadl_id id = { .size = sizeof(id), .gpadl = 1 };
	struct vmbsave_info info = { .size = sizeof(info) };
	struct vm *vm = &life.source;
	long long old;

	ASSERT(prepare());
	ASSERT_EQ(vm_attach(vm), 0);
	id.channel = vm->channels[VM_ECHO].id;
	old = set_cap(cap, most);
	EXPECT_EQ(vm_lend(vm, VM_ECHO, 1, 0, VM_FREE_PAGE, 2), 0);
	EXPECT_EQ(vm_lend(vm, VM_ECHO, 2, 0, VM_FREE_PAGE, 2), -EDQUOT);
	refuse_expect(vm, "a second GPADL", "CREATE_GPADL", cap, EDQUOT);
	EXPECT_EQ(vm_read_number(OBJECTS, "gpadls "), 1);
	EXPECT_EQ(vm_read_number(OBJECTS, "pages "), 2);
	EXPECT_EQ(vm_call(vm, VMBSAVE_GET_INFO, &info), 0);
	EXPECT_EQ(info.nr_gpadls, 1);
	EXPECT_EQ(vm_call(vm, VMBSAVE_TEARDOWN_GPADL, &id), 0);
	EXPECT_EQ(vm_lend(vm, VM_ECHO, 2, 0, VM_FREE_PAGE, 2), 0);
	life_close(&life);
	set_cap(cap, old);
}

static void gpadls_and_their_pages_are_capped(void)
{
	gpadls_are_capped("max_gpadls", 1);
	gpadls_are_capped("max_pages", 3);
}

/* What is above the cap waits in the ring, and is served when there is room. */
static void packets_are_capped_and_requests_wait(void)
{
	struct vm *vm = &life.source;
	struct pollfd poller;
	long long old;
	int error;

	ASSERT(prepare());
	ASSERT_EQ(vm_attach(vm), 0);
	old = set_cap("max_packets", 2);
	vm_set_state(vm, VMBSAVE_STATE_RUNNING, &error);
	EXPECT_EQ(vm_boot(vm), 0);
	usleep(20000);
	EXPECT_EQ(vm_read_number(OBJECTS, "packets "), 2);
	poller = (struct pollfd){ .fd = vm->channels[VM_ECHO].call, .events = POLLIN };
	EXPECT_EQ(vm_send(vm, VM_ECHO, VMB_PACKET_DATA_INBAND, VMB_PACKET_COMPLETION_REQUESTED, 1,
			  "wait", 8), 0);
	EXPECT_EQ(poll(&poller, 1, 100), 0);
	set_cap("max_packets", old);
	EXPECT_EQ(poll(&poller, 1, 1000), 1);
	life_close(&life);
}

static void bytes_of_a_restore_are_capped(void)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };
	struct vm *vm = &life.destination;
	long long old;
	int error;

	ASSERT(prepare());
	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(vm), 0);
	memcpy(vm->ram, life.source.ram, VM_RAM_BYTES);
	old = set_cap("max_staged_bytes", 200);
	life.data = vm_set_state(vm, VMBSAVE_STATE_RESUMING, &error);
	EXPECT_EQ(vm_write_stream(life.data, life.stream, life.bytes, 100), -EDQUOT);
	EXPECT_EQ(vm_read_number(OBJECTS, "staged_bytes "), 0);
	vm_set_state(vm, VMBSAVE_STATE_STOP, &error);
	EXPECT_EQ(error, -EDQUOT);
	EXPECT_EQ(vm_call(vm, VMBSAVE_LAST_ERROR, &last), 0);
	EXPECT_EQ(last.error, EDQUOT);
	EXPECT(last.text[0]);
	set_cap("max_staged_bytes", old);
	/* The same bus, the same stream, without the cap */
	ASSERT_EQ(vm_call(vm, VMBSAVE_RESET,
			  &(struct vmbsave_reset){ .size = sizeof(struct vmbsave_reset) }), 0);
	close(life.data);
	life.data = -1;
	EXPECT_EQ(life_restore(&life), 0);
	vm_close(&life.source);
	EXPECT_EQ(life_end(&life), 0);
	life_close(&life);
}

static void states_are_capped(const char *cap)
{
	long long old;
	int error;

	ASSERT(prepare());
	ASSERT_EQ(life_begin(&life), 0);
	/* On the side that saves: the machine runs on. */
	old = set_cap(cap, 1);
	EXPECT(life_save(&life));
	set_cap(cap, old);
	EXPECT_EQ(life.bytes, -EMSGSIZE);
	vm_set_state(&life.source, VMBSAVE_STATE_RUNNING, &error);
	EXPECT_EQ(error, 0);
	EXPECT_EQ(life_echo(&life, &life.source), 0);
	close(life.data);
	life.data = -1;
	/* On the side that restores */
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	old = set_cap(cap, 1);
	EXPECT(life_restore(&life));
	vm_set_state(&life.destination, VMBSAVE_STATE_STOP, &error);
	EXPECT_EQ(error, -EMSGSIZE);
	set_cap(cap, old);
	life_close(&life);
}

static void states_of_vsps_are_capped(void)
{
	states_are_capped("max_packet_state");
	states_are_capped("max_channel_state");
}

static void memory_regions_are_capped(void)
{
	struct vmbsave_memory_region region = { .size = sizeof(region), .bytes = VM_PAGE };
	u32 i;
	int ret = 0;

	ASSERT(prepare());
	ASSERT_EQ(vm_open_bus(&life.source), 0);
	region.uaddr = (uintptr_t)life.source.ram;
	for (i = 0; i < REGIONS_MAX && !ret; i++) {
		region.gpa = (u64)i * VM_PAGE;
		ret = vm_call(&life.source, VMBSAVE_SET_MEMORY_REGION, &region);
	}
	EXPECT_EQ(ret, 0);
	region.gpa = (u64)i * VM_PAGE;
	EXPECT_EQ(vm_call(&life.source, VMBSAVE_SET_MEMORY_REGION, &region), -EDQUOT);
	refuse_expect(&life.source, "one more", "SET_MEMORY_REGION", "has 512 regions", EDQUOT);
	region.gpa = 0;
	region.bytes = 0;
	EXPECT_EQ(vm_call(&life.source, VMBSAVE_SET_MEMORY_REGION, &region), 0);
	region.bytes = VM_PAGE;
	EXPECT_EQ(vm_call(&life.source, VMBSAVE_SET_MEMORY_REGION, &region), 0);
	life_close(&life);
}

static int drop_ipc_lock(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -1;
	data[0].effective &= ~(1U << CAP_IPC_LOCK);
	data[0].permitted &= ~(1U << CAP_IPC_LOCK);
	return syscall(SYS_capset, &header, data);
}

static int locked_pages(void)
{
	return vm_read_number("/proc/self/status", "VmLck:") / 4;
}

static int limit_pages(u32 pages)
{
	struct rlimit limit = { .rlim_cur = pages * VM_PAGE, .rlim_max = 64 * VM_PAGE };

	return setrlimit(RLIMIT_MEMLOCK, &limit);
}

#define DEMAND(condition) do { if (!(condition)) return __LINE__; } while (0)

/* For a process of its own, whose cases nobody counts */
static bool says(struct vm *vm, const char *words)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };

	return !vm_call(vm, VMBSAVE_LAST_ERROR, &last) && strstr(last.text, words);
}

/* Pages that a guest lends, and those that come with a stream */
static int lend_and_restore(void)
{
	struct vmbsave_gpadl_id id = { .size = sizeof(id), .gpadl = 1 };
	struct vm *vm = &life.source;
	int error;

	DEMAND(!drop_ipc_lock() && !limit_pages(3));
	DEMAND(!vm_attach(vm));
	id.channel = vm->channels[VM_ECHO].id;
	DEMAND(!vm_lend(vm, VM_ECHO, 1, 0, VM_FREE_PAGE, 2) && locked_pages() == 2);
	DEMAND(vm_lend(vm, VM_ECHO, 2, 0, VM_FREE_PAGE, 2) == -ENOMEM && locked_pages() == 2);
	DEMAND(says(vm, "RLIMIT_MEMLOCK is 3 pages: 2 are locked"));
	DEMAND(!vm_call(vm, VMBSAVE_TEARDOWN_GPADL, &id) && locked_pages() == 0);
	vm_close(vm);
	DEMAND(!limit_pages(12));
	DEMAND(!life_begin(&life) && locked_pages() == 8);
	DEMAND(!life_save(&life) && !vm_attach(&life.destination));
	DEMAND(life_restore(&life));
	vm_set_state(&life.destination, VMBSAVE_STATE_RUNNING, &error);
	DEMAND(error == -ENOMEM && vm_get_state(&life.destination) == VMBSAVE_STATE_ERROR);
	DEMAND(locked_pages() == 8);
	DEMAND(!limit_pages(16));
	DEMAND(!vm_call(&life.destination, VMBSAVE_RESET,
			&(struct vmbsave_reset){ .size = sizeof(struct vmbsave_reset) }));
	DEMAND(!life_restore(&life) && locked_pages() == 16);
	vm_close(&life.source);
	DEMAND(locked_pages() == 8);
	DEMAND(!life_end(&life) && locked_pages() == 0);
	return 0;
}

/* Without CAP_IPC_LOCK; a process of its own has that. */
static void pinned_memory_is_limited_and_given_back(void)
{
	int status = -1;
	pid_t pid;

	ASSERT(prepare());
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		status = lend_and_restore();
		if (status)
			printf("caps.c:%d (%d pages locked)\n", status, locked_pages());
		_exit(!!status);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
}

const struct test_case cap_cases[] = {
	TEST_CASE(open_files_are_capped),
	TEST_CASE(channels_are_capped),
	TEST_CASE(gpadls_and_their_pages_are_capped),
	TEST_CASE(packets_are_capped_and_requests_wait),
	TEST_CASE(bytes_of_a_restore_are_capped),
	TEST_CASE(states_of_vsps_are_capped),
	TEST_CASE(memory_regions_are_capped),
	TEST_CASE(pinned_memory_is_limited_and_given_back),
};

const size_t nr_cap_cases = ARRAY_SIZE(cap_cases);

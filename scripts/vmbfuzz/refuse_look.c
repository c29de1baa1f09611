// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is refused of those who look at a bus, copy its memory, or control it besides its VMM.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cases.h"
#include "refuse.h"

#define PAGES(_error, ...)	.number = VMBSAVE_GET_GPADL_PAGES, .error = (_error), .arg = \
				{ .pages = { SIZED(vmbsave_gpadl_pages), __VA_ARGS__ } }
#define ATTACH(_error, ...)	.number = VMBSAVE_ATTACH, .error = (_error), .arg = \
				{ .attach = { SIZED(vmbsave_attach), __VA_ARGS__ } }

static void pages_that_cannot_be_told_are_not(void)
{
	u64 *half = mmap(NULL, 2 * VM_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u64 *at = half + VM_PAGE / sizeof(u64) - 4;
	union any arg = { .pages = { SIZED(vmbsave_gpadl_pages), .nr_pages = 7,
				     .pfns = (uintptr_t)half } };
	const struct refusal list[] = {
		{ "flags", "flags: 0x1", PAGES(EINVAL, .flags = 1) },
		{ "reserved", "reserved: 0x1", PAGES(EINVAL, .reserved = 1) },
		{ "nowhere", "pfns: 8 entries", PAGES(EFAULT, .nr_pages = 8) },
		{ "half of it there", "pfns: 8 entries",
		  PAGES(EFAULT, .nr_pages = 8, .pfns = (uintptr_t)at) },
		{ "the kernel's", "pfns: 8 entries",
		  PAGES(EFAULT, .nr_pages = ~0U, .pfns = -(u64)VM_PAGE) },
		{ "flags of GET_STATS", "flags: 0x1", VMBSAVE_GET_STATS, EINVAL,
		  { .stats = { SIZED(vmbsave_stats), .flags = 1 } } },
	};

	mprotect(half + VM_PAGE / sizeof(u64), VM_PAGE, PROT_NONE);
	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	refuse_all(list, ARRAY_SIZE(list));
	/* Both rings have eight pages. What is needed comes back, and nothing is written. */
	refuse_one("too little room", "nr_pages 7", VMBSAVE_GET_GPADL_PAGES, &arg, ENOBUFS);
	EXPECT_EQ(arg.pages.nr_pages, 8);
	EXPECT_EQ(half[7], 0);
	EXPECT_EQ(vm_call(&refuse_vm, VMBSAVE_GET_GPADL_PAGES, &arg), 0);
	EXPECT_EQ(half[7], 7);
	refuse_end();
	munmap(half, 2 * VM_PAGE);
}

static void who_has_done_something_attaches_to_nothing(void)
{
	struct refusal list[] = {
		{ "flags", "flags: 0x2", ATTACH(EINVAL, .flags = 2) },
		{ "a name without an end", "name", ATTACH(EINVAL) },
		{ "no such bus", "vmb12345", ATTACH(ENOENT, .name = "vmb12345") },
		{ "no name", "name \"\"", ATTACH(ENOENT) },
		{ "another name", "../vmb0", ATTACH(ENOENT, .name = "../vmb0") },
	};
	struct vm other;
	struct vmbsave_info info = { SIZED(vmbsave_info) };
	union any arg = { .attach = { SIZED(vmbsave_attach) } };

	memset(list[1].arg.attach.name, 'v', VMBSAVE_NAME_BYTES);
	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	refuse_all(list, ARRAY_SIZE(list));
	vm_init(&other);
	ASSERT_EQ(vm_open_bus(&other), 0);
	ASSERT_EQ(vm_call(&other, VMBSAVE_GET_INFO, &info), 0);
	memcpy(arg.attach.name, info.name, sizeof(info.name));
	refuse_one("it has channels", "on this file", VMBSAVE_ATTACH, &arg, EBUSY);
	vm_close(&other);
	refuse_one("it has gone", "no such bus", VMBSAVE_ATTACH, &arg, ENOENT);
	refuse_end();
}

/* He controls states and nothing else; as long as he is there he alone does. */
static void an_operator_does_what_is_his_and_the_vmm_what_is_his(void)
{
	struct vmbsave_channel_id id = { SIZED(vmbsave_channel_id), .channel = ECHO };
	union any arg = { .state = { SIZED(vmbsave_set_state), .state = VMBSAVE_STATE_RUNNING } };
	struct vmbsave_reset reset = { SIZED(vmbsave_reset) };
	struct vmbsave_attach attach = { SIZED(vmbsave_attach) };
	struct vmbsave_info info = { SIZED(vmbsave_info) };
	struct vm operator, second;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_GET_INFO, &info), 0);
	memcpy(attach.name, info.name, sizeof(attach.name));
	vm_init(&operator);
	vm_init(&second);
	ASSERT_EQ(vm_open_bus(&operator), 0);
	ASSERT_EQ(vm_open_bus(&second), 0);
	ASSERT_EQ(vm_call(&operator, VMBSAVE_ATTACH, &attach), 0);
	EXPECT_EQ(vm_call(&second, VMBSAVE_ATTACH, &attach), -EBUSY);
	refuse_expect(&second, "a second one", "ATTACH", "an operator is attached", EBUSY);
	EXPECT(vm_call(&operator, VMBSAVE_ATTACH, &attach) < 0);
	refuse_one("SET_STATE of the VMM", "operator", VMBSAVE_SET_STATE, &arg, EBUSY);
	refuse_one("RESET of the VMM", "operator", VMBSAVE_RESET, &reset, EBUSY);
	EXPECT_EQ(vm_offer(&operator, VM_ECHO), -EBADFD);
	refuse_expect(&operator, "of the VMM alone", "OFFER_CHANNEL", "is attached to vmb", EBADFD);
	EXPECT(read(operator.bus, &info, sizeof(info)) < 0 && errno == EBADFD);
	refuse_expect(&operator, "its events", "read()", "is attached", EBADFD);
	EXPECT_EQ(vm_lend(&operator, VM_ECHO, 1, 0, 0, 1), -EBADFD);
	EXPECT_EQ(vm_call(&operator, VMBSAVE_RESCIND_CHANNEL, &id), -EBADFD);
	EXPECT_EQ(vm_call(&operator, VMBSAVE_CLOSE_CHANNEL, &id), -EBADFD);
	EXPECT_EQ(vm_lend(&refuse_vm, VM_ECHO, 1, 0, VM_FREE_PAGE, 1), 0);
	refuse_end();
	EXPECT_EQ(vm_call(&operator, VMBSAVE_GET_INFO, &info), -ENODEV);
	refuse_expect(&operator, "gone", "GET_INFO", "has gone", ENODEV);
	EXPECT_EQ(vm_call(&operator, VMBSAVE_RESET, &reset), -ENODEV);
	refuse_expect(&operator, "gone", "RESET", "has gone", ENODEV);
	vm_close(&operator);
	vm_close(&second);
}

/* A machine is one process; who has inherited its file has other memory. */
static void memory_of_another_process_is_refused(void)
{
	struct vmbsave_memory_region region = {
		SIZED(vmbsave_memory_region), .gpa = 1 << 30, .bytes = VM_PAGE,
	};
	int status = -1;
	pid_t pid;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	region.uaddr = (uintptr_t)refuse_vm.ram;
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid)
		_exit(vm_call(&refuse_vm, VMBSAVE_SET_MEMORY_REGION, &region) != -EINVAL);
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	refuse_expect(&refuse_vm, "of the child", "SET_MEMORY_REGION", "another process", EINVAL);
	EXPECT_EQ(vm_call(&refuse_vm, VMBSAVE_SET_MEMORY_REGION, &region), 0);
	refuse_end();
}

static void who_has_no_capability_attaches_to_nothing(void)
{
	struct vmbsave_attach attach = { SIZED(vmbsave_attach), .name = "vmb12345" };
	struct vm other;
	int status = -1;
	pid_t pid;

	vm_init(&other);
	ASSERT_EQ(vm_open_bus(&other), 0);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid)
		_exit(setuid(65534) || vm_call(&other, VMBSAVE_ATTACH, &attach) != -EPERM);
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	refuse_expect(&other, "no capability", "ATTACH", "CAP_SYS_ADMIN", EPERM);
	vm_close(&other);
}

const struct test_case look_cases[] = {
	TEST_CASE(pages_that_cannot_be_told_are_not),
	TEST_CASE(who_has_done_something_attaches_to_nothing),
	TEST_CASE(an_operator_does_what_is_his_and_the_vmm_what_is_his),
	TEST_CASE(memory_of_another_process_is_refused),
	TEST_CASE(who_has_no_capability_attaches_to_nothing),
};

const size_t nr_look_cases = ARRAY_SIZE(look_cases);

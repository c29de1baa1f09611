// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls that are refused for the state that things are in, and what LAST_ERROR does with a refusal:
 * it is the file's, and hides nothing of the bus's.
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>
#include "cases.h"
#include "refuse.h"

#define CALL(name, _error, ...) \
	.number = VMBSAVE_##name, .error = (_error), .arg = { __VA_ARGS__ }
#define ID(name, _error) \
	CALL(name, _error, .id = { SIZED(vmbsave_channel_id), .channel = ECHO })
#define OPEN(_error, ...) \
	CALL(OPEN_CHANNEL, _error, .open = { SIZED(vmbsave_open_channel), .channel = ECHO, \
	     .downstream_page = 2, __VA_ARGS__ })
#define TEARDOWN(_error, id) \
	CALL(TEARDOWN_GPADL, _error, .gpadl_id = { SIZED(vmbsave_gpadl_id), .channel = ECHO, \
	     .gpadl = (id) })
#define GPADL(_error, nr, list) \
	CALL(CREATE_GPADL, _error, .gpadl = { SIZED(vmbsave_create_gpadl), .channel = ECHO, \
	     .gpadl = 9, .byte_count = (nr) * VM_PAGE, .nr_pfns = (nr), .pfns = (uintptr_t)(list) })

static __u64 pfns[] = { 8, 9, 10, 11 };

static int go_to(u32 state)
{
	int error, data = vm_set_state(&refuse_vm, state, &error);

	EXPECT_EQ(error, 0);
	return data;
}

static void what_a_session_has_is_refused_by_name(void)
{
	const struct refusal list[] = {
		{ "offer", "the bus is in stop-copy",
		  CALL(OFFER_CHANNEL, EBADFD, .offer = { SIZED(vmbsave_offer_channel) }) },
		{ "rescind", "the bus is in stop-copy", ID(RESCIND_CHANNEL, EBADFD) },
		{ "close", "channel 1 is being saved", ID(CLOSE_CHANNEL, EBUSY) },
		{ "open", "channel 1 is being saved", OPEN(EBUSY) },
		{ "lend", "channel 1 is being saved", GPADL(EBUSY, 4, pfns) },
		{ "take back", "channel 1 is being saved", TEARDOWN(EBUSY, VM_RINGS(VM_ECHO)) },
	};

	int data;

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	data = go_to(VMBSAVE_STATE_STOP_COPY);
	refuse_all(list, ARRAY_SIZE(list));
	close(data);
	refuse_end();
}

static void what_the_state_does_not_allow_is_refused_by_it(void)
{
	const struct refusal stopped[] = {
		{ "open", "the bus is in stop", OPEN(EBADFD) },
		{ "close", "the bus is in stop", ID(CLOSE_CHANNEL, EBADFD) },
	};
	const struct refusal running[] = {
		{ "open twice", "channel 1 is open already", OPEN(EBADFD) },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	refuse_all(running, ARRAY_SIZE(running));
	go_to(VMBSAVE_STATE_STOP);
	refuse_all(stopped, ARRAY_SIZE(stopped));
	refuse_end();
}

static void a_channel_that_cannot_be_opened_so_is_refused(void)
{
	struct vmbsave_create_gpadl gpadl = {
		SIZED(vmbsave_create_gpadl), .channel = ECHO, .gpadl = 9, .nr_pfns = 4,
		.byte_offset = 8, .byte_count = 4 * VM_PAGE - 8, .pfns = (uintptr_t)pfns,
	};
	struct vmbsave_eventfds fds = {
		SIZED(vmbsave_eventfds), .channel = ECHO, .kick_fd = -1, .call_fd = -1,
	};
	const struct refusal pages[] = {
		{ "no whole pages", "byte_offset 8", OPEN(EINVAL, .gpadl = 9) },
	};
	const struct refusal signal[] = {
		{ "no way to signal", "no call_fd", OPEN(EINVAL, .gpadl = 9) },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, false));
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_CREATE_GPADL, &gpadl), 0);
	refuse_all(pages, ARRAY_SIZE(pages));
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_SET_EVENTFDS, &fds), 0);
	refuse_all(signal, ARRAY_SIZE(signal));
	refuse_end();
}

/* A region is a promise; what it promises is looked at when it is needed. */
static void memory_that_is_not_there_is_refused(void)
{
	struct vmbsave_memory_region region = {
		SIZED(vmbsave_memory_region), .gpa = 1 << 30, .bytes = VM_PAGE,
		.uaddr = 16 * VM_PAGE,
	};
	__u64 far = region.gpa / VM_PAGE;
	const struct refusal list[] = {
		{ "nothing there", "no memory to write", GPADL(EFAULT, 1, &far) },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_SET_MEMORY_REGION, &region), 0);
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
}

static void a_data_fd_for_which_there_is_no_room_is_refused(void)
{
	union any arg = { .state = { SIZED(vmbsave_set_state), .state = VMBSAVE_STATE_STOP_COPY } };
	struct rlimit old, none;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &old), 0);
	none = (struct rlimit) { .rlim_cur = 0, .rlim_max = old.rlim_max };
	ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
	EXPECT_EQ(vm_call(&refuse_vm, VMBSAVE_SET_STATE, &arg), -EMFILE);
	refuse_expect(&refuse_vm, "no number", "SET_STATE", "RLIMIT_NOFILE", EMFILE);
	setrlimit(RLIMIT_NOFILE, &old);
	refuse_end();
}

static struct vmbsave_last_error last_error(struct vm *vm, u32 flags)
{
	struct vmbsave_last_error last = { SIZED(vmbsave_last_error), .flags = flags };

	EXPECT_EQ(vm_call(vm, VMBSAVE_LAST_ERROR, &last), 0);
	return last;
}

/* A destination whose stream was no good, then a call that is no good. */
static void a_refusal_does_not_hide_why_the_bus_failed(void)
{
	struct vmbsave_reset reset = { SIZED(vmbsave_reset) };
	union any bad = { .id = { SIZED(vmbsave_channel_id), .channel = NOBODY } };
	struct vmbsave_last_error before, last;
	int data, error;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	data = go_to(VMBSAVE_STATE_RESUMING);
	vm_set_state(&refuse_vm, VMBSAVE_STATE_STOP, &error);
	ASSERT_EQ(error, -ENODATA);
	before = last_error(&refuse_vm, 0);
	EXPECT_EQ(before.error, ENODATA);
	EXPECT_EQ(before.flags, 0);
	refuse_one("bad", "the bus is in error", VMBSAVE_RESCIND_CHANNEL, &bad, EBADFD);
	/* For who asks for the later one, and for who wants to know of the restore */
	EXPECT_EQ(last_error(&refuse_vm, 0).error, EBADFD);
	last = last_error(&refuse_vm, VMBSAVE_ERROR_OF_BUS);
	EXPECT_EQ(last.flags, VMBSAVE_ERROR_OF_BUS);
	last.flags = 0;
	EXPECT(!memcmp(&last, &before, sizeof(last)));
	/* The bus answers once more what it did before: that is no refusal. */
	vm_set_state(&refuse_vm, VMBSAVE_STATE_RUNNING, &error);
	EXPECT_EQ(error, -ENODATA);
	last = last_error(&refuse_vm, VMBSAVE_ERROR_REFUSED);
	EXPECT(!memcmp(&last, &before, sizeof(last)));
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_RESET, &reset), 0);
	EXPECT_EQ(last_error(&refuse_vm, 0).error, 0);
	close(data);
	refuse_end();
}

static void a_call_that_succeeds_clears_no_refusal(void)
{
	union any bad = { .channel = { SIZED(vmbsave_channel_info), .channel = NOBODY } };

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	EXPECT_EQ(last_error(&refuse_vm, 0).error, 0);
	refuse_one("bad", "channel 99", VMBSAVE_GET_CHANNEL, &bad, ENOENT);
	go_to(VMBSAVE_STATE_RUNNING);
	refuse_expect(&refuse_vm, "still", "GET_CHANNEL", "channel 99", ENOENT);
	EXPECT_EQ(last_error(&refuse_vm, VMBSAVE_ERROR_OF_BUS).error, 0);
	/* A structure from before there were refusals, as it knows them: cut after flags */
	bad.last = (struct vmbsave_last_error) { .size = 8 };
	EXPECT_EQ(vm_call(&refuse_vm, VMBSAVE_LAST_ERROR, &bad), 0);
	EXPECT_EQ(bad.last.error, 0);
	refuse_end();
}

static void a_refusal_is_for_the_file_that_was_refused(void)
{
	union any bad = { .channel = { SIZED(vmbsave_channel_info), .channel = NOBODY } };
	struct vmbsave_attach attach = { SIZED(vmbsave_attach) };
	struct vmbsave_info info = { SIZED(vmbsave_info) };
	struct vm operator;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	vm_init(&operator);
	ASSERT_EQ(vm_open_bus(&operator), 0);
	ASSERT_EQ(vm_call(&refuse_vm, VMBSAVE_GET_INFO, &info), 0);
	memcpy(attach.name, info.name, sizeof(attach.name));
	ASSERT_EQ(vm_call(&operator, VMBSAVE_ATTACH, &attach), 0);
	refuse_one("of the VMM", "channel 99", VMBSAVE_GET_CHANNEL, &bad, ENOENT);
	EXPECT_EQ(last_error(&operator, 0).error, 0);
	EXPECT_EQ(vm_offer(&operator, VM_ECHO), -EBADFD);
	EXPECT_EQ(last_error(&operator, 0).error, EBADFD);
	refuse_expect(&refuse_vm, "still", "GET_CHANNEL", "channel 99", ENOENT);
	vm_close(&operator);
	refuse_end();
}

static void a_data_fd_that_refuses_says_why(void)
{
	void *nowhere = mmap(NULL, VM_PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	u8 byte = 0;
	int data;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	data = go_to(VMBSAVE_STATE_STOP_COPY);
	EXPECT(read(data, nowhere, 8) < 0 && errno == EFAULT);
	refuse_expect(&refuse_vm, "nowhere", "read of a data fd", "buffer", EFAULT);
	EXPECT_EQ(read(data, &byte, 1), 1);
	go_to(VMBSAVE_STATE_STOP);
	EXPECT(read(data, &byte, 1) < 0 && errno == ESTALE);
	refuse_expect(&refuse_vm, "over", "read of a data fd", "session is over", ESTALE);
	close(data);
	data = go_to(VMBSAVE_STATE_RESUMING);
	EXPECT(write(data, nowhere, 8) < 0 && errno == EFAULT);
	refuse_expect(&refuse_vm, "nowhere", "write to a data fd", "buffer", EFAULT);
	/* It lives longer than who is told. */
	refuse_end();
	EXPECT(write(data, &byte, 1) < 0 && errno == ENODEV);
	close(data);
	munmap(nowhere, VM_PAGE);
}

const struct test_case why_cases[] = {
	TEST_CASE(what_a_session_has_is_refused_by_name),
	TEST_CASE(what_the_state_does_not_allow_is_refused_by_it),
	TEST_CASE(a_channel_that_cannot_be_opened_so_is_refused),
	TEST_CASE(memory_that_is_not_there_is_refused),
	TEST_CASE(a_data_fd_for_which_there_is_no_room_is_refused),
	TEST_CASE(a_refusal_does_not_hide_why_the_bus_failed),
	TEST_CASE(a_call_that_succeeds_clears_no_refusal),
	TEST_CASE(a_refusal_is_for_the_file_that_was_refused),
	TEST_CASE(a_data_fd_that_refuses_says_why),
};

const size_t nr_why_cases = ARRAY_SIZE(why_cases);

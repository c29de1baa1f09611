// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that are refused: a table of what, and with which errno. None of them changes anything
 * that can be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "cases.h"
#include "refuse.h"

#define OBJECTS	"/sys/kernel/debug/vmbsave/objects"

/* What can be seen of a bus */
struct sight {
	struct vmbsave_info info;
	struct vmbsave_channel_info channels[2];
	struct vmbsave_last_error last;
	char objects[256];
};

struct vm refuse_vm;
static bool is_made;
static __u64 pfns[] = { 8, 9, 10, 11 };
static __u64 outside[] = { 8, 9, VM_PAGES, 11 };

/* The structure of each command, and how much of it has to be there */
static const struct {
	const char *name;
	unsigned long number;
	u32 size;
	u32 least;
	bool writes;
} commands[] = {
#define COMMAND(name, type, least, writes) \
	{ #name, VMBSAVE_##name, sizeof(struct type), least, writes }
	COMMAND(GET_INFO, vmbsave_info, 8, true),
	COMMAND(SET_MEMORY_REGION, vmbsave_memory_region, 24, false),
	COMMAND(OFFER_CHANNEL, vmbsave_offer_channel, 48, true),
	COMMAND(RESCIND_CHANNEL, vmbsave_channel_id, 8, false),
	COMMAND(SET_EVENTFDS, vmbsave_eventfds, 16, false),
	COMMAND(CREATE_GPADL, vmbsave_create_gpadl, 40, false),
	COMMAND(TEARDOWN_GPADL, vmbsave_gpadl_id, 12, false),
	COMMAND(OPEN_CHANNEL, vmbsave_open_channel, 16, false),
	COMMAND(CLOSE_CHANNEL, vmbsave_channel_id, 8, false),
	COMMAND(SET_STATE, vmbsave_set_state, 16, true),
	COMMAND(RESET, vmbsave_reset, 8, false),
	COMMAND(LAST_ERROR, vmbsave_last_error, 8, true),
	COMMAND(GET_CHANNEL, vmbsave_channel_info, 8, true),
	COMMAND(GET_STATS, vmbsave_stats, 8, true),
	COMMAND(GET_GPADL_PAGES, vmbsave_gpadl_pages, 24, true),
	COMMAND(ATTACH, vmbsave_attach, 72, false),
};

/* The refusal is left out: it is the one thing that changes. */
static struct sight look(void)
{
	struct sight sight = {
		.info.size = sizeof(sight.info),
		.last = { .size = sizeof(sight.last), .flags = VMBSAVE_ERROR_OF_BUS },
		.channels = { { .size = sizeof(sight.channels[0]), .channel = ECHO },
			      { .size = sizeof(sight.channels[0]), .channel = QUEUE } },
	};
	int fd = open(OBJECTS, O_RDONLY | O_CLOEXEC);

	ioctl(refuse_vm.bus, VMBSAVE_GET_INFO, &sight.info);
	ioctl(refuse_vm.bus, VMBSAVE_GET_CHANNEL, &sight.channels[0]);
	ioctl(refuse_vm.bus, VMBSAVE_GET_CHANNEL, &sight.channels[1]);
	ioctl(refuse_vm.bus, VMBSAVE_LAST_ERROR, &sight.last);
	EXPECT(read(fd, sight.objects, sizeof(sight.objects) - 1) > 0);
	close(fd);
	return sight;
}

void refuse_expect(struct vm *vm, const char *what, const char *call, const char *says, int error)
{
	struct vmbsave_last_error last = { SIZED(vmbsave_last_error) };
	size_t length = strlen(call);

	if (ioctl(vm->bus, VMBSAVE_LAST_ERROR, &last) || last.error != (u32)error ||
	    last.flags != VMBSAVE_ERROR_REFUSED || !last.status)
		cases_fail(__FILE__, __LINE__, "%s: LAST_ERROR has errno %u, flags %u, status %#x",
			   what, last.error, last.flags, last.status);
	if (!memchr(last.text, 0, sizeof(last.text)))
		cases_fail(__FILE__, __LINE__, "%s: the sentence has no end", what);
	else if (strncmp(last.text, call, length) || strncmp(last.text + length, ": ", 2) ||
		 !strstr(last.text + length, says) || strchr(last.text, '\n') ||
		 strstr(last.text, "without a reason"))
		cases_fail(__FILE__, __LINE__, "%s: \"%s\", not \"%s: ...%s...\"", what, last.text,
			   call, says);
}

static void expect_sentence(const char *what, const char *says, unsigned long number, int error)
{
	char unknown[32];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (commands[i].number == number) {
			refuse_expect(&refuse_vm, what, commands[i].name, says, error);
			return;
		}
	snprintf(unknown, sizeof(unknown), "ioctl %#lx", number);
	refuse_expect(&refuse_vm, what, unknown, says, error);
}

void refuse_one(const char *what, const char *says, unsigned long number, void *arg, int error)
{
	struct sight before = look(), after;
	int got = ioctl(refuse_vm.bus, number, arg) < 0 ? errno : 0;
	int i;

	if (got != error)
		cases_fail(__FILE__, __LINE__, "%s: %s, not %s", what, strerror(got),
			   strerror(error));
	expect_sentence(what, says, number, error);
	/* What it had made for the time being is released by a worker. */
	for (i = 0; i < 100; i++) {
		after = look();
		if (!memcmp(&before, &after, sizeof(before)))
			return;
		usleep(10000);
	}
	cases_fail(__FILE__, __LINE__, "%s: something has changed", what);
}

void refuse_all(const struct refusal *list, size_t nr)
{
	union any arg;
	size_t i;

	for (i = 0; i < nr; i++) {
		arg = list[i].arg;
		refuse_one(list[i].what, list[i].says, list[i].number, &arg, list[i].error);
		/* What came back of an argument that was refused is what went in. */
		if (list[i].number != VMBSAVE_SET_STATE &&
		    memcmp(&arg, &list[i].arg, sizeof(arg)))
			cases_fail(__FILE__, __LINE__, "%s: argument written", list[i].what);
	}
}

bool refuse_begin(u32 state, bool with_guest)
{
	int error = 0;

	if (!is_made)
		vm_init(&refuse_vm);
	is_made = true;
	if (!EXPECT_EQ(vm_attach(&refuse_vm), 0))
		return false;
	EXPECT_EQ(refuse_vm.channels[VM_ECHO].id, ECHO);
	EXPECT_EQ(refuse_vm.channels[VM_QUEUE].id, QUEUE);
	if (state == VMBSAVE_STATE_RUNNING)
		vm_set_state(&refuse_vm, state, &error);
	if (with_guest && !error)
		error = vm_boot(&refuse_vm);
	/* Nothing moves any more when the table is gone through. */
	usleep(20000);
	return EXPECT_EQ(error, 0);
}

void refuse_end(void)
{
	vm_close(&refuse_vm);
}

static void any_command(u32 size, u32 spoil, int error, const char *what)
{
	union any arg;
	char text[80];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		memset(&arg, 0, sizeof(arg));
		arg.size = size == 0 ? 0 : size == 1 ? commands[i].least - 1 :
			   size == 2 ? commands[i].size + 8 : size;
		if (spoil)
			arg.bytes[commands[i].size + spoil - 1] = 1;
		snprintf(text, sizeof(text), "command %zu, %s", i, what);
		refuse_one(text, "size", commands[i].number, &arg, error);
	}
}

static void a_structure_of_no_possible_length_is_refused(void)
{
	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	any_command(0, 0, EINVAL, "no length");
	any_command(1, 0, EINVAL, "too short");
	any_command(2, 1, E2BIG, "something behind it");
	any_command(2, 8, E2BIG, "something at its end");
	any_command(VM_PAGE + 1, 0, E2BIG, "more than a page");
	any_command(0xffffffff, 0, E2BIG, "4 GiB");
	refuse_end();
}

/* Two pages, of which the second one is not there, or cannot be written. */
static void a_pointer_that_is_no_good_is_refused(void)
{
	u8 *pages = mmap(NULL, 3 * VM_PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;
	u8 *at;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	mprotect(pages + VM_PAGE, VM_PAGE, PROT_NONE);
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		at = pages + VM_PAGE - commands[i].size / 8 * 4;
		memcpy(at, &commands[i].size, 4);
		refuse_one("NULL", "read", commands[i].number, NULL, EFAULT);
		refuse_one("the kernel's", "read", commands[i].number, (void *)-(u64)VM_PAGE,
			   EFAULT);
		refuse_one("not there", "read", commands[i].number, pages + VM_PAGE, EFAULT);
		refuse_one("half of it there", "size", commands[i].number, at, EFAULT);
		memset(at, 0, VM_PAGE - (at - pages));
	}
	munmap(pages, 3 * VM_PAGE);
	refuse_end();
}

/* The answer has nowhere to go: nothing was done then. */
static void an_answer_that_cannot_be_given_undoes_the_call(void)
{
	union any *arg = mmap(NULL, sizeof(*arg), PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t i;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	for (i = 0; i < ARRAY_SIZE(commands); i++) {
		if (!commands[i].writes)
			continue;
		mprotect(arg, sizeof(*arg), PROT_READ | PROT_WRITE);
		memset(arg, 0, sizeof(*arg));
		arg->size = commands[i].size;
		if (commands[i].number == VMBSAVE_OFFER_CHANNEL) {
			vm_type(VM_ECHO, arg->offer.type);
			arg->offer.subchannel = 3;
		} else if (commands[i].number == VMBSAVE_SET_STATE) {
			arg->state.state = VMBSAVE_STATE_STOP_COPY;
		} else if (commands[i].number == VMBSAVE_GET_CHANNEL) {
			arg->channel.channel = ECHO;
		}
		mprotect(arg, sizeof(*arg), PROT_READ);
		refuse_one("read-only", "written", commands[i].number, arg, EFAULT);
	}
	munmap(arg, sizeof(*arg));
	refuse_end();
}

static void an_unknown_command_is_refused(void)
{
	static const unsigned long numbers[] = {
		_IO(VMBSAVE_IOC, 16), _IO(VMBSAVE_IOC, 255), _IO(VMBSAVE_IOC - 1, 0),
		_IO(VMBSAVE_IOC + 1, 9), _IOWR(VMBSAVE_IOC, 9, struct vmbsave_set_state),
		_IOR(VMBSAVE_IOC, 0, int), _IOW(VMBSAVE_IOC, 10, __u64),
	};
	union any arg = { .state = { SIZED(vmbsave_set_state), .state = VMBSAVE_STATE_RUNNING } };
	size_t i;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		refuse_one("unknown", "no such command", numbers[i], &arg, ENOTTY);
	refuse_end();
}

#define REGION(...)	.number = VMBSAVE_SET_MEMORY_REGION, .error = EINVAL, .arg = \
			{ .region = { SIZED(vmbsave_memory_region), __VA_ARGS__ } }

static void a_region_that_is_no_good_is_refused(void)
{
	const struct refusal list[] = {
		{ "flags", "flags: 0x1", REGION(.flags = 1, .gpa = FREE, .bytes = VM_PAGE) },
		{ "gpa", "gpa 0x20001", REGION(.gpa = 4 * FREE + 1, .bytes = VM_PAGE) },
		{ "length", "bytes 0xfff", REGION(.gpa = 4 * FREE, .bytes = VM_PAGE - 1) },
		{ "uaddr", "uaddr 0x8", REGION(.gpa = 4 * FREE, .bytes = VM_PAGE, .uaddr = 8) },
		{ "beyond 2^64", "gpa 0x", REGION(.gpa = -(u64)VM_PAGE, .bytes = 2 * VM_PAGE) },
		{ "uaddr beyond 2^64", "uaddr 0x", REGION(.gpa = 4 * FREE, .bytes = 2 * VM_PAGE,
					      .uaddr = -(u64)VM_PAGE) },
		{ "removal, unaligned", "gpa 0x8", REGION(.gpa = 8) },
		{ "removal, not there", "gpa 0x20000: no", VMBSAVE_SET_MEMORY_REGION, ENOENT,
		  { .region = { SIZED(vmbsave_memory_region), .gpa = 4 * FREE } } },
		{ "removal, its middle", "gpa 0x1000: no", VMBSAVE_SET_MEMORY_REGION, ENOENT,
		  { .region = { SIZED(vmbsave_memory_region), .gpa = VM_PAGE } } },
		{ "the same", "the region at 0x0", VMBSAVE_SET_MEMORY_REGION, EEXIST,
		  { .region = { SIZED(vmbsave_memory_region), .bytes = VM_RAM_BYTES } } },
		{ "overlaps", "gpa 0xf000", VMBSAVE_SET_MEMORY_REGION, EEXIST,
		  { .region = { SIZED(vmbsave_memory_region), .gpa = VM_RAM_BYTES - VM_PAGE,
				.bytes = 2 * VM_PAGE } } },
		{ "around it", "uaddr", VMBSAVE_SET_MEMORY_REGION, EFAULT,
		  { .region = { SIZED(vmbsave_memory_region), .bytes = 1ULL << 63 } } },
		{ "the kernel's", "uaddr 0x", VMBSAVE_SET_MEMORY_REGION, EFAULT,
		  { .region = { SIZED(vmbsave_memory_region), .gpa = 4 * FREE, .bytes = VM_PAGE,
				.uaddr = -(u64)(2 * VM_PAGE) } } },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
}

#define OFFER(_error, ...)	.number = VMBSAVE_OFFER_CHANNEL, .error = (_error), .arg = \
				{ .offer = { SIZED(vmbsave_offer_channel), __VA_ARGS__ } }

static void an_offer_that_is_no_good_is_refused(void)
{
	struct refusal list[] = {
		{ "flags", "flags: 0x1", OFFER(EINVAL, .flags = 1) },
		{ "reserved", "reserved: 0x1", OFFER(EINVAL, .reserved = 1) },
		{ "there already", "that is channel 1", OFFER(EEXIST, .instance = { 1 }) },
		{ "nobody serves it", "no VSP serves", OFFER(ENODEV, .instance = { 1 }) },
	};
	size_t i;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	for (i = 0; i < 3; i++)
		vm_type(VM_ECHO, list[i].arg.offer.type);
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
}

#define FDS(_error, ...)	.number = VMBSAVE_SET_EVENTFDS, .error = (_error), .arg = \
			{ .fds = { SIZED(vmbsave_eventfds), __VA_ARGS__ } }
#define A_BUS	4	/* in the list below */
#define ID(name, _error, of)	.number = VMBSAVE_##name, .error = (_error), .arg = \
				{ .id = { SIZED(vmbsave_channel_id), .channel = (of) } }

static void a_channel_or_fd_that_is_not_there_is_refused(void)
{
	struct refusal list[] = {
		{ "no such channel", "channel 99",
		  FDS(ENOENT, .channel = NOBODY, .kick_fd = -1, .call_fd = -1) },
		{ "a closed fd", "kick_fd 999",
		  FDS(EINVAL, .channel = ECHO, .kick_fd = 999, .call_fd = -1) },
		{ "a negative fd", "call_fd -2",
		  FDS(EINVAL, .channel = ECHO, .kick_fd = -1, .call_fd = -2) },
		{ "a file", "kick_fd 1",
		  FDS(EINVAL, .channel = ECHO, .kick_fd = 1, .call_fd = -1) },
		[A_BUS] = { "a bus", "call_fd", FDS(EINVAL, .channel = ECHO, .kick_fd = -1) },
		{ "none, channel 0", "channel 0", ID(RESCIND_CHANNEL, ENOENT, 0) },
		{ "none to rescind", "channel 99", ID(RESCIND_CHANNEL, ENOENT, NOBODY) },
		{ "none to close", "channel 99", ID(CLOSE_CHANNEL, ENOENT, NOBODY) },
		{ "closed twice", "channel 1 is not open", ID(CLOSE_CHANNEL, EBADFD, ECHO) },
		{ "none to look at", "channel 99", VMBSAVE_GET_CHANNEL, ENOENT,
		  { .channel = { SIZED(vmbsave_channel_info), .channel = NOBODY } } },
		{ "reserved", "reserved: 0x1", VMBSAVE_GET_CHANNEL, EINVAL,
		  { .channel = { SIZED(vmbsave_channel_info), .channel = ECHO, .reserved = 1 } } },
		{ "flags of GET_INFO", "flags: 0x1", VMBSAVE_GET_INFO, EINVAL,
		  { .info = { SIZED(vmbsave_info), .flags = 1 } } },
		{ "flags of RESET", "flags: 0x1", VMBSAVE_RESET, EINVAL,
		  { .reset = { SIZED(vmbsave_reset), .flags = 1 } } },
		{ "flags of LAST_ERROR", "flags: 0x4", VMBSAVE_LAST_ERROR, EINVAL,
		  { .last = { SIZED(vmbsave_last_error), .flags = 4 } } },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, false));
	list[A_BUS].arg.fds.call_fd = refuse_vm.bus;
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
}

#define GPADL(_error, ...)	.number = VMBSAVE_CREATE_GPADL, .error = (_error), .arg = \
	{ .gpadl = { SIZED(vmbsave_create_gpadl), .channel = ECHO, .gpadl = 9, \
		     .byte_count = 4 * VM_PAGE, .nr_pfns = 4, .pfns = (uintptr_t)pfns, \
		     ##__VA_ARGS__ } }

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
static void a_gpadl_that_is_no_good_is_refused(void)
{
	u8 *half = mmap(NULL, 2 * VM_PAGE, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct refusal list[] = {
		{ "flags", "flags: 0x2", GPADL(EINVAL, .flags = 2) },
		{ "reserved", "reserved: 0x1", GPADL(EINVAL, .reserved = 1) },
		{ "id 0", "gpadl 0", GPADL(EINVAL, .gpadl = 0) },
		{ "no bytes", "byte_count 0", GPADL(EINVAL, .byte_count = 0, .nr_pfns = 0) },
		{ "an offset of a page", "byte_offset 4096",
		  GPADL(EINVAL, .byte_offset = VM_PAGE) },
		{ "a page too few", "nr_pfns 3", GPADL(EINVAL, .nr_pfns = 3) },
		{ "a page too many", "touches 3", GPADL(EINVAL, .byte_count = 3 * VM_PAGE) },
		{ "a page for the offset", "touches 5", GPADL(EINVAL, .byte_offset = 1) },
		{ "2^32 bytes", "not below 2^32", GPADL(EINVAL, .byte_count = ~0U, .byte_offset = 1,
				      .nr_pfns = 1U << 20) },
		{ "2^32 pages", "nr_pfns 4294967295", GPADL(EINVAL, .nr_pfns = ~0U) },
		{ "no such channel", "channel 99", GPADL(ENOENT, .channel = NOBODY) },
		{ "id in use", "gpadl 256", GPADL(EEXIST, .gpadl = VM_RINGS(VM_ECHO)) },
		{ "outside guest memory", "0x10 (number 2 of pfns)",
		  GPADL(EFAULT, .pfns = (uintptr_t)outside) },
		{ "no list", "pfns: 4 entries", GPADL(EFAULT, .pfns = 0) },
		{ "half a list", "pfns: 4 entries",
		  GPADL(EFAULT, .pfns = (uintptr_t)half + VM_PAGE - 16) },
	};

	mprotect(half + VM_PAGE, VM_PAGE, PROT_NONE);
	memcpy(half + VM_PAGE - 16, pfns, 16);
	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
	munmap(half, 2 * VM_PAGE);
}

static void a_teardown_that_is_no_good_is_refused(void)
{
	const struct refusal list[] = {
		{ "GPADL 0", "gpadl 0", VMBSAVE_TEARDOWN_GPADL, ENOENT,
		  { .gpadl_id = { SIZED(vmbsave_gpadl_id), .channel = ECHO } } },
		{ "of no channel", "channel 99", VMBSAVE_TEARDOWN_GPADL, ENOENT,
		  { .gpadl_id = { SIZED(vmbsave_gpadl_id), .channel = NOBODY, .gpadl = 1 } } },
		{ "in use", "the rings of channel 1", VMBSAVE_TEARDOWN_GPADL, EBUSY,
		  { .gpadl_id = { SIZED(vmbsave_gpadl_id), .channel = ECHO,
				  .gpadl = VM_RINGS(VM_ECHO) } } },
		{ "reserved", "reserved: 0x1", VMBSAVE_TEARDOWN_GPADL, EINVAL,
		  { .gpadl_id = { SIZED(vmbsave_gpadl_id), .channel = ECHO, .reserved = 1 } } },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, true));
	refuse_all(list, ARRAY_SIZE(list));
	refuse_end();
}

#define OPEN(_error, ...)	.number = VMBSAVE_OPEN_CHANNEL, .error = (_error), .arg = \
	{ .open = { SIZED(vmbsave_open_channel), .channel = ECHO, .gpadl = 9, \
		    .downstream_page = 2, ##__VA_ARGS__ } }

static void an_open_that_is_no_good_is_refused(void)
{
	const struct refusal list[] = {
		{ "reserved", "reserved: 0x1", OPEN(EINVAL, .reserved = 1) },
		{ "MMIO without a length", "mmio_bytes 0x0", OPEN(EINVAL, .mmio_gpa = VM_PAGE) },
		{ "MMIO without an address", "mmio_gpa 0x0", OPEN(EINVAL, .mmio_bytes = VM_PAGE) },
		{ "MMIO beyond 2^64", "mmio_gpa 0xff",
		  OPEN(EINVAL, .mmio_gpa = ~0ULL, .mmio_bytes = 2) },
		{ "no such channel", "channel 99", OPEN(ENOENT, .channel = NOBODY) },
		{ "no such GPADL", "gpadl 10", OPEN(ENOENT, .gpadl = 10) },
		{ "a ring without data", "downstream_page 1", OPEN(EINVAL, .downstream_page = 1) },
		{ "no ring", "downstream_page 0", OPEN(EINVAL, .downstream_page = 0) },
		{ "the other without data", "downstream_page 3",
		  OPEN(EINVAL, .downstream_page = 3) },
		{ "beyond the GPADL", "downstream_page 4294967295",
		  OPEN(EINVAL, .downstream_page = ~0U) },
		{ "read-only", "gpadl 8 is read-only", OPEN(EINVAL, .gpadl = 8) },
	};

	ASSERT(refuse_begin(VMBSAVE_STATE_RUNNING, false));
	ASSERT_EQ(vm_lend(&refuse_vm, VM_ECHO, 9, 0, VM_FREE_PAGE, 4), 0);
	ASSERT_EQ(vm_lend(&refuse_vm, VM_ECHO, 8, VMBSAVE_GPADL_READ_ONLY, VM_FREE_PAGE, 4), 0);
	refuse_all(list, ARRAY_SIZE(list));
	/* Indices of nonsense */
	memset(refuse_vm.ram + FREE, 0xff, 8);
	refuse_all(&(struct refusal){ "indices", "indices of a ring", OPEN(EPROTO) }, 1);
	memset(refuse_vm.ram + FREE, 0, 8);
	refuse_end();
}

#pragma GCC diagnostic pop

static void events_that_cannot_be_read_stay(void)
{
	struct vmbsave_event event;

	ASSERT(refuse_begin(VMBSAVE_STATE_STOP, false));
	EXPECT(read(refuse_vm.bus, &event, sizeof(event)) < 0 && errno == EAGAIN);
	EXPECT(read(refuse_vm.bus, &event, sizeof(event) - 1) < 0 && errno == EINVAL);
	EXPECT(write(refuse_vm.bus, &event, sizeof(event)) < 0 && errno == EINVAL);
	EXPECT(lseek(refuse_vm.bus, 0, SEEK_END) < 0 && errno == ESPIPE);
	EXPECT(mmap(NULL, VM_PAGE, PROT_READ, MAP_SHARED, refuse_vm.bus, 0) == MAP_FAILED &&
	       errno == ENODEV);
	refuse_end();
}

const struct test_case refuse_cases[] = {
	TEST_CASE(a_structure_of_no_possible_length_is_refused),
	TEST_CASE(a_pointer_that_is_no_good_is_refused),
	TEST_CASE(an_answer_that_cannot_be_given_undoes_the_call),
	TEST_CASE(an_unknown_command_is_refused),
	TEST_CASE(a_region_that_is_no_good_is_refused),
	TEST_CASE(an_offer_that_is_no_good_is_refused),
	TEST_CASE(a_channel_or_fd_that_is_not_there_is_refused),
	TEST_CASE(a_gpadl_that_is_no_good_is_refused),
	TEST_CASE(a_teardown_that_is_no_good_is_refused),
	TEST_CASE(an_open_that_is_no_good_is_refused),
	TEST_CASE(events_that_cannot_be_read_stay),
};

const size_t nr_refuse_cases = ARRAY_SIZE(refuse_cases);

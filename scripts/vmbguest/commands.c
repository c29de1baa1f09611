// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments of the ioctls of /dev/vmbsave that take some, and its events: what is refused, and that
 * the rest comes back. Needs vsp_echo. The last line is "N passed, N failed".
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "commands.h"
#include "vsp_echo.h"

#define PAGE	4096
#define PAGES	16
#define RINGS	1	/* GPADL of four pages */
#define LENT	2	/* read-only, of one */

static int bus = -1;
static __u32 echo;	/* its channel */
static int passed, failed;

/* Expects an ioctl to succeed (0) or to fail with an errno. */
static void expect(const char *what, unsigned long number, void *arg, int error)
{
	int got = ioctl(bus, number, arg) < 0 ? errno : 0;

	if (got == error) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: %s, not %s\n", what, strerror(got), strerror(error));
}

void expect_equal(const char *what, long long got, long long wanted)
{
	if (got == wanted) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s: %lld, not %lld\n", what, got, wanted);
}

void expect_true(const char *what, int is_true)
{
	if (is_true) {
		passed++;
		return;
	}
	failed++;
	printf("FAIL %s\n", what);
}

static void attach(void)
{
	const guid_t type = VSP_ECHO_TYPE;
	struct vmbsave_memory_region region = { .size = sizeof(region), .bytes = PAGES * PAGE };
	struct vmbsave_offer_channel offer = { .size = sizeof(offer), .subchannel = 5 };
	struct vmbsave_eventfds fds = { .size = sizeof(fds), .kick_fd = -1 };
	void *ram = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	bus = open("/dev/vmbsave", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (bus < 0 || ram == MAP_FAILED) {
		perror("cannot begin");
		exit(1);
	}
	region.uaddr = (unsigned long)ram;
	expect("SET_MEMORY_REGION", VMBSAVE_SET_MEMORY_REGION, &region, 0);
	memcpy(offer.type, &type, sizeof(offer.type));
	memset(offer.instance, 7, sizeof(offer.instance));
	expect("OFFER_CHANNEL", VMBSAVE_OFFER_CHANNEL, &offer, 0);
	echo = offer.channel;
	fds.channel = echo;
	fds.call_fd = eventfd(0, EFD_CLOEXEC);
	expect("SET_EVENTFDS", VMBSAVE_SET_EVENTFDS, &fds, 0);
}

static void get_channel(void)
{
	struct vmbsave_channel_info info = { .size = sizeof(info), .channel = echo + 1 };
	const guid_t type = VSP_ECHO_TYPE;
	unsigned char instance[16];

	expect("no such channel", VMBSAVE_GET_CHANNEL, &info, ENOENT);
	info.channel = echo;
	info.reserved = 1;
	expect("GET_CHANNEL, reserved", VMBSAVE_GET_CHANNEL, &info, EINVAL);
	info.reserved = 0;
	/* What goes in but for the id is of no importance. */
	memset(info.name, 'x', sizeof(info.name));
	info.owned = 1;
	expect("GET_CHANNEL", VMBSAVE_GET_CHANNEL, &info, 0);
	memset(instance, 7, sizeof(instance));
	expect_true("type", !memcmp(info.type, &type, sizeof(type)));
	expect_true("instance", !memcmp(info.instance, instance, sizeof(instance)));
	expect_true("subchannel", info.subchannel == 5);
	expect_true("owned", !info.owned);
	expect_true("state", info.state == VMBSAVE_CHANNEL_STATE_STARTED);
	expect_true("largest packet", info.max_packet_bytes);
	expect_true("name", !info.name[0] && !info.name[VMBSAVE_NAME_BYTES - 1]);
	expect_true("size", info.size == sizeof(info) && info.channel == echo);
}

/* What an older and a newer VMM pass, and what lies half beyond its memory. */
static void sizes(void)
{
	union {
		struct vmbsave_channel_info info;
		char bytes[PAGE + 8];
	} arg = { .info = { .channel = echo } };
	const size_t known = sizeof(arg.info);
	char *pages = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct vmbsave_channel_info *edge = (void *)(pages + PAGE - known / 8 * 4);

	arg.info.size = 7;
	expect("too short", VMBSAVE_GET_CHANNEL, &arg, EINVAL);
	arg.info.size = 8;
	memset(arg.bytes + 8, 'x', 8);
	expect("as short as can be", VMBSAVE_GET_CHANNEL, &arg, 0);
	expect_true("nothing beyond it", arg.bytes[8] == 'x' && arg.bytes[15] == 'x');
	memset(arg.bytes + 8, 0, 8);
	arg.info.size = known + 8;
	expect("longer, zeros", VMBSAVE_GET_CHANNEL, &arg, 0);
	expect_true("its own size", arg.info.size == known + 8);
	arg.bytes[known + 7] = 1;
	expect("longer, something", VMBSAVE_GET_CHANNEL, &arg, E2BIG);
	arg.info.size = PAGE + 1;
	expect("longer than a page", VMBSAVE_GET_CHANNEL, &arg, E2BIG);
	expect("nowhere", VMBSAVE_GET_CHANNEL, NULL, EFAULT);
	expect("no such command", _IO(VMBSAVE_IOC, 99), &arg, ENOTTY);
	mprotect(pages + PAGE, PAGE, PROT_NONE);
	edge->size = known;
	edge->channel = echo;
	expect("half of it", VMBSAVE_GET_CHANNEL, edge, EFAULT);
	munmap(pages, 2 * PAGE);
}

static void create_gpadl(const char *what, __u32 gpadl, __u32 flags, __u32 pages, int error)
{
	__u64 pfns[4] = { 4, 5, 6, 7 };
	struct vmbsave_create_gpadl arg = {
		.size = sizeof(arg), .channel = echo, .gpadl = gpadl, .flags = flags,
		.byte_count = pages * PAGE, .nr_pfns = pages, .pfns = (unsigned long)pfns,
	};

	expect(what, VMBSAVE_CREATE_GPADL, &arg, error);
}

static void teardown_gpadl(const char *what, __u32 gpadl, int error)
{
	struct vmbsave_gpadl_id id = { .size = sizeof(id), .channel = echo, .gpadl = gpadl };

	expect(what, VMBSAVE_TEARDOWN_GPADL, &id, error);
}

static void open_channel(const char *what, __u64 mmio_gpa, __u64 mmio_bytes, int error)
{
	struct vmbsave_open_channel arg = {
		.size = sizeof(arg), .channel = echo, .gpadl = RINGS, .downstream_page = 2,
		.mmio_gpa = mmio_gpa, .mmio_bytes = mmio_bytes,
	};

	expect(what, VMBSAVE_OPEN_CHANNEL, &arg, error);
}

static void lend_and_open(void)
{
	struct vmbsave_set_state run = { .size = sizeof(run), .state = VMBSAVE_STATE_RUNNING };

	expect("SET_STATE", VMBSAVE_SET_STATE, &run, 0);
	create_gpadl("unknown flag of a GPADL", LENT, 2, 1, EINVAL);
	create_gpadl("an unknown and a known one", LENT, 3, 1, EINVAL);
	create_gpadl("read-only GPADL", LENT, VMBSAVE_GPADL_READ_ONLY, 1, 0);
	create_gpadl("read-only rings", RINGS, VMBSAVE_GPADL_READ_ONLY, 4, 0);
	open_channel("open in read-only rings", 0, 0, EINVAL);
	teardown_gpadl("take read-only rings back", RINGS, 0);
	create_gpadl("rings", RINGS, 0, 4, 0);
	open_channel("MMIO space without a length", PAGE, 0, EINVAL);
	open_channel("MMIO space without an address", 0, PAGE, EINVAL);
	open_channel("MMIO space beyond 2^64", -PAGE, 2 * PAGE, EINVAL);
	open_channel("MMIO space that ends at 2^64", -PAGE, PAGE, EINVAL);
	open_channel("MMIO space", 1ULL << 40, 64 << 20, 0);
	teardown_gpadl("take rings back", RINGS, EBUSY);
	teardown_gpadl("take lent page back", LENT, 0);
}

/* Of the first bus that there is. */
static void read_name(void)
{
	char text[80] = "unread";
	char path[64];
	FILE *file;

	snprintf(path, sizeof(path), "/sys/bus/vmb/devices/vmb0-%u/name", echo);
	file = fopen(path, "r");
	expect_true("attribute name", file && fgets(text, sizeof(text), file));
	expect_true("no name", !strcmp(text, "\n"));
	if (file)
		fclose(file);
}

/* Expects read() to give a whole event (0) or to fail with an errno. */
static void expect_event(const char *what, void *event, size_t size, int error)
{
	ssize_t got = read(bus, event, size);

	if (error)
		expect_true(what, got < 0 && errno == error);
	else
		expect_true(what, got == sizeof(struct vmbsave_event));
}

/* Its VSP leaves an open channel: one event, which a read that failed does not lose. */
static void lose_driver(void)
{
	struct vmbsave_channel_info info = { .size = sizeof(info), .channel = echo };
	struct vmbsave_event events[2] = { }, *event = events;
	FILE *file = fopen("/sys/bus/vmb/drivers/vsp_echo/unbind", "w");

	expect_event("no event", events, sizeof(events), EAGAIN);
	expect_true("unbind", file && fprintf(file, "vmb0-%u", echo) > 0 && !fclose(file));
	expect_event("no room for one", events, sizeof(events[0]) - 1, EINVAL);
	expect_event("nowhere to put it", (void *)PAGE, sizeof(events[0]), EFAULT);
	expect_event("RESCINDED", events, sizeof(events), 0);
	expect_true("its type", event->type == VMBSAVE_EVENT_RESCINDED);
	expect_true("its channel", event->channel == echo && event->error == ENODEV);
	expect_event("once", events, sizeof(events), EAGAIN);
	expect("gone", VMBSAVE_GET_CHANNEL, &info, ENOENT);
}

int main(void)
{
	attach();
	get_channel();
	sizes();
	read_name();
	lend_and_open();
	lose_driver();
	close(bus);
	state_commands();
	stream_commands();
	sendfile_commands();
	attach_commands();
	printf("%d passed, %d failed\n", passed, failed);
	return failed ? 1 : 0;
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A virtual machine monitor without a machine, for scripts/uml/tests/ctl: its
 * memory is a file, its guest opens the channel of vsp_queue and does nothing
 * ever after, so that all that the VSP sends stays in the ring and in the queue.
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
#include <linux/vmbsave.h>
#include "util.h"
#include "vsp_queue.h"

#define RAM_BYTES	(64 * VMBSAVE_PAGE_SIZE)
#define IN_PAGES	4
#define OUT_PAGES	8
#define GPADL_PAGES	(2 + IN_PAGES + OUT_PAGES)

static int bus;

static void command(unsigned long number, void *argument, const char *what)
{
	if (ioctl(bus, number, argument) < 0)
		die("cannot %s: %s", what, strerror(errno));
}

static void give_memory(const char *name)
{
	struct vmbsave_memory_region arg = { .size = sizeof(arg), .bytes = RAM_BYTES };
	int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *ram;

	if (fd < 0 || ftruncate(fd, RAM_BYTES))
		die("cannot open %s: %s", name, strerror(errno));
	ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (ram == MAP_FAILED)
		die("cannot map %s: %s", name, strerror(errno));
	arg.uaddr = (uintptr_t)ram;
	command(VMBSAVE_SET_MEMORY_REGION, &arg, "give memory");
}

static u32 offer_channel(void)
{
	const guid_t type = VSP_QUEUE_TYPE;
	struct vmbsave_offer_channel arg = { .size = sizeof(arg) };
	struct vmbsave_eventfds fds = { .size = sizeof(fds), .kick_fd = -1 };

	memcpy(arg.type, &type, sizeof(arg.type));
	arg.instance[0] = 1;
	command(VMBSAVE_OFFER_CHANNEL, &arg, "make an offer of a channel");
	fds.channel = arg.channel;
	fds.call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	command(VMBSAVE_SET_EVENTFDS, &fds, "set eventfds");
	return arg.channel;
}

/* The rings are in the first pages; all zero is right for an empty one. */
static void open_channel(u32 channel)
{
	struct vmbsave_set_state state = { .size = sizeof(state), .state = VMBSAVE_STATE_RUNNING };
	struct vmbsave_open_channel open = {
		.size = sizeof(open), .channel = channel, .gpadl = 1,
		.downstream_page = 1 + IN_PAGES,
	};
	__u64 pfns[GPADL_PAGES];
	struct vmbsave_create_gpadl gpadl = {
		.size = sizeof(gpadl), .channel = channel, .gpadl = 1,
		.byte_count = sizeof(pfns) / sizeof(*pfns) * VMBSAVE_PAGE_SIZE,
		.nr_pfns = GPADL_PAGES, .pfns = (uintptr_t)pfns,
	};
	int i;

	for (i = 0; i < GPADL_PAGES; i++)
		pfns[i] = i;
	command(VMBSAVE_SET_STATE, &state, "run");
	command(VMBSAVE_CREATE_GPADL, &gpadl, "lend memory");
	command(VMBSAVE_OPEN_CHANNEL, &open, "open the channel");
}

int main(int argc, char **argv)
{
	struct vmbsave_info info = { .size = sizeof(info) };
	u32 channel;

	if (argc < 2)
		die("usage: test_monitor MEMORY [open]: prints the name of its bus, and stays");
	bus = open("/dev/vmbsave", O_RDWR | O_CLOEXEC);
	if (bus < 0)
		die("cannot open the device: %s", strerror(errno));
	give_memory(argv[1]);
	channel = offer_channel();
	if (argc > 2)
		open_channel(channel);
	command(VMBSAVE_GET_INFO, &info, "ask for the name");
	printf("%s\n", (const char *)info.name);
	fflush(stdout);
	for (;;)
		pause();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A machine to try things on.
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

#define PAGE		VMBSAVE_PAGE_SIZE
#define RAM_BYTES	(VMM_PAGES * PAGE)
#define GPADL_PFNS	2000	/* about four chunks of a stream */

unsigned int kshim_warnings;	/* the ring code counts here what cannot happen */

int command(int fd, unsigned long number, void *arg)
{
	return ioctl(fd, number, arg) < 0 ? errno : 0;
}

static void must(const char *what, int error)
{
	if (!error)
		return;
	printf("FAIL cannot begin: %s: %s\n", what, strerror(error));
	exit(1);
}

/* Pages may be lent more than once, so little memory makes a long stream. */
static void lend(struct vmm *vmm, unsigned int gpadl)
{
	static __u64 pfns[GPADL_PFNS];
	struct vmbsave_create_gpadl arg = {
		.size = sizeof(arg), .channel = vmm->channel, .gpadl = 100 + gpadl,
		.byte_count = GPADL_PFNS * PAGE, .nr_pfns = GPADL_PFNS,
		.pfns = (unsigned long)pfns,
	};
	unsigned int i;

	for (i = 0; i < GPADL_PFNS; i++)
		pfns[i] = VMM_PAGES / 2 + (i + gpadl) % (VMM_PAGES / 2);
	must("CREATE_GPADL", command(vmm->bus, VMBSAVE_CREATE_GPADL, &arg));
}

void vmm_begin(struct vmm *vmm, unsigned int gpadls)
{
	const guid_t type = VSP_ECHO_TYPE;
	struct vmbsave_memory_region region = { .size = sizeof(region), .bytes = RAM_BYTES };
	struct vmbsave_offer_channel offer = { .size = sizeof(offer), .instance = { 9 } };
	struct vmbsave_eventfds fds = { .size = sizeof(fds), .kick_fd = -1 };
	unsigned int i;

	vmm->bus = open("/dev/vmbsave", O_RDWR | O_CLOEXEC);
	must("open", vmm->bus < 0 ? errno : 0);
	vmm->ram = mmap(NULL, RAM_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	region.uaddr = (unsigned long)vmm->ram;
	must("SET_MEMORY_REGION", command(vmm->bus, VMBSAVE_SET_MEMORY_REGION, &region));
	memcpy(offer.type, &type, sizeof(offer.type));
	must("OFFER_CHANNEL", command(vmm->bus, VMBSAVE_OFFER_CHANNEL, &offer));
	vmm->channel = offer.channel;
	vmm->call = eventfd(0, EFD_CLOEXEC);
	fds.channel = vmm->channel;
	fds.call_fd = vmm->call;
	must("SET_EVENTFDS", command(vmm->bus, VMBSAVE_SET_EVENTFDS, &fds));
	for (i = 0; i < gpadls; i++)
		lend(vmm, i);
}

void vmm_end(struct vmm *vmm)
{
	close(vmm->bus);
	close(vmm->call);
	munmap(vmm->ram, RAM_BYTES);
}

int set_state(struct vmm *vmm, __u32 state, int *data_fd)
{
	struct vmbsave_set_state arg = { .size = sizeof(arg), .state = state };
	int error = command(vmm->bus, VMBSAVE_SET_STATE, &arg);

	expect_equal("reached is the state of the bus", arg.reached, vmm_state(vmm));
	if (data_fd)
		*data_fd = arg.data_fd;
	return error;
}

int reset(struct vmm *vmm)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	return command(vmm->bus, VMBSAVE_RESET, &arg);
}

__u32 vmm_state(const struct vmm *vmm)
{
	struct vmbsave_info info = { .size = sizeof(info) };

	return command(vmm->bus, VMBSAVE_GET_INFO, &info) ? ~0U : info.state;
}

const char *vmm_error(struct vmm *vmm)
{
	static struct vmbsave_last_error last;

	last = (struct vmbsave_last_error) { .size = sizeof(last) };
	return command(vmm->bus, VMBSAVE_LAST_ERROR, &last) ? "?" : last.text;
}

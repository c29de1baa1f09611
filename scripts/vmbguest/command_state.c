// SPDX-License-Identifier: GPL-2.0-only
/*
 * SET_STATE, and what a bus says of itself: GET_INFO, GET_STATS, GET_GPADL_PAGES, LAST_ERROR.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "commands.h"

static void arguments(void)
{
	struct vmbsave_set_state arg = { .size = sizeof(arg), .state = VMBSAVE_STATE_RUNNING };
	struct vmbsave_stats stats = { .size = sizeof(stats), .flags = 1 };
	struct vmbsave_reset reset = { .size = sizeof(reset), .flags = 1 };
	struct vmm vmm;

	vmm_begin(&vmm, 0);
	arg.reserved = 1;
	expect_equal("SET_STATE, reserved", command(vmm.bus, VMBSAVE_SET_STATE, &arg), EINVAL);
	arg.reserved = 0;
	arg.state = VMBSAVE_STATE_ERROR;
	expect_equal("to ERROR", command(vmm.bus, VMBSAVE_SET_STATE, &arg), EINVAL);
	arg.state = VMBSAVE_STATE_RESUMING + 1;
	expect_equal("to P2P", command(vmm.bus, VMBSAVE_SET_STATE, &arg), EINVAL);
	expect_equal("nothing happened", vmm_state(&vmm), VMBSAVE_STATE_STOP);
	arg.size = offsetof(struct vmbsave_set_state, reached);
	arg.state = VMBSAVE_STATE_RUNNING;
	arg.reached = 77;
	expect_equal("as before there was reached", command(vmm.bus, VMBSAVE_SET_STATE, &arg), 0);
	expect_equal("nothing beyond the structure", arg.reached, 77);
	expect_equal("GET_STATS, flags", command(vmm.bus, VMBSAVE_GET_STATS, &stats), EINVAL);
	expect_equal("RESET, flags", command(vmm.bus, VMBSAVE_RESET, &reset), EINVAL);
	vmm_end(&vmm);
}

/* RUNNING -> STOP is done, STOP -> STOP_COPY is not: there is no channel. */
static void second_step_fails(void)
{
	struct vmm vmm = { .bus = open("/dev/vmbsave", O_RDWR | O_CLOEXEC) };
	struct vmbsave_set_state arg = { .size = sizeof(arg), .state = VMBSAVE_STATE_STOP_COPY };

	expect_equal("RUNNING", set_state(&vmm, VMBSAVE_STATE_RUNNING, NULL), 0);
	expect_equal("no channel", command(vmm.bus, VMBSAVE_SET_STATE, &arg), ENOENT);
	expect_equal("it reached STOP", arg.reached, VMBSAVE_STATE_STOP);
	expect_equal("no data fd", arg.data_fd, -1);
	expect_true("and says so", !!strstr(vmm_error(&vmm), "the bus is in stop"));
	expect_true("and why", !!strstr(vmm_error(&vmm), "the bus has no channels"));
	close(vmm.bus);
}

static void info(void)
{
	struct vmbsave_info info = { .size = sizeof(info) };
	struct vmm vmm;

	vmm_begin(&vmm, 2);
	expect_equal("GET_INFO", command(vmm.bus, VMBSAVE_GET_INFO, &info), 0);
	expect_true("name", !strncmp((char *)info.name, "vmb", 3) && info.name[3]);
	expect_equal("no operator", info.attached, 0);
	expect_equal("reserved", info.reserved, 0);
	expect_true("a stream has the pages of its GPADLs", info.stream_bytes > 2 * 2000 * 8);
	expect_equal("GPADLs", info.nr_gpadls, 2);
	vmm_end(&vmm);
}

static void stats(void)
{
	struct vmbsave_stats stats = { .size = sizeof(stats) };
	char stream[65536];
	ssize_t bytes = 0, n;
	struct vmm vmm;
	int data;

	vmm_begin(&vmm, 2);
	memset(&stats.nr_saves, 0xff, sizeof(stats) - offsetof(struct vmbsave_stats, nr_saves));
	expect_equal("GET_STATS", command(vmm.bus, VMBSAVE_GET_STATS, &stats), 0);
	expect_equal("no save yet", stats.nr_saves + stats.save_bytes + stats.slowest_ns, 0);
	expect_equal("STOP_COPY", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	while ((n = read(data, stream + bytes, sizeof(stream) - bytes)) > 0)
		bytes += n;
	close(data);
	expect_equal("GET_STATS", command(vmm.bus, VMBSAVE_GET_STATS, &stats), 0);
	expect_equal("one save", stats.nr_saves, 1);
	expect_equal("its bytes", stats.save_bytes, bytes);
	expect_true("its chunks", stats.save_chunks > 8);
	vmm_end(&vmm);
}

/* Return: an errno, or 0 */
static int set_parameter(const char *text)
{
	int fd = open("/sys/module/vmbsave/parameters/time_packets", O_WRONLY | O_CLOEXEC);
	int error = write(fd, text, strlen(text)) < 0 ? errno : 0;

	close(fd);
	return error;
}

static void parameter(void)
{
	expect_equal("time_packets, nonsense", set_parameter("maybe"), EINVAL);
	expect_equal("time_packets", set_parameter("Y"), 0);
	expect_equal("twice", set_parameter("1"), 0);
	stats();
	expect_equal("no time_packets", set_parameter("N"), 0);
}

/* What it fails for counts more than that the answer cannot be written. */
static void answer_nowhere(struct vmm *vmm)
{
	struct vmbsave_gpadl_pages *arg = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
					       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	arg->size = sizeof(*arg);
	mprotect(arg, 4096, PROT_READ);
	expect_equal("read-only", command(vmm->bus, VMBSAVE_GET_GPADL_PAGES, arg), ENOBUFS);
	munmap(arg, 4096);
}

static void gpadl_pages(void)
{
	struct vmbsave_gpadl_pages arg = { .size = sizeof(arg) };
	__u64 pfns[VMM_PAGES] = { 0 };
	struct vmm vmm;

	vmm_begin(&vmm, 1);
	expect_equal("no room", command(vmm.bus, VMBSAVE_GET_GPADL_PAGES, &arg), ENOBUFS);
	expect_equal("how much it takes", arg.nr_pages, VMM_PAGES / 2);
	expect_equal("nowhere", command(vmm.bus, VMBSAVE_GET_GPADL_PAGES, &arg), EFAULT);
	answer_nowhere(&vmm);
	arg.nr_pages--;
	arg.pfns = (unsigned long)pfns;
	expect_equal("little room", command(vmm.bus, VMBSAVE_GET_GPADL_PAGES, &arg), ENOBUFS);
	expect_equal("untouched", pfns[0], 0);
	arg.nr_pages = VMM_PAGES;
	expect_equal("GET_GPADL_PAGES", command(vmm.bus, VMBSAVE_GET_GPADL_PAGES, &arg), 0);
	expect_equal("how many", arg.nr_pages, VMM_PAGES / 2);
	expect_equal("the first", pfns[0], VMM_PAGES / 2);
	expect_equal("the last", pfns[VMM_PAGES / 2 - 1], VMM_PAGES - 1);
	expect_equal("no more", pfns[VMM_PAGES / 2], 0);
	arg.reserved = 1;
	expect_equal("reserved", command(vmm.bus, VMBSAVE_GET_GPADL_PAGES, &arg), EINVAL);
	vmm_end(&vmm);
}

void state_commands(void)
{
	arguments();
	second_step_fails();
	info();
	stats();
	parameter();
	gpadl_pages();
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * ATTACH: an operator looks at, saves and restores what another process has made.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <linux/array_size.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "commands.h"

static unsigned char stream[256 << 10];

static int open_device(void)
{
	return open("/dev/vmbsave", O_RDWR | O_CLOEXEC);
}

static struct vmbsave_info info_of(int fd)
{
	struct vmbsave_info info = { .size = sizeof(info) };

	expect_equal("GET_INFO", command(fd, VMBSAVE_GET_INFO, &info), 0);
	return info;
}

static int attach_by(int fd, const char *name, __u32 flags)
{
	struct vmbsave_attach arg = { .size = sizeof(arg), .flags = flags };

	strncpy((char *)arg.name, name, sizeof(arg.name));
	return command(fd, VMBSAVE_ATTACH, &arg);
}

/* A machine that runs, and an operator's file attached to it. */
static void begin(struct vmm *vmm, struct vmm *operator, __u32 flags)
{
	struct vmbsave_info info;

	vmm_begin(vmm, 1);
	expect_equal("RUNNING", set_state(vmm, VMBSAVE_STATE_RUNNING, NULL), 0);
	info = info_of(vmm->bus);
	operator->bus = open_device();
	expect_equal("ATTACH", attach_by(operator->bus, (char *)info.name, flags), 0);
}

static ssize_t read_all(int data)
{
	ssize_t n, all = 0;

	while ((n = read(data, stream + all, sizeof(stream) - all)) > 0)
		all += n;
	expect_equal("read to the end", n, 0);
	return all;
}

/* In a child without any capability: what its ATTACH answers. */
static int attach_as_nobody(int fd, const char *name)
{
	pid_t child = fork();
	int status;

	if (!child) {
		if (setgid(65534) || setuid(65534))
			_exit(99);
		_exit(attach_by(fd, name, 0));
	}
	waitpid(child, &status, 0);
	return WEXITSTATUS(status);
}

static void arguments(void)
{
	struct vmbsave_memory_region region = { .size = sizeof(region) };
	struct vmbsave_attach arg = { .size = sizeof(arg) };
	struct vmbsave_info info, mine;
	struct vmm vmm;
	int fd = open_device();

	vmm_begin(&vmm, 0);
	info = info_of(vmm.bus);
	mine = info_of(fd);
	expect_equal("an unknown flag", attach_by(fd, (char *)info.name, 2), EINVAL);
	expect_equal("no such bus", attach_by(fd, "vmb4000000000", 0), ENOENT);
	expect_equal("half a name", attach_by(fd, "vmb", 0), ENOENT);
	expect_equal("no name", attach_by(fd, "", 0), ENOENT);
	expect_equal("itself", attach_by(fd, (char *)mine.name, 0), EINVAL);
	memset(arg.name, 'v', sizeof(arg.name));
	expect_equal("a name without an end", command(fd, VMBSAVE_ATTACH, &arg), EINVAL);
	expect_equal("no capability", attach_as_nobody(fd, (char *)info.name), EPERM);
	expect_equal("nothing happened", info_of(vmm.bus).attached, 0);
	expect_equal("no such region", command(fd, VMBSAVE_SET_MEMORY_REGION, &region), ENOENT);
	expect_equal("but it was used", attach_by(fd, (char *)info.name, 0), EBUSY);
	expect_true("and is a bus as before", !strcmp((char *)info_of(fd).name, (char *)mine.name));
	close(fd);
	vmm_end(&vmm);
}

static void who_may_do_what(void)
{
	struct vmbsave_channel_info channel = { .size = sizeof(channel) };
	struct vmbsave_memory_region region = { .size = sizeof(region) };
	struct vmbsave_channel_id id = { .size = sizeof(id) };
	struct vmbsave_stats stats = { .size = sizeof(stats) };
	struct vmm vmm, operator;
	struct vmbsave_info info;
	char event[64];
	int fd = open_device();

	begin(&vmm, &operator, 0);
	info = info_of(operator.bus);
	expect_true("the same bus", !strcmp((char *)info.name, (char *)info_of(vmm.bus).name));
	expect_equal("attached", info.attached, 1);
	expect_equal("a second one", attach_by(fd, (char *)info.name, 0), EBUSY);
	expect_equal("twice", attach_by(operator.bus, (char *)info.name, 0), EBUSY);

	expect_equal("the VMM stops it", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), EBUSY);
	expect_equal("and resets it", reset(&vmm), EBUSY);
	expect_equal("it runs on", vmm_state(&vmm), VMBSAVE_STATE_RUNNING);
	channel.channel = vmm.channel;
	id.channel = vmm.channel + 1;
	expect_equal("all else works", command(vmm.bus, VMBSAVE_RESCIND_CHANNEL, &id), ENOENT);

	id.channel = vmm.channel;
	expect_equal("GET_CHANNEL", command(operator.bus, VMBSAVE_GET_CHANNEL, &channel), 0);
	expect_equal("GET_STATS", command(operator.bus, VMBSAVE_GET_STATS, &stats), 0);
	expect_equal("no region of his", command(operator.bus, VMBSAVE_SET_MEMORY_REGION, &region),
		     EBADFD);
	expect_equal("no offer of his", command(operator.bus, VMBSAVE_RESCIND_CHANNEL, &id),
		     EBADFD);
	expect_equal("no event of his", read(operator.bus, event, sizeof(event)) < 0 ? errno : 0,
		     EBADFD);
	close(operator.bus);
	expect_equal("on his own again", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	close(fd);
	vmm_end(&vmm);
}

/* What an operator leaves behind: the state before, or with KEEP_STATE what he finished. */
static void what_he_leaves(void)
{
	static const struct {
		__u32 flags;
		int finish;
		__u32 leaves;
	} cases[] = {
		{ 0, 0, VMBSAVE_STATE_RUNNING },
		{ 0, 1, VMBSAVE_STATE_RUNNING },
		{ VMBSAVE_ATTACH_KEEP_STATE, 0, VMBSAVE_STATE_RUNNING },
		{ VMBSAVE_ATTACH_KEEP_STATE, 1, VMBSAVE_STATE_STOP_COPY },
	};
	struct vmm vmm, operator;
	unsigned int i;
	int data;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(&vmm, &operator, cases[i].flags);
		expect_equal("save", set_state(&operator, VMBSAVE_STATE_STOP_COPY, &data), 0);
		if (cases[i].finish)
			read_all(data);
		else
			expect_equal("a bit", read(data, stream, 100), 100);
		close(operator.bus);
		expect_equal("what he leaves", vmm_state(&vmm), cases[i].leaves);
		close(data);
		expect_equal("RUNNING", set_state(&vmm, VMBSAVE_STATE_RUNNING, NULL), 0);
		vmm_end(&vmm);
	}
}

/* With KEEP_STATE he may leave it stopped. */
static void leave_it_stopped(void)
{
	struct vmm vmm, operator;

	begin(&vmm, &operator, VMBSAVE_ATTACH_KEEP_STATE);
	expect_equal("STOP", set_state(&operator, VMBSAVE_STATE_STOP, NULL), 0);
	close(operator.bus);
	expect_equal("it stays so", vmm_state(&vmm), VMBSAVE_STATE_STOP);
	vmm_end(&vmm);

	begin(&vmm, &operator, 0);
	expect_equal("STOP", set_state(&operator, VMBSAVE_STATE_STOP, NULL), 0);
	close(operator.bus);
	expect_equal("it runs again", vmm_state(&vmm), VMBSAVE_STATE_RUNNING);
	vmm_end(&vmm);
}

/* He restores into a bus, and is gone before it was committed, or after. */
static void restore(void)
{
	struct vmm from, to, operator = { .bus = open_device() };
	ssize_t bytes;
	int data;

	vmm_begin(&from, 1);
	expect_equal("save", set_state(&from, VMBSAVE_STATE_STOP_COPY, &data), 0);
	bytes = read_all(data);
	close(data);
	vmm_end(&from);

	vmm_begin(&to, 0);
	expect_equal("ATTACH", attach_by(operator.bus, (char *)info_of(to.bus).name,
					 VMBSAVE_ATTACH_KEEP_STATE), 0);
	expect_equal("RESUMING", set_state(&operator, VMBSAVE_STATE_RESUMING, &data), 0);
	expect_equal("write", write(data, stream, bytes), bytes);
	close(operator.bus);
	expect_equal("dropped", vmm_state(&to), VMBSAVE_STATE_STOP);
	expect_equal("over", write(data, stream, 1) < 0 ? errno : 0, ESTALE);
	expect_equal("nothing came of it", info_of(to.bus).nr_gpadls, 0);
	close(data);

	operator.bus = open_device();
	expect_equal("ATTACH", attach_by(operator.bus, (char *)info_of(to.bus).name, 0), 0);
	expect_equal("RESUMING", set_state(&operator, VMBSAVE_STATE_RESUMING, &data), 0);
	expect_equal("write", write(data, stream, bytes), bytes);
	expect_equal("commit", set_state(&operator, VMBSAVE_STATE_STOP, NULL), 0);
	close(operator.bus);
	expect_equal("it is there", info_of(to.bus).nr_gpadls, 1);
	close(data);
	vmm_end(&to);
}

/* Who only looks disturbs nobody's session. */
static void look(void)
{
	struct vmm vmm, operator = { .bus = open_device() };
	int data;

	vmm_begin(&vmm, 1);
	expect_equal("the VMM saves", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	expect_equal("a bit", read(data, stream, 100), 100);
	expect_equal("ATTACH", attach_by(operator.bus, (char *)info_of(vmm.bus).name, 0), 0);
	expect_equal("what he sees", info_of(operator.bus).state, VMBSAVE_STATE_STOP_COPY);
	expect_equal("no change", set_state(&operator, VMBSAVE_STATE_STOP_COPY, NULL), 0);
	close(operator.bus);
	expect_true("the VMM reads on", read_all(data) > 100);
	close(data);
	vmm_end(&vmm);
}

static void vmm_goes_away(void)
{
	struct vmbsave_stats stats = { .size = sizeof(stats) };
	struct vmbsave_info info = { .size = sizeof(info) };
	struct pollfd poll_fd = { .events = POLLIN };
	char name[VMBSAVE_NAME_BYTES];
	struct vmm vmm, operator;
	int data, fd = open_device();

	begin(&vmm, &operator, 0);
	memcpy(name, info_of(vmm.bus).name, sizeof(name));
	expect_equal("save", set_state(&operator, VMBSAVE_STATE_STOP_COPY, &data), 0);
	expect_equal("a bit", read(data, stream, 100), 100);
	poll_fd.fd = operator.bus;
	expect_equal("no news", poll(&poll_fd, 1, 0), 0);
	vmm_end(&vmm);
	expect_equal("news", poll(&poll_fd, 1, 0), 1);
	expect_equal("it is gone", poll_fd.revents, POLLERR | POLLHUP);
	expect_equal("GET_INFO", command(operator.bus, VMBSAVE_GET_INFO, &info), ENODEV);
	expect_equal("GET_STATS", command(operator.bus, VMBSAVE_GET_STATS, &stats), ENODEV);
	expect_equal("RESET", reset(&operator), ENODEV);
	expect_equal("the save", read(data, stream, 100) < 0 ? errno : 0, ENODEV);
	expect_equal("nobody finds it", attach_by(fd, name, 0), ENOENT);
	close(data);
	close(operator.bus);
	close(fd);
}

/* Who began to wait before he attached hears of it too. */
static void waits_before_attach(void)
{
	struct epoll_event event = { .events = EPOLLIN };
	struct vmm vmm, operator = { .bus = open_device() };
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	vmm_begin(&vmm, 0);
	expect_equal("wait", epoll_ctl(epoll, EPOLL_CTL_ADD, operator.bus, &event), 0);
	expect_equal("no news", epoll_wait(epoll, &event, 1, 0), 0);
	expect_equal("ATTACH", attach_by(operator.bus, (char *)info_of(vmm.bus).name, 0), 0);
	expect_equal("no news", epoll_wait(epoll, &event, 1, 0), 0);
	vmm_end(&vmm);
	expect_equal("news", epoll_wait(epoll, &event, 1, 0), 1);
	expect_equal("it is gone", event.events, EPOLLERR | EPOLLHUP);
	close(epoll);
	close(operator.bus);
}

static void cap_buses(const char *max)
{
	int fd = open("/sys/module/vmbsave/parameters/max_buses", O_WRONLY | O_CLOEXEC);

	expect_equal("max_buses", write(fd, max, strlen(max)), strlen(max));
	close(fd);
}

/* An attached file has no bus of its own that would count. */
static void operator_takes_no_slot(void)
{
	struct vmm vmm, operator;
	int fd;

	cap_buses("2");
	begin(&vmm, &operator, 0);
	fd = open_device();
	expect_true("a second bus", fd >= 0);
	expect_equal("a third one", open_device() < 0 ? errno : 0, EDQUOT);
	close(fd);
	close(operator.bus);
	vmm_end(&vmm);
	cap_buses("64");
}

static void operator_is_killed(void)
{
	struct vmm vmm, operator;
	int ready[2];
	pid_t child;
	char byte;

	pipe(ready);
	vmm_begin(&vmm, 1);
	expect_equal("RUNNING", set_state(&vmm, VMBSAVE_STATE_RUNNING, NULL), 0);
	child = fork();
	if (!child) {
		int data;

		operator.bus = open_device();
		attach_by(operator.bus, (char *)info_of(vmm.bus).name, VMBSAVE_ATTACH_KEEP_STATE);
		close(vmm.bus);
		set_state(&operator, VMBSAVE_STATE_STOP_COPY, &data);
		byte = read(data, stream, 100) == 100;
		write(ready[1], &byte, 1);
		pause();
	}
	read(ready[0], &byte, 1);
	expect_equal("he has begun to save", byte, 1);
	expect_equal("it is stopped", vmm_state(&vmm), VMBSAVE_STATE_STOP_COPY);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	expect_equal("it runs again", vmm_state(&vmm), VMBSAVE_STATE_RUNNING);
	expect_equal("nobody is attached", info_of(vmm.bus).attached, 0);
	expect_equal("the VMM stops it", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	close(ready[0]);
	close(ready[1]);
	vmm_end(&vmm);
}

void attach_commands(void)
{
	arguments();
	who_may_do_what();
	what_he_leaves();
	leave_it_stopped();
	restore();
	look();
	vmm_goes_away();
	waits_before_attach();
	operator_takes_no_slot();
	operator_is_killed();
}

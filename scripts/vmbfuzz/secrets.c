// SPDX-License-Identifier: GPL-2.0-only
/*
 * Those who may not: they open nothing, attach to nothing; and what guests say to each other is in
 * no file, whoever reads it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "cases.h"
#include "life.h"

#define NOBODY	65534
#define SECRET	"a secret of the guest!!"	/* 24 bytes with its end */
#define TRACING	"/sys/kernel/tracing"
#define DEPTH		5
#define PATH_BYTES	1024

static struct life life;

static const char * const folders[] = {
	"/sys/bus/vmb", "/sys/class/misc/vmbsave", "/sys/module/vmbsave",
	"/sys/kernel/debug/vmbsave",
};

/* What @judge says of each file below a folder; links lead elsewhere but at the top. */
static void walk(const char *folder, unsigned int depth, void (*judge)(const char *path))
{
	char path[PATH_BYTES];
	struct dirent *entry;
	struct stat about;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (entry->d_type == DT_LNK && strstr(folder, "/devices") && depth < DEPTH &&
		    !stat(path, &about) && S_ISDIR(about.st_mode) && depth < 3)
			walk(path, depth + 1, judge);
		else if (entry->d_type == DT_DIR && depth < DEPTH)
			walk(path, depth + 1, judge);
		else if (entry->d_type == DT_REG)
			judge(path);
	}
	if (dir)
		closedir(dir);
}

static unsigned int files;

static void expect_mode(const char *path)
{
	struct stat about;

	files++;
	if (stat(path, &about))
		return;
	if (about.st_uid || about.st_mode & 022)
		cases_fail(__FILE__, __LINE__, "%s can be written: %o", path, about.st_mode);
	if (strstr(path, "/debug/") && about.st_mode & 077)
		cases_fail(__FILE__, __LINE__, "%s can be read: %o", path, about.st_mode);
}

static void expect_no_secret(const char *path)
{
	static char text[1 << 16];
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	ssize_t n;

	files++;
	while (fd >= 0 && (n = read(fd, text, sizeof(text))) > 0)
		if (memmem(text, n, "secret of the guest", 19))
			cases_fail(__FILE__, __LINE__, "%s has the payload", path);
	if (fd >= 0)
		close(fd);
}

/* A process without a right: root's file that it was given is all that it has. */
static int be_nobody(int bus)
{
	struct vmbsave_attach attach = { .size = sizeof(attach), .name = "vmb0" };
	int fd;

	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		return __LINE__;
	if (open("/dev/vmbsave", O_RDWR) >= 0 || errno != EACCES)
		return __LINE__;
	if (open("/dev/vmbsave", O_RDONLY) >= 0 || errno != EACCES)
		return __LINE__;
	if (open("/sys/kernel/debug/vmbsave/objects", O_RDONLY) >= 0)
		return __LINE__;
	if (open("/sys/module/vmbsave/parameters/max_pages", O_WRONLY) >= 0)
		return __LINE__;
	if (open("/sys/bus/vmb/drivers/vsp_echo/unbind", O_WRONLY) >= 0)
		return __LINE__;
	fd = open(TRACING "/trace", O_RDONLY);
	if (fd >= 0)
		return __LINE__;
	if (!ioctl(bus, VMBSAVE_ATTACH, &attach) || errno != EPERM)
		return __LINE__;
	return 0;
}

static void an_unprivileged_process_opens_and_attaches_to_nothing(void)
{
	int status = -1;
	pid_t pid;

	life_init(&life);
	ASSERT_EQ(life_begin(&life), 0);
	ASSERT_EQ(vm_open_bus(&life.destination), 0);
	pid = fork();
	ASSERT(pid >= 0);
	if (!pid) {
		status = be_nobody(life.destination.bus);
		if (status)
			printf("secrets.c:%d: not refused, or by errno %d\n", status, errno);
		_exit(!!status);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0);
	life_close(&life);
}

static void no_file_can_be_written_but_by_root(void)
{
	unsigned int i;

	ASSERT_EQ(life_begin(&life), 0);
	files = 0;
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		walk(folders[i], 0, expect_mode);
	EXPECT(files > 20);
	EXPECT(!access("/dev/vmbsave", F_OK));
	expect_mode("/dev/vmbsave");
	life_close(&life);
}

static void trace(const char *on)
{
	mount("none", TRACING, "tracefs", 0, NULL);
	vm_write_text(TRACING "/events/vmbsave/enable", on);
	vm_write_text(TRACING "/events/vmb/enable", on);
}

/* Payload is in the rings, in packets that a VSP holds and in a stream, whole and refused. */
static void payload_is_in_no_file(void)
{
	struct vm *vm = &life.source;
	unsigned int i;
	int error;

	trace("1");
	ASSERT_EQ(life_begin(&life), 0);
	vm_write_text("/sys/module/vsp_echo/parameters/delay_ms", "100");
	for (i = 0; i < 5; i++)
		EXPECT_EQ(vm_send(vm, VM_ECHO, VMB_PACKET_DATA_INBAND,
				  VMB_PACKET_COMPLETION_REQUESTED, i, SECRET, sizeof(SECRET)), 0);
	files = 0;
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		walk(folders[i], 0, expect_no_secret);
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(&life.destination), 0);
	EXPECT(memmem(life.source.ram, VM_RAM_BYTES, SECRET, sizeof(SECRET)));
	((u8 *)life.stream)[life.bytes / 2] ^= 1;
	EXPECT(life_restore(&life));
	vm_set_state(&life.destination, VMBSAVE_STATE_STOP, &error);
	for (i = 0; i < ARRAY_SIZE(folders); i++)
		walk(folders[i], 0, expect_no_secret);
	expect_no_secret(TRACING "/trace");
	expect_no_secret("/dev/kmsg");
	EXPECT(files > 40);
	vm_write_text("/sys/module/vsp_echo/parameters/delay_ms", "0");
	life_close(&life);
	trace("0");
}

const struct test_case secret_cases[] = {
	TEST_CASE(an_unprivileged_process_opens_and_attaches_to_nothing),
	TEST_CASE(no_file_can_be_written_but_by_root),
	TEST_CASE(payload_is_in_no_file),
};

const size_t nr_secret_cases = ARRAY_SIZE(secret_cases);

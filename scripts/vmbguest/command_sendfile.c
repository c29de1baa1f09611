// SPDX-License-Identifier: GPL-2.0-only
/*
 * A data fd that one thread sends and another one reads, and one that is not sent to its end.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "commands.h"

#define GPADLS		3
#define STREAM_MAX	(256 << 10)

struct sender {
	pthread_t thread;
	int data, out;
	ssize_t last;
};

/* Sends until nothing is left, and stays in sendfile() while the socket is full. */
static void *send_all(void *arg)
{
	struct sender *sender = arg;

	do {
		sender->last = sendfile(sender->out, sender->data, NULL, STREAM_MAX);
	} while (sender->last > 0);
	shutdown(sender->out, SHUT_WR);
	return NULL;
}

static int byte_error(int data)
{
	char byte;

	return read(data, &byte, 1) < 0 ? errno : 0;
}

/* Return: how long it was */
static size_t drain(int fd)
{
	static unsigned char part[4096];
	size_t all = 0;
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) > 0)
		all += n;
	return all;
}

static size_t length(void)
{
	struct vmm vmm;
	size_t bytes;
	int data;

	vmm_begin(&vmm, GPADLS);
	expect_equal("STOP_COPY", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	bytes = drain(data);
	close(data);
	vmm_end(&vmm);
	return bytes;
}

/* All of the stream was read, but nobody has got its last byte: the guest goes on here. */
static void short_of_the_last_byte(void)
{
	struct vmbsave_stats stats = { .size = sizeof(stats) };
	int data, file = memfd_create("short", MFD_CLOEXEC);
	struct rlimit was, limit;
	size_t all = length(), sent = 0;
	struct vmm vmm;
	ssize_t n;

	vmm_begin(&vmm, GPADLS);
	expect_equal("STOP_COPY", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	limit = was;
	limit.rlim_cur = all - 1;
	setrlimit(RLIMIT_FSIZE, &limit);
	while ((n = sendfile(file, data, NULL, STREAM_MAX)) > 0)
		sent += n;
	setrlimit(RLIMIT_FSIZE, &was);
	expect_equal("all but one byte was sent", sent, all - 1);
	close(data);
	expect_equal("GET_STATS", command(vmm.bus, VMBSAVE_GET_STATS, &stats), 0);
	expect_equal("no save was read to its end", stats.nr_saves, 0);
	expect_equal("one was given up", stats.nr_saves_failed, 1);
	close(file);
	vmm_end(&vmm);
}

/* What is on its way to somebody is not to be had again, however often one asks. */
static void read_meanwhile(void)
{
	struct sender sender;
	int ends[2], little = 8192;
	struct vmm vmm;

	socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends);
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &little, sizeof(little));
	vmm_begin(&vmm, GPADLS);
	expect_equal("STOP_COPY", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &sender.data), 0);
	sender.out = ends[0];
	pthread_create(&sender.thread, NULL, send_all, &sender);
	usleep(100000);
	expect_equal("a read meanwhile", byte_error(sender.data), ESPIPE);
	expect_equal("and once more", byte_error(sender.data), ESPIPE);
	expect_equal("all has come", drain(ends[1]), length());
	pthread_join(sender.thread, NULL);
	expect_equal("it was the end", sender.last, 0);
	expect_equal("now one may read", byte_error(sender.data), 0);
	close(sender.data);
	close(ends[0]);
	close(ends[1]);
	vmm_end(&vmm);
}

void sendfile_commands(void)
{
	read_meanwhile();
	short_of_the_last_byte();
}

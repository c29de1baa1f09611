// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data fds as streams: pieces of any size, poll, splice and sendfile, what ends them, and that the
 * verdict is the commit's.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>
#include <linux/array_size.h>
#include <linux/types.h>
#include <linux/userfaultfd.h>
#include <linux/vmbsave.h>
#include "commands.h"

#define GPADLS		3
#define STREAM_MAX	(256 << 10)

static unsigned char stream[STREAM_MAX];
static size_t stream_bytes;

static short events(int fd)
{
	struct pollfd poll_fd = { .fd = fd, .events = POLLIN | POLLOUT };

	poll(&poll_fd, 1, 0);
	return poll_fd.revents;
}

/* Reads all there is in pieces of a size, and finds that a piece is never 0 before the end. */
static void read_all(int data, size_t piece)
{
	ssize_t n;

	stream_bytes = 0;
	do {
		n = read(data, stream + stream_bytes, piece);
		stream_bytes += n > 0 ? n : 0;
	} while (n > 0);
	expect_equal("read to the end", n, 0);
	expect_equal("again", read(data, stream + stream_bytes, piece), 0);
}

/* A source that was saved as far as its data fd; a destination that can be written to. */
static int source(struct vmm *vmm)
{
	int data;

	vmm_begin(vmm, GPADLS);
	expect_equal("STOP_COPY", set_state(vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	return data;
}

static int destination(struct vmm *vmm)
{
	int data;

	vmm_begin(vmm, 0);
	expect_equal("RESUMING", set_state(vmm, VMBSAVE_STATE_RESUMING, &data), 0);
	return data;
}

/* What was read is good if it can be committed. */
static void expect_good(void)
{
	struct vmm vmm;
	int data = destination(&vmm);

	expect_equal("write", write(data, stream, stream_bytes), stream_bytes);
	expect_equal("commit", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	close(data);
	vmm_end(&vmm);
}

static void read_in_pieces(void)
{
	static const size_t pieces[] = { 1, 7, 4096, 5000, STREAM_MAX };
	struct vmm vmm;
	size_t i;
	int data;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		data = source(&vmm);
		expect_equal("data to read", events(data), POLLIN);
		read_all(data, pieces[i]);
		expect_equal("the end", events(data), POLLIN | POLLHUP);
		close(data);
		vmm_end(&vmm);
		expect_good();
	}
}

static void write_in_pieces(void)
{
	static const size_t pieces[] = { 1, 3, 4095, 4097, 10000 };
	struct vmm vmm;
	size_t i, at, n;
	int data, wrong;

	for (i = 0; i < ARRAY_SIZE(pieces); i++) {
		data = destination(&vmm);
		expect_equal("room to write", events(data), POLLOUT);
		for (at = wrong = 0; at < stream_bytes; at += n) {
			n = stream_bytes - at < pieces[i] ? stream_bytes - at : pieces[i];
			wrong += write(data, stream + at, n) != (ssize_t)n;
		}
		expect_equal("written", wrong, 0);
		expect_equal("commit", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
		close(data);
		vmm_end(&vmm);
	}
}

/* Memory that ends in the middle of a piece, and pieces that lie all over. */
static void pieces_in_memory(void)
{
	unsigned char *edge = mmap(NULL, 8192, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct iovec parts[3] = {
		{ stream, 100 }, { stream + 100, 1 }, { stream + 101, STREAM_MAX - 101 },
	};
	struct vmm vmm;
	int data = source(&vmm);

	mprotect(edge + 4096, 4096, PROT_NONE);
	expect_equal("nowhere", read(data, edge + 4096, 100), -1);
	expect_equal("EFAULT", errno, EFAULT);
	expect_equal("up to the edge", read(data, edge + 4096 - 10, 20), 10);
	expect_equal("at the edge", read(data, edge + 4096, 20), -1);
	memcpy(stream, edge + 4096 - 10, 10);
	parts[0] = (struct iovec) { stream + 10, 90 };
	stream_bytes = 10 + readv(data, parts, 3);
	expect_equal("all of it", read(data, stream, 1), 0);
	close(data);
	vmm_end(&vmm);

	data = destination(&vmm);
	memcpy(edge + 4096 - 10, stream, 10);
	expect_equal("from nowhere", write(data, edge + 4096, 100), -1);
	expect_equal("up to the edge", write(data, edge + 4096 - 10, 20), 10);
	parts[2].iov_len = stream_bytes - 101;
	expect_equal("the rest", writev(data, parts, 3), stream_bytes - 10);
	expect_equal("commit", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	close(data);
	vmm_end(&vmm);
	munmap(edge, 8192);
}

static void wrong_way(void)
{
	struct vmm vmm;
	int data = source(&vmm);

	expect_equal("write to a save", write(data, "?", 1), -1);
	expect_equal("EBADF", errno, EBADF);
	expect_equal("seek", lseek(data, 0, SEEK_CUR), -1);
	expect_equal("ESPIPE", errno, ESPIPE);
	expect_equal("pread", pread(data, stream, 1, 0), -1);
	expect_equal("ESPIPE", errno, ESPIPE);
	close(data);
	vmm_end(&vmm);
	data = destination(&vmm);
	expect_equal("read from a restore", read(data, stream, 1), -1);
	expect_equal("EBADF", errno, EBADF);
	close(data);
	vmm_end(&vmm);
}

static void *drain_socket(void *arg)
{
	int fd = *(int *)arg;
	ssize_t n;

	stream_bytes = 0;
	while ((n = read(fd, stream + stream_bytes, STREAM_MAX - stream_bytes)) > 0)
		stream_bytes += n;
	return NULL;
}

static void sendfile_to_a_socket(void)
{
	int ends[2], data;
	pthread_t reader;
	struct vmm vmm;

	socketpair(AF_UNIX, SOCK_STREAM, 0, ends);
	pthread_create(&reader, NULL, drain_socket, &ends[1]);
	data = source(&vmm);
	while (sendfile(ends[0], data, NULL, STREAM_MAX) > 0)
		;
	close(ends[0]);
	pthread_join(reader, NULL);
	expect_equal("at the end", events(data), POLLIN | POLLHUP);
	close(ends[1]);
	close(data);
	vmm_end(&vmm);
	expect_good();
}

/* What may be sent is less than was read for it: nothing is lost, whoever reads on. */
static void sendfile_that_is_short(void)
{
	int file = memfd_create("state", MFD_CLOEXEC), i = 0;
	struct rlimit was, limit;
	struct vmm vmm;
	int data = source(&vmm);
	off_t sent = 0;
	ssize_t n;

	signal(SIGXFSZ, SIG_IGN);
	getrlimit(RLIMIT_FSIZE, &was);
	limit = was;
	stream_bytes = 0;
	do {
		limit.rlim_cur = sent + 3001;
		setrlimit(RLIMIT_FSIZE, &limit);
		n = sendfile(file, data, NULL, STREAM_MAX);
		if (n > 0)
			stream_bytes += pread(file, stream + stream_bytes, n, sent);
		sent += n > 0 ? n : 0;
		/* A read in between goes on where sendfile() has come to. */
		if (++i % 3 == 0)
			stream_bytes += read(data, stream + stream_bytes, 100);
	} while (n > 0);
	setrlimit(RLIMIT_FSIZE, &was);
	expect_equal("sendfile to the end", n, 0);
	expect_true("it was short", i > 10);
	close(file);
	close(data);
	vmm_end(&vmm);
	expect_good();
}

static void splice_both_ways(void)
{
	struct vmm from, to;
	int in = source(&from), out = destination(&to), ends[2];
	ssize_t n, m, all = 0;

	pipe(ends);
	while ((n = splice(in, NULL, ends[1], NULL, 3000, 0)) > 0)
		for (; n > 0; n -= m) {
			m = splice(ends[0], NULL, out, NULL, n, 0);
			if (m <= 0)
				break;
			all += m;
		}
	expect_equal("spliced to the end", n, 0);
	expect_equal("as long as when it is read", all, stream_bytes);
	expect_equal("commit", set_state(&to, VMBSAVE_STATE_STOP, NULL), 0);
	close(ends[0]);
	close(ends[1]);
	close(in);
	close(out);
	vmm_end(&from);
	vmm_end(&to);
}

static void sendfile_from_a_file(void)
{
	int file = memfd_create("state", MFD_CLOEXEC), data;
	struct vmm vmm;
	off_t at = 0;

	expect_equal("file", write(file, stream, stream_bytes), stream_bytes);
	data = destination(&vmm);
	while (at < (off_t)stream_bytes && sendfile(data, file, &at, STREAM_MAX) > 0)
		;
	expect_equal("all of it", at, stream_bytes);
	expect_equal("commit", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	close(data);
	close(file);
	vmm_end(&vmm);
}

/* A later session does not make an old file good again. */
static void superseded(void)
{
	struct vmm vmm;
	int old = source(&vmm), data;

	expect_equal("begin to read", read(old, stream, 1000), 1000);
	expect_equal("STOP", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	expect_equal("STOP_COPY", set_state(&vmm, VMBSAVE_STATE_STOP_COPY, &data), 0);
	expect_equal("the old one", read(old, stream, 1000), -1);
	expect_equal("ESTALE", errno, ESTALE);
	expect_equal("it is over", events(old), POLLIN | POLLERR | POLLHUP);
	read_all(data, 5000);
	close(data);
	close(old);
	vmm_end(&vmm);
	expect_good();

	old = destination(&vmm);
	expect_equal("garbage", write(old, "not a stream, and long enough to be seen as none....",
				      40) < 0 ? errno : 0, EUCLEAN);
	expect_equal("its error", events(old), POLLOUT | POLLERR);
	expect_equal("the same again", write(old, "x", 1) < 0 ? errno : 0, EUCLEAN);
	expect_equal("RESET", reset(&vmm), 0);
	expect_equal("it is over", events(old), POLLOUT | POLLERR | POLLHUP);
	expect_equal("ESTALE", write(old, "x", 1) < 0 ? errno : 0, ESTALE);
	close(old);
	vmm_end(&vmm);
}

static void *wait_for_news(void *arg)
{
	struct pollfd poll_fd = { .fd = *(int *)arg };

	return (void *)(long)(poll(&poll_fd, 1, 5000) == 1 ? poll_fd.revents : 0);
}

/* Who asks for no events sleeps until there is an error, and is woken then. */
static void poller_is_woken(void)
{
	pthread_t poller;
	struct vmm vmm;
	void *revents;
	int data = source(&vmm);

	pthread_create(&poller, NULL, wait_for_news, &data);
	usleep(100000);
	expect_equal("RESET", reset(&vmm), 0);
	pthread_join(poller, &revents);
	expect_equal("woken", (long)revents, POLLERR | POLLHUP);
	close(data);
	data = -1;
	expect_equal("RESUMING", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 0);
	vmm_end(&vmm);

	data = destination(&vmm);
	pthread_create(&poller, NULL, wait_for_news, &data);
	usleep(100000);
	expect_equal("RESET", reset(&vmm), 0);
	pthread_join(poller, &revents);
	expect_equal("woken", (long)revents, POLLERR | POLLHUP);
	close(data);
	vmm_end(&vmm);
}

/* Neither the end of what is written nor closing the file says that it was all. */
static void verdict(void)
{
	struct vmm vmm;
	int data = destination(&vmm);

	write(data, stream, stream_bytes - 1);
	close(data);
	expect_equal("no error before the commit", vmm_state(&vmm), VMBSAVE_STATE_RESUMING);
	expect_equal("the commit finds it", set_state(&vmm, VMBSAVE_STATE_STOP, NULL), ENODATA);
	expect_equal("ERROR", vmm_state(&vmm), VMBSAVE_STATE_ERROR);
	expect_true("and says so", !!strstr(vmm_error(&vmm), "the bus is in error"));
	expect_equal("until RESET", set_state(&vmm, VMBSAVE_STATE_RUNNING, NULL), ENODATA);
	vmm_end(&vmm);

	data = destination(&vmm);
	expect_equal("all of it", write(data, stream, stream_bytes), stream_bytes);
	expect_equal("and a byte", write(data, stream, 1), -1);
	expect_equal("the commit refuses it", !!set_state(&vmm, VMBSAVE_STATE_STOP, NULL), 1);
	close(data);
	vmm_end(&vmm);
}

/* There is nothing to wait for but another caller. */
static void without_waiting(void)
{
	struct vmm vmm;
	int data = source(&vmm);

	fcntl(data, F_SETFL, O_NONBLOCK);
	read_all(data, 5000);
	close(data);
	vmm_end(&vmm);
	expect_good();
}

/* Memory that does not come until somebody lets it; NULL: this kernel has none. */
static unsigned char *slow_memory(int *manager)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register slow = {
		.range.len = 4096, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	unsigned char *memory;

	*manager = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (*manager < 0)
		return NULL;
	memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	slow.range.start = (unsigned long)memory;
	if (ioctl(*manager, UFFDIO_API, &api) || ioctl(*manager, UFFDIO_REGISTER, &slow))
		perror("userfaultfd");
	return memory;
}

struct copy {
	pthread_t thread;
	int data;
	bool write;
	unsigned char *memory;
	ssize_t ret;
};

static void *copy_slowly(void *arg)
{
	struct copy *copy = arg;

	if (copy->write)
		copy->ret = write(copy->data, copy->memory, 100);
	else
		copy->ret = read(copy->data, copy->memory, 100);
	return NULL;
}

static int try_byte(int data, bool is_write)
{
	ssize_t ret = is_write ? write(data, stream, 1) : read(data, stream, 1);

	return ret < 0 ? errno : 0;
}

/* A state changes while a call on the data fd waits for the caller's memory. */
static void slow_caller(bool write)
{
	struct uffdio_zeropage come = { .range.len = 4096 };
	struct copy copy = { .write = write };
	struct pollfd poll_fd = { .events = POLLIN };
	struct vmm vmm;
	int manager;

	copy.memory = slow_memory(&manager);
	if (!copy.memory) {
		printf("no userfaultfd here: slow memory is left out\n");
		return;
	}
	copy.data = write ? destination(&vmm) : source(&vmm);
	fcntl(copy.data, F_SETFL, O_NONBLOCK);
	pthread_create(&copy.thread, NULL, copy_slowly, &copy);
	poll_fd.fd = manager;
	expect_equal("it waits", poll(&poll_fd, 1, 10000), 1);
	alarm(30);
	expect_equal("another call does not", try_byte(copy.data, write), EAGAIN);
	expect_equal("RESET does not", reset(&vmm), 0);
	alarm(0);
	come.range.start = (unsigned long)copy.memory;
	expect_equal("memory comes", ioctl(manager, UFFDIO_ZEROPAGE, &come), 0);
	pthread_join(copy.thread, NULL);
	/* The bytes may be the last ones: who is given them must be the one who counts. */
	expect_equal("it got nothing", copy.ret, -1);
	expect_equal("then", try_byte(copy.data, write), ESTALE);
	close(copy.data);
	vmm_end(&vmm);
	munmap(copy.memory, 4096);
	close(manager);
}

void stream_commands(void)
{
	read_in_pieces();
	write_in_pieces();
	pieces_in_memory();
	wrong_way();
	sendfile_to_a_socket();
	sendfile_that_is_short();
	splice_both_ways();
	sendfile_from_a_file();
	superseded();
	poller_is_woken();
	verdict();
	without_waiting();
	slow_caller(false);
	slow_caller(true);
}

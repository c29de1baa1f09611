// SPDX-License-Identifier: GPL-2.0-only
/*
 * Three connections from one machine to the other, by TCP or a socket of the
 * file system. No call waits longer than the time-out without progress.
 * Functions return 0 or a negative errno unless they say otherwise.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>
#include <asm/byteorder.h>
#include "link.h"
#include "place.h"

/* How long to look for a refusal behind a connection that broke */
#define LAST_LOOK_MS	3000

static int wait_for(int fd, short events, int timeout_ms)
{
	struct pollfd pollfd = { .fd = fd, .events = events };
	int n;

	do {
		n = poll(&pollfd, 1, timeout_ms);
	} while (n < 0 && errno == EINTR);

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

static void links_init(struct links *links, int timeout_ms)
{
	int role;

	*links = (struct links) { .timeout_ms = timeout_ms };
	for (role = 0; role < NR_LINKS; role++)
		links->fd[role] = -1;
}

static int connect_one(struct links *links, const struct place *place, enum link_role role)
{
	int fd = socket(place->name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct link_hello hello = {
		.magic = cpu_to_le64(LINK_MAGIC), .version = cpu_to_le32(LINK_VERSION),
		.role = cpu_to_le32(role), .ram_bytes = cpu_to_le64(links->ram_bytes),
	};
	socklen_t length = sizeof(int);
	int err = 0, one = 1;

	if (fd < 0)
		return -errno;
	links->fd[role] = fd;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));

	if (connect(fd, (const void *)&place->name, place->length)) {
		if (errno != EINPROGRESS)
			return -errno;
		err = wait_for(fd, POLLOUT, links->timeout_ms);
		if (err)
			return err;
		if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &length) || err)
			return -(err ?: errno);
	}

	memcpy(hello.id, links->id, sizeof(hello.id));
	return link_write(links, role, &hello, sizeof(hello));
}

/**
 * links_connect() - connect to the machine that waits for us
 * @links: filled, to be ended with links_cut()
 * @place: where to
 * @ram_bytes: size of guest RAM
 * @timeout_ms: for each step without progress
 * Return: 0 or an errno.
 */
int links_connect(struct links *links, const struct place *place, u64 ram_bytes, int timeout_ms)
{
	int role, err;

	links_init(links, timeout_ms);
	links->ram_bytes = ram_bytes;
	if (getrandom(links->id, sizeof(links->id), 0) != sizeof(links->id))
		return -errno;

	for (role = 0; role < NR_LINKS; role++) {
		err = connect_one(links, place, role);
		if (err)
			return err;
	}
	return 0;
}

/**
 * links_listen() - wait for connections
 * @place: where
 * Return: the listening socket or an errno.
 */
int links_listen(const struct place *place)
{
	int fd = socket(place->name.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int one = 1, err;

	if (fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) &&
	    !bind(fd, (const void *)&place->name, place->length) && !listen(fd, 8))
		return fd;

	err = -errno;
	if (fd >= 0)
		close(fd);
	return err;
}

/* Takes a connection to its place; anything that is not ours is dropped. */
static void sort_in(struct links *links, int fd, bool first)
{
	struct links stranger = { .fd = { fd, -1, -1 }, .timeout_ms = links->timeout_ms };
	struct link_hello hello;
	u32 role;

	if (link_read_all(&stranger, 0, &hello, sizeof(hello)))
		goto drop;
	role = le32_to_cpu(hello.role);
	if (le64_to_cpu(hello.magic) != LINK_MAGIC || le32_to_cpu(hello.version) != LINK_VERSION ||
	    role >= NR_LINKS || links->fd[role] >= 0)
		goto drop;
	if (!first && memcmp(links->id, hello.id, sizeof(hello.id)))
		goto drop;

	memcpy(links->id, hello.id, sizeof(hello.id));
	links->ram_bytes = le64_to_cpu(hello.ram_bytes);
	links->fd[role] = fd;
	return;

drop:
	close(fd);
}

/**
 * links_accept() - wait for a machine
 * @links: filled, to be ended with links_cut()
 * @listener: from links_listen()
 * @timeout_ms: for each step without progress, once the first connection is there
 * Return: 0 or an errno.
 */
int links_accept(struct links *links, int listener, int timeout_ms)
{
	int fd, found, one = 1, err;

	links_init(links, timeout_ms);
	for (;;) {
		found = (links->fd[0] >= 0) + (links->fd[1] >= 0) + (links->fd[2] >= 0);
		if (found == NR_LINKS)
			return 0;

		err = wait_for(listener, POLLIN, found ? links->timeout_ms : -1);
		if (err)
			return err;
		fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd < 0)
			continue;
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		sort_in(links, fd, !found);
	}
}

/**
 * link_close() - end one connection in order
 * @links: the connections
 * @role: which
 */
void link_close(struct links *links, enum link_role role)
{
	if (links->fd[role] >= 0)
		close(links->fd[role]);
	links->fd[role] = -1;
}

/**
 * links_cut() - end all connections
 * @links: the connections
 */
void links_cut(struct links *links)
{
	int role;

	for (role = 0; role < NR_LINKS; role++)
		link_close(links, role);
}

/* Is there a refusal on the hand-over connection? */
static bool refused(struct links *links, int timeout_ms)
{
	int fd = links->fd[LINK_HANDOVER];

	return fd >= 0 && !wait_for(fd, POLLIN, timeout_ms) &&
	       link_hear(links, links->timeout_ms) == LINK_REFUSED;
}

static int write_some(struct links *links, enum link_role role, const u8 *buf, size_t bytes)
{
	struct pollfd fds[2] = {
		{ .fd = links->fd[role], .events = POLLOUT },
		{ .fd = role == LINK_HANDOVER ? -1 : links->fd[LINK_HANDOVER], .events = POLLIN },
	};
	ssize_t written;
	int n;

	n = poll(fds, 2, links->timeout_ms);
	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (!n)
		return -ETIMEDOUT;
	if (fds[1].revents)
		return refused(links, 0) ? -ECONNREFUSED : -ECONNRESET;

	written = send(links->fd[role], buf, bytes, MSG_NOSIGNAL);
	if (written < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return written < 0 ? -errno : written;
}

/**
 * link_write() - send bytes
 * @links: the connections
 * @role: which
 * @buf: what
 * @bytes: how many
 *
 * Return: 0; -ECONNREFUSED if meanwhile the other machine refused, links->text
 * says why; another errno.
 */
int link_write(struct links *links, enum link_role role, const void *buf, size_t bytes)
{
	size_t done = 0;
	int n;

	if (links->fd[role] < 0)
		return -ENOTCONN;

	while (done < bytes) {
		n = write_some(links, role, (const u8 *)buf + done, bytes - done);
		if (n < 0) {
			if (n != -ECONNREFUSED && role != LINK_HANDOVER &&
			    refused(links, LAST_LOOK_MS))
				n = -ECONNREFUSED;
			return n;
		}
		done += n;
	}
	return 0;
}

/**
 * link_read() - receive what there is
 * @links: the connections
 * @role: which
 * @buf: where it goes
 * @bytes: how much there is room for
 * Return: how many bytes came, 0 at the end; or an errno.
 */
ssize_t link_read(struct links *links, enum link_role role, void *buf, size_t bytes)
{
	ssize_t n;
	int err;

	if (links->fd[role] < 0)
		return -ENOTCONN;

	do {
		err = wait_for(links->fd[role], POLLIN, links->timeout_ms);
		if (err)
			return err;
		n = recv(links->fd[role], buf, bytes, 0);
	} while (n < 0 && (errno == EAGAIN || errno == EINTR));

	return n < 0 ? -errno : n;
}

/**
 * link_read_all() - receive so many bytes
 * @links: the connections
 * @role: which
 * @buf: where they go
 * @bytes: how many
 * Return: 0; -EPIPE if the connection ended before; another errno.
 */
int link_read_all(struct links *links, enum link_role role, void *buf, size_t bytes)
{
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		n = link_read(links, role, (u8 *)buf + done, bytes - done);
		if (n <= 0)
			return n ?: -EPIPE;
		done += n;
	}
	return 0;
}

/**
 * link_alive() - does the other machine seem to be there still?
 * @links: the connections; no message is expected
 * Return: false if the hand-over connection is over for certain.
 */
bool link_alive(const struct links *links)
{
	struct pollfd pollfd = { .fd = links->fd[LINK_HANDOVER], .events = POLLIN | POLLRDHUP };

	return pollfd.fd >= 0 && poll(&pollfd, 1, 0) == 0;
}

/**
 * link_tell() - send a message
 * @links: the connections
 * @type: enum link_message_type
 * @text: a sentence, or NULL
 * Return: 0 or an errno.
 */
int link_tell(struct links *links, enum link_message_type type, const char *text)
{
	size_t bytes = text ? strnlen(text, LINK_TEXT_MAX - 1) : 0;
	struct {
		struct link_message head;
		char text[LINK_TEXT_MAX];
	} message = {
		.head = { .type = cpu_to_le32(type), .bytes = cpu_to_le32(bytes) },
	};

	if (bytes)
		memcpy(message.text, text, bytes);
	return link_write(links, LINK_HANDOVER, &message, sizeof(message.head) + bytes);
}

/**
 * link_hear() - wait for a message
 * @links: the connections; its text goes to links->text
 * @timeout_ms: for its beginning
 * Return: enum link_message_type or an errno.
 */
int link_hear(struct links *links, int timeout_ms)
{
	struct link_message head;
	u32 bytes;
	int err;

	links->text[0] = '\0';
	if (links->fd[LINK_HANDOVER] < 0)
		return -ENOTCONN;
	err = wait_for(links->fd[LINK_HANDOVER], POLLIN, timeout_ms);
	if (!err)
		err = link_read_all(links, LINK_HANDOVER, &head, sizeof(head));
	if (err)
		return err;

	bytes = le32_to_cpu(head.bytes);
	if (bytes >= LINK_TEXT_MAX)
		return -EPROTO;
	err = link_read_all(links, LINK_HANDOVER, links->text, bytes);
	if (err)
		return err;

	links->text[bytes] = '\0';
	return le32_to_cpu(head.type);
}

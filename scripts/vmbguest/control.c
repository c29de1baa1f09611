// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The control socket
 *
 * A line is a command, its answer is a line:
 *
 *   ok WORDS
 *   error ERRNO SENTENCE
 *
 *  1. A thread of its own takes lines from up to %CLIENTS_MAX clients and answers
 *     status and quit, whatever the machine is doing.
 *  2. Other commands are orders. It hands one at a time to the VMM, which sees
 *     control_fd() readable, takes it, serves it and answers. Meanwhile further
 *     orders get EBUSY, and nothing more is read from that client.
 *
 * A client that goes away does not take its order back. What is no command, or
 * comes at the wrong time, changes nothing. If the process ends while it serves
 * an order, that is the answer.
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>
#include <linux/array_size.h>
#include <linux/types.h>
#include "control.h"
#include "log.h"
#include "orders.h"
#include "place.h"
#include "vm.h"

#define CLIENTS_MAX	8
#define LINE_BYTES	(PLACE_PATH_MAX + 64)
#define ANSWER_BYTES	512

struct client {
	int fd;
	bool waits;
	size_t have;
	char line[LINE_BYTES];
};

/* Protects who waits for the answer, to what, and whether that is being done. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct client *asker;
static struct order current;
static bool taken;

static struct client clients[CLIENTS_MAX];
static struct place place;
static struct vm *machine;
static int listener = -1, order_fd = -1, answered_fd = -1;

static const struct command {
	const char *name;
	const char *argument;
	enum order_kind kind;
} commands[] = {
	{ "status", NULL, ORDER_STATUS },
	{ "quit", NULL, ORDER_QUIT },
	{ "stop", NULL, ORDER_STOP },
	{ "cont", NULL, ORDER_CONT },
	{ "proceed", NULL, ORDER_PROCEED },
	{ "save", "a file", ORDER_SAVE },
	{ "migrate", "a place", ORDER_MIGRATE },
};

static void ring(int fd)
{
	const u64 one = 1;

	if (write(fd, &one, sizeof(one)) != sizeof(one))
		die("control socket: %s", strerror(errno));
}

static void hush(int fd)
{
	u64 count;

	if (read(fd, &count, sizeof(count)) != sizeof(count) && errno != EAGAIN)
		die("control socket: %s", strerror(errno));
}

/* Who does not read the answer does not get it. */
static void answer(int fd, int error, const char *format, va_list args)
{
	char text[ANSWER_BYTES];
	int used, i;

	if (error)
		used = snprintf(text, sizeof(text), "error %s ", strerrorname_np(-error) ?: "EIO");
	else
		used = snprintf(text, sizeof(text), "ok ");
	vsnprintf(text + used, sizeof(text) - used - 1, format, args);

	used = strlen(text);
	for (i = 0; i < used; i++)
		if (text[i] == '\n' || text[i] == '\r')
			text[i] = ' ';
	text[used++] = '\n';
	send(fd, text, used, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void __printf(3, 4) tell(const struct client *client, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	answer(client->fd, error, format, args);
	va_end(args);
}

/**
 * control_answer() - answer the order that was taken
 * @error: 0 or a negative errno
 * @format: one sentence, as for printf
 */
void control_answer(int error, const char *format, ...)
{
	va_list args;

	pthread_mutex_lock(&lock);
	if (asker) {
		va_start(args, format);
		answer(asker->fd, error, format, args);
		va_end(args);
		__atomic_store_n(&asker->waits, false, __ATOMIC_RELEASE);
		asker = NULL;
		ring(answered_fd);
	}
	pthread_mutex_unlock(&lock);
}

/* A process that ends in order has migrated if it was told to, and else not obeyed. */
static void at_leave(int code, const char *reason)
{
	bool migrated = code == LEAVE_OK && taken && current.kind == ORDER_MIGRATE;

	control_answer(migrated ? 0 : -ESHUTDOWN, "%s", reason);
	place_forget(&place);
}

static bool busy(void)
{
	bool is;

	pthread_mutex_lock(&lock);
	is = asker;
	pthread_mutex_unlock(&lock);
	return is;
}

static void hand_over(struct client *client, enum order_kind kind, const char *argument)
{
	if (busy()) {
		tell(client, -EBUSY, "another order is being served");
		return;
	}
	if (__atomic_load_n(&machine->state, __ATOMIC_ACQUIRE) == VM_INCOMING) {
		tell(client, -EBADFD, "the machine is not here yet");
		return;
	}

	pthread_mutex_lock(&lock);
	current.kind = kind;
	snprintf(current.argument, sizeof(current.argument), "%s", argument);
	__atomic_store_n(&client->waits, true, __ATOMIC_RELEASE);
	taken = false;
	asker = client;
	pthread_mutex_unlock(&lock);
	ring(order_fd);
}

static void quit(struct client *client)
{
	if (busy()) {
		tell(client, -EBUSY, "an order is being served");
		return;
	}
	tell(client, 0, "bye");
	leave(LEAVE_OK, "quit", "an operator said so");
}

static void obey(struct client *client, const struct command *command, const char *argument)
{
	char status[ANSWER_BYTES - 16];

	switch (command->kind) {
	case ORDER_STATUS:
		orders_status(machine, busy(), status, sizeof(status));
		tell(client, 0, "%s", status);
		break;
	case ORDER_QUIT:
		quit(client);
		break;
	default:
		hand_over(client, command->kind, argument);
	}
}

/* One line, without its end. */
static void take_line(struct client *client, char *line, size_t bytes)
{
	char *argument = strchr(line, ' ');
	size_t i;

	if (strlen(line) != bytes) {
		tell(client, -EINVAL, "a command has no zero byte");
		return;
	}
	if (argument)
		*argument++ = '\0';
	for (i = 0; i < ARRAY_SIZE(commands) && strcmp(commands[i].name, line); i++)
		;
	if (i == ARRAY_SIZE(commands))
		tell(client, -EINVAL, "no such command: %.100s", line);
	else if (commands[i].argument && (!argument || !*argument))
		tell(client, -EINVAL, "%s takes %s", line, commands[i].argument);
	else if (!commands[i].argument && argument)
		tell(client, -EINVAL, "%s takes nothing", line);
	else if (argument && strlen(argument) >= sizeof(current.argument))
		tell(client, -ENAMETOOLONG, "%s takes no name as long as that", line);
	else
		obey(client, &commands[i], argument ?: "");
}

static void drop(struct client *client)
{
	close(client->fd);
	client->fd = -1;
}

static bool waits(const struct client *client)
{
	return __atomic_load_n(&client->waits, __ATOMIC_ACQUIRE);
}

/* Whole lines of what has come, until one is an order. */
static void take_lines(struct client *client)
{
	char *end;

	while (client->fd >= 0 && !waits(client) &&
	       (end = memchr(client->line, '\n', client->have))) {
		*end = '\0';
		take_line(client, client->line, end - client->line);
		client->have -= end + 1 - client->line;
		memmove(client->line, end + 1, client->have);
	}
	if (client->fd < 0 || client->have < sizeof(client->line) || waits(client))
		return;
	tell(client, -EMSGSIZE, "no command is as long as that");
	drop(client);
}

static void hear(struct client *client)
{
	ssize_t n = recv(client->fd, client->line + client->have,
			 sizeof(client->line) - client->have, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(client);
		return;
	}
	client->have += n;
	take_lines(client);
}

static void admit(void)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC), i;
	struct client full = { .fd = fd };

	if (fd < 0)
		return;
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (clients[i].fd >= 0)
			continue;
		clients[i].fd = fd;
		clients[i].have = 0;
		return;
	}
	tell(&full, -EUSERS, "too many clients");
	close(fd);
}

/* Whoever waits for an answer is not listened to. */
static void listen_once(void)
{
	struct pollfd fds[2 + CLIENTS_MAX] = {
		{ .fd = listener, .events = POLLIN },
		{ .fd = answered_fd, .events = POLLIN },
	};
	int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		fds[2 + i].fd = waits(&clients[i]) ? -1 : clients[i].fd;
		fds[2 + i].events = POLLIN;
	}
	if (poll(fds, 2 + CLIENTS_MAX, -1) < 0)
		return;

	if (fds[1].revents)
		hush(answered_fd);
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (fds[1].revents)
			take_lines(&clients[i]);
		if (fds[2 + i].revents && clients[i].fd >= 0 && !waits(&clients[i]))
			hear(&clients[i]);
	}
	if (fds[0].revents)
		admit();
}

static void *listen_to_all(void *unused)
{
	(void)unused;
	for (;;)
		listen_once();
	return NULL;
}

/* A name that is left of a process that was killed is nobody's. */
static void bind_there(const char *path)
{
	mode_t mask = umask(077);
	int err, probe;

	err = bind(listener, (void *)&place.name, place.length) ? errno : 0;
	if (err == EADDRINUSE) {
		probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (connect(probe, (void *)&place.name, place.length) && errno == ECONNREFUSED &&
		    !unlink(path))
			err = bind(listener, (void *)&place.name, place.length) ? errno : 0;
		close(probe);
	}
	umask(mask);
	if (err || listen(listener, CLIENTS_MAX))
		die("cannot listen at %s: %s", path, strerror(err ?: errno));
}

/**
 * control_open() - take orders from now on
 * @vm: the machine
 * @path: of the socket, which none but this user can open
 */
void control_open(struct vm *vm, const char *path)
{
	pthread_t thread;
	int i, err;

	machine = vm;
	for (i = 0; i < CLIENTS_MAX; i++)
		clients[i].fd = -1;
	err = place_unix(&place, path);
	if (err)
		die("control socket %s: %s", path, strerror(-err));

	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	order_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	answered_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (listener < 0 || order_fd < 0 || answered_fd < 0)
		die("no control socket: %s", strerror(errno));

	bind_there(path);
	log_at_leave(at_leave);
	if (pthread_create(&thread, NULL, listen_to_all, NULL))
		die("cannot start the control thread");
	say("takes orders at %s", path);
}

/**
 * control_fd() - what to poll for orders
 * Return: the descriptor, readable if there is one; -1 without a socket.
 */
int control_fd(void)
{
	return order_fd;
}

/**
 * control_take() - take the order that control_fd() told of
 * @order: filled; to be served, then control_answer()
 */
void control_take(struct order *order)
{
	hush(order_fd);
	pthread_mutex_lock(&lock);
	*order = current;
	taken = true;
	pthread_mutex_unlock(&lock);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbguest --ctl: commands to a running vmbguest, and its answers.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "control.h"
#include "place.h"

#define NOBODY	3

static int fail(const char *path, int error)
{
	fprintf(stderr, "vmbguest: %s: %s\n", path, strerror(error));
	return NOBODY;
}

static int call(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct place place;
	int err;

	err = place_unix(&place, path);
	if (fd < 0 || err)
		return err ?: -errno;
	return connect(fd, (void *)&place.name, place.length) ? -errno : fd;
}

/* One line and its answer: 0 ok, 1 error, or a negative errno. */
static int ask(FILE *stream, const char *line, size_t bytes)
{
	char answer[1024];

	if (send(fileno(stream), line, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
		return -errno;
	if (!fgets(answer, sizeof(answer), stream))
		return -ECONNRESET;
	fputs(answer, stdout);
	return strncmp(answer, "ok ", 3) ? 1 : 0;
}

static int ask_words(FILE *stream, char **words)
{
	char line[PLACE_PATH_MAX + 64];
	size_t used = 0;

	for (; *words && used < sizeof(line) - 2; words++)
		used += snprintf(line + used, sizeof(line) - used, "%s%s", used ? " " : "", *words);
	if (used >= sizeof(line) - 2 || strchr(line, '\n'))
		return -EINVAL;
	line[used++] = '\n';
	return ask(stream, line, used);
}

static int ask_lines(FILE *stream)
{
	size_t room = 0;
	char *line = NULL;
	int result = 0, one;
	ssize_t n;

	while ((n = getline(&line, &room, stdin)) > 0) {
		one = ask(stream, line, n);
		if (one < 0)
			result = one;
		if (result < 0)
			break;
		result |= one;
	}
	free(line);
	return result;
}

/**
 * control_call() - give orders and print the answers
 * @path: of the socket
 * @words: of one order, up to NULL; without any, orders are lines of stdin
 * Return: exit status: 0 ok, 1 an error was among the answers, 3 nobody answers.
 */
int control_call(const char *path, char **words)
{
	FILE *stream;
	int fd, err;

	fd = call(path);
	if (fd < 0)
		return fail(path, -fd);
	stream = fdopen(fd, "r");
	if (!stream)
		return fail(path, errno);

	err = *words ? ask_words(stream, words) : ask_lines(stream);
	return err < 0 ? fail(path, -err) : err;
}

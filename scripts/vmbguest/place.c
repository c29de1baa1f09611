// SPDX-License-Identifier: GPL-2.0-only
/*
 * Names of places: tcp:[HOST:]PORT, [HOST:]PORT, unix:PATH, file:PATH. A host is
 * a numeric IPv4 address.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>
#include "place.h"

static int parse_port(const char *text, in_port_t *port)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text < '0' || *text > '9' || value > 65535)
		return -EINVAL;
	*port = htons(value);
	return 0;
}

static int parse_tcp(struct place *place, const char *text)
{
	struct sockaddr_in *name = (void *)&place->name;
	const char *colon = strrchr(text, ':');
	char host[INET_ADDRSTRLEN] = "0.0.0.0";

	if (colon && colon - text >= (int)sizeof(host))
		return -EINVAL;
	if (colon)
		snprintf(host, sizeof(host), "%.*s", (int)(colon - text), text);

	place->kind = PLACE_SOCKET;
	place->length = sizeof(*name);
	name->sin_family = AF_INET;
	if (inet_pton(AF_INET, host, &name->sin_addr) != 1)
		return -EINVAL;
	return parse_port(colon ? colon + 1 : text, &name->sin_port);
}

/**
 * place_unix() - a socket of the file system
 * @place: filled
 * @path: its name
 * Return: 0; -EINVAL; -ENAMETOOLONG: a socket's name has 107 bytes at most.
 */
int place_unix(struct place *place, const char *path)
{
	struct sockaddr_un *name = (void *)&place->name;

	*place = (struct place) { .kind = PLACE_SOCKET, .length = sizeof(*name) };
	if (!*path)
		return -EINVAL;
	if (strlen(path) >= sizeof(name->sun_path))
		return -ENAMETOOLONG;

	name->sun_family = AF_UNIX;
	strcpy(name->sun_path, path);
	return 0;
}

/**
 * place_parse() - read a place
 * @place: filled
 * @text: its name
 * Return: 0; -EINVAL: it is none; -ENAMETOOLONG.
 */
int place_parse(struct place *place, const char *text)
{
	*place = (struct place) { };
	if (!strncmp(text, "unix:", 5))
		return place_unix(place, text + 5);
	if (strncmp(text, "file:", 5))
		return parse_tcp(place, strncmp(text, "tcp:", 4) ? text : text + 4);

	text += 5;
	if (!*text)
		return -EINVAL;
	/* Room for the names that are made of it. */
	if (strlen(text) >= sizeof(place->path) - 16)
		return -ENAMETOOLONG;
	place->kind = PLACE_FILE;
	strcpy(place->path, text);
	return 0;
}

/**
 * place_forget() - remove the name of a socket that nobody listens at any more
 * @place: where it was bound
 */
void place_forget(const struct place *place)
{
	if (place->kind == PLACE_SOCKET && place->name.ss_family == AF_UNIX)
		unlink(((const struct sockaddr_un *)&place->name)->sun_path);
}

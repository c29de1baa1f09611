/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_PLACE_H
#define _VMBGUEST_PLACE_H

#include <sys/socket.h>

/* Bytes of a file's name, its end included */
#define PLACE_PATH_MAX	4096

/**
 * enum place_kind - what a place is
 * @PLACE_NONE: not given
 * @PLACE_SOCKET: where a machine waits
 * @PLACE_FILE: where one is kept
 */
enum place_kind {
	PLACE_NONE,
	PLACE_SOCKET,
	PLACE_FILE
};

/**
 * struct place - where a machine goes, or comes from
 * @kind: of the following, one
 * @name: address of the socket
 * @length: of it
 * @path: name of the file
 */
struct place {
	enum place_kind kind;
	struct sockaddr_storage name;
	socklen_t length;
	char path[PLACE_PATH_MAX];
};

int place_parse(struct place *place, const char *text);
int place_unix(struct place *place, const char *path);
void place_forget(const struct place *place);

#endif /* _VMBGUEST_PLACE_H */

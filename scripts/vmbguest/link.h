/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_LINK_H
#define _VMBGUEST_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

struct place;

#define LINK_MAGIC	0x4b4e494c424d56ULL	/* "VMBLINK" */
#define LINK_VERSION	1

/* The three connections of one migration, in the order in which they are made */
enum link_role {
	LINK_RAM,
	LINK_STATE,
	LINK_HANDOVER,
	NR_LINKS
};

/**
 * struct link_hello - the first bytes of each connection, little-endian
 * @magic: %LINK_MAGIC
 * @version: %LINK_VERSION
 * @role: enum link_role
 * @id: random, the same on all connections of a migration
 * @ram_bytes: size of guest RAM
 */
struct link_hello {
	__le64 magic;
	__le32 version;
	__le32 role;
	__u8 id[16];
	__le64 ram_bytes;
};

/* link_message.type */
enum link_message_type {
	LINK_READY = 1,		/* destination: all is restored, nothing runs */
	LINK_REFUSED = 2,	/* destination: it cannot be; the text says why */
	LINK_GO = 3,		/* source: run; the source never will again */
	LINK_RUNNING = 4,	/* destination: it runs here now */
};

#define LINK_TEXT_MAX	256

/**
 * struct link_message - on the hand-over connection, little-endian
 * @type: enum link_message_type
 * @bytes: of text behind it, at most %LINK_TEXT_MAX - 1
 */
struct link_message {
	__le32 type;
	__le32 bytes;
};

/**
 * struct links - the connections of one migration
 * @fd: enum link_role; -1 = not connected
 * @id: of the migration
 * @ram_bytes: size of guest RAM
 * @timeout_ms: for each step without progress
 * @text: what the last message said
 */
struct links {
	int fd[NR_LINKS];
	u8 id[16];
	u64 ram_bytes;
	int timeout_ms;
	char text[LINK_TEXT_MAX];
};

int links_connect(struct links *links, const struct place *place, u64 ram_bytes, int timeout_ms);
int links_listen(const struct place *place);
int links_accept(struct links *links, int listener, int timeout_ms);
void links_cut(struct links *links);
void link_close(struct links *links, enum link_role role);

int link_write(struct links *links, enum link_role role, const void *buf, size_t bytes);
ssize_t link_read(struct links *links, enum link_role role, void *buf, size_t bytes);
int link_read_all(struct links *links, enum link_role role, void *buf, size_t bytes);
bool link_alive(const struct links *links);
int link_tell(struct links *links, enum link_message_type type, const char *text);
int link_hear(struct links *links, int timeout_ms);

#endif /* _VMBGUEST_LINK_H */

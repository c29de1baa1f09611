/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_SOURCE_H
#define _VMBSAVECTL_SOURCE_H

#include <linux/types.h>

struct progress;

/* As long as the longest unit, and as much again to look ahead */
#define SOURCE_WINDOW	65536U

/**
 * struct source - where a stream is read from, through a window
 * @name: for messages
 * @fd: the file
 * @error: negative errno of a read that failed
 * @bytes: length of a regular file, else 0
 * @at: offset in the stream of the window's first byte
 * @from: where that lies in @window
 * @have: bytes in the window
 * @ended: no more can be read
 * @progress: told of what is read, or NULL
 * @interrupted: says whether a wait is to end, or NULL
 * @window: the bytes
 */
struct source {
	const char *name;
	int fd;
	int error;
	u64 bytes;
	u64 at;
	u32 from;
	u32 have;
	bool ended;
	struct progress *progress;
	int (*interrupted)(void);
	u8 window[2 * SOURCE_WINDOW];
};

int source_open(struct source *source, const char *name);
void source_close(struct source *source);
u32 source_fill(struct source *source, u32 want);
void source_skip(struct source *source, u32 bytes);

static inline const u8 *source_data(const struct source *source)
{
	return source->window + source->from;
}

#endif /* _VMBSAVECTL_SOURCE_H */

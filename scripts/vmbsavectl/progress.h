/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_PROGRESS_H
#define _VMBSAVECTL_PROGRESS_H

#include <linux/types.h>

struct arguments;

/**
 * struct progress - a line on a terminal that says how far it is
 * @what: is done
 * @bytes: so far
 * @total: when it is done, in the units of @done; 0 = not known
 * @done: tells how far it is of @total; NULL = @bytes are
 * @of: what @done gets
 * @begin_ns: when it began
 * @shown_ns: when the line was written last
 * @drawn: how often it was
 * @hidden: it is not to be there
 * @kept: it was asked for: it ends with how far it came, and stays
 * @terminal: there is one
 */
struct progress {
	const char *what;
	u64 bytes;
	u64 total;
	u64 (*done)(void *of);
	void *of;
	u64 begin_ns;
	u64 shown_ns;
	u32 drawn;
	bool hidden;
	bool kept;
	bool terminal;
};

void progress_begin(struct progress *progress, const char *what, u64 total,
		    const struct arguments *arguments);
void progress_add(struct progress *progress, u64 bytes);
void progress_end(struct progress *progress);
void bytes_text(u64 bytes, char *text, size_t size);
u64 clock_ns(void);

#endif /* _VMBSAVECTL_PROGRESS_H */

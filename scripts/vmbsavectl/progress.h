/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_PROGRESS_H
#define _VMBSAVECTL_PROGRESS_H

#include <linux/types.h>

/**
 * struct progress - a line on a terminal that says how far it is
 * @what: is done
 * @total: bytes that will come, 0 = not known
 * @bound: @total is but an upper bound
 * @done: bytes so far
 * @begin_ms: when it began
 * @shown_ms: when the line was written last
 * @shown: the line is there
 */
struct progress {
	const char *what;
	u64 total;
	bool bound;
	u64 done;
	u64 begin_ms;
	u64 shown_ms;
	bool shown;
};

void progress_begin(struct progress *progress, const char *what, u64 total, bool bound);
void progress_add(struct progress *progress, u64 bytes);
void progress_end(struct progress *progress);
void bytes_text(u64 bytes, char *text, size_t size);
u64 clock_ms(void);

#endif /* _VMBSAVECTL_PROGRESS_H */

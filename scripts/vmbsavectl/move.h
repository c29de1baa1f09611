/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_MOVE_H
#define _VMBSAVECTL_MOVE_H

#include <linux/types.h>
#include "arguments.h"
#include "bus.h"
#include "progress.h"

/**
 * struct move - a save or a restore
 * @command: which of them
 * @arguments: of it
 * @file: where the stream goes or comes from, "-" = a standard one
 * @bus: that it is of
 * @info: of the bus when it began
 * @stats: of this one, all 0 as long as it has not begun
 * @progress: of it
 * @elapsed_ns: from its beginning to its end
 * @error: why it failed first, a negative errno, or 0
 * @step: what could not be done
 * @last: the place, from the kernel
 * @reason: a sentence
 * @changed: the bus is not as it was before
 */
struct move {
	const char *command;
	struct arguments arguments;
	const char *file;
	struct bus bus;
	struct vmbsave_info info;
	struct vmbsave_stats stats;
	struct progress progress;
	u64 elapsed_ns;
	int error;
	const char *step;
	struct vmbsave_last_error last;
	char reason[512];
	bool changed;
};

void move_begin(struct move *move, const char *command, const struct usage *usage, int argc,
		char **argv);
void move_attach(struct move *move);
void move_stats(struct move *move);
int move_end(struct move *move);
void move_failed(struct move *move, const char *step, int error, const char *format, ...)
	__printf(4, 5);
void move_refused(struct move *move, const char *step, int error);
int move_interrupted(void);

void move_tell_text(const struct move *move);
void move_tell_json(const struct move *move, const char *result);

#endif /* _VMBSAVECTL_MOVE_H */

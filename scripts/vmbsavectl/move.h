/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_MOVE_H
#define _VMBSAVECTL_MOVE_H

#include <argp.h>
#include <linux/types.h>

#define PIECE_BYTES	65536

/**
 * struct move_arguments - of save and restore
 * @bus: name of the bus
 * @file: where the stream goes or comes from
 * @timeout_ms: for VSPs to complete what they hold, 0 = the module's default
 * @flag: save: the bus stays stopped; restore: it is started
 * @quiet: no line about what was done
 */
struct move_arguments {
	const char *bus;
	const char *file;
	u32 timeout_ms;
	bool flag;
	bool quiet;
};

enum {
	MOVE_FLAG = 256,	/* of either, under a name of its own */
};

error_t move_parse(int key, char *argument, struct argp_state *state);
void move_catch_signals(void);
int move_interrupted(void);

#endif /* _VMBSAVECTL_MOVE_H */

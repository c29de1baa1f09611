/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_LEDGER_H
#define _VMBGUEST_LEDGER_H

#include <stdbool.h>
#include <linux/types.h>

struct vm;

/**
 * struct ledger_line - what became of one packet at the guest
 * @read: times that it was read
 * @completed: completions sent
 * @position: the how manieth packet it was when it was first read, 0 = never
 */
struct ledger_line {
	u32 read;
	u32 completed;
	u64 position;
};

bool ledger_close(struct vm *vm, const char *path);

#endif /* _VMBGUEST_LEDGER_H */

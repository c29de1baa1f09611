/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_MOVE_H
#define _VMBGUEST_MOVE_H

#include <stddef.h>
#include <linux/types.h>
#include "vm.h"

struct links;
struct place;

int move_out(struct vm *vm, const struct place *place, char *why, size_t size);
void move_in(struct vm *vm);
void move_settle(struct vm *vm);
int move_stop(struct vm *vm, char *why, size_t size);
void move_back(struct vm *vm, enum vm_state before);
void move_point(struct vm *vm, struct links *links, const char *point);

int keep_snapshot(struct vm *vm, const char *path, char *why, size_t size);
int keep_save(struct vm *vm, const char *path, char *why, size_t size);
int keep_open(const char *path, u64 *ram_bytes, int fds[2], char *why, size_t size);
int keep_restore(struct vm *vm, const int fds[2], char *why, size_t size);

#endif /* _VMBGUEST_MOVE_H */

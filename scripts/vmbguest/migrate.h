/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_MIGRATE_H
#define _VMBGUEST_MIGRATE_H

#include <stdbool.h>

struct links;
struct vm;

bool migrate_out(struct vm *vm);
void migrate_snapshot(struct vm *vm);
void migrate_in(struct vm *vm);
void migrate_point(struct vm *vm, struct links *links, const char *point);

#endif /* _VMBGUEST_MIGRATE_H */

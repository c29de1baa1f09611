/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_ORDERS_H
#define _VMBGUEST_ORDERS_H

#include <stdbool.h>
#include <stddef.h>

struct order;
struct vm;

void orders_status(struct vm *vm, bool busy, char *text, size_t size);
void orders_serve(struct vm *vm, const struct order *order);

#endif /* _VMBGUEST_ORDERS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_WORKLOAD_H
#define _VMBGUEST_WORKLOAD_H

#include <stdbool.h>
#include <stddef.h>

struct channel;
struct vm;

void workload_attach(struct vm *vm);
void workload_begin(struct vm *vm);
void workload_interrupt(struct channel *channel);
void workload_last_words(struct vm *vm);
void workload_continue(struct vm *vm);
void workload_unpark(struct vm *vm);
bool workload_listens(const struct channel *channel);
void workload_missing(const struct vm *vm, char *text, size_t size);

#endif /* _VMBGUEST_WORKLOAD_H */

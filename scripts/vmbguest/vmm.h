/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VMM_H
#define _VMBGUEST_VMM_H

#include <stddef.h>
#include <linux/types.h>

struct channel;
struct vm;

void vmm_open(struct vm *vm);
int vmm_make_ram(struct vm *vm, u64 bytes);
int vmm_attach(struct vm *vm);
void vmm_close(struct vm *vm);
int vmm_set_packets(struct vm *vm);

int vmm_channel_open(struct channel *channel);
int vmm_channel_close(struct channel *channel);
void vmm_kick(struct channel *channel);
void vmm_event(struct vm *vm);

int vmm_stop(struct vm *vm, char *why, size_t size);
void vmm_run(struct vm *vm);

#endif /* _VMBGUEST_VMM_H */

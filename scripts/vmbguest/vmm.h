/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VMM_H
#define _VMBGUEST_VMM_H

#include <stddef.h>
#include <linux/types.h>
#include <linux/vmbsave.h>

struct channel;
struct vm;

void vmm_open(struct vm *vm);
int vmm_attach(struct vm *vm);
void vmm_close(struct vm *vm);
int vmm_set_packets(struct vm *vm);

int vmm_channel_open(struct channel *channel);
int vmm_channel_close(struct channel *channel);
void vmm_kick(struct channel *channel);

int vmm_set_state(struct vm *vm, u32 state, int *data_fd);
int vmm_info(struct vm *vm, struct vmbsave_info *info);
void vmm_last_error(struct vm *vm, struct vmbsave_last_error *last);
int vmm_reset(struct vm *vm);
void vmm_why(struct vm *vm, int error, char *text, size_t size);
void vmm_event(struct vm *vm);

#endif /* _VMBGUEST_VMM_H */

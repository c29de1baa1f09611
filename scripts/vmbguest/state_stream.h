/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_STATE_STREAM_H
#define _VMBGUEST_STATE_STREAM_H

#include <linux/types.h>

struct links;
struct vm;

int state_to_file(struct vm *vm, int data_fd, const char *path);
int state_to_link(struct vm *vm, int data_fd, struct links *links);
int state_from_link(struct vm *vm, int data_fd, struct links *links, bool *refused);

#endif /* _VMBGUEST_STATE_STREAM_H */

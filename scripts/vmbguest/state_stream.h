/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_STATE_STREAM_H
#define _VMBGUEST_STATE_STREAM_H

#include <stdbool.h>
#include <linux/types.h>

struct links;
struct vm;

int state_to_file(struct vm *vm, int fd, bool *file_failed);
int state_from_file(struct vm *vm, int fd, bool *file_failed);
int state_to_link(struct vm *vm, struct links *links, bool *link_failed);
int state_from_link(struct vm *vm, struct links *links, bool *link_failed);

#endif /* _VMBGUEST_STATE_STREAM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_RAM_STREAM_H
#define _VMBGUEST_RAM_STREAM_H

struct links;
struct vm;

int ram_to_link(struct vm *vm, struct links *links);
int ram_from_link(struct vm *vm, struct links *links);

#endif /* _VMBGUEST_RAM_STREAM_H */

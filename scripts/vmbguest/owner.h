/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_OWNER_H
#define _VMBGUEST_OWNER_H

#include <linux/types.h>

struct vm;

#define OWNER_PARAMETER	"/sys/module/vsp_kmcl/parameters/packets"

int owner_attach(struct vm *vm, u32 *channel);
void owner_detach(struct vm *vm);

#endif /* _VMBGUEST_OWNER_H */

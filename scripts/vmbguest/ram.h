/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_RAM_H
#define _VMBGUEST_RAM_H

#include <linux/types.h>

void *ram_create(u64 bytes);

#endif /* _VMBGUEST_RAM_H */

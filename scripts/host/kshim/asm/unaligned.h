/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_ASM_UNALIGNED_H
#define _KSHIM_ASM_UNALIGNED_H

#include <linux/unaligned.h>

#endif /* _KSHIM_ASM_UNALIGNED_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_COMPILER_ATTRIBUTES_H
#define _KSHIM_LINUX_COMPILER_ATTRIBUTES_H

#include <linux/compiler.h>

#endif /* _KSHIM_LINUX_COMPILER_ATTRIBUTES_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_ARRAY_SIZE_H
#define _KSHIM_LINUX_ARRAY_SIZE_H

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#endif

#endif /* _KSHIM_LINUX_ARRAY_SIZE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_MODULE_H
#define _KSHIM_LINUX_MODULE_H

#include <linux/export.h>
#include <linux/kernel.h>

#define MODULE_LICENSE(text)		_Static_assert(1, text)
#define MODULE_DESCRIPTION(text)	_Static_assert(1, text)
#define MODULE_AUTHOR(text)		_Static_assert(1, text)

#endif /* _KSHIM_LINUX_MODULE_H */

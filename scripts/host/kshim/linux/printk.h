/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_PRINTK_H
#define _KSHIM_LINUX_PRINTK_H

#include <linux/compiler.h>

/* Nothing pure prints; what is built with prints stays silent. */
static inline __printf(1, 2) int no_printk(const char *format, ...)
{
	(void)format;
	return 0;
}

#define pr_err(...)		no_printk(__VA_ARGS__)
#define pr_warn(...)		no_printk(__VA_ARGS__)
#define pr_debug(...)		no_printk(__VA_ARGS__)

#endif /* _KSHIM_LINUX_PRINTK_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_BUG_H
#define _KSHIM_LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* Counts every warning, so that a test can say that one came or none came. */
extern unsigned int kshim_warnings;

static inline bool kshim_warn(bool condition)
{
	kshim_warnings += condition;
	return condition;
}

#define WARN_ON(condition)		kshim_warn(!!(condition))
#define WARN_ON_ONCE(condition)		kshim_warn(!!(condition))
#define WARN(condition, ...)		kshim_warn(!!(condition))
#define WARN_ONCE(condition, ...)	kshim_warn(!!(condition))

#endif /* _KSHIM_LINUX_BUG_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _COMPAT_LINUX_VMB_NS_H
#define _COMPAT_LINUX_VMB_NS_H

#include <linux/version.h>

/* Until 6.13 the export macros turn the token into a string themselves. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define VMBSAVE_NS	VMBSAVE
#endif

#include_next <linux/vmb_ns.h>

#endif /* _COMPAT_LINUX_VMB_NS_H */

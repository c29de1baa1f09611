/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _COMPAT_LINUX_EVENTFD_H
#define _COMPAT_LINUX_EVENTFD_H

#include <linux/version.h>

#include_next <linux/eventfd.h>

/* Until 6.8 the caller said what to add to the counter. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 8, 0)
#define eventfd_signal(ctx)	eventfd_signal(ctx, 1)
#endif

#endif /* _COMPAT_LINUX_EVENTFD_H */

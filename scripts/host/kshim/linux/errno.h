/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_ERRNO_H
#define _KSHIM_LINUX_ERRNO_H

#include_next <linux/errno.h>
#include <errno.h>

/* Known inside the kernel only. */
#ifndef ERESTARTSYS
#define ERESTARTSYS		512
#define ERESTARTNOINTR		513
#define ERESTARTNOHAND		514
#define ENOIOCTLCMD		515
#define EPROBE_DEFER		517
#define EOPENSTALE		518
#define ENOTSUPP		524
#define EIOCBQUEUED		529
#endif

#endif /* _KSHIM_LINUX_ERRNO_H */

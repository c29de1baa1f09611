/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_SYSFS_H
#define _VMB_USER_SYSFS_H

#include <linux/types.h>

struct attribute_group;

/* Attributes of a bus */
extern const struct attribute_group *vmb_sysfs_bus_groups[];

/* Attributes of a channel */
extern const struct attribute_group *vmb_sysfs_channel_groups[];

ssize_t vmb_sysfs_emit_error(char *buf, int error, const char *text);

#endif /* _VMB_USER_SYSFS_H */

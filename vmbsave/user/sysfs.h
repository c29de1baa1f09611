/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_SYSFS_H
#define _VMB_USER_SYSFS_H

struct attribute_group;

/* Attributes of a channel */
extern const struct attribute_group *vmb_sysfs_channel_groups[];

#endif /* _VMB_USER_SYSFS_H */

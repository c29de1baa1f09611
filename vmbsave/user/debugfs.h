/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_DEBUGFS_H
#define _VMB_USER_DEBUGFS_H

void vmb_debugfs_create(void);
void vmb_debugfs_remove(void);

#endif /* _VMB_USER_DEBUGFS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_CHARDEV_H
#define _VMB_USER_CHARDEV_H

int vmb_chardev_register(void);
void vmb_chardev_unregister(void);

#endif /* _VMB_USER_CHARDEV_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_WORKQUEUE_H
#define _VMB_CORE_WORKQUEUE_H

#include <linux/types.h>

struct delayed_work;
struct work_struct;

int vmb_workqueue_create(void);
void vmb_workqueue_destroy(void);
bool vmb_workqueue_queue(struct work_struct *work);
void vmb_workqueue_queue_delayed(struct delayed_work *work, unsigned long delay);

#endif /* _VMB_CORE_WORKQUEUE_H */

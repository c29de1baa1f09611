// SPDX-License-Identifier: GPL-2.0-only
#include <linux/module.h>

#include "core/bus_type.h"
#include "core/limits.h"
#include "core/workqueue.h"
#include "user/chardev.h"
#include "user/debugfs.h"
#include "user/sysfs.h"

static int __init vmb_init(void)
{
	int ret;

	ret = vmb_workqueue_create();
	if (ret)
		return ret;
	ret = vmb_bus_type_register(vmb_sysfs_bus_groups, vmb_sysfs_channel_groups);
	if (ret)
		goto err_bus_type;
	vmb_debugfs_create();
	ret = vmb_chardev_register();
	if (ret)
		goto err_chardev;
	return 0;

err_chardev:
	vmb_debugfs_remove();
	vmb_bus_type_unregister();
err_bus_type:
	vmb_workqueue_destroy();
	return ret;
}

static void __exit vmb_exit(void)
{
	vmb_chardev_unregister();
	vmb_debugfs_remove();
	/* Channels are removed, and the last of them released, by work. */
	vmb_limits_wait_idle();
	vmb_bus_type_unregister();
	vmb_workqueue_destroy();
}

module_init(vmb_init);
module_exit(vmb_exit);

MODULE_AUTHOR("vmbsave developers");
MODULE_DESCRIPTION("VMBus channels whose in-flight packets survive a move to another host");
MODULE_LICENSE("GPL");
#ifdef VMB_VERSION
MODULE_VERSION(VMB_VERSION);
#endif

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "core/limits.h"
#include "user/debugfs.h"

static struct dentry *dir;

static int objects_show(struct seq_file *file, void *unused)
{
	enum vmb_limit which;

	for (which = 0; which < VMB_NR_LIMITS; which++)
		seq_printf(file, "%s %llu\n", vmb_limit_name(which),
			   vmb_limit_used(which));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

/**
 * vmb_debugfs_create() - make the module's folder in debugfs
 *
 * All works without it, so there is nothing to fail.
 * Context: process context.
 */
void vmb_debugfs_create(void)
{
	dir = debugfs_create_dir("vmbsave", NULL);
	debugfs_create_file("objects", 0400, dir, NULL, &objects_fops);
}

/**
 * vmb_debugfs_remove() - undo vmb_debugfs_create()
 * Context: process context.
 */
void vmb_debugfs_remove(void)
{
	debugfs_remove(dir);
}

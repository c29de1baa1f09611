// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_result.h>

#include "migrate/restore.h"
#include "migrate/restore_session.h"

/* The calls of the public header over a session of one channel. */

static int begin_in_kernel(struct vmb_channel *channel)
{
	struct vmb_channel **list = kvmalloc_array(1, sizeof(*list),
						   GFP_KERNEL_ACCOUNT);
	struct vmb_restore *restore;

	if (!list)
		return -ENOMEM;
	list[0] = vmb_channel_get(channel);
	restore = vmb_restore_create(channel->bus, list, 1, true);
	if (!IS_ERR(restore))
		return 0;
	vmb_bus_put_list(list, 1);
	return PTR_ERR(restore);
}

static void forget(struct vmb_restore *restore, struct vmb_channel *channel)
{
	if (vmb_hold_forget(&restore->base, channel))
		vmb_restore_put(restore);
}

static int feed(struct vmb_restore *restore, struct vmb_channel *channel,
		const void *buf, u32 size)
{
	int ret = vmb_restore_refuse(restore);

	if (ret)
		return ret;
	ret = vmb_restore_take_chunks(restore, buf, size);
	if (!ret)
		ret = vmb_restore_commit_locked(restore);
	if (ret < 0)
		vmb_restore_drop_staged(restore);
	if (!ret) {
		vmb_restore_finish(restore);
		forget(restore, channel);
	}
	return ret;
}

int vmb_channel_restore_from_buffer(struct vmb_channel *channel,
				    const void *buf, u32 size)
{
	struct vmb_restore *restore;
	int ret;

	if (!buf || !size)
		return -EINVAL;
	if (vmb_channel_in_callback(channel))
		return -EDEADLK;
	ret = vmb_restore_find(channel, &restore);
	if (!ret && !restore) {
		ret = begin_in_kernel(channel) ?: vmb_restore_find(channel, &restore);
		if (!ret && !restore)
			ret = -ENODEV;
	}
	if (ret)
		return ret;
	ret = -EBUSY;
	if (!vmb_turn_try(&restore->turn)) {
		ret = feed(restore, channel, buf, size);
		vmb_turn_release(&restore->turn);
		if (!ret)
			vmb_hold_resume(channel);
	}
	vmb_restore_put(restore);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_restore_from_buffer, VMBSAVE_NS);

void vmb_channel_restore_end(struct vmb_channel *channel)
{
	struct vmb_restore *restore;

	if (vmb_restore_find(channel, &restore) || !restore)
		return;
	if (!WARN_ON_ONCE(vmb_turn_take(&restore->turn))) {
		vmb_restore_finish(restore);
		vmb_turn_release(&restore->turn);
		forget(restore, channel);
	}
	vmb_restore_put(restore);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_restore_end, VMBSAVE_NS);

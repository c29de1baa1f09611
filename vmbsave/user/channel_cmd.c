// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include <uapi/linux/vmbsave.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/gpadl.h"
#include "user/bus_fd.h"
#include "user/eventfd.h"
#include "user/explain.h"

/* What an eventfd is if there is none. */
#define NO_FD (-1)

static int publish_channel(struct vmb_user_cmd *cmd,
			   struct vmb_channel *channel)
{
	struct vmbsave_offer_channel *arg = cmd->arg;
	int ret;

	ret = vmb_channel_table_add(&cmd->user->channels, channel);
	if (ret)
		return ret;
	arg->channel = channel->id;
	ret = vmb_user_cmd_respond(cmd);
	if (ret)
		vmb_channel_table_remove(&cmd->user->channels, channel->id);
	return ret;
}

/**
 * vmb_user_offer_channel() - VMBSAVE_OFFER_CHANNEL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_bus_offer(), and -EINVAL, -EFAULT.
 */
int vmb_user_offer_channel(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_offer_channel *arg = cmd->arg;
	struct vmb_bus *bus = cmd->user->bus;
	struct vmb_channel_identity identity = {};
	struct vmb_channel *channel;
	int ret;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags) ||
	    vmb_user_cmd_zero(cmd, "reserved", arg->reserved))
		return -EINVAL;
	import_guid(&identity.type, arg->type);
	import_guid(&identity.instance, arg->instance);
	identity.subchannel = arg->subchannel;
	channel = vmb_bus_offer(bus, &identity);
	if (IS_ERR(channel))
		return vmb_explain_offer(cmd, &identity, PTR_ERR(channel));
	ret = publish_channel(cmd, channel);
	if (ret)
		vmb_bus_rescind(bus, channel->id);
	vmb_channel_put(channel);
	return ret;
}

/**
 * vmb_user_rescind_channel() - VMBSAVE_RESCIND_CHANNEL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_bus_rescind().
 */
int vmb_user_rescind_channel(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_channel_id *arg = cmd->arg;
	int ret = vmb_bus_rescind(cmd->user->bus, arg->channel);

	if (ret)
		return vmb_explain_rescind(cmd, ret);
	vmb_channel_table_remove(&cmd->user->channels, arg->channel);
	return 0;
}

static int refuse_fd(struct vmb_user_cmd *cmd, const char *field, int fd, int error)
{
	if (error != -EINVAL)
		return error;
	return vmb_refuse(&cmd->why, error, "%s %d is no eventfd", field, fd);
}

static int install_eventfds(struct vmb_user_cmd *cmd,
			    struct vmb_channel *channel,
			    struct vmb_channel_host *call)
{
	const struct vmbsave_eventfds *arg = cmd->arg;
	struct vmb_user_kick *kick = NULL;
	int ret;

	if (arg->kick_fd != NO_FD) {
		kick = vmb_user_kick_create(arg->kick_fd, channel);
		if (IS_ERR(kick))
			return refuse_fd(cmd, "kick_fd", arg->kick_fd, PTR_ERR(kick));
	}
	guard(mutex)(&cmd->user->eventfds);
	ret = vmb_channel_table_set_kick(&cmd->user->channels, channel->id, kick);
	if (ret) {
		vmb_user_kick_destroy(kick);
		return vmb_refuse(&cmd->why, ret, "channel %u is going away", channel->id);
	}
	vmb_channel_set_host(channel, call);
	return 0;
}

/**
 * vmb_user_set_eventfds() - VMBSAVE_SET_EVENTFDS
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, or neither was set: -EINVAL (no eventfd), -ENOENT, -ENODEV,
 * -ENOMEM.
 */
int vmb_user_set_eventfds(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_eventfds *arg = cmd->arg;
	struct vmb_channel_host *call = NULL;
	struct vmb_channel *channel;
	int ret;

	channel = vmb_user_cmd_channel(cmd, arg->channel);
	if (!channel)
		return -ENOENT;
	if (arg->call_fd != NO_FD)
		call = vmb_user_call_create(arg->call_fd);
	if (IS_ERR(call)) {
		ret = refuse_fd(cmd, "call_fd", arg->call_fd, PTR_ERR(call));
	} else {
		ret = install_eventfds(cmd, channel, call);
		if (ret && call)
			call->release(call);
	}
	vmb_channel_put(channel);
	return ret;
}

/* Return: as vmb_gpadl_alloc(), and ERR_PTR(-EFAULT) */
static struct vmb_gpadl *import_gpadl(struct vmb_user_cmd *cmd,
				      struct vmb_channel *channel)
{
	const struct vmbsave_create_gpadl *arg = cmd->arg;
	struct vmb_gpadl *gpadl;

	gpadl = vmb_gpadl_alloc(channel, arg->gpadl, arg->byte_count,
				arg->byte_offset, arg->nr_pfns);
	if (IS_ERR(gpadl))
		return ERR_PTR(vmb_explain_gpadl_alloc(cmd, PTR_ERR(gpadl)));
	static_assert(VMBSAVE_GPADL_READ_ONLY == VMB_GPADL_READ_ONLY);
	gpadl->flags = arg->flags;
	if (copy_from_user(gpadl->pfns, u64_to_user_ptr(arg->pfns),
			   array_size(arg->nr_pfns, sizeof(*gpadl->pfns)))) {
		vmb_gpadl_free(channel, gpadl);
		vmb_refuse(&cmd->why, -EFAULT, "pfns: %u entries cannot be read at 0x%llx",
			   arg->nr_pfns, arg->pfns);
		return ERR_PTR(-EFAULT);
	}
	return gpadl;
}

static int create_gpadl(struct vmb_user_cmd *cmd, struct vmb_channel *channel)
{
	struct vmb_gpadl *gpadl = import_gpadl(cmd, channel);
	int ret;

	if (IS_ERR(gpadl))
		return PTR_ERR(gpadl);
	ret = vmb_gpadl_create(channel, gpadl);
	if (ret) {
		vmb_explain_gpadl_create(cmd, channel, gpadl, ret);
		vmb_gpadl_free(channel, gpadl);
	}
	return ret;
}

/**
 * vmb_user_create_gpadl() - VMBSAVE_CREATE_GPADL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_gpadl_alloc() and vmb_gpadl_create(), and -ENOENT, -EFAULT.
 */
int vmb_user_create_gpadl(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_create_gpadl *arg = cmd->arg;
	struct vmb_channel *channel;
	int ret;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags & ~VMBSAVE_GPADL_READ_ONLY) ||
	    vmb_user_cmd_zero(cmd, "reserved", arg->reserved))
		return -EINVAL;
	if (arg->nr_pfns > VMB_GPADL_PAGES_MAX)
		return vmb_refuse(&cmd->why, -EINVAL, "nr_pfns %u is more than any buffer touches",
				  arg->nr_pfns);
	channel = vmb_user_cmd_channel(cmd, arg->channel);
	if (!channel)
		return -ENOENT;
	ret = create_gpadl(cmd, channel);
	vmb_channel_put(channel);
	return ret;
}

/**
 * vmb_user_teardown_gpadl() - VMBSAVE_TEARDOWN_GPADL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_gpadl_teardown(), and -EINVAL.
 */
int vmb_user_teardown_gpadl(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_gpadl_id *arg = cmd->arg;
	struct vmb_channel *channel;
	int ret;

	if (vmb_user_cmd_zero(cmd, "reserved", arg->reserved))
		return -EINVAL;
	channel = vmb_user_cmd_channel(cmd, arg->channel);
	if (!channel)
		return -ENOENT;
	ret = vmb_gpadl_teardown(channel, arg->gpadl);
	if (ret)
		vmb_explain_gpadl_teardown(cmd, channel, ret);
	vmb_channel_put(channel);
	return ret;
}

static int check_mmio(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_open_channel *arg = cmd->arg;

	if (arg->mmio_gpa + arg->mmio_bytes < arg->mmio_gpa)
		return vmb_refuse(&cmd->why, -EINVAL,
				  "mmio_gpa 0x%llx with mmio_bytes 0x%llx ends beyond 2^64",
				  arg->mmio_gpa, arg->mmio_bytes);
	if (!arg->mmio_gpa != !arg->mmio_bytes)
		return vmb_refuse(&cmd->why, -EINVAL,
				  "mmio_gpa 0x%llx, mmio_bytes 0x%llx: both are zero, or none is",
				  arg->mmio_gpa, arg->mmio_bytes);
	return 0;
}

/**
 * vmb_user_open_channel() - VMBSAVE_OPEN_CHANNEL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_channel_open(), and -ENOENT.
 */
int vmb_user_open_channel(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_open_channel *arg = cmd->arg;
	struct vmb_channel_open open = {
		.gpadl = arg->gpadl,
		.downstream_page = arg->downstream_page,
		.target_vp = arg->target_vp,
		.mmio_gpa = arg->mmio_gpa,
		.mmio_bytes = arg->mmio_bytes,
	};
	struct vmb_channel *channel;
	int ret;

	static_assert(sizeof(open.user_data) == sizeof(arg->user_data));
	if (vmb_user_cmd_zero(cmd, "reserved", arg->reserved) || check_mmio(cmd))
		return -EINVAL;
	channel = vmb_user_cmd_channel(cmd, arg->channel);
	if (!channel)
		return -ENOENT;
	memcpy(open.user_data, arg->user_data, sizeof(open.user_data));
	ret = vmb_channel_open(channel, &open);
	if (ret)
		vmb_explain_open(cmd, channel, ret);
	vmb_channel_put(channel);
	return ret;
}

/**
 * vmb_user_close_channel() - VMBSAVE_CLOSE_CHANNEL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_channel_close(), and -ENOENT.
 */
int vmb_user_close_channel(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_channel_id *arg = cmd->arg;
	struct vmb_channel *channel;
	int ret;

	channel = vmb_user_cmd_channel(cmd, arg->channel);
	if (!channel)
		return -ENOENT;
	ret = vmb_channel_close(channel);
	if (ret)
		vmb_explain_close(cmd, channel, ret);
	vmb_channel_put(channel);
	return ret;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/vmb_status.h>

#include <uapi/linux/vmbsave.h>
#include <uapi/linux/vmbsave_stream.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/written.h"
#include "migrate/save.h"
#include "user/bus_fd.h"
#include "user/control.h"

static bool respond(const struct vmb_user_cmd *cmd)
{
	return !copy_to_user(cmd->uarg, cmd->arg, min(cmd->user_size, cmd->size));
}

/**
 * vmb_user_cmd_respond() - hand the kernel's copy back, as much as is known
 * @cmd: the ioctl
 *
 * Context: process context, may sleep.
 * Return: 0 or -EFAULT.
 */
int vmb_user_cmd_respond(struct vmb_user_cmd *cmd)
{
	if (respond(cmd))
		return 0;
	return vmb_refuse(&cmd->why, -EFAULT, "the argument's %u bytes cannot all be written",
			  min(cmd->user_size, cmd->size));
}

/**
 * vmb_user_cmd_fail() - hand the kernel's copy back from a command that fails
 * @cmd: the ioctl
 * @error: why; nothing that happens here is told instead
 *
 * Context: process context, may sleep.
 * Return: @error.
 */
int vmb_user_cmd_fail(struct vmb_user_cmd *cmd, int error)
{
	respond(cmd);
	return error;
}

/**
 * vmb_user_cmd_zero() - a field that has no meaning is not used
 * @cmd: the ioctl
 * @field: its name
 * @value: what is in it, or those bits that have no meaning
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int vmb_user_cmd_zero(struct vmb_user_cmd *cmd, const char *field, u64 value)
{
	if (!value)
		return 0;
	return vmb_refuse(&cmd->why, -EINVAL, "%s: 0x%llx must be zero", field, value);
}

/**
 * vmb_user_cmd_channel() - the channel that an ioctl names
 * @cmd: the ioctl
 * @id: of the channel
 *
 * Context: process context.
 * Return: the channel, referenced, for vmb_channel_put(), or NULL: there is
 * none, and the ioctl answers -ENOENT.
 */
struct vmb_channel *vmb_user_cmd_channel(struct vmb_user_cmd *cmd, u32 id)
{
	struct vmb_channel *channel = vmb_bus_find(cmd->user->bus, id);

	if (channel)
		cmd->why.channel = id;
	else
		vmb_refuse(&cmd->why, -ENOENT, "channel %u: there is none on the bus", id);
	return channel;
}

static void bus_event(struct vmb_bus *bus, u32 type, u32 channel, int error)
{
	struct vmb_user_bus *user = bus->owner;

	vmb_channel_table_post(&user->channels, type, channel, -error);
}

static int bus_offered(struct vmb_bus *bus, struct vmb_channel *channel)
{
	struct vmb_user_bus *user = bus->owner;

	return vmb_channel_table_add(&user->channels, channel);
}

static void bus_release(struct vmb_bus *bus)
{
	struct vmb_user_bus *user = bus->owner;

	/* An owner can have made an offer while the file was being closed. */
	vmb_channel_table_clear(&user->channels);
	vmb_user_memory_destroy(&user->memory);
	kfree(user);
}

static const struct vmb_bus_ops bus_ops = {
	.event = bus_event,
	.offered = bus_offered,
	.release = bus_release,
};

/**
 * vmb_user_bus_create() - make the bus of an open file
 *
 * Context: process context, may sleep.
 * Return: the bus, for vmb_user_bus_destroy(), or ERR_PTR: -EDQUOT, -ENOMEM.
 */
struct vmb_user_bus *vmb_user_bus_create(void)
{
	struct vmb_user_bus *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	struct vmb_bus *bus;
	int ret;

	if (!user)
		return ERR_PTR(-ENOMEM);
	vmb_user_memory_init(&user->memory);
	vmb_channel_table_init(&user->channels);
	mutex_init(&user->eventfds);
	vmb_turn_init(&user->control);
	spin_lock_init(&user->lock);
	bus = vmb_bus_create(&bus_ops, &user->memory.memory, user);
	if (IS_ERR(bus)) {
		vmb_user_memory_destroy(&user->memory);
		kfree(user);
		return ERR_CAST(bus);
	}
	user->bus = bus;
	ret = vmb_user_bus_publish(user);
	if (ret) {
		vmb_bus_destroy(bus);
		return ERR_PTR(ret);
	}
	return user;
}

/**
 * vmb_user_bus_destroy() - the file is closed
 * @user: its bus
 *
 * Kicks end first, so that none starts anything that is being taken down; the
 * eventfds that signal the guest go with the channels.
 * Context: process context, waits for callbacks in progress.
 */
void vmb_user_bus_destroy(struct vmb_user_bus *user)
{
	struct vmb_bus *bus = vmb_bus_get(user->bus);

	vmb_user_bus_unpublish(user);
	vmb_channel_table_clear(&user->channels);
	vmb_bus_destroy(bus);
	/* The file may be attached to a bus that has gone already. */
	wake_up_poll(&user->channels.wait, EPOLLERR | EPOLLHUP);
	vmb_user_wake_controller(user);
	vmb_bus_put(bus);
}

static void count_channel(struct vmb_channel *channel,
			  struct vmbsave_info *info)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;

	xa_for_each(&channel->gpadls, id, gpadl)
		info->nr_gpadls++;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		info->nr_packets += channel->queue.nr_packets;
		info->nr_held += channel->nr_incoming;
		info->nr_completions += channel->queue.nr_completions;
	}
}

/**
 * vmb_user_get_info() - VMBSAVE_GET_INFO
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, -EINVAL, -ENOMEM, -EFAULT.
 */
int vmb_user_get_info(struct vmb_user_cmd *cmd)
{
	struct vmb_bus *bus = cmd->user->bus;
	struct vmbsave_info *info = cmd->arg;
	struct vmb_channel **list;
	u32 i, nr;

	if (vmb_user_cmd_zero(cmd, "flags", info->flags))
		return -EINVAL;
	list = vmb_bus_list(bus, &nr);
	if (IS_ERR(list))
		return PTR_ERR(list);
	*info = (struct vmbsave_info) {
		.size = info->size,
		.state = READ_ONCE(bus->state),
		.stream_major = VMBSAVE_STREAM_MAJOR,
		.stream_minor = VMBSAVE_STREAM_MINOR,
		.nr_channels = nr,
		.stream_bytes = vmb_save_bound(bus),
		.attached = !!READ_ONCE(cmd->user->controller),
	};
	strscpy(info->name, dev_name(&bus->dev), sizeof(info->name));
	for (i = 0; i < nr; i++)
		count_channel(list[i], info);
	vmb_bus_put_list(list, nr);
	return vmb_user_cmd_respond(cmd);
}

static void fill_channel(struct vmbsave_channel_info *info,
			 const struct vmb_channel *channel)
{
	const struct vmb_channel_config *config = &channel->config;

	*info = (struct vmbsave_channel_info) {
		.size = info->size,
		.channel = channel->id,
		.subchannel = channel->identity.subchannel,
		.mmio_megabytes = config->mmio_megabytes,
		.mmio_optional = config->mmio_optional,
		.target_vtl = config->target_vtl,
		.owned = channel->owned,
		.state = vmb_channel_get_state(channel),
		.max_packet_bytes = vmb_channel_max_packet_size(channel),
		.offer_flags = config->server_flags,
		.channel_flags = config->flags,
	};
	export_guid(info->type, &channel->identity.type);
	export_guid(info->instance, &channel->identity.instance);
	static_assert(sizeof(info->name) == sizeof(config->name));
	memcpy(info->name, config->name, sizeof(info->name));
}

/**
 * vmb_user_get_channel() - VMBSAVE_GET_CHANNEL
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, -EINVAL, -ENOENT, -EFAULT.
 */
int vmb_user_get_channel(struct vmb_user_cmd *cmd)
{
	struct vmbsave_channel_info *info = cmd->arg;
	struct vmb_channel *channel;

	if (vmb_user_cmd_zero(cmd, "reserved", info->reserved))
		return -EINVAL;
	channel = vmb_user_cmd_channel(cmd, info->channel);
	if (!channel)
		return -ENOENT;
	fill_channel(info, channel);
	vmb_channel_put(channel);
	return vmb_user_cmd_respond(cmd);
}

/**
 * vmb_user_get_stats() - VMBSAVE_GET_STATS
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, -EINVAL, -EFAULT.
 */
int vmb_user_get_stats(struct vmb_user_cmd *cmd)
{
	struct vmbsave_stats *stats = cmd->arg;

	if (vmb_user_cmd_zero(cmd, "flags", stats->flags))
		return -EINVAL;
	vmb_stats_get(cmd->user->bus, stats);
	return vmb_user_cmd_respond(cmd);
}

static int copy_pages(struct vmb_user_cmd *cmd, const struct vmb_written *written)
{
	struct vmbsave_gpadl_pages *arg = cmd->arg;
	u32 room = arg->nr_pages;

	arg->nr_pages = written->nr;
	if (room < written->nr) {
		vmb_refuse(&cmd->why, -ENOBUFS, "nr_pages %u: there are %u pages",
			   room, arg->nr_pages);
		return vmb_user_cmd_fail(cmd, -ENOBUFS);
	}
	if (copy_to_user(u64_to_user_ptr(arg->pfns), written->pfns,
			 written->nr * sizeof(*written->pfns)))
		return vmb_refuse(&cmd->why, -EFAULT,
				  "pfns: %u entries cannot be written at 0x%llx",
				  arg->nr_pages, arg->pfns);
	return vmb_user_cmd_respond(cmd);
}

/**
 * vmb_user_get_gpadl_pages() - VMBSAVE_GET_GPADL_PAGES
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, -EINVAL, -ENOBUFS, -ENOMEM, -EFAULT.
 */
int vmb_user_get_gpadl_pages(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_gpadl_pages *arg = cmd->arg;
	struct vmb_written written;
	int ret;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags) ||
	    vmb_user_cmd_zero(cmd, "reserved", arg->reserved))
		return -EINVAL;
	ret = vmb_written_list(cmd->user->bus, &written);
	if (!ret)
		ret = copy_pages(cmd, &written);
	vmb_written_free(&written);
	return ret;
}

/**
 * vmb_user_set_memory_region() - VMBSAVE_SET_MEMORY_REGION
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_user_memory_add() and vmb_user_memory_remove().
 */
int vmb_user_set_memory_region(struct vmb_user_cmd *cmd)
{
	struct vmb_user_memory *memory = &cmd->user->memory;
	const struct vmbsave_memory_region *region = cmd->arg;

	if (vmb_user_cmd_zero(cmd, "flags", region->flags))
		return -EINVAL;
	if (!region->bytes)
		return vmb_user_memory_remove(memory, region->gpa, &cmd->why);
	return vmb_user_memory_add(memory, region, &cmd->why);
}

/**
 * vmb_user_last_error() - VMBSAVE_LAST_ERROR
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0, -EINVAL, -EFAULT.
 */
int vmb_user_last_error(struct vmb_user_cmd *cmd)
{
	const u32 known = VMBSAVE_ERROR_OF_BUS | VMBSAVE_ERROR_REFUSED;
	struct vmbsave_last_error *arg = cmd->arg;
	struct vmb_refusal refusal = {};
	struct vmb_error_place place;
	int error;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags & ~known))
		return -EINVAL;
	if (!(arg->flags & VMBSAVE_ERROR_OF_BUS))
		vmb_refusals_last(cmd->file->refusals, &refusal);
	arg->flags &= ~VMBSAVE_ERROR_REFUSED;
	error = vmb_bus_error_get_after(cmd->user->bus, refusal.when, &place, arg->text);
	if (!error && refusal.error) {
		error = refusal.error;
		place = (struct vmb_error_place) { .channel = refusal.channel };
		memcpy(arg->text, refusal.text, sizeof(arg->text));
		arg->flags |= VMBSAVE_ERROR_REFUSED;
	}
	arg->error = -error;
	arg->status = (__force u32)vmb_errno_to_status(error);
	arg->channel = place.channel;
	arg->chunk = place.chunk;
	arg->offset = place.offset;
	arg->packet = place.packet;
	return vmb_user_cmd_respond(cmd);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/overflow.h>

#include <uapi/linux/vmbsave.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/gpadl.h"
#include "core/limits.h"
#include "migrate/bus_state.h"
#include "user/bus_fd.h"
#include "user/explain.h"
#include "user/memory.h"

/*
 * The core answers with an errno; here is found out, once it has refused, which
 * of its rules it was. What others do meanwhile can make a sentence name another
 * rule than the one that was broken, never the errno another one.
 */

static int refuse_state(struct vmb_user_cmd *cmd, int error, const char *wanted)
{
	return vmb_refuse(&cmd->why, error, "the bus is in %s; it takes %s",
			  vmb_bus_state_name(READ_ONCE(cmd->user->bus->state)), wanted);
}

static bool is_full(enum vmb_limit which, u64 more)
{
	return vmb_limit_used(which) + more > vmb_limit_max(which);
}

static int refuse_limit(struct vmb_user_cmd *cmd, enum vmb_limit which, u64 more)
{
	return vmb_refuse(&cmd->why, -EDQUOT,
			  "max_%s is %llu: there are %llu, and it takes %llu more",
			  vmb_limit_name(which), vmb_limit_max(which),
			  vmb_limit_used(which), more);
}

/* What has nothing to do with the arguments. Return: true if it was that */
static bool explain_wait(struct vmb_user_cmd *cmd, struct vmb_channel *channel,
			 int error)
{
	switch (error) {
	case -ENODEV:
		if (vmb_bus_is_dying(cmd->user->bus))
			vmb_refuse(&cmd->why, error, "the bus is going away");
		else if (channel && READ_ONCE(channel->gone))
			vmb_refuse(&cmd->why, error, "channel %u is going away, or its VSP is",
				   channel->id);
		else
			return false;
		return true;
	case -EBUSY:
		if (!channel)
			return false;
		vmb_refuse(&cmd->why, error, "channel %u is being saved or restored",
			   channel->id);
		return true;
	case -EINTR:
		vmb_refuse_as_bus(&cmd->why, cmd->user->bus, error);
		return true;
	default:
		return error == -ENOMEM;
	}
}

static int explain_twin(struct vmb_user_cmd *cmd,
			const struct vmb_channel_identity *identity)
{
	struct vmb_channel *twin = vmb_bus_find_identity(cmd->user->bus, identity);
	u32 id = twin ? twin->id : 0;

	if (!twin)
		return 0;
	vmb_channel_put(twin);
	return vmb_refuse(&cmd->why, -EEXIST,
			  "type %pUl, instance %pUl, subchannel %u: that is channel %u",
			  &identity->type, &identity->instance,
			  identity->subchannel, id);
}

/**
 * vmb_explain_offer() - why an offer was refused
 * @cmd: OFFER_CHANNEL
 * @identity: what was offered
 * @error: from vmb_bus_offer()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_offer(struct vmb_user_cmd *cmd,
		      const struct vmb_channel_identity *identity, int error)
{
	if (explain_wait(cmd, NULL, error))
		return error;
	if (error == -EBADFD && !vmb_bus_is_changeable(cmd->user->bus))
		return refuse_state(cmd, error, "stop or running");
	if (error == -EDQUOT && is_full(VMB_LIMIT_CHANNELS, 1))
		return refuse_limit(cmd, VMB_LIMIT_CHANNELS, 1);
	if (error == -EEXIST && explain_twin(cmd, identity))
		return error;
	if (error == -ENODEV)
		return vmb_refuse(&cmd->why, error,
				  "type %pUl: no VSP serves it, and no module is vmb:%pUl",
				  &identity->type, &identity->type);
	return vmb_refuse(&cmd->why, error, "type %pUl: its VSP's probe answered %pe",
			  &identity->type, ERR_PTR(error));
}

/**
 * vmb_explain_rescind() - why a channel was not rescinded
 * @cmd: RESCIND_CHANNEL
 * @error: from vmb_bus_rescind()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_rescind(struct vmb_user_cmd *cmd, int error)
{
	const struct vmbsave_channel_id *arg = cmd->arg;

	switch (error) {
	case -EBADFD:
		return refuse_state(cmd, error, "stop or running");
	case -ENOENT:
		return vmb_refuse(&cmd->why, error, "channel %u: there is none on the bus",
				  arg->channel);
	case -EBUSY:
		cmd->why.channel = arg->channel;
		return vmb_refuse(&cmd->why, error,
				  "channel %u: it has an owner, and the offer is his",
				  arg->channel);
	default:
		explain_wait(cmd, NULL, error);
		return error;
	}
}

static int explain_buffer(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_create_gpadl *arg = cmd->arg;
	u32 end;

	if (!arg->gpadl)
		return vmb_refuse(&cmd->why, -EINVAL, "gpadl 0: ids begin at 1");
	if (!arg->byte_count)
		return vmb_refuse(&cmd->why, -EINVAL, "byte_count 0: a GPADL has bytes");
	if (check_add_overflow(arg->byte_count, arg->byte_offset, &end))
		return vmb_refuse(&cmd->why, -EINVAL,
				  "byte_count %u with byte_offset %u is not below 2^32",
				  arg->byte_count, arg->byte_offset);
	if (arg->byte_offset >= VMBSAVE_PAGE_SIZE)
		return vmb_refuse(&cmd->why, -EINVAL, "byte_offset %u is not below %u",
				  arg->byte_offset, VMBSAVE_PAGE_SIZE);
	return vmb_refuse(&cmd->why, -EINVAL,
			  "nr_pfns %u: byte_count %u at byte_offset %u touches %llu pages",
			  arg->nr_pfns, arg->byte_count, arg->byte_offset,
			  vmb_gpadl_pages_touched(arg->byte_count, arg->byte_offset));
}

/**
 * vmb_explain_gpadl_alloc() - why there is no object of a GPADL
 * @cmd: CREATE_GPADL
 * @error: from vmb_gpadl_alloc()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_gpadl_alloc(struct vmb_user_cmd *cmd, int error)
{
	const struct vmbsave_create_gpadl *arg = cmd->arg;

	if (error == -EINVAL)
		return explain_buffer(cmd);
	if (error == -EDQUOT && is_full(VMB_LIMIT_GPADLS, 1))
		return refuse_limit(cmd, VMB_LIMIT_GPADLS, 1);
	if (error == -EDQUOT)
		return refuse_limit(cmd, VMB_LIMIT_PAGES, arg->nr_pfns);
	return error;
}

/**
 * vmb_explain_gpadl_create() - why pages were not lent
 * @cmd: CREATE_GPADL
 * @channel: the channel
 * @gpadl: the pages
 * @error: from vmb_gpadl_create()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_gpadl_create(struct vmb_user_cmd *cmd, struct vmb_channel *channel,
			     const struct vmb_gpadl *gpadl, int error)
{
	if (error == -EFAULT || error == -ENOMEM)
		return vmb_user_memory_explain(&cmd->user->memory, gpadl->pfns,
					       gpadl->nr_pages, &cmd->why, error);
	if (explain_wait(cmd, channel, error))
		return error;
	if (error == -EBADFD && !vmb_bus_is_changeable(cmd->user->bus))
		return refuse_state(cmd, error, "stop or running");
	if (error == -EBADFD)
		return vmb_refuse(&cmd->why, error, "channel %u: its VSP has not enabled it",
				  channel->id);
	if (error == -EEXIST)
		return vmb_refuse(&cmd->why, error, "gpadl %u: channel %u has one with this id",
				  gpadl->id, channel->id);
	return error;
}

/* Return: 0: nobody uses it, so it is a session that has the channel */
static int explain_use(struct vmb_user_cmd *cmd, struct vmb_channel *channel)
{
	const struct vmbsave_gpadl_id *arg = cmd->arg;
	const struct vmb_gpadl *gpadl;

	if (READ_ONCE(channel->held))
		return 0;
	guard(spinlock)(&channel->gpadls.xa_lock);
	gpadl = xa_load(&channel->gpadls, arg->gpadl);
	if (gpadl && gpadl == channel->ring_gpadl)
		return vmb_refuse(&cmd->why, -EBUSY,
				  "gpadl %u: the rings of channel %u are in it, which is open",
				  arg->gpadl, channel->id);
	if (gpadl && gpadl->taker)
		return vmb_refuse(&cmd->why, -EBUSY,
				  "gpadl %u: another call waits until the VSP unmaps it",
				  arg->gpadl);
	return 0;
}

/**
 * vmb_explain_gpadl_teardown() - why pages were not taken back
 * @cmd: TEARDOWN_GPADL
 * @channel: the channel
 * @error: from vmb_gpadl_teardown()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_gpadl_teardown(struct vmb_user_cmd *cmd, struct vmb_channel *channel,
			       int error)
{
	const struct vmbsave_gpadl_id *arg = cmd->arg;

	if (error == -EBUSY && explain_use(cmd, channel))
		return error;
	if (explain_wait(cmd, channel, error))
		return error;
	if (error == -EBADFD)
		return refuse_state(cmd, error, "stop or running");
	if (error == -ENOENT)
		return vmb_refuse(&cmd->why, error, "gpadl %u: channel %u has none with this id",
				  arg->gpadl, channel->id);
	return error;
}

/* Which rule of the rings was broken? The GPADL can go at any time. */
static int explain_rings(struct vmb_user_cmd *cmd, struct vmb_channel *channel)
{
	const struct vmbsave_open_channel *arg = cmd->arg;
	const struct vmb_gpadl *gpadl;

	guard(spinlock)(&channel->gpadls.xa_lock);
	gpadl = xa_load(&channel->gpadls, arg->gpadl);
	if (!gpadl)
		return vmb_refuse(&cmd->why, -EINVAL, "gpadl %u has gone", arg->gpadl);
	if (gpadl->flags & VMB_GPADL_READ_ONLY)
		return vmb_refuse(&cmd->why, -EINVAL,
				  "gpadl %u is read-only, and rings are written",
				  arg->gpadl);
	if (gpadl->byte_offset || gpadl->byte_count % VMBSAVE_PAGE_SIZE)
		return vmb_refuse(&cmd->why, -EINVAL,
				  "gpadl %u: byte_offset %u, byte_count %u: rings are whole pages",
				  arg->gpadl, gpadl->byte_offset, gpadl->byte_count);
	return vmb_refuse(&cmd->why, -EINVAL,
			  "downstream_page %u of %u in gpadl %u: a ring has at least 2 pages",
			  arg->downstream_page, gpadl->nr_pages, arg->gpadl);
}

static bool is_connected(struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);
	return channel->host;
}

/**
 * vmb_explain_open() - why a channel was not opened
 * @cmd: OPEN_CHANNEL
 * @channel: the channel
 * @error: from vmb_channel_open()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_open(struct vmb_user_cmd *cmd, struct vmb_channel *channel, int error)
{
	const struct vmbsave_open_channel *arg = cmd->arg;

	if (READ_ONCE(channel->open_error) == error)
		return vmb_refuse(&cmd->why, error, "channel %u: its VSP's opened answered %pe",
				  channel->id, ERR_PTR(error));
	if (explain_wait(cmd, channel, error))
		return error;
	switch (error) {
	case -EBADFD:
		if (!vmb_bus_is_running(cmd->user->bus))
			return refuse_state(cmd, error, "running");
		return vmb_refuse(&cmd->why, error, "channel %u is open already, or not offered",
				  channel->id);
	case -ENOENT:
		return vmb_refuse(&cmd->why, error, "gpadl %u: channel %u has none with this id",
				  arg->gpadl, channel->id);
	case -EPROTO:
		return vmb_refuse(&cmd->why, error,
				  "gpadl %u: the indices of a ring in it are not within the ring",
				  arg->gpadl);
	case -EINVAL:
		if (!is_connected(channel))
			return vmb_refuse(&cmd->why, error,
					  "channel %u has no call_fd: SET_EVENTFDS",
					  channel->id);
		return explain_rings(cmd, channel);
	default:
		return error;
	}
}

/**
 * vmb_explain_close() - why a channel was not closed
 * @cmd: CLOSE_CHANNEL
 * @channel: the channel
 * @error: from vmb_channel_close()
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_explain_close(struct vmb_user_cmd *cmd, struct vmb_channel *channel, int error)
{
	if (explain_wait(cmd, channel, error) || error != -EBADFD)
		return error;
	if (!vmb_bus_is_running(cmd->user->bus))
		return refuse_state(cmd, error, "running");
	return vmb_refuse(&cmd->why, error, "channel %u is not open", channel->id);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/capability.h>
#include <linux/err.h>
#include <linux/poll.h>
#include <linux/string.h>

#include <uapi/linux/vmbsave.h>

#include "core/bus.h"
#include "migrate/bus_state.h"
#include "user/bus_fd.h"
#include "user/control.h"
#include "user/stream_fd.h"

/**
 * DOC: Who changes the state of a bus
 *
 * 1. The file that has made a bus does: the VMM.
 * 2. Another open file, on which nothing was done yet, is attached to it: an
 *    operator. Its own bus goes away. The VMM is refused from then on.
 * 3. The operator's file is closed: what he began and did not finish is
 *    undone, and the VMM may change the state again.
 *
 * A change of state is made with the turn @control of the bus, so that nobody
 * attaches or goes away in the middle of one. It is not the bus's own turn: the
 * VMM keeps offering channels meanwhile.
 *
 * Unhappy paths. The VMM's file is closed: the bus goes at once, and ends any
 * wait that the operator's change of state is in; he is told ENODEV by this and
 * every later call. Both are killed: whoever comes first, the other one finds
 * nothing to do.
 */

/**
 * vmb_user_file_attached() - the other bus of a file
 * @file: the file
 *
 * Context: any.
 * Return: it, or NULL: the file has its own bus.
 */
struct vmb_user_bus *vmb_user_file_attached(struct vmb_user_file *file)
{
	struct vmb_user_bus *user = READ_ONCE(file->attached);

	return IS_ERR_OR_NULL(user) ? NULL : user;
}

/**
 * vmb_user_file_use() - do something that the bus of a file will show
 * @file: the file
 *
 * It cannot be attached from now on.
 *
 * Context: any.
 * Return: true, or false: it is attached.
 */
bool vmb_user_file_use(struct vmb_user_file *file)
{
	struct vmb_user_bus *was = cmpxchg(&file->attached, NULL,
					   VMB_USER_FILE_USED);

	return IS_ERR_OR_NULL(was);
}

/* Return: 0, then end_control() must follow */
static int begin_control(struct vmb_user_cmd *cmd)
{
	const struct vmb_user_file *controller =
		vmb_user_file_attached(cmd->file) ? cmd->file : NULL;
	int ret = vmb_turn_take_killable(&cmd->user->control);

	if (ret)
		return ret;
	if (cmd->user->controller == controller)
		return 0;
	vmb_turn_release(&cmd->user->control);
	return vmb_refuse(&cmd->why, -EBUSY,
			  "an operator is attached to the bus, and he alone changes its state");
}

static void end_control(struct vmb_user_cmd *cmd)
{
	vmb_turn_release(&cmd->user->control);
}

static void set_controller(struct vmb_user_bus *user,
			   const struct vmb_user_file *controller)
{
	guard(spinlock)(&user->lock);
	WRITE_ONCE(user->controller, controller);
}

/**
 * vmb_user_wake_controller() - a bus has gone
 * @user: the bus
 *
 * Whoever is attached to it may wait to hear so. It does not take @control: a
 * change of state can wait for memory of the operator's, the VMM not for that.
 * Context: process context.
 */
void vmb_user_wake_controller(struct vmb_user_bus *user)
{
	guard(spinlock)(&user->lock);
	if (user->controller)
		wake_up_poll(&user->controller->own->channels.wait,
			     EPOLLERR | EPOLLHUP);
}

static int attach(struct vmb_user_cmd *cmd, struct vmb_user_bus *user, bool keep)
{
	struct vmb_user_file *file = cmd->file;
	int ret = vmb_turn_take_killable(&user->control);

	if (ret)
		return ret;
	if (user->controller) {
		ret = vmb_refuse(&cmd->why, -EBUSY, "an operator is attached to the bus already");
	} else if (vmb_bus_is_dying(user->bus)) {
		ret = vmb_refuse(&cmd->why, -ENODEV, "the bus is going away");
	} else if (cmpxchg(&file->attached, NULL, user)) {
		ret = vmb_refuse(&cmd->why, -EBUSY,
				 "something was done on this file already; it takes a new one");
	} else {
		vmb_bus_mark(user->bus, &file->mark);
		file->keep = keep;
		set_controller(user, file);
	}
	vmb_turn_release(&user->control);
	return ret;
}

static int check_attach(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_attach *arg = cmd->arg;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags & ~VMBSAVE_ATTACH_KEEP_STATE))
		return -EINVAL;
	if (!memchr(arg->name, '\0', sizeof(arg->name)))
		return vmb_refuse(&cmd->why, -EINVAL, "name: no NUL ends it");
	if (!capable(CAP_SYS_ADMIN))
		return vmb_refuse(&cmd->why, -EPERM,
				  "it takes CAP_SYS_ADMIN in the initial user namespace");
	return 0;
}

/**
 * vmb_user_attach() - VMBSAVE_ATTACH
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: 0; or nothing happened: -EINVAL, -EPERM, -ENOENT, -EBUSY, -ENODEV,
 * -EINTR.
 */
int vmb_user_attach(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_attach *arg = cmd->arg;
	const char *name = (const char *)arg->name;
	struct vmb_user_file *file = cmd->file;
	struct vmb_user_bus *user;
	int ret;

	ret = check_attach(cmd);
	if (ret)
		return ret;
	user = vmb_user_bus_find(name);
	if (!user)
		return vmb_refuse(&cmd->why, -ENOENT, "name \"%s\": there is no such bus", name);
	if (user == file->own)
		ret = vmb_refuse(&cmd->why, -EINVAL, "name \"%s\" is the file's own bus", name);
	else
		ret = attach(cmd, user, arg->flags & VMBSAVE_ATTACH_KEEP_STATE);
	if (ret) {
		vmb_bus_put(user->bus);
		return ret;
	}
	/*
	 * Somebody may be looking at it, or wait for it in poll(); he is woken,
	 * and sees it if the other bus has gone since it was attached.
	 */
	vmb_bus_get(file->own->bus);
	vmb_user_bus_destroy(file->own);
	return 0;
}

/**
 * vmb_user_file_detach() - undo vmb_user_attach()
 * @file: attached, and being closed
 * Context: process context, may sleep; calls back VSPs.
 */
void vmb_user_file_detach(struct vmb_user_file *file)
{
	struct vmb_user_bus *user = file->attached;

	if (!WARN_ON_ONCE(vmb_turn_take(&user->control))) {
		vmb_bus_undo(user->bus, &file->mark, file->keep);
		set_controller(user, NULL);
		vmb_turn_release(&user->control);
	}
	vmb_bus_put(user->bus);
	vmb_bus_put(file->own->bus);
}

static int refuse_data_fd(struct vmb_user_cmd *cmd, int error)
{
	if (error == -EMFILE)
		vmb_refuse(&cmd->why, error, "RLIMIT_NOFILE leaves no number for the data fd");
	else if (error == -ENFILE)
		vmb_refuse(&cmd->why, error,
			   "the machine has no more open files, and it takes a data fd");
	return error;
}

/* Why it failed the bus has said, but for what has nothing to do with states. */
static void refuse_change(struct vmb_user_cmd *cmd, int error)
{
	if (!vmb_refuse_as_bus(&cmd->why, cmd->user->bus, error) && error == -ENODEV)
		vmb_refuse(&cmd->why, error, "the bus is going away");
}

/*
 * The file is made before the state changes, so that nothing but a caller's
 * own unmapping can fail afterwards; that is undone as by RESET.
 */
static int change_state(struct vmb_user_cmd *cmd)
{
	struct vmb_bus *bus = cmd->user->bus;
	struct vmbsave_set_state *arg = cmd->arg;
	struct vmb_stream_fd stream;
	struct vmb_bus_data data = {};
	int ret;

	ret = vmb_stream_fd_prepare(&stream, arg->state, cmd->file->refusals);
	if (ret)
		return refuse_data_fd(cmd, ret);
	ret = vmb_bus_set_state(bus, arg->state, arg->timeout_ms, &data);
	arg->reached = data.reached;
	if (ret || (!data.save && !data.restore)) {
		vmb_stream_fd_cancel(&stream);
		if (!ret)
			return vmb_user_cmd_respond(cmd);
		refuse_change(cmd, ret);
		return vmb_user_cmd_fail(cmd, ret);
	}
	vmb_stream_fd_attach(&stream, bus, &data);
	arg->data_fd = stream.fd;
	ret = vmb_user_cmd_respond(cmd);
	if (ret) {
		vmb_stream_fd_cancel(&stream);
		vmb_bus_reset(bus);
		return ret;
	}
	vmb_stream_fd_install(&stream);
	return 0;
}

/**
 * vmb_user_set_state() - VMBSAVE_SET_STATE
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: as vmb_bus_set_state(), and -EBUSY (another controller), -EFAULT,
 * -ENOMEM, -EMFILE, -ENFILE.
 */
int vmb_user_set_state(struct vmb_user_cmd *cmd)
{
	struct vmbsave_set_state *arg = cmd->arg;
	int ret;

	if (arg->state < VMBSAVE_STATE_STOP || arg->state > VMBSAVE_STATE_RESUMING)
		return vmb_refuse(&cmd->why, -EINVAL, "state %u is none that can be asked for",
				  arg->state);
	if (vmb_user_cmd_zero(cmd, "reserved", arg->reserved))
		return -EINVAL;
	arg->data_fd = -1;
	arg->reached = READ_ONCE(cmd->user->bus->state);
	ret = vmb_user_cmd_respond(cmd);
	if (ret)
		return ret;
	ret = begin_control(cmd);
	if (ret)
		return ret;
	ret = change_state(cmd);
	end_control(cmd);
	return ret;
}

/**
 * vmb_user_reset() - VMBSAVE_RESET
 * @cmd: the ioctl
 *
 * Context: process context.
 * Return: -EINVAL, -EBUSY (another controller), or as vmb_bus_reset().
 */
int vmb_user_reset(struct vmb_user_cmd *cmd)
{
	const struct vmbsave_reset *arg = cmd->arg;
	int ret;

	if (vmb_user_cmd_zero(cmd, "flags", arg->flags))
		return -EINVAL;
	ret = begin_control(cmd);
	if (ret)
		return ret;
	ret = vmb_bus_reset(cmd->user->bus);
	if (ret)
		refuse_change(cmd, ret);
	end_control(cmd);
	return ret;
}

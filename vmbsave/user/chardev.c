// SPDX-License-Identifier: GPL-2.0-only
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/nospec.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmb_bus.h>
#include <linux/vmb_ns.h>

#include <uapi/linux/vmbsave.h>

#include "core/bus.h"
#include "user/bus_fd.h"
#include "user/chardev.h"
#include "user/control.h"

/* What user space was built with; the same on every architecture. */
static_assert(sizeof(struct vmbsave_info) == 128);
static_assert(sizeof(struct vmbsave_memory_region) == 32);
static_assert(sizeof(struct vmbsave_offer_channel) == 48);
static_assert(sizeof(struct vmbsave_channel_info) == 136);
static_assert(sizeof(struct vmbsave_channel_id) == 8);
static_assert(sizeof(struct vmbsave_eventfds) == 16);
static_assert(sizeof(struct vmbsave_create_gpadl) == 40);
static_assert(sizeof(struct vmbsave_gpadl_id) == 16);
static_assert(sizeof(struct vmbsave_open_channel) == 160);
static_assert(sizeof(struct vmbsave_set_state) == 24);
static_assert(sizeof(struct vmbsave_reset) == 8);
static_assert(sizeof(struct vmbsave_last_error) == 232);
static_assert(sizeof(struct vmbsave_stats) == 152);
static_assert(sizeof(struct vmbsave_gpadl_pages) == 24);
static_assert(sizeof(struct vmbsave_attach) == 72);
static_assert(sizeof(struct vmbsave_event) == 16);

/* Room for the structure of any ioctl; each begins with its size. */
union arg {
	u32 size;
	struct vmbsave_info info;
	struct vmbsave_memory_region memory_region;
	struct vmbsave_offer_channel offer_channel;
	struct vmbsave_channel_id channel_id;
	struct vmbsave_eventfds eventfds;
	struct vmbsave_create_gpadl create_gpadl;
	struct vmbsave_gpadl_id gpadl_id;
	struct vmbsave_open_channel open_channel;
	struct vmbsave_set_state set_state;
	struct vmbsave_reset reset;
	struct vmbsave_last_error last_error;
	struct vmbsave_channel_info channel_info;
	struct vmbsave_stats stats;
	struct vmbsave_gpadl_pages gpadl_pages;
	struct vmbsave_attach attach;
};

/**
 * enum use - what an ioctl does to its file
 * @USE_VMM: the file must be the one that has made the bus, and is used then
 * @USE_CONTROL: it may be an attached one too; else it is used then
 * @USE_LOOK: nothing, and any file will do
 * @USE_ANY: as @USE_LOOK, also once the bus of an attached file has gone
 */
enum use {
	USE_VMM,
	USE_CONTROL,
	USE_LOOK,
	USE_ANY,
};

/**
 * struct op - one ioctl
 * @code: its number
 * @name: its name
 * @size: of its structure
 * @min_size: up to the last field that cannot be left to its default
 * @use: what it does to its file
 * @execute: does it
 */
struct op {
	unsigned int code;
	const char *name;
	u32 size;
	u32 min_size;
	enum use use;
	int (*execute)(struct vmb_user_cmd *cmd);
};

#define OP(_name, _use, _execute, _struct, _last)			\
	[_IOC_NR(VMBSAVE_##_name)] = {					\
		.code = VMBSAVE_##_name,				\
		.name = #_name,						\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(offsetof(struct _struct, size)), \
		.min_size = offsetofend(struct _struct, _last),		\
		.use = (_use),						\
		.execute = (_execute),					\
	}

static const struct op ops[] = {
	OP(GET_INFO, USE_LOOK, vmb_user_get_info, vmbsave_info, flags),
	OP(SET_MEMORY_REGION, USE_VMM, vmb_user_set_memory_region,
	   vmbsave_memory_region, bytes),
	OP(OFFER_CHANNEL, USE_VMM, vmb_user_offer_channel,
	   vmbsave_offer_channel, channel),
	OP(RESCIND_CHANNEL, USE_VMM, vmb_user_rescind_channel,
	   vmbsave_channel_id, channel),
	OP(SET_EVENTFDS, USE_VMM, vmb_user_set_eventfds, vmbsave_eventfds,
	   call_fd),
	OP(CREATE_GPADL, USE_VMM, vmb_user_create_gpadl, vmbsave_create_gpadl,
	   pfns),
	OP(TEARDOWN_GPADL, USE_VMM, vmb_user_teardown_gpadl, vmbsave_gpadl_id,
	   gpadl),
	OP(OPEN_CHANNEL, USE_VMM, vmb_user_open_channel, vmbsave_open_channel,
	   downstream_page),
	OP(CLOSE_CHANNEL, USE_VMM, vmb_user_close_channel, vmbsave_channel_id,
	   channel),
	OP(SET_STATE, USE_CONTROL, vmb_user_set_state, vmbsave_set_state,
	   data_fd),
	OP(RESET, USE_CONTROL, vmb_user_reset, vmbsave_reset, flags),
	OP(LAST_ERROR, USE_ANY, vmb_user_last_error, vmbsave_last_error, flags),
	OP(GET_CHANNEL, USE_LOOK, vmb_user_get_channel, vmbsave_channel_info,
	   channel),
	OP(GET_STATS, USE_LOOK, vmb_user_get_stats, vmbsave_stats, flags),
	OP(GET_GPADL_PAGES, USE_LOOK, vmb_user_get_gpadl_pages,
	   vmbsave_gpadl_pages, pfns),
	OP(ATTACH, USE_LOOK, vmb_user_attach, vmbsave_attach, name),
};

static const struct op *find_op(unsigned int code)
{
	unsigned int nr = _IOC_NR(code);

	if (nr >= ARRAY_SIZE(ops))
		return NULL;
	nr = array_index_nospec(nr, ARRAY_SIZE(ops));
	return ops[nr].code == code ? &ops[nr] : NULL;
}

static int choose_bus(struct vmb_user_cmd *cmd, enum use use)
{
	struct vmb_user_file *file = cmd->file;
	struct vmb_user_bus *attached = NULL;

	if (use == USE_LOOK || use == USE_ANY || !vmb_user_file_use(file))
		attached = vmb_user_file_attached(file);
	cmd->user = attached ?: file->own;
	if (!attached || use == USE_ANY)
		return 0;
	if (use == USE_VMM)
		return vmb_refuse(&cmd->why, -EBADFD,
				  "the file is attached to %s; this is for the file that made it",
				  dev_name(&attached->bus->dev));
	if (!vmb_bus_is_dying(attached->bus))
		return 0;
	return vmb_refuse(&cmd->why, -ENODEV, "%s, to which the file is attached, has gone",
			  dev_name(&attached->bus->dev));
}

static int copy_arg(struct vmb_user_cmd *cmd, const struct op *op)
{
	int ret;

	if (get_user(cmd->user_size, (u32 __user *)cmd->uarg))
		return vmb_refuse(&cmd->why, -EFAULT, "size: the argument cannot be read");
	if (cmd->user_size < op->min_size)
		return vmb_refuse(&cmd->why, -EINVAL, "size %u: at least %u bytes it takes",
				  cmd->user_size, op->min_size);
	/* Zeros beyond any structure to come are not worth looking at. */
	if (cmd->user_size > PAGE_SIZE)
		return vmb_refuse(&cmd->why, -E2BIG, "size %u is more than a page", cmd->user_size);
	cmd->size = op->size;
	ret = copy_struct_from_user(cmd->arg, op->size, cmd->uarg, cmd->user_size);
	if (ret == -E2BIG)
		vmb_refuse(&cmd->why, ret,
			   "size %u: this kernel knows %u bytes, and what follows is not zero",
			   cmd->user_size, op->size);
	else if (ret)
		vmb_refuse(&cmd->why, ret, "size %u: the argument's bytes cannot all be read",
			   cmd->user_size);
	return ret;
}

static int execute(struct vmb_user_cmd *cmd, const struct op *op)
{
	return copy_arg(cmd, op) ?: choose_bus(cmd, op->use) ?: op->execute(cmd);
}

/* Its own function: what is here takes no room on the stack of a call. */
static noinline long refuse_unknown(struct vmb_user_file *file, unsigned int code)
{
	struct vmb_refusal why = {};
	char name[sizeof("ioctl 0x12345678")];

	snprintf(name, sizeof(name), "ioctl 0x%x", code);
	vmb_refuse(&why, -ENOTTY, "there is no such command");
	vmb_refusals_note(file->refusals, name, -ENOTTY, &why);
	return -ENOTTY;
}

static long chardev_ioctl(struct file *file, unsigned int code,
			  unsigned long uarg)
{
	const struct op *op = find_op(code);
	union arg arg;
	struct vmb_user_cmd cmd = {
		.file = file->private_data,
		.uarg = (void __user *)uarg,
		.arg = &arg,
	};
	int ret;

	if (!op)
		return refuse_unknown(cmd.file, code);
	ret = execute(&cmd, op);
	if (ret)
		vmb_refusals_note(cmd.file->refusals, op->name, ret, &cmd.why);
	return ret;
}

static ssize_t read_events(struct file *file, char __user *buf, size_t size,
			   struct vmb_refusal *why)
{
	struct vmb_user_file *user = file->private_data;
	ssize_t ret;

	if (!vmb_user_file_use(user))
		return vmb_refuse(why, -EBADFD,
				  "the file is attached; events are for the file that made it");
	ret = vmb_channel_table_read(&user->own->channels, buf, size,
				     file->f_flags & O_NONBLOCK);
	if (ret == -EINVAL)
		vmb_refuse(why, ret, "%zu bytes: an event has %zu", size,
			   sizeof(struct vmbsave_event));
	else if (ret == -EFAULT)
		vmb_refuse(why, ret, "the event cannot be written to the buffer");
	return ret;
}

static ssize_t chardev_read(struct file *file, char __user *buf, size_t size,
			    loff_t *pos)
{
	struct vmb_user_file *user = file->private_data;
	struct vmb_refusal why = {};
	ssize_t ret = read_events(file, buf, size, &why);

	/* That there is none yet is an answer. */
	if (ret < 0 && ret != -EAGAIN && ret != -ERESTARTSYS)
		vmb_refusals_note(user->refusals, "read()", ret, &why);
	return ret;
}

static __poll_t chardev_poll(struct file *file, poll_table *wait)
{
	struct vmb_user_file *user = file->private_data;
	struct vmb_user_bus *attached = vmb_user_file_attached(user);

	if (!attached)
		return vmb_channel_table_poll(&user->own->channels, file, wait);
	/* Who has begun to wait before ATTACH waits there. */
	poll_wait(file, &user->own->channels.wait, wait);
	return vmb_bus_is_dying(attached->bus) ? EPOLLERR | EPOLLHUP : 0;
}

static void free_file(struct vmb_user_file *user)
{
	if (user->refusals)
		vmb_refusals_put(user->refusals);
	kfree(user);
}

static int chardev_open(struct inode *inode, struct file *file)
{
	struct vmb_user_file *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	int ret = -ENOMEM;

	if (!user)
		return ret;
	user->refusals = vmb_refusals_create();
	if (!user->refusals)
		goto err_file;
	user->own = vmb_user_bus_create();
	if (IS_ERR(user->own)) {
		ret = PTR_ERR(user->own);
		goto err_file;
	}
	file->private_data = user;
	return stream_open(inode, file);

err_file:
	free_file(user);
	return ret;
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct vmb_user_file *user = file->private_data;

	if (vmb_user_file_attached(user))
		vmb_user_file_detach(user);
	else
		vmb_user_bus_destroy(user->own);
	free_file(user);
	return 0;
}

static const struct file_operations chardev_fops = {
	.owner = THIS_MODULE,
	.open = chardev_open,
	.release = chardev_release,
	.read = chardev_read,
	.poll = chardev_poll,
	.unlocked_ioctl = chardev_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

struct vmb_bus *vmb_bus_get_by_fd(int fd)
{
	struct file *file = fget(fd);
	struct vmb_bus *bus = ERR_PTR(-EINVAL);

	if (!file)
		return ERR_PTR(-EBADF);
	if (file->f_op == &chardev_fops) {
		struct vmb_user_file *user = file->private_data;

		/* Who is attached is not the VMM. */
		if (vmb_user_file_use(user))
			bus = vmb_bus_get(user->own->bus);
	}
	fput(file);
	return bus;
}
EXPORT_SYMBOL_NS_GPL(vmb_bus_get_by_fd, VMBSAVE_NS);

static struct miscdevice chardev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vmbsave",
	.fops = &chardev_fops,
	.mode = 0600,
};

/**
 * vmb_chardev_register() - make /dev/vmbsave
 *
 * Context: process context; all else is ready to be used.
 * Return: 0 or an errno of the driver core.
 */
int vmb_chardev_register(void)
{
	return misc_register(&chardev);
}

/**
 * vmb_chardev_unregister() - undo vmb_chardev_register()
 * Context: process context; no file is open, each pins the module.
 */
void vmb_chardev_unregister(void)
{
	misc_deregister(&chardev);
}

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
 */
enum use {
	USE_VMM,
	USE_CONTROL,
	USE_LOOK,
};

/**
 * struct op - one ioctl
 * @code: its number
 * @size: of its structure
 * @min_size: up to the last field that cannot be left to its default
 * @use: what it does to its file
 * @execute: does it
 */
struct op {
	unsigned int code;
	u32 size;
	u32 min_size;
	enum use use;
	int (*execute)(struct vmb_user_cmd *cmd);
};

#define OP_USE(_code, _execute, _struct, _last, _use)			\
	[_IOC_NR(_code)] = {						\
		.code = (_code),					\
		.size = sizeof(struct _struct) +			\
			BUILD_BUG_ON_ZERO(offsetof(struct _struct, size)), \
		.min_size = offsetofend(struct _struct, _last),		\
		.use = (_use),						\
		.execute = (_execute),					\
	}
#define OP(_code, _execute, _struct, _last)				\
	OP_USE(_code, _execute, _struct, _last, USE_VMM)
#define OP_CONTROL(_code, _execute, _struct, _last)			\
	OP_USE(_code, _execute, _struct, _last, USE_CONTROL)
#define OP_LOOK(_code, _execute, _struct, _last)			\
	OP_USE(_code, _execute, _struct, _last, USE_LOOK)

static const struct op ops[] = {
	OP_LOOK(VMBSAVE_GET_INFO, vmb_user_get_info, vmbsave_info, flags),
	OP(VMBSAVE_SET_MEMORY_REGION, vmb_user_set_memory_region,
	   vmbsave_memory_region, bytes),
	OP(VMBSAVE_OFFER_CHANNEL, vmb_user_offer_channel, vmbsave_offer_channel,
	   channel),
	OP(VMBSAVE_RESCIND_CHANNEL, vmb_user_rescind_channel,
	   vmbsave_channel_id, channel),
	OP(VMBSAVE_SET_EVENTFDS, vmb_user_set_eventfds, vmbsave_eventfds,
	   call_fd),
	OP(VMBSAVE_CREATE_GPADL, vmb_user_create_gpadl, vmbsave_create_gpadl,
	   pfns),
	OP(VMBSAVE_TEARDOWN_GPADL, vmb_user_teardown_gpadl, vmbsave_gpadl_id,
	   gpadl),
	OP(VMBSAVE_OPEN_CHANNEL, vmb_user_open_channel, vmbsave_open_channel,
	   downstream_page),
	OP(VMBSAVE_CLOSE_CHANNEL, vmb_user_close_channel, vmbsave_channel_id,
	   channel),
	OP_CONTROL(VMBSAVE_SET_STATE, vmb_user_set_state, vmbsave_set_state,
		   data_fd),
	OP_CONTROL(VMBSAVE_RESET, vmb_user_reset, vmbsave_reset, flags),
	OP_LOOK(VMBSAVE_LAST_ERROR, vmb_user_last_error, vmbsave_last_error,
		flags),
	OP_LOOK(VMBSAVE_GET_CHANNEL, vmb_user_get_channel, vmbsave_channel_info,
		channel),
	OP_LOOK(VMBSAVE_GET_STATS, vmb_user_get_stats, vmbsave_stats, flags),
	OP_LOOK(VMBSAVE_GET_GPADL_PAGES, vmb_user_get_gpadl_pages,
		vmbsave_gpadl_pages, pfns),
	OP_LOOK(VMBSAVE_ATTACH, vmb_user_attach, vmbsave_attach, name),
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

	if (use == USE_LOOK || !vmb_user_file_use(file))
		attached = vmb_user_file_attached(file);
	cmd->user = attached ?: file->own;
	if (!attached)
		return 0;
	if (use == USE_VMM)
		return -EBADFD;
	return vmb_bus_is_dying(attached->bus) ? -ENODEV : 0;
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
		return -ENOTTY;
	if (get_user(cmd.user_size, (u32 __user *)cmd.uarg))
		return -EFAULT;
	if (cmd.user_size < op->min_size)
		return -EINVAL;
	/* Zeros beyond any structure to come are not worth looking at. */
	if (cmd.user_size > PAGE_SIZE)
		return -E2BIG;
	cmd.size = op->size;
	ret = copy_struct_from_user(&arg, op->size, cmd.uarg, cmd.user_size);
	if (!ret)
		ret = choose_bus(&cmd, op->use);
	return ret ?: op->execute(&cmd);
}

static ssize_t chardev_read(struct file *file, char __user *buf, size_t size,
			    loff_t *pos)
{
	struct vmb_user_file *user = file->private_data;

	if (!vmb_user_file_use(user))
		return -EBADFD;
	return vmb_channel_table_read(&user->own->channels, buf, size,
				      file->f_flags & O_NONBLOCK);
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

static int chardev_open(struct inode *inode, struct file *file)
{
	struct vmb_user_file *user = kzalloc(sizeof(*user), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!user)
		return -ENOMEM;
	user->own = vmb_user_bus_create();
	if (IS_ERR(user->own)) {
		ret = PTR_ERR(user->own);
		kfree(user);
		return ret;
	}
	file->private_data = user;
	return stream_open(inode, file);
}

static int chardev_release(struct inode *inode, struct file *file)
{
	struct vmb_user_file *user = file->private_data;

	if (vmb_user_file_attached(user))
		vmb_user_file_detach(user);
	else
		vmb_user_bus_destroy(user->own);
	kfree(user);
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

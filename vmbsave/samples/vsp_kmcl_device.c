// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vsp_kmcl, a VSP in the names of Windows
 *
 * It does what vsp_queue does, and its guest cannot tell them apart. Where
 * vsp_queue is a driver that gets its channels from a bus, this one owns them:
 *
 * 1. The VMM opens /dev/vsp_kmcl and writes the number of its descriptor of
 *    /dev/vmbsave there, and "incoming" behind it if it waits for a guest that
 *    comes from elsewhere. This is what a VSP's half in user space does on
 *    Windows, and the only way to know of a restore before it begins.
 * 2. The number becomes a bus, on which a channel is offered.
 * 3. When the VMM closes /dev/vsp_kmcl the offer is taken back.
 *
 * Unhappy paths. The channel cannot be made: the write fails and may be
 * repeated. The VMM closes its bus first, or dies: the channel has gone with
 * it, and is disposed of when /dev/vsp_kmcl is closed.
 */
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmb_kmcl.h>
#include "vsp_kmcl.h"
#include "vsp_queue_record.h"

#define ORDER_BYTES	32

/**
 * struct owner - an open file of /dev/vsp_kmcl
 * @lock: protects @queue
 * @queue: its channel, NULL until the bus is known
 */
struct owner {
	struct mutex lock;	/* protects queue */
	struct kmcl_queue *queue;
};

static int owner_open(struct inode *inode, struct file *file)
{
	struct owner *owner = kzalloc(sizeof(*owner), GFP_KERNEL_ACCOUNT);

	if (!owner)
		return -ENOMEM;
	mutex_init(&owner->lock);
	file->private_data = owner;
	return 0;
}

static int owner_release(struct inode *inode, struct file *file)
{
	struct owner *owner = file->private_data;

	if (owner->queue)
		kmcl_queue_destroy(owner->queue);
	mutex_destroy(&owner->lock);
	kfree(owner);
	return 0;
}

static NTSTATUS owner_attach(struct owner *owner, int fd, bool incoming)
{
	static atomic_t last;
	struct kmcl_queue *queue;
	NTSTATUS status;
	char name[24];
	HANDLE bus;

	status = VmbConvertVmbusHandleToKernelHandle((HANDLE)(long)fd, &bus);
	if (!NT_SUCCESS(status))
		return status;
	snprintf(name, sizeof(name), "kmcl%d", atomic_inc_return(&last));
	status = kmcl_queue_create(bus, name, incoming, &queue);
	ZwClose(bus);
	if (NT_SUCCESS(status))
		owner->queue = queue;
	return status;
}

static ssize_t owner_write(struct file *file, const char __user *from, size_t len, loff_t *pos)
{
	struct owner *owner = file->private_data;
	char order[ORDER_BYTES] = "", word[ORDER_BYTES] = "";
	NTSTATUS status;
	int fd;

	if (len >= sizeof(order))
		return -EINVAL;
	if (copy_from_user(order, from, len))
		return -EFAULT;
	if (sscanf(order, "%d %31s", &fd, word) < 1 || (word[0] && strcmp(word, "incoming")))
		return -EINVAL;

	guard(mutex)(&owner->lock);
	if (owner->queue)
		return -EBUSY;
	status = owner_attach(owner, fd, word[0]);
	if (NT_SUCCESS(status))
		return len;
	pr_err_ratelimited("vsp_kmcl: no channel for descriptor %d: status %#x\n", fd,
			   (__force u32)status);
	return status == STATUS_INVALID_HANDLE ? -EBADF : -EIO;
}

static const struct file_operations owner_fops = {
	.owner = THIS_MODULE,
	.open = owner_open,
	.release = owner_release,
	.write = owner_write,
};

static struct miscdevice device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "vsp_kmcl",
	.fops = &owner_fops,
};

static int __init kmcl_init(void)
{
	int err;

	vsp_queue_records_init("vsp_kmcl");
	err = misc_register(&device);
	if (err)
		vsp_queue_records_exit();
	return err;
}

static void __exit kmcl_exit(void)
{
	misc_deregister(&device);
	vsp_queue_records_exit();
}

module_init(kmcl_init);
module_exit(kmcl_exit);

MODULE_DESCRIPTION("Sample VSP in the names of Windows: many packets in flight");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);

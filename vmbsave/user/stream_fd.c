// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>

#include <uapi/linux/vmbsave.h>

#include "migrate/bus_state.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "user/stream_fd.h"

/* Return: bytes handed out, 0: the end of the stream; or a negative errno */
static ssize_t read_some(struct vmb_save *save, char __user *buf, size_t size)
{
	const void *data;
	u32 bytes;
	int ret;

	ret = vmb_save_read_begin(save, &data, &bytes);
	if (ret)
		return ret;
	bytes = min_t(size_t, bytes, size);
	if (copy_to_user(buf, data, bytes)) {
		vmb_save_read_end(save, 0);
		return -EFAULT;
	}
	vmb_save_read_end(save, bytes);
	return bytes;
}

/* An error after some bytes is kept by the session for the next call. */
static ssize_t save_read(struct file *file, char __user *buf, size_t size,
			 loff_t *pos)
{
	size_t done = 0;
	ssize_t ret = 0;

	while (done < size) {
		ret = read_some(file->private_data, buf + done, size - done);
		if (ret <= 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: ret;
}

/* Return: bytes taken in, at least one, or a negative errno */
static ssize_t write_some(struct vmb_restore *restore, const char __user *buf,
			  size_t size)
{
	void *space;
	u32 bytes;
	int ret;

	ret = vmb_restore_write_begin(restore, &space, &bytes);
	if (ret)
		return ret;
	bytes = min_t(size_t, bytes, size);
	if (copy_from_user(space, buf, bytes)) {
		vmb_restore_write_end(restore, 0);
		return -EFAULT;
	}
	ret = vmb_restore_write_end(restore, bytes);
	if (ret)
		return ret;
	/* A session that wants nothing and reports nothing would loop here. */
	return WARN_ON_ONCE(!bytes) ? -EPROTO : bytes;
}

static ssize_t restore_write(struct file *file, const char __user *buf,
			     size_t size, loff_t *pos)
{
	size_t done = 0;
	ssize_t ret = 0;

	while (done < size) {
		ret = write_some(file->private_data, buf + done, size - done);
		if (ret < 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: ret;
}

/* The next chunk is always there or made at once, as is room for it. */
static __poll_t stream_poll(struct file *file, poll_table *wait)
{
	return file->f_mode & FMODE_READ ? EPOLLIN | EPOLLRDNORM :
					   EPOLLOUT | EPOLLWRNORM;
}

static int save_release(struct inode *inode, struct file *file)
{
	struct vmb_save *save = file->private_data;

	if (!save)
		return 0;
	vmb_save_abandon(save);
	vmb_save_put(save);
	return 0;
}

/* The commit finds out by itself whether the stream is complete. */
static int restore_release(struct inode *inode, struct file *file)
{
	struct vmb_restore *restore = file->private_data;

	if (restore)
		vmb_restore_put(restore);
	return 0;
}

static const struct file_operations save_fops = {
	.owner = THIS_MODULE,
	.read = save_read,
	.poll = stream_poll,
	.release = save_release,
};

static const struct file_operations restore_fops = {
	.owner = THIS_MODULE,
	.write = restore_write,
	.poll = stream_poll,
	.release = restore_release,
};

static struct file *make_file(u32 state)
{
	struct file *file;

	if (state == VMBSAVE_STATE_STOP_COPY)
		file = anon_inode_getfile("[vmbsave-save]", &save_fops, NULL,
					  O_RDONLY);
	else
		file = anon_inode_getfile("[vmbsave-restore]", &restore_fops,
					  NULL, O_WRONLY);
	if (!IS_ERR(file))
		stream_open(file_inode(file), file);
	return file;
}

/**
 * vmb_stream_fd_prepare() - make the data fd that a state comes with
 * @stream: set
 * @state: VMBSAVE_STATE_* to be entered; most come without one
 *
 * Context: process context, may sleep.
 * Return: 0, then vmb_stream_fd_cancel() or _install() must follow; or -EMFILE,
 * -ENFILE, -ENOMEM.
 */
int vmb_stream_fd_prepare(struct vmb_stream_fd *stream, u32 state)
{
	stream->fd = -1;
	stream->file = NULL;
	if (state != VMBSAVE_STATE_STOP_COPY && state != VMBSAVE_STATE_RESUMING)
		return 0;
	stream->fd = get_unused_fd_flags(O_CLOEXEC);
	if (stream->fd < 0)
		return stream->fd;
	stream->file = make_file(state);
	if (IS_ERR(stream->file)) {
		put_unused_fd(stream->fd);
		return PTR_ERR(stream->file);
	}
	return 0;
}

/**
 * vmb_stream_fd_cancel() - undo vmb_stream_fd_prepare() and _attach()
 * @stream: the data fd
 *
 * What was attached is dropped as if user space had closed it.
 * Context: process context.
 */
void vmb_stream_fd_cancel(struct vmb_stream_fd *stream)
{
	if (!stream->file)
		return;
	put_unused_fd(stream->fd);
	fput(stream->file);
}

/**
 * vmb_stream_fd_attach() - connect a data fd with its session
 * @stream: made for the state that was entered
 * @data: what that gave; the reference in it is the data fd's now
 * Context: process context.
 */
void vmb_stream_fd_attach(struct vmb_stream_fd *stream,
			  const struct vmb_bus_data *data)
{
	if (data->save)
		stream->file->private_data = data->save;
	else
		stream->file->private_data = data->restore;
}

/**
 * vmb_stream_fd_install() - let user space have a data fd
 * @stream: attached
 * Context: process context; cannot fail.
 */
void vmb_stream_fd_install(struct vmb_stream_fd *stream)
{
	fd_install(stream->fd, stream->file);
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/uio.h>

#include <uapi/linux/vmbsave_stream.h>

#include "migrate/restore.h"
#include "user/stream_fd.h"
#include "user/stream_file.h"

/**
 * DOC: The data fd of a restore
 *
 * 1. A piece is copied from the writer to a buffer of the file, without the
 *    session's turn: a writer whose memory is slow keeps nobody waiting but
 *    other writers of the file.
 * 2. The session takes it, whole chunks from where they lie in that buffer.
 *
 * Unhappy paths. The writer's memory is not there: nothing was taken. The
 * session refuses something: the writer is told how much was taken before, and
 * the next write answers the error; the commit does too. The session ends:
 * ESTALE. Closing the file is no verdict: the commit finds out by itself
 * whether the stream is complete.
 */

/* Return: bytes taken in, at least one, or a negative errno */
static ssize_t write_some(struct vmb_stream_file *stream, struct iov_iter *from)
{
	size_t size;
	ssize_t ret;

	ret = vmb_restore_status(stream->restore);
	if (ret)
		return ret;
	size = min_t(size_t, iov_iter_count(from), stream->room);
	size = copy_from_iter(stream->buf, size, from);
	if (!size)
		return -EFAULT;
	ret = vmb_restore_write(stream->restore, stream->buf, size);
	iov_iter_revert(from, size - max_t(ssize_t, ret, 0));
	return ret;
}

static ssize_t write_fd_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct vmb_stream_file *stream = iocb->ki_filp->private_data;
	size_t done = 0;
	ssize_t ret;

	ret = vmb_stream_file_lock(iocb->ki_filp, iocb->ki_flags & IOCB_NOWAIT);
	if (ret)
		return ret;
	while (iov_iter_count(from)) {
		ret = write_some(stream, from);
		if (ret < 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	iocb->ki_pos += done;
	mutex_unlock(&stream->lock);
	return vmb_stream_file_answer(iocb->ki_filp, done ?: ret);
}

/* There is always room. */
static __poll_t write_fd_poll(struct file *file, poll_table *wait)
{
	struct vmb_stream_file *stream = file->private_data;
	__poll_t events = EPOLLOUT | EPOLLWRNORM;
	int status;

	poll_wait(file, vmb_restore_news(stream->restore), wait);
	status = vmb_restore_status(stream->restore);
	if (status)
		events |= EPOLLERR;
	if (status == -ESTALE)
		events |= EPOLLHUP;
	return events;
}

static int write_fd_release(struct inode *inode, struct file *file)
{
	struct vmb_stream_file *stream = file->private_data;

	if (stream->restore)
		vmb_restore_put(stream->restore);
	vmb_stream_file_free(stream);
	return 0;
}

const struct file_operations vmb_write_fd_fops = {
	.owner = THIS_MODULE,
	.write_iter = write_fd_write_iter,
	.splice_write = iter_file_splice_write,
	.poll = write_fd_poll,
	.release = write_fd_release,
};

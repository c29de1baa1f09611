// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/fs.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/splice.h>
#include <linux/string.h>
#include <linux/uio.h>

#include <uapi/linux/vmbsave_stream.h>

#include "migrate/save.h"
#include "user/stream_fd.h"
#include "user/stream_file.h"

/**
 * DOC: The data fd of a save
 *
 * 1. A piece of the present chunk is copied to a buffer of the file, with the
 *    session's turn.
 * 2. It is copied to the reader without it. A reader whose memory is slow keeps
 *    nobody waiting but other readers of the file.
 * 3. The session is told how much the reader has got.
 *
 * sendfile() reads into a pipe first. If not all of that goes out, it forgets
 * the rest and sets the file's position back. A stream cannot be set back, but
 * what was read last is still there: it is given out once more. So a splice
 * takes one chunk at most.
 *
 * Unhappy paths. The reader's memory is not there: nothing was taken. The file is
 * closed with something not sent: that was not taken either. The session ends
 * between 1 and 3: the read answers so, as if its memory had not changed, since
 * the bytes may be the last ones and the guest goes on here. The position was
 * set back farther than that: ESPIPE, until it is where the stream is. A read
 * while another thread is in sendfile() waits for the chunk on its way into the
 * pipe, and then does not know from the position whether the rest will be sent
 * or has been given up: it takes back what it can. The two must not be in
 * progress at once; a stream with a repeated piece is refused.
 */

/* Return: bytes handed out, 0: the end of the stream; or a negative errno */
static ssize_t read_some(struct vmb_stream_file *stream, struct iov_iter *to)
{
	const void *data;
	size_t copied;
	u32 bytes;
	int ret;

	lockdep_assert_held(&stream->lock);
	ret = vmb_save_read_begin(stream->save, &data, &bytes);
	if (ret)
		return ret;
	bytes = min_t(size_t, bytes, iov_iter_count(to));
	memcpy(stream->buf, data, bytes);
	vmb_save_read_end(stream->save, 0);
	if (!bytes)
		return 0;
	copied = copy_to_iter(stream->buf, bytes, to);
	if (!copied)
		return -EFAULT;
	return vmb_save_take(stream->save, copied) ?: copied;
}

/* What a sendfile() did not send comes once more. */
static int take_back(struct vmb_stream_file *stream, loff_t position)
{
	loff_t unsent = stream->spliced - position;
	int ret;

	lockdep_assert_held(&stream->lock);
	if (!unsent)
		return 0;
	if (unsent < 0 || unsent > VMBSAVE_CHUNK_MAX)
		return -ESPIPE;
	ret = vmb_save_untake(stream->save, unsent);
	if (!ret)
		stream->spliced = position;
	return ret;
}

/* An error after some bytes is kept by the session for the next call. */
static ssize_t read_locked(struct vmb_stream_file *stream, struct iov_iter *to)
{
	size_t done = 0;
	ssize_t ret = 0;

	lockdep_assert_held(&stream->lock);
	while (iov_iter_count(to)) {
		ret = read_some(stream, to);
		if (ret <= 0)
			break;
		done += ret;
		if (signal_pending(current))
			break;
		cond_resched();
	}
	return done ?: ret;
}

/* What went wrong is noted by the one who splices, if it is for him. */
static ssize_t read_fd_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct vmb_stream_file *stream = iocb->ki_filp->private_data;
	/* Only this task can make it so: then it is in splice_one(), with the lock. */
	bool splices = READ_ONCE(stream->splicer) == current;
	ssize_t ret = 0;

	if (!splices) {
		ret = vmb_stream_file_lock(iocb->ki_filp, iocb->ki_flags & IOCB_NOWAIT);
		if (ret)
			return ret;
		ret = take_back(stream, iocb->ki_filp->f_pos);
	}
	if (!ret)
		ret = read_locked(stream, to);
	if (ret > 0)
		iocb->ki_pos += ret;
	if (splices)
		return ret;
	mutex_unlock(&stream->lock);
	return vmb_stream_file_answer(iocb->ki_filp, ret);
}

static ssize_t splice_one(struct file *file, loff_t *ppos,
			  struct pipe_inode_info *pipe, size_t len,
			  unsigned int flags)
{
	struct vmb_stream_file *stream = file->private_data;
	const void *data;
	ssize_t ret;
	u32 bytes;

	lockdep_assert_held(&stream->lock);
	ret = take_back(stream, *ppos);
	if (!ret)
		ret = vmb_save_read_begin(stream->save, &data, &bytes);
	if (ret)
		return ret;
	vmb_save_read_end(stream->save, 0);
	if (!bytes)
		return 0;
	ret = copy_splice_read(file, ppos, pipe, min_t(size_t, len, bytes), flags);
	stream->spliced = *ppos;
	return ret;
}

static ssize_t read_fd_splice_read(struct file *file, loff_t *ppos,
				   struct pipe_inode_info *pipe, size_t len,
				   unsigned int flags)
{
	struct vmb_stream_file *stream = file->private_data;
	ssize_t ret;

	ret = vmb_stream_file_lock(file, flags & SPLICE_F_NONBLOCK);
	if (ret)
		return ret;
	WRITE_ONCE(stream->splicer, current);
	ret = splice_one(file, ppos, pipe, len, flags);
	WRITE_ONCE(stream->splicer, NULL);
	mutex_unlock(&stream->lock);
	return vmb_stream_file_answer(file, ret);
}

/* sendfile() asks for a file that has it; where it is does not matter to it. */
static loff_t read_fd_llseek(struct file *file, loff_t offset, int whence)
{
	return -ESPIPE;
}

/* The next chunk is always there or made at once. */
static __poll_t read_fd_poll(struct file *file, poll_table *wait)
{
	struct vmb_stream_file *stream = file->private_data;
	__poll_t events = EPOLLIN | EPOLLRDNORM;
	int status;

	poll_wait(file, vmb_save_news(stream->save), wait);
	status = vmb_save_status(stream->save);
	if (status)
		events |= EPOLLERR;
	if (status == -ESTALE || vmb_save_at_end(stream->save))
		events |= EPOLLHUP;
	return events;
}

static int read_fd_release(struct inode *inode, struct file *file)
{
	struct vmb_stream_file *stream = file->private_data;

	if (stream->save) {
		/* Or the last bytes that nobody has got would count as read. */
		scoped_guard(mutex, &stream->lock)
			take_back(stream, file->f_pos);
		vmb_save_abandon(stream->save);
		vmb_save_put(stream->save);
	}
	vmb_stream_file_free(stream);
	return 0;
}

const struct file_operations vmb_read_fd_fops = {
	.owner = THIS_MODULE,
	.llseek = read_fd_llseek,
	.read_iter = read_fd_read_iter,
	.splice_read = read_fd_splice_read,
	.poll = read_fd_poll,
	.release = read_fd_release,
};

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/anon_inodes.h>
#include <linux/err.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <uapi/linux/vmbsave.h>
#include <uapi/linux/vmbsave_stream.h>

#include "migrate/bus_state.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "user/refusal.h"
#include "user/stream_fd.h"
#include "user/stream_file.h"

/**
 * vmb_stream_file_lock() - begin a call on a data fd
 * @file: the file
 * @nowait: the call wants not to wait; nor does any of a file with O_NONBLOCK
 *
 * Context: process context, may sleep.
 * Return: 0, and the file's lock is held; or -EAGAIN (another call is in
 * progress, and the caller does not want to wait), -ERESTARTSYS.
 */
int vmb_stream_file_lock(struct file *file, bool nowait)
{
	struct vmb_stream_file *stream = file->private_data;

	if (file->f_flags & O_NONBLOCK || nowait)
		return mutex_trylock(&stream->lock) ? 0 : -EAGAIN;
	return mutex_lock_interruptible(&stream->lock) ? -ERESTARTSYS : 0;
}

static void explain(struct vmb_stream_file *stream, struct vmb_refusal *why, int error)
{
	int status = stream->save ? vmb_save_status(stream->save) :
				    vmb_restore_status(stream->restore);

	/* A session that has failed answers that before it looks at anything. */
	if (error == status && vmb_refuse_as_bus(why, stream->bus, error))
		return;
	if (error == -EFAULT)
		vmb_refuse(why, error, stream->save ? "the buffer cannot be written" :
						      "the buffer cannot be read");
	else if (error == -ESTALE)
		vmb_refuse(why, error, "its session is over");
	else if (error == -ENODEV)
		vmb_refuse(why, error, "the bus has gone");
	else if (error == -ESPIPE)
		vmb_refuse(why, error,
			   "what another call has read and not sent is not there any more");
}

static noinline void refuse(struct vmb_stream_file *stream, int error)
{
	struct vmb_refusal why = {};

	explain(stream, &why, error);
	vmb_refusals_note(stream->refusals, stream->save ? "read of a data fd" :
			  "write to a data fd", error, &why);
}

/**
 * vmb_stream_file_answer() - end a call on a data fd
 * @file: the file
 * @ret: bytes, or a negative errno, which is noted if it is a refusal
 *
 * Context: process context.
 * Return: @ret.
 */
ssize_t vmb_stream_file_answer(struct file *file, ssize_t ret)
{
	if (ret < 0 && ret != -EAGAIN && ret != -ERESTARTSYS)
		refuse(file->private_data, ret);
	return ret;
}

/**
 * vmb_stream_file_free() - undo what vmb_stream_fd_prepare() has allocated
 * @stream: the data fd, or NULL
 * Context: process context.
 */
void vmb_stream_file_free(struct vmb_stream_file *stream)
{
	if (!stream)
		return;
	/* Payload was in it. */
	kvfree_sensitive(stream->buf, stream->room);
	vmb_refusals_put(stream->refusals);
	kfree(stream);
}

static struct vmb_stream_file *alloc_stream(u32 room, struct vmb_refusals *refusals)
{
	struct vmb_stream_file *stream = kzalloc(sizeof(*stream),
						 GFP_KERNEL_ACCOUNT);

	if (!stream)
		return NULL;
	mutex_init(&stream->lock);
	stream->room = room;
	stream->buf = kvmalloc(room, GFP_KERNEL_ACCOUNT);
	if (!stream->buf) {
		kfree(stream);
		return NULL;
	}
	stream->refusals = vmb_refusals_get(refusals);
	return stream;
}

static struct file *make_file(u32 state, struct vmb_refusals *refusals)
{
	bool save = state == VMBSAVE_STATE_STOP_COPY;
	u32 room = save ? VMBSAVE_CHUNK_MAX : VMB_STREAM_WRITE_BYTES;
	struct vmb_stream_file *stream = alloc_stream(room, refusals);
	struct file *file;

	if (!stream)
		return ERR_PTR(-ENOMEM);
	if (save)
		file = anon_inode_getfile("[vmbsave-save]", &vmb_read_fd_fops,
					  stream, O_RDONLY);
	else
		file = anon_inode_getfile("[vmbsave-restore]",
					  &vmb_write_fd_fops, stream, O_WRONLY);
	if (IS_ERR(file)) {
		vmb_stream_file_free(stream);
		return file;
	}
	stream_open(file_inode(file), file);
	/* Or sendfile() refuses it; see there what becomes of the position. */
	if (save)
		file->f_mode |= FMODE_LSEEK;
	return file;
}

/**
 * vmb_stream_fd_prepare() - make the data fd that a state comes with
 * @stream: set
 * @state: VMBSAVE_STATE_* to be entered; most come without one
 * @refusals: of the file that it is for
 *
 * Context: process context, may sleep.
 * Return: 0, then vmb_stream_fd_cancel() or _install() must follow; or -EMFILE,
 * -ENFILE, -ENOMEM.
 */
int vmb_stream_fd_prepare(struct vmb_stream_fd *stream, u32 state,
			  struct vmb_refusals *refusals)
{
	stream->fd = -1;
	stream->file = NULL;
	if (state != VMBSAVE_STATE_STOP_COPY && state != VMBSAVE_STATE_RESUMING)
		return 0;
	stream->fd = get_unused_fd_flags(O_CLOEXEC);
	if (stream->fd < 0)
		return stream->fd;
	stream->file = make_file(state, refusals);
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
 * @bus: whose state it is
 * @data: what that gave; the reference in it is the data fd's now
 * Context: process context.
 */
void vmb_stream_fd_attach(struct vmb_stream_fd *stream, struct vmb_bus *bus,
			  const struct vmb_bus_data *data)
{
	struct vmb_stream_file *file = stream->file->private_data;

	file->bus = bus;
	file->save = data->save;
	file->restore = data->restore;
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

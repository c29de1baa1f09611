/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_STREAM_FILE_H
#define _VMB_USER_STREAM_FILE_H

#include <linux/fs.h>
#include <linux/mutex.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave_stream.h>

struct task_struct;
struct vmb_bus;
struct vmb_refusals;
struct vmb_restore;
struct vmb_save;

/*
 * What a file to write takes at once. A chunk that is cut by the end of it has
 * to be gathered, so there should be many before that; but it stays in a cache.
 */
#define VMB_STREAM_WRITE_BYTES	(8 * VMBSAVE_CHUNK_MAX)

/**
 * struct vmb_stream_file - a data fd
 * @lock: one call at a time; held while user space is copied from or to, so
 *	that nothing takes it but calls on this file. Protects @spliced, @splicer
 *	and what is at @buf; the rest does not change once it was attached
 * @refusals: of the file of /dev/vmbsave that gave it, referenced
 * @bus: the bus, kept by the session; NULL until it was attached
 * @save: referenced, of a file to read; NULL until it was attached
 * @restore: referenced, of a file to write; NULL until it was attached
 * @buf: what is on its way: %VMBSAVE_CHUNK_MAX bytes, of a file to write
 *	%VMB_STREAM_WRITE_BYTES
 * @room: bytes at @buf
 * @spliced: where in the file the last splice ended
 * @splicer: who splices from the file, with @lock; read without it by whoever
 *	wants to know whether it is him
 */
struct vmb_stream_file {
	struct mutex lock; /* one call at a time */
	struct vmb_refusals *refusals;
	struct vmb_bus *bus;
	struct vmb_save *save;
	struct vmb_restore *restore;
	u8 *buf;
	u32 room;
	loff_t spliced;
	struct task_struct *splicer;
};

int vmb_stream_file_lock(struct file *file, bool nowait);
ssize_t vmb_stream_file_answer(struct file *file, ssize_t ret);
void vmb_stream_file_free(struct vmb_stream_file *stream);

/* read_fd.c, write_fd.c */
extern const struct file_operations vmb_read_fd_fops;
extern const struct file_operations vmb_write_fd_fops;

#endif /* _VMB_USER_STREAM_FILE_H */

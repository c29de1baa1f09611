/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_STREAM_FD_H
#define _VMB_USER_STREAM_FD_H

#include <linux/types.h>

struct file;
struct vmb_bus;
struct vmb_bus_data;
struct vmb_refusals;

/**
 * struct vmb_stream_fd - a data fd that user space does not see yet
 * @fd: its number, or -1
 * @file: the file, or NULL
 */
struct vmb_stream_fd {
	int fd;
	struct file *file;
};

int vmb_stream_fd_prepare(struct vmb_stream_fd *stream, u32 state,
			  struct vmb_refusals *refusals);
void vmb_stream_fd_cancel(struct vmb_stream_fd *stream);
void vmb_stream_fd_attach(struct vmb_stream_fd *stream, struct vmb_bus *bus,
			  const struct vmb_bus_data *data);
void vmb_stream_fd_install(struct vmb_stream_fd *stream);

#endif /* _VMB_USER_STREAM_FD_H */

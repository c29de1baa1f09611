// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/eventfd.h>
#include <linux/file.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/wait.h>

#include "core/channel.h"
#include "core/trace.h"
#include "user/eventfd.h"

/**
 * struct vmb_user_kick - an eventfd with which the VMM kicks a channel
 * @ctx: the eventfd, referenced: the queue that @wait is in lives as long, even
 *	if user space closes the file
 * @channel: referenced
 * @queue: of the eventfd
 * @wait: our place in it
 * @table: gets us there
 */
struct vmb_user_kick {
	struct eventfd_ctx *ctx;
	struct vmb_channel *channel;
	wait_queue_head_t *queue;
	wait_queue_entry_t wait;
	poll_table table;
};

/**
 * struct user_call - an eventfd with which a channel interrupts its guest
 * @host: what the core sees
 * @ctx: the eventfd, referenced
 */
struct user_call {
	struct vmb_channel_host host;
	struct eventfd_ctx *ctx;
};

/* Called with the lock of the eventfd's queue, interrupts off. */
static int kicked(wait_queue_entry_t *wait, unsigned int mode, int sync,
		  void *key)
{
	struct vmb_user_kick *kick =
		container_of(wait, struct vmb_user_kick, wait);
	u64 count;

	if (key_to_poll(key) & EPOLLIN) {
		eventfd_ctx_do_read(kick->ctx, &count);
		trace_vmb_kick_host(kick->channel);
		vmb_channel_kick(kick->channel);
	}
	return 0;
}

static void enqueue(struct file *file, wait_queue_head_t *queue,
		    poll_table *table)
{
	struct vmb_user_kick *kick =
		container_of(table, struct vmb_user_kick, table);

	kick->queue = queue;
	add_wait_queue(queue, &kick->wait);
}

static void listen(struct vmb_user_kick *kick, struct file *file)
{
	init_waitqueue_func_entry(&kick->wait, kicked);
	init_poll_funcptr(&kick->table, enqueue);
	/* What was signalled before we listened woke nobody. */
	if (vfs_poll(file, &kick->table) & EPOLLIN)
		vmb_channel_kick(kick->channel);
}

/**
 * vmb_user_kick_create() - kick a channel when an eventfd is signalled
 * @fd: the eventfd
 * @channel: the channel
 *
 * Context: process context, may sleep.
 * Return: the kick, for vmb_user_kick_destroy(), or ERR_PTR: -EINVAL (no
 * eventfd), -ENOMEM.
 */
struct vmb_user_kick *vmb_user_kick_create(int fd, struct vmb_channel *channel)
{
	struct vmb_user_kick *kick;
	struct file *file;
	int ret = -EINVAL;

	kick = kzalloc(sizeof(*kick), GFP_KERNEL_ACCOUNT);
	if (!kick)
		return ERR_PTR(-ENOMEM);
	file = fget(fd);
	if (!file)
		goto err_kick;
	kick->ctx = eventfd_ctx_fileget(file);
	if (IS_ERR(kick->ctx))
		goto err_file;
	kick->channel = vmb_channel_get(channel);
	listen(kick, file);
	fput(file);
	return kick;

err_file:
	fput(file);
err_kick:
	kfree(kick);
	return ERR_PTR(ret);
}

/**
 * vmb_user_kick_destroy() - listen no more
 * @kick: the kick, or NULL
 *
 * The eventfd does not kick the channel any more when this returns.
 * Context: any, but not from inside a kick.
 */
void vmb_user_kick_destroy(struct vmb_user_kick *kick)
{
	if (!kick)
		return;
	remove_wait_queue(kick->queue, &kick->wait);
	vmb_channel_put(kick->channel);
	eventfd_ctx_put(kick->ctx);
	kfree(kick);
}

static void call_signal(struct vmb_channel_host *host)
{
	eventfd_signal(container_of(host, struct user_call, host)->ctx);
}

static void call_release(struct vmb_channel_host *host)
{
	struct user_call *call = container_of(host, struct user_call, host);

	eventfd_ctx_put(call->ctx);
	kfree(call);
}

/**
 * vmb_user_call_create() - signal an eventfd to interrupt a guest
 * @fd: the eventfd
 *
 * Context: process context, may sleep.
 * Return: for vmb_channel_set_host() or its own release, or ERR_PTR: -EINVAL
 * (no eventfd), -ENOMEM.
 */
struct vmb_channel_host *vmb_user_call_create(int fd)
{
	struct user_call *call = kzalloc(sizeof(*call), GFP_KERNEL_ACCOUNT);

	if (!call)
		return ERR_PTR(-ENOMEM);
	call->ctx = eventfd_ctx_fdget(fd);
	if (IS_ERR(call->ctx)) {
		kfree(call);
		return ERR_PTR(-EINVAL);
	}
	call->host.signal = call_signal;
	call->host.release = call_release;
	return &call->host;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_result.h>

#include "core/gpadl.h"
#include "core/limits.h"
#include "core/outgoing.h"
#include "migrate/account.h"
#include "migrate/restore.h"
#include "migrate/restore_session.h"
#include "migrate/save_session.h"

/**
 * DOC: Restoring
 *
 * 1. A session is made over one channel or over all channels of a bus. They
 *    have never been open. It holds them: nothing can be sent, nothing
 *    controls them.
 * 2. Bytes come in pieces of any size and are gathered to chunks. A chunk is
 *    verified, then its records are taken; a record that goes on over several
 *    chunks is gathered first. What they say is staged: packets are made by
 *    .restore_packet, the VSP's state of a channel is taken aside by
 *    .restore_state before, everything else is made by us.
 * 3. The end record was there: the session can be committed, see
 *    restore_commit.c.
 * 4. The session is dropped, and the channels are let go.
 *
 * Unhappy paths. Anything is refused, at any byte: what was staged is
 * discarded at once, last one first; the session answers the first error from
 * then on, to the commit too. A channel goes away: the same, with -ENODEV. The
 * session is dropped before its commit: the same, without an error. In all of
 * them the channels are as they were before the session.
 */

/**
 * vmb_restore_drop_staged() - discard and free all that is staged
 * @restore: the session; the caller has its turn
 * Context: process context; calls .discard_packet.
 */
void vmb_restore_drop_staged(struct vmb_restore *restore)
{
	vmb_restore_unstage(restore);
	kvfree_sensitive(restore->record, restore->record_room);
	restore->record = NULL;
	restore->record_room = 0;
	vmb_limit_uncharge(VMB_LIMIT_STAGED, restore->charged);
	restore->charged = 0;
}

/**
 * vmb_restore_fail() - the session fails; the caller discards what is staged
 * @restore: the session; the caller has its turn
 * @error: negative errno
 * @place: where in the stream, or NULL
 * @fmt: one sentence
 *
 * The first error is kept.
 * Context: process context.
 * Return: @error.
 */
int vmb_restore_fail(struct vmb_restore *restore, int error,
		     const struct vmb_error_place *place, const char *fmt, ...)
{
	char text[VMBSAVE_ERROR_TEXT];
	va_list args;

	if (restore->error)
		return error;
	WRITE_ONCE(restore->error, error);
	wake_up_all(&restore->news);
	vmb_restore_account_end(restore, false);
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vmb_bus_error_set(restore->bus, error, place, "%s", text);
	return error;
}

/**
 * vmb_restore_charge() - count bytes before they are staged
 * @restore: the session; the caller has its turn
 * @bytes: how many
 *
 * Context: process context.
 * Return: 0 or -EDQUOT.
 */
int vmb_restore_charge(struct vmb_restore *restore, u64 bytes)
{
	int ret = vmb_limit_charge(VMB_LIMIT_STAGED, bytes);

	if (!ret)
		restore->charged += bytes;
	return ret;
}

static void free_restore(struct kref *ref)
{
	struct vmb_restore *restore = container_of(ref, struct vmb_restore, ref);

	vmb_holds_free(&restore->holds);
	vmb_bus_put(restore->bus);
	kvfree(restore->staged);
	kvfree(restore->manifest);
	kfree_sensitive(restore->unit);
	kfree(restore);
}

/**
 * vmb_restore_get() - take a reference on a session
 * @restore: the session
 *
 * Context: any.
 * Return: @restore.
 */
struct vmb_restore *vmb_restore_get(struct vmb_restore *restore)
{
	kref_get(&restore->ref);
	return restore;
}

/**
 * vmb_restore_put() - drop a reference on a session
 * @restore: the session
 * Context: process context.
 */
void vmb_restore_put(struct vmb_restore *restore)
{
	kref_put(&restore->ref, free_restore);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_restore_put);

/**
 * vmb_restore_session() - a session as the core knows it
 * @restore: the session
 *
 * Context: any.
 * Return: it.
 */
struct vmb_session *vmb_restore_session(struct vmb_restore *restore)
{
	return &restore->base;
}

static struct vmb_restore *to_restore(struct vmb_session *session)
{
	return container_of(session, struct vmb_restore, base);
}

static void session_get(struct vmb_session *session)
{
	vmb_restore_get(to_restore(session));
}

static void session_put(struct vmb_session *session)
{
	vmb_restore_put(to_restore(session));
}

static int session_abort(struct vmb_session *session,
			 struct vmb_channel *channel, int error)
{
	struct vmb_restore *restore = to_restore(session);
	int ret = vmb_turn_take(&restore->turn);

	if (ret)
		return ret;
	if (!restore->dropped)
		vmb_restore_fail(restore, error, NULL,
				 "%s goes away while it is restored",
				 dev_name(channel ? &channel->dev :
						    &restore->bus->dev));
	vmb_restore_drop_staged(restore);
	vmb_holds_release(&restore->holds, false);
	if (!channel)
		vmb_holds_forget(&restore->holds);
	vmb_turn_release(&restore->turn);
	if (channel && READ_ONCE(channel->gone) &&
	    vmb_hold_forget(session, channel) && restore->in_kernel)
		vmb_restore_put(restore);
	return 0;
}

static void session_drop(struct vmb_session *session)
{
	vmb_restore_drop(to_restore(session));
}

static const struct vmb_session_ops restore_ops = {
	.abort = session_abort,
	.drop = session_drop,
	.get = session_get,
	.put = session_put,
};

/**
 * vmb_restore_here() - the restore whose .restore_packet the caller is in
 * @channel: the channel
 *
 * Context: any.
 * Return: the session, valid as long as the callback has not returned, or NULL.
 */
struct vmb_restore *vmb_restore_here(struct vmb_channel *channel)
{
	struct vmb_restore *restore;

	guard(spinlock_irqsave)(&channel->lock);

	if (!channel->session || channel->session->ops != &restore_ops)
		return NULL;
	restore = to_restore(channel->session);
	return READ_ONCE(restore->restoring.task) == current ? restore : NULL;
}

/* What a channel must be like; called with its turn and lock. */
static int check_channel(const struct vmb_channel *channel)
{
	if (channel->state != VMB_CHANNEL_DISABLED &&
	    channel->state != VMB_CHANNEL_ENABLED &&
	    channel->state != VMB_CHANNEL_STARTED)
		return -EBADFD;
	if (channel->opened_before || channel->restored)
		return -EBADFD;
	if (channel->queue.nr_packets || !xa_empty(&channel->gpadls))
		return -EBADFD;
	return 0;
}

static void init_limits(struct vmb_restore *restore)
{
	struct vmb_stream_limits *limits = &restore->limits;
	u32 i;

	limits->channels = max_t(u32, restore->holds.nr, 1) * 2 + 64;
	limits->vsp_bytes = vmb_packet_state_max();
	limits->gpadl_pages = VMB_GPADL_PAGES_MAX;
	limits->state_bytes = vmb_channel_state_max();
	limits->packet_bytes = 1;
	for (i = 0; i < restore->holds.nr; i++)
		limits->packet_bytes = max(limits->packet_bytes,
					   round_up(restore->holds.channels[i]->max_packet,
						    VMB_RING_ALIGN));
	vmb_stream_reader_init(&restore->reader, limits);
	vmb_stream_order_init(&restore->order, limits);
}

static int init_staged(struct vmb_restore *restore, u32 nr)
{
	u32 i;

	restore->unit = kmalloc(VMBSAVE_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	restore->staged = kvcalloc(nr + 1, sizeof(*restore->staged),
				   GFP_KERNEL_ACCOUNT);
	if (!restore->unit || !restore->staged)
		return -ENOMEM;
	for (i = 0; i < nr; i++) {
		xa_init(&restore->staged[i].gpadls);
		vmb_queue_init(&restore->staged[i].queue);
	}
	return 0;
}

/**
 * vmb_restore_create() - begin to restore channels
 * @bus: their bus
 * @list: references on them, from vmb_bus_list(); the session's on success
 * @nr: length of @list
 * @in_kernel: it is for vmb_channel_restore_from_buffer(); then the channel's
 *	session pointer holds the reference that is returned
 *
 * Context: process context, may sleep.
 * Return: the session, for vmb_restore_drop() and vmb_restore_put(), or
 * ERR_PTR and nothing happened: -EBADFD (a channel is or was open, was
 * restored, or has GPADLs or packets), -EBUSY (a session has it), -ENODEV,
 * -ENOMEM.
 */
struct vmb_restore *vmb_restore_create(struct vmb_bus *bus,
				       struct vmb_channel **list, u32 nr,
				       bool in_kernel)
{
	struct vmb_restore *restore = kzalloc(sizeof(*restore), GFP_KERNEL_ACCOUNT);
	int ret;
	u32 i;

	if (!restore)
		return ERR_PTR(-ENOMEM);
	restore->base.ops = &restore_ops;
	restore->in_kernel = in_kernel;
	kref_init(&restore->ref);
	init_waitqueue_head(&restore->news);
	vmb_turn_init(&restore->turn);
	restore->bus = vmb_bus_get(bus);
	ret = init_staged(restore, nr);
	if (!ret)
		ret = vmb_turn_try(&restore->turn);
	if (!ret) {
		ret = vmb_holds_take(&restore->holds, &restore->base, bus, list,
				     nr, check_channel);
		vmb_turn_release(&restore->turn);
	}
	if (ret) {
		vmb_restore_put(restore);
		return ERR_PTR(ret);
	}
	for (i = 0; i < nr; i++)
		restore->staged[i].channel = restore->holds.channels[i];
	init_limits(restore);
	if (!in_kernel)
		restore->begun = vmb_stats_begin(bus, VMB_WORK_RESTORE);
	return restore;
}

/**
 * vmb_restore_finish() - a restore is over; its channels are let go
 * @restore: the session; the caller has its turn
 * Context: process context; calls .discard_packet.
 */
void vmb_restore_finish(struct vmb_restore *restore)
{
	WRITE_ONCE(restore->dropped, true);
	wake_up_all(&restore->news);
	vmb_restore_account_end(restore, false);
	vmb_restore_drop_staged(restore);
	vmb_holds_release(&restore->holds, false);
}

/**
 * vmb_restore_drop() - a restore is over, committed or not
 * @restore: the session
 *
 * Discards what is staged and lets the channels go. Its data fd is stale from
 * then on.
 * Context: process context, waits for a callback in progress; calls
 * .discard_packet.
 */
void vmb_restore_drop(struct vmb_restore *restore)
{
	if (WARN_ON_ONCE(vmb_turn_take(&restore->turn)))
		return;
	vmb_restore_finish(restore);
	vmb_holds_forget(&restore->holds);
	vmb_turn_release(&restore->turn);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_restore_drop);

/**
 * vmb_restore_refuse() - what a session answers before it looks at anything
 * @restore: the session; the caller has its turn
 *
 * Context: process context.
 * Return: 0 or an errno.
 */
int vmb_restore_refuse(const struct vmb_restore *restore)
{
	return restore->dropped ? -ESTALE : restore->error;
}

/**
 * vmb_restore_commit_locked() - vmb_restore_commit() by one who has the turn
 * @restore: the session
 *
 * Context: as vmb_restore_commit().
 * Return: as vmb_restore_commit().
 */
int vmb_restore_commit_locked(struct vmb_restore *restore)
{
	int ret = vmb_restore_refuse(restore);

	if (ret)
		return ret;
	/* A unit that is not whole is as good as none: the end is missing. */
	if (vmb_stream_finish(&restore->reader))
		ret = vmb_restore_fail_at_reader(restore);
	else
		ret = vmb_restore_apply(restore);
	if (ret)
		vmb_restore_drop_staged(restore);
	else
		vmb_restore_account_end(restore, true);
	return ret;
}

/**
 * vmb_restore_commit() - make the channels what the stream says, all or none
 * @session: a restore
 *
 * Context: process context, may sleep; calls .opened, on failure .closed and
 * .discard_packet.
 * Return: 0: they are; vmb_restore_drop() lets them go. Otherwise they are as
 * they were before the session: -ENODATA (the end is missing), -ESTALE (guest
 * memory is of another moment), -EFAULT, -EINVAL, -ENODEV, -EINTR, what
 * .opened returned, or why the restore failed before.
 */
int vmb_restore_commit(struct vmb_session *session)
{
	struct vmb_restore *restore = to_restore(session);
	int ret = vmb_turn_take_killable(&restore->turn);

	if (ret)
		return ret;
	ret = vmb_restore_commit_locked(restore);
	vmb_turn_release(&restore->turn);
	return ret;
}

/**
 * vmb_restore_error() - why a restore has failed
 * @session: a restore
 *
 * Context: any.
 * Return: the errno that it answers from now on, 0 = it has not failed.
 */
int vmb_restore_error(struct vmb_session *session)
{
	return READ_ONCE(to_restore(session)->error);
}

/**
 * vmb_restore_status() - what a write would answer
 * @restore: the session
 *
 * Context: any.
 * Return: 0; -ESTALE: it is over; or why it has failed.
 */
int vmb_restore_status(const struct vmb_restore *restore)
{
	return READ_ONCE(restore->dropped) ? -ESTALE : READ_ONCE(restore->error);
}

/**
 * vmb_restore_news() - where to wait until vmb_restore_status() changes
 * @restore: the session
 *
 * Context: any.
 * Return: the queue, which lives as long as the session.
 */
wait_queue_head_t *vmb_restore_news(struct vmb_restore *restore)
{
	return &restore->news;
}

/**
 * vmb_restore_find() - the in-kernel restore of a channel
 * @channel: the channel
 * @found: set to the session, referenced, or NULL: the channel has none
 *
 * Context: any.
 * Return: 0, or -EBUSY: another kind of session has the channel.
 */
int vmb_restore_find(struct vmb_channel *channel, struct vmb_restore **found)
{
	guard(spinlock_irqsave)(&channel->lock);

	*found = NULL;
	if (!channel->session)
		return 0;
	if (channel->session->ops != &restore_ops ||
	    !to_restore(channel->session)->in_kernel)
		return -EBUSY;
	*found = vmb_restore_get(to_restore(channel->session));
	return 0;
}

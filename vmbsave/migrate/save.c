// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_result.h>

#include "core/channel.h"
#include "core/trace.h"
#include "migrate/account.h"
#include "migrate/save.h"
#include "migrate/save_session.h"

/**
 * DOC: Saving
 *
 * 1. A session is made over one channel or over all channels of a bus. It
 *    holds them: nothing can be sent, nothing controls them, so that what
 *    there is to save does not move. It pins the modules of their VSPs.
 * 2. Each time the reader has taken a chunk, the next one is made: records
 *    are put into it until one does not fit. .save_state is called for each
 *    channel and .save_packet for each packet in use when its record is made,
 *    and never again in this session. Of a channel that is to be offered anew
 *    nothing is saved but its identity, and nothing is called.
 * 3. The end record has been taken: all is saved.
 * 4. The session is dropped, and the channels are let go. They are as before;
 *    but if it had reached its end nothing can be sent until traffic runs
 *    again, because another host may run with what was saved.
 *
 * Unhappy paths. The reader stops early, or a VSP fails: the session answers
 * the first error from then on; dropping it lets the channels go. A channel
 * goes away: the session fails with -ENODEV and lets all go at once. None of
 * this changes a channel, so there is nothing to undo.
 */

/* For who has the session's turn. */
static bool at_end(const struct vmb_save *save)
{
	return save->ended;
}

/**
 * vmb_save_at_end() - has all been read?
 * @save: the session
 *
 * Context: any.
 * Return: true if the reader has taken the last byte.
 */
bool vmb_save_at_end(const struct vmb_save *save)
{
	return READ_ONCE(save->ended) && !READ_ONCE(save->error);
}

/* What a channel must be like to be saved; called with its turn and lock. */
static int check_channel(const struct vmb_channel *channel)
{
	if (channel->flowing || channel->error)
		return -EBADFD;
	return channel->nr_incoming ? -EBUSY : 0;
}

static void free_save(struct kref *ref)
{
	struct vmb_save *save = container_of(ref, struct vmb_save, ref);

	vmb_holds_free(&save->holds);
	vmb_bus_put(save->bus);
	kfree_sensitive(save->chunk);
	kvfree_sensitive(save->scratch, save->scratch_room);
	kfree(save);
}

/**
 * vmb_save_get() - take a reference on a session
 * @save: the session
 *
 * Context: any.
 * Return: @save.
 */
struct vmb_save *vmb_save_get(struct vmb_save *save)
{
	kref_get(&save->ref);
	return save;
}

/**
 * vmb_save_put() - drop a reference on a session
 * @save: the session
 * Context: process context.
 */
void vmb_save_put(struct vmb_save *save)
{
	kref_put(&save->ref, free_save);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_put);

/**
 * vmb_save_session() - a session as the core knows it
 * @save: the session
 *
 * Context: any.
 * Return: it.
 */
struct vmb_session *vmb_save_session(struct vmb_save *save)
{
	return &save->base;
}

static struct vmb_save *to_save(struct vmb_session *session)
{
	return container_of(session, struct vmb_save, base);
}

static void session_get(struct vmb_session *session)
{
	vmb_save_get(to_save(session));
}

static void session_put(struct vmb_session *session)
{
	vmb_save_put(to_save(session));
}

static int session_abort(struct vmb_session *session,
			 struct vmb_channel *channel, int error)
{
	struct vmb_save *save = to_save(session);
	int ret = vmb_turn_take(&save->turn);

	if (ret)
		return ret;
	if (!at_end(save) && !save->dropped)
		vmb_save_fail(save, error, "%s goes away while it is saved",
			      dev_name(channel ? &channel->dev : &save->bus->dev));
	vmb_holds_release(&save->holds, at_end(save));
	if (!channel) {
		vmb_save_trace_over(save);
		vmb_holds_forget(&save->holds);
	}
	vmb_turn_release(&save->turn);
	if (channel && READ_ONCE(channel->gone) &&
	    vmb_hold_forget(session, channel) && save->in_kernel)
		vmb_save_put(save);
	return 0;
}

static void session_drop(struct vmb_session *session)
{
	vmb_save_drop(to_save(session));
}

static const struct vmb_session_ops save_ops = {
	.abort = session_abort,
	.drop = session_drop,
	.get = session_get,
	.put = session_put,
};

/**
 * vmb_save_create() - begin to save channels
 * @bus: their bus
 * @list: references on them, from vmb_bus_list(); the session's on success
 * @nr: length of @list
 * @in_kernel: it is for vmb_channel_save_continue(); then the channel's
 *	session pointer holds the reference that is returned
 *
 * Context: process context, may sleep.
 * Return: the session, for vmb_save_drop() and vmb_save_put(), or ERR_PTR and
 * nothing happened: -EBADFD (traffic runs, or was stopped by an error), -EBUSY
 * (a session has a channel, or its VSP holds a packet), -ENODEV, -ENOMEM.
 */
struct vmb_save *vmb_save_create(struct vmb_bus *bus, struct vmb_channel **list,
				 u32 nr, bool in_kernel)
{
	struct vmb_save *save = kzalloc(sizeof(*save), GFP_KERNEL_ACCOUNT);
	u64 stream_id;
	int ret;

	if (!save)
		return ERR_PTR(-ENOMEM);
	save->base.ops = &save_ops;
	save->in_kernel = in_kernel;
	kref_init(&save->ref);
	init_waitqueue_head(&save->news);
	vmb_turn_init(&save->turn);
	save->bus = vmb_bus_get(bus);
	do {
		stream_id = get_random_u64();
	} while (!stream_id);
	vmb_stream_writer_init(&save->writer, stream_id);
	save->chunk = kmalloc(VMBSAVE_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	/* Nobody else can have it; to wait would look like a wrong order of turns. */
	ret = save->chunk && vmb_save_scratch(save, 0) ? vmb_turn_try(&save->turn) : -ENOMEM;
	if (!ret) {
		/* Who finds the session at one channel waits until it has all. */
		ret = vmb_holds_take(&save->holds, &save->base, bus, list, nr,
				     check_channel);
		vmb_turn_release(&save->turn);
	}
	if (ret) {
		vmb_save_put(save);
		return ERR_PTR(ret);
	}
	trace_vmb_save_begin(bus, nr);
	if (!in_kernel)
		save->begun = vmb_stats_begin(bus, VMB_WORK_SAVE);
	return save;
}

static void be_over(struct vmb_save *save)
{
	vmb_save_trace_over(save);
	WRITE_ONCE(save->dropped, true);
	wake_up_all(&save->news);
}

/**
 * vmb_save_abandon() - the reader goes away
 * @save: the session
 *
 * If not all was read the channels are let go; the session still has them,
 * until it is dropped.
 * Context: process context, waits for a callback in progress.
 */
void vmb_save_abandon(struct vmb_save *save)
{
	if (WARN_ON_ONCE(vmb_turn_take(&save->turn)))
		return;
	vmb_save_account_end(save, at_end(save));
	if (!at_end(save)) {
		be_over(save);
		vmb_holds_release(&save->holds, false);
	}
	vmb_turn_release(&save->turn);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_abandon);

/**
 * vmb_save_drop() - a save is over, complete or not
 * @save: the session
 *
 * Lets the channels go. Its data fd is stale from then on.
 * Context: process context, waits for a callback in progress.
 */
void vmb_save_drop(struct vmb_save *save)
{
	if (WARN_ON_ONCE(vmb_turn_take(&save->turn)))
		return;
	be_over(save);
	vmb_save_account_end(save, at_end(save));
	vmb_holds_release(&save->holds, at_end(save));
	vmb_holds_forget(&save->holds);
	vmb_turn_release(&save->turn);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_drop);

/* Puts what is pending; *chunk is where the open chunk lies if not at save->open. */
static int put_pending(struct vmb_save *save, void **chunk)
{
	struct vmb_save_record *record = &save->record;
	int ret;

	if (record->flat && vmb_stream_is_long(record->segments[0].bytes) &&
	    !save->writer.used)
		ret = vmb_stream_put_long(&save->writer, save->scratch, record->type,
					  record->segments[0].bytes, chunk);
	else
		ret = vmb_stream_put_record(&save->writer, save->open, record->type,
					    record->segments, record->nr);
	if (ret < 0)
		return vmb_save_fail(save, ret, "a record is too long");
	if (!ret)
		record->pending = false;
	return ret;
}

static int make_chunk(struct vmb_save *save)
{
	struct vmb_save_record *record = &save->record;
	void *chunk = save->open;
	int ret;

	for (;;) {
		if (!record->pending && save->phase == VMB_SAVE_DONE)
			break;
		if (!record->pending) {
			ret = vmb_save_next_record(save);
			if (ret)
				return ret;
			if (!record->pending && save->phase == VMB_SAVE_END &&
			    save->writer.used)
				break;
			if (!record->pending)
				continue;
		}
		ret = put_pending(save, &chunk);
		if (ret < 0)
			return ret;
		/* The last part of a long record may still lie in the scratch. */
		if (ret == VMB_MORE || chunk != save->open)
			break;
	}
	save->next_bytes = vmb_stream_seal(&save->writer, chunk);
	save->next = chunk;
	if (trace_vmb_save_chunk_enabled())
		trace_vmb_save_chunk(save->bus, save->writer.sequence - 1,
				     save->writer.bytes - save->next_bytes, save->next_bytes);
	return 0;
}

/*
 * Makes sure that there is something to hand out, unless all was. It is made at
 * @open, which takes %VMBSAVE_CHUNK_MAX bytes.
 */
static int ready(struct vmb_save *save, void *open)
{
	if (save->dropped)
		return -ESTALE;
	if (save->error)
		return save->error;
	if (save->next_bytes || at_end(save))
		return 0;
	save->open = open;
	save->taken = 0;
	if (save->phase != VMB_SAVE_HEADER)
		return make_chunk(save);
	vmb_stream_put_header(&save->writer, open);
	save->next_bytes = sizeof(struct vmbsave_stream_header);
	save->next = open;
	trace_vmb_save_chunk(save->bus, 0, 0, save->next_bytes);
	save->phase = VMB_SAVE_MANIFEST;
	return 0;
}

/**
 * vmb_save_read_begin() - get at the bytes that come next
 * @save: the session
 * @data: set to where they are
 * @bytes: set to how many, 0 = all was read
 *
 * Context: process context, may sleep; calls .save_state and .save_packet.
 * Return: 0, then vmb_save_read_end() must follow; or -EINTR, -ESTALE (the
 * session is over), or why the save failed.
 */
int vmb_save_read_begin(struct vmb_save *save, const void **data, u32 *bytes)
{
	int ret = vmb_turn_take_killable(&save->turn);

	if (ret)
		return ret;
	ret = ready(save, save->chunk);
	if (ret) {
		vmb_turn_release(&save->turn);
		return ret;
	}
	if (!save->next_bytes)
		vmb_save_account_end(save, true);
	*data = save->next;
	*bytes = save->next_bytes;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_read_begin);

/**
 * vmb_save_read_end() - say how many bytes were taken
 * @save: the session
 * @consumed: at most what vmb_save_read_begin() gave
 * Context: process context.
 */
void vmb_save_read_end(struct vmb_save *save, u32 consumed)
{
	vmb_save_advance(save, consumed);
	vmb_save_account(save);
	vmb_turn_release(&save->turn);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_read_end);

/* Return: the in-kernel save of a channel, referenced, or ERR_PTR */
static struct vmb_save *find_save(struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);

	if (!channel->session)
		return ERR_PTR(channel->gone ? -ENODEV : -EBADFD);
	if (channel->session->ops != &save_ops ||
	    !to_save(channel->session)->in_kernel)
		return ERR_PTR(-EBUSY);
	return vmb_save_get(to_save(channel->session));
}

int vmb_channel_save_begin(struct vmb_channel *channel)
{
	struct vmb_channel **list;
	struct vmb_save *save;

	if (vmb_channel_in_callback(channel))
		return -EDEADLK;
	list = kvmalloc_array(1, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return -ENOMEM;
	list[0] = vmb_channel_get(channel);
	save = vmb_save_create(channel->bus, list, 1, true);
	if (!IS_ERR(save))
		return 0;
	vmb_bus_put_list(list, 1);
	return PTR_ERR(save);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_save_begin, VMBSAVE_NS);

static int copy_chunks(struct vmb_save *save, void *buf, u32 size, u32 *filled,
		       u32 *required)
{
	void *to;
	int ret;

	for (;;) {
		/* What fits in any case is made where it is wanted, aligned for VSPs. */
		to = buf + *filled;
		if (size - *filled < VMBSAVE_CHUNK_MAX || !IS_ALIGNED((unsigned long)to, 8))
			to = save->chunk;
		ret = ready(save, to);
		if (ret || !save->next_bytes)
			break;
		if (save->next_bytes > size - *filled) {
			*required = save->next_bytes;
			return *filled ? VMB_MORE : -ENOBUFS;
		}
		if (save->next != buf + *filled)
			memcpy(buf + *filled, save->next, save->next_bytes);
		*filled += save->next_bytes;
		vmb_save_advance(save, save->next_bytes);
	}
	/* What was handed out is not lost: the next call answers the error. */
	return ret && *filled ? VMB_MORE : ret;
}

int vmb_channel_save_continue(struct vmb_channel *channel, void *buf, u32 size,
			      u32 *filled, u32 *required)
{
	struct vmb_save *save;
	int ret;

	if (!filled || !required || (size && !buf))
		return -EINVAL;
	*filled = 0;
	*required = 0;
	save = find_save(channel);
	if (IS_ERR(save))
		return PTR_ERR(save);
	ret = -EBUSY;
	if (!vmb_turn_try(&save->turn)) {
		ret = copy_chunks(save, buf, size, filled, required);
		vmb_turn_release(&save->turn);
	}
	vmb_save_put(save);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_save_continue, VMBSAVE_NS);

void vmb_channel_save_end(struct vmb_channel *channel)
{
	struct vmb_save *save = find_save(channel);
	bool mine;

	if (IS_ERR(save))
		return;
	if (!WARN_ON_ONCE(vmb_turn_take(&save->turn))) {
		be_over(save);
		vmb_holds_release(&save->holds, at_end(save));
		mine = vmb_hold_forget(&save->base, channel);
		vmb_turn_release(&save->turn);
		if (mine) {
			vmb_hold_resume(channel);
			vmb_save_put(save);
		}
	}
	vmb_save_put(save);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_save_end, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bits.h>
#include <linux/errno.h>
#include <linux/slab.h>
#include <linux/uaccess.h>

#include <uapi/linux/vmbsave.h>

#include "core/channel.h"
#include "user/channel_table.h"
#include "user/eventfd.h"

/**
 * DOC: Events, and the kick of a channel that went away
 *
 * 1. OFFER_CHANNEL makes an entry, and so does the owner of a channel that he
 *    offers (OFFERED). Events are bits in it, so that they need no
 *    memory when they come and cannot pile up.
 * 2. FAILED can come again after it was read; RESCINDED comes once, is the
 *    last, and takes the channel's kick along: an entry must not keep a channel
 *    that has gone.
 * 3. The entry goes when RESCINDED was read, on RESCIND_CHANNEL, or with the
 *    file.
 *
 * A channel can be gone before its entry is made. Its event found no entry, so
 * whoever makes the entry looks whether the channel has gone.
 */

/**
 * struct entry - one channel
 * @node: in table->pending while @events is not empty
 * @id: of the channel
 * @events: BIT(VMBSAVE_EVENT_*) that were not read
 * @errors: what each of them says, a positive errno
 * @rescinded: nothing happens on the channel any more
 * @kick: or NULL
 */
struct entry {
	struct list_head node;
	u32 id;
	u32 events;
	u32 errors[VMBSAVE_EVENT_REOFFERED + 1];
	bool rescinded;
	struct vmb_user_kick *kick;
};

static void add_event_locked(struct vmb_channel_table *table,
			     struct entry *entry, u32 type, u32 error)
{
	lockdep_assert_held(&table->entries.xa_lock);

	if (entry->events & BIT(type))
		return;
	if (!entry->events)
		list_add_tail(&entry->node, &table->pending);
	entry->events |= BIT(type);
	entry->errors[type] = error;
	wake_up_poll(&table->wait, EPOLLIN);
}

/* Return: the kick, for vmb_user_kick_destroy() without the lock */
static struct vmb_user_kick *rescind_locked(struct vmb_channel_table *table,
					    struct entry *entry, u32 error)
{
	struct vmb_user_kick *kick = entry->kick;

	if (entry->rescinded)
		return NULL;
	entry->rescinded = true;
	entry->kick = NULL;
	add_event_locked(table, entry, VMBSAVE_EVENT_RESCINDED, error);
	return kick;
}

/**
 * vmb_channel_table_init() - an empty table
 * @table: the table
 * Context: process context.
 */
void vmb_channel_table_init(struct vmb_channel_table *table)
{
	xa_init_flags(&table->entries, XA_FLAGS_ACCOUNT);
	INIT_LIST_HEAD(&table->pending);
	init_waitqueue_head(&table->wait);
}

/**
 * vmb_channel_table_add() - make the entry of a channel just offered
 * @table: the table
 * @channel: the channel
 *
 * Context: process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int vmb_channel_table_add(struct vmb_channel_table *table,
			  struct vmb_channel *channel)
{
	struct entry *entry = kzalloc(sizeof(*entry), GFP_KERNEL_ACCOUNT);
	int ret;

	if (!entry)
		return -ENOMEM;
	entry->id = channel->id;
	scoped_guard(spinlock, &table->entries.xa_lock) {
		ret = __xa_insert(&table->entries, entry->id, entry, GFP_KERNEL);
		if (!ret && READ_ONCE(channel->gone))
			rescind_locked(table, entry, ENODEV);
	}
	if (ret)
		kfree(entry);
	return ret;
}

/**
 * vmb_channel_table_remove() - forget a channel, its events and its kick
 * @table: the table
 * @id: of the channel; it may have no entry
 * Context: process context.
 */
void vmb_channel_table_remove(struct vmb_channel_table *table, u32 id)
{
	struct entry *entry;

	scoped_guard(spinlock, &table->entries.xa_lock) {
		entry = __xa_erase(&table->entries, id);
		if (entry && entry->events)
			list_del(&entry->node);
	}
	if (!entry)
		return;
	vmb_user_kick_destroy(entry->kick);
	kfree(entry);
}

/**
 * vmb_channel_table_clear() - forget all channels
 * @table: the table
 *
 * When this returns no eventfd kicks a channel any more.
 * Context: process context.
 */
void vmb_channel_table_clear(struct vmb_channel_table *table)
{
	struct entry *entry;
	unsigned long id;

	xa_for_each(&table->entries, id, entry)
		vmb_channel_table_remove(table, id);
	xa_destroy(&table->entries);
}

/**
 * vmb_channel_table_set_kick() - replace the kick of a channel
 * @table: the table
 * @id: of the channel
 * @kick: the new one, or NULL; the table's on success
 *
 * Context: process context.
 * Return: 0, or -ENOENT (no such channel), -ENODEV (it has gone).
 */
int vmb_channel_table_set_kick(struct vmb_channel_table *table, u32 id,
			       struct vmb_user_kick *kick)
{
	struct entry *entry;

	scoped_guard(spinlock, &table->entries.xa_lock) {
		entry = xa_load(&table->entries, id);
		if (!entry)
			return -ENOENT;
		if (entry->rescinded)
			return -ENODEV;
		swap(entry->kick, kick);
	}
	vmb_user_kick_destroy(kick);
	return 0;
}

/**
 * vmb_channel_table_post() - something happened to a channel
 * @table: the table
 * @type: VMBSAVE_EVENT_*
 * @id: of the channel
 * @error: positive errno
 * Context: any in which a plain spinlock may be taken; does not sleep.
 */
void vmb_channel_table_post(struct vmb_channel_table *table, u32 type, u32 id,
			    int error)
{
	struct vmb_user_kick *kick = NULL;
	struct entry *entry;

	scoped_guard(spinlock, &table->entries.xa_lock) {
		entry = xa_load(&table->entries, id);
		if (!entry)
			return;
		if (type == VMBSAVE_EVENT_RESCINDED)
			kick = rescind_locked(table, entry, error);
		else if (!entry->rescinded)
			add_event_locked(table, entry, type, error);
	}
	vmb_user_kick_destroy(kick);
}

static bool is_pending(struct vmb_channel_table *table)
{
	return !list_empty_careful(&table->pending);
}

/* OFFERED is the first that is heard of a channel, RESCINDED the last. */
static u32 next_type(u32 events)
{
	if (events & BIT(VMBSAVE_EVENT_OFFERED))
		return VMBSAVE_EVENT_OFFERED;
	if (events == BIT(VMBSAVE_EVENT_RESCINDED))
		return VMBSAVE_EVENT_RESCINDED;
	return __ffs(events & ~BIT(VMBSAVE_EVENT_RESCINDED));
}

static bool take_event(struct vmb_channel_table *table,
		       struct vmbsave_event *event)
{
	struct entry *entry;

	scoped_guard(spinlock, &table->entries.xa_lock) {
		entry = list_first_entry_or_null(&table->pending, struct entry,
						 node);
		if (!entry)
			return false;
		event->type = next_type(entry->events);
		event->channel = entry->id;
		event->error = entry->errors[event->type];
		entry->events &= ~BIT(event->type);
		if (!entry->events)
			list_del(&entry->node);
	}
	return true;
}

static void return_event(struct vmb_channel_table *table,
			 const struct vmbsave_event *event)
{
	struct entry *entry;

	scoped_guard(spinlock, &table->entries.xa_lock) {
		entry = xa_load(&table->entries, event->channel);
		if (entry)
			add_event_locked(table, entry, event->type,
					 event->error);
	}
}

/* Return: 1: one event was handed out; 0: there is none; or -EFAULT */
static int read_event(struct vmb_channel_table *table, char __user *buf)
{
	struct vmbsave_event event = {};

	if (!take_event(table, &event))
		return 0;
	if (copy_to_user(buf, &event, sizeof(event))) {
		return_event(table, &event);
		return -EFAULT;
	}
	if (event.type == VMBSAVE_EVENT_RESCINDED)
		vmb_channel_table_remove(table, event.channel);
	return 1;
}

/**
 * vmb_channel_table_read() - hand events out
 * @table: the table
 * @buf: where they go
 * @size: bytes at @buf
 * @nonblock: do not wait for the first
 *
 * Context: process context, may sleep.
 * Return: bytes, whole events only; or -EINVAL (no room for one), -EAGAIN
 * (there is none), -EFAULT, -ERESTARTSYS.
 */
ssize_t vmb_channel_table_read(struct vmb_channel_table *table,
			       char __user *buf, size_t size, bool nonblock)
{
	size_t done = 0;
	int ret = 0;

	if (size < sizeof(struct vmbsave_event))
		return -EINVAL;
	while (size - done >= sizeof(struct vmbsave_event)) {
		ret = read_event(table, buf + done);
		if (ret > 0)
			done += sizeof(struct vmbsave_event);
		else if (ret < 0 || done)
			break;
		else if (nonblock)
			return -EAGAIN;
		else if (wait_event_interruptible(table->wait, is_pending(table)))
			return -ERESTARTSYS;
	}
	return done ?: ret;
}

/**
 * vmb_channel_table_poll() - is there an event?
 * @table: the table
 * @file: the open file
 * @wait: of the poller
 * Return: what can be done without waiting.
 */
__poll_t vmb_channel_table_poll(struct vmb_channel_table *table,
				struct file *file, poll_table *wait)
{
	poll_wait(file, &table->wait, wait);
	return is_pending(table) ? EPOLLIN | EPOLLRDNORM : 0;
}

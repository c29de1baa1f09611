// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/rbtree.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/xarray.h>

#include "core/bus.h"
#include "core/channel.h"
#include "core/workqueue.h"

/**
 * DOC: The channels of a bus
 *
 * Those on offer are found by id and by identity, neither of which two of them
 * share: an offer, a look-up and a step of a walk do not take longer the more
 * there are. Those that have an owner are remembered besides, on offer or not.
 * Devices of channels that are neither keep the bus's device: they are not
 * added yet, or not removed yet.
 */

/* The identity is compared as save and restore sort it. */
static int compare_nodes(struct rb_node *a, const struct rb_node *b)
{
	return vmb_channel_identity_compare(&rb_entry(a, struct vmb_channel, node)->identity,
					    &rb_entry(b, struct vmb_channel, node)->identity);
}

/**
 * vmb_channel_identity_compare() - the order of identities
 * @a: one
 * @b: another
 *
 * That of the manifest of a stream.
 * Context: any.
 * Return: less than 0, 0 or more than 0, as memcmp() does.
 */
int vmb_channel_identity_compare(const struct vmb_channel_identity *a,
				 const struct vmb_channel_identity *b)
{
	int ret = memcmp(&a->type, &b->type, sizeof(a->type));

	if (!ret)
		ret = memcmp(&a->instance, &b->instance, sizeof(a->instance));
	return ret ?: (int)a->subchannel - (int)b->subchannel;
}

/**
 * vmb_bus_new_id() - an id that no channel of the bus ever had
 * @bus: the bus
 *
 * Context: process context.
 * Return: the id.
 */
u32 vmb_bus_new_id(struct vmb_bus *bus)
{
	guard(mutex)(&bus->lock);
	return bus->next_id++;
}

/**
 * vmb_bus_enlist() - take a channel into the list of those on offer
 * @bus: the bus
 * @channel: in no list; the list holds a reference that was the caller's
 *
 * Context: process context.
 * Return: 0, or -ENODEV (the bus goes away), -EEXIST (one of its identity is
 * there), -ENOMEM; then the reference is still the caller's.
 */
int vmb_bus_enlist(struct vmb_bus *bus, struct vmb_channel *channel)
{
	int ret;

	guard(mutex)(&bus->lock);
	if (bus->dying)
		return -ENODEV;
	if (rb_find_add(&channel->node, &bus->identities, compare_nodes))
		return -EEXIST;
	ret = xa_insert(&bus->channels, channel->id, channel, GFP_KERNEL_ACCOUNT);
	if (ret) {
		rb_erase(&channel->node, &bus->identities);
		return ret;
	}
	bus->nr_channels++;
	return 0;
}

/* Return: true if it was on the list, whose reference is the caller's now */
static bool unlist_channel(struct vmb_channel *channel, bool leaving)
{
	struct vmb_bus *bus = channel->bus;

	guard(mutex)(&bus->lock);
	if (xa_load(&bus->channels, channel->id) != channel)
		return false;
	xa_erase(&bus->channels, channel->id);
	rb_erase(&channel->node, &bus->identities);
	bus->nr_channels--;
	WRITE_ONCE(bus->nr_leaving, bus->nr_leaving + leaving);
	return true;
}

/**
 * vmb_bus_unlist() - undo vmb_bus_enlist()
 * @channel: the channel
 *
 * Context: process context.
 * Return: true if it was on the list, whose reference is the caller's now.
 */
bool vmb_bus_unlist(struct vmb_channel *channel)
{
	return unlist_channel(channel, false);
}

static void leave_locked(struct vmb_bus *bus)
{
	lockdep_assert_held(&bus->lock);

	WRITE_ONCE(bus->nr_leaving, bus->nr_leaving - 1);
	wake_up_all(&bus->left);
}

/**
 * vmb_bus_enter() - keep the device of a bus until its child is there
 * @bus: the bus
 *
 * Context: process context.
 * Return: 0, then vmb_bus_leave() must follow; or -ENODEV (the bus goes away).
 */
int vmb_bus_enter(struct vmb_bus *bus)
{
	guard(mutex)(&bus->lock);
	if (bus->dying)
		return -ENODEV;
	WRITE_ONCE(bus->nr_leaving, bus->nr_leaving + 1);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_enter);

/**
 * vmb_bus_leave() - undo vmb_bus_enter()
 * @bus: the bus
 * Context: process context.
 */
void vmb_bus_leave(struct vmb_bus *bus)
{
	guard(mutex)(&bus->lock);
	leave_locked(bus);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_leave);

/**
 * vmb_bus_own() - remember a channel that has an owner
 * @bus: the bus
 * @channel: the channel; the bus holds a reference that was the caller's
 *
 * Context: process context.
 * Return: 0, or -ENODEV (the bus goes away); then the reference is still the
 * caller's.
 */
int vmb_bus_own(struct vmb_bus *bus, struct vmb_channel *channel)
{
	guard(mutex)(&bus->lock);
	if (bus->dying)
		return -ENODEV;
	list_add_tail(&channel->owned_node, &bus->owned);
	return 0;
}

/**
 * vmb_bus_disown() - undo vmb_bus_own()
 * @channel: the channel; on success its device is to be removed, and
 *	vmb_bus_forgotten() follows
 *
 * If somebody else does that already, it waits until he has done it.
 * Context: process context, may sleep.
 * Return: true if it was remembered; the reference is the caller's now.
 */
bool vmb_bus_disown(struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;

	scoped_guard(mutex, &bus->lock) {
		if (!list_empty(&channel->owned_node)) {
			list_del_init(&channel->owned_node);
			WRITE_ONCE(bus->nr_leaving, bus->nr_leaving + 1);
			return true;
		}
	}
	wait_event(bus->left, READ_ONCE(channel->forgotten));
	return false;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_disown);

/**
 * vmb_bus_find() - the channel with an id
 * @bus: the bus
 * @id: the id
 *
 * Context: process context.
 * Return: the channel, referenced, for vmb_channel_put(), or NULL.
 */
struct vmb_channel *vmb_bus_find(struct vmb_bus *bus, u32 id)
{
	struct vmb_channel *channel;

	guard(mutex)(&bus->lock);
	channel = xa_load(&bus->channels, id);
	return channel ? vmb_channel_get(channel) : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_find);

static int compare_key(const void *key, const struct rb_node *node)
{
	return vmb_channel_identity_compare(key,
					    &rb_entry(node, struct vmb_channel, node)->identity);
}

/**
 * vmb_bus_find_identity() - the channel that is the same on another host
 * @bus: the bus
 * @identity: what it is
 *
 * Context: process context.
 * Return: the channel, referenced, for vmb_channel_put(), or NULL.
 */
struct vmb_channel *vmb_bus_find_identity(struct vmb_bus *bus,
					  const struct vmb_channel_identity *identity)
{
	struct rb_node *node;

	guard(mutex)(&bus->lock);
	node = rb_find(identity, &bus->identities, compare_key);
	return node ? vmb_channel_get(rb_entry(node, struct vmb_channel, node)) :
		      NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_find_identity);

/**
 * vmb_bus_next() - the channel after another one
 * @bus: the bus; the caller has its turn
 * @channel: the other one, which this returned last, and whose reference goes;
 *	NULL = give the first
 *
 * Visits each channel that is there all the time. An owner can take his offer
 * back and renew it meanwhile, so it is not asked for the id that it had.
 * Context: process context.
 * Return: the one with the next higher id, referenced, or NULL.
 */
struct vmb_channel *vmb_bus_next(struct vmb_bus *bus, struct vmb_channel *channel)
{
	struct vmb_channel *next;
	unsigned long id;

	vmb_turn_assert(&bus->turn);
	if (channel)
		vmb_channel_put(channel);
	else
		bus->walk = 0;
	id = bus->walk;
	guard(mutex)(&bus->lock);
	next = xa_find_after(&bus->channels, &id, ULONG_MAX, XA_PRESENT);
	if (!next)
		return NULL;
	bus->walk = next->id;
	return vmb_channel_get(next);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_next);

/**
 * vmb_bus_next_client() - the client after another one
 * @bus: the bus
 * @client: the other one, whose reference goes; NULL = give the first
 *
 * Context: process context.
 * Return: the client's end with the next higher id, referenced, or NULL.
 */
struct vmb_channel *vmb_bus_next_client(struct vmb_bus *bus,
					struct vmb_channel *client)
{
	struct vmb_channel *other, *next = NULL;
	u32 id = 0;

	if (client) {
		id = client->id;
		vmb_channel_put(client);
	}
	guard(mutex)(&bus->lock);
	list_for_each_entry(other, &bus->owned, owned_node)
		if (other->client && other->id > id &&
		    (!next || other->id < next->id))
			next = other;
	return next ? vmb_channel_get(next) : NULL;
}

/**
 * vmb_bus_adopt() - a client moves to another bus
 * @bus: the other bus, which does not go away meanwhile
 * @client: of another one; the caller has its turn
 *
 * Context: process context.
 * Return: the bus that it was on, for vmb_bus_put() once the client's worker
 * does not look at it any more.
 */
struct vmb_bus *vmb_bus_adopt(struct vmb_bus *bus, struct vmb_channel *client)
{
	struct vmb_bus *old = client->bus;

	vmb_turn_assert(&client->turn);
	scoped_guard(mutex, &old->lock)
		list_del_init(&client->owned_node);
	client->id = vmb_bus_new_id(bus);
	scoped_guard(spinlock_irqsave, &client->lock)
		client->bus = vmb_bus_get(bus);
	client->dev.parent = &bus->dev;
	scoped_guard(mutex, &bus->lock)
		list_add_tail(&client->owned_node, &bus->owned);
	return old;
}

/**
 * vmb_bus_list() - all channels on offer
 * @bus: the bus
 * @nr: set to how many
 *
 * Context: process context.
 * Return: an array of references by ascending id, for vmb_bus_put_list(), or
 * ERR_PTR(-ENOMEM).
 */
struct vmb_channel **vmb_bus_list(struct vmb_bus *bus, u32 *nr)
{
	struct vmb_channel **list, *channel;
	unsigned long id;
	u32 i = 0;

	guard(mutex)(&bus->lock);
	list = kvcalloc(bus->nr_channels + 1, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return ERR_PTR(-ENOMEM);
	xa_for_each(&bus->channels, id, channel)
		list[i++] = vmb_channel_get(channel);
	*nr = i;
	return list;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_list);

/**
 * vmb_bus_put_list() - drop what vmb_bus_list() gave
 * @list: the array
 * @nr: its length
 * Context: process context.
 */
void vmb_bus_put_list(struct vmb_channel **list, u32 nr)
{
	while (nr)
		vmb_channel_put(list[--nr]);
	kvfree(list);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_put_list);

/**
 * vmb_bus_forget() - the VSP of a channel has gone, and with it the channel
 * @channel: detached
 *
 * Tells the bus, unless it was the bus that took the offer back, and has the
 * device removed by work, after which vmb_bus_forgotten() follows.
 * Context: process context, inside the device's own removal.
 */
void vmb_bus_forget(struct vmb_channel *channel)
{
	if (!unlist_channel(channel, true))
		return;
	vmb_bus_event(channel->bus, VMBSAVE_EVENT_RESCINDED, channel->id,
		      -ENODEV);
	vmb_workqueue_queue(&channel->unregister);
}

/**
 * vmb_bus_forgotten() - the device of a forgotten channel has been removed
 * @channel: the channel
 * Context: process context.
 */
void vmb_bus_forgotten(struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;

	guard(mutex)(&bus->lock);
	WRITE_ONCE(channel->forgotten, true);
	leave_locked(bus);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_forgotten);

// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/idr.h>
#include <linux/slab.h>

#include "core/bus.h"
#include "core/bus_type.h"
#include "core/channel.h"
#include "core/limits.h"
#include "core/workqueue.h"

static DEFINE_IDA(bus_ids);

static void release_device(struct device *dev)
{
	struct vmb_bus *bus = container_of(dev, struct vmb_bus, dev);

	if (bus->ops->release)
		bus->ops->release(bus);
	ida_free(&bus_ids, bus->id);
	kfree(bus);
	vmb_limit_uncharge(VMB_LIMIT_BUSES, 1);
}

static void init_bus(struct vmb_bus *bus, const struct vmb_bus_ops *ops,
		     struct vmb_guest_memory *memory, void *owner)
{
	bus->ops = ops;
	bus->memory = memory;
	bus->owner = owner;
	bus->state = VMB_BUS_STOP;
	bus->next_id = 1;
	vmb_turn_init(&bus->turn);
	mutex_init(&bus->lock);
	INIT_LIST_HEAD(&bus->channels);
	init_waitqueue_head(&bus->left);
	vmb_bus_error_init(bus);
	device_initialize(&bus->dev);
	bus->dev.release = release_device;
}

/**
 * vmb_bus_create() - make a bus, in STOP and without channels
 * @ops: what to tell the caller
 * @memory: guest RAM; stays valid until @ops->release
 * @owner: the caller's own
 *
 * Context: process context.
 * Return: the bus, for vmb_bus_destroy(), or ERR_PTR: -EDQUOT, -ENOMEM;
 * then @ops->release is not called.
 */
struct vmb_bus *vmb_bus_create(const struct vmb_bus_ops *ops,
			       struct vmb_guest_memory *memory, void *owner)
{
	static const struct vmb_bus_ops silent;
	struct vmb_bus *bus;
	int ret = vmb_limit_charge(VMB_LIMIT_BUSES, 1);

	if (ret)
		return ERR_PTR(ret);
	ret = -ENOMEM;
	bus = kzalloc(sizeof(*bus), GFP_KERNEL_ACCOUNT);
	if (!bus)
		goto err_limit;
	ret = ida_alloc(&bus_ids, GFP_KERNEL);
	if (ret < 0)
		goto err_bus;
	bus->id = ret;
	init_bus(bus, &silent, memory, owner);
	ret = dev_set_name(&bus->dev, "vmb%d", bus->id) ?: device_add(&bus->dev);
	if (ret) {
		put_device(&bus->dev);
		return ERR_PTR(ret);
	}
	bus->ops = ops;
	return bus;

err_bus:
	kfree(bus);
err_limit:
	vmb_limit_uncharge(VMB_LIMIT_BUSES, 1);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_create);

/**
 * vmb_bus_get() - take a reference on a bus
 * @bus: the bus
 *
 * Context: any.
 * Return: @bus.
 */
struct vmb_bus *vmb_bus_get(struct vmb_bus *bus)
{
	get_device(&bus->dev);
	return bus;
}

/**
 * vmb_bus_put() - drop a reference on a bus
 * @bus: the bus
 * Context: process context.
 */
void vmb_bus_put(struct vmb_bus *bus)
{
	put_device(&bus->dev);
}

static bool same_identity(const struct vmb_channel_identity *a,
			  const struct vmb_channel_identity *b)
{
	return a->subchannel == b->subchannel && guid_equal(&a->type, &b->type) &&
	       guid_equal(&a->instance, &b->instance);
}

/* Takes the channel into the list, which holds its first reference. */
static int list_channel(struct vmb_bus *bus, struct vmb_channel *channel)
{
	struct vmb_channel *other;

	guard(mutex)(&bus->lock);
	if (bus->dying)
		return -ENODEV;
	list_for_each_entry(other, &bus->channels, node)
		if (same_identity(&other->identity, &channel->identity))
			return -EEXIST;
	list_add_tail(&channel->node, &bus->channels);
	bus->nr_channels++;
	return 0;
}

/* Return: true if it was on the list, whose reference is the caller's now */
static bool unlist_channel(struct vmb_channel *channel, bool leaving)
{
	struct vmb_bus *bus = channel->bus;

	guard(mutex)(&bus->lock);
	if (list_empty(&channel->node))
		return false;
	list_del_init(&channel->node);
	bus->nr_channels--;
	WRITE_ONCE(bus->nr_leaving, bus->nr_leaving + leaving);
	return true;
}

static void remove_channel(struct vmb_channel *channel)
{
	if (!unlist_channel(channel, false))
		return;
	device_unregister(&channel->dev);
	vmb_channel_put(channel);
}

/*
 * The first reference becomes the list's, and goes if the channel is not or no
 * longer listed. The caller has another one: a VSP can be unbound at any time.
 */
static int add_channel(struct vmb_bus *bus, struct vmb_channel *channel)
{
	int ret = dev_set_name(&channel->dev, "%s-%u", dev_name(&bus->dev),
			       channel->id) ?: list_channel(bus, channel);

	if (ret) {
		vmb_channel_put(channel);
		return ret;
	}
	vmb_bus_type_join(&channel->dev);
	/*
	 * The device's own reference is the one that @channel's references
	 * hold together; device_add() takes one more for as long as it is
	 * registered.
	 */
	get_device(&channel->dev);
	ret = device_add(&channel->dev);
	if (ret) {
		put_device(&channel->dev);
		if (unlist_channel(channel, false))
			vmb_channel_put(channel);
		return ret;
	}
	if (READ_ONCE(channel->vsp))
		return 0;
	ret = channel->probe_error ?: -ENODEV;
	remove_channel(channel);
	return ret;
}

static int begin_change(struct vmb_bus *bus)
{
	int ret = vmb_turn_take_killable(&bus->turn);

	if (ret)
		return ret;
	if (vmb_bus_is_changeable(bus))
		return 0;
	vmb_turn_release(&bus->turn);
	return -EBADFD;
}

/**
 * vmb_bus_offer() - offer a channel
 * @bus: the bus
 * @identity: what is offered
 *
 * Context: process context, may sleep; calls the VSP's .probe.
 * Return: the channel, referenced, for vmb_channel_put(), or ERR_PTR: -EEXIST,
 * -ENODEV (no VSP serves it), -EBADFD (not in STOP or RUNNING), -EDQUOT,
 * -ENOMEM, -EINTR, or what .probe returned.
 */
struct vmb_channel *vmb_bus_offer(struct vmb_bus *bus,
				  const struct vmb_channel_identity *identity)
{
	struct vmb_channel *channel;
	int ret = begin_change(bus);

	if (ret)
		return ERR_PTR(ret);
	channel = vmb_channel_create(bus, identity, bus->next_id++);
	if (!IS_ERR(channel)) {
		vmb_channel_get(channel);
		ret = add_channel(bus, channel);
		if (ret) {
			vmb_channel_put(channel);
			channel = ERR_PTR(ret);
		}
	}
	vmb_turn_release(&bus->turn);
	return channel;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_offer);

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
	list_for_each_entry(channel, &bus->channels, node)
		if (channel->id == id)
			return vmb_channel_get(channel);
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_find);

/**
 * vmb_bus_next() - the channel after another one
 * @bus: the bus; the caller has its turn, so that none is added
 * @channel: the other one, whose reference goes; NULL = give the first
 *
 * Context: process context.
 * Return: the one with the next higher id, referenced, or NULL.
 */
struct vmb_channel *vmb_bus_next(struct vmb_bus *bus, struct vmb_channel *channel)
{
	struct vmb_channel *next;
	u32 id = 0;

	if (channel) {
		id = channel->id;
		vmb_channel_put(channel);
	}
	guard(mutex)(&bus->lock);
	list_for_each_entry(next, &bus->channels, node)
		if (next->id > id)
			return vmb_channel_get(next);
	return NULL;
}

/**
 * vmb_bus_rescind() - take an offer back
 * @bus: the bus
 * @id: id of the channel
 *
 * Context: process context, waits for callbacks in progress, not for packets.
 * Return: 0, or -ENOENT, -EBADFD (not in STOP or RUNNING), -EINTR.
 */
int vmb_bus_rescind(struct vmb_bus *bus, u32 id)
{
	struct vmb_channel *channel;
	int ret = begin_change(bus);

	if (ret)
		return ret;
	channel = vmb_bus_find(bus, id);
	if (channel) {
		remove_channel(channel);
		vmb_channel_put(channel);
	}
	vmb_turn_release(&bus->turn);
	return channel ? 0 : -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_rescind);

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
	u32 i = 0;

	guard(mutex)(&bus->lock);
	list = kvcalloc(bus->nr_channels + 1, sizeof(*list), GFP_KERNEL_ACCOUNT);
	if (!list)
		return ERR_PTR(-ENOMEM);
	list_for_each_entry(channel, &bus->channels, node)
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
	WRITE_ONCE(bus->nr_leaving, bus->nr_leaving - 1);
	if (!bus->nr_leaving)
		wake_up_all(&bus->left);
}

/**
 * vmb_bus_event() - tell the one who made the bus
 * @bus: the bus
 * @type: VMBSAVE_EVENT_*
 * @channel: id of the channel
 * @error: negative errno
 * Context: process context.
 */
void vmb_bus_event(struct vmb_bus *bus, u32 type, u32 channel, int error)
{
	guard(mutex)(&bus->lock);
	if (!bus->dying && bus->ops->event)
		bus->ops->event(bus, type, channel, error);
}

/**
 * vmb_bus_destroy() - end a bus at once
 * @bus: the bus; the caller's reference goes
 *
 * A session is aborted (-ENODEV), all channels are detached and removed.
 * Context: process context, waits for callbacks in progress, not for packets
 * that VSPs hold.
 */
void vmb_bus_destroy(struct vmb_bus *bus)
{
	struct vmb_channel *channel;

	scoped_guard(mutex, &bus->lock)
		bus->dying = true;
	if (WARN_ON_ONCE(vmb_turn_take(&bus->turn)))
		return;
	if (bus->session) {
		bus->session->ops->abort(bus->session, NULL, -ENODEV);
		bus->session->ops->put(bus->session);
		bus->session = NULL;
	}
	for (channel = vmb_bus_next(bus, NULL); channel;
	     channel = vmb_bus_next(bus, channel))
		remove_channel(channel);
	vmb_turn_release(&bus->turn);
	/* A device may not be removed before its children. */
	wait_event(bus->left, !READ_ONCE(bus->nr_leaving));
	device_unregister(&bus->dev);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_destroy);

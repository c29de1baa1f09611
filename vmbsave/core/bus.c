// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/idr.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>

#include "core/bus.h"
#include "core/bus_type.h"
#include "core/channel.h"
#include "core/limits.h"
#include "core/workqueue.h"
#include "core/written.h"

static DEFINE_IDA(bus_ids);

static void release_device(struct device *dev)
{
	struct vmb_bus *bus = container_of(dev, struct vmb_bus, dev);

	if (bus->ops->release)
		bus->ops->release(bus);
	ida_free(&bus_ids, bus->id);
	WARN_ON_ONCE(!xa_empty(&bus->channels));
	xa_destroy(&bus->channels);
	vmb_written_destroy(bus);
	kfree(bus);
	vmb_limits_bus_end();
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
	xa_init(&bus->channels);
	bus->identities = RB_ROOT;
	INIT_LIST_HEAD(&bus->owned);
	init_waitqueue_head(&bus->left);
	vmb_bus_error_init(bus);
	vmb_stats_init(bus);
	vmb_written_init(bus);
	vmb_limits_bus_begin();
	device_initialize(&bus->dev);
	bus->dev.release = release_device;
	vmb_bus_type_join_bus(&bus->dev);
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
		goto err_limit;
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
EXPORT_SYMBOL_NS_GPL(vmb_bus_get, VMBSAVE_NS);

/**
 * vmb_bus_put() - drop a reference on a bus
 * @bus: the bus
 * Context: process context.
 */
void vmb_bus_put(struct vmb_bus *bus)
{
	put_device(&bus->dev);
}
EXPORT_SYMBOL_NS_GPL(vmb_bus_put, VMBSAVE_NS);

static void remove_channel(struct vmb_channel *channel)
{
	if (!vmb_bus_unlist(channel))
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
			       channel->id) ?: vmb_bus_enlist(bus, channel);

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
		if (vmb_bus_unlist(channel))
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
 * If no VSP serves its type, the module that does is loaded first. A bus that
 * takes no offers now loads none.
 *
 * Context: process context without the bus turn, may sleep; calls the VSP's
 * .probe.
 * Return: the channel, referenced, for vmb_channel_put(), or ERR_PTR: -EEXIST,
 * -ENODEV (no VSP serves it, and no module does; or the bus goes away), -EBADFD
 * (not in STOP or RUNNING), -EDQUOT, -ENOMEM, -EINTR, or what .probe returned.
 */
struct vmb_channel *vmb_bus_offer(struct vmb_bus *bus,
				  const struct vmb_channel_identity *identity)
{
	struct vmb_channel *channel;
	int ret;

	/* Before the turn: it may take long, and a VSP registers meanwhile. */
	if (vmb_bus_is_changeable(bus))
		vmb_vsp_load(&identity->type);
	ret = begin_change(bus);
	if (ret)
		return ERR_PTR(ret);
	channel = vmb_channel_create(bus, identity, vmb_bus_new_id(bus));
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
 * vmb_bus_rescind() - take an offer back
 * @bus: the bus
 * @id: id of the channel
 *
 * Context: process context, waits for callbacks in progress, not for packets.
 * Return: 0, or -ENOENT, -EBADFD (not in STOP or RUNNING), -EBUSY (its owner
 * offers it), -EINTR.
 */
int vmb_bus_rescind(struct vmb_bus *bus, u32 id)
{
	struct vmb_channel *channel;
	int ret = begin_change(bus);

	if (ret)
		return ret;
	channel = vmb_bus_find(bus, id);
	ret = channel ? 0 : -ENOENT;
	if (channel) {
		if (channel->owned)
			ret = -EBUSY;
		else
			remove_channel(channel);
		vmb_channel_put(channel);
	}
	vmb_turn_release(&bus->turn);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_rescind);

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

/* Servers first: a client whose server has gone closes without waiting. */
static struct vmb_channel *first_owned(struct vmb_bus *bus)
{
	struct vmb_channel *channel, *first = NULL;

	guard(mutex)(&bus->lock);
	list_for_each_entry(channel, &bus->owned, owned_node)
		if (!first || (channel->server && !first->server))
			first = channel;
	return first ? vmb_channel_get(first) : NULL;
}

/* Somebody can have the turn and wait for packets, for as long as he likes. */
static void begin_to_die(struct vmb_bus *bus)
{
	struct vmb_channel *channel;
	unsigned long id;

	guard(mutex)(&bus->lock);

	WRITE_ONCE(bus->dying, true);
	xa_for_each(&bus->channels, id, channel)
		wake_up_all(&channel->drained);
}

/**
 * vmb_bus_destroy() - end a bus at once
 * @bus: the bus; the caller's reference goes
 *
 * A session is aborted (-ENODEV), all channels are detached and removed. It does
 * not count for max_buses any more, though somebody may have a reference.
 * Context: process context, waits for callbacks in progress, not for packets
 * that VSPs hold.
 */
void vmb_bus_destroy(struct vmb_bus *bus)
{
	struct vmb_channel *channel;

	begin_to_die(bus);
	if (WARN_ON_ONCE(vmb_turn_take(&bus->turn)))
		return;
	if (bus->session) {
		bus->session->ops->abort(bus->session, NULL, -ENODEV);
		bus->session->ops->put(bus->session);
		bus->session = NULL;
	}
	for (channel = vmb_bus_next(bus, NULL); channel;
	     channel = vmb_bus_next(bus, channel))
		if (!channel->owned)
			remove_channel(channel);
	while ((channel = first_owned(bus))) {
		vmb_channel_disown(channel);
		vmb_channel_put(channel);
	}
	vmb_turn_release(&bus->turn);
	/* A device may not be removed before its children. */
	wait_event(bus->left, !READ_ONCE(bus->nr_leaving));
	device_unregister(&bus->dev);
	vmb_limit_uncharge(VMB_LIMIT_BUSES, 1);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_destroy);

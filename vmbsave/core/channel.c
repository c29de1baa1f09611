// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/slab.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/client.h"
#include "core/external.h"
#include "core/gpadl.h"
#include "core/limits.h"
#include "core/outgoing.h"
#include "core/workqueue.h"

static void release_device(struct device *dev)
{
	struct vmb_channel *channel = to_vmb_channel(dev);

	WARN_ON_ONCE(!xa_empty(&channel->gpadls));
	WARN_ON_ONCE(channel->nr_incoming);
	xa_destroy(&channel->gpadls);
	if (channel->host)
		channel->host->release(channel->host);
	vmb_client_free(channel->client);
	vmb_bus_put(channel->bus);
	kfree(channel);
	vmb_limit_uncharge(VMB_LIMIT_CHANNELS, 1);
}

static void release_work(struct work_struct *work)
{
	struct vmb_channel *channel =
		container_of(work, struct vmb_channel, release);

	/* Completing a packet late can have kicked the worker once more. */
	vmb_channel_flow_cancel(channel);
	vmb_client_cancel(channel->client);
	vmb_external_unpin(channel);
	put_device(&channel->dev);
}

static void release_ref(struct kref *ref)
{
	vmb_workqueue_queue(&container_of(ref, struct vmb_channel, ref)->release);
}

/**
 * vmb_channel_get() - take a reference on a channel
 * @channel: the channel
 *
 * Context: any.
 * Return: @channel.
 */
struct vmb_channel *vmb_channel_get(struct vmb_channel *channel)
{
	kref_get(&channel->ref);
	return channel;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_get, VMBSAVE_NS);

/**
 * vmb_channel_put() - drop a reference on a channel
 * @channel: the channel
 * Context: any.
 */
void vmb_channel_put(struct vmb_channel *channel)
{
	kref_put(&channel->ref, release_ref);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_put, VMBSAVE_NS);

static void unregister_work(struct work_struct *work)
{
	struct vmb_channel *channel =
		container_of(work, struct vmb_channel, unregister);

	device_unregister(&channel->dev);
	vmb_bus_forgotten(channel);
	vmb_channel_put(channel);
}

/**
 * vmb_channel_create() - make a channel that is not a device yet
 * @bus: its bus
 * @identity: what it is
 * @id: its number on the bus
 *
 * Context: process context.
 * Return: the channel, for vmb_channel_put(), or ERR_PTR: -EDQUOT, -ENOMEM.
 */
struct vmb_channel *vmb_channel_create(struct vmb_bus *bus,
				       const struct vmb_channel_identity *identity,
				       u32 id)
{
	struct vmb_channel *channel;
	int ret = vmb_limit_charge(VMB_LIMIT_CHANNELS, 1);

	if (ret)
		return ERR_PTR(ret);
	channel = kzalloc(sizeof(*channel), GFP_KERNEL_ACCOUNT);
	if (!channel) {
		vmb_limit_uncharge(VMB_LIMIT_CHANNELS, 1);
		return ERR_PTR(-ENOMEM);
	}
	kref_init(&channel->ref);
	INIT_WORK(&channel->release, release_work);
	INIT_WORK(&channel->unregister, unregister_work);
	RB_CLEAR_NODE(&channel->node);
	INIT_LIST_HEAD(&channel->owned_node);
	channel->server = true;
	channel->bus = vmb_bus_get(bus);
	channel->identity = *identity;
	channel->id = id;
	channel->max_packet = VMB_PACKET_BYTES_DEFAULT;
	vmb_turn_init(&channel->turn);
	xa_init(&channel->gpadls);
	init_waitqueue_head(&channel->unmapped);
	spin_lock_init(&channel->lock);
	vmb_channel_flow_init(channel);

	device_initialize(&channel->dev);
	channel->dev.parent = &bus->dev;
	channel->dev.release = release_device;
	return channel;
}

/**
 * vmb_channel_set_host() - set how the guest is signalled
 * @channel: the channel, which takes @host over
 * @host: the way, or NULL
 * Context: process context.
 */
void vmb_channel_set_host(struct vmb_channel *channel,
			  struct vmb_channel_host *host)
{
	scoped_guard(spinlock_irqsave, &channel->lock)
		swap(channel->host, host);
	if (host)
		host->release(host);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_set_host);

/**
 * vmb_channel_claim_host() - set how the guest is signalled, unless it is set
 * @channel: the channel, which takes @host over
 * @host: the way
 *
 * Context: process context.
 * Return: 0, or @host is still the caller's: -EBUSY (there is another one),
 * -ENODEV (the channel is gone).
 */
int vmb_channel_claim_host(struct vmb_channel *channel,
			   struct vmb_channel_host *host)
{
	guard(spinlock_irqsave)(&channel->lock);

	if (channel->gone)
		return -ENODEV;
	if (channel->host)
		return -EBUSY;
	channel->host = host;
	return 0;
}

/**
 * vmb_channel_drop_host() - undo vmb_channel_claim_host()
 * @channel: the channel
 * @host: nothing happens if it has another one by now
 * Context: process context.
 */
void vmb_channel_drop_host(struct vmb_channel *channel,
			   struct vmb_channel_host *host)
{
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (channel->host != host)
			return;
		channel->host = NULL;
	}
	host->release(host);
}

/**
 * vmb_channel_detach() - the channel goes away; part it from VSP and guest
 * @channel: the channel, bound to a VSP
 *
 * Aborts a session, stops traffic without waiting for packets that the VSP
 * holds, closes the channel, gives the outgoing packets back and releases the
 * guest's pages. Nothing of the VSP is called afterwards but its .remove.
 *
 * Context: process context, waits for callbacks in progress; calls .suspend,
 * .closed, .discard_packet.
 */
void vmb_channel_detach(struct vmb_channel *channel)
{
	scoped_guard(spinlock_irqsave, &channel->lock)
		channel->gone = true;
	wake_up_all(&channel->drained);
	WARN_ON_ONCE(vmb_channel_abort_session(channel, -ENODEV));
	if (WARN_ON_ONCE(vmb_turn_take(&channel->turn)))
		return;
	vmb_channel_flow_cut(channel);
	if (vmb_channel_state_is_open(channel->state))
		vmb_channel_shut(channel);
	vmb_queue_discard(channel, &channel->queue);
	vmb_channel_flow_cancel(channel);
	/* It can have been about to, and others keep the channel for long. */
	vmb_external_unpin(channel);
	vmb_client_disconnect(channel);
	vmb_gpadl_release_all(channel);
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_DISABLE);
	vmb_turn_release(&channel->turn);
	vmb_channel_set_host(channel, NULL);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_detach);

/**
 * vmb_channel_set_pointer() - keep something of the VSP's
 * @channel: the channel
 * @pointer: anything; never saved
 *
 * VmbChannelSetPointer.
 * Context: any.
 */
void vmb_channel_set_pointer(struct vmb_channel *channel, void *pointer)
{
	WRITE_ONCE(channel->pointer, pointer);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_set_pointer, VMBSAVE_NS);

/**
 * vmb_channel_get_pointer() - what was kept (VmbChannelGetPointer)
 * @channel: the channel
 *
 * Context: any.
 * Return: the pointer, NULL if none was set.
 */
void *vmb_channel_get_pointer(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->pointer);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_get_pointer, VMBSAVE_NS);

/**
 * vmb_channel_interface_type() - what kind of device it is
 * @channel: the channel
 *
 * Context: any.
 * Return: the interface type; lives as long as the channel.
 */
const guid_t *vmb_channel_interface_type(const struct vmb_channel *channel)
{
	return &channel->identity.type;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_interface_type, VMBSAVE_NS);

/**
 * vmb_channel_interface_instance() - which device of its kind it is
 * @channel: the channel
 *
 * VmbChannelGetInterfaceInstance.
 *
 * Context: any.
 * Return: the interface instance; lives as long as the channel.
 */
const guid_t *vmb_channel_interface_instance(const struct vmb_channel *channel)
{
	return &channel->identity.instance;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_interface_instance, VMBSAVE_NS);

/**
 * vmb_channel_subchannel() - which of the device's channels it is
 * @channel: the channel
 *
 * Context: any.
 * Return: the index, 0 = the primary one.
 */
u16 vmb_channel_subchannel(const struct vmb_channel *channel)
{
	return channel->identity.subchannel;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_subchannel, VMBSAVE_NS);

/**
 * vmb_channel_device() - the device, for messages and devres
 * @channel: the channel
 *
 * Context: any.
 * Return: the device; no reference is taken.
 */
struct device *vmb_channel_device(struct vmb_channel *channel)
{
	return &channel->dev;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_device, VMBSAVE_NS);

/**
 * vmb_channel_max_packet_size() - largest payload in either direction
 * @channel: the channel
 *
 * Context: any.
 * Return: bytes.
 */
u32 vmb_channel_max_packet_size(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->max_packet);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_max_packet_size, VMBSAVE_NS);

/**
 * vmb_channel_was_restored() - was the channel made by a restore?
 * @channel: the channel
 *
 * True from the moment that .opened is called for a restored channel.
 *
 * Context: any.
 * Return: true if it was.
 */
bool vmb_channel_was_restored(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->restored);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_was_restored, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/vmb_client.h>
#include <linux/vmb_ns.h>

#include "core/bus_type.h"
#include "core/channel.h"
#include "core/gpadl.h"
#include "core/client.h"

/**
 * DOC: Channels that have an owner
 *
 * 1. A module allocates a channel. It is Disabled, its callbacks are the
 *    owner's, and no driver is bound to it. The server's end is a device from
 *    now on; a client's end is the guest's and none.
 * 2. The owner configures and enables it. The server's end gets an id and is on
 *    offer: the VMM is told (OFFERED) and treats it as one that it offered
 *    itself.
 * 3. The owner disables it: the offer is taken back (RESCINDED). What came with
 *    the offer goes with it: GPADLs, the way to signal the guest, and that it
 *    was open or restored. Enabled again it is another channel to the guest.
 * 4. The owner cleans it up.
 *
 * Unhappy paths. The VMM has no memory for the offer, another channel has its
 * identity, or the bus is being saved or restored: it stays Disabled. The bus
 * goes away: the channel is detached as one of a driver is, it is gone, and the
 * owner's calls answer -ENODEV; he still has to clean it up, and that waits
 * until the bus has detached it. The bus goes away while it is allocated: the
 * bus waits for the allocation, which fails.
 */

static int add_device(struct vmb_channel *channel)
{
	int ret = dev_set_name(&channel->dev, "%s-%c%u",
			       dev_name(&channel->bus->dev),
			       channel->server ? 'o' : 'c', channel->id);

	if (ret || !channel->server)
		return ret;
	vmb_bus_type_join(&channel->dev);
	/* As in add_channel() of bus.c: ours, besides the driver core's own. */
	get_device(&channel->dev);
	ret = device_add(&channel->dev);
	if (ret)
		put_device(&channel->dev);
	return ret;
}

static void remove_device(struct vmb_channel *channel)
{
	if (channel->server)
		device_unregister(&channel->dev);
}

static struct vmb_channel *allocate(struct vmb_bus *bus,
				    const struct vmb_vsp *callbacks,
				    bool is_server)
{
	static const struct vmb_channel_identity nobody;
	struct vmb_channel *channel;
	int ret;

	channel = vmb_channel_create(bus, &nobody, vmb_bus_new_id(bus));
	if (IS_ERR(channel))
		return channel;
	channel->server = is_server;
	channel->owned = true;
	channel->vsp = callbacks;
	ret = is_server ? 0 : vmb_client_init(channel);
	if (!ret)
		ret = add_device(channel);
	if (ret)
		goto err_channel;
	vmb_channel_get(channel);
	ret = vmb_bus_own(bus, channel);
	if (ret)
		goto err_device;
	return channel;

err_device:
	vmb_channel_put(channel);
	remove_device(channel);
err_channel:
	vmb_channel_put(channel);
	return ERR_PTR(ret);
}

struct vmb_channel *__vmb_channel_allocate(struct vmb_bus *bus,
					   struct vmb_vsp *callbacks,
					   bool is_server, struct module *owner)
{
	struct vmb_channel *channel;
	int ret = vmb_vsp_check_callbacks(callbacks) ?: vmb_bus_enter(bus);

	if (ret)
		return ERR_PTR(ret);
	callbacks->owner = owner;
	channel = allocate(bus, callbacks, is_server);
	vmb_bus_leave(bus);
	return channel;
}
EXPORT_SYMBOL_NS_GPL(__vmb_channel_allocate, VMBSAVE_NS);

/* An offer that no session could have seen */
static int enlist(struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;
	int ret;

	if (!vmb_bus_is_changeable(bus))
		return -EBUSY;
	channel->id = vmb_bus_new_id(bus);
	vmb_channel_get(channel);
	ret = vmb_bus_enlist(bus, channel);
	if (ret)
		vmb_channel_put(channel);
	return ret;
}

/**
 * vmb_channel_offer_own() - the owner offers a channel
 * @channel: Disabled; the caller has its turn
 *
 * The VMM hears of it by vmb_channel_announce_own().
 * Context: process context, may sleep.
 * Return: 0, or it is not on offer: -EINVAL (it has no type), -EEXIST, -EBUSY
 * (the bus is being saved or restored, or that has failed), -ENODEV, -ENOMEM.
 */
int vmb_channel_offer_own(struct vmb_channel *channel)
{
	struct vmb_bus *bus = channel->bus;
	int ret;

	vmb_turn_assert(&channel->turn);
	if (guid_is_null(&channel->identity.type))
		return -EINVAL;
	ret = enlist(channel);
	if (ret || !bus->ops->offered)
		return ret;
	ret = bus->ops->offered(bus, channel);
	if (ret && vmb_bus_unlist(channel))
		vmb_channel_put(channel);
	return ret;
}

/**
 * vmb_channel_announce_own() - tell the VMM of an offer
 * @channel: on offer and Enabled; the caller has its turn
 * Context: process context.
 */
void vmb_channel_announce_own(struct vmb_channel *channel)
{
	vmb_bus_event(channel->bus, VMBSAVE_EVENT_OFFERED, channel->id, 0);
}

/* Return: true if it was on offer */
static bool withdraw(struct vmb_channel *channel)
{
	if (!vmb_bus_unlist(channel))
		return false;
	vmb_bus_event(channel->bus, VMBSAVE_EVENT_RESCINDED, channel->id,
		      -ENODEV);
	vmb_channel_put(channel);
	return true;
}

/**
 * vmb_channel_withdraw_own() - the owner takes his offer back
 * @channel: Disabled; nothing happens if it is not on offer; the caller has its
 *	turn and another reference
 * Context: process context, may sleep.
 */
void vmb_channel_withdraw_own(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	if (!withdraw(channel))
		return;
	/* The VMM has no name for it any more: nobody else could undo these. */
	vmb_gpadl_release_all(channel);
	vmb_channel_set_host(channel, NULL);
	channel->opened_before = false;
	WRITE_ONCE(channel->restored, false);
}

/**
 * vmb_channel_disown() - part a channel from its owner, its bus and its guest
 * @channel: the caller has a reference
 *
 * Once this returns no callback of the owner is called, whoever did it.
 * Context: process context, waits for callbacks in progress; calls .suspend,
 * .closed, .discard_packet.
 */
void vmb_channel_disown(struct vmb_channel *channel)
{
	if (!vmb_bus_disown(channel))
		return;
	withdraw(channel);
	vmb_channel_detach(channel);
	vmb_client_cancel(channel->client);
	remove_device(channel);
	vmb_bus_forgotten(channel);
	vmb_channel_put(channel);
}

static int check_cleanup(struct vmb_channel *channel)
{
	int ret = vmb_channel_control_begin(channel, 0);

	if (ret)
		return ret == -ENODEV ? 0 : ret;
	if (channel->state != VMB_CHANNEL_DISABLED)
		ret = -EBADFD;
	vmb_channel_control_end(channel);
	return ret;
}

int vmb_channel_cleanup(struct vmb_channel *channel)
{
	int ret;

	if (!channel->owned)
		return -EINVAL;
	ret = check_cleanup(channel);
	if (ret)
		return ret;
	vmb_channel_disown(channel);
	vmb_channel_put(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_cleanup, VMBSAVE_NS);

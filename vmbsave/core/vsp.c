// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kmod.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_vsp.h>
#include <linux/wait.h>

#include "core/bus_type.h"
#include "core/channel.h"

/**
 * DOC: VSPs and the channels that they serve
 *
 * A channel is a device of the bus type "vmb", a VSP a driver of it; the
 * driver core matches them by interface type. The bus that a channel is on is
 * a device of the same bus type, so that it is found by its name too; no
 * driver serves it. The types of the devices tell them apart.
 *
 * 1. A VSP is registered. From then on it is probed for each channel offered
 *    on any bus. An offer of a type that no VSP serves has its module loaded
 *    first, by the alias of VMB_MODULE_ALIAS().
 * 2. .probe configures, enables and starts the channel.
 * 3. The channel is rescinded, its bus closed, or the VSP unbound or unloaded:
 *    the channel is detached, then .remove is called. A channel whose VSP has
 *    gone is gone for good; its bus is told, and may offer it anew.
 *
 * A failed .probe leaves a channel that nobody has opened; the offer fails.
 */

/* How long a module that modprobe calls loaded may take to register its VSP */
#define LOAD_PATIENCE	(5 * HZ)

static DECLARE_WAIT_QUEUE_HEAD(vsp_registered);

static struct device_type bus_device = { .name = "vmb_bus" };
static struct device_type channel_device = { .name = "vmb_channel" };

static const struct vmb_vsp *to_vsp(const struct device_driver *driver)
{
	return container_of(driver, struct vmb_vsp, driver);
}

static bool vsp_serves(const struct vmb_vsp *vsp, const guid_t *type)
{
	const struct vmb_vsp_id *id = vsp->id_table;

	for (; !guid_is_null(&id->type); id++)
		if (guid_equal(&id->type, type))
			return true;
	return false;
}

static int vmb_match(struct device *dev, vmb_match_driver_t *driver)
{
	const struct vmb_channel *channel;

	if (dev->type != &channel_device)
		return 0;
	channel = to_vmb_channel(dev);
	return !channel->owned &&
	       vsp_serves(to_vsp(driver), &channel->identity.type);
}

static int vmb_uevent(vmb_uevent_device_t *dev, struct kobj_uevent_env *env)
{
	const struct vmb_channel *channel =
		container_of(dev, struct vmb_channel, dev);

	if (dev->type != &channel_device)
		return 0;
	return add_uevent_var(env, "MODALIAS=vmb:%pUl", &channel->identity.type);
}

static int vmb_probe(struct device *dev)
{
	struct vmb_channel *channel = to_vmb_channel(dev);
	int ret;

	if (READ_ONCE(channel->gone))
		return -ENODEV;
	channel->vsp = to_vsp(dev->driver);
	ret = channel->vsp->probe(channel);
	if (ret) {
		WARN_ONCE(channel->state != VMB_CHANNEL_DISABLED,
			  "vmb: %s failed to probe and left the channel enabled\n",
			  channel->vsp->name);
		vmb_channel_detach(channel);
		/* The VSP can go now; who looks at it does so with the lock. */
		scoped_guard(mutex, &channel->bus->lock)
			WRITE_ONCE(channel->vsp, NULL);
	}
	channel->probe_error = ret;
	return ret;
}

static void vmb_remove(struct device *dev)
{
	struct vmb_channel *channel = to_vmb_channel(dev);

	vmb_channel_detach(channel);
	if (channel->vsp->remove)
		channel->vsp->remove(channel);
	WARN_ONCE(READ_ONCE(channel->nr_incoming),
		  "vmb: %s was removed and still holds packets\n",
		  channel->vsp->name);
	channel->vsp = NULL;
	vmb_bus_forget(channel);
}

static struct bus_type vmb_bus_type = {
	.name = "vmb",
	.match = vmb_match,
	.uevent = vmb_uevent,
	.probe = vmb_probe,
	.remove = vmb_remove,
};

static int visit_device(struct device *dev, void *data)
{
	const struct vmb_device_visit *visit = data;

	if (dev->type == &channel_device)
		return visit->channel ? visit->channel(to_vmb_channel(dev), visit->data) : 0;
	return visit->bus ? visit->bus(container_of(dev, struct vmb_bus, dev), visit->data) : 0;
}

/**
 * vmb_bus_type_join() - make a channel's device one of the bus type
 * @dev: the device, not added yet
 * Context: process context.
 */
void vmb_bus_type_join(struct device *dev)
{
	dev->bus = &vmb_bus_type;
	dev->type = &channel_device;
}

/**
 * vmb_bus_type_join_bus() - make a bus's device one of the bus type
 * @dev: the device, not added yet
 * Context: process context.
 */
void vmb_bus_type_join_bus(struct device *dev)
{
	dev->bus = &vmb_bus_type;
	dev->type = &bus_device;
}

/**
 * vmb_bus_type_visit() - visit all buses and channels
 * @visit: what is done with each, which stays meanwhile
 *
 * Channels that have an owner are visited too, on offer or not; clients' ends
 * are no devices and are not.
 * Context: process context, may sleep.
 * Return: 0, or what a function of @visit returned that was not 0.
 */
int vmb_bus_type_visit(struct vmb_device_visit *visit)
{
	return bus_for_each_dev(&vmb_bus_type, NULL, visit, visit_device);
}

/**
 * vmb_bus_type_register() - make the bus type known
 * @bus_groups: attributes of each bus
 * @channel_groups: attributes of each channel
 *
 * Context: process context.
 * Return: 0 or an errno of the driver core.
 */
int vmb_bus_type_register(const struct attribute_group **bus_groups,
			  const struct attribute_group **channel_groups)
{
	bus_device.groups = bus_groups;
	channel_device.groups = channel_groups;
	return bus_register(&vmb_bus_type);
}

/**
 * vmb_bus_type_unregister() - undo vmb_bus_type_register()
 * Context: process context; no channel and no VSP is left.
 */
void vmb_bus_type_unregister(void)
{
	bus_unregister(&vmb_bus_type);
}

static int driver_serves(struct device_driver *driver, void *type)
{
	return vsp_serves(to_vsp(driver), type);
}

static bool is_served(const guid_t *type)
{
	guid_t wanted = *type;

	return bus_for_each_drv(&vmb_bus_type, NULL, &wanted, driver_serves);
}

/**
 * vmb_vsp_load() - load the module that serves an interface type
 * @type: the type
 *
 * Nothing happens if a VSP that is registered serves it: an offer that can
 * succeed starts no process. Whether a module was found is not told; the offer
 * finds out.
 *
 * Context: process context, sleeps; with no turn and no lock, for the module
 * registers its VSP meanwhile, which probes channels.
 */
void vmb_vsp_load(const guid_t *type)
{
	if (is_served(type) || request_module("vmb:%pUl", type))
		return;
	/*
	 * Two at once load a module once. Not every modprobe waits for what
	 * another one has begun: that of busybox takes a module for loaded as
	 * soon as it is listed.
	 */
	wait_event_killable_timeout(vsp_registered, is_served(type), LOAD_PATIENCE);
}

static int check_state_callbacks(const struct vmb_vsp *vsp)
{
	bool state = vsp->save_state;

	if (!vsp->restore_state == state || !vsp->discard_state == state)
		return -EINVAL;
	if (!vsp->state_version == state || !vsp->state_min_version == state)
		return -EINVAL;
	return vsp->state_min_version > vsp->state_version ? -EINVAL : 0;
}

/**
 * vmb_vsp_check_callbacks() - are the callbacks complete?
 * @vsp: whose; bound by the driver core or not
 *
 * Context: any.
 * Return: 0, or -EINVAL: a required one is missing, or only some of those that
 * go together are there.
 */
int vmb_vsp_check_callbacks(const struct vmb_vsp *vsp)
{
	bool save = vsp->save_packet;

	if (!vsp->name || !vsp->process_packet)
		return -EINVAL;
	if (!vsp->restore_packet == save || !vsp->discard_packet == save)
		return -EINVAL;
	return check_state_callbacks(vsp);
}

static int check_vsp(const struct vmb_vsp *vsp)
{
	if (!vsp->id_table || !vsp->probe || guid_is_null(&vsp->id_table->type))
		return -EINVAL;
	return vmb_vsp_check_callbacks(vsp);
}

/**
 * __vmb_vsp_register() - vmb_vsp_register() with the module named
 * @vsp: the VSP
 * @owner: its module
 * @modname: its module's name
 *
 * Context: process context.
 * Return: as vmb_vsp_register().
 */
int __vmb_vsp_register(struct vmb_vsp *vsp, struct module *owner,
		       const char *modname)
{
	int ret = check_vsp(vsp);

	if (ret)
		return ret;
	vsp->owner = owner;
	vsp->driver.name = vsp->name;
	vsp->driver.bus = &vmb_bus_type;
	vsp->driver.owner = owner;
	vsp->driver.mod_name = modname;
	/* An offer succeeds or fails by what the probe has returned. */
	vsp->driver.probe_type = PROBE_FORCE_SYNCHRONOUS;
	ret = driver_register(&vsp->driver);
	wake_up_all(&vsp_registered);
	return ret;
}
EXPORT_SYMBOL_NS_GPL(__vmb_vsp_register, VMBSAVE_NS);

/**
 * vmb_vsp_unregister() - undo vmb_vsp_register()
 * @vsp: the VSP
 *
 * Its channels are detached and rescinded first.
 * Context: process context, may sleep; calls .remove.
 */
void vmb_vsp_unregister(struct vmb_vsp *vsp)
{
	driver_unregister(&vsp->driver);
}
EXPORT_SYMBOL_NS_GPL(vmb_vsp_unregister, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/sysfs.h>

#include "core/channel.h"
#include "user/sysfs.h"

/* Each value is read by itself; what is read next can be of another moment. */

static ssize_t interface_type_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%pUl\n", &to_vmb_channel(dev)->identity.type);
}
static DEVICE_ATTR_RO(interface_type);

static ssize_t interface_instance_show(struct device *dev,
				       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%pUl\n",
			  &to_vmb_channel(dev)->identity.instance);
}
static DEVICE_ATTR_RO(interface_instance);

static ssize_t subchannel_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_vmb_channel(dev)->identity.subchannel);
}
static DEVICE_ATTR_RO(subchannel);

/* It changes while the channel is Disabled: a reader can see half of each. */
static ssize_t name_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%.*s\n", VMB_FRIENDLY_NAME_BYTES - 1,
			  vmb_channel_friendly_name(to_vmb_channel(dev)));
}
static DEVICE_ATTR_RO(name);

static ssize_t channel_id_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", to_vmb_channel(dev)->id);
}
static DEVICE_ATTR_RO(channel_id);

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%s\n",
			  vmb_channel_state_name(vmb_channel_get_state(channel)));
}
static DEVICE_ATTR_RO(state);

static ssize_t pause_reasons_show(struct device *dev,
				  struct device_attribute *attr, char *buf)
{
	static const char * const names[] = {
		[0] = "none",
		[VMB_PAUSED_BY_VSP] = "vsp",
		[VMB_PAUSED_BY_BUS] = "bus",
		[VMB_PAUSED_BY_VSP | VMB_PAUSED_BY_BUS] = "vsp bus",
	};

	return sysfs_emit(buf, "%s\n",
			  names[vmb_channel_pause_reasons(to_vmb_channel(dev))]);
}
static DEVICE_ATTR_RO(pause_reasons);

/*
 * A driver can be unloaded with its name unless the device's lock is held. An
 * owner's callbacks stay as long as the device of his channel.
 */
static ssize_t vsp_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);
	ssize_t ret;

	if (channel->owned)
		return sysfs_emit(buf, "%s\n", channel->vsp->name);
	ret = device_lock_interruptible(dev);
	if (ret)
		return ret;
	ret = sysfs_emit(buf, "%s\n", dev->driver ? dev->driver->name : "none");
	device_unlock(dev);
	return ret;
}
static DEVICE_ATTR_RO(vsp);

static ssize_t packets_in_use_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(channel->queue.nr_packets));
}
static DEVICE_ATTR_RO(packets_in_use);

static ssize_t packets_queued_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	struct vmb_channel *channel = to_vmb_channel(dev);
	u64 nr;

	scoped_guard(spinlock_irqsave, &channel->lock)
		nr = channel->queue.nr_packets - channel->queue.nr_sent;
	return sysfs_emit(buf, "%llu\n", nr);
}
static DEVICE_ATTR_RO(packets_queued);

static ssize_t packets_sent_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(channel->queue.nr_sent));
}
static DEVICE_ATTR_RO(packets_sent);

static ssize_t packets_held_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%u\n", READ_ONCE(channel->nr_incoming));
}
static DEVICE_ATTR_RO(packets_held);

static ssize_t completions_waiting_show(struct device *dev,
					struct device_attribute *attr,
					char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(channel->queue.nr_completions));
}
static DEVICE_ATTR_RO(completions_waiting);

static ssize_t stray_completions_show(struct device *dev,
				      struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", READ_ONCE(to_vmb_channel(dev)->stray));
}
static DEVICE_ATTR_RO(stray_completions);

static ssize_t error_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%d\n", -READ_ONCE(channel->error));
}
static DEVICE_ATTR_RO(error);

static ssize_t last_save_bytes_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_vmb_channel(dev)->save_bytes));
}
static DEVICE_ATTR_RO(last_save_bytes);

static ssize_t last_save_ns_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  READ_ONCE(to_vmb_channel(dev)->save_ns));
}
static DEVICE_ATTR_RO(last_save_ns);

static ssize_t last_error_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct vmb_channel *channel = to_vmb_channel(dev);
	char text[VMBSAVE_ERROR_TEXT];
	struct vmb_error_place place;
	const char *why;
	int error;

	scoped_guard(spinlock_irqsave, &channel->lock) {
		error = channel->error;
		why = channel->error_text;
	}
	if (error)
		return vmb_sysfs_emit_error(buf, error, why);
	error = vmb_bus_error_get(channel->bus, &place, text);
	return vmb_sysfs_emit_error(buf, place.channel == READ_ONCE(channel->id) ?
				    error : 0, text);
}
static DEVICE_ATTR_RO(last_error);

static struct attribute *channel_attrs[] = {
	&dev_attr_interface_type.attr,
	&dev_attr_interface_instance.attr,
	&dev_attr_subchannel.attr,
	&dev_attr_channel_id.attr,
	&dev_attr_name.attr,
	&dev_attr_state.attr,
	&dev_attr_pause_reasons.attr,
	&dev_attr_vsp.attr,
	&dev_attr_packets_in_use.attr,
	&dev_attr_packets_queued.attr,
	&dev_attr_packets_sent.attr,
	&dev_attr_packets_held.attr,
	&dev_attr_completions_waiting.attr,
	&dev_attr_stray_completions.attr,
	&dev_attr_error.attr,
	&dev_attr_last_error.attr,
	&dev_attr_last_save_bytes.attr,
	&dev_attr_last_save_ns.attr,
	NULL
};

static const struct attribute_group channel_group = {
	.attrs = channel_attrs,
};

const struct attribute_group *vmb_sysfs_channel_groups[] = {
	&channel_group,
	NULL
};

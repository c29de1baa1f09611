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

static ssize_t packets_in_use_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	const struct vmb_channel *channel = to_vmb_channel(dev);

	return sysfs_emit(buf, "%llu\n", READ_ONCE(channel->queue.nr_packets));
}
static DEVICE_ATTR_RO(packets_in_use);

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

static struct attribute *channel_attrs[] = {
	&dev_attr_interface_type.attr,
	&dev_attr_interface_instance.attr,
	&dev_attr_subchannel.attr,
	&dev_attr_channel_id.attr,
	&dev_attr_name.attr,
	&dev_attr_state.attr,
	&dev_attr_pause_reasons.attr,
	&dev_attr_packets_in_use.attr,
	&dev_attr_packets_held.attr,
	&dev_attr_completions_waiting.attr,
	&dev_attr_stray_completions.attr,
	&dev_attr_error.attr,
	NULL
};

static const struct attribute_group channel_group = {
	.attrs = channel_attrs,
};

const struct attribute_group *vmb_sysfs_channel_groups[] = {
	&channel_group,
	NULL
};

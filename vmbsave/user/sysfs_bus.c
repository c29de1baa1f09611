// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/err.h>
#include <linux/sysfs.h>

#include "core/channel.h"
#include "migrate/bus_state.h"
#include "user/sysfs.h"

/* What is read here says nothing of the next moment. */

static struct vmb_bus *to_bus(struct device *dev)
{
	return container_of(dev, struct vmb_bus, dev);
}

/**
 * vmb_sysfs_emit_error() - an error for people
 * @buf: the page of the attribute
 * @error: negative errno, or 0
 * @text: one sentence
 *
 * Context: any.
 * Return: bytes in @buf: "none", or the name of the errno, a colon, a space and
 * the sentence.
 */
ssize_t vmb_sysfs_emit_error(char *buf, int error, const char *text)
{
	char name[32];

	if (!error)
		return sysfs_emit(buf, "none\n");
	/* It begins with a minus, of a name as of a number. */
	snprintf(name, sizeof(name), "%pe", ERR_PTR(error));
	return sysfs_emit(buf, "%s: %s\n", name + 1, text);
}

static ssize_t state_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  vmb_bus_state_name(READ_ONCE(to_bus(dev)->state)));
}
static DEVICE_ATTR_RO(state);

static ssize_t channels_show(struct device *dev, struct device_attribute *attr,
			     char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_bus(dev)->nr_channels));
}
static DEVICE_ATTR_RO(channels);

static ssize_t packets_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct vmb_bus *bus = to_bus(dev);
	struct vmb_channel *channel;
	unsigned long id;
	u64 nr = 0;

	scoped_guard(mutex, &bus->lock)
		xa_for_each(&bus->channels, id, channel)
			nr += READ_ONCE(channel->queue.nr_packets);
	return sysfs_emit(buf, "%llu\n", nr);
}
static DEVICE_ATTR_RO(packets);

static ssize_t last_save_bytes_show(struct device *dev,
				    struct device_attribute *attr, char *buf)
{
	struct vmbsave_stats stats;

	vmb_stats_get(to_bus(dev), &stats);
	return sysfs_emit(buf, "%llu\n", stats.save_bytes);
}
static DEVICE_ATTR_RO(last_save_bytes);

static ssize_t last_save_ns_show(struct device *dev,
				 struct device_attribute *attr, char *buf)
{
	struct vmbsave_stats stats;

	vmb_stats_get(to_bus(dev), &stats);
	return sysfs_emit(buf, "%llu\n", stats.save_ns);
}
static DEVICE_ATTR_RO(last_save_ns);

static ssize_t last_error_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	char text[VMBSAVE_ERROR_TEXT];
	int error = vmb_bus_error_get(to_bus(dev), NULL, text);

	return vmb_sysfs_emit_error(buf, error, text);
}
static DEVICE_ATTR_RO(last_error);

static struct attribute *bus_attrs[] = {
	&dev_attr_state.attr,
	&dev_attr_channels.attr,
	&dev_attr_packets.attr,
	&dev_attr_last_save_bytes.attr,
	&dev_attr_last_save_ns.attr,
	&dev_attr_last_error.attr,
	NULL
};

static const struct attribute_group bus_group = {
	.attrs = bus_attrs,
};

const struct attribute_group *vmb_sysfs_bus_groups[] = {
	&bus_group,
	NULL
};

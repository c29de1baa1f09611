/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_BUS_TYPE_H
#define _VMB_CORE_BUS_TYPE_H

#include <linux/uuid.h>

struct attribute_group;
struct device;
struct vmb_bus;
struct vmb_channel;

/**
 * struct vmb_device_visit - what is done with each bus and channel
 * @bus: Optional. Called for each bus. Return: 0, or anything else: no more
 * @channel: Optional. Called for each channel. Return: likewise
 * @data: the caller's own
 */
struct vmb_device_visit {
	int (*bus)(struct vmb_bus *bus, void *data);
	int (*channel)(struct vmb_channel *channel, void *data);
	void *data;
};

int vmb_bus_type_register(const struct attribute_group **bus_groups,
			  const struct attribute_group **channel_groups);
void vmb_bus_type_unregister(void);
void vmb_bus_type_join(struct device *dev);
void vmb_bus_type_join_bus(struct device *dev);
int vmb_bus_type_visit(struct vmb_device_visit *visit);
void vmb_vsp_load(const guid_t *type);

#endif /* _VMB_CORE_BUS_TYPE_H */

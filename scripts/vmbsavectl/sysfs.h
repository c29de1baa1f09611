/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_SYSFS_H
#define _VMBSAVECTL_SYSFS_H

#include <linux/types.h>

#define SYSFS_FOLDER	"/sys/bus/vmb/devices"
#define SYSFS_VALUE	256

/**
 * struct sysfs_device - a bus or a channel, as sysfs names it
 * @name: "vmb0", "vmb0-1" or "vmb0-o1"
 * @bus: number of its bus
 * @is_channel: it is not the bus itself
 */
struct sysfs_device {
	char name[32];
	u32 bus;
	bool is_channel;
};

/**
 * struct sysfs_devices - those that there are
 * @folder: where
 * @device: each bus, behind it its channels
 * @nr: how many
 */
struct sysfs_devices {
	const char *folder;
	struct sysfs_device *device;
	u32 nr;
};

extern const char * const sysfs_bus_attributes[];
extern const char * const sysfs_channel_attributes[];

void sysfs_read(struct sysfs_devices *devices, const char *folder);
void sysfs_free(struct sysfs_devices *devices);
const char *sysfs_value(const struct sysfs_devices *devices, const struct sysfs_device *device,
			const char *attribute, char value[SYSFS_VALUE]);
void sysfs_put_json(const struct sysfs_devices *devices, const struct sysfs_device *device);
void sysfs_put_text(const struct sysfs_devices *devices, const struct sysfs_device *device);

#endif /* _VMBSAVECTL_SYSFS_H */

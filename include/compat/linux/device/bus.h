/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _COMPAT_LINUX_DEVICE_BUS_H
#define _COMPAT_LINUX_DEVICE_BUS_H

#include <linux/version.h>

#include_next <linux/device/bus.h>

/* 6.11 made the driver of bus_type.match const. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 11, 0)
typedef struct device_driver vmb_match_driver_t;
#else
typedef const struct device_driver vmb_match_driver_t;
#endif

/* 6.3 made the device of bus_type.uevent const. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 3, 0)
typedef struct device vmb_uevent_device_t;
#else
typedef const struct device vmb_uevent_device_t;
#endif

#endif /* _COMPAT_LINUX_DEVICE_BUS_H */

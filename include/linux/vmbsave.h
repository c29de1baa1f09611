/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMBSAVE_H
#define _LINUX_VMBSAVE_H

/*
 * The one header that the author of a VSP module includes. A module that does
 * also writes MODULE_IMPORT_NS(VMBSAVE_NS).
 */
#include <linux/vmb_bus.h>
#include <linux/vmb_channel.h>
#include <linux/vmb_client.h>
#include <linux/vmb_config.h>
#include <linux/vmb_gpadl.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>
#include <linux/vmb_pages.h>
#include <linux/vmb_result.h>
#include <linux/vmb_status.h>
#include <linux/vmb_vsp.h>

#endif /* _LINUX_VMBSAVE_H */

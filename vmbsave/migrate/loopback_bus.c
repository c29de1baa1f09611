// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/vmb_bus.h>
#include <linux/vmb_ns.h>

#include "core/loopback.h"
#include "migrate/bus_state.h"

/* A bus without a VMM takes the steps that a VMM asks for. */

static int set_state(struct vmb_bus *bus, enum vmb_bus_state to, u32 timeout_ms)
{
	struct vmb_bus_data data;

	if (!vmb_loopback_of(bus))
		return -EINVAL;
	return vmb_bus_set_state(bus, to, timeout_ms, &data);
}

struct vmb_bus *vmb_loopback_create(void)
{
	struct vmb_loopback *loopback = vmb_loopback_make();
	int ret;

	if (IS_ERR(loopback))
		return ERR_CAST(loopback);
	ret = vmb_loopback_run(loopback->bus);
	if (!ret)
		return loopback->bus;
	vmb_loopback_destroy(loopback->bus);
	return ERR_PTR(ret);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_create, VMBSAVE_NS);

int vmb_loopback_stop(struct vmb_bus *bus, u32 timeout_ms)
{
	return set_state(bus, VMB_BUS_STOP, timeout_ms);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_stop, VMBSAVE_NS);

int vmb_loopback_run(struct vmb_bus *bus)
{
	return set_state(bus, VMB_BUS_RUNNING, 0);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_run, VMBSAVE_NS);

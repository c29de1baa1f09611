/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_BUS_H
#define _LINUX_VMB_BUS_H

#include <linux/types.h>
#include <linux/uuid.h>

struct vmb_bus;
struct vmb_channel;

/**
 * vmb_bus_get_by_fd() - the bus of a VMM
 * @fd: a descriptor of the calling process, from open("/dev/vmbsave")
 *
 * VmbConvertVmbusHandleToKernelHandle. For an owner of channels that the VMM
 * told its descriptor, by an ioctl of the owner's own device.
 * Context: process context of the VMM.
 * Return: the bus, for vmb_bus_put(), or ERR_PTR: -EBADF, -EINVAL (another kind
 * of file, or one that is attached to the bus of another).
 */
struct vmb_bus *vmb_bus_get_by_fd(int fd);
struct vmb_bus *vmb_bus_get(struct vmb_bus *bus);
void vmb_bus_put(struct vmb_bus *bus);

/*
 * A bus without a VMM. Its guests are clients in this kernel, see
 * <linux/vmb_client.h>, so that a VSP and its client run in one kernel.
 */

/**
 * vmb_loopback_create() - make a bus without a VMM, in RUNNING
 *
 * Context: process context.
 * Return: the bus, for vmb_loopback_destroy(), or ERR_PTR: -EDQUOT, -ENOMEM, or an
 * errno of the driver core.
 */
struct vmb_bus *vmb_loopback_create(void);

/**
 * vmb_loopback_destroy() - end a bus without a VMM
 * @bus: the bus
 *
 * As when a VMM is killed: all channels are detached, clients are closed.
 * Context: process context, waits for callbacks in progress.
 */
void vmb_loopback_destroy(struct vmb_bus *bus);

/**
 * vmb_loopback_offer() - offer a channel, as a VMM would with OFFER_CHANNEL
 * @bus: from vmb_loopback_create()
 * @type: interface type; a VSP that serves it must be registered, or a module
 *	with its alias be there
 * @instance: interface instance
 * @subchannel: 0 = primary
 *
 * Context: process context, may sleep; calls the VSP's .probe.
 * Return: the channel, for vmb_channel_put(), or ERR_PTR: -EINVAL (@bus has a
 * VMM), -EEXIST, -ENODEV, -EBADFD (being moved), -EDQUOT, -ENOMEM, -EINTR, or
 * what .probe returned.
 */
struct vmb_channel *vmb_loopback_offer(struct vmb_bus *bus, const guid_t *type,
				       const guid_t *instance, u16 subchannel);

/**
 * vmb_loopback_stop() - stop all traffic, as a VMM would for a migration
 * @bus: from vmb_loopback_create()
 * @timeout_ms: how long VSPs may take to complete what they hold; 0 = default
 *
 * Context: process context, sleeps.
 * Return: 0, or the bus runs on: -ETIMEDOUT, -EINTR, -EDEADLK (inside a callback
 * of one of its channels), -EINVAL (a bus that has a VMM).
 */
int vmb_loopback_stop(struct vmb_bus *bus, u32 timeout_ms);

/**
 * vmb_loopback_run() - let traffic run again
 * @bus: from vmb_loopback_create()
 *
 * Context: process context, may sleep.
 * Return: 0, or -EINTR (somebody else changes it), -EDEADLK (inside its change),
 * -EINVAL (a bus that has a VMM).
 */
int vmb_loopback_run(struct vmb_bus *bus);

/**
 * vmb_loopback_move() - a live migration inside one kernel
 * @from: a bus; in STOP, see vmb_loopback_stop()
 * @to: another one in STOP on which a channel of the same identity was offered
 *	for each channel of @from
 *
 * Nobody changes the state of either bus, destroys it, or cleans a client up
 * meanwhile.
 *
 * Saves all channels of @from, restores them on @to, and hands the clients and
 * their memory over: they now have the other bus's channels at their other
 * end. Neither bus runs afterwards. The channels of @from are closed, without
 * their clients' knowing, as when the source host forgets the guest. They were
 * open, so nothing is restored to them: to move a guest to @from later each of
 * them has to be offered anew; a bus that is new is simpler.
 *
 * Context: process context, may sleep; calls .save_packet, .restore_packet,
 * .opened, ...
 * Return: 0, or -EINVAL (not two buses without a VMM), -EBADFD (not in STOP),
 * -ENOENT (no channel is on offer at either), -EBUSY (a client has it there),
 * or an errno of the save or the restore: then @from still has the clients, and
 * vmb_loopback_run() lets them go on as if nothing had been.
 */
int vmb_loopback_move(struct vmb_bus *from, struct vmb_bus *to);

#endif /* _LINUX_VMB_BUS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_CLIENT_H
#define _LINUX_VMB_CLIENT_H

#include <linux/types.h>
#include <linux/vmb_vsp.h>

struct vmb_bus;
struct vmb_channel;

/**
 * DOC: Channels that have an owner
 *
 * The driver core gives a VSP the channels that a VMM offers. A module can also
 * make channels of its own: the server's end, which is then on offer to the
 * VMM, or the client's end in this kernel, which accepts an offer of a bus
 * without a VMM (vmb_loopback_create()).
 *
 * A client's end is a &struct vmb_channel like the server's, and what
 * <linux/vmb_channel.h> and <linux/vmb_packet.h> say holds for both unless it
 * says "server". Its states:
 *
 *   DISABLED  not interested
 *   ENABLED   waits for the offer, or for the channel to be opened
 *   PAUSED    open, paused by its owner
 *   ACTIVE    open, traffic runs if the bus does
 *
 * Enabling starts it as well. Every close, whoever asked for it, leads to
 * DISABLED, and enabling revives it. It is not saved: it is the guest's, and
 * moves with the guest's memory, see vmb_loopback_move().
 *
 * What differs from the server's end: vmb_channel_enable() answers -EINVAL
 * without a target and -EOPNOTSUPP on a bus whose guest has a VMM;
 * vmb_channel_pause() answers -EBADFD in ENABLED; vmb_channel_disable() answers
 * -EBUSY while the bus is stopped or a session has the server's end, for its
 * guest does not run, and -ETIMEDOUT or -EDEADLK also for the server's end,
 * which it closes. While the bus is stopped it is neither suspended nor may it
 * expect anything: what it sends and completes waits. A callback of a server's
 * end must not enable, disable or clean up a client of that end.
 */

/**
 * __vmb_channel_allocate() - vmb_channel_allocate() with the module named
 * @bus: the bus
 * @callbacks: what is called
 * @is_server: which end
 * @owner: the module of @callbacks
 *
 * Context: process context, may sleep.
 * Return: as vmb_channel_allocate().
 */
struct vmb_channel *__vmb_channel_allocate(struct vmb_bus *bus,
					   struct vmb_vsp *callbacks,
					   bool is_server, struct module *owner);

/**
 * vmb_channel_allocate() - make a channel that has an owner (VmbChannelAllocate)
 * @bus: on which it will be offered, or looks for its offer. A channel stays on
 *	its bus, so that the bus is an argument here instead of a setter of its
 *	own (VmbServerChannelInitSetVmbusHandle).
 * @callbacks: its callbacks; .process_packet is Required, .id_table, .probe and
 *	.remove are not used. Must stay valid until vmb_channel_cleanup().
 *	(VmbChannelInitSetProcessPacketCallbacks, ...SetStateChangeCallbacks,
 *	VmbServerChannelInitSetSaveRestorePacketCallbacks)
 * @is_server: the server's end; else a client's end
 *
 * The channel is in DISABLED. Then the setters of <linux/vmb_config.h>; then
 * vmb_channel_enable().
 *
 * Context: process context, may sleep.
 * Return: the channel, for vmb_channel_cleanup(), or ERR_PTR: -EINVAL (a
 * required callback is missing, or only some of those that save and restore
 * are there), -EDQUOT, -ENOMEM, -ENODEV (the bus is gone).
 */
#define vmb_channel_allocate(bus, callbacks, is_server) \
	__vmb_channel_allocate(bus, callbacks, is_server, THIS_MODULE)

/**
 * vmb_channel_cleanup() - dispose of a channel (VmbChannelCleanup)
 * @channel: from vmb_channel_allocate(), in DISABLED or gone with its bus. Its
 *	outgoing packets were freed and the incoming ones completed, or they
 *	still hold memory until they are.
 *
 * Context: process context, may sleep, not from a callback.
 * Return: 0, then nothing of the owner's is called any more and @channel is
 * not the caller's; or -EBADFD (not in DISABLED), -EBUSY (being restored),
 * -EDEADLK (inside a callback), -EINVAL (a channel that a bus offered).
 */
int vmb_channel_cleanup(struct vmb_channel *channel);

#endif /* _LINUX_VMB_CLIENT_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_VSP_H
#define _LINUX_VMB_VSP_H

#include <linux/device/driver.h>
#include <linux/module.h>
#include <linux/types.h>
#include <linux/uuid.h>

struct vmb_channel;
struct vmb_packet;
struct vmb_packet_completion;

/**
 * struct vmb_vsp_id - an interface type that a VSP serves
 * @type: interface type GUID; the null GUID ends a table
 */
struct vmb_vsp_id {
	guid_t type;
};

/**
 * struct vmb_save_packet - arguments of vmb_vsp.save_packet
 * @channel: [IN] the channel being saved
 * @packet: [IN] an outgoing packet in use: queued, or awaiting its completion
 * @buf: [IN] where the state goes: NULL if @size is 0, else zeroed and aligned to
 *	8 bytes
 * @size: [IN] bytes at @buf: 0 in the first pass, unless
 *	vmb_vsp.packet_state_bytes says otherwise
 * @needed: [OUT] bytes that the state of this packet takes; preset to @size
 */
struct vmb_save_packet {
	struct vmb_channel *channel;
	struct vmb_packet *packet;
	void *buf;
	u32 size;
	u32 needed;
};

/**
 * struct vmb_restore_packet - arguments of vmb_vsp.restore_packet
 * @channel: [IN] the channel being restored
 * @lib_buf: [IN] the library's state of the packet, for vmb_packet_restore()
 * @lib_size: [IN] bytes at @lib_buf
 * @vsp_buf: [IN] what .save_packet had written, NULL if it wrote nothing.
 *	Hostile bytes: they come from another host and nothing but their
 *	length has been checked.
 * @vsp_size: [IN] bytes at @vsp_buf
 *
 * Both buffers are valid during the callback only.
 */
struct vmb_restore_packet {
	struct vmb_channel *channel;
	const void *lib_buf;
	u32 lib_size;
	const void *vsp_buf;
	u32 vsp_size;
};

/**
 * struct vmb_save_state - arguments of vmb_vsp.save_state
 * @channel: [IN] the channel being saved
 * @buf: [IN] where the state goes: NULL in the first pass, else zeroed and aligned
 *	to 8 bytes
 * @size: [IN] bytes at @buf: 0 in the first pass
 * @needed: [OUT] bytes that the state takes; preset to @size
 */
struct vmb_save_state {
	struct vmb_channel *channel;
	void *buf;
	u32 size;
	u32 needed;
};

/**
 * struct vmb_restore_state - arguments of vmb_vsp.restore_state
 * @channel: [IN] the channel being restored
 * @version: [IN] vmb_vsp.state_version of the VSP that saved it
 * @buf: [IN] what .save_state had written, NULL if it wrote nothing; hostile
 * @size: [IN] bytes at @buf
 *
 * The buffer is valid during the callback only.
 */
struct vmb_restore_state {
	struct vmb_channel *channel;
	u32 version;
	const void *buf;
	u32 size;
};

/**
 * struct vmb_vsp - a virtualization service provider: a driver of channels
 * @name: name of the driver
 * @id_table: Required. The interface types it serves.
 * @probe: Required. A bus offers a channel of such a type. Configures it and,
 *	as a rule, enables and starts it. Return: 0, or an errno that refuses
 *	the channel. On failure the channel must be left disabled.
 * @remove: Optional. The channel goes away. Before it the channel was
 *	detached: suspended, closed, and each outgoing packet in use was given
 *	back through @discard_packet (or, without one, through its completion
 *	routine with -ECANCELED). When it returns, the VSP has completed every
 *	incoming packet and freed every outgoing one.
 * @opened: Optional. The guest opened the channel; also called when a channel
 *	that was saved open is restored. Return: 0, or an errno: the open is
 *	undone, and @closed is not called. (EvtVmbChannelOpened)
 * @closed: Optional. The guest closed the channel, or it was disabled.
 *	(EvtVmbChannelClosed)
 * @suspend: Optional. Traffic stops: no @process_packet runs or starts until
 *	@started. The VSP stops sending and sees to it that each packet it was
 *	given is completed; the library waits for that.
 *	(EvtVmbChannelSuspend)
 * @started: Optional. Traffic is about to begin; no packet has been delivered
 *	yet. May send; must not wait for packets. (EvtVmbChannelStarted)
 * @post_started: Optional. Traffic has begun. (EvtVmbChannelPostStarted)
 * @process_packet: Required. One incoming packet. @buf is the library's copy
 *	and stays as it is until vmb_packet_complete(), which must be called
 *	exactly once for @packet, here or later. (EvtVmbChannelProcessPacket)
 * @processing_complete: Optional. A batch of @nr packets was delivered and
 *	the ring is empty or delivery pauses.
 *	(EvtVmbChannelProcessingComplete)
 * @save_packet: Optional; without it a channel with outgoing packets in use
 *	cannot be saved (-EOPNOTSUPP). Called for each such packet in the order
 *	in which they were sent, first with a size of 0. Return: 0 in the
 *	first pass = there is no state; an errno and args->needed > 0 = call
 *	again with a buffer of that size; an errno and args->needed == 0 = the
 *	save fails with it. In the second pass: 0 = args->needed bytes were
 *	written; an errno and needed > size = it grew, one more pass; any other
 *	errno = the save fails with it. May be called again for a later save;
 *	changes nothing. May not send, complete, start, pause, enable or
 *	disable. (EvtVmbChannelSavePacket)
 * @packet_state_bytes: Optional. How long the state of a packet is as a rule,
 *	which spares a call for each of them: where there is room at hand, the
 *	first pass of @save_packet is given a buffer of that many bytes and
 *	answers as in the second one. 0 with args->needed == 0 = there is no
 *	state. A hint: @save_packet must be right without it too.
 * @restore_packet: Required with @save_packet. Allocates a packet with
 *	vmb_packet_allocate(), hands @lib_buf to vmb_packet_restore() and
 *	rebuilds its own state from @vsp_buf, which is hostile. May not send,
 *	complete, touch guest memory, or change what other packets see. Return:
 *	0, or an errno: the restore fails with it; the callback has then freed
 *	what it allocated (a packet left restored is given to
 *	@discard_packet). (EvtVmbChannelRestorePacket)
 * @discard_packet: Required with @save_packet. The packet will never be
 *	completed here: its restore is undone, or its channel goes away. Frees
 *	the packet and its state. Cannot fail and is no completion.
 * @save_state: Optional. State of the channel beyond its packets, such as a
 *	protocol version that was agreed on. Called once in a save, before the
 *	first @save_packet, by the same two-pass rule; 0 in the first pass =
 *	the state is empty. Changes nothing. Not called for a channel with
 *	FORCE_NEW_CHANNEL.
 * @restore_state: Required with @save_state. Takes the state apart, which is
 *	hostile, and keeps it aside, before the first @restore_packet. It is
 *	in force once @opened was called for a restored channel, or with
 *	@started if it was saved closed. Return: 0, or an errno: the restore
 *	fails with it, and nothing is left. Not called if the stream has no
 *	state of the channel: then its VSP had no @save_state. A stream that
 *	has one is refused (-EOPNOTSUPP) by a VSP without this.
 * @discard_state: Required with @save_state. Undoes @restore_state: the restore
 *	failed later or was dropped. Cannot fail.
 * @state_version: Required with @save_state, not 0. Version of what it writes;
 *	what it reads are all from some earlier one up to this.
 * @state_min_version: Required with @save_state, 1..@state_version. The oldest
 *	@state_version of a VSP that can read what @save_state writes. It is in
 *	the manifest: a VSP that is older refuses the stream at once
 *	(-EPROTONOSUPPORT).
 * @owner: set by vmb_vsp_register()
 * @driver: private to the library
 *
 * All callbacks run in process context and may sleep; none is called with a
 * lock of the library held. Those from @opened to @post_started come one at a
 * time; none of them may call vmb_channel_start(), _pause(), _enable(),
 * _disable() (-EDEADLK). @process_packet, @processing_complete and packet
 * completion routines come one at a time, but may run beside @post_started.
 */
struct vmb_vsp {
	const char *name;
	const struct vmb_vsp_id *id_table;
	int (*probe)(struct vmb_channel *channel);
	void (*remove)(struct vmb_channel *channel);
	int (*opened)(struct vmb_channel *channel);
	void (*closed)(struct vmb_channel *channel);
	void (*suspend)(struct vmb_channel *channel);
	void (*started)(struct vmb_channel *channel);
	void (*post_started)(struct vmb_channel *channel);
	void (*process_packet)(struct vmb_channel *channel,
			       struct vmb_packet_completion *packet,
			       const void *buf, u32 len);
	void (*processing_complete)(struct vmb_channel *channel, u32 nr);
	int (*save_packet)(struct vmb_save_packet *args);
	u32 packet_state_bytes;
	int (*restore_packet)(const struct vmb_restore_packet *args);
	void (*discard_packet)(struct vmb_channel *channel,
			       struct vmb_packet *packet);
	int (*save_state)(struct vmb_save_state *args);
	int (*restore_state)(const struct vmb_restore_state *args);
	void (*discard_state)(struct vmb_channel *channel);
	u32 state_version;
	u32 state_min_version;
	struct module *owner;
	/* private: */
	struct device_driver driver;
};

int __vmb_vsp_register(struct vmb_vsp *vsp, struct module *owner,
		       const char *modname);
void vmb_vsp_unregister(struct vmb_vsp *vsp);

/**
 * vmb_vsp_register() - make a VSP known; channels of its types are offered to it
 * @vsp: must stay valid until vmb_vsp_unregister()
 *
 * Context: process context; may sleep and may call @vsp->probe.
 * Return: 0, or -EINVAL (a required callback is missing, the table is empty,
 * or only some of save_packet, restore_packet, discard_packet, or of those of
 * the state, are there),
 * -EBUSY (already registered), -ENOMEM. On failure nothing was registered.
 */
#define vmb_vsp_register(vsp) \
	__vmb_vsp_register(vsp, THIS_MODULE, KBUILD_MODNAME)

/**
 * module_vmb_vsp() - a module that does nothing but register one VSP
 * @vsp: its struct vmb_vsp
 */
#define module_vmb_vsp(vsp) \
	module_driver(vsp, vmb_vsp_register, vmb_vsp_unregister)

/**
 * VMB_MODULE_ALIAS() - load this module when such a channel is offered
 * @guid: the interface type as a string, lower case with dashes
 */
#define VMB_MODULE_ALIAS(guid) MODULE_ALIAS("vmb:" guid)

#endif /* _LINUX_VMB_VSP_H */

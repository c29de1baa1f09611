/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_CHANNEL_H
#define _LINUX_VMB_CHANNEL_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/types.h>
#include <linux/uuid.h>

struct device;
struct vmb_channel;

/**
 * enum vmb_channel_state - state of a server's channel
 * @VMB_CHANNEL_DISABLED: not offered; the only state in which it is configured
 * @VMB_CHANNEL_ENABLED: offered, not open, paused by the VSP
 * @VMB_CHANNEL_STARTED: offered, not open, started by the VSP
 * @VMB_CHANNEL_PAUSED: open, paused by the VSP
 * @VMB_CHANNEL_ACTIVE: open and started; traffic runs if the bus does
 * @VMB_CHANNEL_STOPPED: as STARTED, after the guest closed it
 * @VMB_CHANNEL_NR_STATES: how many there are
 *
 * The numbers are those of the save stream.
 */
enum vmb_channel_state {
	VMB_CHANNEL_DISABLED,
	VMB_CHANNEL_ENABLED,
	VMB_CHANNEL_STARTED,
	VMB_CHANNEL_PAUSED,
	VMB_CHANNEL_ACTIVE,
	VMB_CHANNEL_STOPPED,
	VMB_CHANNEL_NR_STATES
};

/* Why no traffic runs; it runs only if the set is empty. */
#define VMB_PAUSED_BY_VSP	0x1
#define VMB_PAUSED_BY_BUS	0x2

enum vmb_channel_state vmb_channel_get_state(const struct vmb_channel *channel);
const char *vmb_channel_state_name(enum vmb_channel_state state);
u32 vmb_channel_pause_reasons(const struct vmb_channel *channel);

void vmb_channel_set_pointer(struct vmb_channel *channel, void *pointer);
void *vmb_channel_get_pointer(const struct vmb_channel *channel);
const guid_t *vmb_channel_interface_type(const struct vmb_channel *channel);
const guid_t *vmb_channel_interface_instance(const struct vmb_channel *channel);
u16 vmb_channel_subchannel(const struct vmb_channel *channel);
struct device *vmb_channel_device(struct vmb_channel *channel);
u32 vmb_channel_max_packet_size(const struct vmb_channel *channel);
const char *vmb_channel_friendly_name(const struct vmb_channel *channel);
bool vmb_channel_is_server(const struct vmb_channel *channel);
struct vmb_channel *vmb_channel_get(struct vmb_channel *channel);
void vmb_channel_put(struct vmb_channel *channel);
bool vmb_channel_was_restored(const struct vmb_channel *channel);
const void *vmb_channel_open_data(const struct vmb_channel *channel);

/* Bytes at vmb_channel_open_data() */
#define VMB_CHANNEL_OPEN_DATA_BYTES 120

/**
 * vmb_channel_enable() - offer the channel to the guest (VmbChannelEnable)
 * @channel: a disabled channel
 *
 * A channel from vmb_channel_allocate() gets an id for each offer; the VMM is
 * told (%VMBSAVE_EVENT_OFFERED).
 *
 * Context: process context, may sleep; not from a callback.
 * Return: 0: Enabled, or -EBADFD (not Disabled), -EBUSY (being saved or
 * restored), -EDEADLK (inside a callback), -ENODEV (gone). One from
 * vmb_channel_allocate() also: -EINVAL (it has no interface type), -EEXIST
 * (another one on offer has its identity), -EBUSY (its bus is being saved or
 * restored, or that has failed), -ENOMEM. A client's end: -EINVAL (it has no
 * target), -EOPNOTSUPP (the guest of its bus has a VMM).
 */
int __must_check vmb_channel_enable(struct vmb_channel *channel);

/**
 * vmb_channel_disable() - take the offer back (VmbChannelDisable)
 * @channel: the channel
 *
 * Suspends and drains it if traffic runs, closes it if it is open, cancels the
 * outgoing packets in use (-ECANCELED), and waits for all of that. A save or
 * restore of the channel in progress is aborted.
 *
 * Context: process context, sleeps until the VSP has completed every incoming
 * packet; not from a callback.
 * Return: 0: Disabled (also if it was), -EDEADLK, -ENODEV (gone). Of an open
 * client's end also -EBUSY: it cannot be closed now, for its bus does not run or
 * a session has the server's end.
 */
int vmb_channel_disable(struct vmb_channel *channel);

/**
 * vmb_channel_disable_timeout() - as vmb_channel_disable(), with a deadline
 * @channel: the channel
 * @timeout_ms: milliseconds that the VSP may take to complete its packets
 *
 * Context: as vmb_channel_disable(); can be interrupted by a fatal signal.
 * Return: as vmb_channel_disable(), and -ETIMEDOUT or -EINTR: the channel runs
 * on, and a message names the packets that were still held. A session that
 * had the channel was aborted all the same.
 */
int vmb_channel_disable_timeout(struct vmb_channel *channel, u32 timeout_ms);

/**
 * vmb_channel_start() - let traffic run (VmbChannelStart)
 * @channel: an enabled channel
 *
 * Changes the channel's own state at once; traffic runs when the guest has
 * opened it and the bus runs. Calls .started and .post_started if it does now.
 *
 * Context: process context, may sleep; not from a callback.
 * Return: 0 (also if it was started), -EBADFD (Disabled), -EBUSY (being saved
 * or restored), -EDEADLK, -ENODEV.
 */
int vmb_channel_start(struct vmb_channel *channel);

/**
 * vmb_channel_pause() - stop traffic (VmbChannelPause)
 * @channel: the channel
 *
 * Calls .suspend and waits until no incoming packet is outstanding.
 *
 * Context: process context, may sleep for ever; not from a callback.
 * Return: 0 (also if it was paused; in Disabled it has no effect, as a channel
 * is always enabled paused), -EBUSY, -EDEADLK, -ENODEV.
 */
int vmb_channel_pause(struct vmb_channel *channel);

/**
 * vmb_channel_pause_timeout() - as vmb_channel_pause(), with a deadline
 * @channel: the channel
 * @timeout_ms: milliseconds
 *
 * Context: as vmb_channel_pause(); can be interrupted by a fatal signal.
 * Return: as vmb_channel_pause(), and -ETIMEDOUT or -EINTR: the channel is
 * started again, and a message names the packets that were still held.
 */
int vmb_channel_pause_timeout(struct vmb_channel *channel, u32 timeout_ms);

/**
 * vmb_channel_set_incoming_in_process_context() - demand where packets come
 * @channel: the channel
 * @required: it must be process context
 *
 * VmbChannelSetIncomingProcessingAtPassive. .process_packet and
 * .processing_complete always come in process context here; this is kept for
 * vmb_channel_incoming_in_process_context() and nothing depends on it.
 * Context: any.
 */
void vmb_channel_set_incoming_in_process_context(struct vmb_channel *channel,
						 bool required);
bool vmb_channel_incoming_in_process_context(const struct vmb_channel *channel);

/* Requests that a VSP may hold unless it sets another quota */
#define VMB_TRANSACTION_QUOTA_DEFAULT	1024

/**
 * vmb_channel_set_transaction_quota() - most incoming packets at once
 * @channel: the channel
 * @quota: not 0; %VMB_TRANSACTION_QUOTA_DEFAULT if it is not called
 *
 * VmbChannelSetTransactionQuota. Counts packets that the VSP has not completed
 * and answers that wait for ring space. At the quota nothing more is taken
 * from the ring until one of them is over. It may be set below the present
 * count. To raise it does not restart delivery that is blocked: the next
 * completion does. Local policy: not saved.
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int vmb_channel_set_transaction_quota(struct vmb_channel *channel, u32 quota);

/**
 * vmb_channel_set_interrupt_latency() - how long a signal may be held back
 * @channel: the client's end, from .opened until .closed has returned
 * @latency_100ns: units of 100 ns
 * @original: set to what it was
 *
 * VmbChannelSetInterruptLatency. An upper bound: signals are sent at once here,
 * whatever it is.
 * Context: any.
 * Return: 0, or -EINVAL (a server's end, or NULL), -EBADFD (not open).
 */
int vmb_channel_set_interrupt_latency(struct vmb_channel *channel,
				      u16 latency_100ns, u16 *original);

/**
 * vmb_channel_get_mmio_space() - MMIO space that the VMM reserved
 * @channel: the channel, from .opened until .closed has returned
 * @address: set to the guest physical address, bytes; 0 if there is none
 * @bytes: set to its length
 *
 * VmbChannelGetMmioSpace. Saved.
 * Context: any.
 * Return: 0, or -EBADFD (not open): both are 0.
 */
int vmb_channel_get_mmio_space(const struct vmb_channel *channel, u64 *address,
			       u64 *bytes);

/* A wait that a fatal signal alone ends */
#define VMB_WAIT_FOREVER	U32_MAX

/**
 * vmb_channel_send_synchronous_request() - send, and wait for the answer
 * @channel: the channel
 * @buf: payload; copied
 * @len: bytes at @buf, at most the channel's maximum packet size
 * @flags: %VMB_PACKET_WAIT_FOR_COMPLETION or 0
 * @answer: where the completion's payload goes; NULL without the flag, or if it
 *	is not wanted
 * @answer_len: bytes at @answer, a multiple of 8; set to the length of the
 *	answer. NULL with a NULL @answer
 * @timeout_ms: how long, ms, or %VMB_WAIT_FOREVER; 0 = only if there is room in
 *	the ring now: an answer is waited for as with %VMB_WAIT_FOREVER
 *
 * VmbChannelSendSynchronousRequest. A server may only try: @timeout_ms 0 and no
 * %VMB_PACKET_WAIT_FOR_COMPLETION, for its guest may be stopped for ever.
 *
 * Context: process context and sleeps, not from a callback but .post_started;
 * any if @timeout_ms is 0 and @flags 0.
 * Return: 0: it is in the ring or, with WAIT_FOR_COMPLETION, was answered.
 * -E2BIG: no room in the ring in time, not queued (STATUS_BUFFER_OVERFLOW); with
 * an answer: it is longer than @answer_len, which is set to what it takes, and
 * the beginning was copied; @answer_len is not changed in the first case.
 * -ETIMEDOUT: the request was sent and its answer will be dropped. -EINTR: the
 * same, or it was not sent. -ECANCELED: the channel was closed. -ENODEV: it goes
 * away. -EINVAL, -EMSGSIZE, -EBADFD (not open; with @timeout_ms 0 also: no
 * traffic runs), -EBUSY, -EDEADLK, -ENOMEM, -EDQUOT, -EOVERFLOW: nothing was
 * sent.
 */
int vmb_channel_send_synchronous_request(struct vmb_channel *channel,
					 const void *buf, u32 len, u32 flags,
					 void *answer, u32 *answer_len,
					 u32 timeout_ms);

/**
 * vmb_channel_save_begin() - prepare to save a channel (VmbChannelSaveBegin)
 * @channel: the channel; no traffic runs on it
 *
 * Until vmb_channel_save_end() nothing can be sent on the channel and its state
 * does not change; if its bus begins to run meanwhile, its traffic starts then.
 *
 * Context: process context, may sleep; not from a callback.
 * Return: 0, or nothing happened: -EBADFD (traffic runs, or its queue was
 * stopped by an error), -EBUSY (a session has the channel or its bus already,
 * or the VSP still holds an incoming packet), -EDEADLK, -ENOMEM, -ENODEV.
 */
int __must_check vmb_channel_save_begin(struct vmb_channel *channel);

/**
 * vmb_channel_save_continue() - save what comes next (VmbChannelSaveContinue)
 * @channel: the channel
 * @buf: where whole chunks go; may be NULL if @size is 0
 * @size: bytes at @buf
 * @filled: set to the bytes written; 0 on failure
 * @required: set to the bytes needed to make progress on the next call; 0 if
 *	nothing is left, and on failure other than -ENOBUFS
 *
 * Writes as many whole chunks as fit. What is written does not depend on the
 * sizes of the buffers. After the end each further call returns 0 with
 * @filled 0.
 *
 * Context: process context, may sleep; calls .save_state, .save_packet.
 * Return: 0: all is saved (STATUS_SUCCESS). %VMB_MORE: chunks were written,
 * there is more (STATUS_BUFFER_OVERFLOW). -ENOBUFS: @buf is smaller than
 * @required, nothing was written and the position is unchanged
 * (STATUS_BUFFER_TOO_SMALL). -EBADFD: no session. -EBUSY: another call is in
 * progress, or a session of the bus or a restore has the channel. -EINVAL:
 * NULL. Any other errno: the save failed, and each further call answers the
 * same: what .save_state or .save_packet returned, -EOPNOTSUPP (packets in use and no
 * .save_packet), -EBADFD (its state grew again), -EOVERFLOW (it claimed more
 * than the buffer holds), -EMSGSIZE (more than the cap), -ENOMEM, -ECANCELED
 * or -ENODEV (the session was aborted).
 */
int __must_check vmb_channel_save_continue(struct vmb_channel *channel, void *buf,
					   u32 size, u32 *filled, u32 *required);

/**
 * vmb_channel_save_end() - end a save, complete or not (VmbChannelSaveEnd)
 * @channel: the channel
 *
 * Frees what the save allocated. The channel is as it was before; if the save
 * had reached its end, sending stays refused until traffic runs again or the
 * channel is disabled, or started while its bus runs. Always safe; without a
 * session a no-op.
 * Context: process context, may sleep; not from a callback.
 */
void vmb_channel_save_end(struct vmb_channel *channel);

/**
 * vmb_channel_restore_from_buffer() - restore from saved chunks
 * @channel: a channel in Disabled, Enabled or Started that has never been open
 *	and has no outgoing packet in use
 * @buf: one or more whole chunks, in order; hostile
 * @size: bytes at @buf
 *
 * VmbChannelRestoreFromBuffer. The first call begins a restore session. The
 * last chunk commits it: .opened is called if the channel was saved open, the
 * packets become in use, and the channel takes the state it was saved in; with
 * FORCE_NEW_CHANNEL it stays as it is. One that has an owner neither becomes
 * Disabled by it nor stops being that: to enable it makes the offer, and is the
 * owner's, before or afterwards. All or nothing: after a failure the
 * channel is as before the first call, the session answers the same error until
 * vmb_channel_restore_end().
 *
 * Context: process context, may sleep; not from a callback; calls
 * .restore_state, .restore_packet, .opened, on failure .discard_packet,
 * .discard_state; if traffic can run at once .started and .post_started.
 * Return: 0: done (STATUS_SUCCESS). %VMB_MORE: so far so good
 * (STATUS_MORE_PROCESSING_REQUIRED). -EINVAL: @buf is NULL or @size 0.
 * -EBADFD: not legal in this state, or restored already; what a guest has open
 * or has lent is not restored to a channel that its owner does not offer.
 * -EBUSY: another session has the channel or its bus. -EMSGSIZE: not whole chunks. -EBADMSG,
 * -EPROTO, -EUCLEAN, -EPROTONOSUPPORT, -EOPNOTSUPP, -ENOENT, -ESTALE, -EFAULT
 * ...: the stream is refused.
 */
int __must_check vmb_channel_restore_from_buffer(struct vmb_channel *channel,
						 const void *buf, u32 size);

/**
 * vmb_channel_restore_end() - drop a restore that failed or was not finished
 * @channel: the channel
 *
 * Has no Windows counterpart: there the channel is cleaned up. Everything that
 * was staged is discarded, in reverse order. A no-op without a session.
 * Context: process context, may sleep, not from a callback; calls
 * .discard_packet, .discard_state.
 */
void vmb_channel_restore_end(struct vmb_channel *channel);

#endif /* _LINUX_VMB_CHANNEL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_CHANNEL_H
#define _VMB_CORE_CHANNEL_H

#include <linux/bits.h>
#include <linux/device.h>
#include <linux/jiffies.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/rbtree.h>
#include <linux/spinlock.h>
#include <linux/vmb_channel.h>
#include <linux/vmb_config.h>
#include <linux/vmb_vsp.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <linux/xarray.h>

#include "core/bus.h"
#include "core/session.h"
#include "core/turn.h"
#include "wire/pipe.h"
#include "wire/ring.h"

struct vmb_channel;
struct vmb_client;
struct vmb_gpadl;
struct vmb_packet_completion;

/* Payload size of a channel whose VSP did not set one, in bytes */
#define VMB_PACKET_BYTES_DEFAULT 4096

/* Transaction ids that Linux guests use as sentinels lie far above */
#define VMB_TRANSACTION_ID_MAX	BIT_ULL(63)

/**
 * struct vmb_channel_host - how a channel interrupts its guest
 * @signal: Required. Called with the channel's lock held.
 * @closed: Optional. The channel was closed, or its traffic stopped for good.
 *	Called with the channel's lock held.
 * @release: Required. It is not used any more.
 */
struct vmb_channel_host {
	void (*signal)(struct vmb_channel_host *host);
	void (*closed)(struct vmb_channel_host *host);
	void (*release)(struct vmb_channel_host *host);
};

/**
 * struct vmb_channel_open - what the guest asked for when it opened a channel
 * @gpadl: id of the GPADL with both rings
 * @downstream_page: first page of the host-to-guest ring in it
 * @target_vp: virtual processor to interrupt
 * @user_data: opaque
 * @mmio_gpa: guest physical address of its MMIO space, bytes; 0 = none
 * @mmio_bytes: its length
 */
struct vmb_channel_open {
	u32 gpadl;
	u32 downstream_page;
	u32 target_vp;
	u8 user_data[VMB_CHANNEL_OPEN_DATA_BYTES];
	u64 mmio_gpa;
	u64 mmio_bytes;
};

/**
 * struct vmb_channel_config - what is set while a channel is Disabled
 * @max_external_bytes: most that a packet may describe, 0 = nothing
 * @max_external_ranges: in how many ranges
 * @context_bytes: private room in each incoming packet
 * @flags: VMB_CHANNEL_INIT_*
 * @server_flags: VMB_SERVER_INIT_*
 * @mmio_megabytes: guest MMIO space that it needs
 * @mmio_optional: megabytes that it could use besides
 * @target_vtl: virtual trust level
 * @name: friendly name, ends with a NUL
 */
struct vmb_channel_config {
	u32 max_external_bytes;
	u32 max_external_ranges;
	u32 context_bytes;
	u32 flags;
	u32 server_flags;
	u16 mmio_megabytes;
	u16 mmio_optional;
	u8 target_vtl;
	char name[VMB_FRIENDLY_NAME_BYTES];
};

/**
 * struct vmb_channel_queue - outgoing traffic that is not over
 * @waiting: struct vmb_outgoing in order: what waits for room in the ring
 * @sent_list: struct vmb_outgoing in order of their ids: packets that await
 *	their completion
 * @sent: some of them, by id
 * @last_post: the last one in @sent, NULL = it has to be looked for
 * @last_run: packets from that on, at least
 * @finished: packets whose completion routine is to be called by the worker
 * @next_id: transaction id of the next packet
 * @nr_packets: packets in @waiting and @sent
 * @nr_sent: packets in @sent
 * @nr_completions: completions in @waiting
 */
struct vmb_channel_queue {
	struct list_head waiting;
	struct list_head sent_list;
	struct rb_root sent;
	struct vmb_outgoing *last_post;
	u32 last_run;
	struct list_head finished;
	u64 next_id;
	u64 nr_packets;
	u64 nr_sent;
	u64 nr_completions;
};

/**
 * struct vmb_channel - one end of one channel
 * @dev: the device, child of the bus
 * @ref: references of this module's objects; together they hold one on @dev,
 *	because the last one on a device may not be dropped in any context
 * @release: drops that one
 * @bus: referenced; of a client changes with the turn when its guest moves
 * @node: in @bus->identities
 * @owned_node: in @bus->owned
 * @forgotten: its device has been removed; set with @bus->lock
 * @server: it is the server's end; else a client's
 * @owned: vmb_channel_allocate() made it, and it is bound to no driver
 * @identity: what it is; changes only while it is Disabled and owned
 * @id: on its bus, from 1; an owned one gets another for each offer
 * @vsp: the driver, from before its probe until after its remove; of an owned
 *	one the callbacks that its owner gave
 * @client: what a client's end has besides, or NULL
 * @pointer: the VSP's
 * @probe_error: what the VSP's probe returned
 * @open_error: what the VSP's opened returned when the guest opened it last
 * @unregister: removes the device once the VSP has gone
 * @resume: starts traffic once the turn can be had
 *
 * @turn: who may change the channel; protects the fields up to @lock
 * @state: changed by vmb_channel_state_move() alone
 * @flowing: .started was called and .suspend was not yet
 * @post_starting: .post_started runs, in the task that has the turn
 * @opened_before: it has been open
 * @restored: it is what a restore made of it
 * @max_packet: largest payload, bytes
 * @config: what else was set
 * @gpadls: struct vmb_gpadl by id; looked up in any context with its xa_lock,
 *	which protects the next two as well
 * @mappable: GPADLs can be mapped: from before .opened until after .closed
 * @nr_mapped: how many are
 * @unmapped: woken when one is no longer mapped
 * @ring_gpadl: the one with the rings of an open channel
 * @ring_map: its pages in one mapping
 * @open: as the guest asked
 * @save_bytes: what the last save of it put into its stream; changed by the
 *	session that has it, read at any time
 * @save_ns: how long that took
 *
 * @lock: protects the fields up to @work; taken with interrupts off, because
 *	VSPs send and complete from any context
 * @gone: rescinded; nothing of the VSP or the guest is touched any more
 * @live: the outgoing ring may be written
 * @error: why traffic stopped for good, 0 = it did not
 * @error_text: the same for people
 * @unreported: nobody was told of it yet
 * @held: a session keeps the channel as it is: no sends, no control
 * @saved: a save reached its end and no traffic ran since: another host may
 *	run with what was saved, so no sends
 * @session: the save or restore that has the channel, also if it failed
 * @restoring: the task that is in .restore_packet of this channel, or NULL; set
 *	by itself alone
 * @host: how to signal the guest, or NULL
 * @out: host-to-guest ring
 * @queue: outgoing packets and completions
 * @incoming: struct vmb_packet_completion that the VSP has
 * @nr_incoming: length of @incoming
 * @generation: of the open; a completion from an earlier one is not sent
 * @quota: most requests that the VSP may hold or whose answers may wait
 * @blocked: the worker has left a request in the ring because of @quota
 * @unpin: struct vmb_external_pages that nobody uses any more
 * @latency: how long the client's end lets a signal be held back, 100 ns
 * @passive: packets have to come in process context, as they always do
 *
 * @work: the worker: delivery, completion routines, the queue
 * @later: kicks it after a while
 * @run: the worker delivers
 * @in: guest-to-host ring, the worker's alone while @run
 * @rx: the worker's copy of one packet
 * @rx_size: bytes at @rx
 * @drained: woken when @nr_incoming falls to 0, when @gone is set and when the
 *	bus begins to go away
 * @stray: completions that named no packet in use
 * @delivering: the packet whose .process_packet runs, the worker's; cleared with
 *	@lock once it was given up
 * @deferred: that packet is to be delivered again
 * @nr_deferred: how often in a row, of the packet at the head of the ring
 */
struct vmb_channel {
	struct device dev;
	struct kref ref;
	struct work_struct release;
	struct vmb_bus *bus;
	struct rb_node node;
	struct list_head owned_node;
	bool forgotten;
	bool server;
	bool owned;
	struct vmb_channel_identity identity;
	u32 id;
	const struct vmb_vsp *vsp;
	struct vmb_client *client;
	void *pointer;
	int probe_error;
	int open_error;
	struct work_struct unregister;
	struct work_struct resume;

	struct vmb_turn turn;
	enum vmb_channel_state state;
	bool flowing;
	bool post_starting;
	bool opened_before;
	bool restored;
	u32 max_packet;
	struct vmb_channel_config config;
	struct xarray gpadls;
	bool mappable;
	u32 nr_mapped;
	wait_queue_head_t unmapped;
	struct vmb_gpadl *ring_gpadl;
	void *ring_map;
	struct vmb_channel_open open;
	u64 save_bytes;
	u64 save_ns;

	spinlock_t lock; /* protects the fields up to @work */
	bool gone;
	bool live;
	int error;
	const char *error_text;
	bool unreported;
	bool held;
	bool saved;
	struct vmb_session *session;
	struct task_struct *restoring;
	struct vmb_channel_host *host;
	struct vmb_ring out;
	struct vmb_channel_queue queue;
	struct list_head incoming;
	u32 nr_incoming;
	u32 generation;
	u32 quota;
	bool blocked;
	struct list_head unpin;
	u16 latency;
	bool passive;

	struct work_struct work;
	struct delayed_work later;
	bool run;
	struct vmb_ring in;
	void *rx;
	u32 rx_size;
	wait_queue_head_t drained;
	u64 stray;
	struct vmb_packet_completion *delivering;
	bool deferred;
	u32 nr_deferred;
};

static inline struct vmb_channel *to_vmb_channel(struct device *dev)
{
	return container_of(dev, struct vmb_channel, dev);
}

static_assert(VMB_PIPE_DATA_MAX == VMB_PIPE_BYTES_MAX);

/**
 * vmb_channel_is_pipe() - do payloads begin with a header of a pipe?
 * @channel: the channel
 *
 * Context: any.
 * Return: true if they do in the ring; they do not in a packet object or in
 * the save stream.
 */
static inline bool vmb_channel_is_pipe(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->config.flags) & VMB_CHANNEL_INIT_IS_PIPE;
}

/**
 * vmb_channel_framing_bytes() - what goes before the data of a packet
 * @channel: the channel
 *
 * Context: any.
 * Return: bytes of the header of a pipe's message, 0 if it is none.
 */
static inline u32 vmb_channel_framing_bytes(const struct vmb_channel *channel)
{
	return vmb_channel_is_pipe(channel) ? sizeof(struct vmb_pipe_header) : 0;
}

/**
 * vmb_channel_payload_max() - largest payload of a data packet
 * @channel: the channel
 *
 * Context: any.
 * Return: bytes, without the header of a pipe.
 */
static inline u32 vmb_channel_payload_max(const struct vmb_channel *channel)
{
	u32 max = READ_ONCE(channel->max_packet);

	return vmb_channel_is_pipe(channel) ? min(max, VMB_PIPE_DATA_MAX) : max;
}

/**
 * vmb_deadline() - when a wait has to end
 * @timeout_ms: milliseconds from now
 * Return: in jiffies, never 0, which means for ever.
 */
static inline unsigned long vmb_deadline(u32 timeout_ms)
{
	return (jiffies + msecs_to_jiffies(timeout_ms)) ?: 1;
}

/**
 * vmb_deadline_none() - a wait that a fatal signal alone may end
 * Return: in jiffies, far away.
 */
static inline unsigned long vmb_deadline_none(void)
{
	return (jiffies + MAX_JIFFY_OFFSET) ?: 1;
}

/* channel.c: its life */
struct vmb_channel *vmb_channel_create(struct vmb_bus *bus,
				       const struct vmb_channel_identity *identity,
				       u32 id);
void vmb_channel_detach(struct vmb_channel *channel);
void vmb_channel_set_host(struct vmb_channel *channel,
			  struct vmb_channel_host *host);
int vmb_channel_claim_host(struct vmb_channel *channel,
			   struct vmb_channel_host *host);
void vmb_channel_drop_host(struct vmb_channel *channel,
			   struct vmb_channel_host *host);

/* vsp.c */
int vmb_vsp_check_callbacks(const struct vmb_vsp *vsp);

/* channel_owner.c: channels that an owner made */
int vmb_channel_offer_own(struct vmb_channel *channel);
void vmb_channel_announce_own(struct vmb_channel *channel);
void vmb_channel_withdraw_own(struct vmb_channel *channel);
void vmb_channel_disown(struct vmb_channel *channel);

/* channel_control.c: what its VSP does to it */
bool vmb_channel_in_callback(struct vmb_channel *channel);
int vmb_channel_control_begin(struct vmb_channel *channel,
			      unsigned long deadline);
void vmb_channel_control_end(struct vmb_channel *channel);
int vmb_channel_abort_session(struct vmb_channel *channel, int error);

/* channel_config.c: what is set in Disabled */
int vmb_channel_config_begin(struct vmb_channel *channel);

/* channel_state.c: the table */
enum vmb_channel_event {
	VMB_CHANNEL_EVENT_ENABLE,
	VMB_CHANNEL_EVENT_DISABLE,
	VMB_CHANNEL_EVENT_START,
	VMB_CHANNEL_EVENT_PAUSE,
	VMB_CHANNEL_EVENT_OPEN,
	VMB_CHANNEL_EVENT_CLOSE,
	VMB_CHANNEL_NR_EVENTS
};

int vmb_channel_state_next(enum vmb_channel_state state,
			   enum vmb_channel_event event);
int vmb_client_state_next(enum vmb_channel_state state,
			  enum vmb_channel_event event);
int __must_check vmb_channel_state_check(const struct vmb_channel *channel,
					 enum vmb_channel_event event);
void vmb_channel_state_move(struct vmb_channel *channel,
			    enum vmb_channel_event event);
void vmb_channel_state_restore(struct vmb_channel *channel,
			       enum vmb_channel_state state);
bool vmb_channel_state_is_open(enum vmb_channel_state state);

/* channel_open.c: rings */
int vmb_channel_open(struct vmb_channel *channel,
		     const struct vmb_channel_open *open);
int vmb_channel_close(struct vmb_channel *channel);
int vmb_channel_close_until(struct vmb_channel *channel, unsigned long deadline);
int vmb_channel_rings_attach(struct vmb_channel *channel,
			     const struct vmb_channel_open *open);
void vmb_channel_rings_detach(struct vmb_channel *channel);
int vmb_channel_call_opened(struct vmb_channel *channel);
void vmb_channel_call_closed(struct vmb_channel *channel);
void vmb_channel_shut(struct vmb_channel *channel);
void vmb_channel_tell_closed(struct vmb_channel *channel);

/* channel_flow.c: traffic */
void vmb_channel_flow_init(struct vmb_channel *channel);
void vmb_channel_flow_start(struct vmb_channel *channel);
int vmb_channel_flow_stop(struct vmb_channel *channel, unsigned long deadline);
void vmb_channel_flow_cut(struct vmb_channel *channel);
void vmb_channel_flow_freeze(struct vmb_channel *channel);
void vmb_channel_flow_thaw(struct vmb_channel *channel);
void vmb_channel_flow_resume(struct vmb_channel *channel);
bool vmb_channel_flow_wanted(const struct vmb_channel *channel);
void vmb_channel_blame(struct vmb_channel *channel, int error);
void vmb_channel_fail_locked(struct vmb_channel *channel, int error,
			     const char *why);
void vmb_channel_kick(struct vmb_channel *channel);
void vmb_channel_kick_guest(struct vmb_channel *channel);
void vmb_channel_flow_cancel(struct vmb_channel *channel);
void vmb_channel_flush(struct vmb_channel *channel);

#endif /* _VMB_CORE_CHANNEL_H */

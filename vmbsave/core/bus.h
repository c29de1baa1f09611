/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_BUS_H
#define _VMB_CORE_BUS_H

#include <linux/device.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rbtree.h>
#include <linux/uuid.h>
#include <linux/vmb_bus.h>
#include <linux/wait.h>
#include <linux/xarray.h>

#include <uapi/linux/vmbsave.h>

#include "core/bus_error.h"
#include "core/bus_stats.h"
#include "core/turn.h"

struct vmb_bus;
struct vmb_channel;
struct vmb_guest_memory;
struct vmb_session;

/**
 * enum vmb_bus_state - what a bus does; the numbers are those of the uapi
 * @VMB_BUS_ERROR: a commit failed; left by reset only
 * @VMB_BUS_STOP: no traffic, no guest byte is written
 * @VMB_BUS_RUNNING: traffic
 * @VMB_BUS_STOP_COPY: stopped, the state can be read
 * @VMB_BUS_RESUMING: stopped, the state can be written
 * @VMB_BUS_NR_STATES: how many there are
 */
enum vmb_bus_state {
	VMB_BUS_ERROR = VMBSAVE_STATE_ERROR,
	VMB_BUS_STOP = VMBSAVE_STATE_STOP,
	VMB_BUS_RUNNING = VMBSAVE_STATE_RUNNING,
	VMB_BUS_STOP_COPY = VMBSAVE_STATE_STOP_COPY,
	VMB_BUS_RESUMING = VMBSAVE_STATE_RESUMING,
	VMB_BUS_NR_STATES
};

/**
 * struct vmb_bus_ops - what a bus tells the one who made it
 * @event: Optional. VMBSAVE_EVENT_* of a channel, with a negative errno. May
 *	not sleep. Not called once vmb_bus_destroy() has returned.
 * @offered: Optional. The owner of @channel is about to offer it. May sleep.
 *	Return: 0, or an errno: it is not offered.
 * @release: Optional. The last reference is gone; guest memory is not used any
 *	more.
 */
struct vmb_bus_ops {
	void (*event)(struct vmb_bus *bus, u32 type, u32 channel, int error);
	int (*offered)(struct vmb_bus *bus, struct vmb_channel *channel);
	void (*release)(struct vmb_bus *bus);
};

/**
 * struct vmb_bus - one VMBus instance, that is: one virtual machine
 * @dev: the device; parent of its channels
 * @ops: of the one who made it
 * @owner: his
 * @memory: guest RAM
 * @turn: who may change the state of the bus or its set of channels; protects
 *	the next five. Owners offer and withdraw their channels without it.
 * @state: changed by the migrate room alone; others read it with READ_ONCE
 * @changes: how often @state was set
 * @session: the save or restore of the whole bus, or NULL
 * @session_error: what the failed commit of a session answers until reset
 * @walk: id of the channel that vmb_bus_next() gave last
 * @lock: protects the next seven; only @ops->event is called with it
 * @channels: struct vmb_channel on offer, by id
 * @identities: the same by identity, no two alike
 * @owned: made by vmb_channel_allocate(), on offer or not, both ends
 * @next_id: id of the next channel; ids are not used again
 * @nr_channels: how many there are in @channels
 * @nr_leaving: channels in no list whose device is not added or not removed yet
 * @dying: set once, no more offers
 * @left: woken when @nr_leaving falls
 * @error: the last error, with a lock of its own
 * @written: masks of guest pages that the host could write at any time so far
 * @stats: what saves and restores cost, with a lock of its own
 * @id: number of the bus, in its name
 */
struct vmb_bus {
	struct device dev;
	const struct vmb_bus_ops *ops;
	void *owner;
	struct vmb_guest_memory *memory;

	struct vmb_turn turn;
	enum vmb_bus_state state;
	u64 changes;
	struct vmb_session *session;
	int session_error;
	u32 walk;

	struct mutex lock; /* protects the next seven */
	struct xarray channels;
	struct rb_root identities;
	struct list_head owned;
	u32 next_id;
	u32 nr_channels;
	u32 nr_leaving;
	bool dying;
	wait_queue_head_t left;

	struct vmb_bus_error error;
	struct vmb_bus_stats stats;
	struct xarray written;
	int id;
};

/**
 * struct vmb_channel_identity - what makes a channel the same on another host
 * @type: interface type
 * @instance: interface instance
 * @subchannel: 0 = primary
 */
struct vmb_channel_identity {
	guid_t type;
	guid_t instance;
	u16 subchannel;
};

static inline bool vmb_bus_is_running(const struct vmb_bus *bus)
{
	return READ_ONCE(bus->state) == VMB_BUS_RUNNING;
}

/* Once it is true, all waits that could keep it end. */
static inline bool vmb_bus_is_dying(const struct vmb_bus *bus)
{
	return READ_ONCE(bus->dying);
}

/* Channels are offered and lent pages in these states alone. */
static inline bool vmb_bus_is_changeable(const struct vmb_bus *bus)
{
	enum vmb_bus_state state = READ_ONCE(bus->state);

	return state == VMB_BUS_STOP || state == VMB_BUS_RUNNING;
}

struct vmb_bus *vmb_bus_create(const struct vmb_bus_ops *ops,
			       struct vmb_guest_memory *memory, void *owner);
void vmb_bus_destroy(struct vmb_bus *bus);

struct vmb_channel *vmb_bus_offer(struct vmb_bus *bus,
				  const struct vmb_channel_identity *identity);
int vmb_bus_rescind(struct vmb_bus *bus, u32 id);
struct vmb_channel *vmb_bus_find(struct vmb_bus *bus, u32 id);
struct vmb_channel *vmb_bus_find_identity(struct vmb_bus *bus,
					  const struct vmb_channel_identity *identity);
struct vmb_channel *vmb_bus_next(struct vmb_bus *bus,
				 struct vmb_channel *channel);
struct vmb_channel *vmb_bus_next_client(struct vmb_bus *bus,
					struct vmb_channel *client);
struct vmb_bus *vmb_bus_adopt(struct vmb_bus *bus, struct vmb_channel *client);
struct vmb_channel **vmb_bus_list(struct vmb_bus *bus, u32 *nr);
void vmb_bus_put_list(struct vmb_channel **list, u32 nr);
void vmb_bus_forget(struct vmb_channel *channel);
void vmb_bus_forgotten(struct vmb_channel *channel);
u32 vmb_bus_new_id(struct vmb_bus *bus);
int vmb_bus_enter(struct vmb_bus *bus);
void vmb_bus_leave(struct vmb_bus *bus);
int vmb_bus_own(struct vmb_bus *bus, struct vmb_channel *channel);
bool vmb_bus_disown(struct vmb_channel *channel);
int vmb_bus_enlist(struct vmb_bus *bus, struct vmb_channel *channel);
bool vmb_bus_unlist(struct vmb_channel *channel);
int vmb_channel_identity_compare(const struct vmb_channel_identity *a,
				 const struct vmb_channel_identity *b);
void vmb_bus_event(struct vmb_bus *bus, u32 type, u32 channel, int error);

#endif /* _VMB_CORE_BUS_H */

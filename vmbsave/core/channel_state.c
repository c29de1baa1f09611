// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/vmb_ns.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/channel.h"
#include "core/trace.h"

/**
 * DOC: The state of a channel
 *
 * Two axes, as in the Windows library: the connection (not offered, offered,
 * open) and the activity (paused, started). A guest's close remembers in
 * STOPPED that the channel had been open; in all else it is STARTED.
 *
 *              enable            start
 *   DISABLED ----------> ENABLED ------> STARTED
 *                         |   ^ pause <---  |
 *                    open |   | close       | open
 *                         v   |  start      v
 *                        PAUSED ---------> ACTIVE ----> STOPPED
 *                               <--------        close
 *                                 pause
 *
 * From STOPPED open leads to ACTIVE and pause to ENABLED; disable leads from
 * everywhere to DISABLED. What is not in the table is refused with -EBADFD.
 * Whether traffic runs in ACTIVE is up to the bus.
 *
 * That is the server's end. A client's end is started by enabling it, and every
 * close leads to where it was before:
 *
 *              enable            open            pause
 *   DISABLED ----------> ENABLED ------> ACTIVE ------> PAUSED
 *      ^                   |               ^ |   start    |
 *      |                   | disable       | +<-----------+
 *      +-------------------+---------------+-- disable, close
 */

#define NO (-EBADFD)

static const s8 next_state[VMB_CHANNEL_NR_STATES][VMB_CHANNEL_NR_EVENTS] = {
	[VMB_CHANNEL_DISABLED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = NO,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
	[VMB_CHANNEL_ENABLED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_STARTED,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_OPEN]    = VMB_CHANNEL_PAUSED,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
	[VMB_CHANNEL_STARTED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_STARTED,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_OPEN]    = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
	[VMB_CHANNEL_PAUSED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_PAUSED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = VMB_CHANNEL_ENABLED,
	},
	[VMB_CHANNEL_ACTIVE] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_PAUSED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = VMB_CHANNEL_STOPPED,
	},
	[VMB_CHANNEL_STOPPED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_STOPPED,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_OPEN]    = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
};

#define NOWHERE {						\
	[VMB_CHANNEL_EVENT_ENABLE]  = NO,			\
	[VMB_CHANNEL_EVENT_DISABLE] = NO,			\
	[VMB_CHANNEL_EVENT_START]   = NO,			\
	[VMB_CHANNEL_EVENT_PAUSE]   = NO,			\
	[VMB_CHANNEL_EVENT_OPEN]    = NO,			\
	[VMB_CHANNEL_EVENT_CLOSE]   = NO,			\
}

static const s8 client_next[VMB_CHANNEL_NR_STATES][VMB_CHANNEL_NR_EVENTS] = {
	[VMB_CHANNEL_DISABLED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = NO,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
	[VMB_CHANNEL_ENABLED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_ENABLED,
		[VMB_CHANNEL_EVENT_PAUSE]   = NO,
		[VMB_CHANNEL_EVENT_OPEN]    = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_CLOSE]   = NO,
	},
	[VMB_CHANNEL_STARTED] = NOWHERE,
	[VMB_CHANNEL_PAUSED] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_PAUSED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = VMB_CHANNEL_DISABLED,
	},
	[VMB_CHANNEL_ACTIVE] = {
		[VMB_CHANNEL_EVENT_ENABLE]  = NO,
		[VMB_CHANNEL_EVENT_DISABLE] = VMB_CHANNEL_DISABLED,
		[VMB_CHANNEL_EVENT_START]   = VMB_CHANNEL_ACTIVE,
		[VMB_CHANNEL_EVENT_PAUSE]   = VMB_CHANNEL_PAUSED,
		[VMB_CHANNEL_EVENT_OPEN]    = NO,
		[VMB_CHANNEL_EVENT_CLOSE]   = VMB_CHANNEL_DISABLED,
	},
	[VMB_CHANNEL_STOPPED] = NOWHERE,
};

static const char * const state_names[VMB_CHANNEL_NR_STATES] = {
	[VMB_CHANNEL_DISABLED]	= "disabled",
	[VMB_CHANNEL_ENABLED]	= "enabled",
	[VMB_CHANNEL_STARTED]	= "started",
	[VMB_CHANNEL_PAUSED]	= "paused",
	[VMB_CHANNEL_ACTIVE]	= "active",
	[VMB_CHANNEL_STOPPED]	= "stopped",
};

static_assert(VMB_CHANNEL_DISABLED == VMBSAVE_CHANNEL_DISABLED);
static_assert(VMB_CHANNEL_ENABLED == VMBSAVE_CHANNEL_ENABLED);
static_assert(VMB_CHANNEL_STARTED == VMBSAVE_CHANNEL_STARTED);
static_assert(VMB_CHANNEL_PAUSED == VMBSAVE_CHANNEL_PAUSED);
static_assert(VMB_CHANNEL_ACTIVE == VMBSAVE_CHANNEL_ACTIVE);
static_assert(VMB_CHANNEL_STOPPED == VMBSAVE_CHANNEL_STOPPED);

static int look_up(const s8 table[][VMB_CHANNEL_NR_EVENTS],
		   enum vmb_channel_state state, enum vmb_channel_event event)
{
	if (WARN_ON_ONCE(state >= VMB_CHANNEL_NR_STATES ||
			 event >= VMB_CHANNEL_NR_EVENTS))
		return -EBADFD;
	return table[state][event];
}

/**
 * vmb_channel_state_next() - where an event leads the server's end
 * @state: from there
 * @event: what happens
 *
 * Context: any.
 * Return: the next enum vmb_channel_state, or -EBADFD: not legal there.
 */
int vmb_channel_state_next(enum vmb_channel_state state,
			   enum vmb_channel_event event)
{
	return look_up(next_state, state, event);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_state_next);

/**
 * vmb_client_state_next() - where an event leads a client's end
 * @state: from there
 * @event: what happens
 *
 * Context: any.
 * Return: as vmb_channel_state_next().
 */
int vmb_client_state_next(enum vmb_channel_state state,
			  enum vmb_channel_event event)
{
	return look_up(client_next, state, event);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_client_state_next);

static int next_of(const struct vmb_channel *channel,
		   enum vmb_channel_event event)
{
	return look_up(channel->server ? next_state : client_next,
		       channel->state, event);
}

/**
 * vmb_channel_state_check() - is an event legal in the channel's state?
 * @channel: the channel; the caller has its turn
 * @event: what is about to happen
 *
 * Context: process context.
 * Return: 0 or -EBADFD.
 */
int vmb_channel_state_check(const struct vmb_channel *channel,
			    enum vmb_channel_event event)
{
	int next = next_of(channel, event);

	return next < 0 ? next : 0;
}

static void set_state(struct vmb_channel *channel, enum vmb_channel_state state)
{
	vmb_turn_assert(&channel->turn);
	trace_vmb_channel_state(channel, channel->state, state);
	WRITE_ONCE(channel->state, state);
}

/**
 * vmb_channel_state_move() - let an event take effect
 * @channel: the channel; the caller has its turn and has checked the event
 * @event: what happened
 * Context: process context.
 */
void vmb_channel_state_move(struct vmb_channel *channel,
			    enum vmb_channel_event event)
{
	int next = next_of(channel, event);

	if (!WARN_ON_ONCE(next < 0))
		set_state(channel, next);
}

/**
 * vmb_channel_state_restore() - take the state that was saved, or take it back
 * @channel: the channel; the caller has its turn
 * @state: the state
 *
 * The only way that does not follow the table: a restored channel is put where
 * the saved one was.
 * Context: process context.
 */
void vmb_channel_state_restore(struct vmb_channel *channel,
			       enum vmb_channel_state state)
{
	set_state(channel, state);
}

/**
 * vmb_channel_state_is_open() - has the guest opened a channel in this state?
 * @state: the state
 *
 * Context: any.
 * Return: true if it has.
 */
bool vmb_channel_state_is_open(enum vmb_channel_state state)
{
	return state == VMB_CHANNEL_PAUSED || state == VMB_CHANNEL_ACTIVE;
}

/**
 * vmb_channel_get_state() - the state of a channel
 * @channel: the channel
 *
 * Context: any; it may change at any time unless the caller prevents it.
 * Return: the state.
 */
enum vmb_channel_state vmb_channel_get_state(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->state);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_get_state, VMBSAVE_NS);

/**
 * vmb_channel_state_name() - a state for people
 * @state: the state
 *
 * Context: any.
 * Return: its name in lower case.
 */
const char *vmb_channel_state_name(enum vmb_channel_state state)
{
	return state < VMB_CHANNEL_NR_STATES ? state_names[state] : "?";
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_state_name, VMBSAVE_NS);

/**
 * vmb_channel_pause_reasons() - who keeps traffic from running
 * @channel: the channel
 *
 * Context: any.
 * Return: a set of VMB_PAUSED_BY_*; traffic of an open channel runs if it is
 * empty.
 */
u32 vmb_channel_pause_reasons(const struct vmb_channel *channel)
{
	enum vmb_channel_state state = vmb_channel_get_state(channel);
	u32 reasons = 0;

	if (state == VMB_CHANNEL_DISABLED || state == VMB_CHANNEL_PAUSED ||
	    (state == VMB_CHANNEL_ENABLED && channel->server))
		reasons |= VMB_PAUSED_BY_VSP;
	if (!vmb_bus_is_running(channel->bus))
		reasons |= VMB_PAUSED_BY_BUS;
	return reasons;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_pause_reasons, VMBSAVE_NS);

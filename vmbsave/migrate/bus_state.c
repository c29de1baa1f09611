// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/moduleparam.h>

#include "core/channel.h"
#include "core/client.h"
#include "core/trace.h"
#include "migrate/bus_state.h"
#include "migrate/restore.h"
#include "migrate/save.h"

/**
 * DOC: The state of a bus
 *
 * VFIO's numbers and arcs, with two differences: a new bus is in STOP, and
 * reset is a call of its own. Each step goes along one arc; a way of several
 * arcs goes by way of STOP.
 *
 *   STOP -> RUNNING      traffic of all channels starts; the guest is
 *                        signalled and the rings are polled on each open one,
 *                        because a signal may have been lost on the way
 *   RUNNING -> STOP      clients in this kernel stop, as the CPUs of a guest do;
 *                        traffic of all channels stops, one after the other,
 *                        within one deadline
 *   STOP -> STOP_COPY    a save of all channels begins
 *   STOP_COPY -> STOP    it is dropped, complete or not
 *   STOP -> RESUMING     a restore of all channels begins
 *   RESUMING -> STOP     it is committed
 *
 * Unhappy paths. A VSP does not complete its packets in time: traffic of all
 * channels goes on, the bus is RUNNING. A session cannot begin: STOP. The
 * commit fails: ERROR, the channels as before RESUMING; each call answers the
 * same until reset. Reset drops any session and leads to STOP.
 */

static uint drain_timeout_ms = 10000;
module_param(drain_timeout_ms, uint, 0644);
MODULE_PARM_DESC(drain_timeout_ms, "how long a stop waits for packets that VSPs hold, ms");

static bool skip_kick;
module_param(skip_kick, bool, 0644);
MODULE_PARM_DESC(skip_kick, "for tests that must fail: do not signal guests when a bus starts to run");

#define NONE (-EINVAL)

/* From a state towards another: the next one on the way */
static const s8 next_state[VMB_BUS_NR_STATES][VMB_BUS_NR_STATES] = {
	[VMB_BUS_ERROR] = {
		[VMB_BUS_ERROR]		= NONE,
		[VMB_BUS_STOP]		= NONE,
		[VMB_BUS_RUNNING]	= NONE,
		[VMB_BUS_STOP_COPY]	= NONE,
		[VMB_BUS_RESUMING]	= NONE,
	},
	[VMB_BUS_STOP] = {
		[VMB_BUS_ERROR]		= NONE,
		[VMB_BUS_STOP]		= VMB_BUS_STOP,
		[VMB_BUS_RUNNING]	= VMB_BUS_RUNNING,
		[VMB_BUS_STOP_COPY]	= VMB_BUS_STOP_COPY,
		[VMB_BUS_RESUMING]	= VMB_BUS_RESUMING,
	},
	[VMB_BUS_RUNNING] = {
		[VMB_BUS_ERROR]		= NONE,
		[VMB_BUS_STOP]		= VMB_BUS_STOP,
		[VMB_BUS_RUNNING]	= VMB_BUS_RUNNING,
		[VMB_BUS_STOP_COPY]	= VMB_BUS_STOP,
		[VMB_BUS_RESUMING]	= VMB_BUS_STOP,
	},
	[VMB_BUS_STOP_COPY] = {
		[VMB_BUS_ERROR]		= NONE,
		[VMB_BUS_STOP]		= VMB_BUS_STOP,
		[VMB_BUS_RUNNING]	= VMB_BUS_STOP,
		[VMB_BUS_STOP_COPY]	= VMB_BUS_STOP_COPY,
		[VMB_BUS_RESUMING]	= VMB_BUS_STOP,
	},
	[VMB_BUS_RESUMING] = {
		[VMB_BUS_ERROR]		= NONE,
		[VMB_BUS_STOP]		= VMB_BUS_STOP,
		[VMB_BUS_RUNNING]	= VMB_BUS_STOP,
		[VMB_BUS_STOP_COPY]	= VMB_BUS_STOP,
		[VMB_BUS_RESUMING]	= VMB_BUS_RESUMING,
	},
};

static const char * const state_names[VMB_BUS_NR_STATES] = {
	[VMB_BUS_ERROR]		= "error",
	[VMB_BUS_STOP]		= "stop",
	[VMB_BUS_RUNNING]	= "running",
	[VMB_BUS_STOP_COPY]	= "stop-copy",
	[VMB_BUS_RESUMING]	= "resuming",
};

/**
 * vmb_bus_state_name() - a state for people
 * @state: the state
 *
 * Context: any.
 * Return: its name in lower case.
 */
const char *vmb_bus_state_name(enum vmb_bus_state state)
{
	return state < VMB_BUS_NR_STATES ? state_names[state] : "?";
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_state_name);

/**
 * vmb_bus_state_next() - the next state on the way to another
 * @from: the present one
 * @to: the other one
 *
 * Context: any.
 * Return: it, or -EINVAL: there is no way, or no such state.
 */
int vmb_bus_state_next(enum vmb_bus_state from, enum vmb_bus_state to)
{
	if (from >= VMB_BUS_NR_STATES || to >= VMB_BUS_NR_STATES)
		return -EINVAL;
	return next_state[from][to];
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_state_next);

static void set_state(struct vmb_bus *bus, enum vmb_bus_state to)
{
	vmb_turn_assert(&bus->turn);
	trace_vmb_bus_state(bus, bus->state, to, 0);
	WRITE_ONCE(bus->state, to);
	bus->changes++;
}

/**
 * struct channels - what is on the bus; nothing is added during a step
 * @list: references
 * @nr: length of @list
 */
struct channels {
	struct vmb_channel **list;
	u32 nr;
};

static int list_channels(struct vmb_bus *bus, struct channels *c)
{
	c->list = vmb_bus_list(bus, &c->nr);
	return PTR_ERR_OR_ZERO(c->list);
}

/* The callbacks are all that can take long in it. */
static void call_started(struct vmb_channel *channel)
{
	struct vmb_bus_call call = {
		.call = VMBSAVE_CALL_STARTED,
		.channel = channel->id,
	};
	bool flowed = channel->flowing;
	u64 begun = ktime_get_ns();

	vmb_channel_flow_start(channel);
	call.ns = ktime_get_ns() - begun;
	if (channel->flowing && !flowed)
		vmb_stats_call(channel->bus, VMB_WORK_RUN, &call);
}

static void start_one(struct vmb_channel *channel)
{
	scoped_guard(spinlock_irqsave, &channel->lock)
		channel->saved = false;
	if (vmb_turn_try(&channel->turn)) {
		vmb_channel_flow_resume(channel);
		return;
	}
	call_started(channel);
	if (!READ_ONCE(skip_kick))
		vmb_channel_kick_guest(channel);
	vmb_turn_release(&channel->turn);
}

/**
 * vmb_bus_run() - go from STOP to RUNNING
 * @bus: the bus; the caller has its turn
 * Context: process context, may sleep; calls .started and .post_started.
 */
void vmb_bus_run(struct vmb_bus *bus)
{
	u64 begun = vmb_stats_begin(bus, VMB_WORK_RUN);
	struct vmb_channel *channel;

	set_state(bus, VMB_BUS_RUNNING);
	for (channel = vmb_bus_next(bus, NULL); channel;
	     channel = vmb_bus_next(bus, channel))
		start_one(channel);
	vmb_clients_wake(bus);
	vmb_stats_end(bus, VMB_WORK_RUN, begun);
}

static int stop_client(struct vmb_channel *client, unsigned long deadline)
{
	int ret = vmb_turn_take_until(&client->turn, deadline);

	if (ret == -ETIMEDOUT || ret == -EINTR)
		vmb_channel_blame(client, ret);
	if (ret)
		return ret;
	vmb_channel_flow_freeze(client);
	vmb_turn_release(&client->turn);
	return 0;
}

static int stop_clients(struct vmb_bus *bus, unsigned long deadline)
{
	struct vmb_channel *client;
	int ret = 0;

	for (client = vmb_bus_next_client(bus, NULL); client && !ret;
	     client = vmb_bus_next_client(bus, client))
		ret = stop_client(client, deadline);
	if (client)
		vmb_channel_put(client);
	return ret;
}

static int stop_one(struct vmb_channel *channel, unsigned long deadline)
{
	int ret = vmb_turn_take_until(&channel->turn, deadline);

	if (ret == -ETIMEDOUT || ret == -EINTR)
		vmb_channel_blame(channel, ret);
	if (ret)
		return ret;
	ret = vmb_channel_flow_stop(channel, deadline);
	vmb_turn_release(&channel->turn);
	/* A channel that goes away meanwhile is stopped by the one who removes it. */
	return ret == -ENODEV ? 0 : ret;
}

static int stop(struct vmb_bus *bus, u32 timeout_ms)
{
	unsigned long deadline = vmb_deadline(timeout_ms ?: READ_ONCE(drain_timeout_ms));
	u64 begun = vmb_stats_begin(bus, VMB_WORK_STOP);
	struct vmb_channel *channel;
	int ret;

	set_state(bus, VMB_BUS_STOP);
	ret = stop_clients(bus, deadline);
	for (channel = vmb_bus_next(bus, NULL); channel && !ret;
	     channel = vmb_bus_next(bus, channel))
		ret = stop_one(channel, deadline);
	if (channel)
		vmb_channel_put(channel);
	vmb_stats_end(bus, VMB_WORK_STOP, begun);
	if (vmb_bus_is_dying(bus))
		return -ENODEV;
	if (ret)
		vmb_bus_run(bus);
	return ret;
}

static int begin_save(struct vmb_bus *bus, struct vmb_bus_data *data)
{
	struct vmb_save *save;
	struct channels c;
	int ret = list_channels(bus, &c);

	if (ret)
		return ret;
	save = c.nr ? vmb_save_create(bus, c.list, c.nr, false) :
		      ERR_PTR(-ENOENT);
	if (IS_ERR(save)) {
		vmb_bus_put_list(c.list, c.nr);
		return PTR_ERR(save);
	}
	bus->session = vmb_save_session(save);
	data->save = vmb_save_get(save);
	set_state(bus, VMB_BUS_STOP_COPY);
	return 0;
}

static int begin_restore(struct vmb_bus *bus, struct vmb_bus_data *data)
{
	struct vmb_restore *restore;
	struct channels c;
	int ret = list_channels(bus, &c);

	if (ret)
		return ret;
	restore = c.nr ? vmb_restore_create(bus, c.list, c.nr, false) :
			 ERR_PTR(-ENOENT);
	if (IS_ERR(restore)) {
		vmb_bus_put_list(c.list, c.nr);
		return PTR_ERR(restore);
	}
	bus->session = vmb_restore_session(restore);
	data->restore = vmb_restore_get(restore);
	set_state(bus, VMB_BUS_RESUMING);
	return 0;
}

static void drop_session(struct vmb_bus *bus)
{
	struct vmb_session *session = bus->session;

	if (!session)
		return;
	bus->session = NULL;
	session->ops->drop(session);
	session->ops->put(session);
}

/**
 * vmb_bus_go_to_stop() - go to STOP from any state but RUNNING
 * @bus: the bus; the caller has its turn
 *
 * A session is dropped.
 * Context: process context, may sleep; calls .discard_packet.
 */
void vmb_bus_go_to_stop(struct vmb_bus *bus)
{
	drop_session(bus);
	bus->session_error = 0;
	set_state(bus, VMB_BUS_STOP);
}

static int commit(struct vmb_bus *bus)
{
	u64 begun = vmb_stats_begin(bus, VMB_WORK_COMMIT);
	int ret = vmb_restore_commit(bus->session);
	int failed = vmb_restore_error(bus->session);

	vmb_stats_end(bus, VMB_WORK_COMMIT, begun);

	/* Not begun: the wait for the session was interrupted. */
	if (ret == -EINTR && !failed)
		return ret;
	if (ret) {
		ret = failed ?: ret;
		bus->session_error = ret;
		set_state(bus, VMB_BUS_ERROR);
		return ret;
	}
	vmb_bus_go_to_stop(bus);
	return 0;
}

static int step(struct vmb_bus *bus, enum vmb_bus_state to, u32 timeout_ms,
		struct vmb_bus_data *data)
{
	switch (to) {
	case VMB_BUS_RUNNING:
		vmb_bus_run(bus);
		return 0;
	case VMB_BUS_STOP_COPY:
		return begin_save(bus, data);
	case VMB_BUS_RESUMING:
		return begin_restore(bus, data);
	default:
		break;
	}
	switch (bus->state) {
	case VMB_BUS_RUNNING:
		return stop(bus, timeout_ms);
	case VMB_BUS_RESUMING:
		return commit(bus);
	default:
		vmb_bus_go_to_stop(bus);
		return 0;
	}
}

/* The step that failed may have said why; where it has left the bus is news. */
static void explain(struct vmb_bus *bus, enum vmb_bus_state to, int error)
{
	if (!vmb_bus_error_get(bus, NULL, NULL))
		vmb_bus_error_set(bus, error, NULL, "cannot go to %s%s",
				  vmb_bus_state_name(to),
				  error == -ENOENT ? ": the bus has no channels" : "");
	vmb_bus_error_append(bus, "; the bus is in %s",
			     vmb_bus_state_name(bus->state));
}

static int walk(struct vmb_bus *bus, enum vmb_bus_state to, u32 timeout_ms,
		struct vmb_bus_data *data)
{
	int next, ret;

	if (bus->state == VMB_BUS_ERROR)
		return bus->session_error;
	/* A session that failed has said why; leaving it does not unsay it. */
	if (!bus->session)
		vmb_bus_error_clear(bus);
	while (bus->state != to) {
		next = vmb_bus_state_next(bus->state, to);
		if (vmb_bus_is_dying(bus))
			return -ENODEV;
		ret = next < 0 ? next : step(bus, next, timeout_ms, data);
		if (ret) {
			trace_vmb_bus_state(bus, bus->state, to, ret);
			explain(bus, to, ret);
			return ret;
		}
		/* What is left on the way is over, and so is its error. */
		if (bus->state != to)
			vmb_bus_error_clear(bus);
	}
	return 0;
}

/**
 * vmb_bus_set_state() - bring a bus to a state
 * @bus: the bus
 * @to: STOP, RUNNING, STOP_COPY or RESUMING
 * @timeout_ms: how long a stop may wait for packets; 0 = the module's default
 * @data: filled in, also on failure
 *
 * Context: process context, may sleep; calls back VSPs.
 * Return: 0, or an errno and the bus is where the arc that failed leaves it,
 * see struct vmbsave_set_state: -EINVAL (no such state), -EINTR, -ETIMEDOUT,
 * -EBUSY, -EBADFD, -ENODEV (the bus goes away), -ENOENT (no channel), -ENOMEM,
 * or why the commit failed.
 */
int vmb_bus_set_state(struct vmb_bus *bus, enum vmb_bus_state to,
		      u32 timeout_ms, struct vmb_bus_data *data)
{
	int ret;

	memset(data, 0, sizeof(*data));
	data->reached = READ_ONCE(bus->state);
	if (to == VMB_BUS_ERROR || to >= VMB_BUS_NR_STATES)
		return -EINVAL;
	ret = vmb_turn_take_killable(&bus->turn);
	if (ret)
		return ret;
	ret = vmb_bus_is_dying(bus) ? -ENODEV : walk(bus, to, timeout_ms, data);
	data->reached = bus->state;
	vmb_turn_release(&bus->turn);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_set_state);

static int reset(struct vmb_bus *bus)
{
	/* Its session is aborted by the one who ends it. */
	if (vmb_bus_is_dying(bus))
		return -ENODEV;
	vmb_bus_error_clear(bus);
	if (bus->state == VMB_BUS_RUNNING)
		return stop(bus, 0);
	vmb_bus_go_to_stop(bus);
	return 0;
}

/**
 * vmb_bus_reset() - drop any session and go to STOP
 * @bus: the bus
 *
 * The way out of ERROR.
 * Context: process context, may sleep; calls back VSPs.
 * Return: 0, -EINTR, -ENODEV (the bus goes away), or from RUNNING what a stop
 * returns.
 */
int vmb_bus_reset(struct vmb_bus *bus)
{
	int ret = vmb_turn_take_killable(&bus->turn);

	if (ret)
		return ret;
	ret = reset(bus);
	vmb_turn_release(&bus->turn);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_reset);

/**
 * vmb_bus_end_session() - drop any session and go to STOP, whatever happens
 * @bus: the bus, not in RUNNING; the caller does not have its turn
 *
 * As vmb_bus_reset() but for the last error, which stays.
 * Context: process context, may sleep, not killably; calls back VSPs.
 */
void vmb_bus_end_session(struct vmb_bus *bus)
{
	if (WARN_ON_ONCE(vmb_turn_take(&bus->turn)))
		return;
	if (!WARN_ON_ONCE(bus->state == VMB_BUS_RUNNING))
		vmb_bus_go_to_stop(bus);
	vmb_turn_release(&bus->turn);
}

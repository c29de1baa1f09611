// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/bug.h>

#include "core/bus.h"
#include "migrate/bus_control.h"
#include "migrate/bus_state.h"
#include "migrate/save.h"

/**
 * vmb_bus_mark() - remember what a bus is doing
 * @bus: the bus; nobody changes its state meanwhile
 * @mark: filled in
 * Context: any.
 */
void vmb_bus_mark(const struct vmb_bus *bus, struct vmb_bus_mark *mark)
{
	mark->changes = bus->changes;
	mark->running = vmb_bus_is_running(bus);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_mark);

/* What was saved to its end may be all that there is of the guest elsewhere. */
static bool is_unfinished(const struct vmb_bus *bus)
{
	if (!bus->session)
		return false;
	return bus->state != VMB_BUS_STOP_COPY ||
	       !vmb_save_session_at_end(bus->session);
}

/**
 * vmb_bus_undo() - whoever has changed the state of a bus goes away
 * @bus: the bus; the caller does not have its turn
 * @mark: from before he came
 * @keep: he wants it to stay as it is, if he has finished what he began
 *
 * Nothing happens if he has changed nothing or if the bus goes away. Else his
 * session is dropped, and what ran before runs again.
 *
 * Context: process context, may sleep, not killably; calls back VSPs.
 */
void vmb_bus_undo(struct vmb_bus *bus, const struct vmb_bus_mark *mark,
		  bool keep)
{
	if (WARN_ON_ONCE(vmb_turn_take(&bus->turn)))
		return;
	if (!vmb_bus_is_dying(bus) && bus->changes != mark->changes &&
	    (!keep || is_unfinished(bus))) {
		if (bus->state != VMB_BUS_RUNNING)
			vmb_bus_go_to_stop(bus);
		if (bus->state == VMB_BUS_STOP && mark->running)
			vmb_bus_run(bus);
	}
	vmb_turn_release(&bus->turn);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_undo);

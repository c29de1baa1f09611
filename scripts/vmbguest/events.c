// SPDX-License-Identifier: GPL-2.0-only
/*
 * What comes and goes beside the rings: eventfds, one pair a channel, and the
 * events that the bus has for its VMM.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/array_size.h>
#include "attach.h"
#include "events.h"

/**
 * signals_make() - make the eventfds of a channel
 * @signals: filled
 * Return: 0 or an errno.
 */
int signals_make(struct signals *signals)
{
	signals->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	signals->call_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return signals->kick_fd < 0 || signals->call_fd < 0 ? -errno : 0;
}

/**
 * signals_connect() - tell the bus of them
 * @signals: the eventfds
 * @bus: the bus
 * @channel: id of the channel
 * Return: 0 or an errno.
 */
int signals_connect(const struct signals *signals, struct bus *bus, u32 channel)
{
	struct vmbsave_eventfds arg = {
		.size = sizeof(arg), .channel = channel,
		.kick_fd = signals->kick_fd, .call_fd = signals->call_fd,
	};

	return ioctl(bus->fd, VMBSAVE_SET_EVENTFDS, &arg) < 0 ? -errno : 0;
}

/**
 * signals_kick() - the guest signals the host
 * @signals: of the channel
 * Return: 0 or an errno.
 */
int signals_kick(const struct signals *signals)
{
	const u64 one = 1;

	if (write(signals->kick_fd, &one, sizeof(one)) == sizeof(one))
		return 0;
	/* Full: it has been signalled, and nobody has looked yet. */
	return errno == EAGAIN ? 0 : -errno;
}

/**
 * signals_called() - has the host interrupted the guest?
 * @signals: of the channel
 * Return: true if so; the next call says no unless it has done so again.
 */
bool signals_called(const struct signals *signals)
{
	u64 count;

	return read(signals->call_fd, &count, sizeof(count)) == sizeof(count);
}

/**
 * event_read() - take one event of the bus
 * @bus: the bus; poll() for POLLIN says when there is one
 * @event: filled
 * Return: 0; -EAGAIN if there is none; another errno.
 */
int event_read(struct bus *bus, struct vmbsave_event *event)
{
	ssize_t n = read(bus->fd, event, sizeof(*event));

	if (n < 0)
		return -errno;
	return n == sizeof(*event) ? 0 : -EPROTO;
}

/**
 * event_name() - an event for people
 * @type: VMBSAVE_EVENT_*
 * Return: what happened to the channel.
 */
const char *event_name(u32 type)
{
	static const char * const names[] = {
		[VMBSAVE_EVENT_RESCINDED] = "was rescinded",
		[VMBSAVE_EVENT_FAILED] = "failed",
		[VMBSAVE_EVENT_OFFERED] = "is offered by its owner",
		[VMBSAVE_EVENT_REOFFERED] = "has to be offered anew",
	};

	return type < ARRAY_SIZE(names) && names[type] ? names[type] : "has an unknown event";
}

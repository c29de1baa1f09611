// SPDX-License-Identifier: GPL-2.0-only
/*
 * /dev/vmbsave, for an operator. Functions return 0 or a negative errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/array_size.h>
#include "bus.h"
#include "util.h"

#define DEVICE	"/dev/vmbsave"

static int command(struct bus *bus, unsigned long number, void *argument)
{
	return ioctl(bus->fd, number, argument) < 0 ? -errno : 0;
}

/**
 * bus_last_error() - what the kernel says about a failure
 * @bus: an open one
 * @error: the negative errno of what failed
 * @last: filled; with @error alone if the kernel says nothing
 */
void bus_last_error(struct bus *bus, int error, struct vmbsave_last_error *last)
{
	int err;

	*last = (struct vmbsave_last_error){ .size = sizeof(*last) };
	err = command(bus, VMBSAVE_LAST_ERROR, last);
	/* A refusal of another errno is one of an earlier call. */
	if (err || !last->error ||
	    (last->flags & VMBSAVE_ERROR_REFUSED && (int)last->error != -error)) {
		*last = (struct vmbsave_last_error){ .error = -error };
		snprintf(last->text, sizeof(last->text), "%s", strerror(-error));
	}
	last->text[sizeof(last->text) - 1] = '\0';
}

static void __noreturn refuse(struct bus *bus, int error)
{
	struct vmbsave_last_error last;
	const char *name = bus->name;

	switch (error) {
	case -EINVAL:
		/* Names are used again: that is the bus of this process itself. */
	case -ENOENT:
		die_of(-ENOENT, "there is no bus %s; vmbsavectl list names those that there are",
		       name);
	case -EPERM:
		die_of(error, "cannot attach to %s: it takes CAP_SYS_ADMIN", name);
	case -EBUSY:
		die_of(error, "cannot attach to %s: somebody else is attached to it", name);
	case -ENOTTY:
		die_of(error, "cannot attach to %s: the module is too old for that", name);
	default:
		bus_last_error(bus, error, &last);
		die_of(error, "cannot attach to %s: %s", name, last.text);
	}
}

static const char *hint(int error)
{
	switch (error) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		return "; is the module vmbsave loaded?";
	case -EACCES:
		return "; it takes root";
	default:
		return "";
	}
}

/**
 * bus_attach() - become a controller of a bus, or exit with EXIT_TROUBLE
 * @bus: filled
 * @name: of the bus
 * @flags: VMBSAVE_ATTACH_*
 */
void bus_attach(struct bus *bus, const char *name, u32 flags)
{
	struct vmbsave_attach arg = { .size = sizeof(arg), .flags = flags };
	size_t length = strlen(name);
	int err;

	bus->name = name;
	if (length >= sizeof(arg.name))
		refuse(bus, -ENOENT);
	memcpy(arg.name, name, length);
	bus->fd = open(DEVICE, O_RDWR | O_CLOEXEC);
	if (bus->fd < 0)
		die_of(-errno, "cannot open %s: %s%s", DEVICE, strerror(errno), hint(-errno));
	err = command(bus, VMBSAVE_ATTACH, &arg);
	if (err)
		refuse(bus, err);
}

/**
 * bus_detach() - leave the bus; what is not finished is undone
 * @bus: an attached one
 */
void bus_detach(struct bus *bus)
{
	close(bus->fd);
	bus->fd = -1;
}

/**
 * bus_info() - what is on the bus
 * @bus: an attached one
 * @info: filled
 *
 * Return: 0 or an errno.
 */
int bus_info(struct bus *bus, struct vmbsave_info *info)
{
	*info = (struct vmbsave_info){ .size = sizeof(*info) };
	return command(bus, VMBSAVE_GET_INFO, info);
}

/**
 * bus_stats() - what saves and restores have cost
 * @bus: an attached one
 * @stats: filled
 *
 * Return: 0 or an errno.
 */
int bus_stats(struct bus *bus, struct vmbsave_stats *stats)
{
	*stats = (struct vmbsave_stats){ .size = sizeof(*stats) };
	return command(bus, VMBSAVE_GET_STATS, stats);
}

/**
 * bus_set_state() - change its state
 * @bus: an attached one
 * @state: VMBSAVE_STATE_*
 * @timeout_ms: for VSPs to complete what they hold, 0 = the module's default
 * @data_fd: where the data fd goes, or NULL if there is none in that state
 *
 * Return: 0 or an errno.
 */
int bus_set_state(struct bus *bus, u32 state, u32 timeout_ms, int *data_fd)
{
	struct vmbsave_set_state arg = {
		.size = sizeof(arg), .state = state, .timeout_ms = timeout_ms, .data_fd = -1,
	};
	int err;

	err = command(bus, VMBSAVE_SET_STATE, &arg);
	if (!err && data_fd)
		*data_fd = arg.data_fd;
	/* It is there already, by somebody who went away; there is no second fd. */
	if (!err && data_fd && arg.data_fd < 0)
		err = -EBUSY;
	return err;
}

/**
 * bus_reset() - from any state to STOP
 * @bus: an attached one
 *
 * Return: 0 or an errno.
 */
int bus_reset(struct bus *bus)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	return command(bus, VMBSAVE_RESET, &arg);
}

static void place_text(const struct vmbsave_last_error *last, char *text, size_t size)
{
	size_t used = 0;

	text[0] = '\0';
	if (last->channel)
		used += snprintf(text + used, size - used, "channel %u, ", last->channel);
	if (last->packet)
		used += snprintf(text + used, size - used, "packet %llu, ",
				 (unsigned long long)last->packet);
	if (last->chunk || last->offset)
		used += snprintf(text + used, size - used, "chunk %u, offset %llu, ", last->chunk,
				 (unsigned long long)last->offset);
	if (used)
		memcpy(text + used - 2, ": ", 3);
}

/**
 * bus_say_error() - say what failed
 * @bus: an attached one
 * @what: could not be done
 * @last: why, from bus_last_error()
 */
void bus_say_error(const struct bus *bus, const char *what, const struct vmbsave_last_error *last)
{
	char place[128];

	place_text(last, place, sizeof(place));
	say("%s: cannot %s: %s%s (%s)", bus->name, what, place, last->text,
	    errno_name(-(int)last->error));
}

/**
 * bus_state_name() - the name of a state of a bus
 * @state: VMBSAVE_STATE_*, or a number that is none
 *
 * Return: the name, never NULL.
 */
const char *bus_state_name(u32 state)
{
	static const char * const names[] = {
		[VMBSAVE_STATE_ERROR] = "error",
		[VMBSAVE_STATE_STOP] = "stop",
		[VMBSAVE_STATE_RUNNING] = "running",
		[VMBSAVE_STATE_STOP_COPY] = "stop-copy",
		[VMBSAVE_STATE_RESUMING] = "resuming",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

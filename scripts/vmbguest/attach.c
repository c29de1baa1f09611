// SPDX-License-Identifier: GPL-2.0-only
/*
 * Each ioctl of /dev/vmbsave as a function. What order they go in is in
 * Documentation/userspace-api/vmm-howto.rst.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "attach.h"

static int command(struct bus *bus, unsigned long number, void *argument)
{
	return ioctl(bus->fd, number, argument) < 0 ? -errno : 0;
}

/**
 * bus_open() - make a bus, in STOP
 * @bus: filled
 * @device: path of the device
 *
 * It is closed on exec, so that no child keeps the machine alive, and reading
 * its events does not wait.
 *
 * Return: 0 or an errno.
 */
int bus_open(struct bus *bus, const char *device)
{
	bus->fd = open(device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return bus->fd < 0 ? -errno : 0;
}

/**
 * bus_close() - release everything; also what kill -9 does
 * @bus: may be closed already
 */
void bus_close(struct bus *bus)
{
	if (bus->fd >= 0)
		close(bus->fd);
	bus->fd = -1;
}

/**
 * bus_set_memory() - say where guest memory is
 * @bus: the bus
 * @gpa: guest physical address, a multiple of 4096
 * @bytes: length, a multiple of 4096; 0 = forget it
 * @where: in this process
 * Return: 0 or an errno.
 */
int bus_set_memory(struct bus *bus, u64 gpa, u64 bytes, void *where)
{
	struct vmbsave_memory_region arg = {
		.size = sizeof(arg), .gpa = gpa, .bytes = bytes, .uaddr = (uintptr_t)where,
	};

	return command(bus, VMBSAVE_SET_MEMORY_REGION, &arg);
}

/**
 * bus_offer() - offer a primary channel
 * @bus: the bus
 * @type: interface type GUID; the VSP's module is loaded if need be
 * @instance: interface instance GUID, the same on both sides of a migration
 * @channel: set to its id
 * Return: 0 or an errno.
 */
int bus_offer(struct bus *bus, const u8 type[16], const u8 instance[16], u32 *channel)
{
	struct vmbsave_offer_channel arg = { .size = sizeof(arg) };
	int err;

	memcpy(arg.type, type, sizeof(arg.type));
	memcpy(arg.instance, instance, sizeof(arg.instance));
	err = command(bus, VMBSAVE_OFFER_CHANNEL, &arg);
	*channel = arg.channel;
	return err;
}

/**
 * bus_get_channel() - what the offer to the guest has to say
 * @bus: the bus
 * @channel: its id
 * @info: filled
 * Return: 0 or an errno.
 */
int bus_get_channel(struct bus *bus, u32 channel, struct vmbsave_channel_info *info)
{
	*info = (struct vmbsave_channel_info) { .size = sizeof(*info), .channel = channel };
	return command(bus, VMBSAVE_GET_CHANNEL, info);
}

/**
 * bus_create_gpadl() - the guest lends pages
 * @bus: the bus
 * @channel: id of the channel
 * @gpadl: number that the guest chose
 * @pfns: guest page frame numbers
 * @pages: how many
 * Return: 0 or an errno, which is the answer to the guest.
 */
int bus_create_gpadl(struct bus *bus, u32 channel, u32 gpadl, const u64 *pfns, u32 pages)
{
	struct vmbsave_create_gpadl arg = {
		.size = sizeof(arg), .channel = channel, .gpadl = gpadl,
		.byte_count = pages * VMBSAVE_PAGE_SIZE, .nr_pfns = pages,
		.pfns = (uintptr_t)pfns,
	};

	return command(bus, VMBSAVE_CREATE_GPADL, &arg);
}

/**
 * bus_teardown_gpadl() - the guest takes pages back
 * @bus: the bus
 * @channel: id of the channel
 * @gpadl: number of the GPADL
 *
 * Waits while the VSP has it mapped.
 *
 * Return: 0 or an errno.
 */
int bus_teardown_gpadl(struct bus *bus, u32 channel, u32 gpadl)
{
	struct vmbsave_gpadl_id arg = {
		.size = sizeof(arg), .channel = channel, .gpadl = gpadl,
	};

	return command(bus, VMBSAVE_TEARDOWN_GPADL, &arg);
}

/**
 * bus_open_channel() - the guest opens a channel
 * @bus: the bus, RUNNING
 * @how: as the guest says; its size need not be set
 * Return: 0 or an errno, which is the answer to the guest.
 */
int bus_open_channel(struct bus *bus, const struct vmbsave_open_channel *how)
{
	struct vmbsave_open_channel arg = *how;

	arg.size = sizeof(arg);
	return command(bus, VMBSAVE_OPEN_CHANNEL, &arg);
}

/**
 * bus_close_channel() - the guest closes a channel
 * @bus: the bus, RUNNING
 * @channel: its id
 * Return: 0 or an errno.
 */
int bus_close_channel(struct bus *bus, u32 channel)
{
	struct vmbsave_channel_id arg = { .size = sizeof(arg), .channel = channel };

	return command(bus, VMBSAVE_CLOSE_CHANNEL, &arg);
}

/**
 * bus_set_state() - change the state of the bus
 * @bus: the bus
 * @state: VMBSAVE_STATE_*
 * @data_fd: where the data fd goes, or NULL if there is none in that state
 * Return: 0 or an errno.
 */
int bus_set_state(struct bus *bus, u32 state, int *data_fd)
{
	struct vmbsave_set_state arg = {
		.size = sizeof(arg), .state = state, .timeout_ms = bus->timeout_ms, .data_fd = -1,
	};
	int err;

	err = command(bus, VMBSAVE_SET_STATE, &arg);
	if (!err && data_fd)
		*data_fd = arg.data_fd;
	return err;
}

/**
 * bus_reset() - leave any state for STOP, ERROR too
 * @bus: the bus
 * Return: 0 or an errno.
 */
int bus_reset(struct bus *bus)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	return command(bus, VMBSAVE_RESET, &arg);
}

/**
 * bus_info() - what is in flight
 * @bus: the bus
 * @info: filled
 * Return: 0 or an errno.
 */
int bus_info(struct bus *bus, struct vmbsave_info *info)
{
	*info = (struct vmbsave_info) { .size = sizeof(*info) };
	return command(bus, VMBSAVE_GET_INFO, info);
}

/**
 * bus_last_error() - what failed
 * @bus: the bus
 * @last: filled; all zero if nothing is known
 */
void bus_last_error(struct bus *bus, struct vmbsave_last_error *last)
{
	*last = (struct vmbsave_last_error) { .size = sizeof(*last) };
	if (command(bus, VMBSAVE_LAST_ERROR, last))
		last->error = 0;
	last->text[sizeof(last->text) - 1] = '\0';
}

/**
 * bus_why() - an error in words, with what the kernel says about it
 * @bus: the bus
 * @error: negative errno, of the last call on it or on a data fd
 * @text: where the words go
 * @size: bytes there
 */
void bus_why(struct bus *bus, int error, char *text, size_t size)
{
	char packet[40] = "", place[80] = "";
	struct vmbsave_last_error last;

	bus_last_error(bus, &last);
	/* It was not that call; what it was has nothing to say here. */
	if (last.flags & VMBSAVE_ERROR_REFUSED && (int)last.error != -error)
		last.error = 0;
	if (last.packet)
		snprintf(packet, sizeof(packet), ", packet %llu", (unsigned long long)last.packet);
	if (last.offset)
		snprintf(place, sizeof(place), "chunk %u, offset %llu%s: ", last.chunk,
			 (unsigned long long)last.offset, packet);
	if (last.error)
		snprintf(text, size, "%s%s (%s)", place, last.text,
			 strerrorname_np(last.error) ?: "?");
	else
		snprintf(text, size, "%s", strerror(-error));
}

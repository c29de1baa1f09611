// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VMM's side: /dev/vmbsave. Functions return 0 or a negative errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "log.h"
#include "options.h"
#include "owner.h"
#include "vm.h"
#include "vmm.h"
#include "vsp_echo.h"
#include "vsp_queue.h"

#define PACKETS_PARAMETER	"/sys/module/vsp_queue/parameters/packets"

static int command(struct vm *vm, unsigned long number, void *argument)
{
	return ioctl(vm->bus_fd, number, argument) < 0 ? -errno : 0;
}

static int event_fd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0)
		die("no eventfd: %s", strerror(errno));
	return fd;
}

/**
 * vmm_open() - open the bus
 * @vm: the machine, without RAM still
 */
void vmm_open(struct vm *vm)
{
	unsigned int i;

	vm->owner_fd = -1;
	vm->bus_fd = open(vm->options->device, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (vm->bus_fd < 0)
		die("cannot open %s: %s", vm->options->device, strerror(errno));

	for (i = 0; i < NR_CHANNELS; i++) {
		vm->channels[i].vm = vm;
		vm->channels[i].index = i;
		vm->channels[i].kick_fd = event_fd();
		vm->channels[i].call_fd = event_fd();
	}
}

static int offer(struct vm *vm, unsigned int index, u32 *id)
{
	const guid_t types[NR_CHANNELS] = {
		[CHANNEL_QUEUE] = VSP_QUEUE_TYPE,
		[CHANNEL_ECHO] = VSP_ECHO_TYPE,
	};
	struct vmbsave_offer_channel arg = { .size = sizeof(arg) };
	int err;

	memcpy(arg.type, &types[index], sizeof(arg.type));
	memcpy(arg.instance, "vmbguest", 8);
	arg.instance[15] = index + 1;
	err = command(vm, VMBSAVE_OFFER_CHANNEL, &arg);
	*id = arg.channel;
	return err;
}

/* Get a channel, its own or an owner's, and tell the bus how to signal. */
static int attach(struct vm *vm, unsigned int index)
{
	struct channel *channel = &vm->channels[index];
	struct vmbsave_eventfds fds = {
		.size = sizeof(fds), .kick_fd = channel->kick_fd, .call_fd = channel->call_fd,
	};
	int err;

	if (index == CHANNEL_QUEUE && vm->options->kmcl)
		err = owner_attach(vm, &channel->id);
	else
		err = offer(vm, index, &channel->id);
	if (err)
		return err;

	fds.channel = channel->id;
	return command(vm, VMBSAVE_SET_EVENTFDS, &fds);
}

/**
 * vmm_attach() - give the bus its RAM and its channels
 * @vm: the machine with its RAM
 *
 * Return: 0 or the errno of the first failure.
 */
int vmm_attach(struct vm *vm)
{
	struct vmbsave_memory_region arg = {
		.size = sizeof(arg), .bytes = vm->ram_bytes, .uaddr = (uintptr_t)vm->guest,
	};
	unsigned int i;
	int err;

	err = command(vm, VMBSAVE_SET_MEMORY_REGION, &arg);
	if (err)
		return err;

	for (i = 0; i < NR_CHANNELS; i++) {
		vm->channels[i].state = &vm->guest->channels[i];
		err = attach(vm, i);
		if (err)
			return err;
	}
	return 0;
}

/**
 * vmm_close() - close the bus for good
 * @vm: the machine
 */
void vmm_close(struct vm *vm)
{
	if (vm->bus_fd < 0)
		return;

	close(vm->bus_fd);
	vm->bus_fd = -1;
	owner_detach(vm);
}

/**
 * vmm_set_packets() - tell vsp_queue how much to send
 * @vm: the machine, its channels offered but not opened
 *
 * Return: 0 or an errno.
 */
int vmm_set_packets(struct vm *vm)
{
	u64 packets = vm->options->packets + vm->options->complete;
	int fd, len, err = 0;
	char text[24];

	if (!vm->options->packets)
		return 0;

	fd = open(vm->options->kmcl ? OWNER_PARAMETER : PACKETS_PARAMETER, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	len = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)packets);
	if (write(fd, text, len) != len)
		err = -errno;
	close(fd);
	return err;
}

static int create_gpadl(struct channel *channel)
{
	const struct guest_channel *state = channel->state;
	u32 pages = 2 + state->in_pages + state->out_pages;
	struct vmbsave_create_gpadl arg = {
		.size = sizeof(arg), .channel = channel->id, .gpadl = state->gpadl,
		.byte_count = pages * GUEST_PAGE, .nr_pfns = pages,
	};
	u64 *pfns = calloc(pages, sizeof(*pfns));
	u32 i;
	int err;

	if (!pfns)
		return -ENOMEM;

	for (i = 0; i < pages; i++)
		pfns[i] = state->first_page + i;
	arg.pfns = (uintptr_t)pfns;
	err = command(channel->vm, VMBSAVE_CREATE_GPADL, &arg);
	free(pfns);
	return err;
}

/**
 * vmm_channel_open() - the guest opens a channel
 * @channel: the channel
 * Return: 0 or an errno.
 */
int vmm_channel_open(struct channel *channel)
{
	struct vmbsave_open_channel arg = {
		.size = sizeof(arg), .channel = channel->id, .gpadl = channel->state->gpadl,
		.downstream_page = 1 + channel->state->in_pages,
	};
	int err;

	err = create_gpadl(channel);
	if (err)
		return err;

	memcpy(arg.user_data, "vmbguest", 8);
	return command(channel->vm, VMBSAVE_OPEN_CHANNEL, &arg);
}

/**
 * vmm_channel_close() - the guest closes a channel and takes its pages back
 * @channel: an open channel
 * Return: 0 or an errno.
 */
int vmm_channel_close(struct channel *channel)
{
	struct vmbsave_channel_id id = { .size = sizeof(id), .channel = channel->id };
	struct vmbsave_gpadl_id gpadl = {
		.size = sizeof(gpadl), .channel = channel->id, .gpadl = channel->state->gpadl,
	};
	int err;

	err = command(channel->vm, VMBSAVE_CLOSE_CHANNEL, &id);
	if (err)
		return err;

	return command(channel->vm, VMBSAVE_TEARDOWN_GPADL, &gpadl);
}

/**
 * vmm_kick() - the guest signals the host
 * @channel: the channel
 *
 * A machine that is being stopped drops the signal, as one does that is stopped
 * between the guest's write and the exit that carries it: whoever starts the
 * machine again looks into every ring.
 */
void vmm_kick(struct channel *channel)
{
	const u64 one = 1;

	if (__atomic_load_n(&channel->vm->stopping, __ATOMIC_ACQUIRE)) {
		channel->vm->kicks_dropped++;
		return;
	}
	if (write(channel->kick_fd, &one, sizeof(one)) != sizeof(one))
		die("cannot signal the host: %s", strerror(errno));
}

/**
 * vmm_set_state() - change the state of the bus
 * @vm: the machine
 * @state: VMBSAVE_STATE_*
 * @data_fd: where the data fd goes, or NULL if there is none in that state
 * Return: 0 or an errno.
 */
int vmm_set_state(struct vm *vm, u32 state, int *data_fd)
{
	struct vmbsave_set_state arg = {
		.size = sizeof(arg), .state = state, .data_fd = -1,
		.timeout_ms = vm->options->timeout * 1000,
	};
	int err;

	err = command(vm, VMBSAVE_SET_STATE, &arg);
	if (!err && data_fd)
		*data_fd = arg.data_fd;
	return err;
}

/**
 * vmm_info() - what is in flight
 * @vm: the machine
 * @info: filled
 * Return: 0 or an errno.
 */
int vmm_info(struct vm *vm, struct vmbsave_info *info)
{
	*info = (struct vmbsave_info) { .size = sizeof(*info) };
	return command(vm, VMBSAVE_GET_INFO, info);
}

/**
 * vmm_last_error() - what failed
 * @vm: the machine
 * @last: filled; all zero if nothing is known
 */
void vmm_last_error(struct vm *vm, struct vmbsave_last_error *last)
{
	*last = (struct vmbsave_last_error) { .size = sizeof(*last) };
	if (command(vm, VMBSAVE_LAST_ERROR, last))
		last->error = 0;
	last->text[sizeof(last->text) - 1] = '\0';
}

/**
 * vmm_reset() - leave any state for STOP
 * @vm: the machine
 * Return: 0 or an errno.
 */
int vmm_reset(struct vm *vm)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	return command(vm, VMBSAVE_RESET, &arg);
}

/**
 * vmm_why() - an error in words, with what the kernel says about it
 * @vm: the machine
 * @error: negative errno
 * @text: where the words go
 * @size: bytes there
 */
void vmm_why(struct vm *vm, int error, char *text, size_t size)
{
	struct vmbsave_last_error last;

	char packet[40] = "", place[80] = "";

	vmm_last_error(vm, &last);
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

/**
 * vmm_event() - the bus has something to say: nothing good
 * @vm: the machine
 */
void vmm_event(struct vm *vm)
{
	struct vmbsave_event event;

	if (read(vm->bus_fd, &event, sizeof(event)) != sizeof(event))
		return;

	die("channel %u %s: %s", event.channel,
	    event.type == VMBSAVE_EVENT_RESCINDED ? "was rescinded" : "failed",
	    strerror(event.error));
}

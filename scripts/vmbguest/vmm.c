// SPDX-License-Identifier: GPL-2.0-only
/*
 * The machine that this VMM makes of the parts: which channels it has, and how
 * it stops and runs. Functions return 0 or a negative errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "log.h"
#include "options.h"
#include "owner.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm.h"
#include "vsp_echo.h"
#include "vsp_queue.h"

#define PACKETS_PARAMETER	"/sys/module/vsp_queue/parameters/packets"

/**
 * vmm_open() - open the bus
 * @vm: the machine, without RAM still
 */
void vmm_open(struct vm *vm)
{
	unsigned int i;
	int err;

	vm->owner_fd = -1;
	vm->bus.timeout_ms = vm->options->timeout * 1000;
	err = bus_open(&vm->bus, vm->options->device);
	if (err)
		die("cannot open %s: %s", vm->options->device, strerror(-err));

	for (i = 0; i < NR_CHANNELS; i++) {
		vm->channels[i].vm = vm;
		vm->channels[i].index = i;
		err = signals_make(&vm->channels[i].signals);
		if (err)
			die("no eventfd: %s", strerror(-err));
	}
}

/**
 * vmm_make_ram() - give the machine RAM that is all zero
 * @vm: the machine
 * @bytes: how much, a multiple of 4096
 * Return: 0 or an errno.
 */
int vmm_make_ram(struct vm *vm, u64 bytes)
{
	int err = memory_create(&vm->ram, bytes);

	if (!err)
		vm->guest = (struct guest *)vm->ram.at;
	return err;
}

static int offer(struct vm *vm, unsigned int index, u32 *id)
{
	const guid_t types[NR_CHANNELS] = {
		[CHANNEL_QUEUE] = VSP_QUEUE_TYPE,
		[CHANNEL_ECHO] = VSP_ECHO_TYPE,
	};
	u8 instance[16] = "vmbguest";

	instance[15] = index + 1;
	return bus_offer(&vm->bus, (const u8 *)&types[index], instance, id);
}

/* Get a channel, its own or an owner's, and tell the bus how to signal. */
static int attach(struct vm *vm, unsigned int index)
{
	struct channel *channel = &vm->channels[index];
	int err;

	if (index == CHANNEL_QUEUE && vm->options->kmcl)
		err = owner_attach(vm, &channel->id);
	else
		err = offer(vm, index, &channel->id);
	return err ?: signals_connect(&channel->signals, &vm->bus, channel->id);
}

/**
 * vmm_attach() - give the bus its RAM and its channels
 * @vm: the machine with its RAM
 *
 * Return: 0 or the errno of the first failure.
 */
int vmm_attach(struct vm *vm)
{
	unsigned int i;
	int err;

	err = bus_set_memory(&vm->bus, 0, vm->ram.bytes, vm->ram.at);
	for (i = 0; !err && i < NR_CHANNELS; i++) {
		vm->channels[i].state = &vm->guest->channels[i];
		err = attach(vm, i);
	}
	return err;
}

/**
 * vmm_close() - close the bus for good
 * @vm: the machine
 */
void vmm_close(struct vm *vm)
{
	bus_close(&vm->bus);
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
	u64 *pfns = calloc(pages, sizeof(*pfns));
	u32 i;
	int err;

	if (!pfns)
		return -ENOMEM;

	for (i = 0; i < pages; i++)
		pfns[i] = state->first_page + i;
	err = bus_create_gpadl(&channel->vm->bus, channel->id, state->gpadl, pfns, pages);
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
	struct vmbsave_open_channel how = {
		.channel = channel->id, .gpadl = channel->state->gpadl,
		.downstream_page = 1 + channel->state->in_pages, .user_data = "vmbguest",
	};

	return create_gpadl(channel) ?: bus_open_channel(&channel->vm->bus, &how);
}

/**
 * vmm_channel_close() - the guest closes a channel and takes its pages back
 * @channel: an open channel
 * Return: 0 or an errno.
 */
int vmm_channel_close(struct channel *channel)
{
	struct bus *bus = &channel->vm->bus;

	return bus_close_channel(bus, channel->id) ?:
	       bus_teardown_gpadl(bus, channel->id, channel->state->gpadl);
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
	int err;

	if (__atomic_load_n(&channel->vm->stopping, __ATOMIC_ACQUIRE)) {
		channel->vm->kicks_dropped++;
		return;
	}
	err = signals_kick(&channel->signals);
	if (err)
		die("cannot signal the host: %s", strerror(-err));
}

/**
 * vmm_event() - the bus has something to say: nothing good
 * @vm: the machine
 */
void vmm_event(struct vm *vm)
{
	struct vmbsave_event event;

	if (!event_read(&vm->bus, &event))
		die("channel %u %s: %s", event.channel, event_name(event.type),
		    strerror(event.error));
}

/* The bus never stopped, so nobody is going to look into the rings. */
static void carry_on(struct vm *vm)
{
	unsigned int i;

	__atomic_store_n(&vm->stopping, false, __ATOMIC_RELEASE);
	for (i = 0; i < NR_CHANNELS; i++)
		vmm_kick(&vm->channels[i]);
	vcpu_start(vm);
	vcpu_tell(vm, VCPU_CONTINUE);
}

/**
 * vmm_stop() - stop the virtual processor, then the bus
 * @vm: the machine; nothing happens if it is stopped
 * @why: on failure, says why; the machine runs on then
 * @size: bytes there
 * Return: 0 or an errno.
 */
int vmm_stop(struct vm *vm, char *why, size_t size)
{
	int err;

	if (vm->state == VM_STOPPED)
		return 0;

	__atomic_store_n(&vm->stopping, true, __ATOMIC_RELEASE);
	vcpu_tell(vm, VCPU_LAST_WORDS);
	vcpu_stop(vm);

	err = bus_set_state(&vm->bus, VMBSAVE_STATE_STOP, NULL);
	if (err) {
		bus_why(&vm->bus, err, why, size);
		carry_on(vm);
		return err;
	}
	__atomic_store_n(&vm->state, VM_STOPPED, __ATOMIC_RELEASE);
	return 0;
}

/**
 * vmm_run() - run, for the first time or where it stopped
 * @vm: a stopped machine, a save of which is abandoned
 */
void vmm_run(struct vm *vm)
{
	int err = bus_set_state(&vm->bus, VMBSAVE_STATE_RUNNING, NULL);
	char why[256];

	if (err) {
		bus_why(&vm->bus, err, why, sizeof(why));
		die("cannot go to RUNNING: %s", why);
	}

	__atomic_store_n(&vm->stopping, false, __ATOMIC_RELEASE);
	__atomic_store_n(&vm->state, VM_RUNNING, __ATOMIC_RELEASE);
	vcpu_start(vm);
	vcpu_tell(vm, VCPU_CONTINUE);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The virtual processor: a thread that sleeps until it is interrupted. It is
 * stopped between two events, when all that it knows is in guest RAM.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "channel.h"
#include "log.h"
#include "vcpu.h"
#include "vm.h"
#include "workload.h"

/* False if it was told to stop. */
static bool obey(struct vm *vm)
{
	char command;

	if (read(vm->command[0], &command, 1) != 1)
		die("the virtual processor lost its VMM: %s", strerror(errno));

	switch (command) {
	case VCPU_BEGIN:
		workload_begin(vm);
		return true;
	case VCPU_LAST_WORDS:
		workload_last_words(vm);
		return true;
	case VCPU_CONTINUE:
		workload_continue(vm);
		return true;
	case VCPU_UNPARK:
		workload_unpark(vm);
		return true;
	default:
		return false;
	}
}

static void take_interrupt(struct channel *channel)
{
	if (signals_called(&channel->signals))
		workload_interrupt(channel);
}

static void *vcpu_run(void *argument)
{
	struct vm *vm = argument;
	struct pollfd fds[1 + NR_CHANNELS];
	unsigned int i;

	for (;;) {
		fds[0] = (struct pollfd) { .fd = vm->command[0], .events = POLLIN };
		for (i = 0; i < NR_CHANNELS; i++) {
			fds[1 + i].fd = workload_listens(&vm->channels[i]) ?
					vm->channels[i].signals.call_fd : -1;
			fds[1 + i].events = POLLIN;
			fds[1 + i].revents = 0;
		}
		if (poll(fds, 1 + NR_CHANNELS, -1) < 0 && errno != EINTR)
			die("the virtual processor cannot sleep: %s", strerror(errno));

		if (fds[0].revents) {
			if (!obey(vm))
				return NULL;
			continue;
		}
		for (i = 0; i < NR_CHANNELS; i++)
			if (fds[1 + i].revents && workload_listens(&vm->channels[i]))
				take_interrupt(&vm->channels[i]);
	}
}

/**
 * vcpu_init() - make what it is told by and tells by
 * @vm: the machine
 */
void vcpu_init(struct vm *vm)
{
	vm->notify_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (vm->notify_fd < 0 || pipe2(vm->command, O_CLOEXEC))
		die("cannot make the virtual processor: %s", strerror(errno));
}

/**
 * vcpu_start() - run it
 * @vm: the machine, its bus in RUNNING
 */
void vcpu_start(struct vm *vm)
{
	int err;

	workload_attach(vm);
	err = pthread_create(&vm->vcpu, NULL, vcpu_run, vm);
	if (err)
		die("cannot start the virtual processor: %s", strerror(err));
}

/**
 * vcpu_tell() - make it do something
 * @vm: the machine
 * @command: enum vcpu_command
 */
void vcpu_tell(struct vm *vm, enum vcpu_command command)
{
	char byte = command;

	if (write(vm->command[1], &byte, 1) != 1)
		die("cannot reach the virtual processor: %s", strerror(errno));
}

/**
 * vcpu_stop() - stop it between two events
 * @vm: the machine; it does all that it was told before
 */
void vcpu_stop(struct vm *vm)
{
	vcpu_tell(vm, VCPU_STOP);
	pthread_join(vm->vcpu, NULL);
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbguest: the smallest honest guest
 *
 * One process is a virtual machine monitor (vmm.c, migrate_*.c) and its guest
 * (vcpu.c, workload.c, channel.c). The guest knows nothing but its RAM (guest.h)
 * and the interrupts it is given; the VMM knows nothing of what the guest does
 * but that it has parked or is done, apart from what it counts for people.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "ledger.h"
#include "log.h"
#include "migrate.h"
#include "options.h"
#include "ram.h"
#include "vcpu.h"
#include "verify.h"
#include "vm.h"
#include "vmm.h"
#include "workload.h"

/* How long completion routines may still run once the guest has all its answers */
#define IDLE_MS	5000

static struct options options;
static struct vm vm;

/* The end of all patience: says what is missing. */
static void *watch(void *unused)
{
	char missing[256] = "no guest yet";
	u64 end = options.deadline * 1000;
	u64 now;

	(void)unused;
	while ((now = log_now_ms()) < end)
		poll(NULL, 0, end - now);

	if (vm.guest && vm.channels[0].state) {
		workload_missing(&vm, missing, sizeof(missing));
		/* So that --verify can say which packets these are. */
		ledger_close(&vm, options.ledger);
	}
	leave(LEAVE_FAILED, "deadline", "%llu seconds are over: %s",
	      (unsigned long long)options.deadline, missing);
}

/* Waits until the guest has something to say. */
static void wait_for_guest(void)
{
	struct pollfd fds[2] = {
		{ .fd = vm.notify_fd, .events = POLLIN },
		{ .fd = vm.bus_fd, .events = POLLIN },
	};
	u64 count;

	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("cannot wait: %s", strerror(errno));
		if (fds[1].revents)
			vmm_event(&vm);
		if (fds[0].revents && read(vm.notify_fd, &count, sizeof(count)) == sizeof(count))
			return;
	}
}

static void boot(void)
{
	char why[256];
	int err;

	vm.ram_bytes = options.ram_mib << 20;
	vm.guest = ram_create(vm.ram_bytes);
	guest_boot(vm.guest, &options, vm.ram_bytes);
	err = vmm_attach(&vm);
	if (!err)
		err = vmm_set_state(&vm, VMBSAVE_STATE_RUNNING, NULL);
	if (err) {
		vmm_why(&vm, err, why, sizeof(why));
		die("the machine does not start: %s", why);
	}

	err = vmm_set_packets(&vm);
	if (err)
		say("vsp_queue's parameter is as it was: %s", strerror(-err));
	say("running on this machine");
	vcpu_start(&vm);
	vcpu_tell(&vm, VCPU_BEGIN);
}

static void run_to_parking(void)
{
	const struct guest *guest = vm.guest;

	wait_for_guest();
	say("%llu of %llu packets read, %llu completed", (unsigned long long)guest->log_used,
	    (unsigned long long)guest->total, (unsigned long long)guest->completed);
	if (guest->total < guest->completed + options.packets)
		die("vsp_queue sends %llu packets, too few to have %llu in flight",
		    (unsigned long long)guest->total, (unsigned long long)options.packets);

	if (options.to)
		migrate_out(&vm);
	else if (options.snapshot)
		migrate_snapshot(&vm);
	else
		vcpu_tell(&vm, VCPU_CONTINUE);
}

/* The kernel must have nothing left either. */
static u64 left_in_flight(void)
{
	u64 end = log_now_ms() + IDLE_MS;
	struct vmbsave_info info;
	int err;

	for (;;) {
		err = vmm_info(&vm, &info);
		if (err)
			die("no information on the bus: %s", strerror(-err));
		if (!info.nr_packets && !info.nr_held && !info.nr_completions)
			return 0;
		if (log_now_ms() >= end)
			return info.nr_packets + info.nr_held + info.nr_completions;
		poll(NULL, 0, 10);
	}
}

static void __noreturn run_to_end(void)
{
	unsigned int i;
	bool right;
	u64 left;
	int err;

	wait_for_guest();
	vcpu_stop(&vm);
	left = left_in_flight();
	note_number("left_in_flight", left);
	right = ledger_close(&vm, options.ledger);

	for (i = 0; i < NR_CHANNELS; i++) {
		err = vmm_channel_close(&vm.channels[i]);
		if (err)
			die("cannot close channel %u: %s", i, strerror(-err));
	}
	vmm_close(&vm);
	if (left || !right)
		leave(LEAVE_FAILED, "wrong", "the workload came out wrong");
	leave(LEAVE_OK, "finished", "each packet was read and completed once, in order");
}

int main(int argc, char **argv)
{
	pthread_t watcher;

	options_parse(&options, argc, argv);
	if (options.verify[0])
		return verify(options.verify[0], options.verify[1], options.verify[2]);

	log_open(options.summary);
	note("role", options.incoming ? "destination" : "source");
	vm.options = &options;
	if (pthread_create(&watcher, NULL, watch, NULL))
		die("cannot start the watch");

	vmm_open(&vm);
	vcpu_init(&vm);
	if (options.incoming) {
		migrate_in(&vm);
	} else {
		boot();
		run_to_parking();
	}
	run_to_end();
}

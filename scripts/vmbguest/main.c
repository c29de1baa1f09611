// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbguest: the smallest honest guest
 *
 * One process is a virtual machine monitor and its guest. The parts that any
 * VMM needs are attach.c, memory.c, events.c, rings.c and migrate.c; they know
 * nothing of this guest, and Documentation/userspace-api/vmm-howto.rst goes
 * through what they do. This VMM is vmm.c, source.c, destination.c, keep.c and
 * control.c, its guest vcpu.c, workload.c and channel.c. The guest knows nothing
 * but its RAM (guest.h) and the interrupts it is given; the VMM knows nothing of
 * what the guest does but that it has parked or is done, apart from what it
 * counts for people.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "control.h"
#include "ledger.h"
#include "log.h"
#include "move.h"
#include "options.h"
#include "orders.h"
#include "vcpu.h"
#include "verify.h"
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

/* Waits for the guest or an operator; true if it is the operator. */
static bool wait_for_news(void)
{
	struct pollfd fds[3] = {
		{ .fd = vm.notify_fd, .events = POLLIN },
		{ .fd = vm.bus.fd, .events = POLLIN },
		{ .fd = control_fd(), .events = POLLIN },
	};
	u64 count;

	for (;;) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			die("cannot wait: %s", strerror(errno));
		if (fds[1].revents)
			vmm_event(&vm);
		if (fds[0].revents && read(vm.notify_fd, &count, sizeof(count)) == sizeof(count))
			return false;
		if (fds[2].revents)
			return true;
	}
}

static void boot(void)
{
	u64 ram_bytes = options.ram_mib << 20;
	char why[256];
	int err;

	err = vmm_make_ram(&vm, ram_bytes);
	if (err)
		die("no memory for guest RAM: %s", strerror(-err));
	guest_boot(vm.guest, &options, ram_bytes);
	err = vmm_attach(&vm);
	if (!err)
		err = bus_set_state(&vm.bus, VMBSAVE_STATE_RUNNING, NULL);
	if (err) {
		bus_why(&vm.bus, err, why, sizeof(why));
		die("the machine does not start: %s", why);
	}

	err = vmm_set_packets(&vm);
	if (err)
		say("vsp_queue's parameter is as it was: %s", strerror(-err));
	say("running on this machine");
	vcpu_start(&vm);
	vcpu_tell(&vm, VCPU_BEGIN);
	__atomic_store_n(&vm.state, VM_RUNNING, __ATOMIC_RELEASE);
}

/* What it was told to do in the middle, when the guest has parked. */
static void in_the_middle(void)
{
	const struct guest *guest = vm.guest;
	char why[256] = "";
	int err;

	say("%llu of %llu packets read, %llu completed", (unsigned long long)guest->log_used,
	    (unsigned long long)guest->total, (unsigned long long)guest->completed);
	if (!options.incoming.kind && guest->total < guest->completed + options.packets)
		die("vsp_queue sends %llu packets, too few to have %llu in flight",
		    (unsigned long long)guest->total, (unsigned long long)options.packets);

	if (options.to.kind == PLACE_FILE) {
		err = keep_save(&vm, options.to.path, why, sizeof(why));
		if (!err)
			leave(LEAVE_OK, "saved", "the machine is in %s", options.to.path);
		say("not saved: %s", why);
	} else if (options.to.kind) {
		move_out(&vm, &options.to, why, sizeof(why));
	} else if (options.snapshot) {
		err = keep_snapshot(&vm, options.snapshot, why, sizeof(why));
		note("snapshot", err ? "failed" : "saved");
		if (err)
			say("no snapshot: %s", why);
	} else if (options.control && !options.incoming.kind) {
		say("waits for orders");
		return;
	}
	vcpu_tell(&vm, VCPU_UNPARK);
}

/* Returns when the guest is done. */
static void run(void)
{
	static struct order order;

	for (;;) {
		if (wait_for_news()) {
			control_take(&order);
			orders_serve(&vm, &order);
		} else if (vm.state == VM_RUNNING && vm.guest->phase == GUEST_PARKED) {
			in_the_middle();
		}
		if (vm.state == VM_RUNNING && vm.guest->phase == GUEST_DONE)
			return;
	}
}

/* The kernel must have nothing left either. */
static u64 left_in_flight(void)
{
	u64 end = log_now_ms() + IDLE_MS;
	struct vmbsave_info info;
	char why[256];
	int err;

	for (;;) {
		err = bus_info(&vm.bus, &info);
		if (err) {
			bus_why(&vm.bus, err, why, sizeof(why));
			die("no information on the bus: %s", why);
		}
		if (!info.nr_packets && !info.nr_held && !info.nr_completions)
			return 0;
		if (log_now_ms() >= end)
			return info.nr_packets + info.nr_held + info.nr_completions;
		poll(NULL, 0, 10);
	}
}

static void __noreturn finish(void)
{
	char why[256];
	unsigned int i;
	bool right;
	u64 left;
	int err;

	vcpu_stop(&vm);
	left = left_in_flight();
	note_number("left_in_flight", left);
	right = ledger_close(&vm, options.ledger);

	for (i = 0; i < NR_CHANNELS; i++) {
		err = vmm_channel_close(&vm.channels[i]);
		if (err) {
			bus_why(&vm.bus, err, why, sizeof(why));
			die("cannot close channel %u: %s", i, why);
		}
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

	if (options.ctl)
		return control_call(options.ctl, options.order);

	log_open(options.summary);
	note("role", options.incoming.kind ? "destination" : "source");
	vm.options = &options;
	if (pthread_create(&watcher, NULL, watch, NULL))
		die("cannot start the watch");

	vmm_open(&vm);
	vcpu_init(&vm);
	if (options.control)
		control_open(&vm, options.control);
	if (options.incoming.kind) {
		move_in(&vm);
		vcpu_tell(&vm, VCPU_UNPARK);
	} else {
		boot();
	}
	run();
	finish();
}

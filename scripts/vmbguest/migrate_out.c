// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The source of a migration, and the snapshot
 *
 *  1. Connects. If it cannot, nothing has happened.
 *  2. Stops: the guest's last words, the virtual processor, the bus.
 *  3. Sends state and RAM.
 *  4. Hears READY, or REFUSED and why.
 *  5. Decides: sends GO, closes the bus for good.
 *  6. Hears that it runs there.
 *
 * Up to 4 any failure, a refusal or a connection that breaks included, sets the
 * bus to RUNNING and the machine carries on here. From 5 on it never runs here
 * again, whatever happens: at worst nobody runs, never two.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "channel.h"
#include "link.h"
#include "log.h"
#include "migrate.h"
#include "options.h"
#include "ram_stream.h"
#include "state_stream.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm.h"

/* How long to let the host fill the rings before the stop */
#define SETTLE_MS	5000

/**
 * migrate_point() - if that is asked for, die here, cut the links, or stay
 * @vm: the machine
 * @links: to the other machine
 * @point: its name
 */
void migrate_point(struct vm *vm, struct links *links, const char *point)
{
	if (vm->options->die && !strcmp(vm->options->die, point)) {
		say("killed at %s", point);
		kill(getpid(), SIGKILL);
	}
	if (vm->options->cut && !strcmp(vm->options->cut, point)) {
		say("links cut at %s", point);
		links_cut(links);
	}
	if (vm->options->stay && !strcmp(vm->options->stay, point)) {
		say("stays at %s", point);
		kill(getpid(), SIGSTOP);
	}
}

/* The VMM picks its moment: when there is most to migrate. */
static void settle(struct vm *vm)
{
	u64 end = log_now_ms() + SETTLE_MS;
	unsigned int i, waits;

	do {
		for (i = 0, waits = 0; i < NR_CHANNELS; i++)
			waits += channel_host_waits(&vm->channels[i]);
		if (waits == NR_CHANNELS)
			return;
		poll(NULL, 0, 1);
	} while (log_now_ms() < end);

	say("not all rings are full");
}

/* What is in flight, and in which condition. */
static void note_conditions(struct vm *vm, const struct vmbsave_info *info)
{
	struct channel_unread queue, echo;
	u64 held = vm->guest->log_used - vm->guest->completed;
	u64 known, queued;

	channel_count_unread(&vm->channels[CHANNEL_QUEUE], &queue);
	channel_count_unread(&vm->channels[CHANNEL_ECHO], &echo);
	known = queue.packets + queue.completions + held;
	queued = info->nr_packets > known ? info->nr_packets - known : 0;

	note_number("in_flight", info->nr_packets);
	note_number("in_flight_queued", queued);
	note_number("in_flight_unread", queue.packets);
	note_number("in_flight_read", held);
	note_number("in_flight_answered", queue.completions);
	note_number("completions_waiting", info->nr_completions);
	note_number("completions_unread", queue.answers + echo.answers);
	note_number("requests_unread", queue.requests + echo.requests);
	note_number("kicks_dropped", vm->kicks_dropped);
	say("stopped with %llu packets in flight: %llu queued, %llu unread, %llu read",
	    (unsigned long long)info->nr_packets, (unsigned long long)queued,
	    (unsigned long long)queue.packets, (unsigned long long)held);
	say("and %llu completions that wait for room, %llu unread, %llu requests unread",
	    (unsigned long long)info->nr_completions,
	    (unsigned long long)(queue.answers + echo.answers),
	    (unsigned long long)(queue.requests + echo.requests));
}

/* The bus never stopped, so nobody is going to look into the rings. */
static void make_up(struct vm *vm)
{
	unsigned int i;

	__atomic_store_n(&vm->stopping, false, __ATOMIC_RELEASE);
	for (i = 0; i < NR_CHANNELS; i++)
		vmm_kick(&vm->channels[i]);
}

static int stop(struct vm *vm, char *why, size_t size)
{
	struct vmbsave_info info;
	int err;

	__atomic_store_n(&vm->stopping, true, __ATOMIC_RELEASE);
	vcpu_tell(vm, VCPU_LAST_WORDS);
	vcpu_stop(vm);

	err = vmm_set_state(vm, VMBSAVE_STATE_STOP, NULL);
	if (err)
		make_up(vm);
	else
		err = vmm_info(vm, &info);
	if (err) {
		vmm_why(vm, err, why, size);
		return err;
	}
	note_conditions(vm, &info);
	return 0;
}

/* Carries on here; cannot fail, or nothing can. */
static void go_on(struct vm *vm)
{
	int err = vmm_set_state(vm, VMBSAVE_STATE_RUNNING, NULL);

	if (err)
		die("cannot go back to RUNNING: %s", strerror(-err));

	say("running again on this machine");
	__atomic_store_n(&vm->stopping, false, __ATOMIC_RELEASE);
	vcpu_start(vm);
	vcpu_tell(vm, VCPU_CONTINUE);
}

static int send_state(struct vm *vm, struct links *links, char *why, size_t size)
{
	int data_fd, err;

	err = vmm_set_state(vm, VMBSAVE_STATE_STOP_COPY, &data_fd);
	if (err) {
		vmm_why(vm, err, why, size);
		return err;
	}

	err = state_to_link(vm, data_fd, links);
	if (err == -ECONNREFUSED && links->text[0])
		snprintf(why, size, "%s", links->text);
	else if (err)
		vmm_why(vm, err, why, size);
	close(data_fd);
	return err;
}

/* Everything before GO. 0 if the other machine is ready. */
static int offer_machine(struct vm *vm, struct links *links, char *why, size_t size)
{
	int err;

	err = send_state(vm, links, why, size);
	if (err)
		return err;

	err = ram_to_link(vm, links);
	if (err) {
		snprintf(why, size, "%s",
			 err == -ECONNREFUSED && links->text[0] ? links->text : strerror(-err));
		return err;
	}

	say("state and RAM are sent");
	migrate_point(vm, links, "source-before-ready");
	err = link_hear(links, links->timeout_ms);
	if (err == LINK_READY)
		return 0;

	snprintf(why, size, "%s", err == LINK_REFUSED ? links->text :
		 err < 0 ? strerror(-err) : "nonsense on the hand-over connection");
	return err == LINK_REFUSED ? -ECONNREFUSED : err < 0 ? err : -EPROTO;
}

/* Returns only if the link is seen to be dead before GO. */
static int hand_over(struct vm *vm, struct links *links)
{
	int err;

	migrate_point(vm, links, "source-before-go");
	if (!link_alive(links))
		return -ECONNRESET;

	/* The decision: whatever becomes of GO, this machine is over. */
	err = link_tell(links, LINK_GO, NULL);
	migrate_point(vm, links, "source-after-go");
	vmm_close(vm);
	say("closed for good on this machine");
	if (!err) {
		err = link_hear(links, links->timeout_ms);
		if (err == LINK_RUNNING)
			leave(LEAVE_OK, "handed_over", "the other machine runs");
	}
	leave(LEAVE_UNCONFIRMED, "unconfirmed", "GO was sent, and nobody said that it runs: %s",
	      err < 0 ? strerror(-err) : "nonsense on the hand-over connection");
}

/**
 * migrate_out() - migrate to the other machine
 * @vm: a running machine whose guest has parked
 *
 * Returns only if the machine carries on here.
 * Return: false if the migration was not even begun.
 */
bool migrate_out(struct vm *vm)
{
	char why[LINK_TEXT_MAX] = "";
	struct links links;
	int err;

	settle(vm);
	err = links_connect(&links, vm->options, vm->ram_bytes);
	if (err) {
		links_cut(&links);
		note("handover", "failed");
		note("refusal", "cannot connect: %s", strerror(-err));
		say("cannot connect: %s", strerror(-err));
		vcpu_tell(vm, VCPU_CONTINUE);
		return false;
	}

	migrate_point(vm, &links, "source-before-stop");
	err = stop(vm, why, sizeof(why));
	if (!err)
		migrate_point(vm, &links, "source-stopped");
	if (!err)
		err = offer_machine(vm, &links, why, sizeof(why));
	if (!err) {
		err = hand_over(vm, &links);
		snprintf(why, sizeof(why), "the link broke before GO");
	}

	links_cut(&links);
	note("handover", err == -ECONNREFUSED ? "refused" : "failed");
	note("refusal", "%s", why);
	say("%s: %s", err == -ECONNREFUSED ? "the other machine refused" : "not migrated", why);
	go_on(vm);
	return true;
}

/**
 * migrate_snapshot() - save the state to a file and carry on
 * @vm: a running machine whose guest has parked
 */
void migrate_snapshot(struct vm *vm)
{
	char why[LINK_TEXT_MAX] = "";
	int data_fd, err;

	settle(vm);
	err = stop(vm, why, sizeof(why));
	if (err)
		die("cannot stop: %s", why);

	err = vmm_set_state(vm, VMBSAVE_STATE_STOP_COPY, &data_fd);
	if (!err) {
		err = state_to_file(vm, data_fd, vm->options->snapshot);
		if (err)
			vmm_why(vm, err, why, sizeof(why));
		close(data_fd);
	}
	note("snapshot", err ? "failed" : "saved");
	if (err)
		say("no snapshot: %s", why[0] ? why : strerror(-err));
	go_on(vm);
}

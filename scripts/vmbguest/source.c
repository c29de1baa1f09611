// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The source of a migration
 *
 *  1. Connects. If it cannot, nothing has happened.
 *  2. Stops: the guest's last words, the virtual processor, the bus.
 *  3. Sends state and RAM.
 *  4. Hears READY, or REFUSED and why.
 *  5. Decides: sends GO, closes the bus for good.
 *  6. Hears that it runs there.
 *
 * Up to 4 any failure, a refusal or a connection that breaks included, leaves
 * the machine here as it was: it runs on, or is stopped if it had been. From 5
 * on it never runs here again, whatever happens: at worst nobody runs, never
 * two.
 *
 * RAM goes in one pass after STOP, so that no page can be missed: not those that
 * the guest wrote last, and not those that the host wrote, see
 * VMBSAVE_GET_GPADL_PAGES.
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
#include "move.h"
#include "options.h"
#include "ram_stream.h"
#include "state_stream.h"
#include "vmm.h"

/* How long to let the host fill the rings before the stop */
#define SETTLE_MS	5000

/**
 * move_point() - if that is asked for, die here, cut the links, or stay
 * @vm: the machine
 * @links: to the other machine
 * @point: its name
 */
void move_point(struct vm *vm, struct links *links, const char *point)
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

/**
 * move_settle() - pick the moment when there is most to migrate
 * @vm: a running machine; nothing happens if its guest has not parked
 */
void move_settle(struct vm *vm)
{
	u64 end = log_now_ms() + SETTLE_MS;
	unsigned int i, waits;

	if (vm->state != VM_RUNNING || vm->guest->phase != GUEST_PARKED)
		return;
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

/**
 * move_stop() - stop the machine, and say with what in flight
 * @vm: the machine; nothing happens if it is stopped
 * @why: on failure, says why; the machine runs on then
 * @size: bytes there
 * Return: 0 or an errno.
 */
int move_stop(struct vm *vm, char *why, size_t size)
{
	struct vmbsave_info info;
	int err;

	if (vm->state == VM_STOPPED)
		return 0;

	err = vmm_stop(vm, why, size);
	if (err)
		return err;

	err = bus_info(&vm->bus, &info);
	if (err)
		die("no information on the bus: %s", strerror(-err));
	note_conditions(vm, &info);
	return 0;
}

static int send_state(struct vm *vm, struct links *links, char *why, size_t size)
{
	bool link_failed;
	int err = state_to_link(vm, links, &link_failed);

	if (err == -ECONNREFUSED && links->text[0])
		snprintf(why, size, "%s", links->text);
	else if (err)
		bus_why(&vm->bus, err, why, size);
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
	move_point(vm, links, "source-before-ready");
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

	move_point(vm, links, "source-before-go");
	if (!link_alive(links))
		return -ECONNRESET;

	/* The decision: whatever becomes of GO, this machine is over. */
	err = link_tell(links, LINK_GO, NULL);
	move_point(vm, links, "source-after-go");
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
 * move_back() - leave the machine as it was before
 * @vm: the machine, a save of which is abandoned
 * @before: what it was doing
 */
void move_back(struct vm *vm, enum vm_state before)
{
	int err;

	if (vm->state != VM_STOPPED)
		return;

	if (before == VM_RUNNING) {
		vmm_run(vm);
		say("running again on this machine");
		return;
	}
	err = bus_set_state(&vm->bus, VMBSAVE_STATE_STOP, NULL);
	if (err)
		die("cannot go back to STOP: %s", strerror(-err));
}

static int move(struct vm *vm, struct links *links, char *why, size_t size)
{
	int err;

	move_point(vm, links, "source-before-stop");
	err = move_stop(vm, why, size);
	if (err)
		return err;

	move_point(vm, links, "source-stopped");
	err = offer_machine(vm, links, why, size);
	if (err)
		return err;

	err = hand_over(vm, links);
	snprintf(why, size, "the link broke before GO");
	return err;
}

/**
 * move_out() - migrate to the other machine
 * @vm: a machine, running or stopped
 * @place: where the other one waits
 * @why: says why it is here still
 * @size: bytes there
 *
 * Does not return if the machine was handed over.
 *
 * Return: an errno: the machine is as it was.
 */
int move_out(struct vm *vm, const struct place *place, char *why, size_t size)
{
	enum vm_state before = vm->state;
	struct links links;
	int err;

	move_settle(vm);
	err = links_connect(&links, place, vm->ram.bytes, vm->options->timeout * 1000);
	if (err)
		snprintf(why, size, "cannot connect: %s", strerror(-err));
	else
		err = move(vm, &links, why, size);

	links_cut(&links);
	note("handover", err == -ECONNREFUSED && links.text[0] ? "refused" : "failed");
	note("refusal", "%s", why);
	say("%s: %s", err == -ECONNREFUSED && links.text[0] ? "the other machine refused" :
	    "not migrated", why);
	move_back(vm, before);
	return err;
}

// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The destination of a migration
 *
 *  1. Waits for the three connections, makes RAM of the size they say, attaches
 *     the bus: memory, channels, eventfds.
 *  2. Takes the state (RESUMING) and RAM.
 *  3. Commits (STOP): all of it, or nothing and why.
 *  4. Says READY, or REFUSED with chunk, offset and reason.
 *  5. Waits for GO. Without GO it closes the bus: it has never run.
 *  6. Runs, and says so.
 *
 * From a file it is the same without 4 and 5: whoever saved the machine has seen
 * to it that it runs nowhere else.
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "link.h"
#include "log.h"
#include "migrate.h"
#include "move.h"
#include "options.h"
#include "ram_stream.h"
#include "state_stream.h"
#include "vmm.h"

#define RAM_BYTES_MIN	(8ULL << 20)
#define RAM_BYTES_MAX	(64ULL << 30)

/* @links: to whoever has to hear it, or NULL */
static void __noreturn refuse(struct vm *vm, struct links *links, const char *why)
{
	struct vmbsave_last_error last = { };

	if (vm->bus.fd >= 0)
		bus_last_error(&vm->bus, &last);
	note_number("refused_chunk", last.chunk);
	note_number("refused_offset", last.offset);
	note("refused_errno", "%s", last.error ? strerrorname_np(last.error) ?: "?" : "none");
	if (links)
		link_tell(links, LINK_REFUSED, why);
	vmm_close(vm);
	if (links)
		links_cut(links);
	leave(LEAVE_REFUSED, "refused", "%s", why);
}

static void __noreturn refuse_error(struct vm *vm, struct links *links, int err)
{
	char why[LINK_TEXT_MAX];

	bus_why(&vm->bus, err, why, sizeof(why));
	refuse(vm, links, why);
}

static void prepare(struct vm *vm, struct links *links, u64 ram_bytes)
{
	int err;

	if (ram_bytes < RAM_BYTES_MIN || ram_bytes > RAM_BYTES_MAX || ram_bytes % GUEST_PAGE)
		refuse(vm, links, "such an amount of RAM cannot be");

	err = vmm_make_ram(vm, ram_bytes);
	if (err)
		die("no memory for guest RAM: %s", strerror(-err));
	err = vmm_attach(vm);
	if (err)
		refuse_error(vm, links, err);
}

static void take(struct vm *vm, struct links *links)
{
	bool link_failed;
	int err;

	err = state_from_link(vm, links, &link_failed);
	if (err && !link_failed)
		refuse_error(vm, links, err);
	if (err)
		refuse(vm, links, "the connection broke in the state");

	err = ram_from_link(vm, links);
	if (err)
		refuse(vm, links, "the connection broke in RAM");
}

static void commit(struct vm *vm, struct links *links)
{
	struct vmbsave_info info;
	const char *why;
	int err;

	err = migrate_commit(&vm->bus);
	if (err)
		refuse_error(vm, links, err);

	why = guest_check(vm->guest, vm->ram.bytes);
	if (why)
		refuse(vm, links, why);

	err = bus_info(&vm->bus, &info);
	if (err)
		refuse_error(vm, links, err);
	note_number("in_flight", info.nr_packets);
	note_number("completions_waiting", info.nr_completions);
	say("restored %llu packets in flight and %llu completions",
	    (unsigned long long)info.nr_packets, (unsigned long long)info.nr_completions);

	/* A guest that was stopped so early opens it here. */
	if (!vm->guest->channels[CHANNEL_QUEUE].open)
		vmm_set_packets(vm);
}

static void wait_for_go(struct vm *vm, struct links *links)
{
	int err;

	move_point(vm, links, "dest-before-ready");
	err = link_tell(links, LINK_READY, NULL);
	if (!err) {
		say("ready");
		move_point(vm, links, "dest-after-ready");
		err = link_hear(links, links->timeout_ms);
	}
	if (err != LINK_GO) {
		vmm_close(vm);
		leave(LEAVE_UNCONFIRMED, "no_go", "no GO came, and nothing has run here: %s",
		      err < 0 ? strerror(-err) : "nonsense on the hand-over connection");
	}
	move_point(vm, links, "dest-after-go");
}

static int listen_at(const struct place *place)
{
	int listener = links_listen(place);
	struct sockaddr_in name = { };
	socklen_t length = sizeof(name);

	if (listener < 0)
		die("cannot listen: %s", strerror(-listener));
	getsockname(listener, (void *)&name, &length);
	if (name.sin_family == AF_INET)
		say("listening on port %u", ntohs(name.sin_port));
	else
		say("listening");
	return listener;
}

static void in_from_links(struct vm *vm, const struct place *place)
{
	int listener = listen_at(place), err;
	struct links links;

	err = links_accept(&links, listener, vm->options->timeout * 1000);
	close(listener);
	place_forget(place);
	if (err)
		die("not all connections came: %s", strerror(-err));

	prepare(vm, &links, links.ram_bytes);
	take(vm, &links);
	commit(vm, &links);
	wait_for_go(vm, &links);

	vmm_run(vm);
	say("running on this machine");
	link_tell(&links, LINK_RUNNING, NULL);
	move_point(vm, &links, "dest-running");
	links_cut(&links);
}

static void in_from_file(struct vm *vm, const char *path)
{
	char why[LINK_TEXT_MAX];
	u64 ram_bytes;
	int fds[2];

	if (keep_open(path, &ram_bytes, fds, why, sizeof(why)))
		refuse(vm, NULL, why);

	prepare(vm, NULL, ram_bytes);
	if (keep_restore(vm, fds, why, sizeof(why)))
		refuse(vm, NULL, why);
	commit(vm, NULL);

	vmm_run(vm);
	say("running on this machine");
}

/**
 * move_in() - take a machine up; exits if that cannot be
 * @vm: its bus is open, and nothing else
 *
 * When it returns the machine runs here.
 */
void move_in(struct vm *vm)
{
	const struct place *place = &vm->options->incoming;

	if (place->kind == PLACE_FILE)
		in_from_file(vm, place->path);
	else
		in_from_links(vm, place);
}

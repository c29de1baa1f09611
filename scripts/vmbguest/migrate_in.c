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
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "guest.h"
#include "link.h"
#include "log.h"
#include "migrate.h"
#include "options.h"
#include "ram.h"
#include "ram_stream.h"
#include "state_stream.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm.h"

#define RAM_BYTES_MIN	(8ULL << 20)
#define RAM_BYTES_MAX	(64ULL << 30)

static void __noreturn refuse(struct vm *vm, struct links *links, const char *why)
{
	struct vmbsave_last_error last = { };

	if (vm->bus_fd >= 0)
		vmm_last_error(vm, &last);
	note_number("refused_chunk", last.chunk);
	note_number("refused_offset", last.offset);
	note("refused_errno", "%s", last.error ? strerrorname_np(last.error) ?: "?" : "none");
	link_tell(links, LINK_REFUSED, why);
	vmm_close(vm);
	links_cut(links);
	leave(LEAVE_REFUSED, "refused", "%s", why);
}

static void __noreturn refuse_error(struct vm *vm, struct links *links, int err)
{
	char why[LINK_TEXT_MAX];

	vmm_why(vm, err, why, sizeof(why));
	refuse(vm, links, why);
}

static void prepare(struct vm *vm, struct links *links)
{
	int err;

	vm->ram_bytes = links->ram_bytes;
	if (vm->ram_bytes < RAM_BYTES_MIN || vm->ram_bytes > RAM_BYTES_MAX ||
	    vm->ram_bytes % GUEST_PAGE)
		refuse(vm, links, "such an amount of RAM cannot be");

	vm->guest = ram_create(vm->ram_bytes);
	err = vmm_attach(vm);
	if (err)
		refuse_error(vm, links, err);
}

static void take(struct vm *vm, struct links *links)
{
	bool refused = false;
	int data_fd, err;

	err = vmm_set_state(vm, VMBSAVE_STATE_RESUMING, &data_fd);
	if (err)
		refuse_error(vm, links, err);

	err = state_from_link(vm, data_fd, links, &refused);
	close(data_fd);
	if (err && refused)
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

	err = vmm_set_state(vm, VMBSAVE_STATE_STOP, NULL);
	if (err)
		refuse_error(vm, links, err);

	why = guest_check(vm->guest, vm->ram_bytes);
	if (why)
		refuse(vm, links, why);

	err = vmm_info(vm, &info);
	if (err)
		refuse_error(vm, links, err);
	note_number("in_flight", info.nr_packets);
	note_number("completions_waiting", info.nr_completions);
	say("restored %llu packets in flight and %llu completions",
	    (unsigned long long)info.nr_packets, (unsigned long long)info.nr_completions);
}

static void wait_for_go(struct vm *vm, struct links *links)
{
	int err;

	migrate_point(vm, links, "dest-before-ready");
	err = link_tell(links, LINK_READY, NULL);
	if (!err) {
		say("ready");
		migrate_point(vm, links, "dest-after-ready");
		err = link_hear(links, links->timeout_ms);
	}
	if (err != LINK_GO) {
		vmm_close(vm);
		leave(LEAVE_UNCONFIRMED, "no_go", "no GO came, and nothing has run here: %s",
		      err < 0 ? strerror(-err) : "nonsense on the hand-over connection");
	}
	migrate_point(vm, links, "dest-after-go");
}

/**
 * migrate_in() - take a machine up; exits if that cannot be
 * @vm: its bus is open, and nothing else
 *
 * When it returns the machine runs here.
 */
void migrate_in(struct vm *vm)
{
	int listener = links_listen(vm->options), err;
	struct links links;

	err = links_accept(&links, vm->options, listener);
	close(listener);
	if (err)
		die("not all connections came: %s", strerror(-err));

	prepare(vm, &links);
	take(vm, &links);
	commit(vm, &links);
	wait_for_go(vm, &links);

	err = vmm_set_state(vm, VMBSAVE_STATE_RUNNING, NULL);
	if (err)
		die("cannot run: %s", strerror(-err));
	say("running on this machine");
	link_tell(&links, LINK_RUNNING, NULL);
	migrate_point(vm, &links, "dest-running");
	links_cut(&links);
	vcpu_start(vm);
	vcpu_tell(vm, VCPU_CONTINUE);
}

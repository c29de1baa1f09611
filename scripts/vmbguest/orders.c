// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an operator can have the machine do. An order that fails leaves it as it
 * was.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "control.h"
#include "log.h"
#include "move.h"
#include "orders.h"
#include "place.h"
#include "vcpu.h"
#include "vm.h"
#include "vmm.h"

#define WHY_MAX	320

/**
 * orders_status() - the machine in one line, for any thread
 * @vm: the machine
 * @busy: an order is being served: the bus is not asked, it might have to wait
 * @text: where the line goes
 * @size: bytes there
 */
void orders_status(struct vm *vm, bool busy, char *text, size_t size)
{
	static const char * const states[] = {
		[VM_INCOMING] = "incoming",
		[VM_RUNNING] = "running",
		[VM_STOPPED] = "stopped",
	};
	enum vm_state state = __atomic_load_n(&vm->state, __ATOMIC_ACQUIRE);
	const struct guest *guest = vm->guest;
	struct vmbsave_info info;
	int used;

	used = snprintf(text, size, "state=%s", states[state]);
	if (state == VM_INCOMING)
		return;

	used += snprintf(text + used, size - used,
			 " guest=%s read=%llu packets=%llu completed=%llu",
			 guest_phase_name(guest->phase), (unsigned long long)guest->log_used,
			 (unsigned long long)guest->total, (unsigned long long)guest->completed);
	if (!busy && !bus_info(&vm->bus, &info))
		snprintf(text + used, size - used, " in_flight=%llu held=%llu waiting=%llu",
			 (unsigned long long)info.nr_packets, (unsigned long long)info.nr_held,
			 (unsigned long long)info.nr_completions);
}

static void serve_stop(struct vm *vm)
{
	char why[WHY_MAX] = "";
	int err = move_stop(vm, why, sizeof(why));

	if (err)
		control_answer(err, "%s", why);
	else
		control_answer(0, "stopped");
}

static void serve_cont(struct vm *vm)
{
	if (vm->state == VM_STOPPED) {
		vmm_run(vm);
		say("running again on this machine");
	}
	control_answer(0, "running");
}

static void serve_proceed(struct vm *vm)
{
	if (vm->state != VM_RUNNING || vm->guest->phase != GUEST_PARKED) {
		control_answer(-EBADFD, "the guest does not wait here");
		return;
	}
	vcpu_tell(vm, VCPU_UNPARK);
	control_answer(0, "proceeding");
}

static void serve_save(struct vm *vm, const char *path)
{
	char why[WHY_MAX] = "";
	int err = keep_save(vm, path, why, sizeof(why));

	if (err) {
		say("not saved: %s", why);
		control_answer(err, "%s", why);
		return;
	}
	say("saved to %s, and stopped", path);
	control_answer(0, "saved and stopped");
}

static void serve_migrate(struct vm *vm, const char *text)
{
	char why[WHY_MAX] = "";
	struct place place;
	int err;

	err = place_parse(&place, text);
	if (!err && place.kind != PLACE_SOCKET)
		err = -EINVAL;
	if (err) {
		control_answer(err, "not a place where a machine waits: %.100s", text);
		return;
	}

	/* If it succeeds this process ends, and says so. */
	err = move_out(vm, &place, why, sizeof(why));
	control_answer(err, "%s", why);
}

/**
 * orders_serve() - do it, and answer
 * @vm: the machine
 * @order: not one that is answered at any time
 */
void orders_serve(struct vm *vm, const struct order *order)
{
	switch (order->kind) {
	case ORDER_STOP:
		serve_stop(vm);
		break;
	case ORDER_CONT:
		serve_cont(vm);
		break;
	case ORDER_PROCEED:
		serve_proceed(vm);
		break;
	case ORDER_SAVE:
		serve_save(vm, order->argument);
		break;
	case ORDER_MIGRATE:
		serve_migrate(vm, order->argument);
		break;
	default:
		control_answer(-EINVAL, "not an order");
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The ioctls: an argument that could be right, then something is wrong with it, or with where it
 * is.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fuzz.h"

#define ROOM	(VM_PAGE + 16)	/* what can be passed at all, and more */

u64 succeeded[COMMANDS];
bool known[COMMANDS];

static const struct command {
	unsigned long number;
	const char *name;
	u32 size;
} commands[COMMANDS] = {
#define COMMAND(name, type) \
	[_IOC_NR(VMBSAVE_##name)] = { VMBSAVE_##name, #name, sizeof(struct type) }
	COMMAND(GET_INFO, vmbsave_info),
	COMMAND(SET_MEMORY_REGION, vmbsave_memory_region),
	COMMAND(OFFER_CHANNEL, vmbsave_offer_channel),
	COMMAND(RESCIND_CHANNEL, vmbsave_channel_id),
	COMMAND(SET_EVENTFDS, vmbsave_eventfds),
	COMMAND(CREATE_GPADL, vmbsave_create_gpadl),
	COMMAND(TEARDOWN_GPADL, vmbsave_gpadl_id),
	COMMAND(OPEN_CHANNEL, vmbsave_open_channel),
	COMMAND(CLOSE_CHANNEL, vmbsave_channel_id),
	COMMAND(SET_STATE, vmbsave_set_state),
	COMMAND(RESET, vmbsave_reset),
	COMMAND(LAST_ERROR, vmbsave_last_error),
	COMMAND(GET_CHANNEL, vmbsave_channel_info),
	COMMAND(GET_STATS, vmbsave_stats),
	COMMAND(GET_GPADL_PAGES, vmbsave_gpadl_pages),
	COMMAND(ATTACH, vmbsave_attach),
};

/**
 * struct passed - an argument on its way
 * @nr: of the command
 * @bytes: the structure, and what may be behind it
 * @size: how much of it is in the caller's memory
 * @at: where
 * @whole: all of @size bytes can be written there
 */
struct passed {
	unsigned int nr;
	u8 bytes[ROOM] __attribute__((aligned(8)));
	u32 size;
	u8 *at;
	bool whole;
};

const char *command_name(unsigned int nr)
{
	return commands[nr].name;
}

static void set_size(struct passed *arg, u32 size)
{
	memcpy(arg->bytes, &size, sizeof(size));
	arg->size = size < sizeof(size) ? sizeof(size) : size > ROOM ? ROOM : size;
}

/* Shorter, longer, or of no possible length */
static void spoil_size(struct actor *me, struct passed *arg)
{
	u32 size = commands[arg->nr].size;

	switch (below(me, 5)) {
	case 0:
		set_size(arg, below(me, size));
		break;
	case 1: /* zeros behind it */
		set_size(arg, size + 8 * (1 + below(me, 20)));
		break;
	case 2: /* something behind it */
		set_size(arg, size + 8);
		arg->bytes[size + below(me, 8)] = 1;
		break;
	case 3:
		set_size(arg, VM_PAGE + below(me, 3) - 1);
		break;
	default:
		set_size(arg, edge(me));
	}
}

static void spoil_field(struct actor *me, struct passed *arg)
{
	u32 words = commands[arg->nr].size / 4, at = 4 * (1 + below(me, words - 1));
	u64 value = edge(me);

	if (arg->size < at + 8 || chance(me, 50))
		memcpy(arg->bytes + at, &value, 4);
	else
		memcpy(arg->bytes + at, &value, 8);
}

/* What is written is the argument and nothing around it; nothing at all if it is refused. */
static void judge_memory(struct actor *me, const struct passed *arg, int error)
{
	u32 writable = commands[arg->nr].size, i;

	if (!arg->whole)
		return;
	for (i = 1; i <= 64; i++)
		if (arg->at[-(int)i] != 0xc5)
			complain(me, "%s wrote in front of its argument", commands[arg->nr].name);
	if (arg->size > writable && memcmp(arg->at + writable, arg->bytes + writable,
					   arg->size - writable))
		complain(me, "%s wrote behind its argument", commands[arg->nr].name);
	if (error && arg->nr != _IOC_NR(VMBSAVE_SET_STATE) &&
	    arg->nr != _IOC_NR(VMBSAVE_GET_GPADL_PAGES) &&
	    memcmp(arg->at, arg->bytes, arg->size))
		complain(me, "%s was refused (%s) and wrote its argument",
			 commands[arg->nr].name, strerror(error));
}

static void take_offer(struct slot *slot, const struct vmbsave_offer_channel *arg)
{
	u8 type[16];
	unsigned int i;

	slot->ids[slot->nr_offers++ % SLOT_IDS] = arg->channel;
	for (i = 0; i < VM_CHANNELS; i++) {
		vm_type(i, type);
		if (!memcmp(type, arg->type, sizeof(type)) && !arg->subchannel)
			slot->vm.channels[i].id = arg->channel;
	}
}

static void take_data_fd(struct actor *me, struct slot *slot, const struct vmbsave_set_state *arg)
{
	int old;

	if (arg->data_fd < 0)
		return;
	slot->writes = arg->state == VMBSAVE_STATE_RESUMING;
	old = __atomic_exchange_n(&slot->data, arg->data_fd, __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
	stream_begin(me, slot);
}

/* What came back, once more in front of the fuzzer's eyes: the argument may be cut short. */
static void take_result(struct actor *me, struct slot *slot, struct passed *arg)
{
	__atomic_add_fetch(&succeeded[arg->nr], 1, __ATOMIC_RELAXED);
	memcpy(arg->bytes, arg->at, arg->size);
	if (arg->nr == _IOC_NR(VMBSAVE_OFFER_CHANNEL))
		take_offer(slot, (void *)arg->bytes);
	if (arg->nr == _IOC_NR(VMBSAVE_ATTACH))
		slot->attached = true;
	if (arg->nr == _IOC_NR(VMBSAVE_SET_STATE))
		take_data_fd(me, slot, (void *)arg->bytes);
}

/* A state that failed leaves the bus where the arc says; the others change nothing. */
static void judge_refusal(struct actor *me, struct slot *slot, const struct passed *arg, int error)
{
	u32 before = slot->seen.info.state, after;

	if (arg->nr != _IOC_NR(VMBSAVE_SET_STATE) && arg->nr != _IOC_NR(VMBSAVE_RESET)) {
		judge_unchanged(me, slot, commands[arg->nr].name);
		return;
	}
	if (!me->alone || !slot->seen.taken)
		return;
	look(me, slot);
	if (!slot->seen.taken)
		return;
	after = slot->seen.info.state;
	if (after == before || after == VMBSAVE_STATE_STOP)
		return;
	if (before != VMBSAVE_STATE_RESUMING || after != VMBSAVE_STATE_ERROR)
		complain(me, "a change of state failed (%s): from %u to %u", strerror(error),
			 before, after);
}

static int execute(struct actor *me, struct slot *slot, struct passed *arg)
{
	const struct command *command = &commands[arg->nr];
	u32 result[3];
	int error;

	me->doing = command->name;
	error = ioctl(slot->vm.bus, command->number, arg->at) < 0 ? errno : 0;
	me->calls++;
	result[0] = arg->nr;
	result[1] = error;
	result[2] = slot->seen.info.state;
	digest(me, result, sizeof(result));
	judge_errno(me, command->name, error);
	judge_sentence(me, slot, command->name, error);
	judge_memory(me, arg, error);
	if (error != ENOTTY && error != EBADF)
		known[arg->nr] = true;
	if (error) {
		judge_refusal(me, slot, arg, error);
	} else {
		take_result(me, slot, arg);
		look(me, slot);
	}
	return error;
}

static void prepare(struct actor *me, struct slot *slot, unsigned int nr, struct passed *arg)
{
	memset(arg, 0, sizeof(*arg));
	arg->nr = nr;
	fill(me, slot, nr, arg->bytes);
	set_size(arg, commands[nr].size);
}

void call_valid(struct actor *me, struct slot *slot, unsigned int nr)
{
	static __thread struct passed arg;

	prepare(me, slot, nr, &arg);
	arg.at = place_put(me, arg.bytes, arg.size);
	arg.whole = true;
	execute(me, slot, &arg);
}

int call_state(struct actor *me, struct slot *slot, u32 state)
{
	static __thread struct passed arg;
	struct vmbsave_set_state *set = (void *)arg.bytes;

	prepare(me, slot, _IOC_NR(VMBSAVE_SET_STATE), &arg);
	set->state = state;
	set->timeout_ms = 0;
	arg.at = place_put(me, arg.bytes, arg.size);
	arg.whole = true;
	return execute(me, slot, &arg);
}

static void call_unknown(struct actor *me, struct slot *slot)
{
	unsigned long number = _IO(VMBSAVE_IOC, 16 + below(me, 240));
	int error;

	if (chance(me, 50))
		number = _IOC(below(me, 4), VMBSAVE_IOC, below(me, 16), 1 + below(me, 64));
	me->doing = "an unknown ioctl";
	error = ioctl(slot->vm.bus, number, me->place) < 0 ? errno : 0;
	me->calls++;
	if (error != ENOTTY && me->alone)
		complain(me, "unknown ioctl %#lx: errno %d", number, error);
	judge_sentence(me, slot, "an unknown ioctl", error);
}

void call_any(struct actor *me, struct slot *slot)
{
	static __thread struct passed arg;
	u32 how = below(me, 100);

	if (how < 2) {
		call_unknown(me, slot);
		return;
	}
	prepare(me, slot, below(me, COMMANDS), &arg);
	if (how < 30)
		spoil_field(me, &arg);
	if (how >= 20 && how < 45)
		spoil_size(me, &arg);
	arg.whole = how < 85;
	arg.at = arg.whole ? place_put(me, arg.bytes, arg.size) :
			     place_bad(me, arg.bytes, arg.size);
	execute(me, slot, &arg);
}

void slot_close_data(struct actor *me, struct slot *slot)
{
	int fd = __atomic_exchange_n(&slot->data, -1, __ATOMIC_RELAXED);

	if (fd < 0)
		return;
	me->doing = "close of a data fd";
	close(fd);
	me->calls++;
	look_at_objects(me);
}

void slot_close(struct actor *me, struct slot *slot)
{
	int fd = __atomic_exchange_n(&slot->vm.bus, -1, __ATOMIC_RELAXED);

	if (fd < 0)
		return;
	me->doing = "close";
	close(fd);
	me->calls++;
	look_at_objects(me);
	slot->seen.taken = false;
	look_at_operated(me);
	slot->attached = false;
	memset(slot->ids, 0, sizeof(slot->ids));
	/* A data fd may live longer than its bus. */
	if (chance(me, 70))
		slot_close_data(me, slot);
}

void slot_open(struct actor *me, struct slot *slot)
{
	int fd = open("/dev/vmbsave", O_RDWR | O_CLOEXEC | O_NONBLOCK), none = -1;

	me->calls++;
	if (fd < 0) {
		judge_errno(me, "open", errno);
		return;
	}
	memset(slot->vm.ram, 0, VM_RAM_BYTES);
	slot->used = 0;
	slot->attached = false;
	if (!__atomic_compare_exchange_n(&slot->vm.bus, &none, fd, false, __ATOMIC_RELAXED,
					 __ATOMIC_RELAXED))
		close(fd);
	look(me, slot);
}

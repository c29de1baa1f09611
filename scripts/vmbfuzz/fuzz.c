// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls /dev/vmbsave and its data fds at random, in ways that are near to right ones. First from
 * one thread, where each call is judged: an errno is of the dictionary, what is refused changes
 * nothing that can be seen, nothing is written beside an argument. What happens there follows from
 * the seed. Then from several threads on the same files. In the end all is closed and nothing may
 * be left.
 */
#include <errno.h>
#include <getopt.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "fuzz.h"

#define THREADS		4
#define TIMEOUT_S	850
#define REACH		50000	/* so many calls have to get everywhere */
#define PACKETS		"/sys/module/vsp_queue/parameters/packets"
/* Without it each offer of a type that nobody serves starts a process. */
#define MODPROBE	"/proc/sys/kernel/modprobe"

struct slot slots[SLOTS];
struct stream streams[STREAMS];
u64 counts[NR_COUNTS];

static const char * const count_names[NR_COUNTS] = {
	[COUNT_SAVES] = "saves", [COUNT_COMMITS] = "commits", [COUNT_ANSWERS] = "packets read",
	[COUNT_COMPARED] = "refusals judged",
};

u64 pick(struct actor *me)
{
	u64 z = (me->random += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

u32 below(struct actor *me, u32 limit)
{
	return pick(me) % limit;
}

bool chance(struct actor *me, u32 percent)
{
	return below(me, 100) < percent;
}

u64 edge(struct actor *me)
{
	static const u64 edges[] = {
		0, 1, 2, 3, 7, 8, 15, 16, 63, 64, 127, 128, 255, 256, 4095, 4096, 4097, 0x7fff,
		0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffff000, 0xffffffff,
		0x100000000ULL, 0x7fffffffffffffffULL, 0x8000000000000000ULL,
		0xfffffffffffff000ULL, 0xffffffffffffffffULL,
	};
	u32 which = below(me, 40);

	return which < ARRAY_SIZE(edges) ? edges[which] :
							   pick(me) >> below(me, 64);
}

static void attach_some(struct actor *me, struct slot *slot)
{
	static const unsigned int ways[] = {
		_IOC_NR(VMBSAVE_SET_MEMORY_REGION), _IOC_NR(VMBSAVE_OFFER_CHANNEL),
		_IOC_NR(VMBSAVE_OFFER_CHANNEL), _IOC_NR(VMBSAVE_SET_EVENTFDS),
		_IOC_NR(VMBSAVE_SET_EVENTFDS),
	};
	struct vmbsave_memory_region region = {
		.size = sizeof(region), .bytes = VM_RAM_BYTES, .uaddr = (uintptr_t)slot->vm.ram,
	};
	unsigned int i;

	if (chance(me, 60)) {
		call_valid(me, slot, ways[below(me, ARRAY_SIZE(ways))]);
		return;
	}
	if (!vm_call(&slot->vm, VMBSAVE_SET_MEMORY_REGION, &region))
		me->calls++;
	for (i = 0; i < VM_CHANNELS; i++) {
		me->calls += 2;
		if (!vm_offer(&slot->vm, i))
			slot->ids[slot->nr_offers++ % SLOT_IDS] = slot->vm.channels[i].id;
	}
	look(me, slot);
}

static void stopped_step(struct actor *me, struct slot *slot)
{
	u32 how = below(me, 100);

	if (slot->seen.info.nr_channels < VM_CHANNELS || how < 10)
		attach_some(me, slot);
	else if (how < 45)
		call_state(me, slot, VMBSAVE_STATE_RUNNING);
	else if (how < 70)
		call_state(me, slot, VMBSAVE_STATE_STOP_COPY);
	else
		call_state(me, slot, VMBSAVE_STATE_RESUMING);
}

static void open_both(struct actor *me, struct slot *slot)
{
	unsigned int i;

	for (i = 0; i < VM_CHANNELS; i++) {
		me->calls += 2;
		vm_lend(&slot->vm, i, VM_RINGS(i), 0, VM_RING_PAGE(i), 4);
		if (!vm_open_channel(&slot->vm, i) && me->alone)
			usleep(100);
	}
	look(me, slot);
}

static void running_step(struct actor *me, struct slot *slot)
{
	u32 how = below(me, 100);

	if (how < (slot->seen.info.nr_gpadls < VM_CHANNELS ? 30 : 3)) {
		open_both(me, slot);
	} else if (how < 50) {
		call_valid(me, slot, how & 1 ? _IOC_NR(VMBSAVE_CREATE_GPADL) :
					       _IOC_NR(VMBSAVE_OPEN_CHANNEL));
	} else if (how < 80) {
		guest_act(me, slot);
		look(me, slot);
	} else if (how < 86) {
		call_valid(me, slot, how & 1 ? _IOC_NR(VMBSAVE_CLOSE_CHANNEL) :
					       _IOC_NR(VMBSAVE_TEARDOWN_GPADL));
	} else {
		call_state(me, slot, how & 1 ? VMBSAVE_STATE_STOP : VMBSAVE_STATE_STOP_COPY);
	}
}

static void resuming_step(struct actor *me, struct slot *slot)
{
	if (!stream_is_written(me, slot) && slot->data >= 0 && !chance(me, 5)) {
		stream_write_some(me, slot);
		return;
	}
	if (!call_state(me, slot, VMBSAVE_STATE_STOP))
		__atomic_add_fetch(&counts[COUNT_COMMITS], 1, __ATOMIC_RELAXED);
	slot_close_data(me, slot);
}

/* What a VMM would do next. */
static void sensible_step(struct actor *me, struct slot *slot)
{
	u32 state = me->alone ? slot->seen.info.state : 1 + below(me, 4);

	switch (state) {
	case VMBSAVE_STATE_STOP:
		stopped_step(me, slot);
		break;
	case VMBSAVE_STATE_RUNNING:
		running_step(me, slot);
		break;
	case VMBSAVE_STATE_STOP_COPY:
		if (slot->data >= 0 && !slot->writes && !chance(me, 20))
			stream_read_some(me, slot);
		else
			call_state(me, slot, 1 + below(me, 2));
		break;
	case VMBSAVE_STATE_RESUMING:
		resuming_step(me, slot);
		break;
	default:
		call_valid(me, slot, _IOC_NR(VMBSAVE_RESET));
	}
}

static void read_events(struct actor *me, struct slot *slot)
{
	struct vmbsave_event events[4] = { };
	u32 bytes = below(me, sizeof(events) + 1);
	int error = read(slot->vm.bus, place_put(me, events, bytes), bytes) < 0 ? errno : 0;

	me->calls++;
	me->doing = "a read of events";
	judge_file_errno(me, "read of events", error);
	if (error && error != EAGAIN)
		judge_unchanged(me, slot, "read of events");
}

static void act(struct actor *me)
{
	struct slot *slot = &slots[below(me, SLOTS)];
	u32 how = below(me, 100);

	look_at_operated(me);
	if (slot->vm.bus < 0) {
		slot_open(me, slot);
		if (slot->vm.bus >= 0 && chance(me, 8))
			call_valid(me, slot, _IOC_NR(VMBSAVE_ATTACH));
		else if (me->alone && slot->vm.bus >= 0 && chance(me, 80))
			attach_some(me, slot);
		return;
	}
	/* In the end a bus has had all that can happen to it. */
	if (++slot->used > (slot->attached ? 30 : 200) ? how < 10 : !below(me, 500))
		slot_close(me, slot);
	else if (how < 50)
		sensible_step(me, slot);
	else if (how < 92)
		call_any(me, slot);
	else if (how < 97)
		stream_misuse(me, slot);
	else if (how < 99)
		read_events(me, slot);
	else
		slot_close_data(me, slot);
}

static struct actor first, actors[THREADS];

static void hang(int signal)
{
	unsigned int i;

	(void)signal;
	printf("FAIL no end; the first thread is in %s", first.doing);
	for (i = 0; i < THREADS; i++)
		printf(", another in %s", actors[i].doing ? actors[i].doing : "nothing");
	printf("\n0 passed, 1 failed\n");
	_exit(1);
}

static void *run_thread(void *arg)
{
	struct actor *me = arg;
	u64 until = me->calls;

	me->calls = 0;
	while (me->calls < until) {
		act(me);
		sched_yield();
	}
	return NULL;
}

static void run_threads(u64 seed, u64 calls)
{
	pthread_t threads[THREADS];
	unsigned int i;

	for (i = 0; i < THREADS; i++) {
		actors[i].random = seed + i + 1;
		actors[i].calls = calls / THREADS;
		place_make(&actors[i]);
		if (pthread_create(&threads[i], NULL, run_thread, &actors[i])) {
			perror("pthread_create");
			exit(2);
		}
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

static u64 run_alone(u64 seed, u64 calls)
{
	first.random = seed;
	first.alone = true;
	place_make(&first);
	while (first.calls < calls)
		act(&first);
	return first.digest;
}

static void close_all(void)
{
	static struct actor me = { .alone = false };
	unsigned int i;

	for (i = 0; i < SLOTS; i++) {
		slot_close_data(&me, &slots[i]);
		slot_close(&me, &slots[i]);
		slot_close_data(&me, &slots[i]);
	}
	if (vm_objects_left()) {
		look_at_objects(&(struct actor){ .alone = true });
		complain(&me, "all is closed, and objects are left: %s", objects_text());
	}
}

static const int wanted[] = {
	ENOTTY, E2BIG, EINVAL, EFAULT, ENOENT, EEXIST, ENODEV, EBUSY, EBADFD, ESTALE,
	EBADMSG, EPROTO, EUCLEAN, EPROTONOSUPPORT, ENODATA, EOPNOTSUPP,
};

static void tell(void)
{
	unsigned int i;

	for (i = 0; i < COMMANDS; i++)
		printf("%s %llu, ", command_name(i), (unsigned long long)succeeded[i]);
	for (i = 0; i < NR_COUNTS; i++)
		printf("%s %llu, ", count_names[i], (unsigned long long)counts[i]);
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		printf("%s%s %llu", i ? ", " : "", strerrorname_np(wanted[i]),
		       (unsigned long long)refused[wanted[i]]);
	putchar('\n');
}

/* A run that reaches nothing proves nothing. */
static void judge_reach(void)
{
	static struct actor me;
	unsigned int i;

	for (i = 0; i < COMMANDS; i++)
		if (!succeeded[i] && known[i])
			complain(&me, "%s never succeeded", command_name(i));
	for (i = 0; i < NR_COUNTS; i++)
		if (!counts[i])
			complain(&me, "no %s at all", count_names[i]);
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		if (!refused[wanted[i]])
			complain(&me, "%s never came back", strerrorname_np(wanted[i]));
}

static void tell_usage(void)
{
	puts("usage: fuzz [--seed N] [--calls N]\n"
	     "Calls /dev/vmbsave at random, 100000 times or N. As root, vsp_echo and vsp_queue loaded.");
}

static void prepare(void)
{
	unsigned int i;

	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, hang);
	alarm(TIMEOUT_S);
	vm_write_text(MODPROBE, "\n");
	vm_write_text(PACKETS, "6");
	for (i = 0; i < SLOTS; i++) {
		vm_init(&slots[i].vm);
		slots[i].data = -1;
	}
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' }, { "calls", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { }
	};
	u64 seed = 1, calls = 100000, told;
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) >= 0) {
		if (option == 's')
			seed = strtoull(optarg, NULL, 0);
		else if (option == 'c')
			calls = strtoull(optarg, NULL, 0);
		else
			tell_usage();
		if (option == 'h' || option == '?')
			return option == 'h' ? 0 : 2;
	}
	prepare();
	printf("seed %llu, %llu calls\n", (unsigned long long)seed, (unsigned long long)calls);
	told = run_alone(seed, calls * 7 / 10);
	close_all();
	printf("digest of the calls of one thread: %016llx\n", (unsigned long long)told);
	run_threads(seed, calls * 3 / 10);
	close_all();
	tell();
	if (calls >= REACH)
		judge_reach();
	printf("%d passed, %d failed\n", !complaints, !!complaints);
	return complaints ? 1 : 0;
}

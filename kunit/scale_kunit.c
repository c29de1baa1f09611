// SPDX-License-Identifier: GPL-2.0-only
#include <linux/cpumask.h>
#include <linux/sort.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "helpers.h"
#include "line.h"
#include "stream.h"

/* As many buses and channels as the module allows, and what one of them costs. */

#define BUSES		64
#define CHANNELS	1024
#define PER_BUS		(CHANNELS / BUSES)

/* A control page and one of data for each of the two rings */
#define PAGES_EACH	4

/* Payload of a packet, bytes, and how many are on their way during the move */
#define BYTES		100
#define IN_FLIGHT	2

/* Nothing meets here, and emulated processors are many times slower. */
static void want_one_processor(struct kunit *test)
{
	if (num_online_cpus() > 1)
		kunit_skip(test, "takes too long on more than one processor");
}

static struct vmb_test_vsp *small_vsp(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	vsp->knobs.max_packet = 256;
	/* What is written down would be most of the memory. */
	vsp->log_max = 1;
	return vsp;
}

/**
 * struct site - a machine with channels
 * @machine: the machine
 * @nr: how many channels
 * @lines: the channels
 * @stream: what was saved of it
 */
struct site {
	struct vmb_test_machine *machine;
	u32 nr;
	struct vmb_test_line **lines;
	struct vmb_test_stream *stream;
};

static void begin_site(struct kunit *test, struct site *site, u32 nr)
{
	site->nr = nr;
	site->machine = vmb_test_machine_create_sized(test, nr * PAGES_EACH);
	site->lines = vmb_test_alloc(test, nr * sizeof(*site->lines));
	site->stream = vmb_test_stream_create(test);
}

static struct vmb_test_line *offer(struct site *site, struct vmb_test_vsp *vsp, u32 i)
{
	site->lines[i] = vmb_test_line_offer_sized(site->machine, vsp, 1 + i, 1, 1);
	return site->lines[i];
}

static void open_all(struct site *site)
{
	struct kunit *test = site->machine->test;
	u32 i;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(site->machine, VMB_BUS_RUNNING), 0);
	for (i = 0; i < site->nr; i++) {
		KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&site->lines[i]->guest), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&site->lines[i]->guest), 0);
	}
}

/* One request and one packet are over, others on their way when it stops. */
static void run_and_save(struct site *site)
{
	struct kunit *test = site->machine->test;
	u32 i, k;

	for (i = 0; i < site->nr; i++) {
		struct vmb_test_line *line = site->lines[i];

		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, BYTES), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, BYTES, 16), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_serve(&line->guest), 2);
		for (k = 0; k < IN_FLIGHT; k++)
			KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, BYTES, 16), 0);
	}
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(site->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(site->machine, 4096, site->stream), 0);
}

static void follow(struct site *to, struct site *from)
{
	u32 i;

	begin_site(from->machine->test, to, from->nr);
	for (i = 0; i < from->nr; i++)
		to->lines[i] = vmb_test_line_follow(to->machine, from->lines[i]);
	vmb_test_machine_copy_ram(to->machine, from->machine);
}

static void expect_all_over_once(struct site *site)
{
	struct kunit *test = site->machine->test;
	u32 i, id;

	for (i = 0; i < site->nr; i++) {
		struct vmb_test_line *line = site->lines[i];

		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 2, BYTES), 0);
		vmb_test_guest_serve(&line->guest);
		for (id = 2; id < 2 + IN_FLIGHT; id++) {
			KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, id)->done, 1);
			KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, id), 1);
		}
		KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 2), 1);
	}
}

static void destroy_all(struct kunit *test, struct site *sites, u32 nr)
{
	struct vmb_test *t = vmb_test_of(test);
	u32 i;

	for (i = 0; i < nr; i++)
		vmb_test_machine_destroy(sites[i].machine);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_limit_used(VMB_LIMIT_CHANNELS) ==
					      t->used[VMB_LIMIT_CHANNELS]));
}

static void as_many_as_are_allowed_run_and_move(struct kunit *test)
{
	struct site *from = vmb_test_alloc(test, BUSES * sizeof(*from));
	struct site *to = vmb_test_alloc(test, BUSES * sizeof(*to));
	struct vmb_test_vsp *vsp = small_vsp(test);
	u32 b, i;

	/* Arrange */
	want_one_processor(test);
	for (b = 0; b < BUSES; b++) {
		begin_site(test, &from[b], PER_BUS);
		for (i = 0; i < PER_BUS; i++)
			offer(&from[b], vsp, i);
	}
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_offer(from[0].machine, vsp, 999)),
			-EDQUOT);
	for (b = 0; b < BUSES; b++)
		open_all(&from[b]);

	/* Act */
	for (b = 0; b < BUSES; b++)
		run_and_save(&from[b]);
	destroy_all(test, from, BUSES);
	for (b = 0; b < BUSES; b++)
		follow(&to[b], &from[b]);
	for (b = 0; b < BUSES; b++)
		KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(to[b].machine, from[b].stream, 4096), 0);
	for (b = 0; b < BUSES; b++)
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(to[b].machine,
								 VMB_BUS_RUNNING), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_CHANNELS), CHANNELS);
	for (b = 0; b < BUSES; b++)
		expect_all_over_once(&to[b]);
}

/*
 * Time that passes, though the machine's own clock may stand still while it
 * works: the processor's counter, where there is one.
 */
static u64 clock(void)
{
#if defined(__x86_64__)
	u32 low, high;

	asm volatile("rdtsc" : "=a" (low), "=d" (high));
	return (u64)high << 32 | low;
#else
	return ktime_get_ns();
#endif
}

#define FEW		64
#define MANY		CHANNELS

/* Sixteen times as many may cost each so many times more; a walk costs 16. */
#define FACTOR		4

/* Who is interrupted measures again. */
#define TRIES		3

/**
 * struct cost - what one channel costs, on a bus that has @nr of them
 * @nr: how many
 * @offer: half of the last offers cost less
 * @find: look-up by id
 * @save: share of a save
 * @restore: share of a restore
 */
struct cost {
	u32 nr;
	u64 offer;
	u64 find;
	u64 save;
	u64 restore;
};

static int compare(const void *a, const void *b)
{
	const u64 *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void measure_offers(struct kunit *test, struct site *site, u32 nr,
			   struct cost *cost)
{
	struct vmb_test_vsp *vsp = small_vsp(test);
	u64 last[FEW];
	u32 i;

	begin_site(test, site, nr);
	for (i = 0; i < nr; i++) {
		u64 from = clock();

		offer(site, vsp, i);
		last[i % FEW] = clock() - from;
	}
	sort(last, FEW, sizeof(*last), compare, NULL);
	cost->nr = nr;
	cost->offer = last[FEW / 2];
}

static void measure_find(struct site *site, struct cost *cost)
{
	u32 step = site->nr / FEW;
	u64 best = U64_MAX;
	u32 first, i;

	for (first = 0; first < 16; first++) {
		u64 from = clock();

		for (i = 0; i < FEW; i++)
			vmb_channel_put(vmb_bus_find(site->machine->bus,
						     1 + first % step + i * step));
		best = min(best, clock() - from);
	}
	cost->find = best / FEW;
}

static void measure_save(struct site *site, struct cost *cost)
{
	struct kunit *test = site->machine->test;
	u64 best = U64_MAX;
	u32 i;

	for (i = 0; i < TRIES; i++) {
		u64 from;

		site->stream->bytes = 0;
		from = clock();
		KUNIT_ASSERT_EQ(test, vmb_test_save_bus(site->machine, 4096, site->stream), 0);
		best = min(best, clock() - from);
	}
	cost->save = div_u64(best, site->nr);
}

/* A restore can be done once on a channel, so each try has a new machine. */
static void measure_restore(struct site *from, struct cost *cost, u32 tries)
{
	struct kunit *test = from->machine->test;
	u64 best = U64_MAX;

	while (tries--) {
		struct site to;
		u64 begin;

		follow(&to, from);
		begin = clock();
		KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(to.machine, from->stream, 4096), 0);
		best = min(best, clock() - begin);
		destroy_all(test, &to, 1);
	}
	cost->restore = div_u64(best, from->nr);
}

static void measure(struct kunit *test, u32 nr, u32 tries, struct cost *cost)
{
	struct site from;

	measure_offers(test, &from, nr, cost);
	measure_find(&from, cost);
	open_all(&from);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(from.machine, VMB_BUS_STOP), 0);
	measure_save(&from, cost);
	destroy_all(test, &from, 1);
	measure_restore(&from, cost, tries);
}

static bool is_flat(const struct cost *few, const struct cost *many)
{
	return many->offer <= FACTOR * few->offer && many->find <= FACTOR * few->find &&
	       many->save <= FACTOR * few->save && many->restore <= FACTOR * few->restore;
}

static void a_channel_costs_the_same_however_many_there_are(struct kunit *test)
{
	struct cost few, many;
	u32 try = 0;

	want_one_processor(test);

	/* Act */
	do {
		measure(test, FEW, TRIES, &few);
		measure(test, MANY, 1, &many);
	} while (!is_flat(&few, &many) && ++try < 3);

	/* Assert */
	kunit_info(test, "cycles of one channel, %u on the bus and %u: offer %llu %llu, find %llu %llu, save %llu %llu, restore %llu %llu\n",
		   few.nr, many.nr, few.offer, many.offer, few.find, many.find,
		   few.save, many.save, few.restore, many.restore);
	KUNIT_EXPECT_LE(test, many.offer, FACTOR * few.offer);
	KUNIT_EXPECT_LE(test, many.find, FACTOR * few.find);
	KUNIT_EXPECT_LE(test, many.save, FACTOR * few.save);
	KUNIT_EXPECT_LE(test, many.restore, FACTOR * few.restore);
}

static struct kunit_case scale_cases[] = {
	KUNIT_CASE(as_many_as_are_allowed_run_and_move),
	KUNIT_CASE(a_channel_costs_the_same_however_many_there_are),
	{}
};

static struct kunit_suite scale_suite = {
	.name = "vmbsave_scale",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = scale_cases,
};

kunit_test_suite(scale_suite);

MODULE_DESCRIPTION("As many buses and channels as there may be");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

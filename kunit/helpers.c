// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The fixture of the suites
 *
 * A suite names vmb_test_init() and vmb_test_exit() as its .init and .exit.
 * A case makes what it needs:
 *
 * - machines (machine.h): guest RAM of kernel pages and a bus on it;
 * - VSPs (server.h) that write down how they are called and fail on demand;
 *   one struct vmb_test_server for each channel they are probed with;
 * - lines (line.h): a channel offered on a machine, with its server and the
 *   guest's half (guest.h), which works on the rings in the machine's RAM;
 * - streams (stream.h): what a save gave.
 *
 * All of it is released at the end of the case, also if an assertion ended it,
 * and the counters of the module must then be back where they were.
 */
#include <linux/delay.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/random.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "helpers.h"
#include "job.h"
#include "machine.h"
#include "server.h"

/*
 * They are this module's, for KUnit can run a suite before the parameters of
 * the suite's module were read.
 */
static ulong seed = 1;
module_param(seed, ulong, 0444);
MODULE_PARM_DESC(seed, "of what is picked at random; 0 = take another one each time");

static uint steps = 400;
module_param(steps, uint, 0444);
MODULE_PARM_DESC(steps, "of each actor of the stress test");

struct buffer {
	struct list_head node;
	u8 bytes[] __aligned(8);
};

/**
 * vmb_test_init() - .init of a suite
 * @test: the case
 * Return: 0 or -ENOMEM.
 */
int vmb_test_init(struct kunit *test)
{
	struct vmb_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	if (!t)
		return -ENOMEM;
	t->test = test;
	INIT_LIST_HEAD(&t->machines);
	INIT_LIST_HEAD(&t->vsps);
	INIT_LIST_HEAD(&t->jobs);
	INIT_LIST_HEAD(&t->buffers);
	for (i = 0; i < VMB_NR_LIMITS; i++)
		t->used[i] = vmb_limit_used(i);
	test->priv = t;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_init);

/**
 * vmb_test_seed() - where a case that picks at random begins
 * Return: a number, to be printed.
 */
u64 vmb_test_seed(void)
{
	return seed ?: 1ULL + get_random_u32();
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_seed);

/**
 * vmb_test_steps() - how long a case goes on that could go on for ever
 * Return: steps.
 */
u32 vmb_test_steps(void)
{
	return steps;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_steps);

/**
 * vmb_test_expect_released() - expect the module's counters to be as before
 * @test: the case
 *
 * The last references go in work, so it waits for them.
 * Return: true if they are.
 */
bool vmb_test_expect_released(struct kunit *test)
{
	struct vmb_test *t = vmb_test_of(test);
	bool all = true;
	int i;

	for (i = 0; i < VMB_NR_LIMITS; i++) {
		bool back = vmb_test_wait(vmb_limit_used(i) == t->used[i]);

		KUNIT_EXPECT_TRUE_MSG(test, back, "%llu %s now, %llu before",
				      vmb_limit_used(i), vmb_limit_name(i),
				      t->used[i]);
		all &= back;
	}
	return all;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_expect_released);

/**
 * vmb_test_exit() - .exit of a suite: release everything and see that it is
 * @test: the case
 */
void vmb_test_exit(struct kunit *test)
{
	struct vmb_test *t = vmb_test_of(test);
	struct buffer *buffer, *next;

	if (!t)
		return;
	vmb_test_servers_let_go(t);
	vmb_test_jobs_wait(t);
	vmb_test_machines_destroy(t);
	vmb_test_vsps_unregister(t);
	/* What is still in use is better leaked than freed. */
	if (!vmb_test_expect_released(test))
		return;
	vmb_test_machines_free(t);
	vmb_test_vsps_free(t);
	list_for_each_entry_safe(buffer, next, &t->buffers, node)
		kvfree(buffer);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_exit);

/**
 * vmb_test_alloc() - zeroed memory of any size, freed with the case
 * @test: the case
 * @bytes: how much
 * Return: the memory; without any the case ends.
 */
void *vmb_test_alloc(struct kunit *test, size_t bytes)
{
	struct vmb_test *t = vmb_test_of(test);
	struct buffer *buffer = kvzalloc(struct_size(buffer, bytes, bytes),
					 GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	list_add(&buffer->node, &t->buffers);
	return buffer->bytes;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_alloc);

/**
 * vmb_test_text() - a text to compare with
 * @test: the case
 * @fmt: as of printf()
 * Return: the text, valid to the end of the case.
 */
const char *vmb_test_text(struct kunit *test, const char *fmt, ...)
{
	char *text = vmb_test_alloc(test, 256);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, 256, fmt, args);
	va_end(args);
	return text;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_text);

static u8 pattern(u64 seed, u32 i)
{
	return i < 8 ? seed >> (8 * i) : seed * 7 + i * 31 + (i >> 8);
}

/**
 * vmb_test_fill() - write bytes that can be told from others
 * @buf: where to
 * @bytes: how many
 * @seed: a number; the first eight bytes are it, little-endian
 */
void vmb_test_fill(void *buf, u32 bytes, u64 seed)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		((u8 *)buf)[i] = pattern(seed, i);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_fill);

/**
 * vmb_test_filled() - are these the bytes of vmb_test_fill()?
 * @buf: where
 * @bytes: how many
 * @seed: the number
 * Return: true if they are.
 */
bool vmb_test_filled(const void *buf, u32 bytes, u64 seed)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		if (((const u8 *)buf)[i] != pattern(seed, i))
			return false;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_filled);

/**
 * vmb_test_limit_leave() - use a cap up, so that the next ones fail
 * @which: what is capped
 * @left: how many more there may be
 * Return: how many were taken, for vmb_limit_uncharge() before the case ends.
 */
u64 vmb_test_limit_leave(enum vmb_limit which, u64 left)
{
	u64 step = 1ULL << 40, taken = 0;

	for (; step; step >>= 1)
		if (!vmb_limit_charge(which, step))
			taken += step;
	vmb_limit_uncharge(which, min(left, taken));
	return taken - min(left, taken);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_limit_leave);

MODULE_DESCRIPTION("Fixture of the vmbsave suites");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

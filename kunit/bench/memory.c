// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include "bench.h"

/*
 * The kernel's own trace events say what is allocated. Their arguments differ
 * between kernels behind those that are used here, so that they are found by
 * name, and ksize() gives the size. Vmalloc has no event: its pages do.
 */

static struct task_struct *task;
static struct bench_memory counted;
static s64 live;

static void on_alloc(void *data, unsigned long call_site, const void *object)
{
	size_t bytes;

	if (current != task || !object)
		return;
	bytes = ksize(object);
	counted.bytes += bytes;
	live += bytes;
	counted.peak = max_t(s64, counted.peak, live);
}

static void on_free(void *data, unsigned long call_site, const void *object)
{
	if (current == task && object)
		live -= ksize(object);
}

static void on_pages(void *data, struct page *page, unsigned int order)
{
	if (current == task && page)
		counted.pages += 1UL << order;
}

static struct probe {
	const char *name;
	void *call;
	struct tracepoint *point;
} probes[] = {
	{ "kmalloc", on_alloc },
	{ "kmem_cache_alloc", on_alloc },
	{ "kfree", on_free },
	{ "kmem_cache_free", on_free },
	{ "mm_page_alloc", on_pages },
};

static void find_probe(struct tracepoint *point, void *priv)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(probes); i++)
		if (!strcmp(point->name, probes[i].name))
			probes[i].point = point;
}

static void unregister(u32 nr)
{
	while (nr--)
		tracepoint_probe_unregister(probes[nr].point, probes[nr].call, NULL);
	tracepoint_synchronize_unregister();
}

/**
 * bench_memory_begin() - count what this task allocates from now on
 * Return: 0, for bench_memory_end(), or -ENOENT (the kernel has no such events),
 * or what tracepoint_probe_register() returned.
 */
int bench_memory_begin(void)
{
	u32 i;

	for_each_kernel_tracepoint(find_probe, NULL);
	counted = (struct bench_memory) {};
	live = 0;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		int ret = -ENOENT;

		if (probes[i].point)
			ret = tracepoint_probe_register(probes[i].point, probes[i].call, NULL);
		if (ret) {
			unregister(i);
			return ret;
		}
	}
	WRITE_ONCE(task, current);
	return 0;
}

/**
 * bench_memory_end() - undo bench_memory_begin()
 * @memory: set to what was counted
 */
void bench_memory_end(struct bench_memory *memory)
{
	WRITE_ONCE(task, NULL);
	unregister(ARRAY_SIZE(probes));
	*memory = counted;
}

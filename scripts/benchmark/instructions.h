/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BENCHMARK_INSTRUCTIONS_H
#define _BENCHMARK_INSTRUCTIONS_H

/*
 * What is counted, and how callgrind finds it.
 */

#include <stdlib.h>
#include <linux/types.h>

#define PACKETS		1000U

static inline void must(bool condition)
{
	if (!condition)
		abort();
}

/* Whose costs are counted, with all that they call; none is left by a jump. */
#define COUNTED_WITH(name, parameters, call)			\
static __attribute__((noinline, noclone)) void name parameters	\
{								\
	call;							\
	asm volatile("" ::: "memory");				\
}

#define COUNTED(name, call)	COUNTED_WITH(name, (void), call)

/* instructions_wire.c */
void count_wire(void);

#endif /* _BENCHMARK_INSTRUCTIONS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_TEST_H
#define _HOST_TEST_H

/*
 * A small frame for host tests: a program is one array of cases. A case that
 * fails prints one line a failed check; the last line is the result.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/kernel.h>
#include <linux/types.h>

struct test_case {
	const char *name;
	void (*run)(void);
};

#define TEST_CASE(function)	{ .name = #function, .run = function }

/* A loop that goes wrong would print for ever. */
#define TEST_FAILURES_SHOWN	10

static const char *test_current;
static unsigned long test_failures;

static inline __printf(3, 4) void test_fail(const char *file, int line, const char *format, ...)
{
	va_list args;

	if (test_failures++ >= TEST_FAILURES_SHOWN)
		return;

	printf("FAIL %s: %s:%d: ", test_current, file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

#define EXPECT(condition) \
	({ \
		bool _ok = (condition); \
		if (!_ok) \
			test_fail(__FILE__, __LINE__, "%s", #condition); \
		_ok; \
	})

#define EXPECT_EQ(got, want) \
	({ \
		long long _got = (long long)(got), _want = (long long)(want); \
		if (_got != _want) \
			test_fail(__FILE__, __LINE__, \
				  "%s is %lld (0x%llx), not %s = %lld (0x%llx)", \
				  #got, _got, _got, #want, _want, _want); \
		_got == _want; \
	})

#define EXPECT_MEM(got, want, bytes) \
	EXPECT_EQ(test_first_difference(got, want, bytes), (size_t)(bytes))

#define EXPECT_STR(got, want) \
	({ \
		const char *_got = (got), *_want = (want); \
		bool _ok = !strcmp(_got, _want); \
		if (!_ok) \
			test_fail(__FILE__, __LINE__, "%s is \"%s\", not \"%s\"", #got, _got, \
				  _want); \
		_ok; \
	})

/* For what the rest of the case stands on. */
#define ASSERT(condition) \
	do { \
		if (!EXPECT(condition)) \
			return; \
	} while (0)

#define ASSERT_EQ(got, want) \
	do { \
		if (!EXPECT_EQ(got, want)) \
			return; \
	} while (0)

/* Offset of the first byte that differs, @bytes if none does. */
static inline size_t test_first_difference(const void *a, const void *b, size_t bytes)
{
	const u8 *x = a, *y = b;
	size_t i;

	for (i = 0; i < bytes && x[i] == y[i]; i++)
		;

	return i;
}

/* Exactly @bytes, so that the sanitizer sees the first byte beyond. */
static inline void *test_alloc(size_t bytes)
{
	void *memory = malloc(bytes);

	if (!memory && bytes) {
		fprintf(stderr, "no memory for the test\n");
		exit(2);
	}

	if (bytes)
		memset(memory, 0, bytes);
	return memory;
}

/* Reproducible: the same seed gives the same run (splitmix64). */
static inline u64 test_random(u64 *state)
{
	u64 z = (*state += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static inline u32 test_random_below(u64 *state, u32 limit)
{
	return test_random(state) % limit;
}

/* With an argument, runs only the cases whose name contains it. */
static inline int test_main(int argc, char **argv, const struct test_case *cases, size_t count)
{
	unsigned int passed = 0, failed = 0;
	size_t i;

	/* What was said stays said if the program is ended by a sanitizer. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (i = 0; i < count; i++) {
		if (argc > 1 && !strstr(cases[i].name, argv[1]))
			continue;

		test_current = cases[i].name;
		test_failures = 0;
		cases[i].run();
		if (test_failures > TEST_FAILURES_SHOWN)
			printf("FAIL %s: %lu failed checks\n", test_current, test_failures);
		if (test_failures)
			failed++;
		else
			passed++;
	}

	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}

#define TEST_MAIN(cases) \
	int main(int argc, char **argv) \
	{ \
		return test_main(argc, argv, cases, ARRAY_SIZE(cases)); \
	}

#endif /* _HOST_TEST_H */

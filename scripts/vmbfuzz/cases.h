/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_CASES_H
#define _VMBFUZZ_CASES_H

#include <stddef.h>
#include <linux/kernel.h>
#include <linux/types.h>

/*
 * A program of several files of cases. A case that fails prints one line a failed check; the last
 * line of the program is the result.
 */

struct test_case {
	const char *name;
	void (*run)(void);
};

#define TEST_CASE(function)	{ .name = #function, .run = function }

void cases_fail(const char *file, int line, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define EXPECT(condition) \
	({ \
		bool _ok = (condition); \
		if (!_ok) \
			cases_fail(__FILE__, __LINE__, "%s", #condition); \
		_ok; \
	})

#define EXPECT_EQ(got, want) \
	({ \
		long long _got = (long long)(got), _want = (long long)(want); \
		if (_got != _want) \
			cases_fail(__FILE__, __LINE__, "%s is %lld, not %s = %lld", #got, _got, \
				   #want, _want); \
		_got == _want; \
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

/* Called before and after each case. */
void cases_begin(void);
void cases_end(void);

extern const struct test_case bug_cases[], refuse_cases[], look_cases[], state_cases[],
	why_cases[], cap_cases[], secret_cases[];
extern const size_t nr_bug_cases, nr_refuse_cases, nr_look_cases, nr_state_cases, nr_why_cases,
	nr_cap_cases, nr_secret_cases;

#endif /* _VMBFUZZ_CASES_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cases in which /dev/vmbsave is treated badly: bad input, caps, those who may not, and the bugs
 * that others had. With an argument, only cases whose name has it in it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "cases.h"
#include "vm.h"

#define FAILURES_SHOWN	10
#define TIMEOUT_S	850
#define MODPROBE	"/proc/sys/kernel/modprobe"

static const char *current;
static unsigned int failures, passed, failed;

void cases_fail(const char *file, int line, const char *format, ...)
{
	const char *name = strrchr(file, '/');
	va_list args;

	if (failures++ >= FAILURES_SHOWN)
		return;
	printf("FAIL %s: %s:%d: ", current, name ? name + 1 : file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Whatever a case does, nothing is left of it. */
static void run(const struct test_case *cases, size_t nr, const char *only)
{
	size_t i;

	for (i = 0; i < nr; i++) {
		if (only && !strstr(cases[i].name, only))
			continue;
		current = cases[i].name;
		failures = 0;
		cases_begin();
		cases[i].run();
		cases_end();
		EXPECT_EQ(vm_objects_left(), 0);
		if (failures)
			failed++;
		else
			passed++;
	}
}

int main(int argc, char **argv)
{
	const char *only = argc > 1 ? argv[1] : NULL;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(TIMEOUT_S);
	/* Offers of a type that nobody serves start no process. */
	vm_write_text(MODPROBE, "\n");
	run(bug_cases, nr_bug_cases, only);
	run(refuse_cases, nr_refuse_cases, only);
	run(look_cases, nr_look_cases, only);
	run(state_cases, nr_state_cases, only);
	run(why_cases, nr_why_cases, only);
	run(cap_cases, nr_cap_cases, only);
	run(secret_cases, nr_secret_cases, only);
	printf("%u passed, %u failed\n", passed, failed);
	return failed || !passed;
}

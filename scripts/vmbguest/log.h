/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_LOG_H
#define _VMBGUEST_LOG_H

#include <linux/compiler.h>
#include <linux/types.h>

#ifndef __noreturn
#define __noreturn	__attribute__((__noreturn__))
#endif

/* What the program exits with */
#define LEAVE_OK		0
#define LEAVE_FAILED		1	/* the workload came out wrong, or an error */
#define LEAVE_REFUSED		2	/* destination: the stream was refused */
#define LEAVE_UNCONFIRMED	3	/* GO did not arrive, or was not confirmed */

void log_open(const char *summary_path);
void log_at_leave(void (*hook)(int code, const char *reason));
u64 log_now_ms(void);
void say(const char *format, ...) __printf(1, 2);
void note(const char *key, const char *format, ...) __printf(2, 3);
void note_number(const char *key, u64 value);
void __noreturn leave(int code, const char *result, const char *format, ...) __printf(3, 4);

/* An error that nothing here can mend. */
#define die(...)	leave(LEAVE_FAILED, "error", __VA_ARGS__)

#endif /* _VMBGUEST_LOG_H */

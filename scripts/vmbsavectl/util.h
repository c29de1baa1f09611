/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_UTIL_H
#define _VMBSAVECTL_UTIL_H

#include <stddef.h>
#include <linux/compiler.h>
#include <linux/types.h>

#ifndef __noreturn
#define __noreturn	__attribute__((__noreturn__))
#endif

/* What the program exits with; in the manual */
#define EXIT_RIGHT		0	/* right, the same, done */
#define EXIT_WRONG		1	/* damaged, different, refused by the kernel */
#define EXIT_TROUBLE		2	/* could not be tried: no such file or bus */
#define EXIT_TRUNCATED		3	/* the stream ends before its end record */
#define EXIT_UNSUPPORTED	4	/* it takes a newer program */

/* Room for a GUID as text with its NUL */
#define GUID_TEXT	37

typedef void (*last_words_t)(int error, const char *sentence);

void say(const char *format, ...) __printf(1, 2);
void __noreturn die(const char *format, ...) __printf(1, 2);
void __noreturn die_of(int error, const char *format, ...) __printf(2, 3);
void die_by(last_words_t words);
void *xmalloc(size_t bytes);
void *xrealloc(void *memory, size_t bytes);
const char *errno_name(int error);
const char *guid_text(const u8 *guid, char text[GUID_TEXT]);
int exit_code(int error);

#endif /* _VMBSAVECTL_UTIL_H */

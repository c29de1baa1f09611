// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "util.h"

static void say_line(const char *format, va_list args)
{
	/* What was written to stdout stands before it on a terminal. */
	fflush(stdout);
	fputs("vmbsavectl: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

/**
 * say() - a line on stderr
 * @format: one sentence, as for printf
 */
void say(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say_line(format, args);
	va_end(args);
}

static last_words_t last_words;

/**
 * die_by() - who says it instead when nothing can be done
 * @words: called with a negative errno or 0, and the sentence; NULL = nobody
 */
void die_by(last_words_t words)
{
	last_words = words;
}

static void __noreturn die_with(int error, const char *format, va_list args)
{
	last_words_t words = last_words;
	char sentence[512];

	/* If that dies too, it does so in the ordinary way. */
	last_words = NULL;
	if (words) {
		vsnprintf(sentence, sizeof(sentence), format, args);
		words(error, sentence);
	} else {
		say_line(format, args);
	}
	exit(EXIT_TROUBLE);
}

/**
 * die() - say why nothing can be done, and exit with EXIT_TROUBLE
 * @format: one sentence, as for printf
 */
void __noreturn die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	die_with(0, format, args);
}

/**
 * die_of() - the same, of an errno
 * @error: negative errno
 * @format: one sentence, as for printf
 */
void __noreturn die_of(int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	die_with(error, format, args);
}

/**
 * xmalloc() - memory, or the end
 * @bytes: may be 0
 *
 * Return: the memory, never NULL.
 */
void *xmalloc(size_t bytes)
{
	return xrealloc(NULL, bytes);
}

/**
 * xrealloc() - more memory, or the end
 * @memory: of xmalloc(), or NULL
 * @bytes: may be 0
 *
 * Return: the memory, never NULL.
 */
void *xrealloc(void *memory, size_t bytes)
{
	memory = realloc(memory, bytes ?: 1);
	if (!memory)
		die("no memory");
	return memory;
}

/**
 * errno_name() - the symbol of an errno
 * @error: negative errno
 *
 * Return: such as "ENODATA".
 */
const char *errno_name(int error)
{
	return strerrorname_np(-error) ?: "unknown errno";
}

/**
 * guid_text() - a GUID as sysfs shows it
 * @guid: 16 bytes as in memory on VMBus
 * @text: filled
 *
 * Return: @text.
 */
const char *guid_text(const u8 *guid, char text[GUID_TEXT])
{
	static const u8 order[16] = { 3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15 };
	char *to = text;
	int i;

	for (i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*to++ = '-';
		to += sprintf(to, "%02x", guid[order[i]]);
	}
	return text;
}

/**
 * exit_code() - what to exit with
 * @error: why the stream is refused, a negative errno, or 0
 *
 * Return: EXIT_*.
 */
int exit_code(int error)
{
	switch (error) {
	case 0:
		return EXIT_RIGHT;
	case -ENODATA:
		return EXIT_TRUNCATED;
	case -EPROTONOSUPPORT:
	case -EOPNOTSUPP:
	case -EMSGSIZE:
		return EXIT_UNSUPPORTED;
	default:
		return EXIT_WRONG;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output for people: labels and values in two columns, colours on a terminal.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/minmax.h>
#include "output.h"

#define LABEL_COLUMNS	19
#define BYTES_A_LINE	16U

static const char * const colours[] = {
	[COLOUR_TITLE] = "\033[1m",
	[COLOUR_GOOD] = "\033[32m",
	[COLOUR_BAD] = "\033[31m",
};

/* A terminal that can, and nobody who has asked for none (no-color.org). */
static bool is_coloured(void)
{
	static int coloured = -1;
	const char *term, *none;

	if (coloured < 0) {
		term = getenv("TERM");
		none = getenv("NO_COLOR");
		coloured = isatty(STDOUT_FILENO) && term && *term && !(none && *none);
	}
	return coloured;
}

static void coloured_line(enum colour colour, const char *format, va_list args)
{
	if (is_coloured())
		fputs(colours[colour], stdout);
	vprintf(format, args);
	if (is_coloured())
		fputs("\033[0m", stdout);
	putchar('\n');
}

/**
 * text_title() - what the lines that follow are about
 * @format: as for printf
 */
void text_title(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	coloured_line(COLOUR_TITLE, format, args);
	va_end(args);
}

/**
 * text_verdict() - a line that is good or bad news
 * @colour: which
 * @format: as for printf
 */
void text_verdict(enum colour colour, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	coloured_line(colour, format, args);
	va_end(args);
}

/**
 * text_field() - a label and a value
 * @label: in the first column
 * @format: as for printf
 */
void text_field(const char *label, const char *format, ...)
{
	va_list args;

	printf("  %-*s ", LABEL_COLUMNS, label);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/**
 * text_bytes() - bytes, in hexadecimal and as far as they are letters
 * @data: the bytes
 * @bytes: how many
 */
void text_bytes(const u8 *data, u32 bytes)
{
	u32 at, i, n;

	for (at = 0; at < bytes; at += n) {
		n = min(bytes - at, BYTES_A_LINE);
		printf("    %06x ", at);
		for (i = 0; i < BYTES_A_LINE; i++)
			i < n ? printf(" %02x", data[at + i]) : printf("   ");
		printf("  ");
		for (i = 0; i < n; i++)
			putchar(data[at + i] > 31 && data[at + i] < 127 ? data[at + i] : '.');
		putchar('\n');
	}
}

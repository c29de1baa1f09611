// SPDX-License-Identifier: GPL-2.0-only
/*
 * Output for programs: one JSON document, written as it comes, so that
 * a stream of any length takes no memory. Keys are given in objects, NULL in
 * arrays and for the document itself.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yajl/yajl_gen.h>
#include "output.h"
#include "util.h"

#define DEPTH_MAX	16

static yajl_gen gen;
static FILE *output;
static bool in_array[DEPTH_MAX];
static unsigned int depth;

static void print(void *unused, const char *text, size_t bytes)
{
	(void)unused;
	/* A full disk shows when stdout is closed. */
	fwrite(text, 1, bytes, output ?: stdout);
}

static void expect(yajl_gen_status status)
{
	if (status != yajl_gen_status_ok)
		die("cannot write JSON (%d)", status);
}

/* A name of a file may be any bytes; what is not UTF-8 loses what is not ASCII. */
static void put_string(const char *text)
{
	yajl_gen_status status;
	char *copy, *p;

	status = yajl_gen_string(gen, (const unsigned char *)text, strlen(text));
	if (status != yajl_gen_invalid_string) {
		expect(status);
		return;
	}
	copy = strcpy(xmalloc(strlen(text) + 1), text);
	for (p = copy; *p; p++)
		if (*p & 0x80)
			*p = '?';
	expect(yajl_gen_string(gen, (const unsigned char *)copy, strlen(copy)));
	free(copy);
}

static void put_key(const char *key)
{
	if (key)
		put_string(key);
}

static void enter(bool array)
{
	if (++depth >= DEPTH_MAX)
		die("JSON is nested too deeply");
	in_array[depth] = array;
}

/**
 * json_to() - where the document goes
 * @file: instead of to stdout
 */
void json_to(FILE *file)
{
	output = file;
}

/**
 * json_begin() - begin the document, an object
 */
void json_begin(void)
{
	gen = yajl_gen_alloc(NULL);
	if (!gen)
		die("no memory");
	yajl_gen_config(gen, yajl_gen_print_callback, print, NULL);
	yajl_gen_config(gen, yajl_gen_beautify, 1);
	yajl_gen_config(gen, yajl_gen_indent_string, "  ");
	yajl_gen_config(gen, yajl_gen_validate_utf8, 1);
	json_object(NULL);
}

/**
 * json_end() - end the document
 */
void json_end(void)
{
	while (depth)
		json_close();
	yajl_gen_free(gen);
	gen = NULL;
}

/**
 * json_object() - begin an object
 * @key: or NULL
 */
void json_object(const char *key)
{
	put_key(key);
	expect(yajl_gen_map_open(gen));
	enter(false);
}

/**
 * json_array() - begin an array
 * @key: or NULL
 */
void json_array(const char *key)
{
	put_key(key);
	expect(yajl_gen_array_open(gen));
	enter(true);
}

/**
 * json_close() - end the object or array that was begun last
 */
void json_close(void)
{
	expect(in_array[depth--] ? yajl_gen_array_close(gen) : yajl_gen_map_close(gen));
}

/**
 * json_string() - a string
 * @key: or NULL
 * @value: UTF-8
 */
void json_string(const char *key, const char *value)
{
	put_key(key);
	put_string(value);
}

/**
 * json_number() - a number
 * @key: or NULL
 * @value: all 64 bits are written
 */
void json_number(const char *key, u64 value)
{
	char text[24];

	put_key(key);
	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	expect(yajl_gen_number(gen, text, strlen(text)));
}

/**
 * json_bool() - true or false
 * @key: or NULL
 * @value: which
 */
void json_bool(const char *key, bool value)
{
	put_key(key);
	expect(yajl_gen_bool(gen, value));
}

/**
 * json_hex() - bytes, as a string of two digits each
 * @key: or NULL
 * @data: the bytes
 * @bytes: how many
 */
void json_hex(const char *key, const u8 *data, u32 bytes)
{
	char *text = xmalloc(2 * (size_t)bytes + 1);
	u32 i;

	text[0] = '\0';
	for (i = 0; i < bytes; i++)
		sprintf(text + 2 * (size_t)i, "%02x", data[i]);
	json_string(key, text);
	free(text);
}

/**
 * json_format() - a string of several parts
 * @key: or NULL
 * @format: as for printf; at most 255 bytes come out
 */
void json_format(const char *key, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	json_string(key, text);
}

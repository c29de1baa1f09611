/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_OUTPUT_H
#define _VMBSAVECTL_OUTPUT_H

#include <stdio.h>
#include <linux/compiler.h>
#include <linux/types.h>

enum colour {
	COLOUR_TITLE,
	COLOUR_GOOD,
	COLOUR_BAD,
};

void text_title(const char *format, ...) __printf(1, 2);
void text_verdict(enum colour colour, const char *format, ...) __printf(2, 3);
void text_field(const char *label, const char *format, ...) __printf(2, 3);
void text_bytes(const u8 *data, u32 bytes);

void json_to(FILE *file);
void json_begin(void);
void json_end(void);
void json_object(const char *key);
void json_array(const char *key);
void json_close(void);
void json_string(const char *key, const char *value);
void json_number(const char *key, u64 value);
void json_bool(const char *key, bool value);
void json_hex(const char *key, const u8 *data, u32 bytes);
void json_format(const char *key, const char *format, ...) __printf(2, 3);

#endif /* _VMBSAVECTL_OUTPUT_H */

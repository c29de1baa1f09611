// SPDX-License-Identifier: GPL-2.0-only
/*
 * The C library picks its memcpy() by the processor, and the number of
 * instructions with it. These take as many everywhere.
 */
#include <stddef.h>
#include <linux/types.h>

typedef u64 __attribute__((may_alias, aligned(1))) word_t;

void *memcpy(void *to, const void *from, size_t bytes)
{
	const unsigned char *f = from;
	unsigned char *t = to;

	for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
		*(word_t *)t = *(const word_t *)f;
		t += sizeof(word_t);
		f += sizeof(word_t);
	}
	while (bytes--)
		*t++ = *f++;
	return to;
}

void *memset(void *to, int value, size_t bytes)
{
	const u64 word = 0x0101010101010101ULL * (unsigned char)value;
	unsigned char *t = to;

	for (; bytes >= sizeof(word_t); bytes -= sizeof(word_t)) {
		*(word_t *)t = word;
		t += sizeof(word_t);
	}
	while (bytes--)
		*t++ = value;
	return to;
}

int memcmp(const void *a, const void *b, size_t bytes)
{
	const unsigned char *x = a, *y = b;

	for (; bytes; bytes--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_STRING_H
#define _KSHIM_LINUX_STRING_H

#include <string.h>
#include <linux/types.h>

static inline void *memchr_inv(const void *start, int c, size_t bytes)
{
	const u8 *p = start;
	size_t i;

	for (i = 0; i < bytes; i++)
		if (p[i] != (u8)c)
			return (void *)&p[i];

	return NULL;
}

static inline bool mem_is_zero(const void *start, size_t bytes)
{
	return !memchr_inv(start, 0, bytes);
}

static inline ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t length = strnlen(from, size);

	if (!size)
		return -7; /* -E2BIG */

	memcpy(to, from, length == size ? size - 1 : length);
	to[length == size ? size - 1 : length] = '\0';
	return length == size ? -7 : (ssize_t)length;
}

#define strtomem_pad(to, from, pad) \
	({ \
		size_t _length = strnlen(from, sizeof(to)); \
		memset(to, pad, sizeof(to)); \
		memcpy(to, from, _length); \
	})

#endif /* _KSHIM_LINUX_STRING_H */

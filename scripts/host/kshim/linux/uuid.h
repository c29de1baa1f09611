/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_UUID_H
#define _KSHIM_LINUX_UUID_H

#include <string.h>
#include <linux/types.h>

#define UUID_SIZE		16
#define UUID_STRING_LEN		36

typedef struct {
	__u8 b[UUID_SIZE];
} guid_t;

typedef struct {
	__u8 b[UUID_SIZE];
} uuid_t;

/* Mixed endian, as Windows writes a GUID. */
#define GUID_INIT(a, b, c, d0, d1, d2, d3, d4, d5, d6, d7) \
	((guid_t){ { \
		(a) & 0xff, ((a) >> 8) & 0xff, ((a) >> 16) & 0xff, ((a) >> 24) & 0xff, \
		(b) & 0xff, ((b) >> 8) & 0xff, (c) & 0xff, ((c) >> 8) & 0xff, \
		(d0), (d1), (d2), (d3), (d4), (d5), (d6), (d7) } })

static const guid_t guid_null __attribute__((__unused__));

static inline bool guid_equal(const guid_t *a, const guid_t *b)
{
	return !memcmp(a, b, sizeof(*a));
}

static inline void guid_copy(guid_t *to, const guid_t *from)
{
	memcpy(to, from, sizeof(*to));
}

static inline bool guid_is_null(const guid_t *guid)
{
	return guid_equal(guid, &guid_null);
}

static inline void import_guid(guid_t *to, const __u8 *from)
{
	memcpy(to, from, sizeof(*to));
}

static inline void export_guid(__u8 *to, const guid_t *from)
{
	memcpy(to, from, sizeof(*from));
}

#endif /* _KSHIM_LINUX_UUID_H */

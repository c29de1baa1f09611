/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_XXHASH_H
#define _KSHIM_LINUX_XXHASH_H

#include <linux/types.h>

/* The library spells an attribute with the kernel's keyword in it. */
#pragma push_macro("fallthrough")
#undef fallthrough
#define XXH_INLINE_ALL
#include <xxhash.h>
#pragma pop_macro("fallthrough")

static inline u64 xxh64(const void *input, size_t length, u64 seed)
{
	return XXH64(input, length, seed);
}

struct xxh64_state {
	XXH64_state_t state;
};

static inline void xxh64_reset(struct xxh64_state *state, u64 seed)
{
	XXH64_reset(&state->state, seed);
}

static inline int xxh64_update(struct xxh64_state *state, const void *input, size_t length)
{
	return XXH64_update(&state->state, input, length) == XXH_OK ? 0 : -22; /* -EINVAL */
}

static inline u64 xxh64_digest(const struct xxh64_state *state)
{
	return XXH64_digest(&state->state);
}

static inline void xxh64_copy_state(struct xxh64_state *to, const struct xxh64_state *from)
{
	*to = *from;
}

#endif /* _KSHIM_LINUX_XXHASH_H */

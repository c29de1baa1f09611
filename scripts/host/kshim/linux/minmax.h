/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_MINMAX_H
#define _KSHIM_LINUX_MINMAX_H

#include <linux/build_bug.h>

/* As in the kernel, operands of two types are a mistake. */
#define KSHIM_SAME_TYPE(a, b) \
	_Static_assert(__builtin_types_compatible_p(__typeof__((a) + 0), __typeof__((b) + 0)), \
		       "min/max of two types")

#define min(a, b) \
	({ \
		__typeof__((a) + 0) _min_a = (a); \
		__typeof__((b) + 0) _min_b = (b); \
		KSHIM_SAME_TYPE(a, b); \
		_min_a < _min_b ? _min_a : _min_b; \
	})

#define max(a, b) \
	({ \
		__typeof__((a) + 0) _max_a = (a); \
		__typeof__((b) + 0) _max_b = (b); \
		KSHIM_SAME_TYPE(a, b); \
		_max_a > _max_b ? _max_a : _max_b; \
	})

#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp(val, lo, hi)	min(max(val, lo), hi)
#define clamp_t(type, val, lo, hi)	clamp((type)(val), (type)(lo), (type)(hi))

#endif /* _KSHIM_LINUX_MINMAX_H */

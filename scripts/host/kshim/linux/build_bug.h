/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_BUILD_BUG_H
#define _KSHIM_LINUX_BUILD_BUG_H

#include <assert.h>

#undef static_assert
#define static_assert(expr, ...)	KSHIM_STATIC_ASSERT(expr, ##__VA_ARGS__, #expr)
#define KSHIM_STATIC_ASSERT(expr, msg, ...)	_Static_assert(expr, msg)

#define BUILD_BUG_ON(condition)		_Static_assert(!(condition), #condition)
#define BUILD_BUG_ON_MSG(condition, msg)	_Static_assert(!(condition), msg)

#endif /* _KSHIM_LINUX_BUILD_BUG_H */

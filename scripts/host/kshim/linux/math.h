/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_MATH_H
#define _KSHIM_LINUX_MATH_H

#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define DIV_ROUND_UP_ULL(n, d)	DIV_ROUND_UP((unsigned long long)(n), (unsigned long long)(d))
#define round_up(x, y)		((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))

#endif /* _KSHIM_LINUX_MATH_H */

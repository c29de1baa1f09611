/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_UNALIGNED_H
#define _KSHIM_LINUX_UNALIGNED_H

#include <string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#define get_unaligned(ptr) \
	({ \
		__typeof__(*(ptr)) _value; \
		memcpy(&_value, ptr, sizeof(_value)); \
		_value; \
	})

#define put_unaligned(value, ptr) \
	({ \
		__typeof__(*(ptr)) _value = (value); \
		memcpy(ptr, &_value, sizeof(_value)); \
	})

#endif /* _KSHIM_LINUX_UNALIGNED_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_ASM_BYTEORDER_H
#define _KSHIM_ASM_BYTEORDER_H

#include <endian.h>
#include_next <asm/byteorder.h>
#include <linux/types.h>

#define cpu_to_le16(x)		((__force __le16)htole16(x))
#define cpu_to_le32(x)		((__force __le32)htole32(x))
#define cpu_to_le64(x)		((__force __le64)htole64(x))
#define le16_to_cpu(x)		le16toh((__force u16)(__le16)(x))
#define le32_to_cpu(x)		le32toh((__force u32)(__le32)(x))
#define le64_to_cpu(x)		le64toh((__force u64)(__le64)(x))

static inline void le64_add_cpu(__le64 *value, u64 more)
{
	*value = cpu_to_le64(le64_to_cpu(*value) + more);
}

#endif /* _KSHIM_ASM_BYTEORDER_H */

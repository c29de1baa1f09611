/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_LINUX_STDDEF_H
#define _KSHIM_LINUX_STDDEF_H

#include <stddef.h>
#include_next <linux/stddef.h>

#ifndef sizeof_field
#define sizeof_field(type, member)	sizeof(((type *)0)->member)
#endif
#ifndef offsetofend
#define offsetofend(type, member)	(offsetof(type, member) + sizeof_field(type, member))
#endif
#ifndef struct_group
#define struct_group(name, ...)	\
	__struct_group(/* no tag */, name, /* no attrs */, __VA_ARGS__)
#endif
#ifndef DECLARE_FLEX_ARRAY
#define DECLARE_FLEX_ARRAY(type, name)	__DECLARE_FLEX_ARRAY(type, name)
#endif

#endif /* _KSHIM_LINUX_STDDEF_H */

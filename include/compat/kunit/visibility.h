/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _COMPAT_KUNIT_VISIBILITY_H
#define _COMPAT_KUNIT_VISIBILITY_H

#include <linux/version.h>

#include_next <kunit/visibility.h>

/* As for VMBSAVE_NS: until 6.13 the import macro turns the token into a string. */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define VMB_KUNIT_NS	EXPORTED_FOR_KUNIT_TESTING
#else
#define VMB_KUNIT_NS	"EXPORTED_FOR_KUNIT_TESTING"
#endif

#endif /* _COMPAT_KUNIT_VISIBILITY_H */

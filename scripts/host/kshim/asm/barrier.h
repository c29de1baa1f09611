/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _KSHIM_ASM_BARRIER_H
#define _KSHIM_ASM_BARRIER_H

#include <linux/compiler.h>

#define virt_mb()		__atomic_thread_fence(__ATOMIC_SEQ_CST)
#define virt_rmb()		__atomic_thread_fence(__ATOMIC_ACQUIRE)
#define virt_wmb()		__atomic_thread_fence(__ATOMIC_RELEASE)

#define virt_load_acquire(ptr)	__atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define virt_store_release(ptr, value)	__atomic_store_n(ptr, value, __ATOMIC_RELEASE)

#endif /* _KSHIM_ASM_BARRIER_H */

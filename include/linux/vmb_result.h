/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_RESULT_H
#define _LINUX_VMB_RESULT_H

/**
 * define VMB_MORE - progress was made, call again
 *
 * Calls that work in steps answer 0 when all is done, %VMB_MORE when the same
 * call must follow once more, or a negative errno. It stands for two statuses
 * of Windows: STATUS_BUFFER_OVERFLOW where bytes are handed out,
 * STATUS_MORE_PROCESSING_REQUIRED where bytes are taken in. It is no errno and
 * must not reach user space.
 */
#define VMB_MORE	1

#endif /* _LINUX_VMB_RESULT_H */

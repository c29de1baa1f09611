/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_ENDS_H
#define _VMB_KUNIT_ENDS_H

#include "line.h"

#define VMB_TEST_NR_ENDS 4

/**
 * struct vmb_test_end - a way in which a channel ceases to be open
 * @name: for people
 * @end: does it; the channel is open and its bus runs
 * @gone: the channel is gone afterwards
 */
struct vmb_test_end {
	const char *name;
	int (*end)(struct vmb_test_line *line);
	bool gone;
};

extern const struct vmb_test_end vmb_test_ends[VMB_TEST_NR_ENDS];

#endif /* _VMB_KUNIT_ENDS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_HOSTILE_H
#define _VMB_KUNIT_HOSTILE_H

#include "helpers.h"
#include "parts.h"
#include "scene.h"

/**
 * enum vmb_test_path - how a stream is restored
 * @VMB_TEST_BY_BUS: both channels, on the bus's session
 * @VMB_TEST_BY_CHANNEL: the first one, by vmb_channel_restore_from_buffer()
 */
enum vmb_test_path {
	VMB_TEST_BY_BUS,
	VMB_TEST_BY_CHANNEL,
};

/**
 * struct vmb_test_hostile - a destination that is given damaged streams
 * @test: the case
 * @path: how
 * @mirror: the destination
 * @piece: bytes of each write
 * @image: the good stream, with a stream id of 1
 * @parts: its records
 * @work: the damaged one; as much room as may be needed
 * @saved: what was saved last
 * @before: what the destination saves as long as nothing was restored
 * @nr_refused: streams that were refused
 * @nr_restored: streams that were restored and saved the same again
 * @nr_wrong: others
 */
struct vmb_test_hostile {
	struct kunit *test;
	enum vmb_test_path path;
	struct vmb_test_mirror *mirror;
	u32 piece;
	struct vmb_test_stream *image;
	struct vmb_test_parts parts;
	struct vmb_test_stream *work;
	struct vmb_test_stream *saved;
	struct vmb_test_stream *before;
	u32 nr_refused;
	u32 nr_restored;
	u32 nr_wrong;
};

/**
 * enum vmb_test_look - how much is looked at after a refusal
 * @VMB_TEST_LOOK_BRIEFLY: error, text, counters
 * @VMB_TEST_LOOK_AT_SAVE: and what the destination saves is as before
 * @VMB_TEST_LOOK_AT_ALL: and the good image is restored after it
 */
enum vmb_test_look {
	VMB_TEST_LOOK_BRIEFLY,
	VMB_TEST_LOOK_AT_SAVE,
	VMB_TEST_LOOK_AT_ALL,
};

struct vmb_test_hostile *vmb_test_hostile_create(struct kunit *test,
						 enum vmb_test_path path);
void vmb_test_hostile_begin(struct vmb_test_hostile *h);
bool vmb_test_hostile_try(struct vmb_test_hostile *h, enum vmb_test_look look,
			  const char *what, u32 a, u32 b);
bool vmb_test_hostile_damaged(struct vmb_test_hostile *h);
void vmb_test_hostile_report(struct vmb_test_hostile *h);

#endif /* _VMB_KUNIT_HOSTILE_H */

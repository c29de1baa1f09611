/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_PARTS_H
#define _VMB_KUNIT_PARTS_H

#include "stream.h"

/* Records that the helpers hold */
#define VMB_TEST_PARTS_MAX	32

/**
 * struct vmb_test_part - a record, taken out of its chunks
 * @type: VMBSAVE_RECORD_*
 * @flags: VMBSAVE_RECORD_OPTIONAL or 0
 * @bytes: length of @data
 * @data: the payload
 */
struct vmb_test_part {
	u16 type;
	u16 flags;
	u32 bytes;
	u8 *data;
};

/**
 * struct vmb_test_parts - a stream as its records, to be put together otherwise
 * @stream_id: of the stream
 * @nr: how many
 * @part: the records
 */
struct vmb_test_parts {
	__le64 stream_id;
	u32 nr;
	struct vmb_test_part part[VMB_TEST_PARTS_MAX];
};

void vmb_test_parts_split(const struct vmb_test_stream *stream,
			  struct vmb_test_parts *parts);
void vmb_test_parts_join(const struct vmb_test_parts *parts,
			 struct vmb_test_stream *stream);
void vmb_test_parts_recount(struct vmb_test_parts *parts);

void vmb_test_parts_remove(struct vmb_test_parts *parts, u32 i);
void vmb_test_parts_duplicate(struct vmb_test_parts *parts, u32 i);

#endif /* _VMB_KUNIT_PARTS_H */

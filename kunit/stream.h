/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_STREAM_H
#define _VMB_KUNIT_STREAM_H

#include <linux/types.h>

struct kunit;
struct vmb_channel;
struct vmb_restore;
struct vmb_test_machine;

/* Longest stream that the helpers hold */
#define VMB_TEST_STREAM_MAX	(8U << 20)

/**
 * struct vmb_test_stream - what a save gave
 * @test: the case
 * @data: the bytes
 * @bytes: how many
 * @room: how many @data can take
 */
struct vmb_test_stream {
	struct kunit *test;
	u8 *data;
	u32 bytes;
	u32 room;
};

struct vmb_test_stream *vmb_test_stream_create(struct kunit *test);
struct vmb_test_stream *vmb_test_stream_copy(const struct vmb_test_stream *from);
u32 vmb_test_stream_unit(const struct vmb_test_stream *stream, u32 at);
u32 vmb_test_stream_units(const struct vmb_test_stream *stream);
void vmb_test_stream_repair(struct vmb_test_stream *stream, bool chain_too);
bool vmb_test_stream_same(const struct vmb_test_stream *a,
			  const struct vmb_test_stream *b);
void *vmb_test_stream_find(struct vmb_test_stream *stream, u16 type, u32 nth);

void vmb_test_stream_expect_readable(struct kunit *test,
				     const struct vmb_test_stream *stream);
int vmb_test_save_channel(struct vmb_channel *channel, u32 size,
			  struct vmb_test_stream *stream);
int vmb_test_restore_channel(struct vmb_channel *channel,
			     const struct vmb_test_stream *stream, u32 units);
int vmb_test_save_bus(struct vmb_test_machine *machine, u32 piece,
		      struct vmb_test_stream *stream);
int vmb_test_write_bytes(struct vmb_restore *restore, const void *data, u32 bytes);
int vmb_test_write_data(struct vmb_restore *restore,
			const struct vmb_test_stream *stream, u32 piece);
int vmb_test_write_bus(struct vmb_test_machine *machine,
		       const struct vmb_test_stream *stream, u32 piece);
int vmb_test_restore_bus(struct vmb_test_machine *machine,
			 const struct vmb_test_stream *stream, u32 piece);

#endif /* _VMB_KUNIT_STREAM_H */

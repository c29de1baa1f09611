/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_RING_PAIR_H
#define _HOST_RING_PAIR_H

/*
 * Fixture: a ring in memory of its own, with both ends attached.
 */

#include <linux/errno.h>
#include <linux/limits.h>
#include "wire/descriptor.h"
#include "wire/ring.h"
#include "test.h"

/* Of the rings in most cases. */
#define SIZE	4096U

/* Indices that no ring of SIZE bytes can have. */
static const u32 __maybe_unused bad_indices[] = {
	1, 2, 4, 7, 12, SIZE - 12, SIZE - 4, SIZE - 1, SIZE, SIZE + 8,
	0x80000000, U32_MAX - 7, U32_MAX,
};

struct ring_pair {
	struct vmb_ring_control *control;
	u8 *data;
	u32 size;
	struct vmb_ring producer;
	struct vmb_ring consumer;
};

static inline void pair_attach(struct ring_pair *pair)
{
	if (vmb_ring_attach(&pair->producer, pair->control, pair->data, pair->size, true) ||
	    vmb_ring_attach(&pair->consumer, pair->control, pair->data, pair->size, false))
		abort();
}

/* Both ends at @start; the data is not zero, so that padding shows. */
static inline struct ring_pair pair_new(u32 size, u32 start)
{
	struct ring_pair pair = { .size = size };

	pair.control = test_alloc(sizeof(*pair.control));
	pair.data = test_alloc(size);
	memset(pair.data, 0xee, size);
	pair.control->write_index = cpu_to_le32(start);
	pair.control->read_index = cpu_to_le32(start);
	pair_attach(&pair);
	vmb_ring_set_features(&pair.producer);
	return pair;
}

static inline void pair_free(struct ring_pair *pair)
{
	free(pair->control);
	free(pair->data);
}

static inline void set_write(struct ring_pair *pair, u32 index)
{
	pair->control->write_index = cpu_to_le32(index);
}

static inline void set_read(struct ring_pair *pair, u32 index)
{
	pair->control->read_index = cpu_to_le32(index);
}

/* The 8 bytes at a ring offset, which never wrap. */
static inline __le64 *word_at(struct ring_pair *pair, u32 offset)
{
	return (__le64 *)(pair->data + offset % pair->size);
}

/* All that the two ends share. */
struct snapshot {
	struct vmb_ring_control control;
	u8 data[SIZE];
	struct vmb_ring producer, consumer;
};

static inline struct snapshot *snapshot_take(const struct ring_pair *pair)
{
	struct snapshot *snapshot = test_alloc(sizeof(*snapshot));

	snapshot->control = *pair->control;
	memcpy(snapshot->data, pair->data, SIZE);
	snapshot->producer = pair->producer;
	snapshot->consumer = pair->consumer;
	return snapshot;
}

static inline void expect_unchanged(const struct ring_pair *pair, struct snapshot *before)
{
	struct snapshot *now = snapshot_take(pair);

	EXPECT_MEM(now, before, sizeof(*now));
	free(now);
	free(before);
}

/* Bytes of a payload that a sequence number fixes. */
static inline void pattern_fill(u8 *payload, u32 bytes, u64 sequence)
{
	u32 i;

	for (i = 0; i < bytes; i++)
		payload[i] = (sequence * 0x9d + i * 31 + (sequence >> 8)) ^ 0xa5;
}

static inline struct vmb_ring_packet inband(u64 id, const void *payload, u32 bytes)
{
	return (struct vmb_ring_packet){
		.type = VMB_PACKET_DATA_INBAND,
		.flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = id,
		.payload = payload,
		.payload_len = bytes,
	};
}

/* A packet that takes @need bytes of the ring, of which 24 are overhead. */
static inline int pair_put(struct ring_pair *pair, u64 id, u32 need, bool *signal)
{
	u8 *payload = test_alloc(need - 24);
	struct vmb_ring_packet packet = inband(id, payload, need - 24);
	int err;

	pattern_fill(payload, need - 24, id);
	err = vmb_ring_write(&pair->producer, &packet, signal);
	free(payload);
	return err;
}

/* Reads the next packet, which must be the one that pair_put() wrote. */
static inline bool pair_get(struct ring_pair *pair, u64 id, u32 need)
{
	u8 *buf = test_alloc(need - 8);
	u8 *want = test_alloc(need - 24);
	struct vmb_descriptor_view view;
	u32 bytes = 0;
	bool ok;

	pattern_fill(want, need - 24, id);
	ok = EXPECT_EQ(vmb_ring_read(&pair->consumer, buf, need - 8, &bytes), 0) &&
	     EXPECT_EQ(bytes, need - 8) &&
	     EXPECT_EQ(vmb_descriptor_parse(buf, bytes, &view), 0) &&
	     EXPECT_EQ(view.transaction_id, id) &&
	     EXPECT_MEM(view.payload, want, need - 24);
	free(want);
	free(buf);
	return ok;
}

#endif /* _HOST_RING_PAIR_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BENCHMARK_ONE_CHANNEL_H
#define _BENCHMARK_ONE_CHANNEL_H

/*
 * What a stream begins with that has packets of one channel, and how much a
 * reader of it allows.
 */

#include <linux/types.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "stream/read.h"
#include "stream/write.h"

#define ONE_CHANNEL_PAGES	4

struct one_channel {
	struct vmbsave_manifest manifest;
	struct vmbsave_manifest_entry entry;
	struct vmbsave_channel channel;
	struct vmbsave_gpadl gpadl;
	__le64 pfns[ONE_CHANNEL_PAGES];
};

static const struct vmb_stream_limits one_channel_limits = {
	.channels = 16, .packet_bytes = 4096, .vsp_bytes = 1U << 20, .gpadl_pages = 4096,
	.state_bytes = 1U << 20,
};

static inline void one_channel_fill(struct one_channel *one, u32 packets)
{
	u32 i;

	one->manifest = (struct vmbsave_manifest){
		.nr_channels = cpu_to_le32(1),
		.entry_bytes = cpu_to_le32(sizeof(struct vmbsave_manifest_entry)),
		.nr_packets = cpu_to_le64(packets),
	};
	one->entry = (struct vmbsave_manifest_entry){
		.type = { 1 }, .instance = { 1 },
		.nr_gpadls = cpu_to_le32(1),
		.nr_packets = cpu_to_le64(packets),
	};
	one->channel = (struct vmbsave_channel){
		.type = { 1 }, .instance = { 1 },
		.state = cpu_to_le32(VMBSAVE_CHANNEL_ACTIVE),
		.max_packet_bytes = cpu_to_le32(16),
		.next_transaction_id = cpu_to_le64(1 + (u64)packets),
		.ring_gpadl = cpu_to_le32(1),
		.ring_downstream_page = cpu_to_le32(ONE_CHANNEL_PAGES / 2),
	};
	one->gpadl = (struct vmbsave_gpadl){
		.id = cpu_to_le32(1),
		.byte_count = cpu_to_le32(ONE_CHANNEL_PAGES * 4096),
	};
	for (i = 0; i < ONE_CHANNEL_PAGES; i++)
		one->pfns[i] = cpu_to_le64(1 + i);
}

typedef void (*one_channel_put_t)(struct vmb_stream_writer *writer, u16 type,
				  const struct vmb_stream_segment *segments, u32 nr);

static inline void one_channel_put(struct vmb_stream_writer *writer, const struct one_channel *one,
				   one_channel_put_t put)
{
	const struct vmb_stream_segment manifest[] = {
		{ &one->manifest, sizeof(one->manifest) }, { &one->entry, sizeof(one->entry) },
	};
	const struct vmb_stream_segment channel = { &one->channel, sizeof(one->channel) };
	const struct vmb_stream_segment gpadl[] = {
		{ &one->gpadl, sizeof(one->gpadl) }, { one->pfns, sizeof(one->pfns) },
	};

	put(writer, VMBSAVE_RECORD_MANIFEST, manifest, 2);
	put(writer, VMBSAVE_RECORD_CHANNEL, &channel, 1);
	put(writer, VMBSAVE_RECORD_GPADL, gpadl, 2);
}

#endif /* _BENCHMARK_ONE_CHANNEL_H */

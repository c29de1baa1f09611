/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_STREAM_SCENE_H
#define _HOST_STREAM_SCENE_H

/*
 * A checker and the records of one channel, to feed it one by one.
 */
#include "stream_image.h"

#define WAIT	VMBSAVE_PACKET_WAIT_FOR_COMPLETION

/* One channel and its records, as they will be fed. */
struct scene {
	struct vmb_stream_order order;
	struct {
		struct vmbsave_manifest head;
		struct vmbsave_manifest_entry entry[2];
	} manifest;
	struct vmbsave_channel channel;
	struct {
		struct vmbsave_gpadl head;
		__le64 pfn[16];
	} gpadl;
};

/* An active channel with rings of 2 and 3 pages of data in GPADL 1. */
static inline void scene_open(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	vmb_stream_order_init(&s->order, &image_limits);
	s->manifest.head.nr_channels = cpu_to_le32(1);
	s->manifest.head.entry_bytes = cpu_to_le32(64);
	s->manifest.entry[0].nr_gpadls = cpu_to_le32(1);
	s->channel.state = cpu_to_le32(VMBSAVE_CHANNEL_ACTIVE);
	s->channel.max_packet_bytes = cpu_to_le32(100);
	s->channel.next_transaction_id = cpu_to_le64(50);
	s->channel.ring_gpadl = cpu_to_le32(1);
	s->channel.ring_downstream_page = cpu_to_le32(3);
	s->gpadl.head.id = cpu_to_le32(1);
	s->gpadl.head.byte_count = cpu_to_le32(7 * 4096);
}

static inline void scene_closed(struct scene *s)
{
	scene_open(s);
	s->manifest.entry[0].nr_gpadls = 0;
	s->channel.state = cpu_to_le32(VMBSAVE_CHANNEL_STOPPED);
	s->channel.ring_gpadl = 0;
	s->channel.ring_downstream_page = 0;
}

static inline void scene_counts(struct scene *s, u64 packets, u64 completions)
{
	s->manifest.head.nr_packets = cpu_to_le64(packets);
	s->manifest.head.nr_completions = cpu_to_le64(completions);
	s->manifest.entry[0].nr_packets = cpu_to_le64(packets);
	s->manifest.entry[0].nr_completions = cpu_to_le64(completions);
}

static inline int feed_manifest(struct scene *s)
{
	return vmb_stream_check_record(&s->order, VMBSAVE_RECORD_MANIFEST, &s->manifest,
				       32 + 64 * le32_to_cpu(s->manifest.head.nr_channels));
}

static inline int feed_channel(struct scene *s)
{
	return vmb_stream_check_record(&s->order, VMBSAVE_RECORD_CHANNEL, &s->channel,
				       sizeof(s->channel));
}

static inline int feed_gpadl(struct scene *s)
{
	u32 pages = (le32_to_cpu(s->gpadl.head.byte_offset) +
		     le32_to_cpu(s->gpadl.head.byte_count) + 4095) / 4096;

	return vmb_stream_check_record(&s->order, VMBSAVE_RECORD_GPADL, &s->gpadl, 16 + 8 * pages);
}

static inline int feed_head(struct scene *s)
{
	int err = feed_manifest(s);

	if (!err)
		err = feed_channel(s);
	if (!err && s->manifest.entry[0].nr_gpadls)
		err = feed_gpadl(s);
	return err;
}

static inline int feed_packet(struct scene *s, u64 id, u32 state, u32 flags, u32 payload, u32 vsp)
{
	struct vmbsave_packet packet = {
		.transaction_id = cpu_to_le64(id),
		.state = cpu_to_le32(state),
		.flags = cpu_to_le32(flags),
		.payload_bytes = cpu_to_le32(payload),
		.vsp_bytes = cpu_to_le32(vsp),
	};
	u32 bytes = sizeof(packet) + ALIGN(payload, 8) + vsp;
	u8 *data = test_alloc(bytes);
	int err;

	memcpy(data, &packet, sizeof(packet));
	err = vmb_stream_check_record(&s->order, VMBSAVE_RECORD_PACKET, data, bytes);
	free(data);
	return err;
}

static inline int feed_completion(struct scene *s, u32 payload)
{
	struct vmbsave_completion completion = { .payload_bytes = cpu_to_le32(payload) };
	u8 *data = test_alloc(sizeof(completion) + payload);
	int err;

	memcpy(data, &completion, sizeof(completion));
	err = vmb_stream_check_record(&s->order, VMBSAVE_RECORD_COMPLETION, data,
				      sizeof(completion) + payload);
	free(data);
	return err;
}

static inline int feed_end(struct scene *s)
{
	struct vmbsave_end end = {
		.nr_channels = s->manifest.head.nr_channels,
		.nr_packets = s->manifest.head.nr_packets,
		.nr_completions = s->manifest.head.nr_completions,
	};

	return vmb_stream_check_record(&s->order, VMBSAVE_RECORD_END, &end, sizeof(end));
}

#endif /* _HOST_STREAM_SCENE_H */

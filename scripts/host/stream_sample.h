/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_STREAM_SAMPLE_H
#define _HOST_STREAM_SAMPLE_H

/*
 * A stream that has every type of record, channels in several states and one
 * packet that is longer than a chunk:
 *
 *   channel 0	ACTIVE, a pipe with external data and MMIO space, its VSP's state,
 *		GPADLs 3 (rings) and 7 (read-only), sent packets 2 and 5,
 *		queue: packet 9 (long), a completion, packet 10, a completion
 *   channel 1	ENABLED, an empty state of its VSP, GPADL 4, packet 1 queued
 *   channel 2	PAUSED, GPADL 1 (rings)
 *   channel 3	DISABLED, nothing
 *   channel 4	to be offered anew
 */
#include "stream_image.h"

#define SAMPLE_CHANNELS		5
#define SAMPLE_LONG_VSP		9001	/* the long packet's state */
#define SAMPLE_MAX_PACKET	20	/* channel 0; no less would do */

/* Sorted: by type, then instance, then subchannel. */
static const struct {
	u8 type, instance;
	u16 subchannel;
	u32 nr_gpadls, nr_packets, nr_completions, state_version, state_min_version;
	u32 flags;
} sample_channels[SAMPLE_CHANNELS] = {
	{ 0x11, 0xa0, 0, 2, 4, 2, 5, 3, VMBSAVE_CHANNEL_PIPE },
	{ 0x11, 0xa0, 2, 1, 1, 0, 1, 1, 0 },
	{ 0x11, 0xb0, 0, 1, 0, 0, 0, 0, 0 },
	{ 0x19, 0x01, 0, 0, 0, 0, 0, 0, 0 },
	{ 0x19, 0x02, 0, 0, 0, 0, 0, 0, VMBSAVE_CHANNEL_FORCE_NEW },
};

static inline void sample_entry(u32 index, struct vmbsave_manifest_entry *entry)
{
	*entry = (struct vmbsave_manifest_entry){
		.subchannel = cpu_to_le16(sample_channels[index].subchannel),
		.nr_gpadls = cpu_to_le32(sample_channels[index].nr_gpadls),
		.nr_packets = cpu_to_le64(sample_channels[index].nr_packets),
		.nr_completions = cpu_to_le64(sample_channels[index].nr_completions),
		.state_version = cpu_to_le32(sample_channels[index].state_version),
		.state_min_version = cpu_to_le32(sample_channels[index].state_min_version),
	};
	memset(entry->type, sample_channels[index].type, sizeof(entry->type));
	memset(entry->instance, sample_channels[index].instance, sizeof(entry->instance));
}

static inline void sample_manifest(struct image *image)
{
	struct vmbsave_manifest manifest = {
		.nr_channels = cpu_to_le32(SAMPLE_CHANNELS),
		.entry_bytes = cpu_to_le32(sizeof(struct vmbsave_manifest_entry)),
		.nr_packets = cpu_to_le64(5),
		.nr_completions = cpu_to_le64(2),
	};
	struct vmbsave_manifest_entry entries[SAMPLE_CHANNELS];
	struct vmb_stream_segment segs[] = {
		{ &manifest, sizeof(manifest) },
		{ entries, sizeof(entries) },
	};
	u32 i;

	for (i = 0; i < SAMPLE_CHANNELS; i++)
		sample_entry(i, &entries[i]);
	image_put(image, VMBSAVE_RECORD_MANIFEST, segs, 2);
}

/* @ring 0: not open. The rings are as small as can be. */
static inline void sample_channel(struct image *image, u32 index, u32 state, u32 max_packet,
				  u64 next_id, u32 ring)
{
	struct vmbsave_channel channel = {
		.subchannel = cpu_to_le16(sample_channels[index].subchannel),
		.state = cpu_to_le32(state),
		.max_packet_bytes = cpu_to_le32(max_packet),
		.next_transaction_id = cpu_to_le64(next_id),
		.flags = cpu_to_le32(sample_channels[index].flags),
	};

	memset(channel.type, sample_channels[index].type, sizeof(channel.type));
	memset(channel.instance, sample_channels[index].instance, sizeof(channel.instance));
	if (ring) {
		channel.target_vp = cpu_to_le32(1);
		channel.ring_gpadl = cpu_to_le32(ring);
		channel.ring_downstream_page = cpu_to_le32(2);
		channel.in_write = cpu_to_le32(64);
		channel.in_read = cpu_to_le32(4088);
		channel.out_write = cpu_to_le32(128);
		channel.out_read = cpu_to_le32(8);
		memset(channel.user_data, 0x55, sizeof(channel.user_data));
	}
	if (channel.flags == cpu_to_le32(VMBSAVE_CHANNEL_PIPE)) {
		channel.mmio_gpa = cpu_to_le64(0xffffffffffff0000ULL);
		channel.mmio_bytes = cpu_to_le64(0xfffe);
		channel.max_external_bytes = cpu_to_le32(0x20000);
		channel.max_external_ranges = cpu_to_le32(32);
	}
	image_put_bytes(image, VMBSAVE_RECORD_CHANNEL, &channel, sizeof(channel));
}

static inline void sample_gpadl(struct image *image, u32 id, u32 flags, u32 offset, u32 count)
{
	struct vmbsave_gpadl gpadl = {
		.id = cpu_to_le32(id),
		.flags = cpu_to_le32(flags),
		.byte_count = cpu_to_le32(count),
		.byte_offset = cpu_to_le32(offset),
	};
	u32 i, pages = (offset + count + 4095) / 4096;
	__le64 *pfns = test_alloc(pages * sizeof(*pfns));
	struct vmb_stream_segment segs[] = {
		{ &gpadl, sizeof(gpadl) },
		{ pfns, pages * sizeof(*pfns) },
	};

	for (i = 0; i < pages; i++)
		pfns[i] = cpu_to_le64(0x1000 * id + i);
	image_put(image, VMBSAVE_RECORD_GPADL, segs, 2);
	free(pfns);
}

/* Bytes that are never 0. */
static inline u8 *sample_bytes(u32 bytes, u32 salt)
{
	u8 *data = test_alloc(bytes);
	u32 i;

	for (i = 0; i < bytes; i++)
		data[i] = 1 + (i * 7 + salt) % 255;
	return data;
}

static inline void sample_state(struct image *image, u32 index, u32 bytes)
{
	struct vmbsave_vsp_state state = {
		.version = cpu_to_le32(sample_channels[index].state_version),
	};
	u8 *data = sample_bytes(bytes, index);
	struct vmb_stream_segment segs[] = {
		{ &state, sizeof(state) },
		{ data, bytes },
	};

	image_put(image, VMBSAVE_RECORD_VSP_STATE, segs, 2);
	free(data);
}

static inline void sample_packet(struct image *image, u64 id, u32 state, u32 flags, u32 payload,
				 u32 vsp)
{
	struct vmbsave_packet packet = {
		.transaction_id = cpu_to_le64(id),
		.state = cpu_to_le32(state),
		.flags = cpu_to_le32(flags),
		.payload_bytes = cpu_to_le32(payload),
		.vsp_bytes = cpu_to_le32(vsp),
	};
	u8 *payload_data = sample_bytes(payload, id);
	u8 *vsp_data = sample_bytes(vsp, id + 99);
	struct vmb_stream_segment segs[] = {
		{ &packet, sizeof(packet) },
		{ payload_data, payload },
		{ vsp_data, vsp },
	};

	image_put(image, VMBSAVE_RECORD_PACKET, segs, 3);
	free(payload_data);
	free(vsp_data);
}

static inline void sample_completion(struct image *image, u64 id, u32 payload)
{
	struct vmbsave_completion completion = {
		.transaction_id = cpu_to_le64(id),
		.payload_bytes = cpu_to_le32(payload),
	};
	u8 *data = sample_bytes(payload, id);
	struct vmb_stream_segment segs[] = {
		{ &completion, sizeof(completion) },
		{ data, payload },
	};

	image_put(image, VMBSAVE_RECORD_COMPLETION, segs, 2);
	free(data);
}

static inline void sample_records(struct image *image)
{
	const u32 wait = VMBSAVE_PACKET_WAIT_FOR_COMPLETION;

	sample_manifest(image);

	sample_channel(image, 0, VMBSAVE_CHANNEL_ACTIVE, SAMPLE_MAX_PACKET, 11, 3);
	sample_state(image, 0, 9);
	sample_gpadl(image, 3, 0, 0, 4 * 4096);
	sample_gpadl(image, 7, VMBSAVE_GPADL_FLAG_READ_ONLY, 100, 5000);
	sample_packet(image, 2, VMBSAVE_PACKET_SENT, wait, 0, 5);
	sample_packet(image, 5, VMBSAVE_PACKET_SENT, wait, 0, 0);
	sample_packet(image, 9, VMBSAVE_PACKET_QUEUED, wait, 13, SAMPLE_LONG_VSP);
	sample_completion(image, 0xffffffff00000001ULL, SAMPLE_MAX_PACKET);
	sample_packet(image, 10, VMBSAVE_PACKET_QUEUED, 0, 0, 0);
	sample_completion(image, 0, 0);

	sample_channel(image, 1, VMBSAVE_CHANNEL_ENABLED, 4096, 2, 0);
	sample_state(image, 1, 0);
	sample_gpadl(image, 4, 0, 4095, 2);
	sample_packet(image, 1, VMBSAVE_PACKET_QUEUED, wait, 3, 11);

	sample_channel(image, 2, VMBSAVE_CHANNEL_PAUSED, 524256, 1, 1);
	sample_gpadl(image, 1, 0, 0, 4 * 4096);

	sample_channel(image, 3, VMBSAVE_CHANNEL_DISABLED, 1, 1ULL << 63, 0);

	sample_channel(image, 4, VMBSAVE_CHANNEL_DISABLED, 64, 1, 0);
}

static inline struct image *sample_image(u64 stream_id)
{
	struct image *image = image_begin(stream_id);

	sample_records(image);
	image_end(image);
	return image;
}

#endif /* _HOST_STREAM_SAMPLE_H */

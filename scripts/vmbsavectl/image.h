/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_IMAGE_H
#define _VMBSAVECTL_IMAGE_H

#include <linux/types.h>
#include <linux/vmbsave_stream.h>

/**
 * struct image_data - data of somebody, of which only this is kept
 * @bytes: length
 * @hash: xxh64 of it
 */
struct image_data {
	u32 bytes;
	u64 hash;
};

/**
 * struct image_item - a GPADL, packet or completion
 * @id: number of the GPADL, or transaction id
 * @nth: of those with the same id; only completions can share one
 * @position: in the channel's queue, of packets that are queued and completions
 * @type: VMBSAVE_RECORD_*
 * @state: of a packet
 * @flags: of a GPADL or packet
 * @byte_offset: of a GPADL
 * @byte_count: of a GPADL
 * @data: payload; of a GPADL its pages
 * @vsp: VSP's state of a packet
 * @other: position of the same thing in the other image, -1 = it is not there
 */
struct image_item {
	u64 id;
	u32 nth;
	u32 position;
	u16 type;
	u32 state;
	u32 flags;
	u32 byte_offset;
	u32 byte_count;
	struct image_data data;
	struct image_data vsp;
	s64 other;
};

/**
 * struct image_channel - a channel
 * @record: its own record
 * @state_version: of its VSP's state, 0 = it has none
 * @state_min_version: of the same
 * @state: that state
 * @items: sorted by type, id, nth
 * @nr_items: how many
 */
struct image_channel {
	struct vmbsave_channel record;
	u32 state_version;
	u32 state_min_version;
	struct image_data state;
	struct image_item *items;
	u32 nr_items;
};

/**
 * struct image - what is in a stream, without the data
 * @name: of the file
 * @channels: sorted as in the stream
 * @nr_channels: how many
 */
struct image {
	const char *name;
	struct image_channel *channels;
	u32 nr_channels;
	/* private: */
	u8 *manifest;
	u32 manifest_bytes;
	u32 position;
};

int image_read(struct image *image, const char *name);
void image_free(struct image *image);
int image_compare_channels(const struct image_channel *a, const struct image_channel *b);
int image_compare_items(const void *a, const void *b);

#endif /* _VMBSAVECTL_IMAGE_H */

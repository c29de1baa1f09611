/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_WIRE_DESCRIPTOR_H
#define _VMB_WIRE_DESCRIPTOR_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

/**
 * enum vmb_packet_type - values of vmb_descriptor.type that are in use
 * @VMB_PACKET_DATA_INBAND: payload in the ring, no further header
 * @VMB_PACKET_DATA_TRANSFER_PAGES: payload refers to a transfer page set
 * @VMB_PACKET_DATA_GPA_DIRECT: guest to host, payload and ranges of guest pages
 * @VMB_PACKET_COMPLETION: answer to the packet with the same transaction id
 */
enum vmb_packet_type {
	VMB_PACKET_DATA_INBAND = 0x6,
	VMB_PACKET_DATA_TRANSFER_PAGES = 0x7,
	VMB_PACKET_DATA_GPA_DIRECT = 0x9,
	VMB_PACKET_COMPLETION = 0xb,
};

/* vmb_descriptor.flags: the sender wants a completion; no other flag exists. */
#define VMB_PACKET_COMPLETION_REQUESTED	0x1U

/* The field widths allow no longer packet than this, trailer apart. */
#define VMB_PACKET_MAX_BYTES		(0xffffU * 8)

/**
 * struct vmb_descriptor - head of every packet in a ring
 * @type: enum vmb_packet_type
 * @offset8: start of the payload, from the start of the packet, in 8 bytes
 * @len8: length of the packet without its trailer, in 8 bytes
 * @flags: VMB_PACKET_COMPLETION_REQUESTED or 0
 * @transaction_id: chosen by the sender, echoed unchanged in the completion
 */
struct vmb_descriptor {
	__le16 type;
	__le16 offset8;
	__le16 len8;
	__le16 flags;
	__le64 transaction_id;
};

static_assert(sizeof(struct vmb_descriptor) == 16);
static_assert(offsetof(struct vmb_descriptor, transaction_id) == 8);

/**
 * struct vmb_gpa_direct_header - extra header of VMB_PACKET_DATA_GPA_DIRECT
 * @reserved: not used
 * @range_count: number of struct vmb_gpa_range that follow, never 0
 */
struct vmb_gpa_direct_header {
	__le32 reserved;
	__le32 range_count;
};

static_assert(sizeof(struct vmb_descriptor) + sizeof(struct vmb_gpa_direct_header) == 24);

/**
 * struct vmb_transfer_header - extra header of VMB_PACKET_DATA_TRANSFER_PAGES
 * @set_id: transfer page set
 * @sender_owns: not 0: the sender owns the set
 * @reserved: not used
 * @range_count: number of {byte_count, byte_offset} pairs that follow
 */
struct vmb_transfer_header {
	__le16 set_id;
	u8 sender_owns;
	u8 reserved;
	__le32 range_count;
};

static_assert(sizeof(struct vmb_transfer_header) == 8);

/**
 * struct vmb_descriptor_view - a packet taken apart
 * @type: enum vmb_packet_type
 * @flags: as sent
 * @transaction_id: as sent
 * @extra: type-specific header, inside the packet
 * @extra_len: its length, a multiple of 8, may be 0
 * @payload: payload, inside the packet
 * @payload_len: its length with the padding, a multiple of 8, may be 0
 * @range_count: ranges that @extra announces; 0 for a type without ranges
 * @wants_completion: the sender waits for a completion; never for a completion
 *
 * Lives as long as the packet's buffer.
 */
struct vmb_descriptor_view {
	u16 type;
	u16 flags;
	u64 transaction_id;
	const void *extra;
	u32 extra_len;
	const void *payload;
	u32 payload_len;
	u32 range_count;
	bool wants_completion;
};

struct vmb_gpa_cursor;

int vmb_descriptor_parse(const void *packet, u32 bytes, struct vmb_descriptor_view *view);
void vmb_descriptor_ranges(const struct vmb_descriptor_view *view, struct vmb_gpa_cursor *cursor);

#endif /* _VMB_WIRE_DESCRIPTOR_H */

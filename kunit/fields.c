// SPDX-License-Identifier: GPL-2.0-only
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/swab.h>

#include "fields.h"

#include <uapi/linux/vmbsave_stream.h>

#define FIELD(type, member)						\
	{ #type "." #member, offsetof(struct type, member),		\
	  sizeof_field(struct type, member) }

#define FIELDS(table) { ARRAY_SIZE(table), table }

static const struct vmb_test_field stream_header[] = {
	FIELD(vmbsave_stream_header, magic),
	FIELD(vmbsave_stream_header, header_bytes),
	FIELD(vmbsave_stream_header, major),
	FIELD(vmbsave_stream_header, minor),
	FIELD(vmbsave_stream_header, reserved0),
	FIELD(vmbsave_stream_header, stream_id),
	FIELD(vmbsave_stream_header, incompat),
	FIELD(vmbsave_stream_header, chunk_bytes_max),
	FIELD(vmbsave_stream_header, hash_algorithm),
	FIELD(vmbsave_stream_header, reserved1),
	FIELD(vmbsave_stream_header, hash),
};

static const struct vmb_test_field chunk_header[] = {
	FIELD(vmbsave_chunk_header, magic),
	FIELD(vmbsave_chunk_header, flags),
	FIELD(vmbsave_chunk_header, bytes),
	FIELD(vmbsave_chunk_header, sequence),
	FIELD(vmbsave_chunk_header, reserved),
	FIELD(vmbsave_chunk_header, stream_id),
	FIELD(vmbsave_chunk_header, hash),
};

static const struct vmb_test_field record_header[] = {
	FIELD(vmbsave_record_header, type),
	FIELD(vmbsave_record_header, flags),
	FIELD(vmbsave_record_header, bytes),
};

static const struct vmb_test_field manifest[] = {
	FIELD(vmbsave_manifest, nr_channels),
	FIELD(vmbsave_manifest, entry_bytes),
	FIELD(vmbsave_manifest, nr_packets),
	FIELD(vmbsave_manifest, nr_completions),
	FIELD(vmbsave_manifest, reserved),
};

static const struct vmb_test_field manifest_entry[] = {
	FIELD(vmbsave_manifest_entry, type),
	FIELD(vmbsave_manifest_entry, instance),
	FIELD(vmbsave_manifest_entry, subchannel),
	FIELD(vmbsave_manifest_entry, reserved0),
	FIELD(vmbsave_manifest_entry, nr_gpadls),
	FIELD(vmbsave_manifest_entry, nr_packets),
	FIELD(vmbsave_manifest_entry, nr_completions),
	FIELD(vmbsave_manifest_entry, state_version),
	FIELD(vmbsave_manifest_entry, state_min_version),
};

static const struct vmb_test_field channel[] = {
	FIELD(vmbsave_channel, type),
	FIELD(vmbsave_channel, instance),
	FIELD(vmbsave_channel, subchannel),
	FIELD(vmbsave_channel, reserved0),
	FIELD(vmbsave_channel, state),
	FIELD(vmbsave_channel, max_packet_bytes),
	FIELD(vmbsave_channel, target_vp),
	FIELD(vmbsave_channel, next_transaction_id),
	FIELD(vmbsave_channel, ring_gpadl),
	FIELD(vmbsave_channel, ring_downstream_page),
	FIELD(vmbsave_channel, in_write),
	FIELD(vmbsave_channel, in_read),
	FIELD(vmbsave_channel, out_write),
	FIELD(vmbsave_channel, out_read),
	FIELD(vmbsave_channel, user_data),
	FIELD(vmbsave_channel, mmio_gpa),
	FIELD(vmbsave_channel, mmio_bytes),
	FIELD(vmbsave_channel, flags),
	FIELD(vmbsave_channel, max_external_bytes),
	FIELD(vmbsave_channel, max_external_ranges),
	FIELD(vmbsave_channel, reserved1),
};

static const struct vmb_test_field vsp_state[] = {
	FIELD(vmbsave_vsp_state, version),
	FIELD(vmbsave_vsp_state, reserved),
};

static const struct vmb_test_field gpadl[] = {
	FIELD(vmbsave_gpadl, id),
	FIELD(vmbsave_gpadl, flags),
	FIELD(vmbsave_gpadl, byte_count),
	FIELD(vmbsave_gpadl, byte_offset),
	{ "page frame number 0", sizeof(struct vmbsave_gpadl), 8 },
	{ "page frame number 1", sizeof(struct vmbsave_gpadl) + 8, 8 },
};

static const struct vmb_test_field packet[] = {
	FIELD(vmbsave_packet, transaction_id),
	FIELD(vmbsave_packet, state),
	FIELD(vmbsave_packet, flags),
	FIELD(vmbsave_packet, payload_bytes),
	FIELD(vmbsave_packet, vsp_bytes),
};

static const struct vmb_test_field completion[] = {
	FIELD(vmbsave_completion, transaction_id),
	FIELD(vmbsave_completion, payload_bytes),
	FIELD(vmbsave_completion, reserved),
};

static const struct vmb_test_field end[] = {
	FIELD(vmbsave_end, nr_channels),
	FIELD(vmbsave_end, nr_chunks),
	FIELD(vmbsave_end, nr_records),
	FIELD(vmbsave_end, nr_packets),
	FIELD(vmbsave_end, nr_completions),
	FIELD(vmbsave_end, bytes),
	FIELD(vmbsave_end, stream_hash),
};

const struct vmb_test_fields vmb_test_stream_header_fields = FIELDS(stream_header);
const struct vmb_test_fields vmb_test_chunk_header_fields = FIELDS(chunk_header);
const struct vmb_test_fields vmb_test_record_header_fields = FIELDS(record_header);
const struct vmb_test_fields vmb_test_manifest_entry_fields = FIELDS(manifest_entry);

static const struct vmb_test_fields records[] = {
	[VMBSAVE_RECORD_MANIFEST] = FIELDS(manifest),
	[VMBSAVE_RECORD_CHANNEL] = FIELDS(channel),
	[VMBSAVE_RECORD_GPADL] = FIELDS(gpadl),
	[VMBSAVE_RECORD_PACKET] = FIELDS(packet),
	[VMBSAVE_RECORD_COMPLETION] = FIELDS(completion),
	[VMBSAVE_RECORD_END] = FIELDS(end),
	[VMBSAVE_RECORD_VSP_STATE] = FIELDS(vsp_state),
};

/**
 * vmb_test_record_fields() - the fields of a record's structure
 * @type: VMBSAVE_RECORD_*
 * Return: its fields.
 */
const struct vmb_test_fields *vmb_test_record_fields(u16 type)
{
	return &records[type];
}

/* Little-endian, of any length */
static void add(u8 *p, u32 bytes, int carry)
{
	u32 i;

	for (i = 0; i < bytes; i++) {
		p[i] += carry;
		if (p[i] != (carry > 0 ? 0 : 0xff))
			break;
	}
}

static void swap_bytes(u8 *p, u32 bytes, u32 left)
{
	u32 i;

	for (i = 0; i < bytes && bytes + i < left; i++)
		swap(p[i], p[bytes + i]);
}

/**
 * vmb_test_damage() - damage a field
 * @data: where its structure is, and all behind it
 * @bytes: length of @data; changed if a field is removed or duplicated, then
 *	there must be room
 * @at: where in @data the structure begins
 * @field: the field
 * @damage: what to do
 */
void vmb_test_damage(u8 *data, u32 *bytes, u32 at,
		     const struct vmb_test_field *field,
		     enum vmb_test_damage damage)
{
	u8 *p = data + at + field->at;
	u32 left = *bytes - at - field->at;
	u32 n = field->bytes;

	switch (damage) {
	case VMB_TEST_FIELD_ZERO:
	case VMB_TEST_FIELD_MAX:
		memset(p, damage == VMB_TEST_FIELD_ZERO ? 0 : 0xff, n);
		break;
	case VMB_TEST_FIELD_PLUS:
	case VMB_TEST_FIELD_MINUS:
		add(p, n, damage == VMB_TEST_FIELD_PLUS ? 1 : -1);
		break;
	case VMB_TEST_FIELD_SWAP:
		swap_bytes(p, n, left);
		break;
	case VMB_TEST_FIELD_REMOVE:
		memmove(p, p + n, left - n);
		*bytes -= n;
		break;
	default:
		memmove(p + n, p, left);
		*bytes += n;
	}
}

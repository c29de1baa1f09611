// SPDX-License-Identifier: GPL-2.0-only
/*
 * Views of records: where the parts of a payload lie, in the CPU's byte order.
 * Lengths are checked here, values are not.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "wire/gpa.h"
#include "record.h"

static_assert(sizeof(struct vmbsave_manifest) == 32);
static_assert(sizeof(struct vmbsave_manifest_entry) == 64);
static_assert(sizeof(struct vmbsave_channel) == 232);
static_assert(sizeof(struct vmbsave_vsp_state) == 8);
static_assert(sizeof(struct vmbsave_gpadl) == 16);
static_assert(sizeof(struct vmbsave_packet) == 24);
static_assert(sizeof(struct vmbsave_completion) == 16);
static_assert(sizeof(struct vmbsave_end) == 48);

/**
 * vmb_stream_view_manifest() - look into a MANIFEST
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: there are other than @nr_channels whole entries.
 */
int vmb_stream_view_manifest(const void *data, u32 bytes, struct vmb_manifest_view *view)
{
	struct vmbsave_manifest head;
	u32 nr;

	if (bytes < sizeof(head))
		return -EUCLEAN;

	memcpy(&head, data, sizeof(head));
	nr = le32_to_cpu(head.nr_channels);
	if (le32_to_cpu(head.entry_bytes) != sizeof(struct vmbsave_manifest_entry) ||
	    bytes - sizeof(head) != (u64)nr * sizeof(struct vmbsave_manifest_entry))
		return -EUCLEAN;

	*view = (struct vmb_manifest_view){
		.nr_channels = nr,
		.nr_packets = le64_to_cpu(head.nr_packets),
		.nr_completions = le64_to_cpu(head.nr_completions),
		.entries = (const u8 *)data + sizeof(head),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_manifest, VMBSAVE_NS);

/**
 * vmb_manifest_view_entry() - copy an entry out of a manifest
 * @view: the manifest
 * @index: which, below @view->nr_channels
 * @entry: filled; little-endian still
 *
 * Context: Any.
 */
void vmb_manifest_view_entry(const struct vmb_manifest_view *view, u32 index,
			     struct vmbsave_manifest_entry *entry)
{
	memcpy(entry, (const u8 *)view->entries + (size_t)index * sizeof(*entry), sizeof(*entry));
}
EXPORT_SYMBOL_NS_GPL(vmb_manifest_view_entry, VMBSAVE_NS);

/**
 * vmb_stream_view_channel() - look into a CHANNEL
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: the length is wrong.
 */
int vmb_stream_view_channel(const void *data, u32 bytes, struct vmb_channel_view *view)
{
	const u8 *base = data;
	struct vmbsave_channel c;
	u32 state;

	if (bytes != sizeof(c))
		return -EUCLEAN;

	memcpy(&c, data, sizeof(c));
	state = le32_to_cpu(c.state);
	*view = (struct vmb_channel_view){
		.type = base + offsetof(struct vmbsave_channel, type),
		.instance = base + offsetof(struct vmbsave_channel, instance),
		.subchannel = le16_to_cpu(c.subchannel),
		.open = state == VMBSAVE_CHANNEL_PAUSED || state == VMBSAVE_CHANNEL_ACTIVE,
		.state = state,
		.max_packet_bytes = le32_to_cpu(c.max_packet_bytes),
		.target_vp = le32_to_cpu(c.target_vp),
		.next_transaction_id = le64_to_cpu(c.next_transaction_id),
		.ring_gpadl = le32_to_cpu(c.ring_gpadl),
		.ring_downstream_page = le32_to_cpu(c.ring_downstream_page),
		.in_write = le32_to_cpu(c.in_write),
		.in_read = le32_to_cpu(c.in_read),
		.out_write = le32_to_cpu(c.out_write),
		.out_read = le32_to_cpu(c.out_read),
		.user_data = base + offsetof(struct vmbsave_channel, user_data),
		.mmio_gpa = le64_to_cpu(c.mmio_gpa),
		.mmio_bytes = le64_to_cpu(c.mmio_bytes),
		.flags = le32_to_cpu(c.flags),
		.max_external_bytes = le32_to_cpu(c.max_external_bytes),
		.max_external_ranges = le32_to_cpu(c.max_external_ranges),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_channel, VMBSAVE_NS);

/**
 * vmb_stream_view_state() - look into a VSP_STATE
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: it is too short.
 */
int vmb_stream_view_state(const void *data, u32 bytes, struct vmb_state_view *view)
{
	struct vmbsave_vsp_state head;

	if (bytes < sizeof(head))
		return -EUCLEAN;

	memcpy(&head, data, sizeof(head));
	*view = (struct vmb_state_view){
		.version = le32_to_cpu(head.version),
		.data = bytes > sizeof(head) ? (const u8 *)data + sizeof(head) : NULL,
		.bytes = bytes - sizeof(head),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_state, VMBSAVE_NS);

/**
 * vmb_stream_view_gpadl() - look into a GPADL
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: there are other page frame numbers than one for each
 * page that the buffer touches, or the buffer is empty, begins behind its
 * first page, or is too long for a 32-bit end.
 */
int vmb_stream_view_gpadl(const void *data, u32 bytes, struct vmb_gpadl_view *view)
{
	struct vmbsave_gpadl head;
	u32 count, offset, pages;
	u64 end;

	if (bytes < sizeof(head))
		return -EUCLEAN;

	memcpy(&head, data, sizeof(head));
	count = le32_to_cpu(head.byte_count);
	offset = le32_to_cpu(head.byte_offset);
	end = (u64)offset + count;
	if (!count || offset >= VMB_GPA_PAGE_SIZE || end > U32_MAX)
		return -EUCLEAN;
	pages = ALIGN(end, VMB_GPA_PAGE_SIZE) >> VMB_GPA_PAGE_SHIFT;
	if (bytes - sizeof(head) != (u64)pages * sizeof(__le64))
		return -EUCLEAN;

	*view = (struct vmb_gpadl_view){
		.id = le32_to_cpu(head.id),
		.flags = le32_to_cpu(head.flags),
		.byte_count = count,
		.byte_offset = offset,
		.nr_pages = pages,
		.pfns = (const u8 *)data + sizeof(head),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_gpadl, VMBSAVE_NS);

/**
 * vmb_gpadl_view_pfn() - one guest page frame number of a GPADL
 * @view: the GPADL
 * @index: which, below @view->nr_pages
 *
 * Context: Any.
 * Return: the number; whether the guest has such a page is not checked.
 */
u64 vmb_gpadl_view_pfn(const struct vmb_gpadl_view *view, u32 index)
{
	__le64 pfn;

	memcpy(&pfn, (const u8 *)view->pfns + (size_t)index * sizeof(pfn), sizeof(pfn));
	return le64_to_cpu(pfn);
}
EXPORT_SYMBOL_NS_GPL(vmb_gpadl_view_pfn, VMBSAVE_NS);

/**
 * vmb_stream_view_packet() - look into a PACKET
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: the length is not that of its two parts.
 */
int vmb_stream_view_packet(const void *data, u32 bytes, struct vmb_packet_view *view)
{
	const u8 *base = data;
	struct vmbsave_packet head;
	u32 payload, vsp;
	u64 lib;

	if (bytes < sizeof(head))
		return -EUCLEAN;

	memcpy(&head, data, sizeof(head));
	payload = le32_to_cpu(head.payload_bytes);
	vsp = le32_to_cpu(head.vsp_bytes);
	lib = sizeof(head) + ALIGN((u64)payload, 8);
	if (bytes != lib + vsp)
		return -EUCLEAN;

	*view = (struct vmb_packet_view){
		.transaction_id = le64_to_cpu(head.transaction_id),
		.state = le32_to_cpu(head.state),
		.flags = le32_to_cpu(head.flags),
		.payload = base + sizeof(head),
		.payload_bytes = payload,
		.lib = base,
		.lib_bytes = lib,
		.vsp = vsp ? base + lib : NULL,
		.vsp_bytes = vsp,
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_packet, VMBSAVE_NS);

/**
 * vmb_stream_view_completion() - look into a COMPLETION
 * @data: the whole payload
 * @bytes: its length
 * @view: filled on success
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: the length is not that of the answer it holds.
 */
int vmb_stream_view_completion(const void *data, u32 bytes, struct vmb_completion_view *view)
{
	struct vmbsave_completion head;

	if (bytes < sizeof(head))
		return -EUCLEAN;

	memcpy(&head, data, sizeof(head));
	if (bytes - sizeof(head) != le32_to_cpu(head.payload_bytes))
		return -EUCLEAN;

	*view = (struct vmb_completion_view){
		.transaction_id = le64_to_cpu(head.transaction_id),
		.payload = (const u8 *)data + sizeof(head),
		.payload_bytes = le32_to_cpu(head.payload_bytes),
	};
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_view_completion, VMBSAVE_NS);

static const char * const record_names[] = {
	[VMBSAVE_RECORD_MANIFEST] = "MANIFEST",
	[VMBSAVE_RECORD_CHANNEL] = "CHANNEL",
	[VMBSAVE_RECORD_GPADL] = "GPADL",
	[VMBSAVE_RECORD_PACKET] = "PACKET",
	[VMBSAVE_RECORD_COMPLETION] = "COMPLETION",
	[VMBSAVE_RECORD_END] = "END",
	[VMBSAVE_RECORD_VSP_STATE] = "VSP_STATE",
};

/**
 * vmb_record_name() - name of a type of record, for messages
 * @type: any 16 bits
 *
 * Context: Any.
 * Return: the name, "unknown" for a type that has none; never NULL.
 */
const char *vmb_record_name(u16 type)
{
	if (type >= ARRAY_SIZE(record_names) || !record_names[type])
		return "unknown";

	return record_names[type];
}
EXPORT_SYMBOL_NS_GPL(vmb_record_name, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Packet descriptors: takes one packet, copied out of a ring, apart.
 */
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include "descriptor.h"
#include "gpa.h"

/* One range of a transfer page set: byte_count and byte_offset. */
#define TRANSFER_RANGE_BYTES	8U

static int parse_transfer(struct vmb_descriptor_view *view)
{
	const struct vmb_transfer_header *header = view->extra;
	u32 count;

	if (view->extra_len < sizeof(*header))
		return -EPROTO;

	count = le32_to_cpu(header->range_count);
	if (count > (view->extra_len - sizeof(*header)) / TRANSFER_RANGE_BYTES)
		return -EPROTO;

	view->range_count = count;
	return 0;
}

static int parse_gpa_direct(struct vmb_descriptor_view *view)
{
	const struct vmb_gpa_direct_header *header = view->extra;
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;
	int err;

	if (view->extra_len < sizeof(*header))
		return -EPROTO;

	view->range_count = le32_to_cpu(header->range_count);
	if (!view->range_count)
		return -EPROTO;

	vmb_descriptor_ranges(view, &cursor);
	do {
		err = vmb_gpa_range_next(&cursor, &range);
	} while (!err);

	return err == -ENODATA ? 0 : err;
}

static int parse_extra(struct vmb_descriptor_view *view)
{
	switch (view->type) {
	case VMB_PACKET_DATA_INBAND:
	case VMB_PACKET_COMPLETION:
		return view->extra_len ? -EPROTO : 0;
	case VMB_PACKET_DATA_TRANSFER_PAGES:
		return parse_transfer(view);
	case VMB_PACKET_DATA_GPA_DIRECT:
		return parse_gpa_direct(view);
	default:
		return -EPROTO;
	}
}

/**
 * vmb_descriptor_parse() - check a packet and take it apart
 * @packet: the packet without its trailer, 8-byte aligned, private to the
 *	caller (never the ring itself, which the other end can still change)
 * @bytes: its length, as vmb_ring_read() gave it
 * @view: the parts, written only on success; they point into @packet
 *
 * All ranges of a GPA-direct packet are checked, so that a later walk over
 * them cannot fail.
 *
 * Context: Any.
 * Return: 0; -EPROTO if the lengths contradict one another or @bytes, the type
 * is not one that a channel uses, a flag is unknown, or the extra header does
 * not hold what it announces.
 */
int vmb_descriptor_parse(const void *packet, u32 bytes, struct vmb_descriptor_view *view)
{
	const struct vmb_descriptor *descriptor = packet;
	struct vmb_descriptor_view parts = {};
	u32 offset;
	int err;

	if (bytes < sizeof(*descriptor) || bytes != le16_to_cpu(descriptor->len8) * 8U)
		return -EPROTO;

	offset = le16_to_cpu(descriptor->offset8) * 8U;
	if (offset < sizeof(*descriptor) || offset > bytes)
		return -EPROTO;

	parts.type = le16_to_cpu(descriptor->type);
	parts.flags = le16_to_cpu(descriptor->flags);
	if (parts.flags & ~VMB_PACKET_COMPLETION_REQUESTED)
		return -EPROTO;

	parts.transaction_id = le64_to_cpu(descriptor->transaction_id);
	parts.extra = (const u8 *)packet + sizeof(*descriptor);
	parts.extra_len = offset - sizeof(*descriptor);
	parts.payload = (const u8 *)packet + offset;
	parts.payload_len = bytes - offset;
	parts.wants_completion = parts.type != VMB_PACKET_COMPLETION &&
				 (parts.flags & VMB_PACKET_COMPLETION_REQUESTED);

	err = parse_extra(&parts);
	if (err)
		return err;

	*view = parts;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_descriptor_parse, VMBSAVE_NS);

/**
 * vmb_descriptor_ranges() - walk the guest page ranges of a packet
 * @view: a packet that vmb_descriptor_parse() accepted
 * @cursor: for vmb_gpa_range_next(); at the end at once if the packet is not
 *	GPA-direct
 *
 * Context: Any.
 */
void vmb_descriptor_ranges(const struct vmb_descriptor_view *view, struct vmb_gpa_cursor *cursor)
{
	const u32 head = sizeof(struct vmb_gpa_direct_header);

	if (view->type == VMB_PACKET_DATA_GPA_DIRECT)
		vmb_gpa_begin(cursor, (const u8 *)view->extra + head, view->extra_len - head,
			      view->range_count);
	else
		vmb_gpa_begin(cursor, view->extra, 0, 0);
}
EXPORT_SYMBOL_NS_GPL(vmb_descriptor_ranges, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each record may say, and where it may stand. The contract's rules that
 * need nothing but the stream are here; what concerns the bus (are there such
 * channels, is there such memory) is checked by those who know it.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "wire/gpa.h"
#include "order.h"
#include "order_internal.h"
#include "record.h"

/* As struct vmbsave_channel says. */
#define PACKET_BYTES_MAX	524256U
#define NEXT_ID_MAX		0x8000000000000000ULL

/* A control page, and at least one page of data behind it. */
#define RING_PAGES_MIN		2U

#define INDEX_ALIGN		8U

#define MANIFEST(member)	offsetof(struct vmbsave_manifest, member)
#define CHANNEL(member)		offsetof(struct vmbsave_channel, member)
#define GPADL(member)		offsetof(struct vmbsave_gpadl, member)
#define END(member)		offsetof(struct vmbsave_end, member)

/**
 * vmb_stream_order_init() - begin to check the records of a stream
 * @order: the checker
 * @limits: what to accept; copied
 *
 * Context: Any.
 */
void vmb_stream_order_init(struct vmb_stream_order *order, const struct vmb_stream_limits *limits)
{
	*order = (struct vmb_stream_order){ .limits = *limits };
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_order_init, VMBSAVE_NS);

/**
 * vmb_order_refuse() - keep why a record is refused
 * @order: the checker, without an error yet
 * @error: negative errno
 * @packet: transaction id of the packet, 0 = not a matter of one
 * @offset: in the record's payload
 * @reason: one sentence
 *
 * Context: Any.
 * Return: @error.
 */
int vmb_order_refuse(struct vmb_stream_order *order, int error, u64 packet, size_t offset,
		     const char *reason)
{
	order->error = (struct vmb_stream_error){
		.error = error,
		.packet = packet,
		.offset = offset,
		.reason = reason,
	};

	return error;
}

static int refuse_as(struct vmb_stream_order *order, int error, size_t offset, const char *reason)
{
	return vmb_order_refuse(order, error, 0, offset, reason);
}

static int refuse(struct vmb_stream_order *order, size_t offset, const char *reason)
{
	return refuse_as(order, -EUCLEAN, offset, reason);
}

/* By the bytes of both GUIDs, then by the subchannel's number. */
static int compare_entries(const struct vmbsave_manifest_entry *a,
			   const struct vmbsave_manifest_entry *b)
{
	int order = memcmp(a->type, b->type, sizeof(a->type));

	if (!order)
		order = memcmp(a->instance, b->instance, sizeof(a->instance));
	if (!order)
		order = (int)le16_to_cpu(a->subchannel) - (int)le16_to_cpu(b->subchannel);

	return order;
}

static int check_entries(struct vmb_stream_order *order, const struct vmb_manifest_view *view)
{
	struct vmbsave_manifest_entry last, entry;
	u64 packets = 0, completions = 0;
	size_t at = sizeof(struct vmbsave_manifest);
	u32 i;

	for (i = 0; i < view->nr_channels; i++, at += sizeof(entry), last = entry) {
		vmb_manifest_view_entry(view, i, &entry);
		if (entry.reserved0 || entry.reserved1)
			return refuse(order, at, "a manifest entry's reserved field is not zero");
		if (i && compare_entries(&last, &entry) >= 0)
			return refuse(order, at,
				      "the manifest is not sorted, or names a channel twice");
		if (check_add_overflow(packets, le64_to_cpu(entry.nr_packets), &packets) ||
		    check_add_overflow(completions, le64_to_cpu(entry.nr_completions),
				       &completions))
			return refuse(order, at, "the counts of the manifest's entries overflow");
	}
	if (packets != view->nr_packets)
		return refuse(order, MANIFEST(nr_packets),
			      "the manifest counts other packets than its entries do");
	if (completions != view->nr_completions)
		return refuse(order, MANIFEST(nr_completions),
			      "the manifest counts other completions than its entries do");

	return 0;
}

/**
 * vmb_stream_check_manifest() - check a MANIFEST
 * @order: the checker
 * @data: the whole payload; must stay as it is until the last record was
 *	checked
 * @bytes: its length
 *
 * Context: Any.
 * Return: 0, or why the stream is refused: -EUCLEAN (it breaks a rule of the
 * contract) or -EMSGSIZE (beyond the limits). After a refusal every check
 * answers the same, and @order->error says why.
 */
int vmb_stream_check_manifest(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_manifest_view view;
	int err;

	if (order->error.error)
		return order->error.error;
	if (order->phase != VMB_STREAM_EMPTY)
		return refuse(order, 0, "there is a second manifest");
	if (vmb_stream_view_manifest(data, bytes, &view))
		return refuse(order, 0, "the manifest's length is not that of its entries");
	if (!view.nr_channels)
		return refuse(order, MANIFEST(nr_channels), "the manifest names no channel");
	if (view.nr_channels > order->limits.channels)
		return refuse_as(order, -EMSGSIZE, MANIFEST(nr_channels),
				 "the manifest names more channels than this reader accepts");
	if (memchr_inv((const u8 *)data + MANIFEST(reserved), 0, sizeof(__le64)))
		return refuse(order, MANIFEST(reserved),
			      "the manifest's reserved field is not zero");
	err = check_entries(order, &view);
	if (err)
		return err;

	order->manifest = view;
	order->phase = VMB_STREAM_MANIFEST;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_manifest, VMBSAVE_NS);

/* No GPADL of the current channel comes any more: were they all there? */
static int leave_gpadls(struct vmb_stream_order *order)
{
	if (order->gpadls_left)
		return refuse(order, 0, "a channel has fewer GPADLs than the manifest says");
	if (order->open && !order->rings)
		return refuse(order, 0, "the GPADL of an open channel's rings is missing");

	return 0;
}

/* No record of the current channel comes any more: were they all there? */
static int leave_channel(struct vmb_stream_order *order)
{
	if (order->phase < VMB_STREAM_CHANNEL)
		return 0;
	if (order->packets_left)
		return refuse(order, 0, "a channel has fewer packets than the manifest says");
	if (order->completions_left)
		return refuse(order, 0, "a channel has fewer completions than the manifest says");

	return leave_gpadls(order);
}

/**
 * vmb_order_enter() - may a record of this phase come now?
 * @order: the checker
 * @phase: the record's, GPADL to QUEUE
 *
 * Context: Any.
 * Return: 0, or -EUCLEAN: there is no channel that it can belong to.
 */
int vmb_order_enter(struct vmb_stream_order *order, enum vmb_stream_phase phase)
{
	if (order->phase < VMB_STREAM_CHANNEL)
		return refuse(order, 0, "a channel's record comes before any channel");
	if (order->phase > phase)
		return refuse(order, 0, "a channel's records are not in their order");
	if (phase > VMB_STREAM_GPADL)
		return leave_gpadls(order);

	return 0;
}

/* Is @index one of a ring of @pages pages, the control page included? */
static bool index_is_sane(u32 index, u32 pages)
{
	return IS_ALIGNED(index, INDEX_ALIGN) &&
	       index < (u64)(pages - 1) * VMB_GPA_PAGE_SIZE;
}

static int check_open(struct vmb_stream_order *order, const struct vmb_channel_view *c)
{
	if (!c->ring_gpadl)
		return refuse(order, CHANNEL(ring_gpadl),
			      "an open channel has no GPADL for its rings");
	if (c->ring_downstream_page < RING_PAGES_MIN)
		return refuse(order, CHANNEL(ring_downstream_page),
			      "the guest-to-host ring has no room for data");
	if (!index_is_sane(c->in_write, c->ring_downstream_page))
		return refuse(order, CHANNEL(in_write),
			      "the guest's index in the guest-to-host ring is impossible");
	if (!index_is_sane(c->in_read, c->ring_downstream_page))
		return refuse(order, CHANNEL(in_read),
			      "the host's index in the guest-to-host ring is impossible");

	return 0;
}

static int check_not_open(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			  const u8 *data)
{
	size_t from = CHANNEL(ring_gpadl);

	if (c->target_vp)
		return refuse(order, CHANNEL(target_vp),
			      "a channel that is not open has a target processor");
	if (memchr_inv(data + from, 0, sizeof(struct vmbsave_channel) - from))
		return refuse(order, from, "a channel that is not open has rings or user data");

	return 0;
}

static int check_channel_values(struct vmb_stream_order *order, const struct vmb_channel_view *c,
				const u8 *data)
{
	if (memchr_inv(data + CHANNEL(reserved0), 0, sizeof(__le16)))
		return refuse(order, CHANNEL(reserved0), "a channel's reserved field is not zero");
	if (c->state > VMBSAVE_CHANNEL_STOPPED)
		return refuse(order, CHANNEL(state), "a channel is in a state that does not exist");
	if (!c->max_packet_bytes || c->max_packet_bytes > PACKET_BYTES_MAX)
		return refuse(order, CHANNEL(max_packet_bytes),
			      "a channel's largest packet is impossible");
	if (!c->next_transaction_id || c->next_transaction_id > NEXT_ID_MAX)
		return refuse(order, CHANNEL(next_transaction_id),
			      "a channel's next transaction id is impossible");

	return c->open ? check_open(order, c) : check_not_open(order, c, data);
}

/* The channel is the one that the manifest has next. */
static int check_identity(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			  struct vmbsave_manifest_entry *entry)
{
	if (order->phase == VMB_STREAM_EMPTY)
		return refuse(order, 0, "a channel comes before the manifest");
	if (order->nr_channels >= order->manifest.nr_channels)
		return refuse(order, 0, "there are more channels than the manifest says");

	vmb_manifest_view_entry(&order->manifest, order->nr_channels, entry);
	if (memcmp(c->type, entry->type, sizeof(entry->type)) ||
	    memcmp(c->instance, entry->instance, sizeof(entry->instance)) ||
	    c->subchannel != le16_to_cpu(entry->subchannel))
		return refuse(order, 0, "a channel is not the one that the manifest has next");

	return 0;
}

/**
 * vmb_stream_check_channel() - check a CHANNEL
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_channel(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmbsave_manifest_entry entry;
	struct vmb_channel_view c;
	int err;

	if (order->error.error)
		return order->error.error;
	if (order->phase == VMB_STREAM_END)
		return refuse(order, 0, "a record follows the end record");
	if (vmb_stream_view_channel(data, bytes, &c))
		return refuse(order, 0, "a channel's record has a wrong length");
	err = leave_channel(order);
	if (!err)
		err = check_identity(order, &c, &entry);
	if (!err)
		err = check_channel_values(order, &c, data);
	if (err)
		return err;

	order->phase = VMB_STREAM_CHANNEL;
	order->open = c.open;
	order->rings = false;
	order->nr_channels++;
	order->gpadls_left = le32_to_cpu(entry.nr_gpadls);
	order->packets_left = le64_to_cpu(entry.nr_packets);
	order->completions_left = le64_to_cpu(entry.nr_completions);
	order->max_packet_bytes = c.max_packet_bytes;
	order->gpadl_id = 0;
	order->transaction_id = 0;
	order->next_transaction_id = c.next_transaction_id;
	order->ring_gpadl = c.ring_gpadl;
	order->ring_downstream_page = c.ring_downstream_page;
	order->out_write = c.out_write;
	order->out_read = c.out_read;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_channel, VMBSAVE_NS);

/* The GPADL of the rings gives the host-to-guest ring its size. */
static int check_rings(struct vmb_stream_order *order, u32 pages)
{
	u32 downstream;

	if (check_sub_overflow(pages, order->ring_downstream_page, &downstream) ||
	    downstream < RING_PAGES_MIN)
		return refuse(order, 0, "the host-to-guest ring has no room for data");
	if (!index_is_sane(order->out_write, downstream))
		return refuse(order, 0, "the host's index in the host-to-guest ring is impossible");
	if (!index_is_sane(order->out_read, downstream))
		return refuse(order, 0,
			      "the guest's index in the host-to-guest ring is impossible");

	return 0;
}

/**
 * vmb_stream_check_gpadl() - check a GPADL
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_gpadl(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_gpadl_view gpadl;
	bool rings;
	int err;

	if (order->error.error)
		return order->error.error;
	err = vmb_order_enter(order, VMB_STREAM_GPADL);
	if (err)
		return err;
	if (!order->gpadls_left)
		return refuse(order, 0, "a channel has more GPADLs than the manifest says");
	if (vmb_stream_view_gpadl(data, bytes, &gpadl))
		return refuse(order, 0, "a GPADL's pages are not those of its buffer");
	if (gpadl.nr_pages > order->limits.gpadl_pages)
		return refuse_as(order, -EMSGSIZE, GPADL(byte_count),
				 "a GPADL has more pages than this reader accepts");
	if (gpadl.id <= order->gpadl_id)
		return refuse(order, GPADL(id),
			      "the ids of a channel's GPADLs do not rise from 1");
	if (memchr_inv((const u8 *)data + GPADL(flags), 0, sizeof(__le32)))
		return refuse(order, GPADL(flags), "a GPADL has a flag that does not exist");
	rings = order->open && gpadl.id == order->ring_gpadl;
	err = rings ? check_rings(order, gpadl.nr_pages) : 0;
	if (err)
		return err;

	order->phase = VMB_STREAM_GPADL;
	order->rings |= rings;
	order->gpadl_id = gpadl.id;
	order->gpadls_left--;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_gpadl, VMBSAVE_NS);

/**
 * vmb_stream_check_end() - check an END
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * What it says of chunks, records, bytes and hash the reader has checked.
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_end(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmbsave_end end;
	int err;

	if (order->error.error)
		return order->error.error;
	if (order->phase == VMB_STREAM_END)
		return refuse(order, 0, "there is a second end record");
	if (bytes != sizeof(end))
		return refuse(order, 0, "the end record has a wrong length");
	err = leave_channel(order);
	if (err)
		return err;
	if (!order->nr_channels || order->nr_channels < order->manifest.nr_channels)
		return refuse(order, 0, "there are fewer channels than the manifest says");

	/* All counts were equal to the manifest's by now. */
	memcpy(&end, data, sizeof(end));
	if (le32_to_cpu(end.nr_channels) != order->nr_channels)
		return refuse(order, END(nr_channels),
			      "the end record counts other channels than there were");
	if (le64_to_cpu(end.nr_packets) != order->manifest.nr_packets)
		return refuse(order, END(nr_packets),
			      "the end record counts other packets than there were");
	if (le64_to_cpu(end.nr_completions) != order->manifest.nr_completions)
		return refuse(order, END(nr_completions),
			      "the end record counts other completions than there were");

	order->phase = VMB_STREAM_END;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_end, VMBSAVE_NS);

static int (* const record_checks[])(struct vmb_stream_order *, const void *, u32) = {
	[VMBSAVE_RECORD_MANIFEST] = vmb_stream_check_manifest,
	[VMBSAVE_RECORD_CHANNEL] = vmb_stream_check_channel,
	[VMBSAVE_RECORD_GPADL] = vmb_stream_check_gpadl,
	[VMBSAVE_RECORD_PACKET] = vmb_stream_check_packet,
	[VMBSAVE_RECORD_COMPLETION] = vmb_stream_check_completion,
	[VMBSAVE_RECORD_END] = vmb_stream_check_end,
};

/**
 * vmb_stream_check_record() - check the record that comes next
 * @order: the checker
 * @type: VMBSAVE_RECORD_*
 * @data: the whole payload; that of MANIFEST must stay as it is until the last
 *	record was checked
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest(), and -EOPNOTSUPP for a type that does
 * not exist.
 */
int vmb_stream_check_record(struct vmb_stream_order *order, u16 type, const void *data, u32 bytes)
{
	if (order->error.error)
		return order->error.error;
	if (type >= ARRAY_SIZE(record_checks) || !record_checks[type])
		return refuse_as(order, -EOPNOTSUPP, 0, "a record of an unknown type");

	return record_checks[type](order, data, bytes);
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_record, VMBSAVE_NS);

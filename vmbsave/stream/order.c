// SPDX-License-Identifier: GPL-2.0-only
/*
 * What each record may say, and where it may stand. The contract's rules that
 * need nothing but the stream are here; what concerns the bus (are there such
 * channels, is there such memory) is checked by those who know it.
 */
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
#include "order.h"
#include "order_internal.h"
#include "record.h"

#define MANIFEST(member)	offsetof(struct vmbsave_manifest, member)
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

/* Both or none, and what was written can be read by the one who wrote it. */
static bool versions_are_sane(const struct vmbsave_manifest_entry *entry)
{
	u32 version = le32_to_cpu(entry->state_version);
	u32 min_version = le32_to_cpu(entry->state_min_version);

	return !min_version == !version && min_version <= version;
}

static int check_entries(struct vmb_stream_order *order, const struct vmb_manifest_view *view)
{
	struct vmbsave_manifest_entry last, entry;
	u64 packets = 0, completions = 0;
	size_t at = sizeof(struct vmbsave_manifest);
	u32 i;

	for (i = 0; i < view->nr_channels; i++, at += sizeof(entry), last = entry) {
		vmb_manifest_view_entry(view, i, &entry);
		if (entry.reserved0)
			return refuse(order, at, "a manifest entry's reserved field is not zero");
		if (!versions_are_sane(&entry))
			return refuse(order, at, "the versions of a VSP's state are impossible");
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

/* The VSP's state of the current channel comes no more: was it there? */
static int leave_state(struct vmb_stream_order *order)
{
	if (order->state_left)
		return refuse(order, 0, "a channel lacks the VSP state that the manifest names");

	return 0;
}

/**
 * vmb_order_leave_channel() - were all records of the current channel there?
 * @order: the checker; none of them comes any more
 *
 * Context: Any.
 * Return: 0 (also if there is no channel yet), or -EUCLEAN.
 */
int vmb_order_leave_channel(struct vmb_stream_order *order)
{
	if (order->phase < VMB_STREAM_CHANNEL)
		return 0;
	if (order->packets_left)
		return refuse(order, 0, "a channel has fewer packets than the manifest says");
	if (order->completions_left)
		return refuse(order, 0, "a channel has fewer completions than the manifest says");

	return leave_state(order) ?: leave_gpadls(order);
}

/**
 * vmb_order_enter() - may a record of this phase come now?
 * @order: the checker
 * @phase: the record's, STATE to QUEUE
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
		return leave_state(order) ?: leave_gpadls(order);

	return phase > VMB_STREAM_STATE ? leave_state(order) : 0;
}

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
	err = vmb_order_leave_channel(order);
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
	[VMBSAVE_RECORD_VSP_STATE] = vmb_stream_check_state,
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

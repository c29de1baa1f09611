// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream for people. What is said of a channel's packets as a whole is said
 * when the next channel comes: only then it is known whose they were.
 */
#include <stdio.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <asm/byteorder.h>
#include "inspect.h"
#include "output.h"
#include "stream/record.h"
#include "util.h"

/* Ranges of pages that are named */
#define RANGES_SHOWN	4U

#define ULL(x)	((unsigned long long)(x))
#define S(n)	((n) == 1 ? "" : "s")

static void put_data(const struct inspect *inspect, const char *label, const void *data, u32 bytes)
{
	text_field(label, "%u bytes, xxh64 %016llx", bytes, ULL(payload_hash(data, bytes)));
	if (inspect->arguments.payload)
		text_bytes(data, bytes);
}

static void put_header(void *context, u64 stream_id)
{
	(void)context;
	text_title("stream %016llx, version %u.%u", ULL(stream_id), VMBSAVE_STREAM_MAJOR,
		   VMBSAVE_STREAM_MINOR);
}

static void put_undecoded(const struct walk_record *record)
{
	text_field(vmb_record_name(record->type),
		   "chunk %u, offset %llu, %u bytes that do not fit it", record->chunk,
		   ULL(record->offset), record->bytes);
}

static void put_manifest(const struct walk_record *record)
{
	struct vmb_manifest_view view;

	if (vmb_stream_view_manifest(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	text_field("channels", "%u", view.nr_channels);
	text_field("packets", "%llu", ULL(view.nr_packets));
	text_field("completions", "%llu", ULL(view.nr_completions));
}

static void put_open(const struct inspect *inspect, const struct vmb_channel_view *view)
{
	text_field("interrupts", "virtual processor %u", view->target_vp);
	text_field("rings", "GPADL %u, that to the guest from page %u on", view->ring_gpadl,
		   view->ring_downstream_page);
	text_field("ring from guest", "written to %u, read to %u", view->in_write, view->in_read);
	text_field("ring to guest", "written to %u, read to %u", view->out_write, view->out_read);
	put_data(inspect, "user data", view->user_data, 120);
	if (view->mmio_bytes)
		text_field("MMIO space", "%llu bytes at 0x%llx", ULL(view->mmio_bytes),
			   ULL(view->mmio_gpa));
}

static void put_channel(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_channel_view view;
	char guid[GUID_TEXT];

	if (vmb_stream_view_channel(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	putchar('\n');
	text_title("channel %s.%u", guid_text(view.instance, guid), view.subchannel);
	text_field("type", "%s", guid_text(view.type, guid));
	text_field("state", "%s%s%s", channel_state_name(view.state),
		   view.flags & VMBSAVE_CHANNEL_PIPE ? ", pipe" : "",
		   view.flags & VMBSAVE_CHANNEL_FORCE_NEW ? ", to be offered anew" : "");
	text_field("largest packet", "%u bytes", view.max_packet_bytes);
	if (view.max_external_bytes)
		text_field("external data", "at most %u bytes in %u ranges",
			   view.max_external_bytes, view.max_external_ranges);
	text_field("next transaction", "%llu", ULL(view.next_transaction_id));
	if (view.open)
		put_open(inspect, &view);
}

static void put_state(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_state_view view;

	if (vmb_stream_view_state(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	text_field("VSP's state", "version %u", view.version);
	put_data(inspect, "", view.data, view.bytes);
}

/* The first ranges of pages that follow each other. */
static void ranges_text(const struct vmb_gpadl_view *view, char *text, size_t size)
{
	u32 i, first = 0, nr = 0, used = 0;

	for (i = 1; i <= view->nr_pages; i++) {
		u64 last = vmb_gpadl_view_pfn(view, i - 1);

		if (i < view->nr_pages && vmb_gpadl_view_pfn(view, i) == last + 1)
			continue;
		if (nr++ < RANGES_SHOWN)
			used += snprintf(text + used, size - used, first + 1 == i ? "%s0x%llx" :
					 "%s0x%llx-0x%llx", used ? ", " : "",
					 ULL(vmb_gpadl_view_pfn(view, first)), ULL(last));
		first = i;
	}
	if (nr > RANGES_SHOWN)
		snprintf(text + used, size - used, " and %u more ranges", nr - RANGES_SHOWN);
}

static void put_gpadl(const struct walk_record *record)
{
	struct vmb_gpadl_view view;
	char text[RANGES_SHOWN * 48 + 48];
	char label[24];

	if (vmb_stream_view_gpadl(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	snprintf(label, sizeof(label), "GPADL %u", view.id);
	text_field(label, "%u bytes from %u of its first page%s", view.byte_count,
		   view.byte_offset,
		   view.flags & VMBSAVE_GPADL_FLAG_READ_ONLY ? ", read-only" : "");
	ranges_text(&view, text, sizeof(text));
	text_field("", "%u page%s: %s", view.nr_pages, S(view.nr_pages), text);
}

static void put_packet(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_packet_view view;
	char label[40];

	if (!inspect->arguments.packets)
		return;
	if (vmb_stream_view_packet(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	snprintf(label, sizeof(label), "packet %llu", ULL(view.transaction_id));
	text_field(label, "%s%s", view.state == VMBSAVE_PACKET_SENT ? "sent" : "queued",
		   view.flags ? ", wants its completion" : "");
	if (view.payload_bytes)
		put_data(inspect, "  payload", view.payload, view.payload_bytes);
	if (view.vsp_bytes)
		put_data(inspect, "  VSP's state", view.vsp, view.vsp_bytes);
}

static void put_completion(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_completion_view view;
	char label[40];

	if (!inspect->arguments.packets)
		return;
	if (vmb_stream_view_completion(record->data, record->bytes, &view)) {
		put_undecoded(record);
		return;
	}
	snprintf(label, sizeof(label), "completion %llu", ULL(view.transaction_id));
	put_data(inspect, label, view.payload, view.payload_bytes);
}

static void put_counts(const struct tally_counts *got)
{
	if (got->sent + got->queued)
		text_field("packets", "%llu: %llu sent, %llu queued with %llu bytes; "
			   "VSP's state %llu bytes", ULL(got->sent + got->queued), ULL(got->sent),
			   ULL(got->queued), ULL(got->payload_bytes), ULL(got->vsp_bytes));
	if (got->completions)
		text_field("completions", "%llu, %llu bytes", ULL(got->completions),
			   ULL(got->answer_bytes));
}

static void put_record(void *context, const struct walk_record *record)
{
	struct inspect *inspect = context;
	u32 last = inspect->tally.current;

	tally_record(&inspect->tally, record);
	if (last && (record->type == VMBSAVE_RECORD_CHANNEL || record->type == VMBSAVE_RECORD_END))
		put_counts(&inspect->tally.channels[last - 1].got);

	switch (record->type) {
	case VMBSAVE_RECORD_MANIFEST:
		put_manifest(record);
		break;
	case VMBSAVE_RECORD_CHANNEL:
		put_channel(inspect, record);
		break;
	case VMBSAVE_RECORD_VSP_STATE:
		put_state(inspect, record);
		break;
	case VMBSAVE_RECORD_GPADL:
		put_gpadl(record);
		break;
	case VMBSAVE_RECORD_PACKET:
		put_packet(inspect, record);
		break;
	case VMBSAVE_RECORD_COMPLETION:
		put_completion(inspect, record);
		break;
	}
}

static void put_damage(void *context, const struct walk_damage *damage)
{
	struct inspect *inspect = context;

	putchar('\n');
	text_verdict(COLOUR_BAD, "chunk %u, offset %llu: %s (%s)", damage->why.chunk,
		     ULL(damage->why.offset), damage->why.reason, errno_name(damage->why.error));
	if (damage->why.type)
		text_field("record type", "%u", damage->why.type);
	if (damage->why.packet)
		text_field("packet", "%llu", ULL(damage->why.packet));
	if (damage->lost_bytes)
		text_field("lost", "%llu byte%s, %u chunk%s", ULL(damage->lost_bytes),
			   S(damage->lost_bytes), damage->lost_chunks, S(damage->lost_chunks));
	if (damage->resumed)
		text_field("goes on", "in chunk %u, at offset %llu", damage->chunk,
			   ULL(damage->offset));
	if (damage->lost_bytes || damage->lost_chunks)
		tally_loss(&inspect->tally);
}

static void put_missing(const char *what, u64 got, u64 promised)
{
	if (got < promised)
		text_field(what, "%llu of %llu missing", ULL(promised - got), ULL(promised));
}

static void put_losses(const struct tally_channel *channel)
{
	u64 packets = channel->got.sent + channel->got.queued;
	char guid[GUID_TEXT];

	if (!channel->promised ||
	    (channel->seen && channel->got.gpadls >= le32_to_cpu(channel->entry.nr_gpadls) &&
	     packets >= le64_to_cpu(channel->entry.nr_packets) &&
	     channel->got.completions >= le64_to_cpu(channel->entry.nr_completions)))
		return;

	putchar('\n');
	text_title("not complete: channel %s.%u", guid_text(channel->entry.instance, guid),
		   le16_to_cpu(channel->entry.subchannel));
	if (!channel->seen)
		text_field("its own record", "missing");
	put_missing("GPADLs", channel->got.gpadls, le32_to_cpu(channel->entry.nr_gpadls));
	put_missing("packets", packets, le64_to_cpu(channel->entry.nr_packets));
	put_missing("completions", channel->got.completions,
		    le64_to_cpu(channel->entry.nr_completions));
}

/* What is in the stream and cannot be said to be of one channel. */
static void put_homeless(const struct tally_counts *counts)
{
	if (!(counts->gpadls + counts->sent + counts->queued + counts->completions))
		return;

	putchar('\n');
	text_title("of channels that are not known");
	if (counts->gpadls)
		text_field("GPADLs", "%llu", ULL(counts->gpadls));
	put_counts(counts);
}

void inspect_text_end(struct inspect *inspect)
{
	const struct walk *walk = &inspect->walk;
	struct tally *tally = &inspect->tally;
	u32 i;

	if (!walk->ended && tally->current)
		put_counts(&tally->channels[tally->current - 1].got);
	for (i = 0; walk->nr_damages && i < tally->nr_promised; i++)
		put_losses(&tally->channels[i]);
	put_homeless(&tally->homeless);

	putchar('\n');
	if (walk->source->error)
		text_verdict(COLOUR_BAD, "not read to its end");
	else
		text_verdict(walk->first.error ? COLOUR_BAD : COLOUR_GOOD,
			     "%s: %u chunk%s, %llu record%s, %llu bytes",
			     verdict_name(walk->first.error), walk->nr_chunks, S(walk->nr_chunks),
			     ULL(walk->nr_records), S(walk->nr_records), ULL(walk->bytes));
	if (walk->nr_damages)
		text_field("checked",
			   "up to chunk %u, offset %llu; what is behind may not be right",
			   walk->first.chunk, ULL(walk->first.offset));
}

const struct walk_ops inspect_text_ops = {
	.header = put_header,
	.record = put_record,
	.damage = put_damage,
};

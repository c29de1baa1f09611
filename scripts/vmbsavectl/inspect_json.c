// SPDX-License-Identifier: GPL-2.0-only
/*
 * A stream for programs: the records as they come, then each channel's counts,
 * the damage, and the verdict. The document is described in the manual.
 */
#include <stdlib.h>
#include <string.h>
#include <asm/byteorder.h>
#include "inspect.h"
#include "output.h"
#include "stream/record.h"
#include "util.h"

static void put_guid(const char *key, const u8 *guid)
{
	char text[GUID_TEXT];

	json_string(key, guid_text(guid, text));
}

static void put_data(const struct inspect *inspect, const char *key, const void *data, u32 bytes)
{
	json_object(key);
	json_number("bytes", bytes);
	json_format("xxh64", "%016llx", (unsigned long long)payload_hash(data, bytes));
	if (inspect->arguments.payload)
		json_hex("hex", data, bytes);
	json_close();
}

static int put_manifest(const struct walk_record *record)
{
	struct vmbsave_manifest_entry entry;
	struct vmb_manifest_view view;
	u32 i;

	if (vmb_stream_view_manifest(record->data, record->bytes, &view))
		return -1;
	json_number("nr_packets", view.nr_packets);
	json_number("nr_completions", view.nr_completions);
	json_array("entries");
	for (i = 0; i < view.nr_channels; i++) {
		vmb_manifest_view_entry(&view, i, &entry);
		json_object(NULL);
		put_guid("interface_type", entry.type);
		put_guid("interface_instance", entry.instance);
		json_number("subchannel", le16_to_cpu(entry.subchannel));
		json_number("nr_gpadls", le32_to_cpu(entry.nr_gpadls));
		json_number("nr_packets", le64_to_cpu(entry.nr_packets));
		json_number("nr_completions", le64_to_cpu(entry.nr_completions));
		json_number("state_version", le32_to_cpu(entry.state_version));
		json_number("state_min_version", le32_to_cpu(entry.state_min_version));
		json_close();
	}
	json_close();
	return 0;
}

static void put_open(const struct inspect *inspect, const struct vmb_channel_view *view)
{
	json_number("target_vp", view->target_vp);
	json_number("ring_gpadl", view->ring_gpadl);
	json_number("ring_downstream_page", view->ring_downstream_page);
	json_number("in_write", view->in_write);
	json_number("in_read", view->in_read);
	json_number("out_write", view->out_write);
	json_number("out_read", view->out_read);
	put_data(inspect, "user_data", view->user_data, 120);
	json_number("mmio_gpa", view->mmio_gpa);
	json_number("mmio_bytes", view->mmio_bytes);
}

static int put_channel(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_channel_view view;

	if (vmb_stream_view_channel(record->data, record->bytes, &view))
		return -1;
	put_guid("interface_type", view.type);
	put_guid("interface_instance", view.instance);
	json_number("subchannel", view.subchannel);
	json_string("state", channel_state_name(view.state));
	json_bool("pipe", view.flags & VMBSAVE_CHANNEL_PIPE);
	json_bool("force_new", view.flags & VMBSAVE_CHANNEL_FORCE_NEW);
	json_number("max_packet_bytes", view.max_packet_bytes);
	json_number("max_external_bytes", view.max_external_bytes);
	json_number("max_external_ranges", view.max_external_ranges);
	json_number("next_transaction_id", view.next_transaction_id);
	if (view.open)
		put_open(inspect, &view);
	return 0;
}

static int put_state(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_state_view view;

	if (vmb_stream_view_state(record->data, record->bytes, &view))
		return -1;
	json_number("version", view.version);
	put_data(inspect, "state", view.data, view.bytes);
	return 0;
}

/* Runs of pages that follow each other: [first, how many]. */
static void put_pages(const struct vmb_gpadl_view *view)
{
	u32 i, first = 0;

	json_array("page_ranges");
	for (i = 1; i <= view->nr_pages; i++) {
		if (i < view->nr_pages && vmb_gpadl_view_pfn(view, i) ==
		    vmb_gpadl_view_pfn(view, i - 1) + 1)
			continue;
		json_array(NULL);
		json_number(NULL, vmb_gpadl_view_pfn(view, first));
		json_number(NULL, i - first);
		json_close();
		first = i;
	}
	json_close();
}

static int put_gpadl(const struct walk_record *record)
{
	struct vmb_gpadl_view view;

	if (vmb_stream_view_gpadl(record->data, record->bytes, &view))
		return -1;
	json_number("gpadl", view.id);
	json_bool("read_only", view.flags & VMBSAVE_GPADL_FLAG_READ_ONLY);
	json_number("byte_count", view.byte_count);
	json_number("byte_offset", view.byte_offset);
	json_number("pages", view.nr_pages);
	put_pages(&view);
	return 0;
}

static int put_packet(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_packet_view view;

	if (vmb_stream_view_packet(record->data, record->bytes, &view))
		return -1;
	json_number("transaction_id", view.transaction_id);
	json_string("state", view.state == VMBSAVE_PACKET_SENT ? "sent" : "queued");
	json_bool("wants_completion", view.flags & VMBSAVE_PACKET_WAIT_FOR_COMPLETION);
	put_data(inspect, "payload", view.payload, view.payload_bytes);
	put_data(inspect, "vsp_state", view.vsp, view.vsp_bytes);
	return 0;
}

static int put_completion(const struct inspect *inspect, const struct walk_record *record)
{
	struct vmb_completion_view view;

	if (vmb_stream_view_completion(record->data, record->bytes, &view))
		return -1;
	json_number("transaction_id", view.transaction_id);
	put_data(inspect, "payload", view.payload, view.payload_bytes);
	return 0;
}

static int put_end(const struct walk_record *record)
{
	struct vmbsave_end end;

	if (record->bytes != sizeof(end))
		return -1;
	memcpy(&end, record->data, sizeof(end));
	json_number("nr_channels", le32_to_cpu(end.nr_channels));
	json_number("nr_chunks", le32_to_cpu(end.nr_chunks));
	json_number("nr_records", le64_to_cpu(end.nr_records));
	json_number("nr_packets", le64_to_cpu(end.nr_packets));
	json_number("nr_completions", le64_to_cpu(end.nr_completions));
	json_number("bytes", le64_to_cpu(end.bytes));
	return 0;
}

static int put_contents(const struct inspect *inspect, const struct walk_record *record)
{
	switch (record->type) {
	case VMBSAVE_RECORD_MANIFEST:
		return put_manifest(record);
	case VMBSAVE_RECORD_CHANNEL:
		return put_channel(inspect, record);
	case VMBSAVE_RECORD_VSP_STATE:
		return put_state(inspect, record);
	case VMBSAVE_RECORD_GPADL:
		return put_gpadl(record);
	case VMBSAVE_RECORD_PACKET:
		return put_packet(inspect, record);
	case VMBSAVE_RECORD_COMPLETION:
		return put_completion(inspect, record);
	default:
		return put_end(record);
	}
}

static void put_record(void *context, const struct walk_record *record)
{
	struct inspect *inspect = context;
	bool traffic = record->type == VMBSAVE_RECORD_PACKET ||
		       record->type == VMBSAVE_RECORD_COMPLETION;

	tally_record(&inspect->tally, record);
	if (traffic && !inspect->arguments.packets)
		return;

	json_object(NULL);
	json_string("type", vmb_record_name(record->type));
	json_number("chunk", record->chunk);
	json_number("offset", record->offset);
	json_number("bytes", record->bytes);
	json_bool("checked", record->checked);
	if (put_contents(inspect, record))
		json_bool("undecoded", true);
	json_close();
}

/* It is told at the end; kept in an array that doubles. */
static void keep_damage(void *context, const struct walk_damage *damage)
{
	struct inspect *inspect = context;
	u32 nr = inspect->walk.nr_damages - 1;

	if (!(nr & (nr - 1)))
		inspect->damages = xrealloc(inspect->damages,
					    (nr ? 2 * (size_t)nr : 1) * sizeof(*damage));
	inspect->damages[nr] = *damage;
	if (damage->lost_bytes || damage->lost_chunks)
		tally_loss(&inspect->tally);
}

static void put_damage(const struct walk_damage *damage)
{
	json_object(NULL);
	json_number("chunk", damage->why.chunk);
	json_number("offset", damage->why.offset);
	if (damage->why.packet)
		json_number("packet", damage->why.packet);
	if (damage->why.type)
		json_number("record_type", damage->why.type);
	json_string("errno", errno_name(damage->why.error));
	json_string("reason", damage->why.reason);
	json_number("lost_bytes", damage->lost_bytes);
	json_number("lost_chunks", damage->lost_chunks);
	if (damage->resumed) {
		json_object("goes_on");
		json_number("chunk", damage->chunk);
		json_number("offset", damage->offset);
		json_close();
	}
	json_close();
}

static void put_counts(const struct tally_counts *counts)
{
	json_number("gpadls", counts->gpadls);
	json_number("packets_sent", counts->sent);
	json_number("packets_queued", counts->queued);
	json_number("payload_bytes", counts->payload_bytes);
	json_number("vsp_bytes", counts->vsp_bytes);
	json_number("completions", counts->completions);
	json_number("completion_bytes", counts->answer_bytes);
}

static void put_channels(const struct tally *tally)
{
	const struct tally_channel *channel;
	u32 i;

	json_array("channels");
	for (i = 0; i < tally->nr_channels; i++) {
		channel = &tally->channels[i];
		json_object(NULL);
		put_guid("interface_type", channel->entry.type);
		put_guid("interface_instance", channel->entry.instance);
		json_number("subchannel", le16_to_cpu(channel->entry.subchannel));
		json_bool("in_manifest", channel->promised);
		json_bool("found", channel->seen);
		put_counts(&channel->got);
		json_close();
	}
	json_close();
	json_object("unknown_channel");
	put_counts(&tally->homeless);
	json_close();
}

void inspect_json_begin(struct inspect *inspect)
{
	json_begin();
	json_string("file", inspect->arguments.name[0]);
	json_array("records");
}

void inspect_json_end(struct inspect *inspect)
{
	const struct walk *walk = &inspect->walk;
	u32 i;

	json_close();
	put_channels(&inspect->tally);
	json_array("damage");
	for (i = 0; i < walk->nr_damages; i++)
		put_damage(&inspect->damages[i]);
	json_close();
	json_format("stream_id", "%016llx", (unsigned long long)walk->stream_id);
	json_format("version", "%u.%u", VMBSAVE_STREAM_MAJOR, VMBSAVE_STREAM_MINOR);
	json_number("bytes", walk->bytes);
	json_number("nr_chunks", walk->nr_chunks);
	json_number("nr_records", walk->nr_records);
	json_string("verdict", walk->source->error ? "unreadable" :
		    verdict_name(walk->first.error));
	json_end();
}

const struct walk_ops inspect_json_ops = {
	.record = put_record,
	.damage = keep_damage,
};

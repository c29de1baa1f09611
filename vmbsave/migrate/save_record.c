// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/build_bug.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/string.h>
#include <linux/vmb_gpadl.h>
#include <linux/xarray.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/outgoing_walk.h"
#include "core/trace.h"
#include "migrate/save_session.h"
#include "stream/write_made.h"

static_assert(VMB_GPADL_READ_ONLY == VMBSAVE_GPADL_FLAG_READ_ONLY);

/*
 * One function for each record type makes it from what the core holds, and
 * moves the session on to what comes after it.
 */

static void begin_record(struct vmb_save *save, u16 type, u32 head_bytes)
{
	struct vmb_save_record *record = &save->record;

	memset(&record->head, 0, head_bytes);
	record->pending = true;
	record->flat = false;
	record->type = type;
	record->nr = 1;
	record->segments[0].data = &record->head;
	record->segments[0].bytes = head_bytes;
}

static void add_segment(struct vmb_save *save, const void *data, u32 bytes)
{
	struct vmb_save_record *record = &save->record;

	record->segments[record->nr].data = data;
	record->segments[record->nr].bytes = bytes;
	record->nr++;
}

static u32 count_gpadls(struct vmb_channel *channel)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;
	u32 nr = 0;

	xa_for_each(&channel->gpadls, id, gpadl)
		nr++;
	return nr;
}

/* After a restore it is offered anew: nothing is saved but what it is. */
static bool is_force_new(const struct vmb_channel *channel)
{
	return channel->config.server_flags & VMB_SERVER_INIT_FORCE_NEW_CHANNEL;
}

static void fill_entry(struct vmbsave_manifest_entry *entry,
		       struct vmb_channel *channel)
{
	memset(entry, 0, sizeof(*entry));
	export_guid(entry->type, &channel->identity.type);
	export_guid(entry->instance, &channel->identity.instance);
	entry->subchannel = cpu_to_le16(channel->identity.subchannel);
	if (is_force_new(channel))
		return;
	entry->state_version = cpu_to_le32(channel->vsp->state_version);
	entry->state_min_version = cpu_to_le32(channel->vsp->state_min_version);
	entry->nr_gpadls = cpu_to_le32(count_gpadls(channel));
	entry->nr_packets = cpu_to_le64(channel->queue.nr_packets);
	entry->nr_completions = cpu_to_le64(channel->queue.nr_completions);
}

static int save_manifest(struct vmb_save *save)
{
	struct vmbsave_manifest *head = &save->record.head.manifest;
	struct vmbsave_manifest_entry *entries;
	u64 nr_packets = 0, nr_completions = 0;
	u32 bytes = save->holds.nr * sizeof(*entries);
	u32 i;

	entries = vmb_save_scratch(save, bytes);
	if (!entries)
		return vmb_save_fail(save, -ENOMEM, "no memory for the manifest");
	for (i = 0; i < save->holds.nr; i++) {
		fill_entry(&entries[i], save->holds.channels[i]);
		nr_packets += le64_to_cpu(entries[i].nr_packets);
		nr_completions += le64_to_cpu(entries[i].nr_completions);
	}
	begin_record(save, VMBSAVE_RECORD_MANIFEST, sizeof(*head));
	head->nr_channels = cpu_to_le32(save->holds.nr);
	head->entry_bytes = cpu_to_le32(sizeof(*entries));
	head->nr_packets = cpu_to_le64(nr_packets);
	head->nr_completions = cpu_to_le64(nr_completions);
	add_segment(save, entries, bytes);
	save->phase = VMB_SAVE_CHANNEL;
	return 0;
}

static int fill_open(struct vmb_save *save, struct vmb_channel *channel,
		     struct vmbsave_channel *head)
{
	u32 in_write, in_read, out_write, out_read;

	if (vmb_ring_indices(&channel->in, &in_write, &in_read) ||
	    vmb_ring_indices(&channel->out, &out_write, &out_read))
		return vmb_save_fail(save, -EPROTO,
				     "the ring indices of %s are nonsense",
				     dev_name(&channel->dev));
	/* Our own index is ours: the copy in guest memory is the guest's to spoil. */
	if (in_read != channel->in.own || out_write != channel->out.own)
		return vmb_save_fail(save, -EPROTO,
				     "the guest changed our ring index of %s",
				     dev_name(&channel->dev));
	head->target_vp = cpu_to_le32(channel->open.target_vp);
	head->ring_gpadl = cpu_to_le32(channel->open.gpadl);
	head->ring_downstream_page = cpu_to_le32(channel->open.downstream_page);
	head->in_write = cpu_to_le32(in_write);
	head->in_read = cpu_to_le32(in_read);
	head->out_write = cpu_to_le32(out_write);
	head->out_read = cpu_to_le32(out_read);
	memcpy(head->user_data, channel->open.user_data, sizeof(head->user_data));
	head->mmio_gpa = cpu_to_le64(channel->open.mmio_gpa);
	head->mmio_bytes = cpu_to_le64(channel->open.mmio_bytes);
	return 0;
}

static void fill_config(const struct vmb_channel *channel,
			struct vmbsave_channel *head)
{
	const struct vmb_channel_config *config = &channel->config;
	u32 flags = 0;

	if (config->flags & VMB_CHANNEL_INIT_IS_PIPE)
		flags |= VMBSAVE_CHANNEL_PIPE;
	if (is_force_new(channel))
		flags |= VMBSAVE_CHANNEL_FORCE_NEW;
	head->flags = cpu_to_le32(flags);
	head->max_packet_bytes = cpu_to_le32(channel->max_packet);
	head->max_external_bytes = cpu_to_le32(config->max_external_bytes);
	head->max_external_ranges = cpu_to_le32(config->max_external_ranges);
}

static u64 stream_bytes(const struct vmb_save *save)
{
	return save->writer.bytes + save->writer.used;
}

static void begin_channel(struct vmb_save *save)
{
	save->channel_start = stream_bytes(save);
	save->channel_begun = ktime_get_ns();
}

/* What it has put into the stream is complete: the next one begins, or the end. */
static void account_channel(struct vmb_save *save)
{
	struct vmb_channel *channel = save->holds.channels[save->index - 1];

	WRITE_ONCE(channel->save_bytes, stream_bytes(save) - save->channel_start);
	WRITE_ONCE(channel->save_ns, ktime_get_ns() - save->channel_begun);
}

static void next_channel(struct vmb_save *save)
{
	save->place.channel = 0;
	save->index++;
	save->phase = save->index < save->holds.nr ? VMB_SAVE_CHANNEL :
						     VMB_SAVE_END;
}

static int save_channel(struct vmb_save *save)
{
	struct vmbsave_channel *head = &save->record.head.channel;
	struct vmb_channel *channel = save->holds.channels[save->index];

	if (save->index)
		account_channel(save);
	begin_channel(save);
	save->place.channel = channel->id;
	begin_record(save, VMBSAVE_RECORD_CHANNEL, sizeof(*head));
	export_guid(head->type, &channel->identity.type);
	export_guid(head->instance, &channel->identity.instance);
	head->subchannel = cpu_to_le16(channel->identity.subchannel);
	fill_config(channel, head);
	if (is_force_new(channel)) {
		head->state = cpu_to_le32(VMBSAVE_CHANNEL_DISABLED);
		head->next_transaction_id = cpu_to_le64(1);
		next_channel(save);
		return 0;
	}
	head->state = cpu_to_le32(channel->state);
	head->next_transaction_id = cpu_to_le64(channel->queue.next_id);
	save->phase = VMB_SAVE_STATE;
	save->gpadl = 0;
	if (!vmb_channel_state_is_open(channel->state))
		return 0;
	return fill_open(save, channel, head);
}

static int save_state(struct vmb_save *save)
{
	struct vmb_channel *channel = save->holds.channels[save->index];
	struct vmbsave_vsp_state *head = &save->record.head.state;
	u32 bytes;
	int ret;

	save->phase = VMB_SAVE_GPADLS;
	if (!channel->vsp->save_state)
		return 0;
	ret = vmb_save_channel_state(save, channel, &bytes);
	if (ret)
		return ret;
	begin_record(save, VMBSAVE_RECORD_VSP_STATE, sizeof(*head));
	head->version = cpu_to_le32(channel->vsp->state_version);
	add_segment(save, save->scratch, bytes);
	return 0;
}

static int save_gpadl(struct vmb_save *save)
{
	struct vmb_channel *channel = save->holds.channels[save->index];
	struct vmbsave_gpadl *head = &save->record.head.gpadl;
	struct vmb_gpadl *gpadl;
	__le64 *pfns;
	u32 i;

	gpadl = xa_find_after(&channel->gpadls, &save->gpadl, ULONG_MAX,
			      XA_PRESENT);
	if (!gpadl) {
		save->phase = VMB_SAVE_QUEUE;
		save->cursor = vmb_outgoing_first(channel);
		return 0;
	}
	pfns = vmb_save_scratch(save, gpadl->nr_pages * sizeof(*pfns));
	if (!pfns)
		return vmb_save_fail(save, -ENOMEM, "no memory for a GPADL");
	for (i = 0; i < gpadl->nr_pages; i++)
		pfns[i] = cpu_to_le64(gpadl->pfns[i]);
	begin_record(save, VMBSAVE_RECORD_GPADL, sizeof(*head));
	head->id = cpu_to_le32(gpadl->id);
	head->flags = cpu_to_le32(gpadl->flags);
	head->byte_count = cpu_to_le32(gpadl->byte_count);
	head->byte_offset = cpu_to_le32(gpadl->byte_offset);
	add_segment(save, pfns, gpadl->nr_pages * sizeof(*pfns));
	return 0;
}

/* The library's part, with the payload that is still to be sent */
static void fill_packet(u8 *to, const struct vmb_outgoing *out, u32 flags, bool sent,
			u32 vsp_bytes)
{
	struct vmbsave_packet head = {
		.transaction_id = cpu_to_le64(out->id),
		.state = cpu_to_le32(sent ? VMBSAVE_PACKET_SENT : VMBSAVE_PACKET_QUEUED),
		.flags = cpu_to_le32(flags),
		.payload_bytes = cpu_to_le32(sent ? 0 : out->bytes),
		.vsp_bytes = cpu_to_le32(vsp_bytes),
	};
	u32 padding = ALIGN(out->bytes, 8) - out->bytes;

	memcpy(to, &head, sizeof(head));
	if (sent)
		return;
	memcpy(to + sizeof(head), out->data, out->bytes);
	memset(to + sizeof(head) + out->bytes, 0, padding);
}

/* It goes to the scratch, because the open chunk has no room for it. */
static int save_packet_later(struct vmb_save *save, const struct vmb_save_room *room,
			     u8 **to)
{
	u32 bytes = room->front - VMB_STREAM_HEADROOM + room->state_bytes;
	struct vmb_save_record *record = &save->record;
	u8 *scratch = save->scratch;

	if (!room->state_bytes) {
		scratch = vmb_save_scratch(save, room->front);
		if (!scratch)
			return vmb_save_fail(save, -ENOMEM, "no memory for a packet");
	}
	*to = scratch + VMB_STREAM_HEADROOM;
	/* A VSP may have written to what it does not need. */
	memset(*to + bytes, 0, ALIGN(bytes, 8) - bytes);
	record->pending = true;
	record->flat = true;
	record->type = VMBSAVE_RECORD_PACKET;
	record->nr = 1;
	record->segments[0].data = *to;
	record->segments[0].bytes = bytes;
	return 0;
}

/* A VSP's state is written where it is handed out from, and not copied. */
static int save_packet(struct vmb_save *save, struct vmb_channel *channel,
		       struct vmb_outgoing *out)
{
	struct vmb_packet *packet = vmb_outgoing_packet(out);
	bool sent = vmb_outgoing_is_sent(out);
	u32 lib_bytes = sizeof(struct vmbsave_packet) + (sent ? 0 : ALIGN(out->bytes, 8));
	struct vmb_save_room room = { .front = VMB_STREAM_HEADROOM + lib_bytes };
	u8 *to = vmb_stream_room(&save->writer, save->open, lib_bytes);
	int ret;

	save->place.packet = out->id;
	if (to) {
		room.place = to + lib_bytes;
		room.bytes = save->open + VMBSAVE_CHUNK_MAX - room.place;
	}
	ret = vmb_save_packet_state(save, channel, packet, &room);
	if (ret)
		return ret;
	if (trace_vmb_save_packet_enabled())
		trace_vmb_save_packet(channel, out->id,
				      sent ? VMBSAVE_PACKET_SENT : VMBSAVE_PACKET_QUEUED,
				      sent ? 0 : out->bytes, room.state_bytes);
	if (to && (!room.state_bytes || room.state == room.place)) {
		fill_packet(to, out, packet->flags, sent, room.state_bytes);
		vmb_stream_put_made(&save->writer, save->open,
				    lib_bytes + room.state_bytes);
		return 0;
	}
	ret = save_packet_later(save, &room, &to);
	if (!ret)
		fill_packet(to, out, packet->flags, sent, room.state_bytes);
	return ret;
}

static int save_completion(struct vmb_save *save, struct vmb_outgoing *out)
{
	struct vmbsave_completion *head = &save->record.head.completion;

	begin_record(save, VMBSAVE_RECORD_COMPLETION, sizeof(*head));
	head->transaction_id = cpu_to_le64(out->id);
	head->payload_bytes = cpu_to_le32(out->bytes);
	add_segment(save, out->data, out->bytes);
	return 0;
}

static int save_queue(struct vmb_save *save)
{
	struct vmb_channel *channel = save->holds.channels[save->index];
	struct vmb_outgoing *out = save->cursor;
	int ret;

	if (!out) {
		next_channel(save);
		return 0;
	}
	if (out->kind == VMB_OUTGOING_PACKET)
		ret = save_packet(save, channel, out);
	else
		ret = save_completion(save, out);
	if (ret)
		return ret;
	save->place.packet = 0;
	save->cursor = vmb_outgoing_next(channel, out);
	vmb_outgoing_prefetch(save->cursor);
	return 0;
}

static int save_end(struct vmb_save *save)
{
	/* It counts what is before it, so the open chunk has to go first. */
	if (save->writer.used)
		return 0;
	account_channel(save);
	begin_record(save, VMBSAVE_RECORD_END, sizeof(struct vmbsave_end));
	vmb_stream_fill_end(&save->writer, &save->record.head.end);
	save->phase = VMB_SAVE_DONE;
	return 0;
}

/**
 * vmb_save_next_record() - make the record that comes next
 * @save: the session; the caller has its turn
 *
 * Leaves record.pending false if the record was put into the open chunk at once,
 * if the phase had no more records, or if the open chunk has to be sealed before
 * the end record.
 *
 * Context: process context, may sleep; calls .save_state and .save_packet.
 * Return: 0, or an errno and the session has failed with it.
 */
int vmb_save_next_record(struct vmb_save *save)
{
	switch (save->phase) {
	case VMB_SAVE_MANIFEST:
		return save_manifest(save);
	case VMB_SAVE_CHANNEL:
		return save_channel(save);
	case VMB_SAVE_STATE:
		return save_state(save);
	case VMB_SAVE_GPADLS:
		return save_gpadl(save);
	case VMB_SAVE_QUEUE:
		return save_queue(save);
	case VMB_SAVE_END:
		return save_end(save);
	case VMB_SAVE_HEADER:
	case VMB_SAVE_DONE:
		break;
	}
	return 0;
}

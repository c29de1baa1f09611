// SPDX-License-Identifier: GPL-2.0-only
/*
 * Counts the records of each channel, also of a stream of which parts are lost.
 */
#include <stdlib.h>
#include <string.h>
#include <asm/byteorder.h>
#include "stream/record.h"
#include "tally.h"
#include "util.h"
#include "walk.h"

/**
 * tally_init() - begin to count
 * @tally: filled
 */
void tally_init(struct tally *tally)
{
	*tally = (struct tally){ };
}

/**
 * tally_free() - forget all
 * @tally: an initialised one
 */
void tally_free(struct tally *tally)
{
	free(tally->channels);
	tally_init(tally);
}

static struct tally_channel *add_channel(struct tally *tally)
{
	u32 nr = tally->nr_channels++;

	/* Twice as many whenever they are a power of two. */
	if (!(nr & (nr - 1)))
		tally->channels = xrealloc(tally->channels,
					   (nr ? 2 * (size_t)nr : 1) * sizeof(*tally->channels));
	memset(&tally->channels[nr], 0, sizeof(tally->channels[nr]));
	return &tally->channels[nr];
}

static void count_manifest(struct tally *tally, const struct walk_record *record)
{
	struct vmb_manifest_view view;
	struct tally_channel *channel;
	u32 i;

	if (tally->nr_channels ||
	    vmb_stream_view_manifest(record->data, record->bytes, &view))
		return;

	for (i = 0; i < view.nr_channels; i++) {
		channel = add_channel(tally);
		channel->promised = true;
		vmb_manifest_view_entry(&view, i, &channel->entry);
	}
	tally->nr_promised = view.nr_channels;
}

static bool is_channel(const struct tally_channel *channel, const struct vmb_channel_view *view)
{
	return !memcmp(channel->entry.type, view->type, 16) &&
	       !memcmp(channel->entry.instance, view->instance, 16) &&
	       le16_to_cpu(channel->entry.subchannel) == view->subchannel;
}

/* The number of the channel, plus one. Mostly it is the next one. */
static u32 find_channel(struct tally *tally, const struct vmb_channel_view *view)
{
	struct tally_channel *channel;
	u32 i;

	for (i = tally->current; i < tally->nr_channels; i++)
		if (is_channel(&tally->channels[i], view))
			return i + 1;
	for (i = 0; i < tally->current; i++)
		if (is_channel(&tally->channels[i], view))
			return i + 1;

	channel = add_channel(tally);
	memcpy(channel->entry.type, view->type, 16);
	memcpy(channel->entry.instance, view->instance, 16);
	channel->entry.subchannel = cpu_to_le16(view->subchannel);
	return tally->nr_channels;
}

static void add_counts(struct tally_counts *to, const struct tally_counts *more)
{
	to->gpadls += more->gpadls;
	to->pages += more->pages;
	to->sent += more->sent;
	to->queued += more->queued;
	to->payload_bytes += more->payload_bytes;
	to->vsp_bytes += more->vsp_bytes;
	to->completions += more->completions;
	to->answer_bytes += more->answer_bytes;
}

/* @next: the channel that comes now. Had no other one been in between? */
static void settle(struct tally *tally, u32 next)
{
	if (tally->lost) {
		if (tally->current && next == tally->current + 1)
			add_counts(&tally->channels[tally->current - 1].got, &tally->pending);
		else
			add_counts(&tally->homeless, &tally->pending);
	}
	memset(&tally->pending, 0, sizeof(tally->pending));
	tally->lost = false;
}

static void count_channel(struct tally *tally, const struct walk_record *record)
{
	struct vmb_channel_view view;
	u32 next;

	if (vmb_stream_view_channel(record->data, record->bytes, &view))
		return;
	next = find_channel(tally, &view);
	settle(tally, next);
	tally->channels[next - 1].seen = true;
	tally->current = next;
}

static void count_rest(struct tally_counts *counts, const struct walk_record *record)
{
	struct vmb_completion_view completion;
	struct vmb_packet_view packet;
	struct vmb_gpadl_view gpadl;

	if (record->type == VMBSAVE_RECORD_GPADL &&
	    !vmb_stream_view_gpadl(record->data, record->bytes, &gpadl)) {
		counts->gpadls++;
		counts->pages += gpadl.nr_pages;
	}
	if (record->type == VMBSAVE_RECORD_PACKET &&
	    !vmb_stream_view_packet(record->data, record->bytes, &packet)) {
		counts->sent += packet.state == VMBSAVE_PACKET_SENT;
		counts->queued += packet.state != VMBSAVE_PACKET_SENT;
		counts->payload_bytes += packet.payload_bytes;
		counts->vsp_bytes += packet.vsp_bytes;
	}
	if (record->type == VMBSAVE_RECORD_COMPLETION &&
	    !vmb_stream_view_completion(record->data, record->bytes, &completion)) {
		counts->completions++;
		counts->answer_bytes += completion.payload_bytes;
	}
}

static struct tally_counts *counts_now(struct tally *tally)
{
	if (!tally->current)
		tally->lost = true;
	return tally->lost ? &tally->pending : &tally->channels[tally->current - 1].got;
}

/**
 * tally_record() - count a record
 * @tally: the counts
 * @record: the next one
 */
void tally_record(struct tally *tally, const struct walk_record *record)
{
	if (record->type == VMBSAVE_RECORD_MANIFEST)
		count_manifest(tally, record);
	else if (record->type == VMBSAVE_RECORD_CHANNEL)
		count_channel(tally, record);
	else if (record->type == VMBSAVE_RECORD_END)
		settle(tally, tally->nr_promised + 1);
	else
		count_rest(counts_now(tally), record);
}

/**
 * tally_loss() - something is not there that should be here
 * @tally: the counts
 */
void tally_loss(struct tally *tally)
{
	tally->lost = true;
}

/**
 * tally_end() - no record comes any more
 * @tally: the counts
 */
void tally_end(struct tally *tally)
{
	tally->lost = true;
	settle(tally, 0);
}

/**
 * tally_current() - whose record would come next?
 * @tally: the counts
 *
 * Return: the channel, or NULL if that cannot be known.
 */
const struct tally_channel *tally_current(const struct tally *tally)
{
	if (tally->lost || !tally->current)
		return NULL;
	return &tally->channels[tally->current - 1];
}

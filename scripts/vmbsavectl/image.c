// SPDX-License-Identifier: GPL-2.0-only
/*
 * A whole stream in memory, to be compared; of data its length and hash.
 */
#include <stdlib.h>
#include <string.h>
#include <asm/byteorder.h>
#include "image.h"
#include "inspect.h"
#include "source.h"
#include "stream/record.h"
#include "util.h"
#include "walk.h"

static struct image_data data_of(const void *data, u32 bytes)
{
	return (struct image_data){ .bytes = bytes, .hash = payload_hash(data, bytes) };
}

static void add_channel(struct image *image, const void *data, u32 bytes)
{
	u32 nr = image->nr_channels++;
	struct vmbsave_manifest_entry entry;
	struct vmb_manifest_view view;
	struct image_channel *channel;

	image->channels = xrealloc(image->channels,
				   image->nr_channels * sizeof(*image->channels));
	channel = &image->channels[nr];
	*channel = (struct image_channel){ };
	memcpy(&channel->record, data, sizeof(channel->record));
	image->position = 0;
	/* Both were checked: they have the same channels. */
	if (!vmb_stream_view_manifest(image->manifest, image->manifest_bytes, &view)) {
		vmb_manifest_view_entry(&view, nr, &entry);
		channel->state_version = le32_to_cpu(entry.state_version);
		channel->state_min_version = le32_to_cpu(entry.state_min_version);
	}
}

static struct image_item *add_item(struct image_channel *channel, u16 type, u64 id)
{
	u32 nr = channel->nr_items++;
	struct image_item *item;

	/* Twice as many whenever they are a power of two. */
	if (!(nr & (nr - 1)))
		channel->items = xrealloc(channel->items,
					  (nr ? 2 * (size_t)nr : 1) * sizeof(*channel->items));
	item = &channel->items[nr];
	*item = (struct image_item){ .type = type, .id = id, .other = -1 };
	return item;
}

static void add_gpadl(struct image_channel *channel, const struct walk_record *record)
{
	struct vmb_gpadl_view view;
	struct image_item *item;

	if (vmb_stream_view_gpadl(record->data, record->bytes, &view))
		return;
	item = add_item(channel, record->type, view.id);
	item->flags = view.flags;
	item->byte_count = view.byte_count;
	item->byte_offset = view.byte_offset;
	item->data = data_of(view.pfns, view.nr_pages * sizeof(__le64));
}

static void add_packet(struct image *image, struct image_channel *channel,
		       const struct walk_record *record)
{
	struct vmb_packet_view view;
	struct image_item *item;

	if (vmb_stream_view_packet(record->data, record->bytes, &view))
		return;
	item = add_item(channel, record->type, view.transaction_id);
	item->state = view.state;
	item->flags = view.flags;
	item->data = data_of(view.payload, view.payload_bytes);
	item->vsp = data_of(view.vsp, view.vsp_bytes);
	item->position = image->position++;
}

static void add_completion(struct image *image, struct image_channel *channel,
			   const struct walk_record *record)
{
	struct vmb_completion_view view;
	struct image_item *item;

	if (vmb_stream_view_completion(record->data, record->bytes, &view))
		return;
	item = add_item(channel, record->type, view.transaction_id);
	item->data = data_of(view.payload, view.payload_bytes);
	item->position = image->position++;
	/* Until they are sorted, their place tells them apart. */
	item->nth = item->position;
}

static void take_record(void *context, const struct walk_record *record)
{
	struct image *image = context;
	struct image_channel *channel = NULL;
	struct vmb_state_view state;

	/* Order was checked: whatever belongs to a channel stands behind it. */
	if (image->nr_channels)
		channel = &image->channels[image->nr_channels - 1];

	switch (record->type) {
	case VMBSAVE_RECORD_MANIFEST:
		image->manifest = xmalloc(record->bytes);
		memcpy(image->manifest, record->data, record->bytes);
		image->manifest_bytes = record->bytes;
		break;
	case VMBSAVE_RECORD_CHANNEL:
		add_channel(image, record->data, record->bytes);
		break;
	case VMBSAVE_RECORD_VSP_STATE:
		if (!vmb_stream_view_state(record->data, record->bytes, &state))
			channel->state = data_of(state.data, state.bytes);
		break;
	case VMBSAVE_RECORD_GPADL:
		add_gpadl(channel, record);
		break;
	case VMBSAVE_RECORD_PACKET:
		add_packet(image, channel, record);
		break;
	case VMBSAVE_RECORD_COMPLETION:
		add_completion(image, channel, record);
		break;
	}
}

static int compare_numbers(u64 a, u64 b)
{
	return (a > b) - (a < b);
}

/**
 * image_compare_channels() - which comes first?
 * @a: a channel
 * @b: another
 *
 * Return: below, equal to or above 0, as memcmp().
 */
int image_compare_channels(const struct image_channel *a, const struct image_channel *b)
{
	return memcmp(a->record.type, b->record.type, 16) ?:
	       memcmp(a->record.instance, b->record.instance, 16) ?:
	       compare_numbers(le16_to_cpu(a->record.subchannel),
			       le16_to_cpu(b->record.subchannel));
}

/**
 * image_compare_items() - which comes first? For qsort().
 * @a: a struct image_item
 * @b: another
 *
 * Return: below, equal to or above 0, as memcmp().
 */
int image_compare_items(const void *a, const void *b)
{
	const struct image_item *x = a, *y = b;

	return compare_numbers(x->type, y->type) ?: compare_numbers(x->id, y->id) ?:
	       compare_numbers(x->nth, y->nth);
}

static void sort_items(struct image_channel *channel)
{
	struct image_item *item;
	u32 i;

	if (!channel->nr_items)
		return;

	qsort(channel->items, channel->nr_items, sizeof(*channel->items), image_compare_items);
	channel->items[0].nth = 0;
	for (i = 1; i < channel->nr_items; i++) {
		item = &channel->items[i];
		item->nth = item->type == item[-1].type && item->id == item[-1].id ?
			    item[-1].nth + 1 : 0;
	}
}

/**
 * image_read() - read a stream that is whole and right
 * @image: filled
 * @name: the file, "-" = standard input
 *
 * Return: 0, or EXIT_TROUBLE after a message: it is not, or cannot be read.
 */
int image_read(struct image *image, const char *name)
{
	static const struct walk_ops ops = { .record = take_record };
	static struct source source;
	struct walk state;
	int err;
	u32 i;

	*image = (struct image){ .name = name };
	err = source_open(&source, name);
	if (err)
		die("cannot open %s: %s", name, strerror(-err));
	err = walk(&state, &source, false, &ops, image);
	source_close(&source);
	if (err)
		die("cannot read %s: %s", source.name, strerror(-err));
	if (state.first.error) {
		say("%s: %s: chunk %u, offset %llu: %s (%s)", source.name,
		    verdict_name(state.first.error), state.first.chunk,
		    (unsigned long long)state.first.offset, state.first.reason,
		    errno_name(state.first.error));
		return EXIT_TROUBLE;
	}

	for (i = 0; i < image->nr_channels; i++)
		sort_items(&image->channels[i]);
	return 0;
}

/**
 * image_free() - forget it
 * @image: what image_read() has filled, also if it failed
 */
void image_free(struct image *image)
{
	u32 i;

	for (i = 0; i < image->nr_channels; i++)
		free(image->channels[i].items);
	free(image->channels);
	free(image->manifest);
}

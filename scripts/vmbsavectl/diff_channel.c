// SPDX-License-Identifier: GPL-2.0-only
/*
 * What differs in a channel that both streams have.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/stddef.h>
#include <asm/byteorder.h>
#include "diff.h"
#include "image.h"
#include "inspect.h"
#include "util.h"

#define ULL(x)	((unsigned long long)(x))

#define FIELD(member)	{ #member, offsetof(struct vmbsave_channel, member), \
			  sizeof_field(struct vmbsave_channel, member) }

/* Numbers of a channel's own record, little-endian. */
static const struct {
	const char *name;
	size_t offset;
	size_t bytes;
} fields[] = {
	FIELD(max_packet_bytes),
	FIELD(target_vp),
	FIELD(next_transaction_id),
	FIELD(ring_gpadl),
	FIELD(ring_downstream_page),
	FIELD(in_write),
	FIELD(in_read),
	FIELD(out_write),
	FIELD(out_read),
	FIELD(mmio_gpa),
	FIELD(mmio_bytes),
	FIELD(flags),
	FIELD(max_external_bytes),
	FIELD(max_external_ranges),
};

static u64 number_at(const struct vmbsave_channel *record, size_t offset, size_t bytes)
{
	__le64 value = 0;

	memcpy(&value, (const u8 *)record + offset, bytes);
	return le64_to_cpu(value);
}

static void diff_data(struct diff *diff, const char *what, u64 id, const char *field,
		      struct image_data a, struct image_data b)
{
	char text[2][64];

	if (a.bytes == b.bytes && a.hash == b.hash)
		return;
	snprintf(text[0], sizeof(text[0]), "%u bytes %016llx", a.bytes, ULL(a.hash));
	snprintf(text[1], sizeof(text[1]), "%u bytes %016llx", b.bytes, ULL(b.hash));
	diff_field(diff, what, id, field, text[0], text[1]);
}

static void diff_records(struct diff *diff, const struct vmbsave_channel *a,
			 const struct vmbsave_channel *b)
{
	u32 states[] = { le32_to_cpu(a->state), le32_to_cpu(b->state) };
	struct image_data user[] = {
		{ sizeof(a->user_data), payload_hash(a->user_data, sizeof(a->user_data)) },
		{ sizeof(b->user_data), payload_hash(b->user_data, sizeof(b->user_data)) },
	};
	size_t i;

	if (states[0] != states[1])
		diff_field(diff, "channel", 0, "state", channel_state_name(states[0]),
			   channel_state_name(states[1]));
	for (i = 0; i < ARRAY_SIZE(fields); i++)
		diff_number(diff, "channel", 0, fields[i].name,
			    number_at(a, fields[i].offset, fields[i].bytes),
			    number_at(b, fields[i].offset, fields[i].bytes));
	diff_data(diff, "channel", 0, "user_data", user[0], user[1]);
}

static const char *item_name(const struct image_item *item)
{
	switch (item->type) {
	case VMBSAVE_RECORD_GPADL:
		return "GPADL";
	case VMBSAVE_RECORD_PACKET:
		return "packet";
	default:
		return "completion";
	}
}

static const char *packet_state(const struct image_item *item)
{
	return item->state == VMBSAVE_PACKET_SENT ? "sent" : "queued";
}

static void diff_items(struct diff *diff, const struct image_item *a, const struct image_item *b)
{
	const char *name = item_name(a);

	if (a->state != b->state)
		diff_field(diff, name, a->id, "state", packet_state(a), packet_state(b));
	diff_number(diff, name, a->id, "flags", a->flags, b->flags);
	diff_number(diff, name, a->id, "byte_offset", a->byte_offset, b->byte_offset);
	diff_number(diff, name, a->id, "byte_count", a->byte_count, b->byte_count);
	diff_data(diff, name, a->id, a->type == VMBSAVE_RECORD_GPADL ? "pages" : "payload",
		  a->data, b->data);
	diff_data(diff, name, a->id, "vsp_state", a->vsp, b->vsp);
}

static int compare_positions(const void *a, const void *b)
{
	const struct image_item *x = *(struct image_item * const *)a;
	const struct image_item *y = *(struct image_item * const *)b;

	return (x->position > y->position) - (x->position < y->position);
}

static bool is_in_queue(const struct image_item *item)
{
	return item->type == VMBSAVE_RECORD_COMPLETION ||
	       (item->type == VMBSAVE_RECORD_PACKET && item->state == VMBSAVE_PACKET_QUEUED);
}

static void tell_order(struct diff *diff, const struct image_item *first,
		       const struct image_item *then)
{
	char text[2][96];

	snprintf(text[0], sizeof(text[0]), "%s %llu, %s %llu", item_name(first), ULL(first->id),
		 item_name(then), ULL(then->id));
	snprintf(text[1], sizeof(text[1]), "%s %llu, %s %llu", item_name(then), ULL(then->id),
		 item_name(first), ULL(first->id));
	diff_field(diff, "queue", 0, "order", text[0], text[1]);
}

/* Do those that wait in both wait in the same order? */
static void diff_order(struct diff *diff, const struct image_channel *a)
{
	struct image_item **queue = xmalloc(a->nr_items * sizeof(*queue));
	u32 i, nr = 0;

	for (i = 0; i < a->nr_items; i++)
		if (is_in_queue(&a->items[i]) && a->items[i].other >= 0)
			queue[nr++] = &a->items[i];
	qsort(queue, nr, sizeof(*queue), compare_positions);
	for (i = 1; i < nr; i++) {
		if (queue[i]->other > queue[i - 1]->other)
			continue;
		tell_order(diff, queue[i - 1], queue[i]);
		break;
	}
	free(queue);
}

/**
 * diff_channels() - tell what differs in a channel
 * @diff: where; diff_enter() was called
 * @a: the channel in the first
 * @b: the channel in the second
 */
void diff_channels(struct diff *diff, struct image_channel *a, struct image_channel *b)
{
	u32 i = 0, j = 0;
	int order;

	diff_records(diff, &a->record, &b->record);
	diff_number(diff, "VSP's state", 0, "version", a->state_version, b->state_version);
	diff_number(diff, "VSP's state", 0, "min_version", a->state_min_version,
		    b->state_min_version);
	diff_data(diff, "VSP's state", 0, "data", a->state, b->state);

	while (i < a->nr_items || j < b->nr_items) {
		if (i == a->nr_items)
			order = 1;
		else if (j == b->nr_items)
			order = -1;
		else
			order = image_compare_items(&a->items[i], &b->items[j]);

		if (order) {
			const struct image_item *item = order < 0 ? &a->items[i] : &b->items[j];

			diff_lone(diff, item_name(item), item->id, order < 0);
		} else {
			/* One that is sent in the other does not wait there. */
			if (is_in_queue(&b->items[j]))
				a->items[i].other = b->items[j].position;
			diff_items(diff, &a->items[i], &b->items[j]);
		}
		i += order <= 0;
		j += order >= 0;
	}
	diff_order(diff, a);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Our half: stream/ as save and restore use it, without the kernel around it.
 */
#include <stdlib.h>
#include <linux/align.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/vmb_result.h>
#include <linux/vmbsave_stream.h>
#include "stream/order.h"
#include "stream/read.h"
#include "stream/write.h"
#include "stream/write_made.h"
#include "one_channel.h"
#include "peer.h"

#define PAYLOAD_MAX	4096U
#define RECORD_MAX	(sizeof(struct vmbsave_packet) + PAYLOAD_MAX)

struct object {
	struct object *next;
	struct peer_record record;
};

struct objects {
	struct object *first, **tail;
	void *array;
	u32 nr;
};

/* What a save needs while it lasts: a chunk, and the largest record. */
struct save {
	struct vmb_stream_writer writer;
	u8 chunk[VMBSAVE_CHUNK_MAX] __attribute__((aligned(8)));
	u8 record[VMB_STREAM_HEADROOM + RECORD_MAX] __attribute__((aligned(8)));
};

/* What a restore needs: a chunk, and a record that is in more than one. */
struct load {
	struct vmb_stream_reader reader;
	struct vmb_stream_order order;
	u8 chunk[VMBSAVE_CHUNK_MAX] __attribute__((aligned(8)));
	u8 record[RECORD_MAX] __attribute__((aligned(8)));
};

static struct peer_work work;
static struct objects source, loaded;
static u8 *sink;
static size_t sink_bytes, sink_capacity;
/* Of the save in progress; the writer's callers have no other way to it. */
static struct save *saving;

static void *allocate(size_t bytes)
{
	void *memory = malloc(bytes);

	if (!memory)
		peer_die("out of memory");
	return memory;
}

static void must(bool condition, const char *why)
{
	if (!condition)
		peer_die(why);
}

static void objects_init(struct objects *objects)
{
	*objects = (struct objects){ .tail = &objects->first };
}

static struct object *object_add(struct objects *objects, u32 bytes)
{
	size_t all = ALIGN(sizeof(struct object) + bytes, 8);
	struct object *object;

	if (work.array && !objects->array)
		objects->array = allocate(all * work.records);
	object = work.array ? objects->array + all * objects->nr : allocate(all);
	objects->nr++;
	object->next = NULL;
	*objects->tail = object;
	objects->tail = &object->next;
	return object;
}

static void objects_free(struct objects *objects)
{
	struct object *object, *next;

	for (object = objects->first; object && !work.array; object = next) {
		next = object->next;
		free(object);
	}
	free(objects->array);
}

static void begin(const struct peer_work *new_work)
{
	u32 i;

	work = *new_work;
	must(work.bytes <= PAYLOAD_MAX, "our half has no record of this size");
	objects_init(&source);
	for (i = 0; i < work.records; i++)
		peer_fill(&object_add(&source, work.bytes)->record, 1 + i, work.bytes);
	sink_capacity = (size_t)work.records * (work.bytes + 256) + 65536;
	sink = allocate(sink_capacity);
}

/* Where read() would copy to a VMM's buffer. */
static void hand_out(const void *bytes, u32 nr)
{
	must(nr <= sink_capacity - sink_bytes, "our sink is too small");
	memcpy(sink + sink_bytes, bytes, nr);
	sink_bytes += nr;
}

static void seal(void *chunk)
{
	hand_out(chunk, vmb_stream_seal(&saving->writer, chunk));
}

static void put(struct vmb_stream_writer *writer, u16 type,
		const struct vmb_stream_segment *segments, u32 nr)
{
	int ret;

	while ((ret = vmb_stream_put_record(writer, saving->chunk, type, segments, nr)) == VMB_MORE)
		seal(saving->chunk);
	must(!ret, "our writer refuses a record");
}

static void put_long(struct vmb_stream_writer *writer, u32 bytes)
{
	void *chunk;
	int ret;

	if (writer->used)
		seal(saving->chunk);
	do {
		ret = vmb_stream_put_long(writer, saving->record, VMBSAVE_RECORD_PACKET, bytes,
					  &chunk);
		must(ret >= 0, "our writer refuses a long record");
		seal(chunk);
	} while (ret);
}

/* The record is made where it is handed out from, if there is room. */
static void put_packet(struct vmb_stream_writer *writer, const struct peer_record *record)
{
	struct vmbsave_packet head = {
		.transaction_id = cpu_to_le64(record->id),
		.state = cpu_to_le32(record->state),
		.flags = cpu_to_le32(record->flags),
		.vsp_bytes = cpu_to_le32(record->bytes),
	};
	u32 all = sizeof(head) + record->bytes;
	const struct vmb_stream_segment segment = { saving->record + VMB_STREAM_HEADROOM, all };
	u8 *room = vmb_stream_room(writer, saving->chunk, all);
	u8 *to = room ?: saving->record + VMB_STREAM_HEADROOM;

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), record->payload, record->bytes);
	if (room)
		vmb_stream_put_made(writer, saving->chunk, all);
	else if (vmb_stream_is_long(all))
		put_long(writer, all);
	else
		put(writer, VMBSAVE_RECORD_PACKET, &segment, 1);
}

static void put_header(struct vmb_stream_writer *writer)
{
	struct vmbsave_stream_header header;

	vmb_stream_put_header(writer, &header);
	hand_out(&header, sizeof(header));
}

static void put_end(struct vmb_stream_writer *writer)
{
	struct vmbsave_end end;
	const struct vmb_stream_segment segment = { &end, sizeof(end) };

	seal(saving->chunk);
	vmb_stream_fill_end(writer, &end);
	put(writer, VMBSAVE_RECORD_END, &segment, 1);
	seal(saving->chunk);
}

static void save(void)
{
	struct vmb_stream_writer *writer;
	const struct object *object;
	struct one_channel channel;

	sink_bytes = 0;
	saving = allocate(sizeof(*saving));
	writer = &saving->writer;
	vmb_stream_writer_init(writer, 1);
	put_header(writer);
	one_channel_fill(&channel, work.records);
	one_channel_put(writer, &channel, put);
	for (object = source.first; object; object = object->next)
		put_packet(writer, &object->record);
	put_end(writer);
	free(saving);
}

static void keep(const struct vmb_packet_view *view)
{
	struct peer_record *record = &object_add(&loaded, view->vsp_bytes)->record;

	record->id = view->transaction_id;
	record->state = view->state;
	record->flags = view->flags;
	record->bytes = view->vsp_bytes;
	if (view->vsp_bytes)
		memcpy(record->payload, view->vsp, view->vsp_bytes);
}

/* What is in more than one piece is put together. */
static void take_piece(struct load *load, const struct vmb_stream_piece *piece)
{
	bool whole = piece->last && !piece->offset;
	/* The order looks at the manifest again later. */
	bool copy = !whole || piece->type == VMBSAVE_RECORD_MANIFEST;

	must(piece->record_bytes <= sizeof(load->record), "our record is too long");
	if (copy)
		memcpy(load->record + piece->offset, piece->data, piece->bytes);
	if (!piece->last)
		return;
	must(!vmb_stream_check_record(&load->order, piece->type,
				      copy ? load->record : piece->data, piece->record_bytes),
	     "our stream does not pass");
	if (piece->type == VMBSAVE_RECORD_PACKET)
		keep(&load->order.packet);
}

/* As write() takes it in: first a header, then the rest. Return: bytes of it */
static u32 take_chunk(struct load *load, const u8 *from)
{
	struct vmb_stream_piece piece;
	u32 have, need;

	for (have = 0; ; have = need) {
		must(!vmb_stream_need(&load->reader, load->chunk, have, &need),
		     "our reader refuses a header");
		if (need == have)
			break;
		memcpy(load->chunk + have, from + have, need - have);
	}
	must(!vmb_stream_take(&load->reader, load->chunk, have), "our reader refuses a chunk");
	while (vmb_stream_next(&load->reader, &piece) > 0)
		take_piece(load, &piece);
	return have;
}

static void load(void)
{
	struct load *load = allocate(sizeof(*load));
	size_t at = 0;

	objects_init(&loaded);
	vmb_stream_reader_init(&load->reader, &one_channel_limits);
	vmb_stream_order_init(&load->order, &one_channel_limits);
	while (at < sink_bytes)
		at += take_chunk(load, sink + at);
	must(!vmb_stream_finish(&load->reader) && load->order.phase == VMB_STREAM_END,
	     "our stream has no end");
	free(load);
}

static bool drop(void)
{
	const struct object *object;
	bool same = true;
	u64 id = 0;

	for (object = loaded.first; object; object = object->next)
		same = same && peer_same(&object->record, ++id, work.bytes);
	objects_free(&loaded);
	return same && id == work.records;
}

static void end(void)
{
	objects_free(&source);
	free(sink);
}

static size_t saved_bytes(void)
{
	return sink_bytes;
}

const struct peer peer_ours = {
	.name = "ours", .begin = begin, .save = save, .load = load, .drop = drop, .end = end,
	.saved_bytes = saved_bytes,
};

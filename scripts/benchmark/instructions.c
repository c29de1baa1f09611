// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stream/ does for one packet, to be counted by callgrind: a function for
 * each thing that is counted and each size of state. The program ends with 0 if
 * all that it wrote could be read again.
 */
#include <errno.h>
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/vmb_result.h>
#include <linux/vmbsave_stream.h>
#include "stream/hash.h"
#include "stream/order.h"
#include "stream/read.h"
#include "stream/record.h"
#include "stream/write.h"
#include "stream/write_made.h"
#include "instructions.h"
#include "one_channel.h"

#define STATE_MAX	4096U
#define IMAGE_MAX	(PACKETS * (STATE_MAX + 256))

static u8 state[STATE_MAX];
static u8 record[STATE_MAX + 256] __attribute__((aligned(8)));
static u8 image[IMAGE_MAX] __attribute__((aligned(8)));
static u32 image_bytes;

/* Chunks are made where they stay. */
static void seal(struct vmb_stream_writer *writer)
{
	image_bytes += vmb_stream_seal(writer, image + image_bytes);
	must(image_bytes <= IMAGE_MAX - VMBSAVE_CHUNK_MAX);
}

static void put(struct vmb_stream_writer *writer, u16 type,
		const struct vmb_stream_segment *segments, u32 nr)
{
	int ret;

	while ((ret = vmb_stream_put_record(writer, image + image_bytes, type, segments, nr)) ==
	       VMB_MORE)
		seal(writer);
	must(!ret);
}

static void put_long(struct vmb_stream_writer *writer, u32 bytes)
{
	void *chunk;
	u32 part;
	int ret;

	if (writer->used)
		seal(writer);
	do {
		ret = vmb_stream_put_long(writer, record, VMBSAVE_RECORD_PACKET, bytes, &chunk);
		must(ret >= 0);
		part = vmb_stream_seal(writer, chunk);
		memcpy(image + image_bytes, chunk, part);
		image_bytes += part;
	} while (ret);
}

/* As a save does: where it is handed out from, if there is room. */
static void put_packet(struct vmb_stream_writer *writer, u64 id, u32 bytes)
{
	struct vmbsave_packet head = {
		.transaction_id = cpu_to_le64(id),
		.state = cpu_to_le32(VMBSAVE_PACKET_SENT),
		.flags = cpu_to_le32(VMBSAVE_PACKET_WAIT_FOR_COMPLETION),
		.vsp_bytes = cpu_to_le32(bytes),
	};
	u32 all = sizeof(head) + bytes;
	const struct vmb_stream_segment segment = { record + VMB_STREAM_HEADROOM, all };
	u8 *room = vmb_stream_room(writer, image + image_bytes, all);
	u8 *to = room ?: record + VMB_STREAM_HEADROOM;

	memcpy(to, &head, sizeof(head));
	memcpy(to + sizeof(head), state, bytes);
	if (room)
		vmb_stream_put_made(writer, image + image_bytes, all);
	else if (vmb_stream_is_long(all))
		put_long(writer, all);
	else
		put(writer, VMBSAVE_RECORD_PACKET, &segment, 1);
}

static void write_stream(u32 bytes)
{
	struct vmb_stream_writer writer;
	struct one_channel channel;
	struct vmbsave_end end;
	const struct vmb_stream_segment segment = { &end, sizeof(end) };
	u32 i;

	vmb_stream_writer_init(&writer, 1);
	vmb_stream_put_header(&writer, image);
	image_bytes = sizeof(struct vmbsave_stream_header);
	one_channel_fill(&channel, PACKETS);
	one_channel_put(&writer, &channel, put);
	for (i = 0; i < PACKETS; i++)
		put_packet(&writer, 1 + i, bytes);
	seal(&writer);
	vmb_stream_fill_end(&writer, &end);
	put(&writer, VMBSAVE_RECORD_END, &segment, 1);
	seal(&writer);
}

static void check(struct vmb_stream_order *order, u16 type, const void *data, u32 bytes)
{
	must(!vmb_stream_check_record(order, type, data, bytes));
	if (type == VMBSAVE_RECORD_PACKET)
		must(order->packet.transaction_id);
}

/* What is in more than one piece is put together. */
static void take_piece(struct vmb_stream_order *order, const struct vmb_stream_piece *piece)
{
	bool whole = piece->last && !piece->offset;

	must(piece->record_bytes <= sizeof(record));
	/* The manifest is looked at again later. */
	if (!whole || piece->type == VMBSAVE_RECORD_MANIFEST)
		memcpy(record + piece->offset, piece->data, piece->bytes);
	if (order && piece->last)
		check(order, piece->type, whole ? piece->data : record, piece->record_bytes);
}

static void read_stream(struct vmb_stream_order *order)
{
	struct vmb_stream_reader reader;
	struct vmb_stream_piece piece;
	u32 at = 0, need, have;

	vmb_stream_reader_init(&reader, &one_channel_limits);
	while (at < image_bytes) {
		/* As they come out of write(): first a header, then the rest. */
		for (have = 0; ; have = need) {
			must(!vmb_stream_need(&reader, image + at, have, &need));
			if (need == have)
				break;
		}
		must(!vmb_stream_take(&reader, image + at, have));
		while (vmb_stream_next(&reader, &piece) > 0)
			take_piece(order, &piece);
		at += have;
	}
	must(!vmb_stream_finish(&reader));
}

static void read_alone(void)
{
	read_stream(NULL);
}

static void read_and_check(void)
{
	struct vmb_stream_order order;

	vmb_stream_order_init(&order, &one_channel_limits);
	read_stream(&order);
	must(order.phase == VMB_STREAM_END);
}

static void hash_stream(void)
{
	u32 at = sizeof(struct vmbsave_stream_header);
	u64 chain = 0;

	while (at < image_bytes) {
		const struct vmbsave_chunk_header *header = (void *)(image + at);
		u32 bytes = le16_to_cpu(header->bytes);

		chain = vmb_chain_add(chain, vmb_chunk_hash(header, bytes));
		at += bytes;
	}
	must(chain);
}

#define SIZE(bytes)					\
COUNTED(write_##bytes, write_stream(bytes))		\
COUNTED(hash_##bytes, hash_stream())			\
COUNTED(take_##bytes, read_alone())			\
COUNTED(read_##bytes, read_and_check())			\
static void all_##bytes(void)				\
{							\
	write_##bytes();				\
	hash_##bytes();					\
	take_##bytes();					\
	read_##bytes();					\
}

SIZE(0)
SIZE(64)
SIZE(256)
SIZE(4096)

int main(void)
{
	all_0();
	all_64();
	all_256();
	all_4096();
	count_wire();
	return 0;
}

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "helpers.h"
#include "machine.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "stream.h"
#include "stream/hash.h"
#include "stream/read.h"

#define STREAM_HEAD	sizeof(struct vmbsave_stream_header)
#define CHUNK_HEAD	sizeof(struct vmbsave_chunk_header)
#define RECORD_HEAD	sizeof(struct vmbsave_record_header)

/**
 * vmb_test_stream_create() - room for a stream
 * @test: the case
 * Return: an empty stream; it grows as it is filled.
 */
struct vmb_test_stream *vmb_test_stream_create(struct kunit *test)
{
	struct vmb_test_stream *stream = vmb_test_alloc(test, sizeof(*stream));

	stream->test = test;
	return stream;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_create);

/* Makes room for @bytes more; what was there before stays. */
static void grow(struct vmb_test_stream *stream, u32 bytes)
{
	u32 room = max(stream->room, 16U << 10);
	u8 *data;

	KUNIT_ASSERT_LE(stream->test, bytes, VMB_TEST_STREAM_MAX - stream->bytes);
	while (room < stream->bytes + bytes)
		room *= 2;
	if (room == stream->room)
		return;
	data = vmb_test_alloc(stream->test, room);
	if (stream->bytes)
		memcpy(data, stream->data, stream->bytes);
	stream->data = data;
	stream->room = room;
}

/**
 * vmb_test_stream_copy() - a stream to be damaged
 * @from: the stream
 * Return: its copy.
 */
struct vmb_test_stream *vmb_test_stream_copy(const struct vmb_test_stream *from)
{
	struct vmb_test_stream *stream = vmb_test_stream_create(from->test);

	grow(stream, from->bytes);
	memcpy(stream->data, from->data, from->bytes);
	stream->bytes = from->bytes;
	return stream;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_copy);

/**
 * vmb_test_stream_unit() - length of the stream header or the chunk at a place
 * @stream: the stream, may be damaged
 * @at: the place
 * Return: the length, 0 at the end and where it makes no sense.
 */
u32 vmb_test_stream_unit(const struct vmb_test_stream *stream, u32 at)
{
	const struct vmbsave_chunk_header *chunk = (void *)stream->data + at;
	u32 left = stream->bytes - at;
	u32 bytes;

	if (!at)
		return left < STREAM_HEAD ? 0 : STREAM_HEAD;
	if (left < CHUNK_HEAD)
		return 0;
	bytes = le16_to_cpu(chunk->bytes);
	return bytes < CHUNK_HEAD || bytes > left ? 0 : bytes;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_unit);

/**
 * vmb_test_stream_units() - the stream header and the chunks, counted
 * @stream: the stream
 * Return: how many.
 */
u32 vmb_test_stream_units(const struct vmb_test_stream *stream)
{
	u32 at = 0, nr = 0, bytes;

	while ((bytes = vmb_test_stream_unit(stream, at))) {
		at += bytes;
		nr++;
	}
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_units);

/* The end record of a chunk, if that is what it begins with */
static struct vmbsave_end *find_end(u8 *chunk, u32 bytes)
{
	struct vmbsave_record_header *record = (void *)chunk + CHUNK_HEAD;

	if (bytes < CHUNK_HEAD + RECORD_HEAD + sizeof(struct vmbsave_end) ||
	    le16_to_cpu(record->type) != VMBSAVE_RECORD_END)
		return NULL;
	return (void *)(record + 1);
}

/**
 * vmb_test_stream_repair() - make the hashes of a damaged stream right
 * @stream: the stream
 * @chain_too: also the stream hash in the end record
 */
void vmb_test_stream_repair(struct vmb_test_stream *stream, bool chain_too)
{
	struct vmbsave_stream_header *header = (void *)stream->data;
	u32 at = STREAM_HEAD, bytes;
	u64 chain;

	if (stream->bytes < STREAM_HEAD)
		return;
	header->hash = vmb_header_hash(header);
	chain = vmb_chain_add(0, header->hash);
	while ((bytes = vmb_test_stream_unit(stream, at))) {
		struct vmbsave_chunk_header *chunk = (void *)stream->data + at;
		struct vmbsave_end *end = find_end((u8 *)chunk, bytes);

		if (chain_too && end)
			end->stream_hash = cpu_to_le64(chain);
		chunk->hash = vmb_chunk_hash(chunk, bytes);
		chain = vmb_chain_add(chain, chunk->hash);
		at += bytes;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_repair);

/* A copy with a stream id of 1 and the hashes that belong to it */
static struct vmb_test_stream *without_id(const struct vmb_test_stream *from)
{
	struct vmb_test_stream *stream = vmb_test_stream_copy(from);
	struct vmbsave_stream_header *header = (void *)stream->data;
	u32 at = STREAM_HEAD, bytes;

	if (stream->bytes < STREAM_HEAD)
		return stream;
	header->stream_id = cpu_to_le64(1);
	while ((bytes = vmb_test_stream_unit(stream, at))) {
		struct vmbsave_chunk_header *chunk = (void *)stream->data + at;

		chunk->stream_id = cpu_to_le64(1);
		at += bytes;
	}
	vmb_test_stream_repair(stream, true);
	return stream;
}

/**
 * vmb_test_stream_same() - do two streams say the same?
 * @a: a stream
 * @b: another one
 * Return: true if they are equal but for their ids and what depends on them.
 */
bool vmb_test_stream_same(const struct vmb_test_stream *a,
			  const struct vmb_test_stream *b)
{
	return a->bytes == b->bytes &&
	       !memcmp(without_id(a)->data, without_id(b)->data, a->bytes);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_same);

static void *find_in_chunk(u8 *record, u8 *end, u16 type, u32 *nth)
{
	while (record + RECORD_HEAD <= end) {
		struct vmbsave_record_header *header = (void *)record;

		if (le16_to_cpu(header->type) == type && !(*nth)--)
			return header + 1;
		record += RECORD_HEAD + ALIGN((u64)le32_to_cpu(header->bytes), 8);
	}
	return NULL;
}

/**
 * vmb_test_stream_find() - the payload of a record
 * @stream: the stream, not damaged
 * @type: VMBSAVE_RECORD_*
 * @nth: which of that type, from 0
 * Return: the payload in the stream; its header is before it. NULL if there is
 * none. Of a record that goes on in other chunks it is the first piece.
 */
void *vmb_test_stream_find(struct vmb_test_stream *stream, u16 type, u32 nth)
{
	u32 at = STREAM_HEAD, bytes;
	void *found;

	while ((bytes = vmb_test_stream_unit(stream, at))) {
		struct vmbsave_chunk_header *chunk = (void *)stream->data + at;

		if (!(le16_to_cpu(chunk->flags) & VMBSAVE_CHUNK_CONTINUED)) {
			found = find_in_chunk((u8 *)(chunk + 1),
					      (u8 *)chunk + bytes, type, &nth);
			if (found)
				return found;
		}
		at += bytes;
	}
	return NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_find);

/**
 * vmb_test_save_channel() - save_begin, save_continue to the end, save_end
 * @channel: the channel
 * @size: bytes of buffer for each call; where that is too small what the call
 *	asks for
 * @stream: empty
 * Return: 0 or the errno of the call that failed; then @stream has what came
 * before.
 */
int vmb_test_save_channel(struct vmb_channel *channel, u32 size,
			  struct vmb_test_stream *stream)
{
	u32 filled, required = 0;
	int ret = vmb_channel_save_begin(channel);

	if (ret)
		return ret;
	do {
		u32 room = max(size, required);

		grow(stream, room);
		ret = vmb_channel_save_continue(channel,
						stream->data + stream->bytes,
						room, &filled, &required);
		stream->bytes += filled;
	} while (ret == VMB_MORE || (ret == -ENOBUFS && required > size));
	vmb_channel_save_end(channel);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_save_channel);

/**
 * vmb_test_restore_channel() - restore_from_buffer to the end
 * @channel: the channel
 * @stream: the stream; where a chunk makes no sense all that is left is given
 * @units: chunks for each call
 * Return: what the last call returned; VMB_MORE if the end did not come.
 */
int vmb_test_restore_channel(struct vmb_channel *channel,
			     const struct vmb_test_stream *stream, u32 units)
{
	u32 at = 0;
	int ret = VMB_MORE;

	while (at < stream->bytes && ret == VMB_MORE) {
		u32 end = at, nr, bytes;

		for (nr = 0; nr < units; nr++) {
			bytes = vmb_test_stream_unit(stream, end);
			end += bytes ?: stream->bytes - end;
		}
		ret = vmb_channel_restore_from_buffer(channel, stream->data + at,
						      end - at);
		at = end;
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_restore_channel);

static int read_piece(struct vmb_save *save, u32 piece,
		      struct vmb_test_stream *stream, bool *end)
{
	const void *data;
	u32 bytes;
	int ret = vmb_save_read_begin(save, &data, &bytes);

	if (ret)
		return ret;
	*end = !bytes;
	bytes = min(bytes, piece);
	grow(stream, bytes);
	if (bytes)
		memcpy(stream->data + stream->bytes, data, bytes);
	stream->bytes += bytes;
	vmb_save_read_end(save, bytes);
	return 0;
}

/**
 * vmb_test_save_bus() - STOP_COPY, read all, back to STOP
 * @machine: the machine
 * @piece: bytes for each read
 * @stream: empty
 * Return: 0 or the first errno; then @stream has what came before.
 */
int vmb_test_save_bus(struct vmb_test_machine *machine, u32 piece,
		      struct vmb_test_stream *stream)
{
	struct vmb_bus_data data;
	bool end = false;
	int ret = vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0, &data);

	if (ret)
		return ret;
	while (!ret && !end)
		ret = read_piece(data.save, piece, stream, &end);
	vmb_save_put(data.save);
	return ret ?: vmb_test_machine_set_state(machine, VMB_BUS_STOP);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_save_bus);

/**
 * vmb_test_write_bytes() - write some bytes, and see what is answered
 * @restore: of a bus in RESUMING
 * @data: the bytes
 * @bytes: how many
 * Return: 0 or the first errno.
 */
int vmb_test_write_bytes(struct vmb_restore *restore, const void *data, u32 bytes)
{
	u32 at = 0;
	ssize_t ret;

	do {
		ret = vmb_restore_write(restore, data + at, bytes - at);
		if (ret < 0)
			return ret;
		at += ret;
	} while (at < bytes);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_write_bytes);

/**
 * vmb_test_write_data() - write a whole stream
 * @restore: of a bus in RESUMING
 * @stream: the stream
 * @piece: bytes for each write
 * Return: 0 or the first errno.
 */
int vmb_test_write_data(struct vmb_restore *restore,
			const struct vmb_test_stream *stream, u32 piece)
{
	u32 at, bytes;
	int ret = 0;

	for (at = 0; at < stream->bytes && !ret; at += bytes) {
		bytes = min(piece, stream->bytes - at);
		ret = vmb_test_write_bytes(restore, stream->data + at, bytes);
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_write_data);

/**
 * vmb_test_write_bus() - RESUMING, write all
 * @machine: the machine; it stays in RESUMING
 * @stream: the stream
 * @piece: bytes for each write
 * Return: 0 or the first errno.
 */
int vmb_test_write_bus(struct vmb_test_machine *machine,
		       const struct vmb_test_stream *stream, u32 piece)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(machine->bus, VMB_BUS_RESUMING, 0, &data);

	if (ret)
		return ret;
	ret = vmb_test_write_data(data.restore, stream, piece);
	vmb_restore_put(data.restore);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_write_bus);

/**
 * vmb_test_restore_bus() - RESUMING, write all, commit with STOP
 * @machine: the machine
 * @stream: the stream
 * @piece: bytes for each write
 * Return: what STOP returned, or the errno of RESUMING. An error of a write
 * ends the writing, as it would a VMM's.
 */
int vmb_test_restore_bus(struct vmb_test_machine *machine,
			 const struct vmb_test_stream *stream, u32 piece)
{
	int ret = vmb_test_write_bus(machine, stream, piece);

	if (ret && machine->bus->state != VMB_BUS_RESUMING)
		return ret;
	return vmb_test_machine_set_state(machine, VMB_BUS_STOP);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_restore_bus);

/**
 * vmb_test_stream_expect_readable() - a reader takes a stream to its end
 * @test: the case
 * @stream: of one channel; padding is zero, chunks are cut where they should be
 */
void vmb_test_stream_expect_readable(struct kunit *test,
				     const struct vmb_test_stream *stream)
{
	const struct vmb_stream_limits limits = {
		.channels = 1, .packet_bytes = PAGE_SIZE, .vsp_bytes = SZ_1M,
		.gpadl_pages = 64,
	};
	struct vmb_stream_reader reader;
	struct vmb_stream_piece piece;
	u32 at = 0, need;
	int ret = 0;

	vmb_stream_reader_init(&reader, &limits);
	while (!ret && at < stream->bytes) {
		ret = vmb_stream_need(&reader, stream->data + at, stream->bytes - at, &need);
		if (!ret)
			ret = vmb_stream_take(&reader, stream->data + at, need);
		at += need;
		while (!ret && (ret = vmb_stream_next(&reader, &piece)) > 0)
			ret = 0;
	}
	KUNIT_EXPECT_EQ_MSG(test, vmb_stream_finish(&reader), 0, "%s", reader.error.reason);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_stream_expect_readable);

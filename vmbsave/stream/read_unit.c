// SPDX-License-Identifier: GPL-2.0-only
/*
 * The stream's reader, its outer half: units (the stream header, then chunks)
 * in, whole and in order. Every byte is taken for hostile.
 */
#include <linux/align.h>
#include <linux/array_size.h>
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "hash.h"
#include "read.h"
#include "read_internal.h"

/* A chunk that nothing more fits into. */
#define CHUNK_FULL	VMBSAVE_CHUNK_MAX

/* What any reader of any version can look at. */
#define FROZEN_BYTES	offsetof(struct vmbsave_stream_header, stream_id)

/**
 * vmb_stream_reader_init() - begin to read a stream
 * @r: the reader
 * @limits: what to accept; not kept
 *
 * Context: Any.
 */
void vmb_stream_reader_init(struct vmb_stream_reader *r, const struct vmb_stream_limits *limits)
{
	u16 type;

	*r = (struct vmb_stream_reader){ .before = CHUNK_FULL };
	for (type = VMBSAVE_RECORD_MANIFEST; type < ARRAY_SIZE(r->longest); type++)
		r->longest[type] = vmb_stream_longest(limits, type);
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_reader_init, VMBSAVE_NS);

static int need_header(struct vmb_stream_reader *r, const u8 *data, u32 have, u32 *need)
{
	const u32 magic_bytes = VMBSAVE_STREAM_MAGIC_BYTES;
	struct vmbsave_stream_header header;

	if (have && memcmp(data, VMBSAVE_STREAM_MAGIC, min(have, magic_bytes)))
		return vmb_refuse_unit(r, -EUCLEAN, 0, "this is no save stream");
	*need = sizeof(header);
	if (have < FROZEN_BYTES)
		return 0;

	memcpy(&header, data, FROZEN_BYTES);
	if (le16_to_cpu(header.major) != VMBSAVE_STREAM_MAJOR ||
	    le16_to_cpu(header.minor) != VMBSAVE_STREAM_MINOR)
		return vmb_refuse_unit(r, -EPROTONOSUPPORT,
				       offsetof(struct vmbsave_stream_header, major),
				       "the stream is of a version that this reader does not know");
	if (le16_to_cpu(header.header_bytes) != sizeof(header))
		return vmb_refuse_unit(r, -EUCLEAN,
				       offsetof(struct vmbsave_stream_header, header_bytes),
				       "the stream header has a wrong length");

	return 0;
}

static int need_chunk(struct vmb_stream_reader *r, const u8 *data, u32 have, u32 *need)
{
	const __le32 magic = cpu_to_le32(VMBSAVE_CHUNK_MAGIC);
	struct vmbsave_chunk_header header;
	u32 bytes;

	if (have && memcmp(data, &magic, min_t(u32, have, sizeof(magic))))
		return vmb_refuse_unit(r, -EUCLEAN, 0, "no chunk begins where one should");
	*need = sizeof(header);
	if (have < sizeof(header))
		return 0;

	memcpy(&header, data, sizeof(header));
	bytes = le16_to_cpu(header.bytes);
	if (bytes < VMB_CHUNK_HEAD + VMB_RECORD_HEAD || bytes > VMBSAVE_CHUNK_MAX ||
	    !IS_ALIGNED(bytes, VMB_RECORD_ALIGN))
		return vmb_refuse_unit(r, -EUCLEAN, offsetof(struct vmbsave_chunk_header, bytes),
				       "the length of a chunk is impossible");

	*need = bytes;
	return 0;
}

/**
 * vmb_stream_need() - how long is the next unit?
 * @r: the reader
 * @data: what there is of the next unit; what lies behind it is not looked at
 * @have: how many bytes
 * @need: on success, the bytes that the unit takes as far as can be told
 *
 * If *need is more than @have, the caller gets that many bytes and asks again;
 * if not, the first *need bytes are the whole unit. *need is 0 when the stream
 * is over and no byte follows it. The start of the unit is checked as far as it
 * is there.
 *
 * Context: Any.
 * Return: 0, or why the stream is refused (see vmb_stream_take()).
 */
int vmb_stream_need(struct vmb_stream_reader *r, const void *data, u32 have, u32 *need)
{
	if (r->error.error)
		return r->error.error;
	if (!r->started)
		return need_header(r, data, have, need);
	if (!r->ended)
		return need_chunk(r, data, have, need);
	if (have)
		return vmb_refuse_unit(r, -EUCLEAN, 0, "bytes follow the end record");

	*need = 0;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_need, VMBSAVE_NS);

#define HEADER_OFFSET(member)	offsetof(struct vmbsave_stream_header, member)

static int take_header(struct vmb_stream_reader *r, const void *unit)
{
	struct vmbsave_stream_header header;

	memcpy(&header, unit, sizeof(header));
	if (header.hash != vmb_header_hash(&header))
		return vmb_refuse_unit(r, -EBADMSG, HEADER_OFFSET(hash),
				       "the stream header does not have the hash it says");
	if (header.reserved0)
		return vmb_refuse_unit(r, -EUCLEAN, HEADER_OFFSET(reserved0),
				       "a reserved field of the stream header is not zero");
	if (!header.stream_id)
		return vmb_refuse_unit(r, -EUCLEAN, HEADER_OFFSET(stream_id),
				       "the stream id is zero");
	if (header.incompat)
		return vmb_refuse_unit(r, -EOPNOTSUPP, HEADER_OFFSET(incompat),
				       "the stream uses a feature that this reader does not know");
	if (header.chunk_bytes_max != cpu_to_le32(VMBSAVE_CHUNK_MAX))
		return vmb_refuse_unit(r, -EUCLEAN, HEADER_OFFSET(chunk_bytes_max),
				       "the stream has another maximum length of chunks");
	if (header.hash_algorithm != cpu_to_le32(VMBSAVE_HASH_XXH64))
		return vmb_refuse_unit(r, -EOPNOTSUPP, HEADER_OFFSET(hash_algorithm),
				       "the stream uses a hash that this reader does not know");
	if (memchr_inv(header.reserved1, 0, sizeof(header.reserved1)))
		return vmb_refuse_unit(r, -EUCLEAN, HEADER_OFFSET(reserved1),
				       "reserved bytes of the stream header are not zero");

	r->stream_id = le64_to_cpu(header.stream_id);
	r->hash = header.hash;
	r->bytes = sizeof(header);
	r->started = true;
	return 0;
}

#define CHUNK_OFFSET(member)	offsetof(struct vmbsave_chunk_header, member)

/* Does this chunk go on with a record if and only if one is unfinished? */
static int check_continued(struct vmb_stream_reader *r, u16 flags, u32 bytes)
{
	if (!(flags & VMBSAVE_CHUNK_CONTINUED) && r->record_left)
		return vmb_refuse_unit(r, -EPROTO, CHUNK_OFFSET(flags),
				       "a chunk does not continue the record that is unfinished");
	if ((flags & VMBSAVE_CHUNK_CONTINUED) && !r->record_left)
		return vmb_refuse_unit(r, -EPROTO, CHUNK_OFFSET(flags),
				       "a chunk continues a record although none is unfinished");
	if (r->record_left &&
	    bytes != VMB_CHUNK_HEAD + min_t(u64, r->record_left, VMBSAVE_CHUNK_ROOM))
		return vmb_refuse_unit(r, -EUCLEAN, CHUNK_OFFSET(bytes),
				       "a chunk has not the length that its long record gives it");

	return 0;
}

static int check_chunk(struct vmb_stream_reader *r, const void *unit, u32 bytes,
		       const struct vmbsave_chunk_header *header)
{
	u16 flags = le16_to_cpu(header->flags);

	if (header->hash != vmb_chunk_hash(unit, bytes))
		return vmb_refuse_unit(r, -EBADMSG, CHUNK_OFFSET(hash),
				       "a chunk does not have the hash it says");
	if (le64_to_cpu(header->stream_id) != r->stream_id)
		return vmb_refuse_unit(r, -EPROTO, CHUNK_OFFSET(stream_id),
				       "a chunk belongs to another stream");
	if (le32_to_cpu(header->sequence) != (u64)r->chunk + 1)
		return vmb_refuse_unit(r, -EPROTO, CHUNK_OFFSET(sequence),
				       "a chunk is missing, repeated or out of order");
	if (flags & ~VMBSAVE_CHUNK_CONTINUED)
		return vmb_refuse_unit(r, -EUCLEAN, CHUNK_OFFSET(flags),
				       "a chunk has a flag that does not exist");
	if (header->reserved)
		return vmb_refuse_unit(r, -EUCLEAN, CHUNK_OFFSET(reserved),
				       "the reserved field of a chunk is not zero");

	return check_continued(r, flags, bytes);
}

static int take_chunk(struct vmb_stream_reader *r, const void *unit, u32 bytes)
{
	struct vmbsave_chunk_header header;
	bool full;
	int err;

	memcpy(&header, unit, sizeof(header));
	err = check_chunk(r, unit, bytes, &header);
	if (err)
		return err;

	/* A long record has its last chunk for itself too. */
	full = !r->chunk || vmb_record_total(r->record_bytes) > VMBSAVE_CHUNK_ROOM;
	r->before = full ? CHUNK_FULL : r->unit_bytes;
	r->chain = vmb_chain_add(r->chain, r->hash);
	r->hash = header.hash;
	r->bytes += bytes;
	r->unit = unit;
	r->unit_bytes = bytes;
	r->position = VMB_CHUNK_HEAD;
	r->chunk++;
	return 0;
}

/**
 * vmb_stream_take() - take in one whole unit
 * @r: the reader; the unit before is used up
 * @unit: the stream header or a chunk; must stay until vmb_stream_next() has
 *	answered 0; no alignment is needed
 * @bytes: its length, exactly
 *
 * Context: Any.
 * Return: 0, or why the stream is refused: -EBADMSG (a hash is wrong), -EPROTO
 * (chunks are not in order, or of another stream), -EUCLEAN (not what a writer
 * writes), -EPROTONOSUPPORT (version), -EOPNOTSUPP (an unknown feature, hash or
 * mandatory record), -EMSGSIZE (a record beyond the limits), -ENODATA (cut
 * short), -EINVAL (the unit before is not used up). After a refusal every call
 * answers the same, and @r->error says why.
 */
int vmb_stream_take(struct vmb_stream_reader *r, const void *unit, u32 bytes)
{
	u32 need = 0;
	int err;

	if (r->error.error)
		return r->error.error;
	if (r->unit)
		return vmb_refuse_record(r, -EINVAL, r->position,
					 "a chunk came before the one before it was used up");
	err = vmb_stream_need(r, unit, bytes, &need);
	if (err)
		return err;
	if (bytes < need || !bytes)
		return vmb_refuse_unit(r, -ENODATA, bytes,
				       "the stream ends inside a chunk or header");
	if (bytes > need)
		return vmb_refuse_unit(r, -EUCLEAN, need, "more bytes than one chunk or header");

	return r->started ? take_chunk(r, unit, bytes) : take_header(r, unit);
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_take, VMBSAVE_NS);

/**
 * vmb_stream_finish() - nothing more comes; was that all?
 * @r: the reader
 *
 * Context: Any.
 * Return: 0: the end record was taken out. -ENODATA: it was not. Or the first
 * error.
 */
int vmb_stream_finish(struct vmb_stream_reader *r)
{
	if (r->error.error)
		return r->error.error;
	if (!r->ended)
		return vmb_refuse_unit(r, -ENODATA, 0, "the stream ends before its end record");

	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_finish, VMBSAVE_NS);

/**
 * vmb_stream_refuse() - refuse the stream for a reason found by the caller
 * @r: the reader
 * @why: error, packet and reason; @why->offset counts from the start of the
 *	payload of the record that was taken out last; @why->chunk is not used
 *
 * Makes the place right and keeps it, unless there is an error already. Meant
 * for what vmb_stream_check_record() and the commit of a restore find.
 *
 * Context: Any.
 * Return: the first error.
 */
int vmb_stream_refuse(struct vmb_stream_reader *r, const struct vmb_stream_error *why)
{
	u64 inside = VMB_RECORD_HEAD + why->offset;
	u64 crossed = 0;

	if (r->error.error)
		return r->error.error;
	if (WARN_ON_ONCE(why->error >= 0))
		return vmb_refuse_unit(r, -EINVAL, 0, "refused without an error");
	if (!r->record_chunk)
		return vmb_refuse_unit(r, why->error, 0, why->reason);

	if (vmb_record_total(r->record_bytes) > VMBSAVE_CHUNK_ROOM)
		crossed = (u32)min_t(u64, inside, U32_MAX) / VMBSAVE_CHUNK_ROOM;
	vmb_refuse(r, why->error, r->record_chunk + crossed,
		   r->record_start + inside + crossed * VMB_CHUNK_HEAD, why->reason);
	r->error.packet = why->packet;

	return why->error;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_refuse, VMBSAVE_NS);

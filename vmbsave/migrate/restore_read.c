// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

#include "core/trace.h"
#include "migrate/account.h"
#include "migrate/restore.h"
#include "migrate/restore_session.h"

/* Bytes to units, units to records. */

/**
 * vmb_restore_fail_at_reader() - the session fails by what its reader found
 * @restore: the session; the caller has its turn
 *
 * Context: process context.
 * Return: the errno.
 */
int vmb_restore_fail_at_reader(struct vmb_restore *restore)
{
	const struct vmb_stream_error *why = &restore->reader.error;
	const struct vmb_error_place place = {
		.chunk = why->chunk,
		.offset = why->offset,
		.packet = why->packet,
	};

	if (why->type)
		return vmb_restore_fail(restore, why->error, &place, "%s: %u",
					why->reason, why->type);
	return vmb_restore_fail(restore, why->error, &place, "%s", why->reason);
}

/* Gathers a record of several pieces. Its length was capped by the reader. */
static int gather(struct vmb_restore *restore, const struct vmb_stream_piece *piece)
{
	if (!piece->offset && piece->record_bytes > restore->record_room) {
		kvfree_sensitive(restore->record, restore->record_room);
		restore->record_room = 0;
		restore->record = kvmalloc(piece->record_bytes,
					   GFP_KERNEL_ACCOUNT);
		if (!restore->record)
			return vmb_restore_fail(restore, -ENOMEM, NULL,
						"no memory for a long record");
		restore->record_room = piece->record_bytes;
	}
	memcpy(restore->record + piece->offset, piece->data, piece->bytes);
	return 0;
}

static int take_piece(struct vmb_restore *restore,
		      const struct vmb_stream_piece *piece)
{
	bool whole = !piece->offset && piece->last;
	int ret = 0;

	if (!whole)
		ret = gather(restore, piece);
	if (ret || !piece->last)
		return ret;
	return vmb_restore_record(restore, piece->type,
				  whole ? piece->data : restore->record,
				  piece->record_bytes);
}

static int take_unit(struct vmb_restore *restore, const void *unit, u32 bytes)
{
	struct vmb_stream_piece piece;
	int ret;

	ret = vmb_stream_take(&restore->reader, unit, bytes);
	if (ret)
		return vmb_restore_fail_at_reader(restore);
	if (trace_vmb_restore_chunk_enabled())
		trace_vmb_restore_chunk(restore->bus, restore->reader.chunk,
					restore->reader.bytes - bytes, bytes);
	while ((ret = vmb_stream_next(&restore->reader, &piece)) > 0) {
		ret = take_piece(restore, &piece);
		if (ret)
			return ret;
	}
	return ret ? vmb_restore_fail_at_reader(restore) : 0;
}

/* How long is the unit of which @have bytes are at @data? */
static int need(struct vmb_restore *restore, const void *data, u32 have, u32 *bytes)
{
	if (vmb_stream_need(&restore->reader, data, have, bytes))
		return vmb_restore_fail_at_reader(restore);
	return 0;
}

/* A unit that was begun by earlier bytes goes on with these. */
static int go_on(struct vmb_restore *restore, const u8 *data, u32 bytes, u32 *taken)
{
	u32 unit = 0;
	int ret = need(restore, restore->unit, restore->unit_bytes, &unit);

	if (ret)
		return ret;
	*taken = min(unit - restore->unit_bytes, bytes);
	memcpy(restore->unit + restore->unit_bytes, data, *taken);
	restore->unit_bytes += *taken;
	/* With its header whole, its length is known. */
	ret = need(restore, restore->unit, restore->unit_bytes, &unit);
	if (ret || restore->unit_bytes < unit)
		return ret;
	restore->unit_bytes = 0;
	return take_unit(restore, restore->unit, unit);
}

/* A unit that is there as a whole is taken where it lies. */
static int take_some(struct vmb_restore *restore, const u8 *data, u32 bytes, u32 *taken)
{
	u32 unit = 0;
	int ret;

	if (restore->unit_bytes)
		return go_on(restore, data, bytes, taken);
	ret = need(restore, data, bytes, &unit);
	if (ret)
		return ret;
	*taken = min(unit, bytes);
	if (unit <= bytes)
		return take_unit(restore, data, unit);
	memcpy(restore->unit, data, bytes);
	restore->unit_bytes = bytes;
	return 0;
}

static int take_all(struct vmb_restore *restore, const u8 *data, u32 bytes, u32 *done)
{
	int ret = vmb_restore_refuse(restore);
	u32 taken;

	if (ret)
		return ret;
	while (*done < bytes && !ret) {
		ret = take_some(restore, data + *done, bytes - *done, &taken);
		if (!ret)
			*done += taken;
	}
	vmb_restore_account(restore);
	if (ret)
		vmb_restore_drop_staged(restore);
	return ret;
}

/**
 * vmb_restore_write() - take in the bytes that come next
 * @restore: the session
 * @data: the bytes; no alignment is needed
 * @bytes: how many
 *
 * Chunks that are there as a whole are taken where they lie, so what is handed
 * over at once should be long.
 *
 * Context: process context, may sleep; calls .restore_packet, on failure
 * .discard_packet.
 * Return: how many were taken, all unless the restore failed at what comes after
 * them; or -EINTR, -ESTALE (the session is over), or why it has failed.
 */
ssize_t vmb_restore_write(struct vmb_restore *restore, const void *data, u32 bytes)
{
	u32 done = 0;
	int ret = vmb_turn_take_killable(&restore->turn);

	if (ret)
		return ret;
	ret = take_all(restore, data, bytes, &done);
	vmb_turn_release(&restore->turn);
	if (done)
		return done;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_restore_write);

/**
 * vmb_restore_take_chunks() - take whole chunks
 * @restore: the session; the caller has its turn
 * @buf: the chunks
 * @size: bytes at @buf
 *
 * Context: process context, may sleep; calls .restore_packet.
 * Return: 0: the end record was among them. %VMB_MORE: it was not. An errno:
 * the session has failed with it.
 */
int vmb_restore_take_chunks(struct vmb_restore *restore, const void *buf, u32 size)
{
	u32 unit = 0;
	int ret;

	while (size) {
		ret = need(restore, buf, size, &unit);
		if (ret)
			return ret;
		if (unit > size)
			return vmb_restore_fail(restore, -EMSGSIZE, NULL,
						"not whole chunks");
		ret = take_unit(restore, buf, unit);
		if (ret)
			return ret;
		buf += unit;
		size -= unit;
	}
	return restore->reader.ended ? 0 : VMB_MORE;
}

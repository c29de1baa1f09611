// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_result.h>

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
	while ((ret = vmb_stream_next(&restore->reader, &piece)) > 0) {
		ret = take_piece(restore, &piece);
		if (ret)
			return ret;
	}
	return ret ? vmb_restore_fail_at_reader(restore) : 0;
}

/**
 * vmb_restore_write_begin() - get at the place for the bytes that come next
 * @restore: the session
 * @space: set to the place
 * @bytes: set to how many bytes it takes, not 0
 *
 * Context: process context, may sleep.
 * Return: 0, then vmb_restore_write_end() must follow; or -EINTR, -ESTALE (the
 * session is over), or why the restore failed.
 */
int vmb_restore_write_begin(struct vmb_restore *restore, void **space,
			    u32 *bytes)
{
	u32 need = 0;
	int ret = vmb_turn_take_killable(&restore->turn);

	if (ret)
		return ret;
	ret = vmb_restore_refuse(restore);
	if (!ret && vmb_stream_need(&restore->reader, restore->unit,
				    restore->unit_bytes, &need)) {
		ret = vmb_restore_fail_at_reader(restore);
		vmb_restore_drop_staged(restore);
	}
	if (ret) {
		vmb_turn_release(&restore->turn);
		return ret;
	}
	*space = restore->unit + restore->unit_bytes;
	/* After the end nothing is needed; one byte is enough to be refused. */
	*bytes = need ? need - restore->unit_bytes : 1;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_restore_write_begin);

/**
 * vmb_restore_write_end() - say how many bytes were put there
 * @restore: the session
 * @filled: at most what vmb_restore_write_begin() gave
 *
 * Context: process context, may sleep; calls .restore_packet, on failure
 * .discard_packet.
 * Return: 0, or why the restore has failed.
 */
int vmb_restore_write_end(struct vmb_restore *restore, u32 filled)
{
	u32 need;
	int ret = 0;

	restore->unit_bytes += filled;
	if (vmb_stream_need(&restore->reader, restore->unit,
			    restore->unit_bytes, &need))
		ret = vmb_restore_fail_at_reader(restore);
	if (!ret && need && restore->unit_bytes == need) {
		restore->unit_bytes = 0;
		ret = take_unit(restore, restore->unit, need);
	}
	vmb_restore_account(restore);
	if (ret)
		vmb_restore_drop_staged(restore);
	vmb_turn_release(&restore->turn);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_restore_write_end);

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
	u32 need;
	int ret;

	while (size) {
		if (vmb_stream_need(&restore->reader, buf, size, &need))
			return vmb_restore_fail_at_reader(restore);
		if (need > size)
			return vmb_restore_fail(restore, -EMSGSIZE, NULL,
						"not whole chunks");
		ret = take_unit(restore, buf, need);
		if (ret)
			return ret;
		buf += need;
		size -= need;
	}
	return restore->reader.ended ? 0 : VMB_MORE;
}

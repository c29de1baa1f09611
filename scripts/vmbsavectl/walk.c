// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: A way through a stream
 *
 * The kernel's reader and its checker of the records' order do the work, fed as
 * a restore feeds them, so that what is refused here is refused there, in the
 * same words.
 *
 * 1. The source gives a unit, the reader takes it and gives pieces of records.
 * 2. The pieces are put together, the record is checked and told.
 * 3. The reader says that the end was there.
 *
 * If the reader refuses something, it is told as damage. To go on, resync.c
 * finds the next chunk that is whole, and the reader is put behind the chunk
 * before. From then on order and counts are not checked any more: they tell what
 * is known already. If the checker refuses a record, nothing is lost, and the
 * same reader goes on.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/vmbsave_stream.h>
#include "source.h"
#include "util.h"
#include "walk.h"

/*
 * Above what any module can be told to write, but for its own sake: not more
 * memory than a hostile stream has bytes is ever used.
 */
static const struct vmb_stream_limits walk_limits = {
	.channels = 65536,
	.packet_bytes = 524256,
	.vsp_bytes = 1U << 30,
	.gpadl_pages = 1048577,
	.state_bytes = 1U << 30,
};

static void tell_damage(struct walk *walk, const struct walk_damage *damage)
{
	if (!walk->nr_damages++)
		walk->first = damage->why;
	if (walk->ops->damage)
		walk->ops->damage(walk->context, damage);
}

static void tell_record(struct walk *walk, u16 type, const void *data, u32 bytes, bool checked)
{
	const struct walk_record record = {
		.type = type,
		.checked = checked,
		.data = data,
		.bytes = bytes,
		.chunk = walk->reader.record_chunk,
		.offset = walk->reader.record_start,
	};

	walk->nr_records++;
	if (walk->ops->record)
		walk->ops->record(walk->context, &record);
}

/* Nothing is lost by it: the record is there, and says what cannot be. */
static void order_refused(struct walk *walk)
{
	struct vmb_stream_reader copy = walk->reader;
	struct walk_damage damage = { .resumed = walk->resume };

	vmb_stream_refuse(&copy, &walk->order.error);
	damage.why = copy.error;
	damage.chunk = walk->reader.chunk;
	damage.offset = walk->reader.bytes;
	walk->blind = true;
	tell_damage(walk, &damage);
}

static void take_record(struct walk *walk, u16 type, const u8 *data, u32 bytes)
{
	bool checked = !walk->blind;

	if (checked && type == VMBSAVE_RECORD_MANIFEST && !walk->manifest) {
		/* The checker goes on looking into it. */
		walk->manifest = xmalloc(bytes);
		memcpy(walk->manifest, data, bytes);
		data = walk->manifest;
	}
	if (checked && vmb_stream_check_record(&walk->order, type, data, bytes)) {
		checked = false;
		order_refused(walk);
		if (!walk->resume)
			return;
	}
	tell_record(walk, type, data, bytes, checked);
}

/* Room grows with what is there, not with what a header says will come. */
static void take_piece(struct walk *walk, const struct vmb_stream_piece *piece)
{
	u32 end = piece->offset + piece->bytes;

	if (!piece->offset && piece->last) {
		take_record(walk, piece->type, piece->data, piece->bytes);
		return;
	}
	if (end > walk->record_room) {
		walk->record_room = max(end, min(piece->record_bytes, 2 * walk->record_room));
		walk->record = xrealloc(walk->record, walk->record_room);
	}
	memcpy(walk->record + piece->offset, piece->data, piece->bytes);
	if (piece->last)
		take_record(walk, piece->type, walk->record, piece->record_bytes);
}

/*
 * What END counts cannot be right for a reader that has not seen all; it is the
 * end all the same.
 */
static bool blind_end(struct walk *walk)
{
	struct vmb_stream_reader *r = &walk->reader;

	if (!walk->blind || !r->unit || r->record_type != VMBSAVE_RECORD_END ||
	    r->record_chunk != r->chunk || r->error.error == 0)
		return false;

	tell_record(walk, VMBSAVE_RECORD_END, r->unit + r->position, r->record_bytes, false);
	memset(&r->error, 0, sizeof(r->error));
	r->unit = NULL;
	r->record_left = 0;
	r->ended = true;
	return true;
}

static int take_unit(struct walk *walk, const u8 *unit, u32 bytes)
{
	struct vmb_stream_piece piece;
	bool started = walk->reader.started;
	int err;

	err = vmb_stream_take(&walk->reader, unit, bytes);
	if (err)
		return err;
	if (!started) {
		walk->stream_id = walk->reader.stream_id;
		if (walk->ops->header)
			walk->ops->header(walk->context, walk->stream_id);
		return 0;
	}

	walk->nr_chunks++;
	while ((err = vmb_stream_next(&walk->reader, &piece)) > 0) {
		take_piece(walk, &piece);
		if (walk->nr_damages && !walk->resume)
			return 0;
	}
	return err && blind_end(walk) ? 0 : err;
}

/* 1: a unit was taken; 0: there is no more; or why the reader refuses. */
static int step(struct walk *walk)
{
	u32 have = source_fill(walk->source, 1), need = 0;
	int err;

	for (;;) {
		err = vmb_stream_need(&walk->reader, source_data(walk->source), have, &need);
		if (err)
			return err;
		if (!need || have >= need)
			break;
		have = source_fill(walk->source, need);
		if (have >= need)
			continue;
		/* The kernel looks at what there is, and waits for the rest. */
		err = vmb_stream_need(&walk->reader, source_data(walk->source), have, &need);
		return err ?: vmb_stream_finish(&walk->reader);
	}
	if (!need)
		return vmb_stream_finish(&walk->reader);

	err = take_unit(walk, source_data(walk->source), need);
	/* If the reader did not take it, a chunk that is whole may begin in it. */
	if (!err || walk->reader.unit)
		source_skip(walk->source, need);
	return err ?: 1;
}

/* May there be more to find behind what the reader refuses? */
static bool is_hopeless(const struct walk *walk, int err)
{
	if (!walk->resume || walk->source->error)
		return true;
	if (err == -EPROTONOSUPPORT || err == -ENODATA)
		return true;
	return err == -EOPNOTSUPP && !walk->reader.started;
}

/* Put the reader behind the chunk before the one that was found. */
static void resume_reader(struct walk *walk, const struct walk_damage *damage)
{
	vmb_stream_reader_init(&walk->reader, &walk_limits);
	walk->reader.started = true;
	walk->reader.stream_id = walk->stream_id;
	walk->reader.chunk = damage->chunk - 1;
	walk->reader.bytes = damage->offset;
	/* Nobody knows whether more would have fitted into the chunk before. */
	walk->reader.unit_bytes = VMBSAVE_CHUNK_MAX;
	walk->blind = true;
	walk->resumed_at = damage->offset;
}

/* False: that was the end of the way. */
static bool refused(struct walk *walk, int err)
{
	struct walk_damage damage = { .why = walk->reader.error };

	if (!is_hopeless(walk, err))
		damage.resumed = walk_find_chunk(walk, &damage);
	else if (err == -ENODATA)
		walk_unused(walk, &damage, walk->source->have);
	tell_damage(walk, &damage);
	if (damage.resumed)
		resume_reader(walk, &damage);
	return damage.resumed;
}

/**
 * walk() - go through a stream
 * @walk: filled
 * @source: the stream
 * @resume: go on behind damage if possible
 * @ops: whom to tell
 * @context: for @ops
 *
 * Return: 0: the stream was read, and @walk->first says whether it is right; or
 * the negative errno of a read that failed.
 */
int walk(struct walk *walk, struct source *source, bool resume, const struct walk_ops *ops,
	 void *context)
{
	int err;

	*walk = (struct walk){
		.source = source, .resume = resume, .ops = ops, .context = context,
		.resumed_at = U64_MAX,
	};
	vmb_stream_reader_init(&walk->reader, &walk_limits);
	vmb_stream_order_init(&walk->order, &walk_limits);

	do {
		err = step(walk);
		if (walk->source->error)
			break;
		if (walk->nr_damages && !resume)
			break;
	} while (err > 0 || (err && refused(walk, err)));

	walk->ended = walk->reader.ended;
	walk->bytes = source->at + source->have;
	free(walk->manifest);
	free(walk->record);
	walk->manifest = NULL;
	walk->record = NULL;
	return source->error;
}

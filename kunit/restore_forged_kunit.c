// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "fields.h"
#include "hostile.h"

#include <uapi/linux/vmbsave_stream.h>

/*
 * Streams that somebody has made up: fields and records are changed and all
 * hashes are right. Each stream is refused, with an error and a reason and
 * without a trace, or restored so that the next save is the same stream.
 */

#define STREAM_HEAD	sizeof(struct vmbsave_stream_header)
#define CHUNK_HEAD	sizeof(struct vmbsave_chunk_header)
#define RECORD_HEAD	sizeof(struct vmbsave_record_header)

/* The good image after every so manieth, more would take too long */
#define ALL_NTH 7

static enum vmb_test_look look(const struct vmb_test_hostile *h)
{
	return h->nr_refused % ALL_NTH ? VMB_TEST_LOOK_AT_SAVE :
					 VMB_TEST_LOOK_AT_ALL;
}

/* All hashes but the one that is damaged itself */
static void repair(struct vmb_test_stream *stream, const char *name)
{
	if (strstr(name, ".stream_hash"))
		vmb_test_stream_repair(stream, false);
	else if (!strstr(name, ".hash") || strstr(name, ".hash_algorithm"))
		vmb_test_stream_repair(stream, true);
}

/* Fields where they lie, hashes made right; lengths elsewhere stay as they are */
static void forge_in_place(struct vmb_test_hostile *h, u32 at,
			   const struct vmb_test_fields *fields)
{
	u32 i, damage;

	for (i = 0; i < fields->nr; i++) {
		const struct vmb_test_field *field = &fields->field[i];

		for (damage = 0; damage < VMB_TEST_NR_DAMAGES; damage++) {
			vmb_test_hostile_begin(h);
			vmb_test_damage(h->work->data, &h->work->bytes, at, field,
					damage);
			repair(h->work, field->name);
			if (vmb_test_hostile_damaged(h))
				vmb_test_hostile_try(h, look(h), field->name, at,
						     damage);
		}
	}
}

static void forge_headers(struct vmb_test_hostile *h)
{
	u32 at = STREAM_HEAD, bytes;

	forge_in_place(h, 0, &vmb_test_stream_header_fields);
	while ((bytes = vmb_test_stream_unit(h->image, at))) {
		forge_in_place(h, at, &vmb_test_chunk_header_fields);
		at += bytes;
	}
	KUNIT_EXPECT_EQ(h->test, h->nr_restored, 0);
	KUNIT_EXPECT_GT(h->test, h->nr_refused, 200);
	vmb_test_hostile_report(h);
}

/* Not one of them says anything that could be otherwise. */
static void header_field_is_refused(struct kunit *test)
{
	forge_headers(vmb_test_hostile_create(test, VMB_TEST_BY_BUS));
}

/* Where the nth record of the image begins, its header not counted */
static u32 find_record(struct vmb_test_hostile *h, u32 i)
{
	u16 type = h->parts.part[i].type;
	u32 nth = 0, j;
	u8 *found;

	for (j = 0; j < i; j++)
		nth += h->parts.part[j].type == type;
	found = vmb_test_stream_find(h->image, type, nth);
	KUNIT_ASSERT_NOT_NULL(h->test, found);
	return found - h->image->data;
}

/* A field taken out or put in twice, the record's own length being right */
static void forge_lengths(struct vmb_test_hostile *h, u32 i, u32 at,
			  const struct vmb_test_fields *fields)
{
	struct vmb_test_parts *parts = vmb_test_alloc(h->test, sizeof(*parts));
	struct vmb_test_part *part = &parts->part[i];
	u32 f, damage;

	*parts = h->parts;
	part->data = vmb_test_alloc(h->test, part->bytes + 256);
	for (f = 0; f < fields->nr; f++) {
		for (damage = VMB_TEST_FIELD_REMOVE; damage < VMB_TEST_NR_DAMAGES; damage++) {
			part->bytes = h->parts.part[i].bytes;
			memcpy(part->data, h->parts.part[i].data, part->bytes);
			if (at + fields->field[f].at >= part->bytes)
				continue;
			vmb_test_damage(part->data, &part->bytes, at,
					&fields->field[f], damage);
			vmb_test_parts_join(parts, h->work);
			vmb_test_hostile_try(h, look(h), fields->field[f].name, i,
					     damage);
		}
	}
}

static void forge_record(struct vmb_test_hostile *h, u32 i)
{
	const struct vmb_test_part *part = &h->parts.part[i];
	u32 at = find_record(h, i);
	u32 entry;

	forge_in_place(h, at - RECORD_HEAD, &vmb_test_record_header_fields);
	forge_in_place(h, at, vmb_test_record_fields(part->type));
	if (part->type != VMBSAVE_RECORD_END)
		forge_lengths(h, i, 0, vmb_test_record_fields(part->type));
	if (part->type != VMBSAVE_RECORD_MANIFEST)
		return;
	for (entry = sizeof(struct vmbsave_manifest); entry < part->bytes;
	     entry += sizeof(struct vmbsave_manifest_entry)) {
		forge_in_place(h, at + entry, &vmb_test_manifest_entry_fields);
		forge_lengths(h, i, entry, &vmb_test_manifest_entry_fields);
	}
}

static void forge_records(struct vmb_test_hostile *h)
{
	u32 i;

	for (i = 0; i < h->parts.nr; i++)
		forge_record(h, i);
	KUNIT_EXPECT_GT(h->test, h->nr_refused, 300);
	KUNIT_EXPECT_GT(h->test, h->nr_restored, 10);
	vmb_test_hostile_report(h);
}

static void record_field_is_refused_or_restored(struct kunit *test)
{
	forge_records(vmb_test_hostile_create(test, VMB_TEST_BY_BUS));
}

static void record_field_is_refused_or_restored_by_a_channel(struct kunit *test)
{
	forge_records(vmb_test_hostile_create(test, VMB_TEST_BY_CHANNEL));
}

/* The second writer writes what the module's writes. */
static void joined_parts_are_the_image(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);

	vmb_test_parts_join(&h->parts, h->work);

	KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(h->work, h->image));
}

/* Tries some records, with the manifest's counts as they were and made right. */
static u32 try_parts(struct vmb_test_hostile *h, struct vmb_test_parts *parts,
		     const char *what, u32 a, u32 b)
{
	u32 refused;

	vmb_test_parts_join(parts, h->work);
	refused = vmb_test_hostile_try(h, look(h), what, a, b);
	if (parts->part[0].type != VMBSAVE_RECORD_MANIFEST)
		return refused;
	parts->part[0].data = vmb_test_alloc(h->test, parts->part[0].bytes);
	memcpy(parts->part[0].data, h->parts.part[0].data, parts->part[0].bytes);
	vmb_test_parts_recount(parts);
	vmb_test_parts_join(parts, h->work);
	refused += vmb_test_hostile_try(h, look(h), what, a, b);
	return refused;
}

/* Without a packet it is another stream, which may be restored. */
static void missing_record_is_refused_or_restored(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	struct vmb_test_parts *parts = vmb_test_alloc(test, sizeof(*parts));
	u32 i, refused;

	for (i = 0; i < h->parts.nr; i++) {
		*parts = h->parts;
		vmb_test_parts_remove(parts, i);
		refused = try_parts(h, parts, "record removed", i, 0);
		KUNIT_EXPECT_GE(test, refused, 1);
	}
	KUNIT_EXPECT_GE(test, h->nr_restored, VMB_TEST_SCENE_PACKETS);
	vmb_test_hostile_report(h);
}

/* Completions alone may be equal; all else is there once. */
static void doubled_record_is_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	struct vmb_test_parts *parts = vmb_test_alloc(test, sizeof(*parts));
	u32 i, refused;

	for (i = 0; i < h->parts.nr; i++) {
		bool completion = h->parts.part[i].type == VMBSAVE_RECORD_COMPLETION;

		*parts = h->parts;
		vmb_test_parts_duplicate(parts, i);
		refused = try_parts(h, parts, "record twice", i, 0);
		KUNIT_EXPECT_EQ(test, refused, completion ? 1 : 2);
	}
	KUNIT_EXPECT_EQ(test, h->nr_restored, VMB_TEST_SCENE_COMPLETIONS);
	vmb_test_hostile_report(h);
}

static void swapped_records_are_refused_or_restored(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	struct vmb_test_parts *parts = vmb_test_alloc(test, sizeof(*parts));
	u32 i, j;

	for (i = 0; i < h->parts.nr; i++) {
		for (j = i + 1; j < h->parts.nr; j++) {
			*parts = h->parts;
			swap(parts->part[i], parts->part[j]);
			try_parts(h, parts, "records swapped", i, j);
		}
	}
	KUNIT_EXPECT_GT(test, h->nr_refused, 100);
	KUNIT_EXPECT_GT(test, h->nr_restored, 1);
	vmb_test_hostile_report(h);
}

/* An unknown record that may be skipped is, one that may not is refused. */
static void unknown_record_is_skipped_only_if_optional(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	struct vmb_test_parts *parts = vmb_test_alloc(test, sizeof(*parts));
	u32 i;

	for (i = 1; i < h->parts.nr; i++) {
		*parts = h->parts;
		vmb_test_parts_duplicate(parts, i);
		parts->part[i] = (struct vmb_test_part) {
			.type = 77, .bytes = 13, .data = h->parts.part[1].data,
		};
		vmb_test_parts_join(parts, h->work);
		KUNIT_EXPECT_TRUE(test, vmb_test_hostile_try(h, look(h),
							     "unknown", i, 0));
		parts->part[i].flags = VMBSAVE_RECORD_OPTIONAL;
		vmb_test_parts_join(parts, h->work);
		KUNIT_EXPECT_EQ(test, vmb_test_restore_bus(h->mirror->machine,
							   h->work, 4096), 0);
		h->saved->bytes = 0;
		KUNIT_EXPECT_EQ(test, vmb_test_save_bus(h->mirror->machine, 4096,
							h->saved), 0);
		KUNIT_EXPECT_TRUE(test, vmb_test_stream_same(h->saved, h->image));
		vmb_test_mirror_renew(h->mirror);
	}
}

/* Whole chunks removed, doubled, swapped, with numbers that rise or do not */
static void forge_chunks(struct vmb_test_hostile *h, u32 first, u32 second,
			 int how, bool renumber)
{
	u32 at = STREAM_HEAD, nr = 0, bytes;
	u32 begin[16], length[16], order[17], n = 0, i;

	while ((bytes = vmb_test_stream_unit(h->image, at)) && nr < 16) {
		begin[nr] = at;
		length[nr++] = bytes;
		at += bytes;
	}
	if (first >= nr || second >= nr)
		return;
	for (i = 0; i < nr; i++) {
		if (how || i != first)
			order[n++] = how == 2 && i == first ? second :
				     how == 2 && i == second ? first : i;
		if (how == 1 && i == first)
			order[n++] = i;
	}
	h->work->bytes = STREAM_HEAD;
	for (i = 0; i < n; i++) {
		struct vmbsave_chunk_header *head =
			(void *)h->work->data + h->work->bytes;

		memcpy(head, h->image->data + begin[order[i]], length[order[i]]);
		if (renumber)
			head->sequence = cpu_to_le32(i + 1);
		h->work->bytes += length[order[i]];
	}
	vmb_test_stream_repair(h->work, true);
	KUNIT_EXPECT_TRUE(h->test, vmb_test_hostile_try(h, VMB_TEST_LOOK_AT_ALL,
							"chunks", first * 10 + how,
							renumber));
}

static void chunk_out_of_place_is_refused(struct kunit *test)
{
	struct vmb_test_hostile *h = vmb_test_hostile_create(test, VMB_TEST_BY_BUS);
	u32 units = vmb_test_stream_units(h->image) - 1;
	u32 i, j;

	for (i = 0; i < units; i++) {
		forge_chunks(h, i, 0, 0, false);
		forge_chunks(h, i, 0, 0, true);
		forge_chunks(h, i, 0, 1, false);
		forge_chunks(h, i, 0, 1, true);
		for (j = i + 1; j < units; j++) {
			forge_chunks(h, i, j, 2, false);
			forge_chunks(h, i, j, 2, true);
		}
	}
	KUNIT_EXPECT_GT(test, h->nr_refused, 4 * units);
	vmb_test_hostile_report(h);
}

static struct kunit_case restore_forged_cases[] = {
	KUNIT_CASE(header_field_is_refused),
	KUNIT_CASE(record_field_is_refused_or_restored),
	KUNIT_CASE(record_field_is_refused_or_restored_by_a_channel),
	KUNIT_CASE(joined_parts_are_the_image),
	KUNIT_CASE(missing_record_is_refused_or_restored),
	KUNIT_CASE(doubled_record_is_refused),
	KUNIT_CASE(swapped_records_are_refused_or_restored),
	KUNIT_CASE(unknown_record_is_skipped_only_if_optional),
	KUNIT_CASE(chunk_out_of_place_is_refused),
	{}
};

static struct kunit_suite restore_forged_suite = {
	.name = "vmbsave_restore_forged",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = restore_forged_cases,
};

kunit_test_suite(restore_forged_suite);

MODULE_DESCRIPTION("Streams with right hashes and wrong contents are refused");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whole records twice, gone or in another place, in streams whose chunks,
 * totals and hashes are right.
 */
#include "stream_sample.h"

#define RECORDS_MAX	40

struct records {
	struct {
		u16 type;
		u8 *data;
		u32 bytes;
	} at[RECORDS_MAX];
	u32 nr;
};

/* Places in the sample. */
enum {
	MANIFEST,
	CHANNEL_0, STATE_0,
	GPADL_3, GPADL_7, SENT_2, SENT_5, QUEUED_9, ANSWER_0, QUEUED_10, ANSWER_1,
	CHANNEL_1, STATE_1, GPADL_4, QUEUED_1,
	CHANNEL_2, GPADL_1,
	CHANNEL_3,
	CHANNEL_4,
	SAMPLE_RECORDS
};

static void add_record(u16 type, const void *data, u32 bytes, void *context)
{
	struct records *records = context;
	u32 i = records->nr;

	if (type == VMBSAVE_RECORD_END || i == RECORDS_MAX)
		return;
	records->at[i].type = type;
	records->at[i].bytes = bytes;
	records->at[i].data = test_alloc(bytes);
	memcpy(records->at[i].data, data, bytes);
	records->nr++;
}

static struct records *sample_list(void)
{
	struct records *records = test_alloc(sizeof(*records));
	struct image *image = sample_image(IMAGE_ID);
	struct image_reader ir;

	image_reader_begin(&ir, &image_limits);
	ir.on_record = add_record;
	ir.context = records;
	EXPECT_ACCEPTED(image_read_with(&ir, image->data, image->bytes));
	EXPECT_EQ(records->nr, SAMPLE_RECORDS);
	free(image);
	return records;
}

static void free_list(struct records *records)
{
	u32 i;

	for (i = 0; i < records->nr; i++)
		free(records->at[i].data);
	free(records);
}

/* Write the records named, with an end record that counts them. */
static struct verdict read_picked(const struct records *records, const u32 *which, u32 nr)
{
	struct image *image = image_begin(IMAGE_ID);
	struct verdict verdict;
	u32 i;

	for (i = 0; i < nr; i++)
		image_put_bytes(image, records->at[which[i]].type, records->at[which[i]].data,
				records->at[which[i]].bytes);
	image_end(image);
	verdict = image_read(image->data, image->bytes);
	free(image);
	return verdict;
}

/* The manifest's counts for record @index change by @change. */
static void adjust_counts(struct records *records, u32 index, int change)
{
	struct vmbsave_manifest_entry *entry;
	struct vmbsave_manifest *manifest;
	u32 channel = 0, i;

	for (i = MANIFEST + 1; i < index; i++)
		channel += i != CHANNEL_0 && records->at[i].type == VMBSAVE_RECORD_CHANNEL;

	manifest = (void *)records->at[MANIFEST].data;
	entry = (struct vmbsave_manifest_entry *)(manifest + 1) + channel;
	if (records->at[index].type == VMBSAVE_RECORD_GPADL) {
		entry->nr_gpadls = cpu_to_le32(le32_to_cpu(entry->nr_gpadls) + change);
	} else if (records->at[index].type == VMBSAVE_RECORD_PACKET) {
		le64_add_cpu(&entry->nr_packets, change);
		le64_add_cpu(&manifest->nr_packets, change);
	} else if (records->at[index].type == VMBSAVE_RECORD_VSP_STATE) {
		/* There is no second one to be counted. */
		if (change < 0) {
			entry->state_version = 0;
			entry->state_min_version = 0;
		}
	} else {
		le64_add_cpu(&entry->nr_completions, change);
		le64_add_cpu(&manifest->nr_completions, change);
	}
}

static void the_records_as_they_were_are_accepted(void)
{
	struct records *records = sample_list();
	u32 which[SAMPLE_RECORDS], i;

	for (i = 0; i < SAMPLE_RECORDS; i++)
		which[i] = i;
	EXPECT_ACCEPTED(read_picked(records, which, SAMPLE_RECORDS));
	free_list(records);
}

static u32 pick_twice(u32 *which, u32 index)
{
	u32 i;

	for (i = 0; i <= SAMPLE_RECORDS; i++)
		which[i] = i <= index ? i : i - 1;
	return SAMPLE_RECORDS + 1;
}

static u32 pick_without(u32 *which, u32 index)
{
	u32 i;

	for (i = 0; i < SAMPLE_RECORDS - 1; i++)
		which[i] = i < index ? i : i + 1;
	return SAMPLE_RECORDS - 1;
}

static void a_record_twice_is_refused(void)
{
	struct records *records = sample_list();
	u32 which[SAMPLE_RECORDS + 1], i, nr;

	for (i = 0; i < SAMPLE_RECORDS; i++) {
		nr = pick_twice(which, i);
		EXPECT_REFUSED(read_picked(records, which, nr), -EUCLEAN);
	}
	free_list(records);
}

static void a_record_gone_is_refused(void)
{
	struct records *records = sample_list();
	u32 which[SAMPLE_RECORDS + 1], i, nr;

	for (i = 0; i < SAMPLE_RECORDS; i++) {
		nr = pick_without(which, i);
		EXPECT_REFUSED(read_picked(records, which, nr), -EUCLEAN);
	}
	free_list(records);
}

/* The order of a queue is a state like another; these swaps make such states. */
static bool swap_is_another_state(u32 i, u32 j)
{
	return (i == QUEUED_9 && j == ANSWER_0) || (i == ANSWER_0 && j == QUEUED_10) ||
	       (i == QUEUED_10 && j == ANSWER_1) || (i == ANSWER_0 && j == ANSWER_1) ||
	       (i == GPADL_7 && j == GPADL_4);
}

static void records_in_each_others_place_are_refused(void)
{
	struct records *records = sample_list();
	u32 which[SAMPLE_RECORDS], i, j, n;

	for (i = 0; i < SAMPLE_RECORDS; i++) {
		for (j = i + 1; j < SAMPLE_RECORDS; j++) {
			struct verdict verdict;

			for (n = 0; n < SAMPLE_RECORDS; n++)
				which[n] = n == i ? j : n == j ? i : n;
			verdict = read_picked(records, which, SAMPLE_RECORDS);
			if (swap_is_another_state(i, j))
				EXPECT_ACCEPTED(verdict);
			else if (!EXPECT(refused(&verdict)) || !EXPECT_EQ(verdict.error, -EUCLEAN))
				printf("records %u and %u\n", i, j);
		}
	}
	free_list(records);
}

static void a_record_moved_is_refused(void)
{
	struct records *records = sample_list();
	u32 which[SAMPLE_RECORDS], from, to, i, n, nr_accepted = 0;

	for (from = 0; from < SAMPLE_RECORDS; from++) {
		for (to = 0; to < SAMPLE_RECORDS; to++) {
			struct verdict verdict;

			for (i = 0, n = 0; i < SAMPLE_RECORDS; i++) {
				if (n == from)
					n++;
				which[i] = i == to ? from : n++;
			}
			verdict = read_picked(records, which, SAMPLE_RECORDS);
			if (from == to || !verdict.error)
				nr_accepted += from != to;
			else
				EXPECT(refused(&verdict));
			if (from != to && !verdict.error)
				EXPECT(from >= QUEUED_9 && from <= ANSWER_1 && to >= QUEUED_9 &&
				       to <= ANSWER_1);
		}
	}
	/* Of the queue 9 A 10 B: 6 moves by one place, 3 farther ones of A and B. */
	EXPECT_EQ(nr_accepted, 9);
	free_list(records);
}

/* With counts made right only completions can be there twice: they have no id. */
static void a_record_twice_and_counted_twice_is_refused(void)
{
	u32 which[SAMPLE_RECORDS + 1], i, nr;

	for (i = MANIFEST + 1; i < SAMPLE_RECORDS; i++) {
		struct records *records = sample_list();

		if (records->at[i].type != VMBSAVE_RECORD_CHANNEL) {
			nr = pick_twice(which, i);
			adjust_counts(records, i, 1);
			if (records->at[i].type == VMBSAVE_RECORD_COMPLETION)
				EXPECT_ACCEPTED(read_picked(records, which, nr));
			else
				EXPECT_REFUSED(read_picked(records, which, nr), -EUCLEAN);
		}
		free_list(records);
	}
}

/* With counts made right that is another state, unless rings lie in it. */
static void a_gpadl_with_rings_cannot_be_gone(void)
{
	u32 which[SAMPLE_RECORDS + 1], i, nr;

	for (i = MANIFEST + 1; i < SAMPLE_RECORDS; i++) {
		struct records *records = sample_list();

		if (records->at[i].type != VMBSAVE_RECORD_CHANNEL) {
			nr = pick_without(which, i);
			adjust_counts(records, i, -1);
			if (i == GPADL_3 || i == GPADL_1)
				EXPECT_REFUSED(read_picked(records, which, nr), -EUCLEAN);
			else
				EXPECT_ACCEPTED(read_picked(records, which, nr));
		}
		free_list(records);
	}
}

static void an_empty_stream_is_refused(void)
{
	struct image *image = image_begin(IMAGE_ID);

	image_end(image);
	EXPECT_REFUSED(image_read(image->data, image->bytes), -EUCLEAN);
	free(image);
}

static const struct test_case cases[] = {
	TEST_CASE(the_records_as_they_were_are_accepted),
	TEST_CASE(a_record_twice_is_refused),
	TEST_CASE(a_record_gone_is_refused),
	TEST_CASE(records_in_each_others_place_are_refused),
	TEST_CASE(a_record_moved_is_refused),
	TEST_CASE(a_record_twice_and_counted_twice_is_refused),
	TEST_CASE(a_gpadl_with_rings_cannot_be_gone),
	TEST_CASE(an_empty_stream_is_refused),
};

TEST_MAIN(cases)

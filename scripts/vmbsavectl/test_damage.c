// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the commands say of streams that are cut, flipped, shuffled: as a restore
 * would, and all that is left of them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <getopt.h>
#include <linux/xxhash.h>
#include "stream_image.h"
#include "stream_sample.h"
#include "command.h"
#include "source.h"
#include "util.h"
#include "walk.h"

#define RECORDS_MAX	64U

/* Where the records of a stream are, as a way through it told. */
struct seen {
	u32 nr;
	struct {
		u16 type;
		u32 bytes;
		u32 first;	/* chunk in which it begins */
		u32 last;	/* and in which it ends */
		u64 hash;
	} records[RECORDS_MAX];
};

static struct source source;
static int memory = -1;
static char memory_name[40];

/* The stream as a file that the commands can open. */
static void put_stream(const u8 *data, u32 bytes)
{
	if (memory < 0)
		memory = memfd_create("stream", 0);
	snprintf(memory_name, sizeof(memory_name), "/proc/self/fd/%d", memory);
	if (ftruncate(memory, 0) || pwrite(memory, data, bytes, 0) != (ssize_t)bytes)
		exit(2);
}

static void note_record(void *context, const struct walk_record *record)
{
	u32 total = 8 + ALIGN(record->bytes, 8);
	struct seen *seen = context;
	u32 n = seen->nr++;

	if (n >= RECORDS_MAX)
		return;
	seen->records[n].type = record->type;
	seen->records[n].bytes = record->bytes;
	seen->records[n].first = record->chunk;
	seen->records[n].last = record->chunk + (total - 1) / VMBSAVE_CHUNK_ROOM;
	seen->records[n].hash = xxh64(record->data, record->bytes, 0);
}

static const struct walk_ops seen_ops = { .record = note_record };

static struct walk walk_stream(const u8 *data, u32 bytes, bool resume, struct seen *seen)
{
	struct walk state;

	*seen = (struct seen){ };
	put_stream(data, bytes);
	if (source_open(&source, memory_name) || walk(&state, &source, resume, &seen_ops, seen))
		exit(2);
	source_close(&source);
	return state;
}

/* Run a command with its output thrown away. */
static int run(int (*command)(int argc, char **argv), const char *option)
{
	char name[] = "test", packets[] = "--packets", payload[] = "--payload";
	char *arguments[6] = { name, memory_name, (char *)option, packets, payload };
	int argc = command == command_inspect ? 5 : 3;
	FILE *old = stdout;
	int ret;

	if (!option) {
		arguments[2] = arguments[3];
		arguments[3] = arguments[4];
		arguments[--argc] = NULL;
	}
	arguments[argc] = NULL;
	stdout = fopen("/dev/null", "w");
	optind = 0;
	ret = command(argc, arguments);
	fclose(stdout);
	stdout = old;
	return ret;
}

/* Is it judged as a reader that takes it as a restore does judges it? */
static void compare(const u8 *data, u32 bytes)
{
	struct verdict verdict = image_read(data, bytes);
	struct seen seen;
	struct walk walk = walk_stream(data, bytes, false, &seen);
	struct walk again;

	EXPECT_EQ(walk.first.error, verdict.error);
	EXPECT_EQ(seen.nr, verdict.nr_records);
	if (verdict.error && verdict.error != -ENODATA) {
		EXPECT_EQ(walk.first.chunk, verdict.why.chunk);
		EXPECT_EQ(walk.first.offset, verdict.why.offset);
		EXPECT_EQ(walk.first.packet, verdict.why.packet);
		EXPECT_STR(walk.first.reason, verdict.why.reason);
	}
	again = walk_stream(data, bytes, true, &seen);
	EXPECT_EQ(again.first.error, verdict.error);
	EXPECT_EQ(again.first.offset, walk.first.offset);
	EXPECT(seen.nr >= verdict.nr_records);
}

static u8 *copy(const struct image *image, u32 bytes)
{
	return memcpy(test_alloc(bytes), image->data, bytes);
}

static void each_cut_is_truncated(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 bytes;

	for (bytes = 0; bytes < image->bytes; bytes++) {
		u8 *data = copy(image, bytes);
		struct seen seen;

		EXPECT_EQ(walk_stream(data, bytes, false, &seen).first.error, -ENODATA);
		compare(data, bytes);
		free(data);
	}
	free(image);
}

static void each_flip_is_damage(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 at;

	for (at = 0; at < image->bytes; at++) {
		u8 *data = copy(image, image->bytes);

		data[at] ^= 1 << at % 8;
		compare(data, image->bytes);
		EXPECT_EQ(!image_read(data, image->bytes).error, 0);
		free(data);
	}
	free(image);
}

/* The same behind the hashes: what records say is hostile then. */
static void each_lie_is_judged_as_by_a_restore(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 at;

	for (at = 0; at < image->bytes; at++) {
		u8 *data = copy(image, image->bytes);
		struct verdict verdict;
		struct seen seen;
		struct walk walk;

		data[at] ^= 1 << at % 8;
		stream_repair(data, image->bytes);
		verdict = image_read(data, image->bytes);
		walk = walk_stream(data, image->bytes, false, &seen);
		/* This program accepts more; what is too long is wrong otherwise too. */
		if (verdict.error == -EMSGSIZE)
			EXPECT(walk.first.error);
		else
			compare(data, image->bytes);
		free(data);
	}
	free(image);
}

static void the_commands_survive_each_cut_and_flip(void)
{
	struct image *image = sample_image(IMAGE_ID);
	u32 at, i;

	for (at = 0; at < image->bytes; at += at < 800 ? 1 : 97) {
		u8 *data = copy(image, image->bytes);

		put_stream(data, at);
		EXPECT_EQ(run(command_verify, "--quiet"), EXIT_TRUNCATED);
		EXPECT_EQ(run(command_inspect, NULL), EXIT_TRUNCATED);
		EXPECT_EQ(run(command_inspect, "--json"), EXIT_TRUNCATED);
		for (i = 0; i < 2; i++) {
			int want;

			memcpy(data, image->data, image->bytes);
			data[at] ^= 0x10;
			if (i)
				stream_repair(data, image->bytes);
			want = exit_code(walk_stream(data, image->bytes, false,
						     &(struct seen){ }).first.error);
			EXPECT_EQ(run(command_verify, "--json"), want);
			EXPECT_EQ(run(command_inspect, NULL), want);
			EXPECT_EQ(run(command_inspect, "--json"), want);
		}
		free(data);
	}
	free(image);
}

/* All of @want but what lies in a chunk from @first to @last is in @got, once, in order. */
static void expect_rest(const struct seen *got, const struct seen *want, u32 first, u32 last)
{
	u32 i, n = 0;

	for (i = 0; i < want->nr; i++) {
		if (want->records[i].last >= first && want->records[i].first <= last)
			continue;
		if (!EXPECT(n < got->nr))
			return;
		EXPECT_EQ(got->records[n].type, want->records[i].type);
		EXPECT_EQ(got->records[n].hash, want->records[i].hash);
		n++;
	}
	EXPECT_EQ(got->nr, n);
}

static void records_behind_a_damaged_chunk_are_found(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	size_t at = 0;
	u32 chunk = 0;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		const size_t places[] = { at, at + 6, at + 10, at + 20, at + 30, at + 39 };
		size_t i;

		chunk++;
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			u8 *data = copy(image, image->bytes);
			struct walk walk;

			data[places[i]] ^= 0x21;
			walk = walk_stream(data, image->bytes, true, &seen);
			EXPECT_EQ(walk.nr_damages, 1);
			EXPECT_EQ(walk.first.chunk, chunk);
			expect_rest(&seen, &all, chunk, chunk);
			free(data);
		}
	}
	EXPECT(chunk > 3);
	free(image);
}

static void records_behind_a_damaged_header_are_found(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	u32 at;

	walk_stream(image->data, image->bytes, false, &all);
	for (at = 0; at < 64; at++) {
		u8 *data = copy(image, image->bytes);
		struct walk walk;

		data[at] ^= 0x40;
		walk = walk_stream(data, image->bytes, true, &seen);
		EXPECT(walk.first.error);
		EXPECT_EQ(walk.first.chunk, 0);
		/* Of another version nothing is known. */
		if (walk.first.error == -EPROTONOSUPPORT)
			EXPECT_EQ(seen.nr, 0);
		else
			expect_rest(&seen, &all, 0, 0);
		free(data);
	}
	free(image);
}

static void records_behind_a_missing_chunk_are_found(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	size_t at = 0, next;
	u32 chunk = 0;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		u8 *data = copy(image, image->bytes);

		next = stream_next_chunk(image->data, image->bytes, at) ?: image->bytes;
		memmove(data + at, data + next, image->bytes - next);
		chunk++;
		walk_stream(data, image->bytes - (next - at), true, &seen);
		expect_rest(&seen, &all, chunk, chunk);
		free(data);
	}
	free(image);
}

static void junk_between_chunks_costs_nothing(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	size_t at = 0;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		/* It begins as a chunk does. */
		static const char junk[] = "VMBCVVMBVMBC!";
		u32 bytes = image->bytes + sizeof(junk);
		u8 *data = test_alloc(bytes);
		struct vmbsave_chunk_header header;
		struct walk walk;

		memcpy(&header, image->data + at, sizeof(header));
		memcpy(data, image->data, at);
		memcpy(data + at, junk, sizeof(junk));
		memcpy(data + at + sizeof(junk), image->data + at, image->bytes - at);
		walk = walk_stream(data, bytes, true, &seen);
		EXPECT_EQ(walk.nr_damages, 1);
		/* But for the record that it splits. */
		if (!header.flags)
			expect_rest(&seen, &all, 0, 0);
		else
			EXPECT_EQ(seen.nr, all.nr - 1);
		free(data);
	}
	free(image);
}

static void a_repeated_chunk_is_read_once(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	size_t at = 0, next;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		struct vmbsave_chunk_header header;
		u8 *data;

		next = stream_next_chunk(image->data, image->bytes, at);
		if (!next)
			break;
		memcpy(&header, image->data + next, sizeof(header));
		/* In the midst of a record it costs that. */
		if (header.flags)
			continue;
		data = test_alloc(image->bytes + (next - at));
		memcpy(data, image->data, next);
		memcpy(data + next, image->data + at, image->bytes - at);
		walk_stream(data, image->bytes + (next - at), true, &seen);
		expect_rest(&seen, &all, 0, 0);
		free(data);
	}
	free(image);
}

static void another_streams_chunks_are_not_taken(void)
{
	struct image *image = sample_image(IMAGE_ID), *other = sample_image(IMAGE_ID + 1);
	u32 bytes = image->bytes + other->bytes;
	u8 *data = test_alloc(bytes);
	struct seen all, seen;
	struct walk walk;

	walk_stream(image->data, image->bytes, false, &all);
	memcpy(data, image->data, image->bytes);
	memcpy(data + image->bytes, other->data, other->bytes);
	walk = walk_stream(data, bytes, true, &seen);
	EXPECT_EQ(walk.first.error, -EUCLEAN);
	EXPECT_EQ(walk.nr_damages, 1);
	expect_rest(&seen, &all, 0, 0);
	free(data);
	free(image);
	free(other);
}

static void a_chunk_of_another_stream_is_passed_over(void)
{
	struct image *image = sample_image(IMAGE_ID), *other = sample_image(IMAGE_ID + 1);
	struct seen all, seen;
	size_t at = 0, next;
	u32 chunk = 0;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		u8 *data = copy(image, image->bytes);

		next = stream_next_chunk(image->data, image->bytes, at) ?: image->bytes;
		memcpy(data + at, other->data + at, next - at);
		chunk++;
		walk_stream(data, image->bytes, true, &seen);
		expect_rest(&seen, &all, chunk, chunk);
		free(data);
	}
	free(image);
	free(other);
}

static void damaged_chunks_in_a_row_are_one_damage(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct seen all, seen;
	size_t at = 0, next;
	u32 chunk = 0;

	walk_stream(image->data, image->bytes, false, &all);
	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		u8 *data;

		next = stream_next_chunk(image->data, image->bytes, at);
		if (!next)
			break;
		data = copy(image, image->bytes);
		data[at + 35] ^= 1;
		data[next + 35] ^= 1;
		chunk++;
		EXPECT_EQ(walk_stream(data, image->bytes, true, &seen).nr_damages, 1);
		expect_rest(&seen, &all, chunk, chunk + 1);
		free(data);
	}
	free(image);
}

static void noise_ends(void)
{
	u64 seed = 7;
	u32 round, i;

	for (round = 0; round < 200; round++) {
		u32 bytes = test_random_below(&seed, 9000);
		u8 *data = test_alloc(bytes);
		struct seen seen;

		for (i = 0; i < bytes; i++)
			data[i] = "VMBC"[test_random_below(&seed, 4)] ^
				  (test_random_below(&seed, 9) / 8);
		if (bytes > 64 && round % 2)
			memcpy(data, VMBSAVE_STREAM_MAGIC, 8);
		EXPECT(walk_stream(data, bytes, true, &seen).first.error);
		EXPECT_EQ(seen.nr, 0);
		free(data);
	}
}

static const struct test_case cases[] = {
	TEST_CASE(each_cut_is_truncated),
	TEST_CASE(each_flip_is_damage),
	TEST_CASE(each_lie_is_judged_as_by_a_restore),
	TEST_CASE(the_commands_survive_each_cut_and_flip),
	TEST_CASE(records_behind_a_damaged_chunk_are_found),
	TEST_CASE(records_behind_a_damaged_header_are_found),
	TEST_CASE(records_behind_a_missing_chunk_are_found),
	TEST_CASE(junk_between_chunks_costs_nothing),
	TEST_CASE(a_repeated_chunk_is_read_once),
	TEST_CASE(another_streams_chunks_are_not_taken),
	TEST_CASE(a_chunk_of_another_stream_is_passed_over),
	TEST_CASE(damaged_chunks_in_a_row_are_one_damage),
	TEST_CASE(noise_ends),
};

TEST_MAIN(cases)

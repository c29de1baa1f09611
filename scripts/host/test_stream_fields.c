// SPDX-License-Identifier: GPL-2.0-only
/*
 * Every field of a stream set to 0, to its maximum, one up and one down, with
 * all hashes made right again. What is accepted all the same is listed below,
 * one line each: values that mean something else but break no rule.
 */
#include "stream_sample.h"

struct field {
	const char *name;
	u16 offset, bytes;
};

#define FIELD(type, member) \
	{ #member, offsetof(struct type, member), sizeof_field(struct type, member) }

/* For an array of bytes: one that is not its first. */
#define BYTES(type, member) \
	{ #member "[5]", offsetof(struct type, member) + 5, 1 }

static const struct field header_fields[] = {
	BYTES(vmbsave_stream_header, magic),
	FIELD(vmbsave_stream_header, header_bytes),
	FIELD(vmbsave_stream_header, major),
	FIELD(vmbsave_stream_header, minor),
	FIELD(vmbsave_stream_header, reserved0),
	FIELD(vmbsave_stream_header, stream_id),
	FIELD(vmbsave_stream_header, incompat),
	FIELD(vmbsave_stream_header, chunk_bytes_max),
	FIELD(vmbsave_stream_header, hash_algorithm),
	BYTES(vmbsave_stream_header, reserved1),
};

static const struct field chunk_fields[] = {
	FIELD(vmbsave_chunk_header, magic),
	FIELD(vmbsave_chunk_header, flags),
	FIELD(vmbsave_chunk_header, bytes),
	FIELD(vmbsave_chunk_header, sequence),
	FIELD(vmbsave_chunk_header, reserved),
	FIELD(vmbsave_chunk_header, stream_id),
};

static const struct field record_fields[] = {
	FIELD(vmbsave_record_header, type),
	FIELD(vmbsave_record_header, flags),
	FIELD(vmbsave_record_header, bytes),
};

static const struct field manifest_fields[] = {
	FIELD(vmbsave_manifest, nr_channels),
	FIELD(vmbsave_manifest, entry_bytes),
	FIELD(vmbsave_manifest, nr_packets),
	FIELD(vmbsave_manifest, nr_completions),
	FIELD(vmbsave_manifest, reserved),
};

static const struct field entry_fields[] = {
	BYTES(vmbsave_manifest_entry, type),
	BYTES(vmbsave_manifest_entry, instance),
	FIELD(vmbsave_manifest_entry, subchannel),
	FIELD(vmbsave_manifest_entry, reserved0),
	FIELD(vmbsave_manifest_entry, nr_gpadls),
	FIELD(vmbsave_manifest_entry, nr_packets),
	FIELD(vmbsave_manifest_entry, nr_completions),
	FIELD(vmbsave_manifest_entry, state_version),
	FIELD(vmbsave_manifest_entry, state_min_version),
};

static const struct field channel_fields[] = {
	BYTES(vmbsave_channel, type),
	BYTES(vmbsave_channel, instance),
	FIELD(vmbsave_channel, subchannel),
	FIELD(vmbsave_channel, reserved0),
	FIELD(vmbsave_channel, state),
	FIELD(vmbsave_channel, max_packet_bytes),
	FIELD(vmbsave_channel, target_vp),
	FIELD(vmbsave_channel, next_transaction_id),
	FIELD(vmbsave_channel, ring_gpadl),
	FIELD(vmbsave_channel, ring_downstream_page),
	FIELD(vmbsave_channel, in_write),
	FIELD(vmbsave_channel, in_read),
	FIELD(vmbsave_channel, out_write),
	FIELD(vmbsave_channel, out_read),
	BYTES(vmbsave_channel, user_data),
	FIELD(vmbsave_channel, mmio_gpa),
	FIELD(vmbsave_channel, mmio_bytes),
	FIELD(vmbsave_channel, flags),
	FIELD(vmbsave_channel, max_external_bytes),
	FIELD(vmbsave_channel, max_external_ranges),
	FIELD(vmbsave_channel, reserved1),
};

static const struct field state_fields[] = {
	FIELD(vmbsave_vsp_state, version),
	FIELD(vmbsave_vsp_state, reserved),
};

static const struct field gpadl_fields[] = {
	FIELD(vmbsave_gpadl, id),
	FIELD(vmbsave_gpadl, flags),
	FIELD(vmbsave_gpadl, byte_count),
	FIELD(vmbsave_gpadl, byte_offset),
	{ "pfn[0]", sizeof(struct vmbsave_gpadl), 8 },
};

static const struct field packet_fields[] = {
	FIELD(vmbsave_packet, transaction_id),
	FIELD(vmbsave_packet, state),
	FIELD(vmbsave_packet, flags),
	FIELD(vmbsave_packet, payload_bytes),
	FIELD(vmbsave_packet, vsp_bytes),
};

static const struct field completion_fields[] = {
	FIELD(vmbsave_completion, transaction_id),
	FIELD(vmbsave_completion, payload_bytes),
	FIELD(vmbsave_completion, reserved),
};

static const struct field end_fields[] = {
	FIELD(vmbsave_end, nr_channels),
	FIELD(vmbsave_end, nr_chunks),
	FIELD(vmbsave_end, nr_records),
	FIELD(vmbsave_end, nr_packets),
	FIELD(vmbsave_end, nr_completions),
	FIELD(vmbsave_end, bytes),
	FIELD(vmbsave_end, stream_hash),
};

/* "channel 2" is the third one, "packet 3" the one with id 10, and so on. */
static const char accepted_want[] =
	/* Open and paused or active; not open and disabled, enabled or started. */
	"channel 0 state down\n"
	"channel 1 state 0\n"
	"channel 1 state down\n"
	"channel 1 state up\n"
	"channel 2 state up\n"
	"channel 3 state up\n"
	/* As long as no packet at hand is larger. */
	"channel 0 max_packet_bytes down\n"
	"channel 0 max_packet_bytes up\n"
	"channel 1 max_packet_bytes down\n"
	"channel 1 max_packet_bytes up\n"
	"channel 2 max_packet_bytes down\n"
	"channel 3 max_packet_bytes up\n"
	"channel 4 max_packet_bytes down\n"
	"channel 4 max_packet_bytes up\n"
	/* A pipe or not; the channel to be offered anew could be a disabled one. */
	"channel 0 flags 0\n"
	"channel 0 flags down\n"
	"channel 1 flags up\n"
	"channel 2 flags up\n"
	"channel 3 flags up\n"
	"channel 4 flags 0\n"
	"channel 4 flags down\n"
	"channel 4 flags up\n"
	/* Whether they are too much is for the VSP's own limits to say. */
	"channel 0 max_external_bytes down\n"
	"channel 0 max_external_bytes max\n"
	"channel 0 max_external_bytes up\n"
	"channel 0 max_external_ranges down\n"
	"channel 0 max_external_ranges max\n"
	"channel 0 max_external_ranges up\n"
	/* As long as it ends below 2^64. */
	"channel 0 mmio_gpa down\n"
	"channel 0 mmio_gpa up\n"
	"channel 0 mmio_bytes down\n"
	"channel 0 mmio_bytes up\n"
	/* Not above the version. */
	"entry 0 state_min_version down\n"
	"entry 0 state_min_version up\n"
	/* Whatever the guest asked for. */
	"channel 0 target_vp 0\n"
	"channel 0 target_vp down\n"
	"channel 0 target_vp max\n"
	"channel 0 target_vp up\n"
	"channel 2 target_vp 0\n"
	"channel 2 target_vp down\n"
	"channel 2 target_vp max\n"
	"channel 2 target_vp up\n"
	"channel 0 user_data[5] 0\n"
	"channel 0 user_data[5] down\n"
	"channel 0 user_data[5] max\n"
	"channel 0 user_data[5] up\n"
	"channel 2 user_data[5] 0\n"
	"channel 2 user_data[5] down\n"
	"channel 2 user_data[5] max\n"
	"channel 2 user_data[5] up\n"
	/* Above every id in use. */
	"channel 0 next_transaction_id up\n"
	"channel 1 next_transaction_id up\n"
	"channel 2 next_transaction_id up\n"
	"channel 3 next_transaction_id down\n"
	/* A multiple of 8 in the ring; guest memory decides whether it is true. */
	"channel 0 in_write 0\n"
	"channel 0 in_read 0\n"
	"channel 0 out_write 0\n"
	"channel 0 out_read 0\n"
	"channel 2 in_write 0\n"
	"channel 2 in_read 0\n"
	"channel 2 out_write 0\n"
	"channel 2 out_read 0\n"
	/* Rising ids; the rings' GPADL has to stay. */
	"gpadl 1 id down\n"
	"gpadl 1 id max\n"
	"gpadl 1 id up\n"
	"gpadl 2 id down\n"
	"gpadl 2 id max\n"
	"gpadl 2 id up\n"
	"gpadl 1 flags 0\n"
	"gpadl 1 flags down\n"
	"gpadl 2 flags up\n"
	/* As long as the buffer touches as many pages. */
	"gpadl 1 byte_count down\n"
	"gpadl 1 byte_count up\n"
	"gpadl 2 byte_count up\n"
	"gpadl 1 byte_offset 0\n"
	"gpadl 1 byte_offset down\n"
	"gpadl 1 byte_offset up\n"
	/* Whether the guest has such a page is for the memory to say. */
	"gpadl 0 pfn[0] 0\n"
	"gpadl 0 pfn[0] down\n"
	"gpadl 0 pfn[0] max\n"
	"gpadl 0 pfn[0] up\n"
	"gpadl 1 pfn[0] 0\n"
	"gpadl 1 pfn[0] down\n"
	"gpadl 1 pfn[0] max\n"
	"gpadl 1 pfn[0] up\n"
	"gpadl 2 pfn[0] 0\n"
	"gpadl 2 pfn[0] down\n"
	"gpadl 2 pfn[0] max\n"
	"gpadl 2 pfn[0] up\n"
	"gpadl 3 pfn[0] 0\n"
	"gpadl 3 pfn[0] down\n"
	"gpadl 3 pfn[0] max\n"
	"gpadl 3 pfn[0] up\n"
	/* Between its neighbours' ids. */
	"packet 0 transaction_id down\n"
	"packet 0 transaction_id up\n"
	"packet 1 transaction_id down\n"
	"packet 1 transaction_id up\n"
	"packet 2 transaction_id down\n"
	/* The last one sent and the first one queued could be the other. */
	"packet 1 state up\n"
	"packet 2 flags 0\n"
	"packet 2 flags down\n"
	"packet 3 flags up\n"
	"packet 4 flags 0\n"
	"packet 4 flags down\n"
	/* A zero more of payload where a zero of padding was. */
	"packet 2 payload_bytes up\n"
	"packet 4 payload_bytes up\n"
	/* The guest's own. */
	"completion 0 transaction_id 0\n"
	"completion 0 transaction_id down\n"
	"completion 0 transaction_id max\n"
	"completion 0 transaction_id up\n"
	"completion 1 transaction_id down\n"
	"completion 1 transaction_id max\n"
	"completion 1 transaction_id up\n";

static char accepted_got[sizeof(accepted_want) + 4096];
static unsigned int changes;

static u64 get(const u8 *at, u32 bytes)
{
	u64 value = 0;

	while (bytes--)
		value = value << 8 | at[bytes];
	return value;
}

static void set(u8 *at, u32 bytes, u64 value)
{
	for (; bytes--; value >>= 8)
		*at++ = value;
}

static void change(struct image *image, size_t at, u32 bytes, u64 value, const char *line,
		   bool keep_chain)
{
	static u8 damaged[IMAGE_BYTES];
	struct verdict verdict;

	memcpy(damaged, image->data, image->bytes);
	set(damaged + at, bytes, value);
	if (keep_chain)
		stream_repair_hashes(damaged, image->bytes);
	else
		stream_repair(damaged, image->bytes);

	changes++;
	verdict = image_read(damaged, image->bytes);
	if (!verdict.error)
		strcat(accepted_got, line);
	else if (!EXPECT(refused(&verdict)))
		printf("%s", line);
	if (strlen(accepted_got) > sizeof(accepted_got) - 256)
		exit(2);
}

static void change_fields(struct image *image, size_t base, const char *what, u32 nr,
			  const struct field *fields, u32 nr_fields)
{
	static const char * const names[] = { "0", "max", "down", "up" };
	u32 f, i;

	for (f = 0; f < nr_fields; f++) {
		u64 mask = ~0ULL >> (64 - 8 * fields[f].bytes);
		u64 old = get(image->data + base + fields[f].offset, fields[f].bytes);
		u64 values[] = { 0, mask, (old - 1) & mask, (old + 1) & mask };
		bool keep_chain = !strcmp(fields[f].name, "stream_hash");
		char line[100];

		for (i = 0; i < ARRAY_SIZE(values); i++) {
			if (values[i] == old)
				continue;
			/* A value that has two names is tried and listed with both. */
			snprintf(line, sizeof(line), "%s %u %s %s\n", what, nr, fields[f].name,
				 names[i]);
			change(image, base + fields[f].offset, fields[f].bytes, values[i], line,
			       keep_chain);
		}
	}
}

static void change_all_of(struct image *image, u16 type, const char *what,
			  const struct field *fields, u32 nr_fields)
{
	size_t base;
	u32 i;

	for (i = 0; (base = stream_find_record(image->data, image->bytes, type, i)); i++)
		change_fields(image, base, what, i, fields, nr_fields);
	EXPECT(i > 0);
}

/* Sort the lines, so that the list above can be in an order that reads well. */
static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char * const *)a, *(char * const *)b);
}

static u32 sort_lines(char *text, char **lines, u32 room)
{
	char *line = strtok(text, "\n");
	u32 nr = 0;

	for (; line && nr < room; line = strtok(NULL, "\n"))
		lines[nr++] = line;
	qsort(lines, nr, sizeof(*lines), compare_lines);
	return nr;
}

static void expect_accepted_as_listed(const char *list)
{
	static char want_text[sizeof(accepted_want)];
	char *want[512], *got[512];
	u32 nr_want, nr_got, w = 0, g = 0;

	strcpy(want_text, list);
	nr_want = sort_lines(want_text, want, 512);
	nr_got = sort_lines(accepted_got, got, 512);
	while (w < nr_want || g < nr_got) {
		int order = w == nr_want ? 1 : g == nr_got ? -1 : strcmp(want[w], got[g]);

		if (order < 0)
			test_fail(__FILE__, __LINE__, "refused, but listed: %s", want[w]);
		if (order > 0)
			test_fail(__FILE__, __LINE__, "accepted, but not listed: %s", got[g]);
		w += order <= 0;
		g += order >= 0;
	}
	accepted_got[0] = '\0';
}

static void every_field_is_checked_or_listed_as_free(void)
{
	struct image *image = sample_image(IMAGE_ID);
	size_t manifest = stream_find_record(image->data, image->bytes, VMBSAVE_RECORD_MANIFEST, 0);
	u32 i;

	changes = 0;
	change_all_of(image, VMBSAVE_RECORD_MANIFEST, "manifest", manifest_fields,
		      ARRAY_SIZE(manifest_fields));
	for (i = 0; i < SAMPLE_CHANNELS; i++)
		change_fields(image, manifest + sizeof(struct vmbsave_manifest) +
			      i * sizeof(struct vmbsave_manifest_entry), "entry", i,
			      entry_fields, ARRAY_SIZE(entry_fields));
	change_all_of(image, VMBSAVE_RECORD_CHANNEL, "channel", channel_fields,
		      ARRAY_SIZE(channel_fields));
	change_all_of(image, VMBSAVE_RECORD_VSP_STATE, "state", state_fields,
		      ARRAY_SIZE(state_fields));
	change_all_of(image, VMBSAVE_RECORD_GPADL, "gpadl", gpadl_fields,
		      ARRAY_SIZE(gpadl_fields));
	change_all_of(image, VMBSAVE_RECORD_PACKET, "packet", packet_fields,
		      ARRAY_SIZE(packet_fields));
	change_all_of(image, VMBSAVE_RECORD_COMPLETION, "completion", completion_fields,
		      ARRAY_SIZE(completion_fields));
	change_all_of(image, VMBSAVE_RECORD_END, "end", end_fields,
		      ARRAY_SIZE(end_fields));

	expect_accepted_as_listed(accepted_want);
	EXPECT(changes > 400);
	free(image);
}

static void no_field_of_a_header_is_free_but_a_states_length(void)
{
	struct image *image = sample_image(IMAGE_ID);
	size_t at = 0;
	u32 i;

	change_fields(image, 0, "header", 0, header_fields, ARRAY_SIZE(header_fields));
	for (i = 1; (at = stream_next_chunk(image->data, image->bytes, at)); i++)
		change_fields(image, at, "chunk", i, chunk_fields, ARRAY_SIZE(chunk_fields));
	for (i = 0; (at = stream_find_record(image->data, image->bytes, 0, i)); i++)
		change_fields(image, at - sizeof(struct vmbsave_record_header), "record", i,
			      record_fields, ARRAY_SIZE(record_fields));
	EXPECT_EQ(i, 20);

	/* The state of channel 0 ends where its record says: a zero more of it. */
	expect_accepted_as_listed("record 2 bytes up\n");
	free(image);
}

/* Payloads and VSPs' states are free, but the zeros between them are not. */
static void every_byte_of_padding_is_checked(void)
{
	static const struct {
		u16 type;
		u32 nr, at;
		bool padding;
	} rows[] = {
		{ VMBSAVE_RECORD_PACKET, 0, 24 + 4, false },		/* vsp: 5 bytes */
		{ VMBSAVE_RECORD_PACKET, 0, 24 + 5, true },
		{ VMBSAVE_RECORD_PACKET, 0, 24 + 7, true },
		{ VMBSAVE_RECORD_PACKET, 2, 24 + 12, false },		/* payload: 13 bytes */
		{ VMBSAVE_RECORD_PACKET, 2, 24 + 13, true },
		{ VMBSAVE_RECORD_PACKET, 2, 24 + 15, true },
		{ VMBSAVE_RECORD_PACKET, 2, 24 + 16, false },		/* vsp */
		{ VMBSAVE_RECORD_PACKET, 4, 24 + 3, true },		/* payload: 3 bytes */
		{ VMBSAVE_RECORD_COMPLETION, 0, 16 + 19, false },	/* payload: 20 bytes */
		{ VMBSAVE_RECORD_COMPLETION, 0, 16 + 20, true },
		{ VMBSAVE_RECORD_COMPLETION, 0, 16 + 23, true },
		{ VMBSAVE_RECORD_VSP_STATE, 0, 8 + 8, false },		/* state: 9 bytes */
		{ VMBSAVE_RECORD_VSP_STATE, 0, 8 + 9, true },
		{ VMBSAVE_RECORD_VSP_STATE, 0, 8 + 15, true },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		struct image *image = sample_image(IMAGE_ID);
		size_t at = stream_find_record(image->data, image->bytes, rows[i].type, rows[i].nr);

		ASSERT(at);
		image->data[at + rows[i].at] ^= 0x80;
		stream_repair(image->data, image->bytes);
		if (rows[i].padding)
			EXPECT_REFUSED(image_read(image->data, image->bytes), -EUCLEAN);
		else
			EXPECT_ACCEPTED(image_read(image->data, image->bytes));
		free(image);
	}
}

/* The padding of a long record lies in the last of its chunks. */
static void the_padding_of_a_long_record_is_checked(void)
{
	struct image *image = sample_image(IMAGE_ID);
	struct vmbsave_chunk_header header;
	size_t at = 0, last = 0;

	while ((at = stream_next_chunk(image->data, image->bytes, at))) {
		memcpy(&header, image->data + at, sizeof(header));
		if (le16_to_cpu(header.flags))
			last = at + le16_to_cpu(header.bytes) - 1;
	}
	ASSERT(last);
	EXPECT_EQ(image->data[last], 0);
	image->data[last] = 1;
	stream_repair(image->data, image->bytes);
	EXPECT_REFUSED(image_read(image->data, image->bytes), -EUCLEAN);
	free(image);
}

static const struct test_case cases[] = {
	TEST_CASE(every_field_is_checked_or_listed_as_free),
	TEST_CASE(no_field_of_a_header_is_free_but_a_states_length),
	TEST_CASE(every_byte_of_padding_is_checked),
	TEST_CASE(the_padding_of_a_long_record_is_checked),
};

TEST_MAIN(cases)

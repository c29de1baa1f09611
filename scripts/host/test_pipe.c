// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/limits.h>
#include "wire/pipe.h"
#include "test.h"

/* A message of exactly @bytes, so that the sanitizer sees a byte too many. */
static u8 *message_of(u32 bytes, u32 type, u32 length)
{
	u8 *payload = test_alloc(bytes);
	__le32 words[2] = { cpu_to_le32(type), cpu_to_le32(length) };

	memcpy(payload, words, bytes < sizeof(words) ? bytes : sizeof(words));
	return payload;
}

static int parse(u32 bytes, u32 type, u32 length, u32 *len)
{
	u8 *payload = message_of(bytes, type, length);
	const void *data = &data;
	int err = vmb_pipe_parse(payload, bytes, &data, len);

	if (err)
		EXPECT(data == (const void *)&data);
	else
		EXPECT((const u8 *)data == payload + 8);
	free(payload);
	return err;
}

static void header_is_type_one_and_the_exact_length(void)
{
	static const u8 want[8] = { 1, 0, 0, 0, 0x23, 0x01, 0, 0 };
	struct vmb_pipe_header header;

	vmb_pipe_frame(&header, 0x123);
	EXPECT_MEM(&header, want, sizeof(want));
}

static void framed_message_is_found_again(void)
{
	static const u32 lens[] = { 0, 1, 7, 8, 9, 4096, VMB_PIPE_DATA_MAX };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lens); i++) {
		struct vmb_pipe_header header;
		u32 len = U32_MAX;

		vmb_pipe_frame(&header, lens[i]);
		EXPECT_EQ(parse(8 + (lens[i] + 7) / 8 * 8, le32_to_cpu(header.type),
				le32_to_cpu(header.length), &len), 0);
		EXPECT_EQ(len, lens[i]);
	}
}

static void message_without_a_header_is_refused(void)
{
	u32 len = 77;

	EXPECT_EQ(parse(0, 1, 0, &len), -EPROTO);
	EXPECT_EQ(parse(4, 1, 0, &len), -EPROTO);
	EXPECT_EQ(parse(7, 1, 0, &len), -EPROTO);
	EXPECT_EQ(len, 77);
	EXPECT_EQ(parse(8, 1, 0, &len), 0);
}

static void only_type_one_is_accepted(void)
{
	static const u32 types[] = { 0, 2, 3, 0x100, 0x01000000, U32_MAX };
	u32 len = 77;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		EXPECT_EQ(parse(16, types[i], 8, &len), -EPROTO);
	EXPECT_EQ(len, 77);
}

static void length_is_bounded_by_the_payload(void)
{
	u32 len = 77;

	EXPECT_EQ(parse(16, 1, 9, &len), -EPROTO);
	EXPECT_EQ(parse(8, 1, 1, &len), -EPROTO);
	EXPECT_EQ(parse(16, 1, U32_MAX, &len), -EPROTO);
	EXPECT_EQ(parse(16, 1, U32_MAX - 7, &len), -EPROTO);
	EXPECT_EQ(len, 77);
	EXPECT_EQ(parse(16, 1, 8, &len), 0);
}

static void length_is_bounded_by_the_longest_message(void)
{
	u32 len = 77;

	EXPECT_EQ(parse(8 + VMB_PIPE_DATA_MAX + 8, 1, VMB_PIPE_DATA_MAX + 1, &len), -EPROTO);
	EXPECT_EQ(len, 77);
	EXPECT_EQ(parse(8 + VMB_PIPE_DATA_MAX + 8, 1, VMB_PIPE_DATA_MAX, &len), 0);
}

static const struct test_case cases[] = {
	TEST_CASE(header_is_type_one_and_the_exact_length),
	TEST_CASE(framed_message_is_found_again),
	TEST_CASE(message_without_a_header_is_refused),
	TEST_CASE(only_type_one_is_accepted),
	TEST_CASE(length_is_bounded_by_the_payload),
	TEST_CASE(length_is_bounded_by_the_longest_message),
};

TEST_MAIN(cases)

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/limits.h>
#include "wire/gpa.h"
#include "test.h"

/* A list of 64-bit words, built one range after the other. */
struct list {
	u8 *bytes;
	u32 used;
};

static struct list list_of(u32 bytes)
{
	return (struct list){ .bytes = test_alloc(bytes) };
}

static void list_add(struct list *list, u32 count, u32 offset, u32 pfns)
{
	struct vmb_gpa_range *range = (void *)(list->bytes + list->used);
	u32 i;

	range->byte_count = cpu_to_le32(count);
	range->byte_offset = cpu_to_le32(offset);
	for (i = 0; i < pfns; i++)
		range->pfn[i] = cpu_to_le64(0x1122334455660000ULL + i);
	list->used += 8 + pfns * 8;
}

/* One range of @count, @offset in a list with room for @pfns page numbers. */
static int one_range(u32 count, u32 offset, u32 pfns, struct vmb_gpa_view *view)
{
	struct list list = list_of(8 + pfns * 8);
	struct vmb_gpa_cursor cursor, before;
	int err;

	list_add(&list, count, offset, pfns);
	vmb_gpa_begin(&cursor, list.bytes, list.used, 1);
	before = cursor;
	memset(view, 0x5a, sizeof(*view));
	err = vmb_gpa_range_next(&cursor, view);

	if (err) {
		struct vmb_gpa_view untouched;

		memset(&untouched, 0x5a, sizeof(untouched));
		EXPECT_MEM(view, &untouched, sizeof(*view));
		EXPECT_MEM(&cursor, &before, sizeof(cursor));
	} else {
		EXPECT_EQ(view->byte_count, count);
		EXPECT_EQ(view->byte_offset, offset);
		EXPECT((const u8 *)view->pfn == list.bytes + 8);
		EXPECT_EQ(vmb_gpa_pfn(view, 0), 0x1122334455660000ULL);
		EXPECT_EQ(vmb_gpa_pfn(view, view->pfn_count - 1),
			  0x1122334455660000ULL + view->pfn_count - 1);
		EXPECT_EQ(vmb_gpa_range_next(&cursor, view), -ENODATA);
	}

	free(list.bytes);
	return err;
}

static void page_count_follows_offset_and_length(void)
{
	static const struct {
		u32 count, offset, pfns;
	} cases[] = {
		{ 1, 0, 1 },	    { 4096, 0, 1 },    { 4097, 0, 2 },	  { 1, 4095, 1 },
		{ 2, 4095, 2 },	    { 4095, 1, 1 },    { 4096, 1, 2 },	  { 4097, 4095, 2 },
		{ 4098, 4095, 3 },  { 8192, 0, 2 },    { 8192, 1, 3 },	  { 40960, 4088, 11 },
		{ 131072, 0, 32 },  { 131073, 0, 33 },
	};
	struct vmb_gpa_view view;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		EXPECT_EQ(one_range(cases[i].count, cases[i].offset, cases[i].pfns, &view), 0);
		EXPECT_EQ(view.pfn_count, cases[i].pfns);
		EXPECT_EQ(one_range(cases[i].count, cases[i].offset, cases[i].pfns - 1, &view),
			  -EPROTO);
	}
}

static void empty_range_is_refused(void)
{
	struct vmb_gpa_view view;

	EXPECT_EQ(one_range(0, 0, 1, &view), -EPROTO);
	EXPECT_EQ(one_range(0, 100, 1, &view), -EPROTO);
}

static void offset_beyond_the_first_page_is_refused(void)
{
	struct vmb_gpa_view view;

	EXPECT_EQ(one_range(1, 4095, 4, &view), 0);
	EXPECT_EQ(one_range(1, 4096, 4, &view), -EPROTO);
	EXPECT_EQ(one_range(1, 4097, 4, &view), -EPROTO);
	EXPECT_EQ(one_range(1, U32_MAX, 4, &view), -EPROTO);
}

static void length_that_wraps_is_refused(void)
{
	struct vmb_gpa_view view;

	EXPECT_EQ(one_range(U32_MAX, 1, 1, &view), -EPROTO);
	EXPECT_EQ(one_range(U32_MAX - 4094, 4095, 1, &view), -EPROTO);
	/* These do not wrap, but name a million pages. */
	EXPECT_EQ(one_range(U32_MAX, 0, 1, &view), -EPROTO);
	EXPECT_EQ(one_range(U32_MAX - 4095, 4095, 1, &view), -EPROTO);
}

static void largest_range_has_a_million_pages(void)
{
	struct vmb_gpa_view view;

	EXPECT_EQ(one_range(U32_MAX, 0, 1 << 20, &view), 0);
	EXPECT_EQ(view.pfn_count, 1 << 20);
	EXPECT_EQ(one_range(U32_MAX, 0, (1 << 20) - 1, &view), -EPROTO);
}

static void list_shorter_than_a_range_is_refused(void)
{
	struct list list = list_of(24);
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view view;
	u32 bytes;

	list_add(&list, 4097, 0, 2);
	for (bytes = 0; bytes < 24; bytes++) {
		vmb_gpa_begin(&cursor, list.bytes, bytes, 1);
		EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -EPROTO);
		EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -EPROTO);
	}

	free(list.bytes);
}

static void several_ranges_follow_one_another(void)
{
	struct list list = list_of(4096);
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view view;
	u32 i;

	for (i = 1; i <= 20; i++)
		list_add(&list, i * 4096 - 5, 5, i);

	vmb_gpa_begin(&cursor, list.bytes, list.used, 20);
	for (i = 1; i <= 20; i++) {
		ASSERT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
		EXPECT_EQ(view.byte_count, i * 4096 - 5);
		EXPECT_EQ(view.byte_offset, 5);
		EXPECT_EQ(view.pfn_count, i);
		EXPECT_EQ(vmb_gpa_pfn(&view, i - 1), 0x1122334455660000ULL + i - 1);
	}
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -ENODATA);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -ENODATA);

	free(list.bytes);
}

static void one_range_too_many_is_refused(void)
{
	struct list list = list_of(32);
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view view;

	list_add(&list, 1, 0, 1);
	list_add(&list, 1, 0, 1);
	vmb_gpa_begin(&cursor, list.bytes, list.used, 3);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -EPROTO);

	free(list.bytes);
}

static void bytes_behind_the_last_range_are_ignored(void)
{
	struct list list = list_of(512);
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view view;

	list_add(&list, 8192, 0, 2);
	vmb_gpa_begin(&cursor, list.bytes, 512, 1);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(view.pfn_count, 2);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -ENODATA);

	free(list.bytes);
}

static void failure_in_the_middle_leaves_the_cursor(void)
{
	struct list list = list_of(48);
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_range *second;
	struct vmb_gpa_view view;

	list_add(&list, 1, 0, 1);
	second = (void *)(list.bytes + list.used);
	list_add(&list, 0, 0, 1);
	list_add(&list, 3, 0, 1);
	vmb_gpa_begin(&cursor, list.bytes, list.used, 3);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), -EPROTO);

	second->byte_count = cpu_to_le32(2);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(view.byte_count, 2);
	EXPECT_EQ(vmb_gpa_range_next(&cursor, &view), 0);
	EXPECT_EQ(view.byte_count, 3);

	free(list.bytes);
}

/* Whatever the bytes say: inside the list, and in the end an answer. */
static void random_bytes_never_lead_outside(void)
{
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view view;
	u64 seed = 4242, sum = 0;
	u32 round, bytes, i;
	unsigned int good = 0;
	u8 *list;

	for (round = 0; round < 20000; round++) {
		bytes = test_random_below(&seed, 200);
		list = test_alloc(bytes);
		for (i = 0; i < bytes; i++)
			list[i] = test_random_below(&seed, 4) ? 0 : test_random(&seed);

		vmb_gpa_begin(&cursor, list, bytes, test_random_below(&seed, 8));
		while (!vmb_gpa_range_next(&cursor, &view)) {
			EXPECT((const u8 *)(view.pfn + view.pfn_count) <= list + bytes);
			for (i = 0; i < view.pfn_count; i++)
				sum += vmb_gpa_pfn(&view, i);
			good++;
		}
		free(list);
	}

	EXPECT(good > 1000 && sum);
}

static const struct test_case cases[] = {
	TEST_CASE(page_count_follows_offset_and_length),
	TEST_CASE(empty_range_is_refused),
	TEST_CASE(offset_beyond_the_first_page_is_refused),
	TEST_CASE(length_that_wraps_is_refused),
	TEST_CASE(largest_range_has_a_million_pages),
	TEST_CASE(list_shorter_than_a_range_is_refused),
	TEST_CASE(several_ranges_follow_one_another),
	TEST_CASE(one_range_too_many_is_refused),
	TEST_CASE(bytes_behind_the_last_range_are_ignored),
	TEST_CASE(failure_in_the_middle_leaves_the_cursor),
	TEST_CASE(random_bytes_never_lead_outside),
};

TEST_MAIN(cases)

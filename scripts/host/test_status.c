// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/limits.h>
#include "test.h"
/* With the inside of it, to see every row. */
#include "status.c"

/* The mapping written down a second time, with numbers for names. */
static const struct {
	u32 status;
	int error;
	bool two_way;
	const char *name;
} expected[] = {
	{ 0x00000000, 0, true, "SUCCESS" },
	{ 0x000000c0, EINTR, false, "USER_APC" },
	{ 0x00000101, EINTR, false, "ALERTED" },
	{ 0x00000102, ETIMEDOUT, false, "TIMEOUT" },
	{ 0x00000103, EIOCBQUEUED, true, "PENDING" },
	{ 0x00000105, 0, false, "MORE_ENTRIES" },
	{ 0x80000002, EINVAL, false, "DATATYPE_MISALIGNMENT" },
	{ 0x80000005, E2BIG, true, "BUFFER_OVERFLOW" },
	{ 0x8000000d, EFAULT, false, "PARTIAL_COPY" },
	{ 0x80000011, EBUSY, true, "DEVICE_BUSY" },
	{ 0x8000001a, ENODATA, false, "NO_MORE_ENTRIES" },
	{ 0xc0000001, EIO, false, "UNSUCCESSFUL" },
	{ 0xc0000002, EOPNOTSUPP, false, "NOT_IMPLEMENTED" },
	{ 0xc0000003, EINVAL, false, "INVALID_INFO_CLASS" },
	{ 0xc0000004, EINVAL, false, "INFO_LENGTH_MISMATCH" },
	{ 0xc0000005, EFAULT, true, "ACCESS_VIOLATION" },
	{ 0xc0000006, EFAULT, false, "IN_PAGE_ERROR" },
	{ 0xc0000008, EBADF, true, "INVALID_HANDLE" },
	{ 0xc000000d, EINVAL, true, "INVALID_PARAMETER" },
	{ 0xc000000e, ENXIO, true, "NO_SUCH_DEVICE" },
	{ 0xc0000010, ENOTTY, true, "INVALID_DEVICE_REQUEST" },
	{ 0xc0000011, ENODATA, true, "END_OF_FILE" },
	{ 0xc0000016, EINPROGRESS, true, "MORE_PROCESSING_REQUIRED" },
	{ 0xc0000017, ENOMEM, true, "NO_MEMORY" },
	{ 0xc0000018, EADDRINUSE, true, "CONFLICTING_ADDRESSES" },
	{ 0xc0000021, EALREADY, true, "ALREADY_COMMITTED" },
	{ 0xc0000022, EACCES, true, "ACCESS_DENIED" },
	{ 0xc0000023, ENOBUFS, true, "BUFFER_TOO_SMALL" },
	{ 0xc0000024, EPROTOTYPE, true, "OBJECT_TYPE_MISMATCH" },
	{ 0xc000002f, EMSGSIZE, false, "PORT_MESSAGE_TOO_LONG" },
	{ 0xc0000030, EINVAL, false, "INVALID_PARAMETER_MIX" },
	{ 0xc0000034, ENOENT, false, "OBJECT_NAME_NOT_FOUND" },
	{ 0xc0000035, EEXIST, true, "OBJECT_NAME_COLLISION" },
	{ 0xc000003c, EOVERFLOW, false, "DATA_OVERRUN" },
	{ 0xc000003e, EUCLEAN, false, "DATA_ERROR" },
	{ 0xc000003f, EBADMSG, true, "CRC_ERROR" },
	{ 0xc0000044, EDQUOT, true, "QUOTA_EXCEEDED" },
	{ 0xc0000056, ESHUTDOWN, true, "DELETE_PENDING" },
	{ 0xc0000058, EPROTONOSUPPORT, false, "UNKNOWN_REVISION" },
	{ 0xc0000059, EPROTONOSUPPORT, true, "REVISION_MISMATCH" },
	{ 0xc000007f, ENOSPC, true, "DISK_FULL" },
	{ 0xc000008c, ERANGE, true, "ARRAY_BOUNDS_EXCEEDED" },
	{ 0xc0000095, EOVERFLOW, true, "INTEGER_OVERFLOW" },
	{ 0xc000009a, ENOMEM, false, "INSUFFICIENT_RESOURCES" },
	{ 0xc000009d, ENOTCONN, true, "DEVICE_NOT_CONNECTED" },
	{ 0xc00000a3, EAGAIN, false, "DEVICE_NOT_READY" },
	{ 0xc00000ad, EBADFD, false, "INVALID_PIPE_STATE" },
	{ 0xc00000b0, EPIPE, true, "PIPE_DISCONNECTED" },
	{ 0xc00000b5, ETIMEDOUT, true, "IO_TIMEOUT" },
	{ 0xc00000bb, EOPNOTSUPP, true, "NOT_SUPPORTED" },
	{ 0xc00000bd, ENOTUNIQ, true, "DUPLICATE_NAME" },
	{ 0xc00000c0, ENODEV, false, "DEVICE_DOES_NOT_EXIST" },
	{ 0xc00000dc, EBADFD, false, "INVALID_SERVER_STATE" },
	{ 0xc00000e5, ENOTRECOVERABLE, true, "INTERNAL_ERROR" },
	{ 0xc00000e8, EFAULT, false, "INVALID_USER_BUFFER" },
	{ 0xc00000ef, EINVAL, false, "INVALID_PARAMETER_1" },
	{ 0xc00000f0, EINVAL, false, "INVALID_PARAMETER_2" },
	{ 0xc00000f1, EINVAL, false, "INVALID_PARAMETER_3" },
	{ 0xc00000f2, EINVAL, false, "INVALID_PARAMETER_4" },
	{ 0xc00000f3, EINVAL, false, "INVALID_PARAMETER_5" },
	{ 0xc00000f4, EINVAL, false, "INVALID_PARAMETER_6" },
	{ 0xc00000f5, EINVAL, false, "INVALID_PARAMETER_7" },
	{ 0xc00000f6, EINVAL, false, "INVALID_PARAMETER_8" },
	{ 0xc00000f7, EINVAL, false, "INVALID_PARAMETER_9" },
	{ 0xc00000f8, EINVAL, false, "INVALID_PARAMETER_10" },
	{ 0xc00000f9, EINVAL, false, "INVALID_PARAMETER_11" },
	{ 0xc00000fa, EINVAL, false, "INVALID_PARAMETER_12" },
	{ 0xc0000102, EUCLEAN, true, "FILE_CORRUPT_ERROR" },
	{ 0xc000010a, ESRCH, false, "PROCESS_IS_TERMINATING" },
	{ 0xc000011f, EMFILE, true, "TOO_MANY_OPENED_FILES" },
	{ 0xc0000120, ECANCELED, true, "CANCELLED" },
	{ 0xc0000128, EBADF, false, "FILE_CLOSED" },
	{ 0xc000012d, ENOMEM, false, "COMMITMENT_LIMIT" },
	{ 0xc0000140, ENOTCONN, false, "INVALID_CONNECTION" },
	{ 0xc000014b, EPIPE, false, "PIPE_BROKEN" },
	{ 0xc0000183, EIO, false, "DRIVER_INTERNAL_ERROR" },
	{ 0xc0000184, EBADFD, true, "INVALID_DEVICE_STATE" },
	{ 0xc0000185, EIO, true, "IO_DEVICE_ERROR" },
	{ 0xc0000186, EPROTO, true, "DEVICE_PROTOCOL_ERROR" },
	{ 0xc0000206, EMSGSIZE, true, "INVALID_BUFFER_SIZE" },
	{ 0xc000020c, ECONNABORTED, false, "CONNECTION_DISCONNECTED" },
	{ 0xc000020d, ECONNRESET, true, "CONNECTION_RESET" },
	{ 0xc0000214, ENOMSG, true, "TRANSACTION_INVALID_ID" },
	{ 0xc0000225, ENOENT, true, "NOT_FOUND" },
	{ 0xc000022d, EAGAIN, true, "RETRY" },
	{ 0xc0000236, ECONNREFUSED, true, "CONNECTION_REFUSED" },
	{ 0xc0000240, ECANCELED, false, "REQUEST_ABORTED" },
	{ 0xc0000241, ECONNABORTED, true, "CONNECTION_ABORTED" },
	{ 0xc00002b6, ENODEV, true, "DEVICE_REMOVED" },
	{ 0xc00002b9, EOPNOTSUPP, false, "NOINTERFACE" },
	{ 0xc00002c5, EINVAL, false, "DATATYPE_MISALIGNMENT_ERROR" },
	{ 0xc00002eb, ESHUTDOWN, false, "SYSTEM_SHUTDOWN" },
	{ 0xc0000350, EHOSTDOWN, true, "HOST_DOWN" },
	{ 0xc000042a, EPROTO, false, "REQUEST_OUT_OF_SEQUENCE" },
};

static u32 number(vmb_status_t status)
{
	return (__force u32)status;
}

/* The errnos whose obvious status belongs to another errno. */
static const int aliases[] = { EPERM, EINTR, ERESTARTSYS, ENOSYS, ETIME };

static void every_status_has_its_errno_and_its_name(void)
{
	size_t i;

	EXPECT_EQ(ARRAY_SIZE(status_rows), ARRAY_SIZE(expected));
	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(expected[i].status)), -expected[i].error);
		EXPECT_STR(vmb_status_name(VMB_STATUS(expected[i].status)), expected[i].name);
	}
}

static void every_two_way_errno_has_its_status(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(expected); i++) {
		vmb_status_t status = vmb_errno_to_status(-expected[i].error);

		if (expected[i].two_way)
			EXPECT_EQ(number(status), expected[i].status);
		else
			EXPECT(number(status) != expected[i].status);
	}
}

static void no_status_and_no_name_stands_twice(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++) {
		for (j = 0; j < i; j++) {
			EXPECT(number(status_rows[i].status) != number(status_rows[j].status));
			EXPECT(strcmp(status_rows[i].name, status_rows[j].name));
		}
	}
}

static void no_errno_is_two_way_twice(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++)
		for (j = 0; j < i; j++)
			EXPECT(!status_rows[i].two_way || !status_rows[j].two_way ||
			       status_rows[i].error != status_rows[j].error);
}

static void every_errno_with_a_status_has_a_way_back_or_a_private_one(void)
{
	size_t i, j;

	/* ESRCH and EINTR alone stand in one-way rows only. */
	for (i = 0; i < ARRAY_SIZE(status_rows); i++) {
		bool back = false;

		for (j = 0; j < ARRAY_SIZE(status_rows); j++)
			back |= status_rows[j].two_way &&
				status_rows[j].error == status_rows[i].error;
		EXPECT(back || status_rows[i].error == ESRCH || status_rows[i].error == EINTR);
	}
}

static void every_two_way_pair_round_trips(void)
{
	vmb_status_t status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++) {
		if (!status_rows[i].two_way)
			continue;
		status = vmb_errno_to_status(vmb_status_to_errno(status_rows[i].status));
		EXPECT_EQ(number(status), number(status_rows[i].status));
	}
}

static void every_errno_round_trips(void)
{
	int error;

	for (error = 0; error >= -4095; error--)
		EXPECT_EQ(vmb_status_to_errno(vmb_errno_to_status(error)), error);
	EXPECT_EQ(kshim_warnings, 0);
}

static void success_severity_comes_from_0_and_eiocbqueued_alone(void)
{
	int error;

	for (error = 0; error >= -4095; error--)
		EXPECT_EQ(vmb_status_is_success(vmb_errno_to_status(error)),
			  error == 0 || error == -EIOCBQUEUED);
}

static void alias_errnos_keep_their_identity(void)
{
	vmb_status_t status;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(aliases); i++) {
		status = vmb_errno_to_status(-aliases[i]);
		EXPECT_EQ(number(status), 0xe0c50000U | aliases[i]);
		EXPECT_STR(vmb_status_name(status), "ERRNO");
	}
}

static void flow_control_codes_are_alone_on_their_errnos(void)
{
	static const struct {
		u32 status;
		int error;
	} codes[] = {
		{ 0x80000005, E2BIG },
		{ 0xc0000023, ENOBUFS },
		{ 0xc0000016, EINPROGRESS },
	};
	unsigned int users;
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(codes); i++) {
		EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(codes[i].status)), -codes[i].error);
		EXPECT_EQ(number(vmb_errno_to_status(-codes[i].error)), codes[i].status);
		for (users = 0, j = 0; j < ARRAY_SIZE(status_rows); j++)
			users += status_rows[j].error == codes[i].error;
		EXPECT_EQ(users, 1);
	}
}

static void success_that_is_not_done_is_not_0(void)
{
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS_PENDING), -EIOCBQUEUED);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS_TIMEOUT), -ETIMEDOUT);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS_ALERTED), -EINTR);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS_USER_APC), -EINTR);
}

static void private_facility_ends_where_errnos_do(void)
{
	static const struct {
		u32 status;
		int want;
	} cases[] = {
		{ 0xe0c50000, -EIO }, { 0xe0c50001, -1 },   { 0xe0c50016, -22 },
		{ 0xe0c50fff, -4095 }, { 0xe0c51000, -EIO }, { 0xe0c5ffff, -EIO },
		{ 0xe0c40017, -EIO }, { 0xe0c60017, -EIO }, { 0xc0c50017, -EIO },
		{ 0xa0c50017, -EIO }, { 0xf0c50017, -EIO }, { 0xe1c50017, -EIO },
		{ 0x60c50017, 0 },    { 0x20c50017, 0 },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(cases[i].status)), cases[i].want);
}

/* The customer bit keeps the two apart. */
static void no_row_is_in_the_private_facility(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++)
		EXPECT(!(number(status_rows[i].status) & 0x20000000));
	EXPECT(VMB_STATUS_ERRNO_FACILITY & 0x20000000);
}

static void unknown_status_is_judged_by_severity(void)
{
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x00000001)), 0);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x3fffffff)), 0);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x40000000)), 0);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x7fffffff)), 0);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x80000000)), -EIO);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0x8000ffff)), -EIO);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0xc0000000)), -EIO);
	EXPECT_EQ(vmb_status_to_errno(VMB_STATUS(0xffffffff)), -EIO);
}

static void success_is_the_upper_bit(void)
{
	EXPECT(vmb_status_is_success(VMB_STATUS(0)));
	EXPECT(vmb_status_is_success(VMB_STATUS(0x40000000)));
	EXPECT(vmb_status_is_success(VMB_STATUS(0x7fffffff)));
	EXPECT(!vmb_status_is_success(VMB_STATUS(0x80000000)));
	EXPECT(!vmb_status_is_success(VMB_STATUS(0xffffffff)));
	EXPECT(!vmb_status_is_success(VMB_STATUS_BUFFER_OVERFLOW));
}

/* What holds for any 32 bits. */
static void expect_total(u32 value)
{
	vmb_status_t status = VMB_STATUS(value);
	int error = vmb_status_to_errno(status);
	const char *name = vmb_status_name(status);

	EXPECT(error <= 0 && error >= -4095);
	EXPECT(name && *name);
	/* One step, and it stays. */
	EXPECT_EQ(vmb_status_to_errno(vmb_errno_to_status(error)), error);
	EXPECT(error || vmb_status_is_success(status));
	if (vmb_status_is_success(status) && !strcmp(name, "UNKNOWN"))
		EXPECT_EQ(error, 0);
}

static void any_32_bits_have_an_answer(void)
{
	u64 seed = 1;
	u32 i;

	for (i = 0; i < 1000000; i++)
		expect_total(test_random(&seed));
	EXPECT_EQ(kshim_warnings, 0);
}

/* Random values hardly ever meet a row or the private facility: go there. */
static void any_code_near_a_row_has_an_answer(void)
{
	static const u32 bases[] = {
		0x00000000, 0x40000000, 0x80000000, 0xc0000000, 0xe0c50000, 0xe0c40000, 0x20c50000,
	};
	size_t i;
	u32 code;

	for (i = 0; i < ARRAY_SIZE(bases); i++)
		for (code = 0; code <= U16_MAX; code++)
			expect_total(bases[i] | code);
	EXPECT_EQ(kshim_warnings, 0);
}

static void what_is_no_errno_is_an_internal_error_with_a_warning(void)
{
	static const int wild[] = { 1, 2, 4095, INT_MAX, -4096, -4097, INT_MIN, INT_MIN + 1 };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(wild); i++) {
		kshim_warnings = 0;
		EXPECT_EQ(number(vmb_errno_to_status(wild[i])), 0xc00000e5);
		EXPECT_EQ(kshim_warnings, 1);
	}
	kshim_warnings = 0;
}

static void names_of_what_has_no_row(void)
{
	EXPECT_STR(vmb_status_name(VMB_STATUS(0xe0c50001)), "ERRNO");
	EXPECT_STR(vmb_status_name(VMB_STATUS(0xe0c50fff)), "ERRNO");
	EXPECT_STR(vmb_status_name(VMB_STATUS(0xe0c50000)), "UNKNOWN");
	EXPECT_STR(vmb_status_name(VMB_STATUS(0xe0c51000)), "UNKNOWN");
	EXPECT_STR(vmb_status_name(VMB_STATUS(0x12345678)), "UNKNOWN");
}

static const struct test_case cases[] = {
	TEST_CASE(every_status_has_its_errno_and_its_name),
	TEST_CASE(every_two_way_errno_has_its_status),
	TEST_CASE(no_status_and_no_name_stands_twice),
	TEST_CASE(no_errno_is_two_way_twice),
	TEST_CASE(every_errno_with_a_status_has_a_way_back_or_a_private_one),
	TEST_CASE(every_two_way_pair_round_trips),
	TEST_CASE(every_errno_round_trips),
	TEST_CASE(success_severity_comes_from_0_and_eiocbqueued_alone),
	TEST_CASE(alias_errnos_keep_their_identity),
	TEST_CASE(flow_control_codes_are_alone_on_their_errnos),
	TEST_CASE(success_that_is_not_done_is_not_0),
	TEST_CASE(private_facility_ends_where_errnos_do),
	TEST_CASE(no_row_is_in_the_private_facility),
	TEST_CASE(unknown_status_is_judged_by_severity),
	TEST_CASE(success_is_the_upper_bit),
	TEST_CASE(any_32_bits_have_an_answer),
	TEST_CASE(any_code_near_a_row_has_an_answer),
	TEST_CASE(what_is_no_errno_is_an_internal_error_with_a_warning),
	TEST_CASE(names_of_what_has_no_row),
};

TEST_MAIN(cases)

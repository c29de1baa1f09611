// SPDX-License-Identifier: GPL-2.0-only
/*
 * NTSTATUS <-> errno: the only place where one becomes the other.
 */
#include <linux/bug.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_status.h>

/* As in linux/err.h: no errno is larger. */
#define ERRNO_LAST	4095

/**
 * struct status_row - one status
 * @status: the status, in no other row
 * @error: positive errno, or 0
 * @two_way: @error also becomes @status; at most one row of an errno has it
 * @name: for messages
 */
struct status_row {
	vmb_status_t status;
	u16 error;
	bool two_way;
	const char *name;
};

#define ROW(_name, _error, _two_way) \
	{ \
		.status = VMB_STATUS_##_name, \
		.error = (_error), \
		.two_way = (_two_way), \
		.name = #_name, \
	}
#define TWO_WAY(name, error)	ROW(name, error, true)
#define ONE_WAY(name, error)	ROW(name, error, false)

/*
 * The flow-control codes BUFFER_OVERFLOW, BUFFER_TOO_SMALL and
 * MORE_PROCESSING_REQUIRED stay alone on their errnos: a caller acts on each
 * in another way.
 */
static const struct status_row status_rows[] = {
	TWO_WAY(SUCCESS, 0),
	ONE_WAY(USER_APC, EINTR),
	ONE_WAY(ALERTED, EINTR),
	ONE_WAY(TIMEOUT, ETIMEDOUT),
	TWO_WAY(PENDING, EIOCBQUEUED),
	ONE_WAY(MORE_ENTRIES, 0),
	ONE_WAY(DATATYPE_MISALIGNMENT, EINVAL),
	TWO_WAY(BUFFER_OVERFLOW, E2BIG),
	ONE_WAY(PARTIAL_COPY, EFAULT),
	TWO_WAY(DEVICE_BUSY, EBUSY),
	ONE_WAY(NO_MORE_ENTRIES, ENODATA),
	ONE_WAY(UNSUCCESSFUL, EIO),
	ONE_WAY(NOT_IMPLEMENTED, EOPNOTSUPP),
	ONE_WAY(INVALID_INFO_CLASS, EINVAL),
	ONE_WAY(INFO_LENGTH_MISMATCH, EINVAL),
	TWO_WAY(ACCESS_VIOLATION, EFAULT),
	ONE_WAY(IN_PAGE_ERROR, EFAULT),
	TWO_WAY(INVALID_HANDLE, EBADF),
	TWO_WAY(INVALID_PARAMETER, EINVAL),
	TWO_WAY(NO_SUCH_DEVICE, ENXIO),
	TWO_WAY(INVALID_DEVICE_REQUEST, ENOTTY),
	TWO_WAY(END_OF_FILE, ENODATA),
	TWO_WAY(MORE_PROCESSING_REQUIRED, EINPROGRESS),
	TWO_WAY(NO_MEMORY, ENOMEM),
	TWO_WAY(CONFLICTING_ADDRESSES, EADDRINUSE),
	TWO_WAY(ALREADY_COMMITTED, EALREADY),
	TWO_WAY(ACCESS_DENIED, EACCES),
	TWO_WAY(BUFFER_TOO_SMALL, ENOBUFS),
	TWO_WAY(OBJECT_TYPE_MISMATCH, EPROTOTYPE),
	ONE_WAY(PORT_MESSAGE_TOO_LONG, EMSGSIZE),
	ONE_WAY(INVALID_PARAMETER_MIX, EINVAL),
	ONE_WAY(OBJECT_NAME_NOT_FOUND, ENOENT),
	TWO_WAY(OBJECT_NAME_COLLISION, EEXIST),
	ONE_WAY(DATA_OVERRUN, EOVERFLOW),
	ONE_WAY(DATA_ERROR, EUCLEAN),
	TWO_WAY(CRC_ERROR, EBADMSG),
	TWO_WAY(QUOTA_EXCEEDED, EDQUOT),
	TWO_WAY(DELETE_PENDING, ESHUTDOWN),
	ONE_WAY(UNKNOWN_REVISION, EPROTONOSUPPORT),
	TWO_WAY(REVISION_MISMATCH, EPROTONOSUPPORT),
	TWO_WAY(DISK_FULL, ENOSPC),
	TWO_WAY(ARRAY_BOUNDS_EXCEEDED, ERANGE),
	TWO_WAY(INTEGER_OVERFLOW, EOVERFLOW),
	ONE_WAY(INSUFFICIENT_RESOURCES, ENOMEM),
	TWO_WAY(DEVICE_NOT_CONNECTED, ENOTCONN),
	ONE_WAY(DEVICE_NOT_READY, EAGAIN),
	ONE_WAY(INVALID_PIPE_STATE, EBADFD),
	TWO_WAY(PIPE_DISCONNECTED, EPIPE),
	TWO_WAY(IO_TIMEOUT, ETIMEDOUT),
	TWO_WAY(NOT_SUPPORTED, EOPNOTSUPP),
	TWO_WAY(DUPLICATE_NAME, ENOTUNIQ),
	ONE_WAY(DEVICE_DOES_NOT_EXIST, ENODEV),
	ONE_WAY(INVALID_SERVER_STATE, EBADFD),
	TWO_WAY(INTERNAL_ERROR, ENOTRECOVERABLE),
	ONE_WAY(INVALID_USER_BUFFER, EFAULT),
	ONE_WAY(INVALID_PARAMETER_1, EINVAL),
	ONE_WAY(INVALID_PARAMETER_2, EINVAL),
	ONE_WAY(INVALID_PARAMETER_3, EINVAL),
	ONE_WAY(INVALID_PARAMETER_4, EINVAL),
	ONE_WAY(INVALID_PARAMETER_5, EINVAL),
	ONE_WAY(INVALID_PARAMETER_6, EINVAL),
	ONE_WAY(INVALID_PARAMETER_7, EINVAL),
	ONE_WAY(INVALID_PARAMETER_8, EINVAL),
	ONE_WAY(INVALID_PARAMETER_9, EINVAL),
	ONE_WAY(INVALID_PARAMETER_10, EINVAL),
	ONE_WAY(INVALID_PARAMETER_11, EINVAL),
	ONE_WAY(INVALID_PARAMETER_12, EINVAL),
	TWO_WAY(FILE_CORRUPT_ERROR, EUCLEAN),
	ONE_WAY(PROCESS_IS_TERMINATING, ESRCH),
	TWO_WAY(TOO_MANY_OPENED_FILES, EMFILE),
	TWO_WAY(CANCELLED, ECANCELED),
	ONE_WAY(FILE_CLOSED, EBADF),
	ONE_WAY(COMMITMENT_LIMIT, ENOMEM),
	ONE_WAY(INVALID_CONNECTION, ENOTCONN),
	ONE_WAY(PIPE_BROKEN, EPIPE),
	ONE_WAY(DRIVER_INTERNAL_ERROR, EIO),
	TWO_WAY(INVALID_DEVICE_STATE, EBADFD),
	TWO_WAY(IO_DEVICE_ERROR, EIO),
	TWO_WAY(DEVICE_PROTOCOL_ERROR, EPROTO),
	TWO_WAY(INVALID_BUFFER_SIZE, EMSGSIZE),
	ONE_WAY(CONNECTION_DISCONNECTED, ECONNABORTED),
	TWO_WAY(CONNECTION_RESET, ECONNRESET),
	TWO_WAY(TRANSACTION_INVALID_ID, ENOMSG),
	TWO_WAY(NOT_FOUND, ENOENT),
	TWO_WAY(RETRY, EAGAIN),
	TWO_WAY(CONNECTION_REFUSED, ECONNREFUSED),
	ONE_WAY(REQUEST_ABORTED, ECANCELED),
	TWO_WAY(CONNECTION_ABORTED, ECONNABORTED),
	TWO_WAY(DEVICE_REMOVED, ENODEV),
	ONE_WAY(NOINTERFACE, EOPNOTSUPP),
	ONE_WAY(DATATYPE_MISALIGNMENT_ERROR, EINVAL),
	ONE_WAY(SYSTEM_SHUTDOWN, ESHUTDOWN),
	TWO_WAY(HOST_DOWN, EHOSTDOWN),
	ONE_WAY(REQUEST_OUT_OF_SEQUENCE, EPROTO),
};

#undef ONE_WAY
#undef TWO_WAY
#undef ROW

static const struct status_row *status_find(vmb_status_t status)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++)
		if (status_rows[i].status == status)
			return &status_rows[i];

	return NULL;
}

/* The errno that the private facility carries, 0 if @status is not of it. */
static u32 private_errno(vmb_status_t status)
{
	u32 value = (__force u32)status;
	u32 code = value & 0xffff;

	if ((value & ~0xffffU) != VMB_STATUS_ERRNO_FACILITY || code > ERRNO_LAST)
		return 0;

	return code;
}

/**
 * vmb_status_to_errno() - what a status means to Linux
 * @status: any 32 bits
 *
 * Every status has an answer: that of its row; the errno that a private
 * status carries; 0 for another success; -EIO for another warning or error.
 * PENDING becomes -EIOCBQUEUED, which must not reach user space. The warning
 * BUFFER_OVERFLOW becomes -E2BIG although data was transferred: a caller that
 * can say "more" must look for it first.
 *
 * Context: Any.
 * Return: 0 or a negative errno, never below -4095.
 */
int vmb_status_to_errno(vmb_status_t status)
{
	const struct status_row *row = status_find(status);
	u32 error;

	if (row)
		return -(int)row->error;

	error = private_errno(status);
	if (error)
		return -(int)error;

	return vmb_status_is_success(status) ? 0 : -EIO;
}
EXPORT_SYMBOL_NS_GPL(vmb_status_to_errno, VMBSAVE_NS);

/**
 * vmb_errno_to_status() - what an errno means to the other side
 * @error: 0 or a negative errno
 *
 * vmb_status_to_errno() turns the answer back into @error, for every errno.
 * Therefore an errno whose obvious status belongs to another errno (EPERM,
 * EINTR, ERESTARTSYS, ENOSYS, ETIME) does not get that status: like all that
 * have no two-way row they travel in the private facility. The answer has
 * success severity for 0 and -EIOCBQUEUED (PENDING) alone.
 *
 * Anything else (a positive result, a wild number) is a mistake of the
 * caller: one warning, and INTERNAL_ERROR.
 *
 * Context: Any.
 * Return: the status.
 */
vmb_status_t vmb_errno_to_status(int error)
{
	size_t i;

	if (WARN_ON_ONCE(error > 0 || error < -ERRNO_LAST))
		return VMB_STATUS_INTERNAL_ERROR;

	for (i = 0; i < ARRAY_SIZE(status_rows); i++)
		if (status_rows[i].two_way && status_rows[i].error == -error)
			return status_rows[i].status;

	return VMB_STATUS_ERRNO((u32)-error);
}
EXPORT_SYMBOL_NS_GPL(vmb_errno_to_status, VMBSAVE_NS);

/**
 * vmb_status_name() - name of a status, for messages
 * @status: any 32 bits
 *
 * Context: Any.
 * Return: the name without its prefix, "ERRNO" for a status that carries an
 * errno without a row, "UNKNOWN" for any other; never NULL.
 */
const char *vmb_status_name(vmb_status_t status)
{
	const struct status_row *row = status_find(status);

	if (row)
		return row->name;

	return private_errno(status) ? "ERRNO" : "UNKNOWN";
}
EXPORT_SYMBOL_NS_GPL(vmb_status_name, VMBSAVE_NS);

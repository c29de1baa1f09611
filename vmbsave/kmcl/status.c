// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results at the border. status.c of vmbsave translates; here stands what the
 * same number means in another place. A status of a driver that would mean
 * "go on" to the caller of a step, or "later", must not get there as it is: the
 * caller would go on for ever.
 */
#include <linux/bug.h>
#include <linux/errno.h>

#include "kmcl.h"

/**
 * vmb_kmcl_status() - result of a call that is done or not
 * @result: 0 or a negative errno
 *
 * Context: any.
 * Return: its status; never PENDING, for nothing here is.
 */
NTSTATUS vmb_kmcl_status(int result)
{
	if (result == -EIOCBQUEUED)
		return STATUS_INTERNAL_ERROR;
	return vmb_errno_to_status(result);
}

/**
 * vmb_kmcl_step_status() - result of a step of a save or a restore
 * @result: 0, %VMB_MORE or a negative errno; -ENOBUFS only if it means that the
 *	caller's buffer is too small
 * @more: what %VMB_MORE stands for
 *
 * Context: any.
 * Return: the status.
 */
NTSTATUS vmb_kmcl_step_status(int result, NTSTATUS more)
{
	NTSTATUS status;

	if (result == VMB_MORE)
		return more;
	status = vmb_kmcl_status(result);
	if (status == STATUS_BUFFER_OVERFLOW || status == STATUS_MORE_PROCESSING_REQUIRED)
		return STATUS_UNSUCCESSFUL;
	return status;
}

/**
 * vmb_kmcl_setter_status() - result of a setter whose values were looked at
 * @result: 0 or a negative errno
 *
 * Context: any.
 * Return: the status; INVALID_PARAMETER_1 if it is the channel that is in no
 * state to be configured.
 */
NTSTATUS vmb_kmcl_setter_status(int result)
{
	switch (result) {
	case -EBADFD:
	case -EBUSY:
	case -EDEADLK:
	case -ENODEV:
		return STATUS_INVALID_PARAMETER_1;
	default:
		return vmb_kmcl_status(result);
	}
}

/**
 * vmb_kmcl_callback_result() - what a callback of the driver answered
 * @status: its answer
 *
 * Context: any.
 * Return: 0 for each success but PENDING, which no callback may answer
 * (-ENOTRECOVERABLE), or a negative errno.
 */
int vmb_kmcl_callback_result(NTSTATUS status)
{
	if (WARN_ON_ONCE(status == STATUS_PENDING))
		return -ENOTRECOVERABLE;
	return vmb_status_to_errno(status);
}

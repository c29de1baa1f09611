// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>

#include "core/bus.h"
#include "core/trace.h"
#include "migrate/account.h"
#include "migrate/save.h"
#include "migrate/save_session.h"

/* How a save ends, for those who ask and those who watch. */

/**
 * vmb_save_fail() - the session fails
 * @save: the session; the caller has its turn
 * @error: negative errno
 * @fmt: one sentence
 *
 * The first error is kept.
 *
 * Context: process context.
 * Return: @error.
 */
int vmb_save_fail(struct vmb_save *save, int error, const char *fmt, ...)
{
	char text[VMBSAVE_ERROR_TEXT];
	va_list args;

	if (save->error)
		return error;
	WRITE_ONCE(save->error, error);
	wake_up_all(&save->news);
	vmb_save_account_end(save, false);
	save->place.chunk = save->writer.sequence;
	save->place.offset = save->writer.bytes;
	va_start(args, fmt);
	vscnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	vmb_bus_error_set(save->bus, error, &save->place, "%s", text);
	trace_vmb_save_abort(save->bus, error, &save->place);
	return error;
}

/**
 * vmb_save_trace_over() - trace the end of a save, whichever it is
 * @save: the session; the caller has its turn and is about to drop it
 *
 * Nothing happens if it has failed, or was dropped before: that was traced.
 * Context: process context.
 */
void vmb_save_trace_over(const struct vmb_save *save)
{
	if (save->dropped || save->error)
		return;
	if (vmb_save_at_end(save))
		trace_vmb_save_end(save->bus, save->writer.sequence - 1, save->writer.bytes);
	else
		trace_vmb_save_abort(save->bus, -ECANCELED, &save->place);
}

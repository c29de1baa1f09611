// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/kernel.h>
#include <linux/slab.h>

#include "core/bus.h"
#include "user/refusal.h"

/**
 * DOC: Why a call was refused
 *
 * 1. Whoever refuses a call of user space says why with vmb_refuse(), where he
 *    knows it, into a structure of the call's own.
 * 2. When the call is over it is noted once, with the name of the call, at the
 *    file that made it. It stays until the next call of that file is refused.
 * 3. LAST_ERROR tells the later one of it and the last error of the bus.
 *
 * The last error of the bus is why a session or a change of state failed; a bad
 * call later does not hide it from who asks for it. If it says already why a
 * call failed, then nothing else is said of the call.
 *
 * A refusal is the file's: an operator sees nothing of the VMM's, nor the VMM
 * of his.
 */

/**
 * vmb_refusals_create() - a file of which nothing was refused yet
 *
 * Context: process context, may sleep.
 * Return: it, for vmb_refusals_put(), or NULL.
 */
struct vmb_refusals *vmb_refusals_create(void)
{
	struct vmb_refusals *refusals = kzalloc(sizeof(*refusals),
						GFP_KERNEL_ACCOUNT);

	if (!refusals)
		return NULL;
	kref_init(&refusals->ref);
	spin_lock_init(&refusals->lock);
	return refusals;
}

/**
 * vmb_refusals_get() - take a reference
 * @refusals: of an open file
 *
 * Context: any.
 * Return: @refusals.
 */
struct vmb_refusals *vmb_refusals_get(struct vmb_refusals *refusals)
{
	kref_get(&refusals->ref);
	return refusals;
}

static void release(struct kref *ref)
{
	kfree(container_of(ref, struct vmb_refusals, ref));
}

/**
 * vmb_refusals_put() - drop a reference
 * @refusals: of an open file
 * Context: any.
 */
void vmb_refusals_put(struct vmb_refusals *refusals)
{
	kref_put(&refusals->ref, release);
}

/* The words of the dictionary, for who has said nothing of his own. */
static const char *plain_reason(int error)
{
	switch (error) {
	case -ENOMEM:
		return "there is no memory";
	case -EINTR:
		return "a fatal signal ended the wait";
	default:
		return NULL;
	}
}

/**
 * vmb_refusals_note() - a call was refused
 * @refusals: of the file that made it
 * @call: what it is called
 * @error: what it answers, a negative errno
 * @why: what was said of it, with @error or nothing; changed
 * Context: process context.
 */
void vmb_refusals_note(struct vmb_refusals *refusals, const char *call,
		       int error, struct vmb_refusal *why)
{
	struct vmb_refusal *last = &refusals->last;
	const char *plain = plain_reason(error);

	if (!why->of_bus && (why->error != error || !why->text[0])) {
		if (plain)
			vmb_refuse(why, error, "%s", plain);
		else
			vmb_refuse(why, error, "refused without a reason (%pe)",
				   ERR_PTR(error));
	}
	guard(spinlock)(&refusals->lock);
	last->error = why->of_bus ? 0 : error;
	last->channel = why->channel;
	last->when = why->of_bus ? 0 : vmb_error_stamp();
	scnprintf(last->text, sizeof(last->text), "%s: %s", call, why->text);
}

/**
 * vmb_refusals_last() - the last call of a file that was refused
 * @refusals: of the file
 * @last: filled in; its error is 0 if there was none, or if the last error of
 *	the bus says why
 * Context: process context.
 */
void vmb_refusals_last(struct vmb_refusals *refusals, struct vmb_refusal *last)
{
	guard(spinlock)(&refusals->lock);
	*last = refusals->last;
}

/**
 * vmb_refuse() - say why a call is refused
 * @why: of the call
 * @error: negative errno
 * @fmt: one sentence without a full stop: which field, its value, what is wrong
 *
 * Context: any.
 * Return: @error.
 */
int vmb_refuse(struct vmb_refusal *why, int error, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vscnprintf(why->text, sizeof(why->text), fmt, args);
	va_end(args);
	why->error = error;
	return error;
}

/**
 * vmb_refuse_as_bus() - does the bus say itself why a call failed?
 * @why: of the call
 * @bus: the bus
 * @error: negative errno of the call
 *
 * Context: process context.
 * Return: true: LAST_ERROR leaves it to the bus.
 */
bool vmb_refuse_as_bus(struct vmb_refusal *why, struct vmb_bus *bus, int error)
{
	why->of_bus = vmb_bus_error_get(bus, NULL, NULL) == error;
	return why->of_bus;
}

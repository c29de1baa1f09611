// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/atomic.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "core/bus.h"

static atomic64_t last_stamp;

/**
 * vmb_error_stamp() - the next place in the order of all errors
 *
 * Which of two that different objects keep was the later one?
 *
 * Context: any.
 * Return: more than ever before, and not 0.
 */
u64 vmb_error_stamp(void)
{
	return atomic64_inc_return(&last_stamp);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_error_stamp);

/**
 * vmb_bus_error_init() - no error yet
 * @bus: the bus
 * Context: any.
 */
void vmb_bus_error_init(struct vmb_bus *bus)
{
	spin_lock_init(&bus->error.lock);
}

/**
 * vmb_bus_error_clear() - forget the last error
 * @bus: the bus
 * Context: process context.
 */
void vmb_bus_error_clear(struct vmb_bus *bus)
{
	guard(spinlock)(&bus->error.lock);

	bus->error.error = 0;
	memset(&bus->error.place, 0, sizeof(bus->error.place));
	bus->error.text[0] = '\0';
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_error_clear);

/**
 * vmb_bus_error_set() - remember why an operation failed
 * @bus: the bus
 * @error: negative errno
 * @place: where, or NULL
 * @fmt: one sentence without a full stop
 *
 * Replaces what an earlier operation left; within one operation the caller
 * reports its first error only.
 * Context: process context.
 */
void vmb_bus_error_set(struct vmb_bus *bus, int error,
		       const struct vmb_error_place *place, const char *fmt, ...)
{
	static const struct vmb_error_place nowhere;
	va_list args;

	va_start(args, fmt);
	scoped_guard(spinlock, &bus->error.lock) {
		bus->error.error = error;
		bus->error.when = vmb_error_stamp();
		bus->error.place = place ? *place : nowhere;
		vscnprintf(bus->error.text, sizeof(bus->error.text), fmt, args);
	}
	va_end(args);
	dev_dbg(&bus->dev, "%pe: %s\n", ERR_PTR(error), bus->error.text);
}

/**
 * vmb_bus_error_append() - say more about the last error
 * @bus: the bus
 * @fmt: goes on with its sentence, as far as there is room
 * Context: process context.
 */
void vmb_bus_error_append(struct vmb_bus *bus, const char *fmt, ...)
{
	char *text = bus->error.text;
	va_list args;
	size_t used;

	va_start(args, fmt);
	scoped_guard(spinlock, &bus->error.lock) {
		used = strlen(text);
		vscnprintf(text + used, sizeof(bus->error.text) - used, fmt, args);
	}
	va_end(args);
}

/**
 * vmb_bus_error_get() - the last error
 * @bus: the bus
 * @place: where it was met, or NULL
 * @text: the sentence, or NULL
 *
 * Context: process context.
 * Return: the negative errno, 0 if there was none.
 */
int vmb_bus_error_get(struct vmb_bus *bus, struct vmb_error_place *place,
		      char text[VMBSAVE_ERROR_TEXT])
{
	return vmb_bus_error_get_after(bus, 0, place, text);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_error_get);

/**
 * vmb_bus_error_get_after() - the last error, if it is later than another one
 * @bus: the bus
 * @when: the place of the other one, from vmb_error_stamp()
 * @place: where it was met, or NULL
 * @text: the sentence, or NULL
 *
 * Context: process context.
 * Return: the negative errno; or 0: there was none, and nothing is filled in
 * but as if there never was one.
 */
int vmb_bus_error_get_after(struct vmb_bus *bus, u64 when,
			    struct vmb_error_place *place,
			    char text[VMBSAVE_ERROR_TEXT])
{
	static const struct vmb_bus_error none;
	const struct vmb_bus_error *error;

	guard(spinlock)(&bus->error.lock);
	error = bus->error.when > when ? &bus->error : &none;
	if (place)
		*place = error->place;
	if (text)
		memcpy(text, error->text, VMBSAVE_ERROR_TEXT);
	return error->error;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_error_get_after);

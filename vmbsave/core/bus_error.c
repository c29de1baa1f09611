// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/kernel.h>
#include <linux/string.h>

#include "core/bus.h"

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
	guard(spinlock)(&bus->error.lock);

	if (place)
		*place = bus->error.place;
	if (text)
		memcpy(text, bus->error.text, VMBSAVE_ERROR_TEXT);
	return bus->error.error;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_bus_error_get);

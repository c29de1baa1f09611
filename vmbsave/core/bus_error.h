/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_BUS_ERROR_H
#define _VMB_CORE_BUS_ERROR_H

#include <linux/spinlock.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave.h>

struct vmb_bus;

/**
 * struct vmb_error_place - where an error was met
 * @channel: id of the channel, 0 = none
 * @chunk: number of the chunk in the stream, 0 = its header or none
 * @offset: bytes from the start of the stream
 * @packet: transaction id, 0 = none
 */
struct vmb_error_place {
	u32 channel;
	u32 chunk;
	u64 offset;
	u64 packet;
};

/**
 * struct vmb_bus_error - the first error of the last operation that failed
 * @lock: protects the rest
 * @error: negative errno, 0 = none
 * @when: its place in the order of all errors
 * @place: where
 * @text: one sentence
 */
struct vmb_bus_error {
	spinlock_t lock; /* protects the rest */
	int error;
	u64 when;
	struct vmb_error_place place;
	char text[VMBSAVE_ERROR_TEXT];
};

void vmb_bus_error_init(struct vmb_bus *bus);
void vmb_bus_error_clear(struct vmb_bus *bus);
__printf(4, 5)
void vmb_bus_error_set(struct vmb_bus *bus, int error,
		       const struct vmb_error_place *place, const char *fmt, ...);
__printf(2, 3)
void vmb_bus_error_append(struct vmb_bus *bus, const char *fmt, ...);
int vmb_bus_error_get(struct vmb_bus *bus, struct vmb_error_place *place,
		      char text[VMBSAVE_ERROR_TEXT]);
int vmb_bus_error_get_after(struct vmb_bus *bus, u64 when,
			    struct vmb_error_place *place,
			    char text[VMBSAVE_ERROR_TEXT]);
u64 vmb_error_stamp(void);

#endif /* _VMB_CORE_BUS_ERROR_H */

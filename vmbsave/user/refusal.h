/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_USER_REFUSAL_H
#define _VMB_USER_REFUSAL_H

#include <linux/kref.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <uapi/linux/vmbsave.h>

struct vmb_bus;

/**
 * struct vmb_refusal - why a call of user space was refused
 * @error: negative errno, 0 = it was not
 * @channel: id of the channel concerned, 0 = none
 * @of_bus: the last error of the bus says why
 * @when: its place in the order of all errors, see vmb_error_stamp()
 * @text: one sentence without a full stop
 *
 * Of a call in progress only @error and @text mean something once vmb_refuse()
 * has been called.
 */
struct vmb_refusal {
	int error;
	u32 channel;
	bool of_bus;
	u64 when;
	char text[VMBSAVE_ERROR_TEXT];
};

/**
 * struct vmb_refusals - the last call that was refused, of an open file and of
 * the data fds that it gave
 * @ref: one of the file, and one of each data fd, which may live longer
 * @lock: protects @last
 * @last: the last one
 */
struct vmb_refusals {
	struct kref ref;
	spinlock_t lock; /* protects @last */
	struct vmb_refusal last;
};

struct vmb_refusals *vmb_refusals_create(void);
struct vmb_refusals *vmb_refusals_get(struct vmb_refusals *refusals);
void vmb_refusals_put(struct vmb_refusals *refusals);
void vmb_refusals_note(struct vmb_refusals *refusals, const char *call,
		       int error, struct vmb_refusal *why);
void vmb_refusals_last(struct vmb_refusals *refusals, struct vmb_refusal *last);

__printf(3, 4)
int vmb_refuse(struct vmb_refusal *why, int error, const char *fmt, ...);
bool vmb_refuse_as_bus(struct vmb_refusal *why, struct vmb_bus *bus, int error);

#endif /* _VMB_USER_REFUSAL_H */

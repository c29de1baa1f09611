/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_ORDER_INTERNAL_H
#define _VMB_STREAM_ORDER_INTERNAL_H

/* For the checker's own files. */
#include <linux/types.h>
#include "order.h"

int vmb_order_refuse(struct vmb_stream_order *order, int error, u64 packet, size_t offset,
		     const char *reason);
int vmb_order_leave_channel(struct vmb_stream_order *order);
int vmb_order_enter(struct vmb_stream_order *order, enum vmb_stream_phase phase);

#endif /* _VMB_STREAM_ORDER_INTERNAL_H */

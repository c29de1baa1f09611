/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmbsave

#if !defined(_VMB_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VMB_CORE_TRACE_H

#include <linux/tracepoint.h>

/* A channel's state machine took a step. */
TRACE_EVENT(vmb_channel_state,
	TP_PROTO(u32 bus, u32 channel, u32 from, u32 to),
	TP_ARGS(bus, channel, from, to),
	TP_STRUCT__entry(
		__field(u32, bus)
		__field(u32, channel)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		__entry->bus = bus;
		__entry->channel = channel;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("vmb%u-%u %u -> %u", __entry->bus, __entry->channel,
		  __entry->from, __entry->to)
);

/* A bus changed its state, or failed to. */
TRACE_EVENT(vmb_bus_state,
	TP_PROTO(u32 bus, u32 from, u32 to, int error),
	TP_ARGS(bus, from, to, error),
	TP_STRUCT__entry(
		__field(u32, bus)
		__field(u32, from)
		__field(u32, to)
		__field(int, error)
	),
	TP_fast_assign(
		__entry->bus = bus;
		__entry->from = from;
		__entry->to = to;
		__entry->error = error;
	),
	TP_printk("vmb%u %u -> %u error %d", __entry->bus, __entry->from,
		  __entry->to, __entry->error)
);

#endif /* _VMB_CORE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM vmbsave

#if !defined(_VMB_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _VMB_CORE_TRACE_H

#include <linux/string.h>
#include <linux/tracepoint.h>

#include <uapi/linux/vmbsave.h>
#include <uapi/linux/vmbsave_stream.h>

#include "core/bus_error.h"
#include "core/channel.h"

/*
 * Each event and field is explained in Documentation/userspace-api/tracing.rst.
 * Names are those that sysfs has. Tools read the symbols out of the format, so
 * they are made of the uapi's numbers: they cannot know an enum.
 *
 * The compiler fetches arguments before it looks whether an event is on. Where
 * there is one for each packet or chunk the caller asks trace_*_enabled() first.
 */

#define VMB_TRACE_NAME_BYTES	32

#define vmb_trace_name(to, dev)						\
	strscpy_pad(to, dev_name(dev), VMB_TRACE_NAME_BYTES)

#define vmb_show_bus_state(state)					\
	__print_symbolic(state,						\
		{ VMBSAVE_STATE_ERROR, "error" },			\
		{ VMBSAVE_STATE_STOP, "stop" },				\
		{ VMBSAVE_STATE_RUNNING, "running" },			\
		{ VMBSAVE_STATE_STOP_COPY, "stop-copy" },		\
		{ VMBSAVE_STATE_RESUMING, "resuming" })

#define vmb_show_channel_state(state)					\
	__print_symbolic(state,						\
		{ VMBSAVE_CHANNEL_DISABLED, "disabled" },		\
		{ VMBSAVE_CHANNEL_ENABLED, "enabled" },			\
		{ VMBSAVE_CHANNEL_STARTED, "started" },			\
		{ VMBSAVE_CHANNEL_PAUSED, "paused" },			\
		{ VMBSAVE_CHANNEL_ACTIVE, "active" },			\
		{ VMBSAVE_CHANNEL_STOPPED, "stopped" })

#define vmb_show_packet_state(state)					\
	__print_symbolic(state,						\
		{ VMBSAVE_PACKET_SENT, "sent" },			\
		{ VMBSAVE_PACKET_QUEUED, "queued" })

TRACE_EVENT(vmb_channel_state,
	TP_PROTO(const struct vmb_channel *channel, u32 from, u32 to),
	TP_ARGS(channel, from, to),
	TP_STRUCT__entry(
		__array(char, channel, VMB_TRACE_NAME_BYTES)
		__field(u32, id)
		__field(u32, from)
		__field(u32, to)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->channel, &channel->dev);
		__entry->id = channel->id;
		__entry->from = from;
		__entry->to = to;
	),
	TP_printk("%s id=%u from=%s to=%s", __entry->channel, __entry->id,
		  vmb_show_channel_state(__entry->from),
		  vmb_show_channel_state(__entry->to))
);

TRACE_EVENT(vmb_bus_state,
	TP_PROTO(const struct vmb_bus *bus, u32 from, u32 to, int error),
	TP_ARGS(bus, from, to, error),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(u32, from)
		__field(u32, to)
		__field(int, error)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->from = from;
		__entry->to = to;
		__entry->error = error;
	),
	TP_printk("%s from=%s to=%s error=%d", __entry->bus,
		  vmb_show_bus_state(__entry->from),
		  vmb_show_bus_state(__entry->to), __entry->error)
);

DECLARE_EVENT_CLASS(vmb_kick,
	TP_PROTO(const struct vmb_channel *channel),
	TP_ARGS(channel),
	TP_STRUCT__entry(
		__array(char, channel, VMB_TRACE_NAME_BYTES)
		__field(u32, id)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->channel, &channel->dev);
		__entry->id = channel->id;
	),
	TP_printk("%s id=%u", __entry->channel, __entry->id)
);

DEFINE_EVENT(vmb_kick, vmb_kick_host,
	TP_PROTO(const struct vmb_channel *channel),
	TP_ARGS(channel)
);

DEFINE_EVENT(vmb_kick, vmb_kick_guest,
	TP_PROTO(const struct vmb_channel *channel),
	TP_ARGS(channel)
);

DECLARE_EVENT_CLASS(vmb_session_begin,
	TP_PROTO(const struct vmb_bus *bus, u32 channels),
	TP_ARGS(bus, channels),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(u32, channels)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->channels = channels;
	),
	TP_printk("%s channels=%u", __entry->bus, __entry->channels)
);

DEFINE_EVENT(vmb_session_begin, vmb_save_begin,
	TP_PROTO(const struct vmb_bus *bus, u32 channels),
	TP_ARGS(bus, channels)
);

DEFINE_EVENT(vmb_session_begin, vmb_restore_begin,
	TP_PROTO(const struct vmb_bus *bus, u32 channels),
	TP_ARGS(bus, channels)
);

DECLARE_EVENT_CLASS(vmb_chunk,
	TP_PROTO(const struct vmb_bus *bus, u32 chunk, u64 offset, u32 bytes),
	TP_ARGS(bus, chunk, offset, bytes),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(u32, chunk)
		__field(u64, offset)
		__field(u32, bytes)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->chunk = chunk;
		__entry->offset = offset;
		__entry->bytes = bytes;
	),
	TP_printk("%s chunk=%u offset=%llu bytes=%u", __entry->bus,
		  __entry->chunk, __entry->offset, __entry->bytes)
);

DEFINE_EVENT(vmb_chunk, vmb_save_chunk,
	TP_PROTO(const struct vmb_bus *bus, u32 chunk, u64 offset, u32 bytes),
	TP_ARGS(bus, chunk, offset, bytes)
);

DEFINE_EVENT(vmb_chunk, vmb_restore_chunk,
	TP_PROTO(const struct vmb_bus *bus, u32 chunk, u64 offset, u32 bytes),
	TP_ARGS(bus, chunk, offset, bytes)
);

DECLARE_EVENT_CLASS(vmb_packet,
	TP_PROTO(const struct vmb_channel *channel, u64 transaction, u32 state,
		 u32 payload_bytes, u32 vsp_bytes),
	TP_ARGS(channel, transaction, state, payload_bytes, vsp_bytes),
	TP_STRUCT__entry(
		__array(char, channel, VMB_TRACE_NAME_BYTES)
		__field(u32, id)
		__field(u64, transaction)
		__field(u32, state)
		__field(u32, payload_bytes)
		__field(u32, vsp_bytes)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->channel, &channel->dev);
		__entry->id = channel->id;
		__entry->transaction = transaction;
		__entry->state = state;
		__entry->payload_bytes = payload_bytes;
		__entry->vsp_bytes = vsp_bytes;
	),
	TP_printk("%s id=%u transaction=%llu state=%s payload_bytes=%u vsp_bytes=%u",
		  __entry->channel, __entry->id, __entry->transaction,
		  vmb_show_packet_state(__entry->state),
		  __entry->payload_bytes, __entry->vsp_bytes)
);

DEFINE_EVENT(vmb_packet, vmb_save_packet,
	TP_PROTO(const struct vmb_channel *channel, u64 transaction, u32 state,
		 u32 payload_bytes, u32 vsp_bytes),
	TP_ARGS(channel, transaction, state, payload_bytes, vsp_bytes)
);

DEFINE_EVENT(vmb_packet, vmb_restore_packet,
	TP_PROTO(const struct vmb_channel *channel, u64 transaction, u32 state,
		 u32 payload_bytes, u32 vsp_bytes),
	TP_ARGS(channel, transaction, state, payload_bytes, vsp_bytes)
);

TRACE_EVENT(vmb_save_end,
	TP_PROTO(const struct vmb_bus *bus, u32 chunks, u64 bytes),
	TP_ARGS(bus, chunks, bytes),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(u32, chunks)
		__field(u64, bytes)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->chunks = chunks;
		__entry->bytes = bytes;
	),
	TP_printk("%s chunks=%u bytes=%llu", __entry->bus, __entry->chunks,
		  __entry->bytes)
);

TRACE_EVENT(vmb_restore_commit,
	TP_PROTO(const struct vmb_bus *bus, u32 channels, int error),
	TP_ARGS(bus, channels, error),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(u32, channels)
		__field(int, error)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->channels = channels;
		__entry->error = error;
	),
	TP_printk("%s channels=%u error=%d", __entry->bus, __entry->channels,
		  __entry->error)
);

DECLARE_EVENT_CLASS(vmb_session_abort,
	TP_PROTO(const struct vmb_bus *bus, int error,
		 const struct vmb_error_place *place),
	TP_ARGS(bus, error, place),
	TP_STRUCT__entry(
		__array(char, bus, VMB_TRACE_NAME_BYTES)
		__field(int, error)
		__field(u32, id)
		__field(u32, chunk)
		__field(u64, offset)
		__field(u64, transaction)
	),
	TP_fast_assign(
		vmb_trace_name(__entry->bus, &bus->dev);
		__entry->error = error;
		__entry->id = place ? place->channel : 0;
		__entry->chunk = place ? place->chunk : 0;
		__entry->offset = place ? place->offset : 0;
		__entry->transaction = place ? place->packet : 0;
	),
	TP_printk("%s error=%d id=%u chunk=%u offset=%llu transaction=%llu",
		  __entry->bus, __entry->error, __entry->id, __entry->chunk,
		  __entry->offset, __entry->transaction)
);

DEFINE_EVENT(vmb_session_abort, vmb_save_abort,
	TP_PROTO(const struct vmb_bus *bus, int error,
		 const struct vmb_error_place *place),
	TP_ARGS(bus, error, place)
);

DEFINE_EVENT(vmb_session_abort, vmb_restore_abort,
	TP_PROTO(const struct vmb_bus *bus, int error,
		 const struct vmb_error_place *place),
	TP_ARGS(bus, error, place)
);

#endif /* _VMB_CORE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH core
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>

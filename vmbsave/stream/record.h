/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_RECORD_H
#define _VMB_STREAM_RECORD_H

#include <linux/types.h>
#include "read.h"

struct vmbsave_manifest_entry;

/**
 * struct vmb_manifest_view - a MANIFEST in the CPU's byte order
 * @nr_channels: number of entries
 * @nr_packets: PACKET records of the stream
 * @nr_completions: COMPLETION records of the stream
 * @entries: struct vmbsave_manifest_entry, inside the record; no alignment
 */
struct vmb_manifest_view {
	u32 nr_channels;
	u64 nr_packets;
	u64 nr_completions;
	const void *entries;
};

/**
 * struct vmb_channel_view - a CHANNEL in the CPU's byte order
 * @type: 16 bytes of GUID, inside the record
 * @instance: 16 bytes of GUID, inside the record
 * @subchannel: 0 = primary
 * @open: @state is PAUSED or ACTIVE
 * @state: VMBSAVE_CHANNEL_*
 * @max_packet_bytes: largest payload
 * @target_vp: as in struct vmbsave_channel
 * @next_transaction_id: above every id in use
 * @ring_gpadl: GPADL of the rings
 * @ring_downstream_page: first page of the host-to-guest ring in it
 * @in_write: index
 * @in_read: index
 * @out_write: index
 * @out_read: index
 * @user_data: 120 bytes, inside the record
 * @mmio_gpa: guest physical address, bytes
 * @mmio_bytes: length of the MMIO space there, 0 = none
 * @flags: VMBSAVE_CHANNEL_PIPE, VMBSAVE_CHANNEL_FORCE_NEW
 * @max_external_bytes: most that a packet may describe
 * @max_external_ranges: in how many ranges
 */
struct vmb_channel_view {
	const u8 *type;
	const u8 *instance;
	u16 subchannel;
	bool open;
	u32 state;
	u32 max_packet_bytes;
	u32 target_vp;
	u64 next_transaction_id;
	u32 ring_gpadl;
	u32 ring_downstream_page;
	u32 in_write;
	u32 in_read;
	u32 out_write;
	u32 out_read;
	const u8 *user_data;
	u64 mmio_gpa;
	u64 mmio_bytes;
	u32 flags;
	u32 max_external_bytes;
	u32 max_external_ranges;
};

/**
 * struct vmb_state_view - a VSP_STATE in the CPU's byte order
 * @version: of the VSP that wrote it
 * @data: what it wrote, inside the record; NULL if that is nothing
 * @bytes: its length
 */
struct vmb_state_view {
	u32 version;
	const void *data;
	u32 bytes;
};

/**
 * struct vmb_gpadl_view - a GPADL in the CPU's byte order
 * @id: chosen by the guest
 * @flags: VMBSAVE_GPADL_FLAG_READ_ONLY or 0
 * @byte_count: length of the buffer
 * @byte_offset: its start in its first page
 * @nr_pages: pages that it touches
 * @pfns: that many __le64, inside the record; no alignment, see
 *	vmb_gpadl_view_pfn()
 */
struct vmb_gpadl_view {
	u32 id;
	u32 flags;
	u32 byte_count;
	u32 byte_offset;
	u32 nr_pages;
	const void *pfns;
};

/**
 * struct vmb_packet_view - a PACKET in the CPU's byte order
 * @transaction_id: not 0
 * @state: VMBSAVE_PACKET_SENT or _QUEUED
 * @flags: VMBSAVE_PACKET_WAIT_FOR_COMPLETION or 0
 * @payload: what is still to be sent, inside the record
 * @payload_bytes: its length
 * @lib: the library's part: struct, payload and zeros; the record's start
 * @lib_bytes: its length, a multiple of 8
 * @vsp: the VSP's part, inside the record; NULL if there is none
 * @vsp_bytes: its length
 */
struct vmb_packet_view {
	u64 transaction_id;
	u32 state;
	u32 flags;
	const void *payload;
	u32 payload_bytes;
	const void *lib;
	u32 lib_bytes;
	const void *vsp;
	u32 vsp_bytes;
};

/**
 * struct vmb_completion_view - a COMPLETION in the CPU's byte order
 * @transaction_id: the guest's own, any value
 * @payload: the answer, inside the record
 * @payload_bytes: its length
 */
struct vmb_completion_view {
	u64 transaction_id;
	const void *payload;
	u32 payload_bytes;
};

/*
 * The views look at lengths alone: 0 and *view is filled and stays inside the
 * record, or -EUCLEAN and *view is unchanged. Values are checked by
 * vmb_stream_check_record().
 */
int vmb_stream_view_manifest(const void *data, u32 bytes, struct vmb_manifest_view *view);
int vmb_stream_view_channel(const void *data, u32 bytes, struct vmb_channel_view *view);
int vmb_stream_view_state(const void *data, u32 bytes, struct vmb_state_view *view);
int vmb_stream_view_gpadl(const void *data, u32 bytes, struct vmb_gpadl_view *view);
int vmb_stream_view_packet(const void *data, u32 bytes, struct vmb_packet_view *view);
int vmb_stream_view_completion(const void *data, u32 bytes, struct vmb_completion_view *view);

void vmb_manifest_view_entry(const struct vmb_manifest_view *view, u32 index,
			     struct vmbsave_manifest_entry *entry);
u64 vmb_gpadl_view_pfn(const struct vmb_gpadl_view *view, u32 index);

const char *vmb_record_name(u16 type);

#endif /* _VMB_STREAM_RECORD_H */

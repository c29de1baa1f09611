/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_ORDER_H
#define _VMB_STREAM_ORDER_H

#include <linux/types.h>
#include "read.h"
#include "record.h"

/**
 * enum vmb_stream_phase - what the last record was
 * @VMB_STREAM_EMPTY: there was none
 * @VMB_STREAM_MANIFEST: MANIFEST
 * @VMB_STREAM_CHANNEL: CHANNEL
 * @VMB_STREAM_STATE: VSP_STATE
 * @VMB_STREAM_GPADL: GPADL
 * @VMB_STREAM_SENT: PACKET in state SENT
 * @VMB_STREAM_QUEUE: PACKET in state QUEUED, or COMPLETION
 * @VMB_STREAM_END: END
 *
 * Within a channel the phase never falls.
 */
enum vmb_stream_phase {
	VMB_STREAM_EMPTY,
	VMB_STREAM_MANIFEST,
	VMB_STREAM_CHANNEL,
	VMB_STREAM_STATE,
	VMB_STREAM_GPADL,
	VMB_STREAM_SENT,
	VMB_STREAM_QUEUE,
	VMB_STREAM_END,
};

/**
 * struct vmb_stream_order - order and counts of records that were checked
 * @error: the first error; @error.offset counts from the start of the record's
 *	payload and @error.chunk is 0: vmb_stream_refuse() makes both right
 * @packet: the PACKET that was checked last; valid as long as its record is there
 *
 * Of constant size, whatever the stream holds. It points to the manifest that
 * the caller keeps.
 */
struct vmb_stream_order {
	struct vmb_stream_error error;
	struct vmb_packet_view packet;
	/* private: */
	struct vmb_stream_limits limits;
	struct vmb_manifest_view manifest;
	enum vmb_stream_phase phase;
	bool open;			/* the channel was saved open */
	bool rings;			/* the GPADL of its rings was seen */
	u32 nr_channels;		/* CHANNEL records, this one included */
	/* of the current channel, from its manifest entry: */
	bool state_left;		/* its VSP_STATE was not seen yet */
	u32 state_version;
	u32 gpadls_left;
	u64 packets_left;
	u64 completions_left;
	/* of the current channel: */
	u32 max_packet_bytes;
	u32 gpadl_id;			/* the last one */
	u64 transaction_id;		/* the last one */
	u64 next_transaction_id;
	u32 ring_gpadl;
	u32 ring_downstream_page;
	u32 out_write;
	u32 out_read;
};

void vmb_stream_order_init(struct vmb_stream_order *order, const struct vmb_stream_limits *limits);
int vmb_stream_check_manifest(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_channel(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_state(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_gpadl(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_packet(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_completion(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_end(struct vmb_stream_order *order, const void *data, u32 bytes);
int vmb_stream_check_record(struct vmb_stream_order *order, u16 type, const void *data, u32 bytes);

#endif /* _VMB_STREAM_ORDER_H */

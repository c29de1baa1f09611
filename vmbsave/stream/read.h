/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_READ_H
#define _VMB_STREAM_READ_H

#include <linux/types.h>
#include <linux/vmbsave_stream.h>

/**
 * struct vmb_stream_error - why a stream is refused
 * @error: negative errno, 0 = nothing is wrong
 * @chunk: sequence number of the chunk, 0 = the stream header
 * @offset: where the offending byte or structure lies in the stream
 * @packet: transaction id of the packet, 0 = not a matter of one packet
 * @type: number of a record type that is not known, 0 = not a matter of one
 * @reason: one sentence without its full stop, constant, never freed; NULL if
 *	@error is 0
 *
 * The first error is kept; later ones do not change it.
 */
struct vmb_stream_error {
	int error;
	u32 chunk;
	u64 offset;
	u64 packet;
	u16 type;
	const char *reason;
};

/**
 * struct vmb_stream_limits - what a reader is ready to take
 * @channels: entries of a manifest
 * @packet_bytes: payload of a PACKET or COMPLETION
 * @vsp_bytes: VSP's part of a PACKET
 * @gpadl_pages: page frame numbers of a GPADL
 * @state_bytes: state in a VSP_STATE
 *
 * A record that is longer than they allow is refused at its header, before
 * anybody has seen its length and could allocate.
 */
struct vmb_stream_limits {
	u32 channels;
	u32 packet_bytes;
	u32 vsp_bytes;
	u32 gpadl_pages;
	u32 state_bytes;
};

/**
 * struct vmb_stream_piece - a run of bytes of a record
 * @type: VMBSAVE_RECORD_*, one that this reader knows
 * @last: the record is complete with this piece
 * @record_bytes: length of the record's payload, checked against the limits
 * @bytes: length of the piece, can be 0 only if @record_bytes is 0
 * @offset: where the piece lies in the payload
 * @data: the bytes, inside the unit; no alignment is promised
 *
 * A record of up to %VMBSAVE_CHUNK_ROOM bytes with its header is one piece
 * (@offset 0, @last set).
 */
struct vmb_stream_piece {
	u16 type;
	bool last;
	u32 record_bytes;
	u32 bytes;
	u32 offset;
	const void *data;
};

/**
 * struct vmb_stream_reader - position in a stream being read
 * @error: the first error; all zero while there is none
 *
 * Holds no pointer into anything but the unit last taken.
 */
struct vmb_stream_reader {
	struct vmb_stream_error error;
	/* private: */
	u32 longest[VMBSAVE_RECORD_VSP_STATE + 1];	/* payload, by type */
	u64 stream_id;
	u64 chain;		/* the stream hash, the last unit not yet in it */
	__le64 hash;		/* the last unit's hash field */
	u64 bytes;		/* length of the stream up to and with the last unit */
	u64 nr_records;		/* complete ones, skipped ones too */
	u64 record_start;	/* where in the stream the current record begins */
	u64 record_left;	/* its bytes in units to come, padding included */
	const u8 *unit;		/* the last unit; NULL when it is used up */
	u32 unit_bytes;
	u32 position;		/* in the unit */
	u32 before;		/* length of the chunk before, if it could take more */
	u32 chunk;		/* sequence number of the last unit, 0 = header */
	u32 record_chunk;	/* that of the chunk in which the record begins */
	u32 record_done;	/* bytes of its payload that were given out */
	u32 record_bytes;
	u16 record_type;
	bool record_skip;	/* it is optional and unknown */
	bool started;		/* the stream header was taken */
	bool ended;		/* the end record was given out */
};

void vmb_stream_reader_init(struct vmb_stream_reader *r, const struct vmb_stream_limits *limits);
int vmb_stream_need(struct vmb_stream_reader *r, const void *data, u32 have, u32 *need);
int vmb_stream_take(struct vmb_stream_reader *r, const void *unit, u32 bytes);
int vmb_stream_next(struct vmb_stream_reader *r, struct vmb_stream_piece *piece);
int vmb_stream_finish(struct vmb_stream_reader *r);
int vmb_stream_refuse(struct vmb_stream_reader *r, const struct vmb_stream_error *why);

#endif /* _VMB_STREAM_READ_H */

/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
#ifndef _UAPI_LINUX_VMBSAVE_STREAM_H
#define _UAPI_LINUX_VMBSAVE_STREAM_H

#include <linux/types.h>

/**
 * DOC: The save stream: a contract
 *
 * What this header says is what every writer writes and every reader accepts.
 * It holds no code. A change of any layout or rule below changes the major or
 * minor number with it; while the major number is 0 a reader accepts exactly
 * its own major and minor.
 *
 * All integers are little-endian. All lengths are in bytes. Every structure
 * is a multiple of 8 bytes long and lies at a multiple of 8 from the start of
 * the stream. Every byte that has no meaning, padding and reserved fields
 * included, is zero, and a reader refuses it otherwise. There are no
 * pointers, no times, no errno values. Equal state gives equal bytes, apart
 * from the stream id and the hashes, which depend on it.
 *
 *   stream  = header chunk...
 *   chunk   = chunk header, then records, or one piece of a long one
 *   record  = its header, payload, zeros up to a multiple of 8
 *
 * Chunks. A chunk is at most %VMBSAVE_CHUNK_MAX bytes, its header included,
 * so %VMBSAVE_CHUNK_ROOM bytes are left for records. Chunks are cut by
 * content alone: a record that does not fit in what is left of a chunk starts
 * the next one. A record longer than %VMBSAVE_CHUNK_ROOM fills a chunk of its
 * own and as many chunks with %VMBSAVE_CHUNK_CONTINUED behind it as it needs;
 * nothing follows it in its last chunk. The end record has a chunk of its own.
 *
 * Integrity. A chunk's hash = xxh64(what is behind the 32 bytes of the chunk
 * header, seed = xxh64(the first 24 bytes of the chunk header, seed = 0)). The
 * stream header's hash is xxh64 of its first 56 bytes with seed 0. The stream
 * hash in the end record is a chain: start with xxh64(the 8 bytes of the
 * stream header's hash field, seed = 0), and for each chunk before the last
 * replace it by xxh64(the 8 bytes of the chunk's hash field, seed = the value
 * so far). The hash is against accident, not against malice: a reader
 * validates every field as hostile.
 *
 * Records, in this order::
 *
 *   MANIFEST                       once, first
 *   for each channel, in the manifest's order:
 *     CHANNEL
 *     VSP_STATE                    if the manifest says so
 *     GPADL...                     ascending ids
 *     PACKET in state SENT...      ascending transaction ids
 *     PACKET in state QUEUED and COMPLETION...   in the order of the queue;
 *                                  packets with ascending transaction ids
 *   END                            once, last
 *
 * Transaction ids of PACKET records rise through both states. A record of an
 * unknown type with %VMBSAVE_RECORD_OPTIONAL is skipped, wherever it stands
 * before the end record's chunk; an unknown one without it is refused by
 * number. No type below is optional, and none may say that it is.
 */

/* The first 8 bytes: a byte above 127, CR LF and ctrl-Z show text-mode damage */
#define VMBSAVE_STREAM_MAGIC	"\x89VMBS\r\n\x1a"
#define VMBSAVE_STREAM_MAGIC_BYTES 8

#define VMBSAVE_STREAM_MAJOR	0
#define VMBSAVE_STREAM_MINOR	2

/* enum vmbsave_hash - value of vmbsave_stream_header.hash_algorithm */
#define VMBSAVE_HASH_XXH64	1

/**
 * struct vmbsave_stream_header - the start of every stream
 * @magic: %VMBSAVE_STREAM_MAGIC
 * @header_bytes: length of this header, 64
 * @major: format, incompatible changes; 0 = may still change
 * @minor: format, compatible changes
 * @reserved0: zero
 * @stream_id: random, not zero; every chunk repeats it
 * @incompat: features a reader has to know; an unknown bit is refused
 * @chunk_bytes_max: %VMBSAVE_CHUNK_MAX
 * @hash_algorithm: %VMBSAVE_HASH_XXH64
 * @reserved1: zero
 * @hash: of the first 56 bytes
 *
 * The first 16 bytes are frozen for ever: any reader of any version can tell
 * which version wrote the stream.
 */
struct vmbsave_stream_header {
	__u8 magic[VMBSAVE_STREAM_MAGIC_BYTES];
	__le16 header_bytes;
	__le16 major;
	__le16 minor;
	__le16 reserved0;
	__le64 stream_id;
	__le32 incompat;
	__le32 chunk_bytes_max;
	__le32 hash_algorithm;
	__u8 reserved1[20];
	__le64 hash;
};

#define VMBSAVE_CHUNK_MAGIC	0x43424d56	/* "VMBC" */
#define VMBSAVE_CHUNK_MAX	4096
#define VMBSAVE_CHUNK_ROOM	(VMBSAVE_CHUNK_MAX - 32)

/* vmbsave_chunk_header.flags */
#define VMBSAVE_CHUNK_CONTINUED	0x1	/* goes on with the record before it */

/**
 * struct vmbsave_chunk_header - the start of every chunk
 * @magic: %VMBSAVE_CHUNK_MAGIC, lets a tool find its place again after damage
 * @flags: %VMBSAVE_CHUNK_CONTINUED or 0
 * @bytes: length of the chunk with this header, 40..4096, a multiple of 8
 * @sequence: 1 for the first chunk, then rising by one
 * @reserved: zero
 * @stream_id: that of the stream header
 * @hash: see the DOC block
 */
struct vmbsave_chunk_header {
	__le32 magic;
	__le16 flags;
	__le16 bytes;
	__le32 sequence;
	__le32 reserved;
	__le64 stream_id;
	__le64 hash;
};

/* vmbsave_record_header.type */
#define VMBSAVE_RECORD_MANIFEST		1
#define VMBSAVE_RECORD_CHANNEL		2
#define VMBSAVE_RECORD_GPADL		3
#define VMBSAVE_RECORD_PACKET		4
#define VMBSAVE_RECORD_COMPLETION	5
#define VMBSAVE_RECORD_END		6
#define VMBSAVE_RECORD_VSP_STATE	7

/* vmbsave_record_header.flags */
#define VMBSAVE_RECORD_OPTIONAL		0x1	/* a reader may skip it */

/**
 * struct vmbsave_record_header - the start of every record
 * @type: VMBSAVE_RECORD_*
 * @flags: %VMBSAVE_RECORD_OPTIONAL or 0
 * @bytes: length of the payload without this header and the padding
 */
struct vmbsave_record_header {
	__le16 type;
	__le16 flags;
	__le32 bytes;
};

/**
 * struct vmbsave_manifest - payload of MANIFEST, entries behind it
 * @nr_channels: number of entries, at least 1
 * @entry_bytes: length of one entry, 64
 * @nr_packets: sum over the entries
 * @nr_completions: sum over the entries
 * @reserved: zero
 *
 * Entries are sorted by the bytes of type and instance, then by the number of
 * the subchannel, none twice.
 */
struct vmbsave_manifest {
	__le32 nr_channels;
	__le32 entry_bytes;
	__le64 nr_packets;
	__le64 nr_completions;
	__le64 reserved;
};

/**
 * struct vmbsave_manifest_entry - one channel of the stream
 * @type: interface type GUID, as in memory on VMBus
 * @instance: interface instance GUID
 * @subchannel: 0 = primary
 * @reserved0: zero
 * @nr_gpadls: GPADL records of the channel
 * @nr_packets: PACKET records
 * @nr_completions: COMPLETION records
 * @state_version: version of the VSP's own state of the channel; 0 = there is
 *	no VSP_STATE record
 * @state_min_version: oldest version of a VSP that can read it, not 0 and at
 *	most @state_version; 0 if there is none
 *
 * The two versions let a destination refuse before anything else was sent.
 */
struct vmbsave_manifest_entry {
	__u8 type[16];
	__u8 instance[16];
	__le16 subchannel;
	__le16 reserved0;
	__le32 nr_gpadls;
	__le64 nr_packets;
	__le64 nr_completions;
	__le32 state_version;
	__le32 state_min_version;
};

/* vmbsave_channel.state */
#define VMBSAVE_CHANNEL_DISABLED	0	/* not offered */
#define VMBSAVE_CHANNEL_ENABLED		1	/* offered, not open, paused by the VSP */
#define VMBSAVE_CHANNEL_STARTED		2	/* offered, not open, started */
#define VMBSAVE_CHANNEL_PAUSED		3	/* open, paused by the VSP */
#define VMBSAVE_CHANNEL_ACTIVE		4	/* open, started */
#define VMBSAVE_CHANNEL_STOPPED		5	/* was open, started */

/* vmbsave_channel.flags */
#define VMBSAVE_CHANNEL_PIPE		0x1	/* payloads are pipe messages */
#define VMBSAVE_CHANNEL_FORCE_NEW	0x2	/* to be offered anew, not restored */

/**
 * struct vmbsave_channel - payload of CHANNEL
 * @type: as in the manifest
 * @instance: as in the manifest
 * @subchannel: as in the manifest
 * @reserved0: zero
 * @state: VMBSAVE_CHANNEL_*
 * @max_packet_bytes: largest payload sent or received, 1..524256
 * @target_vp: virtual processor to interrupt, as the guest asked when opening
 * @next_transaction_id: above every id in use, 1..2^63
 * @ring_gpadl: id of the GPADL that holds both rings
 * @ring_downstream_page: first page of the host-to-guest ring in it
 * @in_write: guest-to-host ring, index of the next byte the guest writes
 * @in_read: guest-to-host ring, index of the next byte the host reads
 * @out_write: host-to-guest ring, index of the next byte the host writes
 * @out_read: host-to-guest ring, index of the next byte the guest reads
 * @user_data: what the guest passed when opening
 * @mmio_gpa: guest physical address of the MMIO space of the channel; 0 = none
 * @mmio_bytes: its length; with @mmio_gpa below 2^64; 0 if and only if
 *	@mmio_gpa is
 * @flags: VMBSAVE_CHANNEL_PIPE, VMBSAVE_CHANNEL_FORCE_NEW
 * @max_external_bytes: most that a packet may describe; 0 = nothing
 * @max_external_ranges: in how many ranges; 0 if and only if @max_external_bytes
 *	is
 * @reserved1: zero
 *
 * A channel with FORCE_NEW is in state DISABLED here, whatever it was, its next
 * transaction id is 1, and no VSP_STATE, GPADL, PACKET or COMPLETION follows.
 *
 * @target_vp, and from @ring_gpadl to @mmio_bytes, all is zero unless the state
 * is PAUSED or ACTIVE. The GPADL of the rings is one of the channel's, it is
 * whole pages that the server may write, and each ring in it has a control page
 * and at least one page of data. The indices are multiples of 8 below the size
 * of that data and equal those in guest memory at the same moment.
 */
struct vmbsave_channel {
	__u8 type[16];
	__u8 instance[16];
	__le16 subchannel;
	__le16 reserved0;
	__le32 state;
	__le32 max_packet_bytes;
	__le32 target_vp;
	__le64 next_transaction_id;
	__le32 ring_gpadl;
	__le32 ring_downstream_page;
	__le32 in_write;
	__le32 in_read;
	__le32 out_write;
	__le32 out_read;
	__u8 user_data[120];
	__le64 mmio_gpa;
	__le64 mmio_bytes;
	__le32 flags;
	__le32 max_external_bytes;
	__le32 max_external_ranges;
	__le32 reserved1;
};

/**
 * struct vmbsave_vsp_state - payload of VSP_STATE
 * @version: as in the manifest
 * @reserved: zero
 *
 * Behind it the state, which may be empty.
 */
struct vmbsave_vsp_state {
	__le32 version;
	__le32 reserved;
};

/* vmbsave_gpadl.flags */
#define VMBSAVE_GPADL_FLAG_READ_ONLY	0x1	/* the server may not write */

/**
 * struct vmbsave_gpadl - payload of GPADL, page frame numbers behind it
 * @id: chosen by the guest, not 0
 * @flags: %VMBSAVE_GPADL_FLAG_READ_ONLY or 0
 * @byte_count: length of the buffer, not 0; with @byte_offset below 2^32
 * @byte_offset: where it starts in its first page, 0..4095
 *
 * Behind it one __le64 guest page frame number for each 4096-byte page that
 * the buffer touches.
 */
struct vmbsave_gpadl {
	__le32 id;
	__le32 flags;
	__le32 byte_count;
	__le32 byte_offset;
};

/* vmbsave_packet.state */
#define VMBSAVE_PACKET_SENT		1	/* in the ring or read: awaits its completion */
#define VMBSAVE_PACKET_QUEUED		2	/* waits for room in the ring */

/* vmbsave_packet.flags */
#define VMBSAVE_PACKET_WAIT_FOR_COMPLETION 0x1

/**
 * struct vmbsave_packet - payload of PACKET
 * @transaction_id: the guest knows the packet by it; not 0
 * @state: VMBSAVE_PACKET_SENT or _QUEUED
 * @flags: %VMBSAVE_PACKET_WAIT_FOR_COMPLETION or 0; always set if SENT
 * @payload_bytes: payload still to be sent; 0 if SENT
 * @vsp_bytes: state that the VSP saved for it, 0 = none
 *
 * Behind it the payload, zeros up to a multiple of 8 (they count in the
 * record's length, also if no state follows), the VSP's state. Up to the end
 * of those zeros it is the library's part, the rest is the VSP's.
 */
struct vmbsave_packet {
	__le64 transaction_id;
	__le32 state;
	__le32 flags;
	__le32 payload_bytes;
	__le32 vsp_bytes;
};

/**
 * struct vmbsave_completion - payload of COMPLETION
 * @transaction_id: the guest's own id of the request, any value
 * @payload_bytes: bytes of the answer behind this structure, at most the
 *	channel's max_packet_bytes rounded up to a multiple of 8
 * @reserved: zero
 */
struct vmbsave_completion {
	__le64 transaction_id;
	__le32 payload_bytes;
	__le32 reserved;
};

/**
 * struct vmbsave_end - payload of END
 * @nr_channels: CHANNEL records in the stream
 * @nr_chunks: chunks before this one
 * @nr_records: records before this one
 * @nr_packets: PACKET records
 * @nr_completions: COMPLETION records
 * @bytes: length of the stream before this chunk
 * @stream_hash: see the DOC block
 */
struct vmbsave_end {
	__le32 nr_channels;
	__le32 nr_chunks;
	__le64 nr_records;
	__le64 nr_packets;
	__le64 nr_completions;
	__le64 bytes;
	__le64 stream_hash;
};

#endif /* _UAPI_LINUX_VMBSAVE_STREAM_H */

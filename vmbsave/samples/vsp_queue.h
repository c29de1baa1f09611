/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_QUEUE_H
#define _VSP_QUEUE_H

#include <linux/string.h>
#include <linux/types.h>
#include <linux/uuid.h>
#include <asm/byteorder.h>

/*
 * The interface of vsp_queue, for both ends. The host sends packets with the
 * sequence numbers 1 to total and wants a completion for each; the guest
 * completes each with a struct vsp_queue_answer. A request of the guest gets
 * its own bytes back. All that a packet holds follows from its sequence
 * number, so that either end can tell whether a byte has changed.
 */
#define VSP_QUEUE_TYPE \
	GUID_INIT(0x9971b274, 0xb087, 0x40a9, \
		  0xb0, 0xbb, 0x38, 0xa1, 0xf9, 0x4e, 0x3c, 0x21)
#define VSP_QUEUE_TYPE_STRING	"9971b274-b087-40a9-b0bb-38a1f94e3c21"

#define VSP_QUEUE_PAYLOAD_MAGIC	0x50515356	/* "VSQP" */
#define VSP_QUEUE_ANSWER_MAGIC	0x41515356	/* "VSQA" */

/* More than this no sequence number can be. */
#define VSP_QUEUE_PACKETS_MAX	16777216

/**
 * struct vsp_queue_payload - payload of a packet from the host
 * @magic: %VSP_QUEUE_PAYLOAD_MAGIC
 * @bytes: vsp_queue_payload_bytes() of the sequence number
 * @sequence: counts the packets of the channel from 1
 * @total: number of packets that are sent in all
 * @check: vsp_queue_check() of the two fields before it
 * @filler: vsp_queue_fill() from the sequence number
 */
struct vsp_queue_payload {
	__le32 magic;
	__le32 bytes;
	__le64 sequence;
	__le64 total;
	__le64 check;
	__u8 filler[];
};

/**
 * struct vsp_queue_answer - payload of the guest's completion
 * @magic: %VSP_QUEUE_ANSWER_MAGIC
 * @reserved: zero
 * @sequence: of the packet that it completes
 */
struct vsp_queue_answer {
	__le32 magic;
	__le32 reserved;
	__le64 sequence;
};

#define VSP_QUEUE_PAYLOAD_MAX	(sizeof(struct vsp_queue_payload) + 95)

/* The largest packet in either direction */
#define VSP_QUEUE_PACKET_MAX	256

/* A 64-bit value of which each bit depends on each bit of @value. */
static inline __u64 vsp_queue_mix(__u64 value)
{
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93ULL;
	value ^= value >> 32;
	value *= 0xd6e8feb86659fd93ULL;
	return value ^ (value >> 32);
}

/* A number from 0 to @below - 1, another one for each @purpose. */
static inline __u32 vsp_queue_pick(__u64 sequence, __u32 purpose, __u32 below)
{
	return (__u32)vsp_queue_mix(sequence ^ (__u64)purpose << 40) % below;
}

static inline __u32 vsp_queue_payload_bytes(__u64 sequence)
{
	return sizeof(struct vsp_queue_payload) + vsp_queue_pick(sequence, 1, 96);
}

static inline __u64 vsp_queue_check(__u64 sequence, __u64 total)
{
	return vsp_queue_mix(vsp_queue_mix(sequence) + total);
}

/* @bytes bytes at @to that follow from @seed. */
static inline void vsp_queue_fill(void *to, __u32 bytes, __u64 seed)
{
	__u8 *byte = to;
	__le64 word;
	__u32 i;

	seed = vsp_queue_mix(seed);
	for (i = 0; i < bytes; i += sizeof(word)) {
		word = cpu_to_le64(vsp_queue_mix(seed + i));
		memcpy(byte + i, &word, bytes - i < sizeof(word) ? bytes - i : sizeof(word));
	}
}

/* Are @bytes bytes at @from what vsp_queue_fill() writes? */
static inline bool vsp_queue_filled(const void *from, __u32 bytes, __u64 seed)
{
	const __u8 *byte = from;
	__le64 word;
	__u32 i;

	seed = vsp_queue_mix(seed);
	for (i = 0; i < bytes; i += sizeof(word)) {
		word = cpu_to_le64(vsp_queue_mix(seed + i));
		if (memcmp(byte + i, &word, bytes - i < sizeof(word) ? bytes - i : sizeof(word)))
			return false;
	}
	return true;
}

/* Write the payload of a packet to @to, which has room for %VSP_QUEUE_PAYLOAD_MAX; its length. */
static inline __u32 vsp_queue_payload_write(void *to, __u64 sequence, __u64 total)
{
	struct vsp_queue_payload *payload = to;
	__u32 bytes = vsp_queue_payload_bytes(sequence);

	payload->magic = cpu_to_le32(VSP_QUEUE_PAYLOAD_MAGIC);
	payload->bytes = cpu_to_le32(bytes);
	payload->sequence = cpu_to_le64(sequence);
	payload->total = cpu_to_le64(total);
	payload->check = cpu_to_le64(vsp_queue_check(sequence, total));
	vsp_queue_fill(payload->filler, bytes - sizeof(*payload), sequence);
	return bytes;
}

/* Are @bytes bytes at @from the answer to that packet? */
static inline bool vsp_queue_answered(const void *from, __u32 bytes, __u64 sequence)
{
	const struct vsp_queue_answer *answer = from;

	return bytes >= sizeof(*answer) && le32_to_cpu(answer->magic) == VSP_QUEUE_ANSWER_MAGIC &&
	       le64_to_cpu(answer->sequence) == sequence;
}

#endif /* _VSP_QUEUE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_WIRE_RING_H
#define _VMB_WIRE_RING_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <asm/byteorder.h>

/* Ring pages are hypervisor pages, whatever the kernel's page size is. */
#define VMB_RING_PAGE_SIZE		4096U

/* Indices, packet lengths and the trailer are counted in units of this. */
#define VMB_RING_ALIGN			8U

/* vmb_ring_control.feature_bits: the producer uses pending_send_sz. */
#define VMB_RING_FEATURE_PENDING_SEND	0x1U

/**
 * struct vmb_ring_control - first page of a ring, shared with the other end
 * @write_index: next byte to write, moved by the producer
 * @read_index: next byte to read, moved by the consumer
 * @interrupt_mask: not 0: the consumer wants no signal for new data
 * @pending_send_sz: bytes for which a blocked producer waits, 0 for none
 * @reserved: not used
 * @feature_bits: VMB_RING_FEATURE_*, set by the producer
 * @reserved_page: not used
 *
 * Every field can change at any moment, and to any value: the other end is
 * not trusted. Only ring.c reads them.
 */
struct vmb_ring_control {
	__le32 write_index;
	__le32 read_index;
	__le32 interrupt_mask;
	__le32 pending_send_sz;
	__le32 reserved[12];
	__le32 feature_bits;
	u8 reserved_page[VMB_RING_PAGE_SIZE - 68];
};

static_assert(offsetof(struct vmb_ring_control, write_index) == 0);
static_assert(offsetof(struct vmb_ring_control, read_index) == 4);
static_assert(offsetof(struct vmb_ring_control, interrupt_mask) == 8);
static_assert(offsetof(struct vmb_ring_control, pending_send_sz) == 12);
static_assert(offsetof(struct vmb_ring_control, feature_bits) == 64);
static_assert(sizeof(struct vmb_ring_control) == VMB_RING_PAGE_SIZE);

/**
 * struct vmb_ring - one end of one ring
 * @control: the shared control page
 * @data: the shared data, one linear mapping
 * @size: bytes of data
 * @own: the index that this end moves; the shared copy is only ever written,
 *	because the other end could change it
 *
 * A consumer's @own runs ahead of the shared read_index until
 * vmb_ring_commit(). Calls on one struct vmb_ring must be serialised by the
 * caller; the two ends need no common lock.
 */
struct vmb_ring {
	struct vmb_ring_control *control;
	u8 *data;
	u32 size;
	u32 own;
	/* private: @own as the other end was last told */
	u32 published;
};

/**
 * struct vmb_ring_packet - what to write as one packet
 * @type: enum vmb_packet_type
 * @flags: VMB_PACKET_* flags
 * @transaction_id: opaque to the other end, echoed in the completion
 * @extra: type-specific header behind the descriptor, or NULL
 * @extra_len: its length, a multiple of 8
 * @framing_len: bytes at the end of @extra that are no header to the other end but
 *	the start of the payload; a multiple of 8, at most @extra_len
 * @payload: payload, or NULL
 * @payload_len: its length; padded with zeros to a multiple of 8
 */
struct vmb_ring_packet {
	u16 type;
	u16 flags;
	u64 transaction_id;
	const void *extra;
	u32 extra_len;
	u32 framing_len;
	const void *payload;
	u32 payload_len;
};

/**
 * vmb_ring_set_features() - say that this producer uses pending_send_sz
 * @ring: producer's end
 *
 * Without it the consumer never wakes a producer that waits for room.
 *
 * Context: Any.
 */
static inline void vmb_ring_set_features(struct vmb_ring *ring)
{
	WRITE_ONCE(ring->control->feature_bits, cpu_to_le32(VMB_RING_FEATURE_PENDING_SEND));
}

/**
 * vmb_ring_clear_wait() - withdraw what vmb_ring_wait_space() announced
 * @ring: producer's end
 *
 * Context: Any; serialised with the other calls on this end.
 */
static inline void vmb_ring_clear_wait(struct vmb_ring *ring)
{
	WRITE_ONCE(ring->control->pending_send_sz, 0);
}

int vmb_ring_attach(struct vmb_ring *ring, void *control, void *data, u32 size, bool producer);
int vmb_ring_indices(const struct vmb_ring *ring, u32 *write_index, u32 *read_index);

/* Producer. */
u32 vmb_ring_need(u32 extra_len, u32 payload_len);
bool vmb_ring_fits(const struct vmb_ring *ring, u32 extra_len, u32 payload_len);
int vmb_ring_write(struct vmb_ring *ring, const struct vmb_ring_packet *packet, bool *signal);
bool vmb_ring_wait_space(struct vmb_ring *ring, u32 bytes);

/* Consumer. */
bool vmb_ring_empty(const struct vmb_ring *ring);
int vmb_ring_peek(const struct vmb_ring *ring, u32 *bytes);
int vmb_ring_read(struct vmb_ring *ring, void *buf, u32 capacity, u32 *bytes);
bool vmb_ring_commit(struct vmb_ring *ring);
void vmb_ring_mask(struct vmb_ring *ring);
bool vmb_ring_unmask(struct vmb_ring *ring);

#endif /* _VMB_WIRE_RING_H */

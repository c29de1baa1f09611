// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: VMBus ring buffer
 *
 * A ring is a control page and any number of data pages (no power of two is
 * asked for), a producer at one end and a consumer at the other. It is empty
 * when both indices are equal, therefore at least 8 bytes stay free. The same
 * code serves both ends.
 *
 * Producer: packet and trailer go into free bytes, then write_index is
 * released, then the consumer is signalled if it had emptied the ring and
 * wants signals. Without room: announce the bytes in pending_send_sz, look
 * again, and sleep until the consumer signals.
 *
 * Consumer: mask signals, read packets until -EAGAIN, commit, unmask; commit
 * says whether a blocked producer must be woken, unmask whether more data came
 * in between.
 *
 * The other end can write anything at any time. Therefore its index is loaded
 * once for each use and checked, one's own index is never read back, and a
 * packet is copied out before it is looked at; only its descriptor is checked
 * on the way, in a private copy that also becomes the head of the packet
 * handed out. Nonsense gives -EPROTO and changes nothing.
 *
 * Each barrier pairs with one of the other end: the release of an index with
 * the acquire of the same index; the full barrier between publishing an index
 * and reading the other side's wish (interrupt_mask, pending_send_sz) with the
 * full barrier between writing that wish and reading the index again.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/overflow.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <asm/barrier.h>
#include "descriptor.h"
#include "ring.h"

/* Behind each packet: 4 reserved bytes, then the ring offset of the packet. */
#define TRAILER_BYTES	8U

static bool index_valid(u32 index, u32 size)
{
	return index < size && IS_ALIGNED(index, VMB_RING_ALIGN);
}

static u32 index_add(const struct vmb_ring *ring, u32 index, u32 bytes)
{
	u32 behind = ring->size - index;

	return bytes < behind ? index + bytes : bytes - behind;
}

static u32 index_distance(const struct vmb_ring *ring, u32 from, u32 to)
{
	return to >= from ? to - from : ring->size - (from - to);
}

/* Bytes that a producer may write: a full ring would look empty. */
static u32 space_between(const struct vmb_ring *ring, u32 write_index, u32 read_index)
{
	return ring->size - VMB_RING_ALIGN - index_distance(ring, read_index, write_index);
}

static int load_index(const struct vmb_ring *ring, const __le32 *shared, u32 *index)
{
	u32 value;

	/* What the other end did before it moved the index is seen after this. */
	value = le32_to_cpu(virt_load_acquire(shared));
	if (!index_valid(value, ring->size))
		return -EPROTO;

	*index = value;
	return 0;
}

static u32 copy_in(struct vmb_ring *ring, u32 index, const void *from, u32 bytes)
{
	u32 first = min(bytes, ring->size - index);

	if (!bytes)
		return index;

	memcpy(ring->data + index, from, first);
	memcpy(ring->data, (const u8 *)from + first, bytes - first);
	return index_add(ring, index, bytes);
}

static u32 copy_out(const struct vmb_ring *ring, u32 index, void *to, u32 bytes)
{
	u32 first = min(bytes, ring->size - index);

	if (!bytes)
		return index;

	memcpy(to, ring->data + index, first);
	memcpy((u8 *)to + first, ring->data, bytes - first);
	return index_add(ring, index, bytes);
}

/**
 * vmb_ring_attach() - take one end of a ring that lies in shared memory
 * @ring: filled on success, else untouched
 * @control: the control page, 4096 bytes
 * @data: the data pages, one linear mapping, 8-byte aligned
 * @size: bytes of data, a multiple of 4096
 * @producer: true for the end that writes
 *
 * On a ring that is in use this end goes on where the indices stand.
 *
 * Context: Any.
 * Return: 0; -EINVAL for a mapping that cannot be a ring; -EPROTO if an index
 * in memory lies outside the data or is not a multiple of 8.
 */
int vmb_ring_attach(struct vmb_ring *ring, void *control, void *data, u32 size, bool producer)
{
	struct vmb_ring attached = { .control = control, .data = data, .size = size };
	u32 write_index, read_index;
	int err;

	if (!control || !data || !size || !IS_ALIGNED(size, VMB_RING_PAGE_SIZE) ||
	    !IS_ALIGNED((uintptr_t)control, VMB_RING_ALIGN) ||
	    !IS_ALIGNED((uintptr_t)data, VMB_RING_ALIGN))
		return -EINVAL;

	err = vmb_ring_indices(&attached, &write_index, &read_index);
	if (err)
		return err;

	attached.own = producer ? write_index : read_index;
	attached.published = attached.own;
	*ring = attached;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_attach, VMBSAVE_NS);

/**
 * vmb_ring_indices() - both indices as they stand in memory
 * @ring: either end
 * @write_index: producer's index, written on success
 * @read_index: consumer's index, written on success
 *
 * One of them is this end's own and could have been changed by the other end;
 * use them to compare or to show, not to move data.
 *
 * Context: Any.
 * Return: 0; -EPROTO if one lies outside the data or is not a multiple of 8.
 */
int vmb_ring_indices(const struct vmb_ring *ring, u32 *write_index, u32 *read_index)
{
	u32 write, read;
	int err;

	err = load_index(ring, &ring->control->write_index, &write);
	if (err)
		return err;

	err = load_index(ring, &ring->control->read_index, &read);
	if (err)
		return err;

	*write_index = write;
	*read_index = read;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_indices, VMBSAVE_NS);

/* Length of a packet without its trailer, or U32_MAX if it can be in no ring. */
static u32 packet_bytes(u32 extra_len, u32 payload_len)
{
	u32 bytes;

	if (check_add_overflow(extra_len, payload_len, &bytes) ||
	    bytes > VMB_PACKET_MAX_BYTES - sizeof(struct vmb_descriptor))
		return U32_MAX;

	return sizeof(struct vmb_descriptor) + ALIGN(bytes, VMB_RING_ALIGN);
}

/**
 * vmb_ring_need() - bytes of a ring that a packet takes
 * @extra_len: length of its type-specific header, a multiple of 8
 * @payload_len: length of its payload before padding
 *
 * Context: Any.
 * Return: descriptor, header, padded payload and trailer together; U32_MAX if
 * no descriptor can express the length.
 */
u32 vmb_ring_need(u32 extra_len, u32 payload_len)
{
	u32 bytes = packet_bytes(extra_len, payload_len);

	return bytes == U32_MAX ? U32_MAX : bytes + TRAILER_BYTES;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_need, VMBSAVE_NS);

/**
 * vmb_ring_fits() - can a packet ever be in this ring?
 * @ring: either end
 * @extra_len: as for vmb_ring_need()
 * @payload_len: as for vmb_ring_need()
 *
 * Context: Any.
 * Return: false if not even the empty ring has room.
 */
bool vmb_ring_fits(const struct vmb_ring *ring, u32 extra_len, u32 payload_len)
{
	return vmb_ring_need(extra_len, payload_len) <= ring->size - VMB_RING_ALIGN;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_fits, VMBSAVE_NS);

/* Everything of a packet from @index on; publishes nothing. */
static u32 put_packet(struct vmb_ring *ring, const struct vmb_ring_packet *packet, u32 bytes)
{
	static const u8 zeros[VMB_RING_ALIGN];
	u32 offset = sizeof(struct vmb_descriptor) + packet->extra_len - packet->framing_len;
	struct vmb_descriptor descriptor = {
		.type = cpu_to_le16(packet->type),
		.offset8 = cpu_to_le16(offset / 8),
		.len8 = cpu_to_le16(bytes / 8),
		.flags = cpu_to_le16(packet->flags),
		.transaction_id = cpu_to_le64(packet->transaction_id),
	};
	__le64 trailer = cpu_to_le64((u64)ring->own << 32);
	u32 padding = ALIGN(packet->payload_len, VMB_RING_ALIGN) - packet->payload_len;
	u32 index = ring->own;

	index = copy_in(ring, index, &descriptor, sizeof(descriptor));
	index = copy_in(ring, index, packet->extra, packet->extra_len);
	index = copy_in(ring, index, packet->payload, packet->payload_len);
	index = copy_in(ring, index, zeros, padding);
	return copy_in(ring, index, &trailer, sizeof(trailer));
}

/* Publishes @index; was the ring empty, and does the consumer want to know? */
static bool publish_write(struct vmb_ring *ring, u32 index)
{
	u32 old = ring->own;

	/* Packet before index: the consumer loads the index, then reads. */
	virt_store_release(&ring->control->write_index, cpu_to_le32(index));
	ring->own = index;
	ring->published = index;

	/* Index before mask and read_index: the consumer unmasks, then looks. */
	virt_mb();
	if (READ_ONCE(ring->control->interrupt_mask))
		return false;

	/* Mask before read_index: the consumer moves the index, then unmasks. */
	virt_rmb();
	return le32_to_cpu(READ_ONCE(ring->control->read_index)) == old;
}

/**
 * vmb_ring_write() - write one packet
 * @ring: producer's end
 * @packet: what to write
 * @signal: on success, whether the consumer must be signalled now; exactly
 *	then, for the other end may treat a signal too many as abuse
 *
 * The whole packet is written, or nothing.
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: 0; -EAGAIN if there is no room now; -EMSGSIZE if the packet can
 * never be in this ring; -EINVAL if the extra header is no multiple of 8;
 * -EPROTO if the consumer's index is nonsense.
 */
int vmb_ring_write(struct vmb_ring *ring, const struct vmb_ring_packet *packet, bool *signal)
{
	u32 read_index;
	int err;

	if (!IS_ALIGNED(packet->extra_len, VMB_RING_ALIGN))
		return -EINVAL;
	if (!vmb_ring_fits(ring, packet->extra_len, packet->payload_len))
		return -EMSGSIZE;

	err = load_index(ring, &ring->control->read_index, &read_index);
	if (err)
		return err;

	if (vmb_ring_need(packet->extra_len, packet->payload_len) >
	    space_between(ring, ring->own, read_index))
		return -EAGAIN;

	*signal = publish_write(ring, put_packet(ring, packet,
						 packet_bytes(packet->extra_len,
							      packet->payload_len)));
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_write, VMBSAVE_NS);

/**
 * vmb_ring_wait_space() - announce that this producer waits for room
 * @ring: producer's end
 * @bytes: how much, from vmb_ring_need()
 *
 * The consumer signals when it has made that much room. Nothing sleeps here.
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: true if there is room already, or if waiting would never end (the
 * ring is too small, or the consumer's index is nonsense): the announcement is
 * withdrawn, and another write will succeed or say why not. False if the
 * caller is to wait for a signal, and to call vmb_ring_clear_wait() after it.
 */
bool vmb_ring_wait_space(struct vmb_ring *ring, u32 bytes)
{
	u32 read_index;

	if (bytes > ring->size - VMB_RING_ALIGN)
		return true;

	WRITE_ONCE(ring->control->pending_send_sz, cpu_to_le32(bytes));
	/* Wish before index: the consumer moves the index, then looks. */
	virt_mb();

	if (!load_index(ring, &ring->control->read_index, &read_index) &&
	    space_between(ring, ring->own, read_index) < bytes)
		return false;

	vmb_ring_clear_wait(ring);
	return true;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_wait_space, VMBSAVE_NS);

/**
 * vmb_ring_empty() - has this consumer read everything?
 * @ring: consumer's end
 *
 * Context: Any.
 * Return: true if the producer's index is this end's; a nonsense index counts
 * as data, which vmb_ring_read() will refuse.
 */
bool vmb_ring_empty(const struct vmb_ring *ring)
{
	/* A packet that is announced can be read after this. */
	return le32_to_cpu(virt_load_acquire(&ring->control->write_index)) == ring->own;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_empty, VMBSAVE_NS);

/* Copies the next descriptor, once, and checks its lengths against what is used. */
static int next_packet(const struct vmb_ring *ring, struct vmb_descriptor *descriptor, u32 *bytes)
{
	u32 write_index, used, length;
	int err;

	err = load_index(ring, &ring->control->write_index, &write_index);
	if (err)
		return err;

	used = index_distance(ring, ring->own, write_index);
	if (!used)
		return -EAGAIN;

	copy_out(ring, ring->own, descriptor, sizeof(*descriptor));
	/* From here on the copy counts: the compiler must not fetch it again. */
	barrier_data(descriptor);

	length = le16_to_cpu(descriptor->len8) * 8U;
	if (le16_to_cpu(descriptor->offset8) * 8U < sizeof(*descriptor) ||
	    le16_to_cpu(descriptor->offset8) * 8U > length || length > used - TRAILER_BYTES)
		return -EPROTO;

	*bytes = length;
	return 0;
}

/**
 * vmb_ring_peek() - length of the next packet
 * @ring: consumer's end
 * @bytes: on success, its length with the descriptor, without the trailer
 *
 * A hint for the size of the buffer: the other end can change the packet
 * before it is read.
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: 0; -EAGAIN if there is none; -EPROTO if the producer's index or the
 * lengths in the descriptor are nonsense.
 */
int vmb_ring_peek(const struct vmb_ring *ring, u32 *bytes)
{
	struct vmb_descriptor descriptor;

	return next_packet(ring, &descriptor, bytes);
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_peek, VMBSAVE_NS);

/**
 * vmb_ring_read() - copy the next packet out
 * @ring: consumer's end
 * @buf: for the packet from its descriptor on, without the trailer
 * @capacity: bytes of @buf
 * @bytes: the packet's length, on success and with -EMSGSIZE
 *
 * The cursor moves only on success, and the producer learns of it only with
 * vmb_ring_commit(). The lengths in the copy are the ones that were checked;
 * all else is still to be checked, by vmb_descriptor_parse().
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: 0; -EAGAIN if there is no packet; -EMSGSIZE if it is larger than
 * @capacity; -EPROTO as vmb_ring_peek().
 */
int vmb_ring_read(struct vmb_ring *ring, void *buf, u32 capacity, u32 *bytes)
{
	struct vmb_descriptor descriptor;
	u32 index, length;
	int err;

	err = next_packet(ring, &descriptor, &length);
	if (err)
		return err;

	*bytes = length;
	if (length > capacity)
		return -EMSGSIZE;

	memcpy(buf, &descriptor, sizeof(descriptor));
	index = index_add(ring, ring->own, sizeof(descriptor));
	index = copy_out(ring, index, (u8 *)buf + sizeof(descriptor), length - sizeof(descriptor));
	ring->own = index_add(ring, index, TRAILER_BYTES);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_read, VMBSAVE_NS);

/**
 * vmb_ring_commit() - give the bytes of all packets read back to the producer
 * @ring: consumer's end
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: true if the producer must be signalled now: it waits for room, had
 * not enough before this call, and has enough now.
 */
bool vmb_ring_commit(struct vmb_ring *ring)
{
	struct vmb_ring_control *control = ring->control;
	u32 old = ring->published;
	u32 pending, write_index;

	/* Copies before index: the producer loads the index, then overwrites. */
	virt_store_release(&control->read_index, cpu_to_le32(ring->own));
	ring->published = ring->own;

	/*
	 * Index before wish: the producer announces, then looks. And index
	 * before the caller's next look at the write index: the producer
	 * signals only if it finds the ring empty.
	 */
	virt_mb();
	if (!(le32_to_cpu(READ_ONCE(control->feature_bits)) & VMB_RING_FEATURE_PENDING_SEND))
		return false;

	/* Some producers wait for "all of it" as size - 1: round it down. */
	pending = ALIGN_DOWN(le32_to_cpu(READ_ONCE(control->pending_send_sz)), VMB_RING_ALIGN);
	if (load_index(ring, &control->write_index, &write_index))
		return false;

	return space_between(ring, write_index, old) < pending &&
	       space_between(ring, write_index, ring->own) >= pending;
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_commit, VMBSAVE_NS);

/**
 * vmb_ring_mask() - ask the producer for no signals
 * @ring: consumer's end
 *
 * A signal that is on its way can still arrive.
 *
 * Context: Any; serialised with the other calls on this end.
 */
void vmb_ring_mask(struct vmb_ring *ring)
{
	WRITE_ONCE(ring->control->interrupt_mask, cpu_to_le32(1));
	/* Mask before what is read next: no signal for what this end sees itself. */
	virt_mb();
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_mask, VMBSAVE_NS);

/**
 * vmb_ring_unmask() - ask the producer for signals again
 * @ring: consumer's end, committed
 *
 * Context: Any; serialised with the other calls on this end.
 * Return: true if data is there already, for which no signal needs to come:
 * mask and read again.
 */
bool vmb_ring_unmask(struct vmb_ring *ring)
{
	WRITE_ONCE(ring->control->interrupt_mask, 0);
	/* Mask before index: the producer moves the index, then looks. */
	virt_mb();

	return !vmb_ring_empty(ring);
}
EXPORT_SYMBOL_NS_GPL(vmb_ring_unmask, VMBSAVE_NS);

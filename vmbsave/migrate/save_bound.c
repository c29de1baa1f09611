// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/align.h>
#include <linux/math.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "migrate/save.h"
#include "migrate/save_session.h"

/*
 * What a save could give at the most, without asking a VSP and without looking
 * at each packet: sent ones count as if their payload were saved too.
 */

/**
 * struct bound - records of a stream
 * @bytes: of all of them
 * @nr_long: of those that can need more than a chunk
 */
struct bound {
	u64 bytes;
	u64 nr_long;
};

static void add_records(struct bound *bound, u64 nr, u64 payload_bytes)
{
	u64 bytes = sizeof(struct vmbsave_record_header) +
		    ALIGN(payload_bytes, 8);

	bound->bytes += nr * bytes;
	if (bytes > VMBSAVE_CHUNK_ROOM)
		bound->nr_long += nr;
}

static void add_gpadls(struct bound *bound, struct vmb_channel *channel)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;

	guard(spinlock)(&channel->gpadls.xa_lock);
	xa_for_each(&channel->gpadls, id, gpadl)
		add_records(bound, 1, sizeof(struct vmbsave_gpadl) +
			    gpadl->nr_pages * (u64)sizeof(__le64));
}

/*
 * It is on offer, and with the bus's lock it stays so. A VSP that it has is
 * there: who parts the two takes that lock before the VSP can go.
 */
static void add_channel(struct bound *bound, struct vmb_channel *channel)
{
	const struct vmb_vsp *vsp = READ_ONCE(channel->vsp);
	u64 payload = ALIGN((u64)READ_ONCE(channel->max_packet), VMB_RING_ALIGN);
	u64 state = vsp && vsp->save_packet ? vmb_packet_state_max() : 0;
	u64 nr_packets, nr_completions;

	add_records(bound, 1, sizeof(struct vmbsave_channel));
	if (vsp && vsp->save_state)
		add_records(bound, 1, sizeof(struct vmbsave_vsp_state) +
			    vmb_channel_state_max());
	add_gpadls(bound, channel);
	scoped_guard(spinlock_irqsave, &channel->lock) {
		nr_packets = channel->queue.nr_packets;
		nr_completions = channel->queue.nr_completions;
	}
	add_records(bound, nr_packets,
		    sizeof(struct vmbsave_packet) + payload + state);
	add_records(bound, nr_completions,
		    sizeof(struct vmbsave_completion) + payload);
}

/*
 * Of two chunks that follow one another the second begins with what had no more
 * room in the first one, so they are fuller than one: there are no more than
 * twice as many as full ones would be. But the last chunk of a long record is
 * closed however little is in it, and so are the last one and that before it.
 */
static u64 chunk_bytes(const struct bound *bound)
{
	u64 nr = 2 * DIV_ROUND_UP_ULL(bound->bytes, VMBSAVE_CHUNK_ROOM) +
		 bound->nr_long + 2;

	return nr * sizeof(struct vmbsave_chunk_header);
}

/**
 * vmb_save_bound() - how long a stream can be at the most
 * @bus: the bus
 *
 * Context: process context.
 * Return: bytes that a save of the bus gives no more than, as it is now.
 */
u64 vmb_save_bound(struct vmb_bus *bus)
{
	struct vmb_channel *channel;
	struct bound bound = { 0 };
	unsigned long id;

	scoped_guard(mutex, &bus->lock) {
		add_records(&bound, 1, sizeof(struct vmbsave_manifest) +
			    bus->nr_channels *
			    (u64)sizeof(struct vmbsave_manifest_entry));
		xa_for_each(&bus->channels, id, channel)
			add_channel(&bound, channel);
	}
	add_records(&bound, 1, sizeof(struct vmbsave_end));
	return sizeof(struct vmbsave_stream_header) + bound.bytes +
	       chunk_bytes(&bound);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_bound);

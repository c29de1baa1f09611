// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest: mostly it behaves, so that there is something to save.
 */
#include <string.h>
#include <unistd.h>
#include "fuzz.h"
#include "vsp_queue.h"

static void answer(struct actor *me, struct slot *slot, const struct vmb_descriptor_view *view)
{
	const struct vsp_queue_payload *payload = view->payload;
	struct vsp_queue_answer reply = { .magic = cpu_to_le32(VSP_QUEUE_ANSWER_MAGIC) };

	if (!view->wants_completion || chance(me, 40))
		return;
	reply.sequence = payload->sequence;
	vm_send(&slot->vm, VM_QUEUE, VMB_PACKET_COMPLETION, 0, view->transaction_id, &reply,
		sizeof(reply));
}

static void receive_all(struct actor *me, struct slot *slot, unsigned int index)
{
	static __thread u64 buf[VM_PAGE / 8];
	struct vm_channel *channel = &slot->vm.channels[index];
	struct vmb_descriptor_view view;
	u32 bytes, most = 50;

	while (most-- && !vmb_ring_read(&channel->out, buf, sizeof(buf), &bytes)) {
		if (vmb_descriptor_parse(buf, bytes, &view))
			break;
		__atomic_add_fetch(&counts[COUNT_ANSWERS], 1, __ATOMIC_RELAXED);
		if (index == VM_QUEUE && view.type == VMB_PACKET_DATA_INBAND)
			answer(me, slot, &view);
	}
	vmb_ring_commit(&channel->out);
}

/* Nonsense in a ring: its indices or what is in it. */
static void damage(struct actor *me, struct slot *slot, unsigned int index)
{
	u8 *ring = slot->vm.ram + VM_RING_PAGE(index) * VM_PAGE;
	u32 value = edge(me), at = 4 * below(me, chance(me, 70) ? 5 : 4 * VM_PAGE / 4);

	memcpy(ring + at, &value, sizeof(value));
}

void guest_act(struct actor *me, struct slot *slot)
{
	unsigned int index = below(me, VM_CHANNELS);
	u8 bytes[64];

	memset(bytes, below(me, 256), sizeof(bytes));
	me->calls++;
	if (vm_find_rings(&slot->vm, index))
		return;
	receive_all(me, slot, index);
	if (chance(me, 2))
		damage(me, slot, index);
	vm_send(&slot->vm, index, VMB_PACKET_DATA_INBAND,
		chance(me, 80) ? VMB_PACKET_COMPLETION_REQUESTED : below(me, 3), pick(me), bytes,
		below(me, sizeof(bytes)));
	/* What it caused is over before the next call. */
	if (me->alone)
		usleep(100);
}

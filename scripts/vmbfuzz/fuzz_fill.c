// SPDX-License-Identifier: GPL-2.0-only
/*
 * Arguments that could be right: mostly what a VMM would pass now, sometimes something near it.
 */
#include <stdio.h>
#include <string.h>
#include "fuzz.h"

static u32 some_channel(struct actor *me, struct slot *slot)
{
	if (chance(me, 5))
		return edge(me);
	return slot->vm.channels[below(me, VM_CHANNELS)].id;
}

static u32 some_gpadl(struct actor *me)
{
	u32 of = below(me, 8);

	return of < VM_CHANNELS ? VM_RINGS(of) : of < 7 ? of : (u32)edge(me);
}

static int some_fd(struct actor *me, struct slot *slot, int right)
{
	switch (below(me, 12)) {
	case 0:
		return -1;
	case 1:
		return slot->vm.bus;
	case 2:
		return slot->data;
	case 3:
		return (int)edge(me);
	case 4: /* one that is something else already */
		return slot->vm.channels[below(me, VM_CHANNELS)].call;
	default:
		return right;
	}
}

static void fill_region(struct actor *me, struct slot *slot, struct vmbsave_memory_region *arg)
{
	arg->bytes = VM_RAM_BYTES;
	arg->uaddr = (uintptr_t)slot->vm.ram;
	switch (below(me, 8)) {
	case 0: /* takes it away */
		arg->bytes = 0;
		break;
	case 1: /* what cannot be pinned */
		arg->gpa = (0x100 + below(me, 8)) * VM_PAGE;
		arg->uaddr = (uintptr_t)me->place + below(me, 5) * VM_PAGE;
		arg->bytes = VM_PAGE * (1 + below(me, 3));
		break;
	case 2:
		arg->gpa = edge(me) & -(u64)VM_PAGE;
		arg->bytes = edge(me) & -(u64)VM_PAGE;
		break;
	case 3:
		arg->uaddr = edge(me) & -(u64)VM_PAGE;
		break;
	}
}

static void fill_offer(struct actor *me, struct vmbsave_offer_channel *arg)
{
	u32 index = below(me, VM_CHANNELS);

	vm_type(index, arg->type);
	arg->instance[0] = 1 + index;
	if (chance(me, 5))
		arg->subchannel = below(me, 3);
	if (chance(me, 2))
		arg->type[below(me, 16)] ^= 1;
}

static void fill_eventfds(struct actor *me, struct slot *slot, struct vmbsave_eventfds *arg)
{
	u32 index = below(me, VM_CHANNELS);
	struct vm_channel *channel = &slot->vm.channels[index];

	arg->channel = chance(me, 90) ? channel->id : some_channel(me, slot);
	arg->kick_fd = some_fd(me, slot, channel->kick);
	arg->call_fd = some_fd(me, slot, channel->call);
}

static void fill_create_gpadl(struct actor *me, struct slot *slot,
			      struct vmbsave_create_gpadl *arg)
{
	u32 index = below(me, VM_CHANNELS), first = VM_RING_PAGE(index), nr = 4, i;
	u64 pfns[32];

	arg->channel = slot->vm.channels[index].id;
	arg->gpadl = VM_RINGS(index);
	if (chance(me, 40)) {
		arg->gpadl = some_gpadl(me);
		nr = 1 + below(me, 6);
		first = VM_FREE_PAGE + below(me, 12);
		arg->flags = below(me, 2);
	}
	for (i = 0; i < nr; i++)
		pfns[i] = first + i;
	if (chance(me, 10))
		pfns[below(me, nr)] = chance(me, 50) ? edge(me) : 0x100 + below(me, 12);
	arg->nr_pfns = nr;
	arg->byte_count = nr * VM_PAGE;
	if (chance(me, 20)) {
		arg->byte_offset = below(me, VM_PAGE);
		arg->byte_count -= arg->byte_offset;
	}
	if (chance(me, 3)) {
		arg->nr_pfns += 1 + below(me, 0x8000);
		arg->byte_count = arg->nr_pfns * VM_PAGE;
	}
	arg->pfns = (uintptr_t)place_pfns(me, pfns, nr);
}

static void fill_open(struct actor *me, struct slot *slot, struct vmbsave_open_channel *arg)
{
	u32 index = below(me, VM_CHANNELS);

	arg->channel = slot->vm.channels[index].id;
	arg->gpadl = chance(me, 90) ? VM_RINGS(index) : some_gpadl(me);
	arg->downstream_page = chance(me, 90) ? VM_DOWNSTREAM_PAGE : below(me, 6);
	if (chance(me, 20)) {
		arg->mmio_gpa = 1 + below(me, 1000);
		arg->mmio_bytes = chance(me, 50) ? edge(me) : VM_PAGE;
	}
}

static void fill_pages(struct actor *me, struct vmbsave_gpadl_pages *arg)
{
	u32 room = below(me, 40);
	u64 pfns[40] = { 0 };

	arg->nr_pages = chance(me, 10) ? edge(me) : room;
	arg->pfns = (uintptr_t)place_pfns(me, pfns, room);
}

static void fill_attach(struct actor *me, struct vmbsave_attach *arg)
{
	struct slot *other = &slots[below(me, SLOTS)];

	arg->flags = below(me, 2);
	if (other->seen.taken && other->seen.info.name[0])
		memcpy(arg->name, other->seen.info.name, sizeof(arg->name));
	else
		snprintf((char *)arg->name, sizeof(arg->name), "vmb%u", below(me, 8));
}

static void fill_state(struct actor *me, struct vmbsave_set_state *arg)
{
	arg->state = 1 + below(me, 4);
	arg->timeout_ms = chance(me, 80) ? 100 : below(me, 3);
}

void fill(struct actor *me, struct slot *slot, unsigned int nr, void *arg)
{
	switch (nr) {
	case _IOC_NR(VMBSAVE_SET_MEMORY_REGION):
		fill_region(me, slot, arg);
		break;
	case _IOC_NR(VMBSAVE_OFFER_CHANNEL):
		fill_offer(me, arg);
		break;
	case _IOC_NR(VMBSAVE_SET_EVENTFDS):
		fill_eventfds(me, slot, arg);
		break;
	case _IOC_NR(VMBSAVE_CREATE_GPADL):
		fill_create_gpadl(me, slot, arg);
		break;
	case _IOC_NR(VMBSAVE_TEARDOWN_GPADL):
		((struct vmbsave_gpadl_id *)arg)->gpadl = some_gpadl(me);
		((struct vmbsave_gpadl_id *)arg)->channel = some_channel(me, slot);
		break;
	case _IOC_NR(VMBSAVE_OPEN_CHANNEL):
		fill_open(me, slot, arg);
		break;
	case _IOC_NR(VMBSAVE_RESCIND_CHANNEL):
	case _IOC_NR(VMBSAVE_CLOSE_CHANNEL):
	case _IOC_NR(VMBSAVE_GET_CHANNEL):
		((struct vmbsave_channel_id *)arg)->channel = some_channel(me, slot);
		break;
	case _IOC_NR(VMBSAVE_SET_STATE):
		fill_state(me, arg);
		break;
	case _IOC_NR(VMBSAVE_GET_GPADL_PAGES):
		fill_pages(me, arg);
		break;
	case _IOC_NR(VMBSAVE_ATTACH):
		fill_attach(me, arg);
		break;
	}
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What wire/ does for one packet, to be counted by callgrind: a function for
 * each form of packet, each direction and each size of payload.
 */
#include <errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include "wire/descriptor.h"
#include "wire/gpa.h"
#include "wire/pipe.h"
#include "wire/ring.h"
#include "instructions.h"

#define PAYLOAD_MAX	4096U
#define RING_BYTES	(16 * VMB_RING_PAGE_SIZE)
/* Of a GPA-direct packet: a request of 64 KiB. */
#define NR_PAGES	16U

enum form { INBAND, PIPE, GPA };

struct gpa_head {
	struct vmb_gpa_direct_header direct;
	__le32 byte_count, byte_offset;
	__le64 pfn[NR_PAGES];
};

static struct vmb_ring_control control __attribute__((aligned(8)));
static u8 data[RING_BYTES] __attribute__((aligned(8)));
static struct vmb_ring producer, consumer;
static u8 payload[PAYLOAD_MAX];
static u8 taken[2 * PAYLOAD_MAX] __attribute__((aligned(8)));
static u64 next_sent, next_received;

static void fill_gpa(struct gpa_head *head)
{
	u32 i;

	head->direct = (struct vmb_gpa_direct_header){ .range_count = cpu_to_le32(1) };
	head->byte_count = cpu_to_le32(NR_PAGES * VMB_GPA_PAGE_SIZE);
	head->byte_offset = 0;
	for (i = 0; i < NR_PAGES; i++)
		head->pfn[i] = cpu_to_le64(1 + i);
}

static u32 head_bytes(enum form form)
{
	switch (form) {
	case PIPE:
		return sizeof(struct vmb_pipe_header);
	case GPA:
		return sizeof(struct gpa_head);
	default:
		return 0;
	}
}

/* As core/outgoing.c and core/lent.c do. */
static int send_one(enum form form, u32 bytes, bool *signal)
{
	struct vmb_ring_packet packet = {
		.type = form == GPA ? VMB_PACKET_DATA_GPA_DIRECT : VMB_PACKET_DATA_INBAND,
		.flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = next_sent,
		.payload = payload,
		.payload_len = bytes,
		.extra_len = head_bytes(form),
	};
	struct vmb_pipe_header pipe;
	struct gpa_head gpa;

	if (form == PIPE) {
		vmb_pipe_frame(&pipe, bytes);
		packet.extra = &pipe;
		packet.framing_len = sizeof(pipe);
	} else if (form == GPA) {
		fill_gpa(&gpa);
		packet.extra = &gpa;
	}
	return vmb_ring_write(&producer, &packet, signal);
}

static void send(enum form form, u32 bytes, u32 nr)
{
	bool signal;

	for (; nr; nr--, next_sent++)
		must(!send_one(form, bytes, &signal));
}

static void walk_ranges(const struct vmb_descriptor_view *view)
{
	struct vmb_gpa_cursor cursor;
	struct vmb_gpa_view range;
	u64 sum = 0;
	u32 i;

	vmb_descriptor_ranges(view, &cursor);
	while (!vmb_gpa_range_next(&cursor, &range))
		for (i = 0; i < range.pfn_count; i++)
			sum += vmb_gpa_pfn(&range, i);
	must(sum == NR_PAGES * (NR_PAGES + 1) / 2);
}

/* As core/incoming.c and core/external.c do. */
static void receive_one(enum form form, u32 bytes)
{
	struct vmb_descriptor_view view;
	const void *message;
	u32 length;

	must(!vmb_ring_read(&consumer, taken, sizeof(taken), &length));
	must(!vmb_descriptor_parse(taken, length, &view));
	must(view.transaction_id == next_received);
	if (form == PIPE) {
		must(!vmb_pipe_parse(view.payload, view.payload_len, &message, &length));
		must(length == bytes);
		return;
	}
	must(view.payload_len == bytes);
	if (form == GPA)
		walk_ranges(&view);
}

static void receive(enum form form, u32 bytes, u32 nr)
{
	for (; nr; nr--, next_received++)
		receive_one(form, bytes);
}

/* What a producer does that finds no room. */
static void find_full(void)
{
	bool signal;
	u32 i;

	for (i = 0; i < PACKETS; i++) {
		must(send_one(INBAND, PAYLOAD_MAX, &signal) == -EAGAIN);
		must(!vmb_ring_wait_space(&producer, vmb_ring_need(0, PAYLOAD_MAX)));
		vmb_ring_clear_wait(&producer);
	}
}

/* What a consumer does once, however many packets it finds. */
static void take_turn(void)
{
	u32 bytes, i;

	for (i = 0; i < PACKETS; i++) {
		vmb_ring_mask(&consumer);
		must(vmb_ring_read(&consumer, taken, sizeof(taken), &bytes) == -EAGAIN);
		must(!vmb_ring_commit(&consumer));
		must(!vmb_ring_unmask(&consumer));
	}
}

/* A thousand packets, as many at a time as the ring holds. */
static void exchange(enum form form, u32 bytes, void (*sender)(u32 nr), void (*receiver)(u32 nr))
{
	u32 holds = (RING_BYTES - VMB_RING_ALIGN) / vmb_ring_need(head_bytes(form), bytes);
	u32 left, nr;

	for (left = PACKETS; left; left -= nr) {
		nr = min(left, holds);
		sender(nr);
		receiver(nr);
		vmb_ring_commit(&consumer);
	}
	must(vmb_ring_empty(&consumer));
}

#define FORM(name, form, bytes)							\
COUNTED_WITH(name##_send_##bytes, (u32 nr), send(form, bytes, nr))		\
COUNTED_WITH(name##_receive_##bytes, (u32 nr), receive(form, bytes, nr))	\
static void name##_##bytes(void)						\
{										\
	exchange(form, bytes, name##_send_##bytes, name##_receive_##bytes);	\
}

#define SIZE(bytes)				\
FORM(inband, INBAND, bytes)			\
FORM(pipe, PIPE, bytes)				\
FORM(gpa, GPA, bytes)				\
static void all_##bytes(void)			\
{						\
	inband_##bytes();			\
	pipe_##bytes();				\
	gpa_##bytes();				\
}

SIZE(16)
SIZE(256)
SIZE(4096)

COUNTED(full_0, find_full())
COUNTED(turn_0, take_turn())

void count_wire(void)
{
	bool signal;

	must(!vmb_ring_attach(&producer, &control, data, sizeof(data), true));
	must(!vmb_ring_attach(&consumer, &control, data, sizeof(data), false));
	vmb_ring_set_features(&producer);
	all_16();
	all_256();
	all_4096();
	turn_0();
	while (!send_one(INBAND, PAYLOAD_MAX, &signal))
		;
	full_0();
}

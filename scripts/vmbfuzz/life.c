// SPDX-License-Identifier: GPL-2.0-only
/*
 * The life of a machine: it boots, works, is moved with packets in flight, works on, and ends.
 */
#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "life.h"
#include "vsp_queue.h"

#define PACKETS	"/sys/module/vsp_queue/parameters/packets"
#define PIECE	700	/* no multiple of anything */

#define TRY(call)					\
	do {						\
		int _ret = (call);			\
							\
		if (_ret) {				\
			if (!life->line)		\
				life->line = __LINE__;	\
			return _ret;			\
		}					\
	} while (0)

#define DEMAND(condition) TRY((condition) ? 0 : -EBADMSG)

void life_init(struct life *life)
{
	life->data = -1;
	vm_init(&life->source);
	vm_init(&life->destination);
	vm_write_text(PACKETS, "6");
}

static int state(struct vm *vm, u32 to)
{
	int error;

	vm_set_state(vm, to, &error);
	return error;
}

int life_echo(struct life *life, struct vm *vm)
{
	struct vmb_descriptor_view view;
	char text[40];

	memset(text, ++life->request, sizeof(text));
	TRY(vm_send(vm, VM_ECHO, VMB_PACKET_DATA_INBAND, VMB_PACKET_COMPLETION_REQUESTED,
		    life->request, text, sizeof(text)));
	TRY(vm_receive(vm, VM_ECHO, &view));
	DEMAND(view.type == VMB_PACKET_COMPLETION && view.transaction_id == life->request);
	DEMAND(view.payload_len == sizeof(text) && !memcmp(view.payload, text, sizeof(text)));
	return 0;
}

static int read_packet(struct life *life, struct vm *vm)
{
	const struct vsp_queue_payload *payload;
	struct vmb_descriptor_view view;

	TRY(vm_receive(vm, VM_QUEUE, &view));
	payload = view.payload;
	DEMAND(view.type == VMB_PACKET_DATA_INBAND && life->read < LIFE_PACKETS);
	DEMAND(le64_to_cpu(payload->sequence) == life->read + 1);
	DEMAND(vsp_queue_filled(payload->filler, payload->bytes - sizeof(*payload),
				payload->sequence));
	life->ids[life->read] = view.transaction_id;
	life->sequences[life->read] = le64_to_cpu(payload->sequence);
	life->read++;
	return 0;
}

static int answer_packet(struct life *life, struct vm *vm)
{
	struct vsp_queue_answer answer = {
		.magic = cpu_to_le32(VSP_QUEUE_ANSWER_MAGIC),
		.sequence = cpu_to_le64(life->sequences[life->answered]),
	};

	TRY(vm_send(vm, VM_QUEUE, VMB_PACKET_COMPLETION, 0, life->ids[life->answered], &answer,
		    sizeof(answer)));
	life->answered++;
	return 0;
}

static void drain(struct vm *vm)
{
	eventfd_t count;
	unsigned int i;

	for (i = 0; i < VM_CHANNELS; i++) {
		eventfd_read(vm->channels[i].kick, &count);
		eventfd_read(vm->channels[i].call, &count);
	}
}

int life_begin(struct life *life)
{
	life->read = 0;
	life->answered = 0;
	life->request = 0;
	life->line = 0;
	drain(&life->source);
	drain(&life->destination);
	TRY(vm_attach(&life->source));
	TRY(state(&life->source, VMBSAVE_STATE_RUNNING));
	TRY(vm_boot(&life->source));
	TRY(life_echo(life, &life->source));
	while (life->read < LIFE_PACKETS - 2)
		TRY(read_packet(life, &life->source));
	while (life->answered < 2)
		TRY(answer_packet(life, &life->source));
	TRY(life_echo(life, &life->source));
	return 0;
}

static void close_data(struct life *life)
{
	if (life->data >= 0)
		close(life->data);
	life->data = -1;
}

void life_close(struct life *life)
{
	close_data(life);
	vm_close(&life->source);
	vm_close(&life->destination);
}

int life_save(struct life *life)
{
	int error;

	TRY(state(&life->source, VMBSAVE_STATE_STOP));
	life->data = vm_set_state(&life->source, VMBSAVE_STATE_STOP_COPY, &error);
	TRY(error);
	life->bytes = vm_read_stream(life->data, life->stream, sizeof(life->stream), PIECE);
	DEMAND(life->bytes > 0 && life->bytes < (ssize_t)sizeof(life->stream));
	close_data(life);
	return 0;
}

int life_restore(struct life *life)
{
	ssize_t bytes;
	int error;

	memcpy(life->destination.ram, life->source.ram, VM_RAM_BYTES);
	life->data = vm_set_state(&life->destination, VMBSAVE_STATE_RESUMING, &error);
	TRY(error);
	bytes = vm_write_stream(life->data, life->stream, life->bytes, PIECE);
	close_data(life);
	DEMAND(bytes == life->bytes);
	TRY(state(&life->destination, VMBSAVE_STATE_STOP));
	return 0;
}

int life_end(struct life *life)
{
	struct vm *vm = &life->destination;
	unsigned int i;

	TRY(state(vm, VMBSAVE_STATE_RUNNING));
	for (i = 0; i < VM_CHANNELS; i++)
		TRY(vm_find_rings(vm, i));
	TRY(life_echo(life, vm));
	while (life->read < LIFE_PACKETS)
		TRY(read_packet(life, vm));
	while (life->answered < LIFE_PACKETS)
		TRY(answer_packet(life, vm));
	TRY(life_echo(life, vm));
	for (i = 0; i < VM_CHANNELS; i++) {
		struct vmbsave_channel_id id = {
			.size = sizeof(id), .channel = vm->channels[i].id,
		};
		struct vmbsave_gpadl_id gpadl = {
			.size = sizeof(gpadl), .channel = id.channel, .gpadl = VM_RINGS(i),
		};

		TRY(vm_call(vm, VMBSAVE_CLOSE_CHANNEL, &id));
		TRY(vm_call(vm, VMBSAVE_TEARDOWN_GPADL, &gpadl));
	}
	vm_close(vm);
	return 0;
}

int life_run(struct life *life)
{
	TRY(life_begin(life));
	TRY(life_save(life));
	TRY(vm_attach(&life->destination));
	TRY(life_restore(life));
	vm_close(&life->source);
	return life_end(life);
}

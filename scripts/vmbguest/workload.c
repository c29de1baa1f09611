// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: What the guest does
 *
 *  1. Warms up: a few requests to vsp_echo, answers read.
 *  2. Opens the channel to vsp_queue, sends it requests (their answers come
 *     behind all packets), reads packets, completes the first of them and keeps
 *     the others.
 *  3. Parks: sends requests to vsp_echo, whose answers soon find the ring full,
 *     and takes no interrupt any more. It is there that the machine is stopped.
 *     Just before, it writes some more requests ("last words"), for which the
 *     host is not signalled in time.
 *  4. Drains: completes what it kept, the newest first, and all that comes.
 *  5. Flushes: one more request on each channel, behind whose answer nothing
 *     is left; done.
 *
 * All that it must remember for this lies in guest RAM, see guest.h.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/align.h>
#include <linux/limits.h>
#include "channel.h"
#include "log.h"
#include "vm.h"
#include "vmm.h"
#include "vsp_queue.h"
#include "workload.h"

#define REQUEST_MAX	256

static struct channel *queue_of(struct vm *vm)
{
	return &vm->channels[CHANNEL_QUEUE];
}

static void notify(struct vm *vm)
{
	const u64 one = 1;

	if (write(vm->notify_fd, &one, sizeof(one)) != sizeof(one))
		die("cannot tell the VMM: %s", strerror(errno));
}

static u64 request_seed(const struct channel *channel, u64 id)
{
	return id ^ (u64)(channel->index + 1) << 56;
}

static bool send_request(struct channel *channel, u64 id)
{
	u64 payload[REQUEST_MAX / sizeof(u64)];
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_DATA_INBAND, .flags = VMB_PACKET_COMPLETION_REQUESTED,
		.transaction_id = id,
		.payload = payload, .payload_len = channel->state->request_bytes,
	};

	vsp_queue_fill(payload, packet.payload_len, request_seed(channel, id));
	return channel_send(channel, &packet);
}

static bool send_completion(struct channel *channel, struct guest_entry *entry)
{
	struct vsp_queue_answer answer = {
		.magic = cpu_to_le32(VSP_QUEUE_ANSWER_MAGIC),
		.sequence = cpu_to_le64(entry->sequence),
	};
	struct vmb_ring_packet packet = {
		.type = VMB_PACKET_COMPLETION, .transaction_id = entry->transaction_id,
		.payload = &answer, .payload_len = sizeof(answer),
	};

	if (!channel_send(channel, &packet))
		return false;

	entry->completions++;
	channel->vm->guest->completed++;
	return true;
}

/* Before the end the first packets are completed, after it those kept first. */
static void push_completions(struct vm *vm)
{
	struct channel *channel = queue_of(vm);
	struct guest *guest = vm->guest;
	u64 limit = guest->log_used;

	while (guest->next_down > guest->down_end && !channel->state->blocked) {
		if (send_completion(channel, guest_entry(guest, guest->next_down - 1)))
			guest->next_down--;
	}
	if (guest->phase < GUEST_DRAIN && limit > guest->complete)
		limit = guest->complete;
	while (guest->next_up < limit && !channel->state->blocked) {
		if (send_completion(channel, guest_entry(guest, guest->next_up)))
			guest->next_up++;
	}
}

static void push_requests(struct channel *channel)
{
	struct guest_channel *state = channel->state;

	while (state->open && state->requests_sent < state->requests_wanted && !state->blocked) {
		if (send_request(channel, state->requests_sent + 1))
			state->requests_sent++;
	}
}

static void push(struct vm *vm)
{
	unsigned int i;

	if (queue_of(vm)->state->open)
		push_completions(vm);
	for (i = 0; i < NR_CHANNELS; i++)
		push_requests(&vm->channels[i]);
}

static void take_answer(struct channel *channel, const struct vmb_descriptor_view *view)
{
	struct guest_channel *state = channel->state;
	u64 id = view->transaction_id;
	u8 *count;

	if (!id || id > state->requests_sent || view->payload_len != state->request_bytes ||
	    !vsp_queue_filled(view->payload, view->payload_len, request_seed(channel, id))) {
		state->answers_wrong++;
		return;
	}

	count = guest_answer(channel->vm->guest, channel->index, id);
	if (!*count)
		state->requests_answered++;
	if (*count < U8_MAX)
		++*count;
}

/* The packet's number, or 0 if one byte is not what vsp_queue sends. */
static u64 payload_sequence(struct guest *guest, const struct vmb_descriptor_view *view)
{
	const struct vsp_queue_payload *payload = view->payload;
	u64 sequence, total;
	u32 bytes;

	if (view->payload_len < sizeof(*payload) ||
	    le32_to_cpu(payload->magic) != VSP_QUEUE_PAYLOAD_MAGIC)
		return 0;

	sequence = le64_to_cpu(payload->sequence);
	total = le64_to_cpu(payload->total);
	bytes = vsp_queue_payload_bytes(sequence);
	if (!sequence || sequence > VSP_QUEUE_PACKETS_MAX || le32_to_cpu(payload->bytes) != bytes ||
	    view->payload_len != ALIGN(bytes, 8) ||
	    le64_to_cpu(payload->check) != vsp_queue_check(sequence, total) ||
	    !vsp_queue_filled(payload->filler, bytes - sizeof(*payload), sequence))
		return 0;

	if (!guest->total)
		guest->total = total;
	return sequence;
}

static void take_packet(struct channel *channel, const struct vmb_descriptor_view *view)
{
	struct guest *guest = channel->vm->guest;
	u64 sequence = payload_sequence(guest, view);
	u64 used = guest->log_used;
	u64 before = used ? guest_entry(guest, used - 1)->sequence : 0;

	if (!sequence)
		guest->damaged++;
	if (sequence != before + 1)
		guest->order_errors++;
	if (used == guest->log_max)
		die("more packets came than guest RAM can remember");

	*guest_entry(guest, used) = (struct guest_entry) {
		.transaction_id = view->transaction_id, .sequence = sequence,
	};
	guest->log_used++;
	push_completions(channel->vm);
}

static void take(void *context, const struct vmb_descriptor_view *view)
{
	struct channel *channel = context;

	if (view->type == VMB_PACKET_COMPLETION)
		take_answer(channel, view);
	else if (channel->index == CHANNEL_QUEUE && view->wants_completion)
		take_packet(channel, view);
	else
		channel->vm->guest->damaged++;
}

static bool read_enough(const struct guest *guest)
{
	return guest->log_used >= guest->read || (guest->total && guest->log_used >= guest->total);
}

/* What is read has to be completed, so nothing is read while something waits for room. */
static bool must_wait(const struct channel *channel)
{
	return channel->state->completes && channel->state->blocked;
}

/* With most of the packets read there would be too few left to migrate. */
static bool take_enough(const struct channel *channel)
{
	const struct guest *guest = channel->vm->guest;

	return channel->index == CHANNEL_QUEUE && guest->phase == GUEST_RUN &&
	       read_enough(guest) && guest->log_used > guest->total / 2;
}

static enum rings_want want(void *context)
{
	const struct channel *channel = context;

	if (must_wait(channel))
		return RINGS_BLOCK;
	return take_enough(channel) ? RINGS_LEAVE : RINGS_READ;
}

static void kick(void *context)
{
	vmm_kick(context);
}

static const struct rings_user user = {
	.kick = kick,
	.want = want,
	.packet = take,
};

static void open_channel(struct channel *channel)
{
	int err = vmm_channel_open(channel);
	char why[256];

	if (err) {
		bus_why(&channel->vm->bus, err, why, sizeof(why));
		die("cannot open channel %s: %s", guest_channel_name(channel->index), why);
	}
	channel_attach(channel, &user);
	channel->state->open = 1;
}

static bool may_park(struct vm *vm)
{
	const struct guest *guest = vm->guest;
	u64 completed = guest->complete < guest->log_used ? guest->complete : guest->log_used;
	unsigned int i;

	for (i = 0; i < NR_CHANNELS; i++) {
		const struct guest_channel *state = &guest->channels[i];

		if (state->blocked || state->requests_sent < state->requests_wanted)
			return false;
	}
	return read_enough(guest) && guest->next_up == completed;
}

static void flush(struct guest *guest)
{
	unsigned int i;

	for (i = 0; i < NR_CHANNELS; i++)
		guest->channels[i].requests_wanted++;
}

/* What comes next, if this phase is over. */
static void advance(struct vm *vm)
{
	struct guest *guest = vm->guest;

	if (guest->phase == GUEST_WARM && guest_all_answered(guest)) {
		guest->channels[CHANNEL_QUEUE].requests_wanted = guest->requests;
		guest->phase = GUEST_RUN;
		open_channel(queue_of(vm));
		push(vm);
	} else if (guest->phase == GUEST_RUN && may_park(vm)) {
		guest->channels[CHANNEL_ECHO].requests_wanted += guest->requests;
		guest->phase = GUEST_PARKED;
		push(vm);
		notify(vm);
	} else if (guest->phase == GUEST_DRAIN && guest_done_reading(guest) &&
		   guest_all_answered(guest)) {
		flush(guest);
		guest->phase = GUEST_FLUSH;
		push(vm);
	} else if (guest->phase == GUEST_FLUSH && guest_all_answered(guest)) {
		guest->phase = GUEST_DONE;
		notify(vm);
	}
}

/**
 * workload_attach() - take the rings of what is open, where they stand
 * @vm: the machine, its virtual processor stopped
 */
void workload_attach(struct vm *vm)
{
	unsigned int i;

	for (i = 0; i < NR_CHANNELS; i++)
		if (vm->channels[i].state->open)
			channel_attach(&vm->channels[i], &user);
}

/**
 * workload_begin() - the guest's first breath
 * @vm: a running machine with fresh RAM
 */
void workload_begin(struct vm *vm)
{
	open_channel(&vm->channels[CHANNEL_ECHO]);
	push(vm);
}

/**
 * workload_interrupt() - the host interrupts the guest
 * @channel: the channel
 */
void workload_interrupt(struct channel *channel)
{
	channel_room(channel);
	push(channel->vm);
	channel_receive(channel);
	push(channel->vm);
	advance(channel->vm);
}

/**
 * workload_last_words() - more requests, if the guest is parked
 * @vm: the machine
 *
 * As long as guest RAM has room for what becomes of them: the machine may be
 * stopped more than once.
 */
void workload_last_words(struct vm *vm)
{
	struct guest *guest = vm->guest;
	unsigned int i;

	if (guest->phase != GUEST_PARKED)
		return;
	for (i = 0; i < NR_CHANNELS; i++) {
		u64 wanted = guest->channels[i].requests_wanted + guest->last_words;

		if (wanted < guest->answers_max)
			guest->channels[i].requests_wanted = wanted;
	}
	push(vm);
}

/**
 * workload_continue() - go on where the guest stopped, on this machine or another
 * @vm: the machine
 *
 * The guest looks only into rings of which it knows that there is more; for the
 * others it waits to be interrupted.
 */
void workload_continue(struct vm *vm)
{
	struct guest *guest = vm->guest;
	unsigned int i;

	if (guest->phase == GUEST_DONE)
		notify(vm);
	if (guest->phase == GUEST_DONE || guest->phase == GUEST_PARKED)
		return;
	push(vm);
	for (i = 0; i < NR_CHANNELS; i++)
		if (guest->channels[i].open && guest->channels[i].more)
			channel_receive(&vm->channels[i]);
	advance(vm);
}

/**
 * workload_unpark() - the middle is over; nothing happens before and behind it
 * @vm: the machine
 */
void workload_unpark(struct vm *vm)
{
	struct guest *guest = vm->guest;

	if (guest->phase != GUEST_PARKED)
		return;
	guest->phase = GUEST_DRAIN;
	guest->down_end = guest->next_up;
	guest->next_down = guest->log_used;
	guest->next_up = guest->log_used;
	workload_continue(vm);
}

/**
 * workload_listens() - does the guest take interrupts of this channel?
 * @channel: the channel
 * Return: true if so.
 */
bool workload_listens(const struct channel *channel)
{
	u32 phase = channel->vm->guest->phase;

	return channel->state->open && phase != GUEST_PARKED && phase != GUEST_DONE;
}

/**
 * workload_missing() - what is not done yet
 * @vm: the machine
 * @text: where the words go
 * @size: bytes there
 */
void workload_missing(const struct vm *vm, char *text, size_t size)
{
	const struct guest *guest = vm->guest;
	const struct guest_channel *queue = &guest->channels[CHANNEL_QUEUE];
	const struct guest_channel *echo = &guest->channels[CHANNEL_ECHO];

	snprintf(text, size,
		 "%s: %llu of %llu packets read, %llu completed; answers: queue %llu of %llu, echo %llu of %llu",
		 guest_phase_name(guest->phase),
		 (unsigned long long)guest->log_used, (unsigned long long)guest->total,
		 (unsigned long long)guest->completed,
		 (unsigned long long)queue->requests_answered,
		 (unsigned long long)queue->requests_wanted,
		 (unsigned long long)echo->requests_answered,
		 (unsigned long long)echo->requests_wanted);
}

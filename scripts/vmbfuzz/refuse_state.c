// SPDX-License-Identifier: GPL-2.0-only
/*
 * Changes of state that are refused, streams among them: the errno, the state that is left, and
 * what LAST_ERROR says about it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <linux/vmbsave_stream.h>
#include "cases.h"
#include "life.h"
#include "refuse.h"
#include "stream_repair.h"

static struct life life;
static bool is_made;

static int set_state(struct vm *vm, u32 state)
{
	int error;

	vm_set_state(vm, state, &error);
	return error;
}

static void reset(struct vm *vm)
{
	struct vmbsave_reset arg = { .size = sizeof(arg) };

	EXPECT_EQ(vm_call(vm, VMBSAVE_RESET, &arg), 0);
}

/* Whoever is refused is told why, in one sentence. */
static void expect_sentence(struct vm *vm, int error)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };

	if (!EXPECT_EQ(vm_call(vm, VMBSAVE_LAST_ERROR, &last), 0))
		return;
	EXPECT_EQ(last.error, -error);
	EXPECT_EQ(last.flags, 0);
	EXPECT(last.status != 0);
	EXPECT(last.text[0] && memchr(last.text, 0, sizeof(last.text)));
	EXPECT(!strchr(last.text, '\n'));
}

static void expect_failure(struct vm *vm, u32 state, int error, u32 left)
{
	EXPECT_EQ(set_state(vm, state), error);
	EXPECT_EQ(vm_get_state(vm), left);
	expect_sentence(vm, error);
}

static bool begin(void)
{
	if (!is_made)
		life_init(&life);
	is_made = true;
	return EXPECT_EQ(life_begin(&life), 0);
}

static void a_state_that_there_is_not_is_refused(void)
{
	static const u32 states[] = { VMBSAVE_STATE_ERROR, 5, 6, 7, 8, 0x80000002, ~0U };
	char says[32];
	size_t i;

	ASSERT(begin());
	for (i = 0; i < ARRAY_SIZE(states); i++) {
		EXPECT_EQ(set_state(&life.source, states[i]), -EINVAL);
		snprintf(says, sizeof(says), "state %u", states[i]);
		refuse_expect(&life.source, "no such state", "SET_STATE", says, EINVAL);
	}
	EXPECT_EQ(vm_get_state(&life.source), VMBSAVE_STATE_RUNNING);
	EXPECT_EQ(life_echo(&life, &life.source), 0);
	life_close(&life);
}

static void a_bus_without_channels_is_not_saved_or_restored(void)
{
	struct vm *vm = &life.source;

	ASSERT(begin());
	life_close(&life);
	ASSERT_EQ(vm_open_bus(vm), 0);
	expect_failure(vm, VMBSAVE_STATE_STOP_COPY, -ENOENT, VMBSAVE_STATE_STOP);
	expect_failure(vm, VMBSAVE_STATE_RESUMING, -ENOENT, VMBSAVE_STATE_STOP);
	ASSERT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
	expect_failure(vm, VMBSAVE_STATE_STOP_COPY, -ENOENT, VMBSAVE_STATE_STOP);
	life_close(&life);
}

static void a_channel_that_was_open_is_not_restored_over(void)
{
	ASSERT(begin());
	expect_failure(&life.source, VMBSAVE_STATE_RESUMING, -EBADFD, VMBSAVE_STATE_STOP);
	ASSERT_EQ(set_state(&life.source, VMBSAVE_STATE_RUNNING), 0);
	EXPECT_EQ(life_echo(&life, &life.source), 0);
	life_close(&life);
}

static void a_channel_whose_ring_is_nonsense_is_not_saved(void)
{
	ASSERT(begin());
	memset(life.source.ram + VM_RING_PAGE(VM_ECHO) * VM_PAGE, 0xff, 4);
	EXPECT_EQ(eventfd_write(life.source.channels[VM_ECHO].kick, 1), 0);
	usleep(20000);
	expect_failure(&life.source, VMBSAVE_STATE_STOP_COPY, -EBADFD, VMBSAVE_STATE_STOP);
	life_close(&life);
}

/* What is not allowed while a session is there */
static void nothing_is_changed_during_a_session(void)
{
	struct vm *vm = &life.source;
	struct vmbsave_channel_id id = { .size = sizeof(id) };
	int error;

	ASSERT(begin());
	life.data = vm_set_state(vm, VMBSAVE_STATE_STOP_COPY, &error);
	ASSERT_EQ(error, 0);
	id.channel = vm->channels[VM_ECHO].id;
	EXPECT_EQ(vm_call(vm, VMBSAVE_RESCIND_CHANNEL, &id), -EBADFD);
	EXPECT(vm_call(vm, VMBSAVE_CLOSE_CHANNEL, &id) < 0);
	EXPECT(vm_lend(vm, VM_ECHO, 7, 0, VM_FREE_PAGE, 1) < 0);
	EXPECT_EQ(vm_offer(vm, VM_ECHO), -EBADFD);
	life.bytes = vm_read_stream(life.data, life.stream, sizeof(life.stream), 100);
	EXPECT(life.bytes > 0);
	ASSERT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), 0);
	EXPECT_EQ(life_echo(&life, vm), 0);
	life_close(&life);
}

static int write_byte(int data)
{
	return write(data, "", 1) < 0 ? -errno : 0;
}

/**
 * refused_restore() - a destination or a stream is not as it should be
 * @error: errno of the commit
 * @spoil: changes the destination, or the stream
 *
 * Nothing of the stream stays there.
 */
static void refused_restore(int error, void (*spoil)(struct vm *vm))
{
	struct vmbsave_info info = { .size = sizeof(info) };
	struct vm *vm = &life.destination;
	int ret;

	ASSERT(begin());
	ASSERT_EQ(life_save(&life), 0);
	ASSERT_EQ(vm_attach(vm), 0);
	memcpy(vm->ram, life.source.ram, VM_RAM_BYTES);
	spoil(vm);
	life.data = vm_set_state(vm, VMBSAVE_STATE_RESUMING, &ret);
	ASSERT_EQ(ret, 0);
	vm_write_stream(life.data, life.stream, life.bytes, 333);
	expect_failure(vm, VMBSAVE_STATE_STOP, error, VMBSAVE_STATE_ERROR);
	EXPECT_EQ(write_byte(life.data), error);
	expect_sentence(vm, error);
	/* Each call answers the same until RESET. */
	EXPECT_EQ(set_state(vm, VMBSAVE_STATE_RUNNING), error);
	EXPECT_EQ(set_state(vm, VMBSAVE_STATE_RESUMING), error);
	expect_sentence(vm, error);
	reset(vm);
	EXPECT_EQ(vm_get_state(vm), VMBSAVE_STATE_STOP);
	EXPECT_EQ(write_byte(life.data), -ESTALE);
	refuse_expect(vm, "after RESET", "write to a data fd", "session is over", ESTALE);
	ASSERT_EQ(vm_call(vm, VMBSAVE_GET_INFO, &info), 0);
	EXPECT_EQ(info.nr_gpadls, 0);
	EXPECT_EQ(info.nr_packets, 0);
	life_close(&life);
}

static void take_signal(struct vm *vm)
{
	struct vmbsave_eventfds fds = {
		.size = sizeof(fds), .channel = vm->channels[VM_ECHO].id,
		.kick_fd = -1, .call_fd = -1,
	};

	EXPECT_EQ(vm_call(vm, VMBSAVE_SET_EVENTFDS, &fds), 0);
}

static void take_memory(struct vm *vm)
{
	struct vmbsave_memory_region region = { .size = sizeof(region) };

	EXPECT_EQ(vm_call(vm, VMBSAVE_SET_MEMORY_REGION, &region), 0);
}

static void change_memory(struct vm *vm)
{
	u32 *read_index = (u32 *)(vm->ram + VM_RING_PAGE(VM_ECHO) * VM_PAGE) + 1;

	*read_index = *read_index ? 0 : 8;
}

static void take_channel(struct vm *vm)
{
	struct vmbsave_channel_id id = { .size = sizeof(id), .channel = vm->channels[VM_QUEUE].id };

	EXPECT_EQ(vm_call(vm, VMBSAVE_RESCIND_CHANNEL, &id), 0);
}

static void add_channel(struct vm *vm)
{
	struct vmbsave_offer_channel offer = { .size = sizeof(offer), .subchannel = 1 };

	vm_type(VM_ECHO, offer.type);
	EXPECT_EQ(vm_call(vm, VMBSAVE_OFFER_CHANNEL, &offer), 0);
}

static void a_destination_that_is_unlike_the_stream_is_refused(void)
{
	refused_restore(-EINVAL, take_signal);
	refused_restore(-EFAULT, take_memory);
	refused_restore(-ESTALE, change_memory);
	refused_restore(-ENOENT, take_channel);
	refused_restore(-ENOENT, add_channel);
}

static u8 *record(u16 type, unsigned int nth)
{
	size_t at = stream_find_record(life.stream, life.bytes, type, nth);

	EXPECT(at);
	return (u8 *)life.stream + at;
}

static void flip_bit(struct vm *vm)
{
	(void)vm;
	((u8 *)life.stream)[life.bytes / 2] ^= 0x10;
}

static void cut_end(struct vm *vm)
{
	(void)vm;
	life.bytes -= 40;
}

static void cut_chunk(struct vm *vm)
{
	size_t first = stream_next_chunk(life.stream, life.bytes, 0);
	size_t second = stream_next_chunk(life.stream, life.bytes, first);

	(void)vm;
	if (!EXPECT(second))
		return;
	memmove((u8 *)life.stream + first, (u8 *)life.stream + second, life.bytes - second);
	life.bytes -= second - first;
	stream_repair(life.stream, life.bytes);
}

static void impossible_state(struct vm *vm)
{
	struct vmbsave_channel *channel = (void *)record(VMBSAVE_RECORD_CHANNEL, 0);

	(void)vm;
	channel->state = cpu_to_le32(9);
	stream_repair(life.stream, life.bytes);
}

static void newer_version(struct vm *vm)
{
	struct vmbsave_stream_header *header = (void *)life.stream;

	(void)vm;
	header->major = cpu_to_le16(VMBSAVE_STREAM_MAJOR + 1);
	stream_repair(life.stream, life.bytes);
}

static void unknown_feature(struct vm *vm)
{
	struct vmbsave_stream_header *header = (void *)life.stream;

	(void)vm;
	header->incompat = cpu_to_le32(4);
	stream_repair(life.stream, life.bytes);
}

static void unknown_record(struct vm *vm)
{
	struct vmbsave_record_header *header;

	(void)vm;
	header = (void *)(record(VMBSAVE_RECORD_GPADL, 0) - sizeof(*header));
	header->type = cpu_to_le16(77);
	stream_repair(life.stream, life.bytes);
}

static void endless_record(struct vm *vm)
{
	struct vmbsave_record_header *header;

	(void)vm;
	header = (void *)(record(VMBSAVE_RECORD_MANIFEST, 0) - sizeof(*header));
	header->bytes = cpu_to_le32(0xfffffff0);
	stream_repair(life.stream, life.bytes);
}

static void a_stream_that_is_no_good_is_refused_by_what_is_wrong(void)
{
	refused_restore(-EBADMSG, flip_bit);
	refused_restore(-ENODATA, cut_end);
	refused_restore(-EPROTO, cut_chunk);
	refused_restore(-EUCLEAN, impossible_state);
	refused_restore(-EPROTONOSUPPORT, newer_version);
	refused_restore(-EOPNOTSUPP, unknown_feature);
	refused_restore(-EOPNOTSUPP, unknown_record);
	refused_restore(-EMSGSIZE, endless_record);
}

const struct test_case state_cases[] = {
	TEST_CASE(a_state_that_there_is_not_is_refused),
	TEST_CASE(a_bus_without_channels_is_not_saved_or_restored),
	TEST_CASE(a_channel_that_was_open_is_not_restored_over),
	TEST_CASE(a_channel_whose_ring_is_nonsense_is_not_saved),
	TEST_CASE(nothing_is_changed_during_a_session),
	TEST_CASE(a_destination_that_is_unlike_the_stream_is_refused),
	TEST_CASE(a_stream_that_is_no_good_is_refused_by_what_is_wrong),
};

const size_t nr_state_cases = ARRAY_SIZE(state_cases);

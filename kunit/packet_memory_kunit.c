// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "line.h"
#include "move.h"

/* Packet objects that the VSP has made of memory of its own. */

/* Completion routines that were called, and what the last one was told */
static atomic_t nr_done;
static int last_status;

static void free_memory(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	last_status = status;
	vmb_packet_free(packet);
	/* Who touches it after this, KASAN will tell. */
	memset(packet, 0x5a, 64);
	kfree(packet);
	atomic_inc(&nr_done);
}

static struct vmb_test_line *open_line(struct kunit *test)
{
	atomic_set(&nr_done, 0);
	last_status = 1;
	return vmb_test_line_open(vmb_test_machine_create(test), vmb_test_vsp_register(test), 1);
}

static struct vmb_packet *make(struct vmb_channel *channel)
{
	u32 bytes = vmb_channel_sizeof_packet(channel);
	void *buf = kmalloc(bytes, GFP_KERNEL | __GFP_NOFAIL);
	struct vmb_packet *packet = vmb_packet_initialize(channel, buf, bytes);

	if (IS_ERR(packet))
		kfree(buf);
	return packet;
}

static void size_grows_with_the_largest_packet(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u32 bytes = vmb_channel_sizeof_packet(line->channel);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_init_set_max_packet_size(line->channel, 8192), 0);

	/* Assert */
	KUNIT_EXPECT_GT(test, bytes, VMB_PACKET_BYTES_DEFAULT);
	KUNIT_EXPECT_EQ(test, vmb_channel_sizeof_packet(line->channel),
			bytes + 8192 - VMB_PACKET_BYTES_DEFAULT);
}

static void memory_that_does_not_do_is_left_alone(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u32 bytes = vmb_channel_sizeof_packet(line->channel);
	u8 *buf = vmb_test_alloc(test, bytes + 8);
	struct vmb_channel *channel = line->channel;
	u64 old;

	/* Act, Assert */
	memset(buf, 0x5a, bytes + 8);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, NULL, bytes)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, buf + 4, bytes)), -EINVAL);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, buf, bytes - 1)), -ENOBUFS);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, buf, 0)), -ENOBUFS);
	old = vmb_test_limit_leave(VMB_LIMIT_PACKETS, 0);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, buf, bytes)), -EDQUOT);
	vmb_limit_uncharge(VMB_LIMIT_PACKETS, old);
	vmb_channel_get(channel);
	vmb_test_machine_destroy(line->machine);
	KUNIT_EXPECT_EQ(test, PTR_ERR(vmb_packet_initialize(channel, buf, bytes)), -ENODEV);
	vmb_channel_put(channel);
	KUNIT_EXPECT_NULL(test, memchr_inv(buf, 0x5a, bytes + 8));
}

static void packet_is_not_sent_without_a_completion_routine(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = make(line->channel);

	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 0, 0), -EBADFD);
	vmb_packet_set_completion_routine(packet, free_memory);
	vmb_packet_set_completion_routine(packet, NULL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 0, 0), -EBADFD);
	vmb_packet_set_completion_routine(packet, free_memory);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 0, 0), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 1);
}

static void freeing_leaves_the_memory_to_its_owner(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 before = vmb_limit_used(VMB_LIMIT_PACKETS);
	struct vmb_packet *packet = make(line->channel);

	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before + 1);
	vmb_packet_free(packet);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before);
	memset(packet, 0, vmb_channel_sizeof_packet(line->channel));
	kfree(packet);
}

static void send(struct vmb_test_line *line, u32 len)
{
	struct vmb_packet *packet = make(line->channel);
	u8 *payload = vmb_test_alloc(line->machine->test, len);

	KUNIT_ASSERT_EQ(line->machine->test, PTR_ERR_OR_ZERO(packet), 0);
	vmb_packet_set_completion_routine(packet, free_memory);
	vmb_test_fill(payload, len, 3);
	KUNIT_ASSERT_EQ(line->machine->test,
			vmb_packet_send(packet, payload, len, VMB_PACKET_WAIT_FOR_COMPLETION), 0);
}

/* In the ring and behind it; all of the memory is used. */
static void memory_may_be_freed_in_the_completion_routine(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int i;

	/* Act */
	for (i = 0; i < 10; i++)
		send(line, VMB_PACKET_BYTES_DEFAULT);
	KUNIT_ASSERT_FALSE(test, list_empty(&line->channel->queue.waiting));
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 10);
	KUNIT_EXPECT_EQ(test, last_status, 0);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
}

static void memory_may_be_freed_when_the_channel_is_closed(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	int i;

	/* Act */
	for (i = 0; i < 10; i++)
		send(line, VMB_PACKET_BYTES_DEFAULT);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 10);
	KUNIT_EXPECT_EQ(test, last_status, -ECANCELED);
}

/* The packets of the destination are in memory of its VSP. */
static int restore_packet(const struct vmb_restore_packet *args)
{
	struct vmb_packet *packet = make(args->channel);
	int ret;

	if (IS_ERR(packet))
		return PTR_ERR(packet);
	ret = vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	vmb_packet_set_completion_routine(packet, free_memory);
	return ret;
}

static int restore_without_routine(const struct vmb_restore_packet *args)
{
	struct vmb_packet *packet = make(args->channel);

	return IS_ERR(packet) ? PTR_ERR(packet) :
	       vmb_packet_restore(packet, args->lib_buf, args->lib_size);
}

/* Those of the source are the fixture's. */
static void discard_packet(struct vmb_channel *channel, struct vmb_packet *packet)
{
	if (vmb_packet_get_pointer(packet))
		vmb_test_discard_packet(channel, packet);
	else
		free_memory(packet, -ENODEV, NULL, 0);
}

static struct vmb_test_move *saved_move(struct kunit *test,
					int (*restore)(const struct vmb_restore_packet *))
{
	struct vmb_test_move *move = vmb_test_move_begin(test, 1, 1);

	atomic_set(&nr_done, 0);
	vmb_test_move_fill(move->lines[0], 4, 3);
	move->vsp->vsp.restore_packet = restore;
	move->vsp->vsp.discard_packet = discard_packet;
	vmb_test_move_save(move);
	vmb_test_move_follow(move);
	return move;
}

static void packet_is_restored_into_memory_of_the_vsp(struct kunit *test)
{
	struct vmb_test_move *move = saved_move(test, restore_packet);
	u64 id;

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->to, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&move->moved[0]->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 7);
	KUNIT_EXPECT_EQ(test, last_status, 0);
	for (id = 1; id <= 7; id++)
		KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&move->moved[0]->guest.seen, id), 1);
}

static void restored_packet_in_such_memory_is_discarded(struct kunit *test)
{
	struct vmb_test_move *move = saved_move(test, restore_packet);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_move_restore(move), 0);
	vmb_test_machine_destroy(move->to);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 7);
	KUNIT_EXPECT_EQ(test, last_status, -ENODEV);
}

static void restore_fails_if_nobody_could_be_told_of_the_end(struct kunit *test)
{
	struct vmb_test_move *move = saved_move(test, restore_without_routine);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_move_restore(move), -EBADFD);

	/* Assert */
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_done), 1);
	vmb_test_move_expect_clean(move);
}

static struct kunit_case packet_memory_cases[] = {
	KUNIT_CASE(size_grows_with_the_largest_packet),
	KUNIT_CASE(memory_that_does_not_do_is_left_alone),
	KUNIT_CASE(packet_is_not_sent_without_a_completion_routine),
	KUNIT_CASE(freeing_leaves_the_memory_to_its_owner),
	KUNIT_CASE(memory_may_be_freed_in_the_completion_routine),
	KUNIT_CASE(memory_may_be_freed_when_the_channel_is_closed),
	KUNIT_CASE(packet_is_restored_into_memory_of_the_vsp),
	KUNIT_CASE(restored_packet_in_such_memory_is_discarded),
	KUNIT_CASE(restore_fails_if_nobody_could_be_told_of_the_end),
	{}
};

static struct kunit_suite packet_memory_suite = {
	.name = "vmbsave_packet_memory",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = packet_memory_cases,
};

kunit_test_suite(packet_memory_suite);

MODULE_DESCRIPTION("Packet objects in memory of the caller");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

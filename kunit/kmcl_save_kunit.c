// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "kmcl.h"

/* Save and restore by the Windows names; packets that are retired or kept. */

#define IS(expression, name) \
	VMB_TEST_EXPECT_STATUS(test, expression, STATUS_##name)

#define PACKETS		3
#define STATE_BYTES	100
#define BLOBS		64

/* A saved channel, in pieces as the calls gave them. */
struct saved {
	u32 nr;
	u32 bytes[BLOBS];
	u8 *data[BLOBS];
};

/* Packets that the guest has not answered, on a machine that has stopped. */
static struct vmb_test_kmcl *stopped_driver(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_kmcl *driver = vmb_test_kmcl_open(machine);
	int i;

	driver->state_bytes = STATE_BYTES;
	for (i = 0; i < PACKETS; i++)
		vmb_test_kmcl_send(driver, 64);
	VmbChannelPause(driver->channel);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	vmb_test_kmcl_forget(driver);
	return driver;
}

/* Saves with buffers that are always just large enough for one chunk. */
static void save_all(struct vmb_test_kmcl *driver, struct saved *saved)
{
	struct kunit *test = driver->test;
	ULONG filled, required;
	NTSTATUS status;

	memset(saved, 0, sizeof(*saved));
	VMB_TEST_ASSERT_STATUS(test, VmbChannelSaveBegin(driver->channel), STATUS_SUCCESS);
	status = VmbChannelSaveContinue(driver->channel, NULL, 0, &filled, &required);
	VMB_TEST_ASSERT_STATUS(test, status, STATUS_BUFFER_TOO_SMALL);
	KUNIT_ASSERT_EQ(test, filled, 0);
	do {
		u32 room = required;

		KUNIT_ASSERT_LT(test, saved->nr, BLOBS);
		KUNIT_ASSERT_GT(test, room, 0);
		saved->data[saved->nr] = vmb_test_alloc(test, room);
		status = VmbChannelSaveContinue(driver->channel, saved->data[saved->nr], room,
						&filled, &required);
		KUNIT_ASSERT_GT(test, filled, 0);
		saved->bytes[saved->nr++] = filled;
	} while (status == STATUS_BUFFER_OVERFLOW);
	VMB_TEST_ASSERT_STATUS(test, status, STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, required, 0);
	VmbChannelSaveEnd(driver->channel);
}

static struct vmb_test_kmcl *destination(struct vmb_test_kmcl *from)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(from->test);
	struct vmb_test_kmcl *driver;

	vmb_test_machine_copy_ram(machine, from->line->machine);
	driver = vmb_test_kmcl_offer(machine);
	driver->state_bytes = STATE_BYTES;
	vmb_test_guest_follow(&driver->line->guest, machine, driver->line->channel,
			      &from->line->guest);
	vmb_test_kmcl_forget(driver);
	return driver;
}

static NTSTATUS restore_all(struct vmb_test_kmcl *driver, const struct saved *saved)
{
	NTSTATUS status = STATUS_MORE_PROCESSING_REQUIRED;
	u32 i;

	for (i = 0; i < saved->nr && status == STATUS_MORE_PROCESSING_REQUIRED; i++)
		status = VmbChannelRestoreFromBuffer(driver->channel, saved->data[i],
						     saved->bytes[i]);
	return status;
}

static void packets_move_and_are_completed_there(struct kunit *test)
{
	struct vmb_test_kmcl *from = stopped_driver(test), *to;
	struct saved saved;

	/* Act */
	save_all(from, &saved);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(from), "save save save save save save ");
	to = destination(from);
	IS(restore_all(to, &saved), SUCCESS);

	/* Assert */
	KUNIT_EXPECT_GT(test, saved.nr, 2);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(to), "restore restore restore opened ");
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(to->line->machine, VMB_BUS_RUNNING), 0);
	VmbChannelStart(to->channel);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait((vmb_test_guest_serve(&to->line->guest),
					       READ_ONCE(to->done) == PACKETS)));
	IS(to->status, SUCCESS);
	VmbChannelDisable(from->channel);
	KUNIT_EXPECT_EQ(test, from->done, PACKETS);
	IS(from->status, CANCELLED);
	IS(VmbChannelRestoreFromBuffer(to->channel, saved.data[0], saved.bytes[0]),
	   INVALID_DEVICE_STATE);
}

static void a_packet_that_is_discarded_is_retired_as_cancelled(struct kunit *test)
{
	struct vmb_test_kmcl *driver = stopped_driver(test);

	VmbChannelDisable(driver->channel);

	KUNIT_EXPECT_EQ(test, driver->done, PACKETS);
	IS(driver->status, CANCELLED);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(driver), "closed done done done ");
}

static void without_save_callbacks_packets_are_retired_as_cancelled_too(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(machine);

	VmbChannelDisable(driver->channel);
	IS(VmbServerChannelInitSetSaveRestorePacketCallbacks(driver->channel, NULL, NULL),
	   SUCCESS);
	IS(VmbChannelEnable(driver->channel), SUCCESS);
	vmb_test_kmcl_send(driver, 8);
	IS(VmbChannelSaveBegin(driver->channel), SUCCESS);
	VmbChannelSaveEnd(driver->channel);

	VmbChannelDisable(driver->channel);

	KUNIT_EXPECT_TRUE(test, vmb_test_wait(READ_ONCE(driver->done) == 1));
	IS(driver->status, CANCELLED);
}

static void a_restore_that_fails_gives_every_packet_back(struct kunit *test)
{
	struct vmb_test_kmcl *from = stopped_driver(test), *to;
	struct saved saved;

	save_all(from, &saved);
	to = destination(from);
	VmbChannelDisable(to->channel);
	to->restore = STATUS_INSUFFICIENT_RESOURCES;

	/* Act */
	IS(restore_all(to, &saved), NO_MEMORY);

	/* Assert */
	KUNIT_EXPECT_EQ(test, to->done, 1);
	IS(to->status, CANCELLED);
	IS(VmbChannelRestoreFromBuffer(to->channel, saved.data[0], saved.bytes[0]), NO_MEMORY);
	IS(VmbChannelEnable(to->channel), DEVICE_BUSY);

	/* Disable is the way out: the next call begins anew. */
	VmbChannelDisable(to->channel);
	IS(VmbChannelRestoreFromBuffer(to->channel, saved.data[0], saved.bytes[0]),
	   MORE_PROCESSING_REQUIRED);
}

static void a_restore_that_is_not_finished_goes_with_the_channel(struct kunit *test)
{
	struct vmb_test_kmcl *from = stopped_driver(test), *to;
	struct saved saved;

	save_all(from, &saved);
	saved.nr--;
	to = destination(from);
	VmbChannelDisable(to->channel);
	IS(restore_all(to, &saved), MORE_PROCESSING_REQUIRED);

	VmbChannelCleanup(to->channel);
	to->channel = NULL;

	KUNIT_EXPECT_EQ(test, to->done, PACKETS);
	IS(to->status, CANCELLED);
}

/*
 * What EvtVmbChannelSavePacket and EvtVmbChannelRestorePacket answer must not
 * be taken for what the library says itself.
 */
static const struct {
	NTSTATUS driver;
	NTSTATUS seen;
} failures[] = {
	{ STATUS_BUFFER_OVERFLOW, STATUS_UNSUCCESSFUL },
	{ STATUS_BUFFER_TOO_SMALL, STATUS_UNSUCCESSFUL },
	{ STATUS_MORE_PROCESSING_REQUIRED, STATUS_UNSUCCESSFUL },
	{ STATUS_IO_DEVICE_ERROR, STATUS_IO_DEVICE_ERROR },
	{ STATUS_QUOTA_EXCEEDED, STATUS_QUOTA_EXCEEDED },
};

static NTSTATUS save_to_failure(struct vmb_test_kmcl *driver, u8 *buf)
{
	ULONG filled, required;
	NTSTATUS status;
	u32 calls = 0;

	status = VmbChannelSaveBegin(driver->channel);
	if (NT_SUCCESS(status))
		do {
			status = VmbChannelSaveContinue(driver->channel, buf, 4096, &filled,
							&required);
		} while (status == STATUS_BUFFER_OVERFLOW && ++calls < BLOBS);
	VmbChannelSaveEnd(driver->channel);
	return status;
}

static void a_failure_of_the_driver_is_not_taken_for_progress(struct kunit *test)
{
	struct vmb_test_kmcl *driver = stopped_driver(test), *to;
	u8 *buf = vmb_test_alloc(test, 4096);
	struct saved saved;
	int i;

	save_all(driver, &saved);
	for (i = 0; i < ARRAY_SIZE(failures); i++) {
		/* In the first pass, without a size */
		driver->state_bytes = 0;
		driver->first = failures[i].driver;
		VMB_TEST_EXPECT_STATUS(test, save_to_failure(driver, buf), failures[i].seen);
		/* In the second */
		driver->state_bytes = STATE_BYTES;
		driver->save = failures[i].driver;
		VMB_TEST_EXPECT_STATUS(test, save_to_failure(driver, buf), failures[i].seen);

		to = destination(driver);
		to->restore = failures[i].driver;
		VMB_TEST_EXPECT_STATUS(test, restore_all(to, &saved), failures[i].seen);
	}
}

static void arguments_that_are_missing_are_named(struct kunit *test)
{
	struct vmb_test_kmcl *driver = stopped_driver(test);
	VMBPACKET packet = VmbPacketAllocate(driver->channel);
	VMBCHANNEL c = driver->channel;
	ULONG a, b;
	u8 buf[8];

	KUNIT_ASSERT_NOT_NULL(test, packet);
	IS(VmbChannelSaveBegin(NULL), INVALID_PARAMETER_1);
	IS(VmbChannelSaveContinue(NULL, buf, 8, &a, &b), INVALID_PARAMETER_1);
	IS(VmbChannelSaveContinue(c, NULL, 8, &a, &b), INVALID_PARAMETER_2);
	IS(VmbChannelSaveContinue(c, buf, 8, NULL, &b), INVALID_PARAMETER_4);
	IS(VmbChannelSaveContinue(c, buf, 8, &a, NULL), INVALID_PARAMETER_5);
	IS(VmbChannelSaveContinue(c, buf, 8, &a, &b), INVALID_DEVICE_STATE);
	IS(VmbChannelRestoreFromBuffer(NULL, buf, 8), INVALID_PARAMETER_1);
	IS(VmbChannelRestoreFromBuffer(c, NULL, 8), INVALID_PARAMETER_2);
	IS(VmbChannelRestoreFromBuffer(c, buf, 0), INVALID_PARAMETER_3);
	IS(VmbPacketRestore(NULL, buf, 8), INVALID_PARAMETER_1);
	IS(VmbPacketRestore(packet, NULL, 8), INVALID_PARAMETER_2);
	IS(VmbPacketRestore(packet, buf, 0), INVALID_PARAMETER_3);
	IS(VmbPacketRestore(packet, buf, 8), INVALID_DEVICE_STATE);
	VmbPacketFree(packet);
}

static void a_packet_in_use_is_not_freed(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_open(vmb_test_machine_create(test));
	VMBPACKET packet = vmb_test_kmcl_send(driver, 16);
	u8 buf[8] = { };

	kunit_info(test, "expect splat: VmbPacketFree");
	VmbPacketFree(packet);
	IS(VmbPacketSend(packet, buf, 8, NULL, 0), ALREADY_COMMITTED);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait((vmb_test_guest_serve(&driver->line->guest),
					       READ_ONCE(driver->done) == 1)));
	IS(driver->status, SUCCESS);
}

static void keep(VMBPACKET packet, NTSTATUS status, PVOID buf, UINT32 len)
{
	WRITE_ONCE(*(u32 *)VmbPacketGetPointer(packet), 1);
}

static void a_packet_in_the_drivers_memory_needs_a_routine(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_open(vmb_test_machine_create(test));
	u32 size = VmbChannelSizeofPacket(driver->channel), kept = 0;
	VMBPACKET packet = vmb_test_alloc(test, size);
	u8 buf[8] = { };

	IS(VmbPacketInitialize(NULL, packet, size), INVALID_PARAMETER_1);
	IS(VmbPacketInitialize(driver->channel, NULL, size), INVALID_PARAMETER_2);
	IS(VmbPacketInitialize(driver->channel, (VMBPACKET)((u8 *)packet + 4), size),
	   INVALID_PARAMETER_2);
	IS(VmbPacketInitialize(driver->channel, packet, size - 1), INVALID_PARAMETER_3);
	IS(VmbPacketInitialize(driver->channel, packet, 8), INVALID_PARAMETER_3);
	IS(VmbPacketInitialize(driver->channel, packet, size), SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, VmbPacketGetChannel(packet), driver->channel);
	IS(VmbPacketSend(packet, buf, 8, NULL, 0), INVALID_DEVICE_STATE);

	VmbPacketSetPointer(packet, &kept);
	VmbPacketSetCompletionRoutine(packet, keep);
	IS(VmbPacketSend(packet, buf, 8, NULL, 0), SUCCESS);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(READ_ONCE(kept)));
	VmbPacketFree(packet);
}

static struct kunit_case kmcl_save_cases[] = {
	KUNIT_CASE(packets_move_and_are_completed_there),
	KUNIT_CASE(a_packet_that_is_discarded_is_retired_as_cancelled),
	KUNIT_CASE(without_save_callbacks_packets_are_retired_as_cancelled_too),
	KUNIT_CASE(a_restore_that_fails_gives_every_packet_back),
	KUNIT_CASE(a_restore_that_is_not_finished_goes_with_the_channel),
	KUNIT_CASE(a_failure_of_the_driver_is_not_taken_for_progress),
	KUNIT_CASE(arguments_that_are_missing_are_named),
	KUNIT_CASE(a_packet_in_use_is_not_freed),
	KUNIT_CASE(a_packet_in_the_drivers_memory_needs_a_routine),
	{}
};

static struct kunit_suite kmcl_save_suite = {
	.name = "vmbsave_kmcl_save",
	.init = vmb_test_kmcl_init,
	.exit = vmb_test_kmcl_exit,
	.test_cases = kmcl_save_cases,
};

kunit_test_suite(kmcl_save_suite);

MODULE_DESCRIPTION("Save and restore by the Windows names");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

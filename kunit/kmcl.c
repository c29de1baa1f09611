// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "kmcl.h"

/* A driver that a case drives by the Windows names; its callbacks write down what is called. */

static const GUID type = GUID_INIT(0x6b6d636c, 1, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);
static const GUID instance = GUID_INIT(0x6b6d636c, 2, 0x4000, 0x80, 0, 0, 0, 0, 0, 0, 1);

static struct vmb_test_kmcl *of(VMBCHANNEL channel)
{
	return VmbChannelGetPointer(channel);
}

static void note(struct vmb_test_kmcl *driver, const char *call)
{
	size_t len;

	guard(spinlock)(&driver->lock);
	len = strlen(driver->log);
	scnprintf(driver->log + len, sizeof(driver->log) - len, "%s ", call);
}

static NTSTATUS opened(VMBCHANNEL channel)
{
	note(of(channel), "opened");
	return of(channel)->opened;
}

static void closed(VMBCHANNEL channel)
{
	note(of(channel), "closed");
}

static void suspend(VMBCHANNEL channel)
{
	note(of(channel), "suspend");
}

static void started(VMBCHANNEL channel)
{
	note(of(channel), "started");
}

static void post_started(VMBCHANNEL channel)
{
	note(of(channel), "post_started");
}

static void process(VMBCHANNEL channel, VMBPACKETCOMPLETION packet, PVOID buf, UINT32 len,
		    UINT32 flags)
{
	struct vmb_test_kmcl *driver = of(channel);

	note(driver, "process");
	driver->flags = flags;
	if (driver->hold)
		driver->held = packet;
	else
		VmbChannelPacketComplete(packet, buf, len);
}

static void batch(VMBCHANNEL channel, UINT32 nr)
{
	note(of(channel), "batch");
}

static void done(VMBPACKET packet, NTSTATUS status, PVOID buf, UINT32 len)
{
	struct vmb_test_kmcl *driver = VmbPacketGetPointer(packet);

	note(driver, "done");
	driver->status = status;
	driver->done++;
	VmbPacketFree(packet);
}

static NTSTATUS save(VMBCHANNEL channel, VMBPACKET packet, PVOID buf, UINT32 size,
		     PUINT32 needed)
{
	struct vmb_test_kmcl *driver = of(channel);

	note(driver, "save");
	if (!driver->state_bytes)
		return driver->first;
	*needed = driver->state_bytes;
	if (size < driver->state_bytes)
		return STATUS_BUFFER_TOO_SMALL;
	vmb_test_fill(buf, driver->state_bytes, 1);
	return driver->save;
}

static NTSTATUS restore(VMBCHANNEL channel, PVOID lib, UINT32 lib_size, PVOID state,
			UINT32 state_size)
{
	struct vmb_test_kmcl *driver = of(channel);
	VMBPACKET packet = VmbPacketAllocate(channel);
	NTSTATUS status;

	note(driver, "restore");
	if (!packet)
		return STATUS_INSUFFICIENT_RESOURCES;
	KUNIT_EXPECT_EQ(driver->test, state_size, driver->state_bytes);
	KUNIT_EXPECT_TRUE(driver->test, vmb_test_filled(state, state_size, 1));
	VmbPacketSetPointer(packet, driver);
	VmbPacketSetCompletionRoutine(packet, done);
	status = VmbPacketRestore(packet, lib, lib_size);
	if (!NT_SUCCESS(status))
		VmbPacketFree(packet);
	return NT_SUCCESS(status) ? driver->restore : status;
}

/**
 * vmb_test_kmcl_init() - vmb_test_init() of a suite with such drivers
 * @test: the case
 * Return: 0 or -ENOMEM.
 */
int vmb_test_kmcl_init(struct kunit *test)
{
	struct list_head *drivers;
	int ret = vmb_test_init(test);

	if (ret)
		return ret;
	drivers = vmb_test_alloc(test, sizeof(*drivers));
	INIT_LIST_HEAD(drivers);
	vmb_test_of(test)->priv = drivers;
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_init);

/**
 * vmb_test_kmcl_exit() - vmb_test_exit() of a suite with such drivers
 * @test: the case
 */
void vmb_test_kmcl_exit(struct kunit *test)
{
	struct list_head *drivers = vmb_test_of(test)->priv;
	struct vmb_test_kmcl *driver;

	list_for_each_entry(driver, drivers, node) {
		if (driver->channel) {
			VmbChannelDisable(driver->channel);
			VmbChannelCleanup(driver->channel);
		}
		if (driver->line) {
			vmb_channel_put(driver->line->channel);
			driver->line->channel = NULL;
		}
	}
	vmb_test_exit(test);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_exit);

/**
 * vmb_test_kmcl_allocate() - a driver with a channel that has no bus
 * @test: the case
 * @server: which end
 * Return: the driver; on failure the case ends.
 */
struct vmb_test_kmcl *vmb_test_kmcl_allocate(struct kunit *test, BOOLEAN server)
{
	struct vmb_test_kmcl *driver = vmb_test_alloc(test, sizeof(*driver));

	driver->test = test;
	spin_lock_init(&driver->lock);
	VMB_TEST_ASSERT_STATUS(test, VmbChannelAllocate(NULL, server, &driver->channel),
			       STATUS_SUCCESS);
	VmbChannelSetPointer(driver->channel, driver);
	list_add_tail(&driver->node, vmb_test_of(test)->priv);
	return driver;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_allocate);

static void configure(struct vmb_test_kmcl *driver)
{
	VMB_CHANNEL_STATE_CHANGE_CALLBACKS callbacks;
	VMBCHANNEL channel = driver->channel;
	struct kunit *test = driver->test;

	VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT(&callbacks);
	callbacks.EvtChannelOpened = opened;
	callbacks.EvtChannelClosed = closed;
	callbacks.EvtChannelSuspend = suspend;
	callbacks.EvtChannelStarted = started;
	callbacks.EvtChannelPostStarted = post_started;
	VMB_TEST_ASSERT_STATUS(test, VmbChannelInitSetStateChangeCallbacks(channel, &callbacks),
			       STATUS_SUCCESS);
	VMB_TEST_ASSERT_STATUS(test, VmbChannelInitSetProcessPacketCallbacks(channel, process,
									     batch),
			       STATUS_SUCCESS);
	VMB_TEST_ASSERT_STATUS(test, VmbServerChannelInitSetSaveRestorePacketCallbacks(channel,
										       save,
										       restore),
			       STATUS_SUCCESS);
	VMB_TEST_ASSERT_STATUS(test, VmbServerChannelInitSetTargetInterfaceId(channel, type,
									      instance),
			       STATUS_SUCCESS);
	VMB_TEST_ASSERT_STATUS(test, VmbChannelInitSetMaximumPacketSize(channel, 512),
			       STATUS_SUCCESS);
}

/**
 * vmb_test_kmcl_attach() - give the channel its bus, and a line
 * @driver: configured
 * @machine: the machine of the bus
 */
void vmb_test_kmcl_attach(struct vmb_test_kmcl *driver, struct vmb_test_machine *machine)
{
	struct kunit *test = driver->test;
	struct vmb_test_line *line = vmb_test_alloc(test, sizeof(*line));

	VMB_TEST_ASSERT_STATUS(test, VmbServerChannelInitSetVmbusHandle(driver->channel,
									machine->bus),
			       STATUS_SUCCESS);
	line->machine = machine;
	line->channel = vmb_channel_get(driver->channel->native);
	list_add_tail(&line->node, &machine->lines);
	driver->line = line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_attach);

/**
 * vmb_test_kmcl_offer() - a driver whose channel is on offer and started
 * @machine: the machine
 * Return: the driver; on failure the case ends.
 */
struct vmb_test_kmcl *vmb_test_kmcl_offer(struct vmb_test_machine *machine)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_allocate(machine->test, TRUE);

	configure(driver);
	vmb_test_kmcl_attach(driver, machine);
	VMB_TEST_ASSERT_STATUS(machine->test, VmbChannelEnable(driver->channel), STATUS_SUCCESS);
	VmbChannelStart(driver->channel);
	return driver;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_offer);

/**
 * vmb_test_kmcl_open() - a driver whose channel is open
 * @machine: the machine; it is set RUNNING
 * Return: the driver; on failure the case ends.
 */
struct vmb_test_kmcl *vmb_test_kmcl_open(struct vmb_test_machine *machine)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(machine);
	struct vmb_test_line *line = driver->line;
	struct kunit *test = machine->test;

	vmb_test_guest_init(&line->guest, machine, line->channel, 0x101, VMB_TEST_RING_PAGES,
			    VMB_TEST_RING_PAGES);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return driver;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_open);

/**
 * vmb_test_kmcl_send() - send a packet that wants an answer
 * @driver: its channel is enabled
 * @bytes: payload
 * Return: the packet; on failure the case ends.
 */
VMBPACKET vmb_test_kmcl_send(struct vmb_test_kmcl *driver, u32 bytes)
{
	VMBPACKET packet = VmbPacketAllocate(driver->channel);
	struct kunit *test = driver->test;
	u8 *buf = vmb_test_alloc(test, bytes);

	KUNIT_ASSERT_NOT_NULL(test, packet);
	VmbPacketSetPointer(packet, driver);
	VmbPacketSetCompletionRoutine(packet, done);
	VMB_TEST_ASSERT_STATUS(test, VmbPacketSend(packet, buf, bytes, NULL,
						   VMBUS_CHANNEL_FORMAT_FLAG_WAIT_FOR_COMPLETION),
			       STATUS_SUCCESS);
	return packet;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_send);

/**
 * vmb_test_kmcl_log() - what was called
 * @driver: the driver
 * Return: a copy, good to the end of the case.
 */
const char *vmb_test_kmcl_log(struct vmb_test_kmcl *driver)
{
	char *copy = vmb_test_alloc(driver->test, VMB_TEST_KMCL_LOG);

	guard(spinlock)(&driver->lock);
	memcpy(copy, driver->log, VMB_TEST_KMCL_LOG);
	return copy;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_log);

/**
 * vmb_test_kmcl_forget() - begin a new log
 * @driver: the driver
 */
void vmb_test_kmcl_forget(struct vmb_test_kmcl *driver)
{
	guard(spinlock)(&driver->lock);
	driver->log[0] = '\0';
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_kmcl_forget);

MODULE_DESCRIPTION("A driver in the Windows names, for KUnit");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

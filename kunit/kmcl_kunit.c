// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "kmcl.h"

/* The Windows names: setters, tables, the order of callbacks, results at the border. */

static const GUID no_guid;
static const GUID some_guid = GUID_INIT(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

static void process(VMBCHANNEL channel, VMBPACKETCOMPLETION packet, PVOID buf, UINT32 len,
		    UINT32 flags)
{
}

static NTSTATUS save(VMBCHANNEL channel, VMBPACKET packet, PVOID buf, UINT32 size,
		     PUINT32 needed)
{
	return STATUS_SUCCESS;
}

static NTSTATUS restore(VMBCHANNEL channel, PVOID lib, UINT32 lib_size, PVOID state,
			UINT32 state_size)
{
	return STATUS_UNSUCCESSFUL;
}

static NTSTATUS set_state(VMBCHANNEL channel, ULONG version, ULONG size)
{
	VMB_CHANNEL_STATE_CHANGE_CALLBACKS callbacks;

	VMB_CHANNEL_STATE_CHANGE_CALLBACKS_INIT(&callbacks);
	callbacks.Version += version;
	callbacks.Size += size;
	return VmbChannelInitSetStateChangeCallbacks(channel, &callbacks);
}

static NTSTATUS set_name(VMBCHANNEL channel, WCHAR *name, USHORT bytes)
{
	const UNICODE_STRING string = { .Length = bytes, .Buffer = name };

	return VmbChannelInitSetFriendlyName(channel, &string);
}

#define IS(expression, name) \
	VMB_TEST_EXPECT_STATUS(test, expression, STATUS_##name)
#define WRONG(expression, n)	IS(expression, INVALID_PARAMETER_##n)

/* Good values: what any setter answers depends on the channel's state alone. */
static void say_all(struct kunit *test, VMBCHANNEL c, NTSTATUS status)
{
#define GOOD(expression)	VMB_TEST_EXPECT_STATUS(test, expression, status)
	GOOD(VmbChannelInitSetMaximumPacketSize(c, 64));
	GOOD(VmbChannelInitSetMaximumExternalData(c, 4096, 1));
	GOOD(VmbChannelInitSetClientContextSize(c, 4088));
	GOOD(VmbChannelInitSetProcessPacketCallbacks(c, process, NULL));
	GOOD(set_state(c, 0, 0));
	GOOD(set_name(c, L"disk", 8));
	GOOD(VmbChannelInitSetFlags(c, VMBUS_CHANNEL_INIT_FLAG_IS_PIPE));
	GOOD(VmbServerChannelInitSetFlags(c, 0x1f));
	GOOD(VmbServerChannelInitSetMmioMegabytes(c, 0, 1));
	GOOD(VmbServerChannelInitSetTargetInterfaceId(c, some_guid, no_guid));
	GOOD(VmbServerChannelInitSetTargetVtl(c, VMB_VTL_MAX));
	GOOD(VmbServerChannelInitSetSaveRestorePacketCallbacks(c, save, restore));
#undef GOOD
}

/* One value after the other that cannot be; the status says which. */
static void say_wrong(struct kunit *test, VMBCHANNEL c)
{
	WRONG(VmbChannelInitSetMaximumPacketSize(c, 0), 2);
	WRONG(VmbChannelInitSetMaximumPacketSize(c, VMB_PACKET_BYTES_MAX + 1), 2);
	WRONG(VmbChannelInitSetMaximumExternalData(c, 0, 1), 2);
	WRONG(VmbChannelInitSetMaximumExternalData(c, 4096, 0), 3);
	WRONG(VmbChannelInitSetClientContextSize(c, 4089), 2);
	WRONG(VmbChannelInitSetProcessPacketCallbacks(c, NULL, NULL), 2);
	WRONG(VmbChannelInitSetStateChangeCallbacks(c, NULL), 2);
	WRONG(set_state(c, 1, 0), 2);
	WRONG(set_state(c, 0, 8), 2);
	WRONG(VmbChannelInitSetFriendlyName(c, NULL), 2);
	WRONG(set_name(c, NULL, 2), 2);
	WRONG(VmbChannelInitSetFlags(c, 2), 2);
	WRONG(VmbServerChannelInitSetFlags(c, 0x20), 2);
	IS(VmbServerChannelInitSetMmioMegabytes(c, 0, 0), INVALID_PARAMETER);
	WRONG(VmbServerChannelInitSetTargetInterfaceId(c, no_guid, some_guid), 2);
	WRONG(VmbServerChannelInitSetTargetVtl(c, VMB_VTL_MAX + 1), 2);
	WRONG(VmbServerChannelInitSetSaveRestorePacketCallbacks(c, NULL, restore), 2);
	WRONG(VmbServerChannelInitSetSaveRestorePacketCallbacks(c, save, NULL), 3);
	WRONG(VmbServerChannelInitSetVmbusHandle(c, NULL), 2);
}

static void a_setter_names_the_value_that_is_wrong(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_allocate(test, TRUE);

	/* Remembered, and then said at once */
	say_wrong(test, driver->channel);
	say_all(test, driver->channel, STATUS_SUCCESS);
	vmb_test_kmcl_attach(driver, vmb_test_machine_create(test));
	say_wrong(test, driver->channel);
	say_all(test, driver->channel, STATUS_SUCCESS);
}

static void a_setter_names_the_channel_if_it_is_not_disabled(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(vmb_test_machine_create(test));

	say_all(test, driver->channel, STATUS_INVALID_PARAMETER_1);
	WRONG(VmbServerChannelInitSetVmbusHandle(driver->channel, driver->line->machine->bus), 1);
	VmbChannelDisable(driver->channel);
	say_all(test, driver->channel, STATUS_SUCCESS);
	say_all(test, NULL, STATUS_INVALID_PARAMETER_1);
}

static void a_setter_of_the_other_end_names_the_channel(struct kunit *test)
{
	VMBCHANNEL server = vmb_test_kmcl_allocate(test, TRUE)->channel;
	VMBCHANNEL client = vmb_test_kmcl_allocate(test, FALSE)->channel;

	WRONG(VmbClientChannelInitSetRingBufferPageCount(server, 1, 1), 1);
	WRONG(VmbClientChannelInitSetTargetPnp(server, &some_guid, NULL, NULL), 1);
	WRONG(VmbServerChannelInitSetFlags(client, 0), 1);
	WRONG(VmbServerChannelInitSetMmioMegabytes(client, 1, 1), 1);
	WRONG(VmbServerChannelInitSetTargetInterfaceId(client, some_guid, some_guid), 1);
	WRONG(VmbServerChannelInitSetTargetVtl(client, 0), 1);
	WRONG(VmbServerChannelInitSetSaveRestorePacketCallbacks(client, save, restore), 1);
	WRONG(VmbClientChannelInitSetRingBufferPageCount(client, 0, 1), 2);
	WRONG(VmbClientChannelInitSetRingBufferPageCount(client, 1, 4097), 3);
	IS(VmbClientChannelInitSetRingBufferPageCount(client, 1, 4096), SUCCESS);
	WRONG(VmbClientChannelInitSetTargetPnp(client, &no_guid, NULL, NULL), 2);
	IS(VmbClientChannelInitSetTargetPnp(client, &some_guid, NULL, NULL), SUCCESS);
}

/* What was said before the bus was known is what the native channel has. */
static void what_was_remembered_is_replayed(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_allocate(test, TRUE);
	struct vmb_channel *native;
	GUID found;

	say_all(test, driver->channel, STATUS_SUCCESS);
	IS(set_name(driver->channel, L"d\x00fc\n x", 10), SUCCESS);
	VmbChannelGetInterfaceInstance(driver->channel, &found);
	KUNIT_EXPECT_TRUE(test, guid_equal(&found, &no_guid));

	/* Act */
	vmb_test_kmcl_attach(driver, vmb_test_machine_create(test));

	/* Assert */
	native = driver->channel->native;
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(native), 64);
	KUNIT_EXPECT_STREQ(test, vmb_channel_friendly_name(native), "d?? x");
	KUNIT_EXPECT_TRUE(test, guid_equal(vmb_channel_interface_type(native), &some_guid));
	KUNIT_EXPECT_TRUE(test, vmb_channel_is_server(native));
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(native), VMB_CHANNEL_DISABLED);
}

static u32 count_functions(struct kunit *test, const void *from, const void *to)
{
	void * const *function;
	u32 nr = 0;

	for (function = from; (const void *)function < to; function++, nr++)
		KUNIT_EXPECT_NOT_NULL(test, *function);
	return nr;
}

static void the_tables_are_complete(struct kunit *test)
{
	KMCL_CLIENT_INTERFACE_V1 client;
	KMCL_SERVER_INTERFACE_V1 server;

	/* Act */
	WRONG(vmb_kmcl_query_client_interface(NULL, sizeof(client), 1), 1);
	IS(vmb_kmcl_query_client_interface((PINTERFACE)&client, sizeof(client) - 1, 1),
	   BUFFER_TOO_SMALL);
	IS(vmb_kmcl_query_client_interface((PINTERFACE)&client, sizeof(client), 2), NOT_SUPPORTED);
	IS(vmb_kmcl_query_client_interface((PINTERFACE)&client, sizeof(client), 1), SUCCESS);
	IS(vmb_kmcl_query_server_interface((PINTERFACE)&server, sizeof(server), 1), SUCCESS);

	/* Assert */
	KUNIT_EXPECT_EQ(test, client.Size, sizeof(client));
	KUNIT_EXPECT_EQ(test, server.Size, sizeof(server));
	KUNIT_EXPECT_EQ(test, client.Version, KMCL_CLIENT_INTERFACE_VERSION_V1);
	KUNIT_EXPECT_EQ(test, count_functions(test, &client.VmbChannelAllocate, &client + 1), 41);
	KUNIT_EXPECT_EQ(test, count_functions(test, &server.VmbChannelMapGpadl, &server + 1), 14);
	KUNIT_EXPECT_FALSE(test, memcmp(&client.VmbChannelAllocate, &server.VmbChannelAllocate,
					41 * sizeof(void *)));
	KUNIT_EXPECT_PTR_EQ(test, server.VmbServerChannelInitSetVmbusHandle,
			    &VmbServerChannelInitSetVmbusHandle);
	client.InterfaceDereference(client.Context);
	server.InterfaceDereference(server.Context);
}

static void callbacks_come_in_their_order(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_open(vmb_test_machine_create(test));
	struct vmb_test_guest *guest = &driver->line->guest;

	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(driver), "opened started post_started ");
	vmb_test_kmcl_forget(driver);

	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(guest, 5, 16), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_guest_serve(guest) &&
					      vmb_test_guest_count(&guest->answered, 5) == 1));
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(!strcmp(vmb_test_kmcl_log(driver),
						      "process batch ")));
	KUNIT_EXPECT_EQ(test, driver->flags, 0);
	vmb_test_kmcl_forget(driver);

	VmbChannelPause(driver->channel);
	VmbChannelStart(driver->channel);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(driver), "suspend started post_started ");
	vmb_test_kmcl_forget(driver);

	VmbChannelDisable(driver->channel);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(driver), "suspend closed ");
}

static void each_state_callback_may_be_missing(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(machine);
	struct vmb_test_line *line = driver->line;

	VmbChannelDisable(driver->channel);
	IS(set_state(driver->channel, 0, 0), SUCCESS);
	IS(VmbChannelEnable(driver->channel), SUCCESS);
	VmbChannelStart(driver->channel);
	vmb_test_guest_init(&line->guest, machine, line->channel, 0x101, 4, 4);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	VmbChannelPause(driver->channel);
	VmbChannelDisable(driver->channel);
	KUNIT_EXPECT_STREQ(test, vmb_test_kmcl_log(driver), "");
}

static const struct {
	NTSTATUS status;
	int error;
} answers[] = {
	{ STATUS_SUCCESS, 0 },
	{ STATUS_MORE_ENTRIES, 0 },
	{ STATUS_IO_DEVICE_ERROR, -EIO },
	{ STATUS_INSUFFICIENT_RESOURCES, -ENOMEM },
	{ STATUS_DEVICE_BUSY, -EBUSY },
	{ STATUS_PENDING, -ENOTRECOVERABLE },
};

static void what_opened_answers_is_what_the_vmm_gets(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(machine);
	struct vmb_test_line *line = driver->line;
	int i;

	kunit_info(test, "expect splat: vmb_kmcl_callback_result");
	vmb_test_guest_init(&line->guest, machine, line->channel, 0x101, 4, 4);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	for (i = 0; i < ARRAY_SIZE(answers); i++) {
		driver->opened = answers[i].status;
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_open(&line->guest), answers[i].error,
				    "%s", vmb_status_name(answers[i].status));
		if (!answers[i].error)
			KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	}
}

static void a_channel_without_bus_or_callback_is_not_enabled(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_allocate(test, TRUE);
	ULONG filled, required;
	u8 buf[8];

	IS(VmbChannelEnable(NULL), INVALID_PARAMETER_1);
	IS(VmbChannelEnable(driver->channel), INVALID_DEVICE_STATE);
	IS(VmbChannelSaveBegin(driver->channel), INVALID_DEVICE_STATE);
	IS(VmbChannelSaveContinue(driver->channel, buf, 8, &filled, &required),
	   INVALID_DEVICE_STATE);
	IS(VmbChannelRestoreFromBuffer(driver->channel, buf, 8), INVALID_DEVICE_STATE);
	KUNIT_EXPECT_NULL(test, VmbPacketAllocate(driver->channel));
	KUNIT_EXPECT_EQ(test, VmbChannelSizeofPacket(driver->channel), 0);
	VmbChannelPause(driver->channel);
	VmbChannelSaveEnd(driver->channel);
	IS(VmbServerChannelInitSetTargetInterfaceId(driver->channel, some_guid, some_guid),
	   SUCCESS);
	vmb_test_kmcl_attach(driver, vmb_test_machine_create(test));
	IS(VmbChannelEnable(driver->channel), INVALID_DEVICE_STATE);
	IS(VmbChannelRestoreFromBuffer(driver->channel, buf, 8), INVALID_DEVICE_STATE);
	IS(VmbChannelInitSetProcessPacketCallbacks(driver->channel, process, NULL), SUCCESS);
	IS(VmbChannelEnable(driver->channel), SUCCESS);
	IS(VmbChannelEnable(driver->channel), INVALID_DEVICE_STATE);
}

static void start_of_a_disabled_channel_is_warned_of(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(vmb_test_machine_create(test));

	kunit_info(test, "expect splat: VmbChannelStart");
	VmbChannelDisable(driver->channel);
	VmbChannelStart(driver->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(driver->channel->native),
			VMB_CHANNEL_DISABLED);
}

static void cleanup_of_an_enabled_channel_is_warned_of_and_leaves_it(struct kunit *test)
{
	struct vmb_test_kmcl *driver = vmb_test_kmcl_offer(vmb_test_machine_create(test));

	kunit_info(test, "expect splat: VmbChannelCleanup");
	VmbChannelCleanup(driver->channel);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(driver->channel->native),
			VMB_CHANNEL_STARTED);
}

static void a_request_of_a_server_is_only_tried(struct kunit *test)
{
	VMBCHANNEL c = vmb_test_kmcl_open(vmb_test_machine_create(test))->channel;
	LARGE_INTEGER now = { .QuadPart = 0 }, later = { .QuadPart = -1 };
	UINT32 room = 8, odd = 7;
	u8 buf[8] = { };
	MDL mdl;

	WRONG(VmbChannelSendSynchronousRequest(NULL, buf, 8, NULL, 0, NULL, NULL, &now), 1);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, &mdl, 0, NULL, NULL, &now), 4);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 1, NULL, NULL, &now), 5);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 8, NULL, NULL, &now), 5);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, buf, NULL, &now), 7);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, buf, &odd, &now), 7);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, NULL, &room, &now), 7);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, NULL, NULL, NULL), 8);
	WRONG(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, NULL, NULL, &later), 8);
	IS(VmbChannelSendSynchronousRequest(c, buf, 8, NULL, 0, NULL, NULL, &now), SUCCESS);
}

static void a_descriptor_that_is_no_bus_is_told_from_none(struct kunit *test)
{
	HANDLE handle = NULL;

	WRONG(VmbConvertVmbusHandleToKernelHandle((HANDLE)0, NULL), 2);
	IS(VmbConvertVmbusHandleToKernelHandle((HANDLE)1000000, &handle), INVALID_HANDLE);
	IS(VmbConvertVmbusHandleToKernelHandle((HANDLE)-1, &handle), INVALID_HANDLE);
	KUNIT_EXPECT_NULL(test, handle);
	IS(ZwClose(NULL), INVALID_HANDLE);
}

static struct kunit_case kmcl_cases[] = {
	KUNIT_CASE(a_setter_names_the_value_that_is_wrong),
	KUNIT_CASE(a_setter_names_the_channel_if_it_is_not_disabled),
	KUNIT_CASE(a_setter_of_the_other_end_names_the_channel),
	KUNIT_CASE(what_was_remembered_is_replayed),
	KUNIT_CASE(the_tables_are_complete),
	KUNIT_CASE(callbacks_come_in_their_order),
	KUNIT_CASE(each_state_callback_may_be_missing),
	KUNIT_CASE(what_opened_answers_is_what_the_vmm_gets),
	KUNIT_CASE(a_channel_without_bus_or_callback_is_not_enabled),
	KUNIT_CASE(start_of_a_disabled_channel_is_warned_of),
	KUNIT_CASE(cleanup_of_an_enabled_channel_is_warned_of_and_leaves_it),
	KUNIT_CASE(a_request_of_a_server_is_only_tried),
	KUNIT_CASE(a_descriptor_that_is_no_bus_is_told_from_none),
	{}
};

static struct kunit_suite kmcl_suite = {
	.name = "vmbsave_kmcl",
	.init = vmb_test_kmcl_init,
	.exit = vmb_test_kmcl_exit,
	.test_cases = kmcl_cases,
};

kunit_test_suite(kmcl_suite);

MODULE_DESCRIPTION("The Windows names");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "line.h"

/* Life, opening and the end of one channel. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

static void channel_lives_until_its_last_reference(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 before = vmb_limit_used(VMB_LIMIT_CHANNELS);
	struct vmb_channel *channel = vmb_channel_get(line->channel);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);
	vmb_test_line_put_channel(line);
	msleep(1000);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_CHANNELS), before);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);

	/* Act */
	vmb_channel_put(channel);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_limit_used(VMB_LIMIT_CHANNELS) ==
					      before - 1));
}

static void pointer_and_names_are_kept(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_channel *channel = line->channel;
	void *server = vmb_channel_get_pointer(channel);

	/* Act */
	vmb_channel_set_pointer(channel, test);

	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, vmb_channel_get_pointer(channel), (void *)test);
	KUNIT_EXPECT_EQ(test, vmb_channel_subchannel(channel), 0);
	KUNIT_EXPECT_STREQ(test, dev_name(vmb_channel_device(channel)),
			   vmb_test_text(test, "%s-%u", dev_name(&line->machine->bus->dev),
					 line->id));
	KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(channel));
	vmb_channel_set_pointer(channel, server);
}

static void max_packet_size_is_within_what_a_packet_can_hold(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_channel *channel;

	/* Arrange */
	vsp->knobs.stay_disabled = true;
	channel = vmb_test_line_offer(machine, vsp, 1)->channel;
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 4096);

	/* Act, Assert: what is refused changes nothing. */
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel,
								   VMB_PACKET_BYTES_MAX + 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 4096);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel, 1), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_max_packet_size(channel,
								   VMB_PACKET_BYTES_MAX), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), VMB_PACKET_BYTES_MAX);
}

static void open_needs_a_way_to_signal_the_guest(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	vmb_channel_set_host(line->channel, NULL);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_OPENED), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
}

/* Rings of 4 data pages each need 10 pages: 0 and 5 are control pages. */
static const struct {
	const char *name;
	u32 gpadl;
	u32 downstream;
	int ret;
} bad_opens[] = {
	{ "no such GPADL", 0x999, 5, -ENOENT },
	{ "GPADL 0", 0, 5, -ENOENT },
	{ "no guest-to-host ring", 0x101, 0, -EINVAL },
	{ "no data in the guest-to-host ring", 0x101, 1, -EINVAL },
	{ "no data in the host-to-guest ring", 0x101, 9, -EINVAL },
	{ "no host-to-guest ring", 0x101, 10, -EINVAL },
	{ "beyond the GPADL", 0x101, 11, -EINVAL },
	{ "far beyond", 0x101, U32_MAX, -EINVAL },
	{ "a GPADL that does not begin at a page", 0x200, 5, -EINVAL },
	{ "the same, with whole pages of bytes", 0x202, 5, -EINVAL },
	{ "a GPADL that does not end at a page", 0x201, 5, -EINVAL },
};

static void open_refuses_rings_that_do_not_fit(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 0x200, 0, 10, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_bytes(line->channel, 0x201, 0,
							10 * 4096 - 8, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_bytes(line->channel, 0x202, 0,
							10 * 4096, 8), 0);

	for (i = 0; i < ARRAY_SIZE(bad_opens); i++) {
		const struct vmb_channel_open open = {
			.gpadl = bad_opens[i].gpadl,
			.downstream_page = bad_opens[i].downstream,
		};

		/* Act, Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_channel_open(line->channel, &open),
				    bad_opens[i].ret, "%s", bad_opens[i].name);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_OPENED), 0);

	/* Assert: nothing of it is in the way. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void smallest_rings_can_be_opened(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer_sized(machine, vmb_test_vsp_register(test), 1, 1, 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 1024), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
}

static void open_that_the_vsp_refuses_is_undone(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	line->server->knobs.opened_error = -EACCES;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), -EACCES);

	/* Assert: neither .closed nor traffic, and the guest may try again. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "probe opened");
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(line->channel), VMB_CHANNEL_STARTED);
	line->server->knobs.opened_error = 0;
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void no_packet_is_delivered_while_the_channel_is_paused(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 9, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS), "");
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->channel), 0);

	/* Assert: it comes after started, without another signal. */
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(vmb_test_server_count(line->server,
								    VMB_TEST_PROCESS)));
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_STATE_CALLS |
						       BIT(VMB_TEST_PROCESS)),
			   "started post_started process#9");
}

static void rescind_while_open_gives_everything_back(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_test_machine *machine = line->machine;
	struct vmb_test_machine *before = vmb_test_machine_create(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_send(line->server, 8, 8);
	vmb_test_server_forget_calls(line->server);
	vmb_test_machine_copy_ram(before, machine);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), 0);

	/* Assert: the bus asked for it, so it is not told. */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed discard#2 discard#1 remove");
	KUNIT_EXPECT_EQ(test, machine->nr_events, 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	KUNIT_EXPECT_TRUE(test, vmb_test_machine_same_ram(machine, before));
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(machine->bus, line->id), -ENOENT);
}

static void send_as_it_goes(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	int *ret = server->data;

	if (call == VMB_TEST_SUSPEND || call == VMB_TEST_CLOSED || call == VMB_TEST_REMOVE)
		*ret++ = vmb_test_server_send(server, 8, 0);
	server->data = ret;
}

/* Neither while it goes nor later: nobody would give the packet back. */
static void nothing_is_sent_on_a_channel_that_goes(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	int ret[3] = { 1, 1, 1 };
	int i;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	line->server->data = ret;
	line->server->knobs.hook = send_as_it_goes;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_rescind(line->machine->bus, line->id), 0);

	/* Assert */
	for (i = 0; i < ARRAY_SIZE(ret); i++)
		KUNIT_EXPECT_EQ(test, ret[i], -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 0, 0), -ENODEV);
	vmb_packet_free(packet);
}

/* Disable waits, unlike rescind, and the channel can be enabled again. */
static void disable_finishes_packets_and_the_channel_lives_on(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "suspend closed done#1 done#2");
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(line->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
}

static void send_again(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	int *ret = vmb_packet_get_pointer(packet);

	*ret = vmb_packet_send(packet, NULL, 0, 0);
	if (*ret)
		vmb_packet_free(packet);
}

/* Else a disabled channel would have a packet in use. */
static void disable_refuses_what_a_cancelled_packet_sends_again(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	int ret = 1;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	vmb_packet_set_pointer(packet, &ret);
	vmb_packet_set_completion_routine(packet, send_again);
	KUNIT_ASSERT_EQ(test, vmb_packet_send(packet, NULL, 0,
					      VMB_PACKET_WAIT_FOR_COMPLETION), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EBADFD);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
}

static void guest_that_opens_again_finds_a_fresh_channel(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	vmb_test_server_send(line->server, 8, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->status, -ECANCELED);
	vmb_test_server_forget_calls(line->server);

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_server_send(line->server, 8, 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert: transaction ids go on. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 1), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 2), 1);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "opened started post_started done#2");
}

/* What .opened and .closed found of the guest's data */
struct open_data {
	u32 gpadl;
	u32 nr_good;
};

static void read_open_data(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct open_data *seen = server->data;

	if (seen && (call == VMB_TEST_OPENED || call == VMB_TEST_CLOSED))
		seen->nr_good += vmb_test_filled(vmb_channel_open_data(server->channel),
						 VMB_CHANNEL_OPEN_DATA_BYTES, seen->gpadl);
}

static void what_the_guest_passed_is_there_from_opened_to_closed(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
	struct open_data seen = { .gpadl = line->guest.gpadl };

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	line->server->data = &seen;
	line->server->knobs.hook = read_open_data;

	/* Act, Assert: the guest fills all of it with its own pattern. */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_good, 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(vmb_channel_open_data(line->channel),
						VMB_CHANNEL_OPEN_DATA_BYTES, seen.gpadl));
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, seen.nr_good, 2);
	line->server->data = NULL;
}

static struct kunit_case channel_cases[] = {
	KUNIT_CASE(channel_lives_until_its_last_reference),
	KUNIT_CASE(pointer_and_names_are_kept),
	KUNIT_CASE(max_packet_size_is_within_what_a_packet_can_hold),
	KUNIT_CASE(open_needs_a_way_to_signal_the_guest),
	KUNIT_CASE(open_refuses_rings_that_do_not_fit),
	KUNIT_CASE(smallest_rings_can_be_opened),
	KUNIT_CASE(open_that_the_vsp_refuses_is_undone),
	KUNIT_CASE(what_the_guest_passed_is_there_from_opened_to_closed),
	KUNIT_CASE(no_packet_is_delivered_while_the_channel_is_paused),
	KUNIT_CASE(rescind_while_open_gives_everything_back),
	KUNIT_CASE(nothing_is_sent_on_a_channel_that_goes),
	KUNIT_CASE(disable_finishes_packets_and_the_channel_lives_on),
	KUNIT_CASE(disable_refuses_what_a_cancelled_packet_sends_again),
	KUNIT_CASE(guest_that_opens_again_finds_a_fresh_channel),
	{}
};

static struct kunit_suite channel_suite = {
	.name = "vmbsave_channel",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = channel_cases,
};

kunit_test_suite(channel_suite);

MODULE_DESCRIPTION("Life, opening and the end of a channel");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

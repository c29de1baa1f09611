// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "line.h"

/*
 * A guest that writes nonsense into its rings stops its own channel with an
 * error, and nothing else.
 */

/* Data bytes of each ring of a line */
#define SIZE (VMB_TEST_RING_PAGES * PAGE_SIZE)

/**
 * struct two - two channels of one VSP on one machine
 * @bad: whose guest is hostile
 * @good: whose guest is not
 */
struct two {
	struct vmb_test_line *bad;
	struct vmb_test_line *good;
};

static void open_two(struct kunit *test, struct two *two)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	two->bad = vmb_test_line_open(machine, vsp, 1);
	two->good = vmb_test_line_open(machine, vsp, 2);
}

static void expect_good_goes_on(struct kunit *test, struct two *two, u64 id, const char *what)
{
	struct vmb_test_guest *guest = &two->good->guest;

	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_request(guest, id, 16), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_server_send(two->good->server, 16, 0), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_serve(guest), 2, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&guest->answered, id), 1, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_machine_events(two->good->machine,
							  VMBSAVE_EVENT_FAILED,
							  two->good->id), 0, "%s", what);
}

static void expect_bad_has_stopped(struct kunit *test, struct two *two, int error,
				   const char *what)
{
	struct vmb_test_machine *machine = two->bad->machine;

	KUNIT_EXPECT_EQ_MSG(test, vmb_test_machine_events(machine, VMBSAVE_EVENT_FAILED,
							  two->bad->id), 1, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, machine->nr_events, 1, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, machine->events[0].error, error, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_server_count(two->bad->server, VMB_TEST_PROCESS), 0,
			    "%s", what);
}

/* It closes and opens its channel: all is as new. */
static void expect_bad_can_begin_anew(struct kunit *test, struct two *two, const char *what)
{
	struct vmb_test_line *line = two->bad;

	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_close(&line->guest), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_open(&line->guest), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_request(&line->guest, 1, 16), 0, "%s", what);
	KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_serve(&line->guest), 1, "%s", what);
}

/* Indices of the guest-to-host ring that cannot be, on an empty ring */
static const u32 bad_indices[] = {
	1, 4, 7, SIZE - 4, SIZE - 1, SIZE, SIZE + 8, 1U << 31, U32_MAX - 7, U32_MAX,
};

static void write_index_that_cannot_be_stops_the_channel(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		const char *what = vmb_test_text(test, "write index %#x", bad_indices[i]);
		struct two two;

		/* Arrange */
		open_two(test, &two);

		/* Act */
		WRITE_ONCE(two.bad->guest.tx.control->write_index, cpu_to_le32(bad_indices[i]));
		vmb_test_line_settle(two.bad);

		/* Assert */
		expect_bad_has_stopped(test, &two, -EPROTO, what);
		expect_good_goes_on(test, &two, 1, what);
		expect_bad_can_begin_anew(test, &two, what);
	}
}

static void read_index_that_cannot_be_stops_the_channel(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		const char *what = vmb_test_text(test, "read index %#x", bad_indices[i]);
		struct two two;

		/* Arrange */
		open_two(test, &two);

		/* Act: the send itself cannot know, and the packet is not lost. */
		WRITE_ONCE(two.bad->guest.rx.control->read_index, cpu_to_le32(bad_indices[i]));
		KUNIT_EXPECT_EQ(test, vmb_test_server_send(two.bad->server, 8, 0), 0);
		vmb_test_line_settle(two.bad);

		/* Assert */
		expect_bad_has_stopped(test, &two, -EPROTO, what);
		expect_good_goes_on(test, &two, 1, what);
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(two.bad->server, 1)->done, 0);
		expect_bad_can_begin_anew(test, &two, what);
		KUNIT_EXPECT_EQ(test, vmb_test_server_record(two.bad->server, 1)->status,
				-ECANCELED);
	}
}

/* The same when the queue is pumped, which no send has caused. */
static void read_index_that_goes_bad_behind_a_full_ring_stops_the_channel(struct kunit *test)
{
	struct two two;
	int i;

	/* Arrange */
	open_two(test, &two);
	for (i = 0; i < 100; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(two.bad->server, 512, 0), 0);

	/* Act */
	WRITE_ONCE(two.bad->guest.rx.control->read_index, cpu_to_le32(SIZE));
	vmb_channel_kick(two.bad->channel);
	vmb_test_line_settle(two.bad);

	/* Assert */
	expect_bad_has_stopped(test, &two, -EPROTO, "pumped");
	expect_good_goes_on(test, &two, 1, "pumped");
	expect_bad_can_begin_anew(test, &two, "pumped");
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(two.bad->server, VMB_TEST_DONE), 100);
}

/**
 * struct nonsense - a packet that cannot be
 * @name: for people
 * @type: of its descriptor
 * @offset8: of its descriptor
 * @len8: of its descriptor
 * @flags: of its descriptor
 * @written: bytes by which the write index moves on
 * @extra: the first 8 bytes behind the descriptor
 * @error: that the channel stops with
 */
struct nonsense {
	const char *name;
	u16 type;
	u16 offset8;
	u16 len8;
	u16 flags;
	u32 written;
	u64 extra;
	int error;
};

static const struct nonsense nonsenses[] = {
	{ "all zeros", 0, 0, 0, 0, 32, 0, -EPROTO },
	{ "all ones", 0xffff, 0xffff, 0xffff, 0xffff, 32, 0, -EPROTO },
	{ "payload inside the descriptor", 6, 1, 3, 1, 32, 0, -EPROTO },
	{ "payload at 0", 6, 0, 3, 1, 32, 0, -EPROTO },
	{ "payload behind the packet", 6, 4, 3, 1, 32, 0, -EPROTO },
	{ "payload far behind", 6, 0xffff, 3, 1, 32, 0, -EPROTO },
	{ "shorter than a descriptor", 6, 2, 1, 1, 32, 0, -EPROTO },
	{ "length 0", 6, 2, 0, 1, 32, 0, -EPROTO },
	{ "no room for the trailer", 6, 2, 3, 1, 24, 0, -EPROTO },
	{ "longer than what was written", 6, 2, 5, 1, 32, 0, -EPROTO },
	{ "longer than the ring", 6, 2, 0xffff, 1, SIZE - 8, 0, -EPROTO },
	{ "nothing but a trailer", 6, 2, 2, 1, 8, 0, -EPROTO },
	{ "nothing but a descriptor", 6, 2, 2, 1, 16, 0, -EPROTO },
	{ "type 0", 0, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 1", 1, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 5", 5, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 8", 8, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 10", 0xa, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 12", 0xc, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 0xffff", 0xffff, 2, 3, 0, 32, 0, -EPROTO },
	{ "type 6 in the high byte", 0x600, 2, 3, 0, 32, 0, -EPROTO },
	{ "unknown flag", 6, 2, 3, 2, 32, 0, -EPROTO },
	{ "high flag", 6, 2, 3, 0x8000, 32, 0, -EPROTO },
	{ "extra header of a plain packet", 6, 3, 4, 1, 40, 0, -EPROTO },
	{ "extra header of a completion", 0xb, 3, 4, 0, 40, 0, -EPROTO },
	{ "guest pages without a header", 9, 2, 3, 1, 32, 0, -EPROTO },
	{ "guest pages, 0 ranges", 9, 3, 3, 1, 32, 0, -EPROTO },
	{ "guest pages, 2^32 - 1 ranges", 9, 3, 3, 1, 32, U64_MAX, -EPROTO },
	{ "transfer pages, 2^32 - 1 ranges", 7, 3, 3, 1, 32, U64_MAX, -EPROTO },
	{ "transfer pages", 7, 3, 3, 1, 32, 0, -EOPNOTSUPP },
	{ "longer than the channel allows", 6, 2, 2 + 513, 1, 8 * (3 + 513), 0, -EMSGSIZE },
	{ "completion longer than allowed", 0xb, 2, 2 + 513, 0, 8 * (3 + 513), 0, -EMSGSIZE },
};

/* The ring is fresh, so the packet lies at its start. */
static void write_nonsense(struct vmb_test_guest *guest, const struct nonsense *nonsense)
{
	struct vmb_descriptor descriptor = {
		.type = cpu_to_le16(nonsense->type),
		.offset8 = cpu_to_le16(nonsense->offset8),
		.len8 = cpu_to_le16(nonsense->len8),
		.flags = cpu_to_le16(nonsense->flags),
		.transaction_id = cpu_to_le64(1),
	};
	__le64 extra = cpu_to_le64(nonsense->extra);

	memcpy(guest->tx.data, &descriptor, sizeof(descriptor));
	memcpy(guest->tx.data + sizeof(descriptor), &extra, sizeof(extra));
	WRITE_ONCE(guest->tx.control->write_index, cpu_to_le32(nonsense->written));
	vmb_channel_kick(guest->channel);
}

static void packet_that_cannot_be_stops_the_channel(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(nonsenses); i++) {
		const struct nonsense *nonsense = &nonsenses[i];
		struct two two;

		/* Arrange */
		open_two(test, &two);

		/* Act */
		write_nonsense(&two.bad->guest, nonsense);
		vmb_test_line_settle(two.bad);

		/* Assert */
		expect_bad_has_stopped(test, &two, nonsense->error, nonsense->name);
		expect_good_goes_on(test, &two, 1, nonsense->name);
		expect_bad_can_begin_anew(test, &two, nonsense->name);
	}
}

/* A good packet before the nonsense is delivered, one behind it is not. */
static void what_was_good_before_the_nonsense_is_delivered(struct kunit *test)
{
	struct two two;

	/* Arrange */
	open_two(test, &two);
	two.bad->server->knobs.hold = true;
	vmb_test_guest_request(&two.bad->guest, 1, 8);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_write(&two.bad->guest, 0x55, 0, 2, NULL, 0), 0);
	vmb_test_guest_request(&two.bad->guest, 3, 8);

	/* Act */
	vmb_test_line_settle(two.bad);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(two.bad->server, BIT(VMB_TEST_PROCESS)),
			   "process#1");
	KUNIT_EXPECT_EQ(test, two.bad->machine->events[0].error, -EPROTO);

	/* Assert: what the VSP does now is harmless, and not written. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_complete(two.bad->server, 1), 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(two.bad->server, 8, 0), 0);
	vmb_test_line_settle(two.bad);
	KUNIT_EXPECT_TRUE(test, vmb_ring_empty(&two.bad->guest.rx));
	KUNIT_EXPECT_EQ(test, two.bad->machine->nr_events, 1);
	expect_good_goes_on(test, &two, 1, "behind it");
	two.bad->server->knobs.hold = false;
	expect_bad_can_begin_anew(test, &two, "behind it");
}

/* Our own indices and wishes are ours: what the guest writes there is noise. */
static void host_owned_fields_are_never_believed(struct kunit *test)
{
	struct vmb_test_guest *guest;
	struct two two;
	u64 id;

	/* Arrange */
	open_two(test, &two);
	guest = &two.bad->guest;

	/* Act */
	for (id = 1; id <= 300; id++) {
		WRITE_ONCE(guest->tx.control->read_index, cpu_to_le32(id * 7919));
		WRITE_ONCE(guest->rx.control->write_index, cpu_to_le32(id * 104729));
		WRITE_ONCE(guest->rx.control->pending_send_sz, cpu_to_le32(id * 611953));
		WRITE_ONCE(guest->rx.control->feature_bits, cpu_to_le32(id * 15485863));
		vmb_channel_kick(two.bad->channel);
		vmb_test_line_settle(two.bad);
		/* Publishing puts the guest's picture right again. */
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(two.bad->server, 100, 0), 0);
		guest->tx.control->read_index = cpu_to_le32(guest->tx.own);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(guest, id, 100), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_serve(guest), 2);
	}

	/* Assert */
	KUNIT_EXPECT_EQ(test, two.bad->machine->nr_events, 0);
	KUNIT_EXPECT_EQ(test, guest->out_of_order, 0);
	KUNIT_EXPECT_EQ(test, guest->nr_answered, 300);
}

/* The guest hurts itself alone by what it may write as it likes. */
static void guest_owned_wishes_of_any_value_do_no_harm(struct kunit *test)
{
	static const u32 values[] = { 1, 7, 8, SIZE - 8, SIZE, U32_MAX };
	struct vmb_test_guest *guest;
	struct two two;
	u64 id;
	int i;

	/* Arrange */
	open_two(test, &two);
	guest = &two.bad->guest;

	for (i = 0; i < ARRAY_SIZE(values); i++) {
		/* Act */
		WRITE_ONCE(guest->tx.control->pending_send_sz, cpu_to_le32(values[i]));
		WRITE_ONCE(guest->tx.control->feature_bits, cpu_to_le32(values[i]));
		WRITE_ONCE(guest->rx.control->interrupt_mask, cpu_to_le32(values[i]));
		memset(guest->tx.control->reserved, 0xff, sizeof(guest->tx.control->reserved));
		memset(guest->rx.control->reserved, 0xff, sizeof(guest->rx.control->reserved));
		id = i + 1;
		KUNIT_ASSERT_EQ(test, vmb_test_guest_request(guest, id, 100), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(two.bad->server, 100, 0), 0);

		/* Assert */
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_serve(guest), 2, "%#x", values[i]);
	}
	KUNIT_EXPECT_EQ(test, two.bad->machine->nr_events, 0);
}

static void flood_of_stray_completions_does_not_stop_the_channel(struct kunit *test)
{
	struct two two;
	u64 id;

	/* Arrange */
	open_two(test, &two);

	/* Act */
	for (id = 0; id < 5000; id++) {
		while (vmb_test_guest_complete(&two.bad->guest, id * 0x9e3779b97f4a7c15ULL,
					       "x", 1) == -EAGAIN)
			vmb_test_line_settle(two.bad);
	}
	vmb_test_line_settle(two.bad);

	/* Assert */
	KUNIT_EXPECT_EQ(test, two.bad->channel->stray, 5000);
	KUNIT_EXPECT_EQ(test, two.bad->machine->nr_events, 0);
	expect_good_goes_on(test, &two, 1, "flood");
}

/* A stopped channel would look healthy after a restore, so it is not saved. */
static void stopped_channel_keeps_its_bus_from_being_saved_until_it_is_closed(struct kunit *test)
{
	struct vmb_test_machine *machine;
	struct vmb_error_place place;
	struct two two;

	/* Arrange */
	open_two(test, &two);
	machine = two.bad->machine;
	write_nonsense(&two.bad->guest, &nonsenses[0]);
	vmb_test_line_settle(two.bad);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(two.bad->channel), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP_COPY), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_bus_error_get(machine->bus, &place, NULL), -EBADFD);
	KUNIT_EXPECT_EQ(test, place.channel, two.bad->id);
	KUNIT_EXPECT_EQ(test, machine->bus->state, VMB_BUS_STOP);

	/* Act: running again does not wake it up. */
	vmb_test_server_forget_calls(two.bad->server);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(two.bad->server, 8, 0), 0);
	vmb_test_line_settle(two.bad);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(two.bad->server, VMB_TEST_ALL_CALLS), "");
	KUNIT_EXPECT_TRUE(test, vmb_ring_empty(&two.bad->guest.rx));
	KUNIT_EXPECT_EQ(test, machine->nr_events, 1);
	expect_good_goes_on(test, &two, 1, "after the stop");
	expect_bad_can_begin_anew(test, &two, "after the stop");
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP_COPY), 0);
}

static void rings_with_bad_indices_are_not_opened(struct kunit *test)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(bad_indices); i++) {
		struct vmb_test_machine *machine = vmb_test_machine_create(test);
		struct vmb_test_line *line =
			vmb_test_line_offer(machine, vmb_test_vsp_register(test), 1);
		__le32 *fields[] = {
			&line->guest.tx.control->write_index, &line->guest.tx.control->read_index,
			&line->guest.rx.control->write_index, &line->guest.rx.control->read_index,
		};
		int field;

		/* Arrange */
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
		KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);

		/* Act, Assert */
		for (field = 0; field < ARRAY_SIZE(fields); field++) {
			*fields[field] = cpu_to_le32(bad_indices[i]);
			KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_open(&line->guest), -EPROTO,
					    "field %d %#x", field, bad_indices[i]);
			*fields[field] = 0;
		}
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_OPENED), 0);
		KUNIT_EXPECT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	}
}

static struct kunit_case hostile_ring_cases[] = {
	KUNIT_CASE(write_index_that_cannot_be_stops_the_channel),
	KUNIT_CASE(read_index_that_cannot_be_stops_the_channel),
	KUNIT_CASE(read_index_that_goes_bad_behind_a_full_ring_stops_the_channel),
	KUNIT_CASE(packet_that_cannot_be_stops_the_channel),
	KUNIT_CASE(what_was_good_before_the_nonsense_is_delivered),
	KUNIT_CASE(host_owned_fields_are_never_believed),
	KUNIT_CASE(guest_owned_wishes_of_any_value_do_no_harm),
	KUNIT_CASE(flood_of_stray_completions_does_not_stop_the_channel),
	KUNIT_CASE(stopped_channel_keeps_its_bus_from_being_saved_until_it_is_closed),
	KUNIT_CASE(rings_with_bad_indices_are_not_opened),
	{}
};

static struct kunit_suite hostile_ring_suite = {
	.name = "vmbsave_hostile_ring",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = hostile_ring_cases,
};

kunit_test_suite(hostile_ring_suite);

MODULE_DESCRIPTION("Guests that write nonsense into their rings");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/device.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "core/channel.h"
#include "inflight.h"

/* What is read of a bus and of a channel in sysfs. */

static struct device_attribute *find_attr(struct device *dev, const char *name)
{
	const struct attribute_group *const *group = dev->type->groups;
	struct attribute **attr;

	for (; *group; group++)
		for (attr = (*group)->attrs; *attr; attr++)
			if (!strcmp((*attr)->name, name))
				return container_of(*attr, struct device_attribute, attr);
	return NULL;
}

/* As cat shows it, without the end of the line */
static const char *read_attr(struct kunit *test, struct device *dev, const char *name)
{
	struct device_attribute *attr = find_attr(dev, name);
	/* sysfs_emit() insists on a page that begins at one. */
	char *page = (char *)get_zeroed_page(GFP_KERNEL);
	const char *text;
	ssize_t len;

	KUNIT_ASSERT_NOT_NULL_MSG(test, attr, "%s", name);
	KUNIT_ASSERT_NOT_NULL(test, page);
	len = attr->show(dev, attr, page);
	KUNIT_EXPECT_GT_MSG(test, len, 0, "%s", name);
	KUNIT_EXPECT_EQ_MSG(test, page[max_t(ssize_t, len, 1) - 1], '\n', "%s", name);
	text = vmb_test_text(test, "%.*s", (int)max_t(ssize_t, len, 1) - 1, page);
	free_page((unsigned long)page);
	return text;
}

static const char *of_channel(struct vmb_test_line *line, const char *name)
{
	return read_attr(line->machine->test, &line->channel->dev, name);
}

static const char *of_bus(struct vmb_test_machine *machine, const char *name)
{
	return read_attr(machine->test, &machine->bus->dev, name);
}

static u64 number(struct kunit *test, const char *text)
{
	u64 value = 0;

	KUNIT_EXPECT_EQ_MSG(test, kstrtou64(text, 10, &value), 0, "\"%s\"", text);
	return value;
}

static void expect_all_readable(struct kunit *test, struct device *dev)
{
	const struct attribute_group *const *group = dev->type->groups;
	struct attribute **attr;

	for (; *group; group++)
		for (attr = (*group)->attrs; *attr; attr++)
			read_attr(test, dev, (*attr)->name);
}

static void all_can_be_read_in_each_state(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *offered = vmb_test_line_offer(machine, vsp, 1);
	struct vmb_test_line *open = vmb_test_line_open(machine, vsp, 2);
	struct vmb_test_line *own = vmb_test_line_own(machine, vsp, 3);
	enum vmb_bus_state state;

	for (state = VMB_BUS_STOP; state < VMB_BUS_RESUMING; state++) {
		KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(machine, state), 0);
		expect_all_readable(test, &machine->bus->dev);
		expect_all_readable(test, &offered->channel->dev);
		expect_all_readable(test, &open->channel->dev);
		expect_all_readable(test, &own->channel->dev);
	}
}

static void a_bus_is_found_by_its_name(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, 1);
	struct device *found;

	/* Act */
	found = bus_find_device_by_name(line->channel->dev.bus, NULL,
					dev_name(&machine->bus->dev));

	/* Assert: it is no channel, and nothing is bound to it. */
	KUNIT_EXPECT_PTR_EQ(test, found, &machine->bus->dev);
	put_device(found);
	KUNIT_EXPECT_NULL(test, machine->bus->dev.driver);
	KUNIT_EXPECT_EQ(test, device_attach(&machine->bus->dev), 0);
	KUNIT_EXPECT_PTR_NE(test, machine->bus->dev.type, line->channel->dev.type);
}

static void a_bus_says_what_it_does_and_has(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	/* Arrange, Act, Assert: each is as it is now. */
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "state"), "stop");
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "channels"), "0");
	line = vmb_test_line_open(machine, vsp, 1);
	vmb_test_line_open(machine, vsp, 2);
	vmb_test_line_send(line, 3, 8);
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "state"), "running");
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "channels"), "2");
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "packets"), "3");
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "packets"), "0");
}

static void a_channel_names_its_vsp(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *bound = vmb_test_line_offer(machine, vsp, 1);
	struct vmb_test_line *own = vmb_test_line_own(machine, vsp, 2);

	/* Act, Assert */
	KUNIT_EXPECT_STREQ(test, of_channel(bound, "vsp"), vsp->vsp.name);
	KUNIT_EXPECT_STREQ(test, of_channel(own, "vsp"), vsp->vsp.name);

	/* Unbound, it has none; the device is there as long as somebody reads. */
	vmb_test_vsp_unregister(vsp);
	KUNIT_EXPECT_STREQ(test, of_channel(bound, "vsp"), "none");
}

static void a_packet_is_queued_or_sent(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	u64 queued, sent;
	int i;

	/* Arrange: more than the ring holds. */
	for (i = 0; i < 1000; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 100, 0), 0);

	/* Act */
	queued = number(test, of_channel(line, "packets_queued"));
	sent = number(test, of_channel(line, "packets_sent"));

	/* Assert */
	KUNIT_EXPECT_GT(test, queued, 0);
	KUNIT_EXPECT_GT(test, sent, 0);
	KUNIT_EXPECT_EQ(test, queued + sent, 1000);
	KUNIT_EXPECT_STREQ(test, of_channel(line, "packets_in_use"), "1000");
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_STREQ(test, of_channel(line, "packets_queued"), "0");
	KUNIT_EXPECT_STREQ(test, of_channel(line, "packets_sent"), "0");
}

static void restored_packets_are_queued_or_sent_as_they_were(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_inflight_all(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *moved;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(line->machine, 4096, stream), 0);
	moved = vmb_test_inflight_follow(line);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_restore_bus(moved->machine, stream, 4096), 0);

	/* Assert */
	KUNIT_EXPECT_STREQ(test, of_channel(moved, "packets_sent"),
			   of_channel(line, "packets_sent"));
	KUNIT_EXPECT_STREQ(test, of_channel(moved, "packets_queued"),
			   of_channel(line, "packets_queued"));
	KUNIT_EXPECT_STRNEQ(test, of_channel(moved, "packets_sent"), "0");
	KUNIT_EXPECT_STRNEQ(test, of_channel(moved, "packets_queued"), "0");
}

/* Two open channels; the VSP of the first one holds request 77. */
static struct vmb_test_line *one_of_two_holds(struct kunit *test, struct vmb_test_line **idle)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);

	*idle = vmb_test_line_open(machine, vsp, 2);
	line->server->knobs.hold = true;
	line->server->knobs.keep_on_suspend = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 77, 16), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(vmb_test_server_held(line->server) == 1));
	return line;
}

static void an_error_is_told_by_the_bus_and_by_the_channel_it_is_about(struct kunit *test)
{
	struct vmb_test_line *idle, *line = one_of_two_holds(test, &idle);
	struct vmb_bus_data data;
	const char *text;

	KUNIT_EXPECT_STREQ(test, of_bus(line->machine, "last_error"), "none");
	KUNIT_EXPECT_STREQ(test, of_channel(line, "last_error"), "none");
	KUNIT_EXPECT_STREQ(test, of_channel(line, "packets_held"), "1");

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_bus_set_state(line->machine->bus, VMB_BUS_STOP, 10, &data),
			-ETIMEDOUT);

	/* Assert */
	text = vmb_test_text(test, "%s: %s of %s holds 1 incoming packets: 77",
			     IS_ENABLED(CONFIG_SYMBOLIC_ERRNAME) ? "ETIMEDOUT" : "110",
			     line->server->vsp->vsp.name, dev_name(&line->channel->dev));
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(of_bus(line->machine, "last_error"), text),
			      "\"%s\"", of_bus(line->machine, "last_error"));
	KUNIT_EXPECT_STREQ(test, of_channel(line, "last_error"),
			   of_bus(line->machine, "last_error"));
	KUNIT_EXPECT_STREQ(test, of_channel(idle, "last_error"), "none");
	vmb_test_server_complete(line->server, 1);
}

static void a_channel_says_why_its_traffic_stopped_until_it_is_closed(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line = vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);

	/* Act */
	WRITE_ONCE(line->guest.tx.control->write_index, cpu_to_le32(7));
	vmb_test_line_settle(line);

	/* Assert: also once the worker has reported it */
	KUNIT_EXPECT_EQ(test, vmb_test_machine_events(machine, VMBSAVE_EVENT_FAILED, line->id), 1);
	KUNIT_EXPECT_TRUE_MSG(test, strstarts(of_channel(line, "last_error"),
					      IS_ENABLED(CONFIG_SYMBOLIC_ERRNAME) ?
					      "EPROTO: the guest " : "71: the guest "),
			      "\"%s\"", of_channel(line, "last_error"));
	KUNIT_EXPECT_STREQ(test, of_bus(machine, "last_error"), "none");
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_STREQ(test, of_channel(line, "last_error"), "none");
}

/* What is in no channel: stream header, manifest and end with their chunks */
#define OTHER_BYTES_MAX 512

static void what_channels_were_saved_in_adds_up_to_the_stream(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_stream *stream = vmb_test_stream_create(test);
	struct vmb_test_line *line[2];
	u64 bytes[2];
	int i;

	/* Arrange: the first one's state is several chunks long. */
	for (i = 0; i < 2; i++) {
		line[i] = vmb_test_line_open(machine, vsp, i + 1);
		KUNIT_EXPECT_STREQ(test, of_channel(line[i], "last_save_bytes"), "0");
		KUNIT_EXPECT_STREQ(test, of_channel(line[i], "last_save_ns"), "0");
	}
	for (i = 0; i < 4; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line[0]->server, 8, 3000), 0);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(machine, 4096, stream), 0);

	/* Assert */
	for (i = 0; i < 2; i++) {
		bytes[i] = number(test, of_channel(line[i], "last_save_bytes"));
		KUNIT_EXPECT_GT(test, number(test, of_channel(line[i], "last_save_ns")), 0);
	}
	KUNIT_EXPECT_GT(test, bytes[0], 4 * 3000);
	KUNIT_EXPECT_GT(test, bytes[1], sizeof(struct vmbsave_channel));
	KUNIT_EXPECT_LT(test, bytes[1], 3000);
	KUNIT_EXPECT_LT(test, bytes[0] + bytes[1], stream->bytes);
	KUNIT_EXPECT_GT(test, bytes[0] + bytes[1] + OTHER_BYTES_MAX, stream->bytes);
	KUNIT_EXPECT_EQ(test, number(test, of_bus(machine, "last_save_bytes")), stream->bytes);
	KUNIT_EXPECT_GT(test, number(test, of_bus(machine, "last_save_ns")), 0);
}

static struct kunit_case sysfs_cases[] = {
	KUNIT_CASE(all_can_be_read_in_each_state),
	KUNIT_CASE(a_bus_is_found_by_its_name),
	KUNIT_CASE(a_bus_says_what_it_does_and_has),
	KUNIT_CASE(a_channel_names_its_vsp),
	KUNIT_CASE(a_packet_is_queued_or_sent),
	KUNIT_CASE(restored_packets_are_queued_or_sent_as_they_were),
	KUNIT_CASE(an_error_is_told_by_the_bus_and_by_the_channel_it_is_about),
	KUNIT_CASE(a_channel_says_why_its_traffic_stopped_until_it_is_closed),
	KUNIT_CASE(what_channels_were_saved_in_adds_up_to_the_stream),
	{}
};

static struct kunit_suite sysfs_suite = {
	.name = "vmbsave_sysfs",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = sysfs_cases,
};

kunit_test_suite(sysfs_suite);

MODULE_DESCRIPTION("What is read of a bus and of a channel in sysfs");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

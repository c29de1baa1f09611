// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_client.h>

#include "helpers.h"
#include "job.h"
#include "owned.h"

static struct vmb_test_line *allocate(struct vmb_test_machine *machine,
				      struct vmb_test_vsp *vsp, u32 instance)
{
	const guid_t id = GUID_INIT(instance, 0x1157, 0x4a4c, 0x90, 0, 0, 0,
				    0, 0, 0, 1);
	struct kunit *test = machine->test;
	struct vmb_test_line *line = vmb_test_alloc(test, sizeof(*line));
	struct vmb_channel *channel =
		vmb_channel_allocate(machine->bus, &vsp->vsp, true);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	line->machine = machine;
	line->channel = vmb_channel_get(channel);
	list_add_tail(&line->node, &machine->lines);
	line->server = vmb_test_server_create(vsp, channel);
	KUNIT_ASSERT_NOT_NULL(test, line->server);
	KUNIT_ASSERT_EQ(test, vmb_server_channel_init_set_target_interface_id(channel,
									      &vsp->ids[0].type,
									      &id, 0), 0);
	return line;
}

/**
 * vmb_test_owned_allocate() - make a channel that has an owner, and its guest
 * @machine: the machine
 * @vsp: the callbacks; it need not be registered
 * @instance: of the device
 * Return: the line; the channel is Disabled and has its identity. On failure
 * the case ends.
 */
struct vmb_test_line *vmb_test_owned_allocate(struct vmb_test_machine *machine,
					      struct vmb_test_vsp *vsp,
					      u32 instance)
{
	struct vmb_test_line *line = allocate(machine, vsp, instance);

	vmb_test_guest_init(&line->guest, machine, line->channel,
			    0x100 + instance, VMB_TEST_RING_PAGES,
			    VMB_TEST_RING_PAGES);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_allocate);

/**
 * vmb_test_owned_follow() - vmb_test_line_follow() of such a line
 * @machine: the destination
 * @from: the line on the source
 * Return: the line, on offer; on failure the case ends.
 */
struct vmb_test_line *vmb_test_owned_follow(struct vmb_test_machine *machine,
					    struct vmb_test_line *from)
{
	struct vmb_test_line *line =
		allocate(machine, from->server->vsp, from->guest.gpadl - 0x100);

	vmb_test_guest_follow(&line->guest, machine, line->channel, &from->guest);
	KUNIT_ASSERT_EQ(machine->test, vmb_test_owned_offer(line), 0);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_follow);

/**
 * vmb_test_owned_offer() - enable and start the channel
 * @line: from vmb_test_owned_allocate()
 * Return: as vmb_channel_enable() or vmb_channel_start().
 */
int vmb_test_owned_offer(struct vmb_test_line *line)
{
	int ret = vmb_channel_enable(line->channel) ?:
		  vmb_channel_start(line->channel);

	line->id = line->channel->id;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_offer);

/**
 * vmb_test_owned_open() - such a channel, on offer and open
 * @machine: the machine; it is set RUNNING if it was not
 * @vsp: the callbacks
 * @instance: of the device
 * Return: the line; on failure the case ends.
 */
struct vmb_test_line *vmb_test_owned_open(struct vmb_test_machine *machine,
					  struct vmb_test_vsp *vsp, u32 instance)
{
	struct vmb_test_line *line = vmb_test_owned_allocate(machine, vsp, instance);
	struct kunit *test = machine->test;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(line), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_open);

/**
 * vmb_test_owned_cleanup() - the owner disposes of the channel
 * @line: the line
 * Return: as vmb_channel_cleanup().
 */
int vmb_test_owned_cleanup(struct vmb_test_line *line)
{
	struct vmb_test_server *server = line->server;
	int ret = vmb_channel_cleanup(server->channel);

	if (ret)
		return ret;
	server->channel = NULL;
	vmb_test_server_free_packets(server);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_cleanup);

static void dispose(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_channel *channel = line->server ? line->server->channel : NULL;

	if (!channel || !channel->owned)
		return;
	vmb_channel_disable(channel);
	KUNIT_EXPECT_EQ(test, vmb_test_owned_cleanup(line), 0);
}

/**
 * vmb_test_owned_exit() - vmb_test_exit() of a suite with such lines
 * @test: the case
 */
void vmb_test_owned_exit(struct kunit *test)
{
	struct vmb_test *t = vmb_test_of(test);
	struct vmb_test_machine *machine;
	struct vmb_test_line *line;

	if (!t)
		return;
	vmb_test_servers_let_go(t);
	vmb_test_jobs_wait(t);
	list_for_each_entry(machine, &t->machines, node)
		list_for_each_entry(line, &machine->lines, node)
			dispose(test, line);
	vmb_test_exit(test);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_owned_exit);

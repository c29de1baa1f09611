// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "helpers.h"
#include "line.h"

/**
 * vmb_test_offer() - offer a channel, which may fail
 * @machine: the machine
 * @vsp: gives the interface type
 * @instance: gives the interface instance; above its 16 bits the subchannel
 * Return: as vmb_bus_offer(): the caller puts the channel.
 */
struct vmb_channel *vmb_test_offer(struct vmb_test_machine *machine,
				   struct vmb_test_vsp *vsp, u32 instance)
{
	const struct vmb_channel_identity identity = {
		.type = vsp->ids[0].type,
		.instance = VMB_TEST_INSTANCE((u16)instance),
		.subchannel = instance >> 16,
	};

	return vmb_bus_offer(machine->bus, &identity);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_offer);

static struct vmb_test_line *add_line(struct vmb_test_machine *machine,
				      struct vmb_channel *channel)
{
	struct vmb_test_line *line = vmb_test_alloc(machine->test, sizeof(*line));

	line->machine = machine;
	line->channel = channel;
	line->id = channel->id;
	line->server = vmb_test_server_of(channel);
	list_add_tail(&line->node, &machine->lines);
	return line;
}

static struct vmb_test_line *create_line(struct vmb_test_machine *machine,
					 struct vmb_test_vsp *vsp, u32 instance)
{
	struct kunit *test = machine->test;
	struct vmb_channel *channel = vmb_test_offer(machine, vsp, instance);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	return add_line(machine, channel);
}

/**
 * vmb_test_line_offer_sized() - offer a channel and give it a guest
 * @machine: the machine
 * @vsp: registered
 * @instance: of the device; not used yet on this machine
 * @in_pages: data pages of the guest-to-host ring
 * @out_pages: data pages of the host-to-guest ring
 * Return: the line; the channel is not open and has no GPADL. On failure the
 * case ends.
 */
struct vmb_test_line *vmb_test_line_offer_sized(struct vmb_test_machine *machine,
						struct vmb_test_vsp *vsp,
						u32 instance, u32 in_pages,
						u32 out_pages)
{
	struct vmb_test_line *line = create_line(machine, vsp, instance);

	vmb_test_guest_init(&line->guest, machine, line->channel, 0x100 + instance,
			    in_pages, out_pages);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_offer_sized);

/**
 * vmb_test_line_offer() - vmb_test_line_offer_sized() with VMB_TEST_RING_PAGES
 * @machine: the machine
 * @vsp: registered
 * @instance: of the device
 * Return: the line.
 */
struct vmb_test_line *vmb_test_line_offer(struct vmb_test_machine *machine,
					  struct vmb_test_vsp *vsp, u32 instance)
{
	return vmb_test_line_offer_sized(machine, vsp, instance,
					 VMB_TEST_RING_PAGES, VMB_TEST_RING_PAGES);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_offer);

/**
 * vmb_test_line_own() - a channel that has an owner, and a guest for it
 * @machine: the machine
 * @vsp: not registered; its callbacks are the owner's
 * @instance: of the device; not used yet on this machine
 *
 * The line puts it: once its machine was destroyed it is cleaned up.
 * Return: the line; the channel is Disabled. On failure the case ends.
 */
struct vmb_test_line *vmb_test_line_own(struct vmb_test_machine *machine,
					struct vmb_test_vsp *vsp, u32 instance)
{
	const guid_t id = VMB_TEST_INSTANCE(instance);
	struct kunit *test = machine->test;
	struct vmb_channel *channel;
	struct vmb_test_line *line;

	channel = vmb_channel_allocate(machine->bus, &vsp->vsp, true);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	line = add_line(machine, channel);
	line->own = true;
	line->server = vmb_test_server_create(vsp, channel);
	KUNIT_ASSERT_NOT_NULL(test, line->server);
	KUNIT_ASSERT_EQ(test, vmb_server_channel_init_set_target_interface_id
			(channel, &vsp->ids[0].type, &id, 0), 0);
	vmb_test_guest_init(&line->guest, machine, channel, 0x100 + instance,
			    VMB_TEST_RING_PAGES, VMB_TEST_RING_PAGES);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_own);

static int bring_to(struct vmb_test_line *line, enum vmb_channel_state state)
{
	bool open = state == VMB_CHANNEL_PAUSED || state == VMB_CHANNEL_ACTIVE ||
		    state == VMB_CHANNEL_STOPPED;
	int ret = 0;

	if (state == VMB_CHANNEL_DISABLED)
		return 0;
	if (line->channel->owned)
		ret = vmb_channel_enable(line->channel);
	if (!ret && line->channel->owned && state != VMB_CHANNEL_ENABLED &&
	    state != VMB_CHANNEL_PAUSED)
		ret = vmb_channel_start(line->channel);
	line->id = line->channel->id;
	if (!ret && open)
		ret = vmb_test_guest_lend(&line->guest) ?:
		      vmb_test_guest_open(&line->guest);
	if (!ret && state == VMB_CHANNEL_STOPPED)
		ret = vmb_test_guest_close(&line->guest);
	return ret;
}

/**
 * vmb_test_line_in() - a channel in a state
 * @machine: RUNNING if the state is one of an open channel
 * @vsp: registered; if it is not, the channel has an owner
 * @state: the state
 *
 * Its rings are lent if it is or was open. No call is written down.
 * Return: the line; on failure the case ends.
 */
struct vmb_test_line *vmb_test_line_in(struct vmb_test_machine *machine,
				       struct vmb_test_vsp *vsp,
				       enum vmb_channel_state state)
{
	struct kunit *test = machine->test;
	struct vmb_test_line *line;

	vsp->knobs.stay_disabled = state == VMB_CHANNEL_DISABLED;
	vsp->knobs.stay_paused = state == VMB_CHANNEL_ENABLED ||
				 state == VMB_CHANNEL_PAUSED;
	line = vsp->registered ? vmb_test_line_offer(machine, vsp, 1 + state) :
				 vmb_test_line_own(machine, vsp, 1 + state);
	KUNIT_ASSERT_EQ(test, bring_to(line, state), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(line->channel), state);
	vmb_test_server_forget_calls(line->server);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_in);

/**
 * vmb_test_line_open() - offer a channel and open it
 * @machine: the machine; it is set RUNNING if it was not
 * @vsp: registered
 * @instance: of the device
 * Return: the line, open; on failure the case ends.
 */
struct vmb_test_line *vmb_test_line_open(struct vmb_test_machine *machine,
					 struct vmb_test_vsp *vsp, u32 instance)
{
	struct vmb_test_line *line = vmb_test_line_offer(machine, vsp, instance);
	struct kunit *test = machine->test;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_open);

/**
 * vmb_test_line_follow() - offer the same channel where the guest moves to
 * @machine: the destination
 * @from: the line on the source
 *
 * For a restore: the channel is not open and has no GPADL, but the guest's end
 * stands where it stood, once RAM was copied.
 * Return: the line; on failure the case ends.
 */
struct vmb_test_line *vmb_test_line_follow(struct vmb_test_machine *machine,
					   struct vmb_test_line *from)
{
	struct vmb_test_line *line =
		create_line(machine, from->server->vsp, from->guest.gpadl - 0x100);

	vmb_test_guest_follow(&line->guest, machine, line->channel, &from->guest);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_follow);

/* What it does after a while counts. */
static bool is_busy(struct vmb_channel *channel)
{
	return work_busy(&channel->work) || work_busy(&channel->later.work);
}

/**
 * vmb_test_line_settle() - wait until the channel's worker has nothing to do
 * @line: the line
 *
 * Or has come back this often for want of memory.
 */
void vmb_test_line_settle(struct vmb_test_line *line)
{
	u32 rounds = 1000;

	do {
		vmb_channel_flush(line->channel);
	} while (is_busy(line->channel) && --rounds);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_settle);

/**
 * vmb_test_line_send() - send packets that wait for completion, without state
 * @line: the line
 * @nr: how many
 * @payload_bytes: of each
 */
void vmb_test_line_send(struct vmb_test_line *line, u32 nr, u32 payload_bytes)
{
	while (nr--)
		KUNIT_ASSERT_EQ(line->machine->test,
				vmb_test_server_send(line->server, payload_bytes, 0), 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_send);

/**
 * vmb_test_line_expect_once() - expect that packets were read and completed
 * @line: the line
 * @nr: packets 1..@nr, each once, in order, with status 0, and no others
 */
void vmb_test_line_expect_once(struct vmb_test_line *line, u64 nr)
{
	struct kunit *test = line->machine->test;
	u64 id;

	KUNIT_EXPECT_EQ(test, line->guest.nr_seen, nr);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
	for (id = 1; id <= nr; id++) {
		struct vmb_test_record *record = vmb_test_server_record(line->server, id);

		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.seen, id), 1,
				    "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->done, 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->status, 0, "packet %llu", id);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_expect_once);

/**
 * vmb_test_line_cleanup() - its owner disposes of a channel
 * @line: from vmb_test_line_own(), its channel Disabled or gone
 * Return: as vmb_channel_cleanup(); on success the line has no channel.
 */
int vmb_test_line_cleanup(struct vmb_test_line *line)
{
	int ret = vmb_channel_cleanup(line->channel);

	if (ret)
		return ret;
	line->channel = NULL;
	vmb_test_server_end(line->server);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_cleanup);

/**
 * vmb_test_line_put_channel() - drop the reference on the channel early
 * @line: the line
 */
void vmb_test_line_put_channel(struct vmb_test_line *line)
{
	struct vmb_channel *channel = line->channel;

	if (channel && line->own) {
		KUNIT_EXPECT_EQ(line->machine->test, vmb_test_line_cleanup(line), 0);
		return;
	}
	line->channel = NULL;
	if (channel)
		vmb_channel_put(channel);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_line_put_channel);

void vmb_test_line_free(struct vmb_test_line *line)
{
	vmb_test_guest_free(&line->guest);
}

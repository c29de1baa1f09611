// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "inflight.h"
#include "migrate/save_session.h"

/**
 * vmb_test_inflight_all() - a channel whose save has each type of record
 * @test: the case
 *
 * Two packets are in the ring and fill it; behind them wait the answer to a
 * request of the guest, a packet whose record takes two chunks, and one that
 * wants no completion. There is a GPADL beside that of the rings, and the VSP
 * has state of its own.
 * Return: the line; its bus is in STOP.
 */
struct vmb_test_line *vmb_test_inflight_all(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_server *server;
	struct vmb_test_line *line;
	u32 page;

	vsp->knobs.state_bytes = VMB_TEST_INFLIGHT_STATE;
	vmb_test_vsp_add_state(vsp, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	line = vmb_test_line_offer_sized(machine, vsp, 1, 1, 1);
	server = line->server;
	page = vmb_test_machine_take_pages(machine, 2);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_pages(line->channel, 7, page,
							2, 16), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(server, 8, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(server, 4024, 16), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest,
						     VMB_TEST_INFLIGHT_REQUEST, 40), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(server, 100, 4100), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(server, 52, 9, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, line->channel->queue.nr_packets,
			VMB_TEST_INFLIGHT_PACKETS);
	KUNIT_ASSERT_EQ(test, line->channel->queue.nr_completions, 1);
	vmb_test_server_forget_calls(server);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_inflight_all);

/**
 * vmb_test_inflight_many() - a channel with many packets in use
 * @test: the case
 * @nr: how many; each has 8 bytes of payload
 * @state_bytes: private state of each
 * Return: the line; its bus is in STOP.
 */
struct vmb_test_line *vmb_test_inflight_many(struct kunit *test, u32 nr,
					     u32 state_bytes)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_line *line =
		vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	u32 i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 8,
							   state_bytes), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	vmb_test_server_forget_calls(line->server);
	return line;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_inflight_many);

/**
 * vmb_test_inflight_follow() - another machine that the guest may move to
 * @line: the line on the source, whose bus is in STOP
 * Return: the same channel there, offered, RAM copied; its bus is in STOP.
 */
struct vmb_test_line *vmb_test_inflight_follow(struct vmb_test_line *line)
{
	struct vmb_test_machine *to = vmb_test_machine_create(line->machine->test);
	struct vmb_test_line *moved = vmb_test_line_follow(to, line);

	vmb_test_machine_copy_ram(to, line->machine);
	return moved;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_inflight_follow);

/**
 * vmb_test_inflight_resume() - run, until the guest has served all
 * @line: the line
 */
void vmb_test_inflight_resume(struct vmb_test_line *line)
{
	KUNIT_ASSERT_EQ(line->machine->test,
			vmb_test_machine_set_state(line->machine, VMB_BUS_RUNNING), 0);
	vmb_test_guest_serve(&line->guest);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_inflight_resume);

/**
 * vmb_test_inflight_expect_once() - expect packets to be over, each once
 * @test: the case
 * @line: where they were completed
 * @first: transaction id of the first one
 * @last: and of the last one
 *
 * Discarded are only those of restores that were given up.
 */
void vmb_test_inflight_expect_once(struct kunit *test,
				   struct vmb_test_line *line, u64 first,
				   u64 last)
{
	u64 id;

	for (id = first; id <= last; id++) {
		struct vmb_test_record *record =
			vmb_test_server_record(line->server, id);

		KUNIT_EXPECT_EQ_MSG(test, record->done, 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->status, 0, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, record->discarded,
				    max(record->restored, 1U) - 1, "packet %llu", id);
		KUNIT_EXPECT_EQ_MSG(test, vmb_test_guest_count(&line->guest.seen, id), 1,
				    "packet %llu", id);
	}
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_completions, 0);
	KUNIT_EXPECT_EQ(test, line->channel->stray, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_inflight_expect_once);

/**
 * vmb_test_save_begin_as() - vmb_channel_save_begin() with a known stream id
 * @channel: the channel
 * @stream_id: the id; the header that says it is made for the first read
 *
 * So that equal state gives equal bytes to the last hash.
 * Return: as vmb_channel_save_begin().
 */
int vmb_test_save_begin_as(struct vmb_channel *channel, u64 stream_id)
{
	int ret = vmb_channel_save_begin(channel);

	if (!ret)
		container_of(channel->session, struct vmb_save, base)
			->writer.stream_id = stream_id;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_save_begin_as);

/**
 * vmb_test_save_chunk() - save_continue for one chunk, whatever its size
 * @channel: the channel, being saved
 * @buf: VMBSAVE_CHUNK_MAX bytes
 * @filled: set to its length
 * Return: as vmb_channel_save_continue(), but never -ENOBUFS.
 */
int vmb_test_save_chunk(struct vmb_channel *channel, void *buf, u32 *filled)
{
	u32 required;
	int ret = vmb_channel_save_continue(channel, NULL, 0, filled, &required);

	if (ret != -ENOBUFS)
		return ret;
	return vmb_channel_save_continue(channel, buf, required, filled, &required);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_save_chunk);

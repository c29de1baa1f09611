// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "move.h"

static void open_line(struct vmb_test_move *move, u32 i, u32 instance,
		      u32 ring_pages)
{
	struct vmb_test_line *line =
		vmb_test_line_offer_sized(move->from, move->vsp, instance,
					  ring_pages, ring_pages);

	KUNIT_ASSERT_EQ(move->test, vmb_test_machine_set_state(move->from, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(move->test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(move->test, vmb_test_guest_open(&line->guest), 0);
	move->lines[i] = line;
}

/**
 * vmb_test_move_begin() - a running machine with open channels
 * @test: the case
 * @nr: how many channels
 * @ring_pages: data pages of each ring
 * Return: the move; on failure the case ends.
 */
struct vmb_test_move *vmb_test_move_begin(struct kunit *test, u32 nr,
					  u32 ring_pages)
{
	static const u32 instances[VMB_TEST_MOVE_LINES] = { 1, 2, 3 };

	return vmb_test_move_begin_as(vmb_test_vsp_register(test), instances, nr,
				      ring_pages);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_begin);

/**
 * vmb_test_move_begin_as() - the same with a VSP that is not like all others
 * @vsp: registered
 * @instances: of the channels, as for vmb_test_offer()
 * @nr: how many channels
 * @ring_pages: data pages of each ring
 * Return: the move; on failure the case ends.
 */
struct vmb_test_move *vmb_test_move_begin_as(struct vmb_test_vsp *vsp,
					     const u32 *instances, u32 nr,
					     u32 ring_pages)
{
	struct vmb_test_move *move = vmb_test_alloc(vsp->test, sizeof(*move));
	u32 i;

	move->test = vsp->test;
	move->nr = nr;
	move->vsp = vsp;
	move->from = vmb_test_machine_create_sized(vsp->test, 64);
	for (i = 0; i < nr; i++)
		open_line(move, i, instances[i], ring_pages);
	return move;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_begin_as);

/* Payload of what fills a ring of one data page: four fit, and no fifth. */
#define FILL_BYTES 900

/**
 * vmb_test_move_fill() - packets in the ring and behind it
 * @line: of rings with one data page, empty
 * @sent: that many go into the ring, at most 4
 * @queued: that many wait behind it; not 0 only if @sent is 4
 *
 * Every second one has state.
 */
void vmb_test_move_fill(struct vmb_test_line *line, u32 sent, u32 queued)
{
	struct kunit *test = line->machine->test;
	u32 i;

	for (i = 0; i < sent + queued; i++)
		KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, FILL_BYTES,
							   i % 2 ? 100 + i : 0), 0);
	KUNIT_ASSERT_EQ(test, line->channel->queue.nr_packets, sent + queued);
	KUNIT_ASSERT_EQ(test, list_empty(&line->channel->queue.waiting), !queued);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_fill);

/**
 * vmb_test_move_save() - stop the source and save it
 * @move: the move
 */
void vmb_test_move_save(struct vmb_test_move *move)
{
	struct kunit *test = move->test;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(move->from, VMB_BUS_STOP), 0);
	move->stream = vmb_test_stream_create(test);
	KUNIT_ASSERT_EQ(test, vmb_test_save_bus(move->from, 1000, move->stream), 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_save);

/**
 * vmb_test_move_follow() - make the destination: same channels, same RAM
 * @move: saved
 */
void vmb_test_move_follow(struct vmb_test_move *move)
{
	u32 i;

	move->to = vmb_test_machine_create_sized(move->test, move->from->nr_pages);
	vmb_test_machine_copy_ram(move->to, move->from);
	for (i = 0; i < move->nr; i++) {
		move->moved[i] = vmb_test_line_follow(move->to, move->lines[i]);
		move->moved[i]->server->data = move;
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_follow);

/**
 * vmb_test_move_restore() - restore what was saved
 * @move: the move
 * Return: as vmb_test_restore_bus().
 */
int vmb_test_move_restore(struct vmb_test_move *move)
{
	return vmb_test_restore_bus(move->to, move->stream, 1000);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_restore);

/**
 * vmb_test_move_good() - after a failure: reset, and restore what was saved
 * @move: the move; nothing is in the way any more
 */
void vmb_test_move_good(struct vmb_test_move *move)
{
	struct vmb_test_stream *again = vmb_test_stream_create(move->test);

	KUNIT_EXPECT_EQ(move->test, vmb_bus_reset(move->to->bus), 0);
	vmb_test_move_expect_clean(move);
	KUNIT_EXPECT_EQ(move->test, vmb_test_move_restore(move), 0);
	KUNIT_EXPECT_EQ(move->test, vmb_test_save_bus(move->to, 4096, again), 0);
	KUNIT_EXPECT_TRUE(move->test, vmb_test_stream_same(again, move->stream));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_good);

/**
 * vmb_test_move_on() - the next hop
 * @move: restored
 * Return: a move from where this one ended; its source is saved already.
 */
struct vmb_test_move *vmb_test_move_on(struct vmb_test_move *move)
{
	struct vmb_test_move *next = vmb_test_alloc(move->test, sizeof(*next));

	next->test = move->test;
	next->vsp = move->vsp;
	next->nr = move->nr;
	next->from = move->to;
	memcpy(next->lines, move->moved, sizeof(next->lines));
	vmb_test_move_save(next);
	vmb_test_move_follow(next);
	return next;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_on);

static const char *call_name(enum vmb_test_call call)
{
	switch (call) {
	case VMB_TEST_OPENED:
		return "opened";
	case VMB_TEST_CLOSED:
		return "closed";
	case VMB_TEST_RESTORE:
		return "restore";
	case VMB_TEST_DISCARD:
		return "discard";
	case VMB_TEST_STARTED:
		return "started";
	case VMB_TEST_POST_STARTED:
		return "post_started";
	case VMB_TEST_DONE:
		return "done";
	case VMB_TEST_RESTORE_STATE:
		return "restore_state";
	case VMB_TEST_DISCARD_STATE:
		return "discard_state";
	default:
		return NULL;
	}
}

/**
 * vmb_test_move_hook() - write the journal; for server->knobs.hook
 * @server: of a channel of the destination
 * @call: which
 * @arg: of a hook
 */
void vmb_test_move_hook(struct vmb_test_server *server, enum vmb_test_call call,
			void *arg)
{
	struct vmb_test_move *move = server->data;
	const char *name = call_name(call);

	if (!name)
		return;
	move->used += scnprintf(move->journal + move->used,
				sizeof(move->journal) - move->used, "%s%u:%s",
				move->used ? " " : "", server->channel->id, name);
	if (call == VMB_TEST_DISCARD || call == VMB_TEST_DONE)
		move->used += scnprintf(move->journal + move->used,
					sizeof(move->journal) - move->used, "#%llu",
					vmb_packet_transaction_id(arg));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_hook);

/**
 * vmb_test_move_forget() - begin the journal anew
 * @move: the move
 */
void vmb_test_move_forget(struct vmb_test_move *move)
{
	move->used = 0;
	move->journal[0] = '\0';
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_forget);

/**
 * vmb_test_move_expect_clean() - expect channels that no restore has touched
 * @move: the move; its destination was reset or has failed
 */
void vmb_test_move_expect_clean(struct vmb_test_move *move)
{
	struct kunit *test = move->test;
	u32 i;

	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_STAGED), 0);
	KUNIT_EXPECT_EQ(test, atomic64_read(&move->to->pinned), 0);
	for (i = 0; i < move->nr; i++) {
		struct vmb_channel *channel = move->moved[i]->channel;

		KUNIT_EXPECT_EQ(test, channel->state, VMB_CHANNEL_STARTED);
		KUNIT_EXPECT_EQ(test, channel->queue.nr_packets, 0);
		KUNIT_EXPECT_EQ(test, channel->queue.nr_completions, 0);
		KUNIT_EXPECT_TRUE(test, list_empty(&channel->queue.waiting));
		KUNIT_EXPECT_TRUE(test, xa_empty(&channel->gpadls));
		KUNIT_EXPECT_FALSE(test, vmb_channel_was_restored(channel));
		KUNIT_EXPECT_FALSE(test, channel->opened_before);
		KUNIT_EXPECT_NULL(test, channel->ring_map);
		KUNIT_EXPECT_TRUE(test, list_empty(&move->moved[i]->server->packets));
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_move_expect_clean);

/**
 * vmb_test_error_text() - the sentence of a machine's last error
 * @test: the case
 * @machine: the machine
 * Return: the sentence, valid to the end of the case.
 */
const char *vmb_test_error_text(struct kunit *test, struct vmb_test_machine *machine)
{
	char *text = vmb_test_alloc(test, VMBSAVE_ERROR_TEXT);

	vmb_bus_error_get(machine->bus, NULL, text);
	return text;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_error_text);

// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "job.h"
#include "line.h"

/*
 * vmb_channel_send_synchronous_request(), on a channel that is told to be a
 * client's end: the guest of the fixture then plays the server.
 */

#define LONG 60000

/**
 * struct call - a call in another thread
 * @line: on which
 * @flags: for it
 * @timeout_ms: for it
 * @len: of the payload
 * @answer: where the answer goes
 * @answer_len: how much; what it was set to
 */
struct call {
	struct vmb_test_line *line;
	u32 flags;
	u32 timeout_ms;
	u32 len;
	u8 answer[64];
	u32 answer_len;
};

static int do_call(void *arg)
{
	struct call *call = arg;
	u8 payload[64];

	vmb_test_fill(payload, sizeof(payload), 1);
	return vmb_channel_send_synchronous_request(call->line->channel, payload, call->len,
						    call->flags,
						    call->flags ? call->answer : NULL,
						    call->flags ? &call->answer_len : NULL,
						    call->timeout_ms);
}

static struct vmb_test_line *client_line(struct kunit *test)
{
	struct vmb_test_line *line = vmb_test_line_open(vmb_test_machine_create(test),
							vmb_test_vsp_register(test), 1);

	line->channel->server = false;
	return line;
}

static struct call *new_call(struct vmb_test_line *line, u32 flags, u32 timeout_ms)
{
	struct call *call = vmb_test_alloc(line->machine->test, sizeof(*call));

	memset(call->answer, 0x5a, sizeof(call->answer));
	call->line = line;
	call->flags = flags;
	call->timeout_ms = timeout_ms;
	call->len = 24;
	call->answer_len = sizeof(call->answer);
	return call;
}

/* Return: what the peer has read, once it comes */
static struct vmb_test_message receive(struct vmb_test_line *line)
{
	struct vmb_test_message message = {};

	KUNIT_ASSERT_TRUE(line->machine->test,
			  vmb_test_wait(!vmb_test_guest_receive(&line->guest, &message)));
	return message;
}

/* Nothing more goes into the ring. Return: packets that were sent */
static u32 fill_ring(struct vmb_test_line *line)
{
	u32 nr = 0;

	while (!line->channel->queue.nr_packets)
		nr += !vmb_test_server_send_flags(line->server, 1000, 0, 0);
	while (line->channel->queue.nr_packets < 2)
		nr += !vmb_test_server_send_flags(line->server, 0, 0, 0);
	return nr;
}

static int try(struct vmb_test_line *line, u32 len)
{
	return do_call(&(struct call){ .line = line, .len = len });
}

static void server_may_only_try(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct vmb_test_message message;

	/* Act, Assert */
	line->channel->server = true;
	KUNIT_EXPECT_EQ(test, do_call(new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 0)), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_call(new_call(line, 0, 1)), -EINVAL);
	KUNIT_EXPECT_EQ(test, do_call(new_call(line, 0, VMB_WAIT_FOREVER)), -EINVAL);
	KUNIT_EXPECT_EQ(test, try(line, 24), 0);
	message = receive(line);
	KUNIT_EXPECT_FALSE(test, message.wants_completion);
	KUNIT_EXPECT_EQ(test, message.len, 24);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(message.payload, 24, 1));
	KUNIT_EXPECT_EQ(test, vmb_test_guest_receive(&line->guest, &message), -EAGAIN);
}

static void arguments_that_make_no_sense_are_refused(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	u32 len = 8, odd = 12;
	u8 answer[16];

	/* Act, Assert */
#define SEND(...) vmb_channel_send_synchronous_request(line->channel, __VA_ARGS__)
	KUNIT_EXPECT_EQ(test, SEND(NULL, 8, 0, NULL, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND("", 0, 2, NULL, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND("", 0, 1, answer, NULL, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND("", 0, 1, NULL, &len, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND("", 0, 1, answer, &odd, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND("", 0, 0, answer, &len, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, SEND(answer, VMB_PACKET_BYTES_DEFAULT + 1, 0, NULL, NULL, 0),
			-EMSGSIZE);
#undef SEND
	KUNIT_EXPECT_EQ(test, line->channel->queue.next_id, 1);
}

static void try_into_a_full_ring_queues_nothing(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	u32 nr = fill_ring(line);

	/* Act */
	KUNIT_EXPECT_EQ(test, try(line, 0), -E2BIG);
	KUNIT_EXPECT_EQ(test, do_call(new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 0)), -E2BIG);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), nr);
	KUNIT_EXPECT_EQ(test, line->guest.out_of_order, 0);
}

static void try_works_with_interrupts_off(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	unsigned long flags;
	int ret;

	/* Act */
	local_irq_save(flags);
	ret = try(line, 8);
	local_irq_restore(flags);

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, receive(line).len, 8);
}

static void try_needs_traffic(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);

	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, vmb_channel_pause(line->channel), 0);
	KUNIT_EXPECT_EQ(test, try(line, 8), -EBADFD);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_close(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, try(line, 8), -EBADFD);
	KUNIT_EXPECT_EQ(test, do_call(new_call(line, 0, 10)), -EBADFD);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
}

static void caller_gets_the_answer(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct call *call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, LONG);
	struct vmb_test_job *job = vmb_test_job_start(test, 0, do_call, call);
	struct vmb_test_message message = receive(line);

	/* Act */
	KUNIT_EXPECT_TRUE(test, message.wants_completion);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 100));
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, message.id,
						      "the answer is 42", 16), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, call->answer_len, 16);
	KUNIT_EXPECT_EQ(test, memcmp(call->answer, "the answer is 42", 16), 0);
	KUNIT_EXPECT_EQ(test, call->answer[16], 0x5a);
}

static void answer_that_is_too_long_is_cut_off_and_said_so(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct call *call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 0);
	struct vmb_test_job *job;

	/* Act */
	call->answer_len = 8;
	job = vmb_test_job_start(test, 0, do_call, call);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, receive(line).id,
						      "the answer is 42", 16), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -E2BIG);
	KUNIT_EXPECT_EQ(test, call->answer_len, 16);
	KUNIT_EXPECT_EQ(test, memcmp(call->answer, "the answ", 8), 0);
	KUNIT_EXPECT_EQ(test, call->answer[8], 0x5a);
}

static void late_answer_is_dropped(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct call *call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 50);
	u64 before = vmb_limit_used(VMB_LIMIT_PACKETS);

	/* Act */
	KUNIT_EXPECT_EQ(test, do_call(call), -ETIMEDOUT);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before + 1);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, receive(line).id,
						      "the answer is 42", 16), 0);
	vmb_test_line_settle(line);

	/* Assert */
	KUNIT_EXPECT_NULL(test, memchr_inv(call->answer, 0x5a, sizeof(call->answer)));
	KUNIT_EXPECT_EQ(test, call->answer_len, sizeof(call->answer));
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before);
	KUNIT_EXPECT_EQ(test, line->channel->stray, 0);
}

static void request_that_gets_no_room_in_time_is_withdrawn(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	u32 nr = fill_ring(line);
	struct vmb_test_job *job;
	u64 id;

	/* Act: another packet is sent behind it. */
	job = vmb_test_job_start(test, 0, do_call,
				 new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 1000));
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(READ_ONCE(line->channel->queue.nr_packets) == 3));
	id = line->channel->queue.next_id - 1;
	vmb_test_line_send(line, 1, 8);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -E2BIG);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), nr + 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, id), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, id + 1), 1);
}

static void request_waits_for_room_and_is_over_when_it_is_in_the_ring(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	u32 nr = fill_ring(line);
	struct vmb_test_job *job;

	/* Act */
	job = vmb_test_job_start(test, 0, do_call, new_call(line, 0, VMB_WAIT_FOREVER));
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 100));
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), nr + 1);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
}

static void wait_can_be_killed(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct call *call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, VMB_WAIT_FOREVER);
	int ret;

	/* Act */
	vmb_test_kill_me();
	ret = do_call(call);
	vmb_test_revive_me();

	/* Assert */
	KUNIT_EXPECT_EQ(test, ret, -EINTR);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, call->answer[0], 0x5a);
}

static void close_ends_the_wait(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct vmb_test_job *job;

	/* Act */
	job = vmb_test_job_start(test, 0, do_call,
				 new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, LONG));
	receive(line);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_close(&line->guest), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ECANCELED);
}

static void channel_that_goes_away_ends_the_wait(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct vmb_test_server *server = line->server;
	struct vmb_test_job *job;

	/* Act */
	job = vmb_test_job_start(test, 0, do_call,
				 new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, LONG));
	receive(line);
	vmb_test_machine_destroy(line->machine);

	/* Assert: the VSP was not asked to discard a packet that it does not know. */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -ENODEV);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(server, VMB_TEST_DISCARD), 0);
}

/* Discarding takes as long as somebody else waits for room. */
static void discard_slowly(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	if (call == VMB_TEST_DISCARD && server->data)
		WARN_ON(!vmb_test_job_ended(server->data, LONG));
	if (call == VMB_TEST_DISCARD)
		server->data = NULL;
}

static void request_is_withdrawn_while_others_are_discarded(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	u64 before = vmb_limit_used(VMB_LIMIT_PACKETS);
	struct vmb_test_job *job;

	/* Arrange: one packet behind it, which is the first to be discarded. */
	fill_ring(line);
	job = vmb_test_job_start(test, 0, do_call,
				 new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, 200));
	KUNIT_ASSERT_TRUE(test, vmb_test_wait(READ_ONCE(line->channel->queue.nr_packets) == 3));
	vmb_test_line_send(line, 1, 8);
	line->server->knobs.hook = discard_slowly;
	line->server->data = job;

	/* Act */
	vmb_queue_discard(line->channel, &line->channel->queue);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -E2BIG);
	KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_DISCARD), 3);
	KUNIT_EXPECT_EQ(test, line->channel->queue.nr_packets, 0);
	KUNIT_EXPECT_EQ(test, vmb_limit_used(VMB_LIMIT_PACKETS), before);
}

/**
 * struct inside - a call from a callback
 * @where: in which callback
 * @call: the call; made once
 * @ret: what it returned
 */
struct inside {
	enum vmb_test_call where;
	struct call *call;
	int ret;
};

static void call_inside(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct inside *inside = server->data;

	if (!inside || call != inside->where)
		return;
	server->data = NULL;
	inside->ret = do_call(inside->call);
}

static int pause_and_start(void *line)
{
	struct vmb_channel *channel =
		vmb_channel_get(((struct vmb_test_line *)line)->channel);
	int ret = vmb_channel_pause(channel) ?: vmb_channel_start(channel);

	vmb_channel_put(channel);
	return ret;
}

static int inside_of(struct kunit *test, enum vmb_test_call where)
{
	struct vmb_test_line *line = client_line(test);
	struct inside *inside = vmb_test_alloc(test, sizeof(*inside));

	inside->where = where;
	inside->ret = 1;
	inside->call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, LONG);
	line->server->data = inside;
	line->server->knobs.hook = call_inside;
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	KUNIT_EXPECT_EQ(test, pause_and_start(line), 0);
	return inside->ret;
}

static void no_callback_may_wait_for_what_it_holds_up(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, inside_of(test, VMB_TEST_PROCESS), -EDEADLK);
	KUNIT_EXPECT_EQ(test, inside_of(test, VMB_TEST_SUSPEND), -EDEADLK);
	KUNIT_EXPECT_EQ(test, inside_of(test, VMB_TEST_STARTED), -EDEADLK);
}

static struct inside *wait_in_post_started(struct vmb_test_line *line, struct vmb_test_job **job)
{
	struct kunit *test = line->machine->test;
	struct inside *inside = vmb_test_alloc(test, sizeof(*inside));

	inside->where = VMB_TEST_POST_STARTED;
	inside->ret = 1;
	inside->call = new_call(line, VMB_PACKET_WAIT_FOR_COMPLETION, LONG);
	line->server->data = inside;
	line->server->knobs.hook = call_inside;
	*job = vmb_test_job_start(test, 0, pause_and_start, line);
	return inside;
}

static void post_started_may_wait_for_an_answer(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct vmb_test_job *job;
	struct inside *inside = wait_in_post_started(line, &job);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_complete(&line->guest, receive(line).id,
						      "the answer is 42", 16), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), 0);
	KUNIT_EXPECT_EQ(test, inside->ret, 0);
	KUNIT_EXPECT_EQ(test, inside->call->answer_len, 16);
}

static void removal_does_not_wait_for_an_answer_to_post_started(struct kunit *test)
{
	struct vmb_test_line *line = client_line(test);
	struct vmb_test_job *job;
	struct inside *inside = wait_in_post_started(line, &job);

	/* Act */
	receive(line);
	vmb_test_machine_destroy(line->machine);

	/* Assert */
	vmb_test_job_wait(test, job);
	KUNIT_EXPECT_EQ(test, inside->ret, -ENODEV);
}

static struct kunit_case synchronous_cases[] = {
	KUNIT_CASE(server_may_only_try),
	KUNIT_CASE(arguments_that_make_no_sense_are_refused),
	KUNIT_CASE(try_into_a_full_ring_queues_nothing),
	KUNIT_CASE(try_works_with_interrupts_off),
	KUNIT_CASE(try_needs_traffic),
	KUNIT_CASE(caller_gets_the_answer),
	KUNIT_CASE(answer_that_is_too_long_is_cut_off_and_said_so),
	KUNIT_CASE(late_answer_is_dropped),
	KUNIT_CASE(request_that_gets_no_room_in_time_is_withdrawn),
	KUNIT_CASE(request_waits_for_room_and_is_over_when_it_is_in_the_ring),
	KUNIT_CASE(wait_can_be_killed),
	KUNIT_CASE(close_ends_the_wait),
	KUNIT_CASE(channel_that_goes_away_ends_the_wait),
	KUNIT_CASE(request_is_withdrawn_while_others_are_discarded),
	KUNIT_CASE(no_callback_may_wait_for_what_it_holds_up),
	KUNIT_CASE(post_started_may_wait_for_an_answer),
	KUNIT_CASE(removal_does_not_wait_for_an_answer_to_post_started),
	{}
};

static struct kunit_suite synchronous_suite = {
	.name = "vmbsave_synchronous",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = synchronous_cases,
};

kunit_test_suite(synchronous_suite);

MODULE_DESCRIPTION("Requests that wait for their answer");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>
#include <linux/timer.h>

#include "helpers.h"
#include "line.h"

/* What can be sent and what cannot: lengths, flags, caps, ids, contexts. */

static struct vmb_test_line *open_line(struct kunit *test)
{
	return vmb_test_line_open(vmb_test_machine_create(test),
				  vmb_test_vsp_register(test), 1);
}

static void send_refuses_what_it_cannot_send_and_spends_no_id(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	/* Arrange */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_transaction_id(packet), 0);
	KUNIT_EXPECT_PTR_EQ(test, vmb_packet_get_channel(packet), line->channel);

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "12345678", 8, 2), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, "12345678", 8, ~0U), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, NULL, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, test, 4097, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, test, U32_MAX, 0), -EMSGSIZE);
	vmb_packet_free(packet);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4096, 0), 0);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 1);
}

/* A max packet size beyond the ring that the guest made */
static struct vmb_test_line *small_ring_line(struct kunit *test, bool open)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.max_packet = 8192;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 1, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	if (open)
		KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}

static void packet_that_never_fits_is_refused_at_once(struct kunit *test)
{
	struct vmb_test_line *line = small_ring_line(test, true);

	/* Act, Assert: 4096 - 8 bytes of ring, 24 of them not for payload. */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4065, 0), -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 4064, 0), 0);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 1);
}

static void packet_that_was_refused_has_no_id(struct kunit *test)
{
	struct vmb_test_line *line = small_ring_line(test, true);
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	u8 *buf = vmb_test_alloc(test, 8192);

	/* Act */
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_packet_send(packet, buf, 8192, 0), -EMSGSIZE);

	/* Assert: the next one gets it. */
	KUNIT_EXPECT_EQ(test, vmb_packet_transaction_id(packet), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	vmb_test_guest_serve(&line->guest);
	vmb_test_line_expect_once(line, 1);
	vmb_packet_free(packet);
}

/* Nobody knew the ring when it was queued; those behind it are not lost. */
static void queued_packet_that_never_fits_is_finished_with_emsgsize(struct kunit *test)
{
	struct vmb_test_line *line = small_ring_line(test, false);

	/* Arrange */
	vmb_test_line_send(line, 1, 100);
	vmb_test_line_send(line, 1, 5000);
	vmb_test_line_send(line, 1, 100);

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 2)->status, -EMSGSIZE);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.seen, 2), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 1)->done, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 3)->status, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_record(line->server, 3)->done, 1);
	KUNIT_EXPECT_EQ(test, line->machine->nr_events, 0);
}

static void packets_are_capped(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	u64 taken = vmb_test_limit_leave(VMB_LIMIT_PACKETS, 1);
	int first = vmb_test_server_send(line->server, 8, 0);
	int second = vmb_test_server_send(line->server, 8, 0);

	vmb_limit_uncharge(VMB_LIMIT_PACKETS, taken);

	/* Assert */
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, second, -EDQUOT);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
}

static void ids_end_before_they_could_be_reused(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);

	/* Arrange */
	line->channel->queue.next_id = VMB_TRANSACTION_ID_MAX - 1;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, 8, 0), -EOVERFLOW);
	vmb_test_guest_serve(&line->guest);
	KUNIT_EXPECT_EQ(test, line->guest.last_seen, VMB_TRANSACTION_ID_MAX - 1);
}

/**
 * struct soft - what a timer does to a channel
 * @timer: the timer
 * @packet: to be sent
 * @request: to be completed
 * @ret: what the send returned, 1 before
 */
struct soft {
	struct timer_list timer;
	struct vmb_packet *packet;
	struct vmb_test_request *request;
	int ret;
};

static void send_and_complete(struct timer_list *timer)
{
	struct soft *soft = container_of(timer, struct soft, timer);

	vmb_packet_complete(soft->request->packet, soft->request->buf, soft->request->len);
	WRITE_ONCE(soft->ret, vmb_packet_send(soft->packet, "quick", 6, 0));
}

/* In the contexts that a VSP may come from: the checks of the kernel look on. */
static void send_and_complete_work_in_a_timer_and_with_interrupts_off(struct kunit *test)
{
	struct vmb_test_line *line = open_line(test);
	struct soft *soft = vmb_test_alloc(test, sizeof(*soft));
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);
	int ret;

	/* Arrange */
	soft->packet = vmb_packet_allocate(line->channel);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(soft->packet), 0);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(packet), 0);
	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	vmb_test_line_settle(line);
	soft->request = list_first_entry(&line->server->held, struct vmb_test_request, node);
	list_del(&soft->request->node);
	soft->ret = 1;

	/* Act */
	timer_setup(&soft->timer, send_and_complete, 0);
	mod_timer(&soft->timer, jiffies + 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_wait(READ_ONCE(soft->ret) <= 0));
	local_irq_disable();
	ret = vmb_packet_send(packet, "quick", 6, 0);
	local_irq_enable();

	/* Assert */
	KUNIT_EXPECT_EQ(test, soft->ret, 0);
	KUNIT_EXPECT_EQ(test, ret, 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 3);
	kfree(soft->request);
}

static void largest_packet_passes_in_both_directions(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create_sized(test, 400);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;
	void *big;

	/* Arrange */
	vsp->knobs.max_packet = VMB_PACKET_BYTES_MAX;
	line = vmb_test_line_offer_sized(machine, vsp, 1, 129, 129);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	big = vmb_test_alloc(test, VMB_PACKET_BYTES_MAX + 64);
	line->guest.buf = big;
	line->guest.buf_bytes = VMB_PACKET_BYTES_MAX + 64;

	/* Act */
	KUNIT_EXPECT_EQ(test, vmb_test_server_send(line->server, VMB_PACKET_BYTES_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, VMB_PACKET_BYTES_MAX), 0);
	vmb_test_guest_serve(&line->guest);

	/* Assert */
	vmb_test_line_expect_once(line, 1);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_count(&line->guest.answered, 1), 1);
	KUNIT_EXPECT_TRUE(test, vmb_test_filled(big + 16, VMB_PACKET_BYTES_MAX, 1));
}

static struct kunit_case packet_send_cases[] = {
	KUNIT_CASE(send_refuses_what_it_cannot_send_and_spends_no_id),
	KUNIT_CASE(packet_that_never_fits_is_refused_at_once),
	KUNIT_CASE(packet_that_was_refused_has_no_id),
	KUNIT_CASE(queued_packet_that_never_fits_is_finished_with_emsgsize),
	KUNIT_CASE(packets_are_capped),
	KUNIT_CASE(ids_end_before_they_could_be_reused),
	KUNIT_CASE(send_and_complete_work_in_a_timer_and_with_interrupts_off),
	KUNIT_CASE(largest_packet_passes_in_both_directions),
	{}
};

static struct kunit_suite packet_send_suite = {
	.name = "vmbsave_packet_send",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = packet_send_cases,
};

kunit_test_suite(packet_send_suite);

MODULE_DESCRIPTION("What can be sent and what cannot");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

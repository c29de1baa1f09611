// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "job.h"
#include "line.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "stream.h"

/* Calls that meet: sessions and unbinding, and everything at once. */

/* A hook's own: .closed is in progress until it may go on. */
struct gate {
	struct completion reached;
	struct completion let_go;
};

static void wait_in_closed(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct gate *gate = server->data;

	if (call != VMB_TEST_CLOSED)
		return;
	complete(&gate->reached);
	wait_for_completion(&gate->let_go);
}

static int disable_job(void *arg)
{
	return vmb_channel_disable(arg);
}

/**
 * struct change - a bus that is brought to a state by a job
 * @bus: the bus
 * @to: the state
 * @data: what came of it
 */
struct change {
	struct vmb_bus *bus;
	enum vmb_bus_state to;
	struct vmb_bus_data data;
};

static int change_job(void *arg)
{
	struct change *change = arg;

	return vmb_bus_set_state(change->bus, change->to, 0, &change->data);
}

/*
 * The session has the first channel and waits for the second one, when the VSP
 * of the first one goes.
 */
static void channel_goes_while_a_save_takes_another_one(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct change *change = vmb_test_alloc(test, sizeof(*change));
	struct gate *gate = vmb_test_alloc(test, sizeof(*gate));
	struct vmb_test_job *disable, *save, *unbind;
	struct vmb_test_line *first, *second;
	const void *from;
	u32 bytes;

	/* Arrange */
	first = vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	second = vmb_test_line_open(machine, vmb_test_vsp_register(test), 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	init_completion(&gate->reached);
	init_completion(&gate->let_go);
	second->server->data = gate;
	second->server->knobs.hook = wait_in_closed;
	disable = vmb_test_job_start(test, 0, disable_job, second->channel);
	wait_for_completion(&gate->reached);

	/* Act */
	change->bus = machine->bus;
	change->to = VMB_BUS_STOP_COPY;
	save = vmb_test_job_start(test, 0, change_job, change);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(save, 1000));
	KUNIT_EXPECT_NOT_NULL(test, first->channel->session);
	unbind = vmb_test_job_start(test, 0, vmb_test_vsp_unregister_job, first->server->vsp);
	KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(unbind, 1000));
	complete(&gate->let_go);

	/* Assert */
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, disable), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, save), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, unbind), 0);
	KUNIT_ASSERT_NOT_NULL(test, change->data.save);
	KUNIT_EXPECT_EQ(test, vmb_save_read_begin(change->data.save, &from, &bytes), -ENODEV);
	vmb_save_put(change->data.save);
}

/**
 * struct churn - what goes on at once on one line
 * @line: the line
 * @channel: referenced
 * @stop: all is to end
 * @sending: protects @no_more; held while a packet is sent
 * @no_more: the VSP is being removed
 */
struct churn {
	struct vmb_test_line *line;
	struct vmb_channel *channel;
	bool stop;
	struct mutex sending;	/* protects no_more */
	bool no_more;
};

static void end_sending(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	struct churn *churn = server->data;

	if (call != VMB_TEST_REMOVE)
		return;
	guard(mutex)(&churn->sending);
	churn->no_more = true;
}

static int send_job(void *arg)
{
	struct churn *churn = arg;

	while (!READ_ONCE(churn->stop)) {
		scoped_guard(mutex, &churn->sending) {
			if (!churn->no_more)
				vmb_test_server_send(churn->line->server, 200, 50);
		}
		msleep(20);
	}
	return 0;
}

static int guest_job(void *arg)
{
	struct churn *churn = arg;
	struct vmb_test_guest *guest = &churn->line->guest;
	struct vmb_test_message message;
	u64 id = 0;

	while (!READ_ONCE(churn->stop)) {
		vmb_test_guest_request(guest, ++id, 100);
		while (!vmb_test_guest_receive(guest, &message))
			if (message.wants_completion)
				vmb_test_guest_complete(guest, message.id, NULL, 0);
		msleep(20);
	}
	return 0;
}

static int control_job(void *arg)
{
	struct churn *churn = arg;
	u32 n = 0;

	while (!READ_ONCE(churn->stop)) {
		vmb_channel_pause_timeout(churn->channel, 100);
		msleep(20);
		vmb_channel_start(churn->channel);
		if (++n % 8 == 0)
			vmb_test_guest_lend_pages(churn->channel, n, 0, 2, 0);
		if (n % 8 == 4)
			vmb_gpadl_teardown(churn->channel, n - 4);
		msleep(30);
	}
	return 0;
}

static int save_job(void *arg)
{
	struct churn *churn = arg;
	u8 *buf = kmalloc(4096, GFP_KERNEL | __GFP_NOFAIL);
	u32 filled, required, n = 0;

	while (!READ_ONCE(churn->stop)) {
		if (vmb_channel_save_begin(churn->channel))
			n++;
		for (n++; n % 5; n++)
			if (vmb_channel_save_continue(churn->channel, buf, 4096, &filled,
						      &required) < 0)
				n += 5 - n % 5 - 1;
		msleep(20);
		vmb_channel_save_end(churn->channel);
		msleep(30);
	}
	kfree(buf);
	return 0;
}

static int bus_job(void *arg)
{
	static const enum vmb_bus_state states[] = {
		VMB_BUS_STOP, VMB_BUS_RUNNING, VMB_BUS_STOP_COPY, VMB_BUS_RUNNING,
		VMB_BUS_RESUMING, VMB_BUS_STOP,
	};
	struct churn *churn = arg;
	u32 n = 0;

	while (!READ_ONCE(churn->stop)) {
		vmb_test_machine_set_state(churn->line->machine, states[n++ % ARRAY_SIZE(states)]);
		msleep(70);
	}
	return 0;
}

static struct churn *start_churn(struct kunit *test, struct vmb_test_line *line)
{
	static int (* const calls[])(void *arg) = {
		send_job, guest_job, control_job, save_job,
	};
	struct churn *churn = vmb_test_alloc(test, sizeof(*churn));
	int i;

	mutex_init(&churn->sending);
	churn->line = line;
	churn->channel = vmb_channel_get(line->channel);
	line->server->data = churn;
	line->server->knobs.hook = end_sending;
	for (i = 0; i < ARRAY_SIZE(calls); i++)
		vmb_test_job_start(test, 0, calls[i], churn);
	return churn;
}

static void end_by_rescind(struct vmb_test_line *line)
{
	vmb_bus_reset(line->machine->bus);
	vmb_bus_rescind(line->machine->bus, line->id);
}

static void end_by_unbind(struct vmb_test_line *line)
{
	vmb_test_vsp_unregister(line->server->vsp);
}

static void end_by_kill(struct vmb_test_line *line)
{
	vmb_test_machine_destroy(line->machine);
}

/* Nothing is claimed but that all ends, is released and breaks no rule. */
static void everything_at_once_ends_well(struct kunit *test)
{
	static void (* const ends[])(struct vmb_test_line *line) = {
		end_by_rescind, end_by_unbind, end_by_kill,
	};
	u32 round, seen = 0;

	for (round = 0; round < 4 * ARRAY_SIZE(ends); round++) {
		struct vmb_test_machine *machine = vmb_test_machine_create(test);
		struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
		struct vmb_test_line *line = vmb_test_line_open(machine, vsp, 1);
		struct churn *churn = start_churn(test, line);
		struct vmb_test_job *bus;

		/* Act */
		bus = vmb_test_job_start(test, 0, bus_job, churn);
		msleep(500 + 37 * round);
		if (ends[round % ARRAY_SIZE(ends)] == end_by_kill) {
			/* The one who has the bus is no longer there. */
			WRITE_ONCE(churn->stop, true);
			KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, bus), 0);
		}
		ends[round % ARRAY_SIZE(ends)](line);
		msleep(50);

		/* Assert */
		WRITE_ONCE(churn->stop, true);
		vmb_test_jobs_wait(vmb_test_of(test));
		KUNIT_EXPECT_EQ(test, vmb_test_server_count(line->server, VMB_TEST_REMOVE), 1);
		KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
		seen += line->guest.nr_seen;
		line->server->knobs.hook = NULL;
		vmb_channel_put(churn->channel);
	}
	KUNIT_EXPECT_GT(test, seen, 0);
}

/**
 * struct failing_offer - an offer whose probe fails when it may
 * @machine: where
 * @vsp: probed
 * @channel: probed, referenced
 * @probed: it is
 * @let_fail: it may
 */
struct failing_offer {
	struct vmb_test_machine *machine;
	struct vmb_test_vsp *vsp;
	struct vmb_channel *channel;
	struct completion probed;
	struct completion let_fail;
};

static int offer_job(void *arg)
{
	struct failing_offer *offer = arg;

	return PTR_ERR_OR_ZERO(vmb_test_offer(offer->machine, offer->vsp, 1));
}

static int probe_late(struct vmb_channel *channel)
{
	struct vmb_test_vsp *vsp = container_of(channel->vsp, struct vmb_test_vsp, vsp);
	struct failing_offer *offer = vsp->data;

	offer->channel = vmb_channel_get(channel);
	complete(&offer->probed);
	wait_for_completion(&offer->let_fail);
	return -EPERM;
}

/* Who has found the channel with the bus's lock may look at its VSP. */
static void failed_probe_does_not_part_them_while_somebody_looks(struct kunit *test)
{
	struct failing_offer *offer = vmb_test_alloc(test, sizeof(*offer));
	struct vmb_test_job *job;

	/* Arrange */
	offer->machine = vmb_test_machine_create(test);
	offer->vsp = vmb_test_vsp_create(test);
	offer->vsp->vsp.probe = probe_late;
	offer->vsp->data = offer;
	init_completion(&offer->probed);
	init_completion(&offer->let_fail);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(offer->vsp), 0);
	job = vmb_test_job_start(test, 0, offer_job, offer);
	wait_for_completion(&offer->probed);

	/* Act, Assert */
	scoped_guard(mutex, &offer->machine->bus->lock) {
		complete(&offer->let_fail);
		KUNIT_EXPECT_FALSE(test, vmb_test_job_ended(job, 300));
		KUNIT_EXPECT_PTR_EQ(test, READ_ONCE(offer->channel->vsp),
				    (const struct vmb_vsp *)&offer->vsp->vsp);
	}
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, job), -EPERM);
	KUNIT_EXPECT_NULL(test, READ_ONCE(offer->channel->vsp));
	vmb_channel_put(offer->channel);
	vmb_test_expect_machine_empty(offer->machine);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE(channel_goes_while_a_save_takes_another_one),
	KUNIT_CASE(everything_at_once_ends_well),
	KUNIT_CASE(failed_probe_does_not_part_them_while_somebody_looks),
	{}
};

static struct kunit_suite race_suite = {
	.name = "vmbsave_race",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);

MODULE_DESCRIPTION("Calls that meet");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

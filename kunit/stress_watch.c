// SPDX-License-Identifier: GPL-2.0-only
#include "core/channel.h"
#include "stress.h"

/**
 * DOC: The rules of the stress test
 *
 * Looked at in each callback, before it does its work:
 *
 * 1. .opened, then .started, then the first packet; .post_started after it.
 * 2. From .suspend until .started has returned there is no packet.
 * 3. .suspend only while traffic runs; .closed once for each .opened that
 *    succeeded, and only after .suspend.
 * 4. Between .suspend and the end of the stop nothing is called but completion
 *    routines.
 * 5. What is sent while the VSP has paused the channel does not reach the guest.
 * 6. Start and pause are refused in each callback (-EDEADLK).
 *
 * Looked at when a channel has gone: each packet sent or restored was completed
 * or discarded, and that once. At the end: each request of the guest was
 * answered once. That no callback comes in atomic context or after .remove is
 * seen by the server of every suite.
 */

/**
 * vmb_test_stress_wrong() - a rule was broken
 * @stress: the test
 * @fmt: which
 */
void vmb_test_stress_wrong(struct vmb_test_stress *stress, const char *fmt, ...)
{
	char text[128];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	/* What follows from it is not told, too. */
	if (atomic_inc_return(&stress->wrong) <= 5)
		KUNIT_FAIL(stress->test, "%s", text);
}

static void expect(struct vmb_test_watch *watch, enum vmb_test_call call,
		   bool rule, const char *what)
{
	if (!rule)
		vmb_test_stress_wrong(watch->line->stress,
				      "channel %u, call %u: %s", watch->line->index,
				      call, what);
}

static void expect_no_control(struct vmb_test_watch *watch, enum vmb_test_call call)
{
	struct vmb_channel *channel = watch->server->channel;

	expect(watch, call, vmb_channel_pause(channel) == -EDEADLK &&
	       vmb_channel_start(channel) == -EDEADLK,
	       "a callback may control its channel");
}

static void see_opened(struct vmb_test_watch *watch)
{
	struct vmb_test_server *server = watch->server;

	expect(watch, VMB_TEST_OPENED, !watch->opened, "it was open");
	expect(watch, VMB_TEST_OPENED, !watch->started, "traffic ran before");
	/* One in eight fails, and then .closed does not follow. */
	server->knobs.opened_error = ++watch->nr_opened % 8 ? 0 : -EIO;
	WRITE_ONCE(watch->opened, !server->knobs.opened_error);
}

static void see_started(struct vmb_test_watch *watch)
{
	expect(watch, VMB_TEST_STARTED, READ_ONCE(watch->opened), "it is not open");
	expect(watch, VMB_TEST_STARTED, !READ_ONCE(watch->started), "it was started");
	/* Time for a packet that comes too early */
	usleep_range(50, 100);
	WRITE_ONCE(watch->started, true);
}

static void see_suspend(struct vmb_test_watch *watch)
{
	expect(watch, VMB_TEST_SUSPEND, READ_ONCE(watch->started),
	       "traffic did not run");
	expect(watch, VMB_TEST_SUSPEND, !READ_ONCE(watch->delivering),
	       "a packet is being delivered");
	WRITE_ONCE(watch->started, false);
	usleep_range(50, 100);
}

static void see_closed(struct vmb_test_watch *watch)
{
	expect(watch, VMB_TEST_CLOSED, READ_ONCE(watch->opened), "it is not open");
	expect(watch, VMB_TEST_CLOSED, !READ_ONCE(watch->started), "traffic runs");
	WRITE_ONCE(watch->opened, false);
}

static void see_packet(struct vmb_test_watch *watch)
{
	expect(watch, VMB_TEST_PROCESS, READ_ONCE(watch->opened), "it is not open");
	expect(watch, VMB_TEST_PROCESS, READ_ONCE(watch->started),
	       "a packet while no traffic runs");
	expect(watch, VMB_TEST_PROCESS, !READ_ONCE(watch->delivering),
	       "two packets at once");
	WRITE_ONCE(watch->delivering, true);
	cond_resched();
	WRITE_ONCE(watch->delivering, false);
}

static void see_remove(struct vmb_test_watch *watch)
{
	expect(watch, VMB_TEST_REMOVE, !watch->opened, "it is open");
	guard(mutex)(&watch->using);
	watch->no_more = true;
}

/**
 * vmb_test_watch_hook() - the hook of every server of the test
 * @server: whose callback
 * @call: which
 * @arg: not used
 */
void vmb_test_watch_hook(struct vmb_test_server *server, enum vmb_test_call call,
			 void *arg)
{
	struct vmb_test_watch *watch = server->data;

	if (!watch)
		return;
	switch (call) {
	case VMB_TEST_OPENED:
		see_opened(watch);
		break;
	case VMB_TEST_STARTED:
		see_started(watch);
		break;
	case VMB_TEST_POST_STARTED:
		expect(watch, call, READ_ONCE(watch->started), "it is not started");
		break;
	case VMB_TEST_SUSPEND:
		see_suspend(watch);
		break;
	case VMB_TEST_CLOSED:
		see_closed(watch);
		break;
	case VMB_TEST_PROCESS:
		see_packet(watch);
		break;
	case VMB_TEST_BATCH:
		expect(watch, call, READ_ONCE(watch->started), "no traffic runs");
		break;
	case VMB_TEST_REMOVE:
		see_remove(watch);
		return;
	default:
		return;
	}
	expect_no_control(watch, call);
}

/**
 * vmb_test_watch_create() - watch a channel that was just offered
 * @line: its line; the server is that of the line
 * Return: the watch, freed with the test: others may still use it.
 */
struct vmb_test_watch *vmb_test_watch_create(struct vmb_test_stress_line *line)
{
	struct vmb_test_watch *watch = kzalloc(sizeof(*watch), GFP_KERNEL | __GFP_NOFAIL);

	watch->line = line;
	watch->server = line->line->server;
	mutex_init(&watch->using);
	watch->server->data = watch;
	scoped_guard(mutex, &line->stress->adding)
		list_add(&watch->node, &line->stress->watches);
	return watch;
}

static void expect_each_once(struct vmb_test_watch *watch)
{
	struct vmb_test_record *record;
	u64 over = 0, made = watch->nr_sent;
	unsigned long id;

	xa_for_each(&watch->server->records, id, record) {
		over += record->done + record->discarded;
		made += record->restored;
		/* A restore brings ids that a channel may have used before. */
		expect(watch, VMB_TEST_DONE, record->done <= 1 + record->restored,
		       "done twice");
		expect(watch, VMB_TEST_DONE, !record->done || !record->status ||
		       record->status == -ECANCELED, "done with another error");
	}
	if (over != made)
		vmb_test_stress_wrong(watch->line->stress,
				      "channel %u: %llu packets made, %llu over",
				      watch->line->index, made, over);
}

/**
 * vmb_test_watch_over() - a channel has gone: look at the whole
 * @watch: its watch
 */
void vmb_test_watch_over(struct vmb_test_watch *watch)
{
	struct vmb_test_stress *stress = watch->line->stress;
	int i;

	expect(watch, VMB_TEST_REMOVE, !watch->opened && !watch->started,
	       "it went while it was open");
	scoped_guard(mutex, &watch->using)
		expect_each_once(watch);
	for (i = 0; i < VMB_TEST_NR_CALLS; i++)
		atomic_add(vmb_test_server_count(watch->server, i), &stress->calls[i]);
}

/**
 * vmb_test_watch_answers() - what the guest got for its requests
 * @line: its line
 * @all: nothing is on its way any more
 */
void vmb_test_watch_answers(struct vmb_test_stress_line *line, bool all)
{
	u64 id;

	for (id = 1; id < line->next_request; id++) {
		u32 nr = vmb_test_guest_count(&line->line->guest.answered, id);

		if (nr > 1 || (all && id >= line->opened_from && !nr))
			vmb_test_stress_wrong(line->stress,
					      "channel %u: request %llu was answered %u times",
					      line->index, id, nr);
	}
}

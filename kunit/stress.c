// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/channel.h"
#include "migrate/restore.h"
#include "migrate/save.h"
#include "stress.h"

/**
 * DOC: The actors of the stress test
 *
 * One thread each: a guest and a VSP for each channel, somebody who saves and
 * restores channels, a VMM that stops and runs the bus, and somebody who
 * completes what VSPs hold, until all the others have done their steps.
 *
 * The guest alone opens, closes, rescinds and offers its channel anew. The
 * others get at the present one with line->lock, and use it with a reference.
 */

/* Longer than anything waits here by design, on a busy machine too */
#define PATIENCE_MS	120000

/* Return: the watch of the present channel, which is referenced, or NULL */
static struct vmb_test_watch *get_channel(struct vmb_test_stress_line *line,
					  struct vmb_channel **channel)
{
	guard(mutex)(&line->lock);
	if (line->watch)
		*channel = vmb_channel_get(line->line->channel);
	return line->watch;
}

static void send(struct vmb_test_watch *watch, u32 bytes)
{
	guard(mutex)(&watch->using);
	if (!watch->no_more && !vmb_test_server_send(watch->server, bytes, bytes / 8))
		watch->nr_sent++;
}

/* What is sent now waits until the VSP starts the channel. */
static void pause_and_send(struct vmb_test_watch *watch,
			   struct vmb_channel *channel, u32 bytes)
{
	if (vmb_channel_pause_timeout(channel, 20))
		return;
	scoped_guard(mutex, &watch->using)
		WRITE_ONCE(watch->quiet_from, channel->queue.next_id);
	send(watch, bytes);
	usleep_range(100, 500);
	WRITE_ONCE(watch->quiet_from, 0);
}

static void act_as_vsp(struct vmb_test_actor *actor, struct vmb_test_watch *watch,
		       struct vmb_channel *channel)
{
	struct vmb_test_server *server = watch->server;
	u32 bytes = vmb_test_actor_pick(actor, 500);

	switch (vmb_test_actor_pick(actor, 16)) {
	case 0:
		pause_and_send(watch, channel, bytes);
		break;
	case 1:
		vmb_channel_disable_timeout(channel, 20);
		break;
	case 2 ... 3:
		/* It may be enabled or gone. */
		if (!vmb_channel_enable(channel))
			usleep_range(100, 500);
		break;
	case 4 ... 7:
		vmb_channel_start(channel);
		break;
	case 8:
		WRITE_ONCE(server->knobs.hold, bytes % 2);
		break;
	case 9:
		WRITE_ONCE(server->knobs.keep_on_suspend, bytes % 2);
		break;
	default:
		send(watch, bytes);
	}
}

static void vsp_step(struct vmb_test_actor *actor)
{
	struct vmb_channel *channel;
	struct vmb_test_watch *watch = get_channel(actor->line, &channel);

	if (watch) {
		act_as_vsp(actor, watch, channel);
		vmb_channel_put(channel);
	}
	if (!vmb_test_actor_pick(actor, 4))
		usleep_range(100, 1000);
}

static struct vmb_test_stress_line *pick_line(struct vmb_test_actor *actor)
{
	return &actor->stress->lines[vmb_test_actor_pick(actor, VMB_TEST_STRESS_LINES)];
}

static void save(struct vmb_test_actor *actor, struct vmb_channel *channel)
{
	struct vmb_test_stress *stress = actor->stress;
	u32 rounds = vmb_test_actor_pick(actor, 12);
	u32 used = 0, filled, required;
	int ret = vmb_channel_save_begin(channel);

	while (ret >= 0 && rounds-- && used + VMBSAVE_CHUNK_MAX <= VMB_TEST_STRESS_STREAM) {
		ret = vmb_channel_save_continue(channel, stress->stream + used,
						VMBSAVE_CHUNK_MAX, &filled, &required);
		used += filled;
		usleep_range(50, 200);
		if (!ret && !filled)
			break;
	}
	vmb_channel_save_end(channel);
	if (ret >= 0)
		stress->stream_bytes = used;
}

/* What another channel, or an earlier one, has saved */
static void restore(struct vmb_test_actor *actor, struct vmb_channel *channel)
{
	struct vmb_test_stress *stress = actor->stress;
	int ret = VMB_MORE;

	if (vmb_test_actor_pick(actor, 2) && stress->stream_bytes)
		ret = vmb_channel_restore_from_buffer(channel, stress->stream,
						      sizeof(struct vmbsave_stream_header));
	else if (stress->stream_bytes)
		ret = vmb_channel_restore_from_buffer(channel, stress->stream,
						      stress->stream_bytes);
	if (ret == VMB_MORE)
		usleep_range(50, 500);
	vmb_channel_restore_end(channel);
}

static void session_step(struct vmb_test_actor *actor)
{
	struct vmb_channel *channel;

	if (!get_channel(pick_line(actor), &channel))
		return;
	if (vmb_test_actor_pick(actor, 3))
		save(actor, channel);
	else
		restore(actor, channel);
	vmb_channel_put(channel);
	usleep_range(100, 1000);
}

static void read_some(struct vmb_save *save)
{
	const void *from;
	u32 bytes = 1;

	while (save && bytes && !vmb_save_read_begin(save, &from, &bytes))
		vmb_save_read_end(save, bytes);
}

static void go(struct vmb_test_actor *actor, enum vmb_bus_state to)
{
	struct vmb_bus *bus = actor->stress->machine->bus;
	struct vmb_bus_data data;

	vmb_bus_set_state(bus, to, 50, &data);
	if (vmb_test_actor_pick(actor, 2))
		read_some(data.save);
	if (data.save)
		vmb_save_put(data.save);
	if (data.restore)
		vmb_restore_put(data.restore);
	if (READ_ONCE(bus->state) == VMB_BUS_ERROR)
		vmb_bus_reset(bus);
}

static void vmm_step(struct vmb_test_actor *actor)
{
	static const enum vmb_bus_state states[] = {
		VMB_BUS_STOP, VMB_BUS_STOP_COPY, VMB_BUS_RESUMING,
	};

	go(actor, states[vmb_test_actor_pick(actor, ARRAY_SIZE(states))]);
	usleep_range(100, 1000);
	if (vmb_test_actor_pick(actor, 2))
		go(actor, VMB_BUS_STOP);
	go(actor, VMB_BUS_RUNNING);
	usleep_range(2000, 10000);
}

static void complete_some(struct vmb_test_watch *watch, u32 nr)
{
	guard(mutex)(&watch->using);
	if (!watch->no_more)
		vmb_test_server_complete(watch->server, nr);
}

static void completer_step(struct vmb_test_actor *actor)
{
	struct vmb_test_stress_line *line = pick_line(actor);
	struct vmb_channel *channel;
	struct vmb_test_watch *watch = get_channel(line, &channel);

	if (watch) {
		complete_some(watch, vmb_test_actor_pick(actor, 4));
		vmb_channel_put(channel);
	}
	usleep_range(100, 500);
}

static int act(void *arg)
{
	struct vmb_test_actor *actor = arg;
	struct vmb_test_stress *stress = actor->stress;
	u32 i;

	for (i = 0; i < stress->steps && !atomic_read(&stress->wrong); i++)
		actor->step(actor);
	atomic_dec(&stress->left);
	return 0;
}

static int act_to_the_end(void *arg)
{
	struct vmb_test_actor *actor = arg;

	while (atomic_read(&actor->stress->left))
		actor->step(actor);
	return 0;
}

static struct vmb_test_actor *add_actor(struct vmb_test_stress *stress,
					struct vmb_test_stress_line *line,
					void (*step)(struct vmb_test_actor *actor))
{
	struct vmb_test_actor *actor = vmb_test_alloc(stress->test, sizeof(*actor));

	actor->stress = stress;
	actor->line = line;
	actor->step = step;
	prandom_seed_state(&actor->random, stress->seed + 1000 * ++stress->nr_actors);
	return actor;
}

static void add_line(struct vmb_test_stress *stress, u32 i)
{
	struct vmb_test_stress_line *line = &stress->lines[i];

	line->stress = stress;
	line->index = i;
	line->next_request = 1;
	line->opened_from = U64_MAX;
	mutex_init(&line->lock);
	line->vsp = vmb_test_vsp_create(stress->test);
	line->vsp->log_max = 1;
	line->vsp->knobs.hook = vmb_test_watch_hook;
	if (i == VMB_TEST_STRESS_LINES - 1) {
		line->line = vmb_test_line_own(stress->machine, line->vsp, 1 + i);
	} else {
		KUNIT_ASSERT_EQ(stress->test, vmb_test_vsp_add(line->vsp), 0);
		line->line = vmb_test_line_offer(stress->machine, line->vsp, 1 + i);
	}
	line->watch = vmb_test_watch_create(line);
}

/**
 * vmb_test_stress_create() - a machine with channels, and nobody acts yet
 * @test: the case
 * @seed: of all that is picked
 * @steps: of each actor
 * Return: it.
 */
struct vmb_test_stress *vmb_test_stress_create(struct kunit *test, u64 seed,
					       u32 steps)
{
	struct vmb_test_stress *stress = vmb_test_alloc(test, sizeof(*stress));
	u32 i;

	stress->test = test;
	stress->seed = seed;
	stress->steps = steps;
	stress->stream = vmb_test_alloc(test, VMB_TEST_STRESS_STREAM);
	mutex_init(&stress->adding);
	INIT_LIST_HEAD(&stress->watches);
	stress->machine = vmb_test_machine_create_sized(test, 64);
	for (i = 0; i < VMB_TEST_STRESS_LINES; i++)
		add_line(stress, i);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(stress->machine, VMB_BUS_RUNNING), 0);
	return stress;
}

/**
 * vmb_test_stress_run() - let all actors do their steps
 * @stress: the test; if one of them hangs the case ends
 */
void vmb_test_stress_run(struct vmb_test_stress *stress)
{
	struct kunit *test = stress->test;
	struct vmb_test_actor *completer, *actors[2 * VMB_TEST_STRESS_LINES + 2];
	u32 i, nr = 0;

	for (i = 0; i < VMB_TEST_STRESS_LINES; i++) {
		actors[nr++] = add_actor(stress, &stress->lines[i], vmb_test_stress_guest_step);
		actors[nr++] = add_actor(stress, &stress->lines[i], vsp_step);
	}
	actors[nr++] = add_actor(stress, NULL, session_step);
	actors[nr++] = add_actor(stress, NULL, vmm_step);
	completer = add_actor(stress, NULL, completer_step);
	atomic_set(&stress->left, nr);
	completer->job = vmb_test_job_start(test, 0, act_to_the_end, completer);
	for (i = 0; i < nr; i++)
		actors[i]->job = vmb_test_job_start(test, 0, act, actors[i]);
	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_TRUE_MSG(test, vmb_test_job_ended(actors[i]->job, PATIENCE_MS),
				      "actor %u hangs", i);
	KUNIT_EXPECT_EQ(test, vmb_test_job_wait(test, completer->job), 0);
}

static void settle_line(struct vmb_test_stress_line *line)
{
	struct vmb_test_knobs *knobs = &line->line->server->knobs;
	struct kunit *test = line->stress->test;

	knobs->hold = false;
	knobs->keep_on_suspend = false;
	complete_some(line->watch, U32_MAX);
	if (vmb_channel_get_state(line->line->channel) == VMB_CHANNEL_DISABLED)
		KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->line->channel), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_start(line->line->channel), 0);
	vmb_test_stress_look(line);
	while (line->opened_from == U64_MAX) {
		vmb_test_stress_open(line);
		vmb_test_stress_look(line);
	}
	vmb_test_stress_request(line, 8);
	vmb_test_guest_serve(&line->line->guest);
	vmb_test_watch_answers(line, true);
}

/**
 * vmb_test_stress_settle() - bring all that is on its way to its end
 * @stress: the test; its actors have ended
 *
 * Each channel is open and its traffic runs then; all queues are empty.
 */
void vmb_test_stress_settle(struct vmb_test_stress *stress)
{
	struct kunit *test = stress->test;
	u32 i;

	KUNIT_EXPECT_EQ(test, vmb_bus_reset(stress->machine->bus), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_machine_set_state(stress->machine, VMB_BUS_RUNNING), 0);
	for (i = 0; i < VMB_TEST_STRESS_LINES; i++) {
		struct vmb_test_stress_line *line = &stress->lines[i];

		if (!line->watch)
			vmb_test_stress_offer(line);
		KUNIT_ASSERT_NOT_NULL(test, line->watch);
		settle_line(line);
		KUNIT_EXPECT_EQ(test, line->line->channel->queue.nr_packets, 0);
		KUNIT_EXPECT_EQ(test, line->line->channel->queue.nr_completions, 0);
		KUNIT_EXPECT_EQ(test, line->line->channel->nr_incoming, 0);
	}
}

/**
 * vmb_test_stress_end() - take all channels away
 * @stress: the test, settled
 */
void vmb_test_stress_end(struct vmb_test_stress *stress)
{
	struct vmb_test_watch *watch, *next;
	u32 i;

	for (i = 0; i < VMB_TEST_STRESS_LINES; i++) {
		struct vmb_test_stress_line *line = &stress->lines[i];

		if (line->line->channel->owned)
			KUNIT_EXPECT_EQ(stress->test,
					vmb_channel_disable(line->line->channel), 0);
		else
			KUNIT_EXPECT_EQ(stress->test,
					vmb_bus_rescind(stress->machine->bus,
							line->line->id), 0);
		vmb_test_stress_forget(line);
	}
	list_for_each_entry_safe(watch, next, &stress->watches, node)
		kfree(watch);
	INIT_LIST_HEAD(&stress->watches);
}

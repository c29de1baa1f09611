/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_STRESS_H
#define _VMB_KUNIT_STRESS_H

#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include "helpers.h"
#include "job.h"
#include "line.h"
#include "stream.h"

/* Channels, the last one with an owner */
#define VMB_TEST_STRESS_LINES	3

/* Longest stream that is tried on another channel, bytes */
#define VMB_TEST_STRESS_STREAM	(16 * 1024)

/**
 * struct vmb_test_watch - what the callbacks of one channel are held to
 * @node: in stress->watches
 * @line: its line
 * @server: the server
 * @opened: .opened has succeeded, and .closed was not called yet
 * @started: .started has returned, and .suspend was not called yet
 * @delivering: in .process_packet
 * @nr_opened: calls of .opened
 * @using: protects the rest; held while the VSP sends or completes
 * @no_more: the channel goes away
 * @nr_sent: packets sent
 * @quiet_from: while the VSP has paused the channel: the first transaction id
 *	that may not reach the guest, else 0
 */
struct vmb_test_watch {
	struct list_head node;
	struct vmb_test_stress_line *line;
	struct vmb_test_server *server;
	bool opened;
	bool started;
	bool delivering;
	u32 nr_opened;
	struct mutex using;	/* protects the rest */
	bool no_more;
	u32 nr_sent;
	u64 quiet_from;
};

/**
 * struct vmb_test_stress_line - a channel that is offered again and again
 * @stress: whose
 * @index: number
 * @line: the guest's half, and the present channel
 * @vsp: its VSP
 * @lock: protects @watch
 * @watch: of the present channel, or NULL
 * @next_request: the guest's own ids, never used again
 * @opened_from: the first one since the channel was opened
 */
struct vmb_test_stress_line {
	struct vmb_test_stress *stress;
	u32 index;
	struct vmb_test_line *line;
	struct vmb_test_vsp *vsp;
	struct mutex lock;	/* protects watch */
	struct vmb_test_watch *watch;
	u64 next_request;
	u64 opened_from;
};

/**
 * struct vmb_test_stress - everything at once
 * @test: the case
 * @machine: RUNNING most of the time
 * @lines: the channels
 * @seed: of the actors
 * @steps: of each actor
 * @nr_actors: actors made so far
 * @left: actors that still have steps to do
 * @wrong: rules that were broken
 * @calls: callbacks of channels that have gone, by kind
 * @stream: what was saved last; the session's alone
 * @stream_bytes: its length
 * @adding: protects @watches
 * @watches: all that there were, struct vmb_test_watch
 */
struct vmb_test_stress {
	struct kunit *test;
	struct vmb_test_machine *machine;
	struct vmb_test_stress_line lines[VMB_TEST_STRESS_LINES];
	u64 seed;
	u32 steps;
	u32 nr_actors;
	atomic_t left;
	atomic_t wrong;
	atomic_t calls[VMB_TEST_NR_CALLS];
	u8 *stream;
	u32 stream_bytes;
	struct mutex adding;	/* protects watches */
	struct list_head watches;
};

/**
 * struct vmb_test_actor - a thread that does one thing after the other
 * @stress: whose
 * @line: its line, or NULL
 * @random: its own
 * @step: one thing
 * @job: the thread
 */
struct vmb_test_actor {
	struct vmb_test_stress *stress;
	struct vmb_test_stress_line *line;
	struct rnd_state random;
	void (*step)(struct vmb_test_actor *actor);
	struct vmb_test_job *job;
};

static inline u32 vmb_test_actor_pick(struct vmb_test_actor *actor, u32 below)
{
	return prandom_u32_state(&actor->random) % below;
}

/* stress.c: the actors */
struct vmb_test_stress *vmb_test_stress_create(struct kunit *test, u64 seed,
					       u32 steps);
void vmb_test_stress_run(struct vmb_test_stress *stress);
void vmb_test_stress_settle(struct vmb_test_stress *stress);
void vmb_test_stress_end(struct vmb_test_stress *stress);

/* stress_guest.c: one of the actors */
void vmb_test_stress_offer(struct vmb_test_stress_line *line);
void vmb_test_stress_forget(struct vmb_test_stress_line *line);
void vmb_test_stress_open(struct vmb_test_stress_line *line);
void vmb_test_stress_look(struct vmb_test_stress_line *line);
void vmb_test_stress_request(struct vmb_test_stress_line *line, u32 len);
void vmb_test_stress_guest_step(struct vmb_test_actor *actor);

/* stress_watch.c: the rules */
__printf(2, 3)
void vmb_test_stress_wrong(struct vmb_test_stress *stress, const char *fmt, ...);
struct vmb_test_watch *vmb_test_watch_create(struct vmb_test_stress_line *line);
void vmb_test_watch_hook(struct vmb_test_server *server, enum vmb_test_call call,
			 void *arg);
void vmb_test_watch_over(struct vmb_test_watch *watch);
void vmb_test_watch_answers(struct vmb_test_stress_line *line, bool all);

#endif /* _VMB_KUNIT_STRESS_H */

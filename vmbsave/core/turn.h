/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_TURN_H
#define _VMB_CORE_TURN_H

#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <linux/wait.h>

/**
 * struct vmb_turn - who may change an object at the moment
 *
 * Client callbacks run while an object is being changed, and no lock may be
 * held across them. A turn excludes others as a mutex does, but it is owned by
 * a task, so that a callback which comes back for it is told (-EDEADLK)
 * instead of hanging. lockdep checks the order of turns as that of locks.
 *
 * Order: bus turn > device_lock > turn of a client's end > session turn > turn
 * of a server's end > bus->lock > channel->lock. Unbinding has the device_lock
 * and asks for no bus turn.
 */
struct vmb_turn {
	/* private: */
	wait_queue_head_t wait;
	struct task_struct *owner;
#ifdef CONFIG_LOCKDEP
	struct lockdep_map map;
#endif
};

void __vmb_turn_init(struct vmb_turn *turn, const char *name,
		     struct lock_class_key *key);

/**
 * vmb_turn_init() - make a turn that nobody has
 * @turn: the turn
 */
#define vmb_turn_init(turn)						\
do {									\
	static struct lock_class_key __key;				\
									\
	__vmb_turn_init(turn, #turn, &__key);				\
} while (0)

int __must_check vmb_turn_take(struct vmb_turn *turn);
int __must_check vmb_turn_take_killable(struct vmb_turn *turn);
int __must_check vmb_turn_take_until(struct vmb_turn *turn,
				     unsigned long deadline);
int __must_check vmb_turn_try(struct vmb_turn *turn);
void vmb_turn_release(struct vmb_turn *turn);

/**
 * vmb_turn_is_mine() - does the calling task have the turn?
 * @turn: the turn
 * Return: true if it does.
 */
static inline bool vmb_turn_is_mine(const struct vmb_turn *turn)
{
	return READ_ONCE(turn->owner) == current;
}

#define vmb_turn_assert(turn) WARN_ON_ONCE(!vmb_turn_is_mine(turn))

#endif /* _VMB_CORE_TURN_H */

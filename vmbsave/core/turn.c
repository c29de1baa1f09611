// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>

#include "core/turn.h"

void __vmb_turn_init(struct vmb_turn *turn, const char *name,
		     struct lock_class_key *key)
{
	init_waitqueue_head(&turn->wait);
	turn->owner = NULL;
#ifdef CONFIG_LOCKDEP
	lockdep_init_map(&turn->map, name, key, 0);
#endif
}

static bool take(struct vmb_turn *turn)
{
	return !cmpxchg_acquire(&turn->owner, NULL, current);
}

/**
 * vmb_turn_take() - wait for the turn and take it
 * @turn: the turn
 *
 * Context: process context, may sleep.
 * Return: 0, or -EDEADLK: the calling task has it already.
 */
int vmb_turn_take(struct vmb_turn *turn)
{
	if (vmb_turn_is_mine(turn))
		return -EDEADLK;
	wait_event(turn->wait, take(turn));
#ifdef CONFIG_LOCKDEP
	lock_map_acquire(&turn->map);
#endif
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_turn_take);

/**
 * vmb_turn_take_killable() - as vmb_turn_take(), unless a fatal signal comes
 * @turn: the turn
 *
 * Context: process context, may sleep.
 * Return: 0, -EDEADLK as above, -EINTR.
 */
int vmb_turn_take_killable(struct vmb_turn *turn)
{
	if (vmb_turn_is_mine(turn))
		return -EDEADLK;
	if (wait_event_killable(turn->wait, take(turn)))
		return -EINTR;
#ifdef CONFIG_LOCKDEP
	lock_map_acquire(&turn->map);
#endif
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_turn_take_killable);

/**
 * vmb_turn_take_until() - as vmb_turn_take_killable(), with a deadline
 * @turn: the turn
 * @deadline: in jiffies
 *
 * Context: process context, may sleep.
 * Return: 0, -EDEADLK and -EINTR as above, -ETIMEDOUT.
 */
int vmb_turn_take_until(struct vmb_turn *turn, unsigned long deadline)
{
	long left = max_t(long, deadline - jiffies, 0);
	long ret;

	if (vmb_turn_is_mine(turn))
		return -EDEADLK;
	ret = wait_event_killable_timeout(turn->wait, take(turn), left);
	if (ret <= 0)
		return ret ? -EINTR : -ETIMEDOUT;
#ifdef CONFIG_LOCKDEP
	lock_map_acquire(&turn->map);
#endif
	return 0;
}

/**
 * vmb_turn_try() - take the turn if nobody has it
 * @turn: the turn
 *
 * Context: process context.
 * Return: 0, -EBUSY (somebody else has it), -EDEADLK (the caller has it).
 */
int vmb_turn_try(struct vmb_turn *turn)
{
	if (vmb_turn_is_mine(turn))
		return -EDEADLK;
	if (!take(turn))
		return -EBUSY;
#ifdef CONFIG_LOCKDEP
	lock_map_acquire_tryread(&turn->map);
#endif
	return 0;
}

/**
 * vmb_turn_release() - give the turn back
 * @turn: the turn; the object it is in is kept by a reference of the caller's
 * Context: the task that took it.
 */
void vmb_turn_release(struct vmb_turn *turn)
{
	if (WARN_ON_ONCE(!vmb_turn_is_mine(turn)))
		return;
#ifdef CONFIG_LOCKDEP
	lock_map_release(&turn->map);
#endif
	/* Pairs with cmpxchg_acquire() in take(): what was changed is seen. */
	smp_store_release(&turn->owner, NULL);
	/* It is taken for each piece of a stream, and as a rule nobody waits. */
	if (wq_has_sleeper(&turn->wait))
		wake_up(&turn->wait);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_turn_release);

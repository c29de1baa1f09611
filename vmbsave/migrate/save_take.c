// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/errno.h>

#include "migrate/account.h"
#include "migrate/save.h"
#include "migrate/save_session.h"

/* For a reader who copies what it was given after the session's turn. */

/**
 * vmb_save_status() - what a read would answer
 * @save: the session
 *
 * Context: any.
 * Return: 0: bytes or the end; -ESTALE: it is over; or why it has failed.
 */
int vmb_save_status(const struct vmb_save *save)
{
	return READ_ONCE(save->dropped) ? -ESTALE : READ_ONCE(save->error);
}

/**
 * vmb_save_session_at_end() - vmb_save_at_end() of a session of the core
 * @session: a save
 *
 * Context: any.
 * Return: true if the reader has taken the last byte.
 */
bool vmb_save_session_at_end(struct vmb_session *session)
{
	return vmb_save_at_end(container_of(session, struct vmb_save, base));
}

/**
 * vmb_save_news() - where to wait until it has failed, was read or is over
 * @save: the session
 *
 * Context: any.
 * Return: the queue, which lives as long as the session.
 */
wait_queue_head_t *vmb_save_news(struct vmb_save *save)
{
	return &save->news;
}

/**
 * vmb_save_take() - say that bytes were taken
 * @save: the session; vmb_save_read_end() said that none were
 * @consumed: at most what vmb_save_read_begin() gave
 *
 * A session that was dropped or has failed meanwhile goes on without the reader.
 * He must not hear of success then: the bytes can be the last ones, and the
 * source does not know that he has them.
 *
 * Context: process context, may sleep.
 * Return: 0; or nothing was taken: -ESTALE (it is over), or why it has failed.
 */
int vmb_save_take(struct vmb_save *save, u32 consumed)
{
	int ret;

	if (WARN_ON_ONCE(vmb_turn_take(&save->turn)))
		return -EDEADLK;
	ret = vmb_save_status(save);
	if (!ret) {
		vmb_save_advance(save, consumed);
		vmb_save_account(save);
	}
	vmb_turn_release(&save->turn);
	if (vmb_save_at_end(save))
		wake_up_all(&save->news);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_save_take);

/**
 * vmb_save_untake() - hand bytes out once more
 * @save: the session
 * @bytes: taken last, and since the present chunk was made
 *
 * Context: process context, may sleep.
 * Return: 0; or -ESPIPE: they are not there any more; -ESTALE: it is over.
 */
int vmb_save_untake(struct vmb_save *save, u32 bytes)
{
	int ret = 0;

	if (WARN_ON_ONCE(vmb_turn_take(&save->turn)))
		return -EDEADLK;
	if (save->dropped)
		ret = -ESTALE;
	else if (bytes > save->taken)
		ret = -ESPIPE;
	if (!ret) {
		save->next -= bytes;
		save->next_bytes += bytes;
		save->taken -= bytes;
		if (bytes)
			WRITE_ONCE(save->ended, false);
	}
	vmb_turn_release(&save->turn);
	return ret;
}

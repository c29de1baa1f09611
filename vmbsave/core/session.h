/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_CORE_SESSION_H
#define _VMB_CORE_SESSION_H

struct vmb_channel;
struct vmb_session;

/**
 * struct vmb_session_ops - what the core asks of a save or restore
 * @abort: Required. @channel goes away or is disabled: the session fails with
 *	@error, calls back nothing more for @channel once this returns, and
 *	has let go of it. NULL: the bus goes away, and nothing finds the
 *	session at any of its channels afterwards. Waits for a callback in
 *	progress. Return: 0, or -EDEADLK: called from inside such a callback.
 * @drop: Required. It is over: lets go of all channels and discards what it
 *	holds. Waits for a callback in progress.
 * @get: Required. Takes a reference. Context: any.
 * @put: Required. Drops it. May sleep.
 */
struct vmb_session_ops {
	int (*abort)(struct vmb_session *session, struct vmb_channel *channel,
		     int error);
	void (*drop)(struct vmb_session *session);
	void (*get)(struct vmb_session *session);
	void (*put)(struct vmb_session *session);
};

/**
 * struct vmb_session - a save or restore in progress, as the core knows it
 * @ops: who does it
 */
struct vmb_session {
	const struct vmb_session_ops *ops;
};

#endif /* _VMB_CORE_SESSION_H */

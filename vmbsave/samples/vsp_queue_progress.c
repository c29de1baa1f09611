// SPDX-License-Identifier: GPL-2.0-only
/*
 * What vsp_queue knows of a channel beside its packets. A restored progress is
 * kept aside until the channel is opened or started, because the restore may
 * still be undone.
 */
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/vmbsave.h>
#include <asm/byteorder.h>
#include "vsp_queue.h"
#include "vsp_queue_progress.h"

/**
 * vsp_queue_progress_save() - do what .save_state has to
 * @progress: of the channel
 * @args: of .save_state
 *
 * Context: process context.
 * Return: as .save_state.
 */
int vsp_queue_progress_save(const struct vsp_queue_progress_pair *progress,
			    struct vmb_save_state *args)
{
	const struct vsp_queue_progress *p =
		progress->restored ? &progress->aside : &progress->now;
	struct vsp_queue_progress_state *state = args->buf;

	args->needed = sizeof(*state);
	if (args->size < args->needed)
		return -ENOBUFS;

	state->magic = cpu_to_le32(VSP_QUEUE_PROGRESS_MAGIC);
	state->sent = cpu_to_le32(p->sent);
	state->total = cpu_to_le64(p->total);
	state->requests = cpu_to_le64(p->requests);
	return 0;
}

/**
 * vsp_queue_progress_restore() - do what .restore_state has to
 * @progress: of the channel
 * @args: of .restore_state; every byte of the state may be anything
 *
 * Context: process context.
 * Return: 0; or -EPROTONOSUPPORT (not a version that this one knows) or
 * -EUCLEAN (not what one writes), and nothing is left.
 */
int vsp_queue_progress_restore(struct vsp_queue_progress_pair *progress,
			       const struct vmb_restore_state *args)
{
	struct vsp_queue_progress_state state;
	struct vsp_queue_progress p;

	if (args->version != VSP_QUEUE_PROGRESS_VERSION)
		return -EPROTONOSUPPORT;
	if (args->size != sizeof(state))
		return -EUCLEAN;

	memcpy(&state, args->buf, sizeof(state));
	p.sent = le32_to_cpu(state.sent);
	p.total = le64_to_cpu(state.total);
	p.requests = le64_to_cpu(state.requests);
	if (le32_to_cpu(state.magic) != VSP_QUEUE_PROGRESS_MAGIC ||
	    le32_to_cpu(state.sent) > 1 || p.total > VSP_QUEUE_PACKETS_MAX ||
	    (p.total && !p.sent))
		return -EUCLEAN;

	progress->aside = p;
	progress->restored = true;
	return 0;
}

/**
 * vsp_queue_progress_discard() - do what .discard_state has to
 * @progress: of the channel, in force or not
 *
 * Before the restore the channel was never open: there was no progress.
 * Context: process context.
 */
void vsp_queue_progress_discard(struct vsp_queue_progress_pair *progress)
{
	memset(progress, 0, sizeof(*progress));
}

/**
 * vsp_queue_progress_adopt() - put a restored progress in force
 * @progress: of the channel
 *
 * Context: .opened or .started.
 * Return: true if there was one.
 */
bool vsp_queue_progress_adopt(struct vsp_queue_progress_pair *progress)
{
	if (!progress->restored)
		return false;
	progress->now = progress->aside;
	progress->restored = false;
	return true;
}

/**
 * vsp_queue_progress_has() - may a restored packet have this number?
 * @progress: of the channel
 * @sequence: the packet's number
 *
 * Context: .restore_packet, which comes after .restore_state.
 * Return: false if its sender has never sent so many.
 */
bool vsp_queue_progress_has(const struct vsp_queue_progress_pair *progress, u64 sequence)
{
	return !progress->restored || sequence <= progress->aside.total;
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_QUEUE_PROGRESS_H
#define _VSP_QUEUE_PROGRESS_H

#include <linux/types.h>

struct vmb_channel;
struct vmb_restore_state;
struct vmb_save_state;
struct vsp_queue_record;

/* Version of what is saved, and the oldest vsp_queue that can read it */
#define VSP_QUEUE_PROGRESS_VERSION	1
#define VSP_QUEUE_PROGRESS_MIN_VERSION	1

/**
 * struct vsp_queue_progress - how far a channel is, beside its packets
 * @sent: all its packets were sent, here or where it comes from
 * @total: how many these are, 0 = not sent yet
 * @requests: requests of the guest that were answered, here and before
 */
struct vsp_queue_progress {
	bool sent;
	u64 total;
	u64 requests;
};

/**
 * struct vsp_queue_progress_pair - the progress of a channel
 * @now: in force
 * @aside: restored, not in force yet
 * @restored: @aside is there
 */
struct vsp_queue_progress_pair {
	struct vsp_queue_progress now;
	struct vsp_queue_progress aside;
	bool restored;
};

#define VSP_QUEUE_PROGRESS_MAGIC	0x43515356	/* "VSQC" */

/**
 * struct vsp_queue_progress_state - the progress as it is saved
 * @magic: %VSP_QUEUE_PROGRESS_MAGIC
 * @sent: 1 or 0
 * @total: as in struct vsp_queue_progress
 * @requests: likewise
 *
 * Goes to another host: a layout of its own, little-endian. A version 2 would
 * be longer, and be told from this one by the version that comes with it.
 */
struct vsp_queue_progress_state {
	__le32 magic;
	__le32 sent;
	__le64 total;
	__le64 requests;
};

int vsp_queue_progress_save(const struct vsp_queue_progress_pair *progress,
			    struct vmb_save_state *args);
int vsp_queue_progress_restore(struct vsp_queue_progress_pair *progress,
			       const struct vmb_restore_state *args);
void vsp_queue_progress_discard(struct vsp_queue_progress_pair *progress);
bool vsp_queue_progress_adopt(struct vsp_queue_progress_pair *progress);
bool vsp_queue_progress_has(const struct vsp_queue_progress_pair *progress, u64 sequence);

#endif /* _VSP_QUEUE_PROGRESS_H */

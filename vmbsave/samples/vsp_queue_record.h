/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_QUEUE_RECORD_H
#define _VSP_QUEUE_RECORD_H

#include <linux/types.h>

struct vsp_queue_record;

/**
 * enum vsp_queue_count - what the summary counts beside the packets
 * @VSP_QUEUE_REQUESTS: requests of the guest that were answered
 * @VSP_QUEUE_WRONG_ANSWERS: completions that name another packet
 * @VSP_QUEUE_STATE_BYTES: bytes of private state that came back
 * @VSP_QUEUE_STATES_UNCHANGED: states that came back as they were saved
 * @VSP_QUEUE_STATES_CHANGED: states that were refused
 * @VSP_QUEUE_STATES_GROWN: saves that needed one more pass
 * @VSP_QUEUE_STATELESS: packets that came back and never had a state
 * @VSP_QUEUE_CHANNEL_STATES: states of the channel itself that came in force
 * @VSP_QUEUE_CHANNEL_STATES_DISCARDED: of those, and of others, that were undone
 * @VSP_QUEUE_REQUESTS_BEFORE: requests that were answered before it came here
 * @VSP_QUEUE_NR_COUNTS: how many there are
 */
enum vsp_queue_count {
	VSP_QUEUE_REQUESTS,
	VSP_QUEUE_WRONG_ANSWERS,
	VSP_QUEUE_STATE_BYTES,
	VSP_QUEUE_STATES_UNCHANGED,
	VSP_QUEUE_STATES_CHANGED,
	VSP_QUEUE_STATES_GROWN,
	VSP_QUEUE_STATELESS,
	VSP_QUEUE_CHANNEL_STATES,
	VSP_QUEUE_CHANNEL_STATES_DISCARDED,
	VSP_QUEUE_REQUESTS_BEFORE,
	VSP_QUEUE_NR_COUNTS
};

void vsp_queue_records_init(const char *module);
void vsp_queue_records_exit(void);

struct vsp_queue_record *vsp_queue_record_create(const char *device);
int vsp_queue_record_prepare(struct vsp_queue_record *record, u64 sequence);
void vsp_queue_record_sent(struct vsp_queue_record *record, u64 sequence);
void vsp_queue_record_completed(struct vsp_queue_record *record, u64 sequence, int status);
void vsp_queue_record_restored(struct vsp_queue_record *record, u64 sequence);
void vsp_queue_record_discarded(struct vsp_queue_record *record, u64 sequence);
void vsp_queue_record_add(struct vsp_queue_record *record, enum vsp_queue_count count, u64 n);

#endif /* _VSP_QUEUE_RECORD_H */

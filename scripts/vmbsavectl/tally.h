/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_TALLY_H
#define _VMBSAVECTL_TALLY_H

#include <linux/types.h>
#include <linux/vmbsave_stream.h>

struct walk_record;

/**
 * struct tally_counts - records of a channel, and the bytes in them
 * @gpadls: GPADL
 * @pages: page frame numbers in them
 * @sent: PACKET in state SENT
 * @queued: PACKET in state QUEUED
 * @payload_bytes: payload of those
 * @vsp_bytes: VSP's state of all packets
 * @completions: COMPLETION
 * @answer_bytes: answers in them
 */
struct tally_counts {
	u64 gpadls;
	u64 pages;
	u64 sent;
	u64 queued;
	u64 payload_bytes;
	u64 vsp_bytes;
	u64 completions;
	u64 answer_bytes;
};

/**
 * struct tally_channel - a channel
 * @entry: of the manifest; of a channel that came without one, its identity alone
 * @promised: it is in the manifest
 * @seen: its CHANNEL record was there
 * @got: its records that were there
 */
struct tally_channel {
	struct vmbsave_manifest_entry entry;
	bool promised;
	bool seen;
	struct tally_counts got;
};

/**
 * struct tally - what should be in a stream, and what is
 * @channels: in the order of the manifest, behind them those that it has not
 * @nr_channels: how many
 * @nr_promised: how many of them are in the manifest
 * @homeless: records whose channel cannot be known
 *
 * Behind a loss a record is of the channel before, if the next channel that
 * comes is the next of the manifest; else its channel may be one that was lost.
 */
struct tally {
	struct tally_channel *channels;
	u32 nr_channels;
	u32 nr_promised;
	struct tally_counts homeless;
	/* private: */
	struct tally_counts pending;
	u32 current;		/* the last channel that was seen, plus one */
	bool lost;		/* since then */
};

void tally_init(struct tally *tally);
void tally_free(struct tally *tally);
void tally_record(struct tally *tally, const struct walk_record *record);
void tally_loss(struct tally *tally);
void tally_end(struct tally *tally);
const struct tally_channel *tally_current(const struct tally *tally);

#endif /* _VMBSAVECTL_TALLY_H */

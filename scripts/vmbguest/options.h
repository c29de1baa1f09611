/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_OPTIONS_H
#define _VMBGUEST_OPTIONS_H

#include <stdbool.h>
#include <linux/limits.h>
#include <linux/types.h>
#include "place.h"

#define CORRUPT_MIDDLE	U64_MAX

/**
 * struct options - the command line
 * @device: of the bus
 * @kmcl: the queue's channel is that of vsp_kmcl
 * @incoming: where the machine comes from
 * @to: where it goes to in the middle of its work
 * @control: socket to take orders at, or NULL
 * @ctl: socket to give one order to, or NULL
 * @order: which
 * @snapshot: file for the state, or NULL
 * @ledger: file, or NULL
 * @summary: file, or NULL
 * @die: point to be killed at, or NULL
 * @cut: point to cut the links at, or NULL
 * @stay: point to stop at until SIGCONT, or NULL
 * @packets: wanted in flight; 0 = take what the VSP sends
 * @complete: packets to complete first
 * @read: packets to read after those and not to complete
 * @requests: of the guest on each channel while packets are in flight
 * @ram_mib: guest RAM
 * @ring_kib: data of the ring from vsp_queue
 * @split: bytes for one read or write of a data fd, 0 = large
 * @corrupt: flip a bit of the stream
 * @corrupt_at: where, or %CORRUPT_MIDDLE
 * @timeout: seconds without progress that a step of a migration may take
 * @deadline: seconds for everything
 * @verify: three files to compare, or none
 */
struct options {
	const char *device;
	bool kmcl;
	struct place incoming;
	struct place to;
	const char *control;
	const char *ctl;
	char **order;
	const char *snapshot;
	const char *ledger;
	const char *summary;
	const char *die;
	const char *cut;
	const char *stay;
	u64 packets;
	u64 complete;
	u64 read;
	u64 requests;
	u64 ram_mib;
	u64 ring_kib;
	u64 split;
	bool corrupt;
	u64 corrupt_at;
	u64 timeout;
	u64 deadline;
	const char *verify[3];
};

void options_parse(struct options *options, int argc, char **argv);

#endif /* _VMBGUEST_OPTIONS_H */

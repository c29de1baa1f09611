/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _BENCHMARK_PEER_H
#define _BENCHMARK_PEER_H

/*
 * The same records for two ways to save them. No header of the kernel's and
 * none of QEMU's is included here: each side has its own.
 */

#include <stdbool.h>
#include <stddef.h>
#include <linux/types.h>

/**
 * struct peer_record - what is in every record, on both sides
 * @id: transaction id, from 1
 * @state: like a packet's, one value for all
 * @flags: likewise
 * @bytes: length of @payload
 * @payload: its payload
 *
 * What finds the next record is each side's own.
 */
struct peer_record {
	__u64 id;
	__u32 state;
	__u32 flags;
	__u32 bytes;
	__u8 payload[];
};

#define PEER_STATE	1U
#define PEER_FLAGS	1U

/**
 * struct peer_work - what is saved
 * @records: how many
 * @bytes: of payload in each
 * @array: they are one piece of memory, instead of a list of one piece each
 */
struct peer_work {
	__u32 records;
	__u32 bytes;
	bool array;
};

/**
 * struct peer - one way to save and load
 * @name: as it is printed
 * @begin: makes the records and room for what is saved of them
 * @save: saves all of them into that memory
 * @load: makes new records from what was saved
 * @drop: frees the loaded records; false if they are not what was saved
 * @end: frees what @begin has made
 * @saved_bytes: length of what was saved
 *
 * Only @save and @load are timed.
 */
struct peer {
	const char *name;
	void (*begin)(const struct peer_work *work);
	void (*save)(void);
	void (*load)(void);
	bool (*drop)(void);
	void (*end)(void);
	size_t (*saved_bytes)(void);
};

extern const struct peer peer_ours;
extern const struct peer peer_qemu;
extern const struct peer peer_qemu_hash;

void peer_die(const char *why) __attribute__((noreturn));
void peer_fill(struct peer_record *record, __u64 id, __u32 bytes);
bool peer_same(const struct peer_record *record, __u64 id, __u32 bytes);

#endif /* _BENCHMARK_PEER_H */

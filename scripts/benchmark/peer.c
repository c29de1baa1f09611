// SPDX-License-Identifier: GPL-2.0-only
/*
 * Measures the same work done by vmbsave's stream/ and by QEMU's VMState, in
 * turns. Prints lines of NAME=NUMBER words, as the other measurements do.
 */
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <linux/array_size.h>
#include <linux/types.h>

#include "peer.h"

static const struct peer *const peers[] = {
	&peer_ours,
#ifdef PEER_QEMU
	&peer_qemu, &peer_qemu_hash,
#endif
};

#define NR_PEERS	ARRAY_SIZE(peers)

struct times {
	__u64 save[NR_PEERS];
	__u64 load[NR_PEERS];
};

void peer_die(const char *why)
{
	fprintf(stderr, "peer: %s\n", why);
	exit(1);
}

static __u8 pattern(__u64 id, __u32 at)
{
	return id * 7 + at;
}

void peer_fill(struct peer_record *record, __u64 id, __u32 bytes)
{
	__u32 i;

	record->id = id;
	record->state = PEER_STATE;
	record->flags = PEER_FLAGS;
	record->bytes = bytes;
	for (i = 0; i < bytes; i++)
		record->payload[i] = pattern(id, i);
}

bool peer_same(const struct peer_record *record, __u64 id, __u32 bytes)
{
	__u32 i;

	if (record->id != id || record->state != PEER_STATE || record->flags != PEER_FLAGS ||
	    record->bytes != bytes)
		return false;
	for (i = 0; i < bytes; i++)
		if (record->payload[i] != pattern(id, i))
			return false;
	return true;
}

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000000000ULL + ts.tv_nsec;
}

static void measure_one(const struct peer *peer, __u64 *save, __u64 *load)
{
	__u64 begin = now(), saved, loaded;

	peer->save();
	saved = now();
	peer->load();
	loaded = now();
	*save = saved - begin;
	*load = loaded - saved;
	if (!peer->drop())
		peer_die("what was loaded is not what was saved");
}

/* Who comes first changes from round to round. */
static void run_round(struct times *times, unsigned int round)
{
	size_t i, which;

	for (i = 0; i < NR_PEERS; i++) {
		which = (i + round) % NR_PEERS;
		measure_one(peers[which], &times->save[which], &times->load[which]);
	}
}

static void print_round(const struct times *times)
{
	size_t i;

	printf("round");
	for (i = 0; i < NR_PEERS; i++)
		printf(" %s_save=%llu %s_load=%llu",
		       peers[i]->name, (unsigned long long)times->save[i],
		       peers[i]->name, (unsigned long long)times->load[i]);
	printf("\n");
}

/* The first round is not counted: memory is mapped and caches are filled in it. */
static void measure_work(const struct peer_work *work, unsigned int rounds)
{
	struct times times;
	unsigned int round;
	size_t i;

	for (i = 0; i < NR_PEERS; i++)
		peers[i]->begin(work);
	run_round(&times, 0);
	printf("run payload=%u packets=%u array=%u", work->bytes, work->records, work->array);
	for (i = 0; i < NR_PEERS; i++)
		printf(" %s_bytes=%zu", peers[i]->name, peers[i]->saved_bytes());
	printf("\n");
	for (round = 1; round <= rounds; round++) {
		run_round(&times, round);
		print_round(&times);
	}
	for (i = 0; i < NR_PEERS; i++)
		peers[i]->end();
	fflush(stdout);
}

static __u32 count_of(const char *text)
{
	unsigned long value = strtoul(text, NULL, 10);

	if (!value || value > 1000000)
		peer_die("a number is not one, or too large");
	return value;
}

/* Every size of payload, as a list and as an array. */
static void measure_records(__u32 records, unsigned int rounds)
{
	static const __u32 sizes[] = { 0, 64, 256, 4096 };
	struct peer_work work = { .records = records };
	unsigned int array, i;

	for (array = 0; array < 2; array++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			work.array = array;
			work.bytes = sizes[i];
			measure_work(&work, rounds);
		}
	}
}

/* peer ROUNDS RECORDS... */
int main(int argc, char **argv)
{
	int i;

	if (argc < 3)
		peer_die("needs a number of rounds and numbers of records");
	/* What a round has freed the next one gets: none waits for the kernel's pages. */
	mallopt(M_TRIM_THRESHOLD, INT_MAX);
	mallopt(M_MMAP_MAX, 0);
	for (i = 2; i < argc; i++)
		measure_records(count_of(argv[i]), count_of(argv[1]));
	return 0;
}

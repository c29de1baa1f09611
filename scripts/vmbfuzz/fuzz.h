/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_FUZZ_H
#define _VMBFUZZ_FUZZ_H

#include <stdbool.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "vm.h"

#define SLOTS		5
#define SLOT_IDS	4
#define STREAM_ROOM	(32 * 1024)
#define STREAMS		6
#define OBJECT_KINDS	6

/**
 * struct snapshot - what can be seen of a bus, to find out whether it changed
 * @taken: the rest is filled in
 * @info: of the bus
 * @channels: of each channel that was offered last
 */
struct snapshot {
	bool taken;
	struct vmbsave_info info;
	struct vmbsave_channel_info channels[SLOT_IDS];
};

/**
 * struct slot - a bus that is used
 * @vm: its file, RAM and eventfds
 * @data: its data fd, -1 = none
 * @writes: @data is one to write to
 * @ids: of the channels that were offered last, 0 = none
 * @nr_offers: how many were offered
 * @attached: it is an operator's, on a bus of another slot
 * @used: actions since the file was opened
 * @seen: as it was after the last call
 */
struct slot {
	struct vm vm;
	int data;
	bool writes;
	u32 ids[SLOT_IDS];
	u32 nr_offers;
	bool attached;
	u32 used;
	struct snapshot seen;
};

/**
 * struct stream - a state that was saved
 * @bytes: its length, 0 = none
 * @data: the stream
 * @ram: guest RAM of that moment
 */
struct stream {
	u32 bytes;
	u8 data[STREAM_ROOM];
	u8 ram[VM_RAM_BYTES];
};

/**
 * struct writing - a stream on its way to a data fd
 * @bytes: its length
 * @at: how much of it was written
 * @data: the stream
 */
struct writing {
	u32 bytes;
	u32 at;
	u8 data[STREAM_ROOM];
};

/**
 * struct actor - one thread of the fuzzer
 * @random: what it does follows from this
 * @alone: no other thread is there, so that what a call did can be judged
 * @digest: of all results so far
 * @calls: made so far
 * @place: memory for arguments, see fuzz_place.c
 * @pfns: memory for page frame numbers
 * @out: what is written to the data fd of each slot
 * @in: what is read from it
 * @doing: the call that is being made
 */
struct actor {
	u64 random;
	bool alone;
	u64 digest;
	u64 calls;
	u8 *place;
	u8 *pfns;
	struct writing out[SLOTS];
	struct stream in[SLOTS];
	const char *doing;
};

extern struct slot slots[SLOTS];
extern struct stream streams[STREAMS];

/* fuzz.c: what happened how often */
enum count {
	COUNT_SAVES,
	COUNT_COMMITS,
	COUNT_ANSWERS,
	COUNT_COMPARED,
	NR_COUNTS
};

extern u64 counts[NR_COUNTS];

u64 pick(struct actor *me);
u32 below(struct actor *me, u32 limit);
bool chance(struct actor *me, u32 percent);
/* A number that has broken something before. */
u64 edge(struct actor *me);

/* fuzz_place.c: memory that is not all there */
void place_make(struct actor *me);
u8 *place_put(struct actor *me, const void *bytes, u32 size);
u8 *place_bad(struct actor *me, const void *bytes, u32 size);
u8 *place_pfns(struct actor *me, const u64 *pfns, u32 nr);

/* fuzz_judge.c: is what came back right? */
void complain(struct actor *me, const char *format, ...) __attribute__((format(printf, 2, 3)));
extern u64 complaints;
#define ERRNOS 256
extern u64 refused[ERRNOS]; /* how often, by errno */
bool is_documented(int error);
void judge_errno(struct actor *me, const char *what, int error);
void judge_sentence(struct actor *me, struct slot *slot, const char *what, int error);
void judge_file_errno(struct actor *me, const char *what, int error);
void judge_unchanged(struct actor *me, struct slot *slot, const char *what);
void look(struct actor *me, struct slot *slot);
/* At all buses, if an operator may have changed one behind its VMM's back. */
void look_at_operated(struct actor *me);
void look_at_objects(struct actor *me);
const char *objects_text(void);
void digest(struct actor *me, const void *bytes, u32 size);

/* fuzz_call.c: ioctls */
#define COMMANDS 16
extern u64 succeeded[COMMANDS];
extern bool known[COMMANDS]; /* it was not ENOTTY */
const char *command_name(unsigned int nr);
void call_valid(struct actor *me, struct slot *slot, unsigned int nr);
void call_any(struct actor *me, struct slot *slot);
int call_state(struct actor *me, struct slot *slot, u32 state);
void slot_open(struct actor *me, struct slot *slot);
void slot_close(struct actor *me, struct slot *slot);
void slot_close_data(struct actor *me, struct slot *slot);

/* fuzz_fill.c: arguments that could be right */
void fill(struct actor *me, struct slot *slot, unsigned int nr, void *arg);

/* fuzz_stream.c: data fds */
void stream_begin(struct actor *me, struct slot *slot);
bool stream_is_written(struct actor *me, struct slot *slot);
void stream_write_some(struct actor *me, struct slot *slot);
void stream_read_some(struct actor *me, struct slot *slot);
void stream_misuse(struct actor *me, struct slot *slot);

/* fuzz_guest.c: the guest */
void guest_act(struct actor *me, struct slot *slot);

#endif /* _VMBFUZZ_FUZZ_H */

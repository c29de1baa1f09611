/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_LIFE_H
#define _VMBFUZZ_LIFE_H

#include "vm.h"

#define LIFE_PACKETS	6	/* that vsp_queue is to send */
#define LIFE_STREAM	(64 * 1024)

/**
 * struct life - a machine that is moved once
 * @source: where it begins
 * @destination: where it ends
 * @ids: transaction ids of the packets from vsp_queue that were read
 * @sequences: their numbers
 * @read: how many were read
 * @answered: how many of them were completed
 * @request: id of the last request to vsp_echo
 * @data: data fd that was not closed yet, or -1
 * @stream: the state on its way
 * @bytes: its length
 * @line: of the step that failed
 */
struct life {
	struct vm source;
	struct vm destination;
	u64 ids[LIFE_PACKETS];
	u64 sequences[LIFE_PACKETS];
	u32 read;
	u32 answered;
	u64 request;
	int data;
	u64 stream[LIFE_STREAM / 8];
	ssize_t bytes;
	int line;
};

/* Makes the machines; once in a process, and for those that it forks. */
void life_init(struct life *life);
/* All of it, judged at each step. Return: 0 or a negative errno, and @line says where. */
int life_run(struct life *life);

/* The parts of it. */
int life_begin(struct life *life);
int life_echo(struct life *life, struct vm *vm);
int life_save(struct life *life);
/* Whatever is open. */
void life_close(struct life *life);
int life_restore(struct life *life);
int life_end(struct life *life);

#endif /* _VMBFUZZ_LIFE_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_REFUSE_H
#define _VMBFUZZ_REFUSE_H

#include "vm.h"

/* Ids of the channels of a new bus, and one that there is not */
#define ECHO	1
#define QUEUE	2
#define NOBODY	99
#define FREE	(VM_FREE_PAGE * VM_PAGE)
#define SIZED(type)	.size = sizeof(struct type)

/* The argument of any command */
union any {
	__u32 size;
	struct vmbsave_info info;
	struct vmbsave_memory_region region;
	struct vmbsave_offer_channel offer;
	struct vmbsave_channel_info channel;
	struct vmbsave_channel_id id;
	struct vmbsave_eventfds fds;
	struct vmbsave_create_gpadl gpadl;
	struct vmbsave_gpadl_id gpadl_id;
	struct vmbsave_open_channel open;
	struct vmbsave_set_state state;
	struct vmbsave_reset reset;
	struct vmbsave_last_error last;
	struct vmbsave_stats stats;
	struct vmbsave_gpadl_pages pages;
	struct vmbsave_attach attach;
	__u8 bytes[VM_PAGE + 16];
};

/**
 * struct refusal - one of them
 * @what: for people
 * @says: what LAST_ERROR has to say about it, in part
 * @number: the ioctl
 * @error: errno
 * @arg: its argument
 */
struct refusal {
	const char *what;
	const char *says;
	unsigned long number;
	int error;
	union any arg;
};

/* The machine that is treated badly */
extern struct vm refuse_vm;

/* A bus with both channels in that state, and a guest that has opened them. */
bool refuse_begin(u32 state, bool with_guest);
void refuse_end(void);
/* The argument is refused, LAST_ERROR says why, and nothing else changes. */
void refuse_one(const char *what, const char *says, unsigned long number, void *arg, int error);
/* What LAST_ERROR says of a call of that name is what it should say. */
void refuse_expect(struct vm *vm, const char *what, const char *call, const char *says, int error);
void refuse_all(const struct refusal *list, size_t nr);

#endif /* _VMBFUZZ_REFUSE_H */

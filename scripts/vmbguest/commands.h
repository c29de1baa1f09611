/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _COMMANDS_H
#define _COMMANDS_H

#include <linux/types.h>

/* What the parts of commands share: verdicts, and a machine to try things on. */

#define VMM_PAGES	64

/* A machine with one channel of vsp_echo, which has GPADLs for a stream of many chunks. */
struct vmm {
	int bus;
	__u32 channel;
	unsigned char *ram;
	int call;	/* eventfd by which the guest is interrupted */
};

void expect_equal(const char *what, long long got, long long wanted);
void expect_true(const char *what, int is_true);

/* All return an errno, or 0. */
int command(int fd, unsigned long number, void *arg);
int set_state(struct vmm *vmm, __u32 state, int *data_fd);
int reset(struct vmm *vmm);

void vmm_begin(struct vmm *vmm, unsigned int gpadls);
void vmm_end(struct vmm *vmm);
__u32 vmm_state(const struct vmm *vmm);
const char *vmm_error(struct vmm *vmm);

void state_commands(void);
void stream_commands(void);
void sendfile_commands(void);
void attach_commands(void);

#endif /* _COMMANDS_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_OPERATOR_H
#define _VMBFUZZ_OPERATOR_H

#include <stdbool.h>
#include <sys/types.h>
#include <linux/types.h>

/* The processes of "vmbsavectl save A | vmbsavectl restore B", and the one they are about. */
enum operator_process {
	OPERATOR_SAVE,
	OPERATOR_RESTORE,
	OPERATOR_TOOLS,
	OPERATOR_VMM = OPERATOR_TOOLS,
	OPERATOR_PROCESSES
};

/**
 * struct operator - what an operator does, and who of it is killed when
 * @tool: path of vmbsavectl
 * @bus: that is saved, and that is restored
 * @vmm: process of both buses, which is waited for here too
 * @saving: called once, when the bus that is saved is stopped and its state comes
 * @quiet: what the tools say does not matter
 * @when: whose step it is at which somebody is killed
 * @at: that step, 0 = nobody is
 * @late_ns: so much later, if it takes so long
 * @kill: who is killed
 * @steps: [out] that the tools have made
 * @ended: [out] this one has ended
 * @status: [out] how, as from waitpid()
 */
struct operator {
	const char *tool;
	const char *bus[OPERATOR_TOOLS];
	pid_t vmm;
	void (*saving)(void);
	bool quiet;
	enum operator_process when;
	u32 at;
	u64 late_ns;
	bool kill[OPERATOR_PROCESSES];
	u32 steps[OPERATOR_TOOLS];
	bool ended[OPERATOR_PROCESSES];
	int status[OPERATOR_PROCESSES];
};

/* Until both tools have ended. A step is a system call of theirs from the first ioctl() on. */
void operator_run(struct operator *op);
bool operator_killed(const struct operator *op, enum operator_process process);

#endif /* _VMBFUZZ_OPERATOR_H */

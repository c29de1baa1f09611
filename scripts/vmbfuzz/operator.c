// SPDX-License-Identifier: GPL-2.0-only
/*
 * An operator who moves a machine by vmbsavectl from one bus to another one, through a pipe. His
 * processes are traced, so that it is known before which of their system calls they are killed.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "operator.h"

#define SYSCALL_STOP	(SIGTRAP | 0x80)

/* What is known of a traced process */
struct tracee {
	pid_t pid;
	bool begun;	/* it is the tool now, and is on its way to the bus */
	bool inside;	/* of a system call */
};

static struct tracee tracees[OPERATOR_TOOLS];
static bool saving;

static void must(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(2);
}

static void __attribute__((noreturn))
become_tool(const struct operator *op, enum operator_process process, int in, int out)
{
	const char *command = process == OPERATOR_SAVE ? "save" : "restore";
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	dup2(in < 0 ? null : in, STDIN_FILENO);
	dup2(out < 0 ? null : out, STDOUT_FILENO);
	if (op->quiet)
		dup2(null, STDERR_FILENO);
	ptrace(PTRACE_TRACEME, 0, NULL, NULL);
	execl(op->tool, op->tool, command, "-q", op->bus[process], "-", NULL);
	perror(op->tool);
	_exit(127);
}

static void start(struct operator *op)
{
	int i, ends[2];

	must(!pipe2(ends, O_CLOEXEC), "pipe");
	for (i = 0; i < OPERATOR_TOOLS; i++) {
		tracees[i] = (struct tracee){ .pid = fork() };
		must(tracees[i].pid >= 0, "fork");
		if (!tracees[i].pid)
			become_tool(op, i, i == OPERATOR_RESTORE ? ends[0] : -1,
				    i == OPERATOR_SAVE ? ends[1] : -1);
	}
	close(ends[0]);
	close(ends[1]);
}

static void kill_all(struct operator *op)
{
	struct timespec late = { .tv_nsec = op->late_ns };
	int i;

	if (op->late_ns) {
		ptrace(PTRACE_SYSCALL, tracees[op->when].pid, NULL, NULL);
		nanosleep(&late, NULL);
	}
	for (i = 0; i < OPERATOR_PROCESSES; i++)
		if (op->kill[i] && !op->ended[i])
			kill(i == OPERATOR_VMM ? op->vmm : tracees[i].pid, SIGKILL);
}

/* What a register had when the system call was entered. */
#define ENTERED_WITH(tracee, reg) \
	ptrace(PTRACE_PEEKUSER, (tracee)->pid, offsetof(struct user_regs_struct, reg), NULL)

/* Before a system call. */
static void step(struct operator *op, enum operator_process process)
{
	struct tracee *tracee = &tracees[process];
	long number = ENTERED_WITH(tracee, orig_rax);

	if (number == SYS_ioctl)
		tracee->begun = true;
	if (!tracee->begun)
		return;
	if (process == OPERATOR_SAVE && !saving && number == SYS_write &&
	    ENTERED_WITH(tracee, rdi) == STDOUT_FILENO) {
		saving = true;
		op->saving();
	}
	if (++op->steps[process] == op->at && process == op->when)
		kill_all(op);
}

/* A tool has stopped. */
static void stopped(struct operator *op, enum operator_process process, int signal)
{
	struct tracee *tracee = &tracees[process];

	if (signal == SYSCALL_STOP) {
		tracee->inside = !tracee->inside;
		if (tracee->inside)
			step(op, process);
		signal = 0;
	} else if (signal == SIGTRAP) {
		/* It has become the tool. */
		ptrace(PTRACE_SETOPTIONS, tracee->pid, NULL,
		       PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
		signal = 0;
	}
	/* One that was killed does not go on. */
	ptrace(PTRACE_SYSCALL, tracee->pid, NULL, signal);
}

static int process_of(const struct operator *op, pid_t pid)
{
	int i;

	for (i = 0; i < OPERATOR_TOOLS; i++)
		if (tracees[i].pid == pid)
			return i;
	must(pid == op->vmm, "an unknown process");
	return OPERATOR_VMM;
}

void operator_run(struct operator *op)
{
	int process, status;
	pid_t pid;

	saving = false;
	start(op);
	while (!op->ended[OPERATOR_SAVE] || !op->ended[OPERATOR_RESTORE]) {
		pid = waitpid(-1, &status, 0);
		must(pid > 0, "waitpid");
		process = process_of(op, pid);
		if (WIFSTOPPED(status)) {
			stopped(op, process, WSTOPSIG(status));
			continue;
		}
		op->ended[process] = true;
		op->status[process] = status;
	}
}

bool operator_killed(const struct operator *op, enum operator_process process)
{
	return op->ended[process] && WIFSIGNALED(op->status[process]) &&
	       WTERMSIG(op->status[process]) == SIGKILL;
}

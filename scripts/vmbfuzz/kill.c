// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends the VMM, the operator's tool or both by SIGKILL at points of a migration, and sees each time
 * that nothing is left and the next machine on this host does all that a machine does. The
 * operator is vmbsavectl: a save and a restore, through a pipe. Points are the steps of a VMM that
 * has no operator, the system calls of the tools, and moments. Who comes to his end before his
 * point was not killed: that does not count, and others are picked until there are as many as there
 * are to be.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "life.h"
#include "operator.h"

#define MOST_TRIES	800
#define MOMENTS_NS	20000000ULL
#define LATE_NS		200000ULL
#define TIMEOUT_S	850

static struct life life;
static u64 seed = 1;
static unsigned int failed;
static u32 steps, kill_at;
static u32 life_steps;
static const char *tool;
static u32 tool_steps[OPERATOR_TOOLS];

/* Who was killed at a point */
enum victim {
	NOBODY,
	VMM,			/* and there was no operator */
	OPERATED_VMM,		/* but not his operator */
	OPERATOR,
	BOTH,
	NR_VICTIMS
};

/* At how many points at least; 200 together */
static const u32 wanted[NR_VICTIMS] = {
	[VMM] = 80, [OPERATED_VMM] = 40, [OPERATOR] = 40, [BOTH] = 40,
};

static u32 points[NR_VICTIMS], tries;

static u64 pick(void)
{
	u64 z = (seed += 0x9e3779b97f4a7c15ULL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
	return z ^ (z >> 31);
}

static void count_step(void)
{
	if (++steps == kill_at)
		raise(SIGKILL);
}

static __attribute__((format(printf, 2, 3))) void fail(u32 point, const char *format, ...)
{
	va_list args;

	failed++;
	printf("FAIL point %u: ", point);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

/* Forks somebody who is killed before his step @at; 0 = he is not. */
static pid_t start(int (*run)(void), u32 at)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("fork");
		exit(2);
	}
	if (pid)
		return pid;
	steps = 0;
	kill_at = at;
	vm_step = count_step;
	_exit(run() ? 1 : 0);
}

static int run_vmm(void)
{
	return life_run(&life);
}

/* Unless the VMM was killed it has come to a good end. Return: it was killed */
static bool await(u32 point, pid_t pid)
{
	int status = 0;
	bool killed;

	waitpid(pid, &status, 0);
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!killed && status)
		fail(point, "the VMM ended with status %#x", status);
	return killed;
}

/* The next machine on this host. */
static void judge(u32 point, const char *what)
{
	long long left = vm_objects_left();
	int ret;

	if (left)
		fail(point, "%lld objects are left of %s", left, what);
	ret = life_run(&life);
	if (ret)
		fail(point, "after %s the next machine fails: line %d, %s", what, life.line,
		     strerror(-ret));
	life_close(&life);
	left = vm_objects_left();
	if (left)
		fail(point, "%lld objects are left of the machine after %s", left, what);
}

static void kill_after(pid_t pid, u64 ns)
{
	struct timespec time = { .tv_nsec = ns };

	nanosleep(&time, NULL);
	kill(pid, SIGKILL);
}

/* What the operator has to know, and the ends of the line to the one who is operated on. */
static struct vmbsave_info infos[OPERATOR_TOOLS];
static int line[2];

/*
 * The one who is operated on: a machine that runs, and an empty one. When the line is cut its guest
 * has to be answered, whatever became of the operator. A byte before that says that the machine is
 * there twice: as it was saved it has to come to its end too.
 */
static int run_operated(void)
{
	char word;
	int i, moved;

	close(line[0]);
	if (life_begin(&life) || vm_attach(&life.destination))
		return -1;
	for (i = 0; i < OPERATOR_TOOLS; i++) {
		infos[i].size = sizeof(infos[i]);
		if (vm_call(i ? &life.destination : &life.source, VMBSAVE_GET_INFO, &infos[i]))
			return -1;
	}
	if (write(line[1], infos, sizeof(infos)) != sizeof(infos))
		return -1;
	moved = read(line[1], &word, 1);
	return life_echo(&life, &life.source) ?: moved ? life_end(&life) : 0;
}

/* The operator has stopped the machine; its memory is both processes'. */
static void copy_memory(void)
{
	memcpy(life.destination.ram, life.source.ram, VM_RAM_BYTES);
}

/* An operator who kills nobody yet, and the one he operates on. */
static struct operator start_operated(u32 point)
{
	struct operator op = { .tool = tool, .saving = copy_memory, .quiet = true };
	int i;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, line)) {
		perror("socketpair");
		exit(2);
	}
	op.vmm = start(run_operated, 0);
	close(line[1]);
	if (read(line[0], infos, sizeof(infos)) != sizeof(infos))
		fail(point, "the VMM cannot begin");
	for (i = 0; i < OPERATOR_TOOLS; i++)
		op.bus[i] = (const char *)infos[i].name;
	return op;
}

/* Cuts the line to the VMM, if it is still there. */
static void end_operated(u32 point, struct operator *op, bool moved)
{
	bool killed = op->kill[OPERATOR_VMM] && op->at;

	if (moved)
		send(line[0], "", 1, MSG_NOSIGNAL);
	close(line[0]);
	if (op->ended[OPERATOR_VMM]) {
		if (!operator_killed(op, OPERATOR_VMM))
			fail(point, "the VMM ended with status %#x", op->status[OPERATOR_VMM]);
		return;
	}
	op->ended[OPERATOR_VMM] = true;
	waitpid(op->vmm, &op->status[OPERATOR_VMM], 0);
	if (op->status[OPERATOR_VMM] && !(killed && operator_killed(op, OPERATOR_VMM)))
		fail(point, "the VMM ended with status %#x", op->status[OPERATOR_VMM]);
}

static bool tool_killed(const struct operator *op)
{
	return operator_killed(op, OPERATOR_SAVE) || operator_killed(op, OPERATOR_RESTORE);
}

/* Who was not killed comes to an end himself: done, undone, or not tried, for the bus had gone. */
static void judge_tools(u32 point, const struct operator *op)
{
	bool vmm_killed = operator_killed(op, OPERATOR_VMM);
	int i, most = vmm_killed ? 2 : tool_killed(op) ? 1 : 0;

	for (i = 0; i < OPERATOR_TOOLS; i++)
		if (!operator_killed(op, i) &&
		    (!WIFEXITED(op->status[i]) || WEXITSTATUS(op->status[i]) > most))
			fail(point, "%s ended with status %#x", i ? "restore" : "save",
			     op->status[i]);
}

/* Of the tools one or the other is killed, or both are. */
static void plan(struct operator *op, enum victim kind)
{
	u32 who = 1 + pick() % 3;

	op->when = pick() % OPERATOR_TOOLS;
	op->at = 1 + pick() % tool_steps[op->when];
	op->late_ns = pick() % 2 ? 1 + pick() % LATE_NS : 0;
	op->kill[OPERATOR_VMM] = kind != OPERATOR;
	op->kill[OPERATOR_SAVE] = kind != OPERATED_VMM && who & 1;
	op->kill[OPERATOR_RESTORE] = kind != OPERATED_VMM && who & 2;
}

static enum victim operate(u32 point, enum victim kind)
{
	static const char * const names[] = {
		[OPERATED_VMM] = "the VMM", [OPERATOR] = "the operator", [BOTH] = "both",
	};
	struct operator op = start_operated(point);

	plan(&op, kind);
	operator_run(&op);
	end_operated(point, &op, !op.status[OPERATOR_SAVE] && !op.status[OPERATOR_RESTORE]);
	judge_tools(point, &op);
	judge(point, names[kind]);
	if (operator_killed(&op, OPERATOR_VMM))
		return tool_killed(&op) ? BOTH : OPERATED_VMM;
	return tool_killed(&op) ? OPERATOR : NOBODY;
}

static enum victim alone(u32 point, u32 at, u64 ns)
{
	pid_t pid = start(run_vmm, at);
	char what[64];
	bool killed;

	if (!at)
		kill_after(pid, ns);
	killed = await(point, pid);
	if (at)
		snprintf(what, sizeof(what), "a VMM killed before its step %u", at);
	else
		snprintf(what, sizeof(what), "a VMM killed after %llu ns", (unsigned long long)ns);
	judge(point, what);
	return killed ? VMM : NOBODY;
}

/* How many ns a life has that nobody ends, and how many steps. */
static u64 measure_life(void)
{
	struct timespec from, to;

	steps = 0;
	vm_step = count_step;
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (life_run(&life)) {
		printf("FAIL nobody was killed: line %d\n", life.line);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	vm_step = NULL;
	life_steps = steps;
	/* The clock of a virtual machine may stand still meanwhile. */
	return MOMENTS_NS + (to.tv_sec - from.tv_sec) * 1000000000ULL + to.tv_nsec - from.tv_nsec;
}

/* How many steps the tools have when nobody is killed. */
static void measure_tools(void)
{
	struct operator op = start_operated(0);

	op.quiet = false;
	operator_run(&op);
	end_operated(0, &op, true);
	judge_tools(0, &op);
	judge(0, "nobody");
	memcpy(tool_steps, op.steps, sizeof(tool_steps));
	if (failed)
		exit(1);
}

/* Kills until there are enough of each kind. */
static void kill_all(u64 ns)
{
	u32 kind = VMM;

	while (kind < NR_VICTIMS && tries < MOST_TRIES) {
		u32 point = tries;
		u32 at = point < life_steps ? point + 1 : 0;

		if (points[kind] >= wanted[kind]) {
			kind++;
			continue;
		}
		tries++;
		if (kind == VMM)
			points[alone(point, at, pick() % (ns + 1))]++;
		else
			points[operate(point, kind)]++;
	}
	for (kind = VMM; kind < NR_VICTIMS; kind++)
		if (points[kind] < wanted[kind])
			fail(tries, "of kind %u there are %u points, not %u", kind, points[kind],
			     wanted[kind]);
}

int main(int argc, char **argv)
{
	u32 killed;
	u64 ns;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(TIMEOUT_S);
	if (argc < 2) {
		fprintf(stderr, "usage: kill VMBSAVECTL [SEED]\n");
		return 2;
	}
	tool = argv[1];
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	life_init(&life);
	ns = measure_life();
	measure_tools();
	kill_all(ns);
	killed = points[VMM] + points[OPERATED_VMM] + points[OPERATOR] + points[BOTH];
	printf("%u steps, %u of save, %u of restore, up to %llu us; %u tries\n", life_steps,
	       tool_steps[OPERATOR_SAVE], tool_steps[OPERATOR_RESTORE],
	       (unsigned long long)ns / 1000, tries);
	printf("killed at %u points: VMM %u, VMM with an operator %u, operator %u, both %u\n",
	       killed, points[VMM], points[OPERATED_VMM], points[OPERATOR], points[BOTH]);
	printf("%u passed, %u failed\n", killed, failed);
	return failed ? 1 : 0;
}

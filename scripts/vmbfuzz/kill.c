// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends the VMM, the operator's tool or both by SIGKILL at points of a migration, and sees each time
 * that nothing is left and the next machine on this host does all that a machine does. Points are
 * the steps of the one who is killed, and moments. Who comes to his end before his point was not
 * killed: that does not count, and others are picked until there are as many as there are to be.
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

#define MOST_TRIES	800
#define VMM_STEPS	8	/* up to some milliseconds after the operator began */
#define MOMENTS_NS	20000000ULL
#define TIMEOUT_S	850

static struct life life;
static u64 seed = 1;
static unsigned int failed;
static u32 steps, kill_at;
/* Of a whole life; of a VMM until it can have an operator; of an operator */
static u32 life_steps, begin_steps, operator_steps;

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

/* Unless he was killed he has come to a good end, or @may_fail. Return: he was killed */
static bool await(u32 point, const char *who, pid_t pid, bool may_fail)
{
	int status = 0;
	bool killed;

	waitpid(pid, &status, 0);
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	if (!killed && !may_fail && status)
		fail(point, "%s ended with status %#x", who, status);
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
static struct vmbsave_info infos[2];
static int line[2];

/*
 * The one who is operated on: a machine that runs, and an empty one. It works on until the line is
 * cut; then its guest has to be answered, whatever became of the operator.
 */
static int run_operated(void)
{
	struct pollfd poller = { .fd = line[1], .events = POLLIN };
	unsigned int i;

	close(line[0]);
	if (life_begin(&life) || vm_attach(&life.destination))
		return -1;
	for (i = 0; i < 2; i++) {
		infos[i].size = sizeof(infos[i]);
		if (vm_call(i ? &life.destination : &life.source, VMBSAVE_GET_INFO, &infos[i]))
			return -1;
	}
	if (write(line[1], infos, sizeof(infos)) != sizeof(infos))
		return -1;
	while (!poll(&poller, 1, 1))
		count_step();
	return life_echo(&life, &life.source);
}

static int become_controller(struct vm *vm, const struct vmbsave_info *info)
{
	struct vmbsave_attach attach = { .size = sizeof(attach) };

	memcpy(attach.name, info->name, sizeof(attach.name));
	return vm_open_bus(vm) ?: vm_call(vm, VMBSAVE_ATTACH, &attach);
}

/* Moves the machine of another process from one of its buses to the other one. */
static int run_operator(void)
{
	close(line[0]);
	return become_controller(&life.source, &infos[0]) ?:
	       become_controller(&life.destination, &infos[1]) ?:
	       life_save(&life) ?: life_restore(&life);
}

/*
 * The VMM is killed only once it has an operator. If the operator ends before that it has to come
 * to a good end itself; if he was killed its end is waited for.
 */
static enum victim operate(u32 point, bool kill_vmm, bool kill_operator)
{
	bool ready, vmm_killed, operator_killed = false;
	pid_t vmm;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line)) {
		perror("socketpair");
		exit(2);
	}
	vmm = start(run_operated, kill_vmm ? begin_steps + 1 + pick() % VMM_STEPS : 0);
	close(line[1]);
	ready = read(line[0], infos, sizeof(infos)) == sizeof(infos);
	if (ready) {
		u32 at = kill_operator ? 1 + pick() % operator_steps : 0;

		/* Without the bus he cannot go on. */
		operator_killed = await(point, "the operator", start(run_operator, at), kill_vmm);
	} else if (!kill_vmm) {
		/* To begin takes some steps more or less: that may have been one of them. */
		fail(point, "the VMM cannot begin");
	}
	if (!kill_vmm || !operator_killed)
		shutdown(line[0], SHUT_RDWR);
	vmm_killed = await(point, "the VMM", vmm, false);
	close(line[0]);
	judge(point, kill_vmm ? kill_operator ? "both" : "the VMM" : "the operator");
	if (vmm_killed)
		return operator_killed ? BOTH : OPERATED_VMM;
	return operator_killed ? OPERATOR : NOBODY;
}

static enum victim alone(u32 point, u32 at, u64 ns)
{
	pid_t pid = start(run_vmm, at);
	char what[64];
	bool killed;

	if (!at)
		kill_after(pid, ns);
	killed = await(point, "the VMM", pid, false);
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

/* How many steps run_operated() has until it tells about its buses, and how many an operator. */
static void measure_operator(void)
{
	struct vmbsave_info info = { .size = sizeof(info) };
	int ret;

	steps = 0;
	vm_step = count_step;
	ret = life_begin(&life) ?: vm_attach(&life.destination) ?:
	      vm_call(&life.source, VMBSAVE_GET_INFO, &info) ?:
	      vm_call(&life.destination, VMBSAVE_GET_INFO, &info);
	begin_steps = steps;
	ret = ret ?: life_save(&life) ?: life_restore(&life);
	/* He opens and attaches both buses before that. */
	operator_steps = steps - begin_steps + 4;
	vm_step = NULL;
	life_close(&life);
	if (ret) {
		printf("FAIL nobody was killed: line %d\n", life.line);
		exit(1);
	}
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
			points[operate(point, kind != OPERATOR, kind != OPERATED_VMM)]++;
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
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	life_init(&life);
	ns = measure_life();
	measure_operator();
	kill_all(ns);
	killed = points[VMM] + points[OPERATED_VMM] + points[OPERATOR] + points[BOTH];
	printf("%u steps, %u until there is an operator, %u of his, up to %llu us; %u tries\n",
	       life_steps, begin_steps, operator_steps, (unsigned long long)ns / 1000, tries);
	printf("killed at %u points: VMM %u, VMM with an operator %u, operator %u, both %u\n",
	       killed, points[VMM], points[OPERATED_VMM], points[OPERATOR], points[BOTH]);
	printf("%u passed, %u failed\n", killed, failed);
	return failed ? 1 : 0;
}

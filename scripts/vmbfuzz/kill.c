// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ends the VMM, the operator's tool or both by SIGKILL at points of a migration, and sees each time
 * that nothing is left and the next machine on this host does all that a machine does. Points are
 * the steps of the one who is killed, and moments.
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

#define POINTS		200
#define OPERATED	90	/* of them with an operator */
#define VMM_STEPS	60	/* up to some milliseconds after the operator began */
#define OPERATOR_STEPS	30
#define MOMENTS_NS	20000000ULL
#define TIMEOUT_S	850

static struct life life;
static u64 seed = 1;
static unsigned int failed;
static u32 steps, kill_at, kills, operators;

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

/* Unless he was killed he has come to a good end, or @may_fail. */
static void await(u32 point, const char *who, pid_t pid, bool may_fail)
{
	int status = 0;
	bool killed;

	waitpid(pid, &status, 0);
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
	kills += killed;
	if (!killed && !may_fail && status)
		fail(point, "%s ended with status %#x", who, status);
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

static void operate(u32 point, bool kill_vmm, bool kill_operator)
{
	bool ready;
	pid_t vmm;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, line)) {
		perror("socketpair");
		exit(2);
	}
	vmm = start(run_operated, kill_vmm ? 1 + pick() % VMM_STEPS : 0);
	close(line[1]);
	ready = read(line[0], infos, sizeof(infos)) == sizeof(infos);
	if (ready) {
		u32 at = kill_operator ? 1 + pick() % OPERATOR_STEPS : 0;

		/* Without the bus he cannot go on. */
		await(point, "the operator", start(run_operator, at), kill_vmm);
		operators++;
	}
	close(line[0]);
	if (!ready && !kill_vmm)
		fail(point, "the VMM cannot begin");
	await(point, "the VMM", vmm, false);
	judge(point, kill_vmm ? kill_operator ? "both" : "the VMM" : "the operator");
}

/* Does this kernel know operators? */
static bool has_operators(void)
{
	struct vmbsave_attach attach = { .size = sizeof(attach), .name = "vmb999" };
	int ret = vm_open_bus(&life.source) ?: vm_call(&life.source, VMBSAVE_ATTACH, &attach);

	vm_close(&life.source);
	return ret == -ENOENT;
}

static void alone(u32 point, u32 at, u64 ns)
{
	pid_t pid = start(run_vmm, at);
	char what[64];

	if (!at)
		kill_after(pid, ns);
	await(point, "the VMM", pid, false);
	if (at)
		snprintf(what, sizeof(what), "a VMM killed before its step %u", at);
	else
		snprintf(what, sizeof(what), "a VMM killed after %llu ns", (unsigned long long)ns);
	judge(point, what);
}

/* How many steps and ns a life has that nobody ends. */
static u32 measure(u64 *ns)
{
	struct timespec from, to;

	vm_step = count_step;
	clock_gettime(CLOCK_MONOTONIC, &from);
	if (life_run(&life)) {
		printf("FAIL nobody was killed: line %d\n", life.line);
		exit(1);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	vm_step = NULL;
	/* The clock of a virtual machine may stand still meanwhile. */
	*ns = MOMENTS_NS;
	*ns += (to.tv_sec - from.tv_sec) * 1000000000ULL + to.tv_nsec - from.tv_nsec;
	return steps;
}

int main(int argc, char **argv)
{
	u32 point, total, operated;
	u64 ns;

	setvbuf(stdout, NULL, _IOLBF, 0);
	alarm(TIMEOUT_S);
	if (argc > 1)
		seed = strtoull(argv[1], NULL, 0);
	printf("seed %llu\n", (unsigned long long)seed);
	life_init(&life);
	total = measure(&ns);
	operated = has_operators() ? OPERATED : 0;
	for (point = 0; point < POINTS - operated; point++)
		alone(point, point < total ? point + 1 : 0, pick() % (ns + 1));
	for (; point < POINTS; point++)
		operate(point, point % 3 > 0, point % 3 != 1);
	printf("%u steps in %llu us; %u killed, %u operators\n", total,
	       (unsigned long long)ns / 1000, kills, operators);
	printf("%u passed, %u failed\n", POINTS - failed, failed);
	return failed ? 1 : 0;
}

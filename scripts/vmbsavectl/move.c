// SPDX-License-Identifier: GPL-2.0-only
/*
 * What save and restore have in common: how they begin, fail and end.
 */
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <linux/array_size.h>
#include "move.h"
#include "output.h"
#include "util.h"

/* The signal that asked for the end, or 0. */
static int interrupted;

static void interrupt(int number)
{
	__atomic_store_n(&interrupted, number, __ATOMIC_RELAXED);
}

/**
 * move_interrupted() - shall it end?
 *
 * Return: the number of the signal that asked for it, or 0.
 */
int move_interrupted(void)
{
	return __atomic_load_n(&interrupted, __ATOMIC_RELAXED);
}

/*
 * What is begun is to be undone before the end. What is ignored, as after nohup,
 * stays so. A reader that goes away is an error of write().
 */
static void catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt }, before;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		if (!sigaction(numbers[i], NULL, &before) && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static struct move *the_move;

/* Nothing was tried: the document tells that too. */
static void tell_last_words(int error, const char *sentence)
{
	the_move->error = error;
	the_move->step = "begin";
	snprintf(the_move->reason, sizeof(the_move->reason), "%s", sentence);
	move_tell_json(the_move, "not tried");
}

/**
 * move_begin() - read the command line, or exit with EXIT_TROUBLE
 * @move: filled
 * @command: "save" or "restore"
 * @usage: what may stand there
 * @argc: of the command
 * @argv: of the command
 */
void move_begin(struct move *move, const char *command, const struct usage *usage, int argc,
		char **argv)
{
	*move = (struct move){ .command = command };
	move->arguments = arguments_read(usage, argc, argv);
	move->file = move->arguments.name[1] ?: "-";
	move->bus = (struct bus){ .name = move->arguments.name[0], .fd = -1 };
	the_move = move;
	if (move->arguments.json)
		die_by(tell_last_words);
	catch_signals();
}

/**
 * move_attach() - become a controller of the bus, or exit with EXIT_TROUBLE
 * @move: that was begun
 */
void move_attach(struct move *move)
{
	bool keep = move->arguments.run || move->arguments.stay_stopped;
	int err;

	bus_attach(&move->bus, move->arguments.name[0], keep ? VMBSAVE_ATTACH_KEEP_STATE : 0);
	err = bus_info(&move->bus, &move->info);
	if (err)
		die_of(err, "%s tells nothing: %s", move->bus.name, strerror(-err));
}

/**
 * move_stats() - ask what it has cost
 * @move: whose bus is still attached to; once it has begun
 */
void move_stats(struct move *move)
{
	if (bus_stats(&move->bus, &move->stats))
		move->stats = (struct vmbsave_stats){ };
}

static bool keep_first(struct move *move, const char *step, int error)
{
	if (move->error)
		return false;
	move->error = error;
	move->step = step;
	return true;
}

/**
 * move_failed() - it cannot go on
 * @move: that was begun
 * @step: what could not be done, a verb
 * @error: why, a negative errno
 * @format: the sentence about it, as for printf
 */
void move_failed(struct move *move, const char *step, int error, const char *format, ...)
{
	char sentence[sizeof(move->reason)];
	va_list args;

	va_start(args, format);
	vsnprintf(sentence, sizeof(sentence), format, args);
	va_end(args);
	if (keep_first(move, step, error))
		memcpy(move->reason, sentence, sizeof(sentence));
	if (!move->arguments.json)
		say("%s: %s", move->bus.name, sentence);
}

/**
 * move_refused() - the kernel has refused it
 * @move: whose bus is still attached to
 * @step: what could not be done, a verb
 * @error: its negative errno
 */
void move_refused(struct move *move, const char *step, int error)
{
	struct vmbsave_last_error last;

	if (error == -EINTR && move_interrupted()) {
		move_failed(move, step, error, "interrupted by signal %d", move_interrupted());
		return;
	}
	bus_last_error(&move->bus, error, &last);
	if (keep_first(move, step, -(int)last.error)) {
		move->last = last;
		snprintf(move->reason, sizeof(move->reason), "%s", last.text);
	}
	if (!move->arguments.json)
		bus_say_error(&move->bus, step, &last);
}

/**
 * move_end() - tell what has become of it
 * @move: that has ended, well or not
 *
 * Return: EXIT_*.
 */
int move_end(struct move *move)
{
	die_by(NULL);
	if (move->arguments.json)
		move_tell_json(move, move->error ? "failed" : "done");
	else if (!move->error && !move->arguments.quiet)
		move_tell_text(move);
	return move->error ? EXIT_WRONG : EXIT_RIGHT;
}

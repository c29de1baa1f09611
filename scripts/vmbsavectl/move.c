// SPDX-License-Identifier: GPL-2.0-only
/*
 * What save and restore have in common.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/limits.h>
#include "move.h"

/* The signal that asked for the end, or 0. */
static int interrupted;

static u32 milliseconds(struct argp_state *state, const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || *text == '-' || !value || value > U32_MAX / 1000)
		argp_error(state, "%s is no number of seconds", text);
	return value * 1000;
}

error_t move_parse(int key, char *argument, struct argp_state *state)
{
	struct move_arguments *arguments = state->input;

	switch (key) {
	case 't':
		arguments->timeout_ms = milliseconds(state, argument);
		return 0;
	case MOVE_FLAG:
		arguments->flag = true;
		return 0;
	case 'q':
		arguments->quiet = true;
		return 0;
	case ARGP_KEY_ARG:
		if (arguments->file)
			argp_error(state, "one bus and one file");
		if (arguments->bus)
			arguments->file = argument;
		else
			arguments->bus = argument;
		return 0;
	case ARGP_KEY_END:
		if (!arguments->bus)
			argp_error(state, "which bus?");
		if (!arguments->file)
			arguments->file = "-";
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

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

/**
 * move_catch_signals() - what is begun is to be undone before the end
 *
 * A reader that goes away is an error of write().
 */
void move_catch_signals(void)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction action = { .sa_handler = interrupt };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(numbers); i++)
		sigaction(numbers[i], &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stands behind a command: names, and options out of those that any command
 * has. A command says which of them it takes; argp refuses the others.
 */
#include <errno.h>
#include <stdlib.h>
#include <linux/limits.h>
#include "arguments.h"

struct reading {
	const struct usage *usage;
	struct arguments arguments;
};

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

static error_t parse_name(char *name, struct argp_state *state)
{
	struct reading *reading = state->input;

	if (state->arg_num >= reading->usage->most)
		argp_error(state, "%s", reading->usage->excess);
	reading->arguments.name[state->arg_num] = name;
	return 0;
}

static bool *flag_of(struct arguments *arguments, int key)
{
	switch (key) {
	case OPTION_JSON:
		return &arguments->json;
	case OPTION_PACKETS:
		return &arguments->packets;
	case OPTION_PAYLOAD:
		return &arguments->payload;
	case OPTION_PROGRESS:
		return &arguments->progress;
	case OPTION_RUN:
		return &arguments->run;
	case OPTION_STAY_STOPPED:
		return &arguments->stay_stopped;
	case 'q':
		return &arguments->quiet;
	default:
		return NULL;
	}
}

static error_t parse(int key, char *value, struct argp_state *state)
{
	struct reading *reading = state->input;
	bool *flag = flag_of(&reading->arguments, key);

	if (flag) {
		*flag = true;
		return 0;
	}

	switch (key) {
	case OPTION_SYSFS:
		reading->arguments.sysfs = value;
		return 0;
	case 't':
		reading->arguments.timeout_ms = milliseconds(state, value);
		return 0;
	case ARGP_KEY_ARG:
		return parse_name(value, state);
	case ARGP_KEY_END:
		if (state->arg_num < reading->usage->least)
			argp_error(state, "%s", reading->usage->missing);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/**
 * arguments_read() - read a command line, or exit with EXIT_TROUBLE
 * @usage: what may stand there
 * @argc: how many words
 * @argv: the words, of which the first is what stands before them in a usage line
 *
 * Return: what stood there.
 */
struct arguments arguments_read(const struct usage *usage, int argc, char **argv)
{
	struct reading reading = { .usage = usage };
	const struct argp argp = {
		.options = usage->options, .parser = parse, .args_doc = usage->names,
		.doc = usage->doc,
	};

	argp_parse(&argp, argc, argv, 0, NULL, &reading);
	return reading.arguments;
}

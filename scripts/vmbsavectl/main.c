// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbsavectl
 *
 * Looks into saved streams (inspect, verify, diff), and at, out of and into
 * buses of a running system (list, show, stats, save, restore). What a stream is
 * it knows from the module's own code, which is compiled into it.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>
#include "command.h"
#include "util.h"

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "inspect", command_inspect },
	{ "verify", command_verify },
	{ "diff", command_diff },
	{ "list", command_list },
	{ "show", command_show },
	{ "stats", command_stats },
	{ "save", command_save },
	{ "restore", command_restore },
};

static const struct command *find_command(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(commands); i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

/* Usage lines of a command are to say its name. */
static int run_command(const struct command *command, int argc, char **argv)
{
	static char name[64];

	snprintf(name, sizeof(name), "%s %s", program_invocation_short_name, command->name);
	argv[0] = name;
	return command->run(argc, argv);
}

static int close_output(int status)
{
	if (!fclose(stdout))
		return status;
	say("cannot write the output: %m");
	return EXIT_TROUBLE;
}

static int status;

static error_t parse(int key, char *argument, struct argp_state *state)
{
	const struct command *command;

	switch (key) {
	case 'V':
		puts("vmbsavectl " VMB_VERSION);
		exit(close_output(EXIT_RIGHT));
	case ARGP_KEY_ARG:
		command = find_command(argument);
		if (!command)
			argp_error(state, "there is no command %s", argument);
		/* What follows is the command's. */
		status = run_command(command, state->argc - state->next + 1,
				     state->argv + state->next - 1);
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* argp's own would be an option of each command. */
static const struct argp_option options[] = {
	{ "version", 'V', NULL, 0, "Print the version", -1 },
	{ }
};

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "COMMAND [ARGUMENT...]",
	.doc =
	"Look into saved streams of vmbsave; save and restore the channels of a bus.\n"
	"\vOf a stream, FILE or - (also one that is cut off or damaged):\n"
	"  inspect FILE             what is in it\n"
	"  verify FILE              is it whole and right?\n"
	"  diff A B                 what differs between two\n"
	"Of this system:\n"
	"  list                     buses and their channels\n"
	"  show BUS [CHANNEL]       one bus or channel\n"
	"  stats BUS                what saves and restores have cost\n"
	"  save BUS [FILE]          stop the bus, write its state, let it run again\n"
	"  restore BUS [FILE]       write a state into it\n"
	"\n"
	"COMMAND --help tells the options of a command. See vmbsavectl(8).",
};

int main(int argc, char **argv)
{
	argp_err_exit_status = EXIT_TROUBLE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, NULL);
	return close_output(status);
}

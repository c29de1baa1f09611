// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbsavectl inspect: what is in a stream, also in one that is damaged.
 */
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/xxhash.h>
#include "arguments.h"
#include "command.h"
#include "inspect.h"
#include "util.h"

static const struct argp_option options[] = {
	{ "packets", OPTION_PACKETS, NULL, 0, "Print each packet and completion", 0 },
	{ "payload", OPTION_PAYLOAD, NULL, 0,
	  "Print the data of guests and VSPs too, not only length and hash", 0 },
	ARGUMENT_JSON,
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "FILE|-",
	.doc = "Decode a saved stream, or what is left of it.\n"
	       "\vBehind damage it goes on at the next whole chunk, and says what was lost.\n"
	       "Exit status as that of verify.",
	.least = 1,
	.most = 1,
	.missing = "which stream?",
	.excess = "one stream at a time",
};

/**
 * channel_state_name() - as sysfs says it
 * @state: VMBSAVE_CHANNEL_*, or a number that is none
 *
 * Return: the name, never NULL.
 */
const char *channel_state_name(u32 state)
{
	static const char * const names[] = {
		[VMBSAVE_CHANNEL_DISABLED] = "disabled",
		[VMBSAVE_CHANNEL_ENABLED] = "enabled",
		[VMBSAVE_CHANNEL_STARTED] = "started",
		[VMBSAVE_CHANNEL_PAUSED] = "paused",
		[VMBSAVE_CHANNEL_ACTIVE] = "active",
		[VMBSAVE_CHANNEL_STOPPED] = "stopped",
	};

	return state < ARRAY_SIZE(names) ? names[state] : "unknown";
}

/**
 * verdict_name() - one word for a stream
 * @error: why it is refused, a negative errno, or 0
 *
 * Return: the word.
 */
const char *verdict_name(int error)
{
	switch (exit_code(error)) {
	case EXIT_RIGHT:
		return "whole";
	case EXIT_TRUNCATED:
		return "truncated";
	case EXIT_UNSUPPORTED:
		return "unsupported";
	default:
		return "damaged";
	}
}

/**
 * payload_hash() - what is shown of data that is not shown
 * @data: the data
 * @bytes: its length
 *
 * Return: xxh64 with seed 0.
 */
u64 payload_hash(const void *data, u32 bytes)
{
	return xxh64(bytes ? data : "", bytes, 0);
}

int command_inspect(int argc, char **argv)
{
	static struct inspect inspect;
	const struct walk_ops *ops;
	int err;

	memset(&inspect, 0, sizeof(inspect));
	inspect.arguments = arguments_read(&usage, argc, argv);
	err = source_open(&inspect.source, inspect.arguments.name[0]);
	if (err)
		die("cannot open %s: %s", inspect.arguments.name[0], strerror(-err));

	tally_init(&inspect.tally);
	ops = inspect.arguments.json ? &inspect_json_ops : &inspect_text_ops;
	if (inspect.arguments.json)
		inspect_json_begin(&inspect);
	err = walk(&inspect.walk, &inspect.source, true, ops, &inspect);
	tally_end(&inspect.tally);
	if (inspect.arguments.json)
		inspect_json_end(&inspect);
	else
		inspect_text_end(&inspect);
	if (err)
		say("cannot read %s: %s", inspect.source.name, strerror(-err));

	source_close(&inspect.source);
	tally_free(&inspect.tally);
	free(inspect.damages);
	return err ? EXIT_TROUBLE : exit_code(inspect.walk.first.error);
}

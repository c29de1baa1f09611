// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbsavectl verify: would a restore take this stream? One line, and an exit
 * status.
 */
#include <stdio.h>
#include <string.h>
#include "arguments.h"
#include "command.h"
#include "inspect.h"
#include "output.h"
#include "progress.h"
#include "source.h"
#include "util.h"
#include "walk.h"

#define ULL(x)	((unsigned long long)(x))

static const struct argp_option options[] = {
	ARGUMENT_JSON,
	ARGUMENT_PROGRESS,
	ARGUMENT_QUIET("Print nothing"),
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "FILE|-",
	.doc = "Tell whether a saved stream is whole and right.\n"
	       "\vExit status: 0 it is; 1 it is damaged; 2 it cannot be read; 3 it is truncated;\n"
	       "4 it takes a newer version, or is beyond the limits of this program.",
	.least = 1,
	.most = 1,
	.missing = "which stream?",
	.excess = "one stream at a time",
};

static void put_text(const struct walk *walk, const char *name)
{
	const struct vmb_stream_error *why = &walk->first;
	char type[16] = "";

	if (!why->error) {
		text_verdict(COLOUR_GOOD, "%s: whole: %u chunks, %llu records, %llu bytes", name,
			     walk->nr_chunks, ULL(walk->nr_records), ULL(walk->bytes));
		return;
	}
	if (why->type)
		snprintf(type, sizeof(type), ": %u", why->type);
	text_verdict(COLOUR_BAD, "%s: %s: chunk %u, offset %llu: %s%s (%s)", name,
		     verdict_name(why->error), why->chunk, ULL(why->offset), why->reason, type,
		     errno_name(why->error));
}

static void put_json(const struct walk *walk, const char *name)
{
	const struct vmb_stream_error *why = &walk->first;

	json_begin();
	json_string("file", name);
	json_string("verdict", verdict_name(why->error));
	json_format("stream_id", "%016llx", ULL(walk->stream_id));
	json_number("nr_chunks", walk->nr_chunks);
	json_number("nr_records", walk->nr_records);
	if (why->error) {
		json_number("chunk", why->chunk);
		json_number("offset", why->offset);
		json_number("packet", why->packet);
		json_number("record_type", why->type);
		json_string("errno", errno_name(why->error));
		json_string("reason", why->reason);
	} else {
		json_number("bytes", walk->bytes);
	}
	json_end();
}

int command_verify(int argc, char **argv)
{
	static const struct walk_ops ops;
	static struct source source;
	struct arguments arguments = arguments_read(&usage, argc, argv);
	const char *name = arguments.name[0];
	struct progress progress;
	struct walk state;
	int err;

	err = source_open(&source, name);
	if (err)
		die("cannot open %s: %s", name, strerror(-err));

	progress_begin(&progress, "verifying", source.bytes, &arguments);
	source.progress = &progress;
	err = walk(&state, &source, false, &ops, NULL);
	progress_end(&progress);
	source_close(&source);
	if (err)
		die("cannot read %s: %s", source.name, strerror(-err));

	if (arguments.json)
		put_json(&state, name);
	else if (!arguments.quiet)
		put_text(&state, source.name);
	return exit_code(state.first.error);
}

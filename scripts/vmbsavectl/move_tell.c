// SPDX-License-Identifier: GPL-2.0-only
/*
 * What has become of a save or a restore, for people and for programs.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "move.h"
#include "output.h"
#include "util.h"

#define ULL(x)	((unsigned long long)(x))

static bool is_save(const struct move *move)
{
	return !strcmp(move->command, "save");
}

/**
 * move_tell_text() - one line on stderr about one that has succeeded
 * @move: which
 */
void move_tell_text(const struct move *move)
{
	const struct vmbsave_stats *stats = &move->stats;
	const char *name = move->bus.name;
	char bytes[24];

	bytes_text(move->progress.bytes, bytes, sizeof(bytes));
	if (is_save(move))
		say("%s: saved %s, %llu packets, %llu chunks; stopping took %.3f s, saving %.3f s",
		    name, bytes, ULL(stats->save_packets), ULL(stats->save_chunks),
		    stats->stop_ns / 1e9, stats->save_ns / 1e9);
	else
		say("%s: restored %s, %llu packets, %llu chunks; "
		    "reading took %.3f s, the commit %.3f s",
		    name, bytes, ULL(stats->restore_packets), ULL(stats->restore_chunks),
		    stats->restore_ns / 1e9, stats->commit_ns / 1e9);
}

static void put_cost(const struct move *move)
{
	const struct vmbsave_stats *stats = &move->stats;

	json_number("bytes", move->progress.bytes);
	json_number("nr_channels", move->info.nr_channels);
	json_number("nr_packets", is_save(move) ? stats->save_packets : stats->restore_packets);
	json_number("nr_chunks", is_save(move) ? stats->save_chunks : stats->restore_chunks);
	if (is_save(move)) {
		json_number("stop_ns", stats->stop_ns);
		json_number("save_ns", stats->save_ns);
	} else {
		json_number("restore_ns", stats->restore_ns);
		json_number("commit_ns", stats->commit_ns);
	}
	json_number("elapsed_ns", move->elapsed_ns);
	json_number("bytes_per_second",
		    move->elapsed_ns ? move->progress.bytes * 1e9 / move->elapsed_ns : 0);
}

static void put_failure(const struct move *move)
{
	json_string("step", move->step);
	if (move->error)
		json_string("errno", errno_name(move->error));
	json_string("reason", move->reason);
	if (move_interrupted())
		json_number("signal", move_interrupted());
	if (move->last.channel)
		json_number("channel", move->last.channel);
	if (move->last.packet)
		json_number("packet", move->last.packet);
	if (move->last.chunk || move->last.offset) {
		json_number("chunk", move->last.chunk);
		json_number("offset", move->last.offset);
	}
}

/**
 * move_tell_json() - all about one, on stdout, or on stderr if stdout is the stream
 * @move: which
 * @result: in a word or two
 */
void move_tell_json(const struct move *move, const char *result)
{
	bool tried = strcmp(result, "not tried");

	json_to(is_save(move) && !strcmp(move->file, "-") ? stderr : stdout);
	json_begin();
	json_string("command", move->command);
	json_string("bus", move->bus.name);
	json_string("file", move->file);
	json_string("result", result);
	if (tried)
		put_cost(move);
	if (move->step)
		put_failure(move);
	if (tried && move->step)
		json_bool("undone", !move->changed);
	json_end();
}

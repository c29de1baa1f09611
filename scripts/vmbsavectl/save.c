// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbsavectl save
 *
 * 1. The bus is attached to and stopped; its data fd is read to its end.
 * 2. The bus goes to STOP and is left, so that it runs again if it ran before,
 *    and if it was not to stay stopped.
 * 3. The file is flushed and gets its name.
 *
 * If any of it fails, or a signal comes, the session is dropped by leaving the
 * bus, which runs again, and no file appears.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bus.h"
#include "command.h"
#include "move.h"
#include "progress.h"
#include "sink.h"
#include "util.h"

static const struct argp_option options[] = {
	{ "timeout", 't', "S", 0, "Give VSPs so many seconds to complete what they hold", 0 },
	{ "stay-stopped", MOVE_FLAG, NULL, 0,
	  "Do not let the bus run again after a save that succeeded", 0 },
	{ "quiet", 'q', NULL, 0, "Say nothing on success", 0 },
	{ }
};

static const struct argp argp = {
	.options = options,
	.parser = move_parse,
	.args_doc = "BUS [FILE|-]",
	.doc = "Save the channels of a bus. Takes CAP_SYS_ADMIN.\n"
	       "\vThe memory of the guest is its monitor's business and not in the stream. A file\n"
	       "appears only when it is whole. Exit status: 0 saved; 1 the save failed, the bus\n"
	       "is as it was; 2 it could not be tried.",
};

static u8 piece[PIECE_BYTES];

/* 0; or a negative errno, *@reading says of which side. */
static int copy_out(int data_fd, struct sink *sink, struct progress *progress, bool *reading)
{
	ssize_t n;
	int err;

	for (;;) {
		*reading = true;
		if (move_interrupted())
			return -EINTR;
		n = read(data_fd, piece, sizeof(piece));
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		*reading = false;
		do
			err = move_interrupted() ? -ECANCELED : sink_write(sink, piece, n);
		while (err == -EINTR);
		if (err)
			return err;
		progress_add(progress, n);
	}
}

static int copy_stream(struct bus *bus, int data_fd, struct sink *sink, struct progress *progress)
{
	bool reading;
	int err;

	err = copy_out(data_fd, sink, progress, &reading);
	progress_end(progress);
	if (err && move_interrupted())
		say("%s: interrupted by signal %d", bus->name, move_interrupted());
	else if (err && reading)
		bus_say_error(bus, "save", err);
	else if (err)
		say("cannot write to %s: %s", sink->name, strerror(-err));
	return err;
}

static void report(const struct bus *bus, const struct progress *progress,
		   const struct vmbsave_stats *stats)
{
	char bytes[24];

	bytes_text(progress->done, bytes, sizeof(bytes));
	say("%s: saved %s, %llu packets, %llu chunks; stopping took %.3f s, saving %.3f s",
	    bus->name, bytes, (unsigned long long)stats->save_packets,
	    (unsigned long long)stats->save_chunks,
	    stats->stop_ns / 1e9, stats->save_ns / 1e9);
}

/* The bus is stopped, and read from, and left. */
static int save(struct bus *bus, const struct move_arguments *arguments, struct sink *sink)
{
	struct vmbsave_stats stats = { };
	struct progress progress;
	struct vmbsave_info info;
	int data_fd, err;

	err = bus_set_state(bus, VMBSAVE_STATE_STOP_COPY, arguments->timeout_ms, &data_fd);
	if (err) {
		bus_say_error(bus, "save", err);
		return err;
	}
	err = bus_info(bus, &info);
	progress_begin(&progress, "saving", err ? 0 : info.stream_bytes, true);
	err = copy_stream(bus, data_fd, sink, &progress);
	if (!err) {
		bus_stats(bus, &stats);
		err = bus_set_state(bus, VMBSAVE_STATE_STOP, 0, NULL);
		if (err)
			bus_say_error(bus, "end it", err);
	}
	close(data_fd);
	/* It runs again now: what comes may take time. */
	bus_detach(bus);
	if (!err && !arguments->quiet)
		report(bus, &progress, &stats);
	return err;
}

int command_save(int argc, char **argv)
{
	struct move_arguments arguments = { };
	struct sink sink;
	struct bus bus;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	if (!strcmp(arguments.file, "-") && isatty(STDOUT_FILENO))
		die("a stream is not for a terminal: name a file, or a pipe");
	move_catch_signals();
	bus_attach(&bus, arguments.bus, arguments.flag ? VMBSAVE_ATTACH_KEEP_STATE : 0);
	err = sink_open(&sink, arguments.file);
	if (err)
		die("cannot write %s: %s", arguments.file, strerror(-err));

	err = save(&bus, &arguments, &sink);
	if (err) {
		sink_abort(&sink);
		return EXIT_WRONG;
	}
	err = sink_commit(&sink);
	if (err)
		say("cannot write %s: %s", arguments.file, strerror(-err));
	return err ? EXIT_WRONG : EXIT_RIGHT;
}

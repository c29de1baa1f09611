// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbsavectl save
 *
 * 1. The bus is attached to and stopped; its data fd is read to its end.
 * 2. The bus goes to STOP and is left, so that it runs again if it ran before,
 *    and if it was not to stay stopped.
 * 3. The file is flushed and gets its name. If the bus is to stay stopped, that
 *    comes before it is left, for without a file it has to run again.
 *
 * If any of it fails, or a signal comes, the session is dropped by leaving the
 * bus, which runs again, and no file appears.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "move.h"
#include "sink.h"
#include "util.h"

#define PIECE_BYTES	65536

static const struct argp_option options[] = {
	{ "timeout", 't', "S", 0, "Give VSPs so many seconds to complete what they hold", 0 },
	{ "stay-stopped", OPTION_STAY_STOPPED, NULL, 0,
	  "Do not let the bus run again after a save that succeeded", 0 },
	ARGUMENT_JSON,
	ARGUMENT_PROGRESS,
	ARGUMENT_QUIET("Say nothing on success"),
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "BUS [FILE|-]",
	.doc = "Save the channels of a bus. Takes CAP_SYS_ADMIN.\n"
	       "\vThe memory of the guest is its monitor's business and not in the stream. A\n"
	       "file appears only when it is whole. Exit status: 0 saved; 1 the save failed,\n"
	       "the bus is as it was; 2 it could not be tried.",
	.least = 1,
	.most = 2,
	.missing = "which bus?",
	.excess = "one bus and one file",
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

static void copy_stream(struct move *move, int data_fd, struct sink *sink)
{
	bool reading;
	int err;

	err = copy_out(data_fd, sink, &move->progress, &reading);
	progress_end(&move->progress);
	if (err && move_interrupted())
		move_failed(move, "save", -EINTR, "interrupted by signal %d", move_interrupted());
	else if (err && reading)
		move_refused(move, "save", err);
	else if (err)
		move_failed(move, "write", err, "cannot write to %s: %s", sink->name,
			    strerror(-err));
}

/* The bus does not change while it is saved: each packet in use is one of the stream. */
static u64 packets_saved(void *bus)
{
	struct vmbsave_stats stats;

	return bus_stats(bus, &stats) ? 0 : stats.save_packets;
}

/* The bus is stopped, and read from. */
static void save(struct move *move, struct sink *sink)
{
	u64 begin = clock_ns();
	int data_fd, err;

	err = bus_set_state(&move->bus, VMBSAVE_STATE_STOP_COPY, move->arguments.timeout_ms,
			    &data_fd);
	if (err) {
		move_refused(move, "save", err);
		return;
	}
	bus_info(&move->bus, &move->info);
	progress_begin(&move->progress, "saving", move->info.nr_packets, &move->arguments);
	move->progress.done = packets_saved;
	move->progress.of = &move->bus;
	copy_stream(move, data_fd, sink);
	move_stats(move);
	if (!move->error) {
		err = bus_set_state(&move->bus, VMBSAVE_STATE_STOP, 0, NULL);
		if (err)
			move_refused(move, "end it", err);
	}
	close(data_fd);
	move->elapsed_ns = clock_ns() - begin;
}

static void commit(struct move *move, struct sink *sink)
{
	int err;

	err = sink_commit(sink);
	if (err)
		move_failed(move, "write", err, "cannot write %s: %s", move->file, strerror(-err));
}

/* It was saved to stay stopped, but nobody has what was saved. */
static void let_run(struct move *move)
{
	int err;

	err = bus_set_state(&move->bus, VMBSAVE_STATE_RUNNING, 0, NULL);
	if (!err)
		return;
	move->changed = true;
	move_refused(move, "let it run again", err);
}

int command_save(int argc, char **argv)
{
	struct sink sink;
	struct move move;
	bool ran;
	int err;

	move_begin(&move, "save", &usage, argc, argv);
	if (!strcmp(move.file, "-") && isatty(STDOUT_FILENO))
		die("a stream is not for a terminal: name a file, or a pipe");
	move_attach(&move);
	ran = move.info.state == VMBSAVE_STATE_RUNNING;
	err = sink_open(&sink, move.file);
	if (err)
		die_of(err, "cannot write %s: %s", move.file, strerror(-err));

	save(&move, &sink);
	/* It runs again now: what comes may take time. */
	if (!move.arguments.stay_stopped || move.error)
		bus_detach(&move.bus);
	if (move.error)
		sink_abort(&sink);
	else
		commit(&move, &sink);
	if (move.bus.fd >= 0) {
		if (move.error && ran)
			let_run(&move);
		bus_detach(&move.bus);
	}
	return move_end(&move);
}

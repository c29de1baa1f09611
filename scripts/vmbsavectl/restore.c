// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbsavectl restore
 *
 * 1. The bus is attached to and made ready (RESUMING); the stream is written to
 *    its data fd.
 * 2. RESUMING -> STOP commits, and is the verdict: that the stream was written
 *    says nothing.
 * 3. If asked to, the bus is started.
 *
 * If the stream is refused, the commit fails, the input cannot be read, or a
 * signal comes, RESET takes the bus back to STOP with the channels that it had,
 * and it runs again if it ran before.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "command.h"
#include "move.h"
#include "source.h"
#include "util.h"

static const struct argp_option options[] = {
	{ "run", OPTION_RUN, NULL, 0, "Let the bus run after a restore that succeeded", 0 },
	ARGUMENT_JSON,
	ARGUMENT_PROGRESS,
	ARGUMENT_QUIET("Say nothing on success"),
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "BUS [FILE|-]",
	.doc = "Restore the channels of a bus that waits. Takes CAP_SYS_ADMIN.\n"
	       "\vThe guest's memory has to be there already. Exit status: 0 restored; 1 it was\n"
	       "refused, the bus is as it was; 2 it could not be tried.",
	.least = 1,
	.most = 2,
	.missing = "which bus?",
	.excess = "one bus and one file",
};

static struct source source;

/* Why it stopped, a negative errno; of the kernel if *@refused. */
static int copy_in(int data_fd, bool *refused)
{
	ssize_t n;

	*refused = false;
	while (source_fill(&source, 1)) {
		if (move_interrupted())
			return -EINTR;
		n = write(data_fd, source_data(&source), source.have);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			*refused = true;
			return -errno;
		}
		source_skip(&source, n);
	}
	return source.error;
}

static void write_stream(struct move *move, int data_fd)
{
	bool refused;
	int err;

	err = copy_in(data_fd, &refused);
	progress_end(&move->progress);
	if (err && refused)
		move_refused(move, "restore", err);
	else if (err && move_interrupted())
		move_failed(move, "restore", -EINTR, "interrupted by signal %d",
			    move_interrupted());
	else if (err)
		move_failed(move, "read", err, "cannot read %s: %s", source.name, strerror(-err));
}

/* After a failure: as it was. The flag that keeps its state must not keep it stopped. */
static void undo(struct move *move)
{
	int err;

	err = bus_reset(&move->bus);
	if (!err && move->info.state == VMBSAVE_STATE_RUNNING)
		err = bus_set_state(&move->bus, VMBSAVE_STATE_RUNNING, 0, NULL);
	if (!err)
		return;
	move->changed = true;
	/* A bus that has gone was the failure. */
	if (err != -ENODEV)
		move_refused(move, "go back", err);
}

static void run(struct move *move)
{
	int err;

	err = bus_set_state(&move->bus, VMBSAVE_STATE_RUNNING, 0, NULL);
	if (!err)
		return;
	move->changed = true;
	move_refused(move, "run", err);
}

static void restore(struct move *move)
{
	u64 begin = clock_ns();
	int data_fd, err;

	err = bus_set_state(&move->bus, VMBSAVE_STATE_RESUMING, 0, &data_fd);
	if (err) {
		move_refused(move, "restore", err);
		return;
	}
	write_stream(move, data_fd);
	if (!move->error) {
		err = bus_set_state(&move->bus, VMBSAVE_STATE_STOP, 0, NULL);
		if (err)
			move_refused(move, "restore", err);
	}
	move_stats(move);
	close(data_fd);
	move->elapsed_ns = clock_ns() - begin;
	if (move->error)
		undo(move);
	else if (move->arguments.run)
		run(move);
}

int command_restore(int argc, char **argv)
{
	struct move move;
	int err;

	move_begin(&move, "restore", &usage, argc, argv);
	if (!strcmp(move.file, "-") && isatty(STDIN_FILENO))
		die("a stream does not come from a terminal: name a file, or a pipe");
	err = source_open(&source, move.file);
	if (err)
		die_of(err, "cannot open %s: %s", move.file, strerror(-err));
	move_attach(&move);

	progress_begin(&move.progress, "restoring", source.bytes, &move.arguments);
	source.progress = &move.progress;
	source.interrupted = move_interrupted;
	restore(&move);
	bus_detach(&move.bus);
	source_close(&source);
	return move_end(&move);
}

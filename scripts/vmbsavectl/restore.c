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
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "bus.h"
#include "command.h"
#include "move.h"
#include "progress.h"
#include "source.h"
#include "util.h"

static const struct argp_option options[] = {
	{ "run", MOVE_FLAG, NULL, 0, "Let the bus run after a restore that succeeded", 0 },
	{ "quiet", 'q', NULL, 0, "Say nothing on success", 0 },
	{ }
};

static const struct argp argp = {
	.options = options,
	.parser = move_parse,
	.args_doc = "BUS [FILE|-]",
	.doc = "Restore the channels of a bus that waits. Takes CAP_SYS_ADMIN.\n"
	       "\vThe guest's memory has to be there already. Exit status: 0 restored; 1 it was\n"
	       "refused, the bus is as it was; 2 it could not be tried.",
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

static int write_stream(struct bus *bus, int data_fd)
{
	bool refused;
	int err;

	err = copy_in(data_fd, &refused);
	progress_end(source.progress);
	if (err && refused)
		bus_say_error(bus, "restore", err);
	else if (err && move_interrupted())
		say("%s: interrupted by signal %d", bus->name, move_interrupted());
	else if (err)
		say("cannot read %s: %s", source.name, strerror(-err));
	return err;
}

static void report(struct bus *bus)
{
	struct vmbsave_stats stats;
	char bytes[24];

	if (bus_stats(bus, &stats))
		return;
	bytes_text(stats.restore_bytes, bytes, sizeof(bytes));
	say("%s: restored %s, %llu packets, %llu chunks; reading took %.3f s, the commit %.3f s",
	    bus->name, bytes, (unsigned long long)stats.restore_packets,
	    (unsigned long long)stats.restore_chunks, stats.restore_ns / 1e9,
	    stats.commit_ns / 1e9);
}

/* After a failure: as it was. The flag that keeps its state must not keep it stopped. */
static void undo(struct bus *bus, u32 before)
{
	int err;

	err = bus_reset(bus);
	if (!err && before == VMBSAVE_STATE_RUNNING)
		err = bus_set_state(bus, VMBSAVE_STATE_RUNNING, 0, NULL);
	if (err)
		bus_say_error(bus, "go back", err);
}

static int restore(struct bus *bus, const struct move_arguments *arguments, u32 before)
{
	int data_fd, err;

	err = bus_set_state(bus, VMBSAVE_STATE_RESUMING, 0, &data_fd);
	if (err) {
		bus_say_error(bus, "restore", err);
		return err;
	}
	err = write_stream(bus, data_fd);
	if (!err) {
		err = bus_set_state(bus, VMBSAVE_STATE_STOP, 0, NULL);
		if (err)
			bus_say_error(bus, "restore", err);
	}
	close(data_fd);
	if (err) {
		undo(bus, before);
		return err;
	}

	if (!arguments->quiet)
		report(bus);
	if (!arguments->flag)
		return 0;
	err = bus_set_state(bus, VMBSAVE_STATE_RUNNING, 0, NULL);
	if (err)
		bus_say_error(bus, "run", err);
	return err;
}

int command_restore(int argc, char **argv)
{
	struct move_arguments arguments = { };
	struct progress progress;
	struct vmbsave_info info;
	struct bus bus;
	int err;

	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	err = source_open(&source, arguments.file);
	if (err)
		die("cannot open %s: %s", arguments.file, strerror(-err));
	move_catch_signals();
	bus_attach(&bus, arguments.bus, arguments.flag ? VMBSAVE_ATTACH_KEEP_STATE : 0);
	err = bus_info(&bus, &info);
	if (err)
		die("%s tells nothing: %s", arguments.bus, strerror(-err));

	progress_begin(&progress, "restoring", source.bytes, false);
	source.progress = &progress;
	source.interrupted = move_interrupted;
	err = restore(&bus, &arguments, info.state);
	bus_detach(&bus);
	source_close(&source);
	return err ? EXIT_WRONG : EXIT_RIGHT;
}

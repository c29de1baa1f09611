// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbsavectl stats: what saves and restores of a bus have cost.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <linux/array_size.h>
#include "arguments.h"
#include "bus.h"
#include "command.h"
#include "output.h"
#include "util.h"

static const struct argp_option options[] = {
	ARGUMENT_JSON,
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "BUS",
	.doc = "Tell what saves and restores of a bus have cost. Takes CAP_SYS_ADMIN.",
	.least = 1,
	.most = 1,
	.missing = "which bus?",
	.excess = "one bus at a time",
};

#define TIME_PACKETS	"/sys/module/vmbsave/parameters/time_packets"

#define ROW(_name, _label, _time) \
	{ #_name, _label, offsetof(struct vmbsave_stats, _name), _time }

static const struct row {
	const char *name;
	const char *label;
	size_t offset;
	bool time;
} rows[] = {
	ROW(nr_saves, "saves", false),
	ROW(nr_saves_failed, "  failed", false),
	ROW(save_bytes, "last save, bytes", false),
	ROW(save_packets, "  packets", false),
	ROW(save_chunks, "  chunks", false),
	ROW(save_ns, "  took", true),
	ROW(nr_restores, "restores", false),
	ROW(nr_restores_failed, "  failed", false),
	ROW(restore_bytes, "last one, bytes", false),
	ROW(restore_packets, "  packets", false),
	ROW(restore_chunks, "  chunks", false),
	ROW(restore_ns, "  took", true),
	ROW(commit_ns, "  its commit", true),
	ROW(stop_ns, "last stop took", true),
	ROW(run_ns, "last start took", true),
};

static u64 value_of(const struct vmbsave_stats *stats, const struct row *row)
{
	u64 value;

	memcpy(&value, (const u8 *)stats + row->offset, sizeof(value));
	return value;
}

static const char *call_name(u32 call)
{
	static const char * const names[] = {
		[VMBSAVE_CALL_NONE] = "none",
		[VMBSAVE_CALL_SUSPEND] = "suspend",
		[VMBSAVE_CALL_SAVE_PACKET] = "save_packet",
		[VMBSAVE_CALL_SAVE_STATE] = "save_state",
		[VMBSAVE_CALL_RESTORE_PACKET] = "restore_packet",
		[VMBSAVE_CALL_RESTORE_STATE] = "restore_state",
		[VMBSAVE_CALL_OPENED] = "opened",
		[VMBSAVE_CALL_STARTED] = "started",
	};

	return call < ARRAY_SIZE(names) ? names[call] : "unknown";
}

/* Unless it is set, of callbacks for a packet only long ones are timed. 0 or 1; -1 = not known */
static int packets_are_timed(void)
{
	FILE *file = fopen(TIME_PACKETS, "re");
	int value;

	if (!file)
		return -1;
	value = getc(file);
	fclose(file);
	return value == EOF ? -1 : value == 'Y';
}

static void put_json(const struct vmbsave_info *info, const struct vmbsave_stats *stats)
{
	int timed = packets_are_timed();
	size_t i;

	json_begin();
	json_string("bus", (const char *)info->name);
	json_string("state", bus_state_name(info->state));
	json_number("nr_channels", info->nr_channels);
	json_number("nr_packets", info->nr_packets);
	json_number("nr_held", info->nr_held);
	json_number("nr_completions", info->nr_completions);
	json_number("stream_bytes", info->stream_bytes);
	for (i = 0; i < ARRAY_SIZE(rows); i++)
		json_number(rows[i].name, value_of(stats, &rows[i]));
	json_object("slowest");
	json_string("call", call_name(stats->slowest_call));
	json_number("ns", stats->slowest_ns);
	json_number("channel", stats->slowest_channel);
	json_number("packet", stats->slowest_packet);
	if (timed >= 0)
		json_bool("time_packets", timed);
	json_end();
}

static void put_slowest(const struct vmbsave_stats *stats)
{
	if (stats->slowest_call)
		text_field("slowest callback", ".%s of channel %u, packet %llu: %.6f s",
			   call_name(stats->slowest_call), stats->slowest_channel,
			   (unsigned long long)stats->slowest_packet, stats->slowest_ns / 1e9);
	if (!packets_are_timed())
		text_field(stats->slowest_call ? "" : "slowest callback",
			   "packets' below two ticks are not timed (time_packets=N)");
}

static void put_text(const struct vmbsave_info *info, const struct vmbsave_stats *stats)
{
	size_t i;

	text_title("bus %s", (const char *)info->name);
	text_field("state", "%s", bus_state_name(info->state));
	text_field("channels", "%u", info->nr_channels);
	text_field("packets", "%llu in use, %llu held by VSPs",
		   (unsigned long long)info->nr_packets, (unsigned long long)info->nr_held);
	text_field("completions", "%llu wait", (unsigned long long)info->nr_completions);
	text_field("a save would be", "at most %llu bytes",
		   (unsigned long long)info->stream_bytes);
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 value = value_of(stats, &rows[i]);

		if (rows[i].time)
			text_field(rows[i].label, "%.6f s", value / 1e9);
		else
			text_field(rows[i].label, "%llu", (unsigned long long)value);
	}
	put_slowest(stats);
}

int command_stats(int argc, char **argv)
{
	struct arguments arguments = arguments_read(&usage, argc, argv);
	struct vmbsave_stats stats;
	struct vmbsave_info info;
	struct bus bus;
	int err;

	bus_attach(&bus, arguments.name[0], VMBSAVE_ATTACH_KEEP_STATE);
	err = bus_info(&bus, &info) ?: bus_stats(&bus, &stats);
	bus_detach(&bus);
	if (err)
		die("%s tells nothing: %s", bus.name, strerror(-err));
	if (arguments.json)
		put_json(&info, &stats);
	else
		put_text(&info, &stats);
	return EXIT_RIGHT;
}

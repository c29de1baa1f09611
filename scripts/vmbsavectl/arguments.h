/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_ARGUMENTS_H
#define _VMBSAVECTL_ARGUMENTS_H

#include <argp.h>
#include <linux/types.h>

/* The options that have no letter; what one means is the same in each command */
enum {
	OPTION_JSON = 256,
	OPTION_PACKETS,
	OPTION_PAYLOAD,
	OPTION_PROGRESS,
	OPTION_RUN,
	OPTION_STAY_STOPPED,
	OPTION_SYSFS,
};

/* Entries of a table of options */
#define ARGUMENT_JSON \
	{ "json", OPTION_JSON, NULL, 0, "Print JSON", 0 }
#define ARGUMENT_PROGRESS \
	{ "progress", OPTION_PROGRESS, NULL, 0, "Tell how far it is, and came, on any stderr", 0 }
#define ARGUMENT_QUIET(what) \
	{ "quiet", 'q', NULL, 0, what, 0 }

#define ARGUMENT_NAMES	2

/**
 * struct usage - what may stand behind a command
 * @options: a table that ends with an empty entry
 * @names: what the names are called in the help
 * @doc: as argp wants it
 * @least: so many names there are to be
 * @most: and not more, up to %ARGUMENT_NAMES
 * @missing: said if there are fewer
 * @excess: said if there are more
 */
struct usage {
	const struct argp_option *options;
	const char *names;
	const char *doc;
	unsigned int least;
	unsigned int most;
	const char *missing;
	const char *excess;
};

/**
 * struct arguments - what stood there
 * @name: of files or of a bus, NULL = it was not given
 * @sysfs: folder to look in, NULL = it was not given
 * @timeout_ms: for VSPs to complete what they hold, 0 = the module's default
 * @json: for programs
 * @packets: each packet and completion
 * @payload: also what VSPs and guests wrote
 * @progress: also where no terminal is
 * @quiet: nothing that is not asked for
 * @run: the bus is to run afterwards
 * @stay_stopped: it is not to run afterwards
 */
struct arguments {
	const char *name[ARGUMENT_NAMES];
	const char *sysfs;
	u32 timeout_ms;
	bool json;
	bool packets;
	bool payload;
	bool progress;
	bool quiet;
	bool run;
	bool stay_stopped;
};

struct arguments arguments_read(const struct usage *usage, int argc, char **argv);

#endif /* _VMBSAVECTL_ARGUMENTS_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * The command line.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/array_size.h>
#include <linux/limits.h>
#include "log.h"
#include "options.h"

static const char usage[] =
"usage: vmbguest [options]                          run the workload to its end\n"
"       vmbguest [options] --to PLACE               migrate in the middle of it\n"
"       vmbguest [options] --incoming PLACE         take a machine up\n"
"       vmbguest --ctl PATH [COMMAND...]            give a running one an order, or the\n"
"                                                   lines of the standard input\n"
"       vmbguest --verify LEDGER VSP_LIST_A VSP_LIST_B\n"
"\n"
"A virtual machine monitor and its guest in one process: guest RAM with the rings\n"
"in it, /dev/vmbsave, one channel to vsp_queue and one to vsp_echo.\n"
"\n"
"A PLACE is [tcp:][HOST:]PORT (numeric IPv4), unix:PATH, or file:FILE: the state\n"
"in FILE and RAM in FILE.ram.\n"
"\n"
"  --control PATH     take orders at a socket PATH, and wait for one in the middle of the\n"
"                     workload: status, stop, cont, proceed, save FILE, migrate PLACE, quit\n"
"  --packets N        packets in flight at the migration (10000): sets vsp_queue's\n"
"                     parameter \"packets\" to N plus --complete; 0 = leave it alone\n"
"  --complete K       packets to complete before the migration (1000)\n"
"  --read M           packets to read behind those and not complete (2000)\n"
"  --requests R       requests in flight on each channel (100)\n"
"  --ram MIB          guest RAM (64)\n"
"  --ring KIB         ring from vsp_queue (128)\n"
"  --device PATH      the bus (/dev/vmbsave)\n"
"  --queue-vsp NAME   whose the queue's channel is: queue (vsp_queue) or kmcl (vsp_kmcl,\n"
"                     which owns it and offers it)\n"
"  --snapshot FILE    save the state to FILE in the middle, and go on\n"
"  --corrupt[=OFFSET] flip one bit of the stream on the way (in its middle)\n"
"  --split N          read and write the state N bytes at a time\n"
"  --die POINT        be killed at POINT: source- before-stop, stopped, in-save, before-ready,\n"
"                     before-go, after-go; dest- in-restore, before-ready, after-ready,\n"
"                     after-go, running\n"
"  --cut POINT        cut the links at such a point and go on\n"
"  --stay POINT       stop the process at such a point, until SIGCONT\n"
"  --timeout S        seconds without progress that a step of a migration may take (60)\n"
"  --deadline S       seconds for everything (300)\n"
"  --ledger FILE      write what became of each packet: sequence read completed position\n"
"  --summary FILE     write key=value lines\n"
"  --verify ...       compare the ledger with the lists of vsp_queue of both machines\n"
"                     (\"-\" for a list that is not there)\n"
"  --help             this text\n"
"\n"
"Exit status: 0 all came out right, or the machine was handed over; 1 it did not;\n"
"2 the stream was refused here; 3 no GO came, or GO was not confirmed.\n";

enum option_id {
	OPTION_HELP = 256,
	OPTION_PACKETS,
	OPTION_COMPLETE,
	OPTION_READ,
	OPTION_REQUESTS,
	OPTION_RAM,
	OPTION_RING,
	OPTION_DEVICE,
	OPTION_QUEUE_VSP,
	OPTION_TO,
	OPTION_INCOMING,
	OPTION_SNAPSHOT,
	OPTION_CORRUPT,
	OPTION_SPLIT,
	OPTION_DIE,
	OPTION_CUT,
	OPTION_STAY,
	OPTION_TIMEOUT,
	OPTION_DEADLINE,
	OPTION_CONTROL,
	OPTION_CTL,
	OPTION_LEDGER,
	OPTION_SUMMARY,
	OPTION_VERIFY,
};

static const struct option long_options[] = {
	{ "help", no_argument, NULL, OPTION_HELP },
	{ "packets", required_argument, NULL, OPTION_PACKETS },
	{ "complete", required_argument, NULL, OPTION_COMPLETE },
	{ "read", required_argument, NULL, OPTION_READ },
	{ "requests", required_argument, NULL, OPTION_REQUESTS },
	{ "ram", required_argument, NULL, OPTION_RAM },
	{ "ring", required_argument, NULL, OPTION_RING },
	{ "device", required_argument, NULL, OPTION_DEVICE },
	{ "queue-vsp", required_argument, NULL, OPTION_QUEUE_VSP },
	{ "to", required_argument, NULL, OPTION_TO },
	{ "incoming", required_argument, NULL, OPTION_INCOMING },
	{ "snapshot", required_argument, NULL, OPTION_SNAPSHOT },
	{ "corrupt", optional_argument, NULL, OPTION_CORRUPT },
	{ "split", required_argument, NULL, OPTION_SPLIT },
	{ "die", required_argument, NULL, OPTION_DIE },
	{ "cut", required_argument, NULL, OPTION_CUT },
	{ "stay", required_argument, NULL, OPTION_STAY },
	{ "timeout", required_argument, NULL, OPTION_TIMEOUT },
	{ "deadline", required_argument, NULL, OPTION_DEADLINE },
	{ "control", required_argument, NULL, OPTION_CONTROL },
	{ "ctl", required_argument, NULL, OPTION_CTL },
	{ "ledger", required_argument, NULL, OPTION_LEDGER },
	{ "summary", required_argument, NULL, OPTION_SUMMARY },
	{ "verify", no_argument, NULL, OPTION_VERIFY },
	{ }
};

static void __noreturn refuse(const char *what, const char *value)
{
	fprintf(stderr, "vmbguest: %s: %s (see --help)\n", what, value);
	exit(1);
}

static u64 number(const char *text, u64 min, u64 max)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end || *text == '-' || value < min || value > max)
		refuse("no such value is possible here", text);
	return value;
}

static void where(struct place *place, const char *text)
{
	if (place_parse(place, text))
		refuse("not a place", text);
}

static const char *point(const char *name)
{
	static const char * const points[] = {
		"source-before-stop", "source-stopped", "source-in-save", "source-before-ready",
		"source-before-go", "source-after-go", "dest-in-restore", "dest-before-ready",
		"dest-after-ready", "dest-after-go", "dest-running",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(points); i++)
		if (!strcmp(name, points[i]))
			return points[i];
	refuse("not known here", name);
}

/* Is it the owner's? */
static bool queue_vsp(const char *name)
{
	if (strcmp(name, "queue") && strcmp(name, "kmcl"))
		refuse("not known here", name);
	return !strcmp(name, "kmcl");
}

static void set_number(struct options *options, int id, const char *value)
{
	switch (id) {
	case OPTION_PACKETS:
		options->packets = number(value, 0, 1 << 23);
		break;
	case OPTION_COMPLETE:
		options->complete = number(value, 0, 1 << 23);
		break;
	case OPTION_READ:
		options->read = number(value, 0, 1 << 23);
		break;
	case OPTION_REQUESTS:
		options->requests = number(value, 0, 10000);
		break;
	case OPTION_RAM:
		options->ram_mib = number(value, 8, 1 << 16);
		break;
	case OPTION_RING:
		options->ring_kib = number(value, 4, 1 << 16) & ~3ULL;
		break;
	case OPTION_SPLIT:
		options->split = number(value, 1, 1 << 20);
		break;
	case OPTION_TIMEOUT:
		options->timeout = number(value, 1, 86400);
		break;
	case OPTION_DEADLINE:
		options->deadline = number(value, 1, 86400);
		break;
	}
}

static void set_point(struct options *options, int id, const char *value)
{
	switch (id) {
	case OPTION_DIE:
		options->die = point(value);
		break;
	case OPTION_CUT:
		options->cut = point(value);
		break;
	case OPTION_STAY:
		options->stay = point(value);
		break;
	default:
		set_number(options, id, value);
	}
}

static void set_option(struct options *options, int id, const char *value)
{
	switch (id) {
	case OPTION_DEVICE:
		options->device = value;
		break;
	case OPTION_QUEUE_VSP:
		options->kmcl = queue_vsp(value);
		break;
	case OPTION_TO:
		where(&options->to, value);
		break;
	case OPTION_INCOMING:
		where(&options->incoming, value);
		break;
	case OPTION_SNAPSHOT:
		options->snapshot = value;
		break;
	case OPTION_CORRUPT:
		options->corrupt = true;
		options->corrupt_at = value ? number(value, 0, CORRUPT_MIDDLE - 1) : CORRUPT_MIDDLE;
		break;
	case OPTION_CONTROL:
		options->control = value;
		break;
	case OPTION_CTL:
		options->ctl = value;
		break;
	case OPTION_LEDGER:
		options->ledger = value;
		break;
	case OPTION_SUMMARY:
		options->summary = value;
		break;
	default:
		set_point(options, id, value);
	}
}

/**
 * options_parse() - read the command line, or exit with a sentence
 * @options: filled
 * @argc: as main() got it
 * @argv: as main() got it
 */
void options_parse(struct options *options, int argc, char **argv)
{
	bool verify = false;
	int id, i;

	*options = (struct options) {
		.device = "/dev/vmbsave", .packets = 10000, .complete = 1000, .read = 2000,
		.requests = 100, .ram_mib = 64, .ring_kib = 128, .timeout = 60, .deadline = 300,
	};

	while ((id = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
		if (id == '?')
			exit(1);
		if (id == OPTION_HELP) {
			fputs(usage, stdout);
			exit(0);
		}
		if (id == OPTION_VERIFY)
			verify = true;
		else
			set_option(options, id, optarg);
	}

	options->order = argv + optind;
	if (!options->ctl && argc - optind != (verify ? 3 : 0))
		refuse("wrong number of arguments", verify ? "--verify takes three" : argv[optind]);
	for (i = 0; verify && i < 3; i++)
		options->verify[i] = argv[optind + i];
	if (options->to.kind && (options->incoming.kind || options->snapshot))
		refuse("one of them at a time", "--to, --incoming, --snapshot");
}

// SPDX-License-Identifier: GPL-2.0-only
/*
 * vmbsavectl diff: what differs between two streams. What belongs together is
 * found by the channel's identity and the transaction id; the stream id, and
 * with it every hash, differs always and is not looked at.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "arguments.h"
#include "command.h"
#include "diff.h"
#include "image.h"
#include "output.h"
#include "util.h"

static const struct argp_option options[] = {
	ARGUMENT_JSON,
	{ }
};

static const struct usage usage = {
	.options = options,
	.names = "A B",
	.doc = "Compare two saved streams by channel and transaction id.\n"
	       "\vOne of them may be \"-\". Exit status: 0 they hold the same; 1 they differ; 2 one\n"
	       "of them cannot be read, or is not whole and right.",
	.least = 2,
	.most = 2,
	.missing = "which streams?",
	.excess = "two streams at a time",
};

/* Both are sorted, so one walk finds what only one of them has. */
static void compare_images(struct diff *diff, const struct image *a, const struct image *b)
{
	u32 i = 0, j = 0;
	int order;

	while (i < a->nr_channels || j < b->nr_channels) {
		if (i == a->nr_channels)
			order = 1;
		else if (j == b->nr_channels)
			order = -1;
		else
			order = image_compare_channels(&a->channels[i], &b->channels[j]);

		diff_enter(diff, order <= 0 ? &a->channels[i] : &b->channels[j]);
		if (order)
			diff_lone(diff, "channel", 0, order < 0);
		else
			diff_channels(diff, &a->channels[i], &b->channels[j]);
		i += order <= 0;
		j += order >= 0;
	}
}

int command_diff(int argc, char **argv)
{
	struct arguments arguments = arguments_read(&usage, argc, argv);
	struct image a, b = { };
	struct diff diff = { };
	int ret;

	if (!strcmp(arguments.name[0], "-") && !strcmp(arguments.name[1], "-"))
		die("only one of them can be standard input");
	ret = image_read(&a, arguments.name[0]);
	if (!ret)
		ret = image_read(&b, arguments.name[1]);
	if (!ret) {
		diff_begin(&diff, arguments.json, &a, &b);
		compare_images(&diff, &a, &b);
		diff_end(&diff);
		ret = diff.nr ? EXIT_WRONG : EXIT_RIGHT;
	}
	image_free(&a);
	image_free(&b);
	return ret;
}

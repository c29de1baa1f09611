// SPDX-License-Identifier: GPL-2.0-only
#include "ends.h"

/* Linked into each suite that goes through them. */

static int end_close(struct vmb_test_line *line)
{
	return vmb_channel_close(line->channel);
}

static int end_disable(struct vmb_test_line *line)
{
	return vmb_channel_disable(line->channel);
}

static int end_rescind(struct vmb_test_line *line)
{
	return vmb_bus_rescind(line->machine->bus, line->id);
}

static int end_unregister(struct vmb_test_line *line)
{
	vmb_test_vsp_unregister(line->server->vsp);
	return 0;
}

const struct vmb_test_end vmb_test_ends[VMB_TEST_NR_ENDS] = {
	{ "close", end_close, false },
	{ "disable", end_disable, false },
	{ "rescind", end_rescind, true },
	{ "unregister", end_unregister, true },
};

// SPDX-License-Identifier: GPL-2.0-only
#include "core/gpadl.h"
#include "helpers.h"
#include "inflight.h"
#include "line.h"

/* Each allocation of a call fails once: the call is undone, or did not need it. */

/* More allocations than any call here makes */
#define TRIES 2000

/**
 * struct step - a call whose allocations fail
 * @name: for people
 * @prepare: what comes before it, may be NULL
 * @call: the call
 */
struct step {
	const char *name;
	void (*prepare)(struct vmb_test_line *line);
	int (*call)(struct vmb_test_line *line);
};

static void lend(struct vmb_test_line *line)
{
	KUNIT_ASSERT_EQ(line->machine->test, vmb_test_guest_lend(&line->guest), 0);
}

static int do_lend(struct vmb_test_line *line)
{
	return vmb_test_guest_lend(&line->guest);
}

static int do_open(struct vmb_test_line *line)
{
	return vmb_test_guest_open(&line->guest);
}

static int do_allocate(struct vmb_test_line *line)
{
	struct vmb_packet *packet = vmb_packet_allocate(line->channel);

	if (!IS_ERR(packet))
		vmb_packet_free(packet);
	return PTR_ERR_OR_ZERO(packet);
}

static int do_offer(struct vmb_test_line *line)
{
	struct vmb_channel *channel = vmb_test_offer(line->machine, line->server->vsp, 2);

	if (!IS_ERR(channel))
		vmb_channel_put(channel);
	return PTR_ERR_OR_ZERO(channel);
}

static int do_list(struct vmb_test_line *line)
{
	struct vmb_channel **list;
	u32 nr;

	list = vmb_bus_list(line->machine->bus, &nr);
	if (!IS_ERR(list))
		vmb_bus_put_list(list, nr);
	return PTR_ERR_OR_ZERO(list);
}

static const struct step steps[] = {
	{ "gpadl_create", NULL, do_lend },
	{ "open", lend, do_open },
	{ "packet_allocate", NULL, do_allocate },
	{ "offer", NULL, do_offer },
	{ "list", NULL, do_list },
};

static void step_name(const struct step *step, char *name)
{
	strscpy(name, step->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(step, steps, step_name);

/* Return: true if the nth allocation was made, that is: was failed */
static bool try_nth(struct kunit *test, const struct step *step, struct vmb_test_line *line,
		    u32 nth)
{
	bool hit;
	int ret;

	vmb_test_fault_set(nth);
	ret = step->call(line);
	hit = !vmb_test_fault_left();
	vmb_test_fault_set(0);

	/* The driver core does not pass on why it could not bind a driver. */
	if (ret && (step->call != do_offer || ret != -ENODEV))
		KUNIT_EXPECT_EQ_MSG(test, ret, -ENOMEM, "allocation %u", nth);
	if (!hit)
		KUNIT_EXPECT_EQ(test, ret, 0);
	if (ret && hit)
		KUNIT_EXPECT_EQ_MSG(test, step->call(line), 0, "again, allocation %u", nth);
	return hit;
}

static void call_that_lacks_memory_is_undone_and_can_be_repeated(struct kunit *test)
{
	const struct step *step = test->param_value;
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_machine *machine;
	struct vmb_test_line *line;
	bool hit = true;
	u32 nth;

	if (!vmb_test_faults_available())
		kunit_skip(test, "needs a kernel with CONFIG_FAULT_INJECTION");
	for (nth = 1; hit && nth < TRIES; nth++) {
		/* Arrange */
		machine = vmb_test_machine_create_sized(test, 16);
		line = vmb_test_line_offer(machine, vsp, 1);
		KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
		if (step->prepare)
			step->prepare(line);

		/* Act, Assert */
		hit = try_nth(test, step, line, nth);
		vmb_test_machine_destroy(machine);
		KUNIT_EXPECT_EQ(test, atomic64_read(&machine->pinned), 0);
	}
	KUNIT_EXPECT_GT(test, nth, 2);
	KUNIT_EXPECT_FALSE(test, hit);
}

static struct kunit_case nomem_cases[] = {
	KUNIT_CASE_PARAM(call_that_lacks_memory_is_undone_and_can_be_repeated, step_gen_params),
	{}
};

static struct kunit_suite nomem_suite = {
	.name = "vmbsave_nomem",
	.init = vmb_test_init,
	.exit = vmb_test_exit,
	.test_cases = nomem_cases,
};

kunit_test_suite(nomem_suite);

MODULE_DESCRIPTION("Calls that lack memory");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

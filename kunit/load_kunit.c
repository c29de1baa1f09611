// SPDX-License-Identifier: GPL-2.0-only
#include <linux/tracepoint.h>

#include "migrate/save.h"

#include "helpers.h"
#include "line.h"

/*
 * Modules that an offer asks for. The kernel's own tracepoint says which; that
 * modprobe then finds one by its alias is shown by scripts/qemu/tests/modprobe.
 */

/**
 * struct asked - what a case sees of request_module()
 * @point: the tracepoint
 * @task: whose requests count
 * @bus: of the case, or NULL
 * @nr: requests
 * @held: requests while the bus's turn or lock was taken, or a channel listed
 * @alias: the last one
 */
static struct asked {
	struct tracepoint *point;
	struct task_struct *task;
	struct vmb_bus *bus;
	u32 nr;
	u32 held;
	char alias[64];
} asked;

/* Its prototype is that of the tracepoint. */
static void take_request(void *data, char *name, bool wait, unsigned long ip)
{
	if (current != asked.task)
		return;
	asked.nr++;
	strscpy(asked.alias, name, sizeof(asked.alias));
	if (asked.bus && (READ_ONCE(asked.bus->turn.owner) ||
			  mutex_is_locked(&asked.bus->lock) ||
			  !xa_empty(&asked.bus->channels)))
		asked.held++;
}

static void find_point(struct tracepoint *point, void *data)
{
	if (!strcmp(point->name, "module_request"))
		asked.point = point;
}

static int load_init(struct kunit *test)
{
	int ret = vmb_test_init(test);

	if (ret)
		return ret;
	asked = (struct asked){ .task = current };
	for_each_kernel_tracepoint(find_point, NULL);
	KUNIT_ASSERT_NOT_NULL(test, asked.point);
	return tracepoint_probe_register(asked.point, take_request, NULL);
}

static void load_exit(struct kunit *test)
{
	if (asked.point)
		tracepoint_probe_unregister(asked.point, take_request, NULL);
	tracepoint_synchronize_unregister();
	vmb_test_exit(test);
}

static int offer_error(struct vmb_test_machine *machine, struct vmb_test_vsp *vsp,
		       u32 instance)
{
	struct vmb_channel *channel = vmb_test_offer(machine, vsp, instance);

	if (IS_ERR(channel))
		return PTR_ERR(channel);
	vmb_channel_put(channel);
	return 0;
}

static void module_is_asked_for_by_the_alias_of_the_type(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	/* Act */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), -ENODEV);

	/* Assert */
	KUNIT_EXPECT_EQ(test, asked.nr, 1);
	KUNIT_EXPECT_STREQ(test, asked.alias,
			   vmb_test_text(test, "vmb:%pUl", &vsp->ids[0].type));
	vmb_test_expect_machine_empty(machine);
}

static void module_is_asked_for_before_anything_is_held(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	/* Arrange */
	asked.bus = machine->bus;

	/* Act */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), -ENODEV);

	/* Assert */
	KUNIT_EXPECT_EQ(test, asked.nr, 1);
	KUNIT_EXPECT_EQ(test, asked.held, 0);
}

static void no_module_is_asked_for_if_a_vsp_serves_the_type(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);

	/* Arrange: the answers, good and bad, are those of the VSP. */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), 0);
	vsp->knobs.probe_error = -EPERM;

	/* Act */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 2), -EPERM);

	/* Assert */
	KUNIT_EXPECT_EQ(test, asked.nr, 0);
}

static void each_type_of_a_vsp_counts(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_test_vsp *other = vmb_test_vsp_create(test);
	const struct vmb_vsp_id ids[3] = { vsp->ids[0], other->ids[0] };

	/* Arrange: one VSP that serves the types of two. */
	vsp->vsp.id_table = ids;
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, offer_error(machine, other, 1), 0);

	/* Assert */
	KUNIT_EXPECT_EQ(test, asked.nr, 0);
	vmb_test_vsp_unregister(vsp);
}

static void no_module_is_asked_for_while_the_bus_takes_no_offers(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *served = vmb_test_vsp_register(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_bus_data data = {};

	/* Arrange */
	vmb_test_line_open(machine, served, 1);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_bus_set_state(machine->bus, VMB_BUS_STOP_COPY, 0, &data), 0);

	/* Act */
	KUNIT_EXPECT_EQ(test, offer_error(machine, vsp, 2), -EBADFD);

	/* Assert */
	KUNIT_EXPECT_EQ(test, asked.nr, 0);
	vmb_save_put(data.save);
}

static struct kunit_case load_cases[] = {
	KUNIT_CASE(module_is_asked_for_by_the_alias_of_the_type),
	KUNIT_CASE(module_is_asked_for_before_anything_is_held),
	KUNIT_CASE(no_module_is_asked_for_if_a_vsp_serves_the_type),
	KUNIT_CASE(each_type_of_a_vsp_counts),
	KUNIT_CASE(no_module_is_asked_for_while_the_bus_takes_no_offers),
	{}
};

static struct kunit_suite load_suite = {
	.name = "vmbsave_load",
	.init = load_init,
	.exit = load_exit,
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);

MODULE_DESCRIPTION("VSP modules loaded by need");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "helpers.h"
#include "scene.h"

/* Data pages of each ring: one, so that three packets do not fit. */
#define RING_PAGES	1

/* Two of these fill the ring but for less than a third one needs. */
#define LARGE		1900

/* More than a chunk holds, and little more, to keep the stream short */
#define LONG_STATE	4200

static struct vmb_test_line *open_line(struct vmb_test_scene *scene, u32 instance)
{
	struct vmb_test_machine *machine = scene->machine;
	struct kunit *test = machine->test;
	struct vmb_test_line *line =
		vmb_test_line_offer_sized(machine, scene->vsp, instance,
					  RING_PAGES, RING_PAGES);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	return line;
}

/* Its answer goes behind what waits already. */
static void answer_request(struct kunit *test, struct vmb_test_line *line,
			   u64 id, u32 len)
{
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&line->guest, id, len), 0);
	vmb_test_line_settle(line);
	KUNIT_ASSERT_EQ(test, vmb_test_server_complete(line->server, 1), 1);
}

static void fill_first(struct kunit *test, struct vmb_test_line *line)
{
	u32 page = vmb_test_machine_take_pages(line->machine, 2);

	line->server->knobs.hold = true;
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend_read_only(line->channel,
							    VMB_TEST_SCENE_GPADL,
							    page, 2, 100), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, LARGE, 16), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, LARGE, 0), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 300, 300), 0);
	answer_request(test, line, 77, 40);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send_flags(line->server, 24, 0, 0), 0);
	answer_request(test, line, 78, 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 13, LONG_STATE), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(line->server, 0, 5), 0);
}

/**
 * vmb_test_scene_create() - set a scene
 * @test: the case
 * Return: the scene; on failure the case ends.
 */
struct vmb_test_scene *vmb_test_scene_create(struct kunit *test)
{
	struct vmb_test_scene *scene = vmb_test_alloc(test, sizeof(*scene));
	struct vmb_test_message message;

	scene->vsp = vmb_test_vsp_create(test);
	scene->vsp->knobs.max_packet = VMB_TEST_SCENE_MAX_PACKET;
	scene->vsp->knobs.state_bytes = VMB_TEST_SCENE_STATE;
	vmb_test_vsp_add_state(scene->vsp, VMB_TEST_SCENE_VERSION,
			       VMB_TEST_SCENE_VERSION);
	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(scene->vsp), 0);
	scene->machine = vmb_test_machine_create_sized(test, VMB_TEST_SCENE_PAGES);
	scene->lines[0] = open_line(scene, 1);
	scene->lines[1] = open_line(scene, 2);
	fill_first(test, scene->lines[0]);
	KUNIT_ASSERT_EQ(test, vmb_test_server_send(scene->lines[1]->server, 64, 8), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_receive(&scene->lines[1]->guest,
						     &message), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(scene->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_request(&scene->lines[0]->guest,
						     VMB_TEST_SCENE_UNREAD, 8), 0);
	return scene;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_scene_create);

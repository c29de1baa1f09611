/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_SCENE_H
#define _VMB_KUNIT_SCENE_H

#include "line.h"
#include "machine.h"
#include "server.h"
#include "stream.h"

/* RAM of a scene's machines, in pages */
#define VMB_TEST_SCENE_PAGES	32

/* Payload size of its channels: small, for destinations that are used often */
#define VMB_TEST_SCENE_MAX_PACKET 2048

/* Channels of a scene */
#define VMB_TEST_SCENE_LINES	2

/* Outgoing packets and completions in it */
#define VMB_TEST_SCENE_PACKETS	7
#define VMB_TEST_SCENE_COMPLETIONS 2

/* Bytes and version of the VSP's state of each */
#define VMB_TEST_SCENE_STATE	21
#define VMB_TEST_SCENE_VERSION	1

/* GPADL of the first channel that is not for rings, lent read-only */
#define VMB_TEST_SCENE_GPADL	0x900

/* A request of the guest that nobody has read when the machine stopped */
#define VMB_TEST_SCENE_UNREAD	79

/**
 * struct vmb_test_scene - a stopped machine with something of everything
 * @vsp: serves both channels
 * @machine: in STOP
 * @lines: its channels, open
 *
 * The first one has, by transaction id: 1 and 2 SENT, with and without state;
 * then in the queue 3 with state, the completion 77, 4 with neither state nor
 * a wish for a completion, the empty completion 78, 5 with more state than a
 * chunk holds, 6 without payload. Request 79 is in its ring, unread. The
 * second one has 1 SENT, which its guest has read. Of both the VSP has state of
 * its own.
 */
struct vmb_test_scene {
	struct vmb_test_vsp *vsp;
	struct vmb_test_machine *machine;
	struct vmb_test_line *lines[VMB_TEST_SCENE_LINES];
};

struct vmb_test_scene *vmb_test_scene_create(struct kunit *test);

/**
 * struct vmb_test_mirror - a destination that keeps what it is given
 * @test: the case
 * @vsp: the VSP's place; its callbacks are the mirror's
 * @machine: in STOP, with the RAM of the scene
 * @nr: channels
 * @channels: on offer and never open, until the next vmb_test_mirror_renew()
 *
 * Its VSP takes any state and saves the same again.
 */
struct vmb_test_mirror {
	struct kunit *test;
	struct vmb_test_vsp *vsp;
	struct vmb_test_machine *machine;
	u32 nr;
	struct vmb_channel *channels[VMB_TEST_SCENE_LINES];
};

struct vmb_test_mirror *vmb_test_mirror_create(struct vmb_test_scene *scene,
					       u32 nr);
void vmb_test_mirror_renew(struct vmb_test_mirror *mirror);

#endif /* _VMB_KUNIT_SCENE_H */

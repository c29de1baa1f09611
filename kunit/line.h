/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_LINE_H
#define _VMB_KUNIT_LINE_H

#include <linux/list.h>

#include "guest.h"
#include "machine.h"
#include "server.h"

/**
 * struct vmb_test_line - a channel, and who is at both ends
 * @node: in machine->lines
 * @machine: the machine
 * @channel: the channel, referenced until the machine is destroyed
 * @own: the line is the channel's owner, and cleans it up
 * @id: of the channel
 * @server: host's end
 * @guest: guest's end
 */
struct vmb_test_line {
	struct list_head node;
	struct vmb_test_machine *machine;
	struct vmb_channel *channel;
	bool own;
	u32 id;
	struct vmb_test_server *server;
	struct vmb_test_guest guest;
};

/* Data pages of each ring of a line unless asked otherwise */
#define VMB_TEST_RING_PAGES 4

/* Interface instance number @n */
#define VMB_TEST_INSTANCE(n)						\
	GUID_INIT(n, 0x1157, 0x4a4c, 0x90, 0, 0, 0, 0, 0, 0, 1)

struct vmb_channel *vmb_test_offer(struct vmb_test_machine *machine,
				   struct vmb_test_vsp *vsp, u32 instance);
struct vmb_test_line *vmb_test_line_offer(struct vmb_test_machine *machine,
					  struct vmb_test_vsp *vsp, u32 instance);
struct vmb_test_line *vmb_test_line_offer_sized(struct vmb_test_machine *machine,
						struct vmb_test_vsp *vsp,
						u32 instance, u32 in_pages,
						u32 out_pages);
struct vmb_test_line *vmb_test_line_open(struct vmb_test_machine *machine,
					 struct vmb_test_vsp *vsp, u32 instance);
struct vmb_test_line *vmb_test_line_own(struct vmb_test_machine *machine,
					struct vmb_test_vsp *vsp, u32 instance);
struct vmb_test_line *vmb_test_line_in(struct vmb_test_machine *machine,
				       struct vmb_test_vsp *vsp,
				       enum vmb_channel_state state);
int vmb_test_line_cleanup(struct vmb_test_line *line);
struct vmb_test_line *vmb_test_line_follow(struct vmb_test_machine *machine,
					   struct vmb_test_line *from);
void vmb_test_line_settle(struct vmb_test_line *line);
void vmb_test_line_send(struct vmb_test_line *line, u32 nr, u32 payload_bytes);
void vmb_test_line_expect_once(struct vmb_test_line *line, u64 nr);
void vmb_test_line_put_channel(struct vmb_test_line *line);
void vmb_test_line_free(struct vmb_test_line *line);

#endif /* _VMB_KUNIT_LINE_H */

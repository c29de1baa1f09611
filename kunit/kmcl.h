/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_KMCL_H
#define _VMB_KUNIT_KMCL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/vmb_kmcl.h>

#include "helpers.h"
#include "kmcl/kmcl.h"
#include "line.h"

#define VMB_TEST_KMCL_LOG	512

/**
 * struct vmb_test_kmcl - a driver in the Windows names, with one channel
 * @node: in the case's
 * @test: the case
 * @channel: its channel, NULL once it was cleaned up
 * @line: the guest's end, NULL before vmb_test_kmcl_open()
 * @opened: what EvtChannelOpened answers
 * @save: what EvtVmbChannelSavePacket answers in its second pass
 * @first: and in its first
 * @state_bytes: of each packet; 0 = it has none and @first is not used
 * @restore: what EvtVmbChannelRestorePacket answers
 * @hold: incoming packets are not completed
 * @held: the last one that was not
 * @flags: of the last incoming packet
 * @done: calls of the completion routine
 * @status: of the last one
 * @lock: protects @log
 * @log: calls of callbacks, in order, each with a blank behind it
 */
struct vmb_test_kmcl {
	struct list_head node;
	struct kunit *test;
	VMBCHANNEL channel;
	struct vmb_test_line *line;
	NTSTATUS opened;
	NTSTATUS save;
	NTSTATUS first;
	u32 state_bytes;
	NTSTATUS restore;
	bool hold;
	VMBPACKETCOMPLETION held;
	u32 flags;
	u32 done;
	NTSTATUS status;
	spinlock_t lock;	/* protects log */
	char log[VMB_TEST_KMCL_LOG];
};

int vmb_test_kmcl_init(struct kunit *test);
void vmb_test_kmcl_exit(struct kunit *test);
struct vmb_test_kmcl *vmb_test_kmcl_allocate(struct kunit *test, BOOLEAN server);
struct vmb_test_kmcl *vmb_test_kmcl_offer(struct vmb_test_machine *machine);
struct vmb_test_kmcl *vmb_test_kmcl_open(struct vmb_test_machine *machine);
void vmb_test_kmcl_attach(struct vmb_test_kmcl *driver, struct vmb_test_machine *machine);
VMBPACKET vmb_test_kmcl_send(struct vmb_test_kmcl *driver, u32 bytes);
const char *vmb_test_kmcl_log(struct vmb_test_kmcl *driver);
void vmb_test_kmcl_forget(struct vmb_test_kmcl *driver);

#define VMB_TEST_EXPECT_STATUS(test, status, expected) \
	KUNIT_EXPECT_STREQ(test, vmb_status_name(status), vmb_status_name(expected))

#define VMB_TEST_ASSERT_STATUS(test, status, expected) \
	KUNIT_ASSERT_STREQ(test, vmb_status_name(status), vmb_status_name(expected))

#endif /* _VMB_KUNIT_KMCL_H */

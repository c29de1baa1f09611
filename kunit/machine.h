/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_MACHINE_H
#define _VMB_KUNIT_MACHINE_H

#include <linux/completion.h>
#include <linux/list.h>
#include <linux/types.h>

#include "core/bus.h"
#include "core/guest_memory.h"
#include "migrate/bus_state.h"

struct kunit;
struct page;
struct vmb_test;

/* RAM of a machine unless asked otherwise, and where it begins */
#define VMB_TEST_RAM_PAGES	256
#define VMB_TEST_FIRST_PFN	0x1000

#define VMB_TEST_EVENTS_MAX	16

/**
 * struct vmb_test_event - an event of a bus
 * @type: VMBSAVE_EVENT_*
 * @channel: id
 * @error: negative errno
 */
struct vmb_test_event {
	u32 type;
	u32 channel;
	int error;
};

/**
 * struct vmb_test_machine - guest RAM and a bus
 * @test: the case
 * @node: in vmb_test.machines
 * @memory: what the bus sees
 * @pages: RAM
 * @nr_pages: length of @pages
 * @next_page: first page that vmb_test_machine_take_pages() gave nobody
 * @pinned: pages that the module has pinned now
 * @pin_error: if set, what pinning answers
 * @offer_error: if set, what an owner's offer is answered
 * @bus: the bus, NULL once it was destroyed
 * @released: the bus has been released
 * @lines: struct vmb_test_line
 * @lock: protects the rest
 * @events: the first ones
 * @nr_events: all of them
 */
struct vmb_test_machine {
	struct kunit *test;
	struct list_head node;
	struct vmb_guest_memory memory;
	struct page **pages;
	u32 nr_pages;
	u32 next_page;
	atomic64_t pinned;
	int pin_error;
	int offer_error;
	struct vmb_bus *bus;
	struct completion released;
	struct list_head lines;
	spinlock_t lock;	/* protects the rest */
	struct vmb_test_event events[VMB_TEST_EVENTS_MAX];
	u32 nr_events;
};

struct vmb_test_machine *vmb_test_machine_create(struct kunit *test);
struct vmb_test_machine *vmb_test_machine_create_sized(struct kunit *test,
						       u32 nr_pages);
void vmb_test_machine_destroy(struct vmb_test_machine *machine);
u32 vmb_test_machine_take_pages(struct vmb_test_machine *machine, u32 nr);
void vmb_test_machine_copy_ram(struct vmb_test_machine *to,
			       const struct vmb_test_machine *from);
bool vmb_test_machine_same_ram(const struct vmb_test_machine *a,
			       const struct vmb_test_machine *b);
int vmb_test_machine_set_state(struct vmb_test_machine *machine,
			       enum vmb_bus_state state);
void vmb_test_expect_machine_empty(struct vmb_test_machine *machine);
const char *vmb_test_machine_error(struct vmb_test_machine *machine);
u32 vmb_test_machine_events(struct vmb_test_machine *machine, u32 type,
			    u32 channel);

void vmb_test_machines_destroy(struct vmb_test *t);
void vmb_test_machines_free(struct vmb_test *t);

#endif /* _VMB_KUNIT_MACHINE_H */

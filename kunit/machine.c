// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "helpers.h"
#include "line.h"
#include "machine.h"
#include "migrate/restore.h"
#include "migrate/save.h"

static struct vmb_test_machine *to_machine(struct vmb_guest_memory *memory)
{
	return container_of(memory, struct vmb_test_machine, memory);
}

static struct page *find_page(struct vmb_test_machine *machine, u64 pfn)
{
	u64 index = pfn - VMB_TEST_FIRST_PFN;

	return index < machine->nr_pages ? machine->pages[index] : NULL;
}

static int memory_pin(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr,
		      struct page **pages)
{
	struct vmb_test_machine *machine = to_machine(memory);
	u32 i;

	if (machine->pin_error)
		return machine->pin_error;
	for (i = 0; i < nr; i++) {
		pages[i] = find_page(machine, pfns[i]);
		if (!pages[i])
			return -EFAULT;
	}
	for (i = 0; i < nr; i++)
		get_page(pages[i]);
	atomic64_add(nr, &machine->pinned);
	return 0;
}

static void memory_unpin(struct vmb_guest_memory *memory, struct page **pages,
			 u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		put_page(pages[i]);
	atomic64_sub(nr, &to_machine(memory)->pinned);
}

static const struct vmb_guest_memory_ops memory_ops = {
	.pin = memory_pin,
	.unpin = memory_unpin,
};

static void bus_event(struct vmb_bus *bus, u32 type, u32 channel, int error)
{
	struct vmb_test_machine *machine = bus->owner;

	guard(spinlock)(&machine->lock);
	if (machine->nr_events < VMB_TEST_EVENTS_MAX)
		machine->events[machine->nr_events] = (struct vmb_test_event) {
			.type = type, .channel = channel, .error = error,
		};
	machine->nr_events++;
}

static int bus_offered(struct vmb_bus *bus, struct vmb_channel *channel)
{
	struct vmb_test_machine *machine = bus->owner;

	return machine->offer_error;
}

static void bus_release(struct vmb_bus *bus)
{
	struct vmb_test_machine *machine = bus->owner;

	complete(&machine->released);
}

static const struct vmb_bus_ops bus_ops = {
	.event = bus_event,
	.offered = bus_offered,
	.release = bus_release,
};

/**
 * vmb_test_machine_create_sized() - a machine with RAM of a size
 * @test: the case
 * @nr_pages: the size
 * Return: the machine, its bus in STOP; without memory the case ends.
 */
struct vmb_test_machine *vmb_test_machine_create_sized(struct kunit *test,
						       u32 nr_pages)
{
	struct vmb_test *t = vmb_test_of(test);
	struct vmb_test_machine *machine = vmb_test_alloc(test, sizeof(*machine));

	machine->test = test;
	machine->memory.ops = &memory_ops;
	machine->pages = vmb_test_alloc(test, nr_pages * sizeof(*machine->pages));
	init_completion(&machine->released);
	INIT_LIST_HEAD(&machine->lines);
	spin_lock_init(&machine->lock);
	list_add_tail(&machine->node, &t->machines);
	while (machine->nr_pages < nr_pages) {
		struct page *page = alloc_page(GFP_KERNEL | __GFP_ZERO);

		KUNIT_ASSERT_NOT_NULL(test, page);
		machine->pages[machine->nr_pages++] = page;
	}
	machine->bus = vmb_bus_create(&bus_ops, &machine->memory, machine);
	if (IS_ERR(machine->bus)) {
		int error = PTR_ERR(machine->bus);

		machine->bus = NULL;
		KUNIT_ASSERT_EQ(test, error, 0);
	}
	return machine;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_create_sized);

/**
 * vmb_test_machine_create() - a machine with VMB_TEST_RAM_PAGES of RAM
 * @test: the case
 * Return: the machine, its bus in STOP; without memory the case ends.
 */
struct vmb_test_machine *vmb_test_machine_create(struct kunit *test)
{
	return vmb_test_machine_create_sized(test, VMB_TEST_RAM_PAGES);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_create);

/**
 * vmb_test_machine_destroy() - end the bus at once, as a killed VMM does
 * @machine: the machine; nothing happens if it was destroyed
 *
 * Its lines' channels are put; a VSP may still hold packets.
 */
void vmb_test_machine_destroy(struct vmb_test_machine *machine)
{
	struct vmb_bus *bus = machine->bus;
	struct vmb_test_line *line;

	if (!bus)
		return;
	machine->bus = NULL;
	vmb_bus_destroy(bus);
	list_for_each_entry(line, &machine->lines, node)
		vmb_test_line_put_channel(line);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_destroy);

/* The bus of each machine is destroyed, and released once nobody holds it. */
void vmb_test_machines_destroy(struct vmb_test *t)
{
	struct vmb_test_machine *machine;

	list_for_each_entry(machine, &t->machines, node)
		vmb_test_machine_destroy(machine);
}

static void free_machine(struct vmb_test *t, struct vmb_test_machine *machine)
{
	struct vmb_test_line *line;

	KUNIT_EXPECT_EQ_MSG(t->test, atomic64_read(&machine->pinned), 0,
			    "pages of guest memory are still pinned");
	list_for_each_entry(line, &machine->lines, node)
		vmb_test_line_free(line);
	while (machine->nr_pages)
		put_page(machine->pages[--machine->nr_pages]);
}

/* Once the counters say that no bus is left. */
void vmb_test_machines_free(struct vmb_test *t)
{
	struct vmb_test_machine *machine;

	list_for_each_entry(machine, &t->machines, node)
		free_machine(t, machine);
}

/**
 * vmb_test_machine_take_pages() - take pages of RAM for a purpose
 * @machine: the machine
 * @nr: how many
 * Return: the index of the first; if there are not so many the case ends.
 */
u32 vmb_test_machine_take_pages(struct vmb_test_machine *machine, u32 nr)
{
	u32 first = machine->next_page;

	KUNIT_ASSERT_LE(machine->test, nr, machine->nr_pages - first);
	machine->next_page += nr;
	return first;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_take_pages);

/**
 * vmb_test_machine_copy_ram() - what a VMM does after STOP
 * @to: the destination, of the same size
 * @from: the source
 */
void vmb_test_machine_copy_ram(struct vmb_test_machine *to,
			       const struct vmb_test_machine *from)
{
	u32 i;

	KUNIT_ASSERT_EQ(to->test, to->nr_pages, from->nr_pages);
	for (i = 0; i < to->nr_pages; i++)
		memcpy(page_address(to->pages[i]), page_address(from->pages[i]),
		       PAGE_SIZE);
	to->next_page = max(to->next_page, from->next_page);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_copy_ram);

/**
 * vmb_test_machine_same_ram() - compare
 * @a: a machine
 * @b: another one of the same size
 * Return: true if all bytes are the same.
 */
bool vmb_test_machine_same_ram(const struct vmb_test_machine *a,
			       const struct vmb_test_machine *b)
{
	u32 i;

	for (i = 0; i < a->nr_pages; i++)
		if (memcmp(page_address(a->pages[i]), page_address(b->pages[i]),
			   PAGE_SIZE))
			return false;
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_same_ram);

/**
 * vmb_test_machine_set_state() - vmb_bus_set_state() without its data
 * @machine: the machine
 * @state: STOP or RUNNING; a session that another state begins is left alone
 * Return: as vmb_bus_set_state(), with the module's default timeout.
 */
int vmb_test_machine_set_state(struct vmb_test_machine *machine,
			       enum vmb_bus_state state)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(machine->bus, state, 0, &data);

	if (data.save)
		vmb_save_put(data.save);
	if (data.restore)
		vmb_restore_put(data.restore);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_set_state);

/**
 * vmb_test_machine_events() - how many events of a kind there were
 * @machine: the machine
 * @type: VMBSAVE_EVENT_*
 * @channel: id of the channel
 * Return: the number.
 */
u32 vmb_test_machine_events(struct vmb_test_machine *machine, u32 type,
			    u32 channel)
{
	u32 i, nr = 0;

	guard(spinlock)(&machine->lock);
	for (i = 0; i < min_t(u32, machine->nr_events, VMB_TEST_EVENTS_MAX); i++)
		nr += machine->events[i].type == type &&
		      machine->events[i].channel == channel;
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_events);

/**
 * vmb_test_expect_machine_empty() - expect that a bus has no channel
 * @machine: the machine
 */
void vmb_test_expect_machine_empty(struct vmb_test_machine *machine)
{
	struct kunit *test = machine->test;
	struct vmb_channel **list;
	u32 nr = 0;

	list = vmb_bus_list(machine->bus, &nr);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(list), 0);
	vmb_bus_put_list(list, nr);
	KUNIT_EXPECT_EQ(test, nr, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_expect_machine_empty);

/**
 * vmb_test_machine_error() - the sentence of the bus's last error
 * @machine: the machine
 * Return: the text, valid to the end of the case.
 */
const char *vmb_test_machine_error(struct vmb_test_machine *machine)
{
	char *text = vmb_test_alloc(machine->test, VMBSAVE_ERROR_TEXT);

	vmb_bus_error_get(machine->bus, NULL, text);
	return text;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_machine_error);

// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmb_bus.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/loopback.h"

/**
 * DOC: A bus without a VMM
 *
 * Its guest is in this kernel: the clients. Guest memory is what they lend:
 * kernel pages under numbers that are given out once, on all such buses
 * together, so that a guest keeps its numbers when it moves from one to
 * another. The memory keeps no page in place; who lends one does, until the
 * server's end has let go, and who pins one takes a reference.
 */

static atomic64_t next_pfn = ATOMIC64_INIT(1);

/* While a guest moves its memory is that of two buses: both change at once. */
static DEFINE_SPINLOCK(ram_lock);

static struct vmb_loopback *to_loopback(struct vmb_guest_memory *memory)
{
	return container_of(memory, struct vmb_loopback, memory);
}

/* Slab memory has no references; its owner keeps it until it is let go. */
static bool is_counted(const struct page *page)
{
	return !PageSlab((struct page *)page);
}

static void memory_unpin(struct vmb_guest_memory *memory, struct page **pages,
			 u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (is_counted(pages[i]))
			put_page(pages[i]);
}

static struct page *pin_page(struct vmb_loopback *loopback, u64 pfn)
{
	struct page *page;

	guard(spinlock_irqsave)(&loopback->ram.xa_lock);

	page = xa_load(&loopback->ram, pfn);
	if (page && is_counted(page))
		get_page(page);
	return page;
}

static int memory_pin(struct vmb_guest_memory *memory, const u64 *pfns, u32 nr,
		      struct page **pages)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		pages[i] = pfns[i] <= ULONG_MAX ?
			   pin_page(to_loopback(memory), pfns[i]) : NULL;
		if (!pages[i]) {
			memory_unpin(memory, pages, i);
			return -EFAULT;
		}
	}
	return 0;
}

static void erase(struct xarray *ram, unsigned long pfn)
{
	unsigned long flags;

	xa_lock_irqsave(ram, flags);
	__xa_erase(ram, pfn);
	xa_unlock_irqrestore(ram, flags);
}

static void reclaim_locked(struct vmb_loopback *loopback, const u64 *pfns, u32 nr)
{
	struct vmb_loopback *mirror = loopback->mirror;
	u32 i;

	lockdep_assert_held(&ram_lock);

	for (i = 0; i < nr; i++) {
		erase(&loopback->ram, pfns[i]);
		if (mirror)
			erase(&mirror->ram, pfns[i]);
	}
}

static void memory_reclaim(struct vmb_guest_memory *memory, const u64 *pfns,
			   u32 nr)
{
	guard(spinlock_irqsave)(&ram_lock);
	reclaim_locked(to_loopback(memory), pfns, nr);
}

static int store(struct xarray *ram, unsigned long pfn, struct page *page)
{
	unsigned long flags;
	int ret;

	xa_lock_irqsave(ram, flags);
	ret = xa_err(__xa_store(ram, pfn, page, GFP_ATOMIC));
	xa_unlock_irqrestore(ram, flags);
	return ret;
}

static int lend_page(struct vmb_loopback *loopback, u64 pfn, struct page *page)
{
	struct vmb_loopback *mirror = loopback->mirror;
	int ret = store(&loopback->ram, pfn, page);

	if (!ret && mirror)
		ret = store(&mirror->ram, pfn, page);
	if (ret)
		erase(&loopback->ram, pfn);
	return ret;
}

static int memory_lend(struct vmb_guest_memory *memory, struct page **pages,
		       u32 nr, u64 *pfns)
{
	u64 first = atomic64_add_return(nr, &next_pfn) - nr;
	int ret;
	u32 i;

	guard(spinlock_irqsave)(&ram_lock);
	for (i = 0; i < nr; i++) {
		pfns[i] = first + i;
		ret = lend_page(to_loopback(memory), pfns[i], pages[i]);
		if (ret) {
			reclaim_locked(to_loopback(memory), pfns, i);
			return ret;
		}
	}
	return 0;
}

static const struct vmb_guest_memory_ops memory_ops = {
	.pin = memory_pin,
	.unpin = memory_unpin,
	.lend = memory_lend,
	.reclaim = memory_reclaim,
};

static void free_loopback(struct vmb_loopback *loopback)
{
	WARN_ON_ONCE(!xa_empty(&loopback->ram));
	xa_destroy(&loopback->ram);
	kfree(loopback);
}

static void bus_release(struct vmb_bus *bus)
{
	free_loopback(bus->owner);
}

static const struct vmb_bus_ops loopback_ops = {
	.release = bus_release,
};

/**
 * vmb_loopback_make() - make a bus without a VMM, in STOP
 *
 * Context: process context.
 * Return: it, whose bus is for vmb_loopback_destroy(), or ERR_PTR: -EDQUOT,
 * -ENOMEM.
 */
struct vmb_loopback *vmb_loopback_make(void)
{
	struct vmb_loopback *loopback = kzalloc(sizeof(*loopback), GFP_KERNEL_ACCOUNT);
	struct vmb_bus *bus;

	if (!loopback)
		return ERR_PTR(-ENOMEM);
	loopback->memory.ops = &memory_ops;
	xa_init_flags(&loopback->ram, XA_FLAGS_LOCK_IRQ | XA_FLAGS_ACCOUNT);
	atomic_set(&loopback->next_gpadl, 1);
	bus = vmb_bus_create(&loopback_ops, &loopback->memory, loopback);
	if (IS_ERR(bus)) {
		free_loopback(loopback);
		return ERR_CAST(bus);
	}
	loopback->bus = bus;
	return loopback;
}

/**
 * vmb_loopback_of() - what a bus without a VMM has besides
 * @bus: any bus
 *
 * Context: any.
 * Return: it, or NULL: the bus has a VMM.
 */
struct vmb_loopback *vmb_loopback_of(struct vmb_bus *bus)
{
	return bus->ops == &loopback_ops ? bus->owner : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_loopback_of);

/**
 * vmb_loopback_new_gpadl() - a handle that no GPADL of the bus ever had
 * @bus: a bus without a VMM
 *
 * Context: any.
 * Return: the handle, not 0.
 */
u32 vmb_loopback_new_gpadl(struct vmb_bus *bus)
{
	struct vmb_loopback *loopback = vmb_loopback_of(bus);
	u32 id;

	do {
		id = atomic_fetch_inc(&loopback->next_gpadl);
	} while (!id);
	return id;
}

static void drop_ram_locked(struct vmb_loopback *from, struct xarray *ram)
{
	struct page *page;
	unsigned long pfn;

	lockdep_assert_held(&ram_lock);

	from->mirror = NULL;
	xa_for_each(&from->ram, pfn, page)
		erase(ram, pfn);
}

/**
 * vmb_loopback_copy_ram() - make a guest's memory that of another bus, too
 * @from: its bus, stopped
 * @to: the other one
 *
 * Also what is lent from now on until vmb_loopback_drop_ram().
 * Context: process context.
 * Return: 0, or -ENOMEM and nothing happened.
 */
int vmb_loopback_copy_ram(struct vmb_loopback *from, struct vmb_loopback *to)
{
	int theirs = atomic_read(&from->next_gpadl);
	struct page *page;
	unsigned long pfn;

	guard(spinlock_irqsave)(&ram_lock);
	from->mirror = to;
	xa_for_each(&from->ram, pfn, page)
		if (store(&to->ram, pfn, page)) {
			drop_ram_locked(from, &to->ram);
			return -ENOMEM;
		}
	/* Both are in STOP: nobody makes a GPADL. */
	if (atomic_read(&to->next_gpadl) < theirs)
		atomic_set(&to->next_gpadl, theirs);
	return 0;
}

/**
 * vmb_loopback_drop_ram() - a guest's memory is that of one bus again
 * @from: as in vmb_loopback_copy_ram()
 * @to: as there
 * @moved: of @to; else of @from
 * Context: process context.
 */
void vmb_loopback_drop_ram(struct vmb_loopback *from, struct vmb_loopback *to,
			   bool moved)
{
	guard(spinlock_irqsave)(&ram_lock);
	drop_ram_locked(from, moved ? &from->ram : &to->ram);
}

struct vmb_channel *vmb_loopback_offer(struct vmb_bus *bus, const guid_t *type,
				       const guid_t *instance, u16 subchannel)
{
	struct vmb_channel_identity identity = {
		.type = *type,
		.instance = *instance,
		.subchannel = subchannel,
	};

	return vmb_loopback_of(bus) ? vmb_bus_offer(bus, &identity) :
				      ERR_PTR(-EINVAL);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_offer, VMBSAVE_NS);

void vmb_loopback_destroy(struct vmb_bus *bus)
{
	if (!WARN_ON_ONCE(!vmb_loopback_of(bus)))
		vmb_bus_destroy(bus);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_destroy, VMBSAVE_NS);

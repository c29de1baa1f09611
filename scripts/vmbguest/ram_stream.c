// SPDX-License-Identifier: GPL-2.0-only
/*
 * Guest RAM on its way: runs of pages that are not all zero. The machine is
 * stopped, so that one pass is enough. Functions return 0 or a negative errno.
 */
#include <errno.h>
#include <string.h>
#include <linux/limits.h>
#include <asm/byteorder.h>
#include "link.h"
#include "log.h"
#include "ram_stream.h"
#include "vm.h"

#define RUN_PAGES_MAX	256U
#define RUN_END		U64_MAX

/**
 * struct ram_run - goes before a run of pages, little-endian
 * @address: guest physical, a multiple of 4096; %RUN_END behind the last run
 * @bytes: that follow; behind the last run the sum of all
 */
struct ram_run {
	__le64 address;
	__le64 bytes;
};

static bool page_is_zero(const u8 *page)
{
	return !page[0] && !memcmp(page, page + 1, GUEST_PAGE - 1);
}

/* Pages from @first on that go into one run. */
static u64 run_pages(const struct vm *vm, u64 first)
{
	const u8 *ram = guest_at(vm->guest, 0);
	u64 pages = vm->ram_bytes / GUEST_PAGE, n = 0;

	while (first + n < pages && n < RUN_PAGES_MAX &&
	       !page_is_zero(ram + (first + n) * GUEST_PAGE))
		n++;
	return n;
}

static int run_send(struct links *links, u64 address, u64 bytes, const void *ram)
{
	struct ram_run run = {
		.address = cpu_to_le64(address), .bytes = cpu_to_le64(bytes),
	};
	int err = link_write(links, LINK_RAM, &run, sizeof(run));

	if (!err && ram)
		err = link_write(links, LINK_RAM, ram, bytes);
	return err;
}

/**
 * ram_to_link() - send RAM
 * @vm: a stopped machine
 * @links: to the other machine
 * Return: 0, -ECONNREFUSED (links->text), or an errno.
 */
int ram_to_link(struct vm *vm, struct links *links)
{
	u64 pages = vm->ram_bytes / GUEST_PAGE, first, n, sum = 0;
	int err;

	for (first = 0; first < pages; first += n ?: 1) {
		n = run_pages(vm, first);
		if (!n)
			continue;
		err = run_send(links, first * GUEST_PAGE, n * GUEST_PAGE,
			       guest_at(vm->guest, first * GUEST_PAGE));
		if (err)
			return err;
		sum += n * GUEST_PAGE;
	}
	note_number("ram_bytes", sum);
	return run_send(links, RUN_END, sum, NULL);
}

/**
 * ram_from_link() - take RAM
 * @vm: the machine, its RAM all zero
 * @links: to the other machine
 * Return: 0, -EPROTO (nonsense came), -EPIPE (it ended too soon), another errno.
 */
int ram_from_link(struct vm *vm, struct links *links)
{
	u64 address, bytes, sum = 0;
	struct ram_run run;
	int err;

	for (;;) {
		err = link_read_all(links, LINK_RAM, &run, sizeof(run));
		if (err)
			return err;
		address = le64_to_cpu(run.address);
		bytes = le64_to_cpu(run.bytes);
		if (address == RUN_END)
			break;
		if (address >= vm->ram_bytes || bytes > vm->ram_bytes - address)
			return -EPROTO;
		err = link_read_all(links, LINK_RAM, guest_at(vm->guest, address), bytes);
		if (err)
			return err;
		sum += bytes;
	}
	note_number("ram_bytes", sum);
	return sum == bytes ? 0 : -EPROTO;
}

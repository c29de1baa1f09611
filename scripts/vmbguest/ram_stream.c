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
	u64 from = 0, sum = 0;
	struct memory_run run;
	int err;

	while (memory_next_run(&vm->ram, from, &run)) {
		err = run_send(links, run.address, run.bytes, vm->ram.at + run.address);
		if (err)
			return err;
		sum += run.bytes;
		from = run.address + run.bytes;
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
		if (address >= vm->ram.bytes || bytes > vm->ram.bytes - address)
			return -EPROTO;
		err = link_read_all(links, LINK_RAM, vm->ram.at + address, bytes);
		if (err)
			return err;
		sum += bytes;
	}
	note_number("ram_bytes", sum);
	return sum == bytes ? 0 : -EPROTO;
}

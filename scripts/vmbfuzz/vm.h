/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBFUZZ_VM_H
#define _VMBFUZZ_VM_H

#include <stdbool.h>
#include <linux/kernel.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include "wire/descriptor.h"
#include "wire/ring.h"

/*
 * The smallest VMM and guest that use both samples: two channels, each with two
 * rings of one page. What fails comes back as a negative errno.
 */

#define VM_PAGE		4096U
#define VM_PAGES	16U
#define VM_RAM_BYTES	(VM_PAGES * VM_PAGE)
#define VM_FREE_PAGE	8U	/* from here on nothing is in use */

enum vm_channel_index {
	VM_ECHO,
	VM_QUEUE,
	VM_CHANNELS
};

/* The GPADL with the rings of a channel: its four pages begin at VM_RING_PAGE() */
#define VM_RINGS(index)		(0x100U + (index))
#define VM_RING_PAGE(index)	(4U * (index))
#define VM_DOWNSTREAM_PAGE	2U

/**
 * struct vm_channel - one channel
 * @id: on its bus
 * @kick: eventfd, guest to host
 * @call: eventfd, host to guest
 * @in: the guest's end of the ring to the host
 * @out: the guest's end of the ring from the host
 */
struct vm_channel {
	u32 id;
	int kick;
	int call;
	struct vmb_ring in;
	struct vmb_ring out;
};

/**
 * struct vm - one machine
 * @bus: /dev/vmbsave, -1 = closed
 * @ram: guest RAM
 * @channels: what it offers
 */
struct vm {
	int bus;
	u8 *ram;
	struct vm_channel channels[VM_CHANNELS];
};

/* Called before each call into the kernel that belongs to a machine, if set. */
extern void (*vm_step)(void);

/* What a channel's type is, as in the offer. */
void vm_type(unsigned int index, u8 type[16]);

/* RAM and eventfds; the bus is not opened yet. They last as long as the process. */
void vm_init(struct vm *vm);
int vm_call(struct vm *vm, unsigned long number, void *arg);
int vm_open_bus(struct vm *vm);
int vm_offer(struct vm *vm, unsigned int index);
/* Open the bus, give it RAM and both channels. */
int vm_attach(struct vm *vm);
int vm_lend(struct vm *vm, unsigned int index, u32 gpadl, u32 flags, u32 page, u32 nr);
int vm_open_channel(struct vm *vm, unsigned int index);
/* Rings as a guest finds them that has just been moved. */
int vm_find_rings(struct vm *vm, unsigned int index);
/* Lend the rings of both channels and open them. */
int vm_boot(struct vm *vm);
void vm_close(struct vm *vm);

/* Return: the data fd, -1 if there is none; @error: 0 or a negative errno */
int vm_set_state(struct vm *vm, u32 state, int *error);
int vm_get_state(struct vm *vm);

/* Return: bytes up to the end of the stream, or a negative errno. */
ssize_t vm_read_stream(int fd, void *buf, size_t room, size_t piece);
ssize_t vm_write_stream(int fd, const void *buf, size_t bytes, size_t piece);

/* Put one packet into the ring to the host, and kick. */
int vm_send(struct vm *vm, unsigned int index, u16 type, u16 flags, u64 id,
	    const void *payload, u32 bytes);
/* Take the next packet out of the ring from the host, waiting a second at most. */
int vm_receive(struct vm *vm, unsigned int index, struct vmb_descriptor_view *view);

/* A number out of a file, or a number into one; -1: there is no such file, or no such line. */
long long vm_read_number(const char *path, const char *line);
int vm_write_text(const char *path, const char *text);

/* All that /sys/kernel/debug/vmbsave/objects counts; waits a second at most until it is 0. */
long long vm_objects_left(void);

#endif /* _VMBFUZZ_VM_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VM_H
#define _VMBGUEST_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>
#include "guest.h"
#include "wire/ring.h"

struct options;

/**
 * struct channel - one channel of the machine
 * @vm: the machine
 * @index: enum guest_channel_index
 * @state: the guest's driver, in guest RAM
 * @in: guest-to-host ring, producer's end
 * @out: host-to-guest ring, consumer's end
 * @id: on the bus
 * @kick_fd: the guest signals the host
 * @call_fd: the host interrupts the guest
 */
struct channel {
	struct vm *vm;
	unsigned int index;
	struct guest_channel *state;
	struct vmb_ring in;
	struct vmb_ring out;
	u32 id;
	int kick_fd;
	int call_fd;
};

/**
 * struct vm - the machine
 * @options: the command line
 * @guest: guest RAM
 * @ram_bytes: its size
 * @channels: as the guest numbers them
 * @bus_fd: /dev/vmbsave, -1 once it is closed
 * @owner_fd: of vsp_kmcl, which offers the queue's channel; -1 if vsp_queue does
 * @notify_fd: the guest tells the VMM that it has parked or is done
 * @command: pipe with commands for the virtual processor
 * @vcpu: its thread
 * @stopping: signals of the guest are not passed on any more
 * @kicks_dropped: how many were not
 */
struct vm {
	const struct options *options;
	struct guest *guest;
	u64 ram_bytes;
	struct channel channels[NR_CHANNELS];
	int bus_fd;
	int owner_fd;
	int notify_fd;
	int command[2];
	pthread_t vcpu;
	bool stopping;
	u64 kicks_dropped;
};

#endif /* _VMBGUEST_VM_H */

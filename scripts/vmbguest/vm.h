/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_VM_H
#define _VMBGUEST_VM_H

#include <pthread.h>
#include <stdbool.h>
#include <linux/types.h>
#include "attach.h"
#include "events.h"
#include "guest.h"
#include "memory.h"
#include "rings.h"

struct options;

/**
 * struct channel - one channel of the machine
 * @vm: the machine
 * @index: enum guest_channel_index
 * @state: the guest's driver, in guest RAM
 * @rings: the guest's ends
 * @signals: eventfds
 * @id: on the bus
 */
struct channel {
	struct vm *vm;
	unsigned int index;
	struct guest_channel *state;
	struct rings rings;
	struct signals signals;
	u32 id;
};

/**
 * enum vm_state - what the machine is doing
 * @VM_INCOMING: it is not here yet
 * @VM_RUNNING: its virtual processor runs
 * @VM_STOPPED: it does not, and the bus is in STOP
 */
enum vm_state {
	VM_INCOMING,
	VM_RUNNING,
	VM_STOPPED
};

/**
 * struct vm - the machine
 * @options: the command line
 * @ram: guest RAM
 * @guest: the same, as the guest sees it
 * @state: enum vm_state
 * @channels: as the guest numbers them
 * @bus: /dev/vmbsave
 * @owner_fd: of vsp_kmcl, which offers the queue's channel; -1 if vsp_queue does
 * @notify_fd: the guest tells the VMM that it has parked or is done
 * @command: pipe with commands for the virtual processor
 * @vcpu: its thread
 * @stopping: signals of the guest are not passed on any more
 * @kicks_dropped: how many were not
 */
struct vm {
	const struct options *options;
	struct memory ram;
	struct guest *guest;
	enum vm_state state;
	struct channel channels[NR_CHANNELS];
	struct bus bus;
	int owner_fd;
	int notify_fd;
	int command[2];
	pthread_t vcpu;
	bool stopping;
	u64 kicks_dropped;
};

#endif /* _VMBGUEST_VM_H */

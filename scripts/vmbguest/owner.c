// SPDX-License-Identifier: GPL-2.0-only
/*
 * A channel that the VMM does not offer itself: its owner, vsp_kmcl, is told of
 * the bus and offers one, and the bus says so. Functions return 0 or a negative
 * errno.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <linux/vmbsave.h>
#include "log.h"
#include "options.h"
#include "owner.h"
#include "vm.h"
#include "vsp_queue.h"

#define OWNER_DEVICE	"/dev/vsp_kmcl"

static int tell(struct vm *vm)
{
	char order[40];
	int len;

	vm->owner_fd = open(OWNER_DEVICE, O_WRONLY | O_CLOEXEC);
	if (vm->owner_fd < 0)
		die("cannot open %s: %s", OWNER_DEVICE, strerror(errno));
	len = snprintf(order, sizeof(order), "%d%s", vm->bus.fd,
		       vm->options->incoming.kind ? " incoming" : "");
	return write(vm->owner_fd, order, len) == len ? 0 : -errno;
}

/* The offer is there when the owner has been told: nothing is waited for. */
static int hear(struct vm *vm, u32 *channel)
{
	struct vmbsave_event event;

	if (event_read(&vm->bus, &event) || event.type != VMBSAVE_EVENT_OFFERED)
		return -EPROTO;
	*channel = event.channel;
	return 0;
}

static int look(struct vm *vm, u32 channel)
{
	const guid_t type = VSP_QUEUE_TYPE;
	struct vmbsave_channel_info info;
	int err;

	err = bus_get_channel(&vm->bus, channel, &info);
	if (err)
		return err;
	if (!info.owned || memcmp(info.type, &type, sizeof(type)) ||
	    info.max_packet_bytes != VSP_QUEUE_PACKET_MAX)
		return -EPROTO;
	return 0;
}

/**
 * owner_attach() - have vsp_kmcl offer its channel
 * @vm: the machine with its bus, on which nothing else happens
 * @channel: set to its id
 *
 * Return: 0, -EPROTO (the bus does not say what it should), or an errno.
 */
int owner_attach(struct vm *vm, u32 *channel)
{
	int err = tell(vm);

	if (!err)
		err = hear(vm, channel);
	return err ?: look(vm, *channel);
}

/**
 * owner_detach() - let go of vsp_kmcl, which takes its offer back
 * @vm: the machine
 */
void owner_detach(struct vm *vm)
{
	if (vm->owner_fd < 0)
		return;

	close(vm->owner_fd);
	vm->owner_fd = -1;
}

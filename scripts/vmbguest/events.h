/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_EVENTS_H
#define _VMBGUEST_EVENTS_H

#include <stdbool.h>
#include <linux/types.h>
#include <linux/vmbsave.h>

struct bus;

/*
 * Part to copy: the signals of a channel and the events of a bus. Functions
 * that can fail return 0 or a negative errno.
 */

/**
 * struct signals - the two eventfds of a channel
 * @kick_fd: the guest signals the host: written by the VMM
 * @call_fd: the host interrupts the guest: read by the VMM
 */
struct signals {
	int kick_fd;
	int call_fd;
};

int signals_make(struct signals *signals);
int signals_connect(const struct signals *signals, struct bus *bus, u32 channel);
int signals_kick(const struct signals *signals);
bool signals_called(const struct signals *signals);

int event_read(struct bus *bus, struct vmbsave_event *event);
const char *event_name(u32 type);

#endif /* _VMBGUEST_EVENTS_H */

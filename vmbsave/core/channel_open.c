// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/incoming.h"
#include "core/outgoing.h"

/**
 * vmb_channel_open_data() - what the guest passed when it opened the channel
 * @channel: the channel
 *
 * Context: from .opened until .closed has returned.
 * Return: %VMB_CHANNEL_OPEN_DATA_BYTES bytes, opaque and hostile.
 */
const void *vmb_channel_open_data(const struct vmb_channel *channel)
{
	return channel->open.user_data;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_open_data, VMBSAVE_NS);

/* A ring is one control page and at least one page of data. */
#define RING_PAGES_MIN 2

static int check_geometry(const struct vmb_gpadl *gpadl, u32 downstream)
{
	/* Rings are written, and the VMM believes these pages clean. */
	if (gpadl->flags & VMB_GPADL_READ_ONLY)
		return -EINVAL;
	if (gpadl->byte_offset || gpadl->byte_count % VMBSAVE_PAGE_SIZE)
		return -EINVAL;
	if (downstream < RING_PAGES_MIN || downstream >= gpadl->nr_pages ||
	    gpadl->nr_pages - downstream < RING_PAGES_MIN)
		return -EINVAL;
	return 0;
}

static int attach_both(struct vmb_channel *channel, const struct vmb_gpadl *gpadl,
		       u32 downstream)
{
	u8 *in = channel->ring_map;
	u8 *out = in + downstream * VMBSAVE_PAGE_SIZE;
	int ret;

	ret = vmb_ring_attach(&channel->in, in, in + VMBSAVE_PAGE_SIZE,
			      (downstream - 1) * VMBSAVE_PAGE_SIZE, false);
	if (ret)
		return ret;
	smp_wmb(); /* who sees the second one without our turn sees the first */
	return vmb_ring_attach(&channel->out, out, out + VMBSAVE_PAGE_SIZE,
			       (gpadl->nr_pages - downstream - 1) *
			       VMBSAVE_PAGE_SIZE, true);
}

/**
 * vmb_channel_rings_attach() - map the rings that the guest made
 * @channel: not open; the caller has its turn
 * @open: where they are
 *
 * Context: process context, may sleep. Writes no guest byte.
 * Return: 0, or nothing happened: -ENOENT (no such GPADL), -EINVAL (two rings
 * do not fit in it so, or it is read-only), -EPROTO (their indices are nonsense), -ENOMEM.
 */
int vmb_channel_rings_attach(struct vmb_channel *channel,
			     const struct vmb_channel_open *open)
{
	struct vmb_gpadl *gpadl = xa_load(&channel->gpadls, open->gpadl);
	int ret;

	vmb_turn_assert(&channel->turn);
	if (!gpadl)
		return -ENOENT;
	ret = check_geometry(gpadl, open->downstream_page);
	if (ret)
		return ret;
	ret = vmb_incoming_prepare(channel);
	if (ret)
		return ret;
	ret = -ENOMEM;
	channel->ring_map = vmap(gpadl->pages, gpadl->nr_pages, VM_MAP,
				 PAGE_KERNEL);
	if (!channel->ring_map)
		goto err_incoming;
	ret = attach_both(channel, gpadl, open->downstream_page);
	if (ret)
		goto err_map;
	channel->ring_gpadl = gpadl;
	scoped_guard(spinlock_irqsave, &channel->lock)
		channel->open = *open;
	return 0;

err_map:
	vunmap(channel->ring_map);
	channel->ring_map = NULL;
err_incoming:
	vmb_incoming_cleanup(channel);
	return ret;
}

/**
 * vmb_channel_rings_detach() - undo vmb_channel_rings_attach()
 * @channel: no traffic runs; the caller has its turn
 * Context: process context, may sleep.
 */
void vmb_channel_rings_detach(struct vmb_channel *channel)
{
	vmb_turn_assert(&channel->turn);
	scoped_guard(spinlock_irqsave, &channel->lock) {
		WARN_ON_ONCE(channel->live);
		channel->generation++;
		memset(&channel->out, 0, sizeof(channel->out));
		channel->error = 0;
		channel->error_text = NULL;
		channel->unreported = false;
		memset(&channel->open, 0, sizeof(channel->open));
	}
	memset(&channel->in, 0, sizeof(channel->in));
	vmb_incoming_cleanup(channel);
	vunmap(channel->ring_map);
	channel->ring_map = NULL;
	channel->ring_gpadl = NULL;
}

/**
 * vmb_channel_call_opened() - tell the VSP that the guest opened the channel
 * @channel: its rings are attached; the caller has its turn
 *
 * What .opened has mapped and sent is taken back if it fails.
 * Context: process context, may sleep; calls .opened.
 * Return: 0 or an errno; never a positive value.
 */
int vmb_channel_call_opened(struct vmb_channel *channel)
{
	u64 from;
	int ret;

	scoped_guard(spinlock_irqsave, &channel->lock)
		from = channel->queue.next_id;
	vmb_gpadl_maps_begin(channel);
	ret = channel->vsp->opened ? channel->vsp->opened(channel) : 0;
	if (WARN_ONCE(ret > 0, "vmb: .opened returned %d\n", ret))
		ret = -EINVAL;
	if (!ret)
		return 0;
	vmb_gpadl_maps_end(channel);
	vmb_outgoing_cancel(channel, from);
	vmb_channel_flush(channel);
	return ret;
}

/**
 * vmb_channel_call_closed() - undo vmb_channel_call_opened()
 * @channel: its rings are still attached; the caller has its turn
 * Context: process context, may sleep; calls .closed.
 */
void vmb_channel_call_closed(struct vmb_channel *channel)
{
	if (channel->vsp->closed)
		channel->vsp->closed(channel);
	vmb_gpadl_maps_end(channel);
}

static int open_locked(struct vmb_channel *channel,
		       const struct vmb_channel_open *open)
{
	int ret = vmb_channel_state_check(channel, VMB_CHANNEL_EVENT_OPEN);

	if (ret)
		return ret;
	if (!vmb_bus_is_running(channel->bus))
		return -EBADFD;
	scoped_guard(spinlock_irqsave, &channel->lock) {
		if (!channel->host)
			return -EINVAL;
	}
	ret = vmb_channel_rings_attach(channel, open);
	if (ret)
		return ret;
	ret = vmb_channel_call_opened(channel);
	if (ret) {
		WRITE_ONCE(channel->open_error, ret);
		vmb_channel_rings_detach(channel);
		return ret;
	}
	vmb_ring_set_features(&channel->out);
	channel->opened_before = true;
	vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_OPEN);
	vmb_channel_flow_start(channel);
	return 0;
}

/**
 * vmb_channel_open() - the guest opens a channel
 * @channel: the channel
 * @open: what it asks for
 *
 * Context: process context, may sleep; calls .opened, .started, .post_started.
 * Return: 0, or the channel is as before: -EBADFD (not offered, open already,
 * or the bus does not run), -EINVAL (no way to signal the guest, or two rings
 * do not fit), -ENOENT, -EPROTO, -ENOMEM, -EBUSY (a session has it), -EINTR,
 * -ENODEV, or what .opened returned.
 */
int vmb_channel_open(struct vmb_channel *channel,
		     const struct vmb_channel_open *open)
{
	int ret;

	WRITE_ONCE(channel->open_error, 0);
	ret = vmb_channel_control_begin(channel, vmb_deadline_none());
	if (ret)
		return ret;
	ret = open_locked(channel, open);
	vmb_channel_control_end(channel);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_open);

/**
 * vmb_channel_shut() - close an open channel whose traffic was stopped
 * @channel: the channel; the caller has its turn
 *
 * Does not move its state.
 * Context: process context, may sleep; calls .closed.
 */
void vmb_channel_shut(struct vmb_channel *channel)
{
	vmb_channel_call_closed(channel);
	vmb_channel_rings_detach(channel);
	vmb_channel_tell_closed(channel);
}

/**
 * vmb_channel_tell_closed() - tell the other end that no traffic will come
 * @channel: the channel
 *
 * For a client in this kernel; a VMM closes its channels itself.
 * Context: any.
 */
void vmb_channel_tell_closed(struct vmb_channel *channel)
{
	guard(spinlock_irqsave)(&channel->lock);

	if (channel->host && channel->host->closed)
		channel->host->closed(channel->host);
}

/**
 * vmb_channel_close_until() - vmb_channel_close() with a deadline
 * @channel: the channel
 * @deadline: in jiffies; 0 = wait as long as it takes, and not killably
 *
 * Context: as vmb_channel_close().
 * Return: as vmb_channel_close(), and -ETIMEDOUT: it is still open.
 */
int vmb_channel_close_until(struct vmb_channel *channel, unsigned long deadline)
{
	int ret = vmb_channel_control_begin(channel, deadline);

	if (ret)
		return ret;
	ret = vmb_channel_state_check(channel, VMB_CHANNEL_EVENT_CLOSE);
	if (!ret && !vmb_bus_is_running(channel->bus))
		ret = -EBADFD;
	if (!ret)
		ret = vmb_channel_flow_stop(channel, deadline);
	if (!ret) {
		vmb_channel_shut(channel);
		vmb_outgoing_cancel(channel, 0);
		vmb_channel_flush(channel);
		vmb_channel_state_move(channel, VMB_CHANNEL_EVENT_CLOSE);
	}
	vmb_channel_control_end(channel);
	return ret;
}

/**
 * vmb_channel_close() - the guest closes a channel
 * @channel: the channel
 *
 * Outgoing packets in use are finished with -ECANCELED.
 * Context: process context, sleeps until the VSP has completed what it holds;
 * can be interrupted by a fatal signal; calls .suspend and .closed.
 * Return: 0, or -EBADFD (not open, or the bus does not run), -EBUSY (a session
 * has it), -EINTR (it is still open), -ENODEV.
 */
int vmb_channel_close(struct vmb_channel *channel)
{
	return vmb_channel_close_until(channel, vmb_deadline_none());
}
EXPORT_SYMBOL_IF_KUNIT(vmb_channel_close);

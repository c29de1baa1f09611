// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: From the callbacks of vmbsave to those of a Windows driver
 *
 * A channel has a struct vmb_vsp of its own, because what may be NULL decides
 * what vmbsave does: without .save_packet it refuses to save packets. The
 * callbacks of its state are always there and ask whether the driver has one.
 *
 * 1. A callback comes with the channel; its pointer leads to the VMBCHANNEL.
 * 2. The driver's routine is called with that, its status becomes an errno.
 *
 * Unhappy paths. .discard_packet has no counterpart: to the driver the packet
 * is retired with STATUS_CANCELLED. What the driver leaves mapped when the
 * channel was closed is forgotten here and undone by vmbsave.
 */
#include <linux/bug.h>
#include <linux/errno.h>

#include "kmcl.h"

static struct vmb_kmcl_channel *channel_of(struct vmb_channel *native)
{
	return vmb_channel_get_pointer(native);
}

static int opened(struct vmb_channel *native)
{
	struct vmb_kmcl_channel *channel = channel_of(native);
	int ret = 0;

	if (channel->state.EvtChannelOpened)
		ret = vmb_kmcl_callback_result(channel->state.EvtChannelOpened(channel));
	if (ret)
		vmb_kmcl_mappings_drop(channel);
	return ret;
}

static void closed(struct vmb_channel *native)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	if (channel->state.EvtChannelClosed)
		channel->state.EvtChannelClosed(channel);
	vmb_kmcl_mappings_drop(channel);
}

static void suspend(struct vmb_channel *native)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	if (channel->state.EvtChannelSuspend)
		channel->state.EvtChannelSuspend(channel);
}

static void started(struct vmb_channel *native)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	if (channel->state.EvtChannelStarted)
		channel->state.EvtChannelStarted(channel);
}

static void post_started(struct vmb_channel *native)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	if (channel->state.EvtChannelPostStarted)
		channel->state.EvtChannelPostStarted(channel);
}

/* The buffer is a copy that is the driver's until the packet is complete. */
static void process_packet(struct vmb_channel *native, struct vmb_packet_completion *packet,
			   const void *buf, u32 len)
{
	struct vmb_kmcl_channel *channel = channel_of(native);
	u32 flags = 0;

	if (vmb_packet_completion_flags(packet) & VMB_PROCESS_PACKET_EXTERNAL_DATA)
		flags |= VMBUS_CHANNEL_PROCESS_PACKET_FLAG_EXTERNAL_DATA;
	channel->process(channel, packet, (void *)buf, len, flags);
}

static void processing_complete(struct vmb_channel *native, u32 nr)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	channel->processing_complete(channel, nr);
}

static int save_packet(struct vmb_save_packet *args)
{
	struct vmb_kmcl_channel *channel = channel_of(args->channel);

	return vmb_kmcl_callback_result(channel->save(channel, vmb_kmcl_packet_of(args->packet),
						      args->buf, args->size, &args->needed));
}

/*
 * From here on a packet that is left restored is in use: the driver frees it no
 * more, it comes back in its completion routine.
 */
static int restore_packet(const struct vmb_restore_packet *args)
{
	struct vmb_kmcl_channel *channel = channel_of(args->channel);
	NTSTATUS status;

	channel->restoring = NULL;
	status = channel->restore(channel, (void *)args->lib_buf, args->lib_size,
				  (void *)args->vsp_buf, args->vsp_size);
	if (channel->restoring) {
		channel->restoring->staged = false;
		channel->restoring->in_use = true;
		channel->restoring = NULL;
	}
	return vmb_kmcl_callback_result(status);
}

static void discard_packet(struct vmb_channel *native, struct vmb_packet *packet)
{
	vmb_kmcl_packet_retire(vmb_kmcl_packet_of(packet), STATUS_CANCELLED, NULL, 0);
}

/**
 * vmb_kmcl_callbacks_choose() - offer vmbsave the callbacks that there are
 * @channel: Disabled or without a native channel still
 *
 * Context: process context.
 */
void vmb_kmcl_callbacks_choose(struct vmb_kmcl_channel *channel)
{
	struct vmb_vsp *vsp = &channel->vsp;

	vsp->name = "vmbsave_kmcl";
	vsp->opened = opened;
	vsp->closed = closed;
	vsp->suspend = suspend;
	vsp->started = started;
	vsp->post_started = post_started;
	vsp->process_packet = process_packet;
	vsp->processing_complete = channel->processing_complete ? processing_complete : NULL;
	vsp->save_packet = channel->save ? save_packet : NULL;
	vsp->restore_packet = channel->save ? restore_packet : NULL;
	vsp->discard_packet = channel->save ? discard_packet : NULL;
}

/**
 * vmb_kmcl_target_failed() - a client's connection has failed
 * @native: the client's end
 * @error: errno
 *
 * Context: process context.
 */
void vmb_kmcl_target_failed(struct vmb_channel *native, int error)
{
	struct vmb_kmcl_channel *channel = channel_of(native);

	channel->config.failure(channel, vmb_kmcl_status(error));
}

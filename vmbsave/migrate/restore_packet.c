// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmb_packet.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "core/trace.h"
#include "migrate/account.h"
#include "migrate/restore_session.h"

/**
 * DOC: Restoring one packet
 *
 * 1. The record is whole, its hashes and fields were checked.
 * 2. .restore_packet is called. It allocates a packet object.
 * 3. It hands the library's part to vmb_packet_restore(): the object becomes
 *    the packet that it was, and waits on a list of the session.
 * 4. It rebuilds its own state and returns 0: the packet is staged.
 *
 * Unhappy paths. It fails before step 3, or frees the packet again: nothing is
 * left. It fails after step 3 and leaves the packet: .discard_packet gets it.
 * It succeeds without step 3: a transaction that the guest waits for would be
 * lost, so the restore fails with -ENOTRECOVERABLE. It succeeds and the packet
 * has no completion routine: nobody could be told, -EBADFD.
 */

static int check_part(const struct vmb_restoring *restoring,
		      const struct vmb_packet *packet, const void *buf, u32 len)
{
	if (restoring->called)
		return -EBADFD;
	if (packet->channel != restoring->channel ||
	    packet->state != VMB_PACKET_IDLE)
		return -EINVAL;
	if (!buf || len != restoring->view->lib_bytes)
		return -EINVAL;
	if (buf != restoring->view->lib && memcmp(buf, restoring->view->lib, len))
		return -EINVAL;
	if (restoring->view->payload_bytes > packet->room ||
	    restoring->view->payload_bytes > vmb_channel_payload_max(restoring->channel))
		return -EINVAL;
	return 0;
}

int vmb_packet_restore(struct vmb_packet *packet, const void *buf, u32 len)
{
	struct vmb_restore *restore = vmb_restore_here(packet->channel);
	struct vmb_restoring *restoring;
	int ret;

	if (!restore)
		return -EBADFD;
	restoring = &restore->restoring;
	ret = check_part(restoring, packet, buf, len);
	if (ret)
		return ret;
	packet->out.id = restoring->view->transaction_id;
	packet->out.bytes = restoring->view->payload_bytes;
	if (packet->out.bytes)
		memcpy(packet->payload, restoring->view->payload, packet->out.bytes);
	packet->flags = restoring->view->flags;
	packet->restore_sent = restoring->view->state == VMBSAVE_PACKET_SENT;
	packet->state = VMB_PACKET_STAGED;
	list_add(&packet->out.node, &restoring->made);
	restoring->called = true;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_packet_restore, VMBSAVE_NS);

static int call_back(struct vmb_restore *restore)
{
	struct vmb_restoring *restoring = &restore->restoring;
	const struct vmb_restore_packet args = {
		.channel = restoring->channel,
		.lib_buf = restoring->view->lib,
		.lib_size = restoring->view->lib_bytes,
		.vsp_buf = restoring->view->vsp,
		.vsp_size = restoring->view->vsp_bytes,
	};
	struct vmb_packet_timer timer;
	struct vmb_packet *packet;
	u64 ns;
	int ret;

	INIT_LIST_HEAD(&restoring->made);
	restoring->called = false;
	WRITE_ONCE(restore->task, current);
	WRITE_ONCE(restoring->channel->restoring, current);
	vmb_packet_timer_start(&timer);
	ret = restoring->channel->vsp->restore_packet(&args);
	ns = vmb_packet_timer_stop(&timer);
	WRITE_ONCE(restoring->channel->restoring, NULL);
	WRITE_ONCE(restore->task, NULL);
	if (unlikely(ns))
		vmb_restore_account_call(restore, VMBSAVE_CALL_RESTORE_PACKET,
					 restoring->channel,
					 restoring->view->transaction_id, ns);
	if (WARN_ONCE(ret > 0, "vmb: .restore_packet returned %d\n", ret))
		return -EINVAL;
	packet = list_first_entry_or_null(&restoring->made, struct vmb_packet,
					  out.node);
	if (!ret && packet && !packet->done)
		return -EBADFD;
	return ret;
}

/* Return: the packet that the callback left, in no list, or NULL */
static struct vmb_packet *take_made(struct vmb_restoring *restoring)
{
	struct vmb_packet *packet =
		list_first_entry_or_null(&restoring->made, struct vmb_packet,
					 out.node);

	if (packet) {
		list_del_init(&packet->out.node);
		packet->state = VMB_PACKET_IDLE;
	}
	return packet;
}

static void trace_restored(const struct vmb_restoring *restoring)
{
	const struct vmb_packet_view *view = restoring->view;

	if (trace_vmb_restore_packet_enabled())
		trace_vmb_restore_packet(restoring->channel, view->transaction_id, view->state,
					 view->payload_bytes, view->vsp_bytes);
}

/**
 * vmb_restore_place() - where in the stream a session is
 * @restore: the session; the caller has its turn
 * @place: to be filled in
 * Context: process context.
 */
void vmb_restore_place(const struct vmb_restore *restore,
		       struct vmb_error_place *place)
{
	memset(place, 0, sizeof(*place));
	place->chunk = restore->reader.record_chunk;
	place->offset = restore->reader.record_start;
	if (restore->current_channel)
		place->channel = restore->current_channel->channel->id;
	if (restore->restoring.view)
		place->packet = restore->restoring.view->transaction_id;
}

static int fail_packet(struct vmb_restore *restore, int error, const char *why)
{
	struct vmb_error_place place;

	vmb_restore_place(restore, &place);
	return vmb_restore_fail(restore, error, &place, "%s %s",
				restore->restoring.channel->vsp->name, why);
}

/**
 * vmb_restore_packet() - restore the packet of a PACKET record
 * @restore: the session; the caller has its turn
 * @data: the record, checked
 * @bytes: its length
 *
 * Context: process context, may sleep; calls .restore_packet, and if it fails
 * perhaps .discard_packet.
 * Return: 0: the packet is staged; or an errno, and the session has failed
 * with it.
 */
int vmb_restore_packet(struct vmb_restore *restore, const void *data, u32 bytes)
{
	struct vmb_restoring *restoring = &restore->restoring;
	struct vmb_staged *staged = restore->current_channel;
	struct vmb_packet *packet = NULL;
	int ret;

	restoring->view = &restore->order.packet;
	restoring->channel = staged->channel;
	if (!staged->channel->vsp->restore_packet)
		return fail_packet(restore, -EOPNOTSUPP, "cannot restore packets");
	ret = vmb_restore_charge(restore, sizeof(*packet) + bytes);
	if (ret)
		return fail_packet(restore, ret,
				   "has no room left: the restore holds too much at once");
	ret = call_back(restore);
	packet = take_made(restoring);
	if (!ret && packet) {
		vmb_queue_add(&staged->queue, &packet->out, packet->restore_sent);
		trace_restored(restoring);
		restoring->view = NULL;
		restore->nr_packets++;
		return 0;
	}
	if (packet)
		staged->channel->vsp->discard_packet(staged->channel, packet);
	if (!ret)
		return fail_packet(restore, -ENOTRECOVERABLE,
				   "did not restore a packet and said it had");
	return fail_packet(restore, ret, "refused to restore a packet");
}

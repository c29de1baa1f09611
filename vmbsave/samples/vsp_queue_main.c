// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vsp_queue, a VSP with ten thousand packets in flight
 *
 * When traffic begins for the first time it sends all its packets; the library
 * queues those for which the ring has no room. Each packet has a state of its
 * own, which is saved with it and checked byte by byte when it comes back on
 * the other host, and a line in debugfs that says what became of it. Requests
 * of the guest are answered at once. How far the channel is, that is whether
 * the packets were sent, how many they are and how many requests were answered,
 * is saved as the channel's own state.
 *
 * A packet leaves in one of three ways: its completion routine is called; or
 * it is discarded, because its restore was undone or the channel went away; or
 * it could not be sent, and is destroyed where that is noticed.
 *
 * The parameters behind "packets" break it on purpose, for tests.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/vmbsave.h>
#include "vsp_queue.h"
#include "vsp_queue_packet.h"
#include "vsp_queue_progress.h"
#include "vsp_queue_record.h"

static unsigned int packets = 10000;
module_param(packets, uint, 0644);
MODULE_PARM_DESC(packets, "packets that a channel sends when traffic begins");

static char *fault = "";
module_param(fault, charp, 0444);
MODULE_PARM_DESC(fault, "after a restore: lose = forget one packet's completion routine, twice = send one packet again");

static unsigned int fail_opened;
module_param(fail_opened, uint, 0644);
MODULE_PARM_DESC(fail_opened, "the opened callback fails when it is called so many times more, 0 = off");

static unsigned int fail_save_at;
module_param(fail_save_at, uint, 0644);
MODULE_PARM_DESC(fail_save_at, "sequence number of a packet whose save fails, 0 = off");

static unsigned int fail_restore_at;
module_param(fail_restore_at, uint, 0644);
MODULE_PARM_DESC(fail_restore_at, "sequence number of a packet whose restore fails, 0 = off");

static unsigned int grow_at;
module_param(grow_at, uint, 0644);
MODULE_PARM_DESC(grow_at, "sequence number of a packet whose state grows between the passes of a save, 0 = off");

static bool fault_is(const char *name)
{
	return !strcmp(fault, name);
}

static void packet_done(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	struct vsp_queue_packet *mine = vmb_packet_get_pointer(packet);
	struct vsp_queue_record *record = mine->queue->record;

	vsp_queue_record_completed(record, mine->sequence, status);
	if (!status && !vsp_queue_answered(buf, len, mine->sequence))
		vsp_queue_record_add(record, VSP_QUEUE_WRONG_ANSWERS, 1);

	vsp_queue_packet_destroy(mine);
}

static int queue_send(struct vsp_queue *queue, u64 sequence, u64 total)
{
	u8 buf[VSP_QUEUE_PAYLOAD_MAX] __aligned(8);
	struct vsp_queue_packet *packet;
	int err;

	err = vsp_queue_record_prepare(queue->record, sequence);
	if (err)
		return err;

	packet = vsp_queue_packet_create(queue, sequence);
	if (IS_ERR(packet))
		return PTR_ERR(packet);

	vmb_packet_set_completion_routine(packet->packet, packet_done);
	err = vmb_packet_send(packet->packet, buf, vsp_queue_payload_write(buf, sequence, total),
			      VMB_PACKET_WAIT_FOR_COMPLETION);
	if (err) {
		vsp_queue_packet_destroy(packet);
		return err;
	}

	/* The packet may be gone by now. */
	vsp_queue_record_sent(queue->record, sequence);
	return 0;
}

static void queue_send_all(struct vsp_queue *queue)
{
	u64 total = min_t(u64, READ_ONCE(packets), VSP_QUEUE_PACKETS_MAX);
	u64 sequence;
	int err;

	queue->progress.now.sent = true;
	queue->progress.now.total = total;
	for (sequence = 1; sequence <= total; sequence++) {
		err = queue_send(queue, sequence, total);
		if (err) {
			dev_err_ratelimited(vmb_channel_device(queue->channel),
					    "packet %llu of %llu cannot be sent: %pe\n",
					    sequence, total, ERR_PTR(err));
			return;
		}
		cond_resched();
	}
}

static void queue_send_again(struct vsp_queue *queue)
{
	int err = queue_send(queue, queue->first_restored, queue->progress.now.total);

	if (err)
		dev_err_ratelimited(vmb_channel_device(queue->channel),
				    "packet %llu cannot be sent again: %pe\n",
				    queue->first_restored, ERR_PTR(err));
}

static void queue_adopt(struct vsp_queue *queue)
{
	struct vsp_queue_progress_pair *progress = &queue->progress;

	if (!vsp_queue_progress_adopt(progress))
		return;
	vsp_queue_record_add(queue->record, VSP_QUEUE_CHANNEL_STATES, 1);
	vsp_queue_record_add(queue->record, VSP_QUEUE_REQUESTS_BEFORE, progress->now.requests);
}

static void queue_started(struct vmb_channel *channel)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(channel);
	bool first = !queue->began;

	queue->began = true;
	queue_adopt(queue);
	if (!queue->progress.now.sent)
		queue_send_all(queue);
	else if (first && fault_is("twice") && queue->first_restored)
		queue_send_again(queue);
}

static int queue_opened(struct vmb_channel *channel)
{
	queue_adopt(vmb_channel_get_pointer(channel));
	return fail_opened && !--fail_opened ? -EIO : 0;
}

static void queue_process_packet(struct vmb_channel *channel,
				 struct vmb_packet_completion *packet,
				 const void *buf, u32 len)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(channel);

	queue->progress.now.requests++;
	vmb_packet_complete(packet, buf, len);
	vsp_queue_record_add(queue->record, VSP_QUEUE_REQUESTS, 1);
}

/* With grow_at the first pass claims less than the second one finds. */
static int queue_save_packet(struct vmb_save_packet *args)
{
	struct vsp_queue_packet *packet = vmb_packet_get_pointer(args->packet);

	if (fail_save_at && packet->sequence == fail_save_at)
		return -EIO;

	args->needed = packet->state_bytes;
	if (!args->size && args->needed && grow_at && packet->sequence == grow_at)
		args->needed--;
	if (args->size < args->needed) {
		if (args->size)
			vsp_queue_record_add(packet->queue->record, VSP_QUEUE_STATES_GROWN, 1);
		return -ENOBUFS;
	}

	if (args->needed)
		memcpy(args->buf, packet->state, args->needed);
	return 0;
}

static void restored_count(struct vsp_queue_record *record, const struct vsp_queue_packet *packet)
{
	vsp_queue_record_restored(record, packet->sequence);
	if (!packet->state_bytes) {
		vsp_queue_record_add(record, VSP_QUEUE_STATELESS, 1);
		return;
	}
	vsp_queue_record_add(record, VSP_QUEUE_STATES_UNCHANGED, 1);
	vsp_queue_record_add(record, VSP_QUEUE_STATE_BYTES, packet->state_bytes);
}

/*
 * Makes a restored packet ours again. On failure it is left to
 * .discard_packet, because it is staged already. A packet without a state
 * knows its number by its transaction id: nothing else is sent here.
 */
static int packet_adopt(struct vsp_queue *queue, struct vsp_queue_packet *packet)
{
	int err;

	if (!packet->sequence) {
		packet->sequence = vmb_packet_transaction_id(packet->packet);
		err = vsp_queue_stateless_check(packet->sequence);
		if (err) {
			vsp_queue_record_add(queue->record, VSP_QUEUE_STATES_CHANGED, 1);
			return err;
		}
	}
	if (!vsp_queue_progress_has(&queue->progress, packet->sequence))
		return -EUCLEAN;
	if (fail_restore_at && packet->sequence == fail_restore_at)
		return -EIO;

	err = vsp_queue_record_prepare(queue->record, packet->sequence);
	if (err)
		return err;

	if (!fault_is("lose") || queue->first_restored)
		vmb_packet_set_completion_routine(packet->packet, packet_done);
	if (!queue->first_restored)
		queue->first_restored = packet->sequence;
	restored_count(queue->record, packet);
	return 0;
}

static int queue_restore_packet(const struct vmb_restore_packet *args)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(args->channel);
	struct vsp_queue_packet *packet;
	u64 sequence = 0;
	int err;

	if (args->vsp_size) {
		err = vsp_queue_state_check(args->vsp_buf, args->vsp_size, 0, &sequence);
		if (err) {
			vsp_queue_record_add(queue->record, VSP_QUEUE_STATES_CHANGED, 1);
			return err;
		}
	}

	packet = vsp_queue_packet_create(queue, sequence);
	if (IS_ERR(packet))
		return PTR_ERR(packet);

	err = vmb_packet_restore(packet->packet, args->lib_buf, args->lib_size);
	if (err) {
		vsp_queue_packet_destroy(packet);
		return err;
	}
	return packet_adopt(queue, packet);
}

static void queue_discard_packet(struct vmb_channel *channel, struct vmb_packet *packet)
{
	struct vsp_queue_packet *mine = vmb_packet_get_pointer(packet);

	vsp_queue_record_discarded(mine->queue->record, mine->sequence);
	vsp_queue_packet_destroy(mine);
}

static int queue_save_state(struct vmb_save_state *args)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(args->channel);

	return vsp_queue_progress_save(&queue->progress, args);
}

static int queue_restore_state(const struct vmb_restore_state *args)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(args->channel);

	return vsp_queue_progress_restore(&queue->progress, args);
}

static void queue_discard_state(struct vmb_channel *channel)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(channel);

	vsp_queue_progress_discard(&queue->progress);
	vsp_queue_record_add(queue->record, VSP_QUEUE_CHANNEL_STATES_DISCARDED, 1);
}

static int queue_probe(struct vmb_channel *channel)
{
	struct vsp_queue *queue;
	int err;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue)
		return -ENOMEM;

	queue->channel = channel;
	mutex_init(&queue->lock);
	INIT_LIST_HEAD(&queue->packets);
	queue->record = vsp_queue_record_create(dev_name(vmb_channel_device(channel)));
	if (!queue->record) {
		err = -ENOMEM;
		goto err_free;
	}
	vmb_channel_set_pointer(channel, queue);

	err = vmb_channel_init_set_max_packet_size(channel, VSP_QUEUE_PACKET_MAX);
	if (err)
		goto err_free;

	err = vmb_channel_enable(channel);
	if (err)
		goto err_free;

	err = vmb_channel_start(channel);
	if (err)
		goto err_disable;

	return 0;

err_disable:
	vmb_channel_disable(channel);
err_free:
	vmb_channel_set_pointer(channel, NULL);
	kfree(queue);
	return err;
}

static void queue_remove(struct vmb_channel *channel)
{
	struct vsp_queue *queue = vmb_channel_get_pointer(channel);
	struct vsp_queue_packet *packet, *next;

	/* A packet without our routine: the default one has freed its half. */
	list_for_each_entry_safe(packet, next, &queue->packets, node) {
		packet->packet = NULL;
		vsp_queue_packet_destroy(packet);
	}
	mutex_destroy(&queue->lock);
	kfree(queue);
}

static const struct vmb_vsp_id queue_ids[] = {
	{ .type = VSP_QUEUE_TYPE },
	{ }
};

static struct vmb_vsp queue_vsp = {
	.name = "vsp_queue",
	.id_table = queue_ids,
	.probe = queue_probe,
	.remove = queue_remove,
	.opened = queue_opened,
	.started = queue_started,
	.process_packet = queue_process_packet,
	.save_packet = queue_save_packet,
	.restore_packet = queue_restore_packet,
	.discard_packet = queue_discard_packet,
	.save_state = queue_save_state,
	.restore_state = queue_restore_state,
	.discard_state = queue_discard_state,
	.state_version = VSP_QUEUE_PROGRESS_VERSION,
	.state_min_version = VSP_QUEUE_PROGRESS_MIN_VERSION,
};

static int __init queue_init(void)
{
	int err;

	vsp_queue_records_init("vsp_queue");
	err = vmb_vsp_register(&queue_vsp);
	if (err)
		vsp_queue_records_exit();
	return err;
}

static void __exit queue_exit(void)
{
	vmb_vsp_unregister(&queue_vsp);
	vsp_queue_records_exit();
}

module_init(queue_init);
module_exit(queue_exit);

MODULE_DESCRIPTION("Sample VSP: many packets in flight, each with a state of its own");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
VMB_MODULE_ALIAS(VSP_QUEUE_TYPE_STRING);

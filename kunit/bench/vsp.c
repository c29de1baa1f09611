// SPDX-License-Identifier: GPL-2.0-only
#include <linux/align.h>
#include <linux/err.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmbsave.h>

#include "bench.h"

/*
 * The least that a VSP can be. A packet and its private state are one piece of
 * memory, and nothing else is kept of it, so that what is measured is the
 * library and not its client.
 */

#define TYPE GUID_INIT(0x5be3a1f0, 0x6d1e, 0x4b7d, \
		       0x9a, 0x11, 0x3c, 0x0f, 0x82, 0x5e, 0x77, 0x02)

static const struct vmb_vsp_id ids[] = { { TYPE }, {} };

/* Objects of packet_bytes and behind them state_bytes */
static struct kmem_cache *cache;
static u32 packet_bytes;
static u32 state_bytes;

/* Sent on each channel when it is open */
static u32 packets_each;

/* Payload of each packet, and the most that the channel allows */
static u32 payload_bytes;
static u8 payload[BENCH_PAYLOAD_MAX];

static void *state_of(struct vmb_packet *packet)
{
	return (u8 *)packet + packet_bytes;
}

static void packet_free(struct vmb_packet *packet)
{
	vmb_packet_free(packet);
	kmem_cache_free(cache, packet);
}

static void packet_done(struct vmb_packet *packet, int status, const void *buf, u32 len)
{
	packet_free(packet);
}

static struct vmb_packet *packet_create(struct vmb_channel *channel)
{
	void *memory = kmem_cache_alloc(cache, GFP_KERNEL);
	struct vmb_packet *packet;

	if (!memory)
		return ERR_PTR(-ENOMEM);
	packet = vmb_packet_initialize(channel, memory, packet_bytes);
	if (IS_ERR(packet)) {
		kmem_cache_free(cache, memory);
		return packet;
	}
	vmb_packet_set_completion_routine(packet, packet_done);
	return packet;
}

/* How large a packet is can be asked of a channel alone. */
static int make_cache(struct vmb_channel *channel)
{
	if (cache)
		return 0;
	packet_bytes = ALIGN(vmb_channel_sizeof_packet(channel), 8);
	cache = kmem_cache_create("vmbsave_bench", packet_bytes + state_bytes, 8, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

static int vsp_probe(struct vmb_channel *channel)
{
	int ret = vmb_channel_init_set_max_packet_size(channel, payload_bytes);

	ret = ret ?: make_cache(channel);
	ret = ret ?: vmb_channel_enable(channel);
	return ret ?: vmb_channel_start(channel);
}

/* Once, and not again on the host that it moves to. */
static void vsp_started(struct vmb_channel *channel)
{
	u32 i;

	if (vmb_channel_was_restored(channel) || vmb_channel_get_pointer(channel))
		return;
	vmb_channel_set_pointer(channel, &vsp_started);
	for (i = 0; i < packets_each; i++)
		if (IS_ERR(bench_vsp_send(channel, VMB_PACKET_WAIT_FOR_COMPLETION)))
			break;
}

static void vsp_process_packet(struct vmb_channel *channel,
			       struct vmb_packet_completion *packet, const void *buf,
			       u32 len)
{
	vmb_packet_complete(packet, buf, len);
}

static int vsp_save_packet(struct vmb_save_packet *args)
{
	args->needed = state_bytes;
	if (args->size < state_bytes)
		return -ENOBUFS;
	memcpy(args->buf, state_of(args->packet), state_bytes);
	return 0;
}

static int vsp_restore_packet(const struct vmb_restore_packet *args)
{
	struct vmb_packet *packet;
	int ret;

	if (args->vsp_size != state_bytes)
		return -EINVAL;
	packet = packet_create(args->channel);
	if (IS_ERR(packet))
		return PTR_ERR(packet);
	ret = vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	if (ret) {
		packet_free(packet);
		return ret;
	}
	memcpy(state_of(packet), args->vsp_buf, state_bytes);
	return 0;
}

static void vsp_discard_packet(struct vmb_channel *channel, struct vmb_packet *packet)
{
	packet_free(packet);
}

static struct vmb_vsp vsp = {
	.name = "vmbsave_bench",
	.id_table = ids,
	.probe = vsp_probe,
	.started = vsp_started,
	.process_packet = vsp_process_packet,
	.save_packet = vsp_save_packet,
	.restore_packet = vsp_restore_packet,
	.discard_packet = vsp_discard_packet,
};

/**
 * bench_vsp_register() - be a VSP
 * @state: private state of each packet, bytes
 * @hint: say so to the library before it asks
 * @bytes: payload of each, at most BENCH_PAYLOAD_MAX
 * @packets: sent on each channel once it is open
 * Return: as vmb_vsp_register().
 */
int bench_vsp_register(u32 state, bool hint, u32 bytes, u32 packets)
{
	if (bytes > BENCH_PAYLOAD_MAX)
		return -EINVAL;
	state_bytes = state;
	vsp.packet_state_bytes = hint ? state : 0;
	payload_bytes = bytes;
	packets_each = packets;
	return vmb_vsp_register(&vsp);
}

/**
 * bench_vsp_unregister() - undo bench_vsp_register()
 *
 * Its channels are gone.
 */
void bench_vsp_unregister(void)
{
	vmb_vsp_unregister(&vsp);
	kmem_cache_destroy(cache);
	cache = NULL;
}

/**
 * bench_vsp_send() - send a packet
 * @channel: the channel
 * @flags: VMB_PACKET_*
 * Return: the packet, for bench_vsp_state(), or ERR_PTR.
 */
struct vmb_packet *bench_vsp_send(struct vmb_channel *channel, u32 flags)
{
	struct vmb_packet *packet = packet_create(channel);
	int ret;

	if (IS_ERR(packet))
		return packet;
	memset(state_of(packet), 0x5a, state_bytes);
	ret = vmb_packet_send(packet, payload, payload_bytes, flags);
	if (!ret)
		return packet;
	packet_free(packet);
	return ERR_PTR(ret);
}

/**
 * bench_vsp_state() - the private state of a packet
 * @packet: in flight
 * Return: where it is.
 */
const void *bench_vsp_state(struct vmb_packet *packet)
{
	return state_of(packet);
}

/**
 * bench_vsp_identity() - the identity of a channel that is for this VSP
 * @identity: set
 * @instance: which one
 */
void bench_vsp_identity(struct vmb_channel_identity *identity, u32 instance)
{
	*identity = (struct vmb_channel_identity) {
		.type = TYPE,
		.instance = GUID_INIT(0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
	};
	memcpy(identity->instance.b + 12, &instance, sizeof(instance));
}

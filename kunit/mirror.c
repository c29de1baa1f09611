// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "helpers.h"
#include "scene.h"

/* A VSP that is cheap enough to be restored some ten thousand times. */

/**
 * struct mirrored - the state of one packet or channel
 * @bytes: length of @state
 * @state: as it was saved
 */
struct mirrored {
	u32 bytes;
	u8 state[];
};

static void host_signal(struct vmb_channel_host *host)
{
}

static void host_release(struct vmb_channel_host *host)
{
}

static struct vmb_channel_host host = {
	.signal = host_signal,
	.release = host_release,
};

static int mirror_probe(struct vmb_channel *channel)
{
	return vmb_channel_init_set_max_packet_size(channel,
						    VMB_TEST_SCENE_MAX_PACKET) ?:
	       vmb_channel_enable(channel) ?: vmb_channel_start(channel);
}

static void mirror_process_packet(struct vmb_channel *channel,
				  struct vmb_packet_completion *packet,
				  const void *buf, u32 len)
{
	vmb_packet_complete(packet, buf, len);
}

static void free_packet(struct vmb_packet *packet)
{
	kvfree(vmb_packet_get_pointer(packet));
	vmb_packet_free(packet);
}

static void packet_done(struct vmb_packet *packet, int status, const void *buf,
			u32 len)
{
	free_packet(packet);
}

static int mirror_save_packet(struct vmb_save_packet *args)
{
	const struct mirrored *mine = vmb_packet_get_pointer(args->packet);

	args->needed = mine->bytes;
	if (args->size < mine->bytes)
		return -ENOBUFS;
	if (mine->bytes)
		memcpy(args->buf, mine->state, mine->bytes);
	return 0;
}

static int mirror_restore_packet(const struct vmb_restore_packet *args)
{
	struct vmb_packet *packet = vmb_packet_allocate(args->channel);
	struct mirrored *mine;
	int ret = -ENOMEM;

	if (IS_ERR(packet))
		return PTR_ERR(packet);
	mine = kvmalloc(struct_size(mine, state, args->vsp_size), GFP_KERNEL);
	vmb_packet_set_pointer(packet, mine);
	vmb_packet_set_completion_routine(packet, packet_done);
	if (mine) {
		mine->bytes = args->vsp_size;
		if (mine->bytes)
			memcpy(mine->state, args->vsp_buf, mine->bytes);
		ret = vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	}
	if (ret)
		free_packet(packet);
	return ret;
}

static void mirror_discard_packet(struct vmb_channel *channel,
				  struct vmb_packet *packet)
{
	free_packet(packet);
}

static int mirror_save_state(struct vmb_save_state *args)
{
	const struct mirrored *mine = vmb_channel_get_pointer(args->channel);

	args->needed = mine ? mine->bytes : 0;
	if (args->size < args->needed)
		return -ENOBUFS;
	if (args->needed)
		memcpy(args->buf, mine->state, args->needed);
	return 0;
}

static int mirror_restore_state(const struct vmb_restore_state *args)
{
	struct mirrored *mine = kvmalloc(struct_size(mine, state, args->size), GFP_KERNEL);

	if (!mine)
		return -ENOMEM;
	mine->bytes = args->size;
	if (args->size)
		memcpy(mine->state, args->buf, args->size);
	vmb_channel_set_pointer(args->channel, mine);
	return 0;
}

static void mirror_discard_state(struct vmb_channel *channel)
{
	kvfree(vmb_channel_get_pointer(channel));
	vmb_channel_set_pointer(channel, NULL);
}

static const struct vmb_vsp mirror_callbacks = {
	.probe = mirror_probe,
	.process_packet = mirror_process_packet,
	.save_packet = mirror_save_packet,
	.restore_packet = mirror_restore_packet,
	.discard_packet = mirror_discard_packet,
	.save_state = mirror_save_state,
	.restore_state = mirror_restore_state,
	.discard_state = mirror_discard_state,
	.remove = mirror_discard_state,
	.state_version = VMB_TEST_SCENE_VERSION,
	.state_min_version = VMB_TEST_SCENE_VERSION,
};

static struct vmb_test_vsp *register_vsp(struct kunit *test, const guid_t *type)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	vsp->vsp = mirror_callbacks;
	vsp->vsp.name = vsp->name;
	vsp->vsp.id_table = vsp->ids;
	vsp->ids[0].type = *type;
	KUNIT_ASSERT_EQ(test, vmb_vsp_register(&vsp->vsp), 0);
	vsp->registered = true;
	return vsp;
}

static void offer(struct vmb_test_mirror *mirror, u32 i)
{
	struct vmb_channel *channel =
		vmb_test_offer(mirror->machine, mirror->vsp, i + 1);

	KUNIT_ASSERT_EQ(mirror->test, PTR_ERR_OR_ZERO(channel), 0);
	vmb_channel_set_host(channel, &host);
	mirror->channels[i] = channel;
	/* The bus has a reference of its own, which is enough here. */
	vmb_channel_put(channel);
}

/**
 * vmb_test_mirror_create() - a destination for a scene
 * @scene: what was saved; its bus is destroyed, its RAM stays
 * @nr: how many of its channels, the first ones
 * Return: the mirror; on failure the case ends.
 */
struct vmb_test_mirror *vmb_test_mirror_create(struct vmb_test_scene *scene,
					       u32 nr)
{
	struct kunit *test = scene->machine->test;
	struct vmb_test_mirror *mirror = vmb_test_alloc(test, sizeof(*mirror));
	u32 i;

	mirror->test = test;
	mirror->nr = nr;
	mirror->machine = vmb_test_machine_create_sized(test, VMB_TEST_SCENE_PAGES);
	vmb_test_machine_copy_ram(mirror->machine, scene->machine);
	vmb_test_machine_destroy(scene->machine);
	vmb_test_vsp_unregister(scene->vsp);
	mirror->vsp = register_vsp(test, &scene->vsp->ids[0].type);
	for (i = 0; i < nr; i++)
		offer(mirror, i);
	return mirror;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_mirror_create);

/**
 * vmb_test_mirror_renew() - channels like those at the beginning
 * @mirror: the mirror, in STOP
 */
void vmb_test_mirror_renew(struct vmb_test_mirror *mirror)
{
	u32 i;

	for (i = 0; i < mirror->nr; i++) {
		KUNIT_ASSERT_EQ(mirror->test,
				vmb_bus_rescind(mirror->machine->bus,
						mirror->channels[i]->id), 0);
		offer(mirror, i);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_mirror_renew);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the setters have said, and how it reaches the native channel: item by
 * item, whether it is said now or replayed.
 */
#include <linux/errno.h>

#include "kmcl.h"

static int apply_max_packet(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_init_set_max_packet_size(native, config->max_packet);
}

static int apply_external(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_init_set_max_external_data(native, config->external_bytes,
						      config->external_ranges);
}

static int apply_context(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_init_set_client_context_size(native, config->context +
							sizeof(struct vmb_kmcl_context));
}

static int apply_name(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_init_set_friendly_name(native, config->name);
}

static int apply_flags(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_init_set_flags(native, config->flags);
}

static int apply_offer_flags(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_server_channel_init_set_flags(native, config->offer_flags);
}

static int apply_mmio(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_server_channel_init_set_mmio_megabytes(native, config->mmio,
							  config->mmio_optional);
}

static int apply_identity(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_server_channel_init_set_target_interface_id(native, &config->type,
							       &config->instance, 0);
}

static int apply_vtl(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_server_channel_init_set_target_vtl(native, config->vtl);
}

static int apply_rings(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_client_channel_init_set_ring_page_count(native, config->rings_in,
							   config->rings_out);
}

static int apply_target(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_client_channel_init_set_target(native, &config->type,
						  config->any_instance ? NULL : &config->instance,
						  config->failure ? vmb_kmcl_target_failed : NULL);
}

static int apply_passive(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	vmb_channel_set_incoming_in_process_context(native, config->passive);
	return 0;
}

static int apply_quota(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	return vmb_channel_set_transaction_quota(native, config->quota);
}

static int (* const appliers[])(struct vmb_channel *native,
				const struct vmb_kmcl_config *config) = {
	[VMB_KMCL_MAX_PACKET] = apply_max_packet,
	[VMB_KMCL_EXTERNAL] = apply_external,
	[VMB_KMCL_CONTEXT] = apply_context,
	[VMB_KMCL_NAME] = apply_name,
	[VMB_KMCL_FLAGS] = apply_flags,
	[VMB_KMCL_OFFER_FLAGS] = apply_offer_flags,
	[VMB_KMCL_MMIO] = apply_mmio,
	[VMB_KMCL_IDENTITY] = apply_identity,
	[VMB_KMCL_VTL] = apply_vtl,
	[VMB_KMCL_RINGS] = apply_rings,
	[VMB_KMCL_TARGET] = apply_target,
	[VMB_KMCL_PASSIVE] = apply_passive,
	[VMB_KMCL_QUOTA] = apply_quota,
};

static_assert(ARRAY_SIZE(appliers) == VMB_KMCL_NR_ITEMS);

/**
 * vmb_kmcl_config_replay() - tell a fresh native channel what was remembered
 * @native: Disabled
 * @config: what was remembered
 *
 * Context: process context.
 * Return: 0, or the errno of the first item that was refused.
 */
int vmb_kmcl_config_replay(struct vmb_channel *native, const struct vmb_kmcl_config *config)
{
	/* Our own part of the context is needed in any case. */
	u32 items = config->set | BIT(VMB_KMCL_CONTEXT);
	int ret, i;

	for (i = 0; i < VMB_KMCL_NR_ITEMS; i++) {
		ret = items & BIT(i) ? appliers[i](native, config) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * vmb_kmcl_config_set() - remember an item, and say it if there is whom to say it to
 * @channel: the channel
 * @item: which
 * @config: the channel's, with that item changed
 *
 * Context: process context.
 * Return: STATUS_SUCCESS, or nothing changed: as vmb_kmcl_setter_status().
 */
NTSTATUS vmb_kmcl_config_set(struct vmb_kmcl_channel *channel, enum vmb_kmcl_item item,
			     const struct vmb_kmcl_config *config)
{
	int ret = channel->native ? appliers[item](channel->native, config) : 0;

	if (ret)
		return vmb_kmcl_setter_status(ret);
	channel->config = *config;
	channel->config.set |= BIT(item);
	return STATUS_SUCCESS;
}

/**
 * vmb_kmcl_configurable() - may a setter of ours change something?
 * @channel: the channel
 *
 * Asks by saying again what holds anyway, so that there is one judge of it.
 *
 * Context: process context.
 * Return: STATUS_SUCCESS or STATUS_INVALID_PARAMETER_1.
 */
NTSTATUS vmb_kmcl_configurable(struct vmb_kmcl_channel *channel)
{
	if (!channel->native)
		return STATUS_SUCCESS;
	return vmb_kmcl_setter_status(apply_flags(channel->native, &channel->config));
}

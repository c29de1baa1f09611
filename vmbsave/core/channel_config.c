// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/string.h>
#include <linux/vmb_config.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"

/*
 * What is set while a channel is Disabled. Each setter looks at its values
 * first, so that a wrong one is answered alike in all states.
 */

/* Private room in an incoming packet, bytes */
#define CONTEXT_BYTES_MAX	4096

#define SERVER_FLAGS							\
	(VMB_SERVER_INIT_LOOPBACK_OFFER |				\
	 VMB_SERVER_INIT_ENUMERATE_DEVICE_INTERFACE |			\
	 VMB_SERVER_INIT_OFFER_AS_PIPE |				\
	 VMB_SERVER_INIT_FORCE_NEW_CHANNEL |				\
	 VMB_SERVER_INIT_TLNPI_PROVIDER_OFFER)

/**
 * vmb_channel_config_begin() - become the one who may configure a channel
 * @channel: the channel
 *
 * Context: process context, may sleep.
 * Return: 0, then vmb_channel_control_end() must follow; or -EBADFD (not
 * Disabled), -EDEADLK (inside a callback), -ENODEV (gone), -EBUSY (a session
 * has it).
 */
int vmb_channel_config_begin(struct vmb_channel *channel)
{
	int ret = vmb_channel_control_begin(channel, 0);

	if (ret || channel->state == VMB_CHANNEL_DISABLED)
		return ret;
	vmb_channel_control_end(channel);
	return -EBADFD;
}

int vmb_channel_init_set_max_packet_size(struct vmb_channel *channel, u32 bytes)
{
	int ret;

	if (!bytes || bytes > VMB_PACKET_BYTES_MAX)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	WRITE_ONCE(channel->max_packet, bytes);
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_init_set_max_packet_size, VMBSAVE_NS);

int vmb_channel_init_set_max_external_data(struct vmb_channel *channel,
					   u32 bytes, u32 ranges)
{
	int ret;

	if (!bytes || !ranges)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	WRITE_ONCE(channel->config.max_external_bytes, bytes);
	channel->config.max_external_ranges = ranges;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_init_set_max_external_data, VMBSAVE_NS);

int vmb_channel_init_set_client_context_size(struct vmb_channel *channel,
					     u32 bytes)
{
	int ret;

	if (bytes > CONTEXT_BYTES_MAX)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->config.context_bytes = bytes;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_init_set_client_context_size, VMBSAVE_NS);

int vmb_channel_init_set_friendly_name(struct vmb_channel *channel,
				       const char *name)
{
	char cut[VMB_FRIENDLY_NAME_BYTES];
	const char *c;
	int ret;

	if (!name)
		return -EINVAL;
	for (c = name; *c; c++)
		if (!isascii(*c) || !isprint(*c))
			return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	strscpy_pad(cut, name, sizeof(cut));
	/* Read without the turn: the last byte never stops to be a NUL. */
	memcpy(channel->config.name, cut, sizeof(cut));
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_init_set_friendly_name, VMBSAVE_NS);

int vmb_channel_init_set_flags(struct vmb_channel *channel, u32 flags)
{
	int ret;

	if (flags & ~VMB_CHANNEL_INIT_IS_PIPE)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	WRITE_ONCE(channel->config.flags, flags);
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_init_set_flags, VMBSAVE_NS);

int vmb_server_channel_init_set_flags(struct vmb_channel *channel, u32 flags)
{
	int ret;

	if (!channel->server || flags & ~SERVER_FLAGS)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->config.server_flags = flags;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_server_channel_init_set_flags, VMBSAVE_NS);

int vmb_server_channel_init_set_mmio_megabytes(struct vmb_channel *channel,
					       u16 megabytes, u16 optional)
{
	int ret;

	if (!channel->server || (!megabytes && !optional))
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->config.mmio_megabytes = megabytes;
	channel->config.mmio_optional = optional;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_server_channel_init_set_mmio_megabytes, VMBSAVE_NS);

int vmb_server_channel_init_set_target_interface_id(struct vmb_channel *channel,
						    const guid_t *type,
						    const guid_t *instance,
						    u16 subchannel)
{
	int ret;

	if (!channel->server || !channel->owned || !type || !instance ||
	    guid_is_null(type))
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->identity.type = *type;
	channel->identity.instance = *instance;
	channel->identity.subchannel = subchannel;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_server_channel_init_set_target_interface_id, VMBSAVE_NS);

int vmb_server_channel_init_set_target_vtl(struct vmb_channel *channel, u8 vtl)
{
	int ret;

	if (!channel->server || vtl > VMB_VTL_MAX)
		return -EINVAL;
	ret = vmb_channel_config_begin(channel);
	if (ret)
		return ret;
	channel->config.target_vtl = vtl;
	vmb_channel_control_end(channel);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_server_channel_init_set_target_vtl, VMBSAVE_NS);

/**
 * vmb_channel_friendly_name() - what vmb_channel_init_set_friendly_name() set
 * @channel: the channel
 *
 * Context: any.
 * Return: the name, empty if none was set; lives as long as the channel.
 */
const char *vmb_channel_friendly_name(const struct vmb_channel *channel)
{
	return channel->config.name;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_friendly_name, VMBSAVE_NS);

/**
 * vmb_channel_is_server() - which end of a channel is it?
 * @channel: the channel
 *
 * Context: any.
 * Return: true for the server's end, false for a client's.
 */
bool vmb_channel_is_server(const struct vmb_channel *channel)
{
	return channel->server;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_is_server, VMBSAVE_NS);

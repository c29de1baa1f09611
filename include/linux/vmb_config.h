/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_CONFIG_H
#define _LINUX_VMB_CONFIG_H

#include <linux/bits.h>
#include <linux/types.h>
#include <linux/uuid.h>

struct vmb_bus;
struct vmb_channel;

/*
 * The setters of a channel's configuration. All are legal while the channel is
 * Disabled and in no other state; on Windows too, where the pages have it the
 * wrong way round. Unless it says otherwise each
 *
 * Context: process context.
 * Return: 0, or nothing changed: -EINVAL (a value), -EBADFD (not Disabled),
 * -EBUSY (being saved or restored), -EDEADLK (inside a callback), -ENODEV.
 */

/* Packets are framed as pipe messages: a type and a length before the bytes */
#define VMB_CHANNEL_INIT_IS_PIPE		BIT(0)

/* vmb_server_channel_init_set_flags(); all but FORCE_NEW are for the VMM */
#define VMB_SERVER_INIT_LOOPBACK_OFFER		BIT(0)
#define VMB_SERVER_INIT_ENUMERATE_DEVICE_INTERFACE BIT(1)
#define VMB_SERVER_INIT_OFFER_AS_PIPE		BIT(2)
#define VMB_SERVER_INIT_FORCE_NEW_CHANNEL	BIT(3)
#define VMB_SERVER_INIT_TLNPI_PROVIDER_OFFER	BIT(4)

/* What a packet's 16-bit length in units of 8 bytes leaves for the payload */
#define VMB_PACKET_BYTES_MAX	524256

/* Largest payload of a pipe message, bytes; its header of 8 bytes comes on top */
#define VMB_PIPE_BYTES_MAX	16384

/* Virtual trust levels that there can be: 0, 1, 2 */
#define VMB_VTL_MAX		2

/* Bytes of a friendly name with the NUL */
#define VMB_FRIENDLY_NAME_BYTES	64

/**
 * vmb_channel_init_set_max_packet_size() - largest payload in either direction
 * @channel: a disabled channel
 * @bytes: 1..%VMB_PACKET_BYTES_MAX
 *
 * VmbChannelInitSetMaximumPacketSize. 4096 if it is not called.
 * Context: process context.
 * Return: as above. A packet that was allocated before keeps the room that it
 * had.
 */
int vmb_channel_init_set_max_packet_size(struct vmb_channel *channel, u32 bytes);

/**
 * vmb_channel_init_set_max_external_data() - most that a packet may describe
 * @channel: a disabled channel
 * @bytes: of all its ranges together, not 0
 * @ranges: how many there may be, not 0; the length of the MDL chain on Windows
 *
 * VmbChannelInitSetMaximumExternalData. Without it a packet with external data
 * is refused as nonsense (-EOPNOTSUPP stops the traffic), and one that is over
 * a limit too (-EMSGSIZE).
 * Context: process context.
 * Return: as above.
 */
int vmb_channel_init_set_max_external_data(struct vmb_channel *channel,
					   u32 bytes, u32 ranges);

/**
 * vmb_channel_init_set_client_context_size() - private room in each incoming packet
 * @channel: a disabled channel
 * @bytes: 0..4096; at vmb_packet_completion_context(), zeroed for each packet
 *
 * VmbChannelInitSetClientContextSize.
 * Context: process context.
 * Return: as above.
 */
int vmb_channel_init_set_client_context_size(struct vmb_channel *channel,
					     u32 bytes);

/**
 * vmb_channel_init_set_friendly_name() - a name for people
 * @channel: a disabled channel
 * @name: cut to %VMB_FRIENDLY_NAME_BYTES - 1 bytes; copied. Printable ASCII.
 *
 * VmbChannelInitSetFriendlyName. Shown in messages and in sysfs; not saved.
 * Context: process context.
 * Return: as above.
 */
int vmb_channel_init_set_friendly_name(struct vmb_channel *channel,
				       const char *name);

/**
 * vmb_channel_init_set_flags() - flags that both ends have
 * @channel: a disabled channel
 * @flags: %VMB_CHANNEL_INIT_IS_PIPE or 0
 *
 * VmbChannelInitSetFlags. A pipe channel's payload is at most
 * %VMB_PIPE_BYTES_MAX, whatever its maximum packet size.
 * Context: process context.
 * Return: as above.
 */
int vmb_channel_init_set_flags(struct vmb_channel *channel, u32 flags);

/**
 * vmb_server_channel_init_set_flags() - flags of an offer
 * @channel: a disabled channel, the server's end
 * @flags: a set of VMB_SERVER_INIT_*
 *
 * VmbServerChannelInitSetFlags. FORCE_NEW_CHANNEL: after a restore the channel
 * is not what it was but on offer anew; nothing of it is saved but its
 * identity, and the VMM gets %VMBSAVE_EVENT_REOFFERED.
 * Context: process context.
 * Return: as above, -EINVAL also for a client's end.
 */
int vmb_server_channel_init_set_flags(struct vmb_channel *channel, u32 flags);

/**
 * vmb_server_channel_init_set_mmio_megabytes() - guest MMIO space to reserve
 * @channel: a disabled channel, the server's end
 * @megabytes: what it needs
 * @optional: what it could use besides; not both 0
 *
 * VmbServerChannelInitSetMmioMegabytes. The VMM sees it in
 * VMBSAVE_GET_CHANNEL and says in OPEN_CHANNEL what it has reserved.
 * Context: process context.
 * Return: as above.
 */
int vmb_server_channel_init_set_mmio_megabytes(struct vmb_channel *channel,
					       u16 megabytes, u16 optional);

/**
 * vmb_server_channel_init_set_target_interface_id() - what is offered
 * @channel: a disabled channel from vmb_channel_allocate()
 * @type: interface type, not the null GUID
 * @instance: interface instance
 * @subchannel: 0 = the primary one
 *
 * VmbServerChannelInitSetTargetInterfaceId. A channel that a bus has offered to
 * a VSP has its identity from the VMM: -EINVAL.
 * Context: process context.
 * Return: as above.
 */
int vmb_server_channel_init_set_target_interface_id(struct vmb_channel *channel,
						    const guid_t *type,
						    const guid_t *instance,
						    u16 subchannel);

/**
 * vmb_server_channel_init_set_target_vtl() - to whom in the guest it is offered
 * @channel: a disabled channel, the server's end
 * @vtl: virtual trust level, 0..%VMB_VTL_MAX; 0 if it is not called
 *
 * VmbServerChannelInitSetTargetVtl. For the VMM, in VMBSAVE_GET_CHANNEL.
 * Context: process context.
 * Return: as above.
 */
int vmb_server_channel_init_set_target_vtl(struct vmb_channel *channel, u8 vtl);

/**
 * vmb_client_channel_init_set_ring_page_count() - how large the rings are
 * @channel: a disabled channel, the client's end
 * @incoming: pages of data of the host-to-guest ring, 1..4096
 * @outgoing: pages of data of the guest-to-host ring, 1..4096
 *
 * VmbClientChannelInitSetRingBufferPageCount. A control page comes on top of
 * each. 4 and 4 if it is not called.
 * Context: process context.
 * Return: as above, -EINVAL also for a server's end.
 */
int vmb_client_channel_init_set_ring_page_count(struct vmb_channel *channel,
						u32 incoming, u32 outgoing);

/**
 * vmb_client_channel_init_set_target() - which offer to accept
 * @channel: a disabled channel, the client's end
 * @type: interface type, not the null GUID
 * @instance: interface instance; NULL = any of the type
 * @failure: Optional. An offer was found and then the connection failed with
 *	the errno given; the channel is Disabled. Process context, may sleep.
 *	(EvtVmbChannelPnpFailure)
 *
 * VmbClientChannelInitSetTargetPnp.
 * Context: process context.
 * Return: as above, -EINVAL also for a server's end.
 */
int vmb_client_channel_init_set_target(struct vmb_channel *channel,
				       const guid_t *type, const guid_t *instance,
				       void (*failure)(struct vmb_channel *channel,
						       int error));

#endif /* _LINUX_VMB_CONFIG_H */

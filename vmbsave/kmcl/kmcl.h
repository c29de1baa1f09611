/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KMCL_KMCL_H
#define _VMB_KMCL_KMCL_H

#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include <linux/vmb_kmcl.h>

/**
 * enum vmb_kmcl_item - what a setter sets, and what is replayed when the bus is known
 * @VMB_KMCL_MAX_PACKET: largest payload
 * @VMB_KMCL_EXTERNAL: limits of external data
 * @VMB_KMCL_CONTEXT: private room in incoming packets
 * @VMB_KMCL_NAME: friendly name
 * @VMB_KMCL_FLAGS: flags that both ends have
 * @VMB_KMCL_OFFER_FLAGS: flags of the offer
 * @VMB_KMCL_MMIO: MMIO space
 * @VMB_KMCL_IDENTITY: type and instance of the offer
 * @VMB_KMCL_VTL: virtual trust level
 * @VMB_KMCL_RINGS: size of a client's rings
 * @VMB_KMCL_TARGET: the offer that a client accepts
 * @VMB_KMCL_PASSIVE: where incoming packets are delivered
 * @VMB_KMCL_QUOTA: most incoming packets at once
 * @VMB_KMCL_NR_ITEMS: how many there are
 */
enum vmb_kmcl_item {
	VMB_KMCL_MAX_PACKET,
	VMB_KMCL_EXTERNAL,
	VMB_KMCL_CONTEXT,
	VMB_KMCL_NAME,
	VMB_KMCL_FLAGS,
	VMB_KMCL_OFFER_FLAGS,
	VMB_KMCL_MMIO,
	VMB_KMCL_IDENTITY,
	VMB_KMCL_VTL,
	VMB_KMCL_RINGS,
	VMB_KMCL_TARGET,
	VMB_KMCL_PASSIVE,
	VMB_KMCL_QUOTA,
	VMB_KMCL_NR_ITEMS
};

/**
 * struct vmb_kmcl_config - what the setters have said
 * @set: BIT() of each item that was set
 * @max_packet: bytes
 * @external_bytes: most bytes of external data
 * @external_ranges: longest chain of MDLs
 * @context: the driver's own bytes
 * @flags: VMBUS_CHANNEL_INIT_FLAG_*
 * @offer_flags: VMBUS_SERVER_CHANNEL_INIT_FLAG_*
 * @mmio: megabytes
 * @mmio_optional: megabytes
 * @vtl: virtual trust level
 * @any_instance: a client takes any offer of the type
 * @passive: incoming packets are wanted in process context
 * @rings_in: pages
 * @rings_out: pages
 * @quota: packets
 * @type: interface type, of the offer or of the target
 * @instance: interface instance
 * @failure: of a client, or NULL
 * @name: friendly name
 */
struct vmb_kmcl_config {
	u32 set;
	u32 max_packet;
	u32 external_bytes;
	u32 external_ranges;
	u32 context;
	u32 flags;
	u32 offer_flags;
	u16 mmio;
	u16 mmio_optional;
	u8 vtl;
	bool any_instance;
	bool passive;
	u32 rings_in;
	u32 rings_out;
	u32 quota;
	guid_t type;
	guid_t instance;
	PFN_VMB_CHANNEL_PNP_FAILURE failure;
	char name[VMB_FRIENDLY_NAME_BYTES];
};

/**
 * struct vmb_kmcl_channel - a VMBCHANNEL
 * @native: the channel; NULL until its bus is known, then it stays
 * @vsp: the callbacks that @native has: kmcl/callbacks.c
 * @server: which end
 * @pointer: the driver's
 * @process: EvtVmbChannelProcessPacket
 * @processing_complete: EvtVmbChannelProcessingComplete, or NULL
 * @save: EvtVmbChannelSavePacket, or NULL
 * @restore: EvtVmbChannelRestorePacket, NULL if @save is
 * @state: the others, each may be NULL
 * @restoring: the packet that the running @restore has restored so far
 * @config: what is replayed
 * @lock: protects @mappings
 * @mappings: struct vmb_kmcl_mapping
 */
struct vmb_kmcl_channel {
	struct vmb_channel *native;
	struct vmb_vsp vsp;
	bool server;
	void *pointer;
	PFN_VMB_CHANNEL_PROCESS_PACKET process;
	PFN_VMB_CHANNEL_PROCESSING_COMPLETE processing_complete;
	PFN_VMB_CHANNEL_SAVE_PACKET save;
	PFN_VMB_CHANNEL_RESTORE_PACKET restore;
	VMB_CHANNEL_STATE_CHANGE_CALLBACKS state;
	struct vmb_kmcl_packet *restoring;
	struct vmb_kmcl_config config;
	spinlock_t lock;	/* protects mappings */
	struct list_head mappings;
};

/**
 * struct vmb_kmcl_packet - a VMBPACKET
 * @channel: on which it is sent
 * @native: the packet, whose pointer leads back here
 * @routine: EvtVmbPacketCompletionRoutine; NULL = free it, if we allocated it
 * @pointer: the driver's
 * @ours: from VmbPacketAllocate(), else in the driver's memory
 * @in_use: sent or restored, and not retired
 * @staged: restored in the callback that is running
 *
 * In the driver's memory the native packet lies behind it.
 */
struct vmb_kmcl_packet {
	struct vmb_kmcl_channel *channel;
	struct vmb_packet *native;
	PFN_VMB_PACKET_COMPLETION_ROUTINE routine;
	void *pointer;
	bool ours;
	bool in_use;
	bool staged;
};

/**
 * struct vmb_kmcl_context - ours in an incoming packet, before what the driver asked for
 * @mdl: the packet's external data, once it was asked for
 */
struct vmb_kmcl_context {
	PMDL mdl;
} __aligned(8);

/* Room in an incoming packet that is left for the driver */
#define VMB_KMCL_CONTEXT_MAX	(4096 - (u32)sizeof(struct vmb_kmcl_context))

/* callbacks.c */
void vmb_kmcl_callbacks_choose(struct vmb_kmcl_channel *channel);
void vmb_kmcl_target_failed(struct vmb_channel *native, int error);

/* config.c */
int vmb_kmcl_config_replay(struct vmb_channel *native, const struct vmb_kmcl_config *config);
NTSTATUS vmb_kmcl_config_set(struct vmb_kmcl_channel *channel, enum vmb_kmcl_item item,
			     const struct vmb_kmcl_config *config);
NTSTATUS vmb_kmcl_configurable(struct vmb_kmcl_channel *channel);

/* gpadl.c */
void vmb_kmcl_mappings_drop(struct vmb_kmcl_channel *channel);

/* mdl.c */
PMDL vmb_kmcl_mdl_create(const struct vmb_page_range *ranges, u32 nr);
void vmb_kmcl_mdl_free(PMDL chain);
int vmb_kmcl_mdl_join(const MDL *chain, struct vmb_page_range *joined, gfp_t gfp);
void vmb_kmcl_mdl_unjoin(const MDL *chain, struct vmb_page_range *joined);

/* packet.c */
void vmb_kmcl_packet_retire(struct vmb_kmcl_packet *packet, NTSTATUS status, void *buf, u32 len);
struct vmb_kmcl_packet *vmb_kmcl_packet_of(struct vmb_packet *native);

/* status.c */
NTSTATUS vmb_kmcl_status(int result);
NTSTATUS vmb_kmcl_step_status(int result, NTSTATUS more);
NTSTATUS vmb_kmcl_setter_status(int result);
int vmb_kmcl_callback_result(NTSTATUS status);

/**
 * vmb_kmcl_check_void() - a call that returns nothing on Windows has failed
 * @call: its name
 * @result: what the call behind it returned
 *
 * A misuse is warned of once for each place; that a session has the channel is
 * said every time; that the channel is gone is no news.
 */
#define vmb_kmcl_check_void(call, result) \
do { \
	int __result = (result); \
	\
	WARN_ONCE(__result == -EDEADLK || __result == -EBADFD, "%s: %pe\n", call, \
		  ERR_PTR(__result)); \
	if (__result && __result != -EDEADLK && __result != -EBADFD && __result != -ENODEV) \
		pr_warn_ratelimited("%s has no effect: %pe\n", call, ERR_PTR(__result)); \
} while (0)

#endif /* _VMB_KMCL_KMCL_H */

// SPDX-License-Identifier: GPL-2.0-only
/*
 * GPADLs: the server maps what the client has lent. The native mapping is a
 * range of pages; the MDL that stands for it lives as long.
 */
#include <linux/err.h>
#include <linux/export.h>
#include <linux/list.h>
#include <linux/slab.h>

#include "kmcl.h"

/**
 * struct vmb_kmcl_mapping - a GPADL that the server has mapped
 * @node: in vmb_kmcl_channel.mappings
 * @gpadl: its handle
 * @mdl: what the driver has
 */
struct vmb_kmcl_mapping {
	struct list_head node;
	u32 gpadl;
	MDL mdl;
};

/**
 * vmb_kmcl_mappings_drop() - forget what the driver has not unmapped
 * @channel: closed, or going away; vmbsave undoes the mappings themselves
 * Context: process context.
 */
void vmb_kmcl_mappings_drop(struct vmb_kmcl_channel *channel)
{
	struct vmb_kmcl_mapping *mapping, *next;
	LIST_HEAD(mappings);

	scoped_guard(spinlock, &channel->lock)
		list_splice_init(&channel->mappings, &mappings);
	list_for_each_entry_safe(mapping, next, &mappings, node)
		kfree(mapping);
}

/**
 * VmbChannelMapGpadl() - get at a buffer that the client has lent
 * @Channel: the server's end, from EvtChannelOpened to EvtChannelClosed
 * @Flags: %VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY or 0
 * @GpadlHandle: from the client
 * @Mdl: set to one MDL, valid until VmbChannelUnmapGpadl(); pages alone, to be
 *	mapped by the driver
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, or nothing was mapped: STATUS_INVALID_PARAMETER_1
 * (NULL, or a client's end), _2 (@Flags), _4 (NULL),
 * STATUS_INVALID_DEVICE_STATE (not open), STATUS_NOT_FOUND, STATUS_DEVICE_BUSY
 * (mapped already, or the rings), STATUS_ACCESS_DENIED (it was lent read-only),
 * STATUS_NO_MEMORY, STATUS_DEVICE_REMOVED.
 */
NTSTATUS VmbChannelMapGpadl(VMBCHANNEL Channel, UINT32 Flags, UINT32 GpadlHandle, PMDL *Mdl)
{
	const struct vmb_page_range *range;
	struct vmb_kmcl_mapping *mapping;

	BUILD_BUG_ON(VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY != VMB_GPADL_READ_ONLY);
	if (!Channel || !Channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (Flags & ~VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY)
		return STATUS_INVALID_PARAMETER_2;
	if (!Mdl)
		return STATUS_INVALID_PARAMETER_4;
	if (!Channel->native)
		return STATUS_INVALID_DEVICE_STATE;
	mapping = kzalloc(sizeof(*mapping), GFP_KERNEL_ACCOUNT);
	if (!mapping)
		return STATUS_NO_MEMORY;

	range = vmb_channel_map_gpadl(Channel->native, Flags, GpadlHandle);
	if (IS_ERR(range)) {
		kfree(mapping);
		return vmb_kmcl_status(PTR_ERR(range));
	}
	mapping->gpadl = GpadlHandle;
	mapping->mdl.Range = *range;
	*Mdl = &mapping->mdl;
	guard(spinlock)(&Channel->lock);
	list_add(&mapping->node, &Channel->mappings);
	return STATUS_SUCCESS;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelMapGpadl, VMBSAVE_NS);

static struct vmb_kmcl_mapping *mapping_take(struct vmb_kmcl_channel *channel, u32 gpadl)
{
	struct vmb_kmcl_mapping *mapping;

	guard(spinlock)(&channel->lock);
	list_for_each_entry(mapping, &channel->mappings, node) {
		if (mapping->gpadl == gpadl) {
			list_del(&mapping->node);
			return mapping;
		}
	}
	return NULL;
}

/**
 * VmbChannelUnmapGpadl() - undo VmbChannelMapGpadl()
 * @Channel: the server's end
 * @GpadlHandle: a mapped GPADL; else it is a bug of the driver, warned of
 * Context: PASSIVE_LEVEL: process context.
 */
void VmbChannelUnmapGpadl(VMBCHANNEL Channel, UINT32 GpadlHandle)
{
	struct vmb_kmcl_mapping *mapping = mapping_take(Channel, GpadlHandle);

	if (WARN_ONCE(!mapping, "VmbChannelUnmapGpadl: %u is not mapped\n", GpadlHandle))
		return;
	vmb_channel_unmap_gpadl(Channel->native, GpadlHandle);
	kfree(mapping);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelUnmapGpadl, VMBSAVE_NS);

/* What both ways to lend check in the same arguments. */
static NTSTATUS check_lending(struct vmb_kmcl_channel *channel, u32 flags)
{
	if (!channel || channel->server)
		return STATUS_INVALID_PARAMETER_1;
	if (flags & ~VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY)
		return STATUS_INVALID_PARAMETER_2;
	return channel->native ? STATUS_SUCCESS : STATUS_INVALID_DEVICE_STATE;
}

/**
 * VmbChannelCreateGpadlFromBuffer() - lend a buffer to the server
 * @Channel: the client's end, from EvtChannelOpened to EvtChannelClosed
 * @Flags: %VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY or 0
 * @Buffer: kernel memory; stays until VmbChannelDeleteGpadl() or the close
 * @ByteCount: bytes at @Buffer
 * @GpadlHandle: set to the handle
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, or nothing was lent: STATUS_INVALID_PARAMETER_1 (NULL,
 * or a server's end), _2 (@Flags), _3 (NULL), _4 (0), _5 (NULL), or as
 * vmb_channel_create_gpadl_from_buffer().
 */
NTSTATUS VmbChannelCreateGpadlFromBuffer(VMBCHANNEL Channel, UINT32 Flags, PVOID Buffer,
					 UINT32 ByteCount, PUINT32 GpadlHandle)
{
	NTSTATUS status = check_lending(Channel, Flags);

	if (!NT_SUCCESS(status))
		return status;
	if (!Buffer)
		return STATUS_INVALID_PARAMETER_3;
	if (!ByteCount)
		return STATUS_INVALID_PARAMETER_4;
	if (!GpadlHandle)
		return STATUS_INVALID_PARAMETER_5;
	return vmb_kmcl_status(vmb_channel_create_gpadl_from_buffer(Channel->native, Flags, Buffer,
								    ByteCount, GpadlHandle));
}
EXPORT_SYMBOL_NS_GPL(VmbChannelCreateGpadlFromBuffer, VMBSAVE_NS);

/* Cut a joined range down to @bytes at @offset; false if they are not in it. */
static bool range_cut(struct vmb_page_range *range, u32 offset, u32 bytes)
{
	u64 start;

	if (offset >= range->byte_count)
		return false;
	if (!bytes)
		bytes = range->byte_count - offset;
	if (bytes > range->byte_count - offset)
		return false;

	start = (u64)range->byte_offset + offset;
	range->pages += start / PAGE_SIZE;
	range->byte_offset = start % PAGE_SIZE;
	range->byte_count = bytes;
	range->nr_pages = DIV_ROUND_UP_ULL((u64)range->byte_offset + bytes, PAGE_SIZE);
	return true;
}

/**
 * VmbChannelCreateGpadlFromMdl() - lend pages to the server
 * @Channel: the client's end, from EvtChannelOpened to EvtChannelClosed
 * @Flags: %VMBUS_CHANNEL_GPADL_FLAG_READ_ONLY or 0
 * @Mdl: a chain whose pieces follow one another page by page
 * @StartOffsetWithinMdl: bytes from the start of the chain
 * @DataLengthWithinMdl: bytes; 0 = to the end
 * @GpadlHandle: set to the handle
 *
 * Context: PASSIVE_LEVEL: process context, may sleep.
 * Return: STATUS_SUCCESS, or nothing was lent: STATUS_INVALID_PARAMETER_1 (NULL,
 * or a server's end), _2 (@Flags), _3 (the chain), _5 (not within it), _6
 * (NULL), or as vmb_channel_create_gpadl().
 */
NTSTATUS VmbChannelCreateGpadlFromMdl(VMBCHANNEL Channel, UINT32 Flags, PMDL Mdl,
				      UINT32 StartOffsetWithinMdl, UINT32 DataLengthWithinMdl,
				      PUINT32 GpadlHandle)
{
	NTSTATUS status = check_lending(Channel, Flags);
	struct vmb_page_range joined, part;
	int ret;

	if (!NT_SUCCESS(status))
		return status;
	if (!GpadlHandle)
		return STATUS_INVALID_PARAMETER_6;
	ret = vmb_kmcl_mdl_join(Mdl, &joined, GFP_KERNEL_ACCOUNT);
	if (ret)
		return ret == -EINVAL ? STATUS_INVALID_PARAMETER_3 : vmb_kmcl_status(ret);

	part = joined;
	if (range_cut(&part, StartOffsetWithinMdl, DataLengthWithinMdl))
		status = vmb_kmcl_status(vmb_channel_create_gpadl(Channel->native, Flags, &part,
								  GpadlHandle));
	else
		status = STATUS_INVALID_PARAMETER_5;
	vmb_kmcl_mdl_unjoin(Mdl, &joined);
	return status;
}
EXPORT_SYMBOL_NS_GPL(VmbChannelCreateGpadlFromMdl, VMBSAVE_NS);

/**
 * VmbChannelDeleteGpadl() - take back what was lent
 * @Channel: the client's end
 * @GpadlHandle: the handle
 * Context: PASSIVE_LEVEL: process context, sleeps until the server has unmapped
 * it.
 */
void VmbChannelDeleteGpadl(VMBCHANNEL Channel, UINT32 GpadlHandle)
{
	if (Channel->native)
		vmb_channel_delete_gpadl(Channel->native, GpadlHandle);
}
EXPORT_SYMBOL_NS_GPL(VmbChannelDeleteGpadl, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a channel, its VSP's state and its GPADLs may say, and where they may
 * stand.
 */
#include <linux/align.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/overflow.h>
#include <linux/stddef.h>
#include <linux/string.h>
#include <linux/vmb_ns.h>
#include <linux/vmbsave_stream.h>
#include <asm/byteorder.h>
#include "wire/gpa.h"
#include "order.h"
#include "order_internal.h"
#include "record.h"

/* As struct vmbsave_channel says. */
#define PACKET_BYTES_MAX	524256U
#define NEXT_ID_MAX		0x8000000000000000ULL
#define CHANNEL_FLAGS		(VMBSAVE_CHANNEL_PIPE | VMBSAVE_CHANNEL_FORCE_NEW)

/* A control page, and at least one page of data behind it. */
#define RING_PAGES_MIN		2U

#define INDEX_ALIGN		8U

#define CHANNEL(member)		offsetof(struct vmbsave_channel, member)
#define STATE(member)		offsetof(struct vmbsave_vsp_state, member)
#define GPADL(member)		offsetof(struct vmbsave_gpadl, member)

static int refuse_as(struct vmb_stream_order *order, int error, size_t offset, const char *reason)
{
	return vmb_order_refuse(order, error, 0, offset, reason);
}

static int refuse(struct vmb_stream_order *order, size_t offset, const char *reason)
{
	return refuse_as(order, -EUCLEAN, offset, reason);
}

/* Is @index one of a ring of @pages pages, the control page included? */
static bool index_is_sane(u32 index, u32 pages)
{
	return IS_ALIGNED(index, INDEX_ALIGN) &&
	       index < (u64)(pages - 1) * VMB_GPA_PAGE_SIZE;
}

static int check_open(struct vmb_stream_order *order, const struct vmb_channel_view *c)
{
	if (!c->ring_gpadl)
		return refuse(order, CHANNEL(ring_gpadl),
			      "an open channel has no GPADL for its rings");
	if (c->ring_downstream_page < RING_PAGES_MIN)
		return refuse(order, CHANNEL(ring_downstream_page),
			      "the guest-to-host ring has no room for data");
	if (!index_is_sane(c->in_write, c->ring_downstream_page))
		return refuse(order, CHANNEL(in_write),
			      "the guest's index in the guest-to-host ring is impossible");
	if (!index_is_sane(c->in_read, c->ring_downstream_page))
		return refuse(order, CHANNEL(in_read),
			      "the host's index in the guest-to-host ring is impossible");
	if (!c->mmio_gpa != !c->mmio_bytes || c->mmio_gpa + c->mmio_bytes < c->mmio_gpa)
		return refuse(order, CHANNEL(mmio_gpa), "a channel's MMIO space is impossible");

	return 0;
}

static int check_not_open(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			  const u8 *data)
{
	size_t from = CHANNEL(ring_gpadl);

	if (c->target_vp)
		return refuse(order, CHANNEL(target_vp),
			      "a channel that is not open has a target processor");
	if (memchr_inv(data + from, 0, CHANNEL(flags) - from))
		return refuse(order, from,
			      "a channel that is not open has rings, user data or MMIO space");

	return 0;
}

static int check_config(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			const u8 *data)
{
	if (c->flags & ~CHANNEL_FLAGS)
		return refuse(order, CHANNEL(flags), "a channel has a flag that does not exist");
	if (!c->max_external_bytes != !c->max_external_ranges)
		return refuse(order, CHANNEL(max_external_bytes),
			      "a channel has one of the limits of external data alone");
	if (memchr_inv(data + CHANNEL(reserved1), 0, sizeof(__le32)))
		return refuse(order, CHANNEL(reserved1), "a channel's reserved field is not zero");

	return 0;
}

/* Nothing of it goes with the guest but its identity. */
static int check_force_new(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			   const struct vmbsave_manifest_entry *entry)
{
	if (!(c->flags & VMBSAVE_CHANNEL_FORCE_NEW))
		return 0;
	if (c->state != VMBSAVE_CHANNEL_DISABLED)
		return refuse(order, CHANNEL(state),
			      "a channel to be offered anew is not disabled");
	if (c->next_transaction_id != 1)
		return refuse(order, CHANNEL(next_transaction_id),
			      "a channel to be offered anew has used transaction ids");
	if (entry->state_version || entry->nr_gpadls || entry->nr_packets || entry->nr_completions)
		return refuse(order, CHANNEL(flags),
			      "a channel to be offered anew has records of its own");

	return 0;
}

static int check_channel_values(struct vmb_stream_order *order, const struct vmb_channel_view *c,
				const u8 *data)
{
	if (memchr_inv(data + CHANNEL(reserved0), 0, sizeof(__le16)))
		return refuse(order, CHANNEL(reserved0), "a channel's reserved field is not zero");
	if (c->state > VMBSAVE_CHANNEL_STOPPED)
		return refuse(order, CHANNEL(state), "a channel is in a state that does not exist");
	if (!c->max_packet_bytes || c->max_packet_bytes > PACKET_BYTES_MAX)
		return refuse(order, CHANNEL(max_packet_bytes),
			      "a channel's largest packet is impossible");
	if (!c->next_transaction_id || c->next_transaction_id > NEXT_ID_MAX)
		return refuse(order, CHANNEL(next_transaction_id),
			      "a channel's next transaction id is impossible");

	return check_config(order, c, data) ?:
	       (c->open ? check_open(order, c) : check_not_open(order, c, data));
}

/* The channel is the one that the manifest has next. */
static int check_identity(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			  struct vmbsave_manifest_entry *entry)
{
	if (order->phase == VMB_STREAM_EMPTY)
		return refuse(order, 0, "a channel comes before the manifest");
	if (order->nr_channels >= order->manifest.nr_channels)
		return refuse(order, 0, "there are more channels than the manifest says");

	vmb_manifest_view_entry(&order->manifest, order->nr_channels, entry);
	if (memcmp(c->type, entry->type, sizeof(entry->type)) ||
	    memcmp(c->instance, entry->instance, sizeof(entry->instance)) ||
	    c->subchannel != le16_to_cpu(entry->subchannel))
		return refuse(order, 0, "a channel is not the one that the manifest has next");

	return 0;
}

static void begin_channel(struct vmb_stream_order *order, const struct vmb_channel_view *c,
			  const struct vmbsave_manifest_entry *entry)
{
	order->phase = VMB_STREAM_CHANNEL;
	order->open = c->open;
	order->rings = false;
	order->nr_channels++;
	order->state_version = le32_to_cpu(entry->state_version);
	order->state_left = order->state_version;
	order->gpadls_left = le32_to_cpu(entry->nr_gpadls);
	order->packets_left = le64_to_cpu(entry->nr_packets);
	order->completions_left = le64_to_cpu(entry->nr_completions);
	order->max_packet_bytes = c->max_packet_bytes;
	order->gpadl_id = 0;
	order->transaction_id = 0;
	order->next_transaction_id = c->next_transaction_id;
	order->ring_gpadl = c->ring_gpadl;
	order->ring_downstream_page = c->ring_downstream_page;
	order->out_write = c->out_write;
	order->out_read = c->out_read;
}

/**
 * vmb_stream_check_channel() - check a CHANNEL
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_channel(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmbsave_manifest_entry entry;
	struct vmb_channel_view c;
	int err;

	if (order->error.error)
		return order->error.error;
	if (order->phase == VMB_STREAM_END)
		return refuse(order, 0, "a record follows the end record");
	if (vmb_stream_view_channel(data, bytes, &c))
		return refuse(order, 0, "a channel's record has a wrong length");
	err = vmb_order_leave_channel(order);
	if (!err)
		err = check_identity(order, &c, &entry);
	if (!err)
		err = check_channel_values(order, &c, data);
	if (!err)
		err = check_force_new(order, &c, &entry);
	if (err)
		return err;

	begin_channel(order, &c, &entry);
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_channel, VMBSAVE_NS);

/**
 * vmb_stream_check_state() - check a VSP_STATE
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_state(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_state_view state;
	int err;

	if (order->error.error)
		return order->error.error;
	err = vmb_order_enter(order, VMB_STREAM_STATE);
	if (err)
		return err;
	if (!order->state_left)
		return refuse(order, 0, "a channel has a VSP state that is not in the manifest");
	if (vmb_stream_view_state(data, bytes, &state))
		return refuse(order, 0, "a channel's VSP state has a wrong length");
	if (state.bytes > order->limits.state_bytes)
		return refuse_as(order, -EMSGSIZE, sizeof(struct vmbsave_vsp_state),
				 "a channel's VSP state is larger than this reader accepts");
	if (state.version != order->state_version)
		return refuse(order, STATE(version),
			      "a VSP's state is not of the version that the manifest says");
	if (memchr_inv((const u8 *)data + STATE(reserved), 0, sizeof(__le32)))
		return refuse(order, STATE(reserved),
			      "the reserved field of a VSP's state is not zero");

	order->phase = VMB_STREAM_STATE;
	order->state_left = false;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_state, VMBSAVE_NS);

/* The GPADL of the rings gives the host-to-guest ring its size. */
static int check_rings(struct vmb_stream_order *order, const struct vmb_gpadl_view *gpadl)
{
	u32 downstream;

	if (gpadl->byte_offset || !IS_ALIGNED(gpadl->byte_count, VMB_GPA_PAGE_SIZE))
		return refuse(order, GPADL(byte_count), "the rings are not whole pages");
	if (gpadl->flags & VMBSAVE_GPADL_FLAG_READ_ONLY)
		return refuse(order, GPADL(flags), "the rings may not be written");
	if (check_sub_overflow(gpadl->nr_pages, order->ring_downstream_page, &downstream) ||
	    downstream < RING_PAGES_MIN)
		return refuse(order, 0, "the host-to-guest ring has no room for data");
	if (!index_is_sane(order->out_write, downstream))
		return refuse(order, 0, "the host's index in the host-to-guest ring is impossible");
	if (!index_is_sane(order->out_read, downstream))
		return refuse(order, 0,
			      "the guest's index in the host-to-guest ring is impossible");

	return 0;
}

/**
 * vmb_stream_check_gpadl() - check a GPADL
 * @order: the checker
 * @data: the whole payload
 * @bytes: its length
 *
 * Context: Any.
 * Return: as vmb_stream_check_manifest().
 */
int vmb_stream_check_gpadl(struct vmb_stream_order *order, const void *data, u32 bytes)
{
	struct vmb_gpadl_view gpadl;
	bool rings;
	int err;

	if (order->error.error)
		return order->error.error;
	err = vmb_order_enter(order, VMB_STREAM_GPADL);
	if (err)
		return err;
	if (!order->gpadls_left)
		return refuse(order, 0, "a channel has more GPADLs than the manifest says");
	if (vmb_stream_view_gpadl(data, bytes, &gpadl))
		return refuse(order, 0, "a GPADL's pages are not those of its buffer");
	if (gpadl.nr_pages > order->limits.gpadl_pages)
		return refuse_as(order, -EMSGSIZE, GPADL(byte_count),
				 "a GPADL has more pages than this reader accepts");
	if (gpadl.id <= order->gpadl_id)
		return refuse(order, GPADL(id),
			      "the ids of a channel's GPADLs do not rise from 1");
	if (gpadl.flags & ~VMBSAVE_GPADL_FLAG_READ_ONLY)
		return refuse(order, GPADL(flags), "a GPADL has a flag that does not exist");
	rings = order->open && gpadl.id == order->ring_gpadl;
	err = rings ? check_rings(order, &gpadl) : 0;
	if (err)
		return err;

	order->phase = VMB_STREAM_GPADL;
	order->rings |= rings;
	order->gpadl_id = gpadl.id;
	order->gpadls_left--;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_stream_check_gpadl, VMBSAVE_NS);

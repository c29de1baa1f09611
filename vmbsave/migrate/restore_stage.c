// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/gpadl.h"
#include "core/outgoing.h"
#include "migrate/restore_session.h"

/*
 * One function for each record type makes objects of it, on the session's own
 * lists. Each gets a record whose fields were checked.
 */

static int fail_here(struct vmb_restore *restore, int error, const char *why)
{
	struct vmb_error_place place;

	vmb_restore_place(restore, &place);
	return vmb_restore_fail(restore, error, &place, "%s", why);
}

static int compare_entry(const struct vmbsave_manifest_entry *entry,
			 const struct vmb_channel *channel)
{
	int ret = memcmp(entry->type, &channel->identity.type, 16);

	if (!ret)
		ret = memcmp(entry->instance, &channel->identity.instance, 16);
	return ret ?: (int)le16_to_cpu(entry->subchannel) -
		      (int)channel->identity.subchannel;
}

/**
 * struct mismatch - channels that the stream or the bus has alone
 * @text: their names, as far as there is room
 * @used: bytes in @text
 */
struct mismatch {
	char text[VMBSAVE_ERROR_TEXT];
	int used;
};

static void only_in_stream(struct mismatch *m,
			   const struct vmbsave_manifest_entry *entry)
{
	m->used += scnprintf(m->text + m->used, sizeof(m->text) - m->used,
			     "%snot here %pUl.%u", m->used ? ", " : "",
			     entry->instance, le16_to_cpu(entry->subchannel));
}

static void only_on_bus(struct mismatch *m, struct vmb_channel *channel)
{
	m->used += scnprintf(m->text + m->used, sizeof(m->text) - m->used,
			     "%snot in the stream %s", m->used ? ", " : "",
			     dev_name(&channel->dev));
}

/* Both are sorted, so one walk finds every difference. */
static void match_channels(struct vmb_restore *restore,
			   const struct vmb_manifest_view *view,
			   struct mismatch *m)
{
	struct vmbsave_manifest_entry entry;
	u32 i = 0, j = 0;
	int ret;

	while (i < view->nr_channels || j < restore->holds.nr) {
		if (i < view->nr_channels)
			vmb_manifest_view_entry(view, i, &entry);
		if (i == view->nr_channels)
			ret = 1;
		else if (j == restore->holds.nr)
			ret = -1;
		else
			ret = compare_entry(&entry, restore->holds.channels[j]);
		if (ret < 0)
			only_in_stream(m, &entry);
		if (ret > 0)
			only_on_bus(m, restore->holds.channels[j]);
		i += ret <= 0;
		j += ret >= 0;
	}
}

/* The order machine goes on pointing into the manifest, so it is copied. */
static int stage_manifest(struct vmb_restore *restore, const void *data,
			  u32 bytes)
{
	struct vmb_manifest_view view;
	struct mismatch m = { .used = 0 };
	int ret;

	ret = vmb_stream_view_manifest(data, bytes, &view);
	if (ret)
		return fail_here(restore, ret, "the manifest was not checked");
	match_channels(restore, &view, &m);
	if (m.used)
		return fail_here(restore, -ENOENT, m.text);
	return vmb_restore_check_versions(restore, &view);
}

/* What a VSP has set it counts on; the stream may not change it. */
static int check_config(struct vmb_restore *restore,
			const struct vmb_channel *channel,
			const struct vmb_channel_view *view)
{
	const struct vmb_channel_config *config = &channel->config;
	bool pipe = view->flags & VMBSAVE_CHANNEL_PIPE;

	if (view->max_packet_bytes != channel->max_packet)
		return fail_here(restore, -EMSGSIZE,
				 "the largest packet of the saved channel is not that of its VSP here");
	if (pipe != !!(config->flags & VMB_CHANNEL_INIT_IS_PIPE))
		return fail_here(restore, -EPROTONOSUPPORT,
				 "one of the saved channel and its VSP here frames packets as pipe messages");
	if (view->max_external_bytes > config->max_external_bytes ||
	    view->max_external_ranges > config->max_external_ranges)
		return fail_here(restore, -EMSGSIZE,
				 "packets of the saved channel may describe more external data than its VSP here takes");
	return 0;
}

static void stage_open(struct vmb_staged *staged,
		       const struct vmb_channel_view *view)
{
	staged->open.gpadl = view->ring_gpadl;
	staged->open.downstream_page = view->ring_downstream_page;
	staged->open.target_vp = view->target_vp;
	memcpy(staged->open.user_data, view->user_data,
	       sizeof(staged->open.user_data));
	staged->open.mmio_gpa = view->mmio_gpa;
	staged->open.mmio_bytes = view->mmio_bytes;
	staged->in_write = view->in_write;
	staged->in_read = view->in_read;
	staged->out_write = view->out_write;
	staged->out_read = view->out_read;
}

static int stage_channel(struct vmb_restore *restore, const void *data,
			 u32 bytes)
{
	struct vmb_channel_view view;
	struct vmb_staged *staged;
	int ret;

	staged = restore->current_channel ? restore->current_channel + 1 :
					    restore->staged;
	ret = vmb_stream_view_channel(data, bytes, &view);
	if (ret || WARN_ON_ONCE(staged - restore->staged >= restore->holds.nr))
		return fail_here(restore, -EUCLEAN, "a channel was not checked");
	restore->current_channel = staged;
	staged->seen = true;
	staged->force_new = view.flags & VMBSAVE_CHANNEL_FORCE_NEW;
	if (staged->force_new)
		return 0;
	ret = check_config(restore, staged->channel, &view);
	if (ret)
		return ret;
	staged->state = view.state;
	staged->next_id = view.next_transaction_id;
	stage_open(staged, &view);
	return 0;
}

static int stage_gpadl(struct vmb_restore *restore, const void *data, u32 bytes)
{
	struct vmb_staged *staged = restore->current_channel;
	struct vmb_gpadl_view view;
	struct vmb_gpadl *gpadl;
	int ret;
	u32 i;

	ret = vmb_stream_view_gpadl(data, bytes, &view);
	if (ret)
		return fail_here(restore, ret, "a GPADL was not checked");
	gpadl = vmb_gpadl_alloc(staged->channel, view.id, view.byte_count,
				view.byte_offset, view.nr_pages);
	if (IS_ERR(gpadl))
		return fail_here(restore, PTR_ERR(gpadl), "cannot stage a GPADL");
	gpadl->flags = view.flags;
	for (i = 0; i < view.nr_pages; i++)
		gpadl->pfns[i] = vmb_gpadl_view_pfn(&view, i);
	ret = xa_insert(&staged->gpadls, view.id, gpadl, GFP_KERNEL_ACCOUNT);
	if (ret) {
		vmb_gpadl_free(staged->channel, gpadl);
		return fail_here(restore, ret, "cannot stage a GPADL");
	}
	return 0;
}

static int stage_completion(struct vmb_restore *restore, const void *data,
			    u32 bytes)
{
	struct vmb_staged *staged = restore->current_channel;
	struct vmb_packet_completion *packet;
	struct vmb_completion_view view;
	int ret;

	ret = vmb_stream_view_completion(data, bytes, &view);
	if (ret)
		return fail_here(restore, ret, "a completion was not checked");
	ret = vmb_restore_charge(restore, sizeof(*packet) + bytes);
	if (ret)
		return fail_here(restore, ret, "the restore holds too much at once");
	packet = vmb_packet_completion_create(staged->channel, view.payload_bytes);
	if (IS_ERR(packet))
		return fail_here(restore, PTR_ERR(packet), "cannot stage a completion");
	packet->wants_completion = true;
	packet->out.id = view.transaction_id;
	packet->out.bytes = view.payload_bytes;
	if (view.payload_bytes)
		memcpy(packet->payload, view.payload, view.payload_bytes);
	vmb_queue_add(&staged->queue, &packet->out, false);
	return 0;
}

static int stage_end(struct vmb_restore *restore, const void *data, u32 bytes)
{
	return 0;
}

typedef int (*stage_fn)(struct vmb_restore *restore, const void *data,
			u32 bytes);

static const stage_fn stage[] = {
	[VMBSAVE_RECORD_MANIFEST]	= stage_manifest,
	[VMBSAVE_RECORD_CHANNEL]	= stage_channel,
	[VMBSAVE_RECORD_GPADL]		= stage_gpadl,
	[VMBSAVE_RECORD_PACKET]		= vmb_restore_packet,
	[VMBSAVE_RECORD_COMPLETION]	= stage_completion,
	[VMBSAVE_RECORD_END]		= stage_end,
	[VMBSAVE_RECORD_VSP_STATE]	= vmb_restore_vsp_state,
};

/* The order machine keeps pointers into the manifest beyond this call. */
static const void *keep_manifest(struct vmb_restore *restore, const void *data,
				 u32 bytes)
{
	if (restore->manifest)
		return data;
	restore->manifest = kvmalloc(bytes, GFP_KERNEL_ACCOUNT);
	if (restore->manifest)
		memcpy(restore->manifest, data, bytes);
	return restore->manifest;
}

/**
 * vmb_restore_record() - stage what a record says
 * @restore: the session; the caller has its turn
 * @type: VMBSAVE_RECORD_*
 * @data: its payload, hostile
 * @bytes: its length
 *
 * Context: process context, may sleep; calls .restore_state, .restore_packet.
 * Return: 0, or an errno and the session has failed with it.
 */
int vmb_restore_record(struct vmb_restore *restore, u16 type, const void *data,
		       u32 bytes)
{
	struct vmb_stream_error *why = &restore->order.error;
	int ret;

	if (type == VMBSAVE_RECORD_MANIFEST) {
		data = keep_manifest(restore, data, bytes);
		if (!data)
			return fail_here(restore, -ENOMEM, "no memory for the manifest");
	}
	ret = vmb_stream_check_record(&restore->order, type, data, bytes);
	if (ret) {
		struct vmb_error_place place;

		vmb_stream_refuse(&restore->reader, why);
		vmb_restore_place(restore, &place);
		why = &restore->reader.error;
		place.chunk = why->chunk;
		place.offset = why->offset;
		place.packet = why->packet;
		return vmb_restore_fail(restore, ret, &place, "%s", why->reason);
	}
	return stage[type](restore, data, bytes);
}

static void unstage_channel(struct vmb_staged *staged)
{
	struct vmb_gpadl *gpadl;
	unsigned long id;

	vmb_queue_discard(staged->channel, &staged->queue);
	xa_for_each(&staged->gpadls, id, gpadl) {
		xa_erase(&staged->gpadls, id);
		vmb_gpadl_free(staged->channel, gpadl);
	}
	vmb_restore_discard_vsp_state(staged);
}

/**
 * vmb_restore_unstage() - discard all that was staged, last one first
 * @restore: the session; the caller has its turn
 * Context: process context, may sleep; calls .discard_packet, .discard_state.
 */
void vmb_restore_unstage(struct vmb_restore *restore)
{
	u32 i = restore->holds.nr;

	while (i)
		unstage_channel(&restore->staged[--i]);
}

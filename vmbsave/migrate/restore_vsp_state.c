// SPDX-License-Identifier: GPL-2.0-only
#include <linux/bug.h>
#include <linux/errno.h>

#include "core/channel.h"
#include "migrate/account.h"
#include "migrate/restore_session.h"

/**
 * DOC: Restoring the VSP's own state of a channel
 *
 * 1. The manifest says which version of it is in the stream, and how old a VSP
 *    may be that reads it. Both are looked at before anything else is.
 * 2. The record is whole, its hashes and fields were checked, and no packet of
 *    the channel was restored yet. .restore_state takes it aside.
 * 3. The commit: it is the VSP's from then on.
 *
 * Unhappy paths. The VSP here has no .restore_state, or is too old: the stream
 * is refused at its manifest. .restore_state fails: it has left nothing. The
 * restore fails or is dropped later: .discard_state, after the packets of the
 * channel were discarded. A stream without such a state is no unhappy path:
 * the VSP there had none, and .restore_state is not called.
 */

static int check_version(struct vmb_restore *restore, struct vmb_channel *channel,
			 const struct vmbsave_manifest_entry *entry)
{
	const struct vmb_vsp *vsp = channel->vsp;
	u32 min_version = le32_to_cpu(entry->state_min_version);
	struct vmb_error_place place;

	if (!entry->state_version)
		return 0;
	vmb_restore_place(restore, &place);
	place.channel = channel->id;
	if (!vsp->restore_state)
		return vmb_restore_fail(restore, -EOPNOTSUPP, &place,
					"%s: %s cannot restore a state of a channel",
					dev_name(&channel->dev), vsp->name);
	if (vsp->state_version >= min_version)
		return 0;
	return vmb_restore_fail(restore, -EPROTONOSUPPORT, &place,
				"%s: the state is of version %u for %u and later, %s here is %u",
				dev_name(&channel->dev),
				le32_to_cpu(entry->state_version), min_version,
				vsp->name, vsp->state_version);
}

/**
 * vmb_restore_check_versions() - can the VSPs here read what those there wrote?
 * @restore: the session; the caller has its turn
 * @view: the manifest; it names the session's channels and no others
 *
 * Context: process context.
 * Return: 0; or -EOPNOTSUPP or -EPROTONOSUPPORT, and the session has failed
 * with it.
 */
int vmb_restore_check_versions(struct vmb_restore *restore,
			       const struct vmb_manifest_view *view)
{
	struct vmbsave_manifest_entry entry;
	int ret = 0;
	u32 i;

	for (i = 0; i < view->nr_channels && !ret; i++) {
		vmb_manifest_view_entry(view, i, &entry);
		ret = check_version(restore, restore->holds.channels[i], &entry);
	}
	return ret;
}

/**
 * vmb_restore_vsp_state() - give the VSP the state of a VSP_STATE record
 * @restore: the session; the caller has its turn
 * @data: the record, checked
 * @bytes: its length
 *
 * Context: process context, may sleep; calls .restore_state.
 * Return: 0, or an errno and the session has failed with it.
 */
int vmb_restore_vsp_state(struct vmb_restore *restore, const void *data,
			  u32 bytes)
{
	struct vmb_staged *staged = restore->current_channel;
	const struct vmb_vsp *vsp = staged->channel->vsp;
	struct vmb_restore_state args = { .channel = staged->channel };
	struct vmb_error_place place;
	struct vmb_state_view view;
	u64 begun;
	int ret;

	vmb_restore_place(restore, &place);
	ret = vmb_stream_view_state(data, bytes, &view);
	if (WARN_ON_ONCE(ret))
		return vmb_restore_fail(restore, ret, &place,
					"the state of a channel was not checked");
	ret = vmb_restore_charge(restore, bytes);
	if (ret)
		return vmb_restore_fail(restore, ret, &place,
					"the restore holds too much at once");
	args.version = view.version;
	args.buf = view.data;
	args.size = view.bytes;
	begun = ktime_get_ns();
	ret = vsp->restore_state(&args);
	vmb_restore_account_call(restore, VMBSAVE_CALL_RESTORE_STATE,
				 staged->channel, 0, ktime_get_ns() - begun);
	if (WARN_ONCE(ret > 0, "vmb: .restore_state returned %d\n", ret))
		ret = -EINVAL;
	if (ret)
		return vmb_restore_fail(restore, ret, &place,
					"%s refused to restore the state of %s",
					vsp->name, dev_name(&staged->channel->dev));
	staged->vsp_state = true;
	return 0;
}

/**
 * vmb_restore_discard_vsp_state() - undo .restore_state
 * @staged: of a channel without a staged packet; nothing happens if its VSP
 *	has restored no state, or the restore was committed
 * Context: process context, may sleep; calls .discard_state.
 */
void vmb_restore_discard_vsp_state(struct vmb_staged *staged)
{
	if (!staged->vsp_state)
		return;
	staged->vsp_state = false;
	staged->channel->vsp->discard_state(staged->channel);
}

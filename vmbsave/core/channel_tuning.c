// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/vmb_ns.h>

#include "core/channel.h"

/*
 * What a VSP may set or ask for at any time, in any context. None of it is
 * saved but the MMIO space, which the VMM has said.
 */

int vmb_channel_set_transaction_quota(struct vmb_channel *channel, u32 quota)
{
	if (!quota)
		return -EINVAL;
	guard(spinlock_irqsave)(&channel->lock);
	channel->quota = quota;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_set_transaction_quota, VMBSAVE_NS);

void vmb_channel_set_incoming_in_process_context(struct vmb_channel *channel,
						 bool required)
{
	WRITE_ONCE(channel->passive, required);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_set_incoming_in_process_context, VMBSAVE_NS);

/**
 * vmb_channel_incoming_in_process_context() - was process context demanded?
 * @channel: the channel
 *
 * Context: any.
 * Return: what vmb_channel_set_incoming_in_process_context() has set, false at
 * first.
 */
bool vmb_channel_incoming_in_process_context(const struct vmb_channel *channel)
{
	return READ_ONCE(channel->passive);
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_incoming_in_process_context, VMBSAVE_NS);

/* From before .opened until .closed has returned; the state is that later. */
static bool has_rings(const struct vmb_channel *channel)
{
	return channel->out.control;
}

int vmb_channel_set_interrupt_latency(struct vmb_channel *channel,
				      u16 latency_100ns, u16 *original)
{
	if (channel->server || !original)
		return -EINVAL;
	guard(spinlock_irqsave)(&channel->lock);
	if (!has_rings(channel))
		return -EBADFD;
	*original = channel->latency;
	channel->latency = latency_100ns;
	return 0;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_set_interrupt_latency, VMBSAVE_NS);

int vmb_channel_get_mmio_space(const struct vmb_channel *channel, u64 *address,
			       u64 *bytes)
{
	/* The lock is no part of what the caller may not change. */
	struct vmb_channel *c = (struct vmb_channel *)channel;

	guard(spinlock_irqsave)(&c->lock);
	*address = has_rings(c) ? c->open.mmio_gpa : 0;
	*bytes = has_rings(c) ? c->open.mmio_bytes : 0;
	return has_rings(c) ? 0 : -EBADFD;
}
EXPORT_SYMBOL_NS_GPL(vmb_channel_get_mmio_space, VMBSAVE_NS);

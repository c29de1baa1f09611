// SPDX-License-Identifier: GPL-2.0-only
#include <linux/debugfs.h>
#include <linux/module.h>
#include <linux/seq_file.h>

#include "core/bus_type.h"
#include "core/channel.h"
#include "core/incoming.h"
#include "core/limits.h"
#include "core/outgoing.h"
#include "user/debugfs.h"

static struct dentry *dir;

static int objects_show(struct seq_file *file, void *unused)
{
	enum vmb_limit which;

	for (which = 0; which < VMB_NR_LIMITS; which++)
		seq_printf(file, "%s %llu\n", vmb_limit_name(which),
			   vmb_limit_used(which));
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(objects);

/**
 * struct ring_view - a ring at one moment
 * @error: 0, or the indices in guest memory are nonsense
 * @write: producer's index
 * @read: consumer's index
 * @own: ours, as we know it
 * @size: bytes of data, 0 = there is no ring
 */
struct ring_view {
	int error;
	u32 write;
	u32 read;
	u32 own;
	u32 size;
};

/**
 * struct channel_view - a channel at one moment
 * @state: enum vmb_channel_state
 * @in: guest-to-host ring
 * @out: host-to-guest ring
 * @packets: in use
 * @awaiting: those of them that were sent
 * @completions: that wait for room
 * @next: id of the next packet
 * @waiting: id of what waits first, 0 = nothing does
 * @sent: lowest id of what was sent, 0 = nothing was
 * @held: id of the incoming packet that the VSP holds longest
 * @nr_held: how many it holds
 * @error: why traffic stopped for good
 * @gone: rescinded
 * @live: the outgoing ring may be written
 * @run: the worker delivers
 * @flowing: traffic was started
 * @session: a save or restore has it
 * @saved: nothing can be sent because another host may run
 * @deferred: how often the packet at the head of the ring was put off
 */
struct channel_view {
	enum vmb_channel_state state;
	struct ring_view in;
	struct ring_view out;
	u64 packets;
	u64 awaiting;
	u64 completions;
	u64 next;
	u64 waiting;
	u64 sent;
	u64 held;
	u32 nr_held;
	int error;
	bool gone;
	bool live;
	bool run;
	bool flowing;
	bool session;
	bool saved;
	u32 deferred;
};

static void look_at_ring(const struct vmb_ring *ring, struct ring_view *view)
{
	view->own = READ_ONCE(ring->own);
	view->size = READ_ONCE(ring->size);
	view->error = vmb_ring_indices(ring, &view->write, &view->read);
}

/*
 * The rings are unmapped by one who has made channel->out empty with the lock
 * before. They are mapped without it, channel->out last; see attach_both().
 */
static void look_at_rings_locked(const struct vmb_channel *channel,
				 struct channel_view *view)
{
	lockdep_assert_held(&channel->lock);

	if (!READ_ONCE(channel->out.control))
		return;
	smp_rmb(); /* channel->in was there before channel->out */
	look_at_ring(&channel->in, &view->in);
	look_at_ring(&channel->out, &view->out);
}

static void look_at_channel(struct vmb_channel *channel, struct channel_view *view)
{
	struct vmb_packet_completion *held;
	struct vmb_outgoing *waiting;
	struct rb_node *sent;

	guard(spinlock_irqsave)(&channel->lock);

	view->state = READ_ONCE(channel->state);
	look_at_rings_locked(channel, view);
	view->packets = channel->queue.nr_packets;
	view->awaiting = channel->queue.nr_sent;
	view->completions = channel->queue.nr_completions;
	view->next = channel->queue.next_id;
	waiting = list_first_entry_or_null(&channel->queue.waiting,
					   struct vmb_outgoing, node);
	view->waiting = waiting ? waiting->id : 0;
	sent = rb_first(&channel->queue.sent);
	view->sent = sent ? rb_entry(sent, struct vmb_outgoing, by_id)->id : 0;
	held = list_first_entry_or_null(&channel->incoming,
					struct vmb_packet_completion, node);
	view->held = held ? held->out.id : 0;
	view->nr_held = channel->nr_incoming;
	view->error = channel->error;
	view->gone = channel->gone;
	view->live = channel->live;
	view->run = READ_ONCE(channel->run);
	view->flowing = READ_ONCE(channel->flowing);
	view->session = channel->held;
	view->saved = channel->saved;
	view->deferred = READ_ONCE(channel->nr_deferred);
}

static void show_ring(struct seq_file *file, const char *name,
		      const struct ring_view *ring)
{
	if (!ring->size)
		seq_printf(file, "  %s none\n", name);
	else if (ring->error)
		seq_printf(file, "  %s size %u own %u, the rest is nonsense\n",
			   name, ring->size, ring->own);
	else
		seq_printf(file, "  %s size %u write %u read %u own %u\n",
			   name, ring->size, ring->write, ring->read, ring->own);
}

static int show_channel(struct vmb_channel *channel, void *data)
{
	struct channel_view view = {};
	struct seq_file *file = data;

	look_at_channel(channel, &view);
	seq_printf(file, "%s id %u %s%s%s%s%s%s%s error %d deferred %u\n",
		   dev_name(&channel->dev), READ_ONCE(channel->id),
		   vmb_channel_state_name(view.state), view.flowing ? " flowing" : "",
		   view.live ? " live" : "", view.run ? " run" : "",
		   view.session ? " session" : "", view.saved ? " saved" : "",
		   view.gone ? " gone" : "", view.error, view.deferred);
	show_ring(file, "in", &view.in);
	show_ring(file, "out", &view.out);
	seq_printf(file, "  queue packets %llu sent %llu completions %llu first_waiting %llu first_sent %llu next %llu\n",
		   view.packets, view.awaiting, view.completions, view.waiting,
		   view.sent, view.next);
	seq_printf(file, "  held %u oldest %llu\n", view.nr_held, view.held);
	return 0;
}

static int channels_show(struct seq_file *file, void *unused)
{
	struct vmb_device_visit visit = {
		.channel = show_channel,
		.data = file,
	};

	return vmb_bus_type_visit(&visit);
}
DEFINE_SHOW_ATTRIBUTE(channels);

static const char *call_name(u32 call)
{
	static const char * const names[] = {
		[VMBSAVE_CALL_NONE] = "none",
		[VMBSAVE_CALL_SUSPEND] = "suspend",
		[VMBSAVE_CALL_SAVE_PACKET] = "save_packet",
		[VMBSAVE_CALL_SAVE_STATE] = "save_state",
		[VMBSAVE_CALL_RESTORE_PACKET] = "restore_packet",
		[VMBSAVE_CALL_RESTORE_STATE] = "restore_state",
		[VMBSAVE_CALL_OPENED] = "opened",
		[VMBSAVE_CALL_STARTED] = "started",
	};

	return call < ARRAY_SIZE(names) ? names[call] : "?";
}

static int show_slowest(struct vmb_bus *bus, void *data)
{
	struct vmbsave_stats stats;
	struct seq_file *file = data;

	vmb_stats_get(bus, &stats);
	seq_printf(file, "%s %s ns %llu channel %u packet %llu\n",
		   dev_name(&bus->dev), call_name(stats.slowest_call),
		   stats.slowest_ns, stats.slowest_channel, stats.slowest_packet);
	return 0;
}

static int slowest_show(struct seq_file *file, void *unused)
{
	struct vmb_device_visit visit = {
		.bus = show_slowest,
		.data = file,
	};

	return vmb_bus_type_visit(&visit);
}
DEFINE_SHOW_ATTRIBUTE(slowest);

/**
 * vmb_debugfs_create() - make the module's folder in debugfs
 *
 * All works without it, so there is nothing to fail.
 * Context: process context.
 */
void vmb_debugfs_create(void)
{
	dir = debugfs_create_dir("vmbsave", NULL);
	debugfs_create_file("objects", 0400, dir, NULL, &objects_fops);
	debugfs_create_file("channels", 0400, dir, NULL, &channels_fops);
	debugfs_create_file("slowest", 0400, dir, NULL, &slowest_fops);
}

/**
 * vmb_debugfs_remove() - undo vmb_debugfs_create()
 * Context: process context.
 */
void vmb_debugfs_remove(void)
{
	debugfs_remove(dir);
}

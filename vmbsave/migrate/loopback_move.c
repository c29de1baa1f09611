// SPDX-License-Identifier: GPL-2.0-only
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_bus.h>
#include <linux/vmb_ns.h>

#include <uapi/linux/vmbsave_stream.h>

#include "core/channel.h"
#include "core/client.h"
#include "core/gpadl.h"
#include "core/loopback.h"
#include "core/outgoing.h"
#include "migrate/bus_state.h"
#include "migrate/restore.h"
#include "migrate/save.h"

/**
 * DOC: A live migration inside one kernel
 *
 * Both buses are in STOP, so that no client runs and no server's end writes.
 *
 * 1. Each connected client gets a link to the channel of the same identity on
 *    the other bus, which it claims: the VMM's eventfds.
 * 2. The guest's memory becomes the other bus's, too: the VMM's copy of it.
 * 3. All channels are saved, and restored over there. The commit is the last
 *    step that can fail.
 * 4. The clients become the other bus's, and the links theirs.
 * 5. The guest's memory is no longer the first bus's, and its channels are
 *    closed: what was in flight on them is given back through .discard_packet,
 *    as when the file of a VMM is closed.
 *
 * Unhappy paths. Steps 1 to 3 are undone in reverse; the first bus is in STOP
 * as before and can run on, the other one is in STOP and its channels are as
 * they were. A server's end is disabled meanwhile, and its client is closed: the
 * channel over there, if it was restored open, is closed as well.
 */

/**
 * struct hop - one client on its way
 * @client: its end, referenced
 * @link: to the server's end over there; NULL if it is not connected
 */
struct hop {
	struct vmb_channel *client;
	struct vmb_client_link *link;
};

/**
 * struct move - a guest on its way
 * @from: its bus
 * @to: the other one
 * @hops: its clients
 * @nr: length of @hops
 */
struct move {
	struct vmb_loopback *from;
	struct vmb_loopback *to;
	struct hop *hops;
	u32 nr;
};

static struct vmb_client_link *claim_twin(struct move *move,
					  struct vmb_channel *client)
{
	const struct vmb_channel *server = client->client->link->server;
	struct vmb_channel *twin = vmb_bus_find_identity(move->to->bus,
							 &server->identity);
	struct vmb_client_link *link;
	int ret;

	if (!twin)
		return ERR_PTR(-ENOENT);
	link = vmb_client_link_create(client, twin);
	vmb_channel_put(twin);
	if (IS_ERR(link))
		return link;
	ret = vmb_client_link_claim(link);
	if (!ret)
		return link;
	vmb_client_link_put(link);
	return ERR_PTR(ret);
}

static u32 count_clients(struct vmb_bus *bus)
{
	struct vmb_channel *client;
	u32 nr = 0;

	for (client = vmb_bus_next_client(bus, NULL); client;
	     client = vmb_bus_next_client(bus, client))
		nr++;
	return nr;
}

static int take_clients(struct move *move)
{
	u32 room = count_clients(move->from->bus);
	struct vmb_channel *client;
	int ret = 0;

	move->hops = kvcalloc(room + 1, sizeof(*move->hops), GFP_KERNEL_ACCOUNT);
	if (!move->hops)
		return -ENOMEM;
	for (client = vmb_bus_next_client(move->from->bus, NULL);
	     client && move->nr < room;
	     client = vmb_bus_next_client(move->from->bus, client))
		move->hops[move->nr++].client = vmb_channel_get(client);
	if (client) {
		vmb_channel_put(client);
		ret = -EBUSY;
	}
	return ret;
}

static int claim_twins(struct move *move)
{
	int ret = 0;
	u32 i;

	for (i = 0; i < move->nr && !ret; i++) {
		struct hop *hop = &move->hops[i];

		ret = vmb_turn_take(&hop->client->turn);
		if (ret)
			break;
		if (hop->client->client->link)
			hop->link = claim_twin(move, hop->client);
		ret = PTR_ERR_OR_ZERO(hop->link);
		if (ret)
			hop->link = NULL;
		vmb_turn_release(&hop->client->turn);
	}
	return ret;
}

static void unclaim_twins(struct move *move)
{
	u32 i;

	for (i = 0; i < move->nr; i++) {
		if (!move->hops[i].link)
			continue;
		vmb_client_link_unclaim(move->hops[i].link);
		vmb_client_link_put(move->hops[i].link);
		move->hops[i].link = NULL;
	}
}

static void put_clients(struct move *move)
{
	u32 i;

	for (i = 0; i < move->nr; i++) {
		if (move->hops[i].link)
			vmb_client_link_put(move->hops[i].link);
		vmb_channel_put(move->hops[i].client);
	}
	kvfree(move->hops);
}

/* A piece in between, because a save and a restore have turns of one class. */
static int read_piece(struct vmb_save *save, void *piece, u32 *filled)
{
	const void *data;
	u32 bytes;
	int ret = vmb_save_read_begin(save, &data, &bytes);

	if (ret)
		return ret;
	*filled = min_t(u32, bytes, VMBSAVE_CHUNK_MAX);
	memcpy(piece, data, *filled);
	vmb_save_read_end(save, *filled);
	return 0;
}

static int pipe_state(struct vmb_save *save, struct vmb_restore *restore)
{
	void *piece = kmalloc(VMBSAVE_CHUNK_MAX, GFP_KERNEL_ACCOUNT);
	u32 filled = 0;
	int ret;

	if (!piece)
		return -ENOMEM;
	do {
		ret = read_piece(save, piece, &filled);
		if (!ret && filled)
			ret = min_t(ssize_t, vmb_restore_write(restore, piece, filled), 0);
	} while (!ret && filled);
	kfree_sensitive(piece);
	return ret;
}

/* @to is in STOP afterwards. */
static int restore_there(struct move *move, struct vmb_save *save)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(move->to->bus, VMB_BUS_RESUMING, 0, &data);

	if (ret)
		return ret;
	ret = pipe_state(save, data.restore);
	vmb_restore_put(data.restore);
	if (!ret)
		ret = vmb_bus_set_state(move->to->bus, VMB_BUS_STOP, 0, &data);
	if (ret)
		vmb_bus_end_session(move->to->bus);
	return ret;
}

/* Both are in STOP afterwards, also if a fatal signal comes in between. */
static int transfer(struct move *move)
{
	struct vmb_bus_data data;
	int ret = vmb_bus_set_state(move->from->bus, VMB_BUS_STOP_COPY, 0, &data);

	if (ret)
		return ret;
	ret = restore_there(move, data.save);
	vmb_save_put(data.save);
	vmb_bus_end_session(move->from->bus);
	return ret;
}

/* The source forgets its guest. */
static void forget(struct vmb_channel *server)
{
	if (WARN_ON_ONCE(vmb_turn_take(&server->turn)))
		return;
	if (vmb_channel_state_is_open(server->state)) {
		vmb_channel_shut(server);
		vmb_channel_state_move(server, VMB_CHANNEL_EVENT_CLOSE);
	}
	vmb_queue_discard(server, &server->queue);
	vmb_channel_flush(server);
	vmb_gpadl_release_all(server);
	vmb_turn_release(&server->turn);
}

static bool is_open(struct vmb_channel *server)
{
	return vmb_channel_state_is_open(vmb_channel_get_state(server));
}

/* The client was closed while its server's end was on its way. */
static void drop_twin(struct hop *hop)
{
	if (!hop->link)
		return;
	vmb_client_link_unclaim(hop->link);
	forget(hop->link->server);
	vmb_client_link_put(hop->link);
	hop->link = NULL;
}

static void hand_over(struct move *move, struct hop *hop)
{
	struct vmb_channel *channel = hop->client;
	struct vmb_client *client = channel->client;
	struct vmb_client_link *old = client->link;
	struct vmb_bus *old_bus;

	if (!old)
		drop_twin(hop);
	/* Who lends pages sees both buses' things change at once. */
	scoped_guard(mutex, &client->lock) {
		old_bus = vmb_bus_adopt(move->to->bus, channel);
		client->link = hop->link;
		if (client->server) {
			vmb_channel_put(client->server);
			client->server = vmb_channel_get(client->link->server);
		}
	}
	hop->link = NULL;
	/* The worker may still look at the old bus. */
	vmb_channel_flush(channel);
	vmb_bus_put(old_bus);
	if (!old)
		return;
	vmb_client_link_join(client->link);
	/* What was lost stays lost, and a channel that is offered anew is. */
	if (READ_ONCE(old->lost) || !is_open(client->link->server))
		vmb_client_link_lose(client->link);
	vmb_client_link_unclaim(old);
	forget(old->server);
	vmb_client_link_put(old);
}

static void hand_all_over(struct move *move)
{
	u32 i;

	for (i = 0; i < move->nr; i++) {
		struct vmb_channel *client = move->hops[i].client;

		if (WARN_ON_ONCE(vmb_turn_take(&client->turn)))
			continue;
		hand_over(move, &move->hops[i]);
		vmb_turn_release(&client->turn);
	}
}

static int move_guest(struct move *move)
{
	int ret = take_clients(move);

	if (!ret)
		ret = claim_twins(move);
	if (ret)
		goto out;
	ret = vmb_loopback_copy_ram(move->from, move->to);
	if (ret)
		goto out;
	ret = transfer(move);
	if (ret) {
		vmb_loopback_drop_ram(move->from, move->to, false);
		goto out;
	}
	hand_all_over(move);
	vmb_loopback_drop_ram(move->from, move->to, true);
out:
	if (ret)
		unclaim_twins(move);
	put_clients(move);
	return ret;
}

int vmb_loopback_move(struct vmb_bus *from, struct vmb_bus *to)
{
	struct move move = {
		.from = vmb_loopback_of(from),
		.to = vmb_loopback_of(to),
	};

	if (!move.from || !move.to || from == to)
		return -EINVAL;
	if (READ_ONCE(from->state) != VMB_BUS_STOP ||
	    READ_ONCE(to->state) != VMB_BUS_STOP)
		return -EBADFD;
	return move_guest(&move);
}
EXPORT_SYMBOL_NS_GPL(vmb_loopback_move, VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "core/outgoing.h"
#include "helpers.h"
#include "server.h"

/* Also made where a completion routine runs first. */
static struct vmb_test_record *get_record(struct vmb_test_server *server, u64 id)
{
	struct vmb_test_record *record = xa_load(&server->records, id);
	struct vmb_test_record *other;

	if (record)
		return record;
	record = kzalloc(sizeof(*record), GFP_KERNEL | __GFP_NOFAIL);
	record->id = id;
	other = xa_cmpxchg_irq(&server->records, id, NULL, record,
			       GFP_KERNEL | __GFP_NOFAIL);
	if (!other)
		return record;
	/* The case asked for it, or a callback wrote it, at the same time. */
	kfree(record);
	return WARN_ON(xa_is_err(other)) ? NULL : other;
}

/**
 * vmb_test_server_record() - what became of a packet
 * @server: the server
 * @id: its transaction id
 * Return: the record; all zero if nothing happened to such a packet.
 */
struct vmb_test_record *vmb_test_server_record(struct vmb_test_server *server,
					       u64 id)
{
	return get_record(server, id);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_record);

static void free_packet(struct vmb_test_packet *mine)
{
	scoped_guard(spinlock_irqsave, &mine->server->lock)
		list_del(&mine->node);
	vmb_packet_free(mine->packet);
	kvfree(mine->state);
	kfree(mine);
}

static void packet_done(struct vmb_packet *packet, int status, const void *buf,
			u32 len)
{
	struct vmb_test_packet *mine = vmb_packet_get_pointer(packet);
	struct vmb_test_server *server = mine->server;
	u64 id = vmb_packet_transaction_id(packet);
	struct vmb_test_record *record = get_record(server, id);

	record->done++;
	record->status = status;
	record->len = len;
	record->order = server->nr_done++;
	if (buf)
		memcpy(record->answer, buf, min_t(u32, len, sizeof(record->answer)));
	vmb_test_server_log(server, VMB_TEST_DONE, id, packet);
	free_packet(mine);
}

/* An error is that of vmb_packet_allocate(). */
static struct vmb_test_packet *create_packet(struct vmb_test_server *server,
					     struct vmb_channel *channel,
					     u32 state_bytes)
{
	struct vmb_test_packet *mine = kzalloc(sizeof(*mine), GFP_KERNEL);
	int ret = -ENOMEM;

	if (!mine)
		return ERR_PTR(ret);
	mine->server = server;
	mine->state_bytes = state_bytes;
	mine->state = kvzalloc(state_bytes + 1, GFP_KERNEL);
	if (!mine->state)
		goto err_mine;
	mine->packet = vmb_packet_allocate(channel);
	if (IS_ERR(mine->packet)) {
		ret = PTR_ERR(mine->packet);
		goto err_state;
	}
	vmb_packet_set_pointer(mine->packet, mine);
	vmb_packet_set_completion_routine(mine->packet, packet_done);
	scoped_guard(spinlock_irqsave, &server->lock)
		list_add_tail(&mine->node, &server->packets);
	return mine;

err_state:
	kvfree(mine->state);
err_mine:
	kfree(mine);
	return ERR_PTR(ret);
}

/* At removal none is in use any more; what is left was never sent. */
void vmb_test_server_free_packets(struct vmb_test_server *server)
{
	struct vmb_test_packet *mine, *next;

	list_for_each_entry_safe(mine, next, &server->packets, node)
		free_packet(mine);
}

/**
 * vmb_test_server_send_flags() - send a packet
 * @server: the server; nobody else sends on its channel at the moment
 * @payload_bytes: vmb_test_fill()ed with the transaction id
 * @state_bytes: of private state, filled likewise
 * @flags: VMB_PACKET_*
 * Return: what vmb_packet_send() or vmb_packet_allocate() returned; on failure
 * the packet was freed.
 */
int vmb_test_server_send_flags(struct vmb_test_server *server,
			       u32 payload_bytes, u32 state_bytes, u32 flags)
{
	struct vmb_channel *channel = READ_ONCE(server->channel);
	struct vmb_test_packet *mine;
	void *payload;
	int ret;
	u64 id;

	if (!channel)
		return -ENODEV;
	id = READ_ONCE(channel->queue.next_id);
	mine = create_packet(server, channel, state_bytes);
	if (IS_ERR(mine))
		return PTR_ERR(mine);
	payload = kvmalloc(payload_bytes + 1, GFP_KERNEL | __GFP_NOFAIL);
	vmb_test_fill(payload, payload_bytes, id);
	vmb_test_fill(mine->state, state_bytes, id);
	ret = vmb_packet_send(mine->packet, payload, payload_bytes, flags);
	kvfree(payload);
	if (ret)
		free_packet(mine);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_send_flags);

/**
 * vmb_test_server_send() - send a packet that waits for its completion
 * @server: as for vmb_test_server_send_flags()
 * @payload_bytes: likewise
 * @state_bytes: likewise
 * Return: likewise.
 */
int vmb_test_server_send(struct vmb_test_server *server, u32 payload_bytes,
			 u32 state_bytes)
{
	return vmb_test_server_send_flags(server, payload_bytes, state_bytes,
					  VMB_PACKET_WAIT_FOR_COMPLETION);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_send);

void vmb_test_process_packet(struct vmb_channel *channel,
			     struct vmb_packet_completion *packet,
			     const void *buf, u32 len)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);
	struct vmb_test_request *request;

	vmb_test_server_log(server, VMB_TEST_PROCESS,
			    vmb_packet_completion_transaction_id(packet), packet);
	if (!READ_ONCE(server->knobs.hold)) {
		vmb_packet_complete(packet, buf, len);
		return;
	}
	request = kzalloc(sizeof(*request), GFP_KERNEL | __GFP_NOFAIL);
	request->packet = packet;
	request->buf = buf;
	request->len = len;
	guard(spinlock_irqsave)(&server->lock);
	list_add_tail(&request->node, &server->held);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_process_packet);

static struct vmb_test_request *take_request(struct vmb_test_server *server)
{
	struct vmb_test_request *request;

	guard(spinlock_irqsave)(&server->lock);
	request = list_first_entry_or_null(&server->held,
					   struct vmb_test_request, node);
	if (request)
		list_del(&request->node);
	return request;
}

/**
 * vmb_test_server_held() - how many requests are held
 * @server: the server
 * Return: the number.
 */
u32 vmb_test_server_held(struct vmb_test_server *server)
{
	struct vmb_test_request *request;
	u32 nr = 0;

	guard(spinlock_irqsave)(&server->lock);
	list_for_each_entry(request, &server->held, node)
		nr++;
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_held);

/**
 * vmb_test_server_complete() - echo requests that are held, oldest first
 * @server: the server
 * @nr: at most so many
 * Return: how many were completed.
 */
u32 vmb_test_server_complete(struct vmb_test_server *server, u32 nr)
{
	struct vmb_test_request *request;
	u32 i;

	for (i = 0; i < nr; i++) {
		request = take_request(server);
		if (!request)
			break;
		vmb_packet_complete(request->packet, request->buf, request->len);
		kfree(request);
	}
	return i;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_complete);

/**
 * vmb_test_server_answer() - complete the oldest request that is held
 * @server: the server
 * @buf: the answer
 * @len: bytes at @buf
 * Return: true if there was one.
 */
bool vmb_test_server_answer(struct vmb_test_server *server, const void *buf,
			    u32 len)
{
	struct vmb_test_request *request = take_request(server);

	if (!request)
		return false;
	vmb_packet_complete(request->packet, buf, len);
	kfree(request);
	return true;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_answer);

static int save_scripted(const struct vmb_test_script *script, u32 pass, u64 id,
			 struct vmb_save_packet *args)
{
	u32 i = min(pass, script->nr - 1);

	/* It may write to all that it gets, whatever it needs. */
	args->needed = script->pass[i].needed;
	vmb_test_fill(args->buf, args->size, id);
	return script->pass[i].ret;
}

int vmb_test_save_packet(struct vmb_save_packet *args)
{
	struct vmb_test_packet *mine = vmb_packet_get_pointer(args->packet);
	struct vmb_test_server *server = mine->server;
	const struct vmb_test_script *script = &server->knobs.save;
	u64 id = vmb_packet_transaction_id(args->packet);

	if (!args->size || server->save_id != id)
		server->save_pass = 0;
	else
		server->save_pass++;
	server->save_id = id;
	vmb_test_server_log(server, VMB_TEST_SAVE, id, args);
	if (script->nr && (!script->id || script->id == id))
		return save_scripted(script, server->save_pass, id, args);
	args->needed = mine->state_bytes;
	if (args->size < args->needed)
		return -ENOBUFS;
	if (args->needed)
		memcpy(args->buf, mine->state, args->needed);
	return 0;
}

/* Calls that have to be refused, before or after the right one */
static int restore_wrongly(struct vmb_packet *packet,
			   const struct vmb_restore_packet *args,
			   enum vmb_test_restore how)
{
	u8 *other;
	int ret;

	if (how == VMB_TEST_RESTORE_SHORT)
		return vmb_packet_restore(packet, args->lib_buf,
					  args->lib_size - 8);
	if (how == VMB_TEST_RESTORE_TWICE)
		return vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	other = kvmalloc(args->lib_size, GFP_KERNEL | __GFP_NOFAIL);
	memcpy(other, args->lib_buf, args->lib_size);
	other[0] ^= 1;
	ret = vmb_packet_restore(packet, other, args->lib_size);
	kvfree(other);
	return ret;
}

static int restore_one(struct vmb_test_server *server,
		       const struct vmb_restore_packet *args,
		       enum vmb_test_restore how)
{
	struct vmb_test_packet *mine = create_packet(server, args->channel,
						     args->vsp_size);
	int error = server->knobs.restore_error ?: -EIO;
	int ret = 0;
	u64 id;

	if (IS_ERR(mine))
		return PTR_ERR(mine);
	if (how == VMB_TEST_RESTORE_SHORT || how == VMB_TEST_RESTORE_OTHER)
		server->restore_result = restore_wrongly(mine->packet, args, how);
	if (how == VMB_TEST_RESTORE_FAIL_BEFORE)
		ret = error;
	else if (how != VMB_TEST_RESTORE_FORGET)
		ret = vmb_packet_restore(mine->packet, args->lib_buf,
					 args->lib_size);
	if (ret || how == VMB_TEST_RESTORE_FORGET) {
		free_packet(mine);
		return ret;
	}
	if (how == VMB_TEST_RESTORE_TWICE)
		server->restore_result = restore_wrongly(mine->packet, args, how);
	id = vmb_packet_transaction_id(mine->packet);
	if (args->vsp_size)
		memcpy(mine->state, args->vsp_buf, args->vsp_size);
	if (!server->knobs.trust_state &&
	    !vmb_test_filled(args->vsp_buf, args->vsp_size, id))
		return -EILSEQ;
	if (how == VMB_TEST_RESTORE_FAIL_FREED || how == VMB_TEST_RESTORE_FREED)
		free_packet(mine);
	else
		get_record(server, id)->restored++;
	return how == VMB_TEST_RESTORE_FAIL_AFTER ||
	       how == VMB_TEST_RESTORE_FAIL_FREED ? error : 0;
}

int vmb_test_restore_packet(const struct vmb_restore_packet *args)
{
	struct vmb_test_server *server = vmb_test_server_of(args->channel);
	enum vmb_test_restore how = VMB_TEST_RESTORE_WELL;

	if (++server->nr_restored == server->knobs.restore_at)
		how = server->knobs.restore;
	vmb_test_server_log(server, VMB_TEST_RESTORE, server->nr_restored,
			    (void *)args);
	return restore_one(server, args, how);
}

void vmb_test_discard_packet(struct vmb_channel *channel,
			     struct vmb_packet *packet)
{
	struct vmb_test_packet *mine = vmb_packet_get_pointer(packet);
	u64 id = vmb_packet_transaction_id(packet);

	get_record(mine->server, id)->discarded++;
	vmb_test_server_log(mine->server, VMB_TEST_DISCARD, id, packet);
	free_packet(mine);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_discard_packet);

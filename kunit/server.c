// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "core/channel.h"
#include "helpers.h"
#include "server.h"

static const char * const call_names[VMB_TEST_NR_CALLS] = {
	[VMB_TEST_PROBE]	= "probe",
	[VMB_TEST_REMOVE]	= "remove",
	[VMB_TEST_OPENED]	= "opened",
	[VMB_TEST_CLOSED]	= "closed",
	[VMB_TEST_SUSPEND]	= "suspend",
	[VMB_TEST_STARTED]	= "started",
	[VMB_TEST_POST_STARTED]	= "post_started",
	[VMB_TEST_PROCESS]	= "process",
	[VMB_TEST_BATCH]	= "batch",
	[VMB_TEST_SAVE]		= "save",
	[VMB_TEST_RESTORE]	= "restore",
	[VMB_TEST_DISCARD]	= "discard",
	[VMB_TEST_DONE]		= "done",
	[VMB_TEST_SAVE_STATE]	= "save_state",
	[VMB_TEST_RESTORE_STATE] = "restore_state",
	[VMB_TEST_DISCARD_STATE] = "discard_state",
};

/**
 * vmb_test_server_of() - the server of a channel
 * @channel: the channel
 * Return: the server, also once it was removed.
 */
struct vmb_test_server *vmb_test_server_of(struct vmb_channel *channel)
{
	return vmb_channel_get_pointer(channel);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_of);

/*
 * What holds of every callback in every suite: it may sleep, and it comes
 * before the end of its server's life. The splat tells who calls.
 */
static void expect_legal(struct vmb_test_server *server, enum vmb_test_call call)
{
	struct kunit *test = server->vsp->test;

	might_sleep();
	/* Without it nobody counts, and might_sleep() sees nothing either. */
	if (IS_ENABLED(CONFIG_PREEMPT_COUNT))
		KUNIT_EXPECT_TRUE_MSG(test, preemptible(), "%s in atomic context",
				      call_names[call]);
	if (WARN_ON_ONCE(READ_ONCE(server->over)))
		KUNIT_FAIL(test, "%s after the channel's end", call_names[call]);
}

/**
 * vmb_test_server_log() - write a call down, then run the hook
 * @server: the server
 * @call: which
 * @id: transaction id, 0 = none
 * @arg: for the hook
 *
 * The case fails if the callback may not sleep, or comes after the call that
 * ended the server's life has returned.
 */
void vmb_test_server_log(struct vmb_test_server *server, enum vmb_test_call call,
			 u64 id, void *arg)
{
	vmb_test_hook_t hook = READ_ONCE(server->knobs.hook);

	expect_legal(server, call);
	atomic_inc(&server->calls[call]);
	scoped_guard(spinlock_irqsave, &server->lock) {
		if (server->nr_log < server->log_max) {
			server->log[server->nr_log].call = call;
			server->log[server->nr_log++].id = id;
		}
	}
	if (hook)
		hook(server, call, arg);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_log);

static void log_state(struct vmb_channel *channel, enum vmb_test_call call)
{
	vmb_test_server_log(vmb_test_server_of(channel), call, 0, NULL);
}

/**
 * vmb_test_server_create() - a server for a channel
 * @vsp: whose
 * @channel: the channel; its pointer is set
 * Return: the server, freed with the case, or NULL.
 */
struct vmb_test_server *vmb_test_server_create(struct vmb_test_vsp *vsp,
					       struct vmb_channel *channel)
{
	struct vmb_test_server *server = kzalloc(sizeof(*server), GFP_KERNEL);

	if (!server)
		return NULL;
	server->log_max = vsp->log_max ?: VMB_TEST_LOG_MAX;
	server->log = kvcalloc(server->log_max, sizeof(*server->log), GFP_KERNEL);
	if (!server->log) {
		kfree(server);
		return NULL;
	}
	server->vsp = vsp;
	server->channel = channel;
	server->knobs = vsp->knobs;
	spin_lock_init(&server->lock);
	INIT_LIST_HEAD(&server->packets);
	INIT_LIST_HEAD(&server->held);
	xa_init_flags(&server->records, XA_FLAGS_LOCK_IRQ);
	vmb_channel_set_pointer(channel, server);
	guard(mutex)(&vsp->lock);
	list_add_tail(&server->node, &vsp->servers);
	return server;
}

/**
 * vmb_test_server_end() - nothing may be called any more
 * @server: its channel is removed, or was cleaned up
 *
 * What it never sent is freed. Its channel keeps the pointer, so that a call
 * that should not come finds somebody to blame.
 */
void vmb_test_server_end(struct vmb_test_server *server)
{
	vmb_test_server_free_packets(server);
	server->channel = NULL;
	WRITE_ONCE(server->over, true);
}

static void free_server(struct vmb_test_server *server)
{
	struct vmb_test_record *record;
	unsigned long id;

	xa_for_each(&server->records, id, record)
		kfree(record);
	xa_destroy(&server->records);
	kvfree(server->state);
	kvfree(server->log);
	kfree(server);
}

static int configure(struct vmb_test_server *server)
{
	const struct vmb_test_knobs *knobs = &server->knobs;
	struct vmb_channel *channel = server->channel;
	int ret = 0;

	if (knobs->max_packet)
		ret = vmb_channel_init_set_max_packet_size(channel, knobs->max_packet);
	if (!ret && knobs->flags)
		ret = vmb_channel_init_set_flags(channel, knobs->flags);
	if (!ret && knobs->server_flags)
		ret = vmb_server_channel_init_set_flags(channel, knobs->server_flags);
	if (!ret && knobs->max_external_bytes)
		ret = vmb_channel_init_set_max_external_data(channel,
							     knobs->max_external_bytes,
							     knobs->max_external_ranges);
	return ret;
}

static int enable(struct vmb_test_server *server)
{
	const struct vmb_test_knobs *knobs = &server->knobs;
	int ret = configure(server);

	if (ret || knobs->stay_disabled)
		return ret;
	ret = vmb_channel_enable(server->channel);
	if (ret || knobs->stay_paused)
		return ret;
	return vmb_channel_start(server->channel);
}

static int vsp_probe(struct vmb_channel *channel)
{
	struct vmb_test_vsp *vsp =
		container_of(channel->vsp, struct vmb_test_vsp, vsp);
	struct vmb_test_server *server = vmb_test_server_create(vsp, channel);
	int ret;

	if (!server)
		return -ENOMEM;
	vmb_test_server_log(server, VMB_TEST_PROBE, 0, NULL);
	ret = enable(server) ?: server->knobs.probe_error;
	if (ret && !server->knobs.probe_leaves_enabled)
		vmb_channel_disable(channel);
	/* What is in use is given back before the offer fails. */
	if (ret && server->knobs.probe_leaves_enabled)
		server->channel = NULL;
	else if (ret)
		vmb_test_server_end(server);
	return ret;
}

static void vsp_remove(struct vmb_channel *channel)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);

	log_state(channel, VMB_TEST_REMOVE);
	if (!server->knobs.keep_on_remove)
		vmb_test_server_complete(server, U32_MAX);
	vmb_test_server_end(server);
}

static int vsp_opened(struct vmb_channel *channel)
{
	log_state(channel, VMB_TEST_OPENED);
	return vmb_test_server_of(channel)->knobs.opened_error;
}

static void vsp_closed(struct vmb_channel *channel)
{
	log_state(channel, VMB_TEST_CLOSED);
}

static void vsp_suspend(struct vmb_channel *channel)
{
	struct vmb_test_server *server = vmb_test_server_of(channel);

	log_state(channel, VMB_TEST_SUSPEND);
	if (!server->knobs.keep_on_suspend)
		vmb_test_server_complete(server, U32_MAX);
}

static void vsp_started(struct vmb_channel *channel)
{
	log_state(channel, VMB_TEST_STARTED);
}

static void vsp_post_started(struct vmb_channel *channel)
{
	log_state(channel, VMB_TEST_POST_STARTED);
}

static void vsp_processing_complete(struct vmb_channel *channel, u32 nr)
{
	vmb_test_server_log(vmb_test_server_of(channel), VMB_TEST_BATCH, 0, &nr);
}

static const struct vmb_vsp all_callbacks = {
	.probe = vsp_probe,
	.remove = vsp_remove,
	.opened = vsp_opened,
	.closed = vsp_closed,
	.suspend = vsp_suspend,
	.started = vsp_started,
	.post_started = vsp_post_started,
	.process_packet = vmb_test_process_packet,
	.processing_complete = vsp_processing_complete,
	.save_packet = vmb_test_save_packet,
	.restore_packet = vmb_test_restore_packet,
	.discard_packet = vmb_test_discard_packet,
};

/**
 * vmb_test_vsp_create() - a VSP of a type of its own, not registered
 * @test: the case
 * Return: the VSP.
 */
struct vmb_test_vsp *vmb_test_vsp_create(struct kunit *test)
{
	struct vmb_test *t = vmb_test_of(test);
	struct vmb_test_vsp *vsp = vmb_test_alloc(test, sizeof(*vsp));
	u32 n = ++t->nr_vsps;

	vsp->vsp = all_callbacks;
	vsp->vsp.name = vsp->name;
	vsp->vsp.id_table = vsp->ids;
	snprintf(vsp->name, sizeof(vsp->name), "vmb_test_%u", n);
	vsp->ids[0].type = GUID_INIT(0x76d1b5a0, 0x7e57, 0x4e57, 0x80, n, 0,
				     0, 0, 0, 0, n);
	vsp->test = test;
	mutex_init(&vsp->lock);
	INIT_LIST_HEAD(&vsp->servers);
	list_add(&vsp->node, &t->vsps);
	return vsp;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_create);

/**
 * vmb_test_vsp_add() - register a VSP
 * @vsp: from vmb_test_vsp_create()
 *
 * Its owner is this module, for KUnit runs a suite before the suite's module
 * can own a driver.
 * Return: as vmb_vsp_register().
 */
int vmb_test_vsp_add(struct vmb_test_vsp *vsp)
{
	int ret = vmb_vsp_register(&vsp->vsp);

	if (!ret)
		vsp->registered = true;
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_add);

/**
 * vmb_test_vsp_register() - a VSP of a type of its own, registered
 * @test: the case
 * Return: the VSP; on failure the case ends.
 */
struct vmb_test_vsp *vmb_test_vsp_register(struct kunit *test)
{
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_vsp_add(vsp), 0);
	return vsp;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_register);

/**
 * vmb_test_vsp_unregister() - as when its module is removed
 * @vsp: the VSP; nothing happens if it is not registered
 */
void vmb_test_vsp_unregister(struct vmb_test_vsp *vsp)
{
	if (!vsp->registered)
		return;
	vsp->registered = false;
	vmb_vsp_unregister(&vsp->vsp);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_unregister);

/**
 * vmb_test_vsp_unregister_job() - the same for vmb_test_job_start()
 * @vsp: struct vmb_test_vsp
 * Return: 0.
 */
int vmb_test_vsp_unregister_job(void *vsp)
{
	vmb_test_vsp_unregister(vsp);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_unregister_job);

/**
 * vmb_test_vsp_last() - the server that was probed last
 * @vsp: the VSP
 * Return: it, NULL if there was none.
 */
struct vmb_test_server *vmb_test_vsp_last(struct vmb_test_vsp *vsp)
{
	guard(mutex)(&vsp->lock);
	return list_empty(&vsp->servers) ? NULL :
	       list_last_entry(&vsp->servers, struct vmb_test_server, node);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_vsp_last);

/**
 * vmb_test_server_count() - how often a callback was called
 * @server: the server
 * @call: which
 * Return: the number.
 */
u32 vmb_test_server_count(const struct vmb_test_server *server,
			  enum vmb_test_call call)
{
	return atomic_read(&server->calls[call]);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_count);

/**
 * vmb_test_server_calls() - the calls in order, as words
 * @server: the server
 * @calls: which ones, a set of BIT(enum vmb_test_call)
 *
 * Such as "opened started done#3": calls about a packet with its transaction
 * id. At most a page full.
 * Return: the words, valid to the end of the case.
 */
const char *vmb_test_server_calls(struct vmb_test_server *server, u32 calls)
{
	char *text = vmb_test_alloc(server->vsp->test, PAGE_SIZE);
	int used = 0;
	u32 i;

	guard(spinlock_irqsave)(&server->lock);
	for (i = 0; i < server->nr_log; i++) {
		if (!(calls & BIT(server->log[i].call)))
			continue;
		used += scnprintf(text + used, PAGE_SIZE - used, "%s%s",
				  used ? " " : "",
				  call_names[server->log[i].call]);
		if (server->log[i].id)
			used += scnprintf(text + used, PAGE_SIZE - used, "#%llu",
					  server->log[i].id);
	}
	return text;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_calls);

/**
 * vmb_test_server_forget_calls() - begin anew to write and count calls
 * @server: the server
 */
void vmb_test_server_forget_calls(struct vmb_test_server *server)
{
	int i;

	guard(spinlock_irqsave)(&server->lock);
	server->nr_log = 0;
	for (i = 0; i < VMB_TEST_NR_CALLS; i++)
		atomic_set(&server->calls[i], 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_server_forget_calls);

/* No server holds a packet or has a hook any more, so that all can end. */
void vmb_test_servers_let_go(struct vmb_test *t)
{
	struct vmb_test_server *server;
	struct vmb_test_vsp *vsp;

	list_for_each_entry(vsp, &t->vsps, node) {
		guard(mutex)(&vsp->lock);
		list_for_each_entry(server, &vsp->servers, node) {
			memset(&server->knobs, 0, sizeof(server->knobs));
			vmb_test_server_complete(server, U32_MAX);
		}
	}
}

void vmb_test_vsps_unregister(struct vmb_test *t)
{
	struct vmb_test_vsp *vsp;

	list_for_each_entry(vsp, &t->vsps, node)
		vmb_test_vsp_unregister(vsp);
	/* What was removed while it held something still holds it. */
	vmb_test_servers_let_go(t);
}

void vmb_test_vsps_free(struct vmb_test *t)
{
	struct vmb_test_server *server, *next;
	struct vmb_test_vsp *vsp;

	list_for_each_entry(vsp, &t->vsps, node)
		list_for_each_entry_safe(server, next, &vsp->servers, node)
			free_server(server);
}

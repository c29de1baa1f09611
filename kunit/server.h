/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_SERVER_H
#define _VMB_KUNIT_SERVER_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/vmbsave.h>
#include <linux/xarray.h>

struct kunit;
struct vmb_test;
struct vmb_test_server;

/* Callbacks of a VSP, and completion routines */
enum vmb_test_call {
	VMB_TEST_PROBE,
	VMB_TEST_REMOVE,
	VMB_TEST_OPENED,
	VMB_TEST_CLOSED,
	VMB_TEST_SUSPEND,
	VMB_TEST_STARTED,
	VMB_TEST_POST_STARTED,
	VMB_TEST_PROCESS,
	VMB_TEST_BATCH,		/* .processing_complete */
	VMB_TEST_SAVE,
	VMB_TEST_RESTORE,
	VMB_TEST_DISCARD,
	VMB_TEST_DONE,		/* a completion routine */
	VMB_TEST_SAVE_STATE,
	VMB_TEST_RESTORE_STATE,
	VMB_TEST_DISCARD_STATE,
	VMB_TEST_NR_CALLS
};

/* Sets of calls for vmb_test_server_calls() */
#define VMB_TEST_STATE_CALLS						\
	(BIT(VMB_TEST_PROBE) | BIT(VMB_TEST_REMOVE) |			\
	 BIT(VMB_TEST_OPENED) | BIT(VMB_TEST_CLOSED) |			\
	 BIT(VMB_TEST_SUSPEND) | BIT(VMB_TEST_STARTED) |		\
	 BIT(VMB_TEST_POST_STARTED))
#define VMB_TEST_PACKET_CALLS						\
	(BIT(VMB_TEST_SAVE) | BIT(VMB_TEST_RESTORE) |			\
	 BIT(VMB_TEST_DISCARD) | BIT(VMB_TEST_DONE))
#define VMB_TEST_ALL_CALLS	(BIT(VMB_TEST_NR_CALLS) - 1)

/**
 * typedef vmb_test_hook_t - run inside a callback, before it does its work
 * @server: whose callback
 * @call: which
 * @arg: SAVE: struct vmb_save_packet; RESTORE: const struct
 *	vmb_restore_packet; DISCARD, DONE: struct vmb_packet; PROCESS: struct
 *	vmb_packet_completion; BATCH: u32, how many; SAVE_STATE: struct
 *	vmb_save_state; RESTORE_STATE: const struct vmb_restore_state; else NULL
 */
typedef void (*vmb_test_hook_t)(struct vmb_test_server *server,
				enum vmb_test_call call, void *arg);

#define VMB_TEST_PASSES 4

/**
 * struct vmb_test_script - what .save_packet or .save_state answers instead of
 *	the truth
 * @nr: passes that are scripted; 0 = none, the last one stays in force
 * @id: for this packet alone; 0 = for all; of no use for .save_state
 * @pass: return value and needed of each; as many bytes as fit are filled
 */
struct vmb_test_script {
	u32 nr;
	u64 id;
	struct {
		int ret;
		u32 needed;
	} pass[VMB_TEST_PASSES];
};

/**
 * enum vmb_test_restore - how .restore_packet treats a packet
 * @VMB_TEST_RESTORE_WELL: as it should
 * @VMB_TEST_RESTORE_FAIL_BEFORE: fails and has not called vmb_packet_restore()
 * @VMB_TEST_RESTORE_FAIL_AFTER: fails and leaves the packet restored
 * @VMB_TEST_RESTORE_FAIL_FREED: fails and has freed the restored packet
 * @VMB_TEST_RESTORE_FORGET: succeeds and has not called it
 * @VMB_TEST_RESTORE_FREED: succeeds and has freed the restored packet
 * @VMB_TEST_RESTORE_TWICE: calls it a second time, see restore_result
 * @VMB_TEST_RESTORE_SHORT: first calls it with 8 bytes less, see restore_result
 * @VMB_TEST_RESTORE_OTHER: first calls it with other bytes, see restore_result
 */
enum vmb_test_restore {
	VMB_TEST_RESTORE_WELL,
	VMB_TEST_RESTORE_FAIL_BEFORE,
	VMB_TEST_RESTORE_FAIL_AFTER,
	VMB_TEST_RESTORE_FAIL_FREED,
	VMB_TEST_RESTORE_FORGET,
	VMB_TEST_RESTORE_FREED,
	VMB_TEST_RESTORE_TWICE,
	VMB_TEST_RESTORE_SHORT,
	VMB_TEST_RESTORE_OTHER,
};

/**
 * struct vmb_test_knobs - how a server behaves; all zero = well, and echoing
 * @max_packet: for vmb_channel_init_set_max_packet_size(), 0 = not called
 * @flags: for vmb_channel_init_set_flags(), 0 = not called
 * @server_flags: for vmb_server_channel_init_set_flags(), likewise
 * @max_external_bytes: for vmb_channel_init_set_max_external_data(), likewise
 * @max_external_ranges: for the same
 * @stay_disabled: .probe does not enable (and start) the channel
 * @stay_paused: .probe enables and does not start it
 * @probe_error: .probe fails with it
 * @probe_leaves_enabled: and does not disable the channel before
 * @opened_error: .opened fails with it
 * @hold: requests are held until vmb_test_server_complete()
 * @keep_on_suspend: .suspend does not complete what is held
 * @keep_on_remove: neither does .remove
 * @save: script of .save_packet
 * @restore: how .restore_packet treats the packet
 * @restore_at: that it is called for as the nth, from 1; 0 = none
 * @restore_error: what it fails with, 0 = -EIO
 * @trust_state: .restore_packet takes any state as it is
 * @state_bytes: of the channel's own state, unless one was restored
 * @save_state: script of .save_state
 * @restore_state_error: .restore_state fails with it
 * @hook: runs first in every callback
 */
struct vmb_test_knobs {
	u32 max_packet;
	u32 flags;
	u32 server_flags;
	u32 max_external_bytes;
	u32 max_external_ranges;
	bool stay_disabled;
	bool stay_paused;
	int probe_error;
	bool probe_leaves_enabled;
	int opened_error;
	bool hold;
	bool keep_on_suspend;
	bool keep_on_remove;
	struct vmb_test_script save;
	enum vmb_test_restore restore;
	u32 restore_at;
	int restore_error;
	bool trust_state;
	u32 state_bytes;
	struct vmb_test_script save_state;
	int restore_state_error;
	vmb_test_hook_t hook;
};

/**
 * struct vmb_test_vsp - a VSP that writes down how it is called
 * @vsp: itself; a case may take callbacks away before it is registered
 * @ids: its one type
 * @test: the case
 * @node: in vmb_test.vsps
 * @registered: it is
 * @knobs: given to each server when it is probed
 * @data: of the case
 * @log_max: calls that each server writes down; 0 = VMB_TEST_LOG_MAX
 * @lock: protects @servers
 * @servers: all that there were, struct vmb_test_server
 * @name: of the driver
 */
struct vmb_test_vsp {
	struct vmb_vsp vsp;
	struct vmb_vsp_id ids[2];
	struct kunit *test;
	struct list_head node;
	bool registered;
	struct vmb_test_knobs knobs;
	void *data;
	u32 log_max;
	struct mutex lock;	/* protects servers */
	struct list_head servers;
	char name[32];
};

#define VMB_TEST_LOG_MAX 4096

/**
 * struct vmb_test_record - what became of one outgoing packet
 * @id: its transaction id
 * @done: calls of its completion routine
 * @discarded: calls of .discard_packet
 * @restored: calls of .restore_packet that made it
 * @status: of the last completion
 * @len: length of the answer
 * @answer: its first bytes
 * @order: how many packets of the channel were done before it
 */
struct vmb_test_record {
	u64 id;
	u32 done;
	u32 discarded;
	u32 restored;
	int status;
	u32 len;
	u8 answer[32];
	u32 order;
};

/**
 * struct vmb_test_packet - an outgoing packet of a server
 * @node: in server->packets
 * @server: whose
 * @packet: the library's half
 * @state_bytes: length of @state
 * @state: private state
 */
struct vmb_test_packet {
	struct list_head node;
	struct vmb_test_server *server;
	struct vmb_packet *packet;
	u32 state_bytes;
	void *state;
};

/**
 * struct vmb_test_request - a request of the guest that is held
 * @node: in server->held
 * @packet: the library's half
 * @buf: its payload
 * @len: bytes at @buf
 */
struct vmb_test_request {
	struct list_head node;
	struct vmb_packet_completion *packet;
	const void *buf;
	u32 len;
};

/**
 * struct vmb_test_server - the server's end of one channel; kept to the end of
 *	the case, also when the channel has gone
 * @vsp: whose
 * @node: in vsp->servers
 * @channel: the channel, NULL after .remove
 * @over: nothing may be called any more
 * @log_max: room in @log
 * @knobs: how it behaves; may be changed at any time
 * @data: a hook's own
 * @save_id: of the packet that .save_packet was called for last
 * @save_pass: of .save_packet: which pass this is, from 0
 * @nr_restored: calls of .restore_packet
 * @restore_result: what the wrong call of vmb_packet_restore() answered
 * @state_pass: of .save_state: which pass this is, from 0
 * @state: what .restore_state was given, NULL = it has none
 * @state_bytes: bytes at @state
 * @state_version: the version that it was given
 * @calls: how often each callback was called
 * @lock: protects the rest
 * @log: calls in order, with their transaction ids
 * @nr_log: calls in @log
 * @packets: all that are not freed, struct vmb_test_packet
 * @held: struct vmb_test_request
 * @records: struct vmb_test_record by transaction id
 * @nr_done: packets done so far
 */
struct vmb_test_server {
	struct vmb_test_vsp *vsp;
	struct list_head node;
	struct vmb_channel *channel;
	bool over;
	u32 log_max;
	struct vmb_test_knobs knobs;
	void *data;
	u64 save_id;
	u32 save_pass;
	u32 nr_restored;
	int restore_result;
	u32 state_pass;
	void *state;
	u32 state_bytes;
	u32 state_version;
	atomic_t calls[VMB_TEST_NR_CALLS];

	spinlock_t lock;	/* protects the rest */
	struct {
		enum vmb_test_call call;
		u64 id;
	} *log;
	u32 nr_log;
	struct list_head packets;
	struct list_head held;
	struct xarray records;
	u32 nr_done;
};

struct vmb_test_vsp *vmb_test_vsp_create(struct kunit *test);
int vmb_test_vsp_add(struct vmb_test_vsp *vsp);
struct vmb_test_vsp *vmb_test_vsp_register(struct kunit *test);
void vmb_test_vsp_unregister(struct vmb_test_vsp *vsp);
int vmb_test_vsp_unregister_job(void *vsp);
struct vmb_test_server *vmb_test_server_of(struct vmb_channel *channel);
struct vmb_test_server *vmb_test_server_create(struct vmb_test_vsp *vsp,
					       struct vmb_channel *channel);
void vmb_test_server_end(struct vmb_test_server *server);
struct vmb_test_server *vmb_test_vsp_last(struct vmb_test_vsp *vsp);

u32 vmb_test_server_count(const struct vmb_test_server *server,
			  enum vmb_test_call call);
const char *vmb_test_server_calls(struct vmb_test_server *server, u32 calls);
void vmb_test_server_forget_calls(struct vmb_test_server *server);

int vmb_test_server_send(struct vmb_test_server *server, u32 payload_bytes,
			 u32 state_bytes);
int vmb_test_server_send_flags(struct vmb_test_server *server,
			       u32 payload_bytes, u32 state_bytes, u32 flags);
struct vmb_test_record *vmb_test_server_record(struct vmb_test_server *server,
					       u64 id);
u32 vmb_test_server_held(struct vmb_test_server *server);
u32 vmb_test_server_complete(struct vmb_test_server *server, u32 nr);
bool vmb_test_server_answer(struct vmb_test_server *server, const void *buf,
			    u32 len);

/* server_packet.c: callbacks that are about packets */
void vmb_test_server_log(struct vmb_test_server *server, enum vmb_test_call call,
			 u64 id, void *arg);
void vmb_test_process_packet(struct vmb_channel *channel,
			     struct vmb_packet_completion *packet,
			     const void *buf, u32 len);
int vmb_test_save_packet(struct vmb_save_packet *args);
int vmb_test_restore_packet(const struct vmb_restore_packet *args);
void vmb_test_discard_packet(struct vmb_channel *channel,
			     struct vmb_packet *packet);
void vmb_test_server_free_packets(struct vmb_test_server *server);

/* server_state.c: callbacks that are about the channel's own state */
void vmb_test_vsp_add_state(struct vmb_test_vsp *vsp, u32 version, u32 min_version);
bool vmb_test_server_has_state(const struct vmb_test_server *server, u32 bytes);

void vmb_test_servers_let_go(struct vmb_test *t);
void vmb_test_vsps_unregister(struct vmb_test *t);
void vmb_test_vsps_free(struct vmb_test *t);

#endif /* _VMB_KUNIT_SERVER_H */

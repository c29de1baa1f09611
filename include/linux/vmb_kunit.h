/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _LINUX_VMB_KUNIT_H
#define _LINUX_VMB_KUNIT_H

#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/list.h>
#include <linux/vmbsave.h>

/**
 * DOC: A fixture for the author of a VSP
 *
 * The VSP and a client of it run in one kernel, on a bus without a VMM. The
 * client records what it is called for and what it gets. Everything that a case
 * makes is released when it ends, also by an assertion, in the right order.
 * What waits, waits %VMB_KUNIT_DEADLINE_MS at most.
 *
 * See Documentation/driver-api/testing-a-vsp.rst.
 */

/* How long a helper waits for what must come, ms */
#define VMB_KUNIT_DEADLINE_MS	10000

struct vmb_kunit;

/**
 * struct vmb_kunit_client - a client's end that records
 * @channel: its channel
 * @opened: calls of .opened
 * @closed: calls of .closed
 * @started: calls of .started
 * @suspended: calls of .suspend
 * @failed: calls of the failure callback
 * @failure: errno of the last of these
 * @opened_error: if set, what .opened answers
 * @keep_on_suspend: .suspend does not complete what was received
 */
struct vmb_kunit_client {
	struct vmb_channel *channel;
	atomic_t opened;
	atomic_t closed;
	atomic_t started;
	atomic_t suspended;
	atomic_t failed;
	int failure;
	int opened_error;
	bool keep_on_suspend;
	/* private: */
	struct list_head node;
	struct vmb_kunit *fixture;
	struct vmb_vsp callbacks;
	spinlock_t lock; /* protects the next two */
	struct list_head messages;
	struct list_head requests;
	wait_queue_head_t changed;
};

/**
 * struct vmb_kunit_message - a packet that the VSP sent
 * @id: its transaction id
 * @len: bytes at @data, a multiple of 8
 * @data: payload
 */
struct vmb_kunit_message {
	/* private: */
	struct list_head node;
	struct vmb_kunit_client *client;
	struct vmb_packet_completion *packet;
	bool taken;
	/* public: */
	u64 id;
	u32 len;
	u8 data[];
};

/**
 * struct vmb_kunit_request - a packet that the client sent
 * @nr_done: how often its transaction ended; 1 is right
 * @status: what the completion routine was told
 * @len: bytes at @answer, a multiple of 8
 * @answer: what the VSP answered
 */
struct vmb_kunit_request {
	/* private: */
	struct list_head node;
	struct vmb_kunit_client *client;
	/* public: */
	u32 nr_done;
	int status;
	u32 len;
	u8 answer[];
};

/**
 * vmb_kunit_vsp_register() - vmb_vsp_register() for the time of a case
 * @test: the case
 * @vsp: the VSP; not static in a module that registers it itself
 *
 * To be called before vmb_kunit_create(). Its module is taken to be that of the
 * fixture: KUnit runs a suite before the suite's module can own a driver.
 *
 * Context: process context, may sleep.
 * Return: as vmb_vsp_register().
 */
int vmb_kunit_vsp_register(struct kunit *test, struct vmb_vsp *vsp);

/**
 * vmb_kunit_create() - a running bus without a VMM
 * @test: the case
 *
 * Context: process context, may sleep.
 * Return: the fixture, released with the case; on failure the case ends.
 */
struct vmb_kunit *vmb_kunit_create(struct kunit *test);

/**
 * vmb_kunit_destroy() - release a fixture before the case ends
 * @fixture: the fixture; its messages and requests go with it
 * Context: process context, may sleep.
 */
void vmb_kunit_destroy(struct vmb_kunit *fixture);

/**
 * vmb_kunit_bus() - the bus on which the clients are now
 * @fixture: the fixture
 *
 * Context: process context, may sleep.
 * Return: the bus.
 */
struct vmb_bus *vmb_kunit_bus(struct vmb_kunit *fixture);

/**
 * vmb_kunit_offer() - offer a channel, of an instance of its own
 * @fixture: the fixture
 * @type: interface type
 *
 * It is offered again on each bus that the clients move to.
 *
 * Context: process context, may sleep.
 * Return: as vmb_loopback_offer(), but the reference is the fixture's.
 */
struct vmb_channel *vmb_kunit_offer(struct vmb_kunit *fixture, const guid_t *type);

/**
 * vmb_kunit_offered() - a channel on the bus where the clients are now
 * @fixture: the fixture
 * @n: offered as the nth, from 0
 *
 * Context: process context, may sleep.
 * Return: the channel, NULL if there were not so many.
 */
struct vmb_channel *vmb_kunit_offered(struct vmb_kunit *fixture, u32 n);

/**
 * vmb_kunit_client_create() - make a client that is Disabled
 * @fixture: the fixture
 * @type: interface type that it will look for; any instance
 *
 * Context: process context, may sleep.
 * Return: the client; on failure the case ends.
 */
struct vmb_kunit_client *vmb_kunit_client_create(struct vmb_kunit *fixture,
						 const guid_t *type);

/**
 * vmb_kunit_connect() - offer a channel and connect a client to it
 * @fixture: the fixture
 * @type: interface type
 *
 * Context: process context, may sleep.
 * Return: the client, in ACTIVE; on failure the case ends.
 */
struct vmb_kunit_client *vmb_kunit_connect(struct vmb_kunit *fixture,
					   const guid_t *type);

/**
 * vmb_kunit_await_state() - wait until a client is in a state
 * @client: the client
 * @state: the state
 *
 * Context: process context, may sleep.
 * Return: true, or false at the deadline.
 */
bool vmb_kunit_await_state(struct vmb_kunit_client *client,
			   enum vmb_channel_state state);

/**
 * vmb_kunit_request() - send the VSP a packet that wants an answer
 * @client: the client
 * @buf: payload
 * @len: bytes at @buf
 *
 * Context: process context, may sleep.
 * Return: the request, for vmb_kunit_await(), or ERR_PTR: as
 * vmb_packet_allocate() or vmb_packet_send().
 */
struct vmb_kunit_request *vmb_kunit_request(struct vmb_kunit_client *client,
					    const void *buf, u32 len);

/**
 * vmb_kunit_await() - wait until a request is over
 * @request: the request
 *
 * Context: process context, may sleep.
 * Return: its status, or -ETIMEDOUT at the deadline.
 */
int vmb_kunit_await(struct vmb_kunit_request *request);

/**
 * vmb_kunit_receive() - wait for the next packet of the VSP
 * @client: the client
 *
 * Context: process context, may sleep.
 * Return: the packet, which the client holds until vmb_kunit_answer(); NULL at
 * the deadline.
 */
struct vmb_kunit_message *vmb_kunit_receive(struct vmb_kunit_client *client);

/**
 * vmb_kunit_answer() - complete a packet of the VSP
 * @message: from vmb_kunit_receive(); stays to the end of the case
 * @buf: the answer, or NULL
 * @len: bytes at @buf
 * Context: process context, may sleep.
 */
void vmb_kunit_answer(struct vmb_kunit_message *message, const void *buf, u32 len);

/**
 * vmb_kunit_received() - how many packets of the VSP came so far
 * @client: the client
 *
 * Context: process context, may sleep.
 * Return: the number, those taken by vmb_kunit_receive() too.
 */
u32 vmb_kunit_received(struct vmb_kunit_client *client);

/**
 * vmb_kunit_move() - migrate all clients to a new bus, and run it
 * @fixture: the fixture
 *
 * What each side held and what was on its way is there too.
 *
 * Context: process context, may sleep.
 * Return: 0, or an errno and everything runs on where it was: of
 * vmb_loopback_stop(), vmb_loopback_offer() or vmb_loopback_move().
 */
int vmb_kunit_move(struct vmb_kunit *fixture);

#endif /* _LINUX_VMB_KUNIT_H */

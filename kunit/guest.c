// SPDX-License-Identifier: GPL-2.0-only
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>
#include <linux/vmb_gpadl.h>

#include "core/gpadl.h"
#include "guest.h"
#include "helpers.h"
#include "machine.h"

static void host_signal(struct vmb_channel_host *host)
{
	atomic_inc(&container_of(host, struct vmb_test_guest, host)->signals);
}

static void host_release(struct vmb_channel_host *host)
{
	atomic_inc(&container_of(host, struct vmb_test_guest, host)->released);
}

static void init_common(struct vmb_test_guest *guest,
			struct vmb_test_machine *machine,
			struct vmb_channel *channel)
{
	struct kunit *test = machine->test;

	guest->host.signal = host_signal;
	guest->host.release = host_release;
	guest->machine = machine;
	guest->channel = channel;
	xa_init(&guest->seen);
	xa_init(&guest->answered);
	/* No packet is longer than the ring that it comes out of. */
	guest->buf_bytes = min_t(u32, VMB_TEST_MESSAGE_MAX, PAGE_SIZE *
				 (guest->nr_pages - guest->downstream_page - 1));
	guest->buf = vmb_test_alloc(test, guest->buf_bytes);
	guest->map = vmap(machine->pages + guest->first_page, guest->nr_pages,
			  VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, guest->map);
	vmb_channel_set_host(channel, &guest->host);
}

static int attach(struct vmb_test_guest *guest)
{
	u8 *tx = guest->map;
	u8 *rx = tx + guest->downstream_page * PAGE_SIZE;
	int ret;

	ret = vmb_ring_attach(&guest->tx, tx, tx + PAGE_SIZE,
			      (guest->downstream_page - 1) * PAGE_SIZE, true);
	return ret ?: vmb_ring_attach(&guest->rx, rx, rx + PAGE_SIZE,
				      (guest->nr_pages - guest->downstream_page -
				       1) * PAGE_SIZE, false);
}

/**
 * vmb_test_guest_init() - the guest's half of a channel that is not open
 * @guest: all zero
 * @machine: the machine; takes pages of its RAM
 * @channel: the channel; is given a way to signal
 * @gpadl: id for the GPADL of the rings, which is not created yet
 * @in_pages: data pages of the guest-to-host ring
 * @out_pages: data pages of the host-to-guest ring
 */
void vmb_test_guest_init(struct vmb_test_guest *guest,
			 struct vmb_test_machine *machine,
			 struct vmb_channel *channel, u32 gpadl, u32 in_pages,
			 u32 out_pages)
{
	guest->gpadl = gpadl;
	guest->nr_pages = in_pages + out_pages + 2;
	guest->downstream_page = in_pages + 1;
	guest->first_page = vmb_test_machine_take_pages(machine, guest->nr_pages);
	init_common(guest, machine, channel);
	memset(guest->map, 0, guest->nr_pages * PAGE_SIZE);
	KUNIT_ASSERT_EQ(machine->test, attach(guest), 0);
	vmb_ring_set_features(&guest->tx);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_init);

/**
 * vmb_test_guest_follow() - the same guest on another machine
 * @guest: all zero
 * @machine: the machine; its RAM may be copied later
 * @channel: the channel there; is given a way to signal
 * @from: the guest on the machine that it came from, which does not run now
 *
 * What the guest has counted goes on counting.
 */
void vmb_test_guest_follow(struct vmb_test_guest *guest,
			   struct vmb_test_machine *machine,
			   struct vmb_channel *channel,
			   struct vmb_test_guest *from)
{
	unsigned long id;
	void *count;

	guest->gpadl = from->gpadl;
	guest->nr_pages = from->nr_pages;
	guest->downstream_page = from->downstream_page;
	guest->first_page = from->first_page;
	init_common(guest, machine, channel);
	guest->tx = from->tx;
	guest->rx = from->rx;
	guest->tx.control = guest->map;
	guest->tx.data = guest->map + PAGE_SIZE;
	guest->rx.control = guest->map + guest->downstream_page * PAGE_SIZE;
	guest->rx.data = (u8 *)guest->rx.control + PAGE_SIZE;
	guest->nr_seen = from->nr_seen;
	guest->nr_answered = from->nr_answered;
	guest->last_seen = from->last_seen;
	guest->out_of_order = from->out_of_order;
	xa_for_each(&from->seen, id, count)
		xa_store(&guest->seen, id, count, GFP_KERNEL);
	xa_for_each(&from->answered, id, count)
		xa_store(&guest->answered, id, count, GFP_KERNEL);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_follow);

/**
 * vmb_test_guest_map_reversed() - have the rings' pages in reverse order
 * @guest: the guest, not open; its GPADL names them in that order too
 */
void vmb_test_guest_map_reversed(struct vmb_test_guest *guest)
{
	struct vmb_test_machine *machine = guest->machine;
	struct kunit *test = machine->test;
	struct page **pages;
	u32 i;

	pages = vmb_test_alloc(test, guest->nr_pages * sizeof(*pages));
	for (i = 0; i < guest->nr_pages; i++)
		pages[i] = machine->pages[guest->first_page + guest->nr_pages - 1 - i];
	vunmap(guest->map);
	guest->map = vmap(pages, guest->nr_pages, VM_MAP, PAGE_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, guest->map);
	memset(guest->map, 0, guest->nr_pages * PAGE_SIZE);
	KUNIT_ASSERT_EQ(test, attach(guest), 0);
	vmb_ring_set_features(&guest->tx);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_map_reversed);

/* Once the channel is released. */
void vmb_test_guest_free(struct vmb_test_guest *guest)
{
	if (!guest->map)
		return;
	vunmap(guest->map);
	xa_destroy(&guest->seen);
	xa_destroy(&guest->answered);
}

static int lend(struct vmb_channel *channel, u32 gpadl, u32 flags,
		u32 first_page, u32 byte_count, u32 byte_offset)
{
	u32 nr_pages = vmb_gpadl_pages_touched(byte_count, byte_offset);
	struct vmb_gpadl *made = vmb_gpadl_alloc(channel, gpadl, byte_count,
						 byte_offset, nr_pages);
	int ret;
	u32 i;

	if (IS_ERR(made))
		return PTR_ERR(made);
	made->flags = flags;
	for (i = 0; i < nr_pages; i++)
		made->pfns[i] = VMB_TEST_FIRST_PFN + first_page + i;
	ret = vmb_gpadl_create(channel, made);
	if (ret)
		vmb_gpadl_free(channel, made);
	return ret;
}

/**
 * vmb_test_guest_lend_bytes() - create a GPADL
 * @channel: the channel
 * @gpadl: its id
 * @first_page: index of the first page in RAM; the others follow
 * @byte_count: length
 * @byte_offset: where it starts in the first page
 * Return: as vmb_gpadl_alloc() or vmb_gpadl_create().
 */
int vmb_test_guest_lend_bytes(struct vmb_channel *channel, u32 gpadl,
			      u32 first_page, u32 byte_count, u32 byte_offset)
{
	return lend(channel, gpadl, 0, first_page, byte_count, byte_offset);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_lend_bytes);

/**
 * vmb_test_guest_lend_read_only() - vmb_test_guest_lend_pages(), read-only
 * @channel: as there
 * @gpadl: likewise
 * @first_page: likewise
 * @nr_pages: likewise
 * @byte_offset: likewise
 * Return: likewise.
 */
int vmb_test_guest_lend_read_only(struct vmb_channel *channel, u32 gpadl,
				  u32 first_page, u32 nr_pages, u32 byte_offset)
{
	return lend(channel, gpadl, VMB_GPADL_READ_ONLY, first_page,
		    nr_pages * PAGE_SIZE - byte_offset, byte_offset);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_lend_read_only);

/**
 * vmb_test_guest_lend_pages() - create a GPADL that ends at the end of a page
 * @channel: the channel
 * @gpadl: its id
 * @first_page: index of the first page in RAM
 * @nr_pages: how many
 * @byte_offset: where it starts in the first page
 * Return: as vmb_gpadl_alloc() or vmb_gpadl_create().
 */
int vmb_test_guest_lend_pages(struct vmb_channel *channel, u32 gpadl,
			      u32 first_page, u32 nr_pages, u32 byte_offset)
{
	return vmb_test_guest_lend_bytes(channel, gpadl, first_page,
					 nr_pages * PAGE_SIZE - byte_offset,
					 byte_offset);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_lend_pages);

/**
 * vmb_test_guest_lend() - create the GPADL of the rings
 * @guest: the guest
 * Return: as vmb_gpadl_alloc() or vmb_gpadl_create().
 */
int vmb_test_guest_lend(struct vmb_test_guest *guest)
{
	return vmb_test_guest_lend_pages(guest->channel, guest->gpadl,
					 guest->first_page, guest->nr_pages, 0);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_lend);

/**
 * vmb_test_guest_open() - open the channel; its GPADL must be there
 * @guest: the guest
 * Return: as vmb_channel_open().
 */
int vmb_test_guest_open(struct vmb_test_guest *guest)
{
	struct vmb_channel_open open = {
		.gpadl = guest->gpadl,
		.downstream_page = guest->downstream_page,
		.target_vp = 1,
		.mmio_gpa = VMB_TEST_MMIO_GPA(guest->gpadl),
		.mmio_bytes = VMB_TEST_MMIO_BYTES,
	};

	vmb_test_fill(open.user_data, sizeof(open.user_data), guest->gpadl);
	return vmb_channel_open(guest->channel, &open);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_open);

/**
 * vmb_test_guest_close() - close the channel and empty both rings
 * @guest: the guest
 *
 * The GPADL stays.
 * Return: as vmb_channel_close().
 */
int vmb_test_guest_close(struct vmb_test_guest *guest)
{
	int ret = vmb_channel_close(guest->channel);

	if (ret)
		return ret;
	memset(guest->map, 0, guest->nr_pages * PAGE_SIZE);
	ret = attach(guest);
	vmb_ring_set_features(&guest->tx);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_close);

/**
 * vmb_test_guest_renew() - the guest's half of another channel, in its pages
 * @guest: the guest; its old channel has gone
 * @channel: the new one; is given a way to signal
 *
 * Both rings are empty, their GPADL is not created yet.
 */
void vmb_test_guest_renew(struct vmb_test_guest *guest,
			  struct vmb_channel *channel)
{
	guest->channel = channel;
	memset(guest->map, 0, guest->nr_pages * PAGE_SIZE);
	WARN_ON_ONCE(attach(guest));
	vmb_ring_set_features(&guest->tx);
	guest->last_seen = 0;
	vmb_channel_set_host(channel, &guest->host);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_renew);

/**
 * vmb_test_guest_write() - write a packet and signal the host if it is due
 * @guest: the guest
 * @type: enum vmb_packet_type
 * @flags: VMB_PACKET_COMPLETION_REQUESTED or 0
 * @id: transaction id
 * @payload: payload
 * @len: bytes at @payload
 * Return: as vmb_ring_write().
 */
int vmb_test_guest_write(struct vmb_test_guest *guest, u16 type, u16 flags,
			 u64 id, const void *payload, u32 len)
{
	const struct vmb_ring_packet packet = {
		.type = type,
		.flags = flags,
		.transaction_id = id,
		.payload = payload,
		.payload_len = len,
	};
	bool signal = false;
	int ret = vmb_ring_write(&guest->tx, &packet, &signal);

	if (signal)
		vmb_channel_kick(guest->channel);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_write);

/**
 * vmb_test_guest_request() - send a request that wants a completion
 * @guest: the guest
 * @id: the guest's own id; the payload is vmb_test_fill()ed with it
 * @len: bytes of payload
 * Return: as vmb_ring_write().
 */
int vmb_test_guest_request(struct vmb_test_guest *guest, u64 id, u32 len)
{
	void *payload = kvmalloc(len + 1, GFP_KERNEL | __GFP_NOFAIL);
	int ret;

	vmb_test_fill(payload, len, id);
	ret = vmb_test_guest_write(guest, VMB_PACKET_DATA_INBAND,
				   VMB_PACKET_COMPLETION_REQUESTED, id, payload,
				   len);
	kvfree(payload);
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_request);

/**
 * vmb_test_guest_complete() - complete a packet of the server
 * @guest: the guest
 * @id: its transaction id
 * @answer: the answer
 * @len: bytes at @answer
 * Return: as vmb_ring_write().
 */
int vmb_test_guest_complete(struct vmb_test_guest *guest, u64 id,
			    const void *answer, u32 len)
{
	return vmb_test_guest_write(guest, VMB_PACKET_COMPLETION, 0, id, answer,
				    len);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_complete);

static void count(struct xarray *counts, u64 id)
{
	xa_store(counts, id, xa_mk_value(vmb_test_guest_count(counts, id) + 1),
		 GFP_KERNEL);
}

/**
 * vmb_test_guest_count() - how often something with an id was read
 * @counts: guest->seen or guest->answered
 * @id: the id
 * Return: the number.
 */
u32 vmb_test_guest_count(struct xarray *counts, u64 id)
{
	void *entry = xa_load(counts, id);

	return entry ? xa_to_value(entry) : 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_count);

static void note(struct vmb_test_guest *guest,
		 const struct vmb_test_message *message)
{
	if (message->type == VMB_PACKET_COMPLETION) {
		guest->nr_answered++;
		count(&guest->answered, message->id);
		return;
	}
	guest->nr_seen++;
	guest->out_of_order += message->id <= guest->last_seen;
	guest->last_seen = message->id;
	count(&guest->seen, message->id);
}

/**
 * vmb_test_guest_receive() - read the next packet and give its bytes back
 * @guest: the guest
 * @message: set to what was read
 * Return: 0, or -EAGAIN (none), -EPROTO, ... as vmb_ring_read() and
 * vmb_descriptor_parse().
 */
int vmb_test_guest_receive(struct vmb_test_guest *guest,
			   struct vmb_test_message *message)
{
	struct vmb_descriptor_view view;
	u32 bytes;
	int ret;

	ret = vmb_ring_read(&guest->rx, guest->buf, guest->buf_bytes, &bytes);
	if (!ret)
		ret = vmb_descriptor_parse(guest->buf, bytes, &view);
	if (ret)
		return ret;
	if (vmb_ring_commit(&guest->rx))
		vmb_channel_kick(guest->channel);
	message->type = view.type;
	message->id = view.transaction_id;
	message->wants_completion = view.wants_completion;
	message->payload = view.payload;
	message->len = view.payload_len;
	note(guest, message);
	return 0;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_receive);

/**
 * vmb_test_guest_serve() - read all, complete what waits, until nothing comes
 * @guest: the guest
 *
 * The answer to a packet is its first up to 32 bytes. The channel's worker is
 * waited for in between, so that a queue behind a full ring is emptied too.
 * Return: how many packets and completions were read.
 */
u32 vmb_test_guest_serve(struct vmb_test_guest *guest)
{
	struct vmb_test_message message;
	u32 nr = 0, before;

	do {
		before = nr;
		vmb_channel_flush(guest->channel);
		while (!vmb_test_guest_receive(guest, &message)) {
			nr++;
			if (!message.wants_completion)
				continue;
			while (vmb_test_guest_complete(guest, message.id,
						       message.payload,
						       min(message.len, 32U)) == -EAGAIN)
				vmb_channel_flush(guest->channel);
		}
		vmb_channel_flush(guest->channel);
	} while (nr != before);
	return nr;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_guest_serve);

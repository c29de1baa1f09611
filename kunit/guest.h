/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_GUEST_H
#define _VMB_KUNIT_GUEST_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/xarray.h>

#include "core/channel.h"
#include "wire/descriptor.h"
#include "wire/ring.h"

struct kunit;
struct vmb_test_machine;

/* MMIO space of each open channel, and where that of a GPADL's rings begins */
#define VMB_TEST_MMIO_BYTES	0x3000
#define VMB_TEST_MMIO_GPA(gpadl) (0xf0000000ULL + (u64)(gpadl) * VMB_TEST_MMIO_BYTES)

/* Longest packet that vmb_test_guest_receive() takes unless buf is replaced */
#define VMB_TEST_MESSAGE_MAX	(128 * 1024)

/**
 * struct vmb_test_message - a packet that the guest has read
 * @type: enum vmb_packet_type
 * @id: transaction id
 * @wants_completion: the server waits for a completion
 * @payload: valid until the next one is read
 * @len: bytes at @payload, padded to a multiple of 8
 */
struct vmb_test_message {
	u16 type;
	u64 id;
	bool wants_completion;
	const u8 *payload;
	u32 len;
};

/**
 * struct vmb_test_guest - the guest's half of a channel
 * @host: how the channel signals it
 * @channel: the channel
 * @machine: whose RAM the rings are in
 * @gpadl: id of the GPADL of the rings
 * @first_page: index of its first page
 * @nr_pages: pages of it
 * @downstream_page: first page of the host-to-guest ring
 * @map: all of it in one mapping
 * @tx: guest-to-host ring, producer's end
 * @rx: host-to-guest ring, consumer's end
 * @buf: the packet that was read last
 * @buf_bytes: how much it can take
 * @signals: how often it was signalled
 * @released: how often @host was released
 * @seen: by transaction id: how often a packet of the server was read
 * @answered: by the guest's own ids: how often a completion was read
 * @nr_seen: packets read
 * @nr_answered: completions read
 * @last_seen: transaction id of the packet read last
 * @out_of_order: packets whose id was not above the one before
 */
struct vmb_test_guest {
	struct vmb_channel_host host;
	struct vmb_channel *channel;
	struct vmb_test_machine *machine;
	u32 gpadl;
	u32 first_page;
	u32 nr_pages;
	u32 downstream_page;
	void *map;
	struct vmb_ring tx;
	struct vmb_ring rx;
	u8 *buf;
	u32 buf_bytes;
	atomic_t signals;
	atomic_t released;
	struct xarray seen;
	struct xarray answered;
	u32 nr_seen;
	u32 nr_answered;
	u64 last_seen;
	u32 out_of_order;
};

void vmb_test_guest_init(struct vmb_test_guest *guest,
			 struct vmb_test_machine *machine,
			 struct vmb_channel *channel, u32 gpadl, u32 in_pages,
			 u32 out_pages);
void vmb_test_guest_follow(struct vmb_test_guest *guest,
			   struct vmb_test_machine *machine,
			   struct vmb_channel *channel,
			   struct vmb_test_guest *from);
void vmb_test_guest_map_reversed(struct vmb_test_guest *guest);
void vmb_test_guest_free(struct vmb_test_guest *guest);

int vmb_test_guest_lend(struct vmb_test_guest *guest);
int vmb_test_guest_lend_pages(struct vmb_channel *channel, u32 gpadl,
			      u32 first_page, u32 nr_pages, u32 byte_offset);
int vmb_test_guest_lend_bytes(struct vmb_channel *channel, u32 gpadl,
			      u32 first_page, u32 byte_count, u32 byte_offset);
int vmb_test_guest_lend_read_only(struct vmb_channel *channel, u32 gpadl,
				  u32 first_page, u32 nr_pages, u32 byte_offset);
int vmb_test_guest_open(struct vmb_test_guest *guest);
int vmb_test_guest_close(struct vmb_test_guest *guest);
void vmb_test_guest_renew(struct vmb_test_guest *guest,
			  struct vmb_channel *channel);

int vmb_test_guest_write(struct vmb_test_guest *guest, u16 type, u16 flags,
			 u64 id, const void *payload, u32 len);
int vmb_test_guest_request(struct vmb_test_guest *guest, u64 id, u32 len);
int vmb_test_guest_complete(struct vmb_test_guest *guest, u64 id,
			    const void *answer, u32 len);
int vmb_test_guest_receive(struct vmb_test_guest *guest,
			   struct vmb_test_message *message);
u32 vmb_test_guest_serve(struct vmb_test_guest *guest);
u32 vmb_test_guest_count(struct xarray *counts, u64 id);

#endif /* _VMB_KUNIT_GUEST_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBGUEST_GUEST_H
#define _VMBGUEST_GUEST_H

#include <stdbool.h>
#include <linux/types.h>

struct options;

/*
 * Everything that the guest knows lies in its RAM, from address 0 on, without
 * pointers: it is there after a migration because RAM is.
 */

#define GUEST_PAGE		4096U
#define GUEST_MAGIC		0x5453455547424d56ULL	/* "VMBGUEST" */
#define GUEST_VERSION		2

enum guest_channel_index {
	CHANNEL_QUEUE,
	CHANNEL_ECHO,
	NR_CHANNELS
};

/**
 * enum guest_phase - what the guest is doing
 * @GUEST_WARM: requests to vsp_echo, answered and read
 * @GUEST_RUN: reads packets, completes the first of them, keeps the others
 * @GUEST_PARKED: reads nothing more, takes no interrupt
 * @GUEST_DRAIN: completes everything
 * @GUEST_FLUSH: one more request on each channel: behind its answer nothing is
 *	left that came before it
 * @GUEST_DONE: all done
 */
enum guest_phase {
	GUEST_WARM,
	GUEST_RUN,
	GUEST_PARKED,
	GUEST_DRAIN,
	GUEST_FLUSH,
	GUEST_DONE
};

/**
 * struct guest_channel - the guest's driver of one channel
 * @gpadl: id of the GPADL with both rings
 * @first_page: of the guest-to-host ring's control page; its data, then the
 *	other ring follow
 * @in_pages: of data, guest to host
 * @out_pages: of data, host to guest
 * @open: it was opened
 * @completes: what is read has to be completed, so nothing is read while
 *	something waits for room
 * @blocked: something waits for room in the guest-to-host ring
 * @more: there is unread data for which no interrupt needs to come
 * @request_bytes: payload of a request
 * @requests_wanted: requests with the ids 1.. that are to be sent
 * @requests_sent: those that are in the ring
 * @requests_answered: those with one answer or more
 * @answers: where the number of answers of each request is, one byte each
 * @answers_wrong: answers with other bytes, or to no request
 */
struct guest_channel {
	u32 gpadl;
	u32 first_page;
	u32 in_pages;
	u32 out_pages;
	u32 open;
	u32 completes;
	u32 blocked;
	u32 more;
	u32 request_bytes;
	u32 reserved;
	u64 requests_wanted;
	u64 requests_sent;
	u64 requests_answered;
	u64 answers;
	u64 answers_wrong;
};

/**
 * struct guest_entry - one packet from vsp_queue, as it was read
 * @transaction_id: to complete it by
 * @sequence: its number
 * @completions: sent for it
 */
struct guest_entry {
	u64 transaction_id;
	u32 sequence;
	u32 completions;
};

/**
 * struct guest - at guest physical address 0
 * @magic: %GUEST_MAGIC
 * @version: %GUEST_VERSION
 * @phase: enum guest_phase
 * @ram_bytes: size of RAM
 * @complete: packets to complete before parking
 * @read: packets to read before parking, those included
 * @requests: in flight on each channel
 * @last_words: requests on each channel written just before the end
 * @answers_max: ids of requests that there is room for
 * @log: where struct guest_entry of each packet read is, in that order
 * @log_max: how many there can be
 * @log_used: how many there are
 * @next_up: next entry to complete, ascending
 * @next_down: entries below are to be completed in descending order, down
 * @down_end: to this one
 * @total: packets that vsp_queue sends in all; 0 = none was read yet
 * @completed: completions sent
 * @order_errors: packets whose number was not one more than the last one's
 * @damaged: packets with bytes that cannot be
 * @channels: the channels
 */
struct guest {
	u64 magic;
	u32 version;
	u32 phase;
	u64 ram_bytes;
	u64 complete;
	u64 read;
	u64 requests;
	u64 last_words;
	u64 answers_max;
	u64 log;
	u64 log_max;
	u64 log_used;
	u64 next_up;
	u64 next_down;
	u64 down_end;
	u64 total;
	u64 completed;
	u64 order_errors;
	u64 damaged;
	struct guest_channel channels[NR_CHANNELS];
};

void guest_boot(struct guest *guest, const struct options *options, u64 ram_bytes);
const char *guest_check(const struct guest *guest, u64 ram_bytes);
const char *guest_phase_name(u32 phase);
const char *guest_channel_name(unsigned int index);
bool guest_done_reading(const struct guest *guest);
bool guest_all_answered(const struct guest *guest);

static inline void *guest_at(const struct guest *guest, u64 address)
{
	return (u8 *)guest + address;
}

/* Far away from all else, so that it shows if not all of RAM has come. */
static inline u64 *guest_last(const struct guest *guest, u64 ram_bytes)
{
	return guest_at(guest, ram_bytes - sizeof(u64));
}

static inline struct guest_entry *guest_entry(const struct guest *guest, u64 index)
{
	return (struct guest_entry *)guest_at(guest, guest->log) + index;
}

static inline u8 *guest_answer(const struct guest *guest, unsigned int channel, u64 id)
{
	return (u8 *)guest_at(guest, guest->channels[channel].answers) + id;
}

#endif /* _VMBGUEST_GUEST_H */

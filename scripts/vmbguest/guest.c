// SPDX-License-Identifier: GPL-2.0-only
/*
 * The guest's memory: laid out when it boots, checked when it arrives.
 */
#include <linux/align.h>
#include "guest.h"
#include "log.h"
#include "options.h"

#define WARM_REQUESTS	20
#define LAST_WORDS	8

static const char * const phase_names[] = {
	[GUEST_WARM] = "warming",
	[GUEST_RUN] = "running",
	[GUEST_PARKED] = "parked",
	[GUEST_DRAIN] = "draining",
	[GUEST_FLUSH] = "flushing",
	[GUEST_DONE] = "done",
};

static const char * const channel_names[NR_CHANNELS] = {
	[CHANNEL_QUEUE] = "queue",
	[CHANNEL_ECHO] = "echo",
};

/**
 * guest_phase_name() - a phase for people
 * @phase: from guest RAM
 * Return: its name.
 */
const char *guest_phase_name(u32 phase)
{
	return phase <= GUEST_DONE ? phase_names[phase] : "in no known phase";
}

/**
 * guest_channel_name() - a channel for people and files
 * @index: enum guest_channel_index
 * Return: its name.
 */
const char *guest_channel_name(unsigned int index)
{
	return channel_names[index];
}

/* Takes both rings out of RAM; returns the address behind them. */
static u64 lay_rings(struct guest_channel *channel, u64 address)
{
	channel->first_page = address / GUEST_PAGE;
	return address + (2 + channel->in_pages + channel->out_pages) * (u64)GUEST_PAGE;
}

static void configure(struct guest *guest, const struct options *options)
{
	struct guest_channel *queue = &guest->channels[CHANNEL_QUEUE];
	struct guest_channel *echo = &guest->channels[CHANNEL_ECHO];
	u64 in_flight = options->requests + LAST_WORDS;

	queue->gpadl = 0x2001;
	queue->completes = 1;
	queue->in_pages = 4;
	queue->out_pages = options->ring_kib / 4;
	queue->request_bytes = 64;

	/* Answers soon find the ring full; all requests fit into the other one. */
	echo->gpadl = 0x2002;
	echo->request_bytes = 200;
	echo->in_pages = 1 + in_flight * (echo->request_bytes + 24) / GUEST_PAGE;
	echo->out_pages = 1;
	echo->requests_wanted = WARM_REQUESTS;

	guest->complete = options->complete;
	guest->read = options->complete + options->read;
	guest->requests = options->requests;
	guest->last_words = LAST_WORDS;
	guest->answers_max = WARM_REQUESTS + in_flight + 1;
	guest->next_up = 0;
}

/**
 * guest_boot() - lay out fresh RAM
 * @guest: RAM, all zero
 * @options: what the workload is to be
 * @ram_bytes: size of RAM
 */
void guest_boot(struct guest *guest, const struct options *options, u64 ram_bytes)
{
	u64 address = ALIGN(sizeof(*guest), GUEST_PAGE);
	unsigned int i;

	guest->magic = GUEST_MAGIC;
	guest->version = GUEST_VERSION;
	guest->phase = GUEST_WARM;
	guest->ram_bytes = ram_bytes;
	configure(guest, options);

	for (i = 0; i < NR_CHANNELS; i++)
		address = lay_rings(&guest->channels[i], address);
	for (i = 0; i < NR_CHANNELS; i++) {
		guest->channels[i].answers = address;
		address += ALIGN(guest->answers_max + 1, 8);
	}
	if (address < ram_bytes - GUEST_PAGE)
		guest->log_max = (ram_bytes - GUEST_PAGE - address) / sizeof(struct guest_entry);
	if (guest->log_max < options->packets + options->complete)
		die("%llu bytes of RAM are not enough", (unsigned long long)ram_bytes);
	guest->log = address;
	*guest_last(guest, ram_bytes) = GUEST_MAGIC;
}

static bool channel_fits(const struct guest *guest, const struct guest_channel *channel,
			 u64 ram_bytes)
{
	u64 pages = channel->first_page + 2ULL + channel->in_pages + channel->out_pages;

	return pages <= ram_bytes / GUEST_PAGE && channel->answers <= ram_bytes &&
	       guest->answers_max < ram_bytes - channel->answers;
}

/**
 * guest_check() - can this be our guest?
 * @guest: RAM that came over the network
 * @ram_bytes: its size
 *
 * Return: NULL, or why not.
 */
const char *guest_check(const struct guest *guest, u64 ram_bytes)
{
	unsigned int i;

	if (guest->magic != GUEST_MAGIC)
		return "there is no guest in RAM";
	if (guest->version != GUEST_VERSION || guest->ram_bytes != ram_bytes)
		return "the guest in RAM is of another build or size";
	if (*guest_last(guest, ram_bytes) != GUEST_MAGIC)
		return "the end of RAM is missing";
	if (guest->phase > GUEST_DONE || guest->log > ram_bytes ||
	    guest->log_used > guest->log_max ||
	    guest->log_max > (ram_bytes - guest->log) / sizeof(struct guest_entry))
		return "the guest's log in RAM is damaged";
	for (i = 0; i < NR_CHANNELS; i++)
		if (!channel_fits(guest, &guest->channels[i], ram_bytes))
			return "the guest's channels in RAM are damaged";
	return NULL;
}

/**
 * guest_done_reading() - were all packets read and completed?
 * @guest: RAM
 * Return: true if so, or if there are more than there can be.
 */
bool guest_done_reading(const struct guest *guest)
{
	return guest->total && guest->log_used >= guest->total &&
	       guest->next_up == guest->log_used && guest->next_down == guest->down_end;
}

/**
 * guest_all_answered() - have all requests an answer?
 * @guest: RAM
 * Return: true if so.
 */
bool guest_all_answered(const struct guest *guest)
{
	unsigned int i;

	for (i = 0; i < NR_CHANNELS; i++)
		if (guest->channels[i].requests_answered < guest->channels[i].requests_wanted)
			return false;
	return true;
}

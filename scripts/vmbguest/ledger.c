// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: The guest's ledger
 *
 * A text file: one line a packet, by ascending sequence number,
 *
 *   sequence read completed position
 *
 * and a last line with the requests on all channels,
 *
 *   requests SENT ANSWERED-ONCE ANSWERED-TWICE WRONG
 *
 * It is compared with the lists of vsp_queue by vmbguest --verify.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "ledger.h"
#include "log.h"
#include "vm.h"

struct request_counts {
	u64 sent;
	u64 once;
	u64 twice;
	u64 wrong;
};

static u64 highest(const struct guest *guest)
{
	u64 last = guest->total, i;

	for (i = 0; i < guest->log_used; i++)
		if (guest_entry(guest, i)->sequence > last)
			last = guest_entry(guest, i)->sequence;
	return last;
}

static struct ledger_line *collect(const struct guest *guest, u64 last)
{
	struct ledger_line *lines = calloc(last + 1, sizeof(*lines));
	u64 i;

	if (!lines)
		die("no memory for the ledger");

	for (i = 0; i < guest->log_used; i++) {
		const struct guest_entry *entry = guest_entry(guest, i);
		struct ledger_line *line = &lines[entry->sequence];

		if (!line->read++)
			line->position = i + 1;
		line->completed += entry->completions;
	}
	return lines;
}

static void count_requests(const struct guest *guest, struct request_counts *counts)
{
	unsigned int i;
	u64 id;

	*counts = (struct request_counts) { };
	for (i = 0; i < NR_CHANNELS; i++) {
		counts->sent += guest->channels[i].requests_sent;
		counts->wrong += guest->channels[i].answers_wrong;
		for (id = 1; id <= guest->channels[i].requests_sent; id++) {
			counts->once += *guest_answer(guest, i, id) == 1;
			counts->twice += *guest_answer(guest, i, id) > 1;
		}
	}
}

static void write_lines(const char *path, const struct ledger_line *lines, u64 last,
			const struct request_counts *requests)
{
	FILE *file = fopen(path, "w");
	u64 i;

	if (!file)
		die("cannot write %s: %s", path, strerror(errno));

	for (i = 1; i <= last; i++)
		fprintf(file, "%llu %u %u %llu\n", (unsigned long long)i, lines[i].read,
			lines[i].completed, (unsigned long long)lines[i].position);
	fprintf(file, "requests %llu %llu %llu %llu\n", (unsigned long long)requests->sent,
		(unsigned long long)requests->once, (unsigned long long)requests->twice,
		(unsigned long long)requests->wrong);
	if (fclose(file))
		die("cannot write %s: %s", path, strerror(errno));
}

static u64 count_wrong(const struct ledger_line *lines, u64 last)
{
	u64 wrong = 0, i;

	for (i = 1; i <= last; i++)
		wrong += lines[i].read != 1 || lines[i].completed != 1 || lines[i].position != i;
	return wrong;
}

/**
 * ledger_close() - write it, and judge
 * @vm: a stopped machine
 * @path: the file, or NULL
 *
 * Return: true if each packet was read once, in order, and completed once, and
 * each request was answered once.
 */
bool ledger_close(struct vm *vm, const char *path)
{
	const struct guest *guest = vm->guest;
	u64 last = highest(guest);
	struct ledger_line *lines = collect(guest, last);
	struct request_counts requests;
	u64 wrong = count_wrong(lines, last);

	count_requests(guest, &requests);
	if (path)
		write_lines(path, lines, last, &requests);
	free(lines);

	note_number("total", guest->total);
	note_number("read", guest->log_used);
	note_number("completed", guest->completed);
	note_number("packets_wrong", wrong);
	note_number("order_errors", guest->order_errors);
	note_number("damaged", guest->damaged);
	note_number("requests_sent", requests.sent);
	note_number("requests_answered", requests.once);
	note_number("requests_twice", requests.twice);
	note_number("requests_wrong", requests.wrong);
	return last && last == guest->total && !wrong && !guest->order_errors &&
	       !guest->damaged && requests.sent && requests.once == requests.sent &&
	       !requests.wrong;
}

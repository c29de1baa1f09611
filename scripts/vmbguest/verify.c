// SPDX-License-Identifier: GPL-2.0-only
/**
 * DOC: vmbguest --verify: packet by packet
 *
 * A packet was completed once if the guest read it once and sent one
 * completion, and if over both machines together its completion routine was
 * called once, with status 0. It is lost if one of these never happened, twice
 * if one happened more than once, out of order if the guest did not read it
 * right behind its predecessor. Discards are no completions: a machine that was
 * left behind discards what it had in flight; they are counted apart.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/types.h>
#include "ledger.h"
#include "log.h"
#include "verify.h"

#define SEQUENCE_MAX	16777216
#define SHOWN_MAX	10

/* One packet, as seen from all three. */
struct line {
	struct ledger_line guest;
	u32 listed;
	u32 completed;
	u32 failed;
	u32 restored;
	u32 discarded;
};

struct table {
	struct line *lines;
	u64 size;
	u64 last;
	u64 requests[4];
	bool has_requests;
};

struct counts {
	u64 once;
	u64 lost;
	u64 twice;
	u64 disorder;
	u64 failed;
	u64 unlisted;
	u64 discarded;
	u64 restored;
	u64 restored_once;
};

static bool grow(struct table *table, u64 sequence)
{
	u64 size = table->size ?: 1024;
	struct line *lines;

	while (size <= sequence)
		size *= 2;
	lines = realloc(table->lines, size * sizeof(*lines));
	if (!lines)
		return false;

	memset(lines + table->size, 0, (size - table->size) * sizeof(*lines));
	table->lines = lines;
	table->size = size;
	return true;
}

static struct line *line_of(struct table *table, u64 sequence)
{
	if (!sequence || sequence >= SEQUENCE_MAX)
		return NULL;
	if (sequence >= table->size && !grow(table, sequence))
		return NULL;
	if (sequence > table->last)
		table->last = sequence;
	return &table->lines[sequence];
}

static bool ledger_add(struct table *table, const char *text)
{
	unsigned long long sequence, position;
	struct ledger_line guest;
	struct line *line;
	u64 *r = table->requests;

	if (sscanf(text, "requests %llu %llu %llu %llu", (unsigned long long *)&r[0],
		   (unsigned long long *)&r[1], (unsigned long long *)&r[2],
		   (unsigned long long *)&r[3]) == 4) {
		table->has_requests = true;
		return true;
	}
	if (sscanf(text, "%llu %u %u %llu", &sequence, &guest.read, &guest.completed,
		   &position) != 4)
		return false;

	guest.position = position;
	line = line_of(table, sequence);
	if (!line || line->guest.position)
		return false;
	line->guest = guest;
	return true;
}

static bool vsp_add(struct table *table, const char *text)
{
	unsigned int completed, restored, discarded;
	unsigned long long sequence;
	struct line *line;
	int status;

	if (sscanf(text, "%llu %u %d %u %u", &sequence, &completed, &status, &restored,
		   &discarded) != 5)
		return false;

	line = line_of(table, sequence);
	if (!line)
		return false;
	line->listed++;
	line->completed += completed;
	line->failed += completed && status;
	line->restored += restored;
	line->discarded += discarded;
	return true;
}

static int load(struct table *table, const char *path, bool needed,
		bool (*add)(struct table *table, const char *text))
{
	FILE *file = fopen(path, "r");
	char text[160];
	u64 number = 0;

	if (!file) {
		if (!needed)
			return 0;
		fprintf(stderr, "vmbguest: cannot read %s: %s\n", path, strerror(errno));
		return -1;
	}
	while (fgets(text, sizeof(text), file)) {
		number++;
		if (!add(table, text)) {
			fprintf(stderr, "vmbguest: %s:%llu: not a line of such a list\n", path,
				(unsigned long long)number);
			fclose(file);
			return -1;
		}
	}
	fclose(file);
	return 0;
}

/* True if all is right with this packet; its predecessor stands before it. */
static bool judge(const struct line *line, struct counts *counts)
{
	bool lost = !line->guest.read || !line->guest.completed || !line->completed;
	bool twice = line->guest.read > 1 || line->guest.completed > 1 || line->completed > 1;
	bool disorder = line->guest.read && line->guest.position != line[-1].guest.position + 1;
	bool right = !lost && !twice && !line->failed && line->listed;

	counts->once += right;
	counts->lost += lost;
	counts->twice += twice;
	counts->disorder += disorder;
	counts->failed += !!line->failed;
	counts->unlisted += !line->listed;
	counts->discarded += !!line->discarded;
	counts->restored += !!line->restored;
	counts->restored_once += right && line->restored;
	return right && !disorder;
}

static void show(const struct line *line, u64 sequence)
{
	fprintf(stderr,
		"vmbguest: packet %llu: read %u times, position %llu, completed by the guest %u times; "
		"routine called %u times, %u lists with an error; restored %u, discarded %u times\n",
		(unsigned long long)sequence, line->guest.read,
		(unsigned long long)line->guest.position, line->guest.completed, line->completed,
		line->failed, line->restored, line->discarded);
}

static bool judge_all(const struct table *table, struct counts *counts)
{
	u64 wrong = 0, i;

	for (i = 1; i <= table->last; i++)
		if (!judge(&table->lines[i], counts) && ++wrong <= SHOWN_MAX)
			show(&table->lines[i], i);
	return table->last && !wrong && table->has_requests && table->requests[0] &&
	       table->requests[1] == table->requests[0] && !table->requests[2] &&
	       !table->requests[3];
}

static void print(const char *key, u64 value)
{
	printf("%s=%llu\n", key, (unsigned long long)value);
}

/**
 * verify() - compare the guest's ledger with the lists of vsp_queue
 * @ledger: written by vmbguest --ledger
 * @vsp_a: "packets" in debugfs of one machine; need not exist
 * @vsp_b: that of the other one; need not exist
 *
 * Prints key=value lines, and the first packets that are wrong on stderr.
 * Return: the exit status: 0 only if all is right.
 */
int verify(const char *ledger, const char *vsp_a, const char *vsp_b)
{
	struct table table = { };
	struct counts counts = { };
	bool right;

	if (load(&table, ledger, true, ledger_add) || load(&table, vsp_a, false, vsp_add) ||
	    load(&table, vsp_b, false, vsp_add))
		return LEAVE_FAILED;

	right = judge_all(&table, &counts);
	print("packets", table.last);
	print("completed_once", counts.once);
	print("lost", counts.lost);
	print("twice", counts.twice);
	print("out_of_order", counts.disorder);
	print("completed_with_error", counts.failed);
	print("not_listed", counts.unlisted);
	print("discarded", counts.discarded);
	print("restored", counts.restored);
	print("restored_completed_once", counts.restored_once);
	print("requests_sent", table.requests[0]);
	print("requests_answered", table.requests[1]);
	print("requests_twice", table.requests[2]);
	print("requests_wrong", table.requests[3]);
	printf("result=%s\n", right ? "right" : "wrong");
	free(table.lines);
	return right ? LEAVE_OK : LEAVE_FAILED;
}

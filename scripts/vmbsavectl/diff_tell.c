// SPDX-License-Identifier: GPL-2.0-only
/*
 * How a difference is told.
 */
#include <stdio.h>
#include <asm/byteorder.h>
#include "diff.h"
#include "image.h"
#include "output.h"
#include "util.h"

#define ULL(x)	((unsigned long long)(x))

/**
 * diff_begin() - begin to tell
 * @diff: filled
 * @json: for programs
 * @a: the first
 * @b: the second
 */
void diff_begin(struct diff *diff, bool json, const struct image *a, const struct image *b)
{
	*diff = (struct diff){ .json = json };
	if (!json)
		return;
	json_begin();
	json_string("a", a->name);
	json_string("b", b->name);
	json_array("differences");
}

/**
 * diff_end() - end it
 * @diff: of diff_begin()
 */
void diff_end(struct diff *diff)
{
	if (!diff->json)
		return;
	json_close();
	json_bool("same", !diff->nr);
	json_end();
}

/**
 * diff_enter() - what follows is of this channel
 * @diff: of diff_begin()
 * @channel: the channel, as one of both has it
 */
void diff_enter(struct diff *diff, const struct image_channel *channel)
{
	diff->channel = channel;
	diff->titled = false;
}

/* What is at hand of each difference, in both kinds of output. */
static void begin_one(struct diff *diff, const char *what, u64 id)
{
	const struct vmbsave_channel *record = &diff->channel->record;
	char text[GUID_TEXT];

	diff->nr++;
	if (!diff->json && !diff->titled) {
		text_title("channel %s.%u", guid_text(record->instance, text),
			   le16_to_cpu(record->subchannel));
		text_field("type", "%s", guid_text(record->type, text));
		diff->titled = true;
	}
	if (!diff->json)
		return;
	json_object(NULL);
	json_string("interface_type", guid_text(record->type, text));
	json_string("interface_instance", guid_text(record->instance, text));
	json_number("subchannel", le16_to_cpu(record->subchannel));
	json_string("what", what);
	if (id)
		json_number("id", id);
}

static void label_text(const char *what, u64 id, char *text, size_t size)
{
	if (id)
		snprintf(text, size, "%s %llu", what, ULL(id));
	else
		snprintf(text, size, "%s", what);
}

/**
 * diff_lone() - only one of both has it
 * @diff: of diff_begin()
 * @what: kind of thing
 * @id: its number, 0 = it has none
 * @in_a: it is in the first
 */
void diff_lone(struct diff *diff, const char *what, u64 id, bool in_a)
{
	char label[48];

	begin_one(diff, what, id);
	if (diff->json) {
		json_string("only_in", in_a ? "a" : "b");
		json_close();
		return;
	}
	label_text(what, id, label, sizeof(label));
	text_field(label, "only in %c", in_a ? 'A' : 'B');
}

/**
 * diff_field() - both have it, and it differs
 * @diff: of diff_begin()
 * @what: kind of thing
 * @id: its number, 0 = it has none
 * @field: in what
 * @a: value in the first
 * @b: value in the second
 */
void diff_field(struct diff *diff, const char *what, u64 id, const char *field, const char *a,
		const char *b)
{
	char label[48];

	begin_one(diff, what, id);
	if (diff->json) {
		json_string("field", field);
		json_string("a", a);
		json_string("b", b);
		json_close();
		return;
	}
	label_text(what, id, label, sizeof(label));
	text_field(label, "%s: %s | %s", field, a, b);
}

/**
 * diff_number() - as diff_field(), if two numbers differ
 * @diff: of diff_begin()
 * @what: kind of thing
 * @id: its number, 0 = it has none
 * @field: in what
 * @a: value in the first
 * @b: value in the second
 */
void diff_number(struct diff *diff, const char *what, u64 id, const char *field, u64 a, u64 b)
{
	char text[2][24];

	if (a == b)
		return;
	snprintf(text[0], sizeof(text[0]), "%llu", ULL(a));
	snprintf(text[1], sizeof(text[1]), "%llu", ULL(b));
	diff_field(diff, what, id, field, text[0], text[1]);
}

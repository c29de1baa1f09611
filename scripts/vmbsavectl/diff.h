/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_DIFF_H
#define _VMBSAVECTL_DIFF_H

#include <linux/compiler.h>
#include <linux/types.h>

struct image;
struct image_channel;

/**
 * struct diff - differences that were told
 * @json: for programs
 * @channel: what is compared now
 * @titled: it was named
 * @nr: how many
 */
struct diff {
	bool json;
	const struct image_channel *channel;
	bool titled;
	u64 nr;
};

void diff_begin(struct diff *diff, bool json, const struct image *a, const struct image *b);
void diff_end(struct diff *diff);
void diff_enter(struct diff *diff, const struct image_channel *channel);
void diff_lone(struct diff *diff, const char *what, u64 id, bool in_a);
void diff_field(struct diff *diff, const char *what, u64 id, const char *field, const char *a,
		const char *b);
void diff_number(struct diff *diff, const char *what, u64 id, const char *field, u64 a, u64 b);

void diff_channels(struct diff *diff, struct image_channel *a, struct image_channel *b);

#endif /* _VMBSAVECTL_DIFF_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMBSAVECTL_INSPECT_H
#define _VMBSAVECTL_INSPECT_H

#include <linux/types.h>
#include "arguments.h"
#include "source.h"
#include "tally.h"
#include "walk.h"

/**
 * struct inspect - the command inspect
 * @arguments: of it
 * @source: the stream
 * @walk: the way through it
 * @tally: what was there
 * @damages: all of them, for the end of the document
 */
struct inspect {
	struct arguments arguments;
	struct source source;
	struct walk walk;
	struct tally tally;
	struct walk_damage *damages;
};

extern const struct walk_ops inspect_text_ops;
extern const struct walk_ops inspect_json_ops;

void inspect_text_end(struct inspect *inspect);
void inspect_json_begin(struct inspect *inspect);
void inspect_json_end(struct inspect *inspect);

const char *channel_state_name(u32 state);
const char *verdict_name(int error);
u64 payload_hash(const void *data, u32 bytes);

#endif /* _VMBSAVECTL_INSPECT_H */

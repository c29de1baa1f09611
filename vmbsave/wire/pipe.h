/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_WIRE_PIPE_H
#define _VMB_WIRE_PIPE_H

#include <linux/build_bug.h>
#include <linux/types.h>

/* vmb_pipe_header.type: what follows is data; no other type is in use. */
#define VMB_PIPE_DATA		1U

/* Longest data of one message; the header comes on top. */
#define VMB_PIPE_DATA_MAX	16384U

/**
 * struct vmb_pipe_header - what a message of a pipe begins with
 * @type: %VMB_PIPE_DATA
 * @length: bytes of data behind it, before padding
 *
 * At the start of the payload of a data packet; a completion has none.
 */
struct vmb_pipe_header {
	__le32 type;
	__le32 length;
};

static_assert(sizeof(struct vmb_pipe_header) == 8);

void vmb_pipe_frame(struct vmb_pipe_header *header, u32 len);
int vmb_pipe_parse(const void *payload, u32 bytes, const void **data, u32 *len);

#endif /* _VMB_WIRE_PIPE_H */

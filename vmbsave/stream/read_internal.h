/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_STREAM_READ_INTERNAL_H
#define _VMB_STREAM_READ_INTERNAL_H

/* For the reader's own files. */
#include <linux/align.h>
#include <linux/types.h>
#include <linux/vmbsave_stream.h>
#include "read.h"

#define VMB_CHUNK_HEAD		((u32)sizeof(struct vmbsave_chunk_header))
#define VMB_RECORD_HEAD		((u32)sizeof(struct vmbsave_record_header))
#define VMB_RECORD_ALIGN	8U

u32 vmb_stream_longest(const struct vmb_stream_limits *limits, u16 type);

static inline int vmb_refuse(struct vmb_stream_reader *r, int error, u32 chunk, u64 offset,
			     const char *reason)
{
	r->error = (struct vmb_stream_error){
		.error = error,
		.chunk = chunk,
		.offset = offset,
		.reason = reason,
	};

	return error;
}

/* In the unit that comes next, @offset bytes into it. */
static inline int vmb_refuse_unit(struct vmb_stream_reader *r, int error, size_t offset,
				  const char *reason)
{
	return vmb_refuse(r, error, r->started ? r->chunk + 1 : 0, r->bytes + offset, reason);
}

/* In the unit last taken, @offset bytes into it. */
static inline int vmb_refuse_record(struct vmb_stream_reader *r, int error, u32 offset,
				    const char *reason)
{
	return vmb_refuse(r, error, r->chunk, r->bytes - r->unit_bytes + offset, reason);
}

static inline u64 vmb_record_total(u32 bytes)
{
	return VMB_RECORD_HEAD + ALIGN((u64)bytes, VMB_RECORD_ALIGN);
}

#endif /* _VMB_STREAM_READ_INTERNAL_H */

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _HOST_STREAM_REPAIR_H
#define _HOST_STREAM_REPAIR_H

#include <linux/types.h>

/*
 * For tests that damage a save stream and want its hashes to be right all the
 * same, so that what lies behind the hashes is tested. Knows the contract and
 * nothing of the code under test; uses no libc and can be built in the kernel.
 */

/* The hashes of the stream header and of each chunk. */
void stream_repair_hashes(void *stream, size_t bytes);

/* All of that, and the stream hash in the end record. */
void stream_repair(void *stream, size_t bytes);

/*
 * Where the payload of the @nth record (from 0) of @type begins, 0 if there is
 * no such record. @type 0 stands for any type.
 */
size_t stream_find_record(const void *stream, size_t bytes, u16 type, unsigned int nth);

/*
 * Where the chunk behind the one at @chunk begins (the first one for 0), 0 if
 * there is none or its length makes no sense.
 */
size_t stream_next_chunk(const void *stream, size_t bytes, size_t chunk);

#endif /* _HOST_STREAM_REPAIR_H */

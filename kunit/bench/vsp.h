/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_BENCH_VSP_H
#define _VMB_BENCH_VSP_H

/* What the VSP and a guest of it in user space have to agree on. */

/* 5be3a1f0-6d1e-4b7d-9a11-3c0f825e7702 as it is in memory */
#define BENCH_TYPE_BYTES { 0xf0, 0xa1, 0xe3, 0x5b, 0x1e, 0x6d, 0x7d, 0x4b, \
			   0x9a, 0x11, 0x3c, 0x0f, 0x82, 0x5e, 0x77, 0x02 }

/* Payload of a packet that is in flight, bytes */
#define BENCH_PAYLOAD_DEFAULT 16

#endif /* _VMB_BENCH_VSP_H */

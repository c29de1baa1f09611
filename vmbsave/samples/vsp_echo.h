/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VSP_ECHO_H
#define _VSP_ECHO_H

#include <linux/uuid.h>

/*
 * The interface of vsp_echo, for both ends: each request that wants a
 * completion gets its own bytes back.
 */
#define VSP_ECHO_TYPE \
	GUID_INIT(0x477ab720, 0x5a80, 0x4898, \
		  0xaf, 0x3a, 0x09, 0x35, 0x79, 0x1b, 0xae, 0x84)
#define VSP_ECHO_TYPE_STRING	"477ab720-5a80-4898-af3a-0935791bae84"

#endif /* _VSP_ECHO_H */

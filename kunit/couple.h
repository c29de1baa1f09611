/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_KUNIT_COUPLE_H
#define _VMB_KUNIT_COUPLE_H

#include <linux/vmb_kunit.h>

#include "core/client.h"
#include "helpers.h"
#include "server.h"

/**
 * struct vmb_test_couple - a VSP and a client of it, in one kernel
 * @test: the case
 * @vsp: the VSP
 * @fixture: the bus
 * @client: the client
 * @server: the server of the channel that was offered last
 */
struct vmb_test_couple {
	struct kunit *test;
	struct vmb_test_vsp *vsp;
	struct vmb_kunit *fixture;
	struct vmb_kunit_client *client;
	struct vmb_test_server *server;
};

struct vmb_test_couple *vmb_test_couple_create(struct kunit *test);
struct vmb_test_couple *vmb_test_couple_connect(struct kunit *test);
struct vmb_channel *vmb_test_couple_offer(struct vmb_test_couple *couple);
bool vmb_test_couple_meet(struct vmb_test_couple *couple);
int vmb_test_couple_echo(struct vmb_test_couple *couple, u32 len);
void vmb_test_couple_settle(struct vmb_test_couple *couple);
void vmb_test_couple_exit(struct kunit *test);

#endif /* _VMB_KUNIT_COUPLE_H */

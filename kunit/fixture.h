/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _VMB_FIXTURE_H
#define _VMB_FIXTURE_H

#include <linux/list.h>

struct kunit;
struct vmb_bus;
struct vmb_kunit_client;

/**
 * struct vmb_kunit - the fixture of one case
 * @test: the case
 * @bus: on which the clients are, NULL once it was destroyed
 * @offers: on @bus
 * @clients: struct vmb_kunit_client
 */
struct vmb_kunit {
	struct kunit *test;
	struct vmb_bus *bus;
	struct list_head offers;
	struct list_head clients;
};

void vmb_kunit_client_free(struct vmb_kunit_client *client);

#endif /* _VMB_FIXTURE_H */

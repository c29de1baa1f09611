// SPDX-License-Identifier: GPL-2.0-only
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_kunit.h>

#include "fixture.h"

/* The fixture itself: buses, offers and their end. */

struct offer {
	struct list_head node;
	guid_t type;
	guid_t instance;
	struct vmb_channel *channel;
};

static void free_vsp(struct kunit_resource *resource)
{
	vmb_vsp_unregister(resource->data);
}

int vmb_kunit_vsp_register(struct kunit *test, struct vmb_vsp *vsp)
{
	int ret = vmb_vsp_register(vsp);

	if (ret)
		return ret;
	if (kunit_alloc_resource(test, NULL, free_vsp, GFP_KERNEL, vsp))
		return 0;
	vmb_vsp_unregister(vsp);
	return -ENOMEM;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_vsp_register, VMBSAVE_NS);

static void put_offers(struct vmb_kunit *fixture)
{
	struct offer *offer;

	list_for_each_entry(offer, &fixture->offers, node) {
		if (!IS_ERR_OR_NULL(offer->channel))
			vmb_channel_put(offer->channel);
		offer->channel = NULL;
	}
}

void vmb_kunit_destroy(struct vmb_kunit *fixture)
{
	struct vmb_kunit_client *client, *next_client;
	struct offer *offer, *next;

	put_offers(fixture);
	if (fixture->bus)
		vmb_loopback_destroy(fixture->bus);
	fixture->bus = NULL;
	list_for_each_entry_safe(client, next_client, &fixture->clients, node)
		vmb_kunit_client_free(client);
	list_for_each_entry_safe(offer, next, &fixture->offers, node) {
		list_del(&offer->node);
		kfree(offer);
	}
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_destroy, VMBSAVE_NS);

static int init_fixture(struct kunit_resource *resource, void *context)
{
	struct vmb_kunit *fixture = kzalloc(sizeof(*fixture), GFP_KERNEL);

	if (!fixture)
		return -ENOMEM;
	fixture->test = context;
	INIT_LIST_HEAD(&fixture->offers);
	INIT_LIST_HEAD(&fixture->clients);
	fixture->bus = vmb_loopback_create();
	if (IS_ERR(fixture->bus)) {
		kfree(fixture);
		return -ENOMEM;
	}
	resource->data = fixture;
	return 0;
}

static void free_fixture(struct kunit_resource *resource)
{
	vmb_kunit_destroy(resource->data);
	kfree(resource->data);
}

struct vmb_kunit *vmb_kunit_create(struct kunit *test)
{
	struct vmb_kunit *fixture = kunit_alloc_resource(test, init_fixture,
							 free_fixture, GFP_KERNEL,
							 test);

	KUNIT_ASSERT_NOT_NULL(test, fixture);
	return fixture;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_create, VMBSAVE_NS);

struct vmb_bus *vmb_kunit_bus(struct vmb_kunit *fixture)
{
	return fixture->bus;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_bus, VMBSAVE_NS);

struct vmb_channel *vmb_kunit_offer(struct vmb_kunit *fixture, const guid_t *type)
{
	struct offer *offer = kzalloc(sizeof(*offer), GFP_KERNEL);
	struct vmb_channel *channel;

	KUNIT_ASSERT_NOT_NULL(fixture->test, offer);
	offer->type = *type;
	guid_gen(&offer->instance);
	channel = vmb_loopback_offer(fixture->bus, &offer->type, &offer->instance, 0);
	if (IS_ERR(channel)) {
		kfree(offer);
		return channel;
	}
	offer->channel = channel;
	list_add_tail(&offer->node, &fixture->offers);
	return channel;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_offer, VMBSAVE_NS);

struct vmb_channel *vmb_kunit_offered(struct vmb_kunit *fixture, u32 n)
{
	struct offer *offer;

	list_for_each_entry(offer, &fixture->offers, node)
		if (!n--)
			return offer->channel;
	return NULL;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_offered, VMBSAVE_NS);

struct vmb_kunit_client *vmb_kunit_connect(struct vmb_kunit *fixture,
					   const guid_t *type)
{
	struct vmb_kunit_client *client = vmb_kunit_client_create(fixture, type);
	struct kunit *test = fixture->test;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_kunit_offer(fixture, type)), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(client->channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_kunit_await_state(client, VMB_CHANNEL_ACTIVE));
	return client;
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_connect, VMBSAVE_NS);

static int offer_again(struct vmb_kunit *fixture, struct vmb_bus *bus,
		       struct list_head *made)
{
	struct offer *offer, *twin;

	list_for_each_entry(offer, &fixture->offers, node) {
		twin = kmemdup(offer, sizeof(*offer), GFP_KERNEL);
		if (!twin)
			return -ENOMEM;
		list_add_tail(&twin->node, made);
		twin->channel = vmb_loopback_offer(bus, &twin->type,
						   &twin->instance, 0);
		if (IS_ERR(twin->channel))
			return PTR_ERR(twin->channel);
	}
	return 0;
}

static void free_offers(struct list_head *offers)
{
	struct offer *offer, *next;

	list_for_each_entry_safe(offer, next, offers, node) {
		if (!IS_ERR_OR_NULL(offer->channel))
			vmb_channel_put(offer->channel);
		list_del(&offer->node);
		kfree(offer);
	}
}

static void swap_lists(struct list_head *a, struct list_head *b)
{
	LIST_HEAD(aside);

	list_splice_init(a, &aside);
	list_splice_init(b, a);
	list_splice_init(&aside, b);
}

static int move_to(struct vmb_kunit *fixture, struct vmb_bus *to)
{
	LIST_HEAD(made);
	int ret;

	ret = vmb_loopback_stop(to, 0);
	if (!ret)
		ret = offer_again(fixture, to, &made);
	if (!ret)
		ret = vmb_loopback_stop(fixture->bus, 0);
	if (!ret)
		ret = vmb_loopback_move(fixture->bus, to);
	if (!ret)
		swap_lists(&made, &fixture->offers);
	free_offers(&made);
	return ret;
}

int vmb_kunit_move(struct vmb_kunit *fixture)
{
	struct vmb_bus *to = vmb_loopback_create();
	int ret;

	if (IS_ERR(to))
		return PTR_ERR(to);
	ret = move_to(fixture, to);
	if (ret) {
		vmb_loopback_destroy(to);
		vmb_loopback_run(fixture->bus);
		return ret;
	}
	vmb_loopback_destroy(fixture->bus);
	fixture->bus = to;
	return vmb_loopback_run(to);
}
EXPORT_SYMBOL_NS_GPL(vmb_kunit_move, VMBSAVE_NS);

MODULE_DESCRIPTION("Fixture for the suite of a VSP");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include "couple.h"

/**
 * vmb_test_couple_create() - a VSP, a bus, and a client that is Disabled
 * @test: the case
 * Return: the couple; nothing is on offer.
 */
struct vmb_test_couple *vmb_test_couple_create(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_alloc(test, sizeof(*couple));

	couple->test = test;
	couple->vsp = vmb_test_vsp_register(test);
	couple->fixture = vmb_kunit_create(test);
	vmb_test_of(test)->priv = couple->fixture;
	couple->client = vmb_kunit_client_create(couple->fixture,
						 &couple->vsp->ids[0].type);
	return couple;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_create);

/**
 * vmb_test_couple_offer() - offer a channel of the VSP
 * @couple: the couple
 * Return: as vmb_kunit_offer().
 */
struct vmb_channel *vmb_test_couple_offer(struct vmb_test_couple *couple)
{
	struct vmb_channel *channel = vmb_kunit_offer(couple->fixture,
						      &couple->vsp->ids[0].type);

	couple->server = vmb_test_vsp_last(couple->vsp);
	return channel;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_offer);

/**
 * vmb_test_couple_meet() - wait until traffic runs at both ends
 * @couple: the couple
 * Return: true if it does.
 */
bool vmb_test_couple_meet(struct vmb_test_couple *couple)
{
	return vmb_test_wait(READ_ONCE(couple->client->channel->run) &&
			     couple->server->channel &&
			     READ_ONCE(couple->server->channel->run));
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_meet);

/**
 * vmb_test_couple_connect() - a client that is connected to a VSP
 * @test: the case
 * Return: the couple; on failure the case ends.
 */
struct vmb_test_couple *vmb_test_couple_connect(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(vmb_test_couple_offer(couple)), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(couple->client->channel), 0);
	KUNIT_ASSERT_TRUE(test, vmb_test_couple_meet(couple));
	return couple;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_connect);

/**
 * vmb_test_couple_echo() - the client asks and the VSP answers the same
 * @couple: connected; the server does not hold
 * @len: bytes to send
 * Return: 0, -EBADMSG (another answer), or as vmb_kunit_request() and
 * vmb_kunit_await().
 */
int vmb_test_couple_echo(struct vmb_test_couple *couple, u32 len)
{
	struct vmb_kunit_request *request;
	u8 *bytes = vmb_test_alloc(couple->test, len);
	int ret;

	vmb_test_fill(bytes, len, len);
	request = vmb_kunit_request(couple->client, bytes, len);
	if (IS_ERR(request))
		return PTR_ERR(request);
	ret = vmb_kunit_await(request);
	if (ret)
		return ret;
	return request->nr_done == 1 &&
	       vmb_test_filled(request->answer, len, len) ? 0 : -EBADMSG;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_echo);

/**
 * vmb_test_couple_settle() - wait until nothing is on its way between the ends
 * @couple: the couple
 */
void vmb_test_couple_settle(struct vmb_test_couple *couple)
{
	int i;

	for (i = 0; i < 4; i++) {
		flush_delayed_work(&couple->client->channel->client->work);
		if (couple->server->channel)
			vmb_channel_flush(couple->server->channel);
		vmb_channel_flush(couple->client->channel);
	}
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_settle);

/**
 * vmb_test_couple_exit() - .exit of a suite
 * @test: the case
 */
void vmb_test_couple_exit(struct kunit *test)
{
	struct vmb_test *t = vmb_test_of(test);

	if (t && t->priv)
		vmb_kunit_destroy(t->priv);
	vmb_test_exit(test);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_couple_exit);

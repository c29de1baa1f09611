// SPDX-License-Identifier: GPL-2.0-only
#include "couple.h"

/* The table of a client's end, each cell, and what is refused. */

#define NO (-EBADFD)

static const int table[VMB_CHANNEL_NR_STATES][VMB_CHANNEL_NR_EVENTS] = {
	/* enable, disable, start, pause, open, close */
	[VMB_CHANNEL_DISABLED] = { VMB_CHANNEL_ENABLED, VMB_CHANNEL_DISABLED, NO,
				   VMB_CHANNEL_DISABLED, NO, NO },
	[VMB_CHANNEL_ENABLED] = { NO, VMB_CHANNEL_DISABLED, VMB_CHANNEL_ENABLED, NO,
				  VMB_CHANNEL_ACTIVE, NO },
	[VMB_CHANNEL_STARTED] = { NO, NO, NO, NO, NO, NO },
	[VMB_CHANNEL_PAUSED] = { NO, VMB_CHANNEL_DISABLED, VMB_CHANNEL_ACTIVE,
				 VMB_CHANNEL_PAUSED, NO, VMB_CHANNEL_DISABLED },
	[VMB_CHANNEL_ACTIVE] = { NO, VMB_CHANNEL_DISABLED, VMB_CHANNEL_ACTIVE,
				 VMB_CHANNEL_PAUSED, NO, VMB_CHANNEL_DISABLED },
	[VMB_CHANNEL_STOPPED] = { NO, NO, NO, NO, NO, NO },
};

static void each_event_leads_where_the_table_says(struct kunit *test)
{
	int state, event;

	for (state = 0; state < VMB_CHANNEL_NR_STATES; state++)
		for (event = 0; event < VMB_CHANNEL_NR_EVENTS; event++)
			KUNIT_EXPECT_EQ_MSG(test, vmb_client_state_next(state, event),
					    table[state][event], "state %d event %d",
					    state, event);
}

static void a_client_is_configured_while_it_is_disabled_alone(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;
	const guid_t *type = &couple->vsp->ids[0].type;

	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(channel, 1, 4096), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(channel, 1, 1), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_target(channel, type, NULL, NULL),
			-EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause(channel), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_channel_start(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_pause_reasons(channel), 0);
}

static void values_out_of_range_are_refused(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel = couple->client->channel;

	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(channel, 0, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(channel, 1, 0), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(channel, 4097, 1),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_target(channel, NULL, NULL, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_target(channel, &guid_null, NULL, NULL),
			-EINVAL);
}

static void what_is_for_a_client_is_refused_to_a_server(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	const guid_t *type = &couple->vsp->ids[0].type;
	struct vmb_channel *server = vmb_test_couple_offer(couple);
	u32 gpadl;

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(server), 0);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_ring_page_count(server, 1, 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_client_channel_init_set_target(server, type, NULL, NULL),
			-EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_create_gpadl_from_buffer(server, 0, couple, 8, &gpadl),
			-EINVAL);
}

static void a_client_is_not_saved(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);

	KUNIT_EXPECT_EQ(test, vmb_channel_save_begin(couple->client->channel), -EBADFD);
}

static void a_client_without_a_target_is_not_enabled(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_create(test);
	struct vmb_channel *channel;

	channel = vmb_channel_allocate(vmb_kunit_bus(couple->fixture),
				       &couple->client->callbacks, false);
	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_enable(channel), -EINVAL);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(channel), VMB_CHANNEL_DISABLED);
	KUNIT_EXPECT_FALSE(test, vmb_channel_is_server(channel));
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

static void a_client_that_is_enabled_is_not_cleaned_up(struct kunit *test)
{
	struct vmb_test_couple *couple = vmb_test_couple_connect(test);

	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(couple->client->channel), -EBADFD);
	KUNIT_EXPECT_EQ(test, vmb_test_couple_echo(couple, 8), 0);
}

static struct kunit_case client_state_cases[] = {
	KUNIT_CASE(each_event_leads_where_the_table_says),
	KUNIT_CASE(a_client_is_configured_while_it_is_disabled_alone),
	KUNIT_CASE(values_out_of_range_are_refused),
	KUNIT_CASE(what_is_for_a_client_is_refused_to_a_server),
	KUNIT_CASE(a_client_is_not_saved),
	KUNIT_CASE(a_client_without_a_target_is_not_enabled),
	KUNIT_CASE(a_client_that_is_enabled_is_not_cleaned_up),
	{}
};

static struct kunit_suite client_state_suite = {
	.name = "vmbsave_client_state",
	.init = vmb_test_init,
	.exit = vmb_test_couple_exit,
	.test_cases = client_state_cases,
};

kunit_test_suite(client_state_suite);

MODULE_DESCRIPTION("The states of a client's end, and its configuration");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>
#include <linux/vmb_client.h>

#include "core/channel.h"
#include "helpers.h"
#include "owned.h"

/* The setters of a channel's configuration: values, states, ends. */

static const guid_t type = GUID_INIT(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
static const guid_t instance = GUID_INIT(2, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);

/**
 * struct args - arguments of a setter
 * @a: first number
 * @b: second
 * @text: name
 * @type: or NULL
 * @instance: or NULL
 */
struct args {
	u32 a;
	u32 b;
	const char *text;
	const guid_t *type;
	const guid_t *instance;
};

static int max_packet_size(struct vmb_channel *channel, const struct args *args)
{
	return vmb_channel_init_set_max_packet_size(channel, args->a);
}

static int max_external_data(struct vmb_channel *channel, const struct args *args)
{
	return vmb_channel_init_set_max_external_data(channel, args->a, args->b);
}

static int client_context_size(struct vmb_channel *channel, const struct args *args)
{
	return vmb_channel_init_set_client_context_size(channel, args->a);
}

static int friendly_name(struct vmb_channel *channel, const struct args *args)
{
	return vmb_channel_init_set_friendly_name(channel, args->text);
}

static int channel_flags(struct vmb_channel *channel, const struct args *args)
{
	return vmb_channel_init_set_flags(channel, args->a);
}

static int server_flags(struct vmb_channel *channel, const struct args *args)
{
	return vmb_server_channel_init_set_flags(channel, args->a);
}

static int mmio_megabytes(struct vmb_channel *channel, const struct args *args)
{
	return vmb_server_channel_init_set_mmio_megabytes(channel, args->a, args->b);
}

static int target_interface_id(struct vmb_channel *channel, const struct args *args)
{
	return vmb_server_channel_init_set_target_interface_id(channel, args->type,
							       args->instance, args->a);
}

static int target_vtl(struct vmb_channel *channel, const struct args *args)
{
	return vmb_server_channel_init_set_target_vtl(channel, args->a);
}

static const struct setter {
	const char *name;
	int (*set)(struct vmb_channel *channel, const struct args *args);
	struct args good;
	struct args bad;
	bool server_only;
} setters[] = {
	{ "max_packet_size", max_packet_size, { 100 }, { 0 }, false },
	{ "max_external_data", max_external_data, { 8, 9 }, { 0, 9 }, false },
	{ "client_context_size", client_context_size, { 16 }, { 4097 }, false },
	{ "friendly_name", friendly_name, { .text = "disk 0" }, { .text = "\n" }, false },
	{ "flags", channel_flags, { VMB_CHANNEL_INIT_IS_PIPE }, { 2 }, false },
	{ "server_flags", server_flags, { 31 }, { 32 }, true },
	{ "mmio_megabytes", mmio_megabytes, { 64, 128 }, { 0, 0 }, true },
	{ "target_interface_id", target_interface_id,
	  { .a = 3, .type = &type, .instance = &instance }, { .type = &type }, true },
	{ "target_vtl", target_vtl, { 2 }, { 3 }, true },
};

static void setter_name(const struct setter *setter, char *name)
{
	strscpy(name, setter->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(setter, setters, setter_name);

/* All that setters change */
struct settings {
	struct vmb_channel_config config;
	struct vmb_channel_identity identity;
	u32 max_packet;
};

static void read_settings(const struct vmb_channel *channel, struct settings *settings)
{
	memset(settings, 0, sizeof(*settings));
	settings->config = channel->config;
	settings->identity.type = channel->identity.type;
	settings->identity.instance = channel->identity.instance;
	settings->identity.subchannel = channel->identity.subchannel;
	settings->max_packet = vmb_channel_max_packet_size(channel);
}

/* Expects an answer, and that a setter changes something only if it is 0. */
static void expect_set(struct kunit *test, struct vmb_channel *channel,
		       const struct setter *setter, const struct args *args, int ret,
		       const char *where)
{
	struct settings before, after;

	read_settings(channel, &before);
	KUNIT_EXPECT_EQ_MSG(test, setter->set(channel, args), ret, "%s", where);
	read_settings(channel, &after);
	KUNIT_EXPECT_EQ_MSG(test, !memcmp(&before, &after, sizeof(before)), ret != 0,
			    "%s", where);
}

static struct vmb_test_line *owned_line(struct kunit *test)
{
	struct vmb_test_machine *machine = vmb_test_machine_create(test);

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(machine, VMB_BUS_RUNNING), 0);
	return vmb_test_owned_allocate(machine, vmb_test_vsp_create(test), 1);
}

/* Leads an owned channel from one state to the next in its number. */
static void next_state(struct kunit *test, struct vmb_test_line *line)
{
	struct vmb_channel *channel = line->channel;
	enum vmb_channel_state next = vmb_channel_get_state(channel) + 1;
	int ret = -EINVAL;

	switch (next) {
	case VMB_CHANNEL_ENABLED:
		ret = vmb_channel_enable(channel);
		break;
	case VMB_CHANNEL_STARTED:
		ret = vmb_channel_start(channel);
		break;
	case VMB_CHANNEL_PAUSED:
		ret = vmb_test_guest_lend(&line->guest) ?:
		      vmb_test_guest_open(&line->guest) ?: vmb_channel_pause(channel);
		break;
	case VMB_CHANNEL_ACTIVE:
		ret = vmb_channel_start(channel);
		break;
	case VMB_CHANNEL_STOPPED:
		ret = vmb_channel_close(channel);
		break;
	default:
		break;
	}
	KUNIT_ASSERT_EQ(test, ret, 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_get_state(channel), next);
}

static void a_channel_is_configured_in_disabled_alone(struct kunit *test)
{
	const struct setter *setter = test->param_value;
	struct vmb_test_line *line = owned_line(test);
	struct vmb_channel *channel = line->channel;

	/* Act, Assert */
	while (vmb_channel_get_state(channel) != VMB_CHANNEL_STOPPED) {
		next_state(test, line);
		expect_set(test, channel, setter, &setter->good, -EBADFD,
			   vmb_channel_state_name(vmb_channel_get_state(channel)));
	}
	KUNIT_ASSERT_EQ(test, vmb_channel_disable(channel), 0);
	expect_set(test, channel, setter, &setter->good, 0, "disabled");
}

static void a_wrong_value_is_told_in_every_state(struct kunit *test)
{
	const struct setter *setter = test->param_value;
	struct vmb_test_line *line = owned_line(test);
	struct vmb_channel *channel = line->channel;

	expect_set(test, channel, setter, &setter->bad, -EINVAL, "disabled");
	while (vmb_channel_get_state(channel) != VMB_CHANNEL_STOPPED) {
		next_state(test, line);
		expect_set(test, channel, setter, &setter->bad, -EINVAL,
			   vmb_channel_state_name(vmb_channel_get_state(channel)));
	}
}

static void a_channel_in_a_session_or_gone_is_not_configured(struct kunit *test)
{
	const struct setter *setter = test->param_value;
	struct vmb_test_line *line = owned_line(test);
	struct vmb_channel *channel = line->channel;

	KUNIT_ASSERT_EQ(test, vmb_test_machine_set_state(line->machine, VMB_BUS_STOP), 0);
	KUNIT_ASSERT_EQ(test, vmb_channel_save_begin(channel), 0);
	expect_set(test, channel, setter, &setter->good, -EBUSY, "being saved");
	vmb_channel_save_end(channel);
	vmb_channel_get(channel);
	vmb_test_machine_destroy(line->machine);
	expect_set(test, channel, setter, &setter->good, -ENODEV, "gone");
	vmb_channel_put(channel);
}

static void set_in_callback(struct vmb_test_server *server, enum vmb_test_call call, void *arg)
{
	const struct setter *setter = server->vsp->test->param_value;

	expect_set(server->vsp->test, server->channel, setter, &setter->good, -EDEADLK,
		   "callback");
}

static void a_callback_configures_nothing(struct kunit *test)
{
	struct vmb_test_line *line = owned_line(test);

	line->server->knobs.hook = set_in_callback;
	KUNIT_ASSERT_EQ(test, vmb_test_owned_offer(line), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_lend(&line->guest), 0);
	KUNIT_ASSERT_EQ(test, vmb_test_guest_open(&line->guest), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_request(&line->guest, 1, 8), 0);
	KUNIT_EXPECT_EQ(test, vmb_test_guest_serve(&line->guest), 1);
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(line->channel), 0);
	KUNIT_EXPECT_STREQ(test, vmb_test_server_calls(line->server, VMB_TEST_ALL_CALLS),
			   "opened started post_started process#1 batch suspend closed");
}

static void a_clients_end_has_no_offer_to_configure(struct kunit *test)
{
	const struct setter *setter = test->param_value;
	struct vmb_test_machine *machine = vmb_test_machine_create(test);
	struct vmb_test_vsp *vsp = vmb_test_vsp_create(test);
	struct vmb_channel *channel = vmb_channel_allocate(machine->bus, &vsp->vsp, false);

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(channel), 0);
	expect_set(test, channel, setter, &setter->good, setter->server_only ? -EINVAL : 0,
		   "client");
	expect_set(test, channel, setter, &setter->bad, -EINVAL, "client");
	KUNIT_EXPECT_EQ(test, vmb_channel_cleanup(channel), 0);
}

/* Its identity is the VMM's. */
static void a_drivers_channel_is_configured_but_for_its_identity(struct kunit *test)
{
	const struct setter *setter = test->param_value;
	struct vmb_test_vsp *vsp = vmb_test_vsp_register(test);
	struct vmb_test_line *line;

	vsp->knobs.stay_disabled = true;
	line = vmb_test_line_offer(vmb_test_machine_create(test), vsp, 1);
	expect_set(test, line->channel, setter, &setter->good,
		   setter->set == target_interface_id ? -EINVAL : 0, "driver");
	KUNIT_ASSERT_EQ(test, vmb_channel_enable(line->channel), 0);
	expect_set(test, line->channel, setter, &setter->good,
		   setter->set == target_interface_id ? -EINVAL : -EBADFD, "enabled");
}

static const struct {
	int (*set)(struct vmb_channel *channel, const struct args *args);
	struct args args;
	int ret;
} values[] = {
	{ max_packet_size, { 1 }, 0 },
	{ max_packet_size, { VMB_PACKET_BYTES_MAX }, 0 },
	{ max_packet_size, { VMB_PACKET_BYTES_MAX + 1 }, -EINVAL },
	{ max_packet_size, { U32_MAX }, -EINVAL },
	{ max_external_data, { 1, 1 }, 0 },
	{ max_external_data, { U32_MAX, U32_MAX }, 0 },
	{ max_external_data, { 0, 1 }, -EINVAL },
	{ max_external_data, { 1, 0 }, -EINVAL },
	{ client_context_size, { 0 }, 0 },
	{ client_context_size, { 4096 }, 0 },
	{ client_context_size, { U32_MAX }, -EINVAL },
	{ friendly_name, { .text = "" }, 0 },
	{ friendly_name, { .text = " ~" }, 0 },
	{ friendly_name, { .text = NULL }, -EINVAL },
	{ friendly_name, { .text = "\x7f" }, -EINVAL },
	{ friendly_name, { .text = "caf\xe9" }, -EINVAL },
	{ friendly_name, { .text = "a\tb" }, -EINVAL },
	{ channel_flags, { 0 }, 0 },
	{ channel_flags, { VMB_CHANNEL_INIT_IS_PIPE }, 0 },
	{ channel_flags, { 3 }, -EINVAL },
	{ channel_flags, { BIT(31) }, -EINVAL },
	{ server_flags, { 0 }, 0 },
	{ server_flags, { VMB_SERVER_INIT_FORCE_NEW_CHANNEL }, 0 },
	{ server_flags, { BIT(31) | 1 }, -EINVAL },
	{ mmio_megabytes, { 1, 0 }, 0 },
	{ mmio_megabytes, { 0, 1 }, 0 },
	{ mmio_megabytes, { U16_MAX, U16_MAX }, 0 },
	{ target_vtl, { 0 }, 0 },
	{ target_vtl, { 255 }, -EINVAL },
	{ target_interface_id, { .type = &guid_null, .instance = &instance }, -EINVAL },
	{ target_interface_id, { .instance = &instance }, -EINVAL },
	{ target_interface_id, { .type = &type, .instance = &guid_null }, 0 },
};

static void values_at_the_edges(struct kunit *test)
{
	struct vmb_test_line *line = owned_line(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(values); i++)
		KUNIT_EXPECT_EQ_MSG(test, values[i].set(line->channel, &values[i].args),
				    values[i].ret, "case %d", i);
}

static void a_setter_changes_what_it_is_named_for(struct kunit *test)
{
	struct vmb_test_line *line = owned_line(test);
	struct vmb_channel *channel = line->channel;
	const struct vmb_channel_config *config = &channel->config;
	int i;

	for (i = 0; i < ARRAY_SIZE(setters); i++)
		KUNIT_ASSERT_EQ(test, setters[i].set(channel, &setters[i].good), 0);

	KUNIT_EXPECT_EQ(test, vmb_channel_max_packet_size(channel), 100);
	KUNIT_EXPECT_EQ(test, config->max_external_bytes, 8);
	KUNIT_EXPECT_EQ(test, config->max_external_ranges, 9);
	KUNIT_EXPECT_EQ(test, config->context_bytes, 16);
	KUNIT_EXPECT_STREQ(test, vmb_channel_friendly_name(channel), "disk 0");
	KUNIT_EXPECT_EQ(test, config->flags, VMB_CHANNEL_INIT_IS_PIPE);
	KUNIT_EXPECT_EQ(test, config->server_flags, 31);
	KUNIT_EXPECT_EQ(test, config->mmio_megabytes, 64);
	KUNIT_EXPECT_EQ(test, config->mmio_optional, 128);
	KUNIT_EXPECT_EQ(test, config->target_vtl, 2);
	KUNIT_EXPECT_TRUE(test, guid_equal(vmb_channel_interface_type(channel), &type));
	KUNIT_EXPECT_TRUE(test, guid_equal(vmb_channel_interface_instance(channel), &instance));
	KUNIT_EXPECT_EQ(test, vmb_channel_subchannel(channel), 3);
}

static void a_long_name_is_cut(struct kunit *test)
{
	struct vmb_test_line *line = owned_line(test);
	char name[VMB_FRIENDLY_NAME_BYTES + 8];
	const char *kept = vmb_channel_friendly_name(line->channel);

	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_friendly_name(line->channel, name), 0);
	KUNIT_EXPECT_EQ(test, strlen(kept), VMB_FRIENDLY_NAME_BYTES - 1);
	name[VMB_FRIENDLY_NAME_BYTES - 1] = '\0';
	KUNIT_EXPECT_STREQ(test, kept, name);

	/* A shorter one leaves nothing of it: the VMM gets all of the bytes. */
	KUNIT_EXPECT_EQ(test, vmb_channel_init_set_friendly_name(line->channel, "y"), 0);
	KUNIT_EXPECT_NULL(test, memchr(kept, 'x', VMB_FRIENDLY_NAME_BYTES));
	KUNIT_EXPECT_STREQ(test, kept, "y");
}

static struct kunit_case config_cases[] = {
	KUNIT_CASE_PARAM(a_channel_is_configured_in_disabled_alone, setter_gen_params),
	KUNIT_CASE_PARAM(a_wrong_value_is_told_in_every_state, setter_gen_params),
	KUNIT_CASE_PARAM(a_channel_in_a_session_or_gone_is_not_configured, setter_gen_params),
	KUNIT_CASE_PARAM(a_callback_configures_nothing, setter_gen_params),
	KUNIT_CASE_PARAM(a_clients_end_has_no_offer_to_configure, setter_gen_params),
	KUNIT_CASE_PARAM(a_drivers_channel_is_configured_but_for_its_identity,
			 setter_gen_params),
	KUNIT_CASE(values_at_the_edges),
	KUNIT_CASE(a_setter_changes_what_it_is_named_for),
	KUNIT_CASE(a_long_name_is_cut),
	{}
};

static struct kunit_suite config_suite = {
	.name = "vmbsave_config",
	.init = vmb_test_init,
	.exit = vmb_test_owned_exit,
	.test_cases = config_cases,
};

kunit_test_suite(config_suite);

MODULE_DESCRIPTION("What is set while a channel is disabled");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);
MODULE_IMPORT_NS(VMB_KUNIT_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VSP and its suite, as an author outside of vmbsave writes them; see
 * Documentation/driver-api/testing-a-vsp.rst.
 *
 * The VSP answers each request with the sum of its bytes. A request that begins
 * with 'n' also makes it notify the client, which acknowledges that when it
 * likes. What the VSP knows of a notification is its sequence number.
 */
#include <linux/atomic.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmb_kunit.h>
#include <linux/vmbsave.h>

#define ADDER_TYPE							\
	GUID_INIT(0x5f6c2a0e, 0x0d2b, 0x4b0a, 0x9c, 0x1e, 0x52, 0x6b,	\
		  0x0f, 0x1a, 0x77, 0x31)

/**
 * struct adder_state - what a packet's saved state is
 * @sequence: of the notification
 */
struct adder_state {
	__le64 sequence;
};

/**
 * struct adder - one channel of the VSP
 * @next: sequence number of the next notification
 * @acknowledged: the sum of the numbers that were acknowledged
 */
struct adder {
	atomic64_t next;
	atomic64_t acknowledged;
};

/**
 * struct notification - what the VSP keeps with a packet
 * @sequence: its number
 */
struct notification {
	u64 sequence;
};

static void notified(struct vmb_packet *packet, int status, const void *buf,
		     u32 len)
{
	struct notification *notification = vmb_packet_get_pointer(packet);
	struct adder *adder =
		vmb_channel_get_pointer(vmb_packet_get_channel(packet));

	if (!status)
		atomic64_add(notification->sequence, &adder->acknowledged);
	kfree(notification);
	vmb_packet_free(packet);
}

static struct vmb_packet *make_notification(struct vmb_channel *channel,
					    u64 sequence)
{
	struct notification *notification = kzalloc(sizeof(*notification), GFP_KERNEL);
	struct vmb_packet *packet;

	if (!notification)
		return ERR_PTR(-ENOMEM);
	packet = vmb_packet_allocate(channel);
	if (IS_ERR(packet)) {
		kfree(notification);
		return packet;
	}
	notification->sequence = sequence;
	vmb_packet_set_pointer(packet, notification);
	vmb_packet_set_completion_routine(packet, notified);
	return packet;
}

static void adder_discard_packet(struct vmb_channel *channel,
				 struct vmb_packet *packet)
{
	kfree(vmb_packet_get_pointer(packet));
	vmb_packet_free(packet);
}

static void notify(struct vmb_channel *channel, struct adder *adder)
{
	u64 sequence = atomic64_inc_return(&adder->next);
	struct vmb_packet *packet = make_notification(channel, sequence);
	__le64 number = cpu_to_le64(sequence);

	if (IS_ERR(packet))
		return;
	if (vmb_packet_send(packet, &number, sizeof(number),
			    VMB_PACKET_WAIT_FOR_COMPLETION))
		adder_discard_packet(channel, packet);
}

static void adder_process_packet(struct vmb_channel *channel,
				 struct vmb_packet_completion *packet,
				 const void *buf, u32 len)
{
	const u8 *bytes = buf;
	u64 total = 0;
	__le64 answer;
	u32 i;

	for (i = 0; i < len; i++)
		total += bytes[i];
	if (len && bytes[0] == 'n')
		notify(channel, vmb_channel_get_pointer(channel));
	answer = cpu_to_le64(total);
	vmb_packet_complete(packet, &answer, sizeof(answer));
}

static int adder_save_packet(struct vmb_save_packet *args)
{
	const struct notification *notification =
		vmb_packet_get_pointer(args->packet);
	struct adder_state *state = args->buf;

	args->needed = sizeof(*state);
	if (args->size < sizeof(*state))
		return -ENOBUFS;
	state->sequence = cpu_to_le64(notification->sequence);
	return 0;
}

static int adder_restore_packet(const struct vmb_restore_packet *args)
{
	const struct adder_state *state = args->vsp_buf;
	struct vmb_packet *packet;
	int ret;

	if (args->vsp_size != sizeof(*state))
		return -EINVAL;
	packet = make_notification(args->channel, le64_to_cpu(state->sequence));
	if (IS_ERR(packet))
		return PTR_ERR(packet);
	ret = vmb_packet_restore(packet, args->lib_buf, args->lib_size);
	if (ret)
		adder_discard_packet(args->channel, packet);
	return ret;
}

static int adder_probe(struct vmb_channel *channel)
{
	struct adder *adder = kzalloc(sizeof(*adder), GFP_KERNEL);
	int ret;

	if (!adder)
		return -ENOMEM;
	vmb_channel_set_pointer(channel, adder);
	ret = vmb_channel_enable(channel);
	if (!ret)
		ret = vmb_channel_start(channel);
	if (ret) {
		vmb_channel_disable(channel);
		kfree(adder);
	}
	return ret;
}

static void adder_remove(struct vmb_channel *channel)
{
	kfree(vmb_channel_get_pointer(channel));
}

static const struct vmb_vsp_id adder_ids[] = {
	{ .type = ADDER_TYPE },
	{}
};

static struct vmb_vsp adder_vsp = {
	.name = "example_adder",
	.id_table = adder_ids,
	.probe = adder_probe,
	.remove = adder_remove,
	.process_packet = adder_process_packet,
	.save_packet = adder_save_packet,
	.restore_packet = adder_restore_packet,
	.discard_packet = adder_discard_packet,
};

/* The suite. */

static const guid_t adder_type = ADDER_TYPE;

static struct vmb_kunit *begin(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, vmb_kunit_vsp_register(test, &adder_vsp), 0);
	return vmb_kunit_create(test);
}

static u64 sum_of(const struct vmb_kunit_request *request)
{
	__le64 sum;

	memcpy(&sum, request->answer, sizeof(sum));
	return le64_to_cpu(sum);
}

static void ask(struct kunit *test, struct vmb_kunit_client *client,
		const char *bytes, u64 sum)
{
	struct vmb_kunit_request *request =
		vmb_kunit_request(client, bytes, strlen(bytes));

	KUNIT_ASSERT_EQ(test, PTR_ERR_OR_ZERO(request), 0);
	KUNIT_ASSERT_EQ(test, vmb_kunit_await(request), 0);
	KUNIT_EXPECT_EQ(test, request->nr_done, 1);
	KUNIT_EXPECT_EQ(test, sum_of(request), sum);
}

static void a_request_is_answered_with_its_sum(struct kunit *test)
{
	struct vmb_kunit_client *client = vmb_kunit_connect(begin(test), &adder_type);

	ask(test, client, "abc", 'a' + 'b' + 'c');
	ask(test, client, "", 0);
}

static bool await_acknowledged(struct vmb_kunit *fixture, u64 sum)
{
	struct adder *adder =
		vmb_channel_get_pointer(vmb_kunit_offered(fixture, 0));
	int tries;

	for (tries = 0; tries < 500; tries++) {
		if (atomic64_read(&adder->acknowledged) == sum)
			return true;
		schedule_timeout_uninterruptible(msecs_to_jiffies(20));
	}
	return false;
}

static void a_notification_is_acknowledged_after_a_migration(struct kunit *test)
{
	struct vmb_kunit *fixture = begin(test);
	struct vmb_kunit_client *client = vmb_kunit_connect(fixture, &adder_type);
	struct vmb_kunit_message *first, *second;

	/* Arrange: one is with the client, one on its way. */
	ask(test, client, "n", 'n');
	first = vmb_kunit_receive(client);
	KUNIT_ASSERT_NOT_NULL(test, first);
	ask(test, client, "n", 'n');

	/* Act */
	KUNIT_ASSERT_EQ(test, vmb_kunit_move(fixture), 0);
	second = vmb_kunit_receive(client);
	KUNIT_ASSERT_NOT_NULL(test, second);
	vmb_kunit_answer(first, NULL, 0);
	vmb_kunit_answer(second, NULL, 0);

	/* Assert */
	KUNIT_EXPECT_TRUE(test, await_acknowledged(fixture, 1 + 2));
	KUNIT_EXPECT_EQ(test, vmb_kunit_received(client), 2);
	ask(test, client, "xy", 'x' + 'y');
}

static void a_notification_in_use_goes_with_its_channel(struct kunit *test)
{
	struct vmb_kunit_client *client = vmb_kunit_connect(begin(test), &adder_type);

	ask(test, client, "n", 'n');
	KUNIT_ASSERT_NOT_NULL(test, vmb_kunit_receive(client));
	KUNIT_EXPECT_EQ(test, vmb_channel_disable(client->channel), 0);
	KUNIT_EXPECT_EQ(test, vmb_channel_get_state(client->channel),
			VMB_CHANNEL_DISABLED);
}

static struct kunit_case adder_cases[] = {
	KUNIT_CASE(a_request_is_answered_with_its_sum),
	KUNIT_CASE(a_notification_is_acknowledged_after_a_migration),
	KUNIT_CASE(a_notification_in_use_goes_with_its_channel),
	{}
};

static struct kunit_suite adder_suite = {
	.name = "vmbsave_example_vsp",
	.test_cases = adder_cases,
};

kunit_test_suite(adder_suite);

MODULE_DESCRIPTION("An example: a VSP and its suite");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(VMBSAVE_NS);

// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads at the two ends of a ring, asleep whenever they have nothing to
 * do: a signal that is lost leaves both asleep.
 */
#include <pthread.h>
#include <semaphore.h>
#include <time.h>
#include "ring_pair.h"

#define PACKETS		100000
#define PATIENCE_S	20

static struct ring_pair pair;
static u32 batch;
static sem_t to_consumer, to_producer;
static const char *producer_problem, *consumer_problem;

static bool sleep_for_signal(sem_t *signal)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += PATIENCE_S;
	return !sem_timedwait(signal, &until);
}

static u32 payload_of(u32 sequence)
{
	u64 seed = sequence;

	return test_random_below(&seed, sequence % 64 ? 200 : 3000);
}

static void *produce(void *unused)
{
	u8 payload[3000];
	struct vmb_ring_packet packet;
	u32 i = 0, need;
	bool signal;
	int err;

	while (i < PACKETS) {
		packet = inband(i, payload, payload_of(i));
		pattern_fill(payload, packet.payload_len, i);
		err = vmb_ring_write(&pair.producer, &packet, &signal);
		if (!err) {
			if (signal)
				sem_post(&to_consumer);
			i++;
			continue;
		}
		if (err != -EAGAIN) {
			producer_problem = "write fails";
			break;
		}

		need = vmb_ring_need(0, packet.payload_len);
		if (!vmb_ring_wait_space(&pair.producer, need)) {
			if (!sleep_for_signal(&to_producer)) {
				producer_problem = "never told of room";
				break;
			}
			vmb_ring_clear_wait(&pair.producer);
		}
	}

	return NULL;
}

static bool packet_right(const u8 *buf, u32 bytes, u32 sequence)
{
	const struct vmb_descriptor *head = (const void *)buf;
	u32 len = payload_of(sequence);
	u8 want[3000];

	pattern_fill(want, len, sequence);
	return le64_to_cpu(head->transaction_id) == sequence && bytes == 16 + ALIGN(len, 8) &&
	       !memcmp(buf + 16, want, len);
}

static void commit(void)
{
	if (vmb_ring_commit(&pair.consumer))
		sem_post(&to_producer);
}

static void *consume(void *unused)
{
	u8 __aligned(8) buf[4096];
	u32 i = 0, bytes;
	int err;

	while (i < PACKETS) {
		vmb_ring_mask(&pair.consumer);
		while (!(err = vmb_ring_read(&pair.consumer, buf, sizeof(buf), &bytes))) {
			if (!packet_right(buf, bytes, i++)) {
				consumer_problem = "packet is not the one written";
				return NULL;
			}
			if (i % batch == 0)
				commit();
		}
		commit();
		if (err != -EAGAIN) {
			consumer_problem = "read fails";
			break;
		}

		if (i < PACKETS && !vmb_ring_unmask(&pair.consumer) &&
		    !sleep_for_signal(&to_consumer)) {
			consumer_problem = "never told of data";
			break;
		}
	}

	return NULL;
}

static void run_both_ends(u32 size, u32 batch_size)
{
	pthread_t producer, consumer;

	pair = pair_new(size, size - 8);
	batch = batch_size;
	producer_problem = NULL;
	consumer_problem = NULL;
	sem_init(&to_consumer, 0, 0);
	sem_init(&to_producer, 0, 0);
	ASSERT_EQ(pthread_create(&consumer, NULL, consume, NULL), 0);
	ASSERT_EQ(pthread_create(&producer, NULL, produce, NULL), 0);
	pthread_join(producer, NULL);
	pthread_join(consumer, NULL);

	EXPECT_STR(producer_problem ?: "none", "none");
	EXPECT_STR(consumer_problem ?: "none", "none");
	sem_destroy(&to_consumer);
	sem_destroy(&to_producer);
	pair_free(&pair);
}

static void no_signal_is_lost_when_each_packet_is_committed(void)
{
	run_both_ends(4096, 1);
}

static void no_signal_is_lost_in_batches(void)
{
	run_both_ends(8192, 7);
}

static void no_signal_is_lost_when_the_ring_is_emptied_first(void)
{
	run_both_ends(4096, PACKETS);
}

static const struct test_case cases[] = {
	TEST_CASE(no_signal_is_lost_when_each_packet_is_committed),
	TEST_CASE(no_signal_is_lost_in_batches),
	TEST_CASE(no_signal_is_lost_when_the_ring_is_emptied_first),
};

TEST_MAIN(cases)

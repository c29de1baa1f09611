// SPDX-License-Identifier: GPL-2.0-only
/*
 * usage: vmm PACKETS STATE ROUNDS
 *
 * What a save and a restore through /dev/vmbsave cost a VMM, by how much it
 * reads and writes at once. vmbsave_bench.ko with serve=1 is the VSP; it sends
 * PACKETS packets with STATE bytes of state once its channel is open. This is
 * a guest that takes them out of the ring and answers none. Prints what
 * scripts/benchmark/results.py reads.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include <linux/byteorder/little_endian.h>
#include <linux/types.h>
#include <linux/vmbsave.h>
#include <linux/xxhash.h>
#include "wire/ring.h"

#define PAGE		4096U
#define DATA_PAGES	16U
#define RING_BYTES	(DATA_PAGES * PAGE)
#define DOWNSTREAM	(1 + DATA_PAGES)
#define PAGES		(2 * (1 + DATA_PAGES))
#define FIRST_PFN	0x100
#define GPADL		1

/* The VSP's: 5be3a1f0-6d1e-4b7d-9a11-3c0f825e7702 as it is in memory, see kunit/bench/vsp.c */
#define TYPE { 0xf0, 0xa1, 0xe3, 0x5b, 0x1e, 0x6d, 0x7d, 0x4b, \
	       0x9a, 0x11, 0x3c, 0x0f, 0x82, 0x5e, 0x77, 0x02 }

/* Descriptor, payload (the module's default) and trailer of a packet in the ring */
#define PACKET_BYTES	(16 + 16 + 8)

/* Chunks are of this size at most, and the floors copy and hash as much at once. */
#define CHUNK		4096U

/* One open device: a host */
struct host {
	int fd;
	int kick_fd;
	int call_fd;
	__u32 channel;
};

static u8 *ram;
static u8 *image;
static size_t image_bytes, image_room;
static u8 *window;

static u64 now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

static u64 since(u64 *then)
{
	u64 time = now(), took = time - *then;

	*then = time;
	return took;
}

static void *map(size_t bytes)
{
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			    MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (memory == MAP_FAILED)
		err(1, "no memory");
	return memory;
}

static void command(struct host *host, unsigned long number, void *argument, const char *name)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };

	if (!ioctl(host->fd, number, argument))
		return;
	warn("%s", name);
	if (!ioctl(host->fd, VMBSAVE_LAST_ERROR, &last))
		warnx("%s", last.text);
	exit(1);
}

static int set_state(struct host *host, __u32 state)
{
	struct vmbsave_set_state arg = { .size = sizeof(arg), .state = state };

	command(host, VMBSAVE_SET_STATE, &arg, "SET_STATE");
	return arg.data_fd;
}

static void host_open(struct host *host)
{
	static const __u8 type[16] = TYPE;
	struct vmbsave_memory_region region = {
		.size = sizeof(region), .gpa = FIRST_PFN * (__u64)PAGE,
		.bytes = PAGES * PAGE, .uaddr = (uintptr_t)ram,
	};
	struct vmbsave_offer_channel offer = { .size = sizeof(offer), .instance = { 1 } };
	struct vmbsave_eventfds fds = { .size = sizeof(fds) };

	host->fd = open("/dev/vmbsave", O_RDWR | O_CLOEXEC);
	host->kick_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	host->call_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (host->fd < 0 || host->kick_fd < 0 || host->call_fd < 0)
		err(1, "cannot open /dev/vmbsave");
	command(host, VMBSAVE_SET_MEMORY_REGION, &region, "SET_MEMORY_REGION");
	memcpy(offer.type, type, sizeof(type));
	command(host, VMBSAVE_OFFER_CHANNEL, &offer, "OFFER_CHANNEL");
	host->channel = offer.channel;
	fds.channel = offer.channel;
	fds.kick_fd = host->kick_fd;
	fds.call_fd = host->call_fd;
	command(host, VMBSAVE_SET_EVENTFDS, &fds, "SET_EVENTFDS");
}

static void host_close(struct host *host)
{
	close(host->fd);
	close(host->kick_fd);
	close(host->call_fd);
}

static void guest_open(struct host *host)
{
	__u64 pfns[PAGES];
	struct vmbsave_create_gpadl gpadl = {
		.size = sizeof(gpadl), .channel = host->channel, .gpadl = GPADL,
		.byte_count = PAGES * PAGE, .nr_pfns = PAGES, .pfns = (uintptr_t)pfns,
	};
	struct vmbsave_open_channel open = {
		.size = sizeof(open), .channel = host->channel, .gpadl = GPADL,
		.downstream_page = DOWNSTREAM,
	};
	u32 i;

	for (i = 0; i < PAGES; i++)
		pfns[i] = FIRST_PFN + i;
	command(host, VMBSAVE_CREATE_GPADL, &gpadl, "CREATE_GPADL");
	command(host, VMBSAVE_OPEN_CHANNEL, &open, "OPEN_CHANNEL");
}

/* Takes all packets out of the ring, and does not look at them. */
static void guest_eat(struct host *host, u32 packets)
{
	struct vmb_ring_control *ring = (void *)(ram + DOWNSTREAM * PAGE);
	u64 left = (u64)packets * PACKET_BYTES;
	const u64 one = 1;

	while (left) {
		u32 to = __atomic_load_n(&ring->write_index, __ATOMIC_ACQUIRE);
		u32 bytes = (to - ring->read_index + RING_BYTES) % RING_BYTES;

		if (bytes > left)
			errx(1, "more came than was sent");
		left -= bytes;
		__atomic_store_n(&ring->read_index, to, __ATOMIC_SEQ_CST);
		if (bytes && write(host->kick_fd, &one, sizeof(one)) != sizeof(one))
			err(1, "kick");
		if (!bytes)
			usleep(100);
	}
}

static void expect_in_flight(struct host *host, u64 packets)
{
	struct vmbsave_info info = { .size = sizeof(info) };

	command(host, VMBSAVE_GET_INFO, &info, "GET_INFO");
	if (info.nr_packets != packets)
		errx(1, "%llu packets are in flight", (unsigned long long)info.nr_packets);
}

static void read_all(int fd, size_t piece)
{
	ssize_t bytes;

	image_bytes = 0;
	do {
		if (image_room - image_bytes < piece)
			errx(1, "the image is longer than was thought");
		bytes = read(fd, image + image_bytes, piece);
		if (bytes < 0)
			err(1, "read");
		image_bytes += bytes;
	} while (bytes);
}

static void write_all(int fd, size_t piece)
{
	size_t at = 0;

	while (at < image_bytes) {
		size_t left = image_bytes - at;
		ssize_t bytes = write(fd, image + at, left < piece ? left : piece);

		if (bytes <= 0)
			err(1, "write");
		at += bytes;
	}
}

static u64 copy_floor(bool hash)
{
	u64 value = 0;
	size_t at;

	for (at = 0; at < image_bytes; at += CHUNK) {
		size_t bytes = image_bytes - at < CHUNK ? image_bytes - at : CHUNK;
		u8 *to = window + at % RING_BYTES;

		memcpy(to, image + at, bytes);
		if (hash)
			value = xxh64(to, bytes, value);
	}
	return value;
}

/* What one round took, ns, as in struct bench_round of the module */
struct round {
	u64 stop, save, write, commit, run, copy, hash;
};

static void save_round(struct host *host, size_t piece, struct round *round)
{
	u64 then = now();
	int fd;

	set_state(host, VMBSAVE_STATE_STOP);
	round->stop = since(&then);
	fd = set_state(host, VMBSAVE_STATE_STOP_COPY);
	read_all(fd, piece);
	round->save = since(&then);
	close(fd);
	set_state(host, VMBSAVE_STATE_STOP);
}

static void floor_round(struct round *round)
{
	u64 then = now();

	copy_floor(false);
	round->copy = since(&then);
	/* It is looked at, or the compiler could leave it out. */
	WRITE_ONCE(*window, copy_floor(true));
	round->hash = since(&then);
}

static void restore_round(size_t piece, struct round *round)
{
	struct host host;
	u64 then;
	int fd;

	host_open(&host);
	then = now();
	fd = set_state(&host, VMBSAVE_STATE_RESUMING);
	write_all(fd, piece);
	round->write = since(&then);
	set_state(&host, VMBSAVE_STATE_STOP);
	round->commit = since(&then);
	set_state(&host, VMBSAVE_STATE_RUNNING);
	round->run = since(&then);
	close(fd);
	host_close(&host);
}

static void measure_round(struct host *from, size_t piece, struct round *round)
{
	save_round(from, piece, round);
	floor_round(round);
	restore_round(piece, round);
	set_state(from, VMBSAVE_STATE_RUNNING);
}

static void tell(const char *name, u64 took)
{
	printf(" %s=%llu", name, (unsigned long long)took);
}

static void tell_round(const struct round *round)
{
	printf("round");
	tell("stop", round->stop);
	tell("save", round->save);
	tell("write", round->write);
	tell("commit", round->commit);
	tell("run", round->run);
	tell("copy", round->copy);
	tell("hash", round->hash);
	printf("\n");
}

static void measure(struct host *host, u32 packets, u32 state, size_t piece, u32 rounds)
{
	struct round round;

	/* The first one finds all caches cold. */
	measure_round(host, piece, &round);
	printf("run device=1 packets=%u state=%u piece=%zu bytes=%zu\n", packets, state, piece,
	       image_bytes);
	while (rounds--) {
		measure_round(host, piece, &round);
		tell_round(&round);
	}
}

int main(int argc, char **argv)
{
	static const size_t pieces[] = { 4U << 10, 64U << 10, 1U << 20 };
	u32 packets, state, i;
	struct host host;

	if (argc != 4)
		errx(2, "usage: vmm PACKETS STATE ROUNDS");
	packets = atoi(argv[1]);
	state = atoi(argv[2]);
	image_room = (size_t)packets * (state + 128) + (2U << 20);
	image = map(image_room);
	window = map(RING_BYTES);
	ram = map(PAGES * PAGE);

	host_open(&host);
	set_state(&host, VMBSAVE_STATE_RUNNING);
	guest_open(&host);
	guest_eat(&host, packets);
	expect_in_flight(&host, packets);
	for (i = 0; i < sizeof(pieces) / sizeof(*pieces); i++)
		measure(&host, packets, state, pieces[i], atoi(argv[3]));
	host_close(&host);
	return 0;
}

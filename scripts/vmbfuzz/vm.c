// SPDX-License-Identifier: GPL-2.0-only
/*
 * A VMM and its guest, for tests that treat /dev/vmbsave badly.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include "vm.h"
#include "vsp_echo.h"
#include "vsp_queue.h"

#define OBJECTS		"/sys/kernel/debug/vmbsave/objects"
#define WAIT_MS		1000

unsigned int kshim_warnings;	/* the ring code counts here what cannot happen */
void (*vm_step)(void);

static void step(void)
{
	if (vm_step)
		vm_step();
}

void vm_type(unsigned int index, u8 type[16])
{
	const guid_t types[VM_CHANNELS] = {
		[VM_ECHO] = VSP_ECHO_TYPE,
		[VM_QUEUE] = VSP_QUEUE_TYPE,
	};

	memcpy(type, &types[index], sizeof(types[index]));
}

static int event_fd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	if (fd < 0) {
		perror("eventfd");
		exit(2);
	}
	return fd;
}

void vm_init(struct vm *vm)
{
	unsigned int i;

	memset(vm, 0, sizeof(*vm));
	vm->bus = -1;
	vm->ram = mmap(NULL, VM_RAM_BYTES, PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (vm->ram == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	for (i = 0; i < VM_CHANNELS; i++) {
		vm->channels[i].kick = event_fd();
		vm->channels[i].call = event_fd();
	}
}

int vm_call(struct vm *vm, unsigned long number, void *arg)
{
	step();
	return ioctl(vm->bus, number, arg) < 0 ? -errno : 0;
}

int vm_open_bus(struct vm *vm)
{
	step();
	vm->bus = open("/dev/vmbsave", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	return vm->bus < 0 ? -errno : 0;
}

int vm_offer(struct vm *vm, unsigned int index)
{
	struct vm_channel *channel = &vm->channels[index];
	struct vmbsave_offer_channel offer = { .size = sizeof(offer), .instance = { 1 + index } };
	struct vmbsave_eventfds fds = {
		.size = sizeof(fds), .kick_fd = channel->kick, .call_fd = channel->call,
	};
	int ret;

	vm_type(index, offer.type);
	ret = vm_call(vm, VMBSAVE_OFFER_CHANNEL, &offer);
	if (ret)
		return ret;
	channel->id = offer.channel;
	fds.channel = offer.channel;
	return vm_call(vm, VMBSAVE_SET_EVENTFDS, &fds);
}

int vm_attach(struct vm *vm)
{
	struct vmbsave_memory_region region = {
		.size = sizeof(region), .bytes = VM_RAM_BYTES, .uaddr = (uintptr_t)vm->ram,
	};
	unsigned int i;
	int ret = vm_open_bus(vm);

	if (!ret)
		ret = vm_call(vm, VMBSAVE_SET_MEMORY_REGION, &region);
	for (i = 0; i < VM_CHANNELS && !ret; i++)
		ret = vm_offer(vm, i);
	return ret;
}

int vm_lend(struct vm *vm, unsigned int index, u32 gpadl, u32 flags, u32 page, u32 nr)
{
	__u64 pfns[VM_PAGES];
	struct vmbsave_create_gpadl arg = {
		.size = sizeof(arg), .channel = vm->channels[index].id, .gpadl = gpadl,
		.flags = flags, .byte_count = nr * VM_PAGE, .nr_pfns = nr,
		.pfns = (uintptr_t)pfns,
	};
	u32 i;

	for (i = 0; i < nr; i++)
		pfns[i] = page + i;
	return vm_call(vm, VMBSAVE_CREATE_GPADL, &arg);
}

int vm_open_channel(struct vm *vm, unsigned int index)
{
	struct vmbsave_open_channel arg = {
		.size = sizeof(arg), .channel = vm->channels[index].id,
		.gpadl = VM_RINGS(index), .downstream_page = VM_DOWNSTREAM_PAGE,
	};

	return vm_call(vm, VMBSAVE_OPEN_CHANNEL, &arg);
}

int vm_find_rings(struct vm *vm, unsigned int index)
{
	struct vm_channel *channel = &vm->channels[index];
	u8 *in = vm->ram + VM_RING_PAGE(index) * VM_PAGE;
	u8 *out = in + VM_DOWNSTREAM_PAGE * VM_PAGE;

	return vmb_ring_attach(&channel->in, in, in + VM_PAGE, VM_PAGE, true) ?:
	       vmb_ring_attach(&channel->out, out, out + VM_PAGE, VM_PAGE, false);
}

int vm_boot(struct vm *vm)
{
	unsigned int i;
	int ret = 0;

	memset(vm->ram, 0, VM_RAM_BYTES);
	for (i = 0; i < VM_CHANNELS && !ret; i++) {
		ret = vm_find_rings(vm, i);
		if (!ret)
			ret = vm_lend(vm, i, VM_RINGS(i), 0, VM_RING_PAGE(i), 4);
		if (!ret)
			ret = vm_open_channel(vm, i);
	}
	return ret;
}

void vm_close(struct vm *vm)
{
	step();
	if (vm->bus >= 0)
		close(vm->bus);
	vm->bus = -1;
}

int vm_set_state(struct vm *vm, u32 state, int *error)
{
	struct vmbsave_set_state arg = { .size = sizeof(arg), .state = state };

	*error = vm_call(vm, VMBSAVE_SET_STATE, &arg);
	return *error ? -1 : arg.data_fd;
}

int vm_get_state(struct vm *vm)
{
	struct vmbsave_info info = { .size = sizeof(info) };

	return vm_call(vm, VMBSAVE_GET_INFO, &info) ?: (int)info.state;
}

ssize_t vm_read_stream(int fd, void *buf, size_t room, size_t piece)
{
	size_t done = 0;
	ssize_t n;

	do {
		step();
		n = read(fd, (char *)buf + done, room - done < piece ? room - done : piece);
		if (n < 0)
			return -errno;
		done += n;
	} while (n && done < room);
	return done;
}

ssize_t vm_write_stream(int fd, const void *buf, size_t bytes, size_t piece)
{
	size_t done = 0;
	ssize_t n;

	while (done < bytes) {
		step();
		n = write(fd, (const char *)buf + done,
			  bytes - done < piece ? bytes - done : piece);
		if (n <= 0)
			return n ? -errno : -EIO;
		done += n;
	}
	return done;
}

int vm_send(struct vm *vm, unsigned int index, u16 type, u16 flags, u64 id,
	    const void *payload, u32 bytes)
{
	struct vm_channel *channel = &vm->channels[index];
	struct vmb_ring_packet packet = {
		.type = type, .flags = flags, .transaction_id = id,
		.payload = payload, .payload_len = bytes,
	};
	bool signal = false;
	int ret;

	ret = vmb_ring_write(&channel->in, &packet, &signal);
	if (ret)
		return ret;
	step();
	return eventfd_write(channel->kick, 1) ? -errno : 0;
}

int vm_receive(struct vm *vm, unsigned int index, struct vmb_descriptor_view *view)
{
	static __u64 buf[VM_PAGE / 8];
	struct vm_channel *channel = &vm->channels[index];
	struct pollfd poller = { .fd = channel->call, .events = POLLIN };
	eventfd_t count;
	u32 bytes;
	int ret;

	while ((ret = vmb_ring_read(&channel->out, buf, sizeof(buf), &bytes)) == -EAGAIN) {
		step();
		if (poll(&poller, 1, WAIT_MS) != 1)
			return -ETIMEDOUT;
		eventfd_read(channel->call, &count);
	}
	if (ret)
		return ret;
	if (vmb_ring_commit(&channel->out)) {
		step();
		eventfd_write(channel->kick, 1);
	}
	return vmb_descriptor_parse(buf, bytes, view);
}

long long vm_read_number(const char *path, const char *line)
{
	char text[4096], *at;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;
	n = read(fd, text, sizeof(text) - 1);
	close(fd);
	if (n < 0)
		return -1;
	text[n] = '\0';
	at = line ? strstr(text, line) : text;
	return at ? strtoll(at + (line ? strlen(line) : 0), NULL, 10) : -1;
}

int vm_write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

static long long count_objects(void)
{
	static const char * const lines[] = {
		"buses ", "channels ", "gpadls ", "pages ", "packets ", "staged_bytes ",
	};
	long long sum = 0, value;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(lines); i++) {
		value = vm_read_number(OBJECTS, lines[i]);
		if (value < 0)
			return -1;
		sum += value;
	}
	return sum;
}

long long vm_objects_left(void)
{
	long long left = count_objects();
	int tries;

	for (tries = 0; left && tries < WAIT_MS; tries++) {
		usleep(1000);
		left = count_objects();
	}
	return left;
}

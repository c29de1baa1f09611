// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data fds: streams are read and kept; what is written is one of those, as it was or damaged, with
 * its hashes made right again or not, in pieces of any size.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/vmbsave_stream.h>
#include "fuzz.h"
#include "stream_repair.h"

static struct writing *writing(struct actor *me, const struct slot *slot)
{
	return &me->out[slot - slots];
}

/* One field of one record gets a value that is at the edge of something. */
static void spoil_record(struct actor *me, struct writing *out)
{
	size_t at = stream_find_record(out->data, out->bytes, 0, below(me, 20));
	u32 where = 4 * below(me, 24);
	u64 value = edge(me);

	if (!at)
		return;
	at += where;
	if (chance(me, 25))
		at += 4 * below(me, 2) - where - sizeof(struct vmbsave_record_header);
	if (at + sizeof(value) <= out->bytes)
		memcpy(out->data + at, &value, chance(me, 50) ? 4 : 8);
}

static void spoil_bits(struct actor *me, struct writing *out)
{
	u32 times = 1 + below(me, 3);

	while (out->bytes && times--)
		out->data[below(me, out->bytes)] ^= 1 << below(me, 8);
}

/* A chunk is missing, there twice, or at another place. */
static void spoil_order(struct actor *me, struct writing *out)
{
	size_t at = 0, next = 0;
	u32 skip = below(me, 5), bytes;

	do {
		at = next;
		next = stream_next_chunk(out->data, out->bytes, at);
	} while (next && skip--);
	if (!at || !next || next <= at)
		return;
	bytes = next - at;
	if (chance(me, 50)) {
		memmove(out->data + at, out->data + next, out->bytes - next);
		out->bytes -= bytes;
	} else if (out->bytes + bytes <= STREAM_ROOM) {
		memmove(out->data + next, out->data + at, out->bytes - at);
		out->bytes += bytes;
	}
}

static void spoil_length(struct actor *me, struct writing *out)
{
	u32 more = 1 + below(me, 100);

	if (chance(me, 60)) {
		out->bytes = below(me, out->bytes + 1);
	} else if (out->bytes + more <= STREAM_ROOM) {
		memset(out->data + out->bytes, below(me, 256), more);
		out->bytes += more;
	}
}

/* Of the stream or of its first chunk; half the time what says which stream it is. */
static void spoil_head(struct actor *me, struct writing *out)
{
	static const u32 fields[] = {
		offsetof(struct vmbsave_stream_header, major),
		offsetof(struct vmbsave_stream_header, minor),
		offsetof(struct vmbsave_stream_header, incompat),
		offsetof(struct vmbsave_stream_header, hash_algorithm),
	};
	u32 at = below(me, sizeof(struct vmbsave_stream_header) +
			   sizeof(struct vmbsave_chunk_header));

	if (chance(me, 50))
		at = fields[below(me, ARRAY_SIZE(fields))];
	out->data[at] = edge(me);
}

static void spoil(struct actor *me, struct writing *out)
{
	switch (below(me, 6)) {
	case 0:
		spoil_bits(me, out);
		break;
	case 1:
		spoil_order(me, out);
		break;
	case 2:
		spoil_length(me, out);
		break;
	case 3:
		spoil_head(me, out);
		break;
	default:
		spoil_record(me, out);
	}
	if (chance(me, 75))
		stream_repair(out->data, out->bytes);
}

/* The guest's memory comes with the stream. */
static void choose(struct actor *me, struct slot *slot)
{
	const struct stream *stream = &streams[below(me, STREAMS)];
	struct writing *out = writing(me, slot);

	out->bytes = stream->bytes;
	out->at = 0;
	memcpy(out->data, stream->data, stream->bytes);
	if (stream->bytes)
		memcpy(slot->vm.ram, stream->ram, VM_RAM_BYTES);
	if (out->bytes && chance(me, 65))
		spoil(me, out);
}

static size_t piece(struct actor *me)
{
	static const u32 sizes[] = { 1, 7, 64, 512, 4096, STREAM_ROOM };

	return 1 + below(me, sizes[below(me, 6)]);
}

static void note(struct actor *me, const char *what, ssize_t n)
{
	s32 result = n < 0 ? -errno : n;

	me->calls++;
	judge_file_errno(me, what, n < 0 ? errno : 0);
	digest(me, &result, sizeof(result));
}

/* A data fd has just been made. */
void stream_begin(struct actor *me, struct slot *slot)
{
	struct stream *in = &me->in[slot - slots];

	in->bytes = 0;
	if (slot->writes)
		choose(me, slot);
	else
		memcpy(in->ram, slot->vm.ram, VM_RAM_BYTES);
}

bool stream_is_written(struct actor *me, struct slot *slot)
{
	return writing(me, slot)->at >= writing(me, slot)->bytes;
}

void stream_write_some(struct actor *me, struct slot *slot)
{
	struct writing *out = writing(me, slot);
	u32 tries = 1 + below(me, 12);
	size_t bytes;
	ssize_t n;

	while (tries-- && out->at < out->bytes) {
		bytes = piece(me);
		if (bytes > out->bytes - out->at)
			bytes = out->bytes - out->at;
		me->doing = "write";
		n = write(slot->data, out->data + out->at, bytes);
		note(me, "write", n);
		if (n < 0)
			break;
		if (!n || (size_t)n > bytes)
			complain(me, "write of %zu bytes took %zd", bytes, n);
		out->at += n;
	}
	look(me, slot);
}

static void keep(struct actor *me, const struct stream *in)
{
	struct stream *stream = &streams[below(me, STREAMS)];

	__atomic_add_fetch(&counts[COUNT_SAVES], 1, __ATOMIC_RELAXED);
	if (me->alone)
		*stream = *in;
}

void stream_read_some(struct actor *me, struct slot *slot)
{
	struct stream *in = &me->in[slot - slots];
	u32 tries = 1 + below(me, 12);
	size_t bytes;
	ssize_t n = 1;

	while (tries-- && in->bytes < STREAM_ROOM) {
		bytes = piece(me);
		if (bytes > STREAM_ROOM - in->bytes)
			bytes = STREAM_ROOM - in->bytes;
		me->doing = "read";
		n = read(slot->data, in->data + in->bytes, bytes);
		note(me, "read", n);
		if (n <= 0)
			break;
		if ((size_t)n > bytes)
			complain(me, "read of %zu bytes gave %zd", bytes, n);
		in->bytes += n;
		if (me->alone && in->bytes >= sizeof(struct vmbsave_stream_header) &&
		    memcmp(in->data, VMBSAVE_STREAM_MAGIC, VMBSAVE_STREAM_MAGIC_BYTES))
			complain(me, "a stream without its magic number");
	}
	if (!n && in->bytes)
		keep(me, in);
	look(me, slot);
}

/* Something was read or written that we do not keep account of. */
static void spoil_position(struct actor *me, struct slot *slot)
{
	writing(me, slot)->at = writing(me, slot)->bytes;
	me->in[slot - slots].bytes = STREAM_ROOM;
}

static void map_it(struct actor *me, int fd)
{
	void *map = mmap(NULL, VM_PAGE, PROT_READ, MAP_PRIVATE, fd, 0);

	note(me, "mmap", map == MAP_FAILED ? -1 : 0);
	if (map != MAP_FAILED)
		munmap(map, VM_PAGE);
}

static void double_it(struct actor *me, int fd)
{
	int other = dup(fd);

	note(me, "dup", other);
	if (other >= 0)
		close(other);
}

static void use_badly(struct actor *me, struct slot *slot, void *at)
{
	int fd = slot->data;

	note(me, "read or write", slot->writes ? write(fd, at, 64) : read(fd, at, 64));
	spoil_position(me, slot);
}

/* Through a pipe, in the direction that it has and in the one that it has not. */
static void splice_it(struct actor *me, struct slot *slot)
{
	u8 bytes[64] = { 0 };
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return;
	if (chance(me, 50) && write(ends[1], bytes, sizeof(bytes)) > 0)
		note(me, "splice to it", splice(ends[0], NULL, slot->data, NULL, 64, 0));
	else
		note(me, "splice from it", splice(slot->data, NULL, ends[1], NULL, 64, 0));
	close(ends[0]);
	close(ends[1]);
	spoil_position(me, slot);
}

/* Calls on a data fd that no VMM makes. */
void stream_misuse(struct actor *me, struct slot *slot)
{
	struct pollfd poller = { .fd = slot->data, .events = POLLIN | POLLOUT };

	me->doing = "a misuse of the data fd";
	switch (below(me, 10)) {
	case 0:
		note(me, "poll", poll(&poller, 1, 0));
		break;
	case 1:
		note(me, "lseek", lseek(slot->data, (off_t)edge(me), SEEK_SET));
		break;
	case 2:
		map_it(me, slot->data);
		break;
	case 3:
		use_badly(me, slot, place_bad(me, me->in[0].data, 64));
		break;
	case 4: /* the wrong way round */
		note(me, "write or read", slot->writes ? read(slot->data, me->place, 64) :
						       write(slot->data, me->place, 64));
		break;
	case 5:
		double_it(me, slot->data);
		break;
	case 6:
		note(me, "pread", pread(slot->data, me->place, 16, edge(me)));
		break;
	case 7:
		note(me, "fcntl", fcntl(slot->data, F_SETFL, chance(me, 50) ? O_NONBLOCK : 0));
		break;
	case 8:
		splice_it(me, slot);
		break;
	default: /* an ioctl of the bus */
		note(me, "ioctl of a data fd", ioctl(slot->data, VMBSAVE_GET_INFO, me->place));
	}
	look(me, slot);
}

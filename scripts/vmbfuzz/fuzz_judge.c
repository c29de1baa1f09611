// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is what came back right? An errno is one of the dictionary; a call that is refused changes
 * nothing that can be seen.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include "fuzz.h"

#define COMPLAINTS_SHOWN 20

u64 complaints;
u64 refused[ERRNOS];

/* The dictionary at the top of <linux/vmbsave.h>; the list is made from it. */
static const int documented[] = {
#include <dictionary.inc>
};

void complain(struct actor *me, const char *format, ...)
{
	va_list args;

	if (__atomic_add_fetch(&complaints, 1, __ATOMIC_RELAXED) > COMPLAINTS_SHOWN)
		return;
	printf("FAIL call %llu: ", (unsigned long long)me->calls);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
}

bool is_documented(int error)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(documented); i++)
		if (documented[i] == error)
			return true;
	return false;
}

/* Other threads may have closed the file, or have another one in its place. */
void judge_errno(struct actor *me, const char *what, int error)
{
	if (error > 0 && error < ERRNOS)
		__atomic_add_fetch(&refused[error], 1, __ATOMIC_RELAXED);
	if (!error || is_documented(error) || (!me->alone && error == EBADF))
		return;
	complain(me, "%s: errno %d (%s) is not in the dictionary", what, error, strerror(error));
}

/* Whoever is refused is told why; other threads may be refused in between. */
void judge_sentence(struct actor *me, struct slot *slot, const char *what, int error)
{
	struct vmbsave_last_error last = { .size = sizeof(last) };

	if (!error || error == EBADF || !me->alone)
		return;
	if (ioctl(slot->vm.bus, VMBSAVE_LAST_ERROR, &last))
		complain(me, "%s: LAST_ERROR is refused: %s", what, strerror(errno));
	else if (last.error != (u32)error || !last.text[0] ||
		 !memchr(last.text, 0, sizeof(last.text)))
		complain(me, "%s: errno %d, and LAST_ERROR has %u: \"%.*s\"", what, error,
			 last.error, (int)sizeof(last.text), last.text);
	else if (strstr(last.text, "without a reason"))
		complain(me, "%s: \"%s\"", what, last.text);
}

/* What the file system says itself about calls that are not for such files */
void judge_file_errno(struct actor *me, const char *what, int error)
{
	if (error != EBADF && error != ESPIPE && error != EAGAIN && error != EACCES)
		judge_errno(me, what, error);
}

void digest(struct actor *me, const void *bytes, u32 size)
{
	const u8 *byte = bytes;
	u32 i;

	for (i = 0; i < size; i++)
		me->digest = (me->digest ^ byte[i]) * 0x100000001b3ULL;
}

static void read_objects(long long objects[OBJECT_KINDS])
{
	static int fd = -1;
	char text[512], *at = text;
	unsigned int i;
	ssize_t n;

	if (fd < 0)
		fd = open("/sys/kernel/debug/vmbsave/objects", O_RDONLY | O_CLOEXEC);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n < 0 ? 0 : n] = '\0';
	for (i = 0; i < OBJECT_KINDS; i++) {
		at = at ? strchr(at, ' ') : NULL;
		objects[i] = at ? strtoll(at, &at, 10) : -1;
	}
}

static const char * const object_names[OBJECT_KINDS] = {
	"buses", "channels", "GPADLs", "pages", "packets", "staged bytes",
};

/* What debugfs counts, of all buses */
static long long objects_seen[OBJECT_KINDS];

void look_at_objects(struct actor *me)
{
	if (me->alone)
		read_objects(objects_seen);
}

const char *objects_text(void)
{
	static char text[128];
	int at = 0;
	unsigned int i;

	for (i = 0; i < OBJECT_KINDS; i++)
		at += snprintf(text + at, sizeof(text) - at, "%s%lld %s", i ? ", " : "",
			       objects_seen[i], object_names[i]);
	return text;
}

static void take(struct slot *slot, struct snapshot *snapshot)
{
	u32 i;

	memset(snapshot, 0, sizeof(*snapshot));
	snapshot->info.size = sizeof(snapshot->info);
	if (slot->vm.bus < 0 || ioctl(slot->vm.bus, VMBSAVE_GET_INFO, &snapshot->info))
		return;
	for (i = 0; i < SLOT_IDS; i++) {
		struct vmbsave_channel_info *channel = &snapshot->channels[i];

		channel->size = sizeof(*channel);
		channel->channel = slot->ids[i];
		if (slot->ids[i] && ioctl(slot->vm.bus, VMBSAVE_GET_CHANNEL, channel))
			channel->state = ~0U;
	}
	snapshot->taken = true;
}

void look(struct actor *me, struct slot *slot)
{
	if (me->alone)
		take(slot, &slot->seen);
	look_at_objects(me);
}

void look_at_operated(struct actor *me)
{
	bool operated = false;
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		operated |= slots[i].attached;
	for (i = 0; i < SLOTS && operated; i++)
		look(me, &slots[i]);
}

static bool any_running(void)
{
	unsigned int i;

	for (i = 0; i < SLOTS; i++)
		if (slots[i].seen.taken && slots[i].seen.info.state == VMBSAVE_STATE_RUNNING)
			return true;
	return false;
}

/* Leaves out what traffic changes by itself. */
static void leave_out_traffic(struct snapshot *snapshot)
{
	u32 i;

	if (snapshot->info.state == VMBSAVE_STATE_RUNNING) {
		snapshot->info.nr_packets = 0;
		snapshot->info.nr_held = 0;
		snapshot->info.nr_completions = 0;
		snapshot->info.stream_bytes = 0;
		for (i = 0; i < SLOT_IDS; i++)
			snapshot->channels[i].state = 0;
	}
}

/* Packets come and go by themselves if any bus runs; what was released goes a little later. */
static const char *changed_object(const long long *before)
{
	unsigned int i;

	for (i = 0; i < OBJECT_KINDS; i++)
		if (before[i] < objects_seen[i] && (i != 4 || !any_running()))
			return object_names[i];
	return NULL;
}

void judge_unchanged(struct actor *me, struct slot *slot, const char *what)
{
	long long objects[OBJECT_KINDS];
	static struct snapshot before, after;
	const char *changed;
	unsigned int tries;

	if (!me->alone || !slot->seen.taken)
		return;
	before = slot->seen;
	memcpy(objects, objects_seen, sizeof(objects));
	look(me, slot);
	/* What the call made and unmade, too. */
	for (tries = 0; changed_object(objects) && tries < 20; tries++) {
		usleep(1000);
		look(me, slot);
	}
	after = slot->seen;
	changed = changed_object(objects);
	leave_out_traffic(&before);
	leave_out_traffic(&after);
	counts[COUNT_COMPARED]++;
	if (!memcmp(&before.info, &after.info, sizeof(before.info)) &&
	    !memcmp(before.channels, after.channels, sizeof(before.channels)) && !changed)
		return;
	complain(me, "%s was refused; state %u -> %u, channels %u -> %u, GPADLs %u -> %u, more %s",
		 what, before.info.state, after.info.state, before.info.nr_channels,
		 after.info.nr_channels, before.info.nr_gpadls, after.info.nr_gpadls,
		 changed ? changed : "of no objects");
}

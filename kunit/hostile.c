// SPDX-License-Identifier: GPL-2.0-only
#include <linux/string.h>

#include "core/channel.h"
#include "hostile.h"

#include <uapi/linux/vmbsave_stream.h>

/* After so many the case ends: more would say nothing new. */
#define WRONG_MAX 10

/* What makes equal states equal bytes */
static void set_id(struct vmb_test_stream *stream)
{
	struct vmbsave_stream_header *header = (void *)stream->data;
	u32 at = sizeof(*header), bytes;

	header->stream_id = cpu_to_le64(1);
	while ((bytes = vmb_test_stream_unit(stream, at))) {
		struct vmbsave_chunk_header *chunk = (void *)stream->data + at;

		chunk->stream_id = cpu_to_le64(1);
		at += bytes;
	}
	vmb_test_stream_repair(stream, true);
}

static struct vmb_bus *bus_of(struct vmb_test_hostile *h)
{
	return h->mirror->machine->bus;
}

static struct vmb_channel *channel_of(struct vmb_test_hostile *h)
{
	return h->mirror->channels[0];
}

static int save(struct vmb_test_hostile *h)
{
	int ret;

	h->saved->bytes = 0;
	if (h->path == VMB_TEST_BY_BUS)
		ret = vmb_test_save_bus(h->mirror->machine, VMBSAVE_CHUNK_MAX,
					h->saved);
	else
		ret = vmb_test_save_channel(channel_of(h), VMBSAVE_CHUNK_MAX,
					    h->saved);
	if (!ret)
		set_id(h->saved);
	return ret;
}

static int restore(struct vmb_test_hostile *h, const struct vmb_test_stream *stream)
{
	if (h->path == VMB_TEST_BY_BUS)
		return vmb_test_restore_bus(h->mirror->machine, stream, h->piece);
	vmb_bus_error_clear(bus_of(h));
	return vmb_test_restore_channel(channel_of(h), stream, 1);
}

static bool same(const struct vmb_test_stream *a, const struct vmb_test_stream *b)
{
	return a->bytes == b->bytes && !memcmp(a->data, b->data, a->bytes);
}

static bool begins_with(const struct vmb_test_stream *stream,
			const struct vmb_test_stream *start)
{
	return stream->bytes >= start->bytes &&
	       !memcmp(stream->data, start->data, start->bytes);
}

/* A session that failed answers the same until it is dropped. */
static const char *drop(struct vmb_test_hostile *h, int error)
{
	int ret;

	if (h->path == VMB_TEST_BY_BUS) {
		if (bus_of(h)->state != VMB_BUS_ERROR)
			return "the bus is not in ERROR";
		ret = vmb_test_machine_set_state(h->mirror->machine, VMB_BUS_STOP);
		if (vmb_bus_reset(bus_of(h)))
			return "it cannot be reset";
	} else {
		ret = vmb_channel_restore_from_buffer(channel_of(h),
						      h->image->data,
						      h->image->bytes);
		vmb_channel_restore_end(channel_of(h));
	}
	return ret == error ? NULL : "the error was forgotten";
}

static const char *look_at_refusal(struct vmb_test_hostile *h, int error)
{
	static const enum vmb_limit staged[] = {
		VMB_LIMIT_GPADLS, VMB_LIMIT_PAGES, VMB_LIMIT_PACKETS, VMB_LIMIT_STAGED,
	};
	char text[VMBSAVE_ERROR_TEXT];
	const char *wrong;
	int i;

	if (vmb_bus_error_get(bus_of(h), NULL, text) != error)
		return "the last error is another one";
	if (!text[0])
		return "no reason is given";
	wrong = drop(h, error);
	if (wrong)
		return wrong;
	for (i = 0; i < ARRAY_SIZE(staged); i++)
		if (vmb_limit_used(staged[i]))
			return "something is left of it";
	return NULL;
}

static const char *look_at_save(struct vmb_test_hostile *h)
{
	if (save(h))
		return "the destination cannot be saved any more";
	return same(h->saved, h->before) ? NULL : "the destination changed";
}

/* @stream was restored: does it say what is there now? */
static const char *look_at_restored(struct vmb_test_hostile *h,
				    const struct vmb_test_stream *stream)
{
	if (save(h))
		return "what was restored cannot be saved";
	/* Behind the end nobody asks a caller in the kernel for more. */
	if (h->path == VMB_TEST_BY_CHANNEL ? !begins_with(stream, h->saved) :
					     !same(h->saved, stream))
		return "what was restored is saved otherwise";
	vmb_test_mirror_renew(h->mirror);
	return NULL;
}

static const char *look_at_good(struct vmb_test_hostile *h)
{
	if (restore(h, h->image))
		return "the good image is refused after it";
	return look_at_restored(h, h->image);
}

static const char *look_refused(struct vmb_test_hostile *h, int error,
				enum vmb_test_look look)
{
	const char *wrong;

	h->nr_refused++;
	wrong = look_at_refusal(h, error);
	if (!wrong && look >= VMB_TEST_LOOK_AT_SAVE)
		wrong = look_at_save(h);
	if (!wrong && look >= VMB_TEST_LOOK_AT_ALL)
		wrong = look_at_good(h);
	return wrong;
}

/* Whole chunks, but not all: no error, and nothing was committed. */
static const char *look_unfinished(struct vmb_test_hostile *h)
{
	h->nr_refused++;
	vmb_channel_restore_end(channel_of(h));
	return look_at_save(h);
}

/**
 * vmb_test_hostile_try() - give the destination the damaged stream
 * @h: the destination; the stream is in @h->work
 * @look: how much to look at
 * @what: the damage, for the message
 * @a: where
 * @b: how
 *
 * It must be refused with a reason and leave no trace, or be restored so that
 * it is saved again byte for byte.
 * Return: true if it was refused.
 */
bool vmb_test_hostile_try(struct vmb_test_hostile *h, enum vmb_test_look look,
			  const char *what, u32 a, u32 b)
{
	int ret = restore(h, h->work);
	const char *wrong;

	if (ret < 0) {
		wrong = look_refused(h, ret, look);
	} else if (ret) {
		wrong = look_unfinished(h);
	} else {
		h->nr_restored++;
		wrong = look_at_restored(h, h->work);
	}
	if (wrong) {
		KUNIT_FAIL(h->test, "%s, %u, %u: %d: %s", what, a, b, ret, wrong);
		KUNIT_ASSERT_LT(h->test, ++h->nr_wrong, WRONG_MAX);
	}
	return ret;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_hostile_try);

/**
 * vmb_test_hostile_begin() - the good image once more, to be damaged
 * @h: the destination
 */
void vmb_test_hostile_begin(struct vmb_test_hostile *h)
{
	memcpy(h->work->data, h->image->data, h->image->bytes);
	h->work->bytes = h->image->bytes;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_hostile_begin);

/**
 * vmb_test_hostile_damaged() - is it damaged?
 * @h: the destination
 * Return: true if the stream in @h->work is not the good image.
 */
bool vmb_test_hostile_damaged(struct vmb_test_hostile *h)
{
	return !same(h->work, h->image);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_hostile_damaged);

/**
 * vmb_test_hostile_report() - say how many streams there were
 * @h: the destination
 */
void vmb_test_hostile_report(struct vmb_test_hostile *h)
{
	kunit_info(h->test, "%u refused, %u restored and saved the same again",
		   h->nr_refused, h->nr_restored);
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_hostile_report);

static struct vmb_test_stream *make_image(struct vmb_test_hostile *h,
					  struct vmb_test_scene *scene)
{
	struct vmb_test_stream *image = vmb_test_stream_create(h->test);
	int ret;

	if (h->path == VMB_TEST_BY_BUS)
		ret = vmb_test_save_bus(scene->machine, VMBSAVE_CHUNK_MAX, image);
	else
		ret = vmb_test_save_channel(scene->lines[0]->channel,
					    VMBSAVE_CHUNK_MAX, image);
	KUNIT_ASSERT_EQ(h->test, ret, 0);
	KUNIT_ASSERT_LE(h->test, image->bytes, 8192);
	set_id(image);
	return image;
}

/**
 * vmb_test_hostile_create() - a destination to be given damaged streams
 * @test: the case
 * @path: how
 * Return: it, with the good image of a scene; on failure the case ends.
 */
struct vmb_test_hostile *vmb_test_hostile_create(struct kunit *test,
						 enum vmb_test_path path)
{
	struct vmb_test_hostile *h = vmb_test_alloc(test, sizeof(*h));
	struct vmb_test_scene *scene = vmb_test_scene_create(test);

	h->test = test;
	h->path = path;
	h->piece = VMBSAVE_CHUNK_MAX;
	h->image = make_image(h, scene);
	h->mirror = vmb_test_mirror_create(scene, path == VMB_TEST_BY_BUS ? 2 : 1);
	h->saved = vmb_test_stream_create(test);
	h->work = vmb_test_stream_copy(h->image);
	vmb_test_parts_split(h->image, &h->parts);
	KUNIT_ASSERT_EQ(test, save(h), 0);
	h->before = vmb_test_stream_copy(h->saved);
	return h;
}
EXPORT_SYMBOL_IF_KUNIT(vmb_test_hostile_create);

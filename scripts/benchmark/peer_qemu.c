// SPDX-License-Identifier: GPL-2.0-only
/*
 * QEMU's half: its VMState, on a channel whose other end is memory. Compiled
 * with QEMU's own headers, and therefore with its types and names.
 */
#include <qemu/osdep.h>
#include <qemu/module.h>
#include <qemu/queue.h>
#include <io/channel-buffer.h>
#include <migration/qemu-file-types.h>
#include <migration/vmstate.h>
#include <migration/qemu-file.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "peer.h"

/*
 * The memory is QEMU's own buffer channel, made large enough before. This one
 * keeps the bytes when the file on it is closed, and if asked to it hashes what
 * passes, piece by piece, while the processor's cache has it.
 */
#define TYPE_PEER_CHANNEL "peer-channel"

static QIOChannelClass *buffer_class;
static XXH64_state_t hash_state;
static uint64_t hash_saved;
static bool hash_on;

static ssize_t channel_writev(QIOChannel *ioc, const struct iovec *iov, size_t niov, int *fds,
			      size_t nfds, int flags, Error **errp)
{
	size_t i;

	for (i = 0; hash_on && i < niov; i++)
		XXH64_update(&hash_state, iov[i].iov_base, iov[i].iov_len);
	return buffer_class->io_writev(ioc, iov, niov, fds, nfds, flags, errp);
}

/* A file reads into one piece of memory. */
static ssize_t channel_readv(QIOChannel *ioc, const struct iovec *iov, size_t niov, int **fds,
			     size_t *nfds, Error **errp)
{
	ssize_t bytes = buffer_class->io_readv(ioc, iov, niov, fds, nfds, errp);

	if (niov != 1)
		peer_die("QEMU reads into more than one piece");
	if (hash_on && bytes > 0)
		XXH64_update(&hash_state, iov[0].iov_base, bytes);
	return bytes;
}

static int channel_close(QIOChannel *ioc, Error **errp)
{
	return 0;
}

static void channel_class_init(ObjectClass *klass, void *data)
{
	QIOChannelClass *channel_class = QIO_CHANNEL_CLASS(klass);

	buffer_class = QIO_CHANNEL_CLASS(object_class_get_parent(klass));
	channel_class->io_writev = channel_writev;
	channel_class->io_readv = channel_readv;
	channel_class->io_close = channel_close;
}

static const TypeInfo channel_info = {
	.parent = TYPE_QIO_CHANNEL_BUFFER,
	.name = TYPE_PEER_CHANNEL,
	.class_init = channel_class_init,
};

static void channel_register(void)
{
	type_register_static(&channel_info);
}

type_init(channel_register);

/* All sizes have these in the same places; what finds the next one is at the end. */
struct list {
	QTAILQ_HEAD(, list_entry) head;
};

struct array {
	int32_t nr;
	void *records;
};

#define HEAD_FIELDS(type)			\
	VMSTATE_UINT64(id, type),		\
	VMSTATE_UINT32(state, type),		\
	VMSTATE_UINT32(flags, type),		\
	VMSTATE_UINT32(bytes, type)

#define NO_PAYLOAD(type)
#define PAYLOAD(type)	VMSTATE_BUFFER(payload, type),

/* Records with a payload of so many bytes, a list of them, and an array. */
#define SIZE(size, payload_field)							\
struct record_##size {									\
	uint64_t id;									\
	uint32_t state, flags, bytes;							\
	uint8_t payload[size];								\
	QTAILQ_ENTRY(record_##size) next;						\
};											\
											\
struct array_##size {									\
	int32_t nr;									\
	struct record_##size *records;							\
};											\
											\
static const VMStateDescription vmstate_record_##size = {				\
	.name = "record",								\
	.version_id = 1,								\
	.minimum_version_id = 1,							\
	.fields = (VMStateField[]) {							\
		HEAD_FIELDS(struct record_##size),					\
		payload_field(struct record_##size)					\
		VMSTATE_END_OF_LIST()							\
	},										\
};											\
											\
static const VMStateDescription vmstate_list_##size = {					\
	.name = "list",									\
	.version_id = 1,								\
	.minimum_version_id = 1,							\
	.fields = (VMStateField[]) {							\
		VMSTATE_QTAILQ_V(head, struct list, 1, vmstate_record_##size,		\
				 struct record_##size, next),				\
		VMSTATE_END_OF_LIST()							\
	},										\
};											\
											\
static const VMStateDescription vmstate_array_##size = {				\
	.name = "array",								\
	.version_id = 1,								\
	.minimum_version_id = 1,							\
	.fields = (VMStateField[]) {							\
		VMSTATE_INT32(nr, struct array_##size),					\
		VMSTATE_STRUCT_VARRAY_ALLOC(records, struct array_##size, nr, 1,	\
					    vmstate_record_##size, struct record_##size), \
		VMSTATE_END_OF_LIST()							\
	},										\
}

SIZE(0, NO_PAYLOAD);
SIZE(64, PAYLOAD);
SIZE(256, PAYLOAD);
SIZE(4096, PAYLOAD);

#define SHAPE(size) {							\
	.payload = size,						\
	.record_bytes = sizeof(struct record_##size),			\
	.next = offsetof(struct record_##size, next),			\
	.list = &vmstate_list_##size,					\
	.array = &vmstate_array_##size,					\
}

static const struct shape {
	size_t payload, record_bytes, next;
	const VMStateDescription *list, *array;
} shapes[] = { SHAPE(0), SHAPE(64), SHAPE(256), SHAPE(4096) };

/* Where the payload and what is before it are must be the same for both sides. */
static_assert(offsetof(struct record_64, payload) == offsetof(struct peer_record, payload));
static_assert(offsetof(struct record_64, bytes) == offsetof(struct peer_record, bytes));
static_assert(offsetof(struct array_64, records) == offsetof(struct array, records));

/* A list or an array, by the work. */
struct records {
	struct list list;
	struct array array;
};

static struct peer_work work;
static const struct shape *shape;
static struct records source, loaded;
static QIOChannelBuffer *channel;
/* With and without the hash the same records are saved to the same memory. */
static unsigned int users;

static void *record_at(struct records *records, uint32_t index)
{
	return (uint8_t *)records->array.records + index * shape->record_bytes;
}

static void *new_record(struct records *records, uint32_t index)
{
	void *record;

	if (work.array)
		return record_at(records, index);
	record = g_malloc(shape->record_bytes);
	QTAILQ_RAW_INSERT_TAIL(&records->list.head, record, shape->next);
	return record;
}

static void free_records(struct records *records)
{
	void *record, *next;

	g_free(records->array.records);
	for (record = *QTAILQ_RAW_FIRST(&records->list.head); record; record = next) {
		next = *QTAILQ_RAW_NEXT(record, shape->next);
		g_free(record);
	}
}

static void empty_records(struct records *records)
{
	QTAILQ_INIT(&records->list.head);
	records->array.nr = 0;
	records->array.records = NULL;
}

static const struct shape *shape_of(uint32_t bytes)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(shapes); i++)
		if (shapes[i].payload == bytes)
			return &shapes[i];
	peer_die("QEMU's half has no record of this size");
}

static void begin(const struct peer_work *new_work)
{
	static bool ready;
	uint32_t i;

	if (users++)
		return;
	if (!ready)
		module_call_init(MODULE_INIT_QOM);
	ready = true;
	work = *new_work;
	shape = shape_of(work.bytes);
	empty_records(&source);
	if (work.array) {
		source.array.nr = work.records;
		source.array.records = g_malloc(work.records * shape->record_bytes);
	}
	for (i = 0; i < work.records; i++)
		peer_fill(new_record(&source, i), 1 + i, work.bytes);
	channel = QIO_CHANNEL_BUFFER(object_new(TYPE_PEER_CHANNEL));
	channel->capacity = (size_t)work.records * (work.bytes + 64) + 4096;
	channel->data = g_malloc(channel->capacity);
}

static const VMStateDescription *description(void)
{
	return work.array ? shape->array : shape->list;
}

static void *state_of(struct records *records)
{
	return work.array ? (void *)&records->array : &records->list;
}

static void put_saved(QEMUFile *file)
{
	if (vmstate_save_state(file, description(), state_of(&source), NULL))
		peer_die("QEMU cannot save");
	/* It looks for a subsection behind the last field. */
	qemu_put_byte(file, 0);
}

static void save_with(bool hash)
{
	QEMUFile *file;

	hash_on = hash;
	XXH64_reset(&hash_state, 0);
	channel->usage = 0;
	channel->offset = 0;
	file = qemu_file_new_output(QIO_CHANNEL(channel));
	put_saved(file);
	if (qemu_fclose(file))
		peer_die("QEMU cannot write");
	if (hash)
		hash_saved = XXH64_digest(&hash_state);
}

static void load_with(bool hash)
{
	QEMUFile *file;
	int ret;

	hash_on = hash;
	XXH64_reset(&hash_state, 0);
	channel->offset = 0;
	empty_records(&loaded);
	file = qemu_file_new_input(QIO_CHANNEL(channel));
	ret = vmstate_load_state(file, description(), state_of(&loaded), 1);
	if (ret || qemu_fclose(file) < 0)
		peer_die("QEMU cannot load");
	if (hash && XXH64_digest(&hash_state) != hash_saved)
		peer_die("QEMU's bytes have another hash now");
}

static bool drop(void)
{
	bool same = !work.array || loaded.array.nr == (int32_t)work.records;
	uint64_t id = 0;
	void *record;
	uint32_t i;

	if (work.array) {
		for (i = 0; same && i < work.records; i++)
			same = peer_same(record_at(&loaded, i), ++id, work.bytes);
	} else {
		QTAILQ_RAW_FOREACH(record, &loaded.list.head, shape->next)
			same = same && peer_same(record, ++id, work.bytes);
	}
	free_records(&loaded);
	return same && id == work.records;
}

static void end(void)
{
	if (--users)
		return;
	free_records(&source);
	g_free(channel->data);
	channel->data = NULL;
	object_unref(OBJECT(channel));
}

static size_t saved_bytes(void)
{
	return channel->usage;
}

static void save_plain(void)
{
	save_with(false);
}

static void load_plain(void)
{
	load_with(false);
}

static void save_hash(void)
{
	save_with(true);
}

static void load_hash(void)
{
	load_with(true);
}

const struct peer peer_qemu = {
	.name = "qemu", .begin = begin, .save = save_plain, .load = load_plain, .drop = drop,
	.end = end, .saved_bytes = saved_bytes,
};

const struct peer peer_qemu_hash = {
	.name = "qemu_hash", .begin = begin, .save = save_hash, .load = load_hash, .drop = drop,
	.end = end, .saved_bytes = saved_bytes,
};
